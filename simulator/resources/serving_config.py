"""What the configurations of campaigns and recommenders have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator import errors
from simulator.recommend.catalogue import Recipe
from simulator.recommend.custom_recipes import EXPLORATION
from simulator.recommend.training import Exploration
from simulator.resources.datasets import dataset_of
from simulator.resources.solution_configs import check_training_data
from simulator.resources.world import Scope

Config = Mapping[str, Any]


def check(scope: Scope, recipe: Recipe, dataset_group_arn: str, config: Config) -> None:
    """Raises the refusal of what the recipe, or the datasets of the group, do not allow in a configuration.

    Source: the API reference (CampaignConfig, RecommenderConfig) and the guide's pages on campaigns and recipes.
    """
    if config.get("itemExplorationConfig"):
        _check_exploration(recipe, config["itemExplorationConfig"])
    if config.get("rankingInfluence"):
        _check_influence(scope, recipe, dataset_group_arn, config["rankingInfluence"])
    if config.get("enableMetadataWithRecommendations") and dataset_of(scope, dataset_group_arn, "ITEMS") is None:
        raise errors.METADATA_WANTS_ITEMS()
    if config.get("trainingDataConfig"):
        check_training_data(scope, dataset_group_arn, config["trainingDataConfig"])


def exploration_of(recipe: Recipe, config: Config) -> Exploration | None:
    """How a recipe explores with a configuration, None if it does not: what that leaves out has its default.

    A recipe without these settings, whose exploration the service manages, explores as others do by default (assumed).
    """
    if not recipe.explores:
        return None
    settings = recipe.campaign_hyperparameters or EXPLORATION
    chosen = {**{each.name: each.default for each in settings}, **config.get("itemExplorationConfig", {})}
    return Exploration(float(chosen["explorationWeight"]), float(chosen["explorationItemAgeCutOff"]))


def _check_influence(scope: Scope, recipe: Recipe, dataset_group_arn: str, given: Mapping[str, float]) -> None:
    if not recipe.ranking_influence:
        raise errors.NOT_FOR_RECIPE(member="rankingInfluence", recipe=recipe.arn)
    if given.get("POPULARITY") and dataset_of(scope, dataset_group_arn, "INTERACTIONS") is None:
        raise errors.INFLUENCE_WANTS_INTERACTIONS()
    items = dataset_of(scope, dataset_group_arn, "ITEMS")
    schema = None if items is None else scope.inventory.schemas[items.schema_arn].avro
    if given.get("FRESHNESS") and (schema is None or schema.field("CREATION_TIMESTAMP") is None):
        raise errors.INFLUENCE_WANTS_CREATION()


def _check_exploration(recipe: Recipe, given: Mapping[str, str]) -> None:
    known = {each.name: each for each in recipe.campaign_hyperparameters}
    if not known:
        raise errors.NOT_FOR_RECIPE(member="itemExplorationConfig", recipe=recipe.arn)
    for name, value in given.items():
        if name not in known:
            raise errors.EXPLORATION_UNKNOWN(name=name, known=", ".join(known))
        if not known[name].takes(value):
            raise errors.HYPERPARAMETER_VALUE(name=name, value=value, wanted=known[name].values)
