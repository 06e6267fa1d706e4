"""User-Personalization: trained on co-occurrence, personal from the first event, updated with new items."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulator.data.columns import Mask
from simulator.recommend.personal_model import (
    HISTORY_LENGTH,
    Model,
    candidates,
    evidence_of,
    logits,
    terms,
)
from simulator.recommend.personal_training import train, update
from simulator.recommend.scoring import Places, Scores, first
from simulator.recommend.training_data import Query

__all__ = ["HISTORY_LENGTH", "Model", "rank", "recommend", "recommend_each", "terms", "train", "update"]

_SCORE_DECIMALS = 7
# How many scores are found together, of some users at a time: what the caches of a processor hold.
_SCORED_TOGETHER = 150_000


def recommend(
    model: Model,
    query: Query,
    num_results: int,
    eligible: Mask | None = None,
    competing: Mask | None = None,
) -> list[tuple[str, float]]:
    """The best items for a user, best first, each with its score of seven decimals.

    Items of the session that the model does not know count after the next update. Scores of all known items sum to
    one, or of the `competing` or the `eligible` ones where a filter leaves only those (resp-039). Items already seen
    compete like others; a user without history gets the popular ones.
    """
    if eligible is None:
        return recommend_each(model, [query], num_results)[0]
    score = logits(model, [query], evidence_of(model, [query]))
    among = np.flatnonzero(eligible)
    of_eligible = score.take(among, axis=1)
    of_competing = of_eligible if competing is None else score.take(np.flatnonzero(competing), axis=1)
    return _shares(model, among, of_eligible, num_results, of_competing)[0]


def recommend_each(model: Model, queries: Sequence[Query], num_results: int) -> list[list[tuple[str, float]]]:
    """What `recommend` answers to each of some queries that explore alike, from all items: a user costs less so."""
    if model.is_large:
        return [_best_of_many(model, query, num_results) for query in queries]
    answers = []
    together = max(_SCORED_TOGETHER // len(model.item_ids), 1)
    for begin in range(0, len(queries), together):
        some = queries[begin : begin + together]
        score = logits(model, some, evidence_of(model, some))
        answers += _shares(model, None, score, num_results, score)
    return answers


def rank(model: Model, query: Query, among: Places) -> list[tuple[str, float]]:
    """Some items, by their codes, in the order in which they suit a user; their scores sum to one."""
    score = logits(model, [query], evidence_of(model, [query], model.is_large), among)
    return _shares(model, among, score, len(among), score)[0]


def _best_of_many(model: Model, query: Query, num_results: int) -> list[tuple[str, float]]:
    """What `recommend` answers, without a look at every item.

    What all other items' scores add to the sum follows from their popularity, as if no other term moved them.
    """
    evidence = evidence_of(model, [query], near_only=True)
    among = candidates(model, query, evidence, num_results)
    score = logits(model, [query], evidence, among)
    weight = float(evidence.weight[0, 0])
    if weight not in model.mass:
        model.mass[weight] = float(np.exp(weight * model.log_popularity).sum())
    others = model.mass[weight] - float(np.exp(weight * model.log_popularity[among]).sum())
    return _shares(model, among, score, num_results, score, max(others, 0.0))[0]


def _shares(
    model: Model, among: Places | None, score: Scores, num_results: int, competing: Scores, others: float = 0.0
) -> list[list[tuple[str, float]]]:
    """For each row of log scores the best of some items (None: of all), with their shares in the sum of the competing.

    `others` is what items that are not among the competing scores add to that sum.
    """
    best = np.array([first(row, num_results) for row in score])
    if not best.size:
        return [[] for _ in score]
    highest = competing.max(axis=1, keepdims=True)
    shares = competing - highest
    total = np.exp(shares, out=shares).sum(axis=1, keepdims=True) + others * np.exp(-highest)
    of_best = score[np.arange(len(score))[:, None], best]
    found = (np.exp(of_best - highest) / total).round(_SCORE_DECIMALS)
    items = best if among is None else among[best]
    item_ids = model.item_ids
    return [
        [(item_ids[item], share) for item, share in zip(*each, strict=True)]
        for each in zip(items.tolist(), found.tolist(), strict=True)
    ]
