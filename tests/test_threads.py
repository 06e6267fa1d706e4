"""Threads: none of their events is lost or stored twice, and the order in which they come decides nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from support import REGION, Account, account, deploy, exported, some_interactions

from simulator import simulate
from simulator.resources.dump import dump

START = "2022-03-08T09:00:00Z"
THREADS, CALLS = 16, 250
USERS, SENT = 60, 1_646_700_000

Put = tuple[int, int]
"""A call by the number of its thread, and its own number there."""


def event(put: Put) -> dict[str, Any]:
    """The request of a call: no two are equal."""
    thread, number = put
    sent = {"eventType": "watch", "itemId": f"i{(7 * thread + number) % 80}", "sentAt": SENT + 1000 * thread + number}
    return {"userId": f"u{number % USERS}", "sessionId": f"s{thread}", "eventList": [sent]}


def in_one_thread(call: Callable[[Put], object], puts: list[list[Put]]) -> None:
    for of_thread in reversed(puts):
        for put in of_thread:
            call(put)


def in_threads(call: Callable[[Put], object], puts: list[list[Put]]) -> None:
    together = threading.Barrier(len(puts))

    def work(of_thread: list[Put]) -> None:
        together.wait(timeout=60)
        for put in of_thread:
            call(put)

    with ThreadPoolExecutor(len(puts)) as pool:
        list(pool.map(work, puts))


class Seen:
    """What is seen of a world in which calls were made, over three hours, by one thread or by many."""

    def __init__(self, run: Callable[[Callable[[Put], object], list[list[Put]]], None], threads: int, calls: int):
        with simulate(start=START, training="exact") as sim:
            here = account()
            made = deploy(here, lambda: sim.clock.tick(hours=1), some_interactions())
            self.request_ids: set[str] = set()

            def call(put: Put) -> None:
                answer = here.events.put_events(trackingId=made.tracking_id, **event(put))
                self.request_ids.add(answer["ResponseMetadata"]["RequestId"])

            for hour in range(3):
                numbers = range(hour * calls // 3, (hour + 1) * calls // 3)
                run(call, [[(thread, number) for number in numbers] for thread in range(threads)])
                sim.clock.tick(hours=1)
            self.answers = [recommended(here, made.campaign, f"u{user}") for user in range(0, USERS, 7)]
            self.lines = exported(here, made.dataset, "PUT", lambda: sim.clock.tick(hours=1))
            self.metrics = requests_counted(made.tracker)
            self.world = dump(sim._host.world)
            self.calls = sum(entry.name == "PutEvents" for entry in sim._host.world.journal)


def recommended(here: Account, campaign: str, user: str) -> list[tuple[str, float]]:
    answer = here.runtime.get_recommendations(campaignArn=campaign, userId=user)
    return [(each["itemId"], each["score"]) for each in answer["itemList"]]


def requests_counted(tracker: str) -> list[tuple[str, float]]:
    answer = boto3.client("cloudwatch", region_name=REGION).get_metric_statistics(
        Namespace="AWS/Personalize",
        MetricName="PutEventsRequests",
        Dimensions=[{"Name": "EventTrackerArn", "Value": tracker}],
        StartTime="2022-03-08T00:00:00Z",
        EndTime="2022-03-09T00:00:00Z",
        Period=60,
        Statistics=["Sum"],
    )
    return sorted((str(each["Timestamp"]), each["Sum"]) for each in answer["Datapoints"])


@pytest.fixture(scope="module")
def together() -> Seen:
    return Seen(in_threads, THREADS, CALLS)


def test_none_is_lost_and_none_stored_twice(together: Seen) -> None:
    header, *lines = together.lines
    columns = header.split(",")
    found = [dict(zip(columns, line.split(","), strict=True)) for line in lines]
    sent = [event((thread, number)) for thread in range(THREADS) for number in range(CALLS)]
    assert sorted(
        (each["session_id"], each["user_id"], each["item_id"], each["timestamp"]) for each in found
    ) == sorted(
        (each["sessionId"], each["userId"], each["eventList"][0]["itemId"], f"{each['eventList'][0]['sentAt']}000")
        for each in sent
    )
    assert together.calls == len(together.request_ids) == THREADS * CALLS
    assert sum(count for _, count in together.metrics) == THREADS * CALLS


def test_the_same_as_of_one_thread(together: Seen) -> None:
    """The same events at the same times: the same answers, and the same bytes."""
    alone = Seen(in_one_thread, THREADS, CALLS)
    assert together.answers == alone.answers
    assert together.lines == alone.lines
    assert together.metrics == alone.metrics
    assert together.request_ids == alone.request_ids
    assert together.world == alone.world


def test_equal_calls_of_many_threads_are_one_event() -> None:
    def same(call: Callable[[Put], object], puts: list[list[Put]]) -> None:
        in_threads(call, [[(0, number) for _, number in of_thread] for of_thread in puts])

    seen = Seen(same, 8, 30)
    assert len(seen.lines) == 1 + 30
    assert len(seen.request_ids) == 8 * 30


def test_calls_of_every_kind_at_once() -> None:
    """Puts, answers, descriptions, ticks and sleeps: no traceback, no deadlock, nothing lost, no time run backward."""
    with simulate(start=START, training="exact") as sim:
        here = account()
        made = deploy(here, lambda: sim.clock.tick(hours=1), some_interactions())
        works: list[Callable[[int], object]] = [
            lambda number: here.events.put_events(trackingId=made.tracking_id, **event((1, number))),
            lambda number: here.events.put_events(trackingId=made.tracking_id, **event((2, number))),
            lambda number: here.runtime.get_recommendations(campaignArn=made.campaign, userId=f"u{number % USERS}"),
            lambda number: here.personalize.describe_campaign(campaignArn=made.campaign),
            lambda number: here.s3.put_object(Bucket=here.bucket, Key=f"k{number}", Body=b""),
            lambda number: sim.clock.tick(minutes=7),
            lambda number: time.sleep(number % 3),
        ]
        with ThreadPoolExecutor(len(works)) as pool:
            for done in [pool.submit(work, number) for number in range(60) for work in works]:
                done.result(timeout=60)
        assert sum(count for _, count in requests_counted(made.tracker)) == 120
        lines = exported(here, made.dataset, "PUT", lambda: sim.clock.tick(hours=1))
        assert len(lines) == 1 + 120
