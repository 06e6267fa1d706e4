"""What a training considers of more data than the quotas of its recipe allow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from frames import events

from simulator.data.columns import text_column
from simulator.quotas import Quotas
from simulator.recommend.catalogue import RECIPES
from simulator.recommend.considered import considered_data, considered_news
from simulator.recommend.training import train
from simulator.recommend.training_data import Attributes, NewData, Objective, TrainingData

RECIPE = RECIPES["arn:aws:personalize:::recipe/aws-user-personalization"]


def limits(**quotas: int) -> Quotas:
    return Quotas(quotas)


def seen(data: TrainingData | NewData) -> set[str]:
    return {data.interactions.item_ids[code] for code in data.interactions.items.tolist()}


@pytest.mark.rule("models.newest-interactions-considered")
def test_the_newest_interactions_stay_in_their_order_with_all_that_belongs_to_them() -> None:
    table = events([("u", "a", 5), ("v", "b", 1), ("u", "c", 9), ("w", "d", 5), ("u", "e", 5)])
    context = {"DEVICE": text_column(["1", "2", "3", "4", "5"])}
    data = TrainingData(replace(table, weights=np.arange(5, dtype=np.float32), contexts=context))
    kept = considered_data(RECIPE, data, limits(interactions_considered=3)).interactions
    assert [kept.item_ids[code] for code in kept.items.tolist()] == ["c", "d", "e"]
    assert kept.weights is not None
    assert kept.weights.tolist() == [2, 3, 4]
    column = kept.contexts["DEVICE"]
    assert [column.values[code] for code in column.codes.tolist()] == ["3", "4", "5"]
    assert len(considered_data(RECIPE, data, limits(interactions_considered=5)).interactions) == 5


@pytest.mark.rule("models.items-considered")
def test_items_with_most_interactions_and_then_the_newest_stay() -> None:
    table = events([("u", "often", 1), ("v", "often", 2), ("u", "late", 9), ("u", "early", 3)])
    items = Attributes(
        ("young", "late", "old", "often", "ageless"),
        {"G": text_column("abcde")},
        {"N": np.arange(5.0)},
        created=np.array([80.0, 1.0, 7.0, 1.0, np.nan]),
    )
    data = TrainingData(table, items, objective=Objective(np.arange(5.0), "LOW"))
    order = ["often", "late", "early", "young", "old", "ageless"]
    for most in range(1, 6):
        kept = considered_data(RECIPE, data, limits(items_considered=most))
        assert kept.items is not None
        assert kept.objective is not None
        assert seen(kept) | {*kept.items.ids} == set(order[:most])
        places = [items.ids.index(each) for each in kept.items.ids]
        assert kept.objective.rewards.tolist() == kept.items.numbers["N"].tolist() == places
        genres = kept.items.categories["G"]
        assert "".join(genres.values[code] for code in genres.codes.tolist()) == "".join(
            "abcde"[place] for place in places
        )
    assert considered_data(RECIPE, data, limits(items_considered=6)).items is items


@pytest.mark.rule("models.items-considered")
def test_an_update_takes_in_what_there_is_room_for() -> None:
    model = train(RECIPE, TrainingData(events([("u", "a", 1), ("v", "b", 2)])), None)
    new = NewData(events([("u", "c", 3), ("u", "d", 4), ("v", "c", 5), ("v", "a", 6)]), Attributes(("a", "e", "b")))
    for most, items in ((1, "a"), (2, "a"), (3, "ac"), (4, "acd"), (5, "acd")):
        found = considered_news(RECIPE, model, new, limits(items_considered=most))
        assert seen(found) == set(items)
        assert found.items is not None
        assert found.items.ids == (("a", "e", "b") if most == 5 else ("a", "b"))
