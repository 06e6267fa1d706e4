"""`sim.events.explain`: filters, metric attributions and notes; what is read of many events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runtime_shop import FAN, NEWEST, Shop, shop

from simulator.data import interactions
from simulator.data.interactions import InteractionStore, PutEvent, users_of
from simulator.durations import OBSERVED
from simulator.resources.event_effects import Effect, Whose

SEEN = 'INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("zap")'
NAMED = "EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ($TYPES)"
OF_USERS = 'INCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("*")'


@pytest.fixture
def here() -> Iterator[Shop]:
    with shop() as made:
        yield made


def told(effects: tuple[Effect, ...]) -> list[tuple[str, str, str | None]]:
    return [(each.when, each.rule, each.user_id) for each in effects]


def test_filters_and_their_windows(here: Shop) -> None:
    for expression in (SEEN, NAMED, OF_USERS, "INCLUDE ItemID WHERE Items.PRICE < 5"):
        here.filter(expression)
    here.happens(FAN, "drama1", "Zap", NEWEST)
    here.happens(FAN, "drama1", "watch", NEWEST)
    zapped, watched = here.sim.events.explain(FAN)
    newest = ("now", "filters.newest-events", FAN)
    of_users = ("now", "filters.newest-events", None)
    assert told(zapped.filters) == [newest, newest, of_users]
    assert zapped.filters[0].why == "of its type it is number 1 from the newest"
    assert told(watched.filters) == [("never", "filters.event-types", FAN), newest, of_users]
    assert watched.filters[0].why == "it looks at ZAP, and the type is watch"
    for second in range(1, 101):
        here.happens(FAN, "drama2", "zap", NEWEST + second)
    zapped = here.sim.events.explain(FAN)[0]
    assert told(zapped.filters) == [("never", "filters.newest-events", FAN)] * 2 + [of_users]
    assert zapped.filters[0].why == f"{FAN} has 100 newer events of its type, and 100 count"
    [one] = here.sim.events.explain(FAN, item_id="drama1", event_type="Zap", target=zapped.filters[0].target)
    assert (one.effects, len(one.filters), one.metrics) == ((), 1, ())
    here.sim.clock.tick(days=90)
    [forgotten, *_] = here.sim.events.explain(FAN)
    assert told(forgotten.filters)[0] == ("never", "recommendations.filter-forgets", FAN)


def test_filters_see_it_later() -> None:
    with shop({**{name: timedelta(0) for name in OBSERVED}, "filter_update": timedelta(minutes=15)}) as here:
        here.filter(SEEN)
        here.happens(FAN, "drama1", "zap")
        [event] = here.sim.events.explain(FAN)
        [effect] = event.filters
        assert (effect.when, effect.rule) == ("filter update", "recommendations.filter-fresh")
        assert str(effect.due)[:16] == "2024-12-01 09:15"
        here.sim.clock.tick(minutes=15)
        assert [each.when for each in here.sim.events.explain(FAN)[0].filters] == ["now"]


def test_metric_attributions(here: Shop) -> None:
    """Which metrics an event feeds, or why none."""
    here.happens(FAN, "drama1", "click", 1733043600)
    here.sim.clock.tick(minutes=1)
    metrics = [
        {"eventType": "click", "metricName": "clicks", "expression": "SAMPLECOUNT()"},
        {"eventType": "click", "metricName": "prices", "expression": "SUM(Items.PRICE)"},
        {"eventType": "pay", "metricName": "paid", "expression": "SUM(Items.PRICE)"},
    ]
    arn = here.on.personalize.create_metric_attribution(
        name="m", datasetGroupArn=here.group, metrics=metrics, metricsOutputConfig={"roleArn": here.on.role}
    )["metricAttributionArn"]
    here.sim.clock.tick(minutes=1)
    here.happens(FAN, "drama2", "click", 1733043600)
    here.happens(FAN, "drama3", "click", 1733043600 - 15 * 24 * 3600)
    here.happens(FAN, "drama4", "Click", 1733043600)
    here.happens(FAN, "drama9", "pay", 1733043600)
    explained = here.sim.events.explain(FAN)
    assert [(each.item_id, told(each.metrics)) for each in explained] == [
        ("drama1", [("never", "metric-attributions.from-active-on", None)]),
        ("drama2", [("now", "metric-attributions.counts-and-sums", None)]),
        ("drama3", [("never", "metric-attributions.fourteen-days", None)]),
        ("drama4", [("never", "metric-attributions.counts-and-sums", None)]),
        ("drama9", [("never", "metric-attributions.absent-values", None)]),
    ]
    assert explained[1].metrics[0].target == arn
    assert "it counts in clicks, prices" in explained[1].metrics[0].why
    assert explained[3].metrics[0].why == "it measures events of click, pay, and the type is Click"


def test_what_was_passed_over_is_named(here: Shop) -> None:
    """Keys that are no columns, and ids under which nothing is known to be recommended; AWS says neither."""
    event = {"eventType": "watch", "itemId": "drama1", "sentAt": NEWEST, "recommendationId": "RID-unknown"}
    events = [{**event, "properties": '{"device": "phone", "duration": 3, "Device": "tv"}'}, {**event, "itemId": "x"}]
    here.on.events.put_events(trackingId=here.tracking_id, userId=FAN, sessionId="s", eventList=events)
    first, second = here.sim.events.explain(FAN)
    assert first.notes == (
        "passed over in properties: duration, Device: no column of the schema is spelt so [events.property-keys]",
        "nothing is known to be recommended under RID-unknown [events.implicit-impressions]",
    )
    assert len(second.notes) == 1
    assert f"  {first.notes[0]}\n" in str(first)
    campaign = here.campaign("aws-popularity-count")
    answer = here.on.runtime.get_recommendations(campaignArn=campaign, userId=FAN)
    known = {**event, "recommendationId": answer["recommendationId"]}
    here.on.events.put_events(trackingId=here.tracking_id, userId="u", sessionId="s2", eventList=[known])
    assert here.sim.events.explain("u")[0].notes == ()


def test_only_what_is_asked_for_is_read(here: Shop) -> None:
    """Of one user's events others are not put in order."""
    for user in range(50):
        here.happens(f"u{user}", "drama1", "watch")
    ordered = []
    order = interactions._order

    def watched(arrival: interactions.Arrival) -> object:
        ordered.append(arrival.event.user_id)
        return order(arrival)

    with patch.object(interactions, "_order", watched):
        assert len(here.sim.events.explain("u7")) == 1
    assert set(ordered) <= {"u7"}


events = st.tuples(st.sampled_from(("", "u", "v")), st.sampled_from(("a", "b", "u")), st.integers(0, 3))


@given(st.lists(st.tuples(events, st.integers(0, 2)), max_size=12), st.integers(0, 12), st.sets(st.sampled_from("uv")))
def test_whose_events_are(put: list[tuple[tuple[str, str, int], int]], stop: int, gone: set[str]) -> None:
    """By sessions, as all together; also after more were put, and some forgotten."""
    store = InteractionStore()
    instant = 0
    for (user, session, item), later in put:
        instant += later
        store.add_event(PutEvent(1, user, session, f"i{item}", "t", None, "", ""), instant)
        store.of_session("a")
    store.remove_users(gone)
    whose = Whose(store, stop)
    found = {at: whose.of(at) for at in range(len(store.put))}
    assert {at: user for at, user in found.items() if user is not None} == users_of(store, stop)
