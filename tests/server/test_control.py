"""The server over plain HTTP: its control, and what no client of AWS would send."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple
from urllib.parse import quote

import boto3
import jsonschema
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import policy, schema_text

from simulator import SimulatorError
from simulator.clock import HOUR, micros_of
from simulator.server.app import LARGEST_BODY
from simulator.server.control import PREFIX, ROUTES
from simulator.server.endpoint import Endpoint, serving
from simulator.server.running_time import RunningTime

START = "2022-03-08T09:00:00+00:00"
GROUP = "arn:aws:personalize:us-east-1:123456789012:dataset-group/nobody"
CAMPAIGN = "arn:aws:personalize:us-east-1:123456789012:campaign/nobody"
SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=KEY/20220308/us-east-1/personalize/aws4_request, "
    "SignedHeaders=host, Signature=0"
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")


@pytest.fixture(scope="module")
def server() -> Iterator[Endpoint]:
    with serving(["--start", START]) as running:
        yield running


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def send(server: Endpoint, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def client(server: Endpoint, service: str, region: str = "us-east-1") -> Any:
    return boto3.client(
        service,
        endpoint_url=server.url,
        region_name=region,
        aws_access_key_id="FOOBARKEY",
        aws_secret_access_key="FOOBARSECRET",
    )


# --- what it answers -----------------------------------------------------------------------------------------


def test_the_clock_moves_when_it_is_told(server: Endpoint) -> None:
    before = server.now()
    assert server.now() == before
    assert (server.tick(hours=1.5, minutes=30) - before).total_seconds() == 2 * 3600
    assert (server.move_to(before.replace(year=2023)), server.now()) == (before.replace(year=2023),) * 2
    assert send(server, "GET", "/_simulator/clock").json()["clock"] == "virtual"


def test_a_refusal_has_the_text_of_the_simulation(server: Endpoint) -> None:
    with pytest.raises(SimulatorError, match=r"^time does not run backward$"):
        server.tick(hours=-1)
    with pytest.raises(SimulatorError, match=r"^time does not run backward: it is "):
        server.move_to("2001-01-01")
    with pytest.raises(SimulatorError, match="is no ARN of a dataset group or solution of this simulation"):
        server.ready(GROUP)


def test_the_journal_is_chosen_by_its_query(server: Endpoint) -> None:
    server.reset()
    personalize = client(server, "personalize")
    group = personalize.create_dataset_group(name="films")["datasetGroupArn"]
    with pytest.raises(ClientError):
        personalize.create_dataset_group(name="films")
    now = server.now().isoformat()
    [made] = server.journal(operation="CreateDatasetGroup", outcome="")
    assert (made["subject"], made["region"], made["service"]) == ("films", "us-east-1", "personalize")
    assert made["instant"].replace("Z", "+00:00") == now
    [refused] = server.journal("calls", outcome="ResourceAlreadyExistsException")
    assert "films" in refused["message"]
    server.tick(minutes=1)
    statuses = server.journal("statuses", resource="dataset_group")
    assert [(each["arn"], each["status"]) for each in statuses][-1] == (group, "ACTIVE")
    nothing = send(server, "GET", "/_simulator/journal?kind=events&user=7").json()
    assert (nothing["count"], nothing["rows"]) == (0, [])
    assert nothing["text"].startswith("no event")


def test_what_becomes_of_events_is_told(server: Endpoint) -> None:
    server.reset()
    personalize = client(server, "personalize")
    group = personalize.create_dataset_group(name="films")["datasetGroupArn"]
    server.tick(minutes=1)
    schema = personalize.create_schema(name="films", schema=schema_text())["schemaArn"]
    personalize.create_dataset(name="films", schemaArn=schema, datasetGroupArn=group, datasetType="Interactions")
    server.tick(minutes=1)
    tracking_id = personalize.create_event_tracker(name="films", datasetGroupArn=group)["trackingId"]
    server.tick(minutes=1)
    for session in ("evening", "null"):
        client(server, "personalize-events").put_events(
            trackingId=tracking_id,
            userId="1",
            sessionId=session,
            eventList=[{"eventType": "watch", "itemId": "7", "sentAt": 1646730000}],
        )
    told = server.events(user_id="1", item_id="7")
    assert [(each["rule"], each["stored"]) for each in told["events"]] == [
        ("events.stored", True),
        ("events.session-null", False),
    ]
    assert (told["count"], told["text"].count("\n")) == (2, 1)
    assert server.events(user_id="2") == {"count": 0, "events": [], "text": "no such event was put"}
    with pytest.raises(SimulatorError, match="there is no campaign, recommender"):
        server.events(target=CAMPAIGN)


@pytest.mark.parametrize("path", ["/_simulator/reset", "/moto-api/reset"])
def test_a_reset_empties_everything_but_the_clock(server: Endpoint, path: str) -> None:
    client(server, "s3").create_bucket(Bucket="mine")
    client(server, "personalize").create_dataset_group(name="mine")
    now = server.tick(minutes=1)
    assert send(server, "POST", path).status == 200
    assert server.now() == now
    assert client(server, "personalize").list_dataset_groups()["datasetGroups"] == []
    assert client(server, "s3").list_buckets()["Buckets"] == []


def test_a_call_to_another_service_brings_the_world_to_the_present(server: Endpoint) -> None:
    """A role may have a policy that AWS manages, as in `simulate()`."""
    iam = client(server, "iam")
    iam.create_role(RoleName="managed", AssumeRolePolicyDocument=policy(Action="sts:AssumeRole", Principal="*"))
    managed = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
    iam.attach_role_policy(RoleName="managed", PolicyArn=managed)
    [attached] = iam.list_attached_role_policies(RoleName="managed")["AttachedPolicies"]
    assert attached["PolicyArn"] == managed


def test_calls_may_come_at_once(server: Endpoint) -> None:
    server.reset()
    personalize = client(server, "personalize")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda turn: personalize.create_schema(name=f"s{turn}", schema=schema_text()), range(40)))
    assert len(personalize.list_schemas(maxResults=100)["schemas"]) == 40
    assert sorted(each["subject"] for each in server.journal(operation="CreateSchema")) == sorted(
        f"s{turn}" for turn in range(40)
    )


def test_a_region_without_personalize_is_refused(server: Endpoint) -> None:
    with pytest.raises(ClientError, match="no endpoint in the region mars-north-1") as refused:
        client(server, "personalize", "mars-north-1").list_schemas()
    assert refused.value.response["Error"]["Code"] == "NoSuchEndpoint"


def test_answers_carry_virtual_time_and_our_version(server: Endpoint) -> None:
    answer = client(server, "personalize").list_schemas()["ResponseMetadata"]["HTTPHeaders"]
    assert answer["date"] == server.now().strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert "x-personalize-simulator" in answer
    assert client(server, "s3").list_buckets()["ResponseMetadata"]["HTTPHeaders"]["date"] == answer["date"]


def test_every_answer_is_as_the_document_says(server: Endpoint) -> None:
    """GET without a query, and POST without a body, of every path: a 200 or a 4xx, and its schema."""
    document = send(server, "GET", "/_simulator/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            answer = send(server, method.upper(), path)
            told = operation["responses"].get(str(answer.status)) or operation["responses"]["4XX"]
            schema = told["content"]["application/json"]["schema"]
            jsonschema.validate(answer.json(), {**schema, "components": document["components"]})
            assert answer.status == 200 or operation.get("parameters") or operation["requestBody"]


# --- what nobody should send ---------------------------------------------------------------------------------

REFUSED = [
    ("GET", "clock?now=1", b"", 400, "Object contains unknown field `now`"),
    ("GET", "journal?kind=thoughts", b"", 400, "Invalid enum value 'thoughts' - at `$.kind`"),
    ("GET", "journal?colour=red", b"", 400, "Object contains unknown field `colour`"),
    ("GET", "journal?user=1&user=2", b"", 400, "user is given 2 times"),
    ("GET", "journal?item=1", b"", 400, "calls cannot be chosen by 'item', only by operation, outcome, subject, user"),
    ("GET", "ready", b"", 400, "Object missing required field `arn`"),
    ("GET", "ready?arn=", b"", 400, "'' is no ARN of a dataset group or solution"),
    ("GET", f"explain?arn={CAMPAIGN}&userId=1", b"", 400, "GetRecommendations would be refused: "),
    ("GET", f"explain?arn={CAMPAIGN}&numResults=x", b"", 400, "Expected `int"),
    ("GET", f"explain?arn={CAMPAIGN}&numResults=0&userId=1", b"", 400, "GetRecommendations would be refused: "),
    ("POST", "explain", b'{"arn":"%s","request":{"user":"1"}}' % CAMPAIGN.encode(), 400, "GetRecommendations has no"),
    ("POST", "explain", b'{"arn":"%s","request":{"arn":"1"}}' % CAMPAIGN.encode(), 400, "arn stands beside"),
    ("POST", "explain", b'{"arn":"%s","request":{"userId":{}}}' % CAMPAIGN.encode(), 400, ""),
    ("POST", "clock/tick", b"", 400, "say how far: weeks, days, hours"),
    ("POST", "clock/tick", b"{}", 400, "say how far: weeks, days, hours, minutes, seconds, milliseconds, microseco"),
    ("POST", "clock/tick", b'{"hours": "2"}', 400, "Expected `float`, got `str` - at `$.hours`"),
    ("POST", "clock/tick", b'{"hour": 2}', 400, "Object contains unknown field `hour`"),
    ("POST", "clock/tick", b'{"hours": 1e300}', 400, ""),
    ("POST", "clock/tick", b'{"weeks": 500000}', 400, "a moment must lie in the years 1 to 9999 of UTC"),
    ("POST", "clock/tick", b'{"hours": -1}', 400, "time does not run backward"),
    ("POST", "clock/tick", b"[2]", 400, "Expected `object`, got `array`"),
    ("POST", "clock/tick", b"hours=2", 400, "the body is not JSON: "),
    ("POST", "clock/tick", b"\xff\xfe", 400, "the body is not JSON: "),
    ("POST", "clock/tick", b'{"hours":', 400, "the body is not JSON: "),
    ("POST", "clock/tick", b"[" * 100_000, 400, ""),
    ("POST", "clock/tick?hours=2", b"", 400, "/_simulator/clock/tick is asked by its body"),
    ("POST", "clock/tick", b" " * (1024 * 1024 + 1), 413, "a body here has at most 1048576 bytes"),
    ("POST", "clock/move_to", b"{}", 400, "Object missing required field `moment`"),
    ("POST", "clock/move_to", b'{"moment": "tomorrow"}', 400, "Invalid isoformat string: 'tomorrow'"),
    ("POST", "clock/move_to", b'{"moment": "2001-01-01"}', 400, "time does not run backward: it is "),
    ("POST", "reset", b'{"all": true}', 400, "Object contains unknown field `all`"),
    ("POST", "health", b"", 405, "/_simulator/health answers GET, HEAD, OPTIONS, not POST"),
    ("GET", "clock/tick", b"", 405, "/_simulator/clock/tick answers POST, OPTIONS, not GET"),
    ("GET", "clocks", b"", 404, "there is no '/_simulator/clocks'; there are /_simulator/health"),
    ("GET", "", b"", 404, "there is no '/_simulator/'; there are "),
    ("GET", "clock/", b"", 404, "there is no "),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "text"), REFUSED)
def test_what_is_wrong_is_said_and_changes_nothing(
    server: Endpoint, method: str, path: str, body: bytes, status: int, text: str
) -> None:
    now = server.now()
    answer = send(server, method, PREFIX + path, body, {"Content-Type": "application/x-www-form-urlencoded"})
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/json")
    [(name, said)] = answer.json().items()
    assert name == "error"
    assert said.startswith(text)
    assert said
    assert server.now() == now


@pytest.mark.parametrize("path", [*sorted({PREFIX + each.path for each in ROUTES}), "/_simulator/nope", "/_simulator"])
def test_no_method_on_any_path_is_a_fault(server: Endpoint, path: str) -> None:
    for method in METHODS:
        answer = send(server, method, path)
        assert answer.status < 500
        if method == "HEAD":
            assert answer.body == b""
        if method == "OPTIONS" and answer.status == 204:
            assert "OPTIONS" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/", "/events", "/recommendations", "/nope", "/events/", "/%00", "/%ff", "//"])
def test_what_is_signed_for_personalize_is_answered_as_the_service_would(server: Endpoint, path: str) -> None:
    for method in METHODS:
        for body in (b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 50_000):
            answer = send(server, method, path, body, SIGNED)
            assert 400 <= answer.status < 500, (method, body)
            if method != "HEAD":
                assert "message" in {each.lower() for each in answer.json()}
                assert answer.headers["x-amzn-errortype"] or answer.json()["__type"]


def test_a_body_that_is_too_large_is_refused(server: Endpoint) -> None:
    answer = send(server, "POST", "/events", b" " * (LARGEST_BODY + 1), SIGNED)
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (413, "RequestEntityTooLargeException")


def test_a_call_that_is_not_signed_is_told_so(server: Endpoint) -> None:
    """moto would take it for a call to S3."""
    answer = send(server, "POST", "/events", b"{}", {"Content-Type": "application/json"})
    assert answer.status == 403
    assert answer.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(METHODS),
    path=st.text(max_size=20).map(lambda text: "/" + quote(text)),
    body=st.binary(max_size=200),
    service=st.sampled_from(["", "s3", "iam", "sts", "personalize", "events", "nope", "dynamodb"]),
    kind=st.sampled_from(["", "application/json", "application/x-www-form-urlencoded", "text/plain; charset=x"]),
)
def test_whatever_comes_no_answer_is_a_traceback(
    server: Endpoint, method: str, path: str, body: bytes, service: str, kind: str
) -> None:
    """Where moto cannot answer, the answer says so: 501."""
    headers = {"Authorization": SIGNED["Authorization"].replace("personalize", service)} if service else {}
    answer = send(server, method, path, body, headers | ({"Content-Type": kind} if kind else {}))
    assert answer.status != 500
    assert b"Traceback" not in answer.body
    assert b"File &#34;" not in answer.body


@pytest.mark.parametrize(
    "sent",
    [
        b"NONSENSE\r\n\r\n",
        b"GET /_simulator/clock HTTP/9.9\r\n\r\n",
        b"POST /_simulator/clock/tick HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        b"POST /_simulator/clock/tick HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /_simulator/clock/tick HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /_simulator/clock HTTP/1.1\r\nHost: a b c:::\r\n\r\n",
        b"GET /_simulator/clock?\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_what_is_no_http_is_survived(server: Endpoint, sent: bytes) -> None:
    host, _, port = server.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b"Traceback" not in answer
    assert b" 500 " not in answer.split(b"\r\n")[0]
    assert send(server, "GET", "/_simulator/health").json()["status"] == "ok"


# --- time that runs ------------------------------------------------------------------------------------------


def test_running_time_runs_from_its_start_and_never_backward() -> None:
    instant = micros_of(START)
    time = RunningTime(instant)
    first, second = time.now(), time.now()
    assert instant <= first <= second < instant + HOUR
    time.move_to(instant + 2 * HOUR)
    moved = time.now()
    assert instant + 2 * HOUR <= moved < instant + 3 * HOUR
    time.move_to(instant)
    assert time.now() >= moved
