"""Hyperparameter optimization and AutoML: what the trainings of a solution search among, by its configuration.

Source: the guide, "Hyperparameters and HPO" and "AutoML and legacy recipes"; the API reference, CreateSolution.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simulator.recommend.catalogue import RECIPES, Recipe
from simulator.recommend.tuning import Plan, Range, tunable_ranges, undecided

Config = Mapping[str, Any]

# What is optimized unless AutoML is told otherwise: seen of AutoML (resp-019), of HPO assumed.
METRIC = "precision_at_25"
# How many trainings a search has unless it is told (assumed).
_JOBS = "10"

_KINDS = ("integer", "continuous", "categorical")


def completed_automl(config: Config) -> dict[str, Any]:
    """The configuration of a solution of AutoML as it is shown: with the metric and the recipes by default.

    Of the rest only the schedule of automatic training stays: the service evaluates nothing else.
    """
    asked = config.get("autoMLConfig", {})
    by_default = [recipe.arn for recipe in RECIPES.values() if recipe.automl]
    automl = {"metricName": asked.get("metricName", METRIC), "recipeList": asked.get("recipeList") or by_default}
    kept = {name: config[name] for name in ("autoTrainingConfig",) if name in config}
    return {"autoMLConfig": automl, **kept}


def candidates(recipe_arn: str | None, config: Config) -> tuple[Recipe, ...]:
    """The recipe of an ARN; while there is none, those that AutoML chooses among."""
    if recipe_arn is not None:
        return (RECIPES[recipe_arn],)
    return tuple(RECIPES[each] for each in config["autoMLConfig"]["recipeList"])


def recipe_so_far(recipe_arn: str | None, config: Config) -> Recipe:
    """The recipe of an ARN; while there is none, what those have in common that AutoML chooses among."""
    found = candidates(recipe_arn, config)
    return found[0] if recipe_arn is not None else undecided(found)


def metric_of(config: Config) -> str:
    """What the search of a training goes by."""
    metric: str = config.get("autoMLConfig", {}).get("metricName", METRIC)
    return metric


def plans(recipes: Sequence[Recipe], config: Config, chosen: Mapping[str, str], *, tunes: bool) -> list[Plan]:
    """What a training tries: each recipe once, with the hyperparameters that are chosen, unless it `tunes` them."""
    if not tunes:
        return [Plan(recipe, chosen) for recipe in recipes]
    hpo = config.get("hpoConfig", {})
    jobs = int(hpo.get("hpoResourceConfig", {}).get("maxNumberOfTrainingJobs", _JOBS))
    return [Plan(recipe, chosen, _ranges(recipe, hpo, chosen), jobs) for recipe in recipes]


def given_ranges(hpo: Config) -> Iterator[tuple[str, Config]]:
    """All ranges of an optimization's configuration, with their kinds."""
    ranges = hpo.get("algorithmHyperParameterRanges", {})
    for kind in _KINDS:
        for given in ranges.get(f"{kind}HyperParameterRanges", ()):
            yield kind, given


def _ranges(recipe: Recipe, hpo: Config, chosen: Mapping[str, str]) -> tuple[Range, ...]:
    """The ranges that are given; where none is, all of the recipe's but of what is chosen."""
    by_name = {each.name: each for each in recipe.algorithm_hyperparameters}
    found = []
    for _, given in given_ranges(hpo):
        of = by_name[given["name"]]
        lowest, highest = given.get("minValue", of.lowest), given.get("maxValue", of.highest)
        found.append(Range(of.name, lowest or 0, highest or 0, of.whole, tuple(given.get("values", ()))))
    return tuple(found) or tunable_ranges(recipe, chosen)
