"""Which versions come and which models are updated, when: random stories against a reference of a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import RECIPE, Account, account, add_dataset, dataset, import_csv, some_interactions

from simulator import Simulation, simulate

START = datetime(2025, 6, 2, 9, tzinfo=UTC)
HOUR, DAY = 60, 24 * 60  # minutes, in which all times here are
FULLY = ("FULL", "AUTOTRAIN")


# --- the reference: one solution and at most one campaign, where nothing but waiting takes time -------------------


@dataclass
class Version:
    created: int
    mode: str
    trained_on: int  # how many interactions there were
    updated_on: int  # how much there was in all
    next_update: int | None

    @property
    def kind(self) -> str:
        return "AUTOMATIC" if self.mode == "AUTOTRAIN" else "MANUAL"


@dataclass
class Reference:
    now: int = 0
    interactions: int = 1  # what was imported or put
    items: int = 0
    exists: bool = False
    every: int | None = None  # days between automatic trainings
    scheduled: int | None = None  # since when the first training of a schedule is waited for
    due: int | None = None
    versions: list[Version] = field(default_factory=list)
    deployed: Version | None = None
    updates: list[tuple[int, int]] = field(default_factory=list)  # when, and when the version had been created

    def schedule(self, every: int | None) -> None:
        if every != self.every:
            self.every, self.scheduled = every, None if every is None else self.now
            self.due = None if every is None else self.now + HOUR

    def train(self, mode: str) -> None:
        update = self.now + 2 * HOUR if mode in FULLY else None
        self.versions.append(Version(self.now, mode, self.interactions, self.interactions + self.items, update))

    def trained(self) -> list[Version]:
        return [each for each in self.versions if each.mode in FULLY]

    def wait(self, minutes: int) -> None:
        end = self.now + minutes
        while True:
            updating = min((each.next_update for each in self.versions if each.next_update is not None), default=None)
            soonest = min((each for each in (updating, self.due) if each is not None), default=None)
            if soonest is None or soonest > end:
                self.now = end
                return
            self.now = soonest
            for version in self.versions:
                if version.next_update == soonest:
                    self.update(version)
            if self.due == soonest:
                self.train_automatically()

    def update(self, version: Version) -> None:
        if version is not self.trained()[-1]:
            version.next_update = None
            return
        version.next_update = self.now + 2 * HOUR
        if version is self.deployed and self.interactions + self.items > version.updated_on:
            version.updated_on = self.interactions + self.items
            self.updates.append((self.now, version.created))

    def train_automatically(self) -> None:
        assert self.every is not None
        since, self.scheduled = self.scheduled, None
        by_hand = [each.created for each in self.versions if each.kind == "MANUAL"]
        instead = [] if since is None else [each for each in by_hand if each >= since]
        self.due = (instead[0] if instead else self.now) + self.every * DAY
        seen = self.trained()[-1].trained_on if self.trained() else 0
        if not instead and self.interactions > seen:
            self.train("AUTOTRAIN")


# --- the service, doing the same -----------------------------------------------------------------------------------


class Service:
    def __init__(self, sim: Simulation, on: Account) -> None:
        self.sim, self.on, self.number = sim, on, 0
        settle = on.personalize.list_schemas
        self.made = dataset(on, settle)
        self.items = add_dataset(on, self.made.group, "Items", settle)
        import_csv(on, self.made, some_interactions(rows=1000, users=30, items=20))
        settle()
        tracker = on.personalize.create_event_tracker(name="t", datasetGroupArn=self.made.group)
        self.tracking_id, self.solution, self.campaign = tracker["trackingId"], "", ""
        settle()

    def create(self, every: int | None) -> None:
        asked: dict[str, Any] = {"performAutoTraining": False}
        if every is not None:
            asked = {"solutionConfig": {"autoTrainingConfig": {"schedulingExpression": f"rate({every} days)"}}}
        p = self.on.personalize
        self.solution = p.create_solution(name="s", datasetGroupArn=self.made.group, recipeArn=RECIPE, **asked)[
            "solutionArn"
        ]

    def schedule(self, every: int | None) -> None:
        asked: dict[str, Any] = {"performAutoTraining": every is not None}
        if every is not None:
            asked["solutionUpdateConfig"] = {"autoTrainingConfig": {"schedulingExpression": f"rate({every} days)"}}
        self.on.personalize.update_solution(solutionArn=self.solution, **asked)

    def deploy(self, version: str) -> None:
        p = self.on.personalize
        if self.campaign:
            p.update_campaign(campaignArn=self.campaign, solutionVersionArn=version)
        else:
            self.campaign = p.create_campaign(name="c", solutionVersionArn=version)["campaignArn"]

    def put(self) -> None:
        self.number += 1
        event = {"eventType": "view", "itemId": f"new{self.number}", "sentAt": START}
        self.on.events.put_events(
            trackingId=self.tracking_id, userId=f"u{self.number}", sessionId="s", eventList=[event]
        )

    def put_item(self) -> None:
        self.number += 1
        self.on.events.put_items(datasetArn=self.items, items=[{"itemId": f"item{self.number}"}])

    def versions(self) -> list[dict[str, Any]]:
        if not self.solution:
            return []
        listed: list[dict[str, Any]] = self.on.personalize.list_solution_versions(solutionArn=self.solution)[
            "solutionVersions"
        ]
        return listed

    def updates(self) -> list[tuple[int, str]]:
        """When each update that did something took place, and of which version."""
        rows = self.sim._host.world.journal
        done = [each for each in rows if each.name == "automatic_update.run" and each.outcome == "UPDATED"]
        return [((each.instant - int(START.timestamp()) * 10**6) // 60_000_000, each.subject) for each in done]


def minutes(moment: datetime) -> int:
    return round((moment - START) / timedelta(minutes=1))


def both(service: Service, known: Reference, step: tuple[str, int]) -> None:
    """A step of the story; one that cannot be taken here is left out."""
    kind, number = step
    p, every = service.on.personalize, (None, 1, 2)[number % 3]
    if kind == "wait":
        waited = (7, 53, HOUR, 2 * HOUR, 9 * HOUR, DAY, 3 * DAY)[number]
        service.sim.clock.tick(minutes=waited)
        known.wait(waited)
    elif kind == "put":
        service.put()
        known.interactions += 1
    elif kind == "put item":
        service.put_item()
        known.items += 1
    elif not known.exists:
        service.create(every)
        known.exists = True
        known.schedule(every)
    elif kind == "schedule":
        service.schedule(every)
        known.schedule(every)
    elif kind == "train" and (not known.versions or known.versions[-1].created < known.now):
        mode = "UPDATE" if number % 3 == 0 and known.trained() else "FULL"
        p.create_solution_version(solutionArn=service.solution, trainingMode=mode)
        known.train(mode)
    elif kind == "deploy" and known.versions:
        at = -1 if number else 0
        service.deploy(service.versions()[at]["solutionVersionArn"])
        known.deployed = known.versions[at]
    elif kind == "delete" and service.campaign:
        p.delete_campaign(campaignArn=service.campaign)
        service.campaign, known.deployed = "", None
    elif kind == "delete":
        p.delete_solution(solutionArn=service.solution)
        known.exists, known.versions, service.solution = False, [], ""
        known.schedule(None)
    p.list_schemas()  # what has become due happens


KINDS = ("wait", "wait", "wait", "put", "put", "put item", "create", "schedule", "train", "train", "deploy", "delete")
FIRST = [("create", 1), ("train", 1), ("deploy", 1), ("put", 0), ("wait", 2)]
STEPS = st.tuples(
    st.integers(0, len(FIRST)), st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 6)), min_size=8, max_size=24)
).map(lambda drawn: FIRST[: drawn[0]] + drawn[1])


@pytest.mark.rule("solution-versions.automatic-update", "solution-versions.automatic-update-of-news")
@pytest.mark.rule("automatic-training.schedule", "automatic-training.new-interactions")
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_versions_and_updates_are_those_of_the_reference(steps: list[tuple[str, int]]) -> None:
    with simulate(start=START, durations="instant") as sim:
        service, known = Service(sim, account()), Reference()
        arns: dict[str, int] = {}
        for step in steps:
            both(service, known, step)
            found = [(minutes(each["creationDateTime"]), each["trainingMode"]) for each in service.versions()]
            assert found == [(each.created, each.mode) for each in known.versions]
            assert [each["trainingType"] for each in service.versions()] == [each.kind for each in known.versions]
            arns |= {each["solutionVersionArn"]: minutes(each["creationDateTime"]) for each in service.versions()}
            assert [(when, arns[arn]) for when, arn in service.updates()] == known.updates
