"""Training: a recipe and data in, a model out. What trains a recipe is named by its entry in the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from simulator.data.interactions import InteractionTable
from simulator.recommend import user_personalization
from simulator.recommend.catalogue import Recipe

Model = user_personalization.Model


@dataclass(frozen=True, eq=False)
class TrainingData:
    """What a training sees: interactions, those of event types and values that do not count left out."""

    interactions: InteractionTable


_Train = Callable[[TrainingData, int | None], Model]

_TRAINERS: Mapping[str, _Train] = MappingProxyType(
    {"personal": lambda data, chance: user_personalization.train(data.interactions, chance=chance)}
)


def is_simulated(recipe: Recipe) -> bool:
    """Whether there is a model behind a recipe."""
    return recipe.model in _TRAINERS


def train(recipe: Recipe, data: TrainingData, chance: int | None) -> Model:
    """The model of a recipe, its metrics with it; `chance` seeds what differs between trainings (None: exact).

    Raises KeyError for a recipe that `is_simulated` denies.
    """
    assert recipe.model is not None
    return _TRAINERS[recipe.model](data, chance)
