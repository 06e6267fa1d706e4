"""How resources come to be and go: the entries that a create or a delete call writes into the agenda.

Source: the status tables of the API reference (spec 01, section 4).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulator.arns import Home
from simulator.clock import Entry, Micros
from simulator.resources import tags
from simulator.resources.lookup import Request
from simulator.resources.not_simulated import Unheeded, warn
from simulator.resources.world import DELETE_PENDING, DELETING, Record, Scope

# Causes before effects: the order of things that are due at one instant.
_ORDER = (
    "dataset_group",
    "dataset",
    "dataset_update",
    "metric_attribution",
    "metric_attribution_update",
    "data_deletion_job",
    "dataset_import_job",
    "event_tracker",
    "filter",
    "solution",
    "solution_update",
    "automatic_training",
    "automatic_update",
    "solution_version",
    "solution_version_stop",
    "campaign_sync",
    "campaign",
    "campaign_update",
    "recommender_retraining",
    "recommender",
    "recommender_update",
    "recommender_stop",
    "recommender_start",
    "batch_inference_job",
    "batch_segment_job",
    "dataset_export_job",
    "campaign_deletion",
    "recommender_deletion",
    "solution_deletion",
    "filter_deletion",
    "metric_attribution_deletion",
    "event_tracker_deletion",
    "dataset_deletion",
    "dataset_group_deletion",
)
_RANKS = {resource: rank for rank, resource in enumerate(_ORDER)}


def rank_of(kind: str) -> int:
    """The place of a kind of entry, such as `solution.finish`, among those that are due at one instant."""
    return _RANKS[kind.partition(".")[0]]


def schedule(scope: Scope, resource: str, phase: str, subject: str, due: Micros, step: int = 0) -> None:
    """Writes `resource.phase` of a subject (an ARN) into the agenda."""
    scope.world.agenda.add(Entry(due, _RANKS[resource], f"{resource}.{phase}", subject, step))


def begin(scope: Scope, resource: str, arn: str) -> None:
    """Schedules what follows a create, update or delete call: its begin (IN_PROGRESS) and its finish."""
    durations = scope.world.durations
    schedule(scope, resource, "begin", arn, scope.now + durations.pending(resource), step=0)
    schedule(scope, resource, "finish", arn, scope.now + durations[resource], step=1)


def create(scope: Scope, resource: str, record: Record, request: Request, unheeded: Iterable[Unheeded] = ()) -> None:
    """Takes in a new resource with the tags of its create call, and schedules what becomes of it.

    Warns of what the call asks for and is not heeded. Raises the refusals of tags; then nothing is changed.
    """
    given = tags.of_request(scope, request)
    warn(scope, unheeded)
    scope.inventory.table(resource).add(record)
    if given:
        scope.inventory.tags[record.arn] = given
    begin(scope, resource, record.arn)


def begin_deletion(scope: Scope, resource: str, record: Record) -> None:
    """Marks a resource DELETE PENDING and schedules its end; one that is going already goes on."""
    if record.status in DELETING:
        return
    change(scope, record, DELETE_PENDING)
    begin(scope, f"{resource}_deletion", record.arn)


def remove(scope: Scope, resource: str, arn: str) -> Any:
    """A resource is no more, nor are its tags; the record that it was."""
    scope.inventory.tags.pop(arn, None)
    return scope.inventory.table(resource).remove(arn)


def change(scope: Scope, record: Record, status: str, failure: str | None = None) -> None:
    """Gives a resource another status, as of now."""
    record.status = status
    record.failure = failure
    record.updated = scope.now


def home_of(arn: str) -> Home:
    """The account and region that a resource's ARN names."""
    _, _, _, region, account, _ = arn.split(":", 5)
    return Home(account, region)
