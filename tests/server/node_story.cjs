// The article's story in short, by the AWS SDK v3 for Node; run in a folder with its files, it prints three answers.
"use strict";

const { readFileSync } = require("node:fs");
const { IAM } = require("@aws-sdk/client-iam");
const { S3 } = require("@aws-sdk/client-s3");
const { Personalize } = require("@aws-sdk/client-personalize");
const { PersonalizeEvents } = require("@aws-sdk/client-personalize-events");
const { PersonalizeRuntime } = require("@aws-sdk/client-personalize-runtime");

const endpoint = process.env.AWS_ENDPOINT_URL;
const text = (name) => readFileSync(name, "utf-8");

async function timePasses(units) {
  const answer = await fetch(`${endpoint}/_simulator/clock/tick`, { method: "POST", body: JSON.stringify(units) });
  if (!answer.ok) throw new Error(await answer.text());
}

async function main() {
  const { bucket, role, name, recipe, user } = JSON.parse(text("names.json"));
  const s3 = new S3({ forcePathStyle: true });
  const iam = new IAM({});
  const personalize = new Personalize({});
  const events = new PersonalizeEvents({});
  const runtime = new PersonalizeRuntime({});

  await s3.createBucket({ Bucket: bucket });
  await s3.putBucketPolicy({ Bucket: bucket, Policy: text("bucket.json") });
  await s3.putObject({ Bucket: bucket, Key: "interactions.csv", Body: readFileSync("interactions.csv") });
  const { Role } = await iam.createRole({ RoleName: role, AssumeRolePolicyDocument: text("trust.json") });
  await iam.putRolePolicy({ RoleName: role, PolicyName: "s3", PolicyDocument: text("role.json") });
  const { datasetGroupArn } = await personalize.createDatasetGroup({ name });
  const { schemaArn } = await personalize.createSchema({ name, schema: text("schema.json") });
  await timePasses({ minutes: 1 });
  const made = { name, schemaArn, datasetGroupArn, datasetType: "Interactions" };
  const { datasetArn } = await personalize.createDataset(made);
  await timePasses({ minutes: 1 });
  await personalize.createDatasetImportJob({
    jobName: name,
    datasetArn,
    dataSource: { dataLocation: `s3://${bucket}/interactions.csv` },
    roleArn: Role.Arn,
  });
  await timePasses({ minutes: 5 });
  const { solutionArn } = await personalize.createSolution({ name, datasetGroupArn, recipeArn: recipe });
  const { solutionVersionArn } = await personalize.createSolutionVersion({ solutionArn });
  const { trackingId } = await personalize.createEventTracker({ name, datasetGroupArn });
  await timePasses({ minutes: 25 });
  const { campaignArn } = await personalize.createCampaign({ name, solutionVersionArn });
  await timePasses({ minutes: 28 });

  const items = async () => {
    const { itemList } = await runtime.getRecommendations({ campaignArn, userId: user });
    return itemList.map((each) => each.itemId);
  };
  const before = await items();
  const sentAt = new Date("2022-03-08T10:30:00Z");
  const eventList = ["i70", "i71", "i72"].map((itemId) => ({ eventType: "watch", itemId, sentAt }));
  await events.putEvents({ trackingId, userId: user, sessionId: "s1", eventList });
  const after = await items();
  await timePasses({ hours: 2 });
  process.stdout.write(JSON.stringify({ before, after, updated: await items() }));
}

main().catch((fault) => {
  console.error(fault);
  process.exit(1);
});
