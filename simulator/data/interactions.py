"""The interactions of a dataset: what was imported in bulk and what was put, kept apart, as columns.

Bulk chunks are immutable arrays; put events are a log that only grows. A snapshot is therefore a reference and a
count, however large the store.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.clock import Micros
from simulator.data.columns import (
    Chunk,
    Codes,
    Column,
    Mask,
    Seconds,
    Value,
    joined_texts,
    text_column,
)
from simulator.data.columns import TextColumn as TextColumn
from simulator.data.distinct import new_rows

Places = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float32]

# How many ignored events a store remembers, the newest ones.
_REMEMBERED = 1000


@dataclass(frozen=True, eq=False)
class InteractionTable:
    """A snapshot of interactions, one row each, in order of arrival.

    `users` and `items` are codes into `user_ids` and `item_ids` (ids may stand there without a row);
    `timestamps` are Unix seconds. `weights` say how much each row counts (None: all alike), `contexts` have the
    context of each row, by the names of its columns. All arrays have one length and are never written to.
    """

    users: Codes
    items: Codes
    timestamps: Seconds
    user_ids: tuple[str, ...]
    item_ids: tuple[str, ...]
    weights: Weights | None = None
    contexts: Mapping[str, TextColumn] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.users)

    def take(self, rows: Mask) -> InteractionTable:
        """The rows that a mask marks; the ids stay what they are."""
        return replace(
            self,
            users=self.users[rows],
            items=self.items[rows],
            timestamps=self.timestamps[rows],
            weights=None if self.weights is None else self.weights[rows],
            contexts={name: column.take(rows) for name, column in self.contexts.items()},
        )


@dataclass(frozen=True, eq=False)
class BulkChunk:
    """The rows of one import job, distinct, in the order of the files; all columns have one length.

    `items` are the ids of items or actions; `others` are the columns that have no member of their own; `arrived` is
    the instant at which the import ended.
    """

    users: TextColumn
    items: TextColumn
    timestamps: Seconds
    others: Mapping[str, Column]
    arrived: Micros = 0

    def __len__(self) -> int:
        return len(self.timestamps)

    def rows_of(self, user_id: str) -> Places:
        """The rows of a user, oldest first, at one time as they stand in the files."""
        code_of, offsets, rows = self._rows_by_user
        code = code_of.get(user_id)
        return rows[:0] if code is None else rows[offsets[code] : offsets[code + 1]]

    @cached_property
    def _rows_by_user(self) -> tuple[dict[str, int], Places, Places]:
        """The users' codes; where the rows of each begin and end; the rows of all, user by user and by time."""
        ids = self.users.values
        lengths = np.bincount(self.users.codes, minlength=len(ids))
        offsets = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)))
        rows = np.lexsort((self.timestamps, self.users.codes))
        return {user_id: code for code, user_id in enumerate(ids)}, offsets, rows.astype(np.int64, copy=False)


class PutEvent(NamedTuple):
    """One interaction that was put. `timestamp` is Unix seconds; absent texts are empty.

    `item_id` is the item's, or the action's where actions are put. `properties` are the columns of the schema that
    have no member of their own, in the order of their names. `event_id` is the caller's, empty where it gave none.
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
    event_id: str = ""
    event_attribution_source: str = ""

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


class Ignored(NamedTuple):
    """A put event that was answered with 200 and not stored, and why: the id of a rule."""

    instant: Micros
    event: PutEvent
    rule: str


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What a store held at one moment: its bulk chunks, and how many of its put events."""

    bulk: tuple[BulkChunk, ...]
    put: int

    def without(self, users: Set[str]) -> Snapshot:
        """The same without some users' bulk rows; their put events are no longer in the store."""
        return Snapshot(tuple(_without(chunk, users) for chunk in self.bulk), self.put)


@dataclass
class _Sessions:
    """Where the events of each session are, of the first `taken` that were put; made when first asked for."""

    positions: dict[str, list[int]] = field(default_factory=dict)
    taken: int = 0


@dataclass
class InteractionStore:
    """All interactions of one dataset, with items or with actions, as its id column says.

    `put` is in order of arrival; `by_subject` finds a user's (or anonymous session's) events in it, `known`
    makes equal events count once, and `firsts` is where the first event of each event id is. `ignored` are the newest
    of those that were not stored; `unknown_keys` are those of properties that were passed over, by position.
    """

    id_column: str = "ITEM_ID"
    bulk: tuple[BulkChunk, ...] = ()
    put: list[Arrival] = field(default_factory=list)
    by_subject: dict[str, list[int]] = field(default_factory=dict)
    known: set[PutEvent] = field(default_factory=set)
    firsts: dict[str, int] = field(default_factory=dict)
    ignored: list[Ignored] = field(default_factory=list)
    unknown_keys: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def replace_bulk(self, chunk: Chunk, arrived: Micros = 0) -> None:
        """A FULL import: the earlier bulk rows go, what was put stays. Source: the guide, importing data."""
        self.bulk = (_bulk(chunk, self.id_column, arrived),)

    def add_bulk(self, chunk: Chunk, arrived: Micros = 0) -> None:
        """An INCREMENTAL import: the rows join the earlier ones; those equal to one of them count once."""
        earlier = [chunk_of(each, self.id_column) for each in self.bulk]
        self.bulk += (_bulk(new_rows(chunk, earlier), self.id_column, arrived),)

    def add_event(self, event: PutEvent, instant: Micros, unknown_keys: tuple[str, ...] = ()) -> bool:
        """Stores an event that arrived at `instant`; False if an equal one is stored already."""
        if event in self.known:
            self.ignore(event, instant, "events.equal-once")
            return False
        self.known.add(event)
        at = len(self.put)
        self.by_subject.setdefault(event.subject, []).append(at)
        self.put.append(Arrival(instant, event))
        if event.event_id:
            self._find_first(at)
        if unknown_keys:
            self.unknown_keys[at] = unknown_keys
        return True

    def ignore(self, event: PutEvent, instant: Micros, rule: str) -> None:
        """Remembers an event that arrived at `instant` and is not stored by this rule."""
        self.ignored.append(Ignored(instant, event, rule))
        del self.ignored[:-_REMEMBERED]

    def is_repeated(self, at: int) -> bool:
        """Whether the event at a position has the event id of an earlier one."""
        return self.firsts.get(self.put[at].event.event_id, at) != at

    def streamed(self, subject: str, since: int, anonymous_since: int | None = None) -> list[PutEvent]:
        """The events of a user or session from the `since`-th put on, in order of arrival.

        Those of the anonymous session of that name are from the `anonymous_since`-th on (default: `since`). Events
        with the id of an earlier one are left out.
        """
        positions = self.by_subject.get(subject)
        first = since if anonymous_since is None else min(since, anonymous_since)
        if not positions or positions[-1] < first:
            return []
        found = []
        for at in positions[bisect_left(positions, first) :]:
            arrival = self.put[at]
            begin = since if anonymous_since is None or arrival.event.user_id else anonymous_since
            if at >= begin and not self.is_repeated(at):
                found.append(arrival)
        return [arrival.event for arrival in sorted(found, key=_order)]

    def arrived(self, subject: str, until: Micros) -> list[Arrival]:
        """The events of a user or session that came by an instant, as `streamed` orders and chooses them."""
        positions = self.by_subject.get(subject, ())
        stop = bisect_right(positions, until, key=lambda at: self.put[at].instant)
        return sorted((self.put[at] for at in positions[:stop] if not self.is_repeated(at)), key=_order)

    def of_session(self, session_id: str) -> list[int]:
        """Where the events of a session are, whoever's they are."""
        index = self._sessions
        for at in range(index.taken, len(self.put)):
            index.positions.setdefault(self.put[at].event.session_id, []).append(at)
        index.taken = len(self.put)
        found = index.positions.get(session_id, ())
        return [at for at in found if self.put[at].event.session_id == session_id]

    @cached_property
    def _sessions(self) -> _Sessions:
        return _Sessions()

    def snapshot(self) -> Snapshot:
        """What the store holds now, without copying it."""
        return Snapshot(self.bulk, len(self.put))

    def arrivals(self, start: int, stop: int) -> list[Arrival]:
        """The put events from `start` to before `stop`, ordered by arrival and then by content."""
        return sorted((each for each in self.put[start:stop] if each.event != FORGOTTEN), key=_order)

    def counting(self, start: int, stop: int) -> list[Arrival]:
        """The same without events that have the id of an earlier one.

        Source: the API reference, Event, eventId.
        """
        if not self.firsts:
            return self.arrivals(start, stop)
        counting = [self.put[at] for at in range(start, min(stop, len(self.put))) if not self.is_repeated(at)]
        return sorted((each for each in counting if each.event != FORGOTTEN), key=_order)

    def _find_first(self, at: int) -> None:
        """Takes the event at a position into account; of one instant the first by content is the first."""
        first = self.firsts.setdefault(self.put[at].event.event_id, at)
        if _order(self.put[at]) < _order(self.put[first]):
            self.firsts[self.put[at].event.event_id] = at

    def remove_users(self, users: Set[str]) -> int:
        """Forgets all interactions of some users; how many those were. Positions of put events stay what they are."""
        before = sum(map(len, self.bulk))
        self.bulk = self.snapshot().without(users).bulk
        removed = before - sum(map(len, self.bulk))
        self.ignored = [each for each in self.ignored if each.event.user_id not in users]
        orphaned: set[str] = set()
        for user in users:
            for at in self._positions_of(user):
                event = self.put[at].event
                self.known.discard(event)
                if self.firsts.get(event.event_id) == at:
                    orphaned.add(event.event_id)
                    del self.firsts[event.event_id]
                self.put[at] = Arrival(self.put[at].instant, FORGOTTEN)
                self.unknown_keys.pop(at, None)
                removed += 1
        for at, arrival in enumerate(self.put if orphaned else ()):
            if arrival.event.event_id in orphaned:
                self._find_first(at)
        return removed

    def _positions_of(self, user: str) -> list[int]:
        """Where a user's events are, taken out of `by_subject`; a session of the user's name keeps its own."""
        positions = self.by_subject.pop(user, [])
        of_user = [at for at in positions if self.put[at].event.user_id]
        if len(of_user) < len(positions):
            self.by_subject[user] = [at for at in positions if not self.put[at].event.user_id]
        return of_user


def trained_events(store: InteractionStore, stop: int) -> list[PutEvent]:
    """What a full training sees of the events put before the `stop`-th: those that are a user's."""
    put = store.put
    return [
        put[at].event if put[at].event.user_id else put[at].event._replace(user_id=user_id)
        for at, user_id in reversed(users_of(store, stop).items())
        if not store.is_repeated(at)
    ]


def users_of(store: InteractionStore, stop: int, among: Iterable[int] | None = None) -> dict[int, str]:
    """Whose each of the events put before the `stop`-th is to a full training, by position, the last to arrive first.

    `among` are the positions that are asked about, all of a session (None: all there are). An anonymous event is the
    user's whose id the next event of its session has that has one; without one it is nobody's, and left out.
    Source: the guide, "Recording events for anonymous users".
    """
    latest: dict[str, str] = {}
    found = {}
    asked = range(min(stop, len(store.put))) if among is None else [at for at in among if at < stop]
    for at in sorted(asked, key=lambda each: _order(store.put[each]), reverse=True):
        event = store.put[at].event
        if event.user_id:
            latest[event.session_id] = event.user_id
        if (user_id := latest.get(event.session_id)) is not None:
            found[at] = user_id
    return found


def streamed_events(store: InteractionStore, start: int, stop: int) -> list[PutEvent]:
    """What an update sees of the events put from the `start`-th to before the `stop`-th: those of users."""
    return [event for _, event in store.counting(start, stop) if event.user_id]


def chunk_of(bulk: BulkChunk, id_column: str) -> Chunk:
    """The rows of a bulk chunk by the names of all columns."""
    return Chunk({"USER_ID": bulk.users, id_column: bulk.items, "TIMESTAMP": bulk.timestamps, **bulk.others})


def _bulk(chunk: Chunk, id_column: str, arrived: Micros) -> BulkChunk:
    seconds = chunk.columns["TIMESTAMP"]
    assert isinstance(seconds, np.ndarray), "the schema makes it a number"
    own = ("USER_ID", id_column, "TIMESTAMP")
    others = {name: column for name, column in chunk.columns.items() if name not in own}
    seconds = seconds.astype(np.int64, copy=False)
    return BulkChunk(chunk.texts("USER_ID"), chunk.texts(id_column), seconds, others, arrived)


def _without(bulk: BulkChunk, users: Set[str]) -> BulkChunk:
    return _bulk(chunk_of(bulk, "ITEM_ID").without("USER_ID", users), "ITEM_ID", bulk.arrived)


def _order(arrival: Arrival) -> tuple[Micros, int, tuple[str, ...]]:
    """What decides the order of put events: their arrival, and then their content."""
    event = arrival.event
    texts = event.user_id, event.session_id, event.item_id, event.event_type
    return arrival.instant, event.timestamp, (*texts, repr(event[5:]))


def table_of(bulk: Sequence[BulkChunk], events: Sequence[PutEvent], contexts: Sequence[str] = ()) -> InteractionTable:
    """One table of bulk rows and put events, with the columns of `contexts`, all of texts."""
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
        contexts={name: joined_texts([*_context(bulk, events, name)]) for name in contexts},
    )


def _context(bulk: Sequence[BulkChunk], events: Sequence[PutEvent], name: str) -> Iterator[TextColumn]:
    """A column of texts in all rows, part by part; absent where a part has no such column."""
    for chunk in bulk:
        column = chunk.others.get(name)
        yield column if isinstance(column, TextColumn) else TextColumn(np.zeros(len(chunk), np.int32), ("",))
    if events or not bulk:
        yield text_column(str(dict(event.properties).get(name) or "") for event in events)
