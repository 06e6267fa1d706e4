"""What all families promise alike, and for each one data made so that the right answer is known."""

from __future__ import annotations

import pickle
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from frames import events, table_of

from simulator import errors
from simulator.data.columns import text_column
from simulator.data.interactions import InteractionTable
from simulator.recommend import training
from simulator.recommend.catalogue import RECIPES, Recipe
from simulator.recommend.training import (
    Attributes,
    Model,
    NewData,
    Query,
    TrainingData,
    rank,
    recommend,
    segment,
    train,
    update,
)

START = 1_600_000_000
DAY = 86_400
RECIPE_OF: Mapping[str, Recipe] = {str(recipe.model): recipe for recipe in reversed(RECIPES.values())}
SEGMENTS = {"item-affinity", "attribute-affinity"}
ACTIONS = {"actions"}
TEXTS = {"semantic"}


def data_of(frame: pd.DataFrame, genres: int = 5) -> TrainingData:
    items = sorted(frame["ITEM_ID"].unique())
    return TrainingData(table_of(frame), genres_of({item: f"g{place % genres}" for place, item in enumerate(items)}))


def genres_of(genres: Mapping[str, str]) -> Attributes:
    texts = text_column(genres.values())
    return Attributes(tuple(genres), {"GENRE": texts}, names=text_column(genres), descriptions=texts)


def trained(model: str, *rows: tuple[str, str, int], items: Attributes | None = None) -> Model:
    return train(RECIPE_OF[model], TrainingData(events(rows), items), None)


def tastes(groups: int = 2, users: int = 30, items: int = 10) -> list[tuple[str, str, int]]:
    """Groups of users, each of which takes the items of its own group, in an order of their own."""
    rng = np.random.default_rng(1)
    return [
        (f"{group}-u{user:02}", f"{group}-i{item:02}", START + DAY * place)
        for group in range(groups)
        for user in range(users)
        for place, item in enumerate(rng.permutation(items))
    ]


def ids(ranked: list[tuple[str, float | None]]) -> list[str]:
    return [item_id for item_id, _ in ranked]


@pytest.mark.rule("models.metrics-of-the-recipe")
@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda recipe: recipe.name)
def test_a_model_has_the_metrics_of_its_recipe(recipe: Recipe, small: pd.DataFrame) -> None:
    model = train(recipe, data_of(small), 1)
    assert list(model.metrics) == sorted(recipe.metrics)
    assert all(0 <= value <= (80 if name.startswith("hits") else 1) for name, value in model.metrics.items())


@pytest.mark.rule("models.same-seed-same-model")
@pytest.mark.parametrize("model", RECIPE_OF)
def test_the_same_seed_gives_the_same_bytes(model: str, small: pd.DataFrame) -> None:
    recipe, data = RECIPE_OF[model], data_of(small)
    one, other = train(recipe, data, 3), train(recipe, data, 3)
    assert one == other
    assert pickle.dumps(one) == pickle.dumps(other)
    different = train(recipe, data, 4) != one
    assert different == (model in ("personal", "ranking", "related", "item-affinity"))


@pytest.mark.parametrize("model", RECIPE_OF)
def test_the_order_of_rows_of_different_times_does_not_matter(model: str, small: pd.DataFrame) -> None:
    frame = small.drop_duplicates("TIMESTAMP")
    shuffled = frame.sample(frac=1, random_state=5)
    assert train(RECIPE_OF[model], data_of(frame), 3) == train(RECIPE_OF[model], data_of(shuffled), 3)


@pytest.mark.parametrize("model", RECIPE_OF)
def test_every_family_answers_its_own_questions_and_no_others(model: str, small: pd.DataFrame) -> None:
    found = train(RECIPE_OF[model], data_of(small), None)
    asked = {
        "items": lambda: recommend(found, Query(user_id="1", item_id="2"), num_results=3),
        "order": lambda: rank(found, Query(user_id="1"), ["2", "3"]),
        "users": lambda: segment(found, "2" if model == "item-affinity" else 'ITEMS.GENRE = "g1"', 3),
        "query": lambda: training.segment_field(found),
    }
    answers: set[str] = set() if model in ACTIONS else {"users", "query"} if model in SEGMENTS else {"items"}
    if model in ("personal", "ranking"):
        answers.add("order")
    for name, ask in asked.items():
        if name in answers:
            assert ask()
        else:
            with pytest.raises(TypeError, match=r"no (items|lists|segments)"):
                ask()


@pytest.mark.parametrize("model", sorted(set(RECIPE_OF) - SEGMENTS - ACTIONS))
def test_only_eligible_items_compete(model: str, small: pd.DataFrame) -> None:
    found = train(RECIPE_OF[model], data_of(small), None)
    eligible = np.array([each in ("1", "5", "9") for each in found.item_ids])
    ranked = recommend(found, Query(user_id="1", item_id="2"), eligible=eligible)
    assert set(ids(ranked)) == {"1", "5", "9"}
    assert recommend(found, Query(user_id="1", item_id="2"), eligible=np.zeros_like(eligible)) == []
    scores = [score for _, score in ranked]
    if model in ("personal", "ranking"):
        assert sum(filter(None, scores)) == pytest.approx(1, abs=1e-6)
    else:
        assert scores == [None] * 3


def test_a_personal_model_knows_tastes() -> None:
    """[resp-041] Items that were taken already are no less likely."""
    model = trained("personal", *tastes())
    for group in ("0", "1"):
        assert all(
            item.startswith(group) for item in ids(recommend(model, Query(user_id=f"{group}-u03"), num_results=9))
        )


@pytest.mark.rule("models.ranking")
def test_a_ranking_puts_what_suits_a_user_first_and_what_is_unknown_last() -> None:
    """[resp-015] [resp-024] Scores sum to one over the known items; unknown ones follow without a score."""
    model = trained("ranking", *tastes())
    ranked = rank(model, Query(user_id="1-u03"), ["new b", "0-i01", "1-i01", "new a", "0-i02", "1-i02", "0-i01"])
    assert {item for item, _ in ranked[:2]} == {"1-i01", "1-i02"}
    assert {item for item, _ in ranked[2:4]} == {"0-i01", "0-i02"}
    assert ranked[4:] == [("new b", None), ("new a", None)]
    scores = [score for _, score in ranked[:4] if score is not None]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(1, abs=1e-6)
    assert rank(model, Query(user_id="1-u03"), []) == []


@pytest.mark.rule("models.ranking-session")
def test_a_ranking_follows_the_session() -> None:
    model = trained("ranking", *tastes())
    for group in ("0", "1"):
        session = [f"{group}-i01", f"{group}-i02"]
        ranked = rank(model, Query(user_id="somebody new", session=session), ["0-i05", "1-i05"])
        assert ranked[0][0] == f"{group}-i05"


@pytest.mark.rule("models.related", "models.related-unknown")
def test_related_items_are_those_that_the_same_users_took() -> None:
    rows = [*tastes(), *((f"f{user}", "popular", START) for user in range(40))]
    model = trained("related", *rows)
    related = ids(recommend(model, Query(item_id="1-i04", user_id="0-u01"), num_results=21))
    assert set(related[:9]) == {f"1-i{item:02}" for item in range(10)} - {"1-i04"}
    assert related[9] == "popular"
    assert len(related) == len(set(related)) == 20
    assert "1-i04" not in related
    unknown = ids(recommend(model, Query(item_id="never seen"), num_results=21))
    assert unknown[0] == "popular"
    assert len(unknown) == 21


@pytest.mark.rule("models.popularity", "models.interaction-count")
def test_popularity_counts_users_and_the_other_one_counts_interactions() -> None:
    rows = [(f"u{user}", "by many", START + user) for user in range(30)]
    rows += [(f"u{user % 3}", "often", START + user) for user in range(60)]
    rows += [("u1", "b", START), ("u2", "a", START)]
    by_users = recommend(trained("popularity", *rows), Query(user_id="u1"))
    assert by_users == [("by many", None), ("often", None), ("a", None), ("b", None)]
    by_interactions = recommend(trained("interaction-count", *rows), Query(), num_results=3)
    assert ids(by_interactions) == ["often", "by many", "a"]


def hourly(item: str, *counts: int) -> list[tuple[str, str, int]]:
    """Interactions with an item, so many in each of the hours of a day."""
    return [
        (f"{item}-u{number}", item, START + 3600 * hour + number % 3500 + 1)
        for hour, count in enumerate(counts)
        for number in range(count)
    ]


TRENDS = [
    *hourly("big", 50, 50, 50, 50, 50, 50),
    *hourly("rising", 0, 0, 0, 0, 1, 20),
    *hourly("falling", 40, 40, 40, 40, 40, 5),
    *hourly("small", 1, 1, 1, 1, 1, 3),
]


@pytest.mark.rule("models.trending", "models.trending-frequency")
def test_trending_items_are_those_that_rise() -> None:
    data = TrainingData(events([*TRENDS, ("last", "small", START + 6 * 3600)]))
    recipe = RECIPE_OF["trending"]
    by_the_hour = train(recipe, data, None, {"trend_discovery_frequency": "1 hour"})
    assert ids(recommend(by_the_hour, Query())) == ["rising", "small", "big", "falling"]
    over_two = train(recipe, data, None)
    assert ids(recommend(over_two, Query())) == ["rising", "small", "big", "falling"]
    assert over_two != by_the_hour
    by_the_day = train(recipe, data, None, {"trend_discovery_frequency": "1 day"})
    assert ids(recommend(by_the_day, Query())) == ["big", "falling", "rising", "small"]


@pytest.mark.rule("models.trending-again")
def test_trends_are_found_again_with_what_was_streamed() -> None:
    model = trained("trending", *TRENDS)
    streamed = [(f"n{number}", "new", START + 6 * 3600 + number) for number in range(90)]
    after = update(model, NewData(events(streamed)))
    assert recommend(after, Query())[0] == ("new", None)
    assert after.metrics == model.metrics
    assert update(model, NewData(events([]))) == model
    much_later = update(after, NewData(events([("late", "small", START + 30 * DAY)])))
    assert ids(recommend(much_later, Query())) == ["small", "big", "falling", "new", "rising"]


def test_the_trends_that_were_foreseen_are_the_accuracy() -> None:
    """An item that goes on rising was recommended an hour before; one that rises suddenly was not."""
    recipe = RECIPES["arn:aws:personalize:::recipe/aws-trending-now"]
    hour = {"trend_discovery_frequency": "1 hour"}
    filler = [row for item in range(30) for row in hourly(f"steady{item}", 2, 2, 3, 3)]
    steady = train(recipe, TrainingData(events([*filler, *hourly("rising", 0, 1, 20, 60)])), None, hour)
    assert steady.metrics["trend_prediction_accuracy"] == 1.0
    sudden = train(recipe, TrainingData(events([*filler, *hourly("zzz", 0, 0, 0, 60)])), None, hour)
    assert sudden.metrics["trend_prediction_accuracy"] == 0.0


@pytest.mark.parametrize("model", ["related", "popularity", "interaction-count", "item-affinity", "attribute-affinity"])
def test_models_without_automatic_updates_stay(model: str, small: pd.DataFrame) -> None:
    before = train(RECIPE_OF[model], data_of(small), None)
    assert update(before, NewData(events([("1", "brand new", START)]))) is before


@pytest.mark.rule("models.attribute-to-train-on")
@pytest.mark.parametrize(
    ("columns", "trainable"),
    [
        (None, False),
        ({}, False),
        ({"GENRE": ("a", "a", "a", "a")}, False),
        ({"GENRE": ("a", "b", "c", "d")}, False),
        ({"GENRE": ("a", "b", "c", "")}, False),
        ({"GENRE": ("", "", "", "")}, False),
        ({"GENRE": ("a", "a", "b", "")}, True),
        ({"PRICE": ("1", "2", "3", "4"), "GENRE": ("a", "a", "b", "b")}, True),
    ],
)
def test_attributes_that_can_be_trained_on(columns: Mapping[str, tuple[str, ...]] | None, trainable: bool) -> None:
    """[fail-005] No attribute, or all values the same, or all distinct."""
    items = None
    if columns is not None:
        items = Attributes(("1", "2", "3", "4"), {name: text_column(texts) for name, texts in columns.items()})
    table = events([(f"u{row % 50}", f"{row % 4 + 1}", START + row) for row in range(1200)])
    data = TrainingData(table, items)
    reason = training.too_little(RECIPE_OF["attribute-affinity"], data)
    assert reason == (None if trainable else errors.NO_ATTRIBUTE_TO_TRAIN_ON)
    assert reason is None or reason.startswith("Did not find any attribute to train on. There may not be any ")
    assert training.too_little(RECIPE_OF["item-affinity"], data) is None


def test_too_few_interactions_for_every_family() -> None:
    items = genres_of({"i0": "a", "i1": "a", "i2": "b"})
    few = TrainingData(events([(f"u{row % 50}", f"i{row % 3}", START + row) for row in range(999)]), items)
    for model, recipe in RECIPE_OF.items():
        reason = None if model in TEXTS else "Dataset has fewer than 1000 interactions."
        assert training.too_little(recipe, few) == reason


@pytest.mark.parametrize("model", sorted(RECIPE_OF.keys() - TEXTS))
def test_nothing_to_train_on(model: str) -> None:
    nothing = InteractionTable(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.int64), (), ())
    with pytest.raises(ValueError, match="There are no interactions"):
        train(RECIPE_OF[model], TrainingData(nothing, Attributes(())), None)


@pytest.mark.parametrize("model", RECIPE_OF)
def test_one_interaction_is_enough_not_to_fail(model: str) -> None:
    data = TrainingData(events([("u", "i", START)]), genres_of({"i": "a"}))
    assert set(train(RECIPE_OF[model], data, 1).metrics.values()) <= {0.0, 1.0}
