"""AutoML: the recipe that it chooses, what solutions and versions show of it, and that both then work like others."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from support import (
    Account,
    account,
    add_dataset,
    dataset,
    import_csv,
    refused,
    schema_text,
    some_interactions,
    start_import,
)

from simulator import Simulation, simulate
from simulator.data.generated import movielens_like
from simulator.resources.dump import dump

RECIPE = "arn:aws:personalize:::recipe/aws-"
INVALID = "InvalidInputException"
METRIC = "precision_at_25"
NAMES = (f"auto{number}" for number in itertools.count())


class Here:
    """A group with films and what people of different tastes watched, and one with too little; their solutions."""

    def __init__(self, sim: Simulation, on: Account) -> None:
        self.sim = sim
        self.on = on
        self.api = on.personalize
        self.films = dataset(on, self.tick, schema_text({"name": "EVENT_TYPE", "type": "string"}))
        watched = movielens_like(seed=5, users=80, items=600, interactions=6_000).assign(EVENT_TYPE="watch")
        import_csv(on, self.films, watched)
        self.empty = dataset(on, self.tick, name="empty")
        self.few = dataset(on, self.tick, name="few")
        alone = some_interactions(1000).assign(USER_ID=[f"u{row}" for row in range(1000)])
        import_csv(on, self.few, alone, name="few")
        self.tick()

    def tick(self) -> None:
        self.sim.clock.tick(minutes=30)

    def create(self, automl: dict[str, Any] | None = None, group: str | None = None, **request: Any) -> str:
        asked = {"name": next(NAMES), "performAutoML": True, "performAutoTraining": False, **request}
        if automl is not None:
            asked["solutionConfig"] = {"autoMLConfig": automl}
        arn: str = self.api.create_solution(datasetGroupArn=group or self.films.group, **asked)["solutionArn"]
        return arn

    def plain(self, recipe: str) -> dict[str, float]:
        """The metrics of a version of one recipe."""
        solution = self.api.create_solution(
            name=next(NAMES),
            datasetGroupArn=self.films.group,
            recipeArn=RECIPE + recipe,
            performAutoTraining=False,
        )["solutionArn"]
        return self.metrics(self.version(solution))

    def version(self, solution: str, **request: Any) -> str:
        """A version that is ACTIVE, or has failed."""
        arn: str = self.api.create_solution_version(solutionArn=solution, **request)["solutionVersionArn"]
        self.tick()
        return arn

    def solution(self, arn: str) -> dict[str, Any]:
        shown: dict[str, Any] = self.api.describe_solution(solutionArn=arn)["solution"]
        return shown

    def show(self, arn: str) -> dict[str, Any]:
        shown: dict[str, Any] = self.api.describe_solution_version(solutionVersionArn=arn)["solutionVersion"]
        return shown

    def metrics(self, version: str) -> dict[str, float]:
        found: dict[str, float] = self.api.get_solution_metrics(solutionVersionArn=version)["metrics"]
        return found


@pytest.fixture(scope="module")
def here() -> Iterator[Here]:
    quotas = {"active_solutions_per_dataset_group": 1000}
    with simulate(start="2019-07-23T22:00:00Z", training="exact", quotas=quotas) as sim:
        yield Here(sim, account())


def named(*names: str, **more: Any) -> dict[str, Any]:
    return {"recipeList": [RECIPE + name for name in names], **more}


def test_the_recipe_is_shown_once_it_is_chosen(here: Here) -> None:
    """[resp-019] [resp-020]"""
    config = {"autoMLConfig": {"metricName": METRIC, "recipeList": [RECIPE + "hrnn"]}}
    solution = here.create()
    before = here.solution(solution)
    assert (before["performHPO"], before["performAutoML"], before["solutionConfig"]) == (True, True, config)
    assert not {"recipeArn", "autoMLResult"} & before.keys()
    assert before["lastUpdatedDateTime"] == before["creationDateTime"]
    version = here.api.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    assert not {"recipeArn", "trainingHours", "tunedHPOParams"} & here.show(version).keys()
    here.tick()
    shown = here.show(version)
    assert (shown["performHPO"], shown["performAutoML"], shown["solutionConfig"]) == (True, True, config)
    assert (shown["recipeArn"], shown["status"]) == (RECIPE + "hrnn", "ACTIVE")
    assert "tunedHPOParams" not in shown
    after = here.solution(solution)
    assert (after["performHPO"], after["performAutoML"], after["solutionConfig"]) == (True, True, config)
    assert after["autoMLResult"] == {"bestRecipeArn": RECIPE + "hrnn"}
    assert "recipeArn" not in after
    assert after["lastUpdatedDateTime"] == shown["lastUpdatedDateTime"] > after["creationDateTime"]
    [listed] = [each for each in here.api.list_solutions()["solutions"] if each["solutionArn"] == solution]
    assert "recipeArn" not in listed


@pytest.mark.parametrize("metric", [METRIC, "coverage", "mean_reciprocal_rank_at_25"])
def test_the_best_by_the_metric_is_chosen(here: Here, metric: str) -> None:
    """Neither candidate has anything to tune, so both are trained as they are alone."""
    recipes = ("popularity-count", "user-personalization-v2")
    alone = {RECIPE + each: here.plain(each)[metric] for each in recipes}
    assert len(set(alone.values())) == 2
    solution = here.create(named(*recipes, metricName=metric))
    version = here.version(solution)
    best = max(alone, key=lambda each: alone[each])
    assert here.show(version)["recipeArn"] == best
    assert here.metrics(version)[metric] == alone[best]
    assert here.solution(solution)["autoMLResult"] == {"bestRecipeArn": best}


def test_of_equals_the_first_is_chosen(here: Here) -> None:
    version = here.version(here.create(named("popularity-count", "popularity-count")))
    assert here.show(version)["recipeArn"] == RECIPE + "popularity-count"


def test_hyperparameters_are_tuned_too(here: Here) -> None:
    """What the recipe would do anyway is among the candidates, so tuning costs nothing but hours."""
    version = here.version(here.create(named("user-personalization")))
    assert here.metrics(version)[METRIC] >= here.plain("user-personalization")[METRIC]
    once = here.show(here.version(here.create(named("popularity-count"))))["trainingHours"]
    assert here.show(version)["trainingHours"] == pytest.approx(10 * once, abs=0.01)


def test_later_versions_are_of_the_chosen_recipe(here: Here) -> None:
    solution = here.create(named("popularity-count", "user-personalization"))
    first = here.version(solution)
    chosen = here.show(first)["recipeArn"]
    changed = here.solution(solution)["lastUpdatedDateTime"]
    here.tick()
    second = here.api.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    shown = here.show(second)
    assert (shown["recipeArn"], shown["performAutoML"], shown["performHPO"]) == (chosen, True, True)
    here.tick()
    assert here.show(second)["status"] == "ACTIVE"
    assert here.metrics(second) == here.metrics(first)
    assert here.solution(solution)["lastUpdatedDateTime"] == changed
    update = here.version(solution, trainingMode="UPDATE")
    assert here.show(update)["recipeArn"] == chosen == RECIPE + "user-personalization"


def test_a_recipe_that_is_yet_to_be_chosen_has_no_update(here: Here) -> None:
    solution = here.create(named("user-personalization"))
    with pytest.raises(here.api.exceptions.InvalidInputException):
        here.api.create_solution_version(solutionArn=solution, trainingMode="UPDATE")
    with pytest.raises(here.api.exceptions.InvalidInputException):
        here.api.create_solution_version(
            solutionArn=here.create(named("user-personalization", "popularity-count")), trainingMode="UPDATE"
        )
    here.tick()


def test_a_failed_training_chooses_nothing(here: Here) -> None:
    solution = here.create(named("popularity-count", "user-personalization"), here.few.group)
    version = here.version(solution)
    shown = here.show(version)
    assert shown["status"] == "CREATE FAILED"
    assert not {"recipeArn", "tunedHPOParams", "trainingHours"} & shown.keys()
    assert "autoMLResult" not in here.solution(solution)


def test_a_campaign_serves_it(here: Here) -> None:
    version = here.version(here.create(named("user-personalization-v2", "popularity-count")))
    campaign = here.api.create_campaign(name=next(NAMES), solutionVersionArn=version)["campaignArn"]
    rule = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")'
    made = here.api.create_filter(name=next(NAMES), datasetGroupArn=here.films.group, filterExpression=rule)
    here.tick()
    ask = here.on.runtime.get_recommendations
    answer = ask(campaignArn=campaign, userId="1", numResults=10)
    assert len(answer["itemList"]) == 10
    others = ask(campaignArn=campaign, userId="1", numResults=10, filterArn=made["filterArn"])
    assert others["itemList"] != answer["itemList"]
    tracker = here.api.create_event_tracker(name=next(NAMES), datasetGroupArn=here.films.group)
    here.tick()
    event = {"eventType": "watch", "sentAt": "2019-07-25", "itemId": others["itemList"][-1]["itemId"]}
    here.on.events.put_events(trackingId=tracker["trackingId"], userId="1", sessionId="s", eventList=[event])
    assert ask(campaignArn=campaign, userId="1", numResults=10)["itemList"] != answer["itemList"]
    here.api.delete_event_tracker(eventTrackerArn=tracker["eventTrackerArn"])


def test_a_campaign_may_follow_it(here: Here) -> None:
    solution = here.create(named("popularity-count"))
    here.version(solution)
    campaign = here.api.create_campaign(
        name=next(NAMES),
        solutionVersionArn=f"{solution}/$LATEST",
        campaignConfig={"syncWithLatestSolutionVersion": True},
    )["campaignArn"]
    newer = here.version(solution)
    here.tick()
    shown = here.api.describe_campaign(campaignArn=campaign)["campaign"]
    assert newer in (shown["solutionVersionArn"], shown["latestCampaignUpdate"]["solutionVersionArn"])


@pytest.mark.parametrize("trained", [False, True])
def test_it_is_updated_judged_and_deleted_like_others(here: Here, trained: bool) -> None:
    solution = here.create(named("user-personalization", "popularity-count"))
    if trained:
        here.version(solution)
    ready = here.sim.ready(solution)
    assert [each.recipe for each in ready.recipes] == ["aws-user-personalization", "aws-popularity-count"][
        : 1 if trained else 2
    ]
    assert all(ready.recipes)
    schedule = {"autoTrainingConfig": {"schedulingExpression": "rate(3 days)"}}
    here.api.update_solution(solutionArn=solution, performAutoTraining=False, solutionUpdateConfig=schedule)
    here.tick()
    assert here.solution(solution)["solutionConfig"].items() >= schedule.items()
    events = {"eventsConfig": {"eventParametersList": [{"eventType": "watch"}]}}
    with pytest.raises(here.api.exceptions.InvalidInputException):
        here.api.update_solution(solutionArn=solution, solutionUpdateConfig=events)
    here.api.delete_solution(solutionArn=solution)
    here.tick()
    with pytest.raises(here.api.exceptions.ResourceNotFoundException):
        here.solution(solution)


def test_it_is_trained_automatically(here: Here) -> None:
    solution = here.create(named("popularity-count"), performAutoTraining=True)
    assert here.solution(solution)["solutionConfig"]["autoTrainingConfig"] == {"schedulingExpression": "rate(7 days)"}
    here.sim.clock.tick(hours=3)
    [version] = here.api.list_solution_versions(solutionArn=solution)["solutionVersions"]
    assert (version["trainingType"], version["status"]) == ("AUTOMATIC", "ACTIVE")
    assert here.solution(solution)["autoMLResult"] == {"bestRecipeArn": RECIPE + "popularity-count"}
    here.api.delete_solution(solutionArn=solution)


def test_the_rest_of_the_configuration_is_left_out(here: Here) -> None:
    schedule = {"schedulingExpression": "rate(2 days)"}
    automl = named("popularity-count")
    config = {
        "algorithmHyperParameters": {"nonsense": "1"},
        "eventValueThreshold": "a lot",
        "autoTrainingConfig": schedule,
        "autoMLConfig": automl,
    }
    shown = here.solution(here.create(solutionConfig=config))
    assert shown["solutionConfig"] == {"autoMLConfig": {"metricName": METRIC, **automl}, "autoTrainingConfig": schedule}


@pytest.mark.parametrize(
    ("request_", "code", "wording"),
    [
        ({"recipeArn": RECIPE + "hrnn"}, INVALID, "recipeArn must be omitted when performAutoML is true."),
        (
            {"solutionConfig": {"autoMLConfig": named("hrnn", "sims")}},
            INVALID,
            f"The recipe {RECIPE}sims is not of the recipe type USER_PERSONALIZATION.",
        ),
        (
            {"solutionConfig": {"autoMLConfig": named("vod-top-picks")}},
            INVALID,
            f"The recipe {RECIPE}vod-top-picks is a use case of the domain VIDEO_ON_DEMAND; "
            "create a recommender with it.",
        ),
        (
            {"solutionConfig": {"autoMLConfig": named("gone")}},
            "ResourceNotFoundException",
            f"The given recipe does not exist: {RECIPE}gone",
        ),
        (
            {"solutionConfig": {"autoMLConfig": {"metricName": "hits_at_1_percent"}}},
            INVALID,
            f"The metric hits_at_1_percent is not one of the recipe {RECIPE}hrnn.",
        ),
        (
            {"performIncrementalUpdate": True},
            INVALID,
            f"performIncrementalUpdate is not supported by the recipe {RECIPE}hrnn.",
        ),
        (
            {"solutionConfig": {"autoMLConfig": named("hrnn-coldstart")}},
            INVALID,
            "Dataset group must contain an ITEMS dataset with successfully completed dataset import job",
        ),
    ],
)
def test_refusals(here: Here, request_: dict[str, Any], code: str, wording: str) -> None:
    here.create(named("hrnn", "popularity-count"), performHPO=False)
    here.tick()
    here.api.list_solutions()
    before = dump(here.sim._host.world)
    with refused(code, wording):
        here.create(**request_)
    assert dump(here.sim._host.world) == before


def test_the_data_must_be_there(here: Here) -> None:
    """[err-011]"""
    with pytest.raises(here.api.exceptions.ClientError, match="successfully completed dataset import job"):
        here.create(group=here.empty.group)


def test_a_schedule_is_checked(here: Here) -> None:
    with pytest.raises(here.api.exceptions.ClientError, match="rate"):
        here.create(solutionConfig={"autoTrainingConfig": {"schedulingExpression": "rate(31 days)"}})


def test_a_candidate_may_need_items(here: Here) -> None:
    made = dataset(here.on, here.tick, name="both")
    import_csv(here.on, made, some_interactions(), name="both")
    items = add_dataset(here.on, made.group, "Items", here.tick)
    rows = pd.DataFrame({"ITEM_ID": ["i1", "i2"], "GENRES": ["a", "b"], "PRICE": [1.0, 2.0], "RELEASED": [1, 2]})
    start_import(here.on, items, here.on.upload(rows, "items.csv"), name="both-items")
    here.tick()
    version = here.version(here.create(named("hrnn-coldstart"), made.group))
    assert here.show(version)["recipeArn"] == RECIPE + "hrnn-coldstart"
    assert METRIC in here.metrics(version)
