"""PutEvents: interactions as they happen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator import errors
from simulator.clock import SECOND
from simulator.data.interactions import PutEvent
from simulator.resources.datasets import Dataset, interactions_of
from simulator.resources.event_trackers import tracker_of
from simulator.resources.lookup import Answer, Request
from simulator.resources.operations import members, operation
from simulator.resources.world import Scope

# The text "null" as a session is answered with 200 and ignored (resp-018).
_IGNORED_SESSION = "null"

# The required columns of a schema that the members of an event fill; others would need `properties`.
_FROM_MEMBERS = frozenset({"USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE"})


def put_events(scope: Scope, request: Request) -> Answer:
    """PutEvents: all events of the call are stored, or none and the call is refused."""
    tracker = tracker_of(scope, request["trackingId"])
    interactions = interactions_of(scope, tracker.dataset_group_arn)
    if interactions is None:
        raise errors.INVALID_TRACKING_ID(account=scope.home.account)
    _check_schema(scope, interactions)
    events = [_event(request, sent) for sent in request["eventList"]]
    if request["sessionId"] != _IGNORED_SESSION:
        for event in events:
            interactions.store.add_event(event, scope.now)
    return {}


def _check_schema(scope: Scope, interactions: Dataset) -> None:
    for field in scope.inventory.schemas[interactions.schema_arn].avro.fields:
        if not field.nullable and field.name not in _FROM_MEMBERS:
            raise errors.not_simulated(f"PutEvents for a schema that requires {field.name}")


def _event(request: Request, sent: Mapping[str, Any]) -> PutEvent:
    item_id = sent.get("itemId")
    if item_id is None:
        raise errors.ITEM_ID_WANTED()
    return PutEvent(
        timestamp=sent["sentAt"] // SECOND,
        user_id=request.get("userId", ""),
        session_id=request["sessionId"],
        item_id=item_id,
        event_type=sent["eventType"],
        event_value=sent.get("eventValue"),
        impression="|".join(sent.get("impression", ())),
        recommendation_id=sent.get("recommendationId", ""),
    )


OPERATIONS = {
    "PutEvents": operation(
        put_events,
        *("trackingId", "userId", "sessionId"),
        eventList=members("eventType", "sentAt", "itemId", "eventValue", "impression", "recommendationId"),
    ),
}
