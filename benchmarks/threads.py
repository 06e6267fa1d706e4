"""64 threads that put 1,000 events each, against one thread: none may be lost or doubled, whatever the figure."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from support import Account, account, dataset, exported

from benchmarks.measure import Figure, seconds
from simulator import simulate

THREADS, CALLS = 64, 1000
ALONE = 4000


def figures() -> list[Figure]:
    together = _seconds_of_a_call(THREADS, CALLS)
    alone = _seconds_of_a_call(1, ALONE)
    print(f"put_events: {1 / together:.0f} calls a second of {THREADS} threads, {1 / alone:.0f} of one")
    name = f"put_events, {THREADS} threads x {CALLS:,}, a call : in one thread"
    return [Figure(name, together, alone, together / alone, 2.0)]


def _seconds_of_a_call(threads: int, calls: int) -> float:
    """How long a call takes, in real seconds; raises RuntimeError if the export is not what was sent."""
    with simulate(start="2022-03-08T09:00:00Z", durations="instant"):
        here = account()
        settle = here.personalize.list_schemas
        made = dataset(here, settle)
        tracking_id = here.personalize.create_event_tracker(name="t", datasetGroupArn=made.group)["trackingId"]
        settle()
        took = seconds(lambda: _put_all(here, tracking_id, threads, calls))
        header, *lines = exported(here, made.dataset, "PUT", settle)
        rows = [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines]
        found = sorted((row["user_id"], row["session_id"], row["item_id"], row["timestamp"]) for row in rows)
        sent = sorted(
            (request["userId"], request["sessionId"], event["itemId"], f"{event['sentAt']}000")
            for thread in range(threads)
            for request in _requests(thread, calls)
            for event in request["eventList"]
        )
        if found != sent:
            raise RuntimeError(f"{len(sent)} events were sent and {len(found)} exported, or others")
        return took / (threads * calls)


def _put_all(here: Account, tracking_id: str, threads: int, calls: int) -> None:
    together = threading.Barrier(threads)

    def work(thread: int) -> None:
        together.wait()
        for request in _requests(thread, calls):
            here.events.put_events(trackingId=tracking_id, **request)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))


def _requests(thread: int, calls: int) -> list[dict[str, Any]]:
    return [
        {
            "userId": f"u{number % 600}",
            "sessionId": f"s{thread}",
            "eventList": [{"eventType": "watch", "itemId": f"i{number % 200}", "sentAt": 1_600_000_000 + number}],
        }
        for number in range(calls)
    ]
