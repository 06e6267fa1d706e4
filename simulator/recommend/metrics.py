"""Offline metrics, as GetSolutionMetrics reports them.

Ten per cent of the users are tested: the oldest 90 % of their events are the input, the newest 10 % are to
be found. Source: the guide, "Evaluating a solution version with metrics".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import numpy as np
import numpy.typing as npt

from simulator.data.interactions import InteractionTable

LIST_LENGTH = 25
_TESTED_SHARE = 10
_DECIMALS = 4


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


def _discounted_gain(hits: Sequence[bool]) -> float:
    return math.fsum(1.0 / math.log2(1 + place) for place, hit in enumerate(hits, start=1) if hit)


def summarize(lists: Sequence[Sequence[int]], truths: Sequence[AbstractSet[int]], item_count: int) -> dict[str, float]:
    """The eight metrics of lists of item codes, best first, against the items to be found.

    `coverage` is the share of the items that stand in some list. Without any list all metrics are 0.
    """
    hits = [[item in truth for item in ranked] for ranked, truth in zip(lists, truths, strict=True)]

    recommended = {item for ranked in lists for item in ranked[:LIST_LENGTH]}
    return {
        "coverage": round(len(recommended) / item_count, _DECIMALS) if item_count else 0.0,
        "mean_reciprocal_rank_at_25": _mean([reciprocal_rank(each, 25) for each in hits]),
        **{
            f"normalized_discounted_cumulative_gain_at_{k}": _mean(
                [normalized_discounted_gain(each, k) for each in hits]
            )
            for k in (10, 25, 5)
        },
        **{f"precision_at_{k}": _mean([precision(each, k) for each in hits]) for k in (10, 25, 5)},
    }


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
    order = np.lexsort((table.timestamps, table.users))
    users = table.users[order]
    lengths = np.bincount(users, minlength=len(tested))
    starts = np.cumsum(lengths) - lengths
    places = np.arange(len(users)) - starts[users]
    given = np.maximum(lengths * (one_in - 1) // one_in, 1)
    chosen = np.zeros(len(users), dtype=bool)
    chosen[order] = tested[users] & (places >= given[users])
    return chosen


def held_out(table: InteractionTable) -> tuple[npt.NDArray[np.bool_], dict[int, set[int]]]:
    """The rows of a table that are given, and for every tested user with others the items to be found there."""
    to_find = rows_to_find(table, tested_users(len(table.user_ids)))
    truths: dict[int, set[int]] = {user: set() for user in np.unique(table.users[to_find]).tolist()}
    for user, item in zip(table.users[to_find].tolist(), table.items[to_find].tolist(), strict=True):
        truths[user].add(item)
    return ~to_find, truths
