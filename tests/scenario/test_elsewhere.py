"""The same scenario on a server over HTTP: what differs is listed, and nothing is left there."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from simulator.clock import SimulatorError
from simulator.remote import Endpoint
from simulator.resources.solution_versions import BILLED_HOURS_PER_HOUR
from simulator.scenario import Event, Overrides, ScenarioFailed, ScenarioInvalid, StepEnded, load
from simulator.scenario.elsewhere import Comparison, Reference, compare, reference_of
from simulator.scenario.endpoints import RealClock, Remote, server
from simulator.scenario.estimates import estimate, prices
from simulator.scenario.loading import parse
from simulator.scenario.names import Names, suffix_of
from simulator.server.endpoint import serving

ARTICLE = Path(__file__).parents[2] / "scenarios" / "article.yaml"
HEAD = "name: a story\nsimulate: {start: '2022-03-08T09:00:00Z', profile: '2022'}\nsteps:\n"
GROUP = """
- {call: personalize.create_dataset_group, with: {name: films}, save: {group: datasetGroupArn}}
- wait_until:
    call: personalize.describe_dataset_group
    with: {datasetGroupArn: "${group}"}
    value: datasetGroup.status
    equals: ACTIVE
    within: {minutes: 5}
"""
SCHEMA = """
- call: personalize.create_schema
  with:
    name: films
    schema: |
      {"type": "record", "name": "Interactions", "namespace": "com.amazonaws.personalize.schema", "version": "1.0",
       "fields": [{"name": "USER_ID", "type": "string"}, {"name": "ITEM_ID", "type": "string"},
                  {"name": "TIMESTAMP", "type": "long"}]}
  save: {schema: schemaArn}
"""
DATASET = """
- call: personalize.create_dataset
  with: {name: films, datasetGroupArn: "${group}", schemaArn: "${schema}", datasetType: Interactions}
  save: {dataset: datasetArn}
"""
BUCKET = """
- {call: s3.create_bucket, with: {Bucket: films}}
- {call: s3.put_object, with: {Bucket: films, Key: films/films.csv, Body: films}}
- call: s3.get_object
  with: {Bucket: films, Key: films/films.csv}
  expect: [{value: Body, equals: films}]
"""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    with serving(["--start", "2020-01-01T00:00:00Z", "--profile", "2022"]) as running:
        yield running


@pytest.fixture(scope="module")
def article() -> Reference:
    return reference_of(load(ARTICLE), Overrides())


def on(endpoint: Endpoint, steps: str, seed: int = 1, **more: Any) -> Comparison:
    """A comparison of steps in this process and on a server."""
    reference = reference_of(parse(HEAD + steps, "story.yaml"), Overrides())
    return compare(reference, stage(endpoint, seed), endpoint.url, **more)


def stage(endpoint: Endpoint, seed: int = 1, region: str | None = None, clock: RealClock | None = None) -> Remote:
    names = Names(suffix_of(seed))
    return server(endpoint.url, region=region, seed=0, names=names, clock=clock or RealClock(sleep=_no_sleep))


def _no_sleep(seconds: float) -> None:
    raise AssertionError(f"a test that sleeps for {seconds} seconds")


def what_there_is(endpoint: Endpoint, region: str = "us-east-1") -> list[str]:
    """The names of all that is on a server."""
    keys = {"region_name": region, "aws_access_key_id": "FOOBARKEY", "aws_secret_access_key": "FOOBARSECRET"}
    clients = {each: boto3.client(each, endpoint_url=endpoint.url, **keys) for each in ("personalize", "s3", "iam")}
    personalize = clients["personalize"]
    found = [
        *personalize.list_dataset_groups()["datasetGroups"],
        *personalize.list_schemas()["schemas"],
        *personalize.list_datasets()["datasets"],
        *personalize.list_solutions()["solutions"],
        *personalize.list_campaigns()["campaigns"],
        *personalize.list_event_trackers()["eventTrackers"],
    ]
    roles = [each["RoleName"] for each in clients["iam"].list_roles()["Roles"]]
    return [each["name"] for each in found] + [each["Name"] for each in clients["s3"].list_buckets()["Buckets"]] + roles


def test_the_article_is_the_same_there_and_leaves_nothing(article: Reference, endpoint: Endpoint) -> None:
    scenario = article.scenario
    region = scenario.content.simulate.region
    found = compare(article, stage(endpoint, region=region), endpoint.url)
    assert found.differences == []
    assert found.left == []
    assert {each.kind for each in found.records} == {"DatasetImportJob", "DatasetExportJob"}
    assert found.played == found.steps == len(scenario.steps)
    assert found.calls > 300
    assert found.began == datetime.fromisoformat("2022-03-08T09:00:00Z")  # its own start, to which the clock was moved
    assert found.ended - found.began >= article.length
    assert what_there_is(endpoint, "ap-northeast-1") == []
    groups = {each["subject"] for each in endpoint.journal(operation="CreateDatasetGroup", region="ap-northeast-1")}
    assert groups == {f"article{suffix_of(1)}"}


def test_the_article_costs_what_it_used(article: Reference) -> None:
    usage = article.usage
    assert usage.training_hours == pytest.approx(
        2 * 24.5 / 60 * BILLED_HOURS_PER_HOUR, rel=0.02
    )  # two trainings of 25 minutes
    assert 2.5 < usage.campaign_tps_hours < 3  # from its creation on, by one TPS
    assert usage.campaign_requests == 12
    assert 0.001 < usage.gigabytes < 0.003  # 80,000 interactions
    told = estimate(article.length, usage, "ap-northeast-1")
    known = prices()
    assert told.cost == pytest.approx(
        usage.gigabytes * known.gigabyte_ingested
        + usage.training_hours * known.training_hour
        + usage.campaign_tps_hours * 3.6 * known.thousand_requests
    )
    assert told.length == article.length + usage.deletions
    assert str(told).startswith("it takes about 3 h 36 min")
    assert f"costs about {told.cost:.2f} USD" in str(told)
    assert known.source in str(told)
    assert "ap-northeast-1 has prices of its own" in str(told)
    assert "prices of its own" not in str(estimate(article.length, usage, "us-east-1"))


def test_an_expectation_that_fails_there_is_listed_with_its_place(endpoint: Endpoint) -> None:
    others = boto3.client(
        "personalize",
        endpoint_url=endpoint.url,
        region_name="us-east-1",
        aws_access_key_id="FOOBARKEY",
        aws_secret_access_key="FOOBARSECRET",
    )
    schema = others.create_schema(name="others", schema=parse(HEAD + SCHEMA, "x").steps[0].with_["schema"])["schemaArn"]
    try:
        found = on(
            endpoint,
            "- name: nothing is there\n  rule: lists.parent\n  call: personalize.list_schemas\n"
            "  expect: [{value: length(schemas), equals: 0}, {value: length(schemas), at_most: 0}]\n" + SCHEMA,
        )
    finally:
        others.delete_schema(schemaArn=schema)
    # Both expectations, not only the first; and the list has a shape that it had not.
    assert [(each.step, each.kind, each.at, each.difference) for each in found.differences] == [
        (1, "answer", "schemas", "a list, not an empty list"),
        (1, "expected", "length(schemas) equals 0", "it is 1, not 0"),
        (1, "expected", "length(schemas) at most 0", "1 is more than 0"),
    ]
    assert found.differences[1].rule == "lists.parent"
    assert (found.differences[1].file, found.differences[1].line) == ("story.yaml", 4)
    assert found.played == 2  # it goes on


def test_a_server_that_differs_is_told_apart_step_by_step() -> None:
    solution = (
        GROUP
        + SCHEMA
        + DATASET
        + "- tick: {minutes: 1}\n"
        + "- call: personalize.create_solution\n"
        + "  with: {name: films, datasetGroupArn: '${group}',"
        + " recipeArn: 'arn:aws:personalize:::recipe/aws-user-personalization'}\n"
        + "  raises: {code: InvalidInputException}\n"
        + "- call: personalize.list_solutions\n  expect: [{value: solutions, equals: []}]\n"
    )
    with serving(["--quotas", '{"active_dataset_groups": 0}']) as strict:
        found = on(strict, solution)
        assert what_there_is(strict) == []
    assert [(each.step, each.kind) for each in found.differences] == [
        (1, "answer"),
        (2, "not_played"),
        (4, "not_played"),
        (6, "not_played"),
    ]
    assert found.differences[0].difference.startswith("the error LimitExceededException: ")
    assert found.differences[1].difference == "there is no ${group}"
    assert found.left == []


def test_a_difference_of_many_calls_is_one_with_their_number(endpoint: Endpoint) -> None:
    rows = (
        "- {data: {rows: [{name: one}, {name: two}, {name: films}]}, save: {names: csv}}\n"
        "- {read: {text: '${names}', as: csv}, save: {rows: rows}}\n"
    )
    each = SCHEMA.replace("- call", "- repeat: {over: '${rows}', as: row}\n  call").replace("films", "${row.name}")
    steps = each.replace("  save: {schema: schemaArn}\n", "")
    there = stage(endpoint)
    reference = reference_of(parse(HEAD + rows + steps, "story.yaml"), Overrides())

    def invalid(params: dict[str, Any], **_: Any) -> None:
        if not params["name"].startswith("films"):
            params["schema"] = "{}"

    make = there.client

    def client(service: str) -> Any:
        made = make(service)
        made.meta.events.register("before-parameter-build.personalize.CreateSchema", invalid)
        return made

    there.client = client  # type: ignore[method-assign]
    found = compare(reference, there, endpoint.url)
    assert [(each.step, each.kind, each.times) for each in found.differences] == [(3, "answer", 2)]
    made = [each for each in endpoint.journal(operation="CreateSchema") if each["subject"].startswith("films-")]
    assert made  # the rows after those that are refused are sent all the same
    assert what_there_is(endpoint) == []


def test_members_that_are_not_in_the_answers_here_are_listed(endpoint: Endpoint) -> None:
    describe = "- {call: personalize.describe_dataset_group, with: {datasetGroupArn: '${group}'}}\n"
    reference = reference_of(parse(HEAD + GROUP + describe, "story.yaml"), Overrides())
    there = stage(endpoint)

    def with_a_domain(params: dict[str, Any], **_: Any) -> None:
        params["domain"] = "ECOMMERCE"

    make = there.client

    def client(service: str) -> Any:
        made = make(service)
        made.meta.events.register("before-parameter-build.personalize.CreateDatasetGroup", with_a_domain)
        return made

    there.client = client  # type: ignore[method-assign]
    found = compare(reference, there, endpoint.url)
    told = {(each.step, each.at, each.difference) for each in found.differences}
    assert told == {
        (1, "domain", "it is there, and should not be"),
        (2, "datasetGroup.domain", "it is there, and should not be"),
        (3, "datasetGroup.domain", "it is there, and should not be"),
    }


def test_nothing_is_left_when_a_step_cannot_be_done(endpoint: Endpoint) -> None:
    reference = reference_of(parse(HEAD + GROUP + BUCKET + SCHEMA, "story.yaml"), Overrides())
    there = stage(endpoint)

    def broken(event: Event) -> None:
        if isinstance(event, StepEnded) and event.number == 4:
            raise RuntimeError("a fault of our own")

    with pytest.raises(RuntimeError):
        compare(reference, there, endpoint.url, listener=broken)
    assert len(endpoint.journal(operation="CreateDatasetGroup", subject=f"films{there.names.suffix}")) >= 1
    assert what_there_is(endpoint) == []


def test_a_server_that_goes_away_is_told_with_what_is_left_on_it() -> None:
    reference = reference_of(parse(HEAD + GROUP + SCHEMA, "story.yaml"), Overrides())
    told: list[str] = []
    with ExitStack() as exits:
        there = stage(exits.enter_context(serving(["--profile", "2022"])))

        def end_it(event: Event) -> None:
            if isinstance(event, StepEnded) and event.number == 2:
                exits.close()

        with pytest.raises(SimulatorError, match="does not answer"):
            compare(reference, there, "there", listener=end_it, told=told.append)
    arn = f"arn:aws:personalize:us-east-1:123456789012:dataset-group/films{there.names.suffix}"
    assert told[-1].startswith(f"left behind: {arn}: ")


def test_names_are_known_before_what_they_name(endpoint: Endpoint) -> None:
    allowed = '{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::films"}'
    policy = f'{{"Version": "2012-10-17", "Statement": [{allowed}]}}'
    steps = (
        f"- call: iam.create_role\n  with: {{RoleName: reader, AssumeRolePolicyDocument: '{policy}'}}\n"
        f"- call: iam.put_role_policy\n  with: {{RoleName: reader, PolicyName: own, PolicyDocument: '{policy}'}}\n"
        "- call: iam.get_role_policy\n  with: {RoleName: reader, PolicyName: own}\n"
        "  expect: [{value: 'PolicyDocument.Statement[0].Resource', equals: 'arn:aws:s3:::films'}]\n"
    )
    there, seen = stage(endpoint), []
    keys = {"region_name": "us-east-1", "aws_access_key_id": "FOOBARKEY", "aws_secret_access_key": "FOOBARSECRET"}
    iam = boto3.client("iam", endpoint_url=endpoint.url, **keys)

    def look(event: Event) -> None:
        if isinstance(event, StepEnded) and event.number == 3:
            seen.append(iam.get_role_policy(RoleName=f"reader{there.names.suffix}", PolicyName="own")["PolicyDocument"])

    found = compare(
        reference_of(parse(HEAD + steps + BUCKET, "story.yaml"), Overrides()), there, endpoint.url, listener=look
    )
    assert found.differences == []
    assert seen[0]["Statement"][0]["Resource"] == f"arn:aws:s3:::films{there.names.suffix}"
    assert what_there_is(endpoint) == []


def test_ctrl_c_ends_the_story_and_not_the_deletions(endpoint: Endpoint) -> None:
    told: list[str] = []

    def interrupt(event: Event) -> None:
        if isinstance(event, StepEnded) and event.number == 3:
            assert what_there_is(endpoint) != []
            raise KeyboardInterrupt

    found = on(endpoint, GROUP + BUCKET + SCHEMA, listener=interrupt, told=told.append)
    assert found.interrupted
    assert found.played < found.steps
    assert found.left == []
    assert what_there_is(endpoint) == []
    assert "interrupted" in told[0]


def test_runs_one_after_another_and_at_once_do_not_meet(endpoint: Endpoint) -> None:
    reference = reference_of(parse(HEAD + GROUP + BUCKET + SCHEMA + DATASET, "story.yaml"), Overrides())
    found: list[Comparison] = []

    def play(seed: int) -> None:
        found.append(compare(reference, stage(endpoint, seed), endpoint.url))

    play(1)
    play(1)  # a name is free again once what had it is gone
    threads = [threading.Thread(target=play, args=(seed,)) for seed in (2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert [each.differences for each in found] == [[]] * 4
    assert what_there_is(endpoint) == []


def test_moments_are_those_of_the_story(endpoint: Endpoint) -> None:
    endpoint.move_to("2023-01-01T00:00:00Z")  # after the story's start, so that it begins now
    steps = GROUP + (
        "- move_to: '2022-03-08T11:00:00Z'\n"
        "- call: personalize.describe_dataset_group\n  with: {datasetGroupArn: '${group}'}\n"
        "  save: {created: datasetGroup.creationDateTime}\n"
        "- call: personalize-events.put_events\n"
        "  with: {trackingId: x, sessionId: s, eventList: [{eventType: e, sentAt: 1}]}\n"
        "  raises: {code: InvalidInputException}\n"
    )
    found = on(endpoint, steps)
    assert found.differences == []
    asked = datetime.fromisoformat(endpoint.journal(operation="PutEvents")[-1]["instant"])
    assert asked - found.began == timedelta(hours=2)


def test_patience_goes_on_waiting_and_says_how_long() -> None:
    with serving(["--durations", '{"dataset_group": 900}']) as slow:
        impatient, patient = on(slow, GROUP + SCHEMA + DATASET), on(slow, GROUP + SCHEMA + DATASET, patience=4)
        assert what_there_is(slow) == []
    assert impatient.differences[0].difference.startswith("not within 0:05:00; seen: ")
    assert len(impatient.differences) == 2  # there is no dataset in a group that is not ACTIVE
    [late] = patient.differences
    assert (late.step, late.kind, late.at, late.difference) == (2, "expected", "within 0:05:00", "it took 0:15:00")


def test_where_time_is_real_it_is_waited_for(endpoint: Endpoint) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        endpoint.tick(seconds=seconds)

    reference = reference_of(parse(HEAD + GROUP + "- tick: {hours: 2}\n- tick: {days: 3}\n", "story.yaml"), Overrides())
    session = boto3.Session(region_name="us-east-1", aws_access_key_id="any", aws_secret_access_key="any")
    clock = RealClock(timedelta(hours=6), sleep=sleep, now=endpoint.now)
    there = Remote(session, endpoint.url, 0, Names(suffix_of(1)), clock)
    found = compare(reference, there, endpoint.url)
    assert 7200 in slept
    [refused] = found.differences
    assert (refused.step, refused.kind) == (4, "step")
    assert "3 days, 0:00:00 takes longer than 6:00:00 (--longest)" in refused.difference
    assert what_there_is(endpoint) == []


def test_a_real_clock_moves_to_a_moment_by_waiting() -> None:
    slept: list[float] = []
    clock = RealClock(sleep=slept.append, now=lambda: datetime.fromisoformat("2024-01-01T00:00:00Z"))
    clock.move_to("2024-01-01T01:00:00Z")
    assert slept == [3600]
    with pytest.raises(ValueError, match="does not run backward"):
        clock.move_to("2023-12-31T23:59:59Z")
    with pytest.raises(ValueError, match="longest"):
        clock.move_to("2024-01-02T00:00:00Z")
    assert slept == [3600]


@contextmanager
def plain_moto() -> Iterator[str]:
    """moto's own server, in a process that knows nothing of us."""
    program = (
        "from moto.server import ThreadedMotoServer as Server\n"
        "server = Server(port=0)\nserver.start()\nprint('at', *server.get_host_and_port(), flush=True)\ninput()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-I", "-c", program], stdin=-1, stdout=-1, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        host, port = next(line.split()[1:] for line in process.stdout if line.startswith("at "))
        yield f"http://{host if host != '0.0.0.0' else '127.0.0.1'}:{port}"
        process.stdin.close()


def test_an_endpoint_that_knows_little_of_it_gives_differences() -> None:
    slept: list[float] = []
    with plain_moto() as url:
        poor = Endpoint(url)
        assert not poor.is_simulator()
        there = stage(poor, clock=RealClock(sleep=slept.append))
        assert there.time_is_real
        reference = reference_of(
            parse(HEAD + SCHEMA + GROUP + BUCKET + DATASET + "- tick: {minutes: 1}\n", "story.yaml"), Overrides()
        )
        found = compare(reference, there, url)
    assert 60 in slept
    kinds = [(each.step, each.kind) for each in found.differences]
    assert (2, "answer") in kinds  # a group cannot be created there
    assert (3, "not_played") in kinds
    assert not {1, 4, 5, 6, 8} & {step for step, _ in kinds}  # a schema can, as a bucket
    assert found.left == []
    assert "\n" not in "".join(each.difference for each in found.differences)


def test_what_does_not_hold_here_is_not_tried_there() -> None:
    with pytest.raises(ScenarioFailed):
        reference_of(parse(HEAD + "- {call: personalize.list_schemas, raises: {code: X}}\n", "story.yaml"), Overrides())


def test_what_could_not_be_undone_is_refused_before_anything_is_asked(endpoint: Endpoint) -> None:
    before = len(endpoint.journal())
    with pytest.raises(ScenarioInvalid, match=r"story.yaml:\d+:\d+: .*iam.create_user is not run elsewhere"):
        on(endpoint, SCHEMA + "- {call: iam.create_user, with: {UserName: films}}\n")
    assert len(endpoint.journal()) == before


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://personalize.us-east-1.amazonaws.com", "--aws"),
        ("localhost:5000", "no address"),
        ("ftp://localhost", "no address"),
        ("", "no address"),
    ],
)
def test_what_is_no_endpoint_is_refused(url: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        server(url, region=None, seed=0, names=Names("-x"), clock=RealClock())


def test_nobody_there_is_said_so() -> None:
    with pytest.raises(SimulatorError, match="does not answer"):
        server("http://127.0.0.1:1", region=None, seed=0, names=Names("-x"), clock=RealClock())
