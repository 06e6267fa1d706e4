"""Plain data, taken apart and put together again; and the types that it is compared with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator import SavedWorldError
from simulator.clock import Agenda, Entry
from simulator.data.interactions import Arrival, PutEvent
from simulator.resources.table import Table
from simulator.saving import archive
from simulator.saving.checking import fits
from simulator.saving.decoding import decode
from simulator.saving.encoding import encode
from simulator.saving.parts import Parts


class _Number(NamedTuple):
    """For comparing numbers with their types and signs."""

    kind: str
    shown: str


def typed(value: Any) -> Any:
    """A value with the types of all its parts, in a form that can be compared."""
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [typed(each) for each in value]
    if isinstance(value, (set, frozenset)):
        return type(value).__name__, sorted(str(typed(each)) for each in value)
    if isinstance(value, (dict, MappingProxyType)):
        return type(value).__name__, [(typed(key), typed(item)) for key, item in value.items()]
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes(), value.flags.writeable, value.flags.f_contiguous
    return _Number(type(value).__name__, repr(value))


def around(value: Any, through_file: Path | None = None) -> Any:
    parts = encode([value])
    if through_file is not None:
        archive.write(through_file, parts)
        with open(through_file, "rb") as stream:
            parts = archive.read(stream)
    parts = Parts(parts.classes, json.loads(json.dumps(parts.nodes)), parts.arrays, parts.blobs)
    return decode(parts)[0]


TEXTS = st.text(st.characters(exclude_categories=()), max_size=3)  # lone surrogates and NUL among them
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.binary(max_size=100)
HASHABLE: Any = st.deferred(
    lambda: SCALARS | st.lists(HASHABLE, max_size=3).map(tuple) | st.frozensets(HASHABLE, max_size=3)
)
PLAIN: Any = st.deferred(
    lambda: (
        HASHABLE
        | st.lists(PLAIN, max_size=4)
        | st.lists(PLAIN, max_size=4).map(tuple)
        | st.dictionaries(HASHABLE, PLAIN, max_size=4)
        | st.dictionaries(TEXTS, PLAIN, max_size=3).map(MappingProxyType)
        | st.sets(HASHABLE, max_size=4)
    )
)


class TestPlainData:
    @settings(deadline=None)
    @given(PLAIN)
    def test_anything_plain_comes_back(self, value: Any) -> None:
        assert typed(around(value)) == typed(value)

    @settings(deadline=None)
    @given(st.lists(TEXTS, min_size=60, max_size=70), st.booleans())
    def test_many_texts(self, texts: list[str], as_tuple: bool) -> None:
        value = [texts, tuple(texts) if as_tuple else texts, dict.fromkeys(texts, 1)]
        assert typed(around(value)) == typed(value)

    @settings(deadline=None, max_examples=30)
    @given(st.data())
    def test_many_named_tuples(self, data: st.DataObject) -> None:
        event = st.builds(
            PutEvent,
            *([st.integers(0, 9)] + [TEXTS] * 4),
            st.none() | st.floats(0, 1),
            TEXTS,
            TEXTS,
            properties=st.just(()),
        )
        events = data.draw(st.lists(event, min_size=64, max_size=80))
        value = [[Arrival(at, event) for at, event in enumerate(events)], set(events), events[:3]]
        loaded = around(value)
        assert loaded == value
        assert all(type(arrival.event) is PutEvent for arrival in loaded[0])
        assert loaded[0][0].event is loaded[2][0]

    @pytest.mark.parametrize(
        "array",
        [
            np.arange(12, dtype=np.int32).reshape(3, 4),
            np.asfortranarray(np.arange(12.0).reshape(3, 4)),
            np.arange(20)[::3],
            np.array(5, dtype=np.float32),
            np.zeros((0, 4), dtype=bool),
            np.array(["a", "bcd"]),
            np.array(["2022-03-08"], dtype="datetime64[s]"),
            np.array([np.nan, np.inf, -0.0]),
        ],
        ids=lambda array: f"{array.dtype}{array.shape}",
    )
    @pytest.mark.parametrize("writeable", [True, False])
    def test_arrays(self, array: Any, writeable: bool, tmp_path: Path) -> None:
        array = array.copy(order="K")
        array.flags.writeable = writeable
        value = [array, array, *array.ravel()[:1]]
        loaded = around(value, tmp_path / "arrays")
        assert typed(loaded) == typed(value)
        assert loaded[0] is loaded[1]

    def test_nested_beyond_what_python_calls(self) -> None:
        value: Any = ()
        for _ in range(5000):
            value = [value]
        loaded, depth = around(value), 0
        while loaded:
            loaded, depth = loaded[0], depth + 1
        assert depth == 5000

    def test_what_refers_to_itself_is_refused(self) -> None:
        value: list[Any] = []
        value.append(value)
        with pytest.raises(SavedWorldError, match="refers to itself"):
            encode(value)

    def test_frozen_records_with_all_their_fields(self) -> None:
        entry = Entry(5, 1, "kind", "subject", 2, MappingProxyType({"of": 3}))
        loaded = around([entry, replace(entry, due=6)])
        assert loaded == [entry, replace(entry, due=6)]
        assert loaded[0].arguments == {"of": 3}


class TestTypes:
    @pytest.mark.parametrize(
        ("hint", "good", "bad"),
        [
            (int, [1, True, np.int64(1)], [1.0, "1", None]),
            (float, [1.0, 1, np.float32(1)], ["1", None]),
            (str | None, ["", None], [1, b""]),
            (bytes, [b""], [""]),
            (list[str], [[], ["a"]], [("a",), ["a", 1], "a"]),
            (tuple[str, ...], [(), ("a",) * 99], [["a"], ("a", 1)]),
            (tuple[str, int], [("a", 1)], [("a",), (1, "a"), ("a", 1, 1)]),
            (Mapping[str, list[int]], [{}, {"a": [1]}, MappingProxyType({"a": []})], [{1: []}, {"a": [""]}, []]),
            (set[PutEvent], [set()], [{1}, []]),
            (Literal["a", "b"], ["a"], ["c", 1]),
            (npt.NDArray[np.int32], [np.zeros(1, np.int32), np.zeros(1, np.int64)], [np.zeros(1), [1], None]),
            (npt.NDArray[np.int64] | npt.NDArray[np.float64], [np.zeros(1), np.arange(1)], [np.array(["a"])]),
            (Agenda, [Agenda()], [None, []]),
            (Any, [None, len], []),
        ],
        ids=str,
    )
    def test_fits(self, hint: Any, good: list[Any], bad: list[Any]) -> None:
        assert [fits(value, hint, {}) for value in good] == [True] * len(good)
        assert [fits(value, hint, {}) for value in bad] == [False] * len(bad)

    def test_tables_fit_by_what_they_are_to_hold(self) -> None:
        table: Table[Any] = Table()
        assert fits(table, Table[Entry], {id(table): [Entry(1, 1, "", "")]})
        assert not fits(table, Table[Entry], {id(table): [Agenda()]})
