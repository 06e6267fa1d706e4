"""Data for the tests of models: small generated frames, and MovieLens where it is at hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from simulator.data.generated import movielens_like

RATINGS = Path(__file__).resolve().parents[3] / "shared/data/ml-latest-small/ratings.csv"


@pytest.fixture(scope="session")
def small() -> pd.DataFrame:
    return movielens_like(seed=5, users=80, items=600, interactions=6_000)


@pytest.fixture(scope="session")
def movielens() -> pd.DataFrame:
    if not RATINGS.exists():
        pytest.skip("MovieLens ml-latest-small is not at ../shared/data/ml-latest-small/ratings.csv")
    frame = pd.read_csv(RATINGS, dtype={"userId": str, "movieId": str}).drop(columns="rating")
    frame = frame.rename(columns={"userId": "USER_ID", "movieId": "ITEM_ID", "timestamp": "TIMESTAMP"})
    return frame.sort_values("TIMESTAMP", kind="stable", ignore_index=True)
