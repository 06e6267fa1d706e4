"""Requests of PutEvents, by the rules of the events service and of a schema."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from simulator import errors
from simulator.data.properties import FORBIDDEN_OF_EVENTS
from simulator.data.schema_rules import FIELDS
from simulator.data.schemas import AvroSchema, Field
from simulator.quotas import QUOTAS
from simulator.strategies.columns import SECONDS, TEXTS, changed, keys, properties, wrong_values
from simulator.strategies.defaults import INTERACTIONS, parsed
from simulator.strategies.from_model import input_shape, members
from simulator.strategies.invalid import Invalid
from simulator.strategies.model_faults import faulty

Event = dict[str, Any]

_SERVICE = "personalize-events"
_FIRST = "eventList[0]"
_MOST_PROPERTIES = 1024  # characters, as in the service model

# The members of which an event has one where the schema's column allows no null.
_MEMBERS = {
    "EVENT_VALUE": "eventValue",
    "IMPRESSION": "impression",
    "RECOMMENDATION_ID": "recommendationId",
    "EVENT_ATTRIBUTION_SOURCE": "metricAttribution",
}

# A change of a valid event to one with a fault.
_Spoil = Callable[[st.DrawFn, Event], Event]

# The rule that is broken, the member at fault, and how the first event is spoilt; None where it is not.
Fault = tuple[str, str, _Spoil | None]


def events(schema: str = INTERACTIONS) -> st.SearchStrategy[Event]:
    """Events that PutEvents takes under an Interactions schema: with an item, and a value for what allows no null.

    `sentAt` is an aware datetime between 2014 and 2020; `properties` is a JSON text of the schema's metadata fields.

        @given(events())
        def test_the_queue_keeps_events(event):
            assert my_queue.load(my_queue.dump(event)) == event

    Raises ValueError for a schema of another dataset type.
    """
    return _events(parsed(schema, "Interactions"))


def put_events(tracking_id: str, schema: str = INTERACTIONS) -> st.SearchStrategy[dict[str, Any]]:
    """Parameters of PutEvents with 1 to 10 events, as `events` makes them, with and without a user.

    All of them are taken, and none is ignored but those that equal an earlier one: the session is never "null".

        @given(put_events(TRACKING_ID))
        def test_every_event_arrives(parameters):
            my_client.put_events(**parameters)
            assert my_client.sent == len(parameters["eventList"])
    """
    shape = input_shape(_SERVICE, "put_events")
    made = members(shape, {"Event": events(schema), "trackingId": st.just(tracking_id)})
    made["sessionId"] = made["sessionId"].filter(lambda text: text != "null")
    user = {"userId": made.pop("userId")}
    return st.fixed_dictionaries(made, optional=user)


def invalid_put_events(tracking_id: str, schema: str = INTERACTIONS) -> st.SearchStrategy[Invalid[dict[str, Any]]]:
    """Parameters of PutEvents with one fault, by the service model or by a rule of the events service.

    Among them: 11 events, members that are missing or too long, properties that are no JSON or not of their fields'
    types, keys that are forbidden, events without an item or of more than 10 KB, and an unknown tracking id.

        @given(invalid_put_events(TRACKING_ID))
        def test_the_client_reports_what_is_refused(invalid):
            with pytest.raises(my_client.Refused) as caught:
                my_client.put_events(**invalid.value)
            assert caught.value.code == invalid.code
    """
    valid = put_events(tracking_id, schema)
    by_model = faulty(_SERVICE, input_shape(_SERVICE, "put_events"), valid, {"Event": events(schema)})
    return against_a_rule(valid, faults(parsed(schema, "Interactions"))) | by_model


def _events(schema: AvroSchema) -> st.SearchStrategy[Event]:
    shape = input_shape(_SERVICE, "put_events").members["eventList"].member
    known = {
        "sentAt": SECONDS.map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
        "ItemId": TEXTS,
        "properties": properties(_own(schema), _MOST_PROPERTIES),
    }
    made = members(shape, known)
    required = {field.name for field in schema.fields if not field.nullable}
    needed = {*shape.required_members, "itemId", *(_MEMBERS[name] for name in required & {*_MEMBERS})}
    if any(not field.nullable for field in _own(schema)):
        needed.add("properties")
    optional = {name: made.pop(name) for name in list(made) if name not in needed}
    return st.fixed_dictionaries(made, optional=optional).filter(_fits)


def _fits(event: Event) -> bool:
    """Whether an event is small enough, in a form that is longer than the one that is measured."""
    return len(json.dumps(event, default=str, ensure_ascii=False).encode()) <= QUOTAS["bytes_of_an_event"]


def _own(schema: AvroSchema) -> list[Field]:
    """The fields that `properties` set."""
    return [field for field in schema.fields if field.name not in FIELDS[None, "Interactions"]]


# --- faults ------------------------------------------------------------------------------------------------


@st.composite
def against_a_rule(
    draw: st.DrawFn, valid: st.SearchStrategy[dict[str, Any]], among: Sequence[Fault]
) -> Invalid[dict[str, Any]]:
    """Requests whose first event breaks one of some rules, or whose tracking id is none."""
    rule, member, spoil = draw(st.sampled_from(among))
    request = draw(valid)
    if spoil is None:
        spoilt = {**request, "trackingId": f"{request['trackingId'][:250]}-gone"}
    else:
        first, *others = request["eventList"]
        spoilt = {**request, "eventList": [spoil(draw, first), *others]}
    return Invalid(spoilt, member, rule, errors.NOT_VALID_INPUT.code)


def faults(schema: AvroSchema) -> list[Fault]:
    """What can be wrong with a request under a schema."""
    return [("event-trackers.active-before-use", "trackingId", None), *_faults_of_events(schema)]


def _faults_of_events(schema: AvroSchema) -> Iterator[Fault]:
    in_properties = f"{_FIRST}.properties"
    yield "events.item-wanted", f"{_FIRST}.itemId", _without("itemId")
    yield "events.properties-json", in_properties, _with_no_json
    yield "events.forbidden-keys", in_properties, _with_a_forbidden_key
    yield "events.size", _FIRST, lambda draw, event: {**event, "impression": ["語" * 256] * 25}
    own = keys(_own(schema))
    if own:
        yield "events.property-types", in_properties, lambda draw, event: _with_a_wrong_value(draw, event, own)
    needed = [key for key, field in own.items() if not field.nullable]
    if needed:
        yield "events.required-columns", in_properties, lambda draw, event: _without_a_key(draw, event, needed)
    for field in schema.fields:
        if not field.nullable and field.name in _MEMBERS:
            member = _MEMBERS[field.name]
            if member == "eventValue":
                yield "events.required-columns", f"{_FIRST}.{member}", _without(member)
            else:
                yield "events.required-members", f"{_FIRST}.{member}", _without(member, "recommendationId")


def _without(*names: str) -> _Spoil:
    return lambda draw, event: {name: value for name, value in event.items() if name not in names}


def _with_no_json(draw: st.DrawFn, event: Event) -> Event:
    return {**event, "properties": draw(st.sampled_from(["{", "[]", "null", "7", '"{}"', "{'a': 1}", '{"a": NaN}']))}


def _with_a_forbidden_key(draw: st.DrawFn, event: Event) -> Event:
    key = draw(st.sampled_from(sorted(FORBIDDEN_OF_EVENTS)))
    written = draw(st.sampled_from([key, key.upper()]))
    return {**event, "properties": changed(event.get("properties"), lambda given: {**given, written: "x"})}


def _with_a_wrong_value(draw: st.DrawFn, event: Event, own: dict[str, Field]) -> Event:
    key = draw(st.sampled_from(list(own)))
    wrong = draw(wrong_values(own[key]))
    return {**event, "properties": changed(event.get("properties"), lambda given: {**given, key: wrong})}


def _without_a_key(draw: st.DrawFn, event: Event, needed: list[str]) -> Event:
    key = draw(st.sampled_from(needed))

    def leave_out(given: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in given.items() if name != key}

    return {**event, "properties": changed(event["properties"], leave_out)}
