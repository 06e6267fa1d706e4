"""Solutions: a recipe, and how to train it on a dataset group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator import errors
from simulator.clock import HOUR, Entry, Micros
from simulator.recommend.catalogue import Recipe
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
from simulator.resources.operations import PAGES, members, operation
from simulator.resources.optimization import candidates, completed_automl, recipe_so_far
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
    interval_of,
    unheeded,
    without_nulls,
)
from simulator.resources.training import require_datasets, schedule_update
from simulator.resources.updates import Update
from simulator.resources.world import ACTIVE, IN_PROGRESS, PENDING, RUNNING, Record, Scope

# The API reference: the first automatic training begins within one hour.
_FIRST_TRAINING: Micros = HOUR


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
    """A solution. `config` is its solutionConfig, what is null in it left out.

    `recipe_arn` is None with AutoML, and then `best_recipe_arn` is what its first training has found: later ones are
    of that recipe. With automatic training there is always a schedule in it. `perform_auto_training` is None where
    nobody has heard of it (`Profile`). `next_training` is when the next automatic training is due, None without such;
    until the first of a schedule, `scheduled` is when that schedule began, and None later.
    """

    dataset_group_arn: str
    recipe_arn: str | None
    perform_auto_training: bool | None
    perform_hpo: bool = False
    perform_auto_ml: bool = False
    perform_incremental_update: bool = False
    best_recipe_arn: str | None = None
    event_type: str | None = None
    config: dict[str, Any] = field(default_factory=dict)
    latest_update: SolutionUpdate | None = None
    scheduled: Micros | None = None
    next_training: Micros | None = None

    @property
    def parents(self) -> tuple[str, ...]:
        """Its dataset group."""
        return (self.dataset_group_arn,)

    @property
    def decided_recipe_arn(self) -> str | None:
        """The recipe that it is trained by, None while AutoML is yet to choose one."""
        return self.recipe_arn or self.best_recipe_arn

    @property
    def recipe(self) -> Recipe:
        """What it is trained by; while AutoML is yet to choose, what the candidates have in common."""
        return recipe_so_far(self.decided_recipe_arn, self.config)

    @property
    def candidates(self) -> tuple[Recipe, ...]:
        """The recipes that its next training may be of: one, unless AutoML is yet to choose."""
        return candidates(self.decided_recipe_arn, self.config)

    @property
    def interval(self) -> Micros:
        """The time between its automatic trainings."""
        return interval_of(self.config)

    def complete_schedule(self) -> None:
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
    automl = bool(request.get("performAutoML"))
    if automl:
        if recipe is not None:
            raise errors.RECIPE_WITH_AUTOML()
        check_automl(config)
        config = completed_automl(config)
    elif recipe is None:
        raise errors.RECIPE_ARN_WANTED()
    else:
        check_recipe(group, recipe)
    made = Solution(
        arn,
        request["name"],
        PENDING,
        scope.now,
        scope.now,
        dataset_group_arn=group.arn,
        recipe_arn=None if recipe is None else recipe.arn,
        perform_auto_training=request.get("performAutoTraining", scope.world.profile.auto_training),
        perform_hpo=automl or bool(request.get("performHPO")),
        perform_auto_ml=automl,
        perform_incremental_update=bool(request.get("performIncrementalUpdate")),
        event_type=request.get("eventType"),
        config=config,
    )
    for each in made.candidates:
        require_datasets(scope, each, group.arn)
    _check_switches(made, request)
    if "eventType" in request:
        check_event_type(scope, group.arn, "eventType")
    if not automl:
        check_config(scope, group.arn, made.recipe, config)
    made.complete_schedule()
    lifecycle.create(scope, "solution", made, request, unheeded(made.recipe, config))
    return {"solutionArn": arn}


def check_recipe(group: DatasetGroup, recipe: Recipe) -> None:
    """Raises the refusal of a recipe of which the group can have no solution."""
    if recipe.domain is not None:
        raise errors.RECIPE_FOR_RECOMMENDERS(recipe=recipe.arn, domain=recipe.domain)
    if recipe.legacy:
        raise errors.RECIPE_NOT_AVAILABLE(recipe=recipe.arn)
    if group.domain is not None and "ACTIONS" in recipe.required_datasets:
        raise errors.RECIPE_NOT_IN_DOMAIN_GROUP(recipe=recipe.arn)


def _check_switches(found: Solution, request: Request) -> None:
    """Raises `NOT_FOR_RECIPE` for a way of training that the recipe has not."""
    for recipe in found.candidates:
        if request.get("performHPO") and not (recipe.tunable or found.perform_auto_ml):
            raise errors.NOT_FOR_RECIPE(member="performHPO", recipe=recipe.arn)
        if request.get("performIncrementalUpdate") and recipe.incremental_update is None:
            raise errors.NOT_FOR_RECIPE(member="performIncrementalUpdate", recipe=recipe.arn)


def describe_solution(scope: Scope, request: Request) -> Answer:
    """DescribeSolution."""
    found = solution(scope, request["solutionArn"])
    versions = scope.inventory.solution_versions.of(found.arn)
    update = found.latest_update
    return {
        "solution": {
            **_summary(found),
            "datasetGroupArn": found.dataset_group_arn,
            "performHPO": found.perform_hpo,
            "performAutoML": found.perform_auto_ml,
            "performAutoTraining": found.perform_auto_training,
            "performIncrementalUpdate": found.perform_incremental_update,
            "eventType": found.event_type,
            "solutionConfig": shown_config(found.recipe, found.config),
            "autoMLResult": None if found.best_recipe_arn is None else {"bestRecipeArn": found.best_recipe_arn},
            "latestSolutionVersion": versions[-1].summary() if versions else None,
            "latestSolutionUpdate": None if update is None else update.shown(),
        }
    }


def shown_config(recipe: Recipe, config: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A solution's configuration as solutions and versions show it; an empty one is left out for most recipes.

    It is there as {} for the recipe of resp-001 and resp-004, and not for those of resp-002, -005 and -006: what
    sets the former apart, and may account for it, is that it has an optimization objective to say nothing about.
    """
    return config if config or recipe.objective else None


def list_solutions(scope: Scope, request: Request) -> Answer:
    """ListSolutions, of one group or of all."""
    return page(request, "solutions", scope.inventory.solutions, request.get("datasetGroupArn"), _summary)


def update_solution(scope: Scope, request: Request) -> Answer:
    """UpdateSolution: what is not given stays; the old configuration counts until the update is ACTIVE."""
    found = solution(scope, request["solutionArn"])
    if updates.runs(found.latest_update):
        raise errors.SOLUTION_UPDATE_RUNNING(arn=found.arn)
    require_active(found)
    _check_switches(found, request)
    config: dict[str, Any] | None = without_nulls(request.get("solutionUpdateConfig"))
    if config is not None and "autoTrainingConfig" in config:
        check_schedule(config["autoTrainingConfig"])
    if config is not None and "eventsConfig" in config:
        for each in found.candidates:
            check_events(scope, found.dataset_group_arn, each, config["eventsConfig"])
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
    was_automatic, interval = found.perform_auto_training, found.interval
    if update.perform_auto_training is not None:
        found.perform_auto_training = update.perform_auto_training
    if update.perform_incremental_update not in (None, found.perform_incremental_update):
        found.perform_incremental_update = bool(update.perform_incremental_update)
        _restart_updates(scope, found)
    found.config = {**found.config, **(update.config or {})}
    found.complete_schedule()
    lifecycle.change(scope, found, ACTIVE)
    if not (found.perform_auto_training and was_automatic and found.interval == interval):
        restart_schedule(scope, found)


def on_finish(scope: Scope, entry: Entry) -> None:
    """The solution is ACTIVE, and its automatic training begins if it has such."""
    found = scope.inventory.solutions[entry.subject]
    lifecycle.change(scope, found, ACTIVE)
    restart_schedule(scope, found)


def restart_schedule(scope: Scope, found: Solution) -> None:
    """The schedule of automatic training begins now, with a training at the end of its first hour; or there is none."""
    found.scheduled = found.next_training = None
    if found.perform_auto_training:
        found.scheduled = scope.now
        plan_training(scope, found, scope.now + _FIRST_TRAINING)


def _restart_updates(scope: Scope, found: Solution) -> None:
    """The incremental updates of its trained versions begin now, or end."""
    for version in scope.inventory.solution_versions.of(found.arn):
        if version.status == ACTIVE:
            scope.world.agenda.drop(version.arn)
            if found.perform_incremental_update:
                schedule_update(scope, version, "run")


def plan_training(scope: Scope, found: Solution, due: Micros) -> None:
    """Writes the next automatic training into the agenda; one that was planned earlier is off."""
    found.next_training = due
    lifecycle.schedule(scope, "automatic_training", "run", found.arn, due)


OPERATIONS = {
    "CreateSolution": operation(
        create_solution,
        *("name", "performHPO", "performAutoML", "performAutoTraining", "performIncrementalUpdate"),
        *("recipeArn", "datasetGroupArn", "eventType", "tags"),
        solutionConfig=SOLUTION,
        note="hyperparameters of user segments are recorded and change no model",
    ),
    "DescribeSolution": operation(describe_solution, "solutionArn"),
    "ListSolutions": operation(list_solutions, "datasetGroupArn", *PAGES),
    "UpdateSolution": operation(
        update_solution,
        *("solutionArn", "performAutoTraining", "performIncrementalUpdate"),
        solutionUpdateConfig=members(autoTrainingConfig=AUTO_TRAINING, eventsConfig=EVENTS),
    ),
    "DeleteSolution": operation(delete_solution, "solutionArn"),
}
HANDLERS = {
    "solution.finish": on_finish,
    "solution_update.begin": on_update_begin,
    "solution_update.finish": on_update_finish,
}
