"""The gateway: every request of botocore passes here, and those to Personalize are answered here.

`before_send` is called for every client made after the hooks were installed; `guarded_send` stands in for
botocore's transport inside a simulation, so that earlier clients are answered too and nothing leaves the machine.
There is one host at a time, of a simulation or of a plain moto mock.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from contextlib import ExitStack
from io import BytesIO
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session
from botocore.signers import RequestSigner

from simulator.aws import permissions
from simulator.aws.host import Host
from simulator.aws.platform import account_of_key
from simulator.aws.wire import HttpAnswer, HttpRequest
from simulator.clock import SimulatorError

ANSWERED = "x-personalize-simulator-answered"

Send = Callable[[URLLib3Session, AWSPreparedRequest], AWSResponse]

_HOST_PREFIXES = ("personalize.", "personalize-events.", "personalize-runtime.", "personalize-fips.")
_HOST_PREFIXES += ("personalize-events-fips.", "personalize-runtime-fips.")


class NetworkRefused(SimulatorError):
    """A request inside a simulation was about to leave the machine."""


class _Gateway:
    """Which host answers now. The one piece of state of the process; everything else belongs to a world."""

    simulated: Host | None = None
    ambient: Host | None = None


def open_gateway(host: Host) -> None:
    """Lets a simulation's host answer; raises SimulatorError if one answers already."""
    if _Gateway.simulated is not None:
        raise SimulatorError(
            "a simulation is running in this process already: leave it first (they neither nest nor run side by side)"
        )
    _Gateway.simulated = host
    _touch()


def close_gateway() -> None:
    """The simulation's host answers no more."""
    _Gateway.simulated = None


def simulated_host() -> Host | None:
    """The host of the running simulation, or None."""
    return _Gateway.simulated


def current_host() -> Host | None:
    """The host that would answer a call now: the simulation's, or that of an active moto mock, or None."""
    if _Gateway.simulated is not None:
        return _Gateway.simulated
    if not _mocking():
        return None
    if _Gateway.ambient is None:
        from simulator.aws.ambient import ambient_host

        _Gateway.ambient = ambient_host(regions())
    _touch()
    return _Gateway.ambient


def forget_everything() -> None:
    """moto's reset: the worlds are empty from now on; their clocks stay."""
    if _Gateway.simulated is not None:
        with _Gateway.simulated.lock:
            _Gateway.simulated.world.empty()
    _Gateway.ambient = None


def _touch() -> None:
    """Makes moto's reset reach us: it resets the backends that have been looked up since the last one."""
    from simulator.aws.moto_service.models import touch

    touch()


def _mocking() -> bool:
    from moto.core.models import botocore_stubber

    return bool(botocore_stubber.enabled)


def before_send(request: AWSPreparedRequest) -> AWSResponse | None:
    """botocore's `before-send` event: our answer to a request to Personalize, None for everything else.

    Every request, of whatever service, first brings the world to the present.
    """
    host = current_host()
    if host is None:
        return None
    if not is_ours(request.url) or _left_to_moto():
        host.settle()
        if host is _Gateway.simulated:
            _load_managed_policies(host, request)
        return None
    if ANSWERED in request.headers:
        return None
    answer = host.answer(_http_request(request))
    # Another handler of botocore's (moto's, in sessions older than ours) must not have it answered again.
    request.headers[ANSWERED] = "yes"
    return _response(request.url, answer)


def guard(exits: ExitStack) -> None:
    """Until `exits` are left: no request leaves the machine, and clients without credentials can sign."""
    exits.enter_context(patch.object(URLLib3Session, "send", guarded_send(URLLib3Session.send)))
    exits.enter_context(
        patch.object(
            RequestSigner, "get_auth_instance", _signing_without_credentials(RequestSigner.get_auth_instance)
        )
    )


def _signing_without_credentials(real: Callable[..., Any]) -> Callable[..., Any]:
    """A client made before the simulation, where there were no credentials, signs with made-up ones."""

    def get_auth_instance(signer: Any, *args: Any, **kwargs: Any) -> Any:
        if signer._credentials is None and kwargs.get("request_credentials") is None:
            kwargs["request_credentials"] = Credentials("FOOBARKEY", "FOOBARSECRET")
        return real(signer, *args, **kwargs)

    return get_auth_instance


def guarded_send(real_send: Send) -> Send:
    """botocore's transport inside a simulation: our answer, moto's, a loopback host, or a refusal."""

    def send(session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        from moto.core.models import botocore_stubber

        answered = before_send(request)
        if answered is None:
            answered = botocore_stubber("before-send", request)
        if answered is not None:
            return answered
        if _is_loopback(request.url):
            return real_send(session, request)
        raise NetworkRefused(
            f"{request.method} {request.url} was about to leave the machine from inside a simulation: neither "
            "personalize-simulator nor moto answers this host"
        )

    return send


def is_ours(url: str) -> bool:
    """Whether a URL's host is one of the three services."""
    return (urlsplit(url).hostname or "").startswith(_HOST_PREFIXES)


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _left_to_moto() -> bool:
    """moto's own configuration may exclude a service or let it through; then moto has the word."""
    from moto.core.config import default_user_config

    core = default_user_config["core"]
    return core.get("service_whitelist") is not None or any(core.get("passthrough", {}).values())


def _load_managed_policies(host: Host, request: AWSPreparedRequest) -> None:
    """A simulation's accounts have the policies that AWS manages, from the first request that names one."""
    if not (urlsplit(request.url).hostname or "").startswith("iam."):
        return
    sent = _http_request(request)
    if permissions.names_aws_managed_policy(sent.body):
        permissions.load_aws_managed_policies(account_of_key(sent.access_key))


def _http_request(request: AWSPreparedRequest) -> HttpRequest:
    body: Any = request.body
    if body is None:
        body = b""
    elif isinstance(body, str):
        body = body.encode()
    elif not isinstance(body, (bytes, bytearray)):
        body = body.read()
    return HttpRequest(request.method, request.url, text_headers(request.headers), bytes(body))


def text_headers(headers: Any) -> dict[str, str]:
    """Header values as text."""
    return {
        name: value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        for name, value in headers.items()
    }


class _Raw(BytesIO):
    """A body in the form in which botocore reads one."""

    def stream(self, **_: object) -> Any:
        """The body, in one piece."""
        yield self.read()


def _response(url: str, answer: HttpAnswer) -> AWSResponse:
    status, headers, body = answer
    return AWSResponse(url, status, headers, _Raw(body))


def regions() -> frozenset[str]:
    """The regions in which Amazon Personalize has endpoints, by botocore's data."""
    session = boto3.Session()
    return frozenset(
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("personalize", partition_name=partition)
    )
