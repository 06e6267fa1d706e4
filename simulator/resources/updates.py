"""Updates of resources: what was asked for and how far it has come. Until one is done, its resource is as it was."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.clock import Micros
from simulator.resources.lookup import Answer
from simulator.resources.world import PENDING, SETTLED, Scope


@dataclass
class Update:
    """The newest update of a resource, running or done. Its statuses read CREATE (resp-023), of datasets UPDATE."""

    created: Micros = field(kw_only=True)
    updated: Micros = field(kw_only=True)
    status: str = field(default=PENDING, kw_only=True)
    failure: str | None = field(default=None, kw_only=True)

    def times(self) -> Answer:
        """The members that every update shows: its status, why it failed, and its two times."""
        return {
            "status": self.status,
            "failureReason": self.failure,
            "creationDateTime": self.created,
            "lastUpdatedDateTime": self.updated,
        }


def runs(update: Update | None) -> bool:
    """Whether a resource's newest update, if there has been one, is still under way."""
    return update is not None and update.status not in SETTLED


def advance(scope: Scope, update: Update | None, status: str) -> None:
    """An update that is under way comes to another status."""
    assert update is not None, "an update that is under way stays"
    update.status, update.updated = status, scope.now
