"""Finding, listing and naming resources: what all families do alike."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from simulator import errors
from simulator.resources.world import ACTIVE, RUNNING, Record, Scope

Request = Mapping[str, Any]
Answer = dict[str, Any]
R = TypeVar("R", bound=Record)

_PAGE = 100


def given(table: Mapping[str, R], family: str, arn: str) -> R:
    """The resource of an ARN, or the refusal that most families give: "The given solution does not exist"."""
    record = table.get(arn)
    if record is None:
        raise errors.GIVEN_DOES_NOT_EXIST(family=family, arn=arn)
    return record


def by_arn(table: Mapping[str, R], arn: str) -> R:
    """The resource of an ARN, or the refusal of datasets and trackers: "Resource Arn ... does not exist."."""
    record = table.get(arn)
    if record is None:
        raise errors.ARN_DOES_NOT_EXIST(arn=arn)
    return record


def new_arn(scope: Scope, table: Mapping[str, Record], family: str, name: str) -> str:
    """The ARN of a new resource; raises `ALREADY_EXISTS` if it is taken."""
    arn = scope.home.arn(family, name)
    if arn in table:
        raise errors.ALREADY_EXISTS(arn=arn)
    return arn


def require_active(record: Record) -> None:
    """Raises `NOT_ACTIVE` unless a resource that is to be built on is ACTIVE."""
    if record.status != ACTIVE:
        raise errors.NOT_ACTIVE(arn=record.arn)


def require_created(record: Record) -> None:
    """Raises `BUSY` while a resource that is to be deleted is still being created."""
    if record.status in RUNNING:
        raise errors.BUSY(arn=record.arn, what="its creation")


def require_fewer(scope: Scope, quota: str, records: Iterable[Record]) -> None:
    """Raises `TOO_MANY_ACTIVE` if as many resources stand as a quota allows."""
    limit = scope.world.quotas[quota]
    if sum(1 for _ in records) >= limit:
        raise errors.TOO_MANY_ACTIVE(limit=limit)


def require_fewer_running(scope: Scope, quota: str, records: Iterable[Record]) -> None:
    """Raises `TOO_MANY_RUNNING` if as many jobs run as a quota allows."""
    limit = scope.world.quotas[quota]
    if sum(record.status in RUNNING for record in records) >= limit:
        raise errors.TOO_MANY_RUNNING(limit=limit)


def children(table: Mapping[str, R], parent: str | None, parent_of: Callable[[R], str]) -> list[R]:
    """The resources of one parent (an ARN, which need not exist), or all if none is named."""
    return [each for each in table.values() if parent is None or parent_of(each) == parent]


def page(request: Request, member: str, records: Iterable[R], summary: Callable[[R], Answer]) -> Answer:
    """A page of a List operation: at most `maxResults` summaries, and a token if there are more.

    The token is the ARN of the last resource shown, so that a page never repeats or skips one that stays.
    Raises `INVALID_NEXT_TOKEN`.
    """
    listed = sorted(records, key=lambda record: (record.created, record.arn))
    start = 0
    token = request.get("nextToken")
    if token is not None:
        created, arn = _position(token)
        start = sum((record.created, record.arn) <= (created, arn) for record in listed)
    size = request.get("maxResults", _PAGE)
    shown = listed[start : start + size]
    answer: Answer = {member: [summary(record) for record in shown]}
    if start + size < len(listed):
        last = shown[-1]
        answer["nextToken"] = base64.urlsafe_b64encode(f"{last.created} {last.arn}".encode()).decode()
    return answer


def _position(token: str) -> tuple[int, str]:
    try:
        created, _, arn = base64.b64decode(token, altchars=b"-_", validate=True).decode().partition(" ")
        return int(created), arn
    except (binascii.Error, ValueError):
        raise errors.INVALID_NEXT_TOKEN() from None


def times(record: Record) -> Answer:
    """The members that every resource shows: its status, why it failed, and its two times."""
    return {
        "status": record.status,
        "failureReason": record.failure,
        "creationDateTime": record.created,
        "lastUpdatedDateTime": record.updated,
    }


def times_without_reason(record: Record) -> Answer:
    """The same for the families whose shapes have no `failureReason`."""
    shown = times(record)
    del shown["failureReason"]
    return shown
