"""Solution versions, through boto3: their trainings, training modes, event filters, stops and metrics."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from support import (
    RECIPE,
    Account,
    Deployment,
    account,
    dataset,
    deploy,
    import_csv,
    refused,
    schema_text,
    some_interactions,
)

from simulator import Simulation, simulate
from simulator.data.event_filters import EventFilter
from simulator.resources.dump import dump

START = "2022-03-08T09:00:00Z"
SIMS = "arn:aws:personalize:::recipe/aws-sims"
ATTRIBUTE_AFFINITY = "arn:aws:personalize:::recipe/aws-item-attribute-affinity"
EVENT_TYPE = {"name": "EVENT_TYPE", "type": ["null", "string"]}
EVENT_VALUE = {"name": "EVENT_VALUE", "type": ["null", "float"]}
NONE_SUCH = "arn:aws:personalize:us-east-1:123456789012:solution/none"


@pytest.fixture
def sim() -> Iterator[Simulation]:
    with simulate(start=START, durations={"solution_version": timedelta(minutes=20)}) as running:
        yield running


@pytest.fixture
def films(sim: Simulation, here: Account) -> Deployment:
    """A campaign that is ACTIVE, on interactions without event types."""
    return deploy(here, an_hour(sim), some_interactions())


def an_hour(sim: Simulation) -> Callable[[], object]:
    return lambda: sim.clock.tick(hours=1)


def typed(sim: Simulation, here: Account, frame: pd.DataFrame) -> Deployment:
    """An imported dataset with event types and values."""
    made = dataset(here, an_hour(sim), schema_text(EVENT_TYPE, EVENT_VALUE))
    import_csv(here, made, frame)
    sim.clock.tick(hours=1)
    return made


def solution(here: Account, group: str, name: str = "films", recipe: str = RECIPE, **more: Any) -> str:
    arn: str = here.personalize.create_solution(
        name=name, datasetGroupArn=group, recipeArn=recipe, performAutoTraining=False, **more
    )["solutionArn"]
    here.personalize.list_schemas()
    return arn


def version(here: Account, of: str, **more: Any) -> str:
    arn: str = here.personalize.create_solution_version(solutionArn=of, **more)["solutionVersionArn"]
    return arn


def describe(here: Account, arn: str) -> dict[str, Any]:
    shown: dict[str, Any] = here.personalize.describe_solution_version(solutionVersionArn=arn)["solutionVersion"]
    return shown


def trained(sim: Simulation, here: Account, of: str, **more: Any) -> dict[str, Any]:
    """A version an hour after its creation."""
    arn = version(here, of, **more)
    sim.clock.tick(hours=1)
    return describe(here, arn)


def put(here: Account, made: Deployment, user: str, *items: str, event_type: str = "watch") -> None:
    here.events.put_events(
        trackingId=made.tracking_id,
        userId=user,
        sessionId="s",
        eventList=[
            {"eventType": event_type, "itemId": item, "sentAt": 1_646_000_000 + place}
            for place, item in enumerate(items)
        ],
    )


def recommended(here: Account, campaign: str, user: str = "u1") -> dict[str, float]:
    """Everything that a model knows, with its scores."""
    answer = here.runtime.get_recommendations(campaignArn=campaign, userId=user, numResults=500)
    return {item["itemId"]: item["score"] for item in answer["itemList"]}


def test_a_version_as_recorded(sim: Simulation, here: Account, films: Deployment) -> None:
    """[resp-001] [resp-003]"""
    shown = describe(here, films.version)
    assert shown.keys() == {
        *("name", "solutionVersionArn", "solutionArn", "performHPO", "performAutoML", "performIncrementalUpdate"),
        *("recipeArn", "datasetGroupArn", "solutionConfig", "trainingHours", "trainingMode", "trainingType"),
        *("status", "creationDateTime", "lastUpdatedDateTime"),
    }
    assert (shown["recipeArn"], shown["solutionConfig"], shown["status"]) == (RECIPE, {}, "ACTIVE")
    assert (shown["trainingMode"], shown["trainingType"]) == ("FULL", "MANUAL")
    assert (shown["performHPO"], shown["performAutoML"]) == (False, False)
    assert shown["trainingHours"] > (shown["lastUpdatedDateTime"] - shown["creationDateTime"]).total_seconds() / 3600
    listed = here.personalize.list_solution_versions(solutionArn=films.solution)["solutionVersions"]
    assert [each.keys() for each in listed] == [
        {
            *("solutionVersionArn", "status", "trainingMode", "trainingType"),
            *("creationDateTime", "lastUpdatedDateTime"),
        }
    ]
    assert "solutionConfig" not in trained(sim, here, solution(here, films.group, "like", SIMS))  # resp-002
    assert "trainingHours" not in describe(here, version(here, films.solution))


def test_names(sim: Simulation, here: Account, films: Deployment) -> None:
    assert describe(here, films.version)["name"] == films.version.partition(":solution/")[2]
    first = version(here, films.solution, name="spring")
    assert describe(here, first)["name"] == "spring"
    assert first.startswith(f"{films.solution}/")
    before = dump(sim._host.world)
    with refused(
        "ResourceAlreadyExistsException",
        f"Another solution version of {films.solution} with the name spring already exists.",
    ):
        version(here, films.solution, name="spring")
    assert dump(sim._host.world) == before
    other = solution(here, films.group, "other")
    assert describe(here, version(here, other, name="spring"))["name"] == "spring"


def test_the_solution_must_be_there() -> None:
    with simulate(start=START, durations={"solution": timedelta(minutes=1)}) as sim:
        here = account()
        made = dataset(here, an_hour(sim))
        import_csv(here, made, some_interactions())
        sim.clock.tick(hours=1)
        with refused("ResourceNotFoundException", f"The given solution does not exist: {NONE_SUCH}"):
            version(here, NONE_SUCH)
        new = here.personalize.create_solution(
            name="new", datasetGroupArn=made.group, recipeArn=RECIPE, performAutoTraining=False
        )["solutionArn"]
        with refused("ResourceInUseException", f"{new} is not in ACTIVE state."):
            version(here, new)
        sim.clock.tick(minutes=1)
        assert describe(here, version(here, new))["status"] == "CREATE PENDING"


class TestTrainingModes:
    def test_when_which(self, sim: Simulation, here: Account, films: Deployment) -> None:
        like, new = solution(here, films.group, "like", SIMS), solution(here, films.group, "new")
        running = version(here, new)
        before = dump(sim._host.world)
        for of, mode, wording in (
            (like, "UPDATE", f"The training mode UPDATE cannot be used with the recipe {SIMS}."),
            (
                new,
                "UPDATE",
                f"The training mode UPDATE needs an ACTIVE version of {new} that was trained with the training mode "
                "FULL.",
            ),
            (new, "AUTOTRAIN", "The training mode AUTOTRAIN is that of automatic training. Use FULL or UPDATE."),
        ):
            with refused("InvalidInputException", wording):
                version(here, of, trainingMode=mode)
        assert dump(sim._host.world) == before
        sim.clock.tick(hours=1)
        assert describe(here, running)["status"] == "ACTIVE"
        assert trained(sim, here, new, trainingMode="FULL")["trainingMode"] == "FULL"
        assert trained(sim, here, new, trainingMode="UPDATE")["trainingMode"] == "UPDATE"

    def test_an_update(self, sim: Simulation, here: Account, films: Deployment) -> None:
        known = recommended(here, films.campaign)
        new_rows = some_interactions(1100, seed=1).assign(ITEM_ID=lambda rows: "imported" + rows.ITEM_ID)
        put(here, films, "u1", "put-before")
        import_csv(here, films, new_rows, name="more", importMode="INCREMENTAL")
        sim.clock.tick(minutes=10)
        updated = version(here, films.solution, trainingMode="UPDATE")
        sim.clock.tick(minutes=10)
        put(here, films, "u1", "put-while-it-trains")
        sim.clock.tick(minutes=20)
        # The campaign's own model knows by now what was put before: from an automatic update.
        assert recommended(here, films.campaign).keys() == {*known, "put-before"}
        here.personalize.update_campaign(campaignArn=films.campaign, solutionVersionArn=updated)
        sim.clock.tick(minutes=10)
        now_known = recommended(here, films.campaign).keys()
        assert now_known == {*known, *new_rows.ITEM_ID, "put-before"}
        metrics = [
            here.personalize.get_solution_metrics(solutionVersionArn=arn)["metrics"] for arn in (films.version, updated)
        ]
        assert metrics[0] == metrics[1]
        sim.clock.tick(hours=5)
        assert recommended(here, films.campaign).keys() == now_known
        latest = trained(sim, here, films.solution)["solutionVersionArn"]
        here.personalize.update_campaign(campaignArn=films.campaign, solutionVersionArn=latest)
        put(here, films, "u1", "put-last")
        sim.clock.tick(hours=3)
        assert recommended(here, films.campaign).keys() == {*now_known, "put-while-it-trains", "put-last"}

    def test_a_second_update_builds_on_the_first(self, sim: Simulation, here: Account, films: Deployment) -> None:
        for item in ("one", "two"):
            put(here, films, "u1", item)
            latest = trained(sim, here, films.solution, trainingMode="UPDATE")["solutionVersionArn"]
        here.personalize.update_campaign(campaignArn=films.campaign, solutionVersionArn=latest)
        sim.clock.tick(minutes=10)
        assert recommended(here, films.campaign).keys() >= {"one", "two"}


def test_what_a_training_sees(sim: Simulation, here: Account, films: Deployment) -> None:
    """[life-002] What comes while it runs is for the next."""
    seen = []
    arn = version(here, films.solution)
    put(here, films, "u1", "while-pending")
    for minute in range(25):
        seen.append(describe(here, arn)["status"])
        sim.clock.tick(minutes=1)
        if minute == 1:
            put(here, films, "u1", "while-in-progress")
    assert list(dict.fromkeys(seen)) == ["CREATE PENDING", "CREATE IN_PROGRESS", "ACTIVE"]
    here.personalize.update_campaign(campaignArn=films.campaign, solutionVersionArn=arn)
    sim.clock.tick(minutes=10)
    known = recommended(here, films.campaign).keys()
    assert "while-pending" in known
    assert "while-in-progress" not in known


class TestEventFilters:
    def test_an_event_type(self, sim: Simulation, here: Account) -> None:
        """The training sees the interactions of that type, and so do updates and sessions."""
        clicks = some_interactions(1100, seed=1).assign(EVENT_TYPE="click", ITEM_ID="only-clicked")
        frame = pd.concat([some_interactions(1100).assign(EVENT_TYPE="watch"), clicks]).assign(EVENT_VALUE=1.0)
        made = typed(sim, here, frame)
        made.solution = solution(here, made.group, eventType="watch")
        shown = trained(sim, here, made.solution)
        assert (shown["status"], shown["eventType"]) == ("ACTIVE", "watch")
        arn = here.personalize.create_campaign(name="films", solutionVersionArn=shown["solutionVersionArn"])
        made.campaign = arn["campaignArn"]
        made.tracking_id = here.personalize.create_event_tracker(name="films", datasetGroupArn=made.group)["trackingId"]
        sim.clock.tick(minutes=10)
        known = recommended(here, made.campaign)
        assert "only-clicked" not in known
        put(here, made, "u1", "i3", "clicked", event_type="click")
        assert recommended(here, made.campaign) == known
        put(here, made, "u1", "i5", "watched")
        assert recommended(here, made.campaign) != known
        sim.clock.tick(hours=3)
        assert recommended(here, made.campaign).keys() == {*known, "watched"}

    def test_too_few_of_a_type(self, sim: Simulation, here: Account) -> None:
        """[fail-004]"""
        frame = some_interactions(1999).assign(EVENT_TYPE="watch", EVENT_VALUE=1.0)
        frame.loc[::2, "EVENT_TYPE"] = "OfferConverted"
        made = typed(sim, here, frame)
        shown = trained(sim, here, solution(here, made.group, eventType="OfferConverted"))
        assert shown["status"] == "ACTIVE"  # a thousand of them
        shown = trained(sim, here, solution(here, made.group, "more", eventType="watch"))
        assert (shown["status"], shown["failureReason"]) == (
            "CREATE FAILED",
            "Dataset has fewer than 1000 interactions after filtering by event type: watch",
        )
        assert "trainingHours" not in shown

    def test_a_threshold(self, sim: Simulation, here: Account) -> None:
        liked = some_interactions(1100).assign(EVENT_VALUE=3.5)
        disliked = some_interactions(100, seed=1).assign(EVENT_VALUE=3.4, ITEM_ID="disliked")
        unrated = some_interactions(100, seed=2).assign(EVENT_VALUE=float("nan"), ITEM_ID="unrated")
        frame = pd.concat([liked, disliked, unrated]).assign(EVENT_TYPE="rating")
        made = typed(sim, here, frame)
        made.solution = solution(here, made.group, solutionConfig={"eventValueThreshold": "3.5"})
        shown = trained(sim, here, made.solution)
        assert (shown["status"], shown["solutionConfig"]) == ("ACTIVE", {"eventValueThreshold": "3.5"})
        campaign = here.personalize.create_campaign(name="films", solutionVersionArn=shown["solutionVersionArn"])
        sim.clock.tick(minutes=10)
        assert not {"disliked", "unrated"} & recommended(here, campaign["campaignArn"]).keys()
        too_high = solution(here, made.group, "more", solutionConfig={"eventValueThreshold": "3.6"})
        shown = trained(sim, here, too_high)
        assert shown["failureReason"] == "Dataset has fewer than 1000 interactions."

    def test_an_events_configuration(self, sim: Simulation, here: Account) -> None:
        watched = some_interactions(1100).assign(EVENT_TYPE="watch", EVENT_VALUE=0.5)
        broken_off = some_interactions(100, seed=1).assign(EVENT_TYPE="watch", EVENT_VALUE=0.1, ITEM_ID="broken-off")
        clicked = some_interactions(100, seed=2).assign(EVENT_TYPE="click", EVENT_VALUE=1.0, ITEM_ID="clicked")
        frame = pd.concat([watched, broken_off, clicked])
        made = typed(sim, here, frame)
        recipe = "arn:aws:personalize:::recipe/aws-user-personalization-v2"
        parameters: list[dict[str, Any]] = [{"eventType": "watch", "eventValueThreshold": 0.25}, {"eventType": "click"}]
        both = solution(
            here, made.group, recipe=recipe, solutionConfig={"eventsConfig": {"eventParametersList": parameters}}
        )
        shown = trained(sim, here, both)
        campaign = here.personalize.create_campaign(name="films", solutionVersionArn=shown["solutionVersionArn"])
        sim.clock.tick(minutes=10)
        known = recommended(here, campaign["campaignArn"]).keys()
        assert "clicked" in known
        assert "broken-off" not in known
        parameters[1]["eventValueThreshold"] = 2.0
        few = solution(
            here, made.group, "few", recipe, solutionConfig={"eventsConfig": {"eventParametersList": parameters}}
        )
        shown = trained(sim, here, few)
        assert shown["status"] == "ACTIVE"  # on what was watched alone
        parameters[0]["eventValueThreshold"] = 2.0
        none = solution(
            here, made.group, "none", recipe, solutionConfig={"eventsConfig": {"eventParametersList": parameters}}
        )
        assert trained(sim, here, none)["failureReason"] == (
            "Dataset has fewer than 1000 interactions after filtering by event type: click, watch"
        )

    @pytest.mark.parametrize(
        ("types", "status"),
        [
            ([None], "CREATE FAILED"),
            ([None, "event_type", "ITEM_ID"], "CREATE FAILED"),
            ([None, "event_type", "click"], "ACTIVE"),
        ],
    )
    def test_event_types_that_mean_nothing(
        self, sim: Simulation, here: Account, types: list[str | None], status: str
    ) -> None:
        """[fail-006]"""
        frame = some_interactions().assign(EVENT_VALUE=1.0)
        frame["EVENT_TYPE"] = pd.Series([types[at % len(types)] for at in range(len(frame))], dtype=object)
        made = typed(sim, here, frame)
        shown = trained(sim, here, solution(here, made.group))
        assert shown["status"] == status
        if status == "CREATE FAILED":
            assert shown["failureReason"] == "All values in the event_type column are either reserved keywords or null"


def test_a_filter_takes_what_one_of_its_alternatives_takes() -> None:
    either = EventFilter((("watch", 0.5), ("click", None)))
    assert either.event_type == "click, watch"
    assert [either.lets("watch", value) for value in (0.5, 0.4, None)] == [True, False, False]
    assert (either.lets("click", None), either.lets("like", 1.0)) == (True, False)
    anything = EventFilter(((None, 1.0),))
    assert (anything.event_type, anything.lets("like", 1.0), anything.lets("like", 0.9)) == (None, True, False)


def items_dataset(sim: Simulation, here: Account, films: Deployment) -> str:
    """An empty Items dataset with a genre."""
    fields = [{"name": "ITEM_ID", "type": "string"}, {"name": "GENRE", "type": "string", "categorical": True}]
    text = json.dumps({**json.loads(schema_text()), "name": "Items", "fields": fields})
    schema = here.personalize.create_schema(name="items", schema=text)["schemaArn"]
    arn: str = here.personalize.create_dataset(
        name="items", schemaArn=schema, datasetGroupArn=films.group, datasetType="Items"
    )["datasetArn"]
    sim.clock.tick(hours=1)
    return arn


def import_items(sim: Simulation, here: Account, items: str, genres: list[str], name: str = "items") -> None:
    frame = pd.DataFrame({"ITEM_ID": [f"i{number}" for number in range(len(genres))], "GENRE": genres})
    job = here.personalize.create_dataset_import_job(
        jobName=name,
        datasetArn=items,
        dataSource={"dataLocation": here.upload(frame, "items.csv")},
        roleArn=here.role,
    )["datasetImportJobArn"]
    sim.clock.tick(hours=1)
    shown = here.personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]
    assert shown["status"] == "ACTIVE", shown


def test_attributes_that_differ(sim: Simulation, here: Account, films: Deployment) -> None:
    """[fail-005]"""
    items = items_dataset(sim, here, films)
    outcomes: list[dict[str, Any]] = []
    for genres in (["drama"] * 80, [f"genre-{number}" for number in range(80)], ["drama", "comedy"] * 40):
        import_items(sim, here, items, genres, f"items-{len(outcomes)}")
        of = solution(here, films.group, f"affinity-{len(outcomes)}", ATTRIBUTE_AFFINITY)
        outcomes.append(trained(sim, here, of))
    assert [each["status"] for each in outcomes] == ["CREATE FAILED", "CREATE FAILED", "ACTIVE"]
    assert {each.get("failureReason") for each in outcomes[:2]} == {
        "Did not find any attribute to train on. There may not be any attribute in the items dataset, or all attribute "
        "values either have same or all distinct values."
    }
    assert "solutionConfig" not in outcomes[2]  # resp-002


class TestStopping:
    @pytest.mark.parametrize("mode", ["FULL", "UPDATE"])
    def test_a_running_training(self, sim: Simulation, here: Account, films: Deployment, mode: str) -> None:
        arn = version(here, films.solution, trainingMode=mode)
        sim.clock.tick(minutes=5)
        here.personalize.stop_solution_version_creation(solutionVersionArn=arn)
        seen = []
        for _ in range(60):
            seen.append(describe(here, arn)["status"])
            sim.clock.tick(minutes=1)
        assert list(dict.fromkeys(seen)) == ["CREATE STOPPING", "CREATE STOPPED"]
        assert not {"trainingHours", "failureReason"} & describe(here, arn).keys()
        with refused("ResourceInUseException", f"{arn} is not in ACTIVE state."):
            here.personalize.create_campaign(name="more", solutionVersionArn=arn)
        held = sim._host.world
        stopped = next(each.solution_versions[arn] for each in held.inventories.values())
        assert (stopped.model, stopped.begun) == (None, None)

    def test_what_can_be_stopped(self, sim: Simulation, here: Account, films: Deployment) -> None:
        arn = version(here, films.solution)
        here.personalize.stop_solution_version_creation(solutionVersionArn=arn)
        before = dump(sim._host.world)
        for settled in (films.version, arn):
            with refused(
                "ResourceInUseException",
                f"{settled} cannot be stopped: its status must be CREATE PENDING or CREATE IN_PROGRESS.",
            ):
                here.personalize.stop_solution_version_creation(solutionVersionArn=settled)
        with refused("ResourceNotFoundException", f"The given solution version does not exist: {NONE_SUCH}/12345678"):
            here.personalize.stop_solution_version_creation(solutionVersionArn=f"{NONE_SUCH}/12345678")
        assert dump(sim._host.world) == before

    def test_a_solution_goes_with_a_stopping_training(self, sim: Simulation, here: Account, films: Deployment) -> None:
        of = solution(here, films.group, "other")
        arn = version(here, of)
        sim.clock.tick(minutes=5)
        here.personalize.stop_solution_version_creation(solutionVersionArn=arn)
        here.personalize.delete_solution(solutionArn=of)
        sim.clock.tick(hours=1)
        with refused("ResourceNotFoundException", f"The given solution version does not exist: {arn}"):
            describe(here, arn)


def test_twenty_trainings(sim: Simulation, here: Account, films: Deployment) -> None:
    running = [version(here, films.solution) for _ in range(20)]
    before = dump(sim._host.world)
    with refused("LimitExceededException", "More than 20 resources with PENDING or IN_PROGRESS status."):
        version(here, films.solution)
    assert dump(sim._host.world) == before
    here.personalize.stop_solution_version_creation(solutionVersionArn=running[0])
    version(here, films.solution)


def test_metrics(sim: Simulation, here: Account, films: Deployment) -> None:
    """[err-008]"""
    answer = here.personalize.get_solution_metrics(solutionVersionArn=films.version)
    assert answer["solutionVersionArn"] == films.version
    assert answer["metrics"]
    put(here, films, "u1", "new")
    sim.clock.tick(hours=3)
    assert here.personalize.get_solution_metrics(solutionVersionArn=films.version)["metrics"] == answer["metrics"]
    arn = version(here, films.solution)
    with refused("ResourceInUseException", "Cannot get metrics for solution since it is not in ACTIVE state."):
        here.personalize.get_solution_metrics(solutionVersionArn=arn)


def test_a_configuration_stays_as_it_was_at_the_training(sim: Simulation, here: Account, films: Deployment) -> None:
    of = solution(here, films.group, "deep", solutionConfig={"algorithmHyperParameters": {"hidden_dimension": "64"}})
    assert trained(sim, here, of)["solutionConfig"] == {"algorithmHyperParameters": {"hidden_dimension": "64"}}
