"""Models of all families behind one door: trained, updated and asked without a word about which one it is.

What trains a recipe is named by its entry in the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from simulator.data.columns import Mask
from simulator.data.interactions import InteractionTable
from simulator.errors import NO_ATTRIBUTE_TO_TRAIN_ON, NO_RECORDS
from simulator.quotas import Quotas
from simulator.recommend import actions, popularity, ranking, related, segments, trending, user_personalization
from simulator.recommend.actions import ActionData, considered
from simulator.recommend.catalogue import Recipe
from simulator.recommend.models import Ranked, TrainedModel
from simulator.recommend.segments import ItemColumns, NoSegment

__all__ = [
    "ActionData",
    "ItemColumns",
    "Model",
    "NoSegment",
    "Ranked",
    "TrainingData",
    "considered",
    "is_simulated",
    "rank",
    "recommend",
    "recommend_actions",
    "segment",
    "segment_field",
    "too_little",
    "train",
    "update",
    "user_ids",
]

Model = TrainedModel
"""A trained model of any family, with its `metrics`."""


@dataclass(frozen=True, eq=False)
class TrainingData:
    """What a training sees: interactions, those of event types and values that do not count left out.

    `items` are the columns of the Items dataset that may be trained on (neither textual nor reserved), None if the
    group has none. `actions` are those of a group that has them, with what users did with them.
    """

    interactions: InteractionTable
    items: ItemColumns | None = None
    actions: ActionData | None = None


_Settings = Mapping[str, str]
_Train = Callable[[TrainingData, int | None, _Settings], Model]


def _personal(data: TrainingData, chance: int | None, settings: _Settings) -> Model:
    return user_personalization.train(data.interactions, chance=chance)


def _related(data: TrainingData, chance: int | None, settings: _Settings) -> Model:
    return related.train(data.interactions, chance=chance)


def _popularity(data: TrainingData, chance: int | None, settings: _Settings) -> Model:
    return popularity.train(data.interactions, distinct_users=True)


def _interaction_count(data: TrainingData, chance: int | None, settings: _Settings) -> Model:
    return popularity.train(data.interactions, distinct_users=False)


def _trending(data: TrainingData, chance: int | None, settings: _Settings) -> Model:
    frequency = settings.get("trend_discovery_frequency", "").casefold()
    return trending.train(data.interactions, interval=trending.INTERVALS.get(frequency, trending.DEFAULT_INTERVAL))


def _item_affinity(data: TrainingData, chance: int | None, settings: _Settings) -> Model:
    return segments.train_items(data.interactions, chance=chance)


def _attribute_affinity(data: TrainingData, chance: int | None, settings: _Settings) -> Model:
    assert data.items is not None, "see too_little"
    return segments.train_attributes(data.interactions, data.items)


def _actions(data: TrainingData, chance: int | None, settings: _Settings) -> Model:
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
    if recipe.model == "attribute-affinity" and (data.items is None or not segments.trainable(data.items)):
        return NO_ATTRIBUTE_TO_TRAIN_ON
    reason = recipe.too_little(data.interactions, quotas, event_type)
    if reason is None and recipe.model == "actions" and (data.actions is None or not data.actions.ids):
        return NO_RECORDS.wording.format(dataset_type="ACTIONS")
    return reason


def train(recipe: Recipe, data: TrainingData, chance: int | None, settings: _Settings | None = None) -> Model:
    """The model of a recipe, with the metrics that the recipe has; `chance` seeds what differs between trainings.

    Without `chance` the training is exact. `settings` are hyperparameters by name; those that no model here has an
    equivalent of make no difference. The data must suffice (`too_little`). Raises KeyError for a recipe that
    `is_simulated` denies.
    """
    assert recipe.model is not None
    model = _TRAINERS[recipe.model](data, chance, settings or {})
    return replace(model, metrics={name: model.metrics[name] for name in sorted(recipe.metrics)})


def update(model: Model, streamed: InteractionTable, of_actions: ActionData | None = None) -> Model:
    """The model as the automatic update leaves it, from what was streamed since; families without one stay.

    `of_actions` are all actions, with what users were streamed to have done with them since.
    """
    match model:
        case user_personalization.Model():
            return user_personalization.update(model, streamed)
        case trending.TrendingItems():
            return trending.update(model, streamed)
        case actions.Propensities():
            return actions.update(model, streamed, of_actions)
        case _:
            return model


def recommend(
    model: Model,
    *,
    user_id: str = "",
    item_id: str = "",
    session: Sequence[str] = (),
    num_results: int = 25,
    eligible: Mask | None = None,
    competing: Mask | None = None,
) -> list[Ranked]:
    """The best items, best first, each with its score if the family has scores.

    A personal family goes by the user and the item ids of the `session` (events since the model was made, in order
    of arrival), a related one by the item, the others by neither. `eligible` marks the items of the model that may be
    in the list (None: all), `competing` those over which scores sum to one (None: the eligible ones). Raises
    TypeError for a family that recommends no items.
    """
    match model:
        case user_personalization.Model():
            return [*user_personalization.recommend(model, user_id, session, num_results, eligible, competing)]
        case related.RelatedItems():
            return related.recommend(model, item_id, num_results, eligible)
        case popularity.PopularItems():
            return popularity.recommend(model, num_results, eligible)
        case trending.TrendingItems():
            return trending.recommend(model, num_results, eligible)
        case _:
            raise TypeError(f"{type(model).__name__} recommends no items")


def recommend_actions(
    model: Model,
    *,
    user_id: str,
    session: Sequence[str] = (),
    met: Sequence[tuple[str, bool]] = (),
    num_results: int = 5,
    eligible: Mask | None = None,
) -> list[Ranked]:
    """The actions that a user will most likely take, best first, each with its propensity.

    `session` holds the item ids of the user's events since the model was made, in order of arrival, `met` the actions
    that the user has met since, each with whether it was taken; `eligible` marks the actions of the model that may be
    in the list (None: all). Raises TypeError for a family that recommends no actions.
    """
    if not isinstance(model, actions.Propensities):
        raise TypeError(f"{type(model).__name__} recommends no actions")
    return actions.recommend(model, user_id, session, met, num_results, eligible)


def rank(
    model: Model,
    *,
    user_id: str,
    item_ids: Sequence[str],
    session: Sequence[str] = (),
) -> list[Ranked]:
    """The items of a list in the order that suits a user; those that are new to the model last, without a score.

    Raises TypeError for a family that is not personal.
    """
    if not isinstance(model, user_personalization.Model):
        raise TypeError(f"{type(model).__name__} ranks no lists")
    return ranking.rank(model, user_id, session, item_ids)


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
