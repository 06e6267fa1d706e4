"""Batch jobs where the world around them changes: events, roles, buckets, deletions, limits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import boto3
import pandas as pd
import pytest
from batch_shop import BEGAN, DAY, START, THEMES, Shop, rows, shop_in
from support import REGION, refused

from simulator import simulate
from simulator.resources.dump import dump

INVALID = "InvalidInputException"
KEY = "arn:aws:kms:us-east-1:123456789012:key/0f9e"


@pytest.fixture
def shop() -> Iterator[Shop]:
    with simulate(start=START, training="exact") as sim:
        yield shop_in(sim)


def test_what_describe_and_list_show(shop: Shop) -> None:
    inference, segmentation = shop.version("aws-user-personalization"), shop.version("aws-item-affinity")
    source = {"s3DataSource": {"path": shop.put('{"userId": "u"}', "in/users.json"), "kmsKeyArn": KEY}}
    target = {"s3DataDestination": {"path": f"s3://{shop.on.bucket}/out/", "kmsKeyArn": KEY}}
    config = {"itemExplorationConfig": {"explorationWeight": "0.5", "explorationItemAgeCutOff": "30"}}
    one = shop.infer(
        inference,
        "",
        jobInput=source,
        jobOutput=target,
        numResults=7,
        batchInferenceJobConfig=config,
        tags=[{"tagKey": "team", "tagValue": "films"}],
    )
    other = shop.infer(shop.version("aws-sims"), '{"itemId": "drama1"}')
    segment = shop.segments(segmentation, '{"itemId": "drama1"}')
    assert one == f"arn:aws:personalize:{REGION}:123456789012:batch-inference-job/job0"
    assert segment == f"arn:aws:personalize:{REGION}:123456789012:batch-segment-job/job2"
    described = shop.describe(one)
    assert {key: described[key] for key in ("jobInput", "jobOutput", "numResults", "batchInferenceJobConfig")} == {
        "jobInput": source,
        "jobOutput": target,
        "numResults": 7,
        "batchInferenceJobConfig": config,
    }
    assert (described["jobName"], described["batchInferenceJobMode"]) == ("job0", "BATCH_INFERENCE")
    assert (described["solutionVersionArn"], described["roleArn"]) == (inference, shop.on.role)
    assert "filterArn" not in described
    assert shop.describe(segment)["numResults"] == 25
    tags = shop.on.personalize.list_tags_for_resource(resourceArn=one)["tags"]
    assert tags == [{"tagKey": "team", "tagValue": "films"}]
    listed = shop.on.personalize.list_batch_inference_jobs()["batchInferenceJobs"]
    assert [each["batchInferenceJobArn"] for each in listed] == [one, other]
    assert set(listed[0]) == {
        *("batchInferenceJobArn", "jobName", "solutionVersionArn", "batchInferenceJobMode"),
        *("status", "creationDateTime", "lastUpdatedDateTime"),
    }
    of_one = shop.on.personalize.list_batch_inference_jobs(solutionVersionArn=inference)["batchInferenceJobs"]
    assert of_one == listed[:1]
    assert shop.on.personalize.list_batch_inference_jobs(solutionVersionArn=segmentation)["batchInferenceJobs"] == []
    of_segments = shop.on.personalize.list_batch_segment_jobs(solutionVersionArn=segmentation)["batchSegmentJobs"]
    assert [each["batchSegmentJobArn"] for each in of_segments] == [segment]
    assert of_segments == shop.on.personalize.list_batch_segment_jobs()["batchSegmentJobs"]


def test_the_role_must_read_and_write(shop: Shop) -> None:
    """[err-005] In the words of imports."""
    version = shop.version("aws-sims")
    page = "https://docs.aws.amazon.com/personalize/latest/dg/granting-personalize-s3-access.html"
    wording = (
        f"Insufficient privileges for accessing data in S3. Please look at {page} and ensure your role is configured "
        "correctly."
    )
    name = shop.on.role.rpartition("/")[2]
    for action in ("s3:GetObject", "s3:PutObject"):
        shop.on.iam.put_role_policy(
            RoleName=name,
            PolicyName="s3",
            PolicyDocument=json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": "*"},
                        {"Effect": "Allow", "Action": [action], "Resource": f"arn:aws:s3:::{shop.on.bucket}/*"},
                    ],
                }
            ),
        )
        with refused(INVALID, wording):
            shop.infer(version, '{"itemId": "drama1"}')
    statement = [
        {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": "*"},
        {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": f"arn:aws:s3:::{shop.on.bucket}/in/*"},
        {"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": f"arn:aws:s3:::{shop.on.bucket}/out/*.out"},
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    shop.on.iam.put_role_policy(RoleName=name, PolicyName="s3", PolicyDocument=document)
    assert shop.answers(shop.infer(version, '{"itemId": "drama1"}'))


def test_a_job_fails_if_its_output_cannot_be_written_any_more(shop: Shop) -> None:
    target = {"s3DataDestination": {"path": "s3://second-bucket/out/"}}
    shop.on.s3.create_bucket(Bucket="second-bucket")
    arn = f"arn:aws:s3:::{shop.on.bucket}"
    everywhere = json.dumps(
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    )
    shop.on.iam.put_role_policy(RoleName=shop.on.role.rpartition("/")[2], PolicyName="s3", PolicyDocument=everywhere)
    policy = shop.on.s3.get_bucket_policy(Bucket=shop.on.bucket)["Policy"].replace(arn, "arn:aws:s3:::second-bucket")
    shop.on.s3.put_bucket_policy(Bucket="second-bucket", Policy=policy)
    version = shop.version("aws-sims")
    job = shop.infer(version, '{"itemId": "drama1"}', jobOutput=target)
    shop.on.s3.delete_bucket(Bucket="second-bucket")
    shop.sim.clock.tick(hours=1)
    described = shop.describe(job)
    assert described["status"] == "CREATE FAILED"
    assert described["failureReason"] == "Insufficient privileges for accessing data in S3."
    listed = shop.on.personalize.list_batch_inference_jobs()["batchInferenceJobs"]
    assert listed[0]["failureReason"] == described["failureReason"]


def put_event(shop: Shop, tracking_id: str, user: str, item: str, number: int) -> None:
    shop.on.events.put_events(
        trackingId=tracking_id,
        userId=user,
        sessionId=f"session of {user}",
        eventList=[{"eventType": "Watch", "itemId": item, "sentAt": 1_646_734_000 + number}],
    )


@pytest.mark.parametrize("recipe", ["aws-user-personalization", "aws-personalized-ranking", "aws-similar-items"])
def test_what_counts_of_what_was_put_after_the_training(shop: Shop, recipe: str) -> None:
    """Events of the last 15 minutes never count; earlier ones do, but only for the recipes with real-time events."""
    version = shop.version(recipe)
    tracker = shop.on.personalize.create_event_tracker(name="tracker", datasetGroupArn=shop.group)
    shop.sim.clock.tick(minutes=5)
    lines = {
        "aws-user-personalization": {"userId": "newcomer"},
        "aws-personalized-ranking": {"userId": "newcomer", "itemList": ["comedy9", "drama9", "brand new"]},
        "aws-similar-items": {"itemId": "drama1"},
    }
    line = json.dumps(lines[recipe])
    for number, item in enumerate(("drama1", "drama2", "drama3", "brand new")):
        put_event(shop, tracker["trackingId"], "newcomer", item, number)
    at_once = shop.infer(version, line, numResults=21)
    shop.sim.clock.tick(minutes=16)
    (early,) = (json.loads(each) for each in shop.lines())
    (late,) = shop.answers(shop.infer(version, line, numResults=21))
    assert shop.describe(at_once)["status"] == "ACTIVE"
    if recipe == "aws-similar-items":
        assert late == early
        return
    assert early["output"] != late["output"]
    if recipe == "aws-user-personalization":
        assert "brand new" not in early["output"]["recommendedItems"]
        assert "brand new" in late["output"]["recommendedItems"], "the newest version was updated"
        assert sum(each.startswith("drama") for each in late["output"]["recommendedItems"][:10]) >= 8
    else:
        assert late["output"]["recommendedItems"] == ["drama9", "comedy9", "brand new"]
        assert late["output"]["scores"][2] == 0.0, "rankings know no new items before the next training"


@pytest.mark.parametrize("durations", ["instant"])
def test_jobs_that_take_no_time(durations: str) -> None:
    with simulate(start=START, durations=durations, training="exact") as sim:
        shop = shop_in(sim)
        arn = shop.infer(shop.version("aws-sims"), '{"itemId": "drama1"}')
        assert shop.describe(arn)["status"] == "ACTIVE"
        assert len(shop.lines()) == 1


@pytest.mark.refused("batch-jobs.themes-region")
def test_themes_are_not_generated_everywhere() -> None:
    with simulate(start=START, training="exact", region="eu-west-1") as sim:
        shop = shop_in(sim, "eu-west-1")
        with refused(INVALID, "Themes cannot be generated in eu-west-1."):
            shop.infer(shop.version("aws-similar-items"), '{"itemId": "drama1"}', **THEMES)


def test_incremental_imports_have_no_part_in_segments(shop: Shop) -> None:
    """A fan of comedies who is said to love drama, by an import of either mode: at the same training of each."""
    late = rows().assign(TIMESTAMP=BEGAN + 100 * DAY)
    convert = late[late.USER_ID.str.startswith("drama")].assign(USER_ID="convert").drop_duplicates("ITEM_ID")
    datasets = shop.on.personalize.list_datasets(datasetGroupArn=shop.group)["datasets"]
    (interactions,) = [each["datasetArn"] for each in datasets if each["datasetType"] == "INTERACTIONS"]
    filler = late.assign(USER_ID=late.USER_ID + "-again")
    found = {}
    for mode, frame in (("INCREMENTAL", [filler, convert]), ("FULL", [rows(), convert])):
        shop.on.personalize.create_dataset_import_job(
            jobName=mode,
            datasetArn=interactions,
            dataSource={"dataLocation": shop.on.upload(pd.concat(frame), f"{mode}.csv")},
            roleArn=shop.on.role,
            importMode=mode,
        )
        shop.sim.clock.tick(hours=1)
        version = shop.training("aws-item-affinity", mode)
        shop.sim.clock.tick(hours=1)
        (answer,) = shop.answers(shop.segments(version, '{"itemId": "drama1"}', numResults=500))
        found[mode] = answer["output"]["usersList"]
    assert len(found["INCREMENTAL"]) == 120
    assert "convert" not in found["INCREMENTAL"]
    assert "convert" in found["FULL"][:61]


@pytest.mark.parametrize(
    "recipe",
    ["aws-sims", "aws-popularity-count", "aws-item-affinity", "aws-trending-now", "aws-item-attribute-affinity"],
)
def test_jobs_and_models_of_all_kinds_are_saved(recipe: str, tmp_path: Path) -> None:
    """A world goes on as it would have, in the middle of a job."""
    file = tmp_path / "world.zip"
    line = '{"userId": "u"}' if recipe == "aws-popularity-count" else '{"itemId": "drama1"}'
    with simulate(start=START, training="exact") as sim:
        shop = shop_in(sim)
        version = shop.version(recipe)
        if recipe not in ("aws-trending-now", "aws-item-attribute-affinity"):
            (shop.segments if recipe == "aws-item-affinity" else shop.infer)(version, line)
        sim.clock.tick(minutes=2)
        sim.save(file)
        before = dump(sim._host.world)
        sim.clock.tick(hours=1)
        after, lines = dump(sim._host.world), shop.written() and shop.lines()
    with simulate(load=file) as sim:
        assert dump(sim._host.world) == before
        sim.clock.tick(hours=1)
        again = Shop(sim, replace(shop.on, s3=boto3.client("s3")), shop.group)
        assert (again.written() and again.lines()) == lines
        assert dump(sim._host.world) == after
