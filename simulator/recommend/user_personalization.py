"""User-Personalization: trained on co-occurrence, personal from the first event, updated with new items."""

from __future__ import annotations

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

__all__ = ["HISTORY_LENGTH", "Model", "rank", "recommend", "terms", "train", "update"]

_SCORE_DECIMALS = 7


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
    if eligible is None and model.is_large:
        return _best_of_many(model, query, num_results)
    evidence = evidence_of(model, query)
    score = logits(model, query, evidence)
    if eligible is None:
        return _shares(model, None, score, num_results, score)
    among = np.flatnonzero(eligible)
    return _shares(model, among, score[among], num_results, score[eligible if competing is None else competing])


def rank(model: Model, query: Query, among: Places) -> list[tuple[str, float]]:
    """Some items, by their codes, in the order in which they suit a user; their scores sum to one."""
    score = logits(model, query, evidence_of(model, query, model.is_large), among)
    return _shares(model, among, score, len(among), score)


def _best_of_many(model: Model, query: Query, num_results: int) -> list[tuple[str, float]]:
    """What `recommend` answers, without a look at every item.

    What all other items' scores add to the sum follows from their popularity, as if no other term moved them.
    """
    evidence = evidence_of(model, query, near_only=True)
    among = candidates(model, query, evidence, num_results)
    score = logits(model, query, evidence, among)
    weight = evidence.weight
    popularity = model.popularity_term(weight)
    if weight not in model.mass:
        model.mass[weight] = float(np.exp(popularity).sum())
    others = model.mass[weight] - float(np.exp(popularity[among]).sum())
    return _shares(model, among, score, num_results, score, max(others, 0.0))


def _shares(
    model: Model, among: Places | None, score: Scores, num_results: int, competing: Scores, others: float = 0.0
) -> list[tuple[str, float]]:
    """The best of some items (None: of all) by their log scores, with their shares in the sum of all that compete.

    `others` is what items that are not among the competing scores add to that sum.
    """
    best = first(score, num_results)
    if not len(best):
        return []
    highest = score[best[0]] if competing is score else competing.max()
    shares = competing - highest
    total = np.exp(shares, out=shares).sum() + others * np.exp(-highest)
    found = (np.exp(score[best] - highest) / total).round(_SCORE_DECIMALS)
    items = (best if among is None else among[best]).tolist()
    item_ids = model.item_ids
    return [(item_ids[item], share) for item, share in zip(items, found.tolist(), strict=True)]
