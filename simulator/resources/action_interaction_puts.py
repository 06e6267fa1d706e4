"""PutActionInteractions: what users do with actions that they are shown.

They go to the Action_Interactions dataset whose own tracking id is given, beside what is imported there.
Source: the guide, recording real-time action interaction events (spec 03, section 8).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator import errors
from simulator.clock import SECOND
from simulator.data.interactions import PutEvent
from simulator.data.properties import FORBIDDEN_OF_EVENTS, PropertyReader, property_reader
from simulator.quotas import Quotas
from simulator.resources.action_data import was_taken
from simulator.resources.datasets import InteractionsDataset
from simulator.resources.events import check_size
from simulator.resources.lookup import Answer, Request, require_active
from simulator.resources.operations import members, operation
from simulator.resources.world import Scope

# The columns that the required members of an interaction fill, and USER_ID: without a user it is of a session.
_FROM_MEMBERS = frozenset({"USER_ID", "ACTION_ID", "TIMESTAMP", "EVENT_TYPE"})


def put_action_interactions(scope: Scope, request: Request) -> Answer:
    """PutActionInteractions: 1 to 10 interactions with actions; all of a call are stored, or none."""
    found = _dataset_of(scope, request["trackingId"])
    require_active(found)
    schema = scope.inventory.schemas[found.schema_arn].avro
    reader = property_reader(schema, _FROM_MEMBERS, forbidden=FORBIDDEN_OF_EVENTS)
    events = [_event(sent, reader, scope.world.quotas) for sent in request["actionInteractions"]]
    for event in events:
        found.store.add_event(event, scope.now)
    return {}


def _dataset_of(scope: Scope, tracking_id: str) -> InteractionsDataset:
    """The dataset of a tracking id; raises `INVALID_TRACKING_ID`, as PutEvents does (err-052)."""
    for found in scope.inventory.datasets.values():
        if found.tracking_id == tracking_id and isinstance(found, InteractionsDataset):
            return found
    raise errors.INVALID_TRACKING_ID(account=scope.home.account)


def _event(sent: Mapping[str, Any], reader: PropertyReader, quotas: Quotas) -> PutEvent:
    if was_taken(sent["eventType"]) is None:
        raise errors.UNKNOWN_ACTION_EVENT_TYPE(event_type=sent["eventType"])
    check_size(sent, quotas)
    values = reader.read(sent.get("properties"), quotas)
    properties = tuple(sorted(values.items()))
    impression, recommendation_id = "|".join(sent.get("impression") or ()), sent.get("recommendationId") or ""
    reader.require({**values, "IMPRESSION": impression or None, "RECOMMENDATION_ID": recommendation_id or None})
    return PutEvent(
        timestamp=sent["timestamp"] // SECOND,
        user_id=sent.get("userId") or "",
        session_id=sent["sessionId"],
        item_id=sent["actionId"],
        event_type=sent["eventType"],
        event_value=None,
        impression=impression,
        recommendation_id=recommendation_id,
        properties=properties,
        event_id=sent.get("eventId") or "",
    )


OPERATIONS = {
    "PutActionInteractions": operation(
        put_action_interactions,
        "trackingId",
        actionInteractions=members(
            *("actionId", "userId", "sessionId", "timestamp", "eventType", "eventId"),
            *("recommendationId", "impression", "properties"),
        ),
    ),
}
