"""Event trackers: the id that lets a dataset group take put events; one a group."""

from __future__ import annotations

from dataclasses import dataclass

from simulator import errors
from simulator.resources import lifecycle
from simulator.resources.dataset_groups import dataset_group
from simulator.resources.ids import new_id, uuid_of
from simulator.resources.lookup import (
    Answer,
    Request,
    by_arn,
    children,
    page,
    require_active,
    require_created,
    times_without_reason,
)
from simulator.resources.world import ACTIVE, PENDING, Record, Scope


@dataclass
class EventTracker(Record):
    """An event tracker. Its ARN ends in 8 hexadecimal digits, not in its name (resp-016)."""

    tracking_id: str
    dataset_group_arn: str


def create_event_tracker(scope: Scope, request: Request) -> Answer:
    """CreateEventTracker."""
    group = dataset_group(scope, request["datasetGroupArn"])
    require_active(group)
    trackers = scope.inventory.event_trackers
    for tracker in trackers.values():
        if tracker.dataset_group_arn == group.arn:
            raise errors.TRACKER_EXISTS(arn=tracker.arn, dataset_group=group.arn)
    digits = new_id(scope.world, "event-tracker", group.arn, request["name"])
    arn = scope.home.arn("event-tracker", digits[:8])
    tracking_id = uuid_of(digits[8:])
    trackers[arn] = EventTracker(arn, request["name"], PENDING, scope.now, scope.now, tracking_id, group.arn)
    lifecycle.begin(scope, "event_tracker", arn)
    return {"eventTrackerArn": arn, "trackingId": tracking_id}


def describe_event_tracker(scope: Scope, request: Request) -> Answer:
    """DescribeEventTracker."""
    tracker = by_arn(scope.inventory.event_trackers, request["eventTrackerArn"])
    return {
        "eventTracker": {
            **_summary(tracker),
            "accountId": scope.home.account,
            "trackingId": tracker.tracking_id,
            "datasetGroupArn": tracker.dataset_group_arn,
        }
    }


def list_event_trackers(scope: Scope, request: Request) -> Answer:
    """ListEventTrackers, of one group or of all."""
    found = children(
        scope.inventory.event_trackers, request.get("datasetGroupArn"), lambda each: each.dataset_group_arn
    )
    return page(request, "eventTrackers", found, _summary)


def delete_event_tracker(scope: Scope, request: Request) -> Answer:
    """DeleteEventTracker: the dataset and its events stay."""
    tracker = by_arn(scope.inventory.event_trackers, request["eventTrackerArn"])
    require_created(tracker)
    lifecycle.begin_deletion(scope, "event_tracker", tracker)
    return {}


def tracker_of(scope: Scope, tracking_id: str) -> EventTracker:
    """The ACTIVE tracker of a tracking id; raises `INVALID_TRACKING_ID`."""
    for tracker in scope.inventory.event_trackers.values():
        if tracker.tracking_id == tracking_id and tracker.status == ACTIVE:
            return tracker
    raise errors.INVALID_TRACKING_ID(account=scope.home.account)


def _summary(tracker: EventTracker) -> Answer:
    return {"name": tracker.name, "eventTrackerArn": tracker.arn, **times_without_reason(tracker)}
