"""The highest scores, found among parts, are those of a plain sort."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulator.recommend.scoring import first


@given(st.integers(0, 3000), st.integers(-1, 80), st.integers(1, 50), st.integers(0, 2**32 - 1))
def test_the_first_are_those_of_a_stable_sort(length: int, count: int, distinct: int, seed: int) -> None:
    """With many equal scores, and with items that cannot be chosen but last."""
    scores = np.random.default_rng(seed).integers(0, distinct, length) / 7
    scores[::11] = -np.inf
    assert first(scores, count).tolist() == np.argsort(-scores, kind="stable")[: max(count, 0)].tolist()
