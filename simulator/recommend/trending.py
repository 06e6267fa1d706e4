"""Trending items: those whose interactions increased most from the last interval but one to the last.

The intervals end when the trends are evaluated; where neither has an interaction, no item trends, and the popular ones
come. Source: the guide, Trending-Now: the increase that each item has over an interval, by the timestamps of the data.
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

    `interval` is in seconds, `end` the Unix second with which the last one ends. `items` and `timestamps` are the
    interactions of the two; `totals` counts every item's interactions of all times.
    """

    interval: int
    end: int
    items: Codes
    timestamps: Seconds
    totals: Counts

    @cached_property
    def order(self) -> Places:
        """All items, first those with the greatest increase, then those without any, the busiest first."""
        return np.lexsort((-self.totals, -recent(self), -np.maximum(increase(self), 0)))


def train(table: InteractionTable, *, interval: int = DEFAULT_INTERVAL, now: int | None = None) -> TrendingItems:
    """A model of the table's last two intervals until `now` (Unix seconds; None: the newest row), with its metrics.

    `trend_prediction_accuracy` is the increase that the items recommended an interval earlier had since, as a
    share of the increase of those 25 that had most; metrics look at the intervals until the newest row, however long
    ago it was. Source: the guide, "Metric definitions". Raises ValueError if the table is empty.
    """
    if not len(table):
        raise ValueError("There are no interactions to train on.")
    table = canonical(table)
    newest = _of(table, np.ones(len(table), dtype=bool), interval)
    earlier = table.timestamps <= newest.end - interval
    accuracy = _accuracy(newest, _of(table, earlier, interval)) if earlier.any() else 0.0
    given, truths = held_out(table)
    others = given & ~np.isin(table.users, list(truths))
    trends = _of(table, others, interval).order[:LIST_LENGTH].tolist() if others.any() else []
    metrics = summarize([trends for _ in truths], list(truths.values()), len(table.item_ids))
    return replace(_until(newest, now), metrics={**metrics, "trend_prediction_accuracy": accuracy})


def update(model: TrendingItems, streamed: InteractionTable, now: int | None = None) -> TrendingItems:
    """The trends as they are at `now` with what was streamed since (None: at the newest of it); the metrics stay."""
    items, item_ids = codes_among(streamed.items, streamed.item_ids, model.item_codes, model.item_ids)
    items = np.concatenate((model.items, items))
    timestamps = np.concatenate((model.timestamps, streamed.timestamps))
    totals = np.bincount(items[len(model.items) :], minlength=len(item_ids)).astype(np.int64)
    totals[: len(model.totals)] += model.totals
    order = np.lexsort((items, timestamps))
    newest = max(model.end, int(streamed.timestamps.max(initial=model.end)))
    known = TrendingItems(
        item_ids, model.metrics, model.interval, newest, items[order], timestamps[order].astype(np.int64), totals
    )
    return _until(known, newest if now is None else now)


def recommend(model: TrendingItems, num_results: int, eligible: Mask | None = None) -> list[Ranked]:
    """The items with the greatest increase; of equal ones the busier, then those with more interactions ever."""
    order = model.order if eligible is None else model.order[eligible[model.order]]
    return [(model.item_ids[item], None) for item in order[:num_results].tolist()]


def _of(table: InteractionTable, rows: npt.NDArray[np.bool_], interval: int) -> TrendingItems:
    """The trends in some rows, one at least, of a table, at the newest of them."""
    items, timestamps = table.items[rows], table.timestamps[rows]
    totals = np.bincount(items, minlength=len(table.item_ids)).astype(np.int64)
    order = np.lexsort((items, timestamps))
    end = int(timestamps.max())
    return _until(TrendingItems(table.item_ids, {}, interval, end, items[order], timestamps[order], totals), end)


def _until(model: TrendingItems, now: int | None) -> TrendingItems:
    """The same trends at another time; of what is in the future the last interval is made, too."""
    end = model.end if now is None else now
    kept = model.timestamps > end - 2 * model.interval
    return replace(model, end=end, items=model.items[kept], timestamps=model.timestamps[kept])


def _accuracy(model: TrendingItems, before: TrendingItems) -> float:
    """Of the increase that 25 items can have had since an earlier model, the share of those that it recommended."""
    increased = np.maximum(increase(model), 0)
    possible = int(np.sort(increased)[-LIST_LENGTH:].sum())
    had = int(increased[before.order[:LIST_LENGTH]].sum())
    return round(had / possible, 4) if possible else 0.0


def recent(model: TrendingItems) -> Counts:
    """The interactions of every item in the last interval."""
    last = model.timestamps > model.end - model.interval
    return np.bincount(model.items[last], minlength=len(model.item_ids)).astype(np.int64)


def increase(model: TrendingItems) -> Counts:
    """By how many interactions every item's last interval exceeds the one before."""
    return 2 * recent(model) - np.bincount(model.items, minlength=len(model.item_ids))
