"""What metric attributions measure: figures for CloudWatch as data comes in, and reports in S3 of imports.

A figure is what one metric says of one source in one window of 15 minutes, which begins at a quarter of an hour of
the events' own time. In CloudWatch it is one value, shown as it stands from its first event on.

Source: the guide, "Measuring impact of recommendations" and the pages below it (spec 03, section 11).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator import errors
from simulator.clock import HOUR, MINUTE, SECOND, Micros
from simulator.data.columns import Chunk, Mask, TextColumn, Value
from simulator.data.exports import cell
from simulator.data.interactions import PutEvent
from simulator.filters.expressions import named
from simulator.resources.datasets import dataset_of
from simulator.resources.filters import schemas_of
from simulator.resources.ids import target_digits
from simulator.resources.metric_attributions import UPDATING, Metric, MetricAttribution, summed
from simulator.resources.monitoring import MetricKey
from simulator.resources.world import ACTIVE, Scope

# The source of an event that names none.
UNDEFINED = "SOURCE_NAME_UNDEFINED"

_MEASURING = UPDATING | {ACTIVE}
_WINDOW = 15 * MINUTE // SECOND
_OLDEST = 14 * 24 * HOUR // SECOND

# What CloudWatch takes: times up to two hours ahead, and values up to 2 to the 360th. Source: its API reference,
# PutMetricData and MetricDatum.
_AHEAD = 2 * HOUR // SECOND
_LARGEST = 2.0**360

_HEADER = "METRIC_NAME,EVENT_TYPE,VALUE,MATH_FUNCTION,EVENT_ATTRIBUTION_SOURCE,TIMESTAMP"


class ExactSum(NamedTuple):
    """A sum as a fraction: it is the same in whichever order its parts came."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float:
        """The number nearest to it."""
        return self.numerator / self.denominator


class _Figure(NamedTuple):
    metric: Metric
    window: int  # Unix seconds
    source: str
    value: float


def measure_event(scope: Scope, dataset_group_arn: str, event: PutEvent) -> None:
    """Takes an event that was put into the figures of its group's metric attribution, if there is one."""
    found = _measuring(scope, dataset_group_arn)
    if found is None or not in_time(scope.now, event.timestamp):
        return
    metrics = [metric for metric in found.measurement.metrics if metric.event_type == event.event_type]
    source = _source(scope, found, event.event_attribution_source, event.recommendation_id) if metrics else None
    if source is None:
        return
    window = event.timestamp // _WINDOW * _WINDOW
    for metric in metrics:
        value = value_of(scope, dataset_group_arn, metric, event)
        if value is not None and abs(value) <= _LARGEST:
            _add(scope, found, _Figure(metric, window, source, value))


def measure_import(
    scope: Scope, dataset_group_arn: str, rows: Chunk, import_mode: str, *, publishes_to_s3: bool
) -> None:
    """Measures the rows that an import of interactions has brought: for CloudWatch if it is INCREMENTAL, and for S3.

    A report that cannot be written is not written; the import has succeeded all the same.
    """
    found = _measuring(scope, dataset_group_arn)
    if found is None:
        return
    seconds = _numbers(rows, "TIMESTAMP")
    if import_mode == "INCREMENTAL":
        now = scope.now // SECOND
        for figure in _figures(scope, found, rows, (seconds > now - _OLDEST) & (seconds <= now + _AHEAD)):
            _add(scope, found, figure)
    output = found.measurement.output
    if publishes_to_s3 and output.path is not None:
        report = _report(_figures(scope, found, rows, np.ones(len(rows), np.bool_)))
        found.last_report = max(scope.now // SECOND, found.last_report + 1)
        name = f"AggregatedAttributionMetrics - {import_mode} - {found.last_report}.csv"
        location = f"{output.path.rstrip('/')}/{name}"
        try:
            scope.platform.check_access(scope.home, output.role_arn, "put", location, found.arn)
            scope.platform.write(scope.home, location, report)
        except errors.ServiceError:
            return


def _measuring(scope: Scope, dataset_group_arn: str) -> MetricAttribution | None:
    """The metric attribution of a group; None while it is being created or deleted."""
    of_group = scope.inventory.metric_attributions.of(dataset_group_arn)
    return next((each for each in of_group if each.status in _MEASURING), None)


def in_time(instant: Micros, seconds: int) -> bool:
    """Whether what happened at a time, in Unix seconds, is measured in CloudWatch if it comes at an instant."""
    now = instant // SECOND
    return now - _OLDEST < seconds <= now + _AHEAD


def _add(scope: Scope, found: MetricAttribution, figure: _Figure) -> None:
    dimensions = (
        ("DatasetGroupArn", found.dataset_group_arn),
        ("EVENT_ATTRIBUTION_SOURCE", figure.source),
    )
    key = MetricKey(scope.home, figure.metric.name, dimensions, figure.window * SECOND // MINUTE)
    figures = scope.world.figures
    earlier = figures.get(key)
    total = Fraction(figure.value) + (0 if earlier is None else Fraction(*earlier))
    figures[key] = ExactSum(total.numerator, total.denominator)


def _source(scope: Scope, found: MetricAttribution, given: str, recommendation_id: str) -> str | None:
    """Whom an event is owed to: the source it names, or else what made its recommendations; None is not measured.

    The sources beyond the quota are not.
    """
    if not given:
        return _target(scope, found.dataset_group_arn, recommendation_id) or UNDEFINED
    if given not in found.sources:
        if len(found.sources) >= scope.world.quotas["event_attribution_sources"]:
            return None
        found.sources.append(given)
    return given


def _target(scope: Scope, dataset_group_arn: str, recommendation_id: str) -> str | None:
    """The campaign or recommender of the group that gave a recommendationId, which ends in its digits."""
    digits = recommendation_id.rpartition("-")[2]
    if not digits:
        return None
    targets = (scope.inventory.campaigns, scope.inventory.recommenders)
    arns = (each.arn for table in targets for each in table.of(dataset_group_arn))
    return next((arn for arn in arns if target_digits(scope.world, arn) == digits), None)


def value_of(scope: Scope, dataset_group_arn: str, metric: Metric, event: PutEvent) -> float | None:
    """What an event adds to a metric; None if the value that is summed is absent."""
    if summed(metric) is None:
        return 1.0
    column = _column(scope, dataset_group_arn, metric)
    if column is None:
        return None
    dataset, name = column
    if dataset == "Items":
        return _number(_item_value(scope, dataset_group_arn, event.item_id, name))
    values: dict[str, Value] = {"TIMESTAMP": event.timestamp, "EVENT_VALUE": event.event_value}
    values.update(event.properties)
    return _number(values.get(name))


def _column(scope: Scope, dataset_group_arn: str, metric: Metric) -> tuple[str, str] | None:
    """The dataset and the field that a metric sums; None if they have gone since."""
    spelt = summed(metric)
    assert spelt is not None, "asked of sums only"
    schemas = schemas_of(scope, dataset_group_arn)
    dataset = named(schemas, spelt[0])
    field = None if dataset is None else named((each.name for each in schemas[dataset].fields), spelt[1])
    return None if dataset is None or field is None else (dataset, field)


def _item_value(scope: Scope, dataset_group_arn: str, item_id: str, column: str) -> Value:
    items = dataset_of(scope, dataset_group_arn, "ITEMS")
    return None if items is None else items.store.layered().value(item_id, column)


def _number(value: Value) -> float | None:
    return None if value is None or isinstance(value, str) else float(value)


def _figures(scope: Scope, found: MetricAttribution, rows: Chunk, counted: Mask) -> Iterator[_Figure]:
    """The figures of some rows: metric by metric, the newest window first, in a window by source."""
    types = rows.columns.get("EVENT_TYPE")
    if not isinstance(types, TextColumn):
        return
    wanted = {metric.event_type for metric in found.measurement.metrics}
    counted = counted & np.array([value in wanted for value in types.values], np.bool_)[types.codes]
    names, sources = _sources(scope, found, rows, counted)
    windows = _numbers(rows, "TIMESTAMP").astype(np.int64) // _WINDOW * _WINDOW
    for metric in found.measurement.metrics:
        values = _values(scope, found.dataset_group_arn, metric, rows)
        of_type = np.array([value == metric.event_type for value in types.values], np.bool_)[types.codes]
        places = np.flatnonzero(counted & of_type & (sources >= 0) & (np.abs(values) <= _LARGEST))
        if len(places):
            cells = np.stack((-windows[places], sources[places]))
            found_cells, which = np.unique(cells, axis=1, return_inverse=True)
            totals = np.bincount(which.reshape(-1), weights=values[places])
            for window, source, total in zip(*found_cells.tolist(), totals.tolist(), strict=True):
                yield _Figure(metric, -window, names[source], total)


def _sources(
    scope: Scope, found: MetricAttribution, rows: Chunk, counted: Mask
) -> tuple[list[str], npt.NDArray[np.int64]]:
    """The names of all sources, in order; and which of them each row has, -1 for none that is measured."""
    given, recommended = (_texts(rows, name) for name in ("EVENT_ATTRIBUTION_SOURCE", "RECOMMENDATION_ID"))
    pairs, which = np.unique(np.stack((given.codes[counted], recommended.codes[counted])), axis=1, return_inverse=True)
    labels = [
        _source(scope, found, given.values[one], recommended.values[other])
        for one, other in zip(*pairs.tolist(), strict=True)
    ]
    names = sorted({label for label in labels if label is not None})
    place_of: dict[str | None, int] = {name: place for place, name in enumerate(names)}
    sources = np.full(len(rows), -1, np.int64)
    sources[counted] = np.array([place_of.get(label, -1) for label in labels], np.int64)[which.reshape(-1)]
    return names, sources


def _texts(rows: Chunk, name: str) -> TextColumn:
    column = rows.columns.get(name)
    return column if isinstance(column, TextColumn) else TextColumn(np.zeros(len(rows), np.int32), ("",))


def _numbers(rows: Chunk, name: str) -> npt.NDArray[np.float64]:
    """A column of numbers, no number where a value is absent."""
    column = rows.columns.get(name)
    if column is None or isinstance(column, TextColumn):
        return np.full(len(rows), np.nan)
    return column.astype(np.float64)


def _values(scope: Scope, dataset_group_arn: str, metric: Metric, rows: Chunk) -> npt.NDArray[np.float64]:
    """What each row adds to a metric, no number where the value that is summed is absent."""
    if summed(metric) is None:
        return np.ones(len(rows))
    column = _column(scope, dataset_group_arn, metric)
    if column is None:
        return np.full(len(rows), np.nan)
    dataset, name = column
    if dataset == "Interactions":
        return _numbers(rows, name)
    items = rows.texts("ITEM_ID")
    numbers = (_number(_item_value(scope, dataset_group_arn, item_id, name)) for item_id in items.values)
    of_items = np.array([np.nan if number is None else number for number in numbers], np.float64)
    values: npt.NDArray[np.float64] = of_items[items.codes]
    return values


def _report(figures: Iterator[_Figure]) -> bytes:
    """The CSV file of a report. Source: the guide, "Publishing metrics to Amazon S3"."""
    lines = [
        ",".join(
            (
                *(cell(figure.metric.name), cell(figure.metric.event_type), str(figure.value)),
                "samplecount" if summed(figure.metric) is None else "sum",
                *(cell(figure.source), str(figure.window)),
            )
        )
        for figure in figures
    ]
    return "\n".join([_HEADER, *lines, ""]).encode()
