"""What a model promises: the same bytes for the same seed, scores that sum to one, updates that add."""

from __future__ import annotations

import hashlib
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from frames import events, table_of

from simulator.data.interactions import InteractionTable
from simulator.recommend import personal_model, user_personalization
from simulator.recommend.personal_model import HISTORY_LENGTH
from simulator.recommend.training_data import NewData, Query, TrainingData
from simulator.recommend.user_personalization import Model

ROOT = Path(__file__).resolve().parents[2]
NOW = 1_600_000_000
NOBODY = events([])


Answer = list[tuple[str, float]]


def train(table: InteractionTable, *, chance: int | None) -> Model:
    return user_personalization.train(TrainingData(table), chance=chance)


def update(model: Model, streamed: InteractionTable) -> Model:
    return user_personalization.update(model, NewData(streamed))


def recommend(model: Model, user: str, session: Sequence[str], length: int) -> Answer:
    return user_personalization.recommend(model, Query(user_id=user, session=session), length)


def rank(model: Model, user: str, session: Sequence[str], among: npt.NDArray[np.intp]) -> Answer:
    return user_personalization.rank(model, Query(user_id=user, session=session), among)


@pytest.fixture(scope="module")
def model(small: pd.DataFrame) -> Model:
    return train(table_of(small), chance=3)


def ranking(model: Model, user: str, *session: str, length: int = 20) -> list[str]:
    return [item for item, _ in recommend(model, user, session, length)]


def stored(model: Model, user: str) -> list[str]:
    return [model.item_ids[code] for code in model.histories.of(model.user_codes[user])]


def unused(model: Model, user: str, count: int) -> list[str]:
    """Known items, popular ones first, that the user has not seen."""
    seen = set(stored(model, user))
    return [item for item in ranking(model, "nobody", length=600) if item not in seen][:count]


def test_one_chance_gives_one_model(small: pd.DataFrame, model: Model) -> None:
    again = train(table_of(small), chance=3)
    assert again == model
    assert pickle.dumps(again) == pickle.dumps(model)
    assert model != train(table_of(small), chance=4)
    assert model != train(table_of(small), chance=None)


def test_the_order_of_codes_and_ids_without_rows_do_not_matter(small: pd.DataFrame, model: Model) -> None:
    table = table_of(small)
    turned = InteractionTable(
        len(table.user_ids) - table.users,
        len(table.item_ids) - table.items,
        table.timestamps,
        ("never seen", *table.user_ids[::-1]),
        ("never seen", *table.item_ids[::-1]),
    )
    assert train(turned, chance=3) == model


SCRIPT = """
import hashlib, pickle, sys
sys.path[:0] = [{root!r}, {here!r}]
from frames import table_of
from simulator.data.generated import movielens_like
from simulator.recommend.training_data import Query, TrainingData
from simulator.recommend.user_personalization import recommend, train
model = train(TrainingData(table_of(movielens_like(5, users=80, items=600, interactions=6_000))), chance=3)
print(hashlib.sha256(pickle.dumps(model)).hexdigest(), recommend(model, Query(user_id="1", session=["2"]), 5))
"""


def test_another_process_gives_the_same_bytes(model: Model) -> None:
    script = SCRIPT.format(root=str(ROOT), here=str(ROOT / "tests"))
    environment = {**os.environ, "PYTHONHASHSEED": "77", "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}
    ran = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    mine = hashlib.sha256(pickle.dumps(model)).hexdigest()
    assert ran.stdout.strip() == f"{mine} {recommend(model, '1', ['2'], 5)}"


def test_importing_the_model_does_not_import_scipy() -> None:
    script = "import sys, simulator.recommend.user_personalization; sys.exit('scipy' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


def test_a_model_is_not_changed_by_serving_it(small: pd.DataFrame, model: Model) -> None:
    before = pickle.dumps(model)
    recommend(model, "1", ["2", "3"], 20)
    update(model, events([("1", "brand new", NOW), ("fresh user", "2", NOW)]))
    assert pickle.dumps(model) == before
    with pytest.raises(FrozenInstanceError):
        model.interactions = 0  # type: ignore[misc]


def test_training_on_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="no interactions"):
        train(NOBODY, chance=1)


def test_a_model_of_very_little_data_answers() -> None:
    model = train(events([("u", "a", 1)]), chance=1)
    assert recommend(model, "u", [], 5) == [("a", 1.0)]
    assert set(model.metrics.values()) == {0.0}


def test_metrics_are_the_eight_of_the_service(model: Model) -> None:
    assert list(model.metrics) == sorted(model.metrics)
    assert len(model.metrics) == 8
    assert all(0 < value <= 1 for value in model.metrics.values())


def test_a_history_keeps_the_newest_items() -> None:
    rows = [("u", f"i{place:03}", place) for place in range(HISTORY_LENGTH + 30)]
    assert stored(train(events(rows), chance=None), "u") == [item for _, item, _ in rows[30:]]


@pytest.mark.parametrize("user", ["1", "nobody"])
def test_scores_fall_and_sum_to_one_over_all_items(model: Model, user: str) -> None:
    scores = [score for _, score in recommend(model, user, [], len(model.item_ids) + 7)]
    assert len(scores) == len(model.item_ids)
    assert scores == sorted(scores, reverse=True)
    assert scores == [round(score, 7) for score in scores]
    assert sum(scores) == pytest.approx(1, abs=1e-4)


def test_a_shorter_list_is_the_head_of_a_longer_one(model: Model) -> None:
    assert recommend(model, "1", [], 5) == recommend(model, "1", [], 100)[:5]
    assert recommend(model, "1", [], 0) == []


def test_items_seen_before_compete_like_others(small: pd.DataFrame, model: Model) -> None:
    lists = [set(ranking(model, user)) & set(stored(model, user)) for user in model.user_ids]
    assert sum(bool(seen) for seen in lists) > len(lists) / 2


def test_a_user_without_history_gets_the_popular_items(small: pd.DataFrame, model: Model) -> None:
    popularity = small.groupby("ITEM_ID").size().sort_values(ascending=False)
    answer = recommend(model, "nobody", [], 5)
    assert [popularity[item] for item, _ in answer] == popularity.iloc[:5].tolist()
    assert answer[0][1] == pytest.approx(popularity.iloc[0] / len(small), abs=1e-7)
    assert recommend(model, "nobody", ["not a known item"], 5) == answer


def test_a_new_user_is_personal_from_the_first_event_on(model: Model) -> None:
    item = ranking(model, "nobody")[0]
    assert ranking(model, "nobody", item) != ranking(model, "nobody")


def test_unknown_items_of_a_session_are_passed_over(model: Model) -> None:
    item = unused(model, "1", 1)[0]
    assert recommend(model, "1", ["x", item, "y"], 20) == recommend(model, "1", [item], 20)


def test_events_of_the_session_weigh_more_than_they_will(model: Model) -> None:
    item = unused(model, "1", 1)[0]
    updated = update(model, events([("1", item, NOW)]))
    before, fresh, settled = (
        ranking(model, "1"),
        ranking(model, "1", item),
        ranking(updated, "1"),
    )
    assert len({tuple(before), tuple(fresh), tuple(settled)}) == 3


def test_an_update_without_events_is_the_same_model(model: Model) -> None:
    assert update(model, NOBODY) == model


def test_an_update_with_known_items_only_leaves_other_users_alone(model: Model) -> None:
    updated = update(model, events([("1", item, NOW) for item in unused(model, "1", 3)]))
    for user in (*model.user_ids[1:], "nobody"):
        if user != "1":
            assert recommend(updated, user, [], 600) == recommend(model, user, [], 600)
    assert ranking(updated, "1") != ranking(model, "1")


def test_an_update_with_a_new_item_keeps_the_order_and_moves_the_scores(model: Model) -> None:
    updated = update(model, events([("1", "brand new", NOW)]))
    for user in model.user_ids:
        if user != "1":
            assert ranking(updated, user) == ranking(model, user)
            assert recommend(updated, user, [], 20) != recommend(model, user, [], 20)


def test_an_update_leaves_what_was_learned(model: Model) -> None:
    updated = update(model, events([("1", "brand new", NOW), ("2", "also new", NOW), ("2", "brand new", NOW + 1)]))
    known = len(model.item_ids)
    assert updated.item_ids == (*model.item_ids, "also new", "brand new")
    assert updated.popularity.tolist() == [*model.popularity.tolist(), 1, 2]
    assert (updated.metrics, updated.interactions) == (model.metrics, model.interactions)
    for item in range(known):
        mine = slice(updated.neighbours.offsets[item], updated.neighbours.offsets[item + 1])
        old = slice(model.neighbours.offsets[item], model.neighbours.offsets[item + 1])
        stay = updated.neighbours.items[mine] < known
        assert np.array_equal(updated.neighbours.items[mine][stay], model.neighbours.items[old])
        assert np.array_equal(updated.neighbours.weights[mine][stay], model.neighbours.weights[old])


def test_a_new_item_and_its_neighbours_recommend_each_other(model: Model) -> None:
    updated = update(model, events([("1", "brand new", NOW)]))
    neighbour = stored(model, "1")[-1]
    assert neighbour in ranking(updated, "someone", "brand new")
    without = ranking(updated, "someone", length=10_000).index("brand new")
    assert ranking(updated, "someone", neighbour, length=10_000).index("brand new") < without


def test_pairs_of_two_new_items_count_once_each_way() -> None:
    model = train(events([("u", "a", 1), ("v", "a", 1)]), chance=None)
    updated = update(model, events([("u", "x", 2), ("u", "y", 3)]))
    x, y = updated.item_codes["x"], updated.item_codes["y"]
    for one, other, count in ((x, y, 1.0), (y, x, 0.3)):
        row = slice(updated.neighbours.offsets[one], updated.neighbours.offsets[one + 1])
        found = updated.neighbours.weights[row][updated.neighbours.items[row] == other].tolist()
        assert found == pytest.approx([count / 11])


def test_an_update_puts_events_in_time_order_without_duplicates(model: Model) -> None:
    first, second = unused(model, "1", 2)
    seen = stored(model, "1")
    rows = [("1", second, NOW + 9), ("1", first, NOW), ("1", second, NOW + 9), ("1", seen[0], NOW + 5)]
    expected = [*seen[1:], first, seen[0], second][-HISTORY_LENGTH:]
    assert stored(update(model, events(rows)), "1") == expected


def test_two_updates_follow_one_another(model: Model) -> None:
    one = update(model, events([("1", "new one", NOW), ("fresh user", "new one", NOW)]))
    two = update(one, events([("2", "new two", NOW + 1), ("1", "new one", NOW + 2), ("another", "new two", NOW)]))
    assert two.item_ids == (*model.item_ids, "new one", "new two")
    assert two.user_ids == (*model.user_ids, "fresh user", "another")
    assert two.popularity.tolist()[-2:] == [2, 2]
    assert stored(two, "fresh user") == ["new one"]
    assert stored(two, "1")[-1] == "new one"


def test_many_items_are_scored_as_few_are(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where most items are only looked at together, the lists and the scores are the same."""
    asked = [(user, session) for user in [*model.user_ids[:40], "nobody"] for session in ([], ["5", "9"], ["no item"])]
    among = np.arange(len(model.item_ids))[::7]
    lengths = (0, 1, 25, 500, len(model.item_ids))

    def answers() -> list[list[tuple[str, float]]]:
        lists = [recommend(model, user, session, length) for user, session in asked for length in lengths]
        return lists + [rank(model, user, session, among) for user, session in asked]

    dense = answers()
    monkeypatch.setattr(personal_model, "MANY_ITEMS", 0)
    for few, many in zip(dense, answers(), strict=True):
        assert [item for item, _ in many] == [item for item, _ in few]
        assert [score for _, score in many] == pytest.approx([score for _, score in few], abs=1.5e-7)
