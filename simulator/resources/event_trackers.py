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
    page,
    require_active,
    require_created,
    times_without_reason,
)
from simulator.resources.operations import PAGES, operation
from simulator.resources.world import ACTIVE, PENDING, Record, Scope


@dataclass
class EventTracker(Record):
    """An event tracker. Its ARN ends in 8 hexadecimal digits, not in its name (resp-016)."""

    tracking_id: str
    dataset_group_arn: str

    @property
    def parents(self) -> tuple[str, ...]:
        """Its dataset group."""
        return (self.dataset_group_arn,)


def create_event_tracker(scope: Scope, request: Request) -> Answer:
    """CreateEventTracker, one a dataset group; its tracking id is good once it is ACTIVE."""
    group = dataset_group(scope, request["datasetGroupArn"])
    require_active(group)
    trackers = scope.inventory.event_trackers
    for tracker in trackers.of(group.arn):
        raise errors.TRACKER_EXISTS(arn=tracker.arn, dataset_group=group.arn)
    digits = new_id(scope.world, "event-tracker", group.arn, request["name"])
    arn = scope.home.arn("event-tracker", digits[:8])
    tracking_id = uuid_of(digits[8:])
    tracker = EventTracker(arn, request["name"], PENDING, scope.now, scope.now, tracking_id, group.arn)
    lifecycle.create(scope, "event_tracker", tracker, request)
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
    table = scope.inventory.event_trackers
    return page(request, "eventTrackers", table, request.get("datasetGroupArn"), _summary)


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


OPERATIONS = {
    "CreateEventTracker": operation(create_event_tracker, "name", "datasetGroupArn", "tags"),
    "DescribeEventTracker": operation(describe_event_tracker, "eventTrackerArn"),
    "ListEventTrackers": operation(list_event_trackers, "datasetGroupArn", *PAGES),
    "DeleteEventTracker": operation(delete_event_tracker, "eventTrackerArn"),
}
