"""A server that runs somewhere, as its clients see it: the way to its clock, its journal and its reports."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

from simulator.clock import SimulatorError, datetime_of, micros_of


class Endpoint:
    """A server that is running: `url` is what clients of AWS take as their endpoint.

    Every method raises SimulatorError with the server's text for what it refuses.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._opener = build_opener(ProxyHandler({}))

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead clients of AWS to the server, with made-up credentials, for other processes."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "FOOBARKEY",
            "AWS_SECRET_ACCESS_KEY": "FOOBARSECRET",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def is_simulator(self) -> bool:
        """Whether it has a clock to be moved. Raises SimulatorError if nothing answers there."""
        try:
            self.now()
        except SimulatorError as fault:
            if isinstance(fault.__cause__, URLError) and not isinstance(fault.__cause__, HTTPError):
                raise
            return False
        return True

    def now(self) -> datetime:
        """The simulation's present, as an aware UTC datetime."""
        return _moment(self._ask("GET", "clock"))

    def tick(self, **units: float) -> datetime:
        """Moves time forward by keywords of a timedelta (`hours=2`); the new present."""
        return _moment(self._ask("POST", "clock/tick", body=units))

    def move_to(self, moment: datetime | str) -> datetime:
        """Moves time forward to a moment (ISO 8601 text or datetime, UTC if it has no zone); the new present."""
        instant = datetime_of(micros_of(moment)).isoformat()
        return _moment(self._ask("POST", "clock/move_to", body={"moment": instant}))

    def journal(self, kind: str = "calls", **wanted: str) -> list[dict[str, Any]]:
        """Rows of the journal: calls, events, trainings, updates or statuses that are equal to what is wanted."""
        rows: list[dict[str, Any]] = self._ask("GET", "journal", query={"kind": kind, **wanted})["rows"]
        return rows

    def ready(self, arn: str, **asked: str) -> dict[str, Any]:
        """What is missing before a training would succeed: `ready`, the `report`, and its `text`."""
        return self._ask("GET", "ready", query={"arn": arn, **asked})

    def explain(self, arn: str, *, ask_about: Sequence[str] = (), **request: Any) -> dict[str, Any]:
        """Why a campaign or recommender answers as it does: the `answer` explained, and its `text`."""
        return self._ask("POST", "explain", body={"arn": arn, "request": request, "ask_about": list(ask_about)})

    def events(self, **wanted: str) -> dict[str, Any]:
        """What becomes of the events that were put (`user_id=`, `item_id=`, ...): the `events`, and their `text`."""
        return self._ask("GET", "events", query=wanted)

    def reset(self) -> None:
        """Empties the world and everything of moto's; the clock stays."""
        self._ask("POST", "reset")

    def _ask(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        url = f"{self.url}/_simulator/{path}" + (f"?{urlencode(query)}" if query else "")
        data = None if method == "GET" else json.dumps(body or {}).encode()
        request = Request(url, data, {"Content-Type": "application/json"}, method=method)
        try:
            with self._opener.open(request) as response:
                answer: dict[str, Any] = json.load(response)
        except HTTPError as refusal:
            raise SimulatorError(_reason(refusal)) from refusal
        except (OSError, ValueError) as fault:  # nothing there, or something else
            raise SimulatorError(f"{self.url} does not answer as a simulator does: {fault}") from fault
        return answer

    def __repr__(self) -> str:
        return f"<Endpoint {self.url}>"


def _reason(refusal: HTTPError) -> str:
    """What a simulator says of a request that it refuses, and something else by its status."""
    with refusal:
        try:
            return str(json.load(refusal)["error"])
        except (ValueError, KeyError, TypeError):
            return f"{refusal.url} answers {refusal.code}"


def _moment(answer: Mapping[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(answer["now"])
    except (KeyError, TypeError, ValueError) as fault:
        raise SimulatorError("there is no clock of a simulator") from fault
