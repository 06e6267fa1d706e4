"""The shape of answers: what is a difference, and what is not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.scenario.shapes import differences, shape_of

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=10,
)


@given(values)
def test_a_value_is_of_its_own_shape(value: Any) -> None:
    assert not list(differences(shape_of(value), shape_of(value)))


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ({"arn": "a", "score": 1}, {"score": 2.5, "arn": "b"}),
        ([1], [2, 3]),
        ([{"a": 1}, {"a": 1, "b": 2}], [{"a": 1}]),  # not every element has it
        ([{"a": 1}, {"a": "text"}], [{"a": 1}]),
        ([[], [1]], [[2]]),
    ],
)
def test_what_is_no_difference(here: Any, there: Any) -> None:
    assert not list(differences(shape_of(here), shape_of(there)))


@pytest.mark.parametrize(
    ("here", "there", "told"),
    [
        ({"a": {"b": 1}}, {"a": {}}, [("a.b", "it is not there")]),
        ({"a": {}}, {"a": {"b": 1}}, [("a.b", "it is there, and should not be")]),
        ({"a": 1}, {"a": "1"}, [("a", "a text, not a number")]),
        ({"a": 1}, {"a": True}, [("a", "true or false, not a number")]),
        ({"a": [1]}, {"a": 1}, [("a", "a number, not a list")]),
        ({"a": [1]}, {"a": []}, [("a", "an empty list, not a list")]),
        ({"a": []}, {"a": [1]}, [("a", "a list, not an empty list")]),
        ({"a": None}, {"a": 1}, [("a", "a number, not null")]),
        ([{"a": 1}], [{"a": 1}, {"a": 1, "b": 2}], [("[].b", "it is there, and should not be")]),
        ([{"a": 1}], [{"b": 1}], [("[].a", "it is not there"), ("[].b", "it is there, and should not be")]),
        ([{"a": 1}, {"a": 1}], [{}, {"a": "x"}], [("[].a", "a text, not a number")]),
        (1, "1", [("@", "a text, not a number")]),
    ],
)
def test_what_is_a_difference(here: Any, there: Any, told: list[tuple[str, str]]) -> None:
    assert list(differences(shape_of(here), shape_of(there))) == told
