"""The guard: inside a simulation no request of botocore's leaves the machine, whichever client sends it."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session
from botocore.retries.bucket import TokenBucket
from botocore.signers import RequestSigner
from moto.core.models import botocore_stubber

from simulator.clock import SimulatorError

_Send = Callable[[URLLib3Session, AWSPreparedRequest], AWSResponse]


class NetworkRefused(SimulatorError):
    """A request inside a simulation was about to leave the machine."""


def guard(exits: ExitStack) -> None:
    """Until `exits` are left: clients made before the simulation are answered, and nothing leaves the machine."""
    exits.enter_context(patch.object(URLLib3Session, "send", _guarded(URLLib3Session.send)))
    signing = _signing_without_credentials(RequestSigner.get_auth_instance)
    exits.enter_context(patch.object(RequestSigner, "get_auth_instance", signing))
    # The clients' own rate limits ("adaptive" retries) would wait for a time that stands still.
    exits.enter_context(patch.object(TokenBucket, "acquire", lambda *_, **__: True))


def _guarded(real_send: _Send) -> _Send:
    """botocore's transport inside a simulation: our answer, moto's, a loopback host, or a refusal."""

    def send(session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        answered: AWSResponse | None = botocore_stubber("before-send", request)
        if answered is not None:
            return answered
        transport: Any = session
        proxy = transport._proxy_config.proxy_url_for(request.url)
        if _is_loopback(request.url) and (proxy is None or _is_loopback(proxy)):
            return real_send(session, request)
        through = "" if proxy is None else f" through the proxy {proxy}"
        raise NetworkRefused(
            f"{request.method} {request.url}{through} was about to leave the machine from inside a simulation: "
            "neither personalize-simulator nor moto answers this host"
        )

    return send


def _signing_without_credentials(real: Callable[..., Any]) -> Callable[..., Any]:
    """A client made before the simulation, where there were no credentials, signs with made-up ones."""

    def get_auth_instance(signer: Any, *args: Any, **kwargs: Any) -> Any:
        if signer._credentials is None and kwargs.get("request_credentials") is None:
            kwargs["request_credentials"] = Credentials("FOOBARKEY", "FOOBARSECRET")
        return real(signer, *args, **kwargs)

    return get_auth_instance


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
