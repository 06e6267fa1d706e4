"""Solutions: a recipe, and how to train it on a dataset group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator import errors
from simulator.clock import Entry
from simulator.recommend.catalogue import RECIPES, Recipe
from simulator.resources import lifecycle, updates
from simulator.resources.dataset_groups import DatasetGroup, dataset_group
from simulator.resources.lookup import (
    Answer,
    Request,
    given,
    new_arn,
    page,
    require_active,
    require_created,
    require_fewer,
    times_without_reason,
)
from simulator.resources.not_simulated import Unheeded, warn
from simulator.resources.operations import PAGES, members, operation
from simulator.resources.recipes import given_recipe
from simulator.resources.solution_configs import (
    AUTO_TRAINING,
    DEFAULT_SCHEDULE,
    EVENTS,
    SOLUTION,
    check_automl,
    check_config,
    check_event_type,
    check_events,
    check_schedule,
    unheeded,
    without_nulls,
)
from simulator.resources.training import require_datasets
from simulator.resources.updates import Update
from simulator.resources.world import ACTIVE, IN_PROGRESS, PENDING, RUNNING, Record, Scope

_CREATED_SO = "CreateSolution without performAutoTraining=False"
_UPDATED_SO = "UpdateSolution with performAutoTraining=True"


@dataclass
class SolutionUpdate(Update):
    """The newest UpdateSolution of a solution, running or done; what it does not change is None."""

    perform_auto_training: bool | None
    perform_incremental_update: bool | None
    config: dict[str, Any] | None

    def shown(self) -> Answer:
        """What DescribeSolution shows of it."""
        return {
            "solutionUpdateConfig": self.config,
            "performAutoTraining": self.perform_auto_training,
            "performIncrementalUpdate": self.perform_incremental_update,
            **self.times(),
        }


@dataclass
class Solution(Record):
    """A solution; nothing is trained by creating it. `config` is its solutionConfig, what is null in it left out.

    With automatic training there is always a schedule in it.
    """

    dataset_group_arn: str
    recipe_arn: str
    perform_auto_training: bool
    event_type: str | None = None
    config: dict[str, Any] = field(default_factory=dict)
    latest_update: SolutionUpdate | None = None

    @property
    def parents(self) -> tuple[str, ...]:
        """Its dataset group."""
        return (self.dataset_group_arn,)

    def schedule(self) -> None:
        """Gives automatic training the schedule that it has unless told otherwise."""
        if self.perform_auto_training:
            self.config.setdefault("autoTrainingConfig", {}).setdefault("schedulingExpression", DEFAULT_SCHEDULE)


def create_solution(scope: Scope, request: Request) -> Answer:
    """CreateSolution: needs the data of its recipe to be there already (err-011)."""
    group = dataset_group(scope, request["datasetGroupArn"])
    recipe = given_recipe(request["recipeArn"]) if "recipeArn" in request else None
    table = scope.inventory.solutions
    arn = new_arn(scope, table, "solution", request["name"])
    require_active(group)
    require_fewer(scope, "active_solutions_per_dataset_group", table.of(group.arn))
    config: dict[str, Any] = without_nulls(request.get("solutionConfig", {}))
    if request.get("performAutoML", False):
        if recipe is not None:
            raise errors.RECIPE_WITH_AUTOML()
        check_automl(config)
        raise errors.not_simulated("CreateSolution with performAutoML true")
    if recipe is None:
        raise errors.RECIPE_ARN_WANTED()
    check_recipe(group, recipe)
    require_datasets(scope, recipe, group.arn)
    _check_switches(recipe, request)
    if "eventType" in request:
        check_event_type(scope, group.arn, "eventType")
    check_config(scope, group.arn, recipe, config)
    for switch in ("performHPO", "performIncrementalUpdate"):
        if request.get(switch):
            raise errors.not_simulated(f"CreateSolution with {switch} true")
    made = Solution(
        arn,
        request["name"],
        PENDING,
        scope.now,
        scope.now,
        dataset_group_arn=group.arn,
        recipe_arn=recipe.arn,
        perform_auto_training=request.get("performAutoTraining", True),
        event_type=request.get("eventType"),
        config=config,
    )
    not_heeded = [*unheeded(config), *_auto_training(made.perform_auto_training, _CREATED_SO)]
    made.schedule()
    lifecycle.create(scope, "solution", made, request, not_heeded)
    return {"solutionArn": arn}


def check_recipe(group: DatasetGroup, recipe: Recipe) -> None:
    """Raises the refusal of a recipe of which the group can have no solution."""
    if recipe.domain is not None:
        raise errors.RECIPE_FOR_RECOMMENDERS(recipe=recipe.arn, domain=recipe.domain)
    if recipe.legacy:
        raise errors.RECIPE_NOT_AVAILABLE(recipe=recipe.arn)
    if group.domain is not None and "ACTIONS" in recipe.required_datasets:
        raise errors.RECIPE_NOT_IN_DOMAIN_GROUP(recipe=recipe.arn)


def _check_switches(recipe: Recipe, request: Request) -> None:
    """Raises `NOT_FOR_RECIPE` for a way of training that the recipe has not."""
    if request.get("performHPO") and not recipe.tunable:
        raise errors.NOT_FOR_RECIPE(member="performHPO", recipe=recipe.arn)
    if request.get("performIncrementalUpdate") and recipe.incremental_update is None:
        raise errors.NOT_FOR_RECIPE(member="performIncrementalUpdate", recipe=recipe.arn)


def _auto_training(on: bool, call: str) -> Iterator[Unheeded]:
    if on:
        yield Unheeded("automatic training", f"{call}: the service would train automatically every 7 days")


def describe_solution(scope: Scope, request: Request) -> Answer:
    """DescribeSolution."""
    found = solution(scope, request["solutionArn"])
    versions = scope.inventory.solution_versions.of(found.arn)
    update = found.latest_update
    return {
        "solution": {
            **_summary(found),
            "datasetGroupArn": found.dataset_group_arn,
            "performHPO": False,
            "performAutoML": False,
            "performAutoTraining": found.perform_auto_training,
            "performIncrementalUpdate": False,
            "eventType": found.event_type,
            "solutionConfig": shown_config(found.recipe_arn, found.config),
            "latestSolutionVersion": versions[-1].summary() if versions else None,
            "latestSolutionUpdate": None if update is None else update.shown(),
        }
    }


def shown_config(recipe_arn: str, config: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A solution's configuration as solutions and versions show it; an empty one is left out for most recipes.

    It is there as {} for the recipe of resp-001 and resp-004, and not for those of resp-002, -005 and -006: what
    sets the former apart, and may account for it, is that it has an optimization objective to say nothing about.
    """
    return config if config or RECIPES[recipe_arn].objective else None


def list_solutions(scope: Scope, request: Request) -> Answer:
    """ListSolutions, of one group or of all."""
    return page(request, "solutions", scope.inventory.solutions, request.get("datasetGroupArn"), _summary)


def update_solution(scope: Scope, request: Request) -> Answer:
    """UpdateSolution: what is not given stays; the old configuration counts until the update is ACTIVE."""
    found = solution(scope, request["solutionArn"])
    if updates.runs(found.latest_update):
        raise errors.SOLUTION_UPDATE_RUNNING(arn=found.arn)
    require_active(found)
    recipe = RECIPES[found.recipe_arn]
    _check_switches(recipe, request)
    config: dict[str, Any] | None = without_nulls(request.get("solutionUpdateConfig"))
    if config is not None and "autoTrainingConfig" in config:
        check_schedule(config["autoTrainingConfig"])
    if config is not None and "eventsConfig" in config:
        check_events(scope, found.dataset_group_arn, recipe, config["eventsConfig"])
    if request.get("performIncrementalUpdate"):
        raise errors.not_simulated("UpdateSolution with performIncrementalUpdate true")
    automatic = bool(request.get("performAutoTraining"))
    warn(scope, [*unheeded(config or {}), *_auto_training(automatic, _UPDATED_SO)])
    found.latest_update = SolutionUpdate(
        perform_auto_training=request.get("performAutoTraining"),
        perform_incremental_update=request.get("performIncrementalUpdate"),
        config=config,
        created=scope.now,
        updated=scope.now,
    )
    found.updated = scope.now
    lifecycle.begin(scope, "solution_update", found.arn)
    return {"solutionArn": found.arn}


def delete_solution(scope: Scope, request: Request) -> Answer:
    """DeleteSolution and all its versions: refused while a campaign serves one, a training or an update runs."""
    found = solution(scope, request["solutionArn"])
    require_created(found)
    inventory = scope.inventory
    if inventory.campaigns.of(found.arn):
        raise errors.REFERENCED(family="solution", referrers="campaigns")
    if any(each.status in RUNNING for each in inventory.solution_versions.of(found.arn)):
        raise errors.BUSY(arn=found.arn, what="a training")
    if updates.runs(found.latest_update):
        raise errors.BUSY(arn=found.arn, what="its update")
    lifecycle.begin_deletion(scope, "solution", found)
    return {}


def solution(scope: Scope, arn: str) -> Solution:
    """The solution of an ARN; raises `GIVEN_DOES_NOT_EXIST`."""
    return given(scope.inventory.solutions, "solution", arn)


def _summary(found: Solution) -> Answer:
    return {
        "name": found.name,
        "solutionArn": found.arn,
        "recipeArn": found.recipe_arn,
        **times_without_reason(found),
    }


def on_update_begin(scope: Scope, entry: Entry) -> None:
    """The update runs."""
    updates.advance(scope, scope.inventory.solutions[entry.subject].latest_update, IN_PROGRESS)


def on_update_finish(scope: Scope, entry: Entry) -> None:
    """From now on the solution is configured anew."""
    found = scope.inventory.solutions[entry.subject]
    update = found.latest_update
    assert update is not None
    updates.advance(scope, update, ACTIVE)
    if update.perform_auto_training is not None:
        found.perform_auto_training = update.perform_auto_training
    found.config = {**found.config, **(update.config or {})}
    found.schedule()
    lifecycle.change(scope, found, ACTIVE)


OPERATIONS = {
    "CreateSolution": operation(
        create_solution,
        *("name", "performHPO", "performAutoML", "performAutoTraining", "performIncrementalUpdate"),
        *("recipeArn", "datasetGroupArn", "eventType", "tags"),
        solutionConfig=SOLUTION,
        note="no HPO, AutoML, automatic training or incremental update; hyperparameters, weights of event types, "
        "objectives and chosen columns are recorded and change no model",
    ),
    "DescribeSolution": operation(describe_solution, "solutionArn"),
    "ListSolutions": operation(list_solutions, "datasetGroupArn", *PAGES),
    "UpdateSolution": operation(
        update_solution,
        *("solutionArn", "performAutoTraining", "performIncrementalUpdate"),
        solutionUpdateConfig=members(autoTrainingConfig=AUTO_TRAINING, eventsConfig=EVENTS),
        note="no automatic training or incremental update; weights of event types are recorded only",
    ),
    "DeleteSolution": operation(delete_solution, "solutionArn"),
}
HANDLERS = {"solution_update.begin": on_update_begin, "solution_update.finish": on_update_finish}
