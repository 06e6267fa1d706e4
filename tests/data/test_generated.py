"""Generated interactions have the shape they promise."""

from __future__ import annotations

import pandas as pd
import pytest

from simulator.data.generated import movielens_like, split_by_time

SEEDS = (0, 1, 2, 3)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_shape_is_that_of_movielens(seed: int) -> None:
    frame = movielens_like(seed)
    assert list(frame.columns) == ["USER_ID", "ITEM_ID", "TIMESTAMP"]
    assert len(frame) == 100_000
    assert frame["TIMESTAMP"].dtype == "int64"
    assert frame["TIMESTAMP"].is_monotonic_increasing
    assert pd.to_datetime(frame["TIMESTAMP"], unit="s").dt.year.between(1996, 2018).all()
    assert all(isinstance(each, str) for each in (*frame["USER_ID"], *frame["ITEM_ID"]))
    assert not frame.duplicated(["USER_ID", "ITEM_ID"]).any()
    lengths = frame.groupby("USER_ID").size()
    assert len(lengths) == 610
    assert lengths.min() >= 20
    assert lengths.max() > 10 * lengths.median()
    popularity = frame.groupby("ITEM_ID").size()
    assert popularity.max() > 15 * popularity.median()


@pytest.mark.parametrize("seed", SEEDS)
def test_later_rows_hold_new_items_and_known_users(seed: int) -> None:
    before, after = split_by_time(movielens_like(seed))
    assert len(before) == 80_000
    assert len(after) == 20_000
    assert before["TIMESTAMP"].max() <= after["TIMESTAMP"].min()
    assert 0.1 <= (~after["ITEM_ID"].isin(set(before["ITEM_ID"]))).mean() <= 0.2
    assert len(set(before["USER_ID"]) & set(after["USER_ID"])) >= 15


def test_a_seed_gives_the_same_rows_and_another_seed_others() -> None:
    pd.testing.assert_frame_equal(movielens_like(7), movielens_like(7))
    assert not movielens_like(7).equals(movielens_like(8))


@pytest.mark.parametrize(("users", "items", "interactions"), [(60, 300, 3_000), (3, 8, 6), (30, 1_000, 7_500)])
def test_other_sizes_give_exactly_as_many_rows(users: int, items: int, interactions: int) -> None:
    frame = movielens_like(1, users=users, items=items, interactions=interactions)
    assert len(frame) == interactions
    assert not frame.duplicated(["USER_ID", "ITEM_ID"]).any()


def test_more_rows_than_there_can_be_are_refused() -> None:
    with pytest.raises(ValueError, match="four pairs"):
        movielens_like(users=10, items=10, interactions=50)
