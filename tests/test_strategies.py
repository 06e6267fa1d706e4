"""Requests made from the service model, valid and with one place at fault, as boto3 and the service take them."""

from __future__ import annotations

import importlib
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import jmespath
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError, ParamValidationError
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from support import Account, account

from simulator import NotSimulatedWarning, Simulation, simulate
from simulator.aws.shapes import SERVICES, service_model
from simulator.resources.dump import dump
from simulator.strategies import Invalid, invalid_requests, requests
from simulator.strategies.from_model import input_shape
from simulator.strategies.model_faults import places, spoilt_at

OPERATIONS = [(service, name) for service in SERVICES for name in sorted(service_model(service).operation_names)]
CLIENTS = {"personalize": "personalize", "personalize-events": "events", "personalize-runtime": "runtime"}
ARN = "arn:aws:personalize:us-east-1:123456789012:campaign/films"

few = settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
of_all_operations = pytest.mark.parametrize(("service", "name"), OPERATIONS, ids=[name for _, name in OPERATIONS])


@pytest.fixture(scope="module")
def running() -> Iterator[Simulation]:
    """One for all operations: nothing of what they make is asked for."""
    with warnings.catch_warnings(), simulate(start="2022-03-08T09:00:00Z", durations="instant") as running:
        warnings.simplefilter("ignore", NotSimulatedWarning)
        yield running


@pytest.fixture(scope="module")
def there(running: Simulation) -> Account:
    return account()


def method(there: Account, service: str, name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(getattr(there, CLIENTS[service]), xform_name(name))
    return found


def refusal_of(call: Callable[..., Any], parameters: dict[str, Any]) -> str:
    """The message that a call is refused with, or nothing."""
    try:
        call(**parameters)
    except ClientError as refusal:
        return str(refusal.response["Error"]["Message"])
    return ""


# --- valid requests ----------------------------------------------------------------------------------------


@of_all_operations
def test_valid_requests_pass_all_checks_of_the_model(there: Account, service: str, name: str) -> None:
    """What else can be wrong with them is not the model's: a resource that is not there, a rule that is broken."""
    call = method(there, service, name)

    @few
    @given(requests(service, name))
    def passes(parameters: dict[str, Any]) -> None:
        message = refusal_of(call, parameters)
        assert "validation error" not in message
        assert "does not simulate" not in message

    passes()


def test_valid_requests_have_every_member_now_and_then() -> None:
    seen: set[str] = set()

    @settings(few, max_examples=60)
    @given(requests("personalize-runtime", "get_recommendations"))
    def collect(parameters: dict[str, Any]) -> None:
        seen.update(parameters)

    collect()
    assert seen == set(input_shape("personalize-runtime", "GetRecommendations").members)


def test_known_values_stand_where_their_member_or_shape_does() -> None:
    known = {"campaignArn": st.just(ARN), "FilterAttributeValue": st.just('"a"'), "filterArn": st.just(ARN)}
    found: dict[str, Any] = find(
        requests("personalize-runtime", "get_recommendations", known=known),
        lambda each: "campaignArn" in each and each.get("filterValues"),
        settings=settings(database=None, derandomize=True),
    )
    assert found == {"campaignArn": ARN, "filterValues": {"0": '"a"'}}


def test_the_smallest_requests_are_readable() -> None:
    quiet = settings(database=None, derandomize=True, phases=[Phase.generate])  # the first is the smallest
    assert find(requests("personalize", "create_schema"), lambda _: True, settings=quiet) == {"name": "0", "schema": ""}
    tracker = find(requests("personalize", "CreateEventTracker"), lambda _: True, settings=quiet)
    assert tracker == {"name": "0", "datasetGroupArn": "arn:0:personalize:::0"}


@pytest.mark.parametrize(
    ("service", "name"), [("personalize", "put_events"), ("s3", "put_object"), ("personalize", "put_item")]
)
def test_services_and_operations_that_do_not_exist(service: str, name: str) -> None:
    for strategy in (requests, invalid_requests):
        with pytest.raises(ValueError, match=name if service == "personalize" else service):
            strategy(service, name)


# --- invalid requests --------------------------------------------------------------------------------------

IN_CLIENT = {
    "required": "Missing required parameter in ",
    "unknown": "Unknown parameter in ",
    "type": "Invalid type for ",
    "min": "Invalid (length|value) for parameter ",
}
IN_SERVICE = {
    "max": "(less than or equal to|must satisfy constraint: )",
    "pattern": "(regular expression pattern|must satisfy constraint: )",
    "enum": "(enum value set|must satisfy constraint: )",
}


def check(call: Callable[..., Any], service: str, invalid: Invalid[dict[str, Any]]) -> None:
    """It is refused, with the code and for the one reason that it names."""
    try:
        call(**invalid.value)
    except ParamValidationError as refusal:
        assert invalid.code == "ParamValidationError", invalid
        told = str(refusal).partition("\n")[2]
        assert re.match(IN_CLIENT[invalid.constraint], told), (invalid, told)
        assert len(re.findall("|".join(IN_CLIENT.values()), told)) == 1, (invalid, told)
        assert re.findall(r"\w+", invalid.member)[-1] in told, (invalid, told)
    except ClientError as refusal:
        error = refusal.response["Error"]
        assert error["Code"] == invalid.code, invalid
        assert invalid.code == ("ValidationException" if service == "personalize" else "InvalidInputException")
        assert error["Message"].startswith("1 validation error detected: "), invalid
        assert re.search(IN_SERVICE[invalid.constraint], error["Message"]), (invalid, error)
    else:
        pytest.fail(f"not refused: {invalid}")


@of_all_operations
def test_every_place_of_every_operation_is_refused_where_it_is_broken(
    running: Simulation, there: Account, service: str, name: str
) -> None:
    call, shape = method(there, service, name), input_shape(service, name)

    @settings(few, max_examples=2, phases=[Phase.generate])  # shrinking would take long: an example is many calls
    @given(st.data())
    def refused(data: st.DataObject) -> None:
        valid = st.just(data.draw(requests(service, name)))
        before = dump(running._host.world)
        for place in places(shape, {}):
            invalid = data.draw(spoilt_at(service, shape, [place], valid, {}))
            check(call, service, invalid)
        assert dump(running._host.world) == before

    refused()


@settings(few, max_examples=100)
@given(invalid=invalid_requests("personalize-runtime", "GetRecommendations", known={"campaignArn": st.just(ARN)}))
def test_the_place_at_fault_is_a_jmespath(there: Account, invalid: Invalid[dict[str, Any]]) -> None:
    check(there.runtime.get_recommendations, "personalize-runtime", invalid)
    found = jmespath.search(invalid.member, invalid.value)
    assert (found is None) == (invalid.constraint == "required")
    assert invalid.value.get("campaignArn") in (ARN, None) or invalid.member == "campaignArn"


@pytest.mark.parametrize(
    ("constraint", "code", "value"),
    [
        ("required", "ParamValidationError", {"schema": "{}"}),
        ("type", "ParamValidationError", {"name": 7, "schema": "{}"}),
        ("min", "ParamValidationError", {"name": "", "schema": "{}"}),
        ("max", "ValidationException", {"name": "film" + "s" * 60, "schema": "{}"}),
        ("pattern", "ValidationException", {"name": "!", "schema": "{}"}),
        ("enum", "ValidationException", {"name": "films", "schema": "{}", "domain": "ecommerce"}),
        ("unknown", "ParamValidationError", {"name": "films", "schema": "{}", "unknown": "x"}),
    ],
)
def test_the_smallest_faults_are_readable(constraint: str, code: str, value: dict[str, Any]) -> None:
    found = find(
        invalid_requests("personalize", "create_schema", known={"name": st.just("films"), "schema": st.just("{}")}),
        lambda invalid: invalid.constraint == constraint,
        settings=settings(database=None, derandomize=True),
    )
    assert (found.code, found.value) == (code, value)


# --- the package -------------------------------------------------------------------------------------------


def test_without_hypothesis_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    monkeypatch.delitem(sys.modules, "simulator.strategies")
    with pytest.raises(ImportError, match=re.escape('pip install "personalize-simulator[strategies]"')):
        importlib.import_module("simulator.strategies")
