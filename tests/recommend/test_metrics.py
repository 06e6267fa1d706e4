"""Metrics against the guide's worked example and hand-made lists."""

from __future__ import annotations

import numpy as np
import pytest
from frames import events

from simulator.recommend.metrics import (
    normalized_discounted_gain,
    precision,
    reciprocal_rank,
    rows_to_find,
    summarize,
)
from simulator.recommend.metrics import (
    tested_users as users_tested,
)

WORKED_EXAMPLE = [False, True, False, False, True]


def test_the_worked_example_of_the_guide() -> None:
    assert reciprocal_rank(WORKED_EXAMPLE, 5) == 0.5
    assert round(normalized_discounted_gain(WORKED_EXAMPLE, 5), 4) == 0.6241
    assert precision(WORKED_EXAMPLE, 5) == 0.4


@pytest.mark.parametrize("relevant", [[], [False] * 30, [False] * 25 + [True]])
def test_a_list_without_hits_in_its_first_places_earns_nothing(relevant: list[bool]) -> None:
    assert precision(relevant, 25) == reciprocal_rank(relevant, 25) == 0
    assert normalized_discounted_gain(relevant, 25) == 0


def test_hits_in_the_first_places_are_a_perfect_order() -> None:
    assert normalized_discounted_gain([True, True, False], 25) == 1


def test_a_summary_has_the_eight_keys_in_alphabetical_order_and_four_decimals() -> None:
    found = summarize([[0, 1, 2], [0, 3, 4]], [{1}, {9}], item_count=9)
    assert list(found) == sorted(found)
    assert found == {
        "coverage": 0.5556,
        "mean_reciprocal_rank_at_25": 0.25,
        "normalized_discounted_cumulative_gain_at_10": 0.3155,
        "normalized_discounted_cumulative_gain_at_25": 0.3155,
        "normalized_discounted_cumulative_gain_at_5": 0.3155,
        "precision_at_10": 0.05,
        "precision_at_25": 0.02,
        "precision_at_5": 0.1,
    }


def test_a_summary_of_nothing_is_zero() -> None:
    assert set(summarize([], [], item_count=0).values()) == {0.0}


def test_ten_per_cent_of_the_users_are_tested() -> None:
    assert np.flatnonzero(users_tested(30)).tolist() == [9, 19, 29]


def test_the_newest_tenth_of_a_tested_users_events_is_to_be_found() -> None:
    rows = [("a", f"item {day}", 100 - day) for day in range(20)]
    rows += [("b", "item 1", 5), ("b", "item 2", 4), ("c", "item 1", 7), ("d", "item 1", 1), ("d", "item 3", 2)]
    chosen = rows_to_find(events(rows), np.array([True, True, True, False]))
    assert np.flatnonzero(chosen).tolist() == [0, 1, 20]
