"""The results of runs: what the command writes as JSON and as JUnit XML."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from click.testing import CliRunner, Result

from simulator.cli import main
from simulator.scenario.junit import as_junit
from simulator.scenario.results import Failure, Results, ScenarioResult, as_json, results_of

SHOP = """\
name: the shop
source: a page
marks: [slow]
simulate: {start: "2022-03-08T09:00:00Z"}
steps:
- {name: make it, call: personalize.create_dataset_group, with: {name: shop}, save: {arn: datasetGroupArn}, rule: made}
cases:
- name: holds
  source: another page
  steps:
  - wait_until:
      call: personalize.describe_dataset_group
      with: {datasetGroupArn: "${arn}"}
      value: datasetGroup.status
      equals: ACTIVE
      seen: [CREATE PENDING, CREATE IN_PROGRESS, ACTIVE]
      within: {minutes: 5}
    expect: [{value: datasetGroup.name, equals: shop, rule: named, source: seen}]
  - call: personalize.delete_dataset_group
    with: {datasetGroupArn: nonsense}
    raises: {code: ValidationException}
- name: does not
  steps:
  - {tick: {minutes: 1}}
  - name: look
    call: personalize.describe_dataset_group
    with: {datasetGroupArn: "${arn}"}
    rule: other
    expect:
    - {value: datasetGroup.status, equals: ACTIVE}
    - {value: datasetGroup.name, same_items_as: ["<&\\u0001>"]}
    - {value: datasetGroup.name, equals: never looked at}
  - {tick: {minutes: 1}}
"""
NOW = datetime(2022, 3, 8, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.yaml").write_text(SHOP)
    (tmp_path / "wrong.yaml").write_text("name: x\nsteps: [{tick: {hours: soon}}]\n")
    (tmp_path / "late.yaml").write_text("name: late\nsteps: [{tick: {hours: 1}}, {call: personalize.no_such}]\n")
    return tmp_path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["run", *map(str, arguments)])


def test_everything_of_a_run_is_in_the_json(folder: Path) -> None:
    file = folder / "results.json"
    assert run(folder / "shop.yaml", "--json", file).exit_code == 1
    results = msgspec.json.decode(file.read_bytes(), type=Results, strict=True)
    assert (results.format, results.ending, results.interrupted) == (1, "failed", False)
    assert (results.held, results.failed, results.invalid) == (1, 1, 0)
    held, failed = results.scenarios
    assert (held.file, held.line, held.title, held.ending) == (str(folder / "shop.yaml"), 8, "the shop: holds", "held")
    assert (held.rules, held.source, held.marks) == (["made", "named"], "another page", ["slow"])
    assert (str(held.began), str(held.ended)) == ("2022-03-08 09:00:00+00:00", "2022-03-08 09:00:30+00:00")
    assert 0 < sum(step.seconds or 0 for step in held.steps) <= held.seconds <= results.seconds < 60
    assert [(step.number, step.title, step.line, step.calls, step.ending) for step in held.steps] == [
        (1, "make it", 6, 1, "held"),
        (2, "wait until describe_dataset_group says so", 11, 3, "held"),
        (3, "personalize.delete_dataset_group", 19, 1, "held"),
    ]
    assert held.calls == 5
    became, seen, named = held.steps[1].expectations
    ways = ["CREATE PENDING", "CREATE IN_PROGRESS", "ACTIVE"]
    assert (became.comparison, became.found, became.wanted, became.value) == ("becomes", ways, "ACTIVE", None)
    assert (seen.comparison, seen.wanted, seen.held, seen.line) == ("seen", ways, True, 16)
    assert (named.comparison, named.value, named.found, named.rule) == ("equals", "datasetGroup.name", "shop", "named")
    assert (named.source, named.line, named.difference) == ("seen", 18, None)
    [raised] = held.steps[2].expectations
    assert (raised.comparison, raised.wanted) == ("raises", {"code": "ValidationException"})
    assert raised.found["code"] == "ValidationException"

    assert [step.ending for step in failed.steps] == ["held", "held", "failed", "not_played"]
    looked, compared = failed.steps[2].expectations
    assert (looked.held, looked.found, looked.wanted, looked.rule) == (True, "ACTIVE", "ACTIVE", "other")
    assert (compared.held, compared.found, compared.wanted, compared.line) == (False, "shop", ["<&\u0001>"], 31)
    assert failed.steps[3].began is None
    told = failed.failure
    assert told is not None
    assert (told.step, told.title, told.line, told.rule, told.error) == (3, "look", 25, "other", None)
    assert told.difference == compared.difference == 'it cannot be compared: a list is wanted, not "shop"'
    assert told.expected == 'datasetGroup.name same items as ["<&\\u0001>"]'
    assert told.request is not None
    assert told.request.startswith("personalize.describe_dataset_group {")
    assert told.answer["datasetGroup"]["name"] == "shop"
    assert told.report.startswith(
        f"{folder / 'shop.yaml'}:25: step 3 of 4, 'look', did not hold at 2022-03-08 09:01:00"
    )
    assert failed.ended == told.now


def test_a_file_that_makes_no_sense_is_a_result(folder: Path) -> None:
    result = run(folder / "late.yaml", folder / "wrong.yaml", "--json", "-")
    assert result.exit_code == 2
    late, wrong = json.loads(result.stdout)["scenarios"]
    assert (late["title"], late["ending"], late["fault"]["line"]) == ("late", "invalid", 2)
    assert "boto3's personalize client has no operation no_such" in late["fault"]["message"]
    assert (wrong["title"], wrong["ending"]) == (str(folder / "wrong.yaml"), "invalid")
    assert (wrong["fault"]["line"], wrong["fault"]["column"]) == (2, 17)


def test_values_that_are_no_json_of_themselves() -> None:
    """A JSON Lines file of the service's, or of one's own, can hold what JSON cannot be written with."""
    failure = Failure(step=1, title="x", file="f", line=1, now=NOW, report="r", answer=["\ud800", float("nan"), 10**30])
    written = as_json(results_of([ScenarioResult(file="f", line=1, title="x", ending="failed", failure=failure)], 0.5))
    read = json.loads(written, parse_constant=pytest.fail)
    assert read["scenarios"][0]["failure"]["answer"] == ["\\ud800", None, 10**30]


# What Jenkins' schema of JUnit files allows: attributes (those in capitals must be there) and elements within.
ALLOWED = {
    "testsuites": ("name time tests failures errors", "testsuite"),
    "testsuite": ("NAME TESTS FAILURES ERRORS time skipped timestamp hostname id package file", "testcase properties"),
    "testcase": ("NAME time classname group", "skipped error failure system-out system-err"),
    "failure": ("type message", ""),
    "error": ("type message", ""),
    "system-out": ("", ""),
}


def check_structure(element: ElementTree.Element) -> None:
    attributes, within = (set(each.split()) for each in ALLOWED[element.tag])
    required = {name.lower() for name in attributes if name.isupper()}
    assert required <= set(element.attrib) <= {name.lower() for name in attributes}
    if "time" in element.attrib:
        assert re.fullmatch(r"\d+\.\d{3}", element.attrib["time"])
    for child in element:
        assert child.tag in within
        check_structure(child)


def test_the_junit_file(folder: Path) -> None:
    file = folder / "results.xml"
    assert run(folder, "--junit", file).exit_code == 2
    root = ElementTree.parse(file).getroot()
    check_structure(root)
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("4", "1", "2")
    late, shop, wrong = root
    assert [each.get("name") for each in root] == [
        str(folder / name) for name in ("late.yaml", "shop.yaml", "wrong.yaml")
    ]
    assert [(each.get("tests"), each.get("failures"), each.get("errors")) for each in root] == [
        ("1", "0", "1"),
        ("2", "1", "0"),
        ("1", "0", "1"),
    ]
    assert [each.get("name") for each in shop] == ["the shop: holds", "the shop: does not"]
    assert [each.tag for each in shop[0]] == ["system-out"]
    assert shop[0][0].text == f"{folder / 'shop.yaml'}:8\nrule: made\nrule: named"
    [failure, _] = shop[1]
    assert failure.get("message", "").startswith(f"{folder / 'shop.yaml'}:25: step 3 of 4")
    assert "\n  difference:  it cannot be compared" in (failure.text or "")
    assert "has no operation no_such" in (late[0][0].text or "")
    assert "a number is wanted here" in wrong[0][0].get("message", "")
    assert shop[0].get("classname", "").endswith(".shop")


def test_what_xml_cannot_hold_is_escaped() -> None:
    failure = Failure(step=1, title="x", file="f", line=1, now=NOW, report="bell \x07 <&> \ud800 ü\nmore")
    results = results_of([ScenarioResult(file="f", line=1, title="a \x00", ending="failed", failure=failure)], 0.5)
    case = ElementTree.fromstring(as_junit(results))[0][0]
    assert case.get("name") == "a \\x00"
    assert case[0].get("message") == "bell \\x07 <&> \\ud800 ü"
    assert case[0].text == "bell \\x07 <&> \\ud800 ü\nmore"
