"""Models of all families behind one door: trained, updated and asked without a word about which one it is.

What trains a recipe is named by its entry in the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Literal

from simulator.data.columns import Mask
from simulator.errors import NO_ATTRIBUTE_TO_TRAIN_ON, NO_RECORDS, NO_TEXT_TO_TRAIN_ON
from simulator.quotas import Quotas
from simulator.recommend import (
    actions,
    popularity,
    ranking,
    related,
    rewards,
    segments,
    semantic,
    trending,
    user_personalization,
)
from simulator.recommend.actions import Met, considered
from simulator.recommend.catalogue import Recipe
from simulator.recommend.metrics import WEIGHTED_GAIN
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
    "Met",
    "Model",
    "NewData",
    "NoSegment",
    "Objective",
    "Query",
    "Ranked",
    "Settings",
    "TrainingData",
    "considered",
    "rank",
    "recommend",
    "recommend_actions",
    "recommend_each",
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

_Train = Callable[[Recipe, TrainingData, int | None, Settings], Model]


def _personal(recipe: Recipe, data: TrainingData, chance: int | None, settings: Settings) -> Model:
    return user_personalization.train(data, chance=chance, settings=settings)


def _related(recipe: Recipe, data: TrainingData, chance: int | None, settings: Settings) -> Model:
    assert recipe.relation is not None, "recipes of related items have one"
    return related.train(data.interactions, data.items, relation=recipe.relation, settings=settings, chance=chance)


def _semantic(recipe: Recipe, data: TrainingData, chance: int | None, settings: Settings) -> Model:
    assert data.items is not None, "see too_little"
    return semantic.train(data.items, data.interactions)


def _popularity(recipe: Recipe, data: TrainingData, chance: int | None, settings: Settings) -> Model:
    return popularity.train(data.interactions, distinct_users=True)


def _interaction_count(recipe: Recipe, data: TrainingData, chance: int | None, settings: Settings) -> Model:
    return popularity.train(data.interactions, distinct_users=False)


def _trending(recipe: Recipe, data: TrainingData, chance: int | None, settings: Settings) -> Model:
    frequency = settings.get("trend_discovery_frequency", "").casefold()
    interval = trending.INTERVALS.get(frequency, trending.DEFAULT_INTERVAL)
    return trending.train(data.interactions, interval=interval, now=data.now)


def _item_affinity(recipe: Recipe, data: TrainingData, chance: int | None, settings: Settings) -> Model:
    return segments.train_items(data.interactions, chance=chance)


def _attribute_affinity(recipe: Recipe, data: TrainingData, chance: int | None, settings: Settings) -> Model:
    assert data.items is not None, "see too_little"
    return segments.train_attributes(data.interactions, segments.item_columns(data.items))


def _actions(recipe: Recipe, data: TrainingData, chance: int | None, settings: Settings) -> Model:
    days = int(settings["action_optimization_period"])
    return actions.train(data.interactions, data.actions, days=days, chance=chance)


_TRAINERS: Mapping[str, _Train] = MappingProxyType(
    {
        "personal": _personal,
        "ranking": _personal,
        "related": _related,
        "semantic": _semantic,
        "popularity": _popularity,
        "interaction-count": _interaction_count,
        "trending": _trending,
        "item-affinity": _item_affinity,
        "attribute-affinity": _attribute_affinity,
        "actions": _actions,
    }
)


def too_little(
    recipe: Recipe, data: TrainingData, quotas: Quotas | None = None, event_type: str | None = None
) -> str | None:
    """Why these data do not suffice to train a recipe, as a failure reason; None if they do."""
    if recipe.model == "attribute-affinity" and (
        data.items is None or not segments.trainable(segments.item_columns(data.items))
    ):
        return NO_ATTRIBUTE_TO_TRAIN_ON
    if recipe.model == "semantic" and (why := _unnamed(data.items)) is not None:
        return why
    reason = recipe.too_little(data.interactions, quotas, event_type)
    if reason is None and recipe.model == "actions" and (data.actions is None or not data.actions.ids):
        return NO_RECORDS.wording.format(dataset_type="ACTIONS")
    return reason


def _unnamed(items: Attributes | None) -> str | None:
    """Why items cannot be told by their texts, None if they can."""
    if items is None or not items.ids:
        return NO_RECORDS.wording.format(dataset_type="ITEMS")
    for column, mark in ((items.names, "itemName"), (items.descriptions, "textual")):
        if column is None:
            return NO_TEXT_TO_TRAIN_ON.format(mark=mark)
    return None


def settings_of(recipe: Recipe, chosen: Mapping[str, str]) -> Settings:
    """All hyperparameters of a recipe's trainings: those that were chosen, and the defaults of the others."""
    every = (*recipe.algorithm_hyperparameters, *recipe.featurization_hyperparameters)
    return {**{each.name: each.default for each in every}, **chosen}


def train(
    recipe: Recipe, data: TrainingData, chance: int | None, chosen: Mapping[str, str] = MappingProxyType({})
) -> Model:
    """The model of a recipe, with the metrics that the recipe has; `chance` seeds what differs between trainings.

    Without `chance` the training is exact. `chosen` are hyperparameters by name, see `settings_of`. The data must
    suffice (`too_little`).
    """
    assert recipe.model is not None
    model = _TRAINERS[recipe.model](recipe, data, chance, settings_of(recipe, chosen))
    return replace(model, metrics={name: model.metrics[name] for name in sorted(_metrics(recipe, data))})


def _metrics(recipe: Recipe, data: TrainingData) -> tuple[str, ...]:
    """The metrics that a training has: those of its recipe, of an objective (met-027), of weights of event types."""
    objective = () if data.objective is None else (rewards.METRIC,)
    weighted = (WEIGHTED_GAIN,) if recipe.weighs_events and data.interactions.weights is not None else ()
    return (*recipe.metrics, *objective, *weighted)


def update(model: Model, new: NewData) -> Model:
    """The model as the automatic update leaves it, from what is new since; families without one stay."""
    match model:
        case user_personalization.Model():
            return user_personalization.update(model, new)
        case semantic.SemanticItems():
            return model if new.items is None else semantic.update(model, new.items)
        case trending.TrendingItems():
            return trending.update(model, new.interactions, new.now)
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
            return [*user_personalization.recommend(model, query, num_results, eligible, competing)]
        case related.RelatedItems():
            return related.recommend(model, query.item_id, num_results, eligible)
        case semantic.SemanticItems():
            return semantic.recommend(model, query.item_id, num_results, eligible, query.influence)
        case popularity.PopularItems():
            return popularity.recommend(model, num_results, eligible)
        case trending.TrendingItems():
            return trending.recommend(model, num_results, eligible)
        case _:
            raise TypeError(f"{type(model).__name__} recommends no items")


def recommend_each(model: Model, queries: Sequence[Query], num_results: int = 25) -> list[list[Ranked]]:
    """What `recommend` answers to each of some queries that explore alike, from all items: a user costs less so."""
    if isinstance(model, user_personalization.Model):
        return [[*each] for each in user_personalization.recommend_each(model, queries, num_results)]
    return [recommend(model, query, num_results) for query in queries]


def recommend_actions(
    model: Model,
    query: Query,
    met: Sequence[Met] = (),
    num_results: int = 5,
    eligible: Mask | None = None,
) -> list[Ranked]:
    """The actions that a user will most likely take, best first, each with its propensity.

    `met` are the actions that the user has met since the model was made; `eligible` marks the actions of the model
    that may be in the list (None: all). Raises TypeError for a family that recommends no actions.
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
    return ranking.rank(model, query, item_ids)


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
