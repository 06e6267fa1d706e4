"""What the configurations of campaigns and recommenders have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from simulator import errors
from simulator.recommend.catalogue import Recipe
from simulator.resources.datasets import dataset_of
from simulator.resources.not_simulated import Unheeded
from simulator.resources.solution_configs import CHOICE_OF_COLUMNS, check_training_data
from simulator.resources.world import Scope

Config = Mapping[str, Any]


def check(scope: Scope, recipe: Recipe, dataset_group_arn: str, config: Config) -> None:
    """Raises the refusal of what the recipe, or the datasets of the group, do not allow in a configuration.

    Source: the API reference (CampaignConfig, RecommenderConfig) and the guide's pages on campaigns and recipes.
    """
    if config.get("itemExplorationConfig"):
        _check_exploration(recipe, config["itemExplorationConfig"])
    if config.get("rankingInfluence") and not recipe.ranking_influence:
        raise errors.NOT_FOR_RECIPE(member="rankingInfluence", recipe=recipe.arn)
    if config.get("enableMetadataWithRecommendations") and dataset_of(scope, dataset_group_arn, "ITEMS") is None:
        raise errors.METADATA_WANTS_ITEMS()
    if config.get("trainingDataConfig"):
        check_training_data(scope, dataset_group_arn, config["trainingDataConfig"])


def unheeded(config: Config) -> Iterator[Unheeded]:
    """What a configuration asks for and no model of ours heeds."""
    exploration = config.get("itemExplorationConfig")
    if exploration and float(exploration.get("explorationWeight", "1")):
        on_aws = "itemExplorationConfig: the service would also recommend items to explore them"
        yield Unheeded("exploration", on_aws)
    if config.get("trainingDataConfig"):
        yield CHOICE_OF_COLUMNS


def _check_exploration(recipe: Recipe, given: Mapping[str, str]) -> None:
    known = {each.name: each for each in recipe.campaign_hyperparameters}
    if not known:
        raise errors.NOT_FOR_RECIPE(member="itemExplorationConfig", recipe=recipe.arn)
    for name, value in given.items():
        if name not in known:
            raise errors.EXPLORATION_UNKNOWN(name=name, known=", ".join(known))
        if not known[name].takes(value):
            raise errors.HYPERPARAMETER_VALUE(name=name, value=value, wanted=known[name].values)
