"""Trainings of popularity and of related items, against bare computations of the same with pandas and scipy.

The reference computes what is served and nothing else: no metrics, for which ours trains a second time.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix

from benchmarks.measure import Figure, compare
from benchmarks.scale import table_of_size
from simulator.data.interactions import InteractionTable
from simulator.recommend.catalogue import RECIPES
from simulator.recommend.training import TrainingData, train

_RECIPE = "arn:aws:personalize:::recipe/"
_WINDOW = 20
_NEIGHBOURS = 100


def figures(interactions: int = 1_000_000, runs: int = 3) -> list[Figure]:
    table = table_of_size(interactions)
    frame = pd.DataFrame({"user": table.users, "item": table.items})
    data = TrainingData(table)
    million = f"{interactions / 1e6:g}M interactions"
    return [
        compare(
            f"training of Popularity-Count, {million}",
            lambda: train(RECIPES[_RECIPE + "aws-popularity-count"], data, 1),
            lambda: most_popular(frame),
            2.0,
            runs=2 * runs + 1,
        ),
        compare(
            f"training of SIMS, {million}",
            lambda: train(RECIPES[_RECIPE + "aws-sims"], data, 1),
            lambda: closest(table),
            2.0,
            runs=runs,
            warmup=0,
        ),
    ]


def most_popular(frame: pd.DataFrame) -> pd.Series[int]:
    """The items by their distinct users."""
    return frame.groupby("item")["user"].nunique().sort_values(ascending=False)


def closest(table: InteractionTable) -> list[npt.NDArray[np.int32]]:
    """For every item those that stand near it in users' histories, by the weight of the distance, the best 100."""
    frame = pd.DataFrame({"user": table.users, "item": table.items, "time": table.timestamps})
    frame = frame.sort_values(["user", "time"], kind="stable").drop_duplicates(["user", "item"], keep="last")
    users, items = frame["user"].to_numpy(), frame["item"].to_numpy()
    count = len(table.item_ids)
    sums = csr_matrix((count, count), dtype=np.float32)
    for step in range(1, _WINDOW + 1):
        same = users[step:] == users[:-step]
        pairs = items[:-step][same], items[step:][same]
        weights = np.full(len(pairs[0]), step**-0.5, dtype=np.float32)
        sums = sums + csr_matrix((weights, pairs), shape=(count, count))
    sums = csr_matrix(sums + sums.T)
    popularity = np.bincount(items, minlength=count)
    sums.data /= np.sqrt(np.repeat(popularity, np.diff(sums.indptr)) * popularity[sums.indices]) + 10.0
    found = []
    for begin, end in zip(sums.indptr[:-1], sums.indptr[1:], strict=True):
        row = sums.data[begin:end]
        best = np.argpartition(-row, _NEIGHBOURS)[:_NEIGHBOURS] if len(row) > _NEIGHBOURS else np.arange(len(row))
        found.append(sums.indices[begin:end][best[np.argsort(-row[best])]])
    return found
