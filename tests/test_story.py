"""The reference story, through boto3, in the three settings in which users meet the simulator."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from freezegun import freeze_time
from moto import mock_aws
from support import RECIPE, Account, Deployment, account, dataset, import_csv, needs_ratings, ratings

import simulator
from simulator import Simulation, simulate
from simulator.data.generated import movielens_like, split_by_time

START = "2022-03-08T09:00:00Z"
EVENTS = 100

Tick = Callable[[timedelta], object]
Ranking = list[tuple[str, float]]


@dataclass
class Story:
    """What was seen: the lists of both users at the four moments, and the rest of the answers."""

    on: Account
    tick: Tick
    made: Deployment
    events: pd.DataFrame
    first_user: str
    second_user: str
    first: list[Ranking] = field(default_factory=list)
    second: list[Ranking] = field(default_factory=list)
    versions: list[dict[str, Any]] = field(default_factory=list)

    def look(self) -> None:
        """One moment."""
        self.first.append(self.ranking(self.first_user))
        self.second.append(self.ranking(self.second_user))

    def ranking(self, user: str) -> Ranking:
        answer = self.on.runtime.get_recommendations(campaignArn=self.made.campaign, userId=user, numResults=20)
        assert answer["recommendationId"].startswith("RID-")
        assert len(answer["recommendationId"]) == 40
        return [(item["itemId"], item["score"]) for item in answer["itemList"]]

    def version(self) -> dict[str, Any]:
        shown: dict[str, Any] = self.on.personalize.describe_solution_version(solutionVersionArn=self.made.version)[
            "solutionVersion"
        ]
        return shown

    def settle(self) -> None:
        self.tick(timedelta(minutes=30))


def begin(frame: pd.DataFrame, tick: Tick, seed: int = 1, **more: bool) -> Story:
    """Imports and trains on the first 4/5 and deploys; samples the events and picks the two users.

    `more` is what CreateSolution is asked beside the story: that of 2022 knows no automatic training.
    """
    before, after = split_by_time(frame)
    on = account()
    made = dataset(on, lambda: tick(timedelta(minutes=1)))
    import_csv(on, made, before)
    tick(timedelta(minutes=5))
    made.solution = on.personalize.create_solution(name="films", datasetGroupArn=made.group, recipeArn=RECIPE, **more)[
        "solutionArn"
    ]
    made.version = on.personalize.create_solution_version(solutionArn=made.solution)["solutionVersionArn"]
    tick(timedelta(minutes=25))
    made.campaign = on.personalize.create_campaign(name="films", solutionVersionArn=made.version, minProvisionedTPS=1)[
        "campaignArn"
    ]
    tick(timedelta(minutes=5))
    tracker = on.personalize.create_event_tracker(name="films", datasetGroupArn=made.group)
    made.tracker, made.tracking_id = tracker["eventTrackerArn"], tracker["trackingId"]
    tick(timedelta(minutes=1))
    events = after.sample(EVENTS, random_state=seed).sort_values("TIMESTAMP", kind="stable")
    known = events[events["ITEM_ID"].isin(set(before["ITEM_ID"]))]
    first = str(known["USER_ID"].value_counts(sort=False).sort_index().idxmax())
    both = set(before["USER_ID"]) & set(after["USER_ID"]) - set(events["USER_ID"])
    return Story(on, tick, made, events, first, min(both))


def put(story: Story) -> None:
    """The events, one call each, a session a user."""
    sessions = {user: str(uuid.UUID(int=at)) for at, user in enumerate(sorted(set(story.events["USER_ID"])))}
    for row in story.events.itertuples():
        story.on.events.put_events(
            trackingId=story.made.tracking_id,
            userId=row.USER_ID,
            sessionId=sessions[row.USER_ID],
            eventList=[{"eventType": "eventTypePlaceholder", "itemId": row.ITEM_ID, "sentAt": int(row.TIMESTAMP)}],
        )


def tell(frame: pd.DataFrame, tick: Tick, instant: bool = False, **more: bool) -> Story:
    """The story up to the fourth moment; where all is instant, an update is over at the next call."""
    story = begin(frame, tick, **more)
    story.look()
    story.versions.append(story.version())
    put(story)
    story.look()
    tick(timedelta(hours=2))
    story.look()
    story.versions.append(story.version())
    made = story.made
    new = story.on.personalize.create_solution_version(solutionArn=made.solution, trainingMode="FULL")
    story.settle()
    story.on.personalize.update_campaign(campaignArn=made.campaign, solutionVersionArn=new["solutionVersionArn"])
    meanwhile = story.first_user, story.second_user
    old = [story.ranking(user) for user in meanwhile] == [story.first[-1], story.second[-1]]
    assert old is not instant
    story.settle()
    story.look()
    return story


def items(ranking: Ranking) -> list[str]:
    return [item for item, _ in ranking]


def moved(before: Ranking, after: Ranking) -> int:
    """By how many places all items have moved; one that is not in the other list stands at its end."""
    end = len(before)
    places = [{item: place for place, item in enumerate(items(ranking))} for ranking in (before, after)]
    return sum(abs(places[0].get(item, end) - places[1].get(item, end)) for item in places[0].keys() | places[1])


def check(story: Story) -> None:
    first, second = story.first, story.second
    for ranking in (*first, *second):
        scores = [score for _, score in ranking]
        assert len(ranking) == 20
        assert scores == sorted(scores, reverse=True)
        assert all(score == round(score, 7) for score in scores)
    # At once: much for the user with events, nothing for the other.
    assert moved(first[0], first[1]) >= 80
    assert second[1] == second[0]
    # Two hours later: the same order with other scores, and a smaller change for the first user.
    assert items(second[2]) == items(second[1])
    assert second[2] != second[1]
    assert 0 < moved(first[1], first[2]) < moved(first[0], first[1])
    # The update is not a training.
    assert story.versions[0] == story.versions[1]
    # A full training: much for both.
    assert moved(first[2], first[3]) >= 40
    assert moved(second[2], second[3]) >= 40


@pytest.mark.parametrize("seed", [0, 1])
def test_on_generated_data(seed: int) -> None:
    with simulate(start=START, profile="2022") as sim:
        check(tell(movielens_like(seed=seed), sim.clock.tick))


@needs_ratings
def test_on_real_data() -> None:
    with simulate(start=START, profile="2022") as sim:
        story = tell(ratings(), sim.clock.tick)
        check(story)
        assert all(0.003 < ranking[0][1] < 0.05 for ranking in (*story.first, *story.second))


@pytest.mark.personalize(start=START, profile="2022")
def test_in_the_fixture(personalize_sim: Simulation) -> None:
    check(tell(movielens_like(), personalize_sim.clock.tick))


def test_under_a_plain_mock() -> None:
    with freeze_time(START) as frozen, mock_aws():
        assert simulator.current() is not None
        check(tell(movielens_like(), frozen.tick, instant=True, performAutoTraining=False))


def test_events_on_known_items_alone_leave_other_scores_as_they_were() -> None:
    """Without a new item the update has nothing to say to users without events."""
    with simulate(start=START, profile="2022") as sim:
        frame = movielens_like()
        story = begin(frame, sim.clock.tick)
        known = set(split_by_time(frame)[0]["ITEM_ID"])
        story.events = story.events[story.events["ITEM_ID"].isin(known)]
        put(story)
        story.look()
        sim.clock.tick(hours=2)
        story.look()
        assert story.second[0] == story.second[1]
        assert items(story.first[0]) != items(story.first[1])


def test_exports_and_the_end() -> None:
    """PUT, BULK and ALL, also after the tracker is gone; then everything is deleted in order."""
    with simulate(start=START, profile="2022") as sim:
        frame = movielens_like(users=200, items=2000, interactions=10_000)
        story = begin(frame, sim.clock.tick)
        put(story)
        on, made = story.on, story.made
        on.personalize.delete_event_tracker(eventTrackerArn=made.tracker)
        shown = on.personalize.describe_event_tracker(eventTrackerArn=made.tracker)["eventTracker"]
        assert shown["status"] == "DELETE PENDING"
        sim.clock.tick(minutes=1)
        files = {mode: export(story, mode) for mode in ("PUT", "BULK", "ALL")}
        bulk = split_by_time(frame)[0]
        header = "timestamp,session_id,event_type,user_id,item_id,impression,recommendation_id"
        for lines in files.values():
            assert lines[0] == header
        event = next(story.events.itertuples())
        put_rows = files["PUT"][1:]
        assert len(put_rows) == EVENTS
        cells = next(row for row in put_rows if row.startswith(f"{event.TIMESTAMP}000,")).split(",")
        assert cells[2:] == ["eventTypePlaceholder", event.USER_ID, event.ITEM_ID, '""', '""']
        expected = {f"{row.TIMESTAMP}000,{row.USER_ID},{row.ITEM_ID}" for row in bulk.itertuples()}
        assert {",".join([c[0], c[3], c[4]]) for c in (row.split(",") for row in files["BULK"][1:])} == expected
        assert sorted(files["ALL"][1:]) == sorted(files["BULK"][1:] + put_rows)
        delete_everything(story)


def export(story: Story, mode: str) -> list[str]:
    on, made = story.on, story.made
    job = on.personalize.create_dataset_export_job(
        jobName=f"export-{mode}",
        datasetArn=made.dataset,
        ingestionMode=mode,
        roleArn=on.role,
        jobOutput={"s3DataDestination": {"path": f"s3://{on.bucket}/exported/"}},
    )["datasetExportJobArn"]
    story.tick(timedelta(minutes=5))
    shown = on.personalize.describe_dataset_export_job(datasetExportJobArn=job)["datasetExportJob"]
    assert shown["status"] == "ACTIVE"
    prefix = f"exported/AMZN_Personalize/{made.group}/{made.dataset}/export-{mode}/2022-03-08/part-00000-"
    listed = on.s3.list_objects_v2(Bucket=on.bucket, Prefix=prefix)["Contents"]
    assert len(listed) == 1
    uuid.UUID(listed[0]["Key"].removeprefix(prefix).removesuffix("-c000.csv"))
    body: bytes = on.s3.get_object(Bucket=on.bucket, Key=listed[0]["Key"])["Body"].read()
    return body.decode().splitlines()


def delete_everything(story: Story) -> None:
    p, made = story.on.personalize, story.made
    steps: list[tuple[Callable[[], object], Callable[[], dict[str, Any]]]] = [
        (
            lambda: p.delete_campaign(campaignArn=made.campaign),
            lambda: p.describe_campaign(campaignArn=made.campaign)["campaign"],
        ),
        (
            lambda: p.delete_solution(solutionArn=made.solution),
            lambda: p.describe_solution(solutionArn=made.solution)["solution"],
        ),
        (
            lambda: p.delete_dataset(datasetArn=made.dataset),
            lambda: p.describe_dataset(datasetArn=made.dataset)["dataset"],
        ),
        (
            lambda: p.delete_dataset_group(datasetGroupArn=made.group),
            lambda: p.describe_dataset_group(datasetGroupArn=made.group)["datasetGroup"],
        ),
    ]
    for delete, describe in steps:
        delete()
        # The API reference has no DELETE IN_PROGRESS for dataset groups.
        of_a_group = describe is steps[-1][1]
        wanted = ["DELETE PENDING"] if of_a_group else ["DELETE PENDING", "DELETE IN_PROGRESS"]
        assert statuses_until_gone(story, describe) == wanted
    p.delete_schema(schemaArn=made.schema)
    with pytest.raises(p.exceptions.ResourceNotFoundException):
        p.describe_solution_version(solutionVersionArn=made.version)
    assert p.list_schemas()["schemas"] == []


def statuses_until_gone(story: Story, describe: Callable[[], dict[str, Any]]) -> list[str]:
    seen: list[str] = []
    while True:
        try:
            status = describe()["status"]
        except story.on.personalize.exceptions.ResourceNotFoundException:
            return seen
        if status not in seen:
            seen.append(status)
        story.tick(timedelta(seconds=0.5))


def test_only_the_newest_fully_trained_version_is_updated() -> None:
    """The old version, still deployed, stands still from then on."""
    with simulate(start=START, profile="2022") as sim:
        story = begin(movielens_like(), sim.clock.tick)
        story.on.personalize.create_solution_version(solutionArn=story.made.solution)
        sim.clock.tick(minutes=25)
        put(story)
        story.look()
        sim.clock.tick(hours=9)
        story.look()
        assert (story.first[0], story.second[0]) == (story.first[1], story.second[1])


def digest(seed: int) -> str:
    """The story of a seed, in one line."""
    with simulate(start=START, seed=seed, profile="2022") as sim:
        story = tell(movielens_like(users=200, items=2000, interactions=10_000), sim.clock.tick)
        told = json.dumps([story.first, story.second, story.versions], default=datetime.timestamp)
        return hashlib.sha256(told.encode()).hexdigest()


def test_another_process_tells_the_same_bytes() -> None:
    here = str(Path(__file__).parent)
    code = f"import sys; sys.path.insert(0, {here!r}); import test_story; print(test_story.digest(3))"
    environment = {"PYTHONHASHSEED": "77", "OMP_NUM_THREADS": "1", "TZ": "Asia/Tokyo"}
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert other.stdout.strip() == digest(3)
    assert digest(4) != digest(3)
