"""What users did, imported or put, as filters look at it.

Source: the guide, "Filter expressions": bulk and streamed interactions alike, forgotten if none of a user was imported
for three months; "Importing individual records": filters see what is put within 15 minutes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import repeat

import numpy as np

from simulator.clock import HOUR, Micros
from simulator.data.columns import TextColumn
from simulator.data.interactions import BulkChunk, InteractionStore, PutEvent

# The three months after which filters forget what a user did (assumed: of 30 days each).
FORGOTTEN_AFTER: Micros = 90 * 24 * HOUR


@dataclass(frozen=True)
class Sight:
    """What filters see at the instant `now`: of what was put, that which had arrived `until` then."""

    now: Micros
    until: Micros

    def since(self, arrived: Iterable[Micros]) -> Micros:
        """From when on a user's interactions are seen that arrived then, in order: three months empty hide the rest."""
        since = self.now
        for instant in sorted(arrived, reverse=True):
            if since - instant >= FORGOTTEN_AFTER:
                break
            since = instant
        return since


# Something that a user did and filters see: its time in Unix seconds, the item's (or action's) id, the type of event,
# and what was put, None if it was imported.
SeenEvent = tuple[int, str, str, PutEvent | None]


def events_of(store: InteractionStore, user_id: str, sight: Sight) -> list[tuple[str, str]]:
    """The id and the type of everything that a user, or an anonymous session, did and filters see; the newest first."""
    return [(item_id, event_type) for _, item_id, event_type, _ in seen_of(store, user_id, sight)]


def seen_of(store: InteractionStore, user_id: str, sight: Sight) -> list[SeenEvent]:
    """Everything that a user, or an anonymous session, did and filters see; the newest first.

    Imported or put; of events at one time the later arrival is the newer one. An absent type is empty.
    """
    had = [(chunk, rows) for chunk in store.bulk if len(rows := chunk.rows_of(user_id))]
    put = store.arrived(user_id, sight.until)
    since = sight.since([*(chunk.arrived for chunk, _ in had), *(arrival.instant for arrival in put)])
    found: list[SeenEvent] = []
    for chunk, rows in had:
        if chunk.arrived < since:
            continue
        ids = chunk.items.values
        items = [ids[code] for code in chunk.items.codes[rows].tolist()]
        column = chunk.others.get("EVENT_TYPE")
        if isinstance(column, TextColumn):
            types = [column.values[code] for code in column.codes[rows].tolist()]
        else:
            types = [""] * len(items)
        found += zip(chunk.timestamps[rows].tolist(), items, types, repeat(None), strict=False)
    for instant, event in put:
        if instant >= since:
            found.append((event.timestamp, event.item_id, event.event_type, event))
    found.reverse()
    found.sort(key=_seconds, reverse=True)
    return found


def users_and_types(store: InteractionStore, sight: Sight) -> list[tuple[str, str]]:
    """Every user with every type of event that the user had and filters see, imported or put; in order of their ids."""
    had: dict[str, list[tuple[Micros, str]]] = {}
    for chunk in store.bulk:
        for user_id, event_type in _users_and_types(chunk):
            had.setdefault(user_id, []).append((chunk.arrived, event_type))
    for instant, event in store.arrivals(0, len(store.put)):
        if event.user_id and instant <= sight.until:
            had.setdefault(event.user_id, []).append((instant, event.event_type))
    found = set()
    for user_id, events in had.items():
        since = sight.since(instant for instant, _ in events)
        found |= {(user_id, event_type) for instant, event_type in events if instant >= since}
    return sorted(found)


def _users_and_types(chunk: BulkChunk) -> set[tuple[str, str]]:
    column = chunk.others.get("EVENT_TYPE")
    types = column if isinstance(column, TextColumn) else TextColumn(np.zeros(len(chunk), np.int32), ("",))
    width = len(types.values)
    pairs = np.unique(chunk.users.codes.astype(np.int64) * width + types.codes).tolist()
    return {(chunk.users.values[pair // width], types.values[pair % width]) for pair in pairs}


def _seconds(event: SeenEvent) -> int:
    return event[0]
