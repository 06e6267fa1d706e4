"""CloudWatch's metrics of Personalize, read back through boto3."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from support import RECIPE, REGION, Account, Deployment, account, dataset, deploy, import_csv, some_interactions

from simulator import Simulation, simulate
from simulator.aws.wire import HttpRequest
from simulator.resources.dump import dump

START = datetime(2022, 3, 8, 9, tzinfo=UTC)
NAMESPACE = "AWS/Personalize"
Values = list[tuple[str, float]]


@pytest.fixture
def sim() -> Iterator[Simulation]:
    with simulate(start=START, training="exact") as running:
        yield running


@pytest.fixture
def cloudwatch(sim: Simulation) -> Any:
    return boto3.client("cloudwatch", region_name=REGION)


@pytest.fixture
def made(sim: Simulation, here: Account) -> Deployment:
    return deploy(here, lambda: sim.clock.tick(hours=1), some_interactions())


def values(cloudwatch: Any, name: str, statistic: str = "Sum", period: int = 60, **dimensions: str) -> Values:
    """The values of a metric from the start on: the minute (hh:mm) of each, and the value."""
    answer = cloudwatch.get_metric_statistics(
        Namespace=NAMESPACE,
        MetricName=name,
        Dimensions=named(dimensions),
        StartTime=START,
        EndTime=datetime(2022, 3, 10, tzinfo=UTC),
        Period=period,
        Statistics=[statistic],
    )
    return [(f"{each['Timestamp'].astimezone(UTC):%H:%M}", each[statistic]) for each in answer["Datapoints"]]


def named(dimensions: dict[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]


def put_event(here: Account, made: Deployment) -> None:
    event = {"eventType": "watch", "itemId": "i1", "sentAt": START}
    here.events.put_events(trackingId=made.tracking_id, userId="u1", sessionId="s", eventList=[event])


def listed(cloudwatch: Any) -> set[str]:
    return {each["MetricName"] for each in cloudwatch.list_metrics(Namespace=NAMESPACE)["Metrics"]}


@pytest.mark.rule("cloudwatch.import-jobs", "cloudwatch.minutes")
def test_an_import_job(sim: Simulation, here: Account, cloudwatch: Any) -> None:
    to = dataset(here, lambda: sim.clock.tick(minutes=1))
    frame = some_interactions()
    sim.clock.tick(seconds=42)
    job = import_csv(here, to, frame)
    sim.clock.tick(hours=1)
    of_job = {"DatasetGroupArn": to.group, "DatasetArn": to.dataset, "DatasetImportJobArn": job}
    assert values(cloudwatch, "DatasetImportJobRequests", **of_job) == [("09:02", 1.0)]
    assert values(cloudwatch, "DatasetImportJobExecutionTime", "Average", **of_job) == [("09:07", 300.0)]
    size = len(frame.to_csv(index=False).encode())
    assert values(cloudwatch, "DatasetSize", "Maximum", **of_job) == [("09:07", size)]
    assert listed(cloudwatch) == {"DatasetImportJobRequests", "DatasetImportJobExecutionTime", "DatasetSize"}
    found = cloudwatch.list_metrics(Namespace=NAMESPACE, MetricName="DatasetSize")["Metrics"]
    assert [each["Dimensions"] for each in found] == [named(of_job)]
    query = {
        "Metric": {"Namespace": NAMESPACE, "MetricName": "DatasetImportJobExecutionTime", "Dimensions": named(of_job)},
        "Period": 3600,
        "Stat": "Sum",
        "Unit": "Seconds",
    }
    [result] = cloudwatch.get_metric_data(
        MetricDataQueries=[{"Id": "q", "MetricStat": query}], StartTime=START, EndTime=sim.clock.now()
    )["MetricDataResults"]
    assert result["Values"] == [300.0]


@pytest.mark.rule("cloudwatch.import-jobs", "cloudwatch.no-such-resource")
def test_import_jobs_that_fail(sim: Simulation, here: Account, cloudwatch: Any) -> None:
    to = dataset(here, lambda: sim.clock.tick(minutes=1))
    with pytest.raises(ClientError):
        import_csv(here, to, b"USER_ID\nu\n", name="refused")
    job = import_csv(here, to, some_interactions(rows=10), name="failed")
    sim.clock.tick(hours=1)
    assert values(cloudwatch, "DatasetImportJobRequests") == [("09:02", 1.0)]
    assert values(cloudwatch, "DatasetImportJobError", DatasetImportJobArn=job) == [("09:07", 1.0)]
    assert values(cloudwatch, "DatasetImportJobExecutionTime") == [("09:07", 300.0)]
    assert "DatasetSize" not in listed(cloudwatch)


@pytest.mark.rule("cloudwatch.trainings")
def test_a_training(sim: Simulation, here: Account, cloudwatch: Any, made: Deployment) -> None:
    of_version = {"SolutionArn": made.solution, "SolutionVersionArn": made.version}
    # The group, the dataset and the import took an hour each in this test.
    assert values(cloudwatch, "SolutionTrainingJobRequests", **of_version) == [("12:00", 1.0)]
    assert values(cloudwatch, "SolutionTrainingJobExecutionTime", **of_version) == [("12:25", 1500.0)]
    assert "SolutionTrainingJobError" not in listed(cloudwatch)


@pytest.mark.rule("cloudwatch.trainings")
def test_a_training_that_fails(sim: Simulation, here: Account, cloudwatch: Any) -> None:
    of = dataset(here, lambda: sim.clock.tick(minutes=1))
    tracker = here.personalize.create_event_tracker(name="t", datasetGroupArn=of.group)
    sim.clock.tick(minutes=1)
    of.tracking_id = tracker["trackingId"]
    put_event(here, of)  # one interaction is enough for a solution, not for a training
    of.solution = here.personalize.create_solution(
        name="s", datasetGroupArn=of.group, recipeArn=RECIPE, performAutoTraining=False
    )["solutionArn"]
    version = here.personalize.create_solution_version(solutionArn=of.solution)["solutionVersionArn"]
    sim.clock.tick(hours=1)
    of_version = {"SolutionArn": of.solution, "SolutionVersionArn": version}
    assert values(cloudwatch, "SolutionTrainingJobRequests", **of_version) == [("09:03", 1.0)]
    assert values(cloudwatch, "SolutionTrainingJobError", **of_version) == [("09:28", 1.0)]
    assert values(cloudwatch, "SolutionTrainingJobExecutionTime", **of_version) == [("09:28", 1500.0)]


@pytest.mark.rule("cloudwatch.put-events", "cloudwatch.minutes", "cloudwatch.no-latency")
def test_events(sim: Simulation, here: Account, cloudwatch: Any, made: Deployment) -> None:
    begun = sim.clock.now()
    for _ in range(3):
        put_event(here, made)
    sim.clock.tick(seconds=59)
    put_event(here, made)
    sim.clock.tick(seconds=1)
    put_event(here, made)
    assert f"{begun:%H:%M:%S}" == "14:00:00"
    assert values(cloudwatch, "PutEventsRequests", EventTrackerArn=made.tracker) == [("14:00", 4.0), ("14:01", 1.0)]
    assert values(cloudwatch, "PutEventsRequests", period=3600, EventTrackerArn=made.tracker) == [("14:00", 5.0)]
    assert values(cloudwatch, "PutEventsRequests", "Average", EventTrackerArn=made.tracker)[0] == ("14:00", 1.0)
    found = cloudwatch.list_metrics(Namespace=NAMESPACE, MetricName="PutEventsRequests")["Metrics"]
    assert [each["Dimensions"] for each in found] == [named({"EventTrackerArn": made.tracker})]
    assert not {each for each in listed(cloudwatch) if "Latency" in each or "5xx" in each}


@pytest.mark.rule("cloudwatch.recommendations", "cloudwatch.refused-calls", "cloudwatch.no-such-resource")
def test_recommendations(sim: Simulation, here: Account, cloudwatch: Any, made: Deployment) -> None:
    here.runtime.get_recommendations(campaignArn=made.campaign, userId="u1")
    here.runtime.get_recommendations(campaignArn=made.campaign, userId="u2", numResults=5)
    before = dump(sim._host.world)
    for refused in (
        {"campaignArn": made.campaign, "userId": "u1", "numResults": 501},
        {"campaignArn": made.campaign},
        {"campaignArn": f"{made.campaign}-not-there", "userId": "u1"},
    ):
        with pytest.raises(ClientError):
            here.runtime.get_recommendations(**refused)
    assert dump(sim._host.world) == before
    assert values(cloudwatch, "GetRecommendations", CampaignArn=made.campaign) == [("14:00", 2.0)]
    assert values(cloudwatch, "GetRecommendations4xxErrors") == [("14:00", 2.0)]


@pytest.mark.rule("cloudwatch.refused-calls", "cloudwatch.no-such-resource")
def test_events_that_are_refused(sim: Simulation, here: Account, cloudwatch: Any, made: Deployment) -> None:
    with pytest.raises(ClientError):
        here.events.put_events(
            trackingId=made.tracking_id, sessionId="s", eventList=[{"eventType": "no item", "sentAt": START}]
        )
    with pytest.raises(ClientError):
        here.events.put_events(trackingId="none", sessionId="s", eventList=[{"eventType": "e", "sentAt": START}])
    assert values(cloudwatch, "PutEvents4xxErrors", EventTrackerArn=made.tracker) == [("14:00", 1.0)]
    assert values(cloudwatch, "PutEvents4xxErrors") == [("14:00", 1.0)]
    assert "PutEventsRequests" not in listed(cloudwatch)


@pytest.mark.rule("cloudwatch.refused-calls")
@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"trackingId": []}', b'{"trackingId": null}'])
def test_requests_that_are_no_requests(sim: Simulation, cloudwatch: Any, body: bytes) -> None:
    url = f"https://personalize-events.{REGION}.amazonaws.com/events"
    status, _, answer = sim._host.answer(HttpRequest("POST", url, {}, body))
    assert status == 400
    assert json.loads(answer)["message"]
    assert listed(cloudwatch) == set()


@pytest.mark.rule("cloudwatch.put-events")
def test_accounts_and_regions_have_their_own(sim: Simulation, here: Account, made: Deployment) -> None:
    put_event(here, made)
    assert listed(boto3.client("cloudwatch", region_name="eu-west-1")) == set()
    role = boto3.client("sts", region_name=REGION).assume_role(
        RoleArn="arn:aws:iam::999999999999:role/r", RoleSessionName="someone"
    )["Credentials"]
    other = boto3.Session(role["AccessKeyId"], role["SecretAccessKey"], role["SessionToken"], REGION)
    assert listed(other.client("cloudwatch")) == set()
    assert "PutEventsRequests" in listed(boto3.client("cloudwatch", region_name=REGION))


@pytest.mark.rule("cloudwatch.import-jobs")
def test_a_plain_mock_has_metrics_until_its_end() -> None:
    with mock_aws():
        here = account()
        to = dataset(here, here.personalize.list_schemas)
        import_csv(here, to, some_interactions())
        assert "DatasetImportJobExecutionTime" in listed(boto3.client("cloudwatch", region_name=REGION))
    with mock_aws():
        assert listed(boto3.client("cloudwatch", region_name=REGION)) == set()
