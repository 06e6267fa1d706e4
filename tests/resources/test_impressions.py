"""Implicit impressions: what the recommendationId of an event stands for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from runtime_shop import FAN, FILMS, NEWEST, Shop, shop

from simulator.data.interactions import PutEvent
from simulator.resources import impressions
from simulator.resources.impressions import impressions_of
from simulator.resources.world import Scope


@pytest.fixture
def here() -> Iterator[Shop]:
    with shop() as made:
        yield made


def put(here: Shop, recommendation_id: str, **more: Any) -> tuple[Scope, PutEvent]:
    """An event is put; where it is, and what it is stored as."""
    world, [home] = here.sim._host.world, here.sim._host.world.inventories
    event = {"eventType": "click", "itemId": "drama1", "sentAt": NEWEST, "recommendationId": recommendation_id, **more}
    here.on.events.put_events(trackingId=here.tracking_id, userId=FAN, sessionId="s", eventList=[event])
    store = world.inventories[home].datasets[f"{here.group.replace('-group', '')}/INTERACTIONS"].store
    return Scope(world, here.sim._host.platform, home), store.put[-1].event


@pytest.mark.rule("events.implicit-impressions")
def test_an_id_stands_for_what_was_recommended(here: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(impressions, "KEPT", 2)
    ask = here.on.runtime.get_recommendations
    campaign, ranking = here.campaign(), here.campaign("aws-personalized-ranking")
    first, second = (ask(campaignArn=campaign, userId=user, numResults=3) for user in (FAN, "comedy-fan01"))
    listed = [item["itemId"] for item in second["itemList"]]
    assert impressions_of(*put(here, second["recommendationId"])) == tuple(listed)
    assert impressions_of(*put(here, second["recommendationId"], impression=["a", "b"])) == ["a", "b"]
    assert impressions_of(*put(here, "RID-of-nothing")) == ()
    ranked = here.on.runtime.get_personalized_ranking(campaignArn=ranking, userId=FAN, inputList=FILMS[:5])
    assert impressions_of(*put(here, first["recommendationId"])) == ()  # two newer answers are known
    scope, event = put(here, ranked["recommendationId"])
    assert impressions_of(scope, event) == tuple(item["itemId"] for item in ranked["personalizedRanking"])
    for user in ("u1", "u2", "u3"):
        ask(campaignArn=campaign, userId=user)
    assert len(impressions_of(scope, event)) == 5  # what an event stands for stays
    assert impressions_of(scope, event._replace(recommendation_id="")) == ()
