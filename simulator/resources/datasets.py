"""Datasets: a schema, and the data that was imported and put under it."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator import errors
from simulator.clock import Entry
from simulator.data.interactions import InteractionStore
from simulator.data.schemas import RECORD_NAMES
from simulator.resources import lifecycle
from simulator.resources.dataset_groups import dataset_group
from simulator.resources.lookup import (
    Answer,
    Request,
    by_arn,
    given,
    page,
    require_active,
    require_created,
    times_without_reason,
)
from simulator.resources.operations import PAGES, operation
from simulator.resources.world import DELETING, PENDING, RUNNING, Record, Scope


@dataclass
class Dataset(Record):
    """A dataset of one type; at most one of each in a group."""

    dataset_group_arn: str
    dataset_type: str
    schema_arn: str
    store: InteractionStore = field(default_factory=InteractionStore)

    @property
    def parents(self) -> tuple[str, ...]:
        """Its dataset group."""
        return (self.dataset_group_arn,)


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
    made = Dataset(arn, request["name"], PENDING, scope.now, scope.now, group.arn, dataset_type, schema.arn)
    lifecycle.create(scope, "dataset", made, request)
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
    return page(request, "datasets", scope.inventory.datasets, request.get("datasetGroupArn"), _summary)


def delete_dataset(scope: Scope, request: Request) -> Answer:
    """DeleteDataset: refused while a job of it or a training on it runs."""
    found = dataset(scope, request["datasetArn"])
    inventory = scope.inventory
    require_created(found)
    for what, jobs in (
        ("a dataset import job", inventory.dataset_import_jobs.of(found.arn)),
        ("a dataset export job", inventory.dataset_export_jobs.of(found.arn)),
        ("a training", inventory.solution_versions.of(found.dataset_group_arn)),
    ):
        if any(job.status in RUNNING for job in jobs):
            raise errors.BUSY(arn=found.arn, what=what)
    lifecycle.begin_deletion(scope, "dataset", found)
    return {}


def dataset(scope: Scope, arn: str) -> Dataset:
    """The dataset of an ARN; raises `ARN_DOES_NOT_EXIST`."""
    return by_arn(scope.inventory.datasets, arn)


def interactions_of(scope: Scope, dataset_group_arn: str) -> Dataset | None:
    """The Interactions dataset of a group, or None while there is none or it is being deleted."""
    for each in scope.inventory.datasets.of(dataset_group_arn):
        if each.dataset_type == "INTERACTIONS":
            return None if each.status in DELETING else each
    return None


def on_deletion_finish(scope: Scope, entry: Entry) -> None:
    """A dataset and its data are no more: what versions have seen of its events counts for no later one."""
    removed = lifecycle.remove(scope, "dataset", entry.subject)
    for version in scope.inventory.solution_versions.of(removed.dataset_group_arn):
        version.streamed = 0


def _summary(found: Dataset) -> Answer:
    return {
        "name": found.name,
        "datasetArn": found.arn,
        "datasetType": found.dataset_type,
        **times_without_reason(found),
    }


OPERATIONS = {
    "CreateDataset": operation(create_dataset, "name", "schemaArn", "datasetGroupArn", "datasetType", "tags"),
    "DescribeDataset": operation(describe_dataset, "datasetArn"),
    "ListDatasets": operation(list_datasets, "datasetGroupArn", *PAGES),
    "DeleteDataset": operation(delete_dataset, "datasetArn"),
}
HANDLERS = {"dataset_deletion.finish": on_deletion_finish}
