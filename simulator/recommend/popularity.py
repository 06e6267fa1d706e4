"""Popularity: the items that most users took, or that were taken most often; the same for everybody."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simulator.data.columns import Codes, Mask
from simulator.data.interactions import InteractionTable
from simulator.recommend.cooccurrence import Counts
from simulator.recommend.metrics import LIST_LENGTH, held_out, summarize
from simulator.recommend.models import Ranked, TrainedModel, canonical
from simulator.recommend.scoring import Places, by_count, first


@dataclass(frozen=True, eq=False)
class PopularItems(TrainedModel):
    """`counts` has for every item its users, or its interactions."""

    counts: Counts

    @cached_property
    def order(self) -> Places:
        """All items, the most popular first, equally popular ones in the order of their ids."""
        return by_count(self.counts)


def train(table: InteractionTable, *, distinct_users: bool) -> PopularItems:
    """A model of the table's items, counted by distinct users or by interactions, with its metrics.

    Source: the guide, Popularity-Count: "interactions with unique users". Raises ValueError if the table is empty.
    """
    if not len(table):
        raise ValueError("There are no interactions to train on.")
    table = canonical(table)
    _, truths = held_out(table)
    items, users = distinct(table) if distinct_users else (table.items, table.users)
    # The tested users' own interactions are no part of the counts that they are tested with.
    tested = np.zeros(len(table.user_ids), dtype=bool)
    tested[list(truths)] = True
    counts = np.bincount(items[~tested[users]], minlength=len(table.item_ids))
    popular = first(counts.astype(np.float64), LIST_LENGTH).tolist()
    return PopularItems(
        item_ids=table.item_ids,
        metrics=summarize([popular for _ in truths], list(truths.values()), len(table.item_ids)),
        counts=np.bincount(items, minlength=len(table.item_ids)).astype(np.int64),
    )


def recommend(model: PopularItems, num_results: int, eligible: Mask | None = None) -> list[Ranked]:
    """The most popular items, equally popular ones in the order of their ids; no scores."""
    order = model.order if eligible is None else model.order[eligible[model.order]]
    return [(model.item_ids[item], None) for item in order[:num_results].tolist()]


def distinct(table: InteractionTable) -> tuple[Codes, Codes]:
    """The items and users of all pairs of the two that interacted, each pair once, by user and item."""
    width = len(table.item_ids)
    pairs = table.users.astype(np.int64) * width + table.items
    if len(table.user_ids) * width < np.iinfo(np.int32).max:
        pairs = pairs.astype(np.int32)  # sorted in half the time
    pairs.sort()  # numpy's own `unique` hashes, which takes ten times as long for many
    pairs = pairs[np.concatenate(([True], pairs[1:] != pairs[:-1]))] if len(pairs) else pairs
    users = pairs // width
    return (pairs - users * width).astype(np.int32), users.astype(np.int32)
