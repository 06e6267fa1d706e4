"""Trending items: those whose interactions increased most from one interval to the next, by the newest data.

Source: the guide, Trending-Now: the increase that each item has over an interval, by the timestamps of the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from simulator.data.columns import Codes, Mask, Seconds
from simulator.data.interactions import InteractionTable
from simulator.recommend.cooccurrence import Counts
from simulator.recommend.metrics import LIST_LENGTH, held_out, summarize
from simulator.recommend.models import Ranked, TrainedModel, canonical, codes_among
from simulator.recommend.scoring import Places

# Seconds by trend discovery frequency, as the catalogue names them.
INTERVALS: Mapping[str, int] = MappingProxyType(
    {"30 minutes": 1800, "1 hour": 3600, "2 hours": 7200, "3 hours": 10_800, "1 day": 86_400}
)
DEFAULT_INTERVAL = INTERVALS["2 hours"]


@dataclass(frozen=True, eq=False)
class TrendingItems(TrainedModel):
    """What the last two intervals brought.

    `interval` is in seconds. `items` and `timestamps` are the interactions of the last two intervals, which end
    with the newest one; `totals` counts every item's interactions of all times.
    """

    interval: int
    items: Codes
    timestamps: Seconds
    totals: Counts

    @cached_property
    def order(self) -> Places:
        """All items, first those with the greatest increase."""
        return np.lexsort((-self.totals, -_recent(self), -_increase(self)))


def train(table: InteractionTable, *, interval: int = DEFAULT_INTERVAL) -> TrendingItems:
    """A model of the table's newest two intervals, with its metrics; raises ValueError if the table is empty.

    `trend_prediction_accuracy` is the increase that the items recommended an interval earlier had since, as a
    share of the increase of those 25 that had most. Source: the guide, "Metric definitions".
    """
    if not len(table):
        raise ValueError("There are no interactions to train on.")
    table = canonical(table)
    model = _of(table, np.ones(len(table), dtype=bool), interval)
    earlier = table.timestamps <= table.timestamps.max() - interval
    accuracy = _accuracy(model, _of(table, earlier, interval)) if earlier.any() else 0.0
    given, truths = held_out(table)
    others = given & ~np.isin(table.users, list(truths))
    trends = _of(table, others, interval).order[:LIST_LENGTH].tolist() if others.any() else []
    metrics = summarize([trends for _ in truths], list(truths.values()), len(table.item_ids))
    return replace(model, metrics={**metrics, "trend_prediction_accuracy": accuracy})


def update(model: TrendingItems, streamed: InteractionTable) -> TrendingItems:
    """The trends as they are with what was streamed since; the metrics stay."""
    if not len(streamed):
        return model
    items, item_ids = codes_among(streamed.items, streamed.item_ids, model.item_codes, model.item_ids)
    items = np.concatenate((model.items, items))
    timestamps = np.concatenate((model.timestamps, streamed.timestamps))
    totals = np.bincount(items[len(model.items) :], minlength=len(item_ids)).astype(np.int64)
    totals[: len(model.totals)] += model.totals
    newest = _newest(items, timestamps, model.interval)
    return TrendingItems(item_ids, model.metrics, model.interval, *newest, totals)


def recommend(model: TrendingItems, num_results: int, eligible: Mask | None = None) -> list[Ranked]:
    """The items with the greatest increase; of equal ones the busier, then those with more interactions ever."""
    order = model.order if eligible is None else model.order[eligible[model.order]]
    return [(model.item_ids[item], None) for item in order[:num_results].tolist()]


def _of(table: InteractionTable, rows: npt.NDArray[np.bool_], interval: int) -> TrendingItems:
    """The trends in some rows, one at least, of a table."""
    items = table.items[rows]
    totals = np.bincount(items, minlength=len(table.item_ids)).astype(np.int64)
    return TrendingItems(table.item_ids, {}, interval, *_newest(items, table.timestamps[rows], interval), totals)


def _newest(items: Codes, timestamps: Seconds, interval: int) -> tuple[Codes, Seconds]:
    """The interactions of the last two intervals, by time and item."""
    order = np.lexsort((items, timestamps))
    items, timestamps = items[order], timestamps[order]
    recent = timestamps > timestamps[-1] - 2 * interval
    return items[recent], timestamps[recent]


def _accuracy(model: TrendingItems, before: TrendingItems) -> float:
    """Of the increase that 25 items can have had since an earlier model, the share of those that it recommended."""
    increase = np.maximum(_increase(model), 0)
    possible = int(np.sort(increase)[-LIST_LENGTH:].sum())
    had = int(increase[before.order[:LIST_LENGTH]].sum())
    return round(had / possible, 4) if possible else 0.0


def _recent(model: TrendingItems) -> Counts:
    """The interactions of every item in the last interval."""
    last = model.timestamps > model.timestamps.max() - model.interval
    return np.bincount(model.items[last], minlength=len(model.item_ids)).astype(np.int64)


def _increase(model: TrendingItems) -> Counts:
    """By how many interactions every item's last interval exceeds the one before."""
    return 2 * _recent(model) - np.bincount(model.items, minlength=len(model.item_ids))
