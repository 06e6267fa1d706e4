"""Feedback: how often items were shown to users, and how often they were taken when they were.

Source: the guide, impressions data: lists of items that were visible when a user interacted with one of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from simulator.data.columns import TextColumn
from simulator.data.event_filters import EventFilter, counting_rows
from simulator.data.interactions import BulkChunk, PutEvent
from simulator.recommend.training_data import VALUE_SEPARATOR
from simulator.resources.impressions import impressions_of
from simulator.resources.world import Scope


def feedback_of(
    scope: Scope, bulk: Sequence[BulkChunk], put: Iterable[PutEvent], events: EventFilter | None
) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """How often each item was shown, and how often it was taken when it was, by the interactions that count."""
    shown: Counter[str] = Counter()
    clicked: Counter[str] = Counter()
    for event in put:
        if events is None or events.lets(event.event_type, event.event_value):
            _count(shown, clicked, impressions_of(scope, event), event.item_id, 1)
    for chunk in bulk:
        if isinstance(chunk.others.get("IMPRESSION"), TextColumn):
            _count_rows(shown, clicked, chunk if events is None else counting_rows(chunk, events))
    return shown, clicked


def _count_rows(shown: Counter[str], clicked: Counter[str], chunk: BulkChunk) -> None:
    impressions = chunk.others["IMPRESSION"]
    assert isinstance(impressions, TextColumn)
    pairs = impressions.codes.astype(np.int64) * len(chunk.items.values) + chunk.items.codes
    distinct, counts = np.unique(pairs, return_counts=True)
    for pair, times in zip(distinct.tolist(), counts.tolist(), strict=True):
        impression, item = divmod(pair, len(chunk.items.values))
        if text := impressions.values[impression]:
            _count(shown, clicked, text.split(VALUE_SEPARATOR), chunk.items.values[item], times)


def _count(shown: Counter[str], clicked: Counter[str], item_ids: Sequence[str], taken: str, times: int) -> None:
    """Counts a list that was shown so many times while one item was taken; no item counts twice in it."""
    distinct = dict.fromkeys(item_ids)
    for item_id in distinct:
        shown[item_id] += times
    if taken in distinct:
        clicked[taken] += times
