"""The store of items, users and actions."""

from __future__ import annotations

import copy
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from simulator.data import records
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


@given(
    st.lists(st.tuples(full | incremental | put, st.booleans()), max_size=12),
    st.lists(st.integers(0, 12), max_size=12),
    st.sets(ids),
)
def test_readers_see_the_newest_in_layers(
    steps: list[tuple[tuple[str, list[Row] | Row], bool]], untils: list[int], gone: set[str]
) -> None:
    """Read between steps, now and with what was put until some moment, in whatever order; folded after two puts."""
    store = RecordStore("USER_ID")
    came: list[tuple[int, Row]] = []

    def check(until: int | None) -> None:
        wanted = dict(row for instant, row in came if until is None or instant <= until)
        layered = store.layered(until)
        assert {each: layered.value(each, "AGE") for each in wanted} == wanted
        assert [each for each in "abcd" if each in layered] == sorted(wanted)
        assert layered.columns().keys() <= {"USER_ID", "AGE"}

    with patch.object(records, "_LEAST_OVERLAID", 2):
        for instant, ((kind, what), is_read) in enumerate(steps, 1):
            if isinstance(what, tuple):
                store.add_record(put_record(instant, *what))
                came.append((instant, what))
            elif kind == "full":
                store.replace_bulk(chunk(what))
                came = [(when, row) for when, row in came if when] + [(0, row) for row in what]
            else:
                store.add_bulk(chunk(what))
                came += [(0, row) for row in what]
            if is_read:
                check(None)
                check(instant - 1)
        for until in untils:
            check(until)
        assert set(store.current().ids()) == {row[0] for _, row in came}
        store.remove_users(gone)
        came = [(when, row) for when, row in came if row[0] not in gone]
        check(None)


def test_a_put_leaves_the_lower_layer() -> None:
    """What readers derive from it stays, until the upper one has grown."""
    store = RecordStore("USER_ID")
    store.replace_bulk(chunk([("a", 1)]))
    base = store.layered().base
    for instant in range(100):
        store.add_record(put_record(instant, f"u{instant}", 1))
        assert store.layered().base is base
    assert store.layered() is store.layered()
    assert store.layered(-1).base is base
    store.add_record(put_record(100, "a", 2))
    assert len(store.layered().base) == 101
    assert store.layered().base is store.current()


def test_a_store_is_plain_data() -> None:
    store = new_store("ITEMS")
    assert isinstance(store, RecordStore)
    store.replace_bulk(Chunk({"ITEM_ID": text_column(["a"]), "GENRES": text_column(["x"])}))
    assert copy.deepcopy(store).current().value("a", "GENRES") == "x"
    assert store.remove_users({"a"}) == 0
    assert new_store("ACTION_INTERACTIONS").id_column == "ACTION_ID"
