"""Dataset groups: what holds everything of one application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator import errors
from simulator.clock import Entry
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
from simulator.resources.world import ACTIVE, FAILED, PENDING, Record, Scope


@dataclass
class DatasetGroup(Record):
    """A Custom dataset group, or a Domain one.

    `fault` is why its creation will fail: what its role was found to lack for its key at the create call.
    """

    domain: str | None = None
    kms_key_arn: str | None = None
    role_arn: str | None = None
    fault: str | None = None


def create_dataset_group(scope: Scope, request: Request) -> Answer:
    """CreateDatasetGroup: a key that the role cannot use fails it later (life-004)."""
    table = scope.inventory.dataset_groups
    arn = new_arn(scope, table, "dataset-group", request["name"])
    # A group that failed is there, but was never active.
    require_fewer(scope, "active_dataset_groups", [group for group in table.values() if group.status != FAILED])
    group = DatasetGroup(
        arn,
        request["name"],
        PENDING,
        scope.now,
        scope.now,
        domain=request.get("domain"),
        kms_key_arn=request.get("kmsKeyArn"),
        role_arn=request.get("roleArn"),
    )
    group.fault = _fault(scope, group)
    lifecycle.create(scope, "dataset_group", group, request)
    return {"datasetGroupArn": arn, "domain": group.domain}


def describe_dataset_group(scope: Scope, request: Request) -> Answer:
    """DescribeDatasetGroup."""
    group = dataset_group(scope, request["datasetGroupArn"])
    return {"datasetGroup": {**_summary(group), "kmsKeyArn": group.kms_key_arn, "roleArn": group.role_arn}}


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


def on_finish(scope: Scope, entry: Entry) -> None:
    """The group is ACTIVE, unless its role cannot use its key."""
    group = scope.inventory.dataset_groups[entry.subject]
    lifecycle.change(scope, group, ACTIVE if group.fault is None else FAILED, group.fault)


def on_deletion_begin(scope: Scope, entry: Entry) -> None:
    """A group stays DELETE PENDING until it is gone: the API reference knows no DELETE IN_PROGRESS of groups."""


def _fault(scope: Scope, group: DatasetGroup) -> str | None:
    """Why the role cannot use the key, or None. Raises the refusals of a role and a key that do not go together."""
    if group.kms_key_arn is None:
        if group.role_arn is not None:
            raise errors.ROLE_WITHOUT_KEY()
        return None
    if group.role_arn is None:
        raise errors.KEY_WITHOUT_ROLE()
    return scope.platform.key_fault(scope.home, group.role_arn, group.kms_key_arn, group.arn)


def _summary(group: DatasetGroup) -> Answer:
    return {"name": group.name, "datasetGroupArn": group.arn, **times(group), "domain": group.domain}


OPERATIONS = {
    "CreateDatasetGroup": operation(
        create_dataset_group,
        *("name", "roleArn", "kmsKeyArn", "domain", "tags"),
        note="the role's access to the key is checked at the call, without grants; nothing is encrypted",
    ),
    "DescribeDatasetGroup": operation(describe_dataset_group, "datasetGroupArn"),
    "ListDatasetGroups": operation(list_dataset_groups, *PAGES),
    "DeleteDatasetGroup": operation(delete_dataset_group, "datasetGroupArn"),
}
HANDLERS = {"dataset_group.finish": on_finish, "dataset_group_deletion.begin": on_deletion_begin}
