"""How good related items are, each recipe at its own task, against popular and random items and against AWS's metrics.

    python -m benchmarks.related_quality --ratings FILE

FILE is MovieLens' ratings.csv, with movies.csv beside it. Every user is held out once, of ten folds. The tasks:

- next: of the newest item among the oldest 90 % of a user's, find the newest 10 %;
- after: of the same item, find the ten that the user took right after it;
- basket: of the first item that a user took within a basket (breaks of up to an hour), find the others of it;
- cold: of an item whose interactions are all taken away (a tenth of the items with twenty or more, once each), find the
  25 items that it is closest to in whole data, by SIMS.

The item that is asked for is never part of an answer. A figure is the share of the first 25 places that hit, with its
standard error; the last one is what ours has more than popular items, case by case.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from frames import table_of

from benchmarks.model_quality import LENGTH, SHARED_RATINGS, clicks_and_watches, read_ratings
from simulator.data.columns import text_column
from simulator.recommend.catalogue import RECIPES, Recipe
from simulator.recommend.training import Attributes, Model, Query, TrainingData, recommend, train

# aws-sims on the data of `clicks_and_watches`; the same source as that of AWS_METRICS of model_quality.
AWS_SIMS = {
    "coverage": 0.1826,
    "mean_reciprocal_rank_at_25": 0.1631,
    "normalized_discounted_cumulative_gain_at_10": 0.2236,
    "normalized_discounted_cumulative_gain_at_25": 0.2857,
    "normalized_discounted_cumulative_gain_at_5": 0.189,
    "precision_at_10": 0.0544,
    "precision_at_25": 0.0382,
    "precision_at_5": 0.0735,
}
TASKS = {
    "aws-sims": "next",
    "aws-similar-items": "next",
    "aws-ecomm-customers-who-viewed-x-also-viewed": "next",
    "aws-vod-because-you-watched-x": "after",
    "aws-ecomm-frequently-bought-together": "basket",
    "aws-vod-more-like-x": "cold",
    "aws-semantic-similarity": "cold",
}
_HOUR = 3600
_FOLDS = 10


class Case(NamedTuple):
    """An item that is asked for, and those to be found."""

    item: str
    truth: set[str]


def recipe(name: str) -> Recipe:
    return RECIPES[f"arn:aws:personalize:::recipe/{name}"]


def catalogue(path: Path) -> Attributes:
    """What MovieLens says of its films: title, year and genres."""
    movies = pd.read_csv(path, dtype=str)
    year = movies["title"].str.extract(r"\((\d{4})\)")[0].astype(float).to_numpy()
    return Attributes(
        tuple(movies["movieId"]),
        {"GENRES": text_column(movies["genres"])},
        {"YEAR": year},
        names=text_column(movies["title"].str.replace(r"\(\d{4}\)", "", regex=True)),
        descriptions=text_column(movies["genres"].str.replace("|", " ")),
    )


def _next(times: pd.DataFrame) -> Case:
    cut = max(int(len(times) * 0.9), 1)
    return Case(times["ITEM_ID"].iloc[cut - 1], set(times["ITEM_ID"].iloc[cut:]))


def _after(times: pd.DataFrame) -> Case:
    cut = max(int(len(times) * 0.9), 1)
    return Case(times["ITEM_ID"].iloc[cut - 1], set(times["ITEM_ID"].iloc[cut : cut + 10]))


def _basket(times: pd.DataFrame) -> Case:
    breaks = times["TIMESTAMP"].diff().fillna(0) > _HOUR
    last = times[breaks.cumsum() == breaks.cumsum().iloc[-1]]["ITEM_ID"].tolist()
    return Case(last[0], set(last[1:]))


CASES: Mapping[str, Callable[[pd.DataFrame], Case]] = {"next": _next, "after": _after, "basket": _basket}


def by_users(frame: pd.DataFrame, case: Callable[[pd.DataFrame], Case]) -> Iterator[tuple[pd.DataFrame, list[Case]]]:
    """What is learned from, and what is asked, fold by fold of the users."""
    users = np.random.Generator(np.random.PCG64(1)).permutation(sorted(frame["USER_ID"].unique()))
    for fold in range(_FOLDS):
        theirs = frame["USER_ID"].isin(set(users[fold::_FOLDS]))
        asked = [case(times) for _, times in frame[theirs].groupby("USER_ID")]
        yield frame[~theirs], [each for each in asked if each.truth]


def by_cold_items(frame: pd.DataFrame) -> Iterator[tuple[pd.DataFrame, list[Case]]]:
    counts = frame["ITEM_ID"].value_counts()
    items = np.random.Generator(np.random.PCG64(2)).permutation(sorted(counts.index[counts >= 20]))
    whole = train(recipe("aws-sims"), TrainingData(table_of(frame)), None)
    for fold in range(_FOLDS):
        cold = set(items[fold::_FOLDS])
        asked = [Case(item, set(listed(whole, item)) - cold) for item in sorted(cold)]
        yield frame[~frame["ITEM_ID"].isin(cold)], asked


def listed(model: Model, item: str) -> list[str]:
    return [each for each, _ in recommend(model, Query(item_id=item), LENGTH)]


def share(found: Iterable[str], case: Case) -> float:
    return sum(each in case.truth for each in found) / LENGTH


def mean(values: list[float]) -> str:
    return f"{np.mean(values):.4f} +- {np.std(values) / math.sqrt(len(values)):.4f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ratings", type=Path, default=SHARED_RATINGS)
    options = parser.parse_args()
    frame = read_ratings(options.ratings)
    items = catalogue(options.ratings.with_name("movies.csv"))
    print(f"{'recipe':46} {'task':8} {'ours':>18} {'popular':>18} {'random':>18} {'over popular':>19}")
    for name, task in TASKS.items():
        ours, popular, anything = [], [], []
        chance = np.random.Generator(np.random.PCG64(3))
        for known, cases in by_cold_items(frame) if task == "cold" else by_users(frame, CASES[task]):
            model = train(recipe(name), TrainingData(table_of(known), items), None)
            most = known["ITEM_ID"].value_counts(sort=True).index[: LENGTH + 1].tolist()
            every = np.array(known["ITEM_ID"].unique())
            for case in cases:
                ours.append(share(listed(model, case.item), case))
                popular.append(share([each for each in most if each != case.item][:LENGTH], case))
                anything.append(share(chance.choice(every, LENGTH, replace=False).tolist(), case))
        gain = (np.array(ours) - np.array(popular)).tolist()  # case by case
        print(f"{name:46} {task:8} {mean(ours):>18} {mean(popular):>18} {mean(anything):>18} {mean(gain):>19}")
    table = table_of(clicks_and_watches(frame))
    exact, by_chance = (train(recipe("aws-sims"), TrainingData(table), each).metrics for each in (None, 1))
    print(f"\n{'metrics of aws-sims, clicks and watches':46} {'AWS':>7} {'exact':>7} {'chance':>7}")
    for key, theirs in AWS_SIMS.items():
        print(f"{key:46} {theirs:7.4f} {exact[key]:7.4f} {by_chance[key]:7.4f}")


if __name__ == "__main__":
    main()
