"""Metric attributions, through boto3."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from support import SERVICE, Account, dataset, policy, refused, schema_text

from simulator import Simulation, simulate
from simulator.resources.dump import dump

PERSONALIZE = "arn:aws:personalize:us-east-1:123456789012"
CLICKS = {"eventType": "click", "metricName": "clicks", "expression": "SAMPLECOUNT()"}
REVENUE = {"eventType": "buy", "metricName": "revenue", "expression": "SUM(Items.PRICE)"}
WATCHED = {"eventType": "watch", "metricName": "watched", "expression": "sum( interactions.event_value )"}
FIELDS = [
    {"name": "EVENT_TYPE", "type": "string"},
    {"name": "EVENT_VALUE", "type": ["null", "float"]},
    {"name": "DEVICE", "type": ["null", "string"], "categorical": True},
]


@pytest.fixture
def sim() -> Iterator[Simulation]:
    with simulate(start="2022-03-08T09:00:00Z") as simulation:
        yield simulation


@pytest.fixture
def group(sim: Simulation, here: Account) -> str:
    """A group with interactions that have an event type, and with imported items that have a price."""
    made = dataset(here, lambda: sim.clock.tick(hours=1), schema_text(*FIELDS))
    items = add_items(here, made.group)
    sim.clock.tick(hours=1)
    here.personalize.create_dataset_import_job(
        jobName="items",
        datasetArn=items,
        dataSource={"dataLocation": here.upload(pd.DataFrame({"ITEM_ID": ["i"], "PRICE": [1.5]}), "items.csv")},
        roleArn=here.role,
    )
    sim.clock.tick(hours=1)
    return made.group


def add_items(here: Account, group: str) -> str:
    text = {
        "type": "record",
        "name": "Items",
        "namespace": "com.amazonaws.personalize.schema",
        "fields": [{"name": "ITEM_ID", "type": "string"}, {"name": "PRICE", "type": "float"}],
        "version": "1.0",
    }
    schema = here.personalize.create_schema(name="items", schema=json.dumps(text))["schemaArn"]
    arn: str = here.personalize.create_dataset(
        name="items", schemaArn=schema, datasetGroupArn=group, datasetType="Items"
    )["datasetArn"]
    return arn


def output(here: Account, **destination: str) -> dict[str, Any]:
    return {"roleArn": here.role, **({"s3DataDestination": destination} if destination else {})}


def request(here: Account, group: str, **more: Any) -> dict[str, Any]:
    return {
        "name": "impact",
        "datasetGroupArn": group,
        "metrics": [CLICKS, REVENUE],
        "metricsOutputConfig": output(here, path=f"s3://{here.bucket}/reports/"),
        **more,
    }


def create(here: Account, group: str, **more: Any) -> str:
    arn: str = here.personalize.create_metric_attribution(**request(here, group, **more))["metricAttributionArn"]
    return arn


def described(here: Account, arn: str) -> dict[str, Any]:
    found: dict[str, Any] = here.personalize.describe_metric_attribution(metricAttributionArn=arn)["metricAttribution"]
    return found


def metrics(here: Account, arn: str) -> list[dict[str, str]]:
    listed: list[dict[str, str]] = here.personalize.list_metric_attribution_metrics(metricAttributionArn=arn)["metrics"]
    return listed


def test_a_metric_attributions_life(sim: Simulation, here: Account, group: str) -> None:
    arn = create(here, group)
    assert arn == f"{PERSONALIZE}:metric-attribution/impact"
    created = sim.clock.now()
    assert described(here, arn)["status"] == "CREATE PENDING"
    sim.clock.tick(seconds=15)
    assert described(here, arn)["status"] == "CREATE IN_PROGRESS"
    sim.clock.tick(seconds=15)
    summary = {
        "name": "impact",
        "metricAttributionArn": arn,
        "status": "ACTIVE",
        "creationDateTime": created,
        "lastUpdatedDateTime": created + timedelta(seconds=30),
    }
    assert described(here, arn) == {
        **summary,
        "datasetGroupArn": group,
        "metricsOutputConfig": output(here, path=f"s3://{here.bucket}/reports/"),
    }
    assert metrics(here, arn) == [CLICKS, REVENUE]
    for of in ({}, {"datasetGroupArn": group}):
        assert here.personalize.list_metric_attributions(**of)["metricAttributions"] == [summary]
    assert here.personalize.list_metric_attributions(datasetGroupArn=f"{group}2")["metricAttributions"] == []

    here.personalize.delete_metric_attribution(metricAttributionArn=arn)
    here.personalize.delete_metric_attribution(metricAttributionArn=arn)
    assert described(here, arn)["status"] == "DELETE PENDING"
    sim.clock.tick(seconds=30)
    for operation in ("describe_metric_attribution", "delete_metric_attribution", "update_metric_attribution"):
        with refused("ResourceNotFoundException", f"The given metric attribution does not exist: {arn}"):
            getattr(here.personalize, operation)(metricAttributionArn=arn)


def test_one_a_group(sim: Simulation, here: Account, group: str) -> None:
    arn = create(here, group)
    sim.clock.tick(hours=1)
    with refused("LimitExceededException", "More than 1 resources in ACTIVE state. Please delete some and try again."):
        create(here, group, name="other")
    with refused("ResourceAlreadyExistsException", f"Another resource with Arn {arn} already exists."):
        create(here, group)
    here.personalize.delete_metric_attribution(metricAttributionArn=arn)
    sim.clock.tick(hours=1)
    create(here, group, name="other")


def metric(expression: str) -> dict[str, str]:
    return {"eventType": "click", "metricName": "m", "expression": expression}


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        *(
            (
                {"metrics": [metric(expression)]},
                "InvalidInputException",
                f"The metric expression {expression} is not valid: {why}.",
            )
            for expression, why in (
                ("COUNT()", "it must be SAMPLECOUNT() or SUM(DatasetType.COLUMN_NAME)"),
                ("SUM(Items.PRICE", "it must be SAMPLECOUNT() or SUM(DatasetType.COLUMN_NAME)"),
                ("SUM()", "it must be SAMPLECOUNT() or SUM(DatasetType.COLUMN_NAME)"),
                ("SAMPLECOUNT(Items.PRICE)", "it must be SAMPLECOUNT() or SUM(DatasetType.COLUMN_NAME)"),
                ("SUM(Users.AGE)", "only columns of Interactions and Items can be summed"),
                ("SUM(Items.COST)", "the schema of Items has no field COST"),
                ("SUM(Interactions.DEVICE)", "Interactions.DEVICE is no number"),
            )
        ),
        ({"metrics": []}, "InvalidInputException", "A metric attribution must have at least one metric."),
        (
            {"metrics": [CLICKS, {**REVENUE, "metricName": "clicks"}]},
            "InvalidInputException",
            "The metric name clicks is given more than once.",
        ),
        (
            {"metricsOutputConfig": {"roleArn": "arn:aws:iam::999999999999:role/theirs"}},
            "AccessDeniedException",
            "Cross-account pass role is not allowed.",
        ),
        (
            {"metricsOutputConfig": {"roleArn": "ROLE", "s3DataDestination": {"path": "s3://BUCKET"}}},
            "InvalidInputException",
            "Insufficient privileges for accessing data in S3. Please look at https://docs.aws.amazon.com/personalize/"
            "latest/dg/granting-personalize-s3-access.html and ensure your role is configured correctly.",
        ),
        (
            {
                "metricsOutputConfig": {
                    "roleArn": "ROLE",
                    "s3DataDestination": {
                        "path": "s3://BUCKET/reports/",
                        "kmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/none",
                    },
                }
            },
            "InvalidInputException",
            "Personalize cannot use the KMS key arn:aws:kms:us-east-1:123456789012:key/none with the role ROLE: "
            "there is no such key, or it is not enabled.",
        ),
        (
            {"datasetGroupArn": f"{PERSONALIZE}:dataset-group/none"},
            "ResourceNotFoundException",
            f"The given dataset group does not exist: {PERSONALIZE}:dataset-group/none",
        ),
    ],
)
def test_a_refused_metric_attribution_changes_nothing(
    sim: Simulation, here: Account, group: str, more: dict[str, Any], code: str, message: str
) -> None:
    if message.startswith("Insufficient"):
        here.iam.delete_role_policy(RoleName=f"personalize-{here.bucket}", PolicyName="s3")
    more = json.loads(json.dumps(more).replace("ROLE", here.role).replace("BUCKET", here.bucket))
    before = dump(sim._host.world)
    with refused(code, message.replace("ROLE", here.role)):
        create(here, group, **more)
    assert dump(sim._host.world) == before


def test_the_guides_policies_are_enough(here: Account, group: str) -> None:
    resources = [f"arn:aws:s3:::{here.bucket}", f"arn:aws:s3:::{here.bucket}/*"]
    allow = {"Action": ["s3:PutObject"], "Resource": resources}
    here.iam.put_role_policy(RoleName=f"personalize-{here.bucket}", PolicyName="s3", PolicyDocument=policy(**allow))
    here.s3.put_bucket_policy(Bucket=here.bucket, Policy=policy(Principal=SERVICE, **allow))
    create(here, group)


def test_what_the_group_must_have(sim: Simulation, here: Account, group: str) -> None:
    bare = here.personalize.create_dataset_group(name="bare")["datasetGroupArn"]
    with refused("ResourceInUseException", f"{bare} is not in ACTIVE state."):
        create(here, bare)
    sim.clock.tick(hours=1)
    needs_types = "A metric attribution needs an Interactions dataset with an EVENT_TYPE column."
    with refused("InvalidInputException", needs_types):
        create(here, bare, metrics=[CLICKS])
    schema = here.personalize.create_schema(name="bare", schema=schema_text())["schemaArn"]
    interactions = {"name": "bare", "datasetGroupArn": bare, "datasetType": "Interactions"}
    made = here.personalize.create_dataset(schemaArn=schema, **interactions)["datasetArn"]
    sim.clock.tick(hours=1)
    with refused("InvalidInputException", needs_types):
        create(here, bare, metrics=[CLICKS])
    here.personalize.delete_dataset(datasetArn=made)
    sim.clock.tick(hours=1)
    here.personalize.create_dataset(schemaArn=f"{PERSONALIZE}:schema/films", **interactions)
    with refused(
        "InvalidInputException",
        "The metric expression SUM(Items.PRICE) is not valid: the dataset group has no Items dataset.",
    ):
        create(here, bare)
    here.personalize.create_dataset(
        name="items", schemaArn=f"{PERSONALIZE}:schema/items", datasetGroupArn=bare, datasetType="Items"
    )
    sim.clock.tick(hours=1)
    with refused(
        "InvalidInputException",
        "The metric expression SUM(Items.PRICE) needs item metadata, which must be imported first.",
    ):
        create(here, bare)
    create(here, bare, metrics=[CLICKS, WATCHED])
    create(here, group, name="sums", metrics=[REVENUE])


def test_an_update(sim: Simulation, here: Account, group: str) -> None:
    arn = create(here, group)
    update: Callable[..., Any] = here.personalize.update_metric_attribution
    not_settled = f"{arn} cannot be updated: its status must be ACTIVE or CREATE FAILED."
    with refused("ResourceInUseException", not_settled):
        update(metricAttributionArn=arn, removeMetrics=["clicks"])
    with refused("ResourceInUseException", f"{arn} cannot be deleted while its creation is in progress."):
        here.personalize.delete_metric_attribution(metricAttributionArn=arn)
    sim.clock.tick(hours=1)
    dearer = {**CLICKS, "eventType": "buy"}
    answer = update(
        metricAttributionArn=arn,
        removeMetrics=["clicks"],
        addMetrics=[WATCHED, dearer],
        metricsOutputConfig=output(here),
    )
    assert answer["metricAttributionArn"] == arn
    for status in ("UPDATE PENDING", "UPDATE IN_PROGRESS"):
        assert described(here, arn)["status"] == status
        assert metrics(here, arn) == [CLICKS, REVENUE]
        assert "s3DataDestination" in described(here, arn)["metricsOutputConfig"]
        with refused("ResourceInUseException", not_settled):
            update(metricAttributionArn=arn, removeMetrics=["clicks"])
        with refused("ResourceInUseException", f"{arn} cannot be deleted while its update is in progress."):
            here.personalize.delete_metric_attribution(metricAttributionArn=arn)
        sim.clock.tick(seconds=15)
    assert described(here, arn)["status"] == "ACTIVE"
    assert described(here, arn)["lastUpdatedDateTime"] == sim.clock.now()
    assert metrics(here, arn) == [REVENUE, WATCHED, dearer]
    assert described(here, arn)["metricsOutputConfig"] == output(here)
    update(metricAttributionArn=arn, removeMetrics=["watched"])
    sim.clock.tick(hours=1)
    assert metrics(here, arn) == [REVENUE, dearer]
    assert described(here, arn)["metricsOutputConfig"] == output(here)
    here.personalize.delete_metric_attribution(metricAttributionArn=arn)


@pytest.mark.parametrize(
    ("update", "code", "message"),
    [
        (
            {},
            "InvalidInputException",
            "At least one of addMetrics, removeMetrics and metricsOutputConfig must be provided.",
        ),
        (
            {"addMetrics": [], "removeMetrics": []},
            "InvalidInputException",
            "At least one of addMetrics, removeMetrics and metricsOutputConfig must be provided.",
        ),
        ({"metricAttributionArn": None}, "InvalidInputException", "A metricAttributionArn must be provided."),
        (
            {"removeMetrics": ["clicks", "clacks"]},
            "InvalidInputException",
            f"There is no metric named clacks in {PERSONALIZE}:metric-attribution/impact.",
        ),
        (
            {"addMetrics": [CLICKS]},
            "ResourceAlreadyExistsException",
            f"A metric named clicks already exists in {PERSONALIZE}:metric-attribution/impact.",
        ),
        (
            {"addMetrics": [WATCHED, WATCHED]},
            "InvalidInputException",
            "The metric name watched is given more than once.",
        ),
        (
            {"addMetrics": [{**CLICKS, "metricName": f"m{number}"} for number in range(9)]},
            "InvalidInputException",
            "A metric attribution can have at most 10 metrics; the update would give it 11.",
        ),
        (
            {"removeMetrics": ["clicks", "revenue"]},
            "InvalidInputException",
            "A metric attribution must have at least one metric.",
        ),
        (
            {"addMetrics": [metric("SUM(Items.COST)")]},
            "InvalidInputException",
            "The metric expression SUM(Items.COST) is not valid: the schema of Items has no field COST.",
        ),
        (
            {"metricsOutputConfig": {"roleArn": "arn:aws:iam::999999999999:role/theirs"}},
            "AccessDeniedException",
            "Cross-account pass role is not allowed.",
        ),
    ],
)
def test_a_refused_update_changes_nothing(
    sim: Simulation, here: Account, group: str, update: dict[str, Any], code: str, message: str
) -> None:
    wanted = {"metricAttributionArn": create(here, group), **update}
    sim.clock.tick(hours=1)
    here.personalize.list_metric_attributions()
    before = dump(sim._host.world)
    with refused(code, message):
        here.personalize.update_metric_attribution(
            **{name: value for name, value in wanted.items() if value is not None}
        )
    assert dump(sim._host.world) == before
