"""Calls of a scenario through real boto3 clients, one client a service."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from simulator.scenario.answers import plain
from simulator.scenario.comparisons import brief
from simulator.scenario.loaded import Scenario, step_path
from simulator.scenario.model import Refusal
from simulator.scenario.stages import Stage
from simulator.scenario.yaml_text import Path

_LONGEST_REQUEST = 1000


class Clients:
    """The boto3 clients that a scenario needs, and how many calls they have made.

    Raises ScenarioInvalid for an operation that boto3 does not have, before any call is made.
    """

    def __init__(self, scenario: Scenario, stage: Stage) -> None:
        self._stage = stage
        self._named = list(_calls(scenario))
        self.calls = 0
        services = sorted({_split(call)[0] for _, call in self._named})
        try:
            self._clients = {service: stage.client(service) for service in services}
        except ValueError as fault:  # boto3 makes no client for it
            raise scenario.invalid(("simulate", "region"), str(fault)) from None
        for path, call in self._named:
            service, operation = _split(call)
            operations = self._clients[service].meta.method_to_api_mapping
            if operation not in operations:
                close = difflib.get_close_matches(operation, list(operations), n=1)
                meant = f"; is {close[0]} meant?" if close else ""
                message = f"boto3's {service} client has no operation {operation}{meant}"
                raise scenario.invalid(path, message)

    def operations(self) -> Iterator[tuple[Path, str, Any]]:
        """The calls of the scenario: where each stands, what it is, and botocore's model of its operation."""
        for path, call in self._named:
            service, operation = _split(call)
            meta = self._clients[service].meta
            yield path, call, meta.service_model.operation_model(meta.method_to_api_mapping[operation])

    def ask(self, call: str, request: Mapping[str, Any]) -> tuple[Any, dict[str, str] | None]:
        """The answer to a call as plain data, or the code and message of its error."""
        from botocore.exceptions import BotoCoreError, ClientError

        service, operation = _split(call)
        self.calls += 1
        answer, error = None, None
        try:
            answer = plain(getattr(self._clients[service], operation)(**self._stage.outgoing(request)))
        except ClientError as fault:
            told = fault.response["Error"]
            error = {"code": told.get("Code", ""), "message": told.get("Message", "")}
        except BotoCoreError as fault:
            error = {"code": type(fault).__name__, "message": str(fault)}
        return self._stage.incoming(answer), self._stage.incoming(error)


def _calls(scenario: Scenario) -> Iterator[tuple[Path, str]]:
    for index, step in enumerate(scenario.steps):
        if step.call is not None:
            yield step_path(index, "call"), step.call
        if step.wait_until is not None:
            yield step_path(index, "wait_until", "call"), step.wait_until.call


def _split(call: str) -> tuple[str, str]:
    service, _, operation = call.partition(".")
    return service, operation


def wrong_error(wanted: Refusal, error: Mapping[str, str]) -> str | None:
    """How an error is not the one that is wanted, or None if it is."""
    message = error["message"]
    if error["code"] != wanted.code:
        return f"the error was {error['code']}: {message}"
    if wanted.message not in (None, message) or (wanted.contains or "") not in message:
        return f"the message was {message!r}"
    return None


def wanted_error(refusal: Refusal) -> str:
    """An error that is wanted, in words."""
    words = [f"the error {refusal.code}"]
    if refusal.message is not None:
        words.append(f"with the message {refusal.message!r}")
    if refusal.contains is not None:
        words.append(f"with {refusal.contains!r} in its message")
    return " ".join(words)


def request_shown(call: str, request: Mapping[str, Any]) -> str:
    """A request as reports show it."""
    return f"{call} {brief(request, _LONGEST_REQUEST)}"


def answer_shown(answer: Any) -> Any:
    """An answer as reports show it: what the service said, without boto3's notes on the transport."""
    if isinstance(answer, dict):
        return {name: member for name, member in answer.items() if name != "ResponseMetadata"}
    return answer
