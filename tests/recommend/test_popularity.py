"""Popular and trending items: what each recipe counts, and when."""

from __future__ import annotations

import pytest
from frames import events

from simulator.recommend.catalogue import RECIPES, Recipe
from simulator.recommend.training import Model, NewData, Query, TrainingData, recommend, train, update

HOUR, DAY = 3_600, 86_400
NOW = 1_600_000_000
NAMED = {recipe.name: recipe for recipe in RECIPES.values()}
TRENDING = NAMED["aws-trending-now"]
Rows = list[tuple[str, str, int]]


def ids(model: Model, count: int = 25) -> list[str]:
    return [item for item, _ in recommend(model, Query(user_id="u"), count)]


def taken(item: str, users: int, times: int = 1, at: int = NOW) -> Rows:
    """So many users took an item so often, each time a second earlier."""
    return [(f"u{user}", item, at - user - 1000 * time) for user in range(users) for time in range(times)]


@pytest.mark.rule("models.popularity", "models.interaction-count", "models.most-popular")
@pytest.mark.parametrize(
    ("recipe", "wanted"),
    [
        ("aws-popularity-count", ["by many", "often"]),
        ("aws-vod-most-popular", ["by many", "often"]),
        ("aws-ecomm-popular-items-by-views", ["often", "by many"]),
        ("aws-ecomm-popular-items-by-purchases", ["often", "by many"]),
    ],
)
def test_some_count_users_and_others_events(recipe: str, wanted: list[str]) -> None:
    rows = [*taken("by many", 30), *taken("often", 10, 9), *taken("rarely", 2)]
    assert ids(train(NAMED[recipe], TrainingData(events(rows)), None)) == [*wanted, "rarely"]


@pytest.mark.parametrize(
    ("recipe", "event_type"),
    [
        ("aws-popularity-count", None),
        ("aws-vod-most-popular", "Watch"),
        ("aws-vod-trending-now", None),
        ("aws-ecomm-popular-items-by-views", "View"),
        ("aws-ecomm-popular-items-by-purchases", "Purchase"),
    ],
)
def test_each_counts_events_of_its_own_type(recipe: str, event_type: str | None) -> None:
    assert NAMED[recipe].event_type == event_type


def trends(rows: Rows, recipe: Recipe = TRENDING, now: int | None = NOW, **chosen: str) -> list[str]:
    return ids(train(recipe, TrainingData(events(rows), now=now), None, chosen))


RISING = [
    *taken("always", 50, at=NOW - HOUR),
    *taken("always", 50, at=NOW - 3 * HOUR),
    *taken("always", 200, at=NOW - 9 * DAY),
    *taken("rising", 5, at=NOW - 3 * HOUR),
    *taken("rising", 30, at=NOW - HOUR),
    *taken("falling", 60, at=NOW - 3 * HOUR),
    *taken("falling", 40, at=NOW - HOUR),
]


@pytest.mark.rule("models.trending")
@pytest.mark.parametrize("recipe", ["aws-trending-now", "aws-vod-trending-now"])
def test_what_rises_comes_before_what_is_merely_popular(recipe: str) -> None:
    assert trends(RISING, NAMED[recipe]) == ["rising", "always", "falling"]


@pytest.mark.rule("models.trending-frequency")
@pytest.mark.parametrize(
    ("frequency", "first"),
    [("30 minutes", "half"), ("1 hour", "one"), ("2 hours", "two"), ("3 hours", "three"), ("1 day", "day")],
)
def test_an_interval_is_as_long_as_the_frequency_says(frequency: str, first: str) -> None:
    """Each item rises most from one interval to the next of just one length."""
    rows = [*taken("half", 20, at=NOW - 60)]
    for item, hours, users in (("one", 0.75, 40), ("two", 1.5, 60), ("three", 2.5, 80), ("day", 20, 100)):
        rows += taken(item, users, at=NOW - int(hours * HOUR))
    assert trends(rows, trend_discovery_frequency=frequency)[0] == first
    assert trends(rows, trend_discovery_frequency=frequency.upper())[0] == first


@pytest.mark.rule("models.trending-old-data")
def test_without_new_interactions_popular_items_come() -> None:
    assert trends(RISING, now=NOW + 5 * HOUR) == ["always", "falling", "rising"]
    # One interaction in the last two intervals is enough for a trend.
    late = [*RISING, ("u", "late", NOW + 4 * HOUR)]
    assert trends(late, now=NOW + 5 * HOUR) == ["late", "always", "falling", "rising"]


def test_metrics_look_at_the_data_however_old_they_are() -> None:
    now, later = (train(TRENDING, TrainingData(events(RISING), now=at), None).metrics for at in (NOW, NOW + 900 * DAY))
    assert now == later
    assert now["trend_prediction_accuracy"] > 0


@pytest.mark.rule("models.trending-again", "models.trending-old-data")
def test_trends_end_as_time_passes_and_begin_with_new_events() -> None:
    model = train(TRENDING, TrainingData(events(RISING), now=NOW), None)
    nothing = events([])
    assert ids(update(model, NewData(nothing, now=NOW + HOUR)))[0] == "always"
    ended = update(model, NewData(nothing, now=NOW + 6 * HOUR))
    assert ids(ended) == ["always", "falling", "rising"]
    begun = update(ended, NewData(events(taken("brand new", 3, at=NOW + 7 * HOUR)), now=NOW + 8 * HOUR))
    assert ids(begun) == ["brand new", "always", "falling", "rising"]
    assert begun.metrics == model.metrics


@pytest.mark.parametrize("step", [HOUR, 2 * HOUR, 8 * HOUR])
def test_it_does_not_matter_how_often_trends_were_found_on_the_way(step: int) -> None:
    model = train(TRENDING, TrainingData(events(RISING), now=NOW), None)
    streamed = [("u1", "a", NOW + 5 * HOUR), ("u2", "b", NOW + 7 * HOUR), ("u3", "b", NOW + 7 * HOUR)]
    for at in range(NOW + step, NOW + 8 * HOUR + 1, step):
        arrived = [row for row in streamed if at - step < row[2] <= at]
        model = update(model, NewData(events(arrived), now=at))
    assert ids(model)[:2] == ["b", "always"] or ids(model)[0] == "b"
    whole = train(TRENDING, TrainingData(events([*RISING, *streamed]), now=NOW + 8 * HOUR), None)
    assert ids(model) == ids(whole)
