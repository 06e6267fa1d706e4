"""PutEvents: interactions as they happen."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from simulator import errors
from simulator.clock import SECOND
from simulator.data.interactions import InteractionStore, PutEvent
from simulator.data.properties import FORBIDDEN_OF_EVENTS, PropertyReader, property_reader
from simulator.data.schemas import AvroSchema
from simulator.quotas import Quotas
from simulator.resources.attribution_figures import measure_event
from simulator.resources.datasets import interactions_of
from simulator.resources.event_trackers import tracker_of
from simulator.resources.impressions import hold
from simulator.resources.lookup import Answer, Request
from simulator.resources.operations import members, operation
from simulator.resources.world import Scope

# The text "null" as a session is answered with 200 and ignored (resp-018).
_IGNORED_SESSION = "null"

# Seconds from the year 5138 on: what is sent in milliseconds has been later than that since 1973.
MILLISECONDS: int = 10**11

# The columns that members of the request alone can fill; the others may stand in `properties`.
_FROM_MEMBERS = frozenset(
    {
        *("USER_ID", "SESSION_ID", "TIMESTAMP", "EVENT_TYPE"),
        *("IMPRESSION", "RECOMMENDATION_ID", "EVENT_ATTRIBUTION_SOURCE"),
    }
)

# The members of which one must be there where the schema requires a column: a recommendationId stands for the list
# that was shown and for where that came from.
_MEMBERS_OF: Mapping[str, tuple[str, ...]] = {
    "IMPRESSION": ("impression", "recommendationId"),
    "RECOMMENDATION_ID": ("recommendationId",),
    "EVENT_ATTRIBUTION_SOURCE": ("metricAttribution", "recommendationId"),
}


@dataclass(frozen=True, eq=False)
class _EventReader:
    """What a schema asks of events: their properties, and which members they must have."""

    properties: PropertyReader
    wanted: tuple[tuple[str, tuple[str, ...]], ...]


def put_events(scope: Scope, request: Request) -> Answer:
    """PutEvents: all events of the call are taken, or the call is refused and none is.

    Some are taken and ignored all the same, as on AWS: the store remembers them, and `sim.events` explains them.
    """
    tracker = tracker_of(scope, request["trackingId"])
    interactions = interactions_of(scope, tracker.dataset_group_arn)
    if interactions is None:
        raise errors.INVALID_TRACKING_ID(account=scope.home.account)
    reader = _reader(scope.inventory.schemas[interactions.schema_arn].avro)
    quotas = scope.world.quotas
    events = [_event(reader, request, sent, quotas) for sent in request["eventList"]]
    for event, unknown_keys in events:
        if _take(scope, interactions.store, event, unknown_keys):
            hold(scope, event)
            measure_event(scope, tracker.dataset_group_arn, event)
    return {}


def _take(scope: Scope, store: InteractionStore, event: PutEvent, unknown_keys: tuple[str, ...]) -> bool:
    """Stores an event, or remembers it as ignored; whether it is stored."""
    if event.session_id == _IGNORED_SESSION:
        store.ignore(event, scope.now, "events.session-null")
    elif event.timestamp >= MILLISECONDS:
        store.ignore(event, scope.now, "events.milliseconds")
    else:
        return store.add_event(event, scope.now, unknown_keys)
    return False


@functools.lru_cache(maxsize=256)
def _reader(schema: AvroSchema) -> _EventReader:
    required = {field.name for field in schema.fields if not field.nullable}
    return _EventReader(
        property_reader(schema, _FROM_MEMBERS, forbidden=FORBIDDEN_OF_EVENTS, ignores_unknown=True),
        tuple((column, names) for column, names in _MEMBERS_OF.items() if column in required),
    )


def _event(
    reader: _EventReader, request: Request, sent: Mapping[str, Any], quotas: Quotas
) -> tuple[PutEvent, tuple[str, ...]]:
    """The event that was sent, and the keys of its properties that no column has.

    Raises the refusals of its properties, and if it lacks a column or is too large.
    """
    text, impression = sent.get("properties"), sent.get("impression")
    if text is not None or impression is not None:  # without them no event can be too large
        check_size(sent, quotas)
    unknown_keys: list[str] = []
    values = reader.properties.read(text, quotas, unknown_keys)
    if (item_id := sent.get("itemId")) is not None:
        values["ITEM_ID"] = item_id
    if (event_value := sent.get("eventValue")) is not None:
        values["EVENT_VALUE"] = float(event_value)
    if "ITEM_ID" not in values:
        raise errors.ITEM_ID_WANTED()
    reader.properties.require(values)
    for column, names in reader.wanted:
        if all(sent.get(name) is None for name in names):
            raise errors.PROPERTY_MISSING(key=names[0], column=column)
    attribution = sent.get("metricAttribution")
    event = PutEvent(
        timestamp=sent["sentAt"] // SECOND,
        user_id=request.get("userId") or "",
        session_id=request["sessionId"],
        item_id=str(values.pop("ITEM_ID")),
        event_type=sent["eventType"],
        event_value=cast(float | None, values.pop("EVENT_VALUE", None)),
        impression="" if impression is None else "|".join(impression),
        recommendation_id=sent.get("recommendationId") or "",
        properties=tuple(sorted(values.items())) if values else (),
        event_id=sent.get("eventId") or "",
        event_attribution_source="" if attribution is None else attribution["eventAttributionSource"],
    )
    return event, tuple(unknown_keys)


def check_size(sent: Mapping[str, Any], quotas: Quotas) -> None:
    """Raises `EVENT_TOO_LARGE` for an event, with an item or an action, that is larger than its quota."""
    size = len(json.dumps(sent, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass"))
    limit = quotas["bytes_of_an_event"]
    if size > limit:
        raise errors.EVENT_TOO_LARGE(size=size, limit=limit)


OPERATIONS = {
    "PutEvents": operation(
        put_events,
        *("trackingId", "userId", "sessionId"),
        eventList=members(
            *("eventId", "eventType", "sentAt", "itemId", "eventValue", "properties"),
            *("impression", "recommendationId"),
            metricAttribution=members("eventAttributionSource"),
        ),
    ),
}
