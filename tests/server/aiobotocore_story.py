"""The article's story in short, by aiobotocore; run in a folder with its files, it prints three answers as JSON."""

import asyncio
import json
import os
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.request import Request, urlopen

from aiobotocore.session import get_session

SENT = 1646735400  # 2022-03-08T10:30:00Z


def time_passes(**units: float) -> None:
    body = json.dumps(units).encode()
    urlopen(Request(os.environ["AWS_ENDPOINT_URL"] + "/_simulator/clock/tick", body)).close()


async def main() -> None:
    names = json.loads(Path("names.json").read_text())
    bucket, name = names["bucket"], names["name"]
    services = ("s3", "iam", "personalize", "personalize-events", "personalize-runtime")
    async with AsyncExitStack() as clients:
        s3, iam, personalize, events, runtime = [
            await clients.enter_async_context(get_session().create_client(each)) for each in services
        ]
        await s3.create_bucket(Bucket=bucket)
        await s3.put_bucket_policy(Bucket=bucket, Policy=Path("bucket.json").read_text())
        await s3.put_object(Bucket=bucket, Key="interactions.csv", Body=Path("interactions.csv").read_bytes())
        trust = Path("trust.json").read_text()
        role = (await iam.create_role(RoleName=names["role"], AssumeRolePolicyDocument=trust))["Role"]["Arn"]
        allowed = Path("role.json").read_text()
        await iam.put_role_policy(RoleName=names["role"], PolicyName="s3", PolicyDocument=allowed)
        schema_text = Path("schema.json").read_text()
        group, schema = await asyncio.gather(
            personalize.create_dataset_group(name=name), personalize.create_schema(name=name, schema=schema_text)
        )
        time_passes(minutes=1)
        in_group = {"name": name, "datasetGroupArn": group["datasetGroupArn"]}
        dataset = await personalize.create_dataset(
            **in_group, schemaArn=schema["schemaArn"], datasetType="Interactions"
        )
        time_passes(minutes=1)
        await personalize.create_dataset_import_job(
            jobName=name,
            datasetArn=dataset["datasetArn"],
            dataSource={"dataLocation": f"s3://{bucket}/interactions.csv"},
            roleArn=role,
        )
        time_passes(minutes=5)
        solution = await personalize.create_solution(**in_group, recipeArn=names["recipe"])
        version = await personalize.create_solution_version(solutionArn=solution["solutionArn"])
        tracker = await personalize.create_event_tracker(**in_group)
        time_passes(minutes=25)
        campaign = await personalize.create_campaign(name=name, solutionVersionArn=version["solutionVersionArn"])
        time_passes(minutes=28)

        async def items() -> list[str]:
            answer = await runtime.get_recommendations(campaignArn=campaign["campaignArn"], userId=names["user"])
            return [each["itemId"] for each in answer["itemList"]]

        answers = {"before": await items()}
        sent = [{"eventType": "watch", "itemId": each, "sentAt": SENT} for each in ("i70", "i71", "i72")]
        await events.put_events(trackingId=tracker["trackingId"], userId=names["user"], sessionId="s1", eventList=sent)
        answers["after"] = await items()
        time_passes(hours=2)
        answers["updated"] = await items()
    print(json.dumps(answers))


asyncio.run(main())
