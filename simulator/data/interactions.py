"""The interactions of a dataset: what was imported in bulk and what was put, kept apart, as columns.

Bulk chunks are immutable arrays; put events are a log that only grows. A snapshot is therefore two
references and a count, however large the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.clock import Micros

Codes = npt.NDArray[np.int32]
Seconds = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class InteractionTable:
    """A snapshot of interactions, one row each, in order of arrival.

    `users` and `items` are codes into `user_ids` and `item_ids` (ids may stand there without a row);
    `timestamps` are Unix seconds. The three arrays have one length and are never written to.
    """

    users: Codes
    items: Codes
    timestamps: Seconds
    user_ids: tuple[str, ...]
    item_ids: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.users)


@dataclass(frozen=True, eq=False)
class TextColumn:
    """A column of texts: a code a row into its distinct `values`."""

    codes: Codes
    values: tuple[str, ...]


NumberColumn = npt.NDArray[np.int64] | npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BulkChunk:
    """The rows of one import job, distinct, in the order of the file; all columns have one length."""

    users: TextColumn
    items: TextColumn
    timestamps: Seconds
    others: Mapping[str, TextColumn | NumberColumn]

    def __len__(self) -> int:
        return len(self.timestamps)


class PutEvent(NamedTuple):
    """One interaction that PutEvents stored. `timestamp` is Unix seconds; absent texts are empty.

    The order of the members is the order of events that arrive at one instant.
    """

    timestamp: int
    user_id: str
    session_id: str
    item_id: str
    event_type: str
    event_value: float | None
    impression: str
    recommendation_id: str

    @property
    def subject(self) -> str:
        """Whose history the event belongs to: the user's, or the session's while it is anonymous."""
        return self.user_id or self.session_id


class Arrival(NamedTuple):
    """A put event and the virtual instant at which it came."""

    instant: Micros
    event: PutEvent


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What a store held at one moment."""

    bulk: tuple[BulkChunk, ...]
    put: int


@dataclass
class InteractionStore:
    """All interactions of one dataset.

    `put` is in order of arrival; `by_subject` finds a user's (or anonymous session's) events in it, and
    `known` makes equal events count once.
    """

    bulk: tuple[BulkChunk, ...] = ()
    put: list[Arrival] = field(default_factory=list)
    by_subject: dict[str, list[int]] = field(default_factory=dict)
    known: set[PutEvent] = field(default_factory=set)

    def replace_bulk(self, chunks: tuple[BulkChunk, ...]) -> None:
        """A FULL import: the earlier bulk rows go, what was put stays. Source: the guide, importing data."""
        self.bulk = chunks

    def add_bulk(self, chunks: tuple[BulkChunk, ...]) -> None:
        """An INCREMENTAL import: the rows join the earlier ones."""
        self.bulk += chunks

    def add_event(self, event: PutEvent, instant: Micros) -> bool:
        """Stores an event that arrived at `instant`; False if an equal one is stored already."""
        if event in self.known:
            return False
        self.known.add(event)
        self.by_subject.setdefault(event.subject, []).append(len(self.put))
        self.put.append(Arrival(instant, event))
        return True

    def streamed(self, subject: str, since: int) -> list[PutEvent]:
        """The events of a user or session from the `since`-th put on, in order of arrival."""
        positions = self.by_subject.get(subject)
        if not positions or positions[-1] < since:
            return []
        return [arrival.event for arrival in sorted(self.put[at] for at in positions if at >= since)]

    def snapshot(self) -> Snapshot:
        """What the store holds now, without copying it."""
        return Snapshot(self.bulk, len(self.put))

    def arrivals(self, start: int, stop: int) -> list[Arrival]:
        """The put events from `start` to before `stop`, ordered by arrival and then by content."""
        return sorted(self.put[start:stop])


def training_table(store: InteractionStore, snapshot: Snapshot) -> InteractionTable:
    """The interactions that a training sees: bulk and put, without those of anonymous sessions.

    Source: the guide, "Recording events for anonymous users": without a link to a user they are not used.
    """
    return _table(snapshot.bulk, _of_users(store.arrivals(0, snapshot.put)))


def streamed_table(store: InteractionStore, start: int, stop: int) -> InteractionTable:
    """The interactions that were put from the `start`-th to before the `stop`-th, as a training sees them."""
    return _table((), _of_users(store.arrivals(start, stop)))


def _of_users(arrivals: Sequence[Arrival]) -> list[PutEvent]:
    return [event for _, event in arrivals if event.user_id]


def _table(bulk: Sequence[BulkChunk], events: Sequence[PutEvent]) -> InteractionTable:
    users = _joined([chunk.users for chunk in bulk], [event.user_id for event in events])
    items = _joined([chunk.items for chunk in bulk], [event.item_id for event in events])
    seconds = np.array([event.timestamp for event in events], dtype=np.int64)
    return InteractionTable(
        users=users.codes,
        items=items.codes,
        timestamps=np.concatenate([*(chunk.timestamps for chunk in bulk), seconds]),
        user_ids=users.values,
        item_ids=items.values,
    )


def _joined(columns: Sequence[TextColumn], texts: Sequence[str]) -> TextColumn:
    """One column of several, their values in order of first appearance."""
    if len(columns) == 1 and not texts:
        return columns[0]
    code_of: dict[str, int] = {}
    parts: list[Codes] = []
    for column in columns:
        recoded = [code_of.setdefault(value, len(code_of)) for value in column.values]
        parts.append(np.array(recoded, dtype=np.int32)[column.codes])
    parts.append(np.array([code_of.setdefault(text, len(code_of)) for text in texts], dtype=np.int32))
    return TextColumn(np.concatenate(parts), tuple(code_of))
