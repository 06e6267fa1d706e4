"""Semantic similarity as a model: planted answers in texts and languages, influence, updates, the same bytes."""

from __future__ import annotations

import pickle
from collections.abc import Mapping

import numpy as np
import pytest
from frames import events
from hypothesis import given
from hypothesis import strategies as st

from simulator.data.columns import text_column
from simulator.data.interactions import InteractionTable
from simulator.recommend import semantic
from simulator.recommend.catalogue import RECIPES
from simulator.recommend.training import Attributes, NewData, Query, TrainingData, recommend, too_little, train, update

RECIPE = RECIPES["arn:aws:personalize:::recipe/aws-semantic-similarity"]
NOTHING = InteractionTable(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.int64), (), ())
TEXTS = {
    "robots": ("Robots of Mars", "A robot wakes on Mars and looks for its maker."),
    "rover": ("The Rover", "The story of a robot that drives over Mars."),
    "kitchen": ("Kitchen Stories", "Recipes and stories from a small kitchen."),
    "pasta": ("Pasta", "A hundred recipes of pasta for every kitchen."),
    "nothing": ("", ""),
}


def told(texts: Mapping[str, tuple[str, str]], created: list[float] | None = None) -> Attributes:
    names, descriptions = (text_column(each[place] for each in texts.values()) for place in (0, 1))
    times = None if created is None else np.array(created)
    return Attributes(tuple(texts), created=times, names=names, descriptions=descriptions)


def of(texts: Mapping[str, tuple[str, str]], table: InteractionTable = NOTHING) -> semantic.SemanticItems:
    model = train(RECIPE, TrainingData(table, told(texts)), 3)
    assert isinstance(model, semantic.SemanticItems)
    return model


def ids(model: semantic.SemanticItems, item: str, count: int = 25, **influence: float) -> list[str]:
    return [each for each, _ in recommend(model, Query(item_id=item, influence=influence), count)]


@pytest.mark.rule("semantic-similarity.similar")
def test_what_reads_alike_is_related() -> None:
    model = of(TEXTS)
    assert ids(model, "robots", 1) == ["rover"]
    assert ids(model, "kitchen", 1) == ["pasta"]
    assert sorted(ids(model, "nothing")) == ["kitchen", "pasta", "robots", "rover"]


def test_a_name_that_is_written_a_little_otherwise_is_near() -> None:
    texts = {"a": ("Detectives", "x1"), "b": ("Detective's", "x2"), "c": ("Gardens", "x3"), "d": ("Gardening", "x4")}
    model = of(texts)
    assert [ids(model, each, 1) for each in "abcd"] == [["b"], ["a"], ["d"], ["c"]]


def test_scripts_without_spaces_and_accents() -> None:
    texts = {
        "ja1": ("宇宙の旅", "火星へ行くロボットの話"),
        "ja2": ("火星", "ロボットが火星で目を覚ます"),
        "zh": ("厨房", "意大利面的做法"),
        "fr1": ("Été à Paris", "Un été près de la Seine"),
        "fr2": ("ETE", "Paris et la Seine en ete"),
    }
    model = of(texts)
    assert ids(model, "ja1", 1) == ["ja2"]
    assert ids(model, "fr1", 1) == ["fr2"]


@pytest.mark.rule("semantic-similarity.influence")
def test_influence_grows_with_its_weight_and_stays_among_the_similar() -> None:
    texts = {f"s{n}": (f"Ship {n}", "A ship at sea " + "in a storm " * (n == 0)) for n in range(4)}
    texts |= {"other": ("Bread", "Flour and yeast")}
    table = events([(f"u{n}", "other", n) for n in range(90)] + [(f"u{n}", "s3", n) for n in range(80)])
    model = of(texts, table)
    assert ids(model, "s0")[-1] == ids(model, "s0", POPULARITY=1.0)[-1] == "other"
    assert ids(model, "s0", POPULARITY=1.0)[0] == "s3"
    places = [ids(model, "s0", POPULARITY=weight).index("s3") for weight in (0.0, 0.01, 0.2, 1.0)]
    assert places == sorted(places, reverse=True)
    assert model.popularity[model.item_codes["other"]] == 1.0
    assert model.popularity[model.item_codes["s3"]] == pytest.approx(80 / 90)


def test_freshness_lies_between_the_oldest_and_the_newest() -> None:
    texts = {each: (each, each) for each in "dcba"}
    model = semantic.train(told(texts, [100.0, 200.0, 150.0, np.nan]), NOTHING)
    assert dict(zip(model.item_ids, model.freshness.tolist(), strict=True)) == {"d": 0, "c": 1, "b": 0.5, "a": 0}
    assert semantic.train(told(texts, [7.0, 7.0, np.nan, 7.0]), NOTHING).freshness.tolist() == [1, 0, 1, 1]
    assert semantic.train(told(texts), NOTHING).freshness.tolist() == [0, 0, 0, 0]


@pytest.mark.rule("semantic-similarity.incremental-scores")
def test_an_update_takes_in_new_changed_and_vanished_items_and_no_scores() -> None:
    model = semantic.train(told(TEXTS, [1.0, 2.0, 3.0, 4.0, 5.0]), events([("u", "rover", 1), ("u", "pasta", 1)]))
    now = dict(TEXTS) | {"lander": ("Lander", "A robot lands on Mars, and a maker waits.")}
    now["pasta"] = ("Pasta of Mars", "A robot cooks on Mars for its maker.")
    del now["rover"]
    after = update(model, NewData(NOTHING, told(now, [9.0, 9.0, 9.0, 9.0, 9.0])))
    assert isinstance(after, semantic.SemanticItems)
    assert after.item_ids == ("kitchen", "lander", "nothing", "pasta", "robots")
    assert set(ids(after, "robots", 2)) == {"lander", "pasta"}
    assert after.popularity.tolist() == [0, 0, 0, 1, 0]
    assert after.freshness.tolist() == [0.5, 0, 1, 0.75, 0]
    assert update(model, NewData(events([("u", "rover", 2)]))) is model


def test_the_order_in_which_items_came_does_not_matter() -> None:
    backward = dict(reversed(TEXTS.items()))
    assert of(TEXTS) == of(backward)
    assert pickle.dumps(of(TEXTS)) == pickle.dumps(of(backward))


@given(st.dictionaries(st.text(max_size=4), st.tuples(st.text(max_size=12), st.text(max_size=20)), max_size=6))
def test_any_texts_can_be_trained_on(texts: dict[str, tuple[str, str]]) -> None:
    model = semantic.train(told(texts), NOTHING)
    for item in texts:
        assert sorted([*ids(model, item), item]) == sorted(texts)


@pytest.mark.rule("semantic-similarity.texts-wanted")
def test_what_is_wanted() -> None:
    texts = told(TEXTS)
    reasons = [
        too_little(RECIPE, TrainingData(NOTHING, each))
        for each in (
            texts,
            None,
            Attributes(()),
            Attributes(texts.ids, descriptions=texts.descriptions),
            Attributes(texts.ids, names=texts.names),
        )
    ]
    no_items = "Dataset group must contain an ITEMS dataset with successfully completed dataset import job"
    wanted = "The items dataset has no string field to train on that is marked {}."
    assert reasons == [None, no_items, no_items, wanted.format("itemName"), wanted.format("textual")]
