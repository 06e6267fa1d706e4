"""The control of a server: its clock, its journal and its reports, under `/_simulator/`, as JSON."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import numpy as np
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Request, Response

from simulator.clock import SimulatorError, datetime_of
from simulator.server import messages
from simulator.simulation import Simulation
from simulator.version import __version__

PREFIX = "/_simulator/"
LARGEST_BODY = 1024 * 1024

_EXAMPLE = '{"hours": 2}'


@dataclass(frozen=True)
class Context:
    """What the routes work on; `clock` is whether time stands still until told or runs with the system's."""

    sim: Simulation
    clock: Literal["virtual", "system"]
    reset: Callable[[], None]


class Refused(Exception):
    """A request to the control that cannot be answered: a status, and a text for whoever sent it."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class Route:
    """A method on a path: what it is, what it is asked (query, and with POST a body), and what it answers."""

    method: str
    path: str
    summary: str
    call: Callable[[Context, Any], object]
    asked: type[msgspec.Struct]
    answers: type[msgspec.Struct] | None


def _health(_: Context, __: messages.NoQuery) -> messages.Health:
    return messages.Health("ok", __version__)


def _clock(context: Context, _: object = None) -> messages.ClockReading:
    return messages.ClockReading(context.sim.clock.now(), context.clock)


def _tick(context: Context, asked: messages.Tick) -> messages.ClockReading:
    units = {name: value for name, value in msgspec.structs.asdict(asked).items() if value is not msgspec.UNSET}
    if not units:
        raise Refused(400, f"say how far: {', '.join(messages.Tick.__struct_fields__)}, as in {_EXAMPLE}")
    context.sim.clock.tick(**units)
    return _clock(context)


def _move_to(context: Context, asked: messages.MoveTo) -> messages.ClockReading:
    context.sim.clock.move_to(asked.moment)
    return _clock(context)


def _journal(context: Context, asked: messages.JournalQuery) -> messages.JournalRows:
    wanted = _given(asked, "kind")
    find: Callable[..., Any] = getattr(context.sim.journal, asked.kind)
    known = inspect.signature(find).parameters
    for name in wanted:
        if name not in known:
            raise Refused(400, f"{asked.kind} cannot be chosen by {name!r}, only by {', '.join(known)}")
    found = find(**wanted)
    return messages.JournalRows(asked.kind, len(found), [_row(each) for each in found], str(found))


def _row(row: Any) -> dict[str, Any]:
    """A row with its instants as datetimes."""
    fields: dict[str, Any] = row._asdict()
    for name in ("instant", "ended"):
        if fields.get(name) is not None:
            fields[name] = datetime_of(fields[name])
    return fields


def _ready(context: Context, asked: messages.ReadyQuery) -> messages.Ready:
    report = context.sim.ready(asked.arn, **_given(asked, "arn"))
    return messages.Ready(bool(report), report, str(report))


def _explain(context: Context, asked: messages.ExplainQuery) -> messages.Explained:
    request = _given(asked, "arn", "ask_about", "inputList")
    if asked.inputList:
        request["inputList"] = asked.inputList
    return _explained(context, asked.arn, request, asked.ask_about)


def _explain_request(context: Context, asked: messages.ExplainBody) -> messages.Explained:
    for name in ("arn", "ask_about"):
        if name in asked.request:
            raise Refused(400, f"{name} stands beside the request, not in it")
    return _explained(context, asked.arn, asked.request, asked.ask_about)


def _explained(context: Context, arn: str, request: Mapping[str, Any], ask_about: list[str]) -> messages.Explained:
    answer = context.sim.explain(arn, ask_about=ask_about, **request)
    return messages.Explained(answer, str(answer))


def _events(context: Context, asked: messages.EventsQuery) -> messages.ExplainedEvents:
    found = context.sim.events.explain(**_given(asked))
    return messages.ExplainedEvents(len(found), found, str(found))


def _reset(context: Context, _: messages.NoBody) -> messages.ClockReading:
    context.reset()
    return _clock(context)


def _openapi(_: Context, __: messages.NoQuery) -> dict[str, Any]:
    from simulator.server.openapi import document

    return document()


def _given(asked: msgspec.Struct, *apart: str) -> dict[str, Any]:
    """The members that were given, without some that are no filters."""
    members = msgspec.structs.asdict(asked).items()
    return {name: value for name, value in members if value is not msgspec.UNSET and name not in apart}


ROUTES = (
    Route("GET", "health", "Whether the server is up.", _health, messages.NoQuery, messages.Health),
    Route("GET", "clock", "The simulation's present.", _clock, messages.NoQuery, messages.ClockReading),
    Route(
        "POST",
        "clock/tick",
        "Moves time forward by a duration; all that falls due on the way happens, in order.",
        _tick,
        messages.Tick,
        messages.ClockReading,
    ),
    Route(
        "POST",
        "clock/move_to",
        "Moves time forward to a moment; all that falls due on the way happens, in order.",
        _move_to,
        messages.MoveTo,
        messages.ClockReading,
    ),
    Route(
        "GET",
        "journal",
        "What clients did, in virtual time, and what came of it.",
        _journal,
        messages.JournalQuery,
        messages.JournalRows,
    ),
    Route(
        "GET",
        "ready",
        "What is missing before a training would succeed, with the data that is stored now.",
        _ready,
        messages.ReadyQuery,
        messages.Ready,
    ),
    Route(
        "GET",
        "explain",
        "Why a campaign or recommender answers now as it does.",
        _explain,
        messages.ExplainQuery,
        messages.Explained,
    ),
    Route(
        "POST",
        "explain",
        "The same for any request, also with context, filter values and promotions.",
        _explain_request,
        messages.ExplainBody,
        messages.Explained,
    ),
    Route(
        "GET",
        "events",
        "What becomes of every event that was put: when it counts, for whom, by which rule, and why not.",
        _events,
        messages.EventsQuery,
        messages.ExplainedEvents,
    ),
    Route(
        "POST",
        "reset",
        "Empties the world and everything of moto's (buckets, roles); the clock stays.",
        _reset,
        messages.NoBody,
        messages.ClockReading,
    ),
    Route("GET", "openapi.json", "This document.", _openapi, messages.NoQuery, None),
)

_BY_PATH: dict[str, dict[str, Route]] = {}
for _each in ROUTES:
    _BY_PATH.setdefault(_each.path, {})[_each.method] = _each


def respond(context: Context, request: Request) -> Response:
    """The answer to a request whose path begins with the prefix; what is wrong with it is a 4xx with a text."""
    methods = _BY_PATH.get(request.path.removeprefix(PREFIX))
    if methods is None:
        paths = ", ".join(PREFIX + path for path in _BY_PATH)
        return _json(404, messages.Fault(f"there is no {request.path!r}; there are {paths}"))
    allowed = {"Allow": ", ".join([*methods, *(["HEAD"] if "GET" in methods else []), "OPTIONS"])}
    if request.method == "OPTIONS":
        return Response(status=204, headers=allowed)
    route = methods.get("GET" if request.method == "HEAD" else request.method)
    if route is None:
        return _json(405, messages.Fault(f"{request.path} answers {allowed['Allow']}, not {request.method}"), allowed)
    try:
        return _json(200, route.call(context, _asked(route, request)))
    except Refused as refusal:
        return _json(refusal.status, messages.Fault(str(refusal)))
    except RequestEntityTooLarge:
        return _json(413, messages.Fault(f"a body here has at most {LARGEST_BODY} bytes"))
    except (SimulatorError, ValueError, TypeError, OverflowError) as fault:
        return _json(400, messages.Fault(str(fault)))


def _asked(route: Route, request: Request) -> msgspec.Struct:
    """What a request asks, checked; raises ValidationError, a ValueError, for what is not of the route's form."""
    if route.method == "GET":
        return msgspec.convert(_query(route.asked, request.args), route.asked, strict=False)
    if request.args:
        raise Refused(400, f"{request.path} is asked by its body, a JSON object, not by a query")
    request.max_content_length = LARGEST_BODY
    body = request.get_data(parse_form_data=False)
    try:
        return msgspec.json.decode(body or b"{}", type=route.asked)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise Refused(400, f"the body is not JSON: {fault}") from None


def _query(asked: type[msgspec.Struct], given: MultiDict[str, str]) -> dict[str, Any]:
    """A query as members: those that are lists may be repeated, the others not."""
    hints = typing.get_type_hints(asked)
    found: dict[str, Any] = {}
    for name, values in given.lists():
        if typing.get_origin(hints.get(name)) is list:
            found[name] = values
        elif len(values) > 1:
            raise Refused(400, f"{name} is given {len(values)} times")
        else:
            found[name] = values[0]
    return found


def _json(status: int, content: object, headers: Mapping[str, str] = types.MappingProxyType({})) -> Response:
    body = msgspec.json.encode(content, enc_hook=_plain)
    return Response(body, status, headers, content_type="application/json")


def _plain(value: object) -> object:
    """A number of numpy's as Python's."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"an answer holds {value!r}")
