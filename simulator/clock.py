"""Virtual time and its agenda: everything that will happen later is an entry here, as data.

Instants are whole microseconds since 1970-01-01T00:00:00Z (`Micros`), so that arithmetic is exact and a
dump of them is plain.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

Micros = int

SECOND: Micros = 1_000_000
MINUTE: Micros = 60 * SECOND
HOUR: Micros = 60 * MINUTE

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ONE_MICROSECOND = timedelta(microseconds=1)
_FIRST: Micros = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _ONE_MICROSECOND
_LAST: Micros = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _ONE_MICROSECOND


class SimulatorError(Exception):
    """The simulator was used in a way it cannot honour; never an answer of the simulated service."""


class TimeRanBackward(SimulatorError):
    """The process's clock stands before an instant that the simulation has already lived through."""


def micros_of(moment: datetime | str) -> Micros:
    """Microseconds since the epoch of a datetime or an ISO 8601 text; without a zone it is UTC.

    Raises ValueError if the text is not ISO 8601 or the moment in UTC lies outside of the years 1 to 9999,
    TypeError if `moment` is something else.
    """
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    if not isinstance(moment, datetime):
        raise TypeError(f"a datetime or an ISO 8601 text is wanted, not {moment!r}")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return in_calendar((moment - _EPOCH) // _ONE_MICROSECOND)


def in_calendar(instant: Micros) -> Micros:
    """The same instant; raises ValueError if it lies outside of the years 1 to 9999, which a datetime can say."""
    if not _FIRST <= instant <= _LAST:
        raise ValueError("a moment must lie in the years 1 to 9999 of UTC")
    return instant


def datetime_of(instant: Micros) -> datetime:
    """The aware UTC datetime of an instant."""
    return _EPOCH + timedelta(microseconds=instant)


def micros_in(duration: timedelta) -> Micros:
    """The length of a timedelta in whole microseconds."""
    return duration // _ONE_MICROSECOND


class TimeSource(Protocol):
    """Where the present comes from: the process's frozen clock, the system's, or a number of our own."""

    def now(self) -> Micros:
        """The present instant."""

    def move_to(self, instant: Micros) -> None:
        """Makes `instant` the present; raises SimulatorError where this source cannot be moved."""


@dataclass
class OwnTime:
    """A present of the simulation's own, which leaves the process's clock alone (`freeze=False`)."""

    instant: Micros

    def now(self) -> Micros:
        """The instant last moved to."""
        return self.instant

    def move_to(self, instant: Micros) -> None:
        """Makes `instant` the present."""
        self.instant = instant


@dataclass(frozen=True, order=True)
class Entry:
    """Something that will happen at `due`: data that names what to do, never a function.

    Entries due at one instant run in the order of `rank` (causes before effects), then by their
    content, so that the order in which threads wrote them cannot matter.
    """

    due: Micros
    rank: int
    kind: str
    subject: str
    step: int = 0
    arguments: Mapping[str, str | int] = field(default_factory=dict, compare=False)


@dataclass
class Agenda:
    """All entries that are still to come, soonest first."""

    entries: list[Entry] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        """Writes an entry down."""
        heapq.heappush(self.entries, entry)

    def due(self, now: Micros) -> bool:
        """Whether something is to happen at or before `now`."""
        return bool(self.entries) and self.entries[0].due <= now

    def next(self) -> Entry:
        """Takes the soonest entry off; raises IndexError if there is none."""
        return heapq.heappop(self.entries)

    def drop(self, subject: str) -> None:
        """Forgets every entry about one subject (a resource that is no more)."""
        self.entries = [entry for entry in self.entries if entry.subject != subject]
        heapq.heapify(self.entries)
