"""Offline metrics, as GetSolutionMetrics reports them.

Ten per cent of the users are tested: the oldest 90 % of their events are the input, the newest 10 % are to
be found. Source: the guide, "Evaluating a solution version with metrics".
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import numpy as np
import numpy.typing as npt

from simulator.data.interactions import InteractionTable

LIST_LENGTH = 25
WEIGHTED_GAIN = "normalized_discounted_cumulative_gain_with_event_weights_at_k"
_TESTED_SHARE = 10
_DECIMALS = 4
# The places that NDCG and precision look at, so that their names are in alphabetical order.
_PLACES = (10, 25, 5)
# What GetActionRecommendations answers unless it is asked for more.
_ACTIONS_SHOWN = 5


def precision(relevant: Sequence[bool], k: int) -> float:
    """The share of relevant items among the first `k` places; a short list counts as filled with misses."""
    return sum(relevant[:k]) / k


def reciprocal_rank(relevant: Sequence[bool], k: int) -> float:
    """One over the place of the first relevant item, 0 if there is none among the first `k`."""
    return next((1.0 / place for place, hit in enumerate(relevant[:k], start=1) if hit), 0.0)


def normalized_discounted_gain(relevant: Sequence[bool], k: int) -> float:
    """NDCG among the first `k`, discount 1 / log2(1 + place), against the best order of the same hits.

    Source: the guide's worked example allows this norm and the one by all items to be found; only this one
    fits the figures that the service has computed on public data (assumed).
    """
    hits = relevant[:k]
    best = _discounted_gain(sorted(hits, reverse=True))
    return _discounted_gain(hits) / best if best else 0.0


def _discounted_gain(gains: Sequence[float]) -> float:
    return math.fsum(gain / math.log2(1 + place) for place, gain in enumerate(gains, start=1) if gain)


def weights_to_find(table: InteractionTable, to_find: npt.NDArray[np.bool_]) -> dict[int, dict[int, float]]:
    """Of every user the items in the rows that are to be found, each with the greatest weight of its rows."""
    found: dict[int, dict[int, float]] = {}
    if table.weights is not None:
        rows = (table.users[to_find], table.items[to_find], table.weights[to_find])
        for user, item, weight in zip(*(column.tolist() for column in rows), strict=True):
            of_user = found.setdefault(user, {})
            of_user[item] = max(weight, of_user.get(item, 0.0))
    return found


def summarize(lists: Sequence[Sequence[int]], truths: Sequence[AbstractSet[int]], item_count: int) -> dict[str, float]:
    """The eight metrics of lists of item codes, best first, against the items to be found.

    `coverage` is the share of the items that stand in some list; `item_count` counts those of the interactions and of
    the Items dataset together. Without any list all metrics are 0.
    """
    hits = _hits(lists, truths)
    return {
        "coverage": _coverage(lists, item_count),
        "mean_reciprocal_rank_at_25": _mean([reciprocal_rank(each, 25) for each in hits]),
        **_discounted_gains(hits),
        **{f"precision_at_{k}": _mean([precision(each, k) for each in hits]) for k in _PLACES},
    }


def summarize_actions(
    lists: Sequence[Sequence[int]],
    truths: Sequence[AbstractSet[int]],
    scores: Sequence[Sequence[float]],
    action_count: int,
) -> dict[str, float]:
    """The metrics of lists of action codes, best first; `scores` has for each list the propensity of every action.

    Of every action `precision` is the share of the lists with it whose user took it, `recall` the share of the users
    who took it in whose lists it is; both are means over the actions that are in some list, or that somebody took. A
    list ends where GetActionRecommendations ends it by default, after 5 (assumed).
    `area_under_the_curve` is how likely an action that was taken has a greater propensity than one that was not, over
    all pairs of user and action. Source: the guide, "Metric definitions"; the names are assumed.
    """
    shown, found, taken = (np.zeros(action_count) for _ in range(3))
    for ranked, truth in zip(lists, truths, strict=True):
        first = ranked[:_ACTIONS_SHOWN]
        shown[list(first)] += 1
        found[[action for action in first if action in truth]] += 1
        taken[list(truth)] += 1
    labels = [action in truth for truth in truths for action in range(action_count)]
    return {
        "area_under_the_curve": round(_area(np.array(labels, dtype=bool), np.array(scores).ravel()), _DECIMALS),
        "coverage": _coverage(lists, action_count),
        **_discounted_gains(_hits(lists, truths)),
        "precision": _mean((found[shown > 0] / shown[shown > 0]).tolist()),
        "recall": _mean((found[taken > 0] / taken[taken > 0]).tolist()),
    }


def weighted_gain(lists: Sequence[Sequence[int]], weights: Sequence[Mapping[int, float]]) -> float:
    """NDCG among the first 25 places where an item that is found counts by the weight of the event type it was for.

    `weights` has the items to be found of each list with their weights, of which only the proportions matter. The
    norm is the best order of the same hits. Source: the guide, "Metric definitions"; that k is 25 is assumed.
    """
    gains = []
    for ranked, weight in zip(lists, weights, strict=True):
        found = [weight.get(item, 0.0) for item in ranked[:LIST_LENGTH]]
        best = _discounted_gain(sorted(found, reverse=True))
        gains.append(_discounted_gain(found) / best if best else 0.0)
    return _mean(gains)


def _hits(lists: Sequence[Sequence[int]], truths: Sequence[AbstractSet[int]]) -> list[list[bool]]:
    return [[item in truth for item in ranked] for ranked, truth in zip(lists, truths, strict=True)]


def _coverage(lists: Sequence[Sequence[int]], count: int) -> float:
    recommended = {item for ranked in lists for item in ranked[:LIST_LENGTH]}
    return round(len(recommended) / count, _DECIMALS) if count else 0.0


def _discounted_gains(hits: Sequence[Sequence[bool]]) -> dict[str, float]:
    return {
        f"normalized_discounted_cumulative_gain_at_{k}": _mean([normalized_discounted_gain(each, k) for each in hits])
        for k in _PLACES
    }


def _area(labels: npt.NDArray[np.bool_], scores: npt.NDArray[np.float64]) -> float:
    """The area under the receiver operating characteristic curve; 0 where all labels are alike."""
    wanted = int(labels.sum())
    others = len(labels) - wanted
    if not wanted or not others:
        return 0.0
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    # Equal scores share the mean of their ranks.
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    return float((ranks[labels].sum() - wanted * (wanted + 1) / 2) / (wanted * others))


def _mean(values: Sequence[float]) -> float:
    return round(math.fsum(values) / len(values), _DECIMALS) if values else 0.0


def summarize_segments(
    segments: Sequence[Sequence[int]], truths: Sequence[AbstractSet[int]], user_count: int
) -> dict[str, float]:
    """The three metrics of segments, each the codes of the most relevant 1 % of the users, against who really came.

    `hits_at_1_percent` is how many of a segment really came, `recall_at_1_percent` that as a share of those who came;
    both are means over the segments. `coverage` is the share of the users that stand in some segment (assumed).
    Source: the guide, "Metric definitions"; the names as seen (spec 09).
    """
    hits = [len(truth & set(segment)) for segment, truth in zip(segments, truths, strict=True)]
    covered = {user for segment in segments for user in segment}
    recalls = [hit / len(truth) for hit, truth in zip(hits, truths, strict=True)]
    return {
        "coverage": round(len(covered) / user_count, _DECIMALS) if user_count else 0.0,
        "hits_at_1_percent": _mean(hits),
        "recall_at_1_percent": _mean(recalls),
    }


def tested_users(user_count: int) -> npt.NDArray[np.bool_]:
    """Which users are tested: every tenth, the last of each ten, so that the choice needs no chance."""
    tested = np.zeros(user_count, dtype=bool)
    tested[_TESTED_SHARE - 1 :: _TESTED_SHARE] = True
    return tested


def rows_to_find(
    table: InteractionTable, tested: npt.NDArray[np.bool_], one_in: int = _TESTED_SHARE
) -> npt.NDArray[np.bool_]:
    """Which rows of the table are the newest tenth (or another one in so many) of a tested user's events, rounded up.

    Users with a single event keep it as input.
    """
    rows = np.flatnonzero(tested[table.users])
    order = rows[np.lexsort((table.timestamps[rows], table.users[rows]))]
    users = table.users[order]
    lengths = np.bincount(users, minlength=len(tested))
    starts = np.cumsum(lengths) - lengths
    places = np.arange(len(users)) - starts[users]
    given = np.maximum(lengths * (one_in - 1) // one_in, 1)
    chosen = np.zeros(len(table), dtype=bool)
    chosen[order] = places >= given[users]
    return chosen


def held_out(table: InteractionTable) -> tuple[npt.NDArray[np.bool_], dict[int, set[int]]]:
    """The rows of a table that are given, and for every tested user with others the items to be found there."""
    to_find = rows_to_find(table, tested_users(len(table.user_ids)))
    truths: dict[int, set[int]] = {user: set() for user in np.unique(table.users[to_find]).tolist()}
    for user, item in zip(table.users[to_find].tolist(), table.items[to_find].tolist(), strict=True):
        truths[user].add(item)
    return ~to_find, truths
