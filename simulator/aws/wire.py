"""The wire: one HTTP request to one of the three services in, status, headers and body out.

Parse, validate by the botocore model, one call on a resource, serialise. moto's URL table and the
`before-send` handler both end here.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from urllib.parse import urlsplit

from _personalize_simulator_hooks import OURS
from simulator import errors
from simulator.arns import Home
from simulator.aws import shapes
from simulator.aws.constraints import message
from simulator.clock import SECOND
from simulator.resources import monitoring
from simulator.resources.families import OPERATIONS
from simulator.resources.ids import new_id, uuid_of
from simulator.resources.platform import Platform
from simulator.resources.throttling import throttle
from simulator.resources.world import JournalEntry, Scope, World
from simulator.version import __version__

HttpAnswer = tuple[int, dict[str, str], bytes]

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/[^/]*/([^/]+)/")
_TARGET = "AmazonPersonalize."
_DEFAULT_REGION = "us-east-1"

# As much of a text that a request sent, or that quotes one, is kept in the journal.
_KEPT_OF_TEXT = 500


@dataclass(frozen=True)
class HttpRequest:
    """A request as it came; its headers in the case in which botocore and werkzeug write them."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    @functools.cached_property
    def _credential(self) -> tuple[str, str]:
        """The access key and the region in its signature; empty where it is not signed."""
        found = _CREDENTIAL.search(self.headers.get("Authorization", ""))
        return (found[1], found[2]) if found else ("", "")

    @property
    def access_key(self) -> str:
        """The access key that signed it; empty if none did."""
        return self._credential[0]

    @property
    def region(self) -> str:
        """The region that it was signed for, or that its host names."""
        if self._credential[1]:
            return self._credential[1]
        host = OURS.match(self.url)
        return host["region"] if host else _DEFAULT_REGION


def answer(world: World, platform: Platform, request: HttpRequest, account: str) -> HttpAnswer:
    """The service's answer to a request; the world must have been settled to the present."""
    home = Home(account, request.region)
    service, operation = _operation(request)
    if operation is None:
        status, headers, body = shapes.unknown_operation(service)
        name, outcome, reason, subject, user = "", errors.UNKNOWN_OPERATION.code, "", "", ""
    else:
        name = operation.name
        scope = Scope(world, platform, home)
        asked: object = None
        try:
            asked = _decoded(operation, request.body)
            status, headers, body = 200, {}, _call(scope, operation, asked)
            outcome = reason = ""
        except errors.ServiceError as refusal:
            status, headers, body = operation.error(refusal.code, refusal.message)
            outcome, reason = refusal.code, refusal.message[:_KEPT_OF_TEXT]
            monitoring.record_refusal(scope, name, asked)
        subject, user = _text(asked, operation.subjects), _text(asked, ("userId",))
    at_home = sys.intern(f"{account}/{home.region}")
    world.journal.append(JournalEntry(world.now, "call", name, subject, outcome, reason, service, at_home, user))
    headers["Content-Type"] = operation.content_type if operation else "application/json"
    headers["Content-Length"] = str(len(body))
    headers["Date"] = _http_date(world.now // SECOND)
    headers["x-amzn-RequestId"] = uuid_of(new_id(world, "request", name, request.body.hex()))
    headers["x-personalize-simulator"] = __version__
    return status, headers, body


@functools.lru_cache(maxsize=8)
def _http_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


def _text(asked: object, members: tuple[str, ...]) -> str:
    """The first of some members of a request that is a text, whatever the request is; equal ones are one object."""
    if isinstance(asked, dict):
        for member in members:
            if isinstance(value := asked.get(member), str):
                return sys.intern(value[:_KEPT_OF_TEXT])
    return ""


def _operation(request: HttpRequest) -> tuple[str, shapes.Operation | None]:
    path = urlsplit(request.url).path or "/"
    target = request.headers.get("X-Amz-Target", "")
    if path == "/":
        if not target.startswith(_TARGET):
            return "personalize", None
        return "personalize", shapes.operation("personalize", target.removeprefix(_TARGET))
    for service in ("personalize-events", "personalize-runtime"):
        operation = shapes.operation_for_path(service, request.method, path)
        if operation is not None:
            return service, operation
    return "personalize-runtime", None


def _decoded(operation: shapes.Operation, body: bytes) -> object:
    try:
        return shapes.decode(body)
    except shapes.MalformedBody as fault:
        raise _not_valid(operation)(problems=f"The request's body is not valid JSON: {fault}.") from None


def _not_valid(operation: shapes.Operation) -> errors.Refusal:
    return errors.NOT_VALID if operation.service == "personalize" else errors.NOT_VALID_INPUT


def _call(scope: Scope, operation: shapes.Operation, asked: object) -> bytes:
    simulated = OPERATIONS.get(operation.name)
    if simulated is None:
        raise errors.not_simulated(operation.name)
    problems = operation.problems(asked)
    if problems:
        raise _not_valid(operation)(problems=message(problems))
    assert isinstance(asked, dict), "the model's check lets structures pass only"
    given = {name: value for name, value in asked.items() if value is not None}
    refused = simulated.members.refused(given)
    if refused is not None:
        raise errors.not_simulated(f"the parameter {refused} of {operation.name}")
    throttle(scope, operation.name, given)
    answer = simulated.call(scope, operation.parse(given))
    monitoring.record_answer(scope, operation.name, given, answer)
    return operation.serialise(answer)
