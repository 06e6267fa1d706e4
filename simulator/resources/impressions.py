"""Implicit impressions: the items that were recommended under the id that an event names.

Source: the guide, recording events with impressions data: the service derives them from the recommendationId, and
explicit ones win. How long an id is good for is not documented (spec 03, section 6).
"""

from __future__ import annotations

from collections.abc import Sequence

from simulator.data.interactions import PutEvent
from simulator.resources.world import Scope

# How many lists of recommendations, the newest ones, an event may still name (assumed).
KEPT: int = 10_000

_SEPARATOR = "|"


def remember(scope: Scope, recommendation_id: str, item_ids: Sequence[str]) -> None:
    """Keeps what was recommended under an id, until many other lists have been."""
    recommended = scope.world.recommended
    recommended[recommendation_id] = tuple(item_ids)
    if len(recommended) > KEPT:
        del recommended[next(iter(recommended))]


def hold(scope: Scope, event: PutEvent) -> None:
    """Keeps for good what an event that is stored stands for; one that names another id is stored as well."""
    shown = scope.world.recommended.get(event.recommendation_id)
    if shown is not None and not event.impression:
        scope.world.shown[event.recommendation_id] = shown


def impressions_of(scope: Scope, event: PutEvent) -> Sequence[str]:
    """The items that a user was shown when an event happened: its own impression, else those of its recommendationId.

    None if it has neither, or if nothing is known to have been recommended under its id when it was put.
    """
    if event.impression:
        return event.impression.split(_SEPARATOR)
    return scope.world.shown.get(event.recommendation_id, ())
