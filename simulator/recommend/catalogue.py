"""The recipe catalogue: what each recipe needs, accepts and does. Rules elsewhere read it and name none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from simulator.clock import HOUR, Micros
from simulator.data.interactions import InteractionTable
from simulator.errors import FEW_INTERACTIONS, FEW_PAIRED_USERS

_ARN = "arn:aws:personalize:::"


@dataclass(frozen=True)
class Hyperparameter:
    """A setting of a recipe, as text like everything that travels in a solution's configuration.

    `lowest` and `highest` bound a number, `choices` name the values otherwise; `tunable` is whether
    hyperparameter optimization may choose it.
    """

    name: str
    default: str
    lowest: float | None = None
    highest: float | None = None
    choices: tuple[str, ...] = ()
    whole: bool = False
    tunable: bool = False


@dataclass(frozen=True)
class Recipe:
    """A recipe, as data.

    `domain` is None for custom recipes. `scores` is how scores are to be read: a distribution over the items
    that compete ("softmax"), a probability each ("propensity"), or not shown (None). `automatic_update` is
    the time between updates of a deployed model, None where there are none. `realtime_events` is whether
    streamed events change answers before the next training. `model` names what trains it in
    `simulator.recommend.training`; None where no model is simulated.
    """

    name: str
    recipe_type: str
    required_datasets: tuple[str, ...]
    optional_datasets: tuple[str, ...]
    request_fields: tuple[str, ...]
    training_modes: tuple[str, ...]
    scores: Literal["softmax", "propensity"] | None
    metrics: tuple[str, ...]
    realtime_events: bool
    automatic_update: Micros | None
    model: str | None = None
    domain: str | None = None
    algorithm: str | None = None
    minimum_interactions: int = 1000
    minimum_paired_users: int = 25
    algorithm_hyperparameters: tuple[Hyperparameter, ...] = ()
    featurization_hyperparameters: tuple[Hyperparameter, ...] = ()
    campaign_hyperparameters: tuple[Hyperparameter, ...] = ()

    @property
    def arn(self) -> str:
        """The recipe's ARN, the same in every account and region."""
        return f"{_ARN}recipe/{self.name}"

    @property
    def algorithm_arn(self) -> str:
        """The ARN of its algorithm, named like the recipe unless stated otherwise."""
        return f"{_ARN}algorithm/{self.algorithm or self.name}"

    def too_little(self, table: InteractionTable) -> str | None:
        """Why these interactions do not suffice to train, as a failure reason; None if they do."""
        if len(table) < self.minimum_interactions:
            return FEW_INTERACTIONS.format(limit=self.minimum_interactions)
        paired = np.count_nonzero(np.bincount(table.users) >= 2)
        if paired < self.minimum_paired_users:
            return FEW_PAIRED_USERS.format(limit=self.minimum_paired_users)
        return None


_RANKED_LIST_METRICS = (
    "coverage",
    "mean_reciprocal_rank_at_25",
    "normalized_discounted_cumulative_gain_at_10",
    "normalized_discounted_cumulative_gain_at_25",
    "normalized_discounted_cumulative_gain_at_5",
    "precision_at_10",
    "precision_at_25",
    "precision_at_5",
)
_SEQUENCE_HYPERPARAMETERS = (
    Hyperparameter("hidden_dimension", "149", 32, 256, whole=True, tunable=True),
    Hyperparameter("bptt", "32", 2, 32, whole=True, tunable=True),
    Hyperparameter("recency_mask", "True", choices=("True", "False"), tunable=True),
)
_HISTORY_LENGTH_PERCENTILES = (
    Hyperparameter("min_user_history_length_percentile", "0.0", 0.0, 1.0),
    Hyperparameter("max_user_history_length_percentile", "0.99", 0.0, 1.0),
)
_EXPLORATION = (
    Hyperparameter("explorationWeight", "0.3", 0.0, 1.0),
    Hyperparameter("explorationItemAgeCutOff", "30.0", 0.0),
)

# Source: the guide's recipe pages and its quotas (spec 04, sections 1, 5 and 10; spec 02).
_RECIPES = (
    Recipe(
        name="aws-user-personalization",
        recipe_type="USER_PERSONALIZATION",
        required_datasets=("INTERACTIONS",),
        optional_datasets=("ITEMS", "USERS"),
        request_fields=("userId",),
        training_modes=("FULL", "UPDATE"),
        scores="softmax",
        metrics=_RANKED_LIST_METRICS,
        realtime_events=True,
        automatic_update=2 * HOUR,
        model="personal",
        algorithm_hyperparameters=_SEQUENCE_HYPERPARAMETERS,
        featurization_hyperparameters=_HISTORY_LENGTH_PERCENTILES,
        campaign_hyperparameters=_EXPLORATION,
    ),
)

RECIPES: Mapping[str, Recipe] = MappingProxyType({recipe.arn: recipe for recipe in _RECIPES})


def recipe_of(arn: str) -> Recipe | None:
    """The recipe with that ARN, None if the catalogue has none."""
    return RECIPES.get(arn)
