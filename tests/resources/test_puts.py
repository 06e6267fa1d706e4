"""PutItems, PutUsers, PutActions and PutActionInteractions, through boto3."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from broken_requests import broken
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raw import events_service
from support import Account, account, add_dataset, deploy, exported, refused, some_interactions, start_import

from simulator import Simulation, simulate
from simulator.aws.shapes import COMMON_ERRORS, service_model
from simulator.data.properties import camel_case
from simulator.data.records import Records, RecordStore
from simulator.resources.dump import dump
from simulator.strategies import requests

START = "2022-03-08T09:00:00Z"
ARN = "arn:aws:personalize:us-east-1:123456789012:"
GONE = ARN + "dataset/gone/ITEMS"
PUTS = {"Items": ("put_items", "items", "itemId"), "Users": ("put_users", "users", "userId"),
        "Actions": ("put_actions", "actions", "actionId")}  # fmt: skip
KEYS = "genres, price, released"


@pytest.fixture
def group(here: Account) -> str:
    arn: str = here.personalize.create_dataset_group(name="shop")["datasetGroupArn"]
    return arn


@pytest.fixture
def items(here: Account, group: str) -> str:
    return add(here, group, "Items")


@pytest.fixture
def clicks(here: Account, group: str) -> tuple[str, str]:
    """An Action_Interactions dataset, and its tracking id."""
    arn = add(here, group, "Action_Interactions", {"name": "NUMBER_OF_ACTIONS", "type": ["null", "int"]})
    return arn, here.personalize.describe_dataset(datasetArn=arn)["dataset"]["trackingId"]


def add(here: Account, group: str, dataset_type: str, *more: dict[str, Any]) -> str:
    return add_dataset(here, group, dataset_type, here.personalize.list_schemas, *more)


def put(here: Account, dataset: str, *records: tuple[str, Any], kind: str = "Items") -> dict[str, Any]:
    """Puts records, each an id and its properties: as they are if a text, none if None."""
    operation, member, id_member = PUTS[kind]
    sent = []
    for record_id, properties in records:
        each = {id_member: record_id}
        if properties is not None:
            each["properties"] = properties if isinstance(properties, str) else json.dumps(properties)
        sent.append(each)
    answer: dict[str, Any] = getattr(here.events, operation)(datasetArn=dataset, **{member: sent})
    return answer


def click(**more: Any) -> dict[str, Any]:
    return {
        "userId": "u1",
        "sessionId": "s1",
        "actionId": "a1",
        "eventType": "Taken",
        "timestamp": 1_646_000_000,
        **more,
    }


def lines(here: Account, dataset: str, mode: str, name: str = "e") -> list[str]:
    return exported(here, dataset, mode, here.personalize.list_schemas, f"{name}-{mode.lower()}")


def current(sim: Simulation, dataset: str) -> Records:
    [store] = [each.datasets[dataset].store for each in sim._host.world.inventories.values() if each.datasets]
    assert isinstance(store, RecordStore)
    return store.current()


@pytest.mark.parametrize(
    ("kind", "properties", "header", "row"),
    [
        ("Items", {"genres": "a|b", "price": 2.5}, "item_id,genres,price,released", 'x,a|b,2.5,""'),
        ("Users", {"age": 30, "gender": "f"}, "user_id,age,gender", "x,30,f"),
        ("Actions", {"value": "7", "kind": "card|loan"}, "action_id,value,kind", "x,7,card|loan"),
    ],
)
def test_each_kind_of_record(
    here: Account, group: str, kind: str, properties: dict[str, object], header: str, row: str
) -> None:
    dataset = add(here, group, kind)
    answer = put(here, dataset, ("x", properties), kind=kind)["ResponseMetadata"]
    assert (answer["HTTPStatusCode"], answer["HTTPHeaders"]["content-length"]) == (200, "0")
    assert lines(here, dataset, "PUT") == [header, row]
    assert lines(here, dataset, "BULK") == [header]


def test_a_filter_sees_records_at_once(here: Account) -> None:
    """Even of items whose first record it is."""
    made = deploy(here, here.personalize.list_schemas, some_interactions())
    items = add(here, made.group, "Items")
    chosen = here.personalize.create_filter(
        name="f", datasetGroupArn=made.group, filterExpression='INCLUDE ItemID WHERE Items.GENRES IN ("new")'
    )["filterArn"]
    here.personalize.list_schemas()

    def seen() -> set[str]:
        answer = here.runtime.get_recommendations(campaignArn=made.campaign, userId="u1", filterArn=chosen)
        return {each["itemId"] for each in answer["itemList"]}

    assert seen() == set()
    put(here, items, ("i3", {"genres": "old|new"}), ("i4", {"genres": "new"}), ("unknown", {"genres": "new"}))
    assert seen() == {"i3", "i4"}
    put(here, items, ("i3", {"genres": "old"}))
    assert seen() == {"i4"}


def test_records_and_imports(sim: Simulation, here: Account, items: str) -> None:
    header = b"ITEM_ID,GENRES,PRICE,RELEASED\n"
    start_import(here, items, here.upload(header + b"i1,old,1,1\ni2,old,1,1\n", "a.csv"), "a")
    here.personalize.list_schemas()
    sim.clock.tick(minutes=1)
    put(here, items, ("i1", {"genres": "put"}), ("i3", {"genres": "put"}))
    assert {each: current(sim, items).value(each, "GENRES") for each in ("i1", "i2", "i3")} == {
        "i1": "put",
        "i2": "old",
        "i3": "put",
    }
    sim.clock.tick(minutes=1)
    start_import(here, items, here.upload(header + b"i1,new,1,1\n", "b.csv"), "b")
    here.personalize.list_schemas()
    assert sorted(lines(here, items, "ALL")[1:]) == ["i1,new,1.0,1", 'i3,put,"",""']
    assert sorted(lines(here, items, "PUT")[1:]) == ['i1,put,"",""', 'i3,put,"",""']
    assert lines(here, items, "BULK")[1:] == ["i1,new,1.0,1"]
    put(here, items, ("i1", {"genres": "newest"}))
    assert current(sim, items).value("i1", "GENRES") == "newest"


def test_deleted_users_are_gone(sim: Simulation, here: Account, group: str) -> None:
    users = add(here, group, "Users")
    put(here, users, ("u1", {"age": 1}), ("u2", {"age": 2}), kind="Users")
    actions = add(here, group, "Action_Interactions")
    tracking_id = here.personalize.describe_dataset(datasetArn=actions)["dataset"]["trackingId"]
    here.events.put_action_interactions(
        trackingId=tracking_id, actionInteractions=[click(), click(userId="u2"), click(actionId="a2")]
    )
    here.personalize.create_data_deletion_job(
        jobName="d",
        datasetGroupArn=group,
        dataSource={"dataLocation": here.upload(b"USER_ID\nu1\n", "gone.csv")},
        roleArn=here.role,
    )
    here.personalize.list_schemas()
    [job] = here.personalize.list_data_deletion_jobs()["dataDeletionJobs"]
    arn = job["dataDeletionJobArn"]
    assert here.personalize.describe_data_deletion_job(dataDeletionJobArn=arn)["dataDeletionJob"]["numDeleted"] == 3
    assert lines(here, users, "ALL", "u")[1:] == ['u2,2,""']
    assert [row.split(",")[3] for row in lines(here, actions, "ALL", "a")[1:]] == ["u2"]


def test_the_dataset() -> None:
    with simulate(start=START) as sim:
        here = account()
        group = here.personalize.create_dataset_group(name="shop")["datasetGroupArn"]
        sim.clock.tick(minutes=1)
        made = {kind: add_dataset(here, group, kind, lambda: None) for kind in (*PUTS, "Interactions")}
        with refused("ResourceInUseException", f"{made['Items']} is not in ACTIVE state."):
            put(here, made["Items"], ("i", {}))
        sim.clock.tick(minutes=1)
        before = dump(sim._host.world)
        with refused("ResourceNotFoundException", f"Resource Arn {GONE} does not exist."):
            put(here, GONE, ("i", {}))
        for kind, (operation, _, _) in PUTS.items():
            for other in {*made} - {kind}:
                called = "".join(word.capitalize() for word in operation.split("_"))
                found, wanted = other.upper(), kind.upper()
                wording = f"{made[other]} is a dataset of type {found}; {called} needs one of type {wanted}."
                with refused("InvalidInputException", wording):
                    put(here, made[other], ("i", {}), kind=kind)
        assert dump(sim._host.world) == before
        for kind in PUTS:
            put(here, made[kind], ("i", {}), kind=kind)
        here.personalize.delete_dataset(datasetArn=made["Items"])
        with refused("ResourceInUseException", f"{made['Items']} is not in ACTIVE state."):
            put(here, made["Items"], ("i", {}))


NOT_OF_TYPE = "The value of {} in properties is not of the type of the schema's field {}: {}."
UNKNOWN = "The key {} in properties matches no field of the dataset's schema; the keys are: {}."


NO_STRINGS: list[Any] = [1, True, ["a"], {}]
NO_FLOATS: list[Any] = ["cheap", " 1", "1_0", "inf", True, [1], 1e39, 10**400, "1e999", "٣"]
NO_LONGS: list[Any] = [1.0, "1.0", "soon", True, {}, 2**63, "9" * 19, "1" * 30]
NO_BOOLEANS: list[Any] = [1, "True", [], "yes"]
INCOMPLETE: list[Any] = [None, {}, {"isNew": None}, {"isNew": ""}, {"genres": "a"}]


@pytest.mark.parametrize(
    ("properties", "wording"),
    [
        *(
            pytest.param(text, "Error parsing properties json", id=f"json-{number} [err-019]")
            for number, text in enumerate(
                [
                    *("{", "genres", "[]", "7", "null", json.dumps(json.dumps({"genres": "a"}))),
                    *('{"price": NaN}', '{"price": -Infinity}', '{"genres": "\\ud800"}', "[" * 20_000),
                    '{"released": ' + "9" * 5000 + "}",
                ]
            )
        ),
        *(
            ({key: "a"}, UNKNOWN.format(key, KEYS + ", isNew"))
            for key in ("GENRES", "Genres", "colour", "itemId", "ITEM_ID")
        ),
        *(({"genres": value}, NOT_OF_TYPE.format("genres", "GENRES", "string")) for value in NO_STRINGS),
        *(({"price": value}, NOT_OF_TYPE.format("price", "PRICE", "float")) for value in NO_FLOATS),
        *(({"released": value}, NOT_OF_TYPE.format("released", "RELEASED", "long")) for value in NO_LONGS),
        *(({"isNew": value}, NOT_OF_TYPE.format("isNew", "IS_NEW", "boolean")) for value in NO_BOOLEANS),
        ({"genres": "x" * 1001}, "Length cannot be more than 1000 characters for GENRES."),
        *(
            (value, "A value of isNew is missing: the schema's field IS_NEW does not allow null.")
            for value in INCOMPLETE
        ),
    ],
)
def test_properties_that_are_refused(sim: Simulation, here: Account, group: str, properties: Any, wording: str) -> None:
    dataset = add(here, group, "Items", {"name": "IS_NEW", "type": "boolean"})
    before = dump(sim._host.world)
    with refused("InvalidInputException", wording):
        put(here, dataset, ("good", {"isNew": True}), ("bad", properties))
    assert dump(sim._host.world) == before
    assert lines(here, dataset, "ALL") == ["item_id,genres,price,released,is_new"]


@pytest.mark.parametrize(
    ("properties", "cells"),
    [
        ({"isNew": True}, ["", "", "", "true"]),
        ({"isNew": "false", "price": "2.50", "released": "-7"}, ["", "2.5", "-7", "false"]),
        ({"isNew": False, "price": 3, "released": 2**53}, ["", "3.0", str(2**53), "false"]),
        ({"isNew": True, "genres": None, "price": None, "released": None}, ["", "", "", "true"]),
        ({"isNew": True, "genres": "", "price": "", "released": ""}, ["", "", "", "true"]),
        ({"isNew": True, "genres": "x" * 1000}, ["x" * 1000, "", "", "true"]),
        ({"isNew": True, "genres": 'a "b"\\|c,\nd'}, ['a "b"\\|c,\nd', "", "", "true"]),
        (' {"isNew": false, "isNew": true, "price": -0.0} ', ["", "0.0", "", "true"]),
    ],
)
def test_properties_that_are_taken(here: Account, group: str, properties: Any, cells: list[str]) -> None:
    dataset = add(here, group, "Items", {"name": "IS_NEW", "type": "boolean"})
    put(here, dataset, ("i", properties), ("j", {"isNew": True}))
    assert rows_of(here, dataset, "PUT")[1:] == [["i", *cells], ["j", "", "", "", "true"]]


def test_sizes(sim: Simulation, here: Account, group: str, items: str) -> None:
    put(here, items, *((f"i{number}", {}) for number in range(10)))
    put(here, items, ("i" * 256, '{"genres": "a"' + " " * 31_985 + "}"))
    before = dump(sim._host.world)
    start, constraint = "1 validation error detected: Value ", "failed to satisfy constraint: Member must have length"
    too_much: list[list[tuple[str, Any]]] = [
        [(f"i{number}", {}) for number in range(11)],
        [("i" * 257, {})],
        [("i", " " * 32_001)],
    ]
    for records in too_much:
        with pytest.raises(here.events.exceptions.InvalidInputException, match=f"{start}.*{constraint} less than"):
            put(here, items, *records)
    assert dump(sim._host.world) == before
    users = add(here, group, "Users")
    put(here, users, ("u", "{" + " " * 23_998 + "}"), kind="Users")
    with pytest.raises(here.events.exceptions.InvalidInputException, match=f"{constraint} less than"):
        put(here, users, ("u", "{" + " " * 23_999 + "}"), kind="Users")


def test_large_interactions(sim: Simulation, here: Account, clicks: tuple[str, str]) -> None:
    _, tracking_id = clicks
    ids = [f"{number:02}" + "語" * 254 for number in range(25)]
    here.events.put_action_interactions(trackingId=tracking_id, actionInteractions=[click(impression=ids[:13])])
    before = dump(sim._host.world)
    with pytest.raises(here.events.exceptions.InvalidInputException, match="an event can have at most 10240"):
        here.events.put_action_interactions(trackingId=tracking_id, actionInteractions=[click(), click(impression=ids)])
    assert dump(sim._host.world) == before


def test_the_tracking_id(sim: Simulation, here: Account, group: str, clicks: tuple[str, str]) -> None:
    _, tracking_id = clicks
    add(here, group, "Interactions")
    tracker = here.personalize.create_event_tracker(name="t", datasetGroupArn=group)["trackingId"]
    here.personalize.list_schemas()
    before = dump(sim._host.world)
    for wrong in ("none", tracker, tracking_id.upper()):
        with refused("InvalidInputException", "Invalid trackingId in account 123456789012"):
            here.events.put_action_interactions(trackingId=wrong, actionInteractions=[click()])
    with refused("InvalidInputException", "Invalid trackingId in account 123456789012"):
        sent = {"eventType": "x", "itemId": "i", "sentAt": 1}
        here.events.put_events(trackingId=tracking_id, sessionId="s", eventList=[sent])
    assert dump(sim._host.world) == before
    here.events.put_action_interactions(trackingId=tracking_id, actionInteractions=[click()])


def test_a_dataset_of_interactions_that_is_being_made() -> None:
    with simulate(start=START) as sim:
        here = account()
        group = here.personalize.create_dataset_group(name="shop")["datasetGroupArn"]
        sim.clock.tick(minutes=1)
        dataset = add_dataset(here, group, "Action_Interactions", lambda: None)
        tracking_id = here.personalize.describe_dataset(datasetArn=dataset)["dataset"]["trackingId"]
        with refused("ResourceInUseException", f"{dataset} is not in ACTIVE state."):
            here.events.put_action_interactions(trackingId=tracking_id, actionInteractions=[click()])
        sim.clock.tick(minutes=1)
        here.events.put_action_interactions(trackingId=tracking_id, actionInteractions=[click()])


@pytest.mark.parametrize(
    ("more", "wording"),
    [
        ({"eventType": "View"}, "The event type View is not one of Viewed, Taken, Not Taken."),
        *(
            ({"properties": json.dumps({key: "x"})}, f"The key {key} cannot be used in properties.")
            for key in ("userId", "SESSIONID", "eventType", "timestamp", "recommendationid", "impression")
        ),
        ({"properties": '{"actionId": "a"}'}, UNKNOWN.format("actionId", "numberOfActions")),
        ({"properties": '"{}"'}, "Error parsing properties json"),
    ],
)
def test_interactions_that_are_refused(
    sim: Simulation, here: Account, clicks: tuple[str, str], more: dict[str, str], wording: str
) -> None:
    before = dump(sim._host.world)
    with refused("InvalidInputException", wording):
        here.events.put_action_interactions(trackingId=clicks[1], actionInteractions=[click(), click(**more)])
    assert dump(sim._host.world) == before


def test_members_may_set_fields_that_do_not_allow_null(here: Account, group: str) -> None:
    dataset = add(here, group, "Action_Interactions", {"name": "IMPRESSION", "type": "string"})
    tracking_id = here.personalize.describe_dataset(datasetArn=dataset)["dataset"]["trackingId"]
    with refused(
        "InvalidInputException", "A value of impression is missing: the schema's field IMPRESSION does not allow null."
    ):
        here.events.put_action_interactions(trackingId=tracking_id, actionInteractions=[click()])
    here.events.put_action_interactions(trackingId=tracking_id, actionInteractions=[click(impression=["a"])])


def rows_of(here: Account, dataset: str, mode: str, name: str = "e") -> list[list[str]]:
    """The rows of an export as a reader of CSV files sees them, its header first."""
    here.personalize.create_dataset_export_job(
        jobName=name,
        datasetArn=dataset,
        ingestionMode=mode,
        roleArn=here.role,
        jobOutput={"s3DataDestination": {"path": f"s3://{here.bucket}/{name}/"}},
    )
    here.personalize.list_schemas()
    [found] = here.s3.list_objects_v2(Bucket=here.bucket, Prefix=f"{name}/")["Contents"]
    text = here.s3.get_object(Bucket=here.bucket, Key=found["Key"])["Body"].read().decode()
    return list(csv.reader(io.StringIO(text, newline=""), doublequote=False, escapechar="\\"))


def test_members_that_are_null(here: Account, clicks: tuple[str, str]) -> None:
    """Other clients than botocore may send them."""
    dataset, tracking_id = clicks
    nulls = dict.fromkeys(("userId", "eventId", "recommendationId", "impression", "properties"))
    sent = {"trackingId": tracking_id, "actionInteractions": [click(**nulls)]}
    assert events_service("/action-interactions", sent).status == 200
    assert lines(here, dataset, "PUT")[1:] == ['1646000000000,s1,Taken,"",a1,"","",""']


PATHS = {"PutItems": "/items", "PutUsers": "/users", "PutActions": "/actions",
         "PutActionInteractions": "/action-interactions"}  # fmt: skip
MODEL = service_model("personalize-events")
JSON_TEXTS = st.dictionaries(
    st.sampled_from(["genres", "price", "age", "value", "kind", "userId", "x", "\ud800"]),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.just(["a"]) | st.just("\ud800"),
    max_size=3,
).map(json.dumps)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_whatever_is_sent_the_answer_is_one_of_the_service(data: st.DataObject) -> None:
    with simulate(start=START, durations="instant") as sim:
        here = account()
        group = here.personalize.create_dataset_group(name="shop")["datasetGroupArn"]
        made = [add(here, group, kind) for kind in (*PUTS, "Action_Interactions")]
        tracking_id = here.personalize.describe_dataset(datasetArn=made[-1])["dataset"]["trackingId"]
        known = {
            "Arn": st.sampled_from([*made, GONE]),
            "trackingId": st.sampled_from([tracking_id, "x"]),
            "eventType": st.sampled_from(["Taken", "NOT_TAKEN", "x"]),
            "properties": JSON_TEXTS | st.sampled_from(["[]", "{", "{}", '{"kind": 1}{']),
            "timestamp": st.integers(-(2**40), 2**40) | st.sampled_from(["2022-03-08T09:00:00Z", 1.5]),
        }
        for _ in range(20):
            operation = data.draw(st.sampled_from(sorted(PATHS)))
            shape: Any = MODEL.operation_model(operation)
            values = requests("personalize-events", operation, known=known)
            before = dump(sim._host.world)
            answer = events_service(PATHS[operation], data.draw(values | broken(values)))
            if answer.status != 200:
                assert answer.code in {error.name for error in shape.error_shapes} | COMMON_ERRORS
                assert dump(sim._host.world) == before
            else:
                assert answer.body == b""
        for dataset in made:
            lines(here, dataset, "PUT", dataset.rpartition("/")[2])
            lines(here, dataset, "ALL", dataset.rpartition("/")[2])


# --- whatever is put comes out of an export -----------------------------------------------------------------

NAMES = ["GENRES", "NUM_RATINGS", "price", "inStock", "L_1", "X", "CREATION_DATE", "A_B_C"]
TEXTS = st.text(st.characters(codec="utf-8") | st.sampled_from("\",\\\n\r|'ü語"), min_size=1, max_size=12)
WHOLE = {"int": st.integers(-(2**31), 2**31 - 1), "long": st.integers(-(2**53), 2**53)}
FLOATS = {
    "float": st.floats(width=32, allow_nan=False, allow_infinity=False),
    "double": st.floats(allow_nan=False, allow_infinity=False),
}
FIELDS = st.lists(
    st.tuples(
        st.sampled_from(["string", "category", "boolean", *WHOLE, *FLOATS]), st.booleans(), st.sampled_from(NAMES)
    ),
    max_size=5,
    unique_by=lambda field: field[2],
)


@st.composite
def values(draw: st.DrawFn, kind: str) -> tuple[object, str]:
    """A JSON value of a type, and the cell that an export has for it."""
    if kind in WHOLE:
        whole = draw(WHOLE[kind])
        return draw(st.sampled_from([whole, str(whole)])), str(whole)
    if kind in FLOATS:
        number = draw(FLOATS[kind])
        return draw(st.sampled_from([number, str(number)])), str(number + 0.0)
    if kind == "boolean":
        truth = draw(st.booleans())
        text = str(truth).lower()
        return draw(st.sampled_from([truth, text])), text
    text = draw(TEXTS)
    return text, text


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.sampled_from(sorted(PUTS)), FIELDS)
def test_whatever_is_put_is_exported(data: st.DataObject, kind: str, fields: list[tuple[str, bool, str]]) -> None:
    declared = [
        {
            "name": name,
            "type": ["null", base] if nullable else base,
            **({"categorical": True} if field_type == "category" else {}),
        }
        for field_type, nullable, name in fields
        for base in ["string" if field_type == "category" else field_type]
    ]
    ids = st.text(st.characters(codec="utf-8"), min_size=1, max_size=4)
    absent = st.tuples(st.sampled_from([None, ""]), st.just(""))
    sent: list[tuple[str, dict[str, object]]] = []
    rows = []
    for record_id in data.draw(st.lists(ids, min_size=1, max_size=6)):
        properties: dict[str, object] = {}
        cells = [record_id]
        for field_type, nullable, name in fields:
            given_value, cell = data.draw((absent | values(field_type)) if nullable else values(field_type))
            cells.append(cell)
            if given_value is not None or data.draw(st.booleans()):
                properties[camel_case(name)] = given_value
        sent.append((record_id, properties))
        rows.append(tuple(cells))
    with simulate(start=START, durations="instant"):
        here = account()
        group = here.personalize.create_dataset_group(name="g")["datasetGroupArn"]
        record = {
            **{"type": "record", "name": kind, "namespace": "n", "version": "1.0"},
            "fields": [{"name": f"{kind[:-1].upper()}_ID", "type": "string"}, *declared,
                       {"name": "FILLER", "type": ["null", "int"]}],
        }  # fmt: skip
        schema = here.personalize.create_schema(name="s", schema=json.dumps(record))["schemaArn"]
        dataset = here.personalize.create_dataset(name="d", schemaArn=schema, datasetGroupArn=group, datasetType=kind)[
            "datasetArn"
        ]
        put(here, dataset, *sent, kind=kind)
        ordered = sorted(rows, key=lambda row: row[0])
        put_rows = [tuple(row[:-1]) for row in rows_of(here, dataset, "PUT", "p")[1:]]
        all_rows = [tuple(row[:-1]) for row in rows_of(here, dataset, "ALL", "a")[1:]]
    assert put_rows == list(dict.fromkeys(ordered))
    assert all_rows == list({row[0]: row for row in ordered}.values())
