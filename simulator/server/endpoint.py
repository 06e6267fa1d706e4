"""A server of one's own, in a process of its own, and the way to its clock and journal."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

from simulator.clock import SimulatorError, datetime_of, micros_of

# How long a server may take to start, and to end; seconds.
_STARTS_WITHIN = 120
_ENDS_WITHIN = 30


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
            raise SimulatorError(json.load(refusal)["error"]) from None
        return answer

    def __repr__(self) -> str:
        return f"<Endpoint {self.url}>"


@contextlib.contextmanager
def serving(arguments: Sequence[str] = ()) -> Iterator[Endpoint]:
    """A server on a free port of this machine, with more arguments of `personalize-simulator serve`.

    It ends with the block, and also when this process ends in whatever way. Raises SimulatorError if it does not start.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "simulator.cli", "serve", "--port", "0", "--until-eof", *arguments],
            env={**os.environ, "PYTHONPATH": _path()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        )
        with process:
            try:
                yield Endpoint(_address(process, output))
            finally:
                _end(process)


def _address(process: subprocess.Popen[str], output: IO[str]) -> str:
    """The address in the line that a server prints once it is ready."""
    assert process.stdout is not None
    lines: list[str] = []
    reading = threading.Thread(target=lambda out: lines.append(out.readline()), args=(process.stdout,), daemon=True)
    reading.start()
    reading.join(_STARTS_WITHIN)
    address = lines[0].split()[-1:] if lines else []
    if not address:
        process.kill()
        process.wait()
        output.seek(0)
        raise SimulatorError(f"the server did not start: {output.read().strip()}")
    return address[0]


def _end(process: subprocess.Popen[str]) -> None:
    """A server ends with its standard input."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(_ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()


def _path() -> str:
    """Where this very package is found first, whatever the folder of the process."""
    import simulator

    package = str(Path(simulator.__path__[0]).parent)
    return os.pathsep.join([package, *filter(None, [os.environ.get("PYTHONPATH")])])


def _moment(answer: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(answer["now"])
