"""Settling: the agenda's entries that are due, executed one by one as of their own due times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from simulator.clock import Entry, Micros, TimeRanBackward, datetime_of
from simulator.resources import lifecycle, monitoring
from simulator.resources.families import FAMILIES, RESOURCES
from simulator.resources.journal import record_agenda, state_of
from simulator.resources.platform import Platform
from simulator.resources.world import (
    ACTIVE,
    DELETE_IN_PROGRESS,
    IN_PROGRESS,
    Scope,
    World,
)

Handler = Callable[[Scope, Entry], None]


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
        scope = Scope(world, platform, lifecycle.home_of(entry.subject))
        before = state_of(scope, entry.subject)
        _HANDLERS[entry.kind](scope, entry)
        monitoring.record_end(scope, entry)
        record_agenda(scope, entry, before)
    _move(world, now)


def _move(world: World, instant: Micros) -> None:
    if instant > world.now:
        world.now = instant
        world.repeats.clear()


def _becomes(resource: str, status: str) -> Handler:
    """A handler that gives its subject a status."""

    def handler(scope: Scope, entry: Entry) -> None:
        lifecycle.change(scope, scope.inventory.table(resource)[entry.subject], status)

    return handler


def _goes(resource: str) -> Handler:
    """A handler that ends the deletion of its subject."""

    def handler(scope: Scope, entry: Entry) -> None:
        lifecycle.remove(scope, resource, entry.subject)

    return handler


def _handlers() -> Iterator[tuple[str, Handler]]:
    """What every family does alike, and then what some do in their own way."""
    for resource in RESOURCES:
        yield f"{resource}.begin", _becomes(resource, IN_PROGRESS)
        yield f"{resource}.finish", _becomes(resource, ACTIVE)
        yield f"{resource}_deletion.begin", _becomes(resource, DELETE_IN_PROGRESS)
        yield f"{resource}_deletion.finish", _goes(resource)
    for family in FAMILIES:
        yield from getattr(family, "HANDLERS", {}).items()


_HANDLERS: Mapping[str, Handler] = MappingProxyType(dict(_handlers()))
