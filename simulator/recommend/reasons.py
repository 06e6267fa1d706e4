"""Why items stand where they stand: what moved each of them, in the terms of the model that ranked them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simulator.recommend import personal_model, popularity, related, semantic, trending
from simulator.recommend.item_vectors import similarities
from simulator.recommend.models import TrainedModel
from simulator.recommend.scoring import Places, Scores, touched
from simulator.recommend.training_data import Query


@dataclass(frozen=True)
class Part:
    """An item of the user's history or session: how much it counts, and what it adds to the term `affinity`."""

    item_id: str
    weight: float
    amount: float


@dataclass(frozen=True)
class Reasons:
    """What puts an item where it is: named terms, whose sum decides, and the parts of the term `affinity`.

    Of a personal model the terms add up to the item's log score, not normalised. Of other families they are what its
    place follows from: how much users, contents or texts relate it to the item that was asked for, how popular it is
    (its users or interactions), how much its interactions have increased. `parts` are those that add most first.
    """

    terms: Mapping[str, float]
    parts: tuple[Part, ...] = ()


def reasons(model: TrainedModel, query: Query, item_ids: Sequence[str]) -> dict[str, Reasons]:
    """The reasons of those items that a model knows, by their ids.

    Raises TypeError for a family that recommends no items.
    """
    known = [item_id for item_id in dict.fromkeys(item_ids) if item_id in model.item_codes]
    among = np.array([model.item_codes[item_id] for item_id in known], dtype=np.intp)
    parts: list[tuple[Part, ...]] = [()] * len(known)
    terms: Mapping[str, Scores]
    match model:
        case personal_model.Model():
            terms = personal_model.terms(model, query, among)
            parts = _parts(model, query, among)
        case related.RelatedItems():
            terms = _related_terms(model, query, among)
        case semantic.SemanticItems():
            terms = _semantic_terms(model, query, among)
        case popularity.PopularItems():
            terms = {"popularity": model.counts[among].astype(np.float64)}
        case trending.TrendingItems():
            counts = {"increase": trending.increase(model), "recent": trending.recent(model), "ever": model.totals}
            terms = {name: each[among].astype(np.float64) for name, each in counts.items()}
        case _:
            raise TypeError(f"{type(model).__name__} recommends no items")
    return {
        item_id: Reasons({name: float(values[place]) for name, values in terms.items()}, parts[place])
        for place, item_id in enumerate(known)
    }


def _related_terms(model: related.RelatedItems, query: Query, among: Places) -> dict[str, Scores]:
    """How much users relate each item to the query's, how much what is known of both, and the users of each."""
    terms = {"popularity": model.popularity[among].astype(np.float64)}
    item = model.item_codes.get(query.item_id)
    if item is None:
        return terms
    near, weights = touched(model.neighbours, np.array([item], dtype=np.int32), np.ones(1))
    by_users = np.zeros(len(model.item_ids))
    by_users[near] = weights
    found = {"users": by_users[among]}
    if model.metadata is not None:
        found["content"] = similarities(model.content, model.items_of, item)[among]
    return found | terms


def _semantic_terms(model: semantic.SemanticItems, query: Query, among: Places) -> dict[str, Scores]:
    """How much the texts of each item are like those of the query's, and how popular and how fresh it is."""
    terms = {"popularity": model.popularity[among], "freshness": model.freshness[among]}
    item = model.item_codes.get(query.item_id)
    if item is None:
        return terms
    return {"texts": similarities(model.texts, model.items_of, item)[among]} | terms


def _parts(model: personal_model.Model, query: Query, among: Places) -> list[tuple[Part, ...]]:
    """For each item what each of the user's items adds to it, if anything; what is taken twice adds twice."""
    found: list[dict[str, Part]] = [{} for _ in among]
    for item_id, weight, amounts in personal_model.affinity_shares(model, query, among):
        for parts, amount in zip(found, amounts.tolist(), strict=True):
            if amount:
                before = parts.get(item_id, Part(item_id, 0.0, 0.0))
                parts[item_id] = Part(item_id, before.weight + weight, before.amount + amount)
    return [tuple(sorted(parts.values(), key=lambda part: (-part.amount, part.item_id))) for parts in found]


def history_length(model: TrainedModel, user_id: str) -> int:
    """How many items of a user's history a model keeps; none of a family that is not personal."""
    if not isinstance(model, personal_model.Model):
        return 0
    user = model.user_codes.get(user_id)
    return 0 if user is None else len(model.histories.of(user))
