"""Throttling, through boto3: rates in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from raw import events_service
from support import Account, account, add_dataset, refused, schema_text

from simulator import simulate
from simulator.clock import SECOND
from simulator.errors import ServiceError
from simulator.quotas import QUOTAS
from simulator.resources.campaigns import Campaign
from simulator.resources.dump import dump
from simulator.resources.recommenders import Recommender
from simulator.resources.throttling import RateKey, throttle
from simulator.resources.world import ACTIVE, Scope

START = "2022-03-08T09:00:00Z"
EVENT = {"eventType": "watch", "itemId": "i1", "sentAt": 1_646_000_000}
ONCE = Config(retries={"max_attempts": 0})
LOW = {
    **dict.fromkeys(("put_events_per_second", "put_action_interactions_per_second"), 3),
    **dict.fromkeys(("put_items_per_second", "put_users_per_second", "put_actions_per_second"), 2),
}


def throttled() -> Any:
    return refused("ThrottlingException", "Rate exceeded")


def tracker(here: Account, name: str = "shop") -> str:
    """A group with an Interactions dataset; the tracking id of its event tracker."""
    group = here.personalize.create_dataset_group(name=name)["datasetGroupArn"]
    schema = here.personalize.create_schema(name=name, schema=schema_text())["schemaArn"]
    here.personalize.create_dataset(name=name, schemaArn=schema, datasetGroupArn=group, datasetType="Interactions")
    tracking_id: str = here.personalize.create_event_tracker(name=name, datasetGroupArn=group)["trackingId"]
    here.personalize.list_schemas()
    return tracking_id


def put(here: Account, tracking_id: str, times: int = 1, session: str = "s") -> None:
    for _ in range(times):
        here.events.put_events(trackingId=tracking_id, userId="u1", sessionId=session, eventList=[EVENT])


@pytest.mark.rule("throttling.refused")
def test_the_answer_over_http() -> None:
    with simulate(start=START, durations="instant", throttling=True, quotas={"put_events_per_second": 0}):
        here = account()
        body = {"trackingId": tracker(here), "sessionId": "s", "eventList": [EVENT]}
        answer = events_service("/events", body)
        assert (answer.status, answer.code, answer.document) == (
            400,
            "ThrottlingException",
            {"message": "Rate exceeded"},
        )
        events = boto3.client("personalize-events", region_name="us-east-1", config=ONCE)
        with pytest.raises(events.exceptions.ClientError, match="Rate exceeded") as caught:
            events.put_events(**body)
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        with pytest.raises(ClientError) as caught:
            here.events.put_events(**body)
        assert caught.value.response["ResponseMetadata"]["RetryAttempts"] > 0  # botocore knows it as throttling


def test_groups_have_their_own_rates_and_refused_calls_count() -> None:
    with simulate(start=START, durations="instant", throttling=True, quotas=LOW):
        here = account()
        one, other = tracker(here), tracker(here, "other")
        put(here, one, 2)
        with pytest.raises(ClientError, match="InvalidInputException"):
            here.events.put_events(trackingId=one, sessionId="s", eventList=[{"eventType": "e", "sentAt": 1}])
        with throttled():
            put(here, one)
        put(here, other, 3)
        for _ in range(5):  # of no group: no rate
            with pytest.raises(ClientError, match="InvalidInputException"):
                put(here, "none")


Put = Callable[[Account, str], object]
PUTS: dict[str, Put] = {
    "Items": lambda here, to: here.events.put_items(datasetArn=to, items=[{"itemId": "i"}]),
    "Users": lambda here, to: here.events.put_users(datasetArn=to, users=[{"userId": "u"}]),
    "Actions": lambda here, to: here.events.put_actions(datasetArn=to, actions=[{"actionId": "a"}]),
    "Action_Interactions": lambda here, to: here.events.put_action_interactions(
        trackingId=here.personalize.describe_dataset(datasetArn=to)["dataset"]["trackingId"],
        actionInteractions=[{"actionId": "a", "userId": "u", "sessionId": "s", "eventType": "Taken", "timestamp": 1}],
    ),
}


def test_the_other_puts() -> None:
    assert [QUOTAS[f"put_{each}_per_second"] for each in ("items", "users", "actions")] == [10, 10, 10]
    assert QUOTAS["put_action_interactions_per_second"] == 1000
    with simulate(start=START, durations="instant", throttling=True, quotas=LOW) as sim:
        here = account()
        group = here.personalize.create_dataset_group(name="shop")["datasetGroupArn"]
        for kind, call in PUTS.items():
            dataset = add_dataset(here, group, kind, here.personalize.list_schemas)
            for _ in range(3 if kind == "Action_Interactions" else 2):
                call(here, dataset)
            before = dump(sim._host.world)
            with throttled():
                call(here, dataset)
            assert dump(sim._host.world) == before
            sim.clock.tick(seconds=1)
            call(here, dataset)


@pytest.mark.rule("throttling.gets", "throttling.recommenders", "throttling.all-gets")
def test_the_documented_rates_of_recommendations() -> None:
    """500 a second of a campaign or recommender and operation, 2,500 a second of all."""
    with simulate(start=START, throttling=True) as sim:
        here = account()
        here.personalize.list_schemas()
        world = sim._host.world
        [home] = world.inventories
        scope = Scope(world, sim._host.platform, home)
        campaign = Campaign("c", "c", ACTIVE, 0, 0, "s", "g", "v", 1)
        scope.inventory.campaigns.add(campaign)
        scope.inventory.recommenders.add(Recommender("r", "r", ACTIVE, 0, 0, "g", "recipe"))
        asked = [
            ("GetRecommendations", {"campaignArn": "c"}),
            ("GetPersonalizedRanking", {"campaignArn": "c"}),
            ("GetActionRecommendations", {"campaignArn": "c"}),
            ("GetRecommendations", {"recommenderArn": "r"}),
        ]
        for operation, request in asked:
            assert allowed(scope, operation, request) == 500
        assert allowed(scope, "GetRecommendations", {"campaignArn": "not there"}) == 500
        assert world.rates[RateKey(home, "recommendation_requests_per_second", "")].calls == 2500
        world.now += SECOND
        assert allowed(scope, "GetRecommendations", {"campaignArn": "not there"}) == 2500
        assert allowed(scope, "GetRecommendations", {"campaignArn": "c"}) == 0
        elsewhere = Scope(world, sim._host.platform, type(home)(home.account, "eu-west-1"))
        assert allowed(elsewhere, "GetRecommendations", {"campaignArn": "not there"}) == 2500


def allowed(scope: Scope, operation: str, request: dict[str, str]) -> int:
    """How many calls of one second are let through."""
    for calls in range(3000):
        try:
            throttle(scope, operation, request)
        except ServiceError:
            return calls
    raise AssertionError("nothing was throttled")


def test_a_saved_world_goes_on_throttling(tmp_path: Path) -> None:
    with simulate(start=START, durations="instant", throttling=True, quotas=LOW) as sim:
        here = account()
        tracking_id = tracker(here)
        put(here, tracking_id, 3)
        sim.save(tmp_path / "world")
    with simulate(load=tmp_path / "world") as sim:
        with throttled():
            put(account("other"), tracking_id)
        sim.clock.tick(seconds=1)
        put(account("third"), tracking_id, 3)
    with simulate(load=tmp_path / "world", throttling=False):
        put(account("other"), tracking_id, 5)
