"""CloudFormation's calls of the service, whose refusals it puts in words of its own, and its waiting for resources."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from simulator.arns import Home

# What CloudFormation calls the refusals of a service.
_HANDLER_ERRORS: Mapping[str, str] = {
    "AccessDeniedException": "AccessDenied",
    "LimitExceededException": "ServiceLimitExceeded",
    "ResourceAlreadyExistsException": "AlreadyExists",
    "ResourceInUseException": "ResourceConflict",
    "ResourceNotFoundException": "NotFound",
}

# Properties whose keys are the user's own, and properties that are no texts: templates may give either as the other.
_MAPS = frozenset({"AlgorithmHyperParameters", "FeatureTransformationParameters"})
_LITERALS = frozenset({"PerformAutoML", "PerformHPO", "MinValue", "MaxValue"})


class Refused(Exception):
    """The reason why a resource cannot be created, updated or deleted, as CloudFormation words it."""


class AlreadyExists(Refused):
    """Another resource has the name."""


class NotFound(Refused):
    """There is no such resource."""


def _host() -> Any:
    from simulator.aws import gateway

    host = gateway.current_host()
    assert host is not None, "moto asks only while it mocks"
    return host


def call(home: Home, operation: str, members: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of an operation of the service; raises Refused in CloudFormation's words."""
    from simulator.aws.wire import HttpRequest

    url = f"https://personalize.{home.region}.amazonaws.com/"
    headers = {"X-Amz-Target": f"AmazonPersonalize.{operation}"}
    request = HttpRequest("POST", url, headers, json.dumps(members, default=str).encode())
    status, answered, body = _host().answer(request, home.account)
    answer: dict[str, Any] = json.loads(body) if body else {}
    if status == 200:
        return answer
    kinds = {"ResourceAlreadyExistsException": AlreadyExists, "ResourceNotFoundException": NotFound}
    raise kinds.get(answer["__type"], Refused)(
        f'Resource handler returned message: "{answer["message"]} (Service: Personalize, Status Code: {status}, '
        f'Request ID: {answered["x-amzn-RequestId"]})" '
        f"(HandlerErrorCode: {_HANDLER_ERRORS.get(answer['__type'], 'InvalidRequest')})"
    )


def wait_until_active(home: Home, noun: str, arn: str) -> None:
    """Waits for a resource that was created; raises Refused if its creation fails. Schemas have no status."""

    def is_active() -> bool:
        described = call(home, f"Describe{noun}", {f"{camel(noun)}Arn": arn})[camel(noun)]
        status = described.get("status", "ACTIVE")
        if status == "CREATE FAILED":
            reason = described.get("failureReason", "")
            raise Refused(f'Resource handler returned message: "{reason}" (HandlerErrorCode: NotStabilized)')
        return bool(status == "ACTIVE")

    wait(home, is_active)


def wait(home: Home, is_over: Callable[[], bool]) -> None:
    """Moves time from one thing that is to happen to the next, until it is over, as one who polls would."""
    host = _host()
    while not is_over():
        with host.lock:
            host.move_to(max(host.world.agenda.entries[0].due, host.time.now()))


def member(name: str, value: Any) -> Any:
    """A property as the service's member: its keys in lower camel case, its texts and literals as what they are."""
    if isinstance(value, dict):
        if name in _MAPS:
            return {str(key): member("", item) for key, item in value.items()}
        return {camel(str(key)): member(str(key), item) for key, item in value.items()}
    if isinstance(value, list):
        return [member(name, item) for item in value]
    if name in _LITERALS:
        return _literal(value) if isinstance(value, str) else value
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _literal(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def camel(name: str) -> str:
    """A name of CloudFormation's as the service writes it: with a small first letter."""
    return name[:1].lower() + name[1:]
