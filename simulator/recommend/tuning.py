"""The hyperparameters, and the recipe, that suit some data best: found by real trainings on their split.

The search is deterministic: it tries what the recipe would do anyway, if that may be tried, and then values spread
evenly over all ranges at once. Where there are no more combinations than jobs, it tries them all. Equal data, ranges
and seed find the same, whatever the threads.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from simulator.data.interactions import InteractionTable
from simulator.recommend.catalogue import Recipe
from simulator.recommend.training import Model, TrainingData, settings_of, train

# Interactions that candidates are compared on, at most: of more, those of every so-manieth user, and of the candidates
# so many of the best are then compared on all. Bounds the cost.
ROWS_COMPARED = 50_000
_FINALISTS = 3
# Points drawn for a job before it is given up to find one that was not tried yet.
_DRAWS = 50


@dataclass(frozen=True)
class Range:
    """The values of a hyperparameter that may be tried: `choices`, or else numbers from `lowest` to `highest`."""

    name: str
    lowest: float = 0.0
    highest: float = 0.0
    whole: bool = False
    choices: tuple[str, ...] = ()

    @property
    def size(self) -> float:
        """How many values there are."""
        if self.choices:
            return len(self.choices)
        if self.whole:
            return self.highest - self.lowest + 1
        return 1 if self.lowest == self.highest else math.inf

    def at(self, share: float) -> str:
        """The value at a share of the range, from 0 to 1 (exclusive)."""
        if self.choices:
            return self.choices[int(share * len(self.choices))]
        if self.whole:
            return str(int(self.lowest) + int(share * self.size))
        value = self.lowest + share * (self.highest - self.lowest)
        text = f"{value:.6g}"
        return text if self.lowest <= float(text) <= self.highest else repr(min(max(value, self.lowest), self.highest))

    def spelled(self, value: str) -> str | None:
        """A value as the range has it, None if it has not; True and true are one."""
        if self.choices:
            return next((each for each in self.choices if each.casefold() == value.casefold()), None)
        return value if self.lowest <= float(value) <= self.highest else None

    def values(self) -> tuple[str, ...]:
        """All values of a range that is not endless."""
        if self.choices:
            return self.choices
        return tuple(self.at((place + 0.5) / self.size) for place in range(int(self.size)))


@dataclass(frozen=True)
class Plan:
    """A recipe to be tried, with hyperparameters that are chosen already and ranges for some, in `jobs` trainings."""

    recipe: Recipe
    chosen: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    ranges: tuple[Range, ...] = ()
    jobs: int = 1


@dataclass(frozen=True)
class Found:
    """The best recipe and its model; `tuned` are the values found in the ranges, `jobs` counts what was tried."""

    recipe: Recipe
    model: Model
    tuned: Mapping[str, str]
    jobs: int


def tunable_ranges(recipe: Recipe, chosen: Mapping[str, str]) -> tuple[Range, ...]:
    """Everything that may be tuned of a recipe, over the catalogue's ranges, but for what is chosen already."""
    return tuple(
        Range(each.name, each.lowest or 0.0, each.highest or 0.0, each.whole, each.choices)
        for each in recipe.algorithm_hyperparameters
        if each.tunable and each.name not in chosen
    )


def search(plans: Sequence[Plan], data: TrainingData, chance: int | None, metric: str) -> Found:
    """The model that is best by a metric among those that the plans may lead to; of equals the one tried first.

    All trainings share the seed `chance`, so that chance does not decide. Where candidates are compared on a part of
    the data, the first and the best of them are compared on all of it. There must be a plan.
    """
    candidates = [_Candidate(plan, tried) for plan in plans for tried in trials(plan)]
    part = _part(data)
    finalists = candidates
    if part is not data and len(candidates) > _FINALISTS:
        scores = [each.trained(part, chance).metrics.get(metric, 0.0) for each in candidates]
        best_first = sorted(range(len(scores)), key=lambda place: -scores[place])
        finalists = [candidates[place] for place in sorted({0, *best_first[:_FINALISTS]})]
    best, model = finalists[0], finalists[0].trained(data, chance)
    for each in finalists[1:]:
        other = each.trained(data, chance)
        if other.metrics.get(metric, 0.0) > model.metrics.get(metric, 0.0):
            best, model = each, other
    return Found(best.plan.recipe, model, best.tuned, len(candidates))


@dataclass(frozen=True)
class _Candidate:
    """A training that may be the best: of a plan, with these values in its ranges."""

    plan: Plan
    tuned: Mapping[str, str]

    def trained(self, data: TrainingData, chance: int | None) -> Model:
        return train(self.plan.recipe, data, chance, {**self.plan.chosen, **self.tuned})


def trials(plan: Plan) -> list[dict[str, str]]:
    """What a plan tries, in order: at most as many combinations as it has jobs, all different."""
    ranges = sorted(plan.ranges, key=lambda each: each.name)
    names = [each.name for each in ranges]
    if math.prod(each.size for each in ranges) <= plan.jobs:
        drawn: Iterator[tuple[str, ...]] = itertools.product(*(each.values() for each in ranges))
    else:
        drawn = itertools.islice(_spread(ranges), _DRAWS * plan.jobs)
    usual = _usual(plan, ranges)
    distinct = dict.fromkeys(itertools.chain([] if usual is None else [usual], drawn))
    return [dict(zip(names, each, strict=True)) for each in itertools.islice(distinct, plan.jobs)]


def _usual(plan: Plan, ranges: Sequence[Range]) -> tuple[str, ...] | None:
    """What the recipe would be trained with unless it was tuned, None if that may not be tried."""
    settings = settings_of(plan.recipe, plan.chosen)
    usual = [each.spelled(settings[each.name]) for each in ranges]
    found = tuple(each for each in usual if each is not None)
    return found if len(found) == len(ranges) else None


def _spread(ranges: Sequence[Range]) -> Iterator[tuple[str, ...]]:
    """Points spread evenly over all ranges at once, endlessly; the first is their middle.

    Multiples of irrational steps that fill a space of that many dimensions evenly: the powers of the root of
    x^(d+1) = x + 1.
    """
    dimensions = len(ranges)
    root = 2.0
    for _ in range(64):
        root = (1 + root) ** (1 / (dimensions + 1))
    steps = [root ** -(place + 1) for place in range(dimensions)]
    for count in itertools.count():
        shares = [(0.5 + count * step) % 1.0 for step in steps]
        yield tuple(each.at(share) for each, share in zip(ranges, shares, strict=True))


def _part(data: TrainingData) -> TrainingData:
    """The interactions of every so-manieth user, where there are more than are compared."""
    table = data.interactions
    one_in = -(-len(table) // ROWS_COMPARED)
    if one_in <= 1:
        return data
    # By the order of the ids, so that the order in which rows have arrived does not matter.
    order = np.argsort(np.array(table.user_ids, dtype=object), kind="stable")
    taken = np.zeros(len(table.user_ids), dtype=bool)
    taken[order[::one_in]] = True
    rows = taken[table.users]
    return replace(
        data,
        interactions=InteractionTable(
            table.users[rows],
            table.items[rows],
            table.timestamps[rows],
            table.user_ids,
            table.item_ids,
            None if table.weights is None else table.weights[rows],
            {name: replace(column, codes=column.codes[rows]) for name, column in table.contexts.items()},
        ),
    )


def undecided(candidates: Sequence[Recipe]) -> Recipe:
    """What holds of a solution while its recipe is yet to be chosen: what the candidates have in common.

    It requires the data that all of them do, and may use what any does. There must be a candidate.
    """
    first = candidates[0]
    used = dict.fromkeys(kind for each in candidates for kind in (*each.required_datasets, *each.optional_datasets))
    required = tuple(kind for kind in used if all(kind in each.required_datasets for each in candidates))
    return Recipe(
        name="chosen-by-automl",
        recipe_type=first.recipe_type,
        description="To be chosen when a solution of AutoML is trained.",
        created=first.created,
        required_datasets=required,
        optional_datasets=tuple(kind for kind in used if kind not in required),
        metrics=tuple(name for name in first.metrics if all(name in each.metrics for each in candidates)),
        model=first.model,
        considered={kind: name for each in candidates for kind, name in each.considered.items()},
        explores=any(each.explores for each in candidates),
    )
