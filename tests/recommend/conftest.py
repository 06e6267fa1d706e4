"""Data for the tests of models: small generated frames, and MovieLens where it is at hand."""

from __future__ import annotations

import pandas as pd
import pytest
from support import RATINGS, ratings

from simulator.data.generated import movielens_like


@pytest.fixture(scope="session")
def small() -> pd.DataFrame:
    return movielens_like(seed=5, users=80, items=600, interactions=6_000)


@pytest.fixture(scope="session")
def movielens() -> pd.DataFrame:
    if not RATINGS.exists():
        pytest.skip("MovieLens ml-latest-small is not at ../shared/data/ml-latest-small/ratings.csv")
    return ratings()
