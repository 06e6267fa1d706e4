"""The store of items, users and actions."""

from __future__ import annotations

import copy

from hypothesis import given
from hypothesis import strategies as st

from simulator.data.columns import Chunk, Value, column_of, text_column
from simulator.data.records import PutRecord, RecordStore
from simulator.data.stores import new_store

ids = st.sampled_from(["a", "b", "c", "d"])
values = st.none() | st.integers(0, 3)
full = st.tuples(st.just("full"), st.lists(st.tuples(ids, values), max_size=4))
incremental = st.tuples(st.just("incremental"), st.lists(st.tuples(ids, values), max_size=4))
put = st.tuples(st.just("put"), st.tuples(ids, values))
Row = tuple[str, int | None]


def chunk(rows: list[Row]) -> Chunk:
    return Chunk({"USER_ID": text_column(each for each, _ in rows), "AGE": column_of([age for _, age in rows])})


def put_record(instant: int, user: str, age: int | None) -> PutRecord:
    return PutRecord(instant, user, () if age is None else (("AGE", age),))


def ages(store: RecordStore) -> dict[str, Value]:
    return {each: store.current().value(each, "AGE") for each in store.ids()}


@given(st.lists(full | incremental | put, max_size=8), st.sets(ids))
def test_the_newest_of_each_id(steps: list[tuple[str, list[Row] | Row]], gone: set[str]) -> None:
    """Against a plain model: a list of what came, of which the last of an id counts."""
    store = RecordStore("USER_ID")
    came: list[tuple[str, Row]] = []
    for instant, (kind, what) in enumerate(steps):
        if isinstance(what, tuple):
            store.add_record(put_record(instant, *what))
            came.append(("put", what))
            continue
        if kind == "full":
            store.replace_bulk(chunk(what))
            came = [(how, row) for how, row in came if how == "put"]
        else:
            store.add_bulk(chunk(what))
        came += [("bulk", row) for row in what]
    expected = dict(row for _, row in came)
    assert ages(store) == expected
    assert set(store.ids()) == set(expected)
    removed = store.remove_users(gone)
    assert removed == sum(row[0] in gone for _, row in came)
    assert ages(store) == {each: age for each, age in expected.items() if each not in gone}


@given(st.lists(st.tuples(ids, values), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_records_of_one_instant_have_one_order(rows: list[Row], chance: object) -> None:
    """Different ids: the order of their content. One id: the last call wins."""
    rows = list({each: (each, age) for each, age in rows}.values())
    shuffled = list(rows)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    stores = RecordStore("USER_ID"), RecordStore("USER_ID")
    for store, listed in zip(stores, (rows, shuffled), strict=True):
        for row in listed:
            store.add_record(put_record(7, *row))
    assert stores[0].ids() == stores[1].ids()
    assert ages(stores[0]) == ages(stores[1])
    stores[0].add_record(put_record(7, "a", 9))
    stores[0].add_record(put_record(7, "a", 8))
    assert ages(stores[0])["a"] == 8


def test_a_snapshot_does_not_see_what_comes_later() -> None:
    store = RecordStore("USER_ID")
    store.replace_bulk(chunk([("a", 1)]))
    store.add_record(put_record(1, "b", 2))
    snapshot = store.snapshot()
    store.add_record(put_record(2, "a", 3))
    store.replace_bulk(chunk([]))
    assert snapshot.newest().ids() == ("a", "b")
    assert snapshot.newest().value("a", "AGE") == 1
    assert ages(store) == {"b": 2, "a": 3}
    assert len(snapshot.without({"a"})) == 1


def test_a_store_is_plain_data() -> None:
    store = new_store("ITEMS")
    assert isinstance(store, RecordStore)
    store.replace_bulk(Chunk({"ITEM_ID": text_column(["a"]), "GENRES": text_column(["x"])}))
    assert copy.deepcopy(store).current().value("a", "GENRES") == "x"
    assert store.remove_users({"a"}) == 0
    assert new_store("ACTION_INTERACTIONS").id_column == "ACTION_ID"
