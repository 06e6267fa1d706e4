"""The interactions of a dataset: what was imported in bulk and what was put, kept apart, as columns.

Bulk chunks are immutable arrays; put events are a log that only grows. A snapshot is therefore a reference and a
count, however large the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from simulator.clock import Micros
from simulator.data.columns import (
    Chunk,
    Codes,
    Column,
    Seconds,
    Value,
    joined_texts,
    text_column,
)
from simulator.data.columns import TextColumn as TextColumn
from simulator.data.distinct import new_rows


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
class BulkChunk:
    """The rows of one import job, distinct, in the order of the files; all columns have one length.

    `items` are the ids of items or actions; `others` are the columns that have no member of their own.
    """

    users: TextColumn
    items: TextColumn
    timestamps: Seconds
    others: Mapping[str, Column]

    def __len__(self) -> int:
        return len(self.timestamps)


class PutEvent(NamedTuple):
    """One interaction that was put. `timestamp` is Unix seconds; absent texts are empty.

    `item_id` is the item's, or the action's where actions are put. `properties` are the columns of the schema that
    have no member of their own, in the order of their names.
    """

    timestamp: int
    user_id: str
    session_id: str
    item_id: str
    event_type: str
    event_value: float | None
    impression: str
    recommendation_id: str
    properties: tuple[tuple[str, Value], ...] = ()

    @property
    def subject(self) -> str:
        """Whose history the event belongs to: the user's, or the session's while it is anonymous."""
        return self.user_id or self.session_id


# What stands in the place of an event whose user was deleted, so that positions in the log stay what they are.
FORGOTTEN = PutEvent(0, "", "", "", "", None, "", "")


class Arrival(NamedTuple):
    """A put event and the virtual instant at which it came."""

    instant: Micros
    event: PutEvent


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What a store held at one moment: its bulk chunks, and how many of its put events."""

    bulk: tuple[BulkChunk, ...]
    put: int

    def without(self, users: Set[str]) -> Snapshot:
        """The same without some users' bulk rows; their put events are no longer in the store."""
        return Snapshot(tuple(_without(chunk, users) for chunk in self.bulk), self.put)


@dataclass
class InteractionStore:
    """All interactions of one dataset, with items or with actions, as its id column says.

    `put` is in order of arrival; `by_subject` finds a user's (or anonymous session's) events in it, and
    `known` makes equal events count once.
    """

    id_column: str = "ITEM_ID"
    bulk: tuple[BulkChunk, ...] = ()
    put: list[Arrival] = field(default_factory=list)
    by_subject: dict[str, list[int]] = field(default_factory=dict)
    known: set[PutEvent] = field(default_factory=set)

    def replace_bulk(self, chunk: Chunk) -> None:
        """A FULL import: the earlier bulk rows go, what was put stays. Source: the guide, importing data."""
        self.bulk = (_bulk(chunk, self.id_column),)

    def add_bulk(self, chunk: Chunk) -> None:
        """An INCREMENTAL import: the rows join the earlier ones; those equal to one of them count once."""
        earlier = [chunk_of(each, self.id_column) for each in self.bulk]
        self.bulk += (_bulk(new_rows(chunk, earlier), self.id_column),)

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
        arrivals = [self.put[at] for at in positions if at >= since]
        return [arrival.event for arrival in sorted(arrivals, key=_order)]

    def snapshot(self) -> Snapshot:
        """What the store holds now, without copying it."""
        return Snapshot(self.bulk, len(self.put))

    def arrivals(self, start: int, stop: int) -> list[Arrival]:
        """The put events from `start` to before `stop`, ordered by arrival and then by content."""
        return sorted((each for each in self.put[start:stop] if each.event != FORGOTTEN), key=_order)

    def remove_users(self, users: Set[str]) -> int:
        """Forgets all interactions of some users; how many those were. Positions of put events stay what they are."""
        before = sum(map(len, self.bulk))
        self.bulk = self.snapshot().without(users).bulk
        removed = before - sum(map(len, self.bulk))
        for user in users:
            for at in self._positions_of(user):
                self.known.discard(self.put[at].event)
                self.put[at] = Arrival(self.put[at].instant, FORGOTTEN)
                removed += 1
        return removed

    def _positions_of(self, user: str) -> list[int]:
        """Where a user's events are, taken out of `by_subject`; a session of the user's name keeps its own."""
        positions = self.by_subject.pop(user, [])
        of_user = [at for at in positions if self.put[at].event.user_id]
        if len(of_user) < len(positions):
            self.by_subject[user] = [at for at in positions if not self.put[at].event.user_id]
        return of_user


def training_table(store: InteractionStore, snapshot: Snapshot) -> InteractionTable:
    """The interactions that a training sees: bulk and put, without those of anonymous sessions.

    Source: the guide, "Recording events for anonymous users": without a link to a user they are not used.
    """
    return _table(snapshot.bulk, _of_users(store.arrivals(0, snapshot.put)))


def streamed_table(store: InteractionStore, start: int, stop: int) -> InteractionTable:
    """The interactions that were put from the `start`-th to before the `stop`-th, as a training sees them."""
    return _table((), _of_users(store.arrivals(start, stop)))


def chunk_of(bulk: BulkChunk, id_column: str) -> Chunk:
    """The rows of a bulk chunk by the names of all columns."""
    return Chunk({"USER_ID": bulk.users, id_column: bulk.items, "TIMESTAMP": bulk.timestamps, **bulk.others})


def _bulk(chunk: Chunk, id_column: str) -> BulkChunk:
    seconds = chunk.columns["TIMESTAMP"]
    assert isinstance(seconds, np.ndarray), "the schema makes it a number"
    own = ("USER_ID", id_column, "TIMESTAMP")
    others = {name: column for name, column in chunk.columns.items() if name not in own}
    return BulkChunk(chunk.texts("USER_ID"), chunk.texts(id_column), seconds.astype(np.int64, copy=False), others)


def _without(bulk: BulkChunk, users: Set[str]) -> BulkChunk:
    return _bulk(chunk_of(bulk, "ITEM_ID").without("USER_ID", users), "ITEM_ID")


def _order(arrival: Arrival) -> tuple[Micros, int, tuple[str, ...]]:
    """What decides the order of put events: their arrival, and then their content."""
    event = arrival.event
    texts = event.user_id, event.session_id, event.item_id, event.event_type
    return arrival.instant, event.timestamp, (*texts, repr(event[5:]))


def _of_users(arrivals: Sequence[Arrival]) -> list[PutEvent]:
    return [event for _, event in arrivals if event.user_id]


def _table(bulk: Sequence[BulkChunk], events: Sequence[PutEvent]) -> InteractionTable:
    put_users, put_items = [], []
    if events:
        put_users.append(text_column(event.user_id for event in events))
        put_items.append(text_column(event.item_id for event in events))
    users = joined_texts([*(chunk.users for chunk in bulk), *put_users])
    items = joined_texts([*(chunk.items for chunk in bulk), *put_items])
    seconds = np.array([event.timestamp for event in events], dtype=np.int64)
    return InteractionTable(
        users=users.codes,
        items=items.codes,
        timestamps=np.concatenate([*(chunk.timestamps for chunk in bulk), seconds]),
        user_ids=users.values,
        item_ids=items.values,
    )
