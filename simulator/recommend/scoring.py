"""Scores: a distribution over all items a model knows, from the items a user took and how fresh they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from simulator.data.columns import Codes
from simulator.recommend.compressed import entries_of
from simulator.recommend.cooccurrence import Counts, Neighbours

# Weight of the k-th newest item of a history: DECAY ** k.
DECAY = 0.8
# An item that weighs less beside the newest one of a history does not show in a score's seven decimals.
NEGLIGIBLE = 1e-5
# How sharply a user's neighbours stand out, and how much being popular adds: chosen on MovieLens
# (benchmarks/model_quality.py) for the order of the list, and for the size of the first score.
SHARPNESS = 10.0
POPULARITY_WEIGHT = 0.25
# Into how many parts, for each score that is wanted, the scores are divided to find the highest.
_PARTS = 10

Scores = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


@lru_cache(maxsize=1000)
def freshness(length: int, decay: float = DECAY) -> Scores:
    """The weights of a history of that length, oldest first, from the first one on that is not `NEGLIGIBLE`.

    Not to be written to.
    """
    every: Scores = decay ** np.arange(length - 1, -1, -1, dtype=np.float64)
    weights = every[every >= NEGLIGIBLE]
    weights.setflags(write=False)
    return weights


def affinities(neighbours: Neighbours, item_count: int, items: Sequence[Codes], weights: Sequence[Scores]) -> Scores:
    """For every list of items and their weights a row: for every item the weighted sum of its neighbourhood with those.

    The sum goes along the list: what an item gets does not depend on neighbours of others.
    """
    rows = np.arange(0, len(items) * item_count, item_count).repeat([len(each) for each in items])
    taken, weight = np.concatenate(items), np.concatenate(weights)
    if neighbours.filled is None:
        near, amounts, lengths = _neighbourhood(neighbours, taken, weight)
        places = near + rows.repeat(lengths)
    else:
        near_of_rows, amounts_of_rows = neighbours.filled
        places = (near_of_rows.take(taken, axis=0) + rows[:, None]).ravel()
        amounts = (amounts_of_rows.take(taken, axis=0) * weight[:, None]).ravel()
    sums = np.bincount(places, weights=amounts, minlength=len(items) * item_count)
    return sums.reshape(len(items), item_count).astype(np.float64, copy=False)


def touched(neighbours: Neighbours, items: Codes, weights: Scores) -> tuple[Places, Scores]:
    """The items in the neighbourhood of `items`, in the order of their codes, and their weighted sums.

    The same sums as of `affinities`, with work for these items alone.
    """
    near, amounts, _ = _neighbourhood(neighbours, items, weights)
    found, places = np.unique(near, return_inverse=True)
    sums = np.bincount(places, weights=amounts, minlength=len(found)).astype(np.float64, copy=False)
    return found.astype(np.intp), sums


def _neighbourhood(neighbours: Neighbours, items: Codes, weights: Scores) -> tuple[Codes, Scores, Counts]:
    """Every neighbour of every item, with the weight of the pair times that of the item; how many each item has."""
    entries, lengths = entries_of(neighbours.offsets, items)
    amounts = np.repeat(weights, lengths)
    amounts *= neighbours.weights[entries]
    return neighbours.items[entries], amounts, lengths


def sharpness_and_weight(affinity: Scores) -> tuple[Scores, Scores]:
    """What each row of affinities is multiplied with in log scores, and what the logarithm of popularity, as columns.

    Affinity is divided by the root of its maximum: a user with weak evidence gets flatter scores than one with strong
    evidence, but less so than in proportion. Without any affinity scores are those of the popularity distribution.
    """
    strongest = affinity.max(axis=1, initial=0.0).tolist()
    sharpness = [[SHARPNESS / math.sqrt(each)] if each > 0.0 else [0.0] for each in strongest]
    weight = [[POPULARITY_WEIGHT] if each > 0.0 else [1.0] for each in strongest]
    return np.array(sharpness), np.array(weight)


def by_count(counts: npt.NDArray[np.int64] | Scores) -> Places:
    """The places of all counts, the highest first; of equal ones the first stored."""
    return np.argsort(-counts, kind="stable")


def first(scores: Scores, count: int) -> Places:
    """The places of the `count` highest scores, best first; of equal scores the first stored."""
    count = min(count, len(scores))
    if count <= 0:
        return np.empty(0, np.intp)
    # The maxima of parts are scores, too: what `count` of them reach, so many scores reach at least. To find that among
    # few maxima is much less work than among all scores, and leaves few to be put in order.
    length = max(len(scores) // (_PARTS * count), 1)
    heads = scores[: len(scores) // length * length].reshape(length, -1).max(axis=0)
    heads.partition(-count)
    (candidates,) = (scores >= heads[-count]).nonzero()
    best: Places = candidates[(-scores[candidates]).argsort(kind="stable")[:count]]
    return best
