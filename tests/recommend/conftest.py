"""Data for the model's tests: small generated frames, and MovieLens where it is at hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from simulator.data.generated import movielens_like
from simulator.data.interactions import InteractionTable

RATINGS = Path(__file__).resolve().parents[3] / "shared/data/ml-latest-small/ratings.csv"


def table_of(frame: pd.DataFrame) -> InteractionTable:
    users, user_ids = pd.factorize(frame["USER_ID"])
    items, item_ids = pd.factorize(frame["ITEM_ID"])
    return InteractionTable(
        users.astype(np.int32),
        items.astype(np.int32),
        frame["TIMESTAMP"].to_numpy(np.int64),
        tuple(user_ids.tolist()),
        tuple(item_ids.tolist()),
    )


def events(rows: Sequence[tuple[str, str, int]]) -> InteractionTable:
    return table_of(pd.DataFrame(rows, columns=["USER_ID", "ITEM_ID", "TIMESTAMP"]))


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
