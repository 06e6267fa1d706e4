"""Metric attributions: what a dataset group's events are to be measured by; one a group.

`attribution_figures` does the measuring.

Source: the guide, "Measuring impact of recommendations" (spec 03, section 11).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator import errors
from simulator.arns import account_of
from simulator.clock import Entry
from simulator.data.schemas import NUMBERS, AvroSchema
from simulator.filters.expressions import named
from simulator.resources import lifecycle
from simulator.resources.dataset_groups import dataset_group
from simulator.resources.datasets import UPDATE_IN_PROGRESS, UPDATE_PENDING, dataset_of
from simulator.resources.filters import schemas_of
from simulator.resources.lookup import (
    Answer,
    Request,
    given,
    new_arn,
    page,
    page_token,
    place_of,
    require_active,
    require_created,
    require_fewer,
    times,
)
from simulator.resources.operations import PAGES, members, operation
from simulator.resources.world import ACTIVE, PENDING, SETTLED, Record, Scope

UPDATING = frozenset({UPDATE_PENDING, UPDATE_IN_PROGRESS})

_EXPRESSION = re.compile(r"(?ai:SAMPLECOUNT\s*\(\s*\)|SUM\s*\(\s*(?P<dataset>\w+)\s*\.\s*(?P<column>\w+)\s*\))")
_SUMMED = ("Interactions", "Items")


@dataclass(frozen=True)
class Metric:
    """A metric: which events it counts, or what it sums over them."""

    event_type: str
    name: str
    expression: str


@dataclass(frozen=True)
class Output:
    """Where reports go: the role that writes them, and a place in S3 if they are to go there too."""

    role_arn: str
    path: str | None
    kms_key_arn: str | None


@dataclass(frozen=True)
class Measurement:
    """What a metric attribution measures, metrics in the order in which they came, and where the reports go."""

    metrics: tuple[Metric, ...]
    output: Output


@dataclass
class MetricAttribution(Record):
    """A metric attribution; what an update has asked for is `next` until the update ends.

    `sources` are the event attribution sources that events have named; `last_report` is the time, in Unix seconds, in
    the name of the newest report, so that each has a name of its own.
    """

    dataset_group_arn: str
    measurement: Measurement
    next: Measurement | None = None
    sources: list[str] = field(default_factory=list)
    last_report: int = 0

    @property
    def parents(self) -> tuple[str, ...]:
        """Its dataset group."""
        return (self.dataset_group_arn,)


def create_metric_attribution(scope: Scope, request: Request) -> Answer:
    """CreateMetricAttribution, one a dataset group; expressions are checked against its schemas."""
    group = dataset_group(scope, request["datasetGroupArn"])
    table = scope.inventory.metric_attributions
    arn = new_arn(scope, table, "metric-attribution", request["name"])
    require_active(group)
    require_fewer(scope, "metric_attributions_per_dataset_group", table.of(group.arn))
    metrics = _metrics(request["metrics"])
    limit = scope.world.quotas["metrics_of_metric_attributions"]
    if len(metrics) > limit:
        raise errors.TOO_MANY_METRICS(limit=limit)
    _check_metrics(scope, group.arn, metrics)
    output = _output(scope, arn, request["metricsOutputConfig"])
    made = MetricAttribution(
        arn, request["name"], PENDING, scope.now, scope.now, group.arn, Measurement(metrics, output)
    )
    lifecycle.create(scope, "metric_attribution", made, request)
    return {"metricAttributionArn": arn}


def describe_metric_attribution(scope: Scope, request: Request) -> Answer:
    """DescribeMetricAttribution."""
    found = metric_attribution(scope, request["metricAttributionArn"])
    output = found.measurement.output
    destination = None if output.path is None else {"path": output.path, "kmsKeyArn": output.kms_key_arn}
    return {
        "metricAttribution": {
            **_summary(found),
            "datasetGroupArn": found.dataset_group_arn,
            "metricsOutputConfig": {"s3DataDestination": destination, "roleArn": output.role_arn},
        }
    }


def list_metric_attributions(scope: Scope, request: Request) -> Answer:
    """ListMetricAttributions, of one group or of all."""
    table = scope.inventory.metric_attributions
    return page(request, "metricAttributions", table, request.get("datasetGroupArn"), _summary)


def list_metric_attribution_metrics(scope: Scope, request: Request) -> Answer:
    """ListMetricAttributionMetrics, in the order in which they came.

    A page's token names the last metric shown: it is good while that metric and its attribution are there.
    """
    arn = _arn(request)
    found = scope.inventory.metric_attributions.get(arn)
    if found is None:
        raise errors.NO_METRICS_OF(arn=arn)
    metrics = found.measurement.metrics
    start = 0
    token = request.get("nextToken")
    if token is not None:
        names = [metric.name for metric in metrics]
        match place_of(token):
            case ["metrics", of, str(name)] if of == found.arn and name in names:
                start = names.index(name) + 1
            case _:
                raise errors.INVALID_NEXT_TOKEN()
    end = start + request.get("maxResults", len(metrics))
    answer: Answer = {"metrics": [_shown(metric) for metric in metrics[start:end]]}
    if end < len(metrics):
        answer["nextToken"] = page_token("metrics", found.arn, metrics[end - 1].name)
    return answer


def update_metric_attribution(scope: Scope, request: Request) -> Answer:
    """UpdateMetricAttribution: metrics are removed, then added; until the update ends, all is as it was."""
    found = metric_attribution(scope, _arn(request))
    if found.status not in SETTLED:
        raise errors.UPDATE_RUNNING(arn=found.arn)
    removed, output = request.get("removeMetrics", []), request.get("metricsOutputConfig")
    added = _metrics(request.get("addMetrics", ()))
    if not (removed or added or output):
        raise errors.NOTHING_TO_UPDATE()
    metrics = found.measurement.metrics
    known = {metric.name for metric in metrics}
    for name in removed:
        if name not in known:
            raise errors.NO_SUCH_METRIC(name=name, arn=found.arn)
    for metric in added:
        if metric.name in known.difference(removed):
            raise errors.METRIC_EXISTS(name=metric.name, arn=found.arn)
    metrics = (*(metric for metric in metrics if metric.name not in removed), *added)
    limit = scope.world.quotas["metrics_of_metric_attributions"]
    if len(metrics) > limit:
        raise errors.TOO_MANY_METRICS_AFTER(limit=limit, count=len(metrics))
    _check_metrics(scope, found.dataset_group_arn, metrics)
    found.next = Measurement(metrics, found.measurement.output if output is None else _output(scope, found.arn, output))
    lifecycle.change(scope, found, UPDATE_PENDING)
    lifecycle.begin(scope, "metric_attribution_update", found.arn)
    return {"metricAttributionArn": found.arn}


def delete_metric_attribution(scope: Scope, request: Request) -> Answer:
    """DeleteMetricAttribution: refused while it is being created or updated."""
    found = metric_attribution(scope, request["metricAttributionArn"])
    require_created(found)
    if found.status in UPDATING:
        raise errors.BUSY(arn=found.arn, what="its update")
    lifecycle.begin_deletion(scope, "metric_attribution", found)
    return {}


def metric_attribution(scope: Scope, arn: str) -> MetricAttribution:
    """The metric attribution of an ARN; raises `GIVEN_DOES_NOT_EXIST`."""
    return given(scope.inventory.metric_attributions, "metric attribution", arn)


def summed(metric: Metric) -> tuple[str, str] | None:
    """The dataset and column that a metric sums, as its expression spells them; None if it counts."""
    call = _EXPRESSION.fullmatch(metric.expression.strip())
    assert call is not None, "expressions are checked when they come"
    return None if call["dataset"] is None else (call["dataset"], call["column"])


def _arn(request: Request) -> str:
    """The metric attribution that a request names; raises `METRIC_ATTRIBUTION_WANTED`."""
    if "metricAttributionArn" not in request:
        raise errors.METRIC_ATTRIBUTION_WANTED()
    arn: str = request["metricAttributionArn"]
    return arn


def _metrics(given_metrics: Iterable[Mapping[str, Any]]) -> tuple[Metric, ...]:
    """The metrics of a request; raises `METRIC_TWICE`."""
    metrics = tuple(Metric(each["eventType"], each["metricName"], each["expression"]) for each in given_metrics)
    names: set[str] = set()
    for metric in metrics:
        if metric.name in names:
            raise errors.METRIC_TWICE(name=metric.name)
        names.add(metric.name)
    return metrics


def _check_metrics(scope: Scope, dataset_group_arn: str, metrics: tuple[Metric, ...]) -> None:
    """What can be measured in a group: events with a type, and numbers of them or of imported items.

    Raises `METRICS_WANTED`, `NO_EVENT_TYPE_COLUMN`, `INVALID_METRIC`, `ITEMS_NOT_IMPORTED`.
    """
    if not metrics:
        raise errors.METRICS_WANTED()
    schemas = schemas_of(scope, dataset_group_arn)
    interactions = schemas.get("Interactions")
    if interactions is None or interactions.field("EVENT_TYPE") is None:
        raise errors.NO_EVENT_TYPE_COLUMN()
    for metric in metrics:
        if _summed_dataset(metric, schemas) == "Items" and not _has_items(scope, dataset_group_arn):
            raise errors.ITEMS_NOT_IMPORTED(expression=metric.expression)


def _summed_dataset(metric: Metric, schemas: Mapping[str, AvroSchema]) -> str | None:
    """The dataset of the column that a metric sums, None if it counts; raises `INVALID_METRIC`."""

    def invalid(why: str) -> errors.ServiceError:
        return errors.INVALID_METRIC(expression=metric.expression, why=why)

    call = _EXPRESSION.fullmatch(metric.expression.strip())
    if call is None:
        raise invalid("it must be SAMPLECOUNT() or SUM(DatasetType.COLUMN_NAME)")
    if call["dataset"] is None:
        return None
    dataset = named(_SUMMED, call["dataset"])
    if dataset is None:
        raise invalid("only columns of Interactions and Items can be summed")
    schema = schemas.get(dataset)
    if schema is None:
        raise invalid(f"the dataset group has no {dataset} dataset")
    column = schema.field(named((field.name for field in schema.fields), call["column"]) or "")
    if column is None:
        raise invalid(f"the schema of {dataset} has no field {call['column']}")
    if column.type not in NUMBERS:
        raise invalid(f"{dataset}.{column.name} is no number")
    return dataset


def _has_items(scope: Scope, dataset_group_arn: str) -> bool:
    items = dataset_of(scope, dataset_group_arn, "ITEMS")
    return items is not None and bool(items.store.bulk or items.store.put)


def _output(scope: Scope, arn: str, config: Mapping[str, Any]) -> Output:
    """Where reports go, if the role may write there.

    Raises `CROSS_ACCOUNT_ROLE`, `REPORTS_KEY_NOT_USABLE` and, with a place in S3, what `check_access` raises.
    """
    role_arn = config["roleArn"]
    destination = config.get("s3DataDestination")
    if destination is None:
        if account_of(role_arn) != scope.home.account:
            raise errors.CROSS_ACCOUNT_ROLE()
        return Output(role_arn, None, None)
    scope.platform.check_access(scope.home, role_arn, "put", destination["path"], arn)
    key_arn = destination.get("kmsKeyArn")
    if key_arn is not None and (fault := scope.platform.key_fault(scope.home, role_arn, key_arn, arn)) is not None:
        raise errors.REPORTS_KEY_NOT_USABLE(fault=fault)
    return Output(role_arn, destination["path"], key_arn)


def _summary(found: MetricAttribution) -> Answer:
    return {"name": found.name, "metricAttributionArn": found.arn, **times(found)}


def _shown(metric: Metric) -> Answer:
    return {"eventType": metric.event_type, "metricName": metric.name, "expression": metric.expression}


def on_update_begin(scope: Scope, entry: Entry) -> None:
    """The update runs."""
    lifecycle.change(scope, scope.inventory.metric_attributions[entry.subject], UPDATE_IN_PROGRESS)


def on_update_finish(scope: Scope, entry: Entry) -> None:
    """From now on it measures what the update asked for."""
    found = scope.inventory.metric_attributions[entry.subject]
    assert found.next is not None, "an update ends once"
    found.measurement, found.next = found.next, None
    lifecycle.change(scope, found, ACTIVE)


_METRICS = members("eventType", "metricName", "expression")
_OUTPUT = members("roleArn", s3DataDestination=members("path", "kmsKeyArn"))
_NOTE = "reports are not encrypted with the key of kmsKeyArn, and the role's rights in CloudWatch are not checked"

OPERATIONS = {
    "CreateMetricAttribution": operation(
        create_metric_attribution,
        *("name", "datasetGroupArn"),
        note=_NOTE,
        metrics=_METRICS,
        metricsOutputConfig=_OUTPUT,
    ),
    "DescribeMetricAttribution": operation(describe_metric_attribution, "metricAttributionArn"),
    "ListMetricAttributions": operation(list_metric_attributions, "datasetGroupArn", *PAGES),
    "ListMetricAttributionMetrics": operation(list_metric_attribution_metrics, "metricAttributionArn", *PAGES),
    "UpdateMetricAttribution": operation(
        update_metric_attribution,
        *("metricAttributionArn", "removeMetrics"),
        note=_NOTE,
        addMetrics=_METRICS,
        metricsOutputConfig=_OUTPUT,
    ),
    "DeleteMetricAttribution": operation(delete_metric_attribution, "metricAttributionArn"),
}
HANDLERS = {
    "metric_attribution_update.begin": on_update_begin,
    "metric_attribution_update.finish": on_update_finish,
}
