"""Models of all families behind one door: trained, updated and asked without a word about which one it is.

What trains a recipe is named by its entry in the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Literal

from simulator.data.columns import Mask
from simulator.errors import NO_ATTRIBUTE_TO_TRAIN_ON, NO_RECORDS
from simulator.quotas import Quotas
from simulator.recommend import actions, popularity, ranking, related, segments, trending, user_personalization
from simulator.recommend.actions import considered
from simulator.recommend.catalogue import Recipe
from simulator.recommend.models import Ranked, TrainedModel
from simulator.recommend.segments import NoSegment
from simulator.recommend.training_data import (
    ActionData,
    Attributes,
    Exploration,
    NewData,
    Objective,
    Query,
    Settings,
    TrainingData,
)

__all__ = [
    "ActionData",
    "Attributes",
    "Exploration",
    "Model",
    "NewData",
    "NoSegment",
    "Objective",
    "Query",
    "Ranked",
    "Settings",
    "TrainingData",
    "considered",
    "is_simulated",
    "rank",
    "recommend",
    "recommend_actions",
    "segment",
    "segment_field",
    "settings_of",
    "too_little",
    "train",
    "update",
    "user_ids",
]

Model = TrainedModel
"""A trained model of any family, with its `metrics`."""

_Train = Callable[[TrainingData, int | None, Settings], Model]


def _personal(data: TrainingData, chance: int | None, settings: Settings) -> Model:
    return user_personalization.train(data.interactions, chance=chance)


def _related(data: TrainingData, chance: int | None, settings: Settings) -> Model:
    return related.train(data.interactions, chance=chance)


def _popularity(data: TrainingData, chance: int | None, settings: Settings) -> Model:
    return popularity.train(data.interactions, distinct_users=True)


def _interaction_count(data: TrainingData, chance: int | None, settings: Settings) -> Model:
    return popularity.train(data.interactions, distinct_users=False)


def _trending(data: TrainingData, chance: int | None, settings: Settings) -> Model:
    frequency = settings.get("trend_discovery_frequency", "").casefold()
    return trending.train(data.interactions, interval=trending.INTERVALS.get(frequency, trending.DEFAULT_INTERVAL))


def _item_affinity(data: TrainingData, chance: int | None, settings: Settings) -> Model:
    return segments.train_items(data.interactions, chance=chance)


def _attribute_affinity(data: TrainingData, chance: int | None, settings: Settings) -> Model:
    assert data.items is not None, "see too_little"
    return segments.train_attributes(data.interactions, segments.item_columns(data.items))


def _actions(data: TrainingData, chance: int | None, settings: Settings) -> Model:
    return actions.train(data.interactions, data.actions, chance=chance)


_TRAINERS: Mapping[str, _Train] = MappingProxyType(
    {
        "personal": _personal,
        "ranking": _personal,
        "related": _related,
        "popularity": _popularity,
        "interaction-count": _interaction_count,
        "trending": _trending,
        "item-affinity": _item_affinity,
        "attribute-affinity": _attribute_affinity,
        "actions": _actions,
    }
)


def is_simulated(recipe: Recipe) -> bool:
    """Whether there is a model behind a recipe."""
    return recipe.model in _TRAINERS


def too_little(
    recipe: Recipe, data: TrainingData, quotas: Quotas | None = None, event_type: str | None = None
) -> str | None:
    """Why these data do not suffice to train a recipe, as a failure reason; None if they do."""
    if recipe.model == "attribute-affinity" and (
        data.items is None or not segments.trainable(segments.item_columns(data.items))
    ):
        return NO_ATTRIBUTE_TO_TRAIN_ON
    reason = recipe.too_little(data.interactions, quotas, event_type)
    if reason is None and recipe.model == "actions" and (data.actions is None or not data.actions.ids):
        return NO_RECORDS.wording.format(dataset_type="ACTIONS")
    return reason


def settings_of(recipe: Recipe, chosen: Mapping[str, str]) -> Settings:
    """All hyperparameters of a recipe's trainings: those that were chosen, and the defaults of the others."""
    every = (*recipe.algorithm_hyperparameters, *recipe.featurization_hyperparameters)
    return {**{each.name: each.default for each in every}, **chosen}


def train(
    recipe: Recipe, data: TrainingData, chance: int | None, chosen: Mapping[str, str] = MappingProxyType({})
) -> Model:
    """The model of a recipe, with the metrics that the recipe has; `chance` seeds what differs between trainings.

    Without `chance` the training is exact. `chosen` are hyperparameters by name, see `settings_of`. The data must
    suffice (`too_little`). Raises KeyError for a recipe that `is_simulated` denies.
    """
    assert recipe.model is not None
    model = _TRAINERS[recipe.model](data, chance, settings_of(recipe, chosen))
    return replace(model, metrics={name: model.metrics[name] for name in sorted(recipe.metrics)})


def update(model: Model, new: NewData) -> Model:
    """The model as the automatic update leaves it, from what is new since; families without one stay."""
    match model:
        case user_personalization.Model():
            return user_personalization.update(model, new.interactions)
        case trending.TrendingItems():
            return trending.update(model, new.interactions)
        case actions.Propensities():
            return actions.update(model, new.interactions, new.actions)
        case _:
            return model


def recommend(
    model: Model,
    query: Query,
    num_results: int = 25,
    eligible: Mask | None = None,
    competing: Mask | None = None,
) -> list[Ranked]:
    """The best items, best first, each with its score if the family has scores.

    A personal family goes by the user and the session, a related one by the item, the others by neither. `eligible`
    marks the items of the model that may be in the list (None: all), `competing` those over which scores sum to one
    (None: the eligible ones). Raises TypeError for a family that recommends no items.
    """
    match model:
        case user_personalization.Model():
            found = user_personalization.recommend(
                model, query.user_id, query.session, num_results, eligible, competing
            )
            return [*found]
        case related.RelatedItems():
            return related.recommend(model, query.item_id, num_results, eligible)
        case popularity.PopularItems():
            return popularity.recommend(model, num_results, eligible)
        case trending.TrendingItems():
            return trending.recommend(model, num_results, eligible)
        case _:
            raise TypeError(f"{type(model).__name__} recommends no items")


def recommend_actions(
    model: Model,
    query: Query,
    met: Sequence[tuple[str, bool]] = (),
    num_results: int = 5,
    eligible: Mask | None = None,
) -> list[Ranked]:
    """The actions that a user will most likely take, best first, each with its propensity.

    `met` are the actions that the user has met since the model was made, each with whether it was taken; `eligible`
    marks the actions of the model that may be in the list (None: all). Raises TypeError for a family that recommends
    no actions.
    """
    if not isinstance(model, actions.Propensities):
        raise TypeError(f"{type(model).__name__} recommends no actions")
    return actions.recommend(model, query.user_id, query.session, met, num_results, eligible)


def rank(model: Model, query: Query, item_ids: Sequence[str]) -> list[Ranked]:
    """The items of a list in the order that suits a user; those that are new to the model last, without a score.

    Raises TypeError for a family that is not personal.
    """
    if not isinstance(model, user_personalization.Model):
        raise TypeError(f"{type(model).__name__} ranks no lists")
    return ranking.rank(model, query.user_id, query.session, item_ids)


def segment(model: Model, query: str, num_results: int, eligible: Mask | None = None) -> list[str]:
    """The users most likely to take the item of an id, or items with the attributes of an expression.

    Raises NoSegment if the query means nothing to the model, TypeError for a family without segments.
    """
    match model:
        case segments.ItemSegments():
            return segments.of_item(model, query, num_results, eligible)
        case segments.AttributeSegments():
            return segments.of_attributes(model, query, num_results, eligible)
        case _:
            raise TypeError(f"{type(model).__name__} has no segments")


def segment_field(model: Model) -> Literal["itemId", "itemAttributes"]:
    """What a query for a segment is: an item's id or an expression. Raises TypeError for a family without segments."""
    match model:
        case segments.ItemSegments():
            return "itemId"
        case segments.AttributeSegments():
            return "itemAttributes"
        case _:
            raise TypeError(f"{type(model).__name__} has no segments")


def user_ids(model: Model) -> tuple[str, ...]:
    """The ids of the users in the segments of a model. Raises TypeError for a family without segments."""
    if not isinstance(model, segments.ItemSegments | segments.AttributeSegments):
        raise TypeError(f"{type(model).__name__} has no segments")
    return model.user_ids
