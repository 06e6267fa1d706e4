"""Metrics against the guide's worked examples, hand-made lists, and libraries' implementations over random ones."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from frames import events, table_of
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score, roc_auc_score

from simulator.data.columns import TextColumn
from simulator.recommend.catalogue import RECIPES
from simulator.recommend.metrics import (
    held_out,
    normalized_discounted_gain,
    precision,
    reciprocal_rank,
    rows_to_find,
    summarize,
    summarize_actions,
    summarize_segments,
    weighted_gain,
    weights_to_find,
)
from simulator.recommend.metrics import (
    tested_users as users_tested,
)
from simulator.recommend.training import Attributes, TrainingData, train

WORKED_EXAMPLE = [False, True, False, False, True]
ITEMS = 60
CUTS = (5, 10, 25)


@st.composite
def evaluations(draw: st.DrawFn, items: int = ITEMS) -> tuple[list[list[int]], list[set[int]]]:
    """Ranked lists of some users, with the items that were to be found."""
    code = st.integers(0, items - 1)
    users = draw(st.integers(1, 6))
    ranked = st.lists(code, unique=True, max_size=30)
    lists = draw(st.lists(ranked, min_size=users, max_size=users))
    truths = draw(st.lists(st.sets(code, min_size=1, max_size=12), min_size=users, max_size=users))
    return lists, truths


@pytest.mark.rule("metrics.discount")
def test_the_worked_example_of_the_guide() -> None:
    assert reciprocal_rank(WORKED_EXAMPLE, 5) == 0.5
    assert round(normalized_discounted_gain(WORKED_EXAMPLE, 5), 4) == 0.6241
    assert precision(WORKED_EXAMPLE, 5) == 0.4


def test_the_mean_reciprocal_rank_of_the_guide() -> None:
    clicked = [{3, 9}, {1, 3, 11}, {5}]  # counted from 0
    found = summarize([list(range(25))] * 3, clicked, ITEMS)
    assert found["mean_reciprocal_rank_at_25"] == 0.3056


@pytest.mark.parametrize("relevant", [[], [False] * 30, [False] * 25 + [True]])
def test_a_list_without_hits_in_its_first_places_earns_nothing(relevant: list[bool]) -> None:
    assert precision(relevant, 25) == reciprocal_rank(relevant, 25) == 0
    assert normalized_discounted_gain(relevant, 25) == 0


@pytest.mark.rule("metrics.norm")
def test_hits_in_the_first_places_are_a_perfect_order() -> None:
    assert normalized_discounted_gain([True, True, False], 25) == 1


@pytest.mark.rule("metrics.shape")
def test_a_summary_has_the_eight_keys_in_alphabetical_order_and_four_decimals() -> None:
    found = summarize([[0, 1, 2], [0, 3, 4]], [{1}, {9}], item_count=9)
    assert list(found) == sorted(found)
    assert found == {
        "coverage": 0.5556,
        "mean_reciprocal_rank_at_25": 0.25,
        "normalized_discounted_cumulative_gain_at_10": 0.3155,
        "normalized_discounted_cumulative_gain_at_25": 0.3155,
        "normalized_discounted_cumulative_gain_at_5": 0.3155,
        "precision_at_10": 0.05,
        "precision_at_25": 0.02,
        "precision_at_5": 0.1,
    }


@pytest.mark.rule("metrics.nobody-tested")
def test_a_summary_of_nothing_is_zero() -> None:
    assert set(summarize([], [], item_count=0).values()) == {0.0}
    assert set(summarize_actions([], [], [], action_count=0).values()) == {0.0}
    assert set(summarize_segments([], [], user_count=0).values()) == {0.0}
    assert weighted_gain([], []) == 0.0


@settings(deadline=None)
@given(evaluations())
def test_ndcg_is_that_of_scikit_learn(evaluation: tuple[list[list[int]], list[set[int]]]) -> None:
    lists, truths = evaluation
    found = summarize(lists, truths, ITEMS)
    for k in CUTS:
        each = []
        for ranked, truth in zip(lists, truths, strict=True):
            relevance = [float(item in truth) for item in ranked[:k]]
            relevance += [0.0] * (k - len(relevance))
            each.append(ndcg_score([relevance], [list(range(k, 0, -1))], k=k))
        assert found[f"normalized_discounted_cumulative_gain_at_{k}"] == pytest.approx(np.mean(each), abs=6e-5)


@settings(deadline=None)
@given(evaluations())
def test_the_other_metrics_are_those_of_a_page_of_pandas(evaluation: tuple[list[list[int]], list[set[int]]]) -> None:
    lists, truths = evaluation
    ranked = pd.DataFrame(
        [(user, item, place) for user, each in enumerate(lists) for place, item in enumerate(each, start=1)],
        columns=["user", "item", "place"],
    ).astype(int)
    wanted = pd.DataFrame([(user, item) for user, each in enumerate(truths) for item in each], columns=["user", "item"])
    hits = ranked.merge(wanted, on=["user", "item"])
    everyone = range(len(lists))

    def mean(by_user: pd.Series[float]) -> float:
        return float(by_user.reindex(everyone, fill_value=0.0).mean())

    expected = {f"precision_at_{k}": mean(hits[hits["place"] <= k].groupby("user")["place"].count() / k) for k in CUTS}
    expected["mean_reciprocal_rank_at_25"] = mean(1 / hits[hits["place"] <= 25].groupby("user")["place"].min())
    expected["coverage"] = ranked[ranked["place"] <= 25]["item"].nunique() / ITEMS
    found = summarize(lists, truths, ITEMS)
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=6e-5)


@settings(deadline=None)
@given(st.data())
def test_the_metrics_of_actions_are_those_of_scikit_learn_and_pandas(data: st.DataObject) -> None:
    count = 7
    _, truths = data.draw(evaluations(count))
    one = st.lists(st.sampled_from([0.0, 0.1, 0.5, 0.9]), min_size=count, max_size=count)
    scores = data.draw(st.lists(one, min_size=len(truths), max_size=len(truths)))
    lists = [np.argsort(-np.array(each), kind="stable").tolist() for each in scores]
    pairs = pd.DataFrame(
        [
            (action, action in truth, action in ranked[:5])
            for ranked, truth in zip(lists, truths, strict=True)
            for action in range(count)
        ],
        columns=["action", "taken", "shown"],
    )
    pairs["both"] = pairs["taken"] & pairs["shown"]
    sums = pairs.groupby("action").sum()
    found = summarize_actions(lists, truths, scores, count)
    assert list(found) == sorted(found)
    assert found["precision"] == pytest.approx((sums["both"] / sums["shown"]).dropna().mean(), abs=6e-5)
    assert found["recall"] == pytest.approx((sums["both"] / sums["taken"]).dropna().mean(), abs=6e-5)
    if 0 < pairs["taken"].sum() < len(pairs):
        area = roc_auc_score(pairs["taken"], np.array(scores).ravel())
        assert found["area_under_the_curve"] == pytest.approx(area, abs=6e-5)
    else:
        assert found["area_under_the_curve"] == 0.0


@settings(deadline=None)
@given(evaluations())
def test_weights_that_are_equal_are_ndcg(evaluation: tuple[list[list[int]], list[set[int]]]) -> None:
    lists, truths = evaluation
    plain = summarize(lists, truths, ITEMS)["normalized_discounted_cumulative_gain_at_25"]
    for weight in (1.0, 0.2):
        assert weighted_gain(lists, [dict.fromkeys(truth, weight) for truth in truths]) == pytest.approx(plain)


def test_a_heavy_event_below_a_light_one_costs() -> None:
    weights = {7: 0.3, 8: 0.1}
    assert weighted_gain([[7, 8]], [weights]) == 1.0
    expected = (0.5 / math.log2(2) + 1.5 / math.log2(3)) / (1.5 / math.log2(2) + 0.5 / math.log2(3))
    assert weighted_gain([[8, 7]], [weights]) == round(expected, 4)


@pytest.mark.rule("metrics.split")
def test_ten_per_cent_of_the_users_are_tested() -> None:
    assert np.flatnonzero(users_tested(30)).tolist() == [9, 19, 29]


def test_the_newest_tenth_of_a_tested_users_events_is_to_be_found() -> None:
    rows = [("a", f"item {day}", 100 - day) for day in range(20)]
    rows += [("b", "item 1", 5), ("b", "item 2", 4), ("c", "item 1", 7), ("d", "item 1", 1), ("d", "item 3", 2)]
    chosen = rows_to_find(events(rows), np.array([True, True, True, False]))
    assert np.flatnonzero(chosen).tolist() == [0, 1, 20]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 25), st.integers(0, 9), st.integers(0, 99)), min_size=1))
def test_the_split_is_that_of_a_page_of_pandas(rows: list[tuple[int, int, int]]) -> None:
    table = events([(f"u{user:02}", f"i{item}", seconds) for user, item, seconds in rows])
    given_rows, truths = held_out(table)
    frame = pd.DataFrame({"user": table.users, "item": table.items, "seconds": table.timestamps})
    frame["place"] = frame.sort_values("seconds", kind="stable").groupby("user").cumcount()
    frame["length"] = frame.groupby("user")["item"].transform("size")
    to_find = (frame["user"] % 10 == 9) & (frame["place"] >= np.maximum(frame["length"] * 9 // 10, 1))
    assert given_rows.tolist() == (~to_find).tolist()
    assert truths == {user: set(part["item"]) for user, part in frame[to_find].groupby("user")}


@pytest.mark.rule("metrics.coverage")
@pytest.mark.parametrize(("name", "share"), [("user-personalization", 2), ("similar-items", 2), ("sims", 1)])
def test_coverage_counts_the_items_of_the_items_dataset(small: pd.DataFrame, name: str, share: int) -> None:
    """Of twice as many items, the new ones unknown, a half as much is covered; SIMS has no use for them."""
    table = table_of(small)
    recipe = RECIPES[f"arn:aws:personalize:::recipe/aws-{name}"]
    alone = train(recipe, TrainingData(table), None).metrics["coverage"]
    more = tuple(f"more {number}" for number in range(len(table.item_ids)))
    items = Attributes((*table.item_ids, *more)) if "ITEMS" in recipe.optional_datasets else None
    found = train(recipe, TrainingData(table, items), None).metrics["coverage"]
    assert 0 < found == pytest.approx(alone / share, abs=1e-4)


def test_every_recipe_has_the_metrics_that_the_catalogue_names(small: pd.DataFrame) -> None:
    """All metrics lie between 0 and 1 but for `hits_at_1_percent`, which is a number of users."""
    table = table_of(small)
    genres = TextColumn(np.arange(len(table.item_ids), dtype=np.int32) % 3, ("", "drama", "crime"))
    items = Attributes(table.item_ids, {"GENRE": genres})
    for recipe in RECIPES.values():
        if "INTERACTIONS" in recipe.required_datasets and "ACTIONS" not in recipe.required_datasets:
            found = train(recipe, TrainingData(table, items), None).metrics
            assert list(found) == sorted(recipe.metrics) != []
            assert all(
                0 <= value <= 1 and value == round(value, 4) for name, value in found.items() if "hits" not in name
            )


@pytest.mark.rule("metrics.event-weights")
def test_weights_of_events_have_a_metric_of_their_own(small: pd.DataFrame) -> None:
    table = table_of(small)
    recipe = RECIPES["arn:aws:personalize:::recipe/aws-user-personalization-v2"]
    name = "normalized_discounted_cumulative_gain_with_event_weights_at_k"
    plain = train(recipe, TrainingData(table), None).metrics
    assert name not in plain
    alike = np.full(len(table), 0.3, np.float32)
    found = train(recipe, TrainingData(replace(table, weights=alike)), None).metrics
    assert list(found) == sorted(found)
    assert found == {**plain, name: plain["normalized_discounted_cumulative_gain_at_25"]}
    unlike = np.where(np.arange(len(table)) % 2, 0.1, 0.9).astype(np.float32)
    found = train(recipe, TrainingData(replace(table, weights=unlike)), None).metrics
    assert found[name] != found["normalized_discounted_cumulative_gain_at_25"]


def test_an_item_that_is_found_twice_has_the_greater_weight() -> None:
    table = replace(
        events([("a", "x", 1), ("a", "x", 2), ("a", "y", 3), ("b", "x", 4)]),
        weights=np.array([0.25, 0.5, 1.0, 2.0], np.float32),
    )
    assert weights_to_find(table, np.array([True, True, True, False])) == {0: {0: 0.5, 1: 1.0}}
    assert weights_to_find(replace(table, weights=None), np.ones(4, dtype=bool)) == {}
