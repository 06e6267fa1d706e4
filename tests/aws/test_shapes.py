from __future__ import annotations

import functools
import gzip
import json
import math
import unicodedata
from pathlib import Path
from typing import Any

import botocore
import botocore.session
import pytest
from botocore import xform_name
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.aws import constraints, shapes

SOLUTION_VERSION = "arn:aws:personalize:us-east-1:123456789012:solution/s/0123abcd"


def operation(service: str, name: str) -> shapes.Operation:
    found = shapes.operation(service, name)
    assert found is not None
    return found


CREATE_GROUP = operation("personalize", "CreateDatasetGroup")
PUT_EVENTS = operation("personalize-events", "PutEvents")
GET_RECOMMENDATIONS = operation("personalize-runtime", "GetRecommendations")


def raw_model(service: str) -> Any:
    (path,) = Path(botocore.__file__).parent.glob(f"data/{service}/*/service-2.json*")
    content = path.read_bytes()
    return json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)


def events(**event: Any) -> dict[str, Any]:
    return {
        "trackingId": "t",
        "sessionId": "s",
        "eventList": [{"eventType": "click", "sentAt": 1, **event}],
    }


def sentence(value: str, path: str, constraint: str) -> str:
    return f"Value {value} at '{path}' failed to satisfy constraint: {constraint}"


# --- finding operations ------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", shapes.SERVICES)
def test_every_operation_of_the_model_is_found(service: str) -> None:
    for name, facts in raw_model(service)["operations"].items():
        found = operation(service, name)
        assert (found.service, found.name) == (service, name)
        assert (found.method, found.path) == (facts["http"]["method"], facts["http"]["requestUri"])
        assert set(found.errors) == {error["shape"] for error in facts.get("errors", [])}
        assert found is shapes.operation(service, name)
        by_path = shapes.operation_for_path(service, found.method, found.path)
        assert by_path is (None if service == "personalize" else found)


def test_what_is_no_operation() -> None:
    assert shapes.operation("personalize", "DescribeNothing") is None
    assert shapes.operation_for_path("personalize-events", "GET", "/events") is None
    assert shapes.operation_for_path("personalize-events", "POST", "/events/") is None
    with pytest.raises(ValueError, match="s3"):
        shapes.operation("s3", "GetObject")


# --- problems ----------------------------------------------------------------------------------------------


def test_the_observed_sentence_for_a_pattern() -> None:
    """Source: spec 09 err-013."""
    job = operation("personalize", "CreateBatchInferenceJob")
    request = {
        "jobName": "j",
        "solutionVersionArn": "$.SolutionVersionArn",
        "jobInput": {"s3DataSource": {"path": "s3://b/i"}},
        "jobOutput": {"s3DataDestination": {"path": "s3://b/o"}},
        "roleArn": "arn:aws:iam::123456789012:role/r",
    }
    assert constraints.message(job.problems(request)) == (
        "1 validation error detected: Value '$.SolutionVersionArn' at 'solutionVersionArn' failed to satisfy "
        "constraint: Member must satisfy regular expression pattern: arn:([a-z\\d-]+):personalize:.*:.*:.+"
    )
    assert job.problems({**request, "solutionVersionArn": SOLUTION_VERSION}) == []


def test_a_missing_member_and_a_null_one() -> None:
    expected = [sentence("null", "name", "Member must not be null")]
    assert CREATE_GROUP.problems({}) == expected
    assert CREATE_GROUP.problems({"name": None}) == expected
    assert PUT_EVENTS.problems(events(eventType=None)) == [
        sentence("null", "eventList.1.member.eventType", "Member must not be null")
    ]


def test_several_problems_in_one_message() -> None:
    problems = CREATE_GROUP.problems({"name": "", "domain": "MUSIC"})
    assert problems == [
        sentence("''", "name", "Member must have length greater than or equal to 1"),
        sentence("''", "name", r"Member must satisfy regular expression pattern: ^[a-zA-Z0-9][a-zA-Z0-9\-_]*"),
        sentence("'MUSIC'", "domain", "Member must satisfy enum value set: [ECOMMERCE, VIDEO_ON_DEMAND]"),
    ]
    assert constraints.message(problems).startswith("3 validation errors detected: Value '' at 'name' failed")
    assert constraints.message(problems).count("; ") == 2


def test_lengths_of_strings_and_lists() -> None:
    assert CREATE_GROUP.problems({"name": "n" * 63}) == []
    assert CREATE_GROUP.problems({"name": "n" * 64}) == [
        sentence(f"'{'n' * 64}'", "name", "Member must have length less than or equal to 63")
    ]
    assert PUT_EVENTS.problems({"trackingId": "t", "sessionId": "s", "eventList": []}) == [
        "Value at 'eventList' failed to satisfy constraint: Member must have length greater than or equal to 1"
    ], "events are sensitive"
    tags = [{"tagKey": "k", "tagValue": "v"}] * 201
    (problem,) = CREATE_GROUP.problems({"name": "n", "tags": tags})
    assert problem.startswith("Value '[{tagKey=k, tagValue=v}, {tagKey=k")
    assert problem.endswith("Member must have length less than or equal to 200")


def test_numbers_and_their_bounds() -> None:
    listing = operation("personalize", "ListSchemas")
    assert listing.problems({"maxResults": 100}) == []
    assert listing.problems({"maxResults": 101}) == [
        sentence("'101'", "maxResults", "Member must have value less than or equal to 100")
    ]
    assert listing.problems({"maxResults": 0}) == [
        sentence("'0'", "maxResults", "Member must have value greater than or equal to 1")
    ]


@pytest.mark.parametrize("value", ["5", 5.5, True, 2**31, pytest.param(10**5000, id="huge"), [5], {}])
def test_what_is_no_integer(value: object) -> None:
    (problem,) = GET_RECOMMENDATIONS.problems({"numResults": value})
    assert problem.endswith("at 'numResults' failed to satisfy constraint: Member must be of type Integer")


@pytest.mark.parametrize("value", ["1", math.nan, math.inf, 1e39, pytest.param(10**5000, id="huge"), False])
def test_what_is_no_float(value: object) -> None:
    (problem,) = PUT_EVENTS.problems(events(eventValue=value))
    assert problem.endswith(
        "at 'eventList.1.member.eventValue' failed to satisfy constraint: Member must be of type Float"
    )


@pytest.mark.parametrize("value", [5, True, ["n"], {"n": 1}, "\ud800"])
def test_what_is_no_string(value: object) -> None:
    (problem,) = CREATE_GROUP.problems({"name": value})
    assert problem.endswith("at 'name' failed to satisfy constraint: Member must be of type String")
    problem.encode()


@pytest.mark.parametrize("request_", [None, [], "text", 1, math.nan])
def test_a_request_that_is_no_object(request_: object) -> None:
    (problem,) = CREATE_GROUP.problems(request_)
    assert problem.endswith("at '' failed to satisfy constraint: Member must be of type Structure")


def test_elements_of_scalars_are_told_for_the_whole_list() -> None:
    """Source: the form that other AWS services use; assumed for Personalize."""
    ranking = operation("personalize-runtime", "GetPersonalizedRanking")
    request = {
        "campaignArn": SOLUTION_VERSION,
        "userId": "u",
        "inputList": ["ok", "i" * 257],
    }
    (problem,) = ranking.problems(request)
    assert problem == sentence(
        f"'[ok, {'i' * 257}]'",
        "inputList",
        "Member must satisfy constraint: [Member must have length less than or equal to 256]",
    )
    assert ranking.problems({**request, "inputList": ["ok", None, 3]}) == [
        sentence("null", "inputList.2.member", "Member must not be null"),
        sentence("'3'", "inputList.3.member", "Member must be of type String"),
    ]


def test_keys_and_values_of_maps() -> None:
    request = {"filterValues": {"no-dash": "v", "fine": "v"}}
    (problem,) = GET_RECOMMENDATIONS.problems(request)
    assert problem.startswith("Value at 'filterValues'"), "filter values are sensitive"
    assert "Map keys must satisfy constraint: [Member must have length less than or equal to 50" in problem
    assert problem.endswith("Member must satisfy regular expression pattern: [A-Za-z0-9_]+]")
    (problem,) = GET_RECOMMENDATIONS.problems({"filterValues": {"fine": "v" * 1001}})
    assert problem.endswith("Map value must satisfy constraint: [Member must have length less than or equal to 1000]")
    (problem,) = GET_RECOMMENDATIONS.problems({"filterValues": {f"k{n}": "v" for n in range(26)}})
    assert problem.endswith("Member must have length less than or equal to 25")
    assert GET_RECOMMENDATIONS.problems({"metadataColumns": {"ITEMS": ["A"], "USERS": 5}}) == [
        sentence("'5'", "metadataColumns.USERS.member", "Member must be of type List"),
        sentence("'{ITEMS=[A], USERS=5}'", "metadataColumns", "Member must have length less than or equal to 1"),
    ]


def test_a_sensitive_value_is_not_shown() -> None:
    (problem,) = PUT_EVENTS.problems(events(itemId="i" * 257))
    assert problem == (
        "Value at 'eventList.1.member.itemId' failed to satisfy constraint: "
        "Member must have length less than or equal to 256"
    )


SCALARS = st.sampled_from(
    [None, True, 0, -1.5, 2**70, 10**400, math.nan, -math.inf, "", "5", "\ud800", "é", "2022-03-08", "x" * 300]
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["eventType", "itemId", "\udfff"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["trackingId", "userId", "sessionId", "eventList", "z"]), JSON), JSON)
def test_no_json_makes_it_raise(request_: dict[str, Any], other: object) -> None:
    for value in (request_, other, events(sentAt=other, eventValue=other, impression=[other])):
        problems = PUT_EVENTS.problems(value)
        constraints.message(problems).encode()
        if not problems:
            assert isinstance(value, dict)
            PUT_EVENTS.parse(value)


def test_deep_nesting_is_a_problem_like_any_other() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    (problem,) = CREATE_GROUP.problems({"name": deep})
    assert problem.startswith("Value '[[[[[[[[...]]]]]]]]' at 'name'")


@pytest.mark.parametrize(
    "body", [b"{", b"\xff", b'{"a": NaN}', b'{"a": -Infinity}', b"[" * 100_000, b"9" * 5000, b"{} {}"]
)
def test_bodies_that_are_not_json(body: bytes) -> None:
    with pytest.raises(shapes.MalformedBody):
        shapes.decode(body)


def test_bodies_that_are_json() -> None:
    assert shapes.decode(b"") == {}
    assert shapes.decode('{"a": "é"}'.encode()) == {"a": "é"}


# --- patterns ----------------------------------------------------------------------------------------------

# A text that each pattern takes, and one that it refuses.
EXAMPLES = {
    "(s3|http|https)://.+": ("s3://bucket/key", "s3://"),
    r"[A-Za-z_][A-Za-z\d_]*": ("TITLE_2", "2TITLE"),
    r"[A-Za-z\d_]+": ("TITLE_2", "TITLE-2"),
    r"[A-Za-z0-9_]+": ("GENRE", "$GENRE"),
    r"\p{ASCII}{0,1500}": ("", "é"),
    r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$": ("Größe \u00a0日本 ٣ Ⅷ-@", "a#"),
    "^[A-Za-z_]+$": ("Items", "Items\n"),
    r"^[a-zA-Z0-9][a-zA-Z0-9\-_]*": ("my-group", "-my-group"),
    r"arn:([a-z\d-]+):iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+": (
        "arn:aws:iam::123456789012:role/path/r",
        "arn:aws:iam::12345678901\u0663:role/r",
    ),
    r"arn:([a-z\d-]+):personalize:.*:.*:.+": (SOLUTION_VERSION, SOLUTION_VERSION + "\u2028"),
    "arn:aws.*:kms:.*:[0-9]{12}:key/.*": ("arn:aws:kms:us-east-1:123456789012:key/k", "key/k"),
    r"rate\(\d+ days?\)": ("rate(7 days)", "rate(7 hours)"),
    r"^[\x20-\x7E]*[\x21-\x7E]+[\x20-\x7E]*$": (" source ", "   "),
}


def test_every_pattern_of_the_models_has_its_examples() -> None:
    patterns = {
        shape["pattern"]
        for service in shapes.SERVICES
        for shape in raw_model(service)["shapes"].values()
        if "pattern" in shape
    }
    assert patterns == set(EXAMPLES)


@pytest.mark.parametrize("pattern", EXAMPLES)
def test_patterns_mean_what_java_means(pattern: str) -> None:
    good, bad = EXAMPLES[pattern]
    assert constraints.compile_pattern(pattern).fullmatch(good)
    assert not constraints.compile_pattern(pattern).fullmatch(bad)
    for text in (good, bad):
        if text.isascii():
            quick = constraints.compile_pattern(pattern, ascii_only=True)
            assert (quick.fullmatch(text) is None) is (text == bad)


@pytest.mark.parametrize("category", ["L", "Z", "N"])
def test_java_categories(category: str) -> None:
    compiled = constraints.compile_pattern(rf"\p{{{category}}}")
    for character in map(chr, range(0, 0x110000, 7)):
        assert bool(compiled.fullmatch(character)) is (unicodedata.category(character)[0] == category)


@pytest.mark.parametrize("pattern", [r"[a&&[b]]", r"[a[b]]", r"\P{L}", r"\p{IsGreek}", r"\p{Lu}"])
def test_java_that_is_not_translated(pattern: str) -> None:
    with pytest.raises(ValueError, match="not translated"):
        constraints.compile_pattern(pattern)


# --- timestamps --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wire", "microseconds"),
    [
        (0, 0),
        (1646730000, 1646730000_000_000),
        (1552507038.214, 1552507038_214_000),
        (-1.5, -1_500_000),
        (1646730000000, 1646730000000_000_000),
        ("1646730000", 1646730000_000_000),
        ("1646730000.5", 1646730000_500_000),
        ("1.64673E9", 1646730000_000_000),
        ("2022-03-08T09:00:00Z", 1646730000_000_000),
        ("2022-03-08T10:00:00.25+01:00", 1646730000_250_000),
        ("2022-03-08T09:00:00", 1646730000_000_000),
        ("2022-03-08", 1646697600_000_000),
    ],
)
def test_timestamps(wire: object, microseconds: int) -> None:
    request = events(sentAt=wire)
    assert PUT_EVENTS.problems(request) == []
    parsed = PUT_EVENTS.parse(request)
    assert parsed == events(sentAt=microseconds)
    assert type(parsed["eventList"][0]["sentAt"]) is int
    assert request == events(sentAt=wire), "the request itself is left alone"


@pytest.mark.parametrize(
    "wire", [math.nan, math.inf, -math.inf, 1e300, 10**30, "", "soon", "nan", "1_0", "٣", " 1", True, [], {}]
)
def test_what_is_no_timestamp(wire: object) -> None:
    (problem,) = PUT_EVENTS.problems(events(sentAt=wire))
    assert problem.endswith("Member must be of type Timestamp")


def test_requests_without_timestamps_pass_as_they_are() -> None:
    request = {"campaignArn": SOLUTION_VERSION, "userId": None}
    assert GET_RECOMMENDATIONS.parse(request) is request


# --- answers -----------------------------------------------------------------------------------------------


@pytest.mark.rule("requests.time-in-milliseconds")
def test_answers_are_compact_json() -> None:
    describe = operation("personalize", "DescribeDatasetGroup")
    result = {"datasetGroup": {"name": "é", "domain": None, "creationDateTime": 1552507038_214_999}}
    assert describe.serialise(result) == ('{"datasetGroup":{"name":"é","creationDateTime":1552507038.214}}'.encode())
    items = [{"itemId": "1", "score": 7.8e-05, "metadata": {"title": "t"}}, {"itemId": "2", "score": 1}]
    assert GET_RECOMMENDATIONS.serialise({"itemList": items, "recommendationId": "RID-1"}) == (
        b'{"itemList":[{"itemId":"1","score":7.8e-05,"metadata":{"title":"t"}},{"itemId":"2","score":1}],'
        b'"recommendationId":"RID-1"}'
    )
    assert GET_RECOMMENDATIONS.serialise({}) == b"{}"


def test_operations_that_answer_nothing() -> None:
    """Source: spec 09 resp-014."""
    assert PUT_EVENTS.serialise({}) == b""
    assert operation("personalize", "TagResource").serialise({}) == b""
    with pytest.raises(shapes.ModelMismatch, match="answers nothing"):
        PUT_EVENTS.serialise({"itemList": []})


@pytest.mark.parametrize(
    "result",
    [
        {"items": []},
        {"itemList": [{"id": "1"}]},
        {"itemList": {}},
        {"itemList": [None]},
        {"itemList": [{"itemId": 1}]},
        {"itemList": [{"itemId": "\ud800"}]},
        {"itemList": [{"score": "1"}]},
        {"itemList": [{"score": True}]},
        {"itemList": [{"score": math.nan}]},
        {"itemList": [{"metadata": {1: "t"}}]},
    ],
)
def test_answers_which_the_model_does_not_have(result: dict[str, Any]) -> None:
    with pytest.raises(shapes.ModelMismatch):
        GET_RECOMMENDATIONS.serialise(result)


def test_errors_of_the_two_protocols() -> None:
    assert CREATE_GROUP.error("ResourceAlreadyExistsException", "é exists") == (
        400,
        {"Content-Type": "application/x-amz-json-1.1"},
        '{"__type":"ResourceAlreadyExistsException","message":"é exists"}'.encode(),
    )
    put_items = operation("personalize-events", "PutItems")
    for code, status in {
        "InvalidInputException": 400,
        "ResourceNotFoundException": 404,
        "ResourceInUseException": 409,
        "ThrottlingException": 400,
    }.items():
        assert put_items.error(code, "m") == (
            status,
            {"Content-Type": "application/json", "x-amzn-ErrorType": code},
            b'{"message":"m"}',
        )
    with pytest.raises(shapes.ModelMismatch, match="does not declare"):
        PUT_EVENTS.error("ResourceNotFoundException", "m")
    assert shapes.unknown_operation("personalize")[2].startswith(b'{"__type":"UnknownOperationException"')
    assert shapes.unknown_operation("personalize-events")[0] == 404


# --- through boto3's own parser ----------------------------------------------------------------------------


class Body:
    """What botocore reads a response from."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def stream(self, *_: object, **__: object) -> list[bytes]:
        return [self.content]


@functools.cache
def session() -> botocore.session.Session:
    made = botocore.session.Session()
    made.set_credentials("testing", "testing")
    return made


def client(service: str, *answers: shapes.Answer) -> Any:
    """A botocore client whose requests get these answers, one after the other."""
    config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
    made = session().create_client(service, region_name="us-east-1", config=config)
    coming = iter(answers)

    def answer(request: Any, **_: Any) -> AWSResponse:
        status, headers, body = next(coming)
        return AWSResponse(request.url, status, headers, Body(body))

    made.meta.events.register("before-send", answer)
    return made


@pytest.mark.parametrize("service", shapes.SERVICES)
def test_every_declared_error_is_typed_in_boto3(service: str) -> None:
    names = [*raw_model(service)["operations"]]
    cases = [(operation(service, name), code) for name in names for code in operation(service, name).errors]
    asking = client(service, *(found.error(code, "because") for found, code in cases))
    for found, code in cases:
        with pytest.raises(asking.exceptions.from_code(code), match="because") as caught:
            getattr(asking, xform_name(found.name))()
        assert caught.value.response["Error"] == {"Code": code, "Message": "because"}
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == found.errors[code]


@pytest.mark.parametrize("code", sorted(shapes.COMMON_ERRORS))
def test_common_errors_are_client_errors(code: str) -> None:
    for found in (CREATE_GROUP, PUT_EVENTS):
        asking = client(found.service, found.error(code, "because"))
        with pytest.raises(ClientError, match=rf"\({code}\).*because"):
            getattr(asking, xform_name(found.name))()


def test_a_client_raises_and_reads_what_is_written() -> None:
    refused = client("personalize", CREATE_GROUP.error("LimitExceededException", "too many"))
    with pytest.raises(refused.exceptions.LimitExceededException, match="too many"):
        refused.create_dataset_group(name="g")
    gone = client("personalize-runtime", GET_RECOMMENDATIONS.error("ResourceNotFoundException", "gone"))
    with pytest.raises(gone.exceptions.ResourceNotFoundException, match="gone") as caught:
        gone.get_recommendations(userId="u")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    describe = operation("personalize", "DescribeDatasetGroup")
    body = describe.serialise({"datasetGroup": {"creationDateTime": 1552507038_214_000}})
    group = client("personalize", (200, {}, body)).describe_dataset_group(datasetGroupArn=SOLUTION_VERSION)
    assert group["datasetGroup"]["creationDateTime"].timestamp() == 1552507038.214
    accepted = client("personalize-events", (200, {}, PUT_EVENTS.serialise({})))
    assert set(accepted.put_events(**events())) == {"ResponseMetadata"}
