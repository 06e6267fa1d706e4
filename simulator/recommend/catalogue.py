"""The recipe catalogue: what each recipe needs, accepts and does. Rules elsewhere read it and name none."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from simulator.recommend.custom_recipes import CUSTOM_RECIPES
from simulator.recommend.recipes import Hyperparameter, Recipe
from simulator.recommend.use_cases import USE_CASES

__all__ = [
    "FEATURE_TRANSFORMATIONS",
    "RECIPES",
    "Hyperparameter",
    "Recipe",
    "recipe_of",
]

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {recipe.arn: recipe for recipe in sorted((*CUSTOM_RECIPES, *USE_CASES), key=lambda recipe: recipe.name)}
)


def _feature_transformations() -> Mapping[str, Mapping[str, str]]:
    """By ARN, the default parameters of each: those of the recipes that have it."""
    found: dict[str, dict[str, str]] = {}
    for recipe in RECIPES.values():
        if recipe.feature_transformation_arn is not None:
            defaults = found.setdefault(recipe.feature_transformation_arn, {})
            defaults.update((each.name, each.default) for each in recipe.featurization_hyperparameters)
    return MappingProxyType(found)


FEATURE_TRANSFORMATIONS = _feature_transformations()


def recipe_of(arn: str) -> Recipe | None:
    """The recipe with that ARN, None if the catalogue has none."""
    return RECIPES.get(arn)
