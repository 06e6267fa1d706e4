"""Requests of all 71 operations, valid by the model and broken: only answers that the model knows, and nothing changed
by a refusal."""

from __future__ import annotations

import json
import warnings
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from broken_requests import broken
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raw import RawAnswer, control_plane
from support import RECIPE, Account, account, deploy, schema_text, some_interactions

from simulator import NotSimulatedWarning, Simulation, simulate
from simulator.aws.shapes import COMMON_ERRORS, service_model
from simulator.resources.dump import dump
from simulator.strategies import requests

MODEL = service_model("personalize")
OPERATIONS = sorted(MODEL.operation_names)
INTERACTIONS = some_interactions(1000, 30, 40)
CALLS = 25
BUCKET, ROLE = "ratings-bucket", "arn:aws:iam::123456789012:role/personalize-ratings-bucket"

RECIPES = [RECIPE, *(f"arn:aws:personalize:::recipe/aws-{name}" for name in ("sims", "item-affinity", "vod-top-picks"))]


def schema(name: str, *fields: tuple[str, Any]) -> str:
    """An Avro schema; a field whose type is a list is nullable and categorical."""
    listed = [
        {"name": each, "type": kind, **({"categorical": True} if isinstance(kind, list) else {})}
        for each, kind in fields
    ]
    return json.dumps({"type": "record", "name": name, "namespace": "n", "fields": listed, "version": "1.0"})


ITEMS = schema("Items", ("ITEM_ID", "string"), ("GENRE", ["null", "string"]))
VIEWS = schema(
    "Interactions", ("USER_ID", "string"), ("ITEM_ID", "string"), ("TIMESTAMP", "long"), ("EVENT_TYPE", "string")
)


def populated(sim: Simulation) -> Account:
    """An account with resources of every family, some ACTIVE and some on their way."""
    here = account()
    api = here.personalize

    def settle() -> None:
        sim.clock.tick(hours=2)

    made = deploy(here, settle, INTERACTIONS)
    shop = api.create_dataset_group(name="shop", domain="ECOMMERCE", tags=[{"tagKey": "a", "tagValue": "b"}])
    items = api.create_schema(name="items", schema=ITEMS)["schemaArn"]
    views = api.create_schema(name="views", schema=VIEWS, domain="ECOMMERCE")["schemaArn"]
    settle()
    api.create_dataset(name="i", schemaArn=items, datasetGroupArn=made.group, datasetType="Items")
    api.create_dataset(name="v", schemaArn=views, datasetGroupArn=shop["datasetGroupArn"], datasetType="Interactions")
    settle()
    here.upload(INTERACTIONS, "folder/more.csv")
    here.upload(b"USER_ID\nu1\nu2\n", "users.csv")
    here.upload(b"ITEM_ID,GENRE\ni1,a|b\ni2,\n", "items.csv")
    here.upload(b'{"userId": "u1"}\n', "batch/users.json")
    of_group: dict[str, Any] = {"datasetGroupArn": made.group}
    views_of_shop = "arn:aws:personalize:us-east-1:123456789012:dataset/shop/INTERACTIONS"
    jobs = (
        ("arn:aws:personalize:us-east-1:123456789012:dataset/films/ITEMS", here.upload(b"ITEM_ID,GENRE\ni1,a\n", "i")),
        (views_of_shop, here.upload(INTERACTIONS.assign(EVENT_TYPE="View"), "views.csv")),
    )
    for number, (dataset, location) in enumerate(jobs):
        api.create_dataset_import_job(
            jobName=f"j{number}", datasetArn=dataset, dataSource={"dataLocation": location}, roleArn=here.role
        )
    settle()
    api.create_recommender(
        name="r",
        datasetGroupArn=shop["datasetGroupArn"],
        recipeArn="arn:aws:personalize:::recipe/aws-ecomm-popular-items-by-views",
    )
    api.create_filter(name="f", filterExpression='INCLUDE ItemID WHERE Items.GENRE IN ("a")', **of_group)
    api.create_metric_attribution(
        name="m",
        datasetGroupArn=shop["datasetGroupArn"],
        metrics=[{"eventType": "View", "metricName": "views", "expression": "SAMPLECOUNT()"}],
        metricsOutputConfig={"roleArn": here.role},
    )
    settle()
    place = {"s3DataSource": {"path": f"s3://{here.bucket}/batch/users.json"}}
    api.create_batch_inference_job(
        jobName="b",
        solutionVersionArn=made.version,
        jobInput=place,
        jobOutput={"s3DataDestination": {"path": f"s3://{here.bucket}/out/"}},
        roleArn=here.role,
    )
    api.create_data_deletion_job(
        jobName="d", dataSource={"dataLocation": f"s3://{here.bucket}/users.csv"}, roleArn=here.role, **of_group
    )
    api.create_solution_version(solutionArn=made.solution)
    return here


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The populated account, saved: every example goes on from there."""
    file: Path = tmp_path_factory.mktemp("worlds") / "populated.world"
    with warnings.catch_warnings(), simulate(start="2022-03-08T09:00:00Z", training="exact") as sim:
        warnings.simplefilter("ignore", NotSimulatedWarning)
        populated(sim)
        sim.save(file)
    return file


def known(sim: Simulation) -> dict[str, st.SearchStrategy[Any]]:
    """What scalars of the model may be, so that requests come far: resources that are there, and some that are not."""
    arns = [arn for inventory in sim._host.world.inventories.values() for arn in _arns(inventory)]
    arns += [f"{arns[0]}-gone", "arn:aws:personalize:us-east-1:123456789012:solution/films/$LATEST"]
    arns += [*RECIPES, *(f"arn:aws:personalize:::{each}/sims" for each in ("algorithm", "feature-transformation"))]
    places = ("interactions.csv", "folder/", "users.csv", "items.csv", "batch/users.json", "out/", "nothing.csv")
    locations = [f"s3://{BUCKET}/{key}" for key in places]
    numbers = st.sampled_from(["0.5", "3", "-1", "x", ""])
    return {
        "Arn": st.sampled_from(arns),
        "recipeArn": st.sampled_from(RECIPES),
        "Name": st.sampled_from(["films", "items", "a", "b", "a-2"]),
        "RoleArn": st.sampled_from([ROLE, ROLE + "x", "arn:aws:iam::999999999999:role/other"]),
        "KmsKeyArn": st.just("arn:aws:kms:us-east-1:123456789012:key/0"),
        "S3Location": st.sampled_from([*locations, "s3://no-such-bucket/x", "https://example.com/x"]),
        "AvroSchema": st.sampled_from([schema_text(), ITEMS, "{}", "[", "null"]),
        "DatasetType": st.sampled_from(["Interactions", "ITEMS", "users", "Actions", "Action_Interactions", "x"]),
        "FilterExpression": st.sampled_from(
            [
                'EXCLUDE ItemID WHERE Interactions.event_type IN ("*")',
                'INCLUDE ItemID WHERE Items.GENRE IN ("a") | EXCLUDE ItemID WHERE Items.GENRE IN ($G)',
                "INCLUDE ItemID WHERE Items.NOTHING = 1",
                "INCLUDE ((((",
                "€",
            ]
        ),
        "SchedulingExpression": st.sampled_from(["rate(1 day)", "rate(7 days)", "rate(0 days)", "rate(99 days)"]),
        "NextToken": st.sampled_from(["", "x", "bnVsbA==", "W10=", "WyJ4IiwgMSwgMiwgM10="]),
        "MetricExpression": st.sampled_from(["SAMPLECOUNT()", "SUM(Items.PRICE)", "SUM(", "x"]),
        "EventValueThreshold": numbers,
        "ParameterName": st.sampled_from(["hidden_dimension", "explorationWeight", "x"]),
        "ParameterValue": numbers,
        "DatasetColumnName": st.sampled_from(["USER_ID", "GENRE", "x"]),
    }


def _arns(inventory: Any) -> list[str]:
    return [arn for table in vars(inventory).values() if not isinstance(table, dict) for arn in table]


def check(operation: str, answer: RawAnswer, unchanged: bool) -> None:
    """The answer is one that the model knows, and a refusal has changed nothing."""
    shape: Any = MODEL.operation_model(operation)
    if answer.status == 200:
        members = {} if shape.output_shape is None else shape.output_shape.members
        assert set(answer.document) <= set(members)
        return
    assert answer.status == 400, (operation, answer)
    assert answer.code in {error.name for error in shape.error_shapes} | COMMON_ERRORS, (operation, answer)
    assert set(answer.document) == {"__type", "message"}
    assert unchanged, (operation, answer)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
@pytest.mark.rule("requests.refused-changes-nothing", "requests.declared-errors")
def test_whatever_is_asked_the_answer_is_one_of_the_service(saved: Path, data: st.DataObject) -> None:
    with warnings.catch_warnings(), simulate(load=saved) as sim:
        warnings.simplefilter("ignore", NotSimulatedWarning)
        for _ in range(CALLS):
            operation = data.draw(st.sampled_from(OPERATIONS))
            values = requests("personalize", operation, known=known(sim))
            body = data.draw(values | broken(values))
            before = dump(sim._host.world)
            answer = control_plane(operation, body)
            check(operation, answer, dump(sim._host.world) == before)
            if data.draw(st.booleans()):
                sim.clock.tick(timedelta(minutes=data.draw(st.sampled_from([0, 1, 10, 300]))))
        file = saved.with_name("end.world")
        sim.save(file)
        after = dump(sim._host.world)
    with simulate(load=file) as again:
        assert dump(again._host.world) == after


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(OPERATIONS), st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_bodies_that_are_no_json(operation: str, body: bytes) -> None:
    with simulate(start="2022-03-08T09:00:00Z", durations="instant"):
        check(operation, control_plane(operation, body), unchanged=True)
