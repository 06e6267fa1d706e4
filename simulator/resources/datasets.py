"""Datasets: a schema, and the data that was imported and put under it."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator import errors
from simulator.data.interactions import InteractionStore
from simulator.data.schemas import RECORD_NAMES
from simulator.resources import lifecycle
from simulator.resources.dataset_groups import dataset_group
from simulator.resources.lookup import (
    Answer,
    Request,
    by_arn,
    children,
    given,
    page,
    require_active,
    require_created,
    times_without_reason,
)
from simulator.resources.world import DELETING, PENDING, RUNNING, Record, Scope


@dataclass
class Dataset(Record):
    """A dataset of one type; at most one of each in a group."""

    dataset_group_arn: str
    dataset_type: str
    schema_arn: str
    store: InteractionStore = field(default_factory=InteractionStore)


def create_dataset(scope: Scope, request: Request) -> Answer:
    """CreateDataset: its ARN is made of the group's name and the type, not of its own name (spec 01)."""
    group = dataset_group(scope, request["datasetGroupArn"])
    schema = given(scope.inventory.schemas, "schema", request["schemaArn"])
    dataset_type = request["datasetType"].upper()
    if dataset_type not in RECORD_NAMES:
        raise errors.UNKNOWN_DATASET_TYPE(dataset_type=request["datasetType"])
    if dataset_type != "INTERACTIONS":
        raise errors.not_simulated(f"CreateDataset with the datasetType {dataset_type}")
    require_active(group)
    arn = scope.home.arn("dataset", f"{group.name}/{dataset_type}")
    if arn in scope.inventory.datasets:
        raise errors.DATASET_TYPE_EXISTS(dataset_type=dataset_type)
    if schema.avro.name != RECORD_NAMES[dataset_type]:
        raise errors.SCHEMA_TYPE_MISMATCH(
            schema=schema.arn,
            found=schema.avro.name,
            dataset_type=dataset_type,
            wanted=RECORD_NAMES[dataset_type],
        )
    scope.inventory.datasets[arn] = Dataset(
        arn, request["name"], PENDING, scope.now, scope.now, group.arn, dataset_type, schema.arn
    )
    lifecycle.begin(scope, "dataset", arn)
    return {"datasetArn": arn}


def describe_dataset(scope: Scope, request: Request) -> Answer:
    """DescribeDataset."""
    found = dataset(scope, request["datasetArn"])
    return {
        "dataset": {
            **_summary(found),
            "datasetGroupArn": found.dataset_group_arn,
            "schemaArn": found.schema_arn,
        }
    }


def list_datasets(scope: Scope, request: Request) -> Answer:
    """ListDatasets, of one group or of all."""
    found = children(scope.inventory.datasets, request.get("datasetGroupArn"), lambda each: each.dataset_group_arn)
    return page(request, "datasets", found, _summary)


def delete_dataset(scope: Scope, request: Request) -> Answer:
    """DeleteDataset: refused while a job of it or a training on it runs."""
    found = dataset(scope, request["datasetArn"])
    inventory = scope.inventory
    require_created(found)
    imports = inventory.dataset_import_jobs.values()
    if any(job.dataset_arn == found.arn and job.status in RUNNING for job in imports):
        raise errors.BUSY(arn=found.arn, what="a dataset import job")
    exports = inventory.dataset_export_jobs.values()
    if any(job.dataset_arn == found.arn and job.status in RUNNING for job in exports):
        raise errors.BUSY(arn=found.arn, what="a dataset export job")
    versions = inventory.solution_versions.values()
    if any(each.dataset_group_arn == found.dataset_group_arn and each.status in RUNNING for each in versions):
        raise errors.BUSY(arn=found.arn, what="a training")
    lifecycle.begin_deletion(scope, "dataset", found)
    return {}


def dataset(scope: Scope, arn: str) -> Dataset:
    """The dataset of an ARN; raises `ARN_DOES_NOT_EXIST`."""
    return by_arn(scope.inventory.datasets, arn)


def interactions_of(scope: Scope, dataset_group_arn: str) -> Dataset | None:
    """The Interactions dataset of a group, or None while there is none or it is being deleted."""
    for each in scope.inventory.datasets.values():
        if each.dataset_group_arn == dataset_group_arn and each.dataset_type == "INTERACTIONS":
            return None if each.status in DELETING else each
    return None


def remove_dataset(scope: Scope, arn: str) -> None:
    """A dataset and its data are no more: what versions have seen of its events counts for no later one."""
    removed = scope.inventory.datasets.pop(arn)
    for version in scope.inventory.solution_versions.values():
        if version.dataset_group_arn == removed.dataset_group_arn:
            version.streamed = 0


def _summary(found: Dataset) -> Answer:
    return {
        "name": found.name,
        "datasetArn": found.arn,
        "datasetType": found.dataset_type,
        **times_without_reason(found),
    }
