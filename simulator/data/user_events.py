"""What users did, imported or put, as filters look at it.

Source: the guide, "Filter expressions": bulk and streamed interactions alike.
"""

from __future__ import annotations

import numpy as np

from simulator.data.columns import TextColumn
from simulator.data.interactions import InteractionStore


def events_of(store: InteractionStore, user_id: str) -> list[tuple[str, str]]:
    """The id and the type of everything that a user, or an anonymous session, did; the newest first.

    Imported or put; of events at one time the later arrival is the newer one. An absent type is empty.
    """
    found: list[tuple[int, str, str]] = []
    for chunk in store.bulk:
        rows = chunk.rows_of(user_id)
        ids = chunk.items.values
        items = [ids[code] for code in chunk.items.codes[rows].tolist()]
        column = chunk.others.get("EVENT_TYPE")
        if isinstance(column, TextColumn):
            types = [column.values[code] for code in column.codes[rows].tolist()]
        else:
            types = [""] * len(items)
        found += zip(chunk.timestamps[rows].tolist(), items, types, strict=True)
    found += [(event.timestamp, event.item_id, event.event_type) for event in store.streamed(user_id, 0)]
    found.sort(key=_seconds)
    return [(item_id, event_type) for _, item_id, event_type in reversed(found)]


def users_and_types(store: InteractionStore) -> list[tuple[str, str]]:
    """Every user with every type of event that the user had, imported or put; in the order of their ids."""
    found = {(event.user_id, event.event_type) for _, event in store.arrivals(0, len(store.put)) if event.user_id}
    for chunk in store.bulk:
        column = chunk.others.get("EVENT_TYPE")
        types = column if isinstance(column, TextColumn) else TextColumn(np.zeros(len(chunk), np.int32), ("",))
        pairs = np.unique(chunk.users.codes.astype(np.int64) * len(types.values) + types.codes).tolist()
        width = len(types.values)
        found |= {(chunk.users.values[pair // width], types.values[pair % width]) for pair in pairs}
    return sorted(found)


def _seconds(event: tuple[int, str, str]) -> int:
    return event[0]
