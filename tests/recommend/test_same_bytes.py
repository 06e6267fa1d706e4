"""Models of all recipes are the same to the byte in two processes, whatever their hash seed and number of threads."""

from __future__ import annotations

import hashlib
import os
import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from frames import table_of

from simulator.data.columns import text_column
from simulator.data.generated import movielens_like
from simulator.data.interactions import InteractionTable
from simulator.recommend.catalogue import RECIPES
from simulator.recommend.training import (
    ActionData,
    Attributes,
    NewData,
    Objective,
    TrainingData,
    train,
    update,
)

USERS, ITEMS = 80, 600


def _digests() -> dict[str, str]:
    """Of every recipe's model, trained and then updated."""
    interactions = table_of(movielens_like(seed=5, users=USERS, items=ITEMS, interactions=6_000))
    chance = np.random.default_rng(1)
    device = text_column(chance.choice(["phone", "screen", ""], len(interactions)).tolist())
    item_ids, user_ids = map(str, range(1, ITEMS + 21)), map(str, range(1, USERS + 5))
    items = _attributes(tuple(item_ids), "GENRE")
    users = _attributes(tuple(user_ids), "GROUP")
    met = [_met(interactions, seed) for seed in (2, 3)]
    data = TrainingData(
        InteractionTable(
            interactions.users,
            interactions.items,
            interactions.timestamps,
            interactions.user_ids,
            interactions.item_ids,
            weights=chance.random(len(interactions)).astype(np.float32) + np.float32(0.5),
            contexts={"DEVICE": device},
        ),
        items=items,
        users=users,
        actions=ActionData(("a", "b", "c"), (1.0, 2.0, 0.0), met[0], met[1]),
        objective=Objective(np.nan_to_num(items.numbers["PRICE"]), "LOW"),
    )
    streamed = table_of(movielens_like(seed=6, users=USERS + 9, items=ITEMS + 50, interactions=500))
    new = NewData(streamed, items=_attributes(tuple(map(str, range(1, ITEMS + 60))), "GENRE"))
    found = {}
    for recipe in RECIPES.values():
        known = data if recipe.objective else replace(data, objective=None)
        model = update(train(recipe, known, 7), new)
        found[recipe.name] = hashlib.sha256(pickle.dumps(model)).hexdigest()
    return found


def _attributes(ids: tuple[str, ...], name: str) -> Attributes:
    chance = np.random.default_rng(len(ids))
    values = ["|".join(chance.choice(["a", "b", "c", "d"], 2, replace=False)) for _ in ids]
    words = [" ".join(chance.choice(["red", "shoe", "blue", "film", "night"], 3)) for _ in ids]
    return Attributes(
        ids,
        categories={name: text_column(values)},
        numbers={"PRICE": np.where(chance.random(len(ids)) < 0.1, np.nan, chance.random(len(ids)))},
        texts={"TITLE": text_column(words)},
        created=1.5e9 + chance.random(len(ids)),
        names=text_column(words),
        descriptions=text_column(words[::-1]),
    )


def _met(interactions: InteractionTable, seed: int) -> InteractionTable:
    chance = np.random.default_rng(seed)
    codes = chance.integers(0, 3, len(interactions)).astype(np.int32)
    return InteractionTable(interactions.users, codes, interactions.timestamps, interactions.user_ids, ("a", "b", "c"))


@pytest.mark.rule("models.same-seed-same-model")
def test_the_same_bytes_in_other_processes() -> None:
    digests = [
        subprocess.run(
            [sys.executable, __file__],
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(sys.path),
                "PYTHONHASHSEED": seed,
                **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), threads),
            },
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed, threads in (("1", "1"), ("77", "2"))
    ]
    assert digests[0] == digests[1]
    assert len(digests[0].splitlines()) == len(RECIPES)


if __name__ == "__main__":
    for name, digest in _digests().items():
        print(name, digest)
