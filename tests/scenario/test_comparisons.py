"""Every comparison, both ways, and what it says of a difference."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import convert

from simulator.scenario.comparisons import COMPARISONS, difference
from simulator.scenario.model import Approximately, Moved, SamePlaces

A = ["a", "b", "c"]
SCORED = [{"itemId": "a", "score": 0.5}, {"itemId": "b", "score": 0.25}]
OTHER_SCORES = [{"itemId": "a", "score": 0.4}, {"itemId": "b", "score": 0.2}]
SWAPPED = [SCORED[1], SCORED[0]]


def moved(**fields: Any) -> Moved:
    return convert(fields, Moved)


def same_places(**fields: Any) -> SamePlaces:
    return convert(fields, SamePlaces)


CASES: list[tuple[str, Any, Any, bool]] = [
    ("equals", {"a": [1, None]}, {"a": [1.0, None]}, True),
    ("equals", 1, True, False),
    ("equals", None, 0, False),
    ("differs_from", [1], [2], True),
    ("differs_from", [1], [1], False),
    ("identical_to", SCORED, [dict(item) for item in SCORED], True),
    ("identical_to", SCORED, OTHER_SCORES, False),
    ("identical_to", SCORED, SCORED[:1], False),
    ("identical_to", 1, 1.0, False),
    ("same_order_as", SCORED, OTHER_SCORES, True),
    ("same_order_as", SCORED, SWAPPED, False),
    ("same_order_as", SCORED, ["a"], False),
    ("same_order_as", SCORED, "ab", False),
    ("same_items_as", SCORED, SWAPPED, True),
    ("same_items_as", [[1], [2]], [[2], [1]], True),
    ("same_items_as", ["a", "a"], ["a"], False),
    ("same_places", A, same_places(**{"as": ["a", "c", "b"], "at_least": 1, "at_most": 1}), True),
    ("same_places", A, same_places(**{"as": A, "at_most": 2}), False),
    ("same_places", A, same_places(**{"as": ["x"], "at_least": 1}), False),
    ("moved", A, moved(**{"from": ["b", "a", "c"], "at_least": 2, "at_most": 2}), True),
    ("moved", A, moved(**{"from": A, "at_least": 1}), False),
    ("moved", A, moved(**{"from": ["c", "b", "a"], "at_most": 3}), False),
    ("moved", A, moved(**{"from": ["b", "a", "c"], "less_than": {"from": A, "to": ["x"]}}), True),
    ("moved", A, moved(**{"from": ["b", "a", "c"], "less_than": {"from": A, "to": A}}), False),
    ("moved", A, moved(**{"from": ["b", "a", "c"], "more_than": {"from": A, "to": A}}), True),
    ("moved", A, moved(**{"from": ["b", "a", "c"], "more_than": {"from": A, "to": ["b", "a", "c"]}}), False),
    ("contains", "one two", "two", True),
    ("contains", "one two", "three", False),
    ("contains", SCORED, ["b"], True),
    ("contains", ["a", "b"], ["a", "a"], False),
    ("contains", [1, 2], 2, True),
    ("contains", [1, "a"], ["a"], True),
    ("contains", ["1"], 1, False),
    ("contains", 5, 5, False),
    ("at_least", 2, 2, True),
    ("at_least", 1.9, 2, False),
    ("at_least", True, 0, False),
    ("at_most", 2, 2, True),
    ("at_most", 3, 2, False),
    ("at_most", None, 2, False),
    ("approximately", 1.05, Approximately(value=1, within=0.06), True),
    ("approximately", 1.05, Approximately(value=1, within=0.04), False),
    ("approximately", [100, 50], Approximately(value=[101, 50.4], within_percent=1), True),
    ("approximately", [100, 50], Approximately(value=[101, 51], within_percent=1), False),
    ("approximately", [100], Approximately(value=[100, 100], within=1), False),
    ("matches", "RID-12", "^RID-[0-9]+$", True),
    ("matches", "RID-x", "^RID-[0-9]+$", False),
    ("matches", 12, "12", False),
]


@pytest.mark.parametrize(("name", "actual", "expected", "holds"), CASES)
def test_a_comparison(name: str, actual: Any, expected: Any, holds: bool) -> None:
    told = difference(name, actual, expected)
    assert (told is None) == holds
    assert told != ""


@pytest.mark.parametrize("name", list(COMPARISONS))
def test_every_comparison_is_tried_both_ways(name: str) -> None:
    assert {holds for tried, _, _, holds in CASES if tried == name} == {True, False}


def test_a_difference_is_found_and_counted() -> None:
    assert difference("same_order_as", ["b", "a"], ["a", "b"]) == ("place 1 holds b, not a; 2 places moved in all")
    assert difference("identical_to", OTHER_SCORES, SCORED) == (
        'place 1 holds {"itemId": "a", "score": 0.4}, not {"itemId": "a", "score": 0.5}'
    )
    assert difference("same_items_as", ["a", 1], ["a", "1"]) == ('1 are missing: "1"; 1 are too many: 1')
