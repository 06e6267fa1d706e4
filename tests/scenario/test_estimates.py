"""What a run on AWS is said to take, from how the story went in this process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from simulator.clock import HOUR, MINUTE, micros_of
from simulator.scenario.estimates import Meter, Usage, estimate, prices
from simulator.scenario.outcome import Asked

REGION = "us-east-1"
START = datetime(2024, 1, 1, tzinfo=UTC)
TRAINED = 1.768 / (22 / 60 + 38 / 3600)  # hours billed an hour, by the one training that was observed


class Clock:
    def __init__(self) -> None:
        self.moment = START

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


def asked(call: str, answer: Any = None, error: Any = None, **request: Any) -> Asked:
    return Asked(1, call, request, {} if answer is None else answer, error)


def test_a_campaign_is_paid_from_its_creation_to_its_deletion(clock: Clock) -> None:
    meter = Meter(clock.now)
    meter(asked("personalize.create_campaign", {"campaignArn": "a"}, minProvisionedTPS=2))
    meter(asked("personalize.create_campaign", {"campaignArn": "b"}))
    clock.moment += timedelta(hours=1)
    meter(asked("personalize.delete_campaign", campaignArn="a"))
    clock.moment += timedelta(hours=2)
    usage = meter.usage([])
    assert usage.campaign_tps_hours == pytest.approx(2 * 1 + 1 * 3)
    assert usage.deletions >= timedelta(minutes=16)


def test_an_update_may_ask_for_more(clock: Clock) -> None:
    meter = Meter(clock.now)
    meter(asked("personalize.create_campaign", {"campaignArn": "a"}))
    meter(asked("personalize.update_campaign", {"campaignArn": "a"}, campaignArn="a", minProvisionedTPS=5))
    clock.moment += timedelta(hours=1)
    assert meter.usage([]).campaign_tps_hours == pytest.approx(5)


def test_a_recommender_is_not_paid_while_it_is_stopped(clock: Clock) -> None:
    meter = Meter(clock.now)
    config = {"minRecommendationRequestsPerSecond": 3}
    meter(asked("personalize.create_recommender", {"recommenderArn": "r"}, recommenderConfig=config))
    clock.moment += timedelta(hours=1)
    meter(asked("personalize.stop_recommender", {"recommenderArn": "r"}, recommenderArn="r"))
    clock.moment += timedelta(hours=5)
    meter(asked("personalize.start_recommender", {"recommenderArn": "r"}, recommenderArn="r"))
    clock.moment += timedelta(hours=1)
    usage = meter.usage([])
    assert usage.recommender_hours == pytest.approx(2)
    assert usage.recommender_tps_hours == pytest.approx(6)
    known = prices()
    more = 6 * 3600 - 2 * known.requests_in_recommender_hour
    told = estimate(timedelta(hours=7), usage, REGION)
    assert told.cost == pytest.approx(2 * known.recommender_hour + more / 1000 * known.thousand_more_requests)


def test_what_was_refused_costs_nothing(clock: Clock) -> None:
    meter = Meter(clock.now)
    error = {"code": "LimitExceededException", "message": ""}
    meter(asked("personalize.create_campaign", error=error, minProvisionedTPS=100))
    meter(asked("s3.put_object", error=error, Body="x" * 1_000_000))
    clock.moment += timedelta(hours=1)
    assert estimate(timedelta(hours=1), meter.usage([]), REGION).cost == 0


def test_trainings_of_recommenders_are_in_their_price(clock: Clock) -> None:
    began = micros_of(START)
    trainings = [
        SimpleNamespace(arn="arn:aws:personalize:us-east-1:1:solution/films/1", instant=began, ended=began + HOUR),
        SimpleNamespace(arn="arn:aws:personalize:us-east-1:1:recommender/films", instant=began, ended=began + HOUR),
        SimpleNamespace(arn="arn:aws:personalize:us-east-1:1:solution/films/2", instant=began, ended=None),
    ]
    clock.moment += timedelta(minutes=30)
    assert Meter(clock.now).usage(trainings).training_hours == pytest.approx((1 + 30 * MINUTE / HOUR) * TRAINED)


def test_what_is_not_in_an_estimate_is_said(clock: Clock) -> None:
    meter = Meter(clock.now)
    meter(asked("personalize.create_batch_inference_job", {"batchInferenceJobArn": "b"}))
    meter(asked("personalize.create_solution", {"solutionArn": "s"}, performHPO=True))
    assert "Not in it: batch inference jobs, the further trainings of HPO" in str(
        estimate(timedelta(hours=1), meter.usage([]), REGION)
    )


def test_durations_that_nobody_observed_are_said() -> None:
    usage = Usage(0, 0, 0, 0, 0, 0, 0, timedelta(), [])
    assert "durations of its own" in str(estimate(timedelta(), usage, REGION, as_observed=False))
    assert "durations of its own" not in str(estimate(timedelta(), usage, REGION))


def test_requests_count_beyond_the_least_tps(clock: Clock) -> None:
    usage = Usage(0, 0, 1, 7200, 0, 0, 0, timedelta(), [])
    assert estimate(timedelta(), usage, REGION).cost == pytest.approx(7.2 * prices().thousand_requests)
