"""Scores: a distribution over all items a model knows, from the items a user took and how fresh they are."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from simulator.data.columns import Codes
from simulator.recommend.cooccurrence import Neighbours

# Weight of the k-th newest item of a history: DECAY ** k.
DECAY = 0.8
# How sharply a user's neighbours stand out, and how much being popular adds: chosen on MovieLens
# (benchmarks/model_quality.py) for the order of the list, and for the size of the first score.
SHARPNESS = 10.0
POPULARITY_WEIGHT = 0.25

Scores = npt.NDArray[np.float64]


def freshness(length: int) -> Scores:
    """The weights of a history of that length, oldest first."""
    return DECAY ** np.arange(length - 1, -1, -1, dtype=np.float64)


def affinities(neighbours: Neighbours, item_count: int, items: Codes, weights: Scores) -> Scores:
    """For every item the weighted sum of its neighbourhood with `items`.

    The sum goes along `items`: what an item gets does not depend on neighbours of others.
    """
    begins = neighbours.offsets[items]
    lengths = neighbours.offsets[items + 1] - begins
    ends = np.cumsum(lengths)
    entries = np.arange(ends[-1] if len(ends) else 0) + np.repeat(begins - ends + lengths, lengths)
    amounts = neighbours.weights[entries] * np.repeat(weights, lengths)
    sums = np.zeros(item_count, dtype=np.float64)
    np.add.at(sums, neighbours.items[entries], amounts)
    return sums


def logits(log_popularity: Scores, affinity: Scores) -> Scores:
    """Unnormalised log scores; without any affinity those of the popularity distribution.

    Affinity is divided by the root of its maximum: a user with weak evidence gets flatter scores than one
    with strong evidence, but less so than in proportion.
    """
    strongest = affinity.max(initial=0.0)
    if strongest <= 0.0:
        return log_popularity
    sharpness = SHARPNESS / math.sqrt(strongest)
    return sharpness * affinity + POPULARITY_WEIGHT * log_popularity


def first(scores: Scores, count: int) -> npt.NDArray[np.intp]:
    """The places of the `count` highest scores, best first; of equal scores the first stored."""
    count = min(count, len(scores))
    if count <= 0:
        return np.empty(0, np.intp)
    least = np.partition(scores, -count)[-count]
    candidates = np.flatnonzero(scores >= least)
    return candidates[np.argsort(-scores[candidates], kind="stable")][:count]
