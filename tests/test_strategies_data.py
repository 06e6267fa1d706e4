"""Schemas, events and data frames made by strategies: the service takes what is valid, refuses the rest as stated."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from botocore.exceptions import ClientError, ParamValidationError
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from support import RECIPE, Account, Deployment, account, dataset, exported, import_csv, start_import

from simulator import Simulation, rules, simulate
from simulator.data.schema_rules import FIELDS
from simulator.resources.dump import dump
from simulator.strategies import (
    INTERACTIONS,
    ITEMS,
    Invalid,
    events,
    interactions,
    invalid_put_events,
    invalid_schemas,
    items,
    put_events,
    schemas,
    users,
)
from simulator.strategies.defaults import parsed
from simulator.strategies.put_requests import against_a_rule
from simulator.strategies.put_requests import faults as faults_of_events
from simulator.strategies.schema_faults import broken, faults
from simulator.strategies.schema_texts import records, rules_of

RULES = rules.load()
TYPES = {record: record.replace("ActionI", "Action_I") for _, record in FIELDS}
KINDS = [(TYPES[record], domain) for domain, record in FIELDS]
START = "2022-03-08T09:00:00Z"

few = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
quiet = settings(database=None, derandomize=True)
first = settings(quiet, phases=[Phase.generate])  # the first is the smallest
of_all_kinds = pytest.mark.parametrize(("dataset_type", "domain"), KINDS)


def fields_of(schema: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(schema)["fields"]
    return listed


# --- schemas -----------------------------------------------------------------------------------------------


@of_all_kinds
def test_valid_schemas_are_accepted(here: Account, dataset_type: str, domain: str | None) -> None:
    more = {} if domain is None else {"domain": domain}

    @few
    @given(schemas(dataset_type, domain))
    def accepted(schema: str) -> None:
        arn = here.personalize.create_schema(name="s", schema=schema, **more)["schemaArn"]
        assert here.personalize.describe_schema(schemaArn=arn)["schema"]["schema"] == schema
        here.personalize.delete_schema(schemaArn=arn)

    accepted()


def test_a_dataset_takes_a_valid_schema(sim: Simulation, here: Account) -> None:
    schema = find(schemas("Action_Interactions"), lambda each: len(fields_of(each)) > 4, settings=quiet)
    group = here.personalize.create_dataset_group(name="g")["datasetGroupArn"]
    here.personalize.list_schemas()
    arn = here.personalize.create_schema(name="s", schema=schema)["schemaArn"]
    here.personalize.create_dataset(name="d", schemaArn=arn, datasetGroupArn=group, datasetType="Action_Interactions")


# What the service says of each rule.
SAID = {
    "json": "is not valid JSON",
    "record": "(its type must be record|its name must be one of|it must have a list of fields)",
    "types": "(has the type|must have one type)",
    "field-names": "is not a field name",
    "unique-names": "have the same alphanumeric characters",
    "marks": "(is marked categorical, so|true or false|both categorical and textual)",
    "textual": "marked textual",
    "item-name": "marked itemName",
    "required-fields": "the required field .* is missing",
    "reserved-types": "must have the type",
    "reserved-null": "without null",
    "reserved-marks": "must (not )?be (categorical|textual)",
    "metadata-needed": "it must have a metadata field",
    "metadata-limits": "is one too many",
}


@of_all_kinds
def test_invalid_schemas_are_refused_for_their_one_reason(
    sim: Simulation, here: Account, dataset_type: str, domain: str | None
) -> None:
    more = {} if domain is None else {"domain": domain}
    valid, known = records(dataset_type, domain), dict(faults(*rules_of(dataset_type, domain), domain))
    assert {*SAID} - {*known} <= {"metadata-needed"}
    assert {f"schemas.{rule}" for rule in known} <= set(RULES)

    @settings(few, max_examples=4)
    @given(st.data())
    def refused(data: st.DataObject) -> None:
        before = dump(sim._host.world)
        for rule, spoil in known.items():
            invalid = data.draw(broken(valid, {rule: spoil}))
            assert invalid.constraint == f"schemas.{rule}"
            with pytest.raises(ClientError, match=SAID[rule]) as caught:
                here.personalize.create_schema(name="s", schema=invalid.value, **more)
            error = caught.value.response["Error"]
            assert error["Code"] == invalid.code
            assert invalid.member in error["Message"]
        assert dump(sim._host.world) == before

    refused()


@few
@given(invalid_schemas("Items", "VIDEO_ON_DEMAND"))
def test_invalid_schemas_have_any_of_the_faults(here: Account, invalid: Invalid[str]) -> None:
    with pytest.raises(here.personalize.exceptions.InvalidInputException):
        here.personalize.create_schema(name="s", schema=invalid.value, domain="VIDEO_ON_DEMAND")


@pytest.mark.parametrize(("dataset_type", "domain"), [("Films", None), ("Actions", "ECOMMERCE"), ("Items", "Shops")])
def test_schemas_that_there_are_not(dataset_type: str, domain: str | None) -> None:
    for strategy in (schemas, invalid_schemas):
        with pytest.raises(ValueError, match=f"there are no schemas of {dataset_type}"):
            strategy(dataset_type, domain)


def test_the_smallest_schemas_are_readable() -> None:
    assert find(schemas("Interactions"), lambda _: True, settings=first) == INTERACTIONS
    shortest = find(schemas("Items"), lambda _: True, settings=first)
    assert fields_of(shortest) == [{"name": "ITEM_ID", "type": "string"}, {"name": "A", "type": "int"}]


# --- events ------------------------------------------------------------------------------------------------


def with_fields(*more: dict[str, Any]) -> str:
    document = json.loads(INTERACTIONS)
    return json.dumps({**document, "fields": [*document["fields"], *more]})


ALL = with_fields(
    {"name": "EVENT_VALUE", "type": "float"},
    {"name": "IMPRESSION", "type": "string"},
    {"name": "RATING", "type": "int"},
    {"name": "IS_PROMOTED", "type": ["boolean", "null"]},
    {"name": "DEVICE_KIND", "type": "string", "categorical": True},
    {"name": "SECONDS_WATCHED", "type": ["null", "double"]},
)


class Tracked:
    """A simulation with trackers of groups whose Interactions have a schema each."""

    def __init__(self, sim: Simulation) -> None:
        self.sim = sim
        self.here = account()
        self.made: dict[str, tuple[str, Deployment]] = {}
        for name, schema in (("plain", INTERACTIONS), ("all", ALL)):
            made = dataset(self.here, self.here.personalize.list_schemas, schema, name)
            tracker = self.here.personalize.create_event_tracker(name=name, datasetGroupArn=made.group)
            self.here.personalize.list_schemas()
            self.made[schema] = (tracker["trackingId"], made)


@pytest.fixture
def tracked() -> Iterator[Tracked]:
    with simulate(start=START, durations="instant") as running:
        yield Tracked(running)


of_both = pytest.mark.parametrize("schema", [INTERACTIONS, ALL], ids=["plain", "all"])


@of_both
def test_valid_events_are_taken_and_none_is_ignored(tracked: Tracked, schema: str) -> None:
    tracking_id = tracked.made[schema][0]
    sizes, users_seen = set(), set()

    @settings(few, max_examples=60)
    @given(put_events(tracking_id, schema))
    def taken(parameters: dict[str, Any]) -> None:
        tracked.here.events.put_events(**parameters)
        sizes.add(len(parameters["eventList"]))
        users_seen.add("userId" in parameters)

    taken()
    assert len(sizes) > 2
    assert users_seen == {True, False}
    stores = [each.store for all_ in tracked.sim._host.world.inventories.values() for each in all_.datasets.values()]
    assert {ignored.rule for store in stores for ignored in store.ignored} <= {"events.equal-once"}


BY_RULE = {
    "event-trackers.active-before-use": "Invalid trackingId",
    "events.item-wanted": "has no itemId",
    "events.properties-json": "Error parsing properties json",
    "events.forbidden-keys": "cannot be used in properties",
    "events.size": "an event can have at most 10240",
    "events.property-types": "is not of the type of the schema's field",
    "events.required-columns": "does not allow null",
    "events.required-members": "does not allow null",
}
OF_OWN_FIELDS = {"events.property-types", "events.required-columns", "events.required-members"}


@of_both
def test_events_against_a_rule_are_refused_for_it(tracked: Tracked, schema: str) -> None:
    tracking_id = tracked.made[schema][0]
    found = faults_of_events(parsed(schema, "Interactions"))
    assert {rule for rule, _, _ in found} == {*BY_RULE} - (OF_OWN_FIELDS if schema == INTERACTIONS else set())
    assert {rule for rule, _, _ in found} <= set(RULES)

    @settings(few, max_examples=4)
    @given(st.data())
    def refused(data: st.DataObject) -> None:
        valid = st.just(data.draw(put_events(tracking_id, schema)))
        before = dump(tracked.sim._host.world)
        for fault in found:
            invalid = data.draw(against_a_rule(valid, [fault]))
            assert (invalid.constraint, invalid.member) == fault[:2]
            with pytest.raises(ClientError, match=BY_RULE[invalid.constraint]) as caught:
                tracked.here.events.put_events(**invalid.value)
            assert caught.value.response["Error"]["Code"] == invalid.code == "InvalidInputException"
        assert dump(tracked.sim._host.world) == before

    refused()


@of_both
def test_invalid_events_have_any_of_the_faults(tracked: Tracked, schema: str) -> None:
    seen = set()

    @settings(few, max_examples=40)
    @given(invalid_put_events(tracked.made[schema][0], schema))
    def refused(invalid: Invalid[dict[str, Any]]) -> None:
        seen.add("." in invalid.constraint)
        before = dump(tracked.sim._host.world)
        with pytest.raises((ClientError, ParamValidationError)) as caught:
            tracked.here.events.put_events(**invalid.value)
        if isinstance(caught.value, ClientError):
            assert caught.value.response["Error"]["Code"] == invalid.code
            assert BY_RULE.get(invalid.constraint, "1 validation error detected") in str(caught.value)
        else:
            assert invalid.code == "ParamValidationError"
        assert dump(tracked.sim._host.world) == before

    refused()
    assert seen == {True, False}  # rules, and the service model


def test_the_smallest_events_are_readable() -> None:
    smallest = find(events(ALL), lambda _: True, settings=first)
    assert smallest["properties"] == '{"rating": 0, "deviceKind": "0"}'
    assert {**smallest, "sentAt": 0, "properties": ""} == {
        "eventType": "0",
        "sentAt": 0,
        "eventValue": 0.0,
        "itemId": "0",
        "properties": "",
        "impression": ["0"],
    }


def test_only_interactions_have_events() -> None:
    for make in (events, lambda schema: put_events("t", schema), interactions):
        with pytest.raises(ValueError, match="wanted a schema of Interactions, not of Items"):
            make(ITEMS)


# --- data frames -------------------------------------------------------------------------------------------

LONG = settings(few, max_examples=4)


@LONG
@given(data=st.data())
def test_trainable_interactions_are_imported_and_trained(data: st.DataObject) -> None:
    schema = data.draw(schemas("Interactions"))
    frame = data.draw(interactions(schema, trainable=True))
    assert list(frame.columns) == [field["name"] for field in fields_of(schema)]
    with simulate(start=START, durations="instant"):
        here = account()
        made = dataset(here, here.personalize.list_schemas, schema)
        job = import_csv(here, made, frame)
        imported = here.personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]
        assert (imported["status"], imported.get("failureReason")) == ("ACTIVE", None)
        solution = here.personalize.create_solution(
            name="s", datasetGroupArn=made.group, recipeArn=RECIPE, performAutoTraining=False
        )["solutionArn"]
        version = here.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
        trained = here.personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
        assert (trained["status"], trained.get("failureReason")) == ("ACTIVE", None)


@settings(few, max_examples=10)
@given(data=st.data(), kind=st.sampled_from(["Items", "Users"]))
def test_records_are_imported_with_their_values(data: st.DataObject, kind: str) -> None:
    schema = data.draw(schemas(kind))
    frame = data.draw((items if kind == "Items" else users)(schema))
    assert frame[f"{kind[:-1].upper()}_ID"].is_unique
    with simulate(start=START, durations="instant"):
        here = account()
        group = here.personalize.create_dataset_group(name="g")["datasetGroupArn"]
        arn = here.personalize.create_schema(name="s", schema=schema)["schemaArn"]
        made = here.personalize.create_dataset(name="d", schemaArn=arn, datasetGroupArn=group, datasetType=kind)
        job = start_import(here, made["datasetArn"], here.upload(frame))
        imported = here.personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]
        assert (imported["status"], imported.get("failureReason")) == ("ACTIVE", None)
        assert len(exported(here, made["datasetArn"], "ALL", here.personalize.list_schemas)) == len(frame) + 1


def test_frames_are_small_or_enough_sorted_or_not() -> None:
    sizes, orders = set(), set()

    @settings(few, max_examples=50)
    @given(interactions(ALL, max_rows=4, event_types=["View"]))
    def collect(frame: pd.DataFrame) -> None:
        sizes.add(len(frame))
        orders.add(frame["TIMESTAMP"].is_monotonic_increasing)
        assert str(frame["RATING"].dtype) == "int64"
        assert set(frame["IS_PROMOTED"].dropna()) <= {"true", "false"}

    collect()
    assert sizes == {0, 1, 2, 3, 4}
    assert orders == {True, False}


def test_the_smallest_frames_are_readable() -> None:
    enough = find(interactions(trainable=True), lambda _: True, settings=first)
    assert len(enough) == 1_000
    assert not enough.duplicated(["USER_ID", "ITEM_ID"]).any()
    assert enough["USER_ID"].value_counts().to_dict() == {f"u{n}": 40 for n in range(25)}
    aged = find(users(max_rows=1, user_ids=st.just("u1")), lambda frame: frame["AGE"].notna().any(), settings=quiet)
    assert aged.to_csv(index=False) == "USER_ID,AGE,GENDER\nu1,0,\n"


def test_ids_can_be_shared() -> None:
    of_items = st.sampled_from(["i1", "i2"])

    @few
    @given(items(item_ids=of_items), interactions(item_ids=of_items, user_ids=st.just("u")))
    def known(films: pd.DataFrame, seen: pd.DataFrame) -> None:
        assert set(itertools.chain(films["ITEM_ID"], seen["ITEM_ID"])) <= {"i1", "i2"}
        assert set(seen["USER_ID"]) <= {"u"}

    known()
