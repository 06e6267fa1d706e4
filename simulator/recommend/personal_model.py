"""The personal model: what a training has learned, and how it scores items for a user.

The log score of an item is a sum of named terms (`terms`); scores are the softmax of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce

import numpy as np

from simulator.data.columns import Codes, Mask
from simulator.recommend.cooccurrence import NEIGHBOURS, WINDOW, Counts, Neighbours
from simulator.recommend.exploration import ItemNews, boosts
from simulator.recommend.histories import Histories
from simulator.recommend.item_content import Content
from simulator.recommend.lifts import KnownUsers, Lifts
from simulator.recommend.models import TrainedModel
from simulator.recommend.rewards import Rewards
from simulator.recommend.scoring import (
    DECAY,
    Places,
    Scores,
    affinities,
    by_count,
    first,
    freshness,
    sharpness_and_weight,
    touched,
)
from simulator.recommend.training_data import Query, Settings

# Items of a history that a model keeps a user.
HISTORY_LENGTH = 100
# How much more an event of the session counts than it will once it is part of the history.
SESSION_WEIGHT = 2.0
# What being wholly like a user's items adds to a log score. Chosen so that lists on MovieLens with its genres are no
# worse than without, and that an item that nobody took yet can come before others that have nothing in common.
CONTENT_WEIGHT = 2.0
# An item that nobody took is as popular as one that a tenth of one user took.
UNTAKEN = 0.1
_NONE: Places = np.empty(0, np.intp)
# From how many items on only those near a user's items are scored one by one.
MANY_ITEMS = 150_000
# How many of those to explore are scored then: those that exploration lifts most.
MOST_EXPLORED = 500

# The hyperparameters whose values are those of the model that was tuned here: see `learning_of`.
_DIMENSION = 149
_STEPS = 32
_LONGEST = 0.99


@dataclass(frozen=True)
class Learning:
    """How a model learns: how far apart items of a history may stand to be a pair, how many neighbours of an item are
    kept, how much less than a newer item of a history an older one counts; and the percentiles of the lengths of
    histories between which users are learned from."""

    window: int = WINDOW
    neighbours: int = NEIGHBOURS
    decay: float = DECAY
    shortest: float = 0.0
    longest: float = 1.0


def learning_of(settings: Settings) -> Learning:
    """What hyperparameters mean to this model; with the defaults of User-Personalization it learns as it was tuned.

    `hidden_dimension` is how much is learned of an item: its neighbours, in proportion. `bptt` is how far back events
    tell: the window, in proportion. Without `recency_mask` or `apply_recency_bias` all items of a history count alike.
    Of `max_user_history_length_percentile` the default means everybody (assumed).
    """
    recent = settings.get("recency_mask", settings.get("apply_recency_bias", "true")).casefold() == "true"
    longest = float(settings.get("max_user_history_length_percentile", _LONGEST))
    return Learning(
        window=max(1, round(WINDOW * int(settings.get("bptt", _STEPS)) / _STEPS)),
        neighbours=round(NEIGHBOURS * int(settings.get("hidden_dimension", _DIMENSION)) / _DIMENSION),
        decay=DECAY if recent else 1.0,
        shortest=float(settings.get("min_user_history_length_percentile", 0.0)),
        longest=1.0 if longest >= _LONGEST else longest,
    )


@dataclass(frozen=True, eq=False)
class Model(TrainedModel):
    """A model of what each user is likely to take next.

    `user_ids` names the user codes in the other fields. `popularity` counts the users of an item, or sums the weights
    of their events; `histories` keep each user's newest items; `interactions` is the number of rows trained on, and
    `event_weight` the mean of their weights, in units of which all weights are kept. `content`, `users` with
    `by_user`, `by_context` and `rewards` are there where the training saw such data. `news` is what exploration goes
    by.
    """

    user_ids: tuple[str, ...]
    popularity: Counts | Scores
    neighbours: Neighbours
    histories: Histories
    interactions: int
    learning: Learning = field(default_factory=Learning)
    event_weight: float = 1.0
    content: Content | None = None
    users: KnownUsers | None = None
    by_user: Lifts | None = None
    by_context: Lifts | None = None
    rewards: Rewards | None = None
    news: ItemNews | None = None

    @cached_property
    def user_codes(self) -> dict[str, int]:
        """The code of every known user."""
        return {user_id: code for code, user_id in enumerate(self.user_ids)}

    @cached_property
    def log_popularity(self) -> Scores:
        """The logarithm of every item's popularity; of items that nobody took it is below all others."""
        taken = self.popularity > 0
        least = min(1.0, float(self.popularity.min(where=taken, initial=1)))
        return np.log(np.where(taken, self.popularity, UNTAKEN * least))

    @cached_property
    def by_popularity(self) -> Places:
        """All items, the most popular first."""
        return by_count(self.popularity)

    @cached_property
    def mass(self) -> dict[float, float]:
        """The sum of all items' popularity to a power, as far as anyone has asked for it."""
        return {}

    @property
    def is_large(self) -> bool:
        """Whether there are so many items that only those that come into question are scored."""
        return len(self.item_ids) >= MANY_ITEMS

    @cached_property
    def reward_term(self) -> Scores | None:
        """What its reward adds to every item's log score, if anything."""
        return None if self.rewards is None else self.rewards.term


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a model goes by when it is asked: of each query the user's items with their weights, oldest first, and what
    is near them. Arrays of numbers have a row a query.

    `affinity` is the weighted sum of every item's neighbourhood with those; where `near` names items, of those alone,
    and of all others it is 0. In a log score it is multiplied with `sharpness`, the logarithm of popularity with
    `weight`: a user of whom nothing is known gets the popular items. `users` and `contexts` are the features of both.
    """

    items: Sequence[Codes]
    weights: Sequence[Scores]
    near: Places | None
    affinity: Scores
    sharpness: Scores
    weight: Scores
    users: Sequence[Sequence[int]]
    contexts: Sequence[Sequence[int]]


def evidence_of(model: Model, queries: Sequence[Query], near_only: bool = False) -> Evidence:
    """What there is to go by for some queries; `near_only` names the items near the user's of the only query, and looks
    at no others."""
    taken = [_items_of(model, query) for query in queries]
    items, weights = [each for each, _ in taken], [each for _, each in taken]
    near = None
    if near_only:
        near, sums = touched(model.neighbours, items[0], weights[0])
        affinity = sums[None]
    else:
        affinity = affinities(model.neighbours, len(model.item_ids), items, weights)
    sharpness, weight = sharpness_and_weight(affinity)
    users = [[] if model.users is None else model.users.of(query.user_id) for query in queries]
    contexts = [
        [] if model.by_context is None or not query.context else model.by_context.features(query.context)
        for query in queries
    ]
    return Evidence(items, weights, near, affinity, sharpness, weight, users, contexts)


def terms(model: Model, query: Query, among: Places | None = None) -> Mapping[str, Scores]:
    """What makes up the log scores of some items, by their codes (None: of all items).

    The log score of an item is the sum of its terms, in their order; those that add nothing to any item are left out.

    - "affinity": what stands near the user's items, `affinity_shares` splits it;
    - "popularity": the logarithm of its popularity, to the full for users of whom nothing is known;
    - "content": how much it is like the user's items by its metadata;
    - "user": how much more it is taken by users with the same attributes, as far as popularity counts;
    - "context": how much more it is taken in the context of the request;
    - "objective": what it brings besides relevance;
    - "exploration": how much nearer to the user's best item it comes for being young and little known.
    """
    evidence = evidence_of(model, [query], model.is_large and among is not None)
    best = None
    if among is not None and query.exploration is not None:
        everything = candidates(model, query, evidence, 1) if evidence.near is not None else None
        best = float(logits(model, [replace(query, exploration=None)], evidence, everything).max())
    by_name = _relevance(model, evidence, among)
    relevance = reduce(np.add, by_name.values())
    places, nearer = _explored(model, [query], evidence, among, relevance, best)
    found = {name: term[0] for name, term in by_name.items()}
    if len(places):
        found["exploration"] = np.zeros_like(found["popularity"])
        found["exploration"][places] = nearer[0]
    return found


def _relevance(model: Model, evidence: Evidence, among: Places | None) -> dict[str, Scores]:
    """All terms but exploration, which goes by their sum; a row a query, or one for all."""
    count = len(model.item_ids)
    found: dict[str, Scores] = {}
    if evidence.sharpness.any():
        found["affinity"] = evidence.sharpness * _affinity(evidence, among)
    found["popularity"] = evidence.weight * (model.log_popularity if among is None else model.log_popularity[among])
    if model.content is not None and any(each.any() for each in evidence.weights):
        taken = zip(evidence.items, evidence.weights, strict=True)
        found["content"] = CONTENT_WEIGHT * np.array([model.content.affinity(*each, among) for each in taken])
    if model.by_user is not None and any(evidence.users):
        found["user"] = evidence.weight * np.array([model.by_user.of(each, count, among) for each in evidence.users])
    if model.by_context is not None and any(evidence.contexts):
        found["context"] = np.array([model.by_context.of(each, count, among) for each in evidence.contexts])
    if model.reward_term is not None:
        found["objective"] = (model.reward_term if among is None else model.reward_term[among])[None]
    return found


def logits(model: Model, queries: Sequence[Query], evidence: Evidence, among: Places | None = None) -> Scores:
    """The log scores of some items, not normalised: the sum of their terms, a row a query. All explore alike."""
    total = reduce(np.add, _relevance(model, evidence, among).values())
    places, nearer = _explored(model, queries, evidence, among, total)
    total[:, places] += nearer
    return total


def _explored(
    model: Model,
    queries: Sequence[Query],
    evidence: Evidence,
    among: Places | None,
    relevance: Scores,
    best: float | None = None,
) -> tuple[Places, Scores]:
    """Which of some items exploration brings nearer to the best, by their places among those; and for each query a row:
    by how much."""
    exploration = queries[0].exploration
    if exploration is None or model.news is None:
        return _NONE, np.empty((len(queries), 0))
    places, shares = boosts(model.news, exploration, _known_as(queries, evidence))
    if among is not None:
        every = np.full(len(model.item_ids), -1)
        every[places] = np.arange(len(places))
        found = every[among]
        places = np.flatnonzero(found >= 0)
        shares = shares[:, found[places]]
    highest = relevance.max(axis=1, keepdims=True, initial=-np.inf) if best is None else best
    return places, shares * np.maximum(highest - relevance.take(places, axis=1), 0.0)


def candidates(model: Model, query: Query, evidence: Evidence, count: int) -> Places:
    """The items among which the best ones are looked for where there are many, in the order of their codes.

    Items near the user's, the most popular of the others, those that other terms favour most, and those to explore.
    """
    assert evidence.near is not None, "there are few items"
    popular = model.by_popularity[: count + len(evidence.near)]
    popular = popular[~_are_among(popular, evidence.near)][:count]
    found = [evidence.near, popular]
    if model.content is not None:
        found.append(model.content.candidates(evidence.items[0], evidence.weights[0]))
    if model.by_user is not None:
        found.append(model.by_user.candidates(evidence.users[0]))
    if model.by_context is not None:
        found.append(model.by_context.candidates(evidence.contexts[0]))
    if model.rewards is not None:
        found.append(model.rewards.candidates(count))
    if model.news is not None and query.exploration is not None:
        explored, shares = boosts(model.news, query.exploration, _known_as([query], evidence))
        found.append(explored[first(shares[0], MOST_EXPLORED)])
    every = np.sort(np.concatenate(found))
    return every[np.append(True, every[1:] != every[:-1])] if len(every) else every


def affinity_shares(model: Model, query: Query, among: Places) -> list[tuple[str, float, Scores]]:
    """What each of the user's items adds to the affinity term of some items, by their codes, oldest first.

    An item of the history or the session, how much it counts, and what it adds to each.
    """
    evidence = evidence_of(model, [query], model.is_large)
    sharpness = float(evidence.sharpness[0, 0])
    shares = []
    for item, weight in zip(evidence.items[0], evidence.weights[0], strict=True):
        near, sums = touched(model.neighbours, np.array([item]), np.array([weight]))
        shares.append((model.item_ids[item], float(weight), sharpness * _looked_up(near, sums, among)))
    return shares


def _items_of(model: Model, query: Query) -> tuple[Codes, Scores]:
    """A user's stored history and then the session, with their weights; without what is so old that it says nothing."""
    user = model.user_codes.get(query.user_id)
    items = np.empty(0, np.int32) if user is None else model.histories.of(user)
    known = [place for place, item_id in enumerate(query.session) if item_id in model.item_codes][-HISTORY_LENGTH:]
    if known:
        items = np.append(items, np.array([model.item_codes[query.session[place]] for place in known], np.int32))
    weights = freshness(len(items), model.learning.decay)
    oldest = len(items) - len(weights)
    if known or model.histories.weights is not None:
        weights = weights * _counting_as(model, query, user, known)[oldest:]
    return items[oldest:], weights


def _counting_as(model: Model, query: Query, user: int | None, known: list[int]) -> Scores:
    """How much the events of a user's stored history count, and then those of the session at the places `known`."""
    stored = np.empty(0) if user is None else model.histories.weights_of(user)
    streamed = np.full(len(known), SESSION_WEIGHT)
    if query.session_weights is not None:
        streamed *= np.array([query.session_weights[place] for place in known]) / model.event_weight
    return np.concatenate((stored, streamed))


def _known_as(queries: Sequence[Query], evidence: Evidence) -> list[str]:
    """Whom exploration draws its chance for: users of whom nothing is known are answered alike."""
    known = zip(queries, evidence.items, evidence.users, strict=True)
    return [query.user_id if len(items) or user else "" for query, items, user in known]


def _affinity(evidence: Evidence, among: Places | None) -> Scores:
    if evidence.near is None:
        return evidence.affinity if among is None else evidence.affinity.take(among, axis=1)
    assert among is not None, "of many items only some are scored"
    return _looked_up(evidence.near, evidence.affinity[0], among)[None]


def _looked_up(near: Places, sums: Scores, among: Places) -> Scores:
    """The sums of some items, 0 of those that are not near."""
    if not len(near):
        return np.zeros(len(among))
    at = np.minimum(np.searchsorted(near, among), len(near) - 1)
    return np.where(near[at] == among, sums[at], 0.0)


def _are_among(items: Places, near: Places) -> Mask:
    """Which items are near."""
    return _looked_up(near, np.ones(len(near)), items) > 0
