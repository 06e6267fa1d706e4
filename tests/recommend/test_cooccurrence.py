"""Histories and windowed counts, against naive loops over tiny data."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.recommend import cooccurrence
from simulator.recommend.cooccurrence import Neighbours, neighbour_lists
from simulator.recommend.histories import Histories, histories_of, newest

Rows = list[tuple[int, int, int]]
USERS, ITEMS = 5, 7
some_rows = st.lists(st.tuples(st.integers(0, USERS - 1), st.integers(0, ITEMS - 1), st.integers(0, 9)), max_size=60)


def histories(rows: Rows) -> Histories:
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3)
    users, items = columns[:, 0].astype(np.int32), columns[:, 1].astype(np.int32)
    return histories_of(users, items, columns[:, 2], USERS)


def naive_histories(rows: Rows) -> list[list[int]]:
    made = []
    for user in range(USERS):
        ordered = sorted(((time, place) for place, (who, _, time) in enumerate(rows) if who == user))
        items = [rows[place][1] for _, place in ordered]
        made.append([item for place, item in enumerate(items) if item not in items[place + 1 :]])
    return made


def naive_weights(sequences: list[list[int]], window: int) -> dict[tuple[int, int], float]:
    sums: dict[tuple[int, int], float] = {}
    for sequence in sequences:
        for here, item in enumerate(sequence):
            for there, other in enumerate(sequence):
                distance = there - here
                if 0 < abs(distance) <= window:
                    amount = (1.0 if distance > 0 else 0.3) / math.sqrt(abs(distance))
                    sums[item, other] = sums.get((item, other), 0.0) + amount
    users = [sum(item in sequence for sequence in sequences) for item in range(ITEMS)]
    return {(a, b): value / (math.sqrt(users[a] * users[b]) + 10) for (a, b), value in sums.items()}


def as_weights(neighbours: Neighbours) -> dict[tuple[int, int], float]:
    rows = np.repeat(np.arange(ITEMS), np.diff(neighbours.offsets)).tolist()
    return dict(zip(zip(rows, neighbours.items.tolist(), strict=True), neighbours.weights.tolist(), strict=True))


@given(some_rows)
def test_a_history_is_in_time_order_with_each_item_at_its_newest_event(rows: Rows) -> None:
    made = histories(rows)
    assert [made.of(user).tolist() for user in range(USERS)] == naive_histories(rows)
    short = newest(made, 2)
    assert [short.of(user).tolist() for user in range(USERS)] == [each[-2:] for each in naive_histories(rows)]


@given(rows=some_rows, window=st.integers(1, 4), mask=st.lists(st.booleans(), min_size=USERS, max_size=USERS))
@settings(deadline=None)
def test_weights_are_those_of_a_double_loop(rows: Rows, window: int, mask: list[bool]) -> None:
    groups = [np.ones(USERS, dtype=bool), np.array(mask)]
    everyone, some = neighbour_lists(histories(rows), ITEMS, groups, window)
    sequences = naive_histories(rows)
    assert as_weights(everyone) == pytest.approx(naive_weights(sequences, window), rel=1e-5)
    chosen = [sequence if counted else [] for sequence, counted in zip(sequences, mask, strict=True)]
    assert as_weights(some) == pytest.approx(naive_weights(chosen, window), rel=1e-5)


@given(some_rows)
@settings(deadline=None)
def test_bands_do_not_change_the_result(rows: Rows) -> None:
    groups = [np.ones(USERS, dtype=bool)]
    (whole,) = neighbour_lists(histories(rows), ITEMS, groups)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cooccurrence, "BAND_PAIRS", 100)
        (banded,) = neighbour_lists(histories(rows), ITEMS, groups)
    for field in ("offsets", "items", "weights"):
        assert getattr(whole, field).tobytes() == getattr(banded, field).tobytes()


@pytest.mark.parametrize("kept", [1, 2, 3])
def test_only_the_strongest_neighbours_are_kept_even_among_equals(kept: int) -> None:
    rows = [(user, item, item) for user in range(USERS) for item in range(user, ITEMS)]
    groups = [np.ones(USERS, dtype=bool)]
    (pruned,) = neighbour_lists(histories(rows), ITEMS, groups, kept=kept)
    assert np.diff(pruned.offsets).max() == kept
    every = naive_weights(naive_histories(rows), cooccurrence.WINDOW)
    for item in range(ITEMS):
        strongest = sorted((value for (a, _), value in every.items() if a == item), reverse=True)[:kept]
        mine = sorted((value for (a, _), value in as_weights(pruned).items() if a == item), reverse=True)
        assert mine == pytest.approx(strongest, rel=1e-5)


def test_the_first_of_equal_neighbours_are_kept() -> None:
    rows = [(user, item, place) for user in range(3) for place, item in enumerate((0, user + 1))]
    (pruned,) = neighbour_lists(histories(rows), ITEMS, [np.ones(USERS, dtype=bool)], kept=2)
    assert pruned.offsets[1] == 2
