from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulator.data.columns import Chunk, text_column
from simulator.data.csv_files import read_import
from simulator.data.event_filters import counting_since, counting_table
from simulator.data.exports import export_interactions
from simulator.data.interactions import InteractionStore, PutEvent, Snapshot
from simulator.data.schemas import AvroSchema, Field
from simulator.quotas import Quotas

SCHEMA = AvroSchema(
    "Interactions",
    (
        Field("USER_ID", "string", False),
        Field("ITEM_ID", "string", False),
        Field("TIMESTAMP", "long", False),
    ),
)

ids = st.text(alphabet='ab01,"\\ é', min_size=1, max_size=4)
rows = st.tuples(ids, ids, st.integers(0, 5))


def event(user: str, item: str, timestamp: int, session: str = "s") -> PutEvent:
    return PutEvent(timestamp, user, session, item, "watch", None, "", "")


def chunk(listed: list[tuple[str, str, int]]) -> Chunk:
    return Chunk(
        {
            "USER_ID": text_column(user for user, _, _ in listed),
            "ITEM_ID": text_column(item for _, item, _ in listed),
            "TIMESTAMP": np.array([timestamp for _, _, timestamp in listed], np.int64),
        }
    )


def as_rows(store: InteractionStore) -> list[tuple[str, str, int]]:
    table = counting_table(store, store.snapshot(), None)
    assert len(table) == len(table.items) == len(table.timestamps)
    return [
        (table.user_ids[user], table.item_ids[item], int(timestamp))
        for user, item, timestamp in zip(table.users, table.items, table.timestamps, strict=True)
    ]


@given(st.lists(rows), st.lists(rows), st.lists(rows))
def test_the_table_is_bulk_and_then_put_in_order_of_arrival(
    first: list[tuple[str, str, int]], second: list[tuple[str, str, int]], put: list[tuple[str, str, int]]
) -> None:
    store = InteractionStore()
    store.replace_bulk(chunk([("gone", "gone", 1)]))
    store.replace_bulk(chunk(first))
    store.add_bulk(chunk(second))
    for instant, row in enumerate(put):
        store.add_event(event(*row), instant)
    assert as_rows(store) == first + [row for row in second if row not in first] + list(dict.fromkeys(put))


@given(st.lists(rows), st.randoms())
def test_events_of_one_instant_have_one_order(put: list[tuple[str, str, int]], chance: object) -> None:
    stores = InteractionStore(), InteractionStore()
    shuffled = list(put)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    for store, listed in zip(stores, (put, shuffled), strict=True):
        for row in listed:
            store.add_event(event(*row), 7)
    assert as_rows(stores[0]) == as_rows(stores[1])
    for user, _, _ in put:
        assert stores[0].streamed(user, 0) == stores[1].streamed(user, 0)


def test_a_snapshot_does_not_see_what_comes_later() -> None:
    store = InteractionStore()
    store.replace_bulk(chunk([("u", "a", 1)]))
    store.add_event(event("u", "b", 2), 1)
    snapshot = store.snapshot()
    store.add_event(event("u", "c", 3), 2)
    store.replace_bulk(chunk([]))
    table = counting_table(store, snapshot, None)
    assert [table.item_ids[item] for item in table.items] == ["a", "b"]
    later = counting_since(store, snapshot.put, Snapshot((), 2), None)
    assert [later.item_ids[item] for item in later.items] == ["c"]
    assert [each.item_id for each in store.streamed("u", snapshot.put)] == ["c"]


def test_an_anonymous_session_is_streamed_but_not_trained_on() -> None:
    store = InteractionStore()
    store.add_event(event("", "a", 1, session="visitor"), 1)
    assert [each.item_id for each in store.streamed("visitor", 0)] == ["a"]
    assert as_rows(store) == []


@given(st.lists(rows, min_size=1))
def test_what_is_exported_is_what_was_imported(listed: list[tuple[str, str, int]]) -> None:
    """The export's quoting is read back by our own reader, with backslash escapes, row for row."""
    source = InteractionStore()
    source.replace_bulk(chunk(listed))
    exported = export_interactions(SCHEMA, "ITEM_ID", source.bulk, []).decode()
    header, rest = exported.split("\n", 1)
    names = header.split(",")
    assert names[0] == "timestamp"
    renamed = ",".join({"user_id": "USER_ID", "item_id": "ITEM_ID", "timestamp": "TIMESTAMP"}.get(n, n) for n in names)
    parsed = read_import([f"{renamed}\n{rest}".encode()], SCHEMA, Quotas({"interaction_records_per_import": 1}))
    store = InteractionStore()
    assert parsed.rows is not None
    store.replace_bulk(parsed.rows)
    assert as_rows(store) == [(user, item, timestamp * 1000) for user, item, timestamp in dict.fromkeys(listed)]
