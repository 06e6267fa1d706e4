"""The stage outside of this process: a server under an address, or AWS, with names of the run's own."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from simulator.clock import datetime_of, micros_of
from simulator.remote import Endpoint
from simulator.scenario.created import Created
from simulator.scenario.names import Names

# How long a step may really wait, where time cannot be moved.
LONGEST_STEP = timedelta(hours=6)

_DEFAULT_REGION = "us-east-1"
_MADE_UP = {"aws_access_key_id": "FOOBARKEY", "aws_secret_access_key": "FOOBARSECRET"}


class RealClock:
    """Time that really passes: to let some pass is to wait. A step that would wait for too long is refused."""

    def __init__(
        self,
        longest: timedelta = LONGEST_STEP,
        sleep: Callable[[float], object] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.now = now
        self._longest = longest
        self._sleep = sleep

    def tick(self, delta: timedelta, /) -> None:
        """Waits. Raises ValueError if that would take too long."""
        if delta > self._longest:
            raise ValueError(f"time really passes there: to wait {delta} takes longer than {self._longest} (--longest)")
        self._sleep(delta.total_seconds())

    def move_to(self, moment: datetime | str, /) -> None:
        """Waits until a moment. Raises ValueError for one in the past, or one that is too far away."""
        delta = datetime_of(micros_of(moment)) - self.now()
        if delta < timedelta(0):
            raise ValueError(f"time does not run backward: it is {self.now().isoformat(timespec='seconds')} already")
        self.tick(delta)


class EndpointClock:
    """The clock of a simulator's server, moved over HTTP."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.now = endpoint.now
        self._endpoint = endpoint

    def tick(self, delta: timedelta, /) -> None:
        """Lets time pass there."""
        self._endpoint.tick(seconds=delta.total_seconds())

    def move_to(self, moment: datetime | str, /) -> None:
        """Lets time pass there until a moment. Raises ValueError for one in the past."""
        if datetime_of(micros_of(moment)) < self.now():
            raise ValueError(f"time does not run backward: it is {self.now().isoformat()} already")
        self._endpoint.move_to(moment)


class Remote:
    """A stage whose clients reach a server, or AWS; what is created there is written down."""

    def __init__(
        self, session: Any, url: str | None, seed: int, names: Names, clock: RealClock | EndpointClock
    ) -> None:
        self.seed = seed
        self.names = names
        self.clock = clock
        self.created = Created()
        self.now = clock.now
        self.tick = clock.tick
        self.move_to = clock.move_to
        self._session = session
        self._url = url

    @property
    def region(self) -> str:
        """The region that it is played in."""
        return str(self._session.region_name)

    @property
    def time_is_real(self) -> bool:
        """Whether time passes by itself there, and cannot be moved."""
        return isinstance(self.clock, RealClock)

    def client(self, service: str) -> Any:
        """A boto3 client of a service. Raises ValueError."""
        from botocore.config import Config

        if self._url is None:
            client = self._session.client(service)
        else:
            # Buckets are addressed by path; a refusal of a server's own is no reason to try again.
            config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
            client = self._session.client(service, endpoint_url=self._url, config=config)
        client.meta.events.register("provide-client-params", self._named)
        self.created.watch(client)
        return client

    def outgoing(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The request as it is: names are replaced by the client, which knows the operation."""
        return request

    def incoming(self, answer: Any) -> Any:
        """The answer with the names of the scenario."""
        return self.names.incoming(answer)

    def _named(self, params: Mapping[str, Any], model: Any, **_: Any) -> dict[str, Any]:
        return self.names.outgoing(model, params)


def server(url: str, *, region: str | None, seed: int, names: Names, clock: RealClock) -> Remote:
    """The stage of a server under an address, with credentials that are made up.

    Its time is its own clock if it is a simulator's, else real. Raises ValueError for an address that is none or
    AWS's, SimulatorError if nothing answers there.
    """
    import boto3

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url} is no address of a server: http://127.0.0.1:5000 is one")
    if parts.hostname.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws")):
        raise ValueError(f"{url} is the real service: ask for it by --aws, which says first what it costs")
    endpoint = Endpoint(url.rstrip("/"))
    session = boto3.Session(region_name=region or _DEFAULT_REGION, **_MADE_UP)
    return Remote(session, endpoint.url, seed, names, EndpointClock(endpoint) if endpoint.is_simulator() else clock)


def aws(*, region: str | None, seed: int, names: Names, clock: RealClock) -> Remote:
    """The stage of AWS, as this machine is configured for it. Raises ValueError without a region or credentials."""
    import boto3

    session = boto3.Session(region_name=region)
    if session.region_name is None:
        raise ValueError(
            "there is no region: name one in the scenario (simulate: {region: ...}) or in AWS_DEFAULT_REGION"
        )
    if session.get_credentials() is None:
        raise ValueError("there are no credentials for AWS")
    return Remote(session, None, seed, names, clock)
