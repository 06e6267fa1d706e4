"""moto's way in: requests that moto routes to us, from a mock with a configuration of its own or its server."""

from __future__ import annotations

from typing import Any

from simulator.aws import gateway
from simulator.aws.wire import HttpAnswer, HttpRequest


def dispatch(request: Any, full_url: str, headers: Any) -> HttpAnswer:
    """The answer to a request in moto's form (werkzeug's, or botocore's in older versions)."""
    host = gateway.current_host()
    assert host is not None, "moto routes requests only while it mocks"
    body = request.data if hasattr(request, "data") else (request.body or b"")
    if isinstance(body, str):
        body = body.encode()
    return host.answer(HttpRequest(request.method, full_url, gateway.text_headers(headers), body))
