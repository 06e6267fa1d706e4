"""Finding, listing and naming resources: what all families do alike."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping, Sized
from typing import Any, TypeVar

from simulator import errors
from simulator.resources.table import Position, Table
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


def require_fewer(scope: Scope, quota: str, records: Sized) -> None:
    """Raises `TOO_MANY_ACTIVE` if as many resources stand as a quota allows."""
    limit = scope.world.quotas[quota]
    if len(records) >= limit:
        raise errors.TOO_MANY_ACTIVE(limit=limit)


def require_fewer_running(scope: Scope, quota: str, records: Iterable[Record]) -> None:
    """Raises `TOO_MANY_RUNNING` if as many jobs run as a quota allows."""
    limit = scope.world.quotas[quota]
    if sum(record.status in RUNNING for record in records) >= limit:
        raise errors.TOO_MANY_RUNNING(limit=limit)


def page(
    request: Request,
    member: str,
    table: Table[R],
    parent: str | None,
    summary: Callable[[R], Answer],
    *,
    newest_first: bool = False,
) -> Answer:
    """A page of a List operation: the resources of a parent (all, if None), and a token if there are more.

    At most `maxResults` summaries. The token is the place of the last resource shown, so that a page never
    repeats or skips one that stays; it is good for the same list only. Raises `INVALID_NEXT_TOKEN`.
    """
    token = request.get("nextToken")
    after = None if token is None else _position(token, member, parent)
    size = request.get("maxResults", _PAGE)
    found = table.listed(parent, after, size + 1, newest_first=newest_first)
    answer: Answer = {member: [summary(record) for record in found[:size]]}
    if len(found) > size:
        answer["nextToken"] = page_token(member, parent, found[size - 1].created, found[size - 1].arn)
    return answer


def page_token(*place: object) -> str:
    """An opaque token for a place in a list."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def place_of(token: str) -> list[Any]:
    """The place that a token stands for; raises `INVALID_NEXT_TOKEN`."""
    try:
        place = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise errors.INVALID_NEXT_TOKEN() from None
    if not isinstance(place, list):
        raise errors.INVALID_NEXT_TOKEN()
    return place


def _position(token: str, member: str, parent: str | None) -> Position:
    match place_of(token):
        case [list_of, under, int(created), str(arn)] if (list_of, under) == (member, parent):
            return created, arn
        case _:
            raise errors.INVALID_NEXT_TOKEN()


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
