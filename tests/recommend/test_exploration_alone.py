"""Exploration on its own: which items are young, what lowers and raises their exploration, and how far they come up."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pytest
from frames import events, table_of
from hypothesis import given
from hypothesis import strategies as st

from simulator.data.generated import movielens_like, split_by_time
from simulator.recommend.exploration import BREADTH, HALF_KNOWN, ItemNews, boosts, item_news, renewed
from simulator.recommend.training_data import Attributes, Exploration, NewData, Query, TrainingData
from simulator.recommend.user_personalization import Model, recommend, terms, train, update

DAY = 86_400
NOW = 1_000 * DAY
IDS = ("bare", "dated", "new", "old")
CODES = {each: code for code, each in enumerate(IDS)}
NONE: Mapping[str, int] = MappingProxyType({})
# An item that has no interactions, one whose record says when it was made, one of yesterday, one of long ago.
ROWS = [("u", "old", NOW - 100 * DAY), ("u", "dated", NOW - DAY), ("v", "new", NOW - DAY), ("v", "old", NOW)]


def attributes(**created: float) -> Attributes:
    return Attributes(tuple(created), created=np.array([*created.values()], dtype=np.float64))


def news(chance: int | None = 7, shown: Mapping[str, int] = NONE, clicked: Mapping[str, int] = NONE) -> ItemNews:
    items = attributes(bare=math.nan, dated=NOW - 40 * DAY, unknown=NOW)
    return item_news(TrainingData(events(ROWS), items, shown=shown, clicked=clicked), IDS, chance)


def explored(found: ItemNews, weight: float = 1.0, cut_off: float = 30.0, user: str = "u") -> dict[str, float]:
    codes, (amounts,) = boosts(found, Exploration(weight, cut_off), [user])
    assert codes.tolist() == sorted(codes.tolist())
    return {IDS[code] if code < len(IDS) else f"#{code}": amount for code, amount in zip(codes, amounts, strict=True)}


@pytest.mark.rule("exploration.age")
def test_an_item_is_as_old_as_its_record_says_or_as_its_first_interaction() -> None:
    found = news()
    ages = {item: (found.latest - found.first_seen[code]) / DAY for item, code in CODES.items()}
    assert ages == {"bare": 0.0, "dated": 40.0, "new": 1.0, "old": 100.0}


@pytest.mark.rule("exploration.cut-off")
def test_the_cut_off_is_an_age() -> None:
    assert explored(news(), cut_off=0.5).keys() == {"bare"}
    assert explored(news(), cut_off=1.0).keys() == {"bare", "new"}
    assert explored(news(), cut_off=39.9).keys() == {"bare", "new"}
    assert explored(news(), cut_off=40.0).keys() == {"bare", "new", "dated"}
    assert explored(news(), cut_off=1e9).keys() == set(IDS)


def test_without_a_weight_nothing_is_explored() -> None:
    assert explored(news(), weight=0.0) == {}


@given(
    weight=st.floats(0.0, 1.0),
    chance=st.one_of(st.none(), st.integers(0, 2**64 - 1)),
    user=st.text(max_size=5),
    shown=st.integers(0, 10_000),
    clicked=st.integers(0, 10_000),
)
def test_no_item_comes_before_the_best_one(
    weight: float, chance: int | None, user: str, shown: int, clicked: int
) -> None:
    found = news(chance, shown={"new": shown}, clicked={"new": min(clicked, shown)})
    amounts = explored(found, weight, user=user)
    assert all(0.0 <= amount < 1.0 for amount in amounts.values())
    assert amounts == explored(found, weight, user=user)


def test_more_weight_more_exploration_of_the_same_items() -> None:
    amounts = [explored(news(), weight / 10) for weight in range(1, 11)]
    for some, more in itertools.pairwise(amounts):
        assert some.keys() == more.keys()
        assert all(0 < some[item] < more[item] for item in some)


def test_trainings_users_and_items_draw_their_own_chance() -> None:
    drawn = [explored(news(chance), user=user)["bare"] for chance in (1, 2) for user in ("u", "v")]
    drawn.append(explored(news(1))["new"])
    assert len({*drawn}) == 5
    assert explored(news(1)) == explored(news(1))
    assert explored(news(None)) == explored(news(0))


def test_few_items_come_far() -> None:
    """How many of 2,000 users see an item of which nothing is known come how far."""
    found, users = news(), [f"user{each}" for each in range(2_000)]
    far = {weight: [explored(found, weight, user=user)["bare"] for user in users] for weight in (0.3, 1.0)}
    for weight, amounts in far.items():
        for share in (0.25, 0.5):
            drawn = -math.log(1 - share) / (BREADTH * weight)
            expected = 2_000 * math.exp(-(drawn**2) / 2)
            assert sum(amount > share for amount in amounts) == pytest.approx(expected, abs=4 * math.sqrt(expected) + 1)


@pytest.mark.rule("exploration.impressions")
def test_showings_lower_the_uncertainty_and_clicks_raise_it_again() -> None:
    def uncertainty(shown: int, clicked: int) -> float:
        found = renewed(news(), NewData(events([]), shown={"new": shown}, clicked={"new": clicked}), IDS)
        return float(found.uncertainty[CODES["new"]])

    untold = HALF_KNOWN / (HALF_KNOWN + 1)
    assert uncertainty(0, 0) == pytest.approx(untold)
    assert uncertainty(10, 0) == pytest.approx(untold / 2)
    assert uncertainty(10, 1) == pytest.approx(untold)
    assert uncertainty(10, 10) == 1.0
    assert uncertainty(90, 0) < uncertainty(90, 1) < uncertainty(90, 2)


def test_what_is_known_is_not_explored() -> None:
    rows = [*ROWS, *(("w", "new", NOW - DAY + each) for each in range(1000))]
    found = item_news(TrainingData(events(rows)), IDS, 7)
    assert found.uncertainty[CODES["new"]] < 0.01
    assert found.uncertainty[CODES["bare"]] == 1.0


def test_an_update_adds_items_and_counts_and_changes_no_age() -> None:
    before = news(shown={"new": 3}, clicked={"new": 1})
    ids = (*IDS, "later", "record")
    streamed = events([("u", "later", NOW + 5 * DAY), ("v", "later", NOW + 4 * DAY), ("v", "old", NOW + 6 * DAY)])
    items = attributes(record=NOW - 50 * DAY, old=NOW)
    new = NewData(streamed, items, shown={"new": 20, "gone": 1}, clicked={"later": 1})
    after = renewed(before, new, ids)
    assert (after.seed, after.latest) == (before.seed, before.latest)
    assert after.first_seen.tolist() == [*before.first_seen.tolist(), NOW + 4 * DAY, NOW - 50 * DAY]
    assert after.interactions.tolist() == [0, 1, 1, 3, 2, 0]
    assert after.shown.tolist() == [0, 0, 23, 0, 0, 0]
    assert after.clicked.tolist() == [0, 0, 1, 0, 1, 0]
    assert after.marks[:4].tolist() == before.marks.tolist()
    assert explored(after).keys() == {"bare", "new", "#4"}
    # The chance of known items stays; what has been interacted with or shown is explored less.
    assert explored(after)["bare"] == explored(before)["bare"]
    assert explored(after)["new"] < explored(before)["new"]


@pytest.fixture(scope="module")
def model() -> Model:
    """A model of 400 items, of which all that came in the last year are young."""
    frame = movielens_like(seed=5, users=120, items=400, interactions=8_000)
    return train(TrainingData(table_of(frame)), chance=3)


YEAR = Exploration(1.0, 365.0)


def asked(model: Model, user: str, exploration: Exploration | None) -> list[tuple[str, float]]:
    return recommend(model, Query(user_id=user, exploration=exploration), 25)


@pytest.mark.rule("exploration.weight")
def test_without_a_weight_answers_are_those_of_relevance(model: Model) -> None:
    for user in (*model.user_ids, "nobody"):
        assert asked(model, user, Exploration(0.0, 365.0)) == asked(model, user, None)
        assert asked(model, user, Exploration(1.0, -1e9)) == asked(model, user, None)
    changed = [user for user in model.user_ids if asked(model, user, YEAR) != asked(model, user, None)]
    assert len(changed) > len(model.user_ids) / 2


@pytest.mark.rule("exploration.new-users")
def test_users_of_whom_nothing_is_known_are_answered_alike(model: Model) -> None:
    assert asked(model, "nobody", YEAR) == asked(model, "nobody else", YEAR) != asked(model, "nobody", None)
    taken = [model.item_ids[0]]
    lists = [recommend(model, Query(user_id=user, session=taken, exploration=YEAR), 25) for user in ("nobody", "else")]
    assert lists[0] != lists[1]


def test_exploration_is_a_term_of_the_log_score(model: Model) -> None:
    """Of some items it is what it is of all."""
    assert model.news is not None
    young, _, _ = model.news.young(YEAR.cut_off)
    among = np.array([*young[:5], *np.setdiff1d(np.arange(len(model.item_ids)), young)[:5]])
    for user in model.user_ids[:10]:
        query = Query(user_id=user, exploration=YEAR)
        every, some = terms(model, query), terms(model, query, among)
        assert "exploration" not in terms(model, Query(user_id=user))
        relevance = np.sum([term for name, term in every.items() if name != "exploration"], axis=0)
        assert np.all(relevance + every["exploration"] <= relevance.max())
        assert every["exploration"][young[:5]].all()
        assert not every["exploration"][among[5:]].any()
        assert some.keys() == every.keys()
        assert all(np.allclose(some[name], every[name][among], rtol=1e-12) for name in every)


def test_among_many_items_young_ones_are_found_as_well(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    few = {user: asked(model, user, YEAR) for user in model.user_ids}
    monkeypatch.setattr("simulator.recommend.personal_model.MANY_ITEMS", 10)
    assert model.is_large
    assert {user: [item for item, _ in asked(model, user, YEAR)] for user in few} == {
        user: [item for item, _ in ranked] for user, ranked in few.items()
    }
    query = Query(user_id=model.user_ids[0], exploration=YEAR)
    assert model.news is not None
    among = np.concatenate((np.arange(10), model.news.young(YEAR.cut_off)[0][:10]))
    large = terms(model, query, among)["exploration"]
    monkeypatch.undo()
    assert np.allclose(large, terms(model, query, among)["exploration"])


@pytest.mark.rule("exploration.how-far")
def test_by_default_lists_of_a_large_catalogue_hardly_change() -> None:
    """As the story saw it when an update brought new items; with all weight most lists do."""
    before, after = split_by_time(movielens_like())
    trained = train(TrainingData(table_of(before)), chance=11)
    events_of_others = after.sample(100, random_state=1)
    updated = update(trained, NewData(table_of(events_of_others)))
    users = sorted({*trained.user_ids} - {*events_of_others["USER_ID"]})[:150]

    def changed(weight: float) -> tuple[float, float]:
        """In how many lists exploration moves something, and in how many the update does; as shares."""
        by_exploration = by_update = 0
        for user in users:
            query = Query(user_id=user, exploration=Exploration(weight, 30.0))
            relevant, explored, later = (
                [item for item, _ in recommend(model, asked, 20)]
                for model, asked in ((trained, Query(user_id=user)), (trained, query), (updated, query))
            )
            by_exploration += explored != relevant
            by_update += later != explored
        return by_exploration / len(users), by_update / len(users)

    assert max(changed(0.3)) < 0.05
    assert min(changed(1.0)) > 0.8
