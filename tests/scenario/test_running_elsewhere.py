"""`personalize-simulator run --endpoint-url` and `--aws`, against a second simulator over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import boto3
import pytest
from click.testing import CliRunner, Result

from simulator.cli import elsewhere as under_test
from simulator.cli import main
from simulator.cli.telling import Teller
from simulator.remote import Endpoint
from simulator.scenario import Event, StepEnded
from simulator.scenario.endpoints import RealClock
from simulator.server.endpoint import serving

STORY = """
name: A group
simulate: {start: "2024-01-01T00:00:00Z"}
steps:
  - {call: personalize.create_dataset_group, with: {name: films}, save: {group: datasetGroupArn}}
  - wait_until:
      call: personalize.describe_dataset_group
      with: {datasetGroupArn: "${group}"}
      value: datasetGroup.status
      equals: ACTIVE
      within: {minutes: 1}
  - {call: s3.create_bucket, with: {Bucket: films}}
"""
ALONE = """
name: Alone
steps:
  - call: personalize.list_dataset_groups
    source: nobody has said so
    expect: [{value: length(datasetGroups), equals: 0}]
  - {call: personalize.create_dataset_group, with: {name: films}}
"""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    with serving(["--durations", "instant"]) as running:
        yield running


@pytest.fixture
def story(tmp_path: Path) -> Path:
    file = tmp_path / "story.yaml"
    file.write_text(STORY)
    return file


@pytest.fixture
def at_aws(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    """A machine whose configuration says that AWS is the server, and whose time does not pass."""
    for name, value in endpoint.environment.items():
        monkeypatch.setenv(name, value)

    def no_sleep(seconds: float) -> None:
        raise AssertionError(f"a test that sleeps for {seconds} seconds")

    monkeypatch.setattr(under_test, "RealClock", lambda longest: RealClock(longest, sleep=no_sleep))
    return endpoint


def run(*arguments: str | Path, typed: str | None = None) -> Result:
    return CliRunner().invoke(main, ["run", *map(str, arguments)], input=typed)


def created(endpoint: Endpoint) -> set[str]:
    """The names of all groups that have ever been created there."""
    return {each["subject"] for each in endpoint.journal(operation="CreateDatasetGroup")}


def test_no_differences_is_exit_code_0(endpoint: Endpoint, story: Path) -> None:
    result = run(story, "--endpoint-url", endpoint.url)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "3/3  s3.create_bucket" in result.stdout
    assert f"no differences on {endpoint.url}: 3 of 3 steps" in result.stdout


def test_differences_are_told_and_are_exit_code_1(endpoint: Endpoint, story: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone.yaml"
    alone.write_text(ALONE)
    results, junit = tmp_path / "results.json", tmp_path / "results.xml"
    keys = {"region_name": "us-east-1", "aws_access_key_id": "FOOBARKEY", "aws_secret_access_key": "FOOBARSECRET"}
    personalize = boto3.client("personalize", endpoint_url=endpoint.url, **keys)
    group = personalize.create_dataset_group(name="others")["datasetGroupArn"]
    try:
        result = run(alone, story, "--endpoint-url", endpoint.url, "--json", results, "--junit", junit)
        assert [each["name"] for each in personalize.list_dataset_groups()["datasetGroups"]] == ["others"]
    finally:
        personalize.delete_dataset_group(datasetGroupArn=group)
    assert result.exit_code == 1
    assert f"  {alone}:4: step 1, 'personalize.list_dataset_groups'\n" in result.stdout
    assert "      personalize.list_dataset_groups: length(datasetGroups) equals 0: it is 1, not 0\n" in result.stdout
    assert "        source: nobody has said so\n" in result.stdout
    assert f"no differences on {endpoint.url}" in result.stdout  # of the second scenario
    told = json.loads(results.read_bytes())
    assert (told["exit_code"], told["where"], told["not_played"]) == (1, endpoint.url, [])
    assert [[each["kind"] for each in one["differences"]] for one in told["comparisons"]] == [
        ["answer", "expected"],
        [],
    ]
    suites = ElementTree.parse(junit).getroot()
    assert (suites.get("tests"), suites.get("failures"), suites.get("errors")) == ("2", "1", "0")
    assert "it is 1, not 0" in "".join(suites.itertext())


def test_what_does_not_hold_here_is_not_played_there(endpoint: Endpoint, tmp_path: Path, story: Path) -> None:
    fails, broken = tmp_path / "fails.yaml", tmp_path / "broken.yaml"
    fails.write_text("name: x\nsteps: [{call: personalize.list_schemas, expect: [{value: schemas, equals: 1}]}]\n")
    broken.write_text("name: [")
    asked = len(endpoint.journal(operation="ListSchemas"))
    result = run(fails, "--endpoint-url", endpoint.url)
    assert result.exit_code == 1
    assert "does not hold in this process" in result.stderr
    assert len(endpoint.journal(operation="ListSchemas")) == asked
    junit = tmp_path / "results.xml"
    result = run(broken, fails, story, "--endpoint-url", endpoint.url, "--junit", junit)
    assert result.exit_code == 2  # and the last was played all the same
    suites = ElementTree.parse(junit).getroot()
    assert (suites.get("tests"), suites.get("failures"), suites.get("errors")) == ("3", "0", "2")
    assert "does not hold in this process" in "".join(suites.itertext())
    assert "no differences" in result.stdout


def test_ctrl_c_is_exit_code_130_and_nothing_is_left(
    endpoint: Endpoint, story: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(teller: Teller, event: Event) -> None:
        if isinstance(event, StepEnded):
            raise KeyboardInterrupt

    monkeypatch.setattr(Teller, "hear", interrupt)
    before, results = created(endpoint), tmp_path / "results.json"
    result = run(story, story.parent, "--endpoint-url", endpoint.url, "--json", results)
    assert result.exit_code == 130
    assert "1 of 3 steps" in result.stdout or "0 of 3 steps" in result.stdout
    assert json.loads(results.read_bytes())["comparisons"][0]["interrupted"]
    [name] = created(endpoint) - before
    arn = f"arn:aws:personalize:us-east-1:123456789012:dataset-group/{name}"
    assert "DELETED" in [each["status"] for each in endpoint.journal("statuses", arn=arn)]


def test_nobody_there_is_exit_code_2(story: Path) -> None:
    result = run(story, "--endpoint-url", "http://127.0.0.1:1")
    assert result.exit_code == 2
    assert "does not answer" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--aws", "--endpoint-url", "http://127.0.0.1:1"], "two places"),
        (["--yes"], "--endpoint-url or --aws"),
        (["--patience", "2"], "--endpoint-url or --aws"),
        (["--longest", "2"], "--endpoint-url or --aws"),
        (["--yes", "--endpoint-url", "http://127.0.0.1:1"], "--yes is for --aws"),
        (["--save", "x.world", "--endpoint-url", "http://127.0.0.1:1"], "--load and --save"),
        (["--aws"], "no terminal"),
    ],
)
def test_options_that_make_no_sense_are_refused(arguments: list[str], told: str, story: Path) -> None:
    result = run(story, *arguments)
    assert result.exit_code == 2
    assert told in " ".join(result.stderr.split())


def test_on_aws_the_estimate_comes_first_and_nothing_without_a_yes(
    at_aws: Endpoint, story: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))
    before = created(at_aws)
    result = run(story, "--aws", typed="n\n")
    assert result.exit_code == 1
    assert "On AWS it takes about" in result.stdout
    assert "USD" in result.stdout
    assert "Create all this on AWS, and pay for it? [y/N]" in result.stderr
    assert created(at_aws) == before
    result = run(story, "--aws", typed="y\n")
    assert result.exit_code == 0
    assert len(created(at_aws) - before) == 1


def test_on_aws_it_is_the_same_path(at_aws: Endpoint, story: Path) -> None:
    before = created(at_aws)
    result = run(story, story, "--aws", "--yes", "-v")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.index("USD") < result.stdout.index("1/3")
    assert "no differences on AWS: 3 of 3 steps" in result.stdout
    [name] = created(at_aws) - before  # a file that is named twice is played once
    assert name.startswith("films-")
    arn = f"arn:aws:personalize:us-east-1:123456789012:dataset-group/{name}"
    assert "DELETED" in [each["status"] for each in at_aws.journal("statuses", arn=arn)]


@pytest.mark.parametrize("missing", ["AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID"])
def test_on_aws_a_region_and_credentials_are_needed(
    at_aws: Endpoint, story: Path, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(missing)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    before = created(at_aws)
    result = run(story, "--aws", "--yes")
    assert result.exit_code == 2
    assert ("no region" if missing == "AWS_DEFAULT_REGION" else "redentials") in result.stderr
    assert created(at_aws) == before
