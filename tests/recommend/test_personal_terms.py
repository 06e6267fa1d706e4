"""What moves an item in the personal model: data made so that one term decides, and what each term leaves alone."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from frames import events, table_of

from simulator.data.columns import text_column
from simulator.data.interactions import InteractionTable
from simulator.recommend import personal_model, user_personalization
from simulator.recommend.catalogue import RECIPES
from simulator.recommend.personal_model import Model, affinity_shares, learning_of, terms
from simulator.recommend.rewards import Rewards, average_rewards
from simulator.recommend.training import settings_of
from simulator.recommend.training_data import Attributes, Exploration, NewData, Objective, Query, TrainingData
from simulator.recommend.user_personalization import rank, recommend, recommend_each, train, update

START = 1_600_000_000
NOBODY = events([])
RECIPE = "arn:aws:personalize:::recipe/aws-user-personalization"


def attributes(values: Mapping[str, str], **more: Any) -> Attributes:
    return Attributes(tuple(values), {"GENRES": text_column(values.values())}, **more)


def ids(model: Model, length: int = 25, **asked: Any) -> list[str]:
    return [item_id for item_id, _ in recommend(model, Query(**asked), length)]


def crossed(users: int = 40, items: int = 12) -> list[tuple[str, str, int]]:
    """Everybody took everything, in an order of their own: only what is known besides can tell items apart."""
    rng = np.random.default_rng(4)
    return [
        (f"u{user:02}", f"i{item:02}", START + place)
        for user in range(users)
        for place, item in enumerate(rng.permutation(items))
    ]


def with_contexts(table: InteractionTable, texts: Sequence[str]) -> InteractionTable:
    return replace(table, contexts={"DEVICE": text_column(texts)})


GENRES = attributes({f"i{item:02}": "drama|film" if item < 6 else "comedy|film" for item in range(12)})


# --- the sum -----------------------------------------------------------------------------------------------


def everything_known() -> TrainingData:
    rows = crossed()
    table = with_contexts(events(rows), ["phone" if int(item[1:]) % 2 else "tv" for _, item, _ in rows])
    users = Attributes(tuple(f"u{user:02}" for user in range(40)), {"GENDER": text_column("fm" * 20)})
    return TrainingData(table, GENRES, users, None, Objective(np.arange(12.0), "LOW"))


@pytest.mark.rule("models.terms")
def test_terms_add_up_to_the_scores() -> None:
    model = train(everything_known(), chance=1)
    query = Query(user_id="u01", session=["i03"], context={"DEVICE": "tv"})
    found = terms(model, query)
    assert list(found) == ["affinity", "popularity", "content", "user", "context", "objective"]
    total = np.sum([*found.values()], axis=0)
    shares = np.exp(total - total.max()) / np.exp(total - total.max()).sum()
    answer = dict(recommend(model, query, 12))
    assert [answer[item_id] for item_id in model.item_ids] == pytest.approx(shares.tolist(), abs=1e-7)
    some = np.array([7, 2])
    for name, values in terms(model, query, some).items():
        assert values == pytest.approx(found[name][some])
    parts = affinity_shares(model, query, some)
    assert [item_id for item_id, _, _ in parts][-1] == "i03"
    assert np.sum([amounts for _, _, amounts in parts], axis=0) == pytest.approx(found["affinity"][some])


def test_a_model_is_not_changed_by_serving_it() -> None:
    model = train(everything_known(), chance=1)
    before = pickle.dumps(model)
    assert recommend(model, Query(user_id="u01", session=["i03"], context={"DEVICE": "tv"}), 12)
    assert update(model, NewData(NOBODY, attributes({"new": "drama"}))) != model
    assert pickle.dumps(model) == before
    assert pickle.loads(before) == model


def test_many_items_have_the_same_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    model = train(everything_known(), chance=1)
    query = Query(user_id="u01", session=["i03"], context={"DEVICE": "tv"})
    some, few = np.arange(12)[::-1], recommend(model, query, 12)
    ranked, found = rank(model, query, some), terms(model, query, some)
    monkeypatch.setattr(personal_model, "MANY_ITEMS", 0)
    many = recommend(model, query, 12)
    assert [item_id for item_id, _ in many] == [item_id for item_id, _ in few]
    assert [score for _, score in many] == pytest.approx([score for _, score in few], abs=1e-6)
    assert [item_id for item_id, _ in rank(model, query, some)] == [item_id for item_id, _ in ranked]
    for name, values in terms(model, query, some).items():
        assert values == pytest.approx(found[name])


@pytest.mark.parametrize("together", [1, 2, 5, 1_000])
def test_several_queries_are_answered_as_each_is(together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last bit, with whoever a query is asked: the log scores, of which answers show seven decimals."""
    model = train(everything_known(), chance=1)
    asked = [
        Query(user, session=session, session_weights=weights, context=context, exploration=Exploration(0.7, 1e6))
        for user in ("u01", "nobody", "u07", "u07", "u39", "")
        for session, weights in (((), None), (("i03", "no item", "i03"), None), (("i05", "i01"), (2.0, 0.5)))
        for context in ({}, {"DEVICE": "tv"})
    ]
    alone = [personal_model.logits(model, [each], personal_model.evidence_of(model, [each])) for each in asked]
    every = personal_model.logits(model, asked, personal_model.evidence_of(model, asked))
    assert np.array_equal(np.concatenate(alone), every)
    assert len({row.tobytes() for row in every}) > len(asked) / 2
    monkeypatch.setattr(user_personalization, "_SCORED_TOGETHER", together * len(model.item_ids))
    for length in (0, 1, 12):
        assert recommend_each(model, asked, length) == [recommend(model, each, length) for each in asked]
    assert recommend_each(model, [], 12) == []


def test_what_says_nothing_changes_nothing(small: pd.DataFrame) -> None:
    """Columns in which all are alike, a context that is not asked for, weights that are all one: the same answers."""
    table = table_of(small)
    items, users = (
        Attributes(each, {"KIND": text_column(["one"] * len(each))}) for each in (table.item_ids, table.user_ids)
    )
    alike = replace(with_contexts(table, ["phone"] * len(table)), weights=np.full(len(table), 0.5, np.float32))
    plain, told = train(TrainingData(table), chance=1), train(TrainingData(alike, items, users), chance=1)
    for user in [*plain.user_ids[:20], "nobody"]:
        asked = Query(user_id=user, session=["5"])
        assert recommend(told, asked, 600) == recommend(plain, asked, 600)
    assert {name: told.metrics[name] for name in plain.metrics} == plain.metrics


def test_ids_that_are_not_known_are_passed_over() -> None:
    """Attributes of nobody, and interactions of items and users of whom nothing is known."""
    items = attributes({"i00": "drama", "gone": "drama", "i01": ""})
    users = Attributes(("gone", "u01"), {"GENDER": text_column(["f", "f"])})
    model = train(TrainingData(events(crossed()), items, users), chance=1)
    for user in ("u00", "u01", "gone", "never"):
        assert len(ids(model, user_id=user, context={"DEVICE": "tv", "MOOD": ""})) == 13


# --- items without interactions, and their metadata ------------------------------------------------------------


@pytest.mark.rule("models.items-without-interactions")
@pytest.mark.parametrize("known_from", ["training", "update"])
def test_an_item_without_interactions_is_known_and_stands_last(known_from: str) -> None:
    rows = [*crossed(), ("u00", "once", START)]
    new = Attributes(("zero", "i01"))
    if known_from == "training":
        model = train(TrainingData(events(rows), new), chance=1)
    else:
        model = update(train(TrainingData(events(rows)), chance=1), NewData(NOBODY, new))
    assert ids(model, user_id="nobody")[-2:] == ["once", "zero"]
    assert ids(model, user_id="u05")[-1] == "zero"
    assert sum(score for _, score in recommend(model, Query(user_id="u05"), 25)) == pytest.approx(1, abs=1e-5)


@pytest.mark.rule("models.item-metadata")
@pytest.mark.parametrize("known_from", ["training", "update"])
def test_metadata_ranks_items_that_nobody_took(known_from: str) -> None:
    rng = np.random.default_rng(2)
    rows = [
        (f"{genre}-u{user}", f"{genre}{item}", START + place)
        for genre in ("drama", "comedy")
        for user in range(30)
        for place, item in enumerate(rng.permutation(8))
    ]
    known = {f"{genre}{item}": f"{genre}|film" for genre in ("drama", "comedy") for item in range(8)}
    every = {**known, "drama-new": "film|drama", "comedy-new": "comedy|film", "other-new": "", "film-new": "film"}
    if known_from == "training":
        model = train(TrainingData(events(rows), attributes(every)), chance=1)
    else:
        model = train(TrainingData(events(rows), attributes(known)), chance=1)
        model = update(model, NewData(NOBODY, attributes(every)))
    for genre, other in (("drama", "comedy"), ("comedy", "drama")):
        found = ids(model, user_id=f"{genre}-u3")
        news = [item_id for item_id in found if item_id.endswith("-new")]
        assert news[0] == f"{genre}-new"
        assert found.index(f"{genre}-new") < min(found.index(f"{other}{item}") for item in range(8))
    # What the item has nothing of the user's is as good as an item of which nothing is known.
    assert {news[1], news[2], news[3]} == {f"{other}-new", "other-new", "film-new"}


@pytest.mark.rule("models.item-metadata")
def test_numbers_of_items_count_by_the_part_they_lie_in() -> None:
    prices = {f"i{item:02}": float(item < 6) * 90 + item for item in range(12)} | {
        "dear": 99.0,
        "cheap": 7.0,
        "?": np.nan,
    }
    items = Attributes(tuple(prices), numbers={"PRICE": np.array([*prices.values()])})
    model = train(TrainingData(events(crossed()), items), chance=1)
    found = ids(model, session=["i05"] * 3)
    assert found.index("dear") < found.index("cheap")
    found = ids(model, session=["i06"] * 3)
    assert found.index("cheap") < found.index("dear")


def test_an_update_keeps_what_was_learned_of_known_items() -> None:
    model = train(TrainingData(events(crossed()), GENRES), chance=1)
    turned = attributes({"i00": "comedy", "new": "drama|never seen"})
    updated = update(model, NewData(events([("u01", "newer", START + 99)]), turned))
    assert updated.item_ids == (*model.item_ids, "new", "newer")
    before, after = terms(model, Query(session=["i01"])), terms(updated, Query(session=["i01"]))
    assert after["content"][:12] == pytest.approx(before["content"])
    assert after["content"][12] > 0 == after["content"][13]
    assert update(updated, NewData(NOBODY, turned)) is updated


# --- users and contexts ----------------------------------------------------------------------------------------


def halves(*, users_differ: bool) -> tuple[list[tuple[str, str, int]], list[str]]:
    """Half of the items are taken by women, or on phones; the other half by men, or on televisions."""
    rng = np.random.default_rng(3)
    rows, devices = [], []
    for user in range(60):
        for place, item in enumerate(rng.permutation(12)):
            if users_differ and item % 2 != user % 2 and place > 3:
                continue
            rows.append((f"u{user:02}", f"i{item:02}", START + place))
            devices.append("phone" if item % 2 else "tv")
    return rows, devices


@pytest.mark.rule("models.user-metadata")
def test_a_new_user_with_known_attributes_gets_what_such_users_take() -> None:
    rows, _ = halves(users_differ=True)
    genders = {f"u{user:02}": "m" if user % 2 else "f" for user in range(60)} | {
        "new-m": "m",
        "new-f": "f",
        "new-x": "x",
    }
    ages = np.array([20.0 + 30 * (user % 2) for user in range(60)] + [50.0, 20.0, np.nan])
    for users in (
        Attributes(tuple(genders), {"GENDER": text_column(genders.values())}),
        Attributes(tuple(genders), numbers={"AGE": ages}),
    ):
        model = train(TrainingData(events(rows), users=users), chance=1)
        for user, odd in (("new-m", 1), ("new-f", 0)):
            assert {int(item_id[1:]) % 2 for item_id in ids(model, 6, user_id=user)} == {odd}
        assert ids(model, user_id="new-x") == ids(model, user_id="nobody")
        plain = train(TrainingData(events(rows)), chance=1)
        assert ids(model, user_id="nobody") == ids(plain, user_id="new-m")


@pytest.mark.rule("models.context")
@pytest.mark.parametrize("user", ["u07", "nobody"])
def test_the_context_of_a_request_decides_among_what_is_alike(user: str) -> None:
    rows, devices = halves(users_differ=False)
    model = train(TrainingData(with_contexts(events(rows), devices)), chance=None)
    for device, odd in (("phone", 1), ("tv", 0)):
        assert {int(item_id[1:]) % 2 for item_id in ids(model, 5, user_id=user, context={"DEVICE": device})} == {odd}
    assert ids(model, user_id=user, context={"DEVICE": "watch"}) == ids(model, user_id=user)


# --- weights ---------------------------------------------------------------------------------------------------


def weighted(rows: Sequence[tuple[str, str, int]], weights: Sequence[float]) -> TrainingData:
    return TrainingData(replace(events(rows), weights=np.array(weights, dtype=np.float32)))


@pytest.mark.rule("models.event-weights")
def test_events_that_weigh_more_make_items_more_popular_and_nearer() -> None:
    """Half of the items were bought by their users, half only clicked; to click weighs little."""
    rows = crossed()
    bought = [int(item[1:]) % 2 for _, item, _ in rows]
    model = train(weighted(rows, [1.0 if each else 0.1 for each in bought]), chance=None)
    for asked in ({"user_id": "nobody"}, {"user_id": "nobody", "session": ["i02"]}, {"user_id": "u03"}):
        assert {int(item_id[1:]) % 2 for item_id in ids(model, 5, **asked)} == {1}
    plain = train(TrainingData(events(rows)), chance=None)
    assert {int(item_id[1:]) % 2 for item_id in ids(plain, 5, user_id="nobody")} == {0, 1}


@pytest.mark.rule("models.event-weights")
def test_only_the_proportions_of_weights_count() -> None:
    rows, rng = crossed(), np.random.default_rng(1)
    weights = rng.choice([0.25, 1.0], len(rows)).tolist()
    one, half = (train(weighted(rows, [each * by for each in weights]), chance=1) for by in (1.0, 0.5))
    for session_weights, by in ((None, 1.0), ([1.0, 0.25], 0.5)):
        theirs = None if session_weights is None else [each * by for each in session_weights]
        mine = recommend(one, Query(user_id="u01", session=["i01", "i02"], session_weights=session_weights), 12)
        other = recommend(half, Query(user_id="u01", session=["i01", "i02"], session_weights=theirs), 12)
        assert mine == other if theirs is not None else len(mine) == 12


@pytest.mark.rule("models.event-weights")
def test_an_event_that_weighs_nothing_teaches_nothing() -> None:
    rows = crossed()
    more = [*rows, *((f"u{user:02}", "free", START + 50) for user in range(40))]
    model = train(weighted(more, [1.0] * len(rows) + [0.0] * 40), chance=None)
    plain = train(TrainingData(events(rows), Attributes(("free",))), chance=None)
    assert ids(model, user_id="nobody")[-1] == "free"
    asked = Query(user_id="nobody", session=["i01"])
    assert [item_id for item_id, _ in recommend(model, asked, 13)] == [
        item_id for item_id, _ in recommend(plain, asked, 13)
    ]
    silent = Query(user_id="nobody", session=["i01"], session_weights=[0.0])
    assert recommend(plain, silent, 13) == recommend(plain, Query(user_id="nobody"), 13)


@pytest.mark.rule("models.event-weights")
def test_a_session_counts_by_the_weights_of_its_events() -> None:
    rng = np.random.default_rng(2)
    rows = [
        (f"{kind}-u{user}", f"{kind}{item}", START + place)
        for kind in "ab"
        for user in range(30)
        for place, item in enumerate(rng.permutation(8))
    ]
    model = train(TrainingData(events(rows)), chance=None)
    for weights, first in (([1.0, 0.1], "a"), ([0.1, 1.0], "b")):
        assert ids(model, 1, session=["a1", "b1"], session_weights=weights)[0][0] == first
    streamed = replace(events([("x", "a1", START), ("x", "b1", START + 1)]), weights=np.array([1.0, 0.1], np.float32))
    updated = update(model, NewData(streamed))
    assert updated.histories.weights_of(updated.user_codes["x"]).tolist() == pytest.approx([1.0, 0.1])
    assert updated.histories.weights_of(0).tolist() == [1.0] * 8
    assert ids(updated, 1, user_id="x")[0][0] == "a"


# --- objectives ------------------------------------------------------------------------------------------------


def dear_and_cheap() -> TrainingData:
    """Two tastes; of each the items cost much or nothing, and users take mostly cheap ones."""
    rng = np.random.default_rng(6)
    rows = [
        (f"{kind}-u{user:02}", f"{kind}{item:02}", START + place)
        for kind in "ab"
        for user in range(100)
        for place, item in enumerate(
            rng.choice(30, 20, replace=False, p=np.r_[np.full(20, 2.0), np.full(10, 1.0)] / 50)
        )
    ]
    prices = {f"{kind}{item:02}": 100.0 if item >= 20 else 1.0 for kind in "ab" for item in range(30)}
    return TrainingData(
        events(rows), Attributes(tuple(prices)), objective=Objective(np.array([*prices.values()]), "OFF")
    )


@pytest.mark.rule("models.objective", "models.objective-metric")
def test_the_more_an_objective_counts_the_dearer_and_the_less_relevant_are_lists() -> None:
    data, dear, found = dear_and_cheap(), [], []
    assert data.objective is not None
    for sensitivity in ("OFF", "LOW", "MEDIUM", "HIGH"):
        told = replace(data, objective=replace(data.objective, sensitivity=sensitivity))
        model = train(told, chance=None)
        lists = [ids(model, 10, user_id=user) for user in model.user_ids]
        dear.append(sum(int(item_id[1:]) >= 20 for each in lists for item_id in each))
        found.append(model.metrics)
    assert dear == sorted(dear)
    assert len(set(dear)) == 4
    off, *_, high = found
    assert high["average_rewards_at_k"] > off["average_rewards_at_k"] > 0
    assert high["precision_at_5"] < off["precision_at_5"]
    without = train(replace(data, objective=None), chance=None)
    assert "average_rewards_at_k" not in without.metrics
    assert {**off, "average_rewards_at_k": None} == {**without.metrics, "average_rewards_at_k": None}


@pytest.mark.rule("models.objective-metric")
def test_average_rewards_are_the_share_of_those_to_be_had() -> None:
    """Who took nothing of a positive reward does not count; beyond 25 places nothing does."""
    rewards = Rewards(np.array([10.0, 30.0, -5.0, np.nan, *[1.0] * 30]), 0.0, 1.0, 0.0)
    lists = [[0, 3, 9], [2, 3, 1], [2], [*range(4, 33)]]
    truths = [{0, 1, 3}, {1, 2}, {2, 3}, {4, 28, 30, 31}]
    assert average_rewards(lists, truths, rewards) == pytest.approx((10 / 40 + 1 + 2 / 4) / 3, abs=1e-4)
    assert average_rewards([], [], rewards) == 0


def test_new_items_have_their_rewards_with_the_update() -> None:
    items = Attributes(tuple(f"i{item:02}" for item in range(12)))
    objective = Objective(np.arange(12.0), "HIGH")
    model = train(TrainingData(events(crossed()), items, objective=objective), chance=None)
    more = Attributes((*items.ids, "dear", "cheap", "average"))
    new = NewData(NOBODY, more, objective=Objective(np.array([*range(12), 11.0, 0.0, 5.5]), "HIGH"))
    updated = update(model, new)
    term = dict(zip(updated.item_ids, terms(updated, Query())["objective"].tolist(), strict=True))
    assert term["dear"] == pytest.approx(term["i11"])
    assert term["cheap"] == pytest.approx(term["i00"])
    assert term["average"] == pytest.approx(0)
    streamed = update(model, NewData(events([("u01", "unknown", START + 99)])))
    assert terms(streamed, Query())["objective"][-1] == 0


# --- hyperparameters -------------------------------------------------------------------------------------------


def test_defaults_are_the_model_that_was_tuned(small: pd.DataFrame) -> None:
    data = TrainingData(table_of(small))
    for name in ("aws-user-personalization", "aws-user-personalization-v2", "aws-personalized-ranking"):
        settings = settings_of(RECIPES[f"arn:aws:personalize:::recipe/{name}"], {})
        assert train(data, chance=1, settings=settings) == train(data, chance=1)


@pytest.mark.rule("models.hyperparameters")
def test_a_dimension_is_how_many_neighbours_are_kept(small: pd.DataFrame) -> None:
    for dimension, kept in (("32", 21), ("149", 100), ("256", 172)):
        model = train(TrainingData(table_of(small)), chance=None, settings={"hidden_dimension": dimension})
        assert np.diff(model.neighbours.offsets).max() == kept


@pytest.mark.rule("models.hyperparameters")
def test_bptt_is_how_far_apart_items_are_pairs() -> None:
    for steps, apart in (("2", 1), ("16", 10), ("32", 20)):
        assert learning_of({"bptt": steps}).window == apart
    rows = [(f"u{user}", f"i{place}", START + place) for user in range(30) for place in range(10)]
    model = train(TrainingData(events(rows)), chance=None, settings={"bptt": "2"})
    updated = update(model, NewData(events([("u1", "new", START + 50)])))
    for each, item, near in ((model, "i4", {"i3", "i5"}), (updated, "new", {"i9"})):
        row = slice(*each.neighbours.offsets[each.item_codes[item] :][:2])
        assert {each.item_ids[code] for code in each.neighbours.items[row]} == near


@pytest.mark.rule("models.hyperparameters")
@pytest.mark.parametrize("name", ["recency_mask", "apply_recency_bias"])
def test_without_a_bias_old_events_count_as_new_ones(name: str) -> None:
    rng = np.random.default_rng(2)
    rows = [
        (f"{kind}-u{user}", f"{kind}{item}", START + place)
        for kind in "ab"
        for user in range(30)
        for place, item in enumerate(rng.permutation(8))
    ]
    rows += [("x", f"a{item}", START + item) for item in range(5)] + [("x", f"b{item}", START + 9) for item in range(3)]
    data = TrainingData(events(rows))
    recent = train(data, chance=None, settings={name: "True"})
    equal = train(data, chance=None, settings={name: "false"})
    assert recent == train(data, chance=None)
    assert ids(recent, 1, user_id="x")[0][0] == "b"
    assert ids(equal, 1, user_id="x")[0][0] == "a"


@pytest.mark.rule("models.hyperparameters", "models.everybody-by-default")
def test_users_of_unusual_histories_are_not_learned_from() -> None:
    """One user took as much as many others together, and a few took almost nothing."""
    rows = crossed()
    rows += [("robot", f"spam{item}", START + item) for item in range(200)]
    rows += [(f"guest{user}", "lobby", START) for user in range(4)]
    data = TrainingData(events(rows))

    def popular(**settings: str) -> dict[str, int]:
        model = train(data, chance=None, settings=settings)
        assert ids(model, 1, user_id="robot")
        return dict(zip(model.item_ids, model.popularity.tolist(), strict=True))

    everybody = popular()
    assert popular(max_user_history_length_percentile="0.99") == everybody
    assert (everybody["spam1"], everybody["lobby"], everybody["i01"]) == (1, 4, 40)
    without_longest = popular(max_user_history_length_percentile="0.95")
    assert (without_longest["spam1"], without_longest["lobby"], without_longest["i01"]) == (0, 4, 40)
    without_shortest = popular(min_user_history_length_percentile="0.2")
    assert (without_shortest["spam1"], without_shortest["lobby"], without_shortest["i01"]) == (1, 0, 40)
    nobody = popular(min_user_history_length_percentile="1.0", max_user_history_length_percentile="0.1")
    assert set(nobody.values()) == {0}
