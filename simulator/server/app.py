"""Every request to the server: the control's, Personalize's, and moto's for every other service."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Iterable
from email.utils import formatdate
from io import BytesIO
from typing import Any
from urllib.parse import quote

import msgspec
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Request, Response

from simulator.aws import gateway, permissions
from simulator.aws.host import Host
from simulator.aws.platform import account_of_key
from simulator.aws.wire import HttpRequest
from simulator.clock import SECOND, SimulatorError
from simulator.server import control

# What one request to Personalize may have at most; the largest that its model lets through is far smaller.
LARGEST_BODY = 10 * 1024 * 1024

_SIGNED_FOR = re.compile(r"Credential=[^/,\s]+/[^/]*/[^/]+/([^/,\s]+)/")
_TARGET = "AmazonPersonalize."
_DATA_PLANE = frozenset(
    {
        "/events",
        "/items",
        "/users",
        "/actions",
        "/action-interactions",
        "/recommendations",
        "/personalize-ranking",
        "/action-recommendations",
    }
)


class Application:
    """The server's WSGI application."""

    def __init__(self, host: Host, context: control.Context) -> None:
        self._host = host
        self._context = context
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answers a request; nothing that it may hold leads to a traceback in the answer."""
        request = Request(environ)
        try:
            response = self._answer(request)
            if response is None:
                return self._ask_moto(request, start_response)
        except HTTPException as fault:
            response = Response(f"{fault.description}\n", fault.code, content_type="text/plain")
        except Exception:
            traceback.print_exc(file=sys.stderr)
            response = _error(500, "InternalFailure", "a fault of personalize-simulator: the server's output has more")
        return response(environ, start_response)

    def date(self) -> str:
        """The present of the simulation, as a header of HTTP has it."""
        return formatdate(self._host.time.now() // SECOND, usegmt=True)

    def _answer(self, request: Request) -> Response | None:
        """Our own answer, None for what is moto's; every request first brings the world to the present."""
        gateway.touch_moto()
        if f"{request.path}/".startswith(control.PREFIX):
            return control.respond(self._context, request)
        signed_for = _SIGNED_FOR.search(request.headers.get("Authorization", ""))
        service = signed_for[1].lower() if signed_for else ""
        if service == "personalize" or request.headers.get("X-Amz-Target", "").startswith(_TARGET):
            return self._personalize(request)
        if not service and _is_unsigned_call(request):
            return _error(
                403,
                "MissingAuthenticationTokenException",
                "Missing Authentication Token: sign the request for the service personalize, with any key",
            )
        try:
            self._host.settle()
        except SimulatorError as fault:
            return _error(400, type(fault).__name__, str(fault))
        if request.environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
            # moto reads such a body to find its service; where it is no UTF-8, moto waits for another one.
            body = request.get_data(parse_form_data=False)
            request.environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
            if service == "iam":
                _load_managed_policies(request, body)
        return None

    def _personalize(self, request: Request) -> Response:
        request.max_content_length = LARGEST_BODY
        try:
            body = request.get_data(parse_form_data=False)
        except RequestEntityTooLarge:
            return _error(413, "RequestEntityTooLargeException", f"A request has at most {LARGEST_BODY} bytes")
        url = f"http://personalize.invalid{quote(request.path)}"
        asked = HttpRequest(request.method, url, gateway.text_headers(request.headers), body)
        try:
            status, headers, content = self._host.answer(asked)
        except SimulatorError as fault:
            return _error(400, type(fault).__name__, str(fault))
        headers.pop("Date", None)  # every answer of the server has it
        return Response(content, status, headers)

    def _ask_moto(self, request: Request, start_response: Any) -> Iterable[bytes]:
        """moto's answer; where moto cannot, a page that clients of AWS show as an error."""
        try:
            answer: Iterable[bytes] = self._moto(request.environ, start_response)
        except Exception as fault:
            traceback.print_exc(file=sys.stderr)
            text = f"moto cannot answer {request.method} {quote(request.path)}: {type(fault).__name__}"
            page = Response(f"<html><body>{text}</body></html>\n", 501, content_type="text/html")
            return page(request.environ, start_response)
        return answer


def _load_managed_policies(request: Request, body: bytes) -> None:
    """An account has the policies that AWS manages, from the first request that names one."""
    if permissions.names_aws_managed_policy(body):
        asked = HttpRequest(request.method, "", gateway.text_headers(request.headers), body)
        permissions.load_aws_managed_policies(account_of_key(asked.access_key))


def _is_unsigned_call(request: Request) -> bool:
    """Whether a request is to the data plane but for its signature: moto would take it for one to S3."""
    sends_json = request.mimetype in ("application/json", "application/x-amz-json-1.1")
    return request.method == "POST" and request.path in _DATA_PLANE and sends_json


def _error(status: int, code: str, text: str) -> Response:
    """An error in the form of the services' own."""
    body = msgspec.json.encode({"__type": code, "message": text})
    return Response(body, status, {"x-amzn-ErrorType": code}, content_type="application/json")
