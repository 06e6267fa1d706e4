"""Raw requests: what botocore would send, had it not refused to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session
from support import REGION

_CREDENTIALS = Credentials("FOOBARKEY", "FOOBARSECRET")


@dataclass(frozen=True)
class RawAnswer:
    """What came back over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The JSON of the body; an empty body is an empty object."""
        document: dict[str, Any] = json.loads(self.body or b"{}")
        return document

    @property
    def code(self) -> str:
        """The error code, or empty."""
        if self.status == 200:
            return ""
        return self.headers.get("x-amzn-ErrorType") or str(self.document["__type"])


def control_plane(operation: str, body: object, *, region: str = REGION) -> RawAnswer:
    """Sends a body (bytes as they are, anything else as JSON) to an operation of the control plane, signed."""
    return _send(
        f"https://personalize.{region}.amazonaws.com/",
        body,
        {"X-Amz-Target": f"AmazonPersonalize.{operation}", "Content-Type": "application/x-amz-json-1.1"},
        region,
    )


def events_service(path: str, body: object, *, region: str = REGION) -> RawAnswer:
    """Sends a body to an operation of the events service, such as `/items`, signed."""
    url = f"https://personalize-events.{region}.amazonaws.com{path}"
    return _send(url, body, {"Content-Type": "application/json"}, region)


def _send(url: str, body: object, headers: dict[str, str], region: str) -> RawAnswer:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = AWSRequest(method="POST", url=url, data=data, headers=headers)
    SigV4Auth(_CREDENTIALS, "personalize", region).add_auth(request)
    answer = URLLib3Session().send(request.prepare())
    return RawAnswer(answer.status_code, dict(answer.headers), answer.content)
