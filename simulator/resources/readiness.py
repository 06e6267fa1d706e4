"""Readiness: what is missing before a training would succeed, asked of the functions that trainings themselves ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from simulator import errors
from simulator.clock import SimulatorError
from simulator.data.event_filters import EventFilter
from simulator.quotas import Quotas
from simulator.recommend.catalogue import RECIPES, Recipe
from simulator.recommend.recipes import paired_users
from simulator.recommend.training import TrainingData
from simulator.resources.dataset_groups import DatasetGroup
from simulator.resources.datasets import dataset_of
from simulator.resources.platform import Platform
from simulator.resources.solution_versions import events_of
from simulator.resources.solutions import check_recipe
from simulator.resources.training import (
    Trained,
    begin_training,
    events_of_use_case,
    missing_datasets,
    training_data,
)
from simulator.resources.world import ACTIVE, PENDING, RUNNING, Inventory, Scope, World


@dataclass(frozen=True)
class Need:
    """A number that a training asks for: what is counted, how much there is, and how much there must be."""

    what: str
    there: float
    wanted: int

    @property
    def met(self) -> bool:
        """Whether there is enough."""
        return self.there >= self.wanted

    def __str__(self) -> str:
        short = "" if self.met else f" ({_number(self.wanted - self.there)} missing)"
        return f"{self.what}: {_number(self.there)} of {_number(self.wanted)}{short}"


def _number(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:,.2f}"


@dataclass(frozen=True)
class RecipeReadiness:
    """What one recipe needs and what is missing; true if a training that began now would succeed.

    `recipe` is its name, `event_type` the types of the interactions that count (None: all). `missing` says what is
    missing: datasets, and the reason with which the training would fail; `needs` counts what is there.
    """

    recipe: str
    event_type: str | None
    needs: tuple[Need, ...]
    missing: tuple[str, ...]

    def __bool__(self) -> bool:
        return not self.missing

    def __str__(self) -> str:
        of_type = "" if self.event_type is None else f", of events of the type {self.event_type}"
        lines = [f"{self.recipe}{of_type}: {'ready' if self else 'not ready'}"]
        lines += [f"  {need}" for need in self.needs]
        lines += [f"  missing: {each}" for each in self.missing]
        return "\n".join(lines)


@dataclass(frozen=True)
class Readiness:
    """What is missing before trainings in a dataset group would succeed, recipe by recipe, as data stood when asked.

    True if nothing is missing for any of the `recipes`; `report["aws-user-personalization"]` is one of them. `notes`
    is what may change it soon, such as an import that runs. It prints as a report.
    """

    arn: str
    recipes: tuple[RecipeReadiness, ...]
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return all(self.recipes)

    def __getitem__(self, recipe: str) -> RecipeReadiness:
        """The recipe of a name or ARN; raises KeyError if it is not in the report."""
        name = recipe.rpartition("/")[2]
        for each in self.recipes:
            if each.recipe == name:
                return each
        raise KeyError(recipe)

    def __str__(self) -> str:
        ready = sum(map(bool, self.recipes))
        head = f"{self.arn}: {ready} of {len(self.recipes)} recipes can be trained"
        return "\n".join([head, *(f"note: {each}" for each in self.notes), *map(str, self.recipes)])


def readiness(
    world: World, platform: Platform, arn: str, *, recipe: str | None = None, event_type: str | None = None
) -> Readiness:
    """What is missing in a dataset group, or for a solution; see `Simulation.ready`.

    Raises SimulatorError for an ARN of neither, and for a recipe or an event type that does not fit.
    """
    scope = _scope(world, platform, arn)
    solution = scope.inventory.solutions.get(arn)
    if solution is not None:
        if recipe is not None or event_type is not None:
            raise SimulatorError(f"{arn} is a solution, which has a recipe and an event type of its own")
        group = scope.inventory.dataset_groups[solution.dataset_group_arn]
        return _report(scope, arn, group, [(each, events_of(solution)) for each in solution.candidates])
    group = scope.inventory.dataset_groups[arn]
    asked = [(each, _events(each, event_type)) for each in _fitting(group, recipe)]
    return _report(scope, arn, group, asked)


def _scope(world: World, platform: Platform, arn: str) -> Scope:
    """Where the group or solution of an ARN is; raises SimulatorError if there is none."""
    known: list[str] = []
    for home, inventory in world.inventories.items():
        if arn in inventory.dataset_groups or arn in inventory.solutions:
            return Scope(world, platform, home)
        known += [*inventory.dataset_groups, *inventory.solutions]
    there = ", ".join(sorted(known)) or "none"
    raise SimulatorError(f"{arn!r} is no ARN of a dataset group or solution of this simulation; there are: {there}")


def _fitting(group: DatasetGroup, wanted: str | None) -> list[Recipe]:
    """The recipes that can be trained in a group: the use cases of its domain, and the custom ones.

    Raises SimulatorError if the one that is wanted, by name or ARN, is not among them.
    """
    fitting = [each for each in RECIPES.values() if _fits(group, each)]
    if wanted is None:
        return fitting
    chosen = [each for each in fitting if wanted in (each.name, each.arn)]
    if not chosen:
        names = ", ".join(each.name for each in fitting)
        raise SimulatorError(f"{wanted!r} is no recipe that can be trained in {group.arn}; there are: {names}")
    return chosen


def _fits(group: DatasetGroup, recipe: Recipe) -> bool:
    if recipe.domain is not None:
        return recipe.domain == group.domain
    try:
        check_recipe(group, recipe)
    except errors.ServiceError:
        return False
    return True


def _events(recipe: Recipe, event_type: str | None) -> EventFilter | None:
    """The interactions that count: a custom recipe's of a type, a use case's as the use case says."""
    if recipe.domain is not None or event_type is None:
        return events_of_use_case(recipe)
    return EventFilter(((event_type, None),))


def _report(scope: Scope, arn: str, group: DatasetGroup, asked: list[tuple[Recipe, EventFilter | None]]) -> Readiness:
    recipes = tuple(_of_recipe(scope, group, recipe, events) for recipe, events in asked)
    return Readiness(arn, recipes, tuple(_notes(scope.inventory, group)))


def _of_recipe(scope: Scope, group: DatasetGroup, recipe: Recipe, events: EventFilter | None) -> RecipeReadiness:
    """A training begins on something that is in no table, as all trainings do, and goes no further."""
    probe = Trained("", "", PENDING, scope.now, scope.now, group.arn, recipe.arn, events=events)
    begin_training(scope, probe)
    data, reason = training_data(scope, probe)
    missing = [_without(scope, group, each) for each in missing_datasets(scope, recipe, group.arn)]
    if group.status != ACTIVE:
        missing.insert(0, f"the dataset group is {group.status}")
    if data is not None and reason is not None:
        missing.append(f"the training would fail: {reason}")
    needs = () if "INTERACTIONS" not in recipe.required_datasets else tuple(_needs(data, scope.world.quotas))
    return RecipeReadiness(recipe.name, None if events is None else events.event_type, needs, tuple(missing))


def _needs(data: TrainingData | None, quotas: Quotas) -> Iterator[Need]:
    """What `Recipe.too_little` asks for, and how much of it there is."""
    paired, users = (0, 0) if data is None else paired_users(data.interactions)
    interactions = 0 if data is None else len(data.interactions)
    yield Need("interactions", interactions, quotas["interactions_of_a_training"])
    yield Need("users with two or more", paired, quotas["paired_users_of_a_training"])
    percent = 100 * paired / users if users else 0.0
    yield Need("percent of users with two or more", percent, quotas["percent_of_paired_users_of_a_training"])


def _without(scope: Scope, group: DatasetGroup, dataset_type: str) -> str:
    found = dataset_of(scope, group.arn, dataset_type)
    return f"there is no {dataset_type} dataset" if found is None else f"the {dataset_type} dataset is empty"


def _notes(inventory: Inventory, group: DatasetGroup) -> Iterator[str]:
    for dataset in inventory.datasets.of(group.arn):
        for job in inventory.dataset_import_jobs.of(dataset.arn):
            if job.status in RUNNING:
                yield f"the import {job.name} runs, and its rows do not count yet"
