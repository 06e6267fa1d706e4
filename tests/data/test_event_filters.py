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
from simulator.data.user_events import events_of, users_and_types

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
    had = [*imported, *put]
    for user in "uvw":
        wanted = [(item, event_type) for each, item, event_type, _ in reversed(had) if each == user]
        assert events_of(store, user) == wanted
    assert users_and_types(store) == sorted({(user, event_type) for user, _, event_type, _ in had})


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
