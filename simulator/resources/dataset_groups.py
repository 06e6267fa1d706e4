"""Dataset groups: what holds everything of one application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator import errors
from simulator.resources import lifecycle
from simulator.resources.lookup import (
    Answer,
    Request,
    given,
    new_arn,
    page,
    require_created,
    require_fewer,
    times,
)
from simulator.resources.operations import PAGES, operation
from simulator.resources.table import Table
from simulator.resources.world import PENDING, Record, Scope


@dataclass
class DatasetGroup(Record):
    """A Custom dataset group."""


def create_dataset_group(scope: Scope, request: Request) -> Answer:
    """CreateDatasetGroup."""
    table = scope.inventory.dataset_groups
    arn = new_arn(scope, table, "dataset-group", request["name"])
    require_fewer(scope, "active_dataset_groups", table)
    group = DatasetGroup(arn, request["name"], PENDING, scope.now, scope.now)
    lifecycle.create(scope, "dataset_group", group, request)
    return {"datasetGroupArn": arn}


def describe_dataset_group(scope: Scope, request: Request) -> Answer:
    """DescribeDatasetGroup."""
    return {"datasetGroup": _summary(dataset_group(scope, request["datasetGroupArn"]))}


def list_dataset_groups(scope: Scope, request: Request) -> Answer:
    """ListDatasetGroups."""
    return page(request, "datasetGroups", scope.inventory.dataset_groups, None, _summary)


def delete_dataset_group(scope: Scope, request: Request) -> Answer:
    """DeleteDatasetGroup: refused while something stands in it (err-027)."""
    group = dataset_group(scope, request["datasetGroupArn"])
    require_created(group)
    inventory = scope.inventory
    held: tuple[tuple[str, Table[Any]], ...] = (
        ("solutions", inventory.solutions),
        ("recommenders", inventory.recommenders),
        ("event trackers", inventory.event_trackers),
        ("filters", inventory.filters),
        ("metric attributions", inventory.metric_attributions),
        ("datasets", inventory.datasets),
    )
    for referrers, table in held:
        if table.of(group.arn):
            raise errors.REFERENCED(family="dataset-group", referrers=referrers)
    lifecycle.begin_deletion(scope, "dataset_group", group)
    return {}


def dataset_group(scope: Scope, arn: str) -> DatasetGroup:
    """The dataset group of an ARN; raises `GIVEN_DOES_NOT_EXIST`."""
    return given(scope.inventory.dataset_groups, "dataset group", arn)


def _summary(group: DatasetGroup) -> Answer:
    return {"name": group.name, "datasetGroupArn": group.arn, **times(group)}


OPERATIONS = {
    "CreateDatasetGroup": operation(create_dataset_group, "name", "tags"),
    "DescribeDatasetGroup": operation(describe_dataset_group, "datasetGroupArn"),
    "ListDatasetGroups": operation(list_dataset_groups, *PAGES),
    "DeleteDatasetGroup": operation(delete_dataset_group, "datasetGroupArn"),
}
