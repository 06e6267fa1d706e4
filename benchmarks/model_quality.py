"""How good the User-Personalization model is, against popularity and against metrics that AWS published.

    python -m benchmarks.model_quality [--ratings FILE] [--folds 10] [--chance 1]

Protocol: each tenth of the users is held out once, a model is trained on the others, the oldest 80 % of a held-out
user's events are given as history, the newest 20 % are to be found, items already seen are left out of the list.
NDCG is normalised by the items to be found here, which is stricter than what GetSolutionMetrics shows.
The bar, set before any tuning: NDCG@25 at least 0.05 above popularity.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from frames import table_of

from simulator.data.generated import movielens_like
from simulator.recommend.training_data import NewData, Query, TrainingData
from simulator.recommend.user_personalization import Model, recommend, train, update

SHARED_RATINGS = Path(__file__).resolve().parents[2] / "shared/data/ml-latest-small/ratings.csv"
LENGTH = 25
BAR = 0.05
# aws-user-personalization on the data of `clicks_and_watches`; source:
# aws-samples/amazon-personalize-samples, POC_in_a_box/completed/03_Creating_and_Evaluating_Solutions.ipynb
AWS_METRICS = {
    "coverage": 0.0774,
    "mean_reciprocal_rank_at_25": 0.2727,
    "normalized_discounted_cumulative_gain_at_10": 0.2988,
    "normalized_discounted_cumulative_gain_at_25": 0.3552,
    "normalized_discounted_cumulative_gain_at_5": 0.2542,
    "precision_at_10": 0.0643,
    "precision_at_25": 0.0393,
    "precision_at_5": 0.0857,
}


def read_ratings(path: Path) -> pd.DataFrame:
    ratings = pd.read_csv(path, dtype={"userId": str, "movieId": str})
    ratings = ratings.rename(columns={"userId": "USER_ID", "movieId": "ITEM_ID", "timestamp": "TIMESTAMP"})
    return ratings.sort_values("TIMESTAMP", kind="stable", ignore_index=True)


@dataclass
class Tally:
    """One number a list, and what was recommended to anybody."""

    gains: list[float]
    precisions: list[float]
    recommended: set[str]

    def add(self, ranked: list[str], truth: set[str]) -> None:
        hits = [place for place, item in enumerate(ranked[:LENGTH], start=1) if item in truth]
        best = sum(1 / math.log2(1 + place) for place in range(1, min(LENGTH, len(truth)) + 1))
        self.gains.append(sum(1 / math.log2(1 + place) for place in hits) / best)
        self.precisions.append(sum(place <= 10 for place in hits) / 10)
        self.recommended.update(ranked[:LENGTH])

    def line(self, name: str, item_count: int) -> str:
        def mean(values: list[float]) -> str:
            return f"{np.mean(values):.4f} +- {np.std(values) / math.sqrt(len(values)):.4f}"

        coverage = len(self.recommended) / item_count
        return f"{name:12} {mean(self.gains):>18} {mean(self.precisions):>18} {coverage:>9.3f}"


def unseen(model: Model, user: str, seen: set[str]) -> list[str]:
    """The model's list for a user, without seen items."""
    ranked = recommend(model, Query(user_id=user), LENGTH + len(seen))
    return [item for item, _ in ranked if item not in seen][:LENGTH]


def evaluate(frame: pd.DataFrame, folds: int, chance: int | None) -> tuple[Tally, Tally]:
    mine, popular = Tally([], [], set()), Tally([], [], set())
    users = sorted(frame["USER_ID"].unique())
    order = np.random.Generator(np.random.PCG64(1)).permutation(len(users))
    sequences = {user: group["ITEM_ID"].tolist() for user, group in frame.groupby("USER_ID", sort=False)}
    places = frame.groupby("USER_ID").cumcount()
    lengths = frame["USER_ID"].map({user: len(sequence) for user, sequence in sequences.items()})
    oldest = places < (lengths * 0.8).astype(int)
    for fold in range(folds):
        held_out = {users[place] for place in order[fold::folds]}
        theirs = frame["USER_ID"].isin(held_out)
        model = train(TrainingData(table_of(frame[~theirs])), chance=chance)
        # The update teaches nothing about items that are known: it only puts the histories into the model.
        known = frame["ITEM_ID"].isin(set(model.item_ids))
        model = update(model, NewData(table_of(frame[theirs & oldest & known])))
        for user in sorted(held_out):
            sequence = sequences[user]
            cut = int(len(sequence) * 0.8)
            seen, truth = set(sequence[:cut]), set(sequence[cut:])
            mine.add(unseen(model, user, seen), truth)
            popular.add(unseen(model, "", seen), truth)
    return mine, popular


def clicks_and_watches(ratings: pd.DataFrame) -> pd.DataFrame:
    """The interactions of that notebook: ratings above 1 are clicks, those above 3 once more watches."""
    clicks, watches = ratings[ratings["rating"] > 1], ratings[ratings["rating"] > 3]
    return pd.concat([clicks, watches]).sort_values("TIMESTAMP", kind="stable", ignore_index=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ratings", type=Path, default=SHARED_RATINGS if SHARED_RATINGS.exists() else None)
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--chance", type=int, default=1)
    options = parser.parse_args()
    frame = movielens_like() if options.ratings is None else read_ratings(options.ratings)
    print(f"data: {options.ratings or 'generated'}, {len(frame)} interactions")
    item_count = frame["ITEM_ID"].nunique()
    print(f"{'':12} {'NDCG@25':>18} {'precision@10':>18} {'coverage':>9}")
    exact, popular = evaluate(frame, options.folds, None)
    by_chance, _ = evaluate(frame, options.folds, options.chance)
    for name, tally in (("popularity", popular), ("exact", exact), ("with chance", by_chance)):
        print(tally.line(name, item_count))
    for name, tally in (("exact", exact), ("with chance", by_chance)):
        gain = float(np.mean(tally.gains) - np.mean(popular.gains))
        print(f"{name}: {gain:+.4f} over popularity, {'above' if gain >= BAR else 'BELOW'} the bar of {BAR}")
    if "rating" not in frame:
        return
    data = TrainingData(table_of(clicks_and_watches(frame)))
    exact_metrics = train(data, chance=None).metrics
    chance_metrics = train(data, chance=options.chance).metrics
    print("\nmetrics as GetSolutionMetrics shows them, clicks and watches")
    print(f"{'':46} {'AWS':>7} {'exact':>7} {'chance':>7}")
    for key, theirs in AWS_METRICS.items():
        print(f"{key:46} {theirs:7.4f} {exact_metrics[key]:7.4f} {chance_metrics[key]:7.4f}")
    print(
        "Comparable: precision (its definition is not in doubt). Less so: MRR and NDCG, which sixty users decide,"
        "\nNDCG besides by a norm that is inferred; coverage, whose set of lists is not documented."
    )


if __name__ == "__main__":
    main()
