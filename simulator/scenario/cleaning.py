"""Deletes what a run has created somewhere, in the right order, until it is gone; and says what is not."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from simulator.clock import SimulatorError
from simulator.scenario.created import Created
from simulator.scenario.things import Resource, Thing, code_of, key

# How long deletions may take in all: a training that is under way, and then a recommender or campaign.
LONGEST = timedelta(hours=4)

# How long it waits between two looks: more and more, as a campaign takes a quarter of an hour.
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=1)

_GONE = frozenset({"ResourceNotFoundException", "NoSuchBucket", "NoSuchEntity", "404"})
# Something else has to go first, or to settle; or the service asks for patience.
_LATER = frozenset(
    {
        "ResourceInUseException",
        "BucketNotEmpty",
        "DeleteConflict",
        "ThrottlingException",
        "Throttling",
        "TooManyRequestsException",
        "SlowDown",
    }
)
_NO_DELETION = "the service has no operation that deletes it"


class Left(Struct, frozen=True, kw_only=True):
    """Something that was created and is there still."""

    kind: str  # Campaign, DatasetImportJob, Bucket, Object
    named: str  # its ARN; the name of a bucket or role; the path of an object
    why: str
    is_record: bool = False  # that the service keeps: it has no operation that deletes it


class Clock(Protocol):
    """Whose time deletions take."""

    def now(self) -> datetime:
        """The present."""

    def tick(self, delta: timedelta, /) -> object:
        """Lets time pass."""


def clean(
    created: Created, clock: Clock, told: Callable[[str], None] = lambda _: None, longest: timedelta = LONGEST
) -> list[Left]:
    """Deletes all that was created, last first, and waits until it is gone; what is left after all.

    What is in use is tried again while time passes. Ctrl-C ends it, and what was not gone by then is left.
    """
    left: list[Left] = []
    things = created.known()
    pending = _in_order(things)
    try:
        things += created.found()
        pending[:] = _in_order(things)
        if pending:
            told(f"deleting what was created: {len(pending)}")
        _stop_trainings(things)
        left += _delete(pending, clock, longest)
        left += [
            Left(kind=each.kind, named=each.named, why=_NO_DELETION, is_record=True)
            for each in things
            if _goes_with_another(each) and _seems_to_exist(each)
        ]
    except (KeyboardInterrupt, SimulatorError) as fault:  # a second Ctrl-C; a server that has gone
        left += [_left(each, str(fault) or "interrupted by Ctrl-C") for each in pending]
    left += [
        Left(kind="Object", named=path, why="it was put into a bucket that was there before")
        for path in created.objects_elsewhere()
    ]
    return left


def _in_order(things: Sequence[Thing]) -> list[Thing]:
    """What has to be deleted, last first; policies after all roles that may have them."""
    own = [each for each in reversed(things) if not _goes_with_another(each)]
    return sorted(own, key=lambda each: each.kind == "Policy")


def _delete(pending: list[Thing], clock: Clock, longest: timedelta) -> list[Left]:
    """Deletes things; takes off the list what is gone, or what there is no hope for, which it gives."""
    left: list[Left] = []
    deadline, wait = clock.now() + longest, _FIRST_WAIT
    begun: set[tuple[str, str]] = set()
    reasons: dict[tuple[str, str], str] = {}
    while pending:
        for thing in list(pending):
            try:
                reasons[key(thing)] = "its deletion has begun and has not ended"
                if key(thing) not in begun:
                    _begin(thing)
                    begun.add(key(thing))
                if not thing.exists():
                    pending.remove(thing)
            except (ClientError, BotoCoreError) as fault:
                code = code_of(fault) if isinstance(fault, ClientError) else ""
                if code in _LATER:
                    reasons[key(thing)] = str(fault)
                else:
                    pending.remove(thing)
                    left.append(_left(thing, str(fault)))
        if pending and clock.now() >= deadline:
            left += [_left(each, f"{reasons[key(each)]} (after {longest})") for each in pending]
            pending.clear()
        elif pending:
            clock.tick(wait)
            wait = min(wait * 2, _LONGEST_WAIT)
    return left


def _begin(thing: Thing) -> None:
    """Begins to delete a thing, unless it has gone already."""
    try:
        thing.delete()
    except ClientError as fault:
        if code_of(fault) not in _GONE:
            raise


def _left(thing: Thing, why: str) -> Left:
    return Left(kind=thing.kind, named=thing.named, why=why)


def _goes_with_another(thing: Thing) -> bool:
    return isinstance(thing, Resource) and not thing.has_deletion


def _seems_to_exist(thing: Thing) -> bool:
    try:
        return thing.exists()
    except (ClientError, BotoCoreError):
        return True


def _stop_trainings(things: Sequence[Thing]) -> None:
    """Whoever leaves in the middle of a training is neither to wait for it nor to pay for it."""
    for thing in things:
        if isinstance(thing, Resource) and thing.kind == "SolutionVersion":
            with contextlib.suppress(ClientError, BotoCoreError):  # trained already
                thing.stop()
