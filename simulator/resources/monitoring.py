"""What the service counts and measures for CloudWatch, a minute and a resource at a time.

Plain data of the world: `simulator.aws.metrics` shows it to moto's CloudWatch when that is asked. Latencies are not
measured: in virtual time a call takes none.

Source: the guide, "CloudWatch metrics for Amazon Personalize".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from simulator.arns import Home
from simulator.clock import MINUTE, SECOND, Entry, Micros
from simulator.resources.lookup import Answer, Request
from simulator.resources.world import ACTIVE, FAILED, Scope

NAMESPACE = "AWS/Personalize"

# The unit of each metric that has another than Count.
UNITS: Mapping[str, str] = MappingProxyType(
    {
        "DatasetImportJobExecutionTime": "Seconds",
        "DatasetSize": "Bytes",
        "SolutionTrainingJobExecutionTime": "Seconds",
    }
)

# The runtime operations that are counted: the metrics of their successes and of their refusals.
_RECOMMENDING: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "GetRecommendations": ("GetRecommendations", "GetRecommendations4xxErrors"),
        "GetPersonalizedRanking": ("GetPersonalizedRanking", "GetPersonalizedRanking4xxErrors"),
    }
)

Dimensions = tuple[tuple[str, str], ...]
"""The names and values of a metric's dimensions, in the order of the guide."""


class MetricKey(NamedTuple):
    """A metric of an account and region, with its dimensions, in a minute (counted since 1970)."""

    home: Home
    name: str
    dimensions: Dimensions
    minute: int


class Tally(NamedTuple):
    """The values of a metric in a minute, summed up."""

    samples: int
    total: float
    least: float
    most: float


def add(scope: Scope, name: str, dimensions: Dimensions, value: float = 1.0) -> None:
    """Adds a value to a metric, as of now."""
    tallies = scope.world.metrics
    key = MetricKey(scope.home, name, dimensions, scope.now // MINUTE)
    samples, total, least, most = tallies.get(key, Tally(0, 0.0, value, value))
    tallies[key] = Tally(samples + 1, total + value, min(least, value), max(most, value))


def record_answer(scope: Scope, operation: str, request: Request, answer: Answer) -> None:
    """Counts a call that was answered."""
    if operation == "PutEvents":
        _count_events(scope, "PutEventsRequests", request)
    elif operation in _RECOMMENDING:
        _count_recommending(scope, _RECOMMENDING[operation][0], request)
    elif operation == "CreateDatasetImportJob":
        add(scope, "DatasetImportJobRequests", _of_import(scope, answer["datasetImportJobArn"]))
    elif operation == "CreateSolutionVersion":
        add(scope, "SolutionTrainingJobRequests", _of_training(scope, answer["solutionVersionArn"]))


def record_refusal(scope: Scope, operation: str, asked: Any) -> None:
    """Counts a call that was refused; `asked` is the JSON value of its body, whatever that is."""
    if isinstance(asked, dict):
        if operation == "PutEvents":
            _count_events(scope, "PutEvents4xxErrors", asked)
        elif operation in _RECOMMENDING:
            _count_recommending(scope, _RECOMMENDING[operation][1], asked)


def record_end(scope: Scope, entry: Entry) -> None:
    """Measures a job that the agenda has ended just now."""
    ended = _ENDED.get(entry.kind)
    if ended is not None:
        ended(scope, entry.subject)


def _count_events(scope: Scope, name: str, request: Request) -> None:
    """Under the event tracker; a tracking id of none is counted nowhere."""
    tracking_id = request.get("trackingId")
    for tracker in scope.inventory.event_trackers.values():
        if tracker.tracking_id == tracking_id:
            add(scope, name, (("EventTrackerArn", tracker.arn),))


def _count_recommending(scope: Scope, name: str, request: Request) -> None:
    """Under the campaign; recommenders have no metric, and a campaign that is not there is counted nowhere."""
    campaign = request.get("campaignArn")
    if isinstance(campaign, str) and campaign in scope.inventory.campaigns:
        add(scope, name, (("CampaignArn", campaign),))


def _import_ended(scope: Scope, arn: str) -> None:
    job = scope.inventory.dataset_import_jobs.get(arn)
    if job is None or job.status not in (ACTIVE, FAILED):
        return
    dimensions = _of_import(scope, arn)
    add(scope, "DatasetImportJobExecutionTime", dimensions, _seconds(scope.now - job.created))
    if job.status == FAILED:
        add(scope, "DatasetImportJobError", dimensions)
    else:
        add(scope, "DatasetSize", dimensions, float(job.size))


def _training_ended(scope: Scope, arn: str) -> None:
    version = scope.inventory.solution_versions.get(arn)
    if version is None or version.status not in (ACTIVE, FAILED):
        return
    dimensions = _of_training(scope, arn)
    add(scope, "SolutionTrainingJobExecutionTime", dimensions, _seconds(scope.now - version.created))
    if version.status == FAILED:
        add(scope, "SolutionTrainingJobError", dimensions)


def _of_import(scope: Scope, arn: str) -> Dimensions:
    dataset = scope.inventory.datasets[scope.inventory.dataset_import_jobs[arn].dataset_arn]
    return (
        ("DatasetGroupArn", dataset.dataset_group_arn),
        ("DatasetArn", dataset.arn),
        ("DatasetImportJobArn", arn),
    )


def _of_training(scope: Scope, arn: str) -> Dimensions:
    version = scope.inventory.solution_versions[arn]
    return (("SolutionArn", version.solution_arn), ("SolutionVersionArn", arn))


def _seconds(duration: Micros) -> float:
    return duration / SECOND


_ENDED: Mapping[str, Callable[[Scope, str], None]] = MappingProxyType(
    {"dataset_import_job.finish": _import_ended, "solution_version.finish": _training_ended}
)
