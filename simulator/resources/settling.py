"""Settling: the agenda's entries that are due, executed one by one as of their own due times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from simulator.clock import Entry, Micros, TimeRanBackward, datetime_of
from simulator.resources import (
    campaigns,
    dataset_export_jobs,
    dataset_import_jobs,
    datasets,
    lifecycle,
    solution_versions,
)
from simulator.resources.platform import Platform
from simulator.resources.world import (
    ACTIVE,
    DELETE_IN_PROGRESS,
    IN_PROGRESS,
    Inventory,
    JournalEntry,
    Scope,
    World,
)

Handler = Callable[[Scope, Entry], None]
Table = Callable[[Inventory], dict[str, Any]]


def settle(world: World, platform: Platform, now: Micros) -> None:
    """Brings the world to `now`: everything due until then happens, in order.

    Raises TimeRanBackward if the world has already been brought past `now`.
    """
    if now < world.now:
        raise TimeRanBackward(
            f"the clock says {datetime_of(now).isoformat()}, but this simulation has already lived through "
            f"{datetime_of(world.now).isoformat()}. Was an inner freeze_time left, or set to an earlier time?"
        )
    while world.agenda.due(now):
        entry = world.agenda.next()
        _move(world, entry.due)
        _HANDLERS[entry.kind](Scope(world, platform, lifecycle.home_of(entry.subject)), entry)
        world.journal.append(JournalEntry(world.now, "agenda", entry.kind, entry.subject, ""))
    _move(world, now)


def _move(world: World, instant: Micros) -> None:
    if instant > world.now:
        world.now = instant
        world.repeats.clear()


def _becomes(status: str, table: Table) -> Handler:
    """A handler that gives its subject a status."""

    def handler(scope: Scope, entry: Entry) -> None:
        lifecycle.change(scope, table(scope.inventory)[entry.subject], status)

    return handler


def _goes(table: Table) -> Handler:
    """A handler that ends the deletion of its subject."""

    def handler(scope: Scope, entry: Entry) -> None:
        del table(scope.inventory)[entry.subject]

    return handler


def _dataset_goes(scope: Scope, entry: Entry) -> None:
    datasets.remove_dataset(scope, entry.subject)


def _solution_goes(scope: Scope, entry: Entry) -> None:
    solution_versions.remove_versions(scope, scope.inventory.solutions.pop(entry.subject))


_TABLES: Mapping[str, Table] = {
    "dataset_group": lambda inventory: inventory.dataset_groups,
    "dataset": lambda inventory: inventory.datasets,
    "dataset_import_job": lambda inventory: inventory.dataset_import_jobs,
    "dataset_export_job": lambda inventory: inventory.dataset_export_jobs,
    "event_tracker": lambda inventory: inventory.event_trackers,
    "solution": lambda inventory: inventory.solutions,
    "solution_version": lambda inventory: inventory.solution_versions,
    "campaign": lambda inventory: inventory.campaigns,
}

# What every family does alike, and then what some do in their own way.
_HANDLERS: Mapping[str, Handler] = MappingProxyType(
    {f"{resource}.begin": _becomes(IN_PROGRESS, table) for resource, table in _TABLES.items()}
    | {f"{resource}.finish": _becomes(ACTIVE, table) for resource, table in _TABLES.items()}
    | {f"{resource}_deletion.begin": _becomes(DELETE_IN_PROGRESS, table) for resource, table in _TABLES.items()}
    | {f"{resource}_deletion.finish": _goes(table) for resource, table in _TABLES.items()}
    | {
        "dataset_deletion.finish": _dataset_goes,
        "solution_deletion.finish": _solution_goes,
        "dataset_import_job.finish": dataset_import_jobs.on_finish,
        "dataset_export_job.finish": dataset_export_jobs.on_finish,
        "solution_version.begin": solution_versions.on_begin,
        "solution_version.finish": solution_versions.on_finish,
        "automatic_update.run": solution_versions.on_automatic_update,
        "campaign_update.begin": campaigns.on_update_begin,
        "campaign_update.finish": campaigns.on_update_finish,
    }
)
