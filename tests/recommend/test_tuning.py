"""The search for hyperparameters and recipes: what it tries, what it finds, and that it finds the same again."""

from __future__ import annotations

import math
import threading
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from frames import table_of
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.data.columns import TextColumn
from simulator.recommend import tuning
from simulator.recommend.catalogue import RECIPES, Hyperparameter, Recipe
from simulator.recommend.models import TrainedModel
from simulator.recommend.training import TrainingData, train
from simulator.recommend.tuning import Found, Plan, Range, search, trials, tunable_ranges, undecided

ARN = "arn:aws:personalize:::recipe/aws-"
PERSONAL = RECIPES[ARN + "user-personalization"]
SIMS = RECIPES[ARN + "sims"]
POPULAR = RECIPES[ARN + "popularity-count"]
HIDDEN = Range("hidden_dimension", 32, 256, whole=True)
MASK = Range("recency_mask", choices=("true", "false"))
DISCOUNT = Range("popularity_discount_factor", 0.0, 1.0)


def test_everything_tunable_is_searched_but_what_is_chosen() -> None:
    assert [each.name for each in tunable_ranges(PERSONAL, {})] == ["hidden_dimension", "bptt", "recency_mask"]
    found = tunable_ranges(PERSONAL, {"bptt": "4"})
    assert found == (HIDDEN, Range("recency_mask", choices=("True", "False")))
    assert tunable_ranges(POPULAR, {}) == ()


@pytest.mark.rule("hpo.default-first")
def test_what_the_recipe_would_do_anyway_is_tried_first_if_it_may_be() -> None:
    assert trials(Plan(PERSONAL, ranges=(HIDDEN, MASK), jobs=3))[0] == {
        "hidden_dimension": "149",
        "recency_mask": "true",
    }
    chosen = {"hidden_dimension": "40"}
    assert trials(Plan(PERSONAL, chosen, (HIDDEN,), 3))[0] == chosen
    narrow = Range("hidden_dimension", 32, 100, whole=True)
    assert trials(Plan(PERSONAL, ranges=(narrow,), jobs=1)) == [{"hidden_dimension": "66"}]


def test_without_ranges_there_is_one_trial() -> None:
    assert trials(Plan(PERSONAL, jobs=40)) == [{}]


def test_all_combinations_are_tried_where_there_are_no_more_than_jobs() -> None:
    few = Range("bptt", 2, 4, whole=True)
    tried = trials(Plan(PERSONAL, ranges=(few, MASK), jobs=6))
    assert {(each["bptt"], each["recency_mask"]) for each in tried} == {
        (bptt, mask) for bptt in "234" for mask in ("true", "false")
    }
    assert len(tried) == 6
    assert trials(Plan(SIMS, ranges=(Range("popularity_discount_factor", 0.25, 0.25),), jobs=9)) == [
        {"popularity_discount_factor": "0.25"}
    ]


def test_the_order_of_the_ranges_does_not_matter() -> None:
    assert trials(Plan(PERSONAL, ranges=(HIDDEN, MASK), jobs=9)) == trials(
        Plan(PERSONAL, ranges=(MASK, HIDDEN), jobs=9)
    )


@st.composite
def _ranges(draw: st.DrawFn) -> tuple[Range, ...]:
    found = []
    for name in draw(st.lists(st.sampled_from(["hidden_dimension", "bptt", "recency_mask"]), unique=True, min_size=1)):
        kind = draw(st.sampled_from(["whole", "number", "choice"]))
        if kind == "choice":
            found.append(Range(name, choices=draw(st.sampled_from([("a",), ("a", "b"), ("1", "2", "3")]))))
        elif kind == "whole":
            low = draw(st.integers(-5, 300))
            found.append(Range(name, low, low + draw(st.integers(0, 50)), whole=True))
        else:
            low = draw(st.floats(-10, 10))
            found.append(Range(name, low, low + draw(st.floats(0, 10))))
    return tuple(found)


@settings(deadline=None)
@given(_ranges(), st.integers(1, 40))
@pytest.mark.rule("hpo.jobs")
def test_trials_are_distinct_lie_in_their_ranges_and_are_as_many_as_the_jobs(
    ranges: tuple[Range, ...], jobs: int
) -> None:
    plan = Plan(replace(PERSONAL, algorithm_hyperparameters=_numbers()), ranges=ranges, jobs=jobs)
    tried = trials(plan)
    assert tried == trials(plan)
    assert len({tuple(each.items()) for each in tried}) == len(tried) >= 1
    assert len(tried) <= jobs
    possible = math.prod(each.size for each in ranges)
    # Numbers so close to each other that they are one as a double are not counted on.
    if all(each.choices or each.whole or each.highest - each.lowest > 1e-6 for each in ranges):
        assert len(tried) == min(jobs, possible)
    for each in tried:
        for one in ranges:
            value = each[one.name]
            assert value in one.choices if one.choices else one.lowest <= float(value) <= one.highest
            if one.whole:
                int(value)


def _numbers() -> tuple[Hyperparameter, ...]:
    return tuple(Hyperparameter(name, "1") for name in ("hidden_dimension", "bptt", "recency_mask"))


def test_points_are_spread_over_the_ranges() -> None:
    """Of 40 points in two ranges every quarter by quarter has some, and each range is used throughout."""
    other = Range("min_cointeraction_count", 0, 10, whole=True)
    tried = trials(Plan(SIMS, ranges=(DISCOUNT, other), jobs=40))
    cells = {
        (int(float(each["popularity_discount_factor"]) * 4), int(each["min_cointeraction_count"]) // 3)
        for each in tried
    }
    assert len(cells) >= 14
    assert {each["min_cointeraction_count"] for each in tried} == {str(count) for count in range(11)}


# --- the search itself ------------------------------------------------------------------------------------


class Fake(TrainedModel):
    """What a training of tests makes: its metric says how good its hyperparameters were."""


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, str], int]]:
    """A record of the trainings: recipe, hyperparameters, rows. The nearer `hidden_dimension` is to 100, the better."""
    seen: list[tuple[str, dict[str, str], int]] = []

    def fake(recipe: Recipe, data: TrainingData, chance: int | None, chosen: dict[str, str]) -> Fake:
        assert chance == 7
        seen.append((recipe.name, dict(chosen), len(data.interactions)))
        off = abs(int(chosen.get("hidden_dimension", "0")) - 100)
        return Fake((), {"precision_at_25": round(1 / (1 + off), 4), "coverage": float(off)})

    monkeypatch.setattr(tuning, "train", fake)
    return seen


def rows(count: int) -> TrainingData:
    users = np.arange(count) % 97
    frame = pd.DataFrame({"USER_ID": [f"u{each:02}" for each in users], "ITEM_ID": "i", "TIMESTAMP": np.arange(count)})
    return TrainingData(table_of(frame))


@pytest.mark.rule("hpo.objective")
def test_the_best_by_the_metric_is_found_and_is_the_model(trained: list[tuple[str, dict[str, str], int]]) -> None:
    plan = Plan(PERSONAL, {"bptt": "5"}, (HIDDEN,), 40)
    found = search([plan], rows(50), 7, "precision_at_25")
    tried = [int(chosen["hidden_dimension"]) for _, chosen, _ in trained]
    best = min(tried, key=lambda each: abs(each - 100))
    assert found.tuned == {"hidden_dimension": str(best)}
    assert found.model.metrics["precision_at_25"] == round(1 / (1 + abs(best - 100)), 4)
    assert (found.jobs, len(trained)) == (40, 40)
    assert all(chosen["bptt"] == "5" for _, chosen, _ in trained)
    worst = search([plan], rows(50), 7, "coverage")
    assert worst.tuned == {"hidden_dimension": str(max(tried, key=lambda each: abs(each - 100)))}


def test_of_equals_the_first_is_taken(trained: list[tuple[str, dict[str, str], int]]) -> None:
    found = search([Plan(POPULAR), Plan(SIMS)], rows(50), 7, "precision_at_25")
    assert (found.recipe, found.tuned, found.jobs) == (POPULAR, {}, 2)


def test_a_recipe_is_chosen_among_several(trained: list[tuple[str, dict[str, str], int]]) -> None:
    found = search([Plan(POPULAR), Plan(PERSONAL, ranges=(HIDDEN,), jobs=3)], rows(50), 7, "precision_at_25")
    assert (found.recipe, found.jobs) == (PERSONAL, 4)


@pytest.mark.rule("hpo.many-interactions")
def test_of_many_rows_the_first_and_the_best_are_compared_on_all(
    trained: list[tuple[str, dict[str, str], int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuning, "ROWS_COMPARED", 1000)
    data = rows(2500)
    found = search([Plan(PERSONAL, ranges=(HIDDEN,), jobs=9)], data, 7, "precision_at_25")
    compared = [count for _, _, count in trained]
    assert max(compared[:9]) <= 1000
    assert compared[9:] == [2500] * 4
    tried = [int(chosen["hidden_dimension"]) for _, chosen, _ in trained]
    assert tried[9] == tried[0] == 149
    assert {*tried[10:]} == {*sorted(tried[:9], key=lambda each: abs(each - 100))[:3]}
    assert (found.tuned, found.jobs) == ({"hidden_dimension": str(min(tried, key=lambda each: abs(each - 100)))}, 9)
    for few in (Plan(PERSONAL), Plan(PERSONAL, ranges=(HIDDEN,), jobs=3)):
        trained.clear()
        search([few], data, 7, "precision_at_25")
        assert [count for _, _, count in trained] == [2500] * few.jobs


def test_what_is_best_of_a_part_may_not_be_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def fake(recipe: Recipe, data: TrainingData, chance: int | None, chosen: dict[str, str]) -> Fake:
        hidden = int(chosen["hidden_dimension"])
        return Fake((), {"precision_at_25": hidden / 1000 if len(data.interactions) <= 1000 else 1 / hidden})

    monkeypatch.setattr(tuning, "ROWS_COMPARED", 1000)
    monkeypatch.setattr(tuning, "train", fake)
    found = search([Plan(PERSONAL, ranges=(HIDDEN,), jobs=9)], rows(2500), 7, "precision_at_25")
    assert found.tuned == {"hidden_dimension": "149"}


def test_the_part_is_of_whole_users_and_does_not_depend_on_the_order_of_the_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tuning, "ROWS_COMPARED", 100)
    frame = pd.DataFrame(
        {"USER_ID": [f"u{each % 30:02}" for each in range(300)], "ITEM_ID": "i", "TIMESTAMP": np.arange(300)}
    )
    kept = []
    for each in (frame, frame.iloc[::-1]):
        table = table_of(each)
        context = {"DEVICE": TextColumn(np.arange(300, dtype=np.int32), tuple(map(str, range(300))))}
        weighted = replace(table, weights=np.arange(300, dtype=np.float32), contexts=context)
        part = tuning._part(TrainingData(weighted)).interactions
        assert len(part) == 100
        assert part.weights is not None
        assert part.weights.tolist() == part.contexts["DEVICE"].codes.tolist()
        kept.append({part.user_ids[code] for code in part.users.tolist()})
    assert kept[0] == kept[1] == {f"u{each:02}" for each in range(0, 30, 3)}


@pytest.mark.rule("hpo.deterministic")
def test_the_search_finds_the_same_again_and_in_threads(small: pd.DataFrame) -> None:
    data = TrainingData(table_of(small))
    plan = Plan(SIMS, ranges=tunable_ranges(SIMS, {}), jobs=6)
    found: list[Found] = []
    threads = [
        threading.Thread(target=lambda: found.append(search([plan], data, 3, "precision_at_25"))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found.append(search([plan], data, 3, "precision_at_25"))
    for each in found:
        assert (each.recipe, each.tuned, each.model) == (found[0].recipe, found[0].tuned, found[0].model)


def test_the_model_is_that_of_a_training_with_what_was_found(small: pd.DataFrame) -> None:
    data = TrainingData(table_of(small))
    plan = Plan(SIMS, {"min_cointeraction_count": "1"}, (DISCOUNT,), 4)
    found = search([plan], data, 3, "precision_at_25")
    assert found.model == train(SIMS, data, 3, {**plan.chosen, **found.tuned})


# --- a recipe that is yet to be chosen -------------------------------------------------------------------


def test_what_recipes_have_in_common_holds_until_one_is_chosen() -> None:
    coldstart = RECIPES[ARN + "hrnn-coldstart"]
    both = undecided([coldstart, PERSONAL])
    assert both.required_datasets == ("INTERACTIONS",)
    assert set(both.optional_datasets) == {"ITEMS", "USERS"}
    assert both.recipe_type == "USER_PERSONALIZATION"
    assert both.training_modes == ("FULL",)
    assert both.model == "personal"
    assert both.explores
    assert both.considered == PERSONAL.considered
    assert not both.tunable
    assert "precision_at_25" in both.metrics
    assert undecided([PERSONAL]).required_datasets == PERSONAL.required_datasets
