"""Event filters: the same interactions count whether they were imported or put."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulator.data.columns import Chunk, text_column
from simulator.data.event_filters import (
    EventFilter,
    counting_table,
    lacks_event_types,
    rows_of_other_items,
)
from simulator.data.interactions import InteractionStore, InteractionTable, PutEvent
from simulator.data.user_events import FORGOTTEN_AFTER, Sight, events_of, users_and_types

TYPES = ("", "click", "watch")
Row = tuple[str, str, str, float | None]

values = st.none() | st.sampled_from((0.0, 0.5, 1.0))
rows = st.lists(st.tuples(st.sampled_from("uv"), st.sampled_from("ijk"), st.sampled_from(TYPES), values), max_size=12)
alternatives = st.lists(
    st.tuples(st.none() | st.sampled_from(("click", "watch", "like")), st.none() | st.sampled_from((0.5, 0.75))),
    max_size=3,
)


def store_of(imported: list[Row], put: list[Row]) -> InteractionStore:
    """A store with these interactions, each a second after the one before it."""
    store = InteractionStore()
    if imported:
        users, items, types, event_values = zip(*imported, strict=True)
        store.add_bulk(
            Chunk(
                {
                    "USER_ID": text_column(users),
                    "ITEM_ID": text_column(items),
                    "TIMESTAMP": np.arange(len(imported)),
                    "EVENT_TYPE": text_column(types),
                    "EVENT_VALUE": np.array([np.nan if each is None else each for each in event_values]),
                }
            )
        )
    for place, (user, item, event_type, event_value) in enumerate(put, start=len(imported)):
        store.add_event(PutEvent(place, user, "s", item, event_type, event_value, "", ""), place)
    return store


def shown(table: InteractionTable) -> list[tuple[str, str, int]]:
    return [
        (table.user_ids[user], table.item_ids[item], timestamp)
        for user, item, timestamp in zip(
            table.users.tolist(), table.items.tolist(), table.timestamps.tolist(), strict=True
        )
    ]


@given(rows, rows, alternatives)
def test_what_counts(imported: list[Row], put: list[Row], allowed: list[tuple[str | None, float | None]]) -> None:
    events = EventFilter(tuple(allowed))
    store = store_of(imported, put)
    wanted = [
        (user, item, place)
        for place, (user, item, event_type, event_value) in enumerate([*imported, *put])
        if events.lets(event_type, event_value)
    ]
    assert shown(counting_table(store, store.snapshot(), events)) == wanted
    assert len(counting_table(store, store.snapshot(), None)) == len(imported) + len(put)


@given(rows, rows)
def test_what_users_did(imported: list[Row], put: list[Row]) -> None:
    store = store_of(imported, [*put, ("", "i", "click", None)])
    everything = Sight(100, 100)
    had = [*imported, *put]
    for user in "uvw":
        wanted = [(item, event_type) for each, item, event_type, _ in reversed(had) if each == user]
        assert events_of(store, user, everything) == wanted
    assert users_and_types(store, everything) == sorted({(user, event_type) for user, _, event_type, _ in had})


def test_what_filters_see_of_what_users_did() -> None:
    """What was put until a while ago; and nothing from before three months without a user's data."""
    month = FORGOTTEN_AFTER // 3
    store = InteractionStore()
    for at, months in enumerate((1, 2, 4)):
        rows = Chunk(
            {"USER_ID": text_column(["u"]), "ITEM_ID": text_column([f"bulk{months}"]), "TIMESTAMP": np.array([at])}
        )
        store.add_bulk(rows, months * month)
    for months in (5, 8, 9):
        store.add_event(PutEvent(months, "u", "s", f"put{months}", "view", None, "", ""), months * month)
    store.add_event(PutEvent(1, "v", "s", "x", "view", None, "", ""), 9 * month)

    def seen(now: int, delay: int = 0) -> list[str]:
        sight = Sight(now, now - delay)
        types = {event_type for user, event_type in users_and_types(store, sight) if user == "u"}
        found = events_of(store, "u", sight)
        assert types == {event_type for _, event_type in found}
        return [item for item, _ in found]

    assert seen(9 * month) == ["put9", "put8"]
    assert seen(9 * month, delay=1) == ["put8"]
    assert seen(8 * month, delay=1) == []
    assert seen(8 * month - 1) == ["put5", "bulk4", "bulk2", "bulk1"]
    assert seen(5 * month, delay=1) == ["bulk4", "bulk2", "bulk1"]
    assert seen(12 * month - 1) == ["put9", "put8"]
    assert seen(12 * month) == []
    assert events_of(store, "nobody", Sight(0, 0)) == []


@given(rows.filter(bool), st.sets(st.sampled_from("ijk")))
def test_rows_of_other_items(imported: list[Row], known: set[str]) -> None:
    (chunk,) = store_of(imported, []).bulk
    others = rows_of_other_items(chunk, known)
    kept = [(user, item) for user, item, _, _ in imported if item not in known]
    assert [
        (others.users.values[user], others.items.values[item])
        for user, item in zip(others.users.codes.tolist(), others.items.codes.tolist(), strict=True)
    ] == kept
    assert {len(column) for column in others.others.values()} == {len(kept)}


def test_event_types_that_mean_nothing() -> None:
    def lacking(imported: list[Row], put: list[Row]) -> bool:
        store = store_of(imported, put)
        return lacks_event_types(store, store.snapshot())

    assert lacking([("u", "i", "", None), ("u", "j", "event_type", None)], [])
    assert not lacking([("u", "i", "", None), ("u", "j", "click", None)], [])
    assert not lacking([("u", "i", "", None)], [("u", "j", "click", None)])
    assert not lacking([], [("u", "j", "ITEM_ID", None)])  # no import, and so no column
