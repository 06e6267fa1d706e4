"""User-Personalization: trained on co-occurrence, personal from the first event, updated with new items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simulator.data.columns import Codes, Mask
from simulator.data.interactions import InteractionTable
from simulator.recommend.cooccurrence import Counts, Neighbours, neighbour_lists, with_new_items
from simulator.recommend.histories import Histories, consolidate, histories_of, newest
from simulator.recommend.metrics import LIST_LENGTH, held_out, summarize, tested_users
from simulator.recommend.models import TrainedModel, canonical, codes_among
from simulator.recommend.scoring import (
    Places,
    Scores,
    affinities,
    by_count,
    first,
    freshness,
    logits,
    sharpness_and_weight,
    touched,
)

# Items of a history that a model keeps a user.
HISTORY_LENGTH = 100
# How much more an event of the session counts than it will once it is part of the history.
SESSION_WEIGHT = 2.0
# Spread of the chance in trained weights, as the standard deviation of their logarithm: what makes two
# trainings on the same data give different lists, as the service's do.
CHANCE = 0.25
# From how many items on only those near a user's items are scored one by one.
MANY_ITEMS = 50_000
_SCORE_DECIMALS = 7


@dataclass(frozen=True, eq=False)
class Model(TrainedModel):
    """A model of what each user is likely to take next.

    `user_ids` names the user codes in the other fields. `popularity` counts the users of an item, `histories`
    keep each user's newest items, `interactions` is the number of rows trained on.
    """

    user_ids: tuple[str, ...]
    popularity: Counts
    neighbours: Neighbours
    histories: Histories
    interactions: int

    @cached_property
    def user_codes(self) -> dict[str, int]:
        """The code of every known user."""
        return {user_id: code for code, user_id in enumerate(self.user_ids)}

    @cached_property
    def log_popularity(self) -> Scores:
        """The logarithm of every item's popularity."""
        return np.log(self.popularity)

    @cached_property
    def by_popularity(self) -> Places:
        """All items, the most popular first."""
        return by_count(self.popularity)

    @cached_property
    def mass(self) -> dict[float, float]:
        """The sum of all items' popularity to a power, as far as anyone has asked for it."""
        return {}


def train(table: InteractionTable, *, chance: int | None) -> Model:
    """A model of all interactions in the table, with its metrics.

    `chance` (0 or more) is the seed of this training: the same seed and data give the same bytes. None
    trains exactly, without chance. Raises ValueError if the table is empty.
    """
    if not len(table):
        raise ValueError("There are no interactions to train on.")
    table = canonical(table)
    user_count, item_count = len(table.user_ids), len(table.item_ids)
    tested = tested_users(user_count)
    histories = histories_of(table.users, table.items, table.timestamps, user_count)
    everyone = np.ones(user_count, dtype=bool)
    untested_neighbours, neighbours = neighbour_lists(histories, item_count, [~tested, everyone])
    untested_popularity = np.bincount(histories.items[~tested[histories.users]], minlength=item_count)
    metrics = _evaluate(table, with_chance(untested_neighbours, chance), untested_popularity)
    return Model(
        item_ids=table.item_ids,
        user_ids=table.user_ids,
        popularity=np.bincount(histories.items, minlength=item_count).astype(np.int64),
        neighbours=with_chance(neighbours, chance),
        histories=newest(histories, HISTORY_LENGTH),
        metrics=metrics,
        interactions=len(table),
    )


def update(model: Model, streamed: InteractionTable) -> Model:
    """The automatic update: a new model that also knows what was streamed since the given one was made.

    New items join with their pairs; streamed events take their places in their users' histories. What was
    learned about known items, their popularity and the metrics stay. Not a training.
    Source: the guide, "Automatic updates" (spec 04, section 5).
    """
    if not len(streamed):
        return model
    items, item_ids = codes_among(streamed.items, streamed.item_ids, model.item_codes, model.item_ids)
    users, user_ids = codes_among(streamed.users, streamed.user_ids, model.user_codes, model.user_ids)
    histories, changed = consolidate(model.histories, users, items, streamed.timestamps, len(user_ids))
    popularity, neighbours = model.popularity, model.neighbours
    if len(item_ids) > len(model.item_ids):
        popularity = np.bincount(changed.items, minlength=len(item_ids)).astype(np.int64)
        popularity[: len(model.item_ids)] = model.popularity
        neighbours = with_new_items(neighbours, changed, popularity)
    return Model(
        item_ids=item_ids,
        user_ids=user_ids,
        popularity=popularity,
        neighbours=neighbours,
        histories=newest(histories, HISTORY_LENGTH),
        metrics=model.metrics,
        interactions=model.interactions,
    )


def recommend(
    model: Model,
    user_id: str,
    session: Sequence[str],
    num_results: int,
    eligible: Mask | None = None,
    competing: Mask | None = None,
) -> list[tuple[str, float]]:
    """The best items for a user, best first, each with its score of seven decimals.

    `session` holds the item ids of the user's events since the model was made, in order of arrival; items
    the model does not know count after the next update. Scores of all known items sum to one, or of the
    `competing` or the `eligible` ones where a filter leaves only those (resp-039). Items already seen compete like
    others; a user without history gets the popular ones.
    """
    items, weights = _evidence(model, user_id, session)
    if eligible is None and len(model.item_ids) >= MANY_ITEMS:
        return _best_of_many(model, items, weights, num_results)
    score = _all_logits(model, items, weights)
    if eligible is None:
        return _shares(model, np.arange(len(score)), score, num_results, score)
    among = np.flatnonzero(eligible)
    return _shares(model, among, score[among], num_results, score[eligible if competing is None else competing])


def rank(model: Model, user_id: str, session: Sequence[str], among: Places) -> list[tuple[str, float]]:
    """Some items, by their codes, in the order in which they suit a user; their scores sum to one."""
    items, weights = _evidence(model, user_id, session)
    if len(model.item_ids) < MANY_ITEMS:
        score = _all_logits(model, items, weights)[among]
    else:
        near, affinity = touched(model.neighbours, items, weights)
        sharpness, weight = sharpness_and_weight(affinity)
        score = weight * model.log_popularity[among]
        if sharpness:
            at = np.minimum(np.searchsorted(near, among), len(near) - 1)
            score += sharpness * np.where(near[at] == among, affinity[at], 0.0)
    return _shares(model, among, score, len(among), score)


def _all_logits(model: Model, items: Codes, weights: Scores) -> Scores:
    """The unnormalised log score of every known item."""
    return logits(model.log_popularity, affinities(model.neighbours, len(model.item_ids), items, weights))


def _best_of_many(model: Model, items: Codes, weights: Scores, num_results: int) -> list[tuple[str, float]]:
    """What `recommend` answers, without a look at every item.

    An item without affinity scores by its popularity alone: of those the most popular stand for all, and what their
    scores add to the sum follows from the model.
    """
    near, affinity = touched(model.neighbours, items, weights)
    sharpness, weight = sharpness_and_weight(affinity)
    popular = model.by_popularity[: num_results + len(near)]
    popular = popular[~np.isin(popular, near)][:num_results]
    among = np.concatenate((near, popular))
    base = weight * model.log_popularity[among]
    score = base.copy()
    score[: len(near)] += sharpness * affinity
    if weight not in model.mass:
        model.mass[weight] = float(np.exp(weight * model.log_popularity).sum())
    others = model.mass[weight] - float(np.exp(base).sum())
    order = np.argsort(among)
    return _shares(model, among[order], score[order], num_results, score, max(others, 0.0))


def _shares(
    model: Model, among: Places, score: Scores, num_results: int, competing: Scores, others: float = 0.0
) -> list[tuple[str, float]]:
    """The best of some items by their log scores, with their shares in the sum of all that compete.

    `others` is what items that are not among the competing scores add to that sum.
    """
    if not len(among):
        return []
    best = first(score, num_results)
    highest = competing.max()
    total = np.exp(competing - highest).sum() + others * np.exp(-highest)
    found = np.round(np.exp(score[best] - highest) / total, _SCORE_DECIMALS)
    item_ids = model.item_ids
    return [(item_ids[item], share) for item, share in zip(among[best].tolist(), found.tolist(), strict=True)]


def _evidence(model: Model, user_id: str, session: Sequence[str]) -> tuple[Codes, Scores]:
    """A user's stored history and then the session, with their weights."""
    user = model.user_codes.get(user_id)
    stored = np.empty(0, np.int32) if user is None else model.histories.of(user)
    known = [model.item_codes[item_id] for item_id in session if item_id in model.item_codes]
    streamed = np.array(known[-HISTORY_LENGTH:], dtype=np.int32)
    weights = freshness(len(stored) + len(streamed))
    weights[len(stored) :] *= SESSION_WEIGHT
    return np.concatenate((stored, streamed)), weights


def _evaluate(table: InteractionTable, neighbours: Neighbours, popularity: Counts) -> dict[str, float]:
    """The metrics of a model of the other users, for the tested users who leave events to be found."""
    given, truths = held_out(table)
    given &= np.isin(table.users, list(truths))
    inputs = histories_of(table.users[given], table.items[given], table.timestamps[given], len(table.user_ids))
    item_count = len(table.item_ids)
    # Items of tested users only are not known to this model: nobody can be recommended one.
    log_popularity = np.full(item_count, -np.inf)
    np.log(popularity, out=log_popularity, where=popularity > 0)
    lists = []
    for user in truths:
        items = inputs.of(user)[-HISTORY_LENGTH:]
        affinity = affinities(neighbours, item_count, items, freshness(len(items)))
        lists.append(first(logits(log_popularity, affinity), LIST_LENGTH).tolist())
    return summarize(lists, list(truths.values()), item_count)


def with_chance(neighbours: Neighbours, chance: int | None) -> Neighbours:
    """The same neighbours with weights that differ between trainings, as the seed `chance` draws them."""
    if chance is None:
        return neighbours
    draws = np.random.Generator(np.random.PCG64(chance)).standard_normal(len(neighbours.weights))
    factors = np.exp(CHANCE * draws)
    weights = (neighbours.weights * factors).astype(np.float32)
    return Neighbours(neighbours.offsets, neighbours.items, weights)
