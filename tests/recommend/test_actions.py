"""Next-Best-Action on made-up data of which it is known how likely each action is."""

from __future__ import annotations

import math
import pickle
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from frames import events
from hypothesis import given
from hypothesis import strategies as st

from simulator import errors
from simulator.data.interactions import InteractionTable
from simulator.recommend.actions import LEAST_OF_EACH_KIND, WINDOW_SECONDS, Propensities, considered
from simulator.recommend.catalogue import RECIPES
from simulator.recommend.training import (
    ActionData,
    Met,
    Model,
    NewData,
    Query,
    TrainingData,
    recommend,
    recommend_actions,
    too_little,
    train,
    update,
)

RECIPE = RECIPES["arn:aws:personalize:::recipe/aws-next-best-action"]
START = 1_600_000_000
DAY = 86_400
Row = tuple[str, str, int]
NOTHING = InteractionTable(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.int64), (), ())


def tastes(groups: int = 2, users: int = 60, items: int = 10) -> InteractionTable:
    """Groups of users who interact with the items of their own group alone."""
    return events(
        [
            (f"{group}-u{user:02}", f"{group}-i{(user + place) % items:02}", START + DAY * place)
            for group in range(groups)
            for user in range(users)
            for place in range(items - 2)
        ]
    )


def actions(taken: Iterable[Row] = (), passed: Iterable[Row] = (), **values: float) -> ActionData:
    """Actions with their values, and who took them or passed them by."""
    one, other = list(taken), list(passed)
    return ActionData(
        tuple(values), tuple(values.values()), events(one) if one else NOTHING, events(other) if other else NOTHING
    )


def met(action: str, count: int, group: int = 0, at: int = START) -> list[Row]:
    """So many meetings of users of a group with an action, one user after the other."""
    return [(f"{group}-u{number % 60:02}", action, at + number) for number in range(count)]


def passed_by(action: str, count: int, group: int = 0) -> list[Row]:
    """The same for users who do not take the action afterwards: all that is taken is taken before."""
    return met(action, count, group, START + 1000)


def trained(data: ActionData, chance: int | None = None) -> Model:
    return train(RECIPE, TrainingData(tastes(), actions=data), chance)


def ids(ranked: Sequence[tuple[str, float | None]]) -> list[str]:
    return [action_id for action_id, _ in ranked]


def score(
    model: Model, user: str, action: str, session: Sequence[str] = (), met: Sequence[tuple[str, bool]] = ()
) -> float:
    one_by_one = [Met(action_id, taken, START + place) for place, (action_id, taken) in enumerate(met)]
    found = dict(recommend_actions(model, Query(user_id=user, session=session), one_by_one, num_results=100))[action]
    assert found is not None
    return found


@pytest.mark.rule("actions.propensities", "actions.no-interactions")
def test_actions_are_ranked_by_how_often_they_are_taken() -> None:
    data = actions(
        [*met("often", 160), *met("seldom", 60)],
        [*passed_by("often", 50), *passed_by("seldom", 150)],
        seldom=1,
        often=1,
        never=9,
    )
    ranked = recommend_actions(trained(data), Query(user_id="nobody"))
    assert ids(ranked) == ["often", "seldom", "never"]
    scores = [score for _, score in ranked if score is not None]
    assert scores[0] == pytest.approx(160 / 210, abs=0.01)
    assert scores[1] == pytest.approx(60 / 210, abs=0.01)
    assert scores[2] == 0.0
    without = recommend_actions(trained(actions(seldom=1, often=2)), Query(user_id="0-u01"))
    assert without == [("often", 0.0), ("seldom", 0.0)]


@pytest.mark.rule("actions.fifty")
@pytest.mark.parametrize(("taken", "passed", "scored"), [(50, 50, True), (49, 500, False), (500, 49, False)])
def test_an_action_has_a_propensity_from_fifty_interactions_of_either_kind_on(
    taken: int, passed: int, scored: bool
) -> None:
    assert LEAST_OF_EACH_KIND == 50
    model = trained(actions(met("a", taken), passed_by("a", passed), a=1))
    assert (score(model, "0-u01", "a") > 0) is scored


@pytest.mark.rule("actions.six-weeks")
@pytest.mark.parametrize(("late", "scored"), [(0, True), (1, False)])
def test_only_six_weeks_count(late: int, scored: bool) -> None:
    assert WINDOW_SECONDS == 42 * DAY
    newest = START + WINDOW_SECONDS + late
    same_time = [(user, action, START) for user, action, _ in met("a", 100)]
    model = trained(actions([*same_time, ("1-u01", "b", newest)], same_time, a=1, b=1))
    assert (score(model, "0-u01", "a") > 0) is scored


@pytest.mark.rule("actions.value")
def test_of_equally_likely_actions_the_more_valuable_comes_first() -> None:
    data = actions(
        [*met("a", 60), *met("b", 60), *met("c", 61)],
        [*passed_by("a", 60), *passed_by("b", 60), *passed_by("c", 60)],
        a=1,
        b=10,
        c=0,
    )
    ranked = recommend_actions(trained(data), Query(user_id="nobody"))
    assert ids(ranked) == ["c", "b", "a"]
    assert ranked[1][1] == ranked[2][1]
    assert ids(recommend_actions(trained(actions(a=2, b=2, c=3)), Query(user_id="nobody"))) == ["c", "a", "b"]


def divided() -> ActionData:
    """Two actions that either group takes one of, and passes the other by."""
    return actions(
        [*met("zero", 120, 0), *met("one", 120, 1)],
        [*passed_by("zero", 120, 1), *passed_by("one", 120, 0)],
        zero=1,
        one=1,
    )


@pytest.mark.rule("actions.personal")
def test_users_are_likely_to_take_what_users_with_the_same_items_took() -> None:
    """Whoever took nothing goes by the items alone: here a new user, by events that no training has seen."""
    model = trained(divided())
    for group, first, last in (("0", "zero", "one"), ("1", "one", "zero")):
        ranked = recommend_actions(model, Query(user_id=f"{group}-u03"))
        assert ids(ranked) == [first, last]
        new = recommend_actions(model, Query(user_id="new", session=[f"{group}-i01", f"{group}-i02", "unknown"]))
        assert ids(new) == [first, last]
        assert float(new[0][1] or 0) > 0.7 > 0.3 > float(new[1][1] or 0)
    even = score(model, "nobody", "zero"), score(model, "nobody", "one")
    assert even == pytest.approx((0.5, 0.5), abs=0.01)


@pytest.mark.rule("actions.period")
@pytest.mark.parametrize(
    ("days", "chosen", "counts"),
    [(14, "", False), (15, "", True), (7, "7", False), (8, "7", True), (28, "28", False), (29, "28", True)],
)
def test_what_is_taken_within_the_period_was_not_passed_by(days: int, chosen: str, counts: bool) -> None:
    """Everyone first passes the action by, and takes it days later: half of the times that count, or none."""
    first = met("a", 60)
    later = [(user, action, at + days * DAY) for user, action, at in first]
    settings = {"action_optimization_period": chosen} if chosen else {}
    model = train(RECIPE, TrainingData(tastes(), actions=actions(later, first, a=1)), None, settings)
    assert score(model, "nobody", "a") == pytest.approx(0.5 if counts else 61 / 62, abs=0.001)


def test_the_longer_the_period_the_likelier_an_action_is_taken_within() -> None:
    first = met("a", 60)
    later = [(user, action, at + (1 + place % 28) * DAY) for place, (user, action, at) in enumerate(first)]
    data = TrainingData(tastes(), actions=actions(later, first, a=1))
    scores = [
        score(train(RECIPE, data, None, {"action_optimization_period": str(days)}), "nobody", "a")
        for days in range(7, 29)
    ]
    assert scores == sorted(scores)
    assert len(set(scores)) == len(scores)


@given(
    st.lists(
        st.tuples(st.sampled_from("uvw"), st.sampled_from("ab"), st.integers(0, 30), st.booleans()),
        min_size=1,
        max_size=30,
    ),
    st.integers(7, 28),
)
def test_what_counts_is_what_a_plain_look_at_every_pair_finds(
    rows: list[tuple[str, str, int, bool]], days: int
) -> None:
    """Against the rule in plain words, with the users' own counts."""
    last = max(day for _, _, day, _ in rows)
    found = train(
        RECIPE,
        TrainingData(
            tastes(),
            actions=actions(
                [(user, action, day * DAY) for user, action, day, taken in rows if taken],
                [(user, action, day * DAY) for user, action, day, taken in rows if not taken],
                a=1,
                b=1,
            ),
        ),
        None,
        {"action_optimization_period": str(days)},
    )
    assert isinstance(found, Propensities)
    assert last <= 42, "all are of the last six weeks"
    for place, action in enumerate("ab"):
        of_action = [(user, day, taken) for user, each, day, taken in rows if each == action]
        assert found.taken[place] == sum(taken for _, _, taken in of_action)
        assert found.passed[place] == sum(
            not taken and not any(u == user and t and day <= d <= day + days for u, d, t in of_action)
            for user, day, taken in of_action
        )


@pytest.mark.rule("actions.at-once")
def test_what_a_user_did_with_an_action_counts_at_once_and_for_that_user() -> None:
    model = trained(divided())
    before = score(model, "nobody", "zero")
    assert score(model, "nobody", "zero", met=[("zero", True)]) > before
    assert score(model, "nobody", "zero", met=[("zero", False)]) < before
    assert score(model, "nobody", "zero", met=[("one", True), ("unknown", True)]) == before
    assert score(model, "nobody", "zero") == before
    often: list[tuple[str, bool]] = [("zero", True)] * 50
    assert 0.95 < score(model, "nobody", "zero", met=often) <= 1.0
    answered = score(model, "nobody", "zero", met=[("zero", False), ("zero", True)])
    assert answered == score(model, "nobody", "zero", met=[("zero", True)])
    assert answered > score(model, "nobody", "zero", met=[("zero", True), ("zero", False)])


@pytest.mark.rule("actions.update")
def test_an_update_brings_new_actions_and_keeps_what_users_did() -> None:
    model = trained(divided())
    data = actions(
        [("nobody", "zero", START), ("0-u01", "gone", START)], [("nobody", "new", START)], zero=5, one=1, new=7
    )
    after = update(model, NewData(events([("nobody", "0-i01", START), ("nobody", "new item", START)]), actions=data))
    assert ids(recommend_actions(after, Query(user_id="1-u07"))) == ["one", "zero", "new"]
    assert recommend_actions(after, Query(user_id="1-u07"))[:2] == recommend_actions(model, Query(user_id="1-u07"))
    assert score(after, "1-u07", "new") == 0.0
    streamed = score(model, "nobody", "zero", session=["0-i01"], met=[("zero", True)])
    assert score(after, "nobody", "zero") == streamed
    assert after.metrics == model.metrics
    assert update(model, NewData(NOTHING, actions=actions(zero=1, one=1))) is model
    assert update(model, NewData(NOTHING, actions=None)) is model
    again = update(after, NewData(NOTHING, actions=actions([("nobody", "zero", START)], zero=5)))
    assert score(again, "nobody", "zero") > streamed


@pytest.mark.rule("actions.thousand")
def test_of_too_many_actions_new_ones_and_those_met_last_are_considered() -> None:
    data = actions([("u", "old", 10), ("u", "late", 30)], [("u", "old", 15)], late=1, first=2, old=3, second=4)
    assert considered(data, 4) is data
    assert considered(data, 3).ids == ("late", "first", "second")
    assert considered(data, 3).values == (1, 2, 4)
    assert considered(data, 1).ids == ("second",)


def test_only_eligible_actions_are_recommended() -> None:
    model = trained(divided())
    assert ids(recommend_actions(model, Query(user_id="0-u01"), eligible=np.array([True, False]))) == ["one"]
    assert recommend_actions(model, Query(user_id="0-u01"), eligible=np.zeros(2, dtype=bool)) == []
    assert recommend_actions(model, Query(user_id="0-u01"), num_results=0) == []
    assert ids(recommend_actions(model, Query(user_id="0-u01"), num_results=1)) == ["zero"]


@pytest.mark.rule("actions.metrics")
def test_metrics_are_those_of_lists_of_actions() -> None:
    """What the tested users took last is what their group takes: it always is the first of the list."""
    model = trained(divided())
    assert sorted(model.metrics) == sorted(RECIPE.metrics)
    assert model.metrics["normalized_discounted_cumulative_gain_at_5"] == 1.0
    assert model.metrics["area_under_the_curve"] == 1.0
    assert model.metrics["coverage"] == model.metrics["recall"] == 1.0
    assert model.metrics["precision"] == 0.5  # everybody is shown both
    astray = [("0-u09", "one", START + DAY), ("0-u19", "one", START + DAY)]
    found = trained(replace(divided(), taken=events([*met("zero", 120, 0), *met("one", 120, 1), *astray])))
    tested = 12  # every tenth user; two of them last took what stands second in their lists
    gain = (tested - 2 + 2 / math.log2(3)) / tested
    assert found.metrics["normalized_discounted_cumulative_gain_at_5"] == pytest.approx(gain, abs=1e-4)
    assert found.metrics["area_under_the_curve"] < 1.0
    assert set(trained(actions(a=1)).metrics.values()) == {0.0}


def test_the_same_seed_gives_the_same_bytes() -> None:
    one, other = trained(divided(), 3), trained(divided(), 3)
    assert one == other
    assert pickle.dumps(one) == pickle.dumps(other)
    assert trained(divided(), 4) != one
    shuffled = divided()
    order = np.random.default_rng(1).permutation(len(shuffled.taken))
    table = shuffled.taken
    shuffled = replace(
        shuffled,
        ids=shuffled.ids[::-1],
        taken=replace(table, users=table.users[order], items=table.items[order], timestamps=table.timestamps[order]),
    )
    assert trained(shuffled, 3) == one


def test_what_is_not_enough() -> None:
    few = TrainingData(
        events([(f"u{row % 50}", f"i{row % 3}", START + row) for row in range(999)]), actions=actions(a=1)
    )
    assert too_little(RECIPE, few) == "Dataset has fewer than 1000 interactions."
    many = events([(f"u{row % 50}", f"i{row % 3}", START + row) for row in range(1000)])
    assert too_little(RECIPE, TrainingData(many, actions=actions(a=1))) is None
    for data in (None, actions()):
        reason = too_little(RECIPE, TrainingData(many, actions=data))
        assert reason == errors.NO_RECORDS.wording.format(dataset_type="ACTIONS")


def test_items_are_not_recommended_by_it_and_actions_by_no_other() -> None:
    with pytest.raises(TypeError, match="recommends no items"):
        recommend(trained(actions(a=1)), Query(user_id="u"))
    popular = train(RECIPES["arn:aws:personalize:::recipe/aws-popularity-count"], TrainingData(tastes()), None)
    with pytest.raises(TypeError, match="recommends no actions"):
        recommend_actions(popular, Query(user_id="u"))
