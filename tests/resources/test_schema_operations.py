"""Schemas, through boto3."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from support import Account, refused, schema_text

from simulator import Simulation, simulate
from simulator.resources.dump import dump

ARN = "arn:aws:personalize:us-east-1:123456789012:schema/"
IN_USE = "The provided schema is being referenced by one or more datasets"


@pytest.fixture
def sim() -> Iterator[Simulation]:
    with simulate(start="2022-03-08T09:00:00Z") as running:
        yield running


def items(*more: dict[str, Any]) -> str:
    fields = [{"name": "ITEM_ID", "type": "string"}, {"name": "GENRE", "type": "string", "categorical": True}, *more]
    return json.dumps({"type": "record", "name": "Items", "fields": fields, "version": "1.0"})


def test_a_schema_as_recorded(sim: Simulation, here: Account) -> None:
    """[resp-022] The text as it was sent, spaces and all; no status; creation and update are one time."""
    text = schema_text().replace(",", " ,\n\t")
    arn = here.personalize.create_schema(name="Interactions", schema=text)["schemaArn"]
    sim.clock.tick(minutes=5)
    shown = here.personalize.describe_schema(schemaArn=arn)["schema"]
    assert shown.keys() == {"name", "schemaArn", "schema", "creationDateTime", "lastUpdatedDateTime"}
    assert (shown["name"], shown["schemaArn"], shown["schema"]) == ("Interactions", ARN + "Interactions", text)
    assert shown["creationDateTime"] == shown["lastUpdatedDateTime"]


@pytest.mark.parametrize(
    ("more", "code", "wording"),
    [
        pytest.param(
            {"name": "taken"},
            "ResourceAlreadyExistsException",
            f"Another resource with Arn {ARN}taken already exists.",
            id="[err-036]",
        ),
        ({"schema": "{}"}, "InvalidInputException", "The schema is not valid: its type must be record."),
        (
            {"schema": "-"},
            "InvalidInputException",
            "The schema is not valid JSON: Expecting value: line 1 column 1 (char 0).",
        ),
        (
            {"domain": "VIDEO_ON_DEMAND", "schema": items()},
            "InvalidInputException",
            "The schema is not valid: the required field CREATION_TIMESTAMP is missing.",
        ),
    ],
)
def test_what_is_refused_changes_nothing(
    sim: Simulation, here: Account, more: dict[str, str], code: str, wording: str
) -> None:
    here.personalize.create_schema(name="taken", schema=schema_text())
    before = dump(sim._host.world)
    with refused(code, wording):
        here.personalize.create_schema(**({"name": "new", "schema": schema_text()} | more))
    assert dump(sim._host.world) == before


def test_a_schema_in_use_stays(sim: Simulation, here: Account) -> None:
    """[err-028] Also the one that an update is about to give a dataset."""
    p = here.personalize
    group = p.create_dataset_group(name="films")["datasetGroupArn"]
    old = p.create_schema(name="old", schema=items())["schemaArn"]
    new = p.create_schema(name="new", schema=items({"name": "YEAR", "type": ["null", "int"]}))["schemaArn"]
    sim.clock.tick(minutes=1)
    made = p.create_dataset(name="films", schemaArn=old, datasetGroupArn=group, datasetType="Items")["datasetArn"]
    with refused("ResourceInUseException", IN_USE):
        p.delete_schema(schemaArn=old)
    sim.clock.tick(minutes=1)
    p.update_dataset(datasetArn=made, schemaArn=new)
    for arn in (old, new):
        with refused("ResourceInUseException", IN_USE):
            p.delete_schema(schemaArn=arn)
    sim.clock.tick(minutes=2)
    p.delete_schema(schemaArn=old)
    with refused("ResourceInUseException", IN_USE):
        p.delete_schema(schemaArn=new)
    p.delete_dataset(datasetArn=made)
    sim.clock.tick(minutes=1)
    p.delete_schema(schemaArn=new)
    assert p.list_schemas()["schemas"] == []
