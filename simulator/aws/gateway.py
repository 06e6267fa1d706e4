"""The gateway: every request of botocore passes here, and those to Personalize are answered here.

`before_send` and `answer` are called by the hooks in botocore and moto. There is one host at a time, of a
simulation or of a plain moto mock.
"""

from __future__ import annotations

import threading
from io import BytesIO
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from moto.core.config import default_user_config
from moto.core.models import botocore_stubber

from _personalize_simulator_hooks import OURS
from simulator.aws import permissions
from simulator.aws.ambient import ambient_host
from simulator.aws.host import Host
from simulator.aws.platform import account_of_key
from simulator.aws.wire import HttpAnswer, HttpRequest
from simulator.clock import SimulatorError


class _Gateway:
    """Which host answers now. The one piece of state of the process; everything else belongs to a world."""

    lock = threading.Lock()
    simulated: Host | None = None
    ambient: Host | None = None


def open_gateway(host: Host) -> Host | None:
    """Lets a simulation's host answer; the one that answered before, in the process that this one was forked from.

    Raises SimulatorError if one of this process answers already.
    """
    with _Gateway.lock:
        before = _Gateway.simulated
        if before is not None and before.is_of_this_process():
            raise SimulatorError(
                "a simulation is running in this process already: leave it first (they neither nest nor run side "
                "by side)"
            )
        _Gateway.simulated = host
        return before


def close_gateway(before: Host | None) -> None:
    """The simulation's host answers no more."""
    _Gateway.simulated = before


def current_host() -> Host | None:
    """The host that would answer a call now: the simulation's, or that of an active moto mock, or None."""
    if _Gateway.simulated is None and not botocore_stubber.enabled:
        return None
    touch_moto()
    if _Gateway.simulated is not None:
        return _Gateway.simulated
    with _Gateway.lock:
        if _Gateway.ambient is None:
            _Gateway.ambient = ambient_host()
        return _Gateway.ambient


def touch_moto() -> None:
    """Makes moto's reset reach us: it resets the backends that have been looked up since the last one."""
    from simulator.aws.moto_service.models import touch

    touch()


def forget_everything() -> None:
    """moto's reset: the worlds are empty from now on; a simulation's clock stays."""
    if _Gateway.simulated is not None:
        _Gateway.simulated.forget()
    _Gateway.ambient = None


def before_send(request: AWSPreparedRequest) -> AWSResponse | None:
    """botocore's `before-send` event: our answer to a request to Personalize, None for everything else."""
    answered = answer(request)
    if answered is None:
        return None
    status, headers, body = answered
    plain: Any = headers  # botocore makes its own kind of headers of a plain dictionary
    return AWSResponse(request.url, status, plain, _Raw(body))


def answer(request: AWSPreparedRequest) -> HttpAnswer | None:
    """Our answer to a request to Personalize, None for everything else.

    Every request, of whatever service, first brings the world to the present.
    """
    host = current_host()
    if host is None:
        return None
    if OURS.match(request.url) and not _left_to_moto():
        return host.answer(_http_request(request))
    host.settle()
    if host is _Gateway.simulated and "//iam." in request.url:
        _load_managed_policies(request)
    return None


def _left_to_moto() -> bool:
    """moto's own configuration may exclude a service or let it through; then moto has the word."""
    core = default_user_config["core"]
    return core.get("service_whitelist") is not None or any(core.get("passthrough", {}).values())


def _load_managed_policies(request: AWSPreparedRequest) -> None:
    """A simulation's accounts have the policies that AWS manages, from the first request that names one."""
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
        name: value.decode("utf-8", "replace") if isinstance(value, bytes) else value for name, value in headers.items()
    }


class _Raw(BytesIO):
    """A body in the form in which botocore reads one."""

    def stream(self, **_: object) -> Any:
        """The body, in one piece."""
        yield self.read()
