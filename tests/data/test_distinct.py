"""Rows that are equal count once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.data import distinct as module
from simulator.data.columns import Chunk, text_column
from simulator.data.distinct import distinct, new_rows

rows = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from([0.0, 1.0, float("nan")]), st.sampled_from([0, 2**53, 2**53 + 1])),
    max_size=12,
)
Row = tuple[str, float, int]


def chunk(listed: list[Row]) -> Chunk:
    return Chunk(
        {
            "USER_ID": text_column(text for text, _, _ in listed),
            "VALUE": np.array([value for _, value, _ in listed], np.float64),
            "TIMESTAMP": np.array([second for _, _, second in listed], np.int64),
        }
    )


def shown(of: Chunk) -> list[str]:
    column = of.texts("USER_ID")
    numbers = zip(of.columns["VALUE"], of.columns["TIMESTAMP"], strict=True)  # type: ignore[call-overload]
    return [
        f"{column.values[code]} {value} {second}" for code, (value, second) in zip(column.codes, numbers, strict=True)
    ]


@given(rows, st.sampled_from([2, 250_000]))
def test_equal_rows_count_once(listed: list[Row], part: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_PART", part)
        assert shown(distinct(chunk(listed), "first")) == list(dict.fromkeys(shown(chunk(listed))))
        backwards = list(dict.fromkeys(reversed(shown(chunk(listed)))))
        assert shown(distinct(chunk(listed), "last")) == backwards[::-1]


@given(rows, st.lists(rows, max_size=3))
def test_rows_that_are_there_already(listed: list[Row], earlier: list[list[Row]]) -> None:
    there = {row for each in earlier for row in shown(chunk(each))}
    new = new_rows(chunk(listed), [chunk(each) for each in earlier])
    assert shown(new) == [row for row in shown(chunk(listed)) if row not in there]
