"""Event trackers, through boto3."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from support import Account, Deployment, dataset, deploy, refused, schema_text, some_interactions

from simulator import Simulation, simulate
from simulator.resources.dump import dump

START = "2022-03-08T09:00:00Z"
GONE = "arn:aws:personalize:us-east-1:123456789012:event-tracker/5ec93b79"
EVENT = {"eventType": "watch", "itemId": "i1", "sentAt": 1_646_000_000}


@pytest.fixture
def sim() -> Iterator[Simulation]:
    with simulate(start=START) as running:
        yield running


@pytest.fixture
def films(sim: Simulation, here: Account) -> Deployment:
    """An empty Interactions dataset, ACTIVE."""
    return dataset(here, lambda: sim.clock.tick(minutes=1))


def create(here: Account, group: str, name: str = "films") -> dict[str, Any]:
    answer: dict[str, Any] = here.personalize.create_event_tracker(name=name, datasetGroupArn=group)
    return answer


def describe(here: Account, arn: str) -> dict[str, Any]:
    shown: dict[str, Any] = here.personalize.describe_event_tracker(eventTrackerArn=arn)["eventTracker"]
    return shown


def put(here: Account, tracking_id: str) -> None:
    here.events.put_events(trackingId=tracking_id, userId="u1", sessionId="s", eventList=[EVENT])


def test_a_tracker(sim: Simulation, here: Account, films: Deployment) -> None:
    """[resp-016] [life-007]"""
    made = create(here, films.group)
    assert re.fullmatch(
        r"arn:aws:personalize:us-east-1:123456789012:event-tracker/[0-9a-f]{8}", made["eventTrackerArn"]
    )
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made["trackingId"])
    seen = []
    for _ in range(31):
        shown = describe(here, made["eventTrackerArn"])
        seen.append(shown["status"])
        sim.clock.tick(seconds=1)
    assert list(dict.fromkeys(seen)) == ["CREATE PENDING", "CREATE IN_PROGRESS", "ACTIVE"]
    assert {key: value for key, value in shown.items() if not key.endswith("DateTime")} == {
        "name": "films",
        "eventTrackerArn": made["eventTrackerArn"],
        "accountId": "123456789012",
        "trackingId": made["trackingId"],
        "datasetGroupArn": films.group,
        "status": "ACTIVE",
    }
    other = dataset(here, lambda: sim.clock.tick(minutes=1), name="other")
    another = create(here, other.group)
    assert another["eventTrackerArn"] != made["eventTrackerArn"]
    assert another["trackingId"] != made["trackingId"]
    listed = here.personalize.list_event_trackers(datasetGroupArn=films.group)["eventTrackers"]
    assert [each["eventTrackerArn"] for each in listed] == [made["eventTrackerArn"]]
    assert listed[0].keys() == {"name", "eventTrackerArn", "status", "creationDateTime", "lastUpdatedDateTime"}


def test_one_a_group(sim: Simulation, here: Account, films: Deployment) -> None:
    """[err-029]"""
    arn = create(here, films.group)["eventTrackerArn"]
    wording = f"EventTracker {arn} already exists for DatasetGroup {films.group}"
    before = dump(sim._host.world)
    with refused("ResourceAlreadyExistsException", wording):
        create(here, films.group, "another")
    assert dump(sim._host.world) == before
    sim.clock.tick(minutes=1)
    here.personalize.delete_event_tracker(eventTrackerArn=arn)
    with refused("ResourceAlreadyExistsException", wording):  # it is there until it is gone
        create(here, films.group, "another")
    sim.clock.tick(minutes=1)
    assert create(here, films.group, "another")["eventTrackerArn"] != arn


def test_deletion(sim: Simulation, here: Account) -> None:
    """[err-023]"""
    films = deploy(here, lambda: sim.clock.tick(hours=1), some_interactions())
    put(here, films.tracking_id)
    here.personalize.delete_event_tracker(eventTrackerArn=films.tracker)
    seen = []
    for _ in range(30):
        seen.append(describe(here, films.tracker)["status"])
        sim.clock.tick(seconds=1)
    assert list(dict.fromkeys(seen)) == ["DELETE PENDING", "DELETE IN_PROGRESS"]
    for arn in (films.tracker, GONE):
        with refused("ResourceNotFoundException", f"Resource Arn {arn} does not exist."):
            here.personalize.delete_event_tracker(eventTrackerArn=arn)
        with refused("ResourceNotFoundException", f"Resource Arn {arn} does not exist."):
            describe(here, arn)
    again = create(here, films.group)
    assert again["trackingId"] != films.tracking_id
    with refused("ResourceInUseException", f"{again['eventTrackerArn']} cannot be deleted while its creation is in "
                 "progress."):  # fmt: skip
        here.personalize.delete_event_tracker(eventTrackerArn=again["eventTrackerArn"])
    held = [each.store for inventory in sim._host.world.inventories.values() for each in inventory.datasets.values()]
    assert [len(store.put) for store in held] == [1]
    sim.clock.tick(minutes=1)
    here.personalize.delete_event_tracker(eventTrackerArn=again["eventTrackerArn"])


def test_use(sim: Simulation, here: Account, films: Deployment) -> None:
    """[err-052]"""
    made = create(here, films.group)
    with refused("InvalidInputException", "Invalid trackingId in account 123456789012"):
        put(here, made["trackingId"])
    sim.clock.tick(minutes=1)
    put(here, made["trackingId"])
    here.personalize.delete_event_tracker(eventTrackerArn=made["eventTrackerArn"])
    with refused("InvalidInputException", "Invalid trackingId in account 123456789012"):
        put(here, made["trackingId"])


def test_a_tracker_before_the_dataset(sim: Simulation, here: Account) -> None:
    """Its id takes events once there is a dataset for them."""
    group = here.personalize.create_dataset_group(name="shop")["datasetGroupArn"]
    sim.clock.tick(minutes=1)
    tracking_id = create(here, group)["trackingId"]
    sim.clock.tick(minutes=1)
    before = dump(sim._host.world)
    with refused("InvalidInputException", "Invalid trackingId in account 123456789012"):
        put(here, tracking_id)
    assert dump(sim._host.world) == before
    schema = here.personalize.create_schema(name="shop", schema=schema_text())["schemaArn"]
    here.personalize.create_dataset(name="shop", schemaArn=schema, datasetGroupArn=group, datasetType="Interactions")
    sim.clock.tick(minutes=1)
    put(here, tracking_id)
    assert len(sim.events.explain()) == 1
