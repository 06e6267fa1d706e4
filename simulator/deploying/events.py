"""Rows of interactions as calls of PutEvents."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from simulator.data.frames import cells_of, check_columns
from simulator.data.properties import camel_case
from simulator.data.schema_rules import FIELDS, FieldRule

_EVENTS_OF_A_CALL = 10

_WHAT = "events"
_REQUIRED = ("USER_ID", "ITEM_ID", "EVENT_TYPE")
# Those of a domain want an event type, as PutEvents does; and some texts only PutEvents has.
_RULES = {
    **FIELDS["ECOMMERCE", "Interactions"],
    **dict.fromkeys(("SESSION_ID", "EVENT_ID"), FieldRule("string", nullable=True)),
}

# Where a column's value goes, if not among the properties.
_MEMBERS = {
    "ITEM_ID": "itemId",
    "EVENT_TYPE": "eventType",
    "EVENT_VALUE": "eventValue",
    "TIMESTAMP": "sentAt",
    "RECOMMENDATION_ID": "recommendationId",
    "EVENT_ID": "eventId",
}


def calls_of(events: pd.DataFrame | Sequence[Mapping[str, Any]], now: int) -> Iterator[dict[str, Any]]:
    """The calls that put these events, without a tracking ID: those of a user's session together, ten a call.

    Raises SimulatorError for columns that are missing or hold what they cannot.
    """
    frame = events if isinstance(events, pd.DataFrame) else pd.DataFrame(list(events))
    check_columns(frame, _WHAT, _REQUIRED)
    columns: dict[str, list[Any]] = {}
    for name in frame.columns:
        values = cells_of(frame[name], f"{name} of {_WHAT}", _RULES.get(name)).values
        columns[name] = [
            None if absent else value for value, absent in zip(values.tolist(), values.isna(), strict=True)
        ]
    sessions: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in range(len(frame)):
        cells = {name: values[row] for name, values in columns.items() if values[row] is not None}
        user = cells.pop("USER_ID")
        session = cells.pop("SESSION_ID", f"session-{user}")
        sessions.setdefault((user, session), []).append(_event(cells, now))
    for (user, session), listed in sessions.items():
        for first in range(0, len(listed), _EVENTS_OF_A_CALL):
            yield {"userId": user, "sessionId": session, "eventList": listed[first : first + _EVENTS_OF_A_CALL]}


def _event(cells: Mapping[str, Any], now: int) -> dict[str, Any]:
    event: dict[str, Any] = {"sentAt": now}
    properties = {}
    for name, value in cells.items():
        if name in _MEMBERS:
            event[_MEMBERS[name]] = value
        elif name == "IMPRESSION":
            event["impression"] = value.split("|")
        elif name == "EVENT_ATTRIBUTION_SOURCE":
            event["metricAttribution"] = {"eventAttributionSource": value}
        else:
            properties[camel_case(name)] = value
    if properties:
        event["properties"] = json.dumps(properties)
    return event
