"""Automatic training, through boto3: when new versions of a solution come by themselves, and when they do not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from support import RECIPE, Account, Deployment, account, dataset, import_csv, some_interactions

from simulator import Simulation, simulate
from simulator.resources.dump import dump

START = "2025-06-02T09:00:00+00:00"
HOUR = timedelta(hours=1)
TRAINING = timedelta(minutes=25)
SIMS = "arn:aws:personalize:::recipe/aws-sims"


@dataclass
class Shop:
    """An imported dataset group with an event tracker."""

    sim: Simulation
    on: Account
    made: Deployment

    def solution(self, recipe: str = SIMS, name: str = "films", **more: Any) -> str:
        arn: str = self.on.personalize.create_solution(
            name=name, datasetGroupArn=self.made.group, recipeArn=recipe, **more
        )["solutionArn"]
        return arn

    def every(self, days: int, **more: Any) -> str:
        unit = "day" if days == 1 else "days"
        return self.solution(
            solutionConfig={"autoTrainingConfig": {"schedulingExpression": f"rate({days} {unit})"}}, **more
        )

    def put(self, item: str = "i1") -> None:
        self.on.events.put_events(
            trackingId=self.made.tracking_id,
            userId="u1",
            sessionId="s",
            eventList=[{"eventType": "view", "itemId": item, "sentAt": self.sim.clock.now()}],
        )

    def versions(self, solution: str) -> list[dict[str, Any]]:
        """The oldest first, as lists show them."""
        listed: list[dict[str, Any]] = self.on.personalize.list_solution_versions(solutionArn=solution)[
            "solutionVersions"
        ]
        return listed

    def begun(self, solution: str, kind: str = "AUTOMATIC") -> list[timedelta]:
        """When versions were created, from the start on."""
        return [
            each["creationDateTime"] - self.start for each in self.versions(solution) if each["trainingType"] == kind
        ]

    @property
    def start(self) -> datetime:
        return datetime.fromisoformat(START)

    def at(self, moment: timedelta) -> None:
        self.sim.clock.move_to(self.start + moment)

    def update(self, solution: str, **more: Any) -> None:
        self.on.personalize.update_solution(solutionArn=solution, **more)


def opened(sim: Simulation, on: Account, frame: pd.DataFrame | None = None) -> Shop:
    """A shop at `START`."""
    made = dataset(on, lambda: sim.clock.tick(minutes=1))
    import_csv(on, made, some_interactions() if frame is None else frame)
    sim.clock.tick(minutes=5)
    made.tracking_id = on.personalize.create_event_tracker(name="films", datasetGroupArn=made.group)["trackingId"]
    sim.clock.move_to(START)
    return Shop(sim, on, made)


@pytest.fixture
def sim() -> Iterator[Simulation]:
    with simulate(start="2025-06-02T08:00:00Z") as running:
        yield running


@pytest.fixture
def shop(sim: Simulation, here: Account) -> Shop:
    return opened(sim, here)


@pytest.mark.rule("automatic-training.default")
def test_the_first_training_begins_an_hour_after_the_solution_is_active(shop: Shop) -> None:
    solution = shop.solution()
    shop.at(HOUR - timedelta(microseconds=1))
    assert shop.versions(solution) == []
    shop.at(HOUR)
    [version] = shop.versions(solution)
    assert (version["trainingType"], version["trainingMode"]) == ("AUTOMATIC", "AUTOTRAIN")
    assert (version["status"], version["creationDateTime"]) == ("CREATE PENDING", shop.start + HOUR)
    shop.at(HOUR + TRAINING)
    shown = shop.on.personalize.describe_solution_version(solutionVersionArn=version["solutionVersionArn"])
    assert shown["solutionVersion"]["status"] == "ACTIVE"
    assert shown["solutionVersion"]["trainingType"] == "AUTOMATIC"
    assert shown["solutionVersion"]["trainingHours"] > 0
    assert (
        shop.on.personalize.describe_solution(solutionArn=solution)["solution"]["latestSolutionVersion"]
        == (shop.versions(solution)[-1])
    )
    assert shop.on.personalize.get_solution_metrics(solutionVersionArn=version["solutionVersionArn"])["metrics"]


def test_trainings_follow_at_the_hour_of_the_first(shop: Shop) -> None:
    solution = shop.every(2)
    for day in range(6):
        shop.at(timedelta(days=day, hours=5))
        shop.put()
        shop.on.personalize.create_solution_version(solutionArn=solution)  # by hand, which changes no schedule
        shop.at(timedelta(days=day, hours=6))
        shop.put()
    assert shop.begun(solution) == [timedelta(days=day, hours=1) for day in (0, 2, 4)]
    weekly = shop.solution(name="weekly")
    shop.put()
    shop.at(timedelta(days=20))
    began = shop.begun(weekly)
    assert began == [timedelta(days=5, hours=7)], "without new interactions none follows"


@pytest.mark.parametrize(("by_hand", "first"), [(0, 0), (20, 20), (59, 59)])
def test_a_version_by_hand_takes_the_place_of_the_first(shop: Shop, by_hand: int, first: int) -> None:
    solution = shop.every(1)
    shop.at(timedelta(minutes=by_hand))
    version = shop.on.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    shop.on.personalize.stop_solution_version_creation(solutionVersionArn=version)  # it was created all the same
    shop.at(timedelta(hours=3))
    shop.put()
    shop.at(timedelta(days=1, minutes=first) - timedelta(microseconds=1))
    assert shop.begun(solution) == []
    shop.at(timedelta(days=1, minutes=first))
    assert shop.begun(solution) == [timedelta(days=1, minutes=first)]


def test_a_version_by_hand_after_the_hour_comes_beside_it(shop: Shop) -> None:
    solution = shop.solution()
    shop.at(HOUR)
    shop.on.personalize.create_solution_version(solutionArn=solution)
    assert [each["trainingType"] for each in shop.versions(solution)] == ["AUTOMATIC", "MANUAL"]
    assert len({each["solutionVersionArn"] for each in shop.versions(solution)}) == 2


class TestNewInteractions:
    def test_without_any_there_is_no_training(self, shop: Shop) -> None:
        solution = shop.every(1)
        shop.at(timedelta(days=5))
        assert shop.begun(solution) == [HOUR]
        shop.put()
        shop.at(timedelta(days=9))
        assert shop.begun(solution) == [HOUR, timedelta(days=5, hours=1)]

    def test_what_a_training_has_seen_is_not_new(self, shop: Shop) -> None:
        solution = shop.every(1)
        shop.at(HOUR + timedelta(seconds=29))  # before the training is IN_PROGRESS
        shop.put()
        shop.at(timedelta(days=3))
        assert shop.begun(solution) == [HOUR]

    def test_what_came_while_one_ran_is_new(self, shop: Shop) -> None:
        solution = shop.every(1)
        shop.at(HOUR + timedelta(minutes=5))
        shop.put()
        shop.at(timedelta(days=3))
        assert shop.begun(solution) == [HOUR, timedelta(days=1, hours=1)]

    def test_imported_ones_count(self, shop: Shop) -> None:
        solution = shop.every(1)
        shop.at(timedelta(hours=12))
        import_csv(shop.on, shop.made, some_interactions(seed=1), "again", importMode="FULL")
        shop.at(timedelta(days=4))
        assert shop.begun(solution) == [HOUR, timedelta(days=1, hours=1)]

    def test_a_training_by_hand_leaves_nothing_new(self, shop: Shop) -> None:
        solution = shop.every(1)
        shop.at(timedelta(hours=12))
        shop.put()
        shop.on.personalize.create_solution_version(solutionArn=solution)
        shop.at(timedelta(days=4))
        assert shop.begun(solution) == [HOUR]

    def test_a_stopped_training_leaves_them_new(self, shop: Shop) -> None:
        solution = shop.every(1)
        shop.at(timedelta(hours=12))
        shop.put()
        version = shop.on.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
        shop.sim.clock.tick(minutes=1)
        shop.on.personalize.stop_solution_version_creation(solutionVersionArn=version)
        shop.at(timedelta(days=4))
        assert shop.begun(solution) == [HOUR, timedelta(days=1, hours=1)]

    def test_the_mode_update_and_the_automatic_update_are_no_full_trainings(self, shop: Shop) -> None:
        config = {"autoTrainingConfig": {"schedulingExpression": "rate(1 day)"}}
        solution = shop.solution(RECIPE, solutionConfig=config)
        shop.at(timedelta(hours=2))
        latest = f"{solution}/$LATEST"
        shop.on.personalize.create_campaign(name="films", solutionVersionArn=latest)
        shop.put("new")
        shop.at(timedelta(hours=12))
        shop.on.personalize.create_solution_version(solutionArn=solution, trainingMode="UPDATE")
        shop.at(timedelta(days=4))
        assert shop.begun(solution) == [HOUR, timedelta(days=1, hours=1)]

    def test_a_deleted_dataset_has_none(self, shop: Shop) -> None:
        solution = shop.every(1)
        shop.at(timedelta(hours=12))
        shop.put()
        shop.on.personalize.delete_dataset(datasetArn=shop.made.dataset)
        shop.at(timedelta(days=4))
        assert shop.begun(solution) == [HOUR]


def test_too_little_data_fail_and_the_schedule_goes_on(sim: Simulation, here: Account) -> None:
    typed = some_interactions(rows=1000, users=500, items=5).drop_duplicates(["USER_ID"])
    few = opened(sim, here, pd.concat([some_interactions(1000, users=1), typed]))
    solution = few.every(1)
    few.at(timedelta(hours=2))
    [version] = few.versions(solution)
    assert version["status"] == "CREATE FAILED"
    assert version["trainingType"] == "AUTOMATIC"
    assert "25" in version["failureReason"]
    few.at(timedelta(days=3))
    assert few.begun(solution) == [HOUR], "the failed training saw these interactions"
    import_csv(few.on, few.made, some_interactions(), "more")
    few.at(timedelta(days=4))
    assert [each["status"] for each in few.versions(solution)] == ["CREATE FAILED", "ACTIVE"]
    assert few.begun(solution) == [HOUR, timedelta(days=3, hours=1)]


def test_turned_off_and_on(shop: Shop) -> None:
    solution = shop.every(1)
    shop.at(timedelta(minutes=30))
    shop.update(solution, performAutoTraining=False)
    shop.at(timedelta(days=2))
    assert shop.versions(solution) == []
    shop.update(solution, performAutoTraining=True)
    shop.at(timedelta(days=2, hours=1, minutes=5) - timedelta(microseconds=1))
    assert shop.versions(solution) == []
    shop.at(timedelta(days=2, hours=1, minutes=5))  # an hour after the five minutes that the update takes
    assert shop.begun(solution) == [timedelta(days=2, hours=1, minutes=5)]
    shop.at(timedelta(days=2, hours=3))
    shop.put()
    shop.at(timedelta(days=4))
    assert shop.begun(solution)[1:] == [timedelta(days=3, hours=1, minutes=5)]


def test_turned_on_a_version_by_hand_takes_the_place_of_the_first(shop: Shop) -> None:
    solution = shop.solution(performAutoTraining=False)
    shop.on.personalize.create_solution_version(solutionArn=solution)
    shop.at(timedelta(days=1))
    shop.update(solution, performAutoTraining=True)
    shop.put()
    shop.at(timedelta(days=1, minutes=30))
    shop.on.personalize.create_solution_version(solutionArn=solution)
    shop.put()
    shop.at(timedelta(days=9))
    assert shop.begun(solution) == []
    shop.put()
    shop.at(timedelta(days=16))
    assert shop.begun(solution) == [timedelta(days=15, minutes=30)]


def test_another_frequency_begins_the_schedule_anew(shop: Shop) -> None:
    solution = shop.solution()
    shop.at(timedelta(days=2))
    shop.put()
    same = {"autoTrainingConfig": {"schedulingExpression": "rate(7 days)"}}
    shop.update(solution, performAutoTraining=True, solutionUpdateConfig=same)
    shop.at(timedelta(days=3))
    assert shop.begun(solution) == [HOUR], "nothing has changed"
    daily = {"autoTrainingConfig": {"schedulingExpression": "rate(1 day)"}}
    shop.update(solution, solutionUpdateConfig=daily)
    first = timedelta(days=3, hours=1, minutes=5)
    shop.at(first)
    shop.at(first + timedelta(hours=1))
    shop.put()
    shop.at(timedelta(days=7))
    assert shop.begun(solution) == [HOUR, first, first + timedelta(days=1)]


def test_a_deleted_solution_is_trained_no_more(shop: Shop) -> None:
    solution = shop.every(1)
    p = shop.on.personalize
    shop.at(HOUR + timedelta(minutes=1))
    with pytest.raises(p.exceptions.ResourceInUseException):
        p.delete_solution(solutionArn=solution)  # a training runs
    shop.at(timedelta(hours=2))
    shop.put()
    p.delete_solution(solutionArn=solution)
    shop.at(timedelta(hours=3))
    assert p.list_solutions()["solutions"] == []
    assert not [each for each in shop.sim._host.world.agenda.entries if each.subject == solution]
    again = shop.solution(performAutoTraining=False)
    assert again == solution
    shop.at(timedelta(days=9))
    assert shop.versions(solution) == []


@pytest.mark.rule("automatic-training.default")
def test_in_2022_there_is_none() -> None:
    with simulate(start="2025-06-02T08:00:00Z", profile="2022") as sim:
        shop = opened(sim, account())
        solution = shop.solution(RECIPE)
        shown = shop.on.personalize.describe_solution(solutionArn=solution)["solution"]
        assert "performAutoTraining" not in shown
        assert shown["solutionConfig"] == {}
        asked = shop.every(1, name="asked", performAutoTraining=True)
        shop.put()
        shop.at(timedelta(days=8))
        assert shop.versions(solution) == []
        assert shop.begun(asked) == [HOUR]


@pytest.mark.rule("automatic-training.any-split-of-time")
@pytest.mark.parametrize("step", [timedelta(minutes=7), timedelta(hours=5), timedelta(days=3)], ids=str)
def test_any_split_of_time_leads_to_the_same(step: timedelta) -> None:
    def told(step: timedelta | None) -> str:
        with simulate(start="2025-06-02T08:00:00Z", seed=3) as sim:
            shop = opened(sim, account())
            solution = shop.every(1, recipe=RECIPE)
            shop.at(timedelta(hours=2))
            latest, follow = f"{solution}/$LATEST", {"syncWithLatestSolutionVersion": True}
            shop.on.personalize.create_campaign(name="films", solutionVersionArn=latest, campaignConfig=follow)
            end = timedelta(hours=2)
            for number in range(3):
                shop.put(f"new{number}")
                end += timedelta(hours=21)
                while step is not None and sim.clock.now() + step < shop.start + end:
                    sim.clock.tick(step)
                shop.at(end)
            assert len(shop.begun(solution)) == 3
            return dump(sim._host.world)

    assert told(step) == told(None)


# --- automatic updates ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frequency", "period"),
    [(None, 2 * HOUR), ("30 minutes", HOUR / 2), ("1 hour", HOUR), ("3 hours", 2 * HOUR), ("1 day", 2 * HOUR)],
)
def test_trends_are_found_as_often_as_their_frequency_says(
    shop: Shop, frequency: str | None, period: timedelta
) -> None:
    config = {} if frequency is None else {"featureTransformationParameters": {"trend_discovery_frequency": frequency}}
    recipe = SIMS.replace("aws-sims", "aws-trending-now")
    solution = shop.solution(recipe, solutionConfig=config, performAutoTraining=False)
    version = shop.on.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    shop.at(TRAINING)
    shop.on.personalize.create_campaign(name="films", solutionVersionArn=version)
    shop.sim.clock.tick(minutes=5)
    shop.put()
    world = shop.sim._host.world
    updated: list[timedelta] = []
    for times in (1, 2):
        shop.at(TRAINING + times * period)
        [entry] = [each for each in world.agenda.entries if each.subject == version]
        updated.append(timedelta(microseconds=entry.due - world.now))
    assert updated == [period, period]
    done = [each for each in world.journal if each.name == "automatic_update.run" and each.outcome == "UPDATED"]
    assert done[0].instant == world.now - period // timedelta(microseconds=1)
