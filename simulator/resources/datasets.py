"""Datasets: a schema, and the data that was imported and put under it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, overload

from simulator import errors
from simulator.clock import Entry, Micros
from simulator.data.interactions import InteractionStore
from simulator.data.records import RecordStore
from simulator.data.schema_rules import RECORD_NAMES
from simulator.data.schemas import why_not_replaced
from simulator.data.stores import Store, new_store
from simulator.resources import lifecycle, updates
from simulator.resources.dataset_groups import DatasetGroup, dataset_group
from simulator.resources.ids import new_id, uuid_of
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
from simulator.resources.schemas import Schema
from simulator.resources.updates import Update
from simulator.resources.world import ACTIVE, DELETING, PENDING, RUNNING, Record, Scope

if TYPE_CHECKING:
    from simulator.resources.training import Trained

UPDATE_PENDING = "UPDATE PENDING"
UPDATE_IN_PROGRESS = "UPDATE IN_PROGRESS"

# How much later than its update a dataset says that it was updated (life-001).
_AFTER_UPDATE: Micros = 790_000

_ACTION_TYPES = frozenset({"ACTIONS", "ACTION_INTERACTIONS"})
_REPLACEABLE_TYPES = frozenset({"ITEMS", "USERS"})


@dataclass
class DatasetUpdate(Update):
    """The newest UpdateDataset of a dataset, running or done; its statuses read UPDATE (life-001)."""

    schema_arn: str


@dataclass
class Dataset(Record):
    """A dataset of one type; at most one of each in a group. One of action interactions has a tracking id."""

    dataset_group_arn: str
    dataset_type: str
    schema_arn: str
    store: Store
    tracking_id: str | None = None
    latest_update: DatasetUpdate | None = None

    @property
    def parents(self) -> tuple[str, ...]:
        """Its dataset group."""
        return (self.dataset_group_arn,)

    @property
    def updating(self) -> bool:
        """Whether an update of it is under way."""
        return updates.runs(self.latest_update)

    @property
    def schema_arns(self) -> tuple[str, ...]:
        """The schema that it has, and the one that an update is about to give it."""
        if self.latest_update is None or self.latest_update.status == ACTIVE:
            return (self.schema_arn,)
        return (self.schema_arn, self.latest_update.schema_arn)


@dataclass
class InteractionsDataset(Dataset):
    """A dataset of what users did with items or with actions."""

    store: InteractionStore


@dataclass
class RecordsDataset(Dataset):
    """A dataset of what items, users or actions are."""

    store: RecordStore


_KINDS: Mapping[str, type[Dataset]] = MappingProxyType(
    {
        "INTERACTIONS": InteractionsDataset,
        "ITEMS": RecordsDataset,
        "USERS": RecordsDataset,
        "ACTIONS": RecordsDataset,
        "ACTION_INTERACTIONS": InteractionsDataset,
    }
)


def create_dataset(scope: Scope, request: Request) -> Answer:
    """CreateDataset: its ARN is made of the group's name and the type, not of its own name (spec 01)."""
    group = dataset_group(scope, request["datasetGroupArn"])
    schema = given(scope.inventory.schemas, "schema", request["schemaArn"])
    dataset_type = request["datasetType"].upper()
    if dataset_type not in RECORD_NAMES:
        raise errors.UNKNOWN_DATASET_TYPE(dataset_type=request["datasetType"])
    arn = scope.home.arn("dataset", f"{group.name}/{dataset_type}")
    if arn in scope.inventory.datasets:
        raise errors.DATASET_TYPE_EXISTS(dataset_type=dataset_type)
    require_active(group)
    if group.domain is not None and dataset_type in _ACTION_TYPES:
        raise errors.NO_ACTIONS_IN_DOMAIN(dataset_type=dataset_type)
    _check_schema(schema, group, dataset_type)
    made = _KINDS[dataset_type](
        arn,
        request["name"],
        PENDING,
        scope.now,
        scope.now,
        dataset_group_arn=group.arn,
        dataset_type=dataset_type,
        schema_arn=schema.arn,
        store=new_store(dataset_type),
    )
    if dataset_type == "ACTION_INTERACTIONS":
        made.tracking_id = uuid_of(new_id(scope.world, "action-interactions", arn))
    lifecycle.create(scope, "dataset", made, request)
    return {"datasetArn": arn}


def describe_dataset(scope: Scope, request: Request) -> Answer:
    """DescribeDataset."""
    found = dataset(scope, request["datasetArn"])
    update = found.latest_update
    return {
        "dataset": {
            **_summary(found),
            "datasetGroupArn": found.dataset_group_arn,
            "schemaArn": found.schema_arn,
            "trackingId": found.tracking_id,
            "latestDatasetUpdate": None
            if update is None
            else {
                "schemaArn": update.schema_arn,
                **update.times(),
            },
        }
    }


def list_datasets(scope: Scope, request: Request) -> Answer:
    """ListDatasets, of one group or of all."""
    return page(request, "datasets", scope.inventory.datasets, request.get("datasetGroupArn"), _summary)


def update_dataset(scope: Scope, request: Request) -> Answer:
    """UpdateDataset: another schema, which keeps the fields of the old one; the data stays."""
    found = dataset(scope, request["datasetArn"])
    schema = given(scope.inventory.schemas, "schema", request["schemaArn"])
    require_active(found)
    if what := _running(scope, found):
        raise errors.BUSY_FOR_UPDATE(arn=found.arn, what=what)
    if found.dataset_type not in _REPLACEABLE_TYPES:
        raise errors.SCHEMA_NOT_REPLACEABLE(dataset_type=found.dataset_type)
    _check_schema(schema, dataset_group(scope, found.dataset_group_arn), found.dataset_type)
    old = scope.inventory.schemas[found.schema_arn]
    if why := why_not_replaced(old.avro, schema.avro):
        raise errors.NOT_A_REPLACEMENT(new=schema.arn, old=old.arn, why=why)
    found.latest_update = DatasetUpdate(schema.arn, status=UPDATE_PENDING, created=scope.now, updated=scope.now)
    lifecycle.begin(scope, "dataset_update", found.arn)
    return {"datasetArn": found.arn}


def delete_dataset(scope: Scope, request: Request) -> Answer:
    """DeleteDataset: refused while a job of it, its update or a training on it runs."""
    found = dataset(scope, request["datasetArn"])
    require_created(found)
    if what := _running(scope, found):
        raise errors.BUSY(arn=found.arn, what=what)
    lifecycle.begin_deletion(scope, "dataset", found)
    return {}


def dataset(scope: Scope, arn: str) -> Dataset:
    """The dataset of an ARN; raises `ARN_DOES_NOT_EXIST`."""
    return by_arn(scope.inventory.datasets, arn)


@overload
def dataset_of(
    scope: Scope, dataset_group_arn: str, dataset_type: Literal["INTERACTIONS", "ACTION_INTERACTIONS"]
) -> InteractionsDataset | None: ...
@overload
def dataset_of(
    scope: Scope, dataset_group_arn: str, dataset_type: Literal["ITEMS", "USERS", "ACTIONS"]
) -> RecordsDataset | None: ...
@overload
def dataset_of(scope: Scope, dataset_group_arn: str, dataset_type: str) -> Dataset | None: ...
def dataset_of(scope: Scope, dataset_group_arn: str, dataset_type: str) -> Dataset | None:
    """The dataset of a type in a group, or None while there is none or it is being deleted."""
    for each in scope.inventory.datasets.of(dataset_group_arn):
        if each.dataset_type == dataset_type:
            return None if each.status in DELETING else each
    return None


def interactions_of(scope: Scope, dataset_group_arn: str) -> InteractionsDataset | None:
    """The Interactions dataset of a group, or None while there is none or it is being deleted."""
    return dataset_of(scope, dataset_group_arn, "INTERACTIONS")


def on_update_begin(scope: Scope, entry: Entry) -> None:
    """The update runs."""
    _updated(scope, entry, UPDATE_IN_PROGRESS)


def on_update_finish(scope: Scope, entry: Entry) -> None:
    """From now on the new schema is that of the dataset; rows from before have no value in its new columns."""
    found = _updated(scope, entry, ACTIVE)
    assert found.latest_update is not None
    found.schema_arn = found.latest_update.schema_arn
    lag = min(_AFTER_UPDATE, scope.world.durations["dataset_update"])
    lifecycle.schedule(scope, "dataset_update", "recorded", found.arn, scope.now + lag)


def on_update_recorded(scope: Scope, entry: Entry) -> None:
    """The dataset's own time follows that of its update (life-001), if it is still there."""
    found = scope.inventory.datasets.get(entry.subject)
    if found is not None:
        found.updated = scope.now


def on_deletion_finish(scope: Scope, entry: Entry) -> None:
    """A dataset and its data are no more: what versions have seen of its events counts for no later one."""
    removed = lifecycle.remove(scope, "dataset", entry.subject)
    if removed.dataset_type == "INTERACTIONS":
        for trained in _trained(scope, removed):
            trained.streamed = trained.fully = 0
    if removed.dataset_type == "ACTION_INTERACTIONS":
        for trained in _trained(scope, removed):
            trained.streamed_actions = trained.fully_actions = 0


def _updated(scope: Scope, entry: Entry, status: str) -> Dataset:
    """The dataset whose update has come to another status."""
    found = scope.inventory.datasets[entry.subject]
    updates.advance(scope, found.latest_update, status)
    return found


def _check_schema(schema: Schema, group: DatasetGroup, dataset_type: str) -> None:
    """Raises the refusals of a schema that is for another domain or another type of dataset."""
    if schema.domain != group.domain:
        raise errors.SCHEMA_DOMAIN_MISMATCH(
            schema=schema.arn,
            found=_domain_in_words(schema.domain),
            dataset_group=group.arn,
            wanted=_domain_in_words(group.domain),
        )
    if schema.avro.name != RECORD_NAMES[dataset_type]:
        raise errors.SCHEMA_TYPE_MISMATCH(
            schema=schema.arn,
            found=schema.avro.name,
            dataset_type=dataset_type,
            wanted=RECORD_NAMES[dataset_type],
        )


def _domain_in_words(domain: str | None) -> str:
    return "no domain" if domain is None else f"the domain {domain}"


def _running(scope: Scope, found: Dataset) -> str | None:
    """What is under way with a dataset and keeps it as it is, in words; or None."""
    inventory = scope.inventory
    works: tuple[tuple[str, Iterable[Record]], ...] = (
        ("a dataset import job", inventory.dataset_import_jobs.of(found.arn)),
        ("a dataset export job", inventory.dataset_export_jobs.of(found.arn)),
        ("a training", _trained(scope, found)),
    )
    if found.updating:
        return "its update"
    return next((what for what, records in works if any(record.status in RUNNING for record in records)), None)


def _trained(scope: Scope, found: Dataset) -> list[Trained]:
    """Whatever is, was or will be trained on a dataset."""
    inventory = scope.inventory
    return [
        *inventory.solution_versions.of(found.dataset_group_arn),
        *inventory.recommenders.of(found.dataset_group_arn),
    ]


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
    "UpdateDataset": operation(update_dataset, "datasetArn", "schemaArn"),
    "DeleteDataset": operation(delete_dataset, "datasetArn"),
}
HANDLERS = {
    "dataset_update.begin": on_update_begin,
    "dataset_update.finish": on_update_finish,
    "dataset_update.recorded": on_update_recorded,
    "dataset_deletion.finish": on_deletion_finish,
}
