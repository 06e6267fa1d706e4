"""The wire of the control plane: raw requests, where boto3 would stop the bad input."""

from __future__ import annotations

import boto3
import pytest
from raw import control_plane
from support import Account

from simulator import Simulation, SimulatorError
from simulator.resources.dump import dump


@pytest.mark.parametrize(
    ("operation", "request_", "problems"),
    [
        pytest.param(
            "CreateBatchInferenceJob",
            {
                "jobName": "j",
                "solutionVersionArn": "$.SolutionVersionArn",
                "jobInput": {"s3DataSource": {"path": "s3://b/in"}},
                "jobOutput": {"s3DataDestination": {"path": "s3://b/out"}},
                "roleArn": "arn:aws:iam::123456789012:role/r",
            },
            "1 validation error detected: Value '$.SolutionVersionArn' at 'solutionVersionArn' failed to satisfy "
            r"constraint: Member must satisfy regular expression pattern: arn:([a-z\d-]+):personalize:.*:.*:.+",
            id="err-013",
        ),
        (
            "CreateDatasetGroup",
            {"name": "-films", "domain": "CINEMA"},
            "2 validation errors detected: Value '-films' at 'name' failed to satisfy constraint: Member must satisfy "
            r"regular expression pattern: ^[a-zA-Z0-9][a-zA-Z0-9\-_]*; Value 'CINEMA' at 'domain' failed to satisfy "
            "constraint: Member must satisfy enum value set: [ECOMMERCE, VIDEO_ON_DEMAND]",
        ),
        (
            "ListSchemas",
            {"maxResults": 101},
            "1 validation error detected: Value '101' at 'maxResults' failed to satisfy constraint: Member must have "
            "value less than or equal to 100",
        ),
        (
            "CreateSchema",
            {"schema": "{}"},
            "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null",
        ),
        (
            "DescribeDataset",
            {"datasetArn": 7},
            "1 validation error detected: Value '7' at 'datasetArn' failed to satisfy constraint: Member must be of "
            "type String",
        ),
    ],
)
def test_what_the_model_forbids(sim: Simulation, operation: str, request_: object, problems: str) -> None:
    before = dump(sim._host.world)
    answer = control_plane(operation, request_)
    assert (answer.status, answer.code, answer.document["message"]) == (400, "ValidationException", problems)
    assert dump(sim._host.world) == before


def test_what_the_model_allows(sim: Simulation) -> None:
    answer = control_plane("CreateDatasetGroup", {"name": "a" * 63})
    assert answer.document["datasetGroupArn"].endswith("a" * 63)
    assert answer.headers["Content-Type"] == "application/x-amz-json-1.1"
    assert control_plane("ListDatasetGroups", b"").document["datasetGroups"][0]["status"] == "ACTIVE"


@pytest.mark.refused("requests.unknown-operation")
@pytest.mark.parametrize("operation", ["GetPersonalizeRanking", "", "createSchema"])
def test_operations_that_are_none(sim: Simulation, operation: str) -> None:
    """[err-050]"""
    answer = control_plane(operation, {})
    assert (answer.status, answer.document) == (400, {"__type": "UnknownOperationException", "message": ""})


@pytest.mark.accepted("requests.unknown-operation")
def test_every_operation_of_the_model_is_answered(sim: Simulation, here: Account) -> None:
    """71 of 71: none is unknown, and none is not simulated as a whole."""
    names = here.personalize.meta.service_model.operation_names
    codes = {name: control_plane(name, {}) for name in names}
    assert len(codes) == 71
    assert not {name for name, answer in codes.items() if answer.code == "UnknownOperationException"}
    assert not {name for name, answer in codes.items() if b"does not simulate" in answer.body}


@pytest.mark.rule("requests.region-without-the-service")
def test_a_region_without_personalize(sim: Simulation) -> None:
    """[life-016]"""
    with pytest.raises(SimulatorError, match=r"no endpoint in the region eu-north-1.*would not resolve"):
        boto3.client("personalize", region_name="eu-north-1").list_schemas()
    assert boto3.client("personalize", region_name="eu-west-1").list_schemas()["schemas"] == []
