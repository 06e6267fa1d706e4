"""Semantic similarity: items whose names and descriptions say something alike, and if asked to, popular and new ones.

A small method of texts takes the place of the service's embeddings: words and parts of words, the rarer ones first. It
learns from these texts alone, so that words of different spelling are never alike.

Source: the guide, Semantic-Similarity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from simulator.data.columns import Mask
from simulator.data.interactions import InteractionTable
from simulator.recommend.item_vectors import Vectors, by_feature, similarities, vectors_of_texts
from simulator.recommend.models import Ranked, TrainedModel
from simulator.recommend.scoring import Places, Scores
from simulator.recommend.training_data import Attributes

# How much more alike an item counts that is wholly popular, or fresh, with the weight 1: by so many times.
_INFLUENCE = 4.0


@dataclass(frozen=True, eq=False)
class SemanticItems(TrainedModel):
    """`texts` are the vectors of the items; `popularity` and `freshness` say of each how much it is so, from 0 to 1."""

    texts: Vectors
    popularity: Scores
    freshness: Scores

    @cached_property
    def items_of(self) -> Vectors:
        """For every feature the items that have it."""
        return by_feature(self.texts)

    @cached_property
    def by_popularity(self) -> Places:
        """All items, the most popular first, equally popular ones in the order of their ids."""
        return np.argsort(-self.popularity, kind="stable")


def train(items: Attributes, table: InteractionTable) -> SemanticItems:
    """A model of all items that something is known of; there are no metrics.

    Popularity is the number of an item's interactions as a share of the greatest one, freshness where its creation
    lies between that of the oldest and of the newest item; an item without a creation is as old as the oldest.
    """
    item_ids = tuple(sorted(items.ids))
    code_of = {item_id: code for code, item_id in enumerate(item_ids)}
    codes = np.array([code_of.get(each, -1) for each in table.item_ids], dtype=np.int64)[table.items]
    counts = np.bincount(codes[codes >= 0], minlength=len(item_ids)).astype(np.float64)
    return SemanticItems(
        item_ids=item_ids,
        metrics={},
        texts=vectors_of_texts(items, item_ids),
        popularity=counts / max(counts.max(initial=0.0), 1.0),
        freshness=_freshness(items)[np.argsort(np.array(items.ids, dtype=object), kind="stable")],
    )


def update(model: SemanticItems, items: Attributes) -> SemanticItems:
    """The model with the items of now, new and changed ones among them.

    How popular and fresh items are stays as it was at the training; of items that are new since it is not known yet,
    and counts as 0. Source: the guide: "incremental updates will not update popularity and freshness scores".
    """
    item_ids = tuple(sorted(items.ids))
    known = np.array([model.item_codes.get(each, -1) for each in item_ids], dtype=np.int64)
    return replace(
        model,
        item_ids=item_ids,
        texts=vectors_of_texts(items, item_ids),
        popularity=np.append(model.popularity, 0.0)[known],
        freshness=np.append(model.freshness, 0.0)[known],
    )


def recommend(
    model: SemanticItems,
    item_id: str,
    num_results: int,
    eligible: Mask | None = None,
    influence: Mapping[str, float] | None = None,
) -> list[Ranked]:
    """The items most alike to an item by their texts, then the others, popular ones first; never the item itself.

    `influence` has weights from 0 to 1 for POPULARITY and FRESHNESS: with the weight 1 an item that is wholly so is
    ranked as if it were five times as alike (assumed). An item that the model does not know gets the popular ones.
    There are no scores.
    """
    item = model.item_codes.get(item_id)
    order = model.by_popularity if item is None else _order(model, item, influence or {})
    if eligible is not None:
        order = order[eligible[order]]
    return [(model.item_ids[each], None) for each in order[:num_results].tolist()]


def _order(model: SemanticItems, item: int, influence: Mapping[str, float]) -> Places:
    alike = similarities(model.texts, model.items_of, item)
    popular, fresh = influence.get("POPULARITY", 0.0), influence.get("FRESHNESS", 0.0)
    scores = alike * (1 + _INFLUENCE * (popular * model.popularity + fresh * model.freshness))
    rank = np.empty(len(scores), np.int64)
    rank[model.by_popularity] = np.arange(len(scores))
    order: Places = np.lexsort((np.where(alike > 0, 0, rank), -scores))
    others: Places = order[order != item]
    return others


def _freshness(items: Attributes) -> Scores:
    if items.created is None or not np.isfinite(items.created).any():
        return np.zeros(len(items.ids))
    oldest, newest = np.nanmin(items.created), np.nanmax(items.created)
    if oldest == newest:
        return np.where(np.isfinite(items.created), 1.0, 0.0)
    return np.nan_to_num((items.created - oldest) / (newest - oldest))
