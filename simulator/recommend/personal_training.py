"""How the personal model is trained, tested, and updated with what is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from simulator.data.columns import Mask
from simulator.data.interactions import InteractionTable
from simulator.recommend.compressed import offsets_from
from simulator.recommend.cooccurrence import neighbour_lists, users_by_item, with_chance, with_new_items
from simulator.recommend.exploration import item_news, renewed
from simulator.recommend.features import features_of, vocabulary_of
from simulator.recommend.histories import Histories, consolidate, histories_of, newest
from simulator.recommend.item_content import content_of
from simulator.recommend.lifts import KnownUsers, Lifts, known_users, lifts_of
from simulator.recommend.metrics import (
    LIST_LENGTH,
    WEIGHTED_GAIN,
    held_out,
    summarize,
    tested_users,
    weighted_gain,
    weights_to_find,
)
from simulator.recommend.models import canonical, codes_among
from simulator.recommend.personal_model import HISTORY_LENGTH, Learning, Model, evidence_of, learning_of, logits
from simulator.recommend.rewards import METRIC, average_rewards, rewards_of
from simulator.recommend.scoring import first
from simulator.recommend.training_data import NewData, Query, Settings, TrainingData

_NO_METRICS: Mapping[str, float] = MappingProxyType({})


def train(data: TrainingData, *, chance: int | None, settings: Settings = MappingProxyType({})) -> Model:
    """A model of all interactions and of what is known of items and users, with its metrics.

    `chance` (0 or more) is the seed of this training: the same seed and data give the same bytes. None
    trains exactly, without chance. Raises ValueError if there are no interactions.
    """
    if not len(data.interactions):
        raise ValueError("There are no interactions to train on.")
    learning = learning_of(settings)
    described = () if data.items is None else data.items.ids
    table = canonical(data.interactions, described)
    table, event_weight = _in_units_of_mean(table)
    user_count, item_count = len(table.user_ids), len(table.item_ids)
    histories = histories_of(table.users, table.items, table.timestamps, user_count, table.weights)
    learned_from = _of_usual_length(table, learning)
    groups = [learned_from & ~tested_users(user_count), learned_from]
    pairs = neighbour_lists(histories, item_count, groups, learning.window, learning.neighbours)
    neighbours = [with_chance(each, chance) for each in pairs]
    popularity = [users_by_item(histories, group, item_count) for group in groups]
    by_context = _lifts_of_contexts(table, groups)
    users, by_user = _lifts_of_users(data, table, histories, groups)
    content = content_of(data.items, table.item_ids)
    rewards = rewards_of(data.items, data.objective, table.item_ids)
    of_others, of_all = (
        Model(
            item_ids=table.item_ids,
            user_ids=table.user_ids,
            popularity=popularity[group],
            neighbours=neighbours[group],
            histories=histories,
            metrics=_NO_METRICS,
            interactions=len(table),
            learning=learning,
            event_weight=event_weight,
            content=content,
            users=users,
            by_user=by_user[group],
            by_context=by_context[group],
            rewards=rewards,
        )
        for group in (0, 1)
    )
    metrics = _tested(of_others, table, np.isin(table.item_ids, described))
    news = item_news(data, of_all.item_ids, chance)
    return replace(of_all, histories=newest(histories, HISTORY_LENGTH), metrics=metrics, news=news)


def update(model: Model, new: NewData) -> Model:
    """The automatic update: a new model that also knows what was streamed since the given one was made.

    New items join with their pairs and with what is known of them; streamed events take their places in their users'
    histories. What was learned about known items, their popularity and the metrics stay. Not a training.
    Source: the guide, "Automatic updates" (spec 04, section 5).
    """
    streamed = new.interactions
    described = () if new.items is None else new.items.ids
    items, item_ids = codes_among(streamed.items, streamed.item_ids, model.item_codes, model.item_ids, described)
    if not len(streamed) and len(item_ids) == len(model.item_ids):
        return model
    users, user_ids = codes_among(streamed.users, streamed.user_ids, model.user_codes, model.user_ids)
    weights = None if streamed.weights is None else (streamed.weights / model.event_weight).astype(np.float32)
    histories, changed = consolidate(
        model.histories, users, items, streamed.timestamps, len(user_ids), HISTORY_LENGTH, weights
    )
    news = None if model.news is None else renewed(model.news, new, item_ids)
    model = replace(model, user_ids=user_ids, histories=histories, news=news)
    if len(item_ids) == len(model.item_ids):
        return model
    popularity = users_by_item(changed, np.ones(len(user_ids), dtype=bool), len(item_ids))
    popularity[: len(model.item_ids)] = model.popularity
    learning = model.learning
    return replace(
        model,
        item_ids=item_ids,
        popularity=popularity,
        neighbours=with_new_items(model.neighbours, changed, popularity, learning.window, learning.neighbours),
        content=None if model.content is None else model.content.with_items(new.items, item_ids),
        rewards=None if model.rewards is None else model.rewards.with_items(new.items, new.objective, item_ids),
    )


def _in_units_of_mean(table: InteractionTable) -> tuple[InteractionTable, float]:
    """The table with weights whose mean is 1, and the mean that they had: only their proportions count."""
    if table.weights is None:
        return table, 1.0
    mean = float(table.weights.mean(dtype=np.float64)) or 1.0
    return replace(table, weights=(table.weights / mean).astype(np.float32)), mean


def _of_usual_length(table: InteractionTable, learning: Learning) -> Mask:
    """The users whose number of interactions lies between the percentiles that are learned from.

    Source: the guide, hyperparameters of User-Personalization (spec 04, section 10).
    """
    lengths = np.bincount(table.users, minlength=len(table.user_ids))
    lowest, highest = np.quantile(lengths, [learning.shortest, learning.longest])
    usual: Mask = (lengths >= lowest) & (lengths <= highest)
    return usual


def _lifts_of_users(
    data: TrainingData, table: InteractionTable, histories: Histories, groups: Sequence[Mask]
) -> tuple[KnownUsers | None, Sequence[Lifts | None]]:
    """The users that something is known of, and what each group of users teaches about that."""
    known = known_users(data.users)
    if known is None:
        return None, [None for _ in groups]
    vocabulary, users = known
    taken = histories.offsets, histories.items, histories.weights
    return users, lifts_of(vocabulary, users.among(table.user_ids), taken, len(table.item_ids), groups)


def _lifts_of_contexts(table: InteractionTable, groups: Sequence[Mask]) -> Sequence[Lifts | None]:
    """What the interactions of each group of users teach about contexts."""
    vocabulary = vocabulary_of(table.contexts, {})
    if not len(vocabulary):
        return [None for _ in groups]
    features = features_of(vocabulary, table.contexts, {}, len(table))
    taken = offsets_from(np.ones(len(table), np.int64)), table.items, table.weights
    return lifts_of(vocabulary, features, taken, len(table.item_ids), [group[table.users] for group in groups])


def _tested(model: Model, table: InteractionTable, described: npt.NDArray[np.bool_]) -> dict[str, float]:
    """The metrics of a model of the other users, for the tested users who leave events to be found.

    They are asked with the context of the first interaction that is to be found.
    """
    given, truths = held_out(table)
    contexts, weighted = _contexts_of(table, ~given), weights_to_find(table, ~given)
    given &= np.isin(table.users, list(truths))
    weights = None if table.weights is None else table.weights[given]
    inputs = histories_of(table.users[given], table.items[given], table.timestamps[given], len(table.user_ids), weights)
    model = replace(model, histories=newest(inputs, HISTORY_LENGTH))
    # Items of tested users only are not known to this model: nobody can be recommended one.
    unknown = (model.popularity == 0) & ~described
    lists = []
    for user in truths:
        query = Query(user_id=table.user_ids[user], context=contexts.get(user, {}))
        (score,) = logits(model, [query], evidence_of(model, [query]))
        lists.append(first(np.where(unknown, -np.inf, score), LIST_LENGTH).tolist())
    found = list(truths.values())
    metrics = summarize(lists, found, len(table.item_ids))
    if table.weights is not None:
        metrics[WEIGHTED_GAIN] = weighted_gain(lists, [weighted[user] for user in truths])
    return metrics if model.rewards is None else {METRIC: average_rewards(lists, found, model.rewards), **metrics}


def _contexts_of(table: InteractionTable, rows: Mask) -> dict[int, dict[str, str]]:
    """The context in which each user's first interaction of those rows happened."""
    found: dict[int, dict[str, str]] = {}
    if not table.contexts:
        return found
    places = np.flatnonzero(rows)
    places = places[np.lexsort((table.timestamps[places], table.users[places]))]
    users, begins = np.unique(table.users[places], return_index=True)
    for user, place in zip(users.tolist(), places[begins].tolist(), strict=True):
        found[user] = {name: column.values[column.codes[place]] for name, column in table.contexts.items()}
    return found
