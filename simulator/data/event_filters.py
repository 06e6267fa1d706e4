"""Event filters: which interactions a training considers, by their type and value, and how much each counts.

Source: the API reference: `eventType` of CreateSolution, `eventValueThreshold` and `eventsConfig` of SolutionConfig.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

import numpy as np

from simulator.data.columns import Mask, TextColumn, differing, take
from simulator.data.interactions import (
    BulkChunk,
    InteractionStore,
    InteractionTable,
    PutEvent,
    Snapshot,
    Weights,
    streamed_events,
    table_of,
    trained_events,
)

# The guide: reserved keywords must not appear as values in the data.
_RESERVED = frozenset(
    {
        *("USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE", "EVENT_VALUE"),
        *("IMPRESSION", "RECOMMENDATION_ID", "EVENT_ATTRIBUTION_SOURCE"),
    }
)


@dataclass(frozen=True)
class EventFilter:
    """An interaction counts if one of the alternatives lets it: a type (None: any) and a least value (None: any).

    What has no value reaches no threshold. `weights` say how much an interaction of a type counts, those of other
    types 1.
    """

    alternatives: tuple[tuple[str | None, float | None], ...]
    weights: Mapping[str, float] = field(default_factory=dict)

    def weight(self, event_type: str) -> float:
        """How much an interaction of this type counts."""
        return self.weights.get(event_type, 1.0)

    @property
    def event_type(self) -> str | None:
        """The types that it names, as a failure reason lists them; None if it names none."""
        named = sorted({event_type for event_type, _ in self.alternatives if event_type is not None})
        return ", ".join(named) or None

    def lets(self, event_type: str, event_value: float | None) -> bool:
        """Whether an interaction of this type and value counts."""
        return any(
            (wanted is None or wanted == event_type)
            and (least is None or (event_value is not None and event_value >= least))
            for wanted, least in self.alternatives
        )


def counting_table(
    store: InteractionStore, snapshot: Snapshot, events: EventFilter | None, contexts: Sequence[str] = ()
) -> InteractionTable:
    """What a full training sees of a snapshot, of the interactions that count, with their contexts."""
    return _counting_table(snapshot.bulk, trained_events(store, snapshot.put), events, contexts)


def counting_since(
    store: InteractionStore, since: int, snapshot: Snapshot, events: EventFilter | None
) -> InteractionTable:
    """What an update sees: bulk rows, and what was put from the `since`-th on, of the interactions that count."""
    return _counting_table(snapshot.bulk, streamed_events(store, since, snapshot.put), events)


def _counting_table(
    bulk: tuple[BulkChunk, ...], put: list[PutEvent], events: EventFilter | None, contexts: Sequence[str] = ()
) -> InteractionTable:
    if events is None:
        return table_of(bulk, put, contexts)
    counting = [each for each in put if events.lets(each.event_type, each.event_value)]
    rows = tuple(counting_rows(chunk, events) for chunk in bulk)
    table = table_of(rows, counting, contexts)
    if not events.weights:
        return table
    weights = [_weights(chunk, events) for chunk in rows]
    weights.append(np.array([events.weight(each.event_type) for each in counting], dtype=np.float32))
    return replace(table, weights=np.concatenate(weights))


def _weights(chunk: BulkChunk, events: EventFilter) -> Weights:
    column = chunk.others.get("EVENT_TYPE")
    if not isinstance(column, TextColumn):
        return np.ones(len(chunk), dtype=np.float32)
    return np.array([events.weight(value) for value in column.values], dtype=np.float32)[column.codes]


def lacks_event_types(store: InteractionStore, snapshot: Snapshot) -> bool:
    """Whether there is an EVENT_TYPE column and nothing in it but absent values and reserved keywords."""
    if not any("EVENT_TYPE" in chunk.others for chunk in snapshot.bulk):
        return False
    return not any(map(_is_event_type, _event_types(store, snapshot)))


def rows_of_other_items(chunk: BulkChunk, item_ids: Set[str]) -> BulkChunk:
    """The rows of a chunk that are not of these items."""
    return _rows(chunk, differing(chunk.items, item_ids))


def event_types(store: InteractionStore, snapshot: Snapshot) -> frozenset[str]:
    """All types that the interactions of a snapshot have."""
    return frozenset(_event_types(store, snapshot))


def _event_types(store: InteractionStore, snapshot: Snapshot) -> Iterable[str]:
    for arrival in store.put[: snapshot.put]:
        yield arrival.event.event_type
    for chunk in snapshot.bulk:
        column = chunk.others.get("EVENT_TYPE")
        if isinstance(column, TextColumn):
            yield from (column.values[code] for code in np.unique(column.codes).tolist())


def _is_event_type(value: str) -> bool:
    return bool(value) and value.upper() not in _RESERVED


def counting_rows(chunk: BulkChunk, events: EventFilter) -> BulkChunk:
    """The rows of a chunk that count."""
    kept = np.zeros(len(chunk), dtype=bool)
    for event_type, least in events.alternatives:
        kept |= _of_type(chunk, event_type) & _reaching(chunk, least)
    return _rows(chunk, kept)


def _rows(chunk: BulkChunk, kept: Mask) -> BulkChunk:
    return BulkChunk(
        users=chunk.users.take(kept),
        items=chunk.items.take(kept),
        timestamps=chunk.timestamps[kept],
        others={name: take(column, kept) for name, column in chunk.others.items()},
    )


def _of_type(chunk: BulkChunk, event_type: str | None) -> Mask:
    column = chunk.others.get("EVENT_TYPE")
    if event_type is None:
        return np.ones(len(chunk), dtype=bool)
    if not isinstance(column, TextColumn) or event_type not in column.values:
        return np.zeros(len(chunk), dtype=bool)
    return np.asarray(column.codes == column.values.index(event_type))


def _reaching(chunk: BulkChunk, least: float | None) -> Mask:
    column = chunk.others.get("EVENT_VALUE")
    if least is None:
        return np.ones(len(chunk), dtype=bool)
    if not isinstance(column, np.ndarray):
        return np.zeros(len(chunk), dtype=bool)
    return np.asarray(column >= least)  # an absent value is no number, which reaches nothing
