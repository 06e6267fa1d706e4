"""Filters of batch jobs: the items, or the users, that each line of the input may be answered with.

Source: the guide, "Filtering batch recommendations and user segments".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Literal

from simulator import errors
from simulator.data.columns import TextColumn
from simulator.data.interactions import InteractionStore
from simulator.data.records import Records
from simulator.filters.checking import Schemas, check_values
from simulator.filters.evaluating import Event, Facts, passing
from simulator.filters.expressions import FilterExpression
from simulator.filters.values import filter_values
from simulator.resources.batch_files import BadLine, Line, text_of
from simulator.resources.datasets import dataset_of, interactions_of
from simulator.resources.filters import filter_of, schemas_of
from simulator.resources.lookup import Request, require_active
from simulator.resources.world import Scope

_NOTHING = Records({}, {})
# Events, newest first, by the user; all of them under no user where users are filtered.
_Events = Mapping[str, Sequence[Event]]


@dataclass(frozen=True, eq=False)
class BatchFilter:
    """A filter and all that it looks at, as they are when a job begins; `candidates` are ids of items or users."""

    expression: FilterExpression
    schemas: Schemas
    records: Records
    users: Records
    events: _Events
    considered: int
    candidates: tuple[str, ...]

    def eligible(self, line: Line) -> AbstractSet[str]:
        """The candidates that a line may be answered with; raises BadLine if the line lacks what the filter needs."""
        user_id = text_of(line, "userId") if self.expression.needs_user else None
        facts = Facts(
            self.records,
            self.users,
            self.events.get(user_id or "", ()),
            self.considered,
            user_id,
            text_of(line, "itemId") if self.expression.needs_item else None,
        )
        try:
            values = filter_values(_given(line))
            check_values(self.expression, self.schemas, values)
        except errors.ServiceError as refusal:
            raise BadLine(refusal.message) from None
        mask = passing(self.expression, self.candidates, facts, values)
        return {each for each, passes in zip(self.candidates, mask.tolist(), strict=True) if passes}


def requested_filter(
    scope: Scope, request: Request, dataset_group_arn: str, target: Literal["ItemID", "UserID"]
) -> str | None:
    """The ARN of a request's filter, if it has one; raises the refusal of one that cannot be applied.

    It must be there, ACTIVE and of the job's dataset group, and filter what the job answers with.
    """
    if "filterArn" not in request:
        return None
    found = filter_of(scope, request["filterArn"])
    require_active(found)
    if found.dataset_group_arn != dataset_group_arn:
        raise errors.FILTER_OF_OTHER_GROUP(filter=found.arn, dataset_group=dataset_group_arn)
    if found.parsed.target != target:
        raise errors.FILTER_OF_OTHER_TARGET(filter=found.arn, found=found.parsed.target, wanted=target)
    return found.arn


def batch_filter(scope: Scope, filter_arn: str | None, candidates: tuple[str, ...]) -> BatchFilter | None:
    """The filter of a job that begins, with what is in its group's datasets now; None if the job has none."""
    if filter_arn is None:
        return None
    found = scope.inventory.filters[filter_arn]
    group = found.dataset_group_arn
    expression = found.parsed
    interactions = interactions_of(scope, group)
    of_users = expression.target == "UserID"
    items, users = _records(scope, group, "ITEMS"), _records(scope, group, "USERS")
    return BatchFilter(
        expression,
        schemas_of(scope, group),
        users if of_users else items,
        users,
        {} if interactions is None else _events(interactions.store, of_users),
        scope.world.quotas["interactions_of_a_filter"],
        candidates,
    )


def _records(scope: Scope, dataset_group_arn: str, dataset_type: Literal["ITEMS", "USERS"]) -> Records:
    dataset = dataset_of(scope, dataset_group_arn, dataset_type)
    return _NOTHING if dataset is None else dataset.store.current()


def _events(store: InteractionStore, of_users: bool) -> _Events:
    """What users did; of events at one time the later arrival is the newer one."""
    rows: list[tuple[int, str, Event]] = []
    for chunk in store.bulk:
        users, items = _texts(chunk.users), _texts(chunk.items)
        types = chunk.others.get("EVENT_TYPE")
        named = _texts(types) if isinstance(types, TextColumn) else [None] * len(users)
        for user, item, name, seconds in zip(users, items, named, chunk.timestamps.tolist(), strict=True):
            rows.append((seconds, user, Event(user if of_users else item, name)))
    for _, event in store.arrivals(0, len(store.put)):
        subject = event.user_id if of_users else event.item_id
        rows.append((event.timestamp, event.user_id, Event(subject, event.event_type)))
    rows.reverse()
    rows.sort(key=_seconds, reverse=True)
    events: dict[str, list[Event]] = {}
    for _, user, happened in rows:
        events.setdefault("" if of_users else user, []).append(happened)
    return events


def _texts(column: TextColumn) -> list[str]:
    return [column.values[code] for code in column.codes.tolist()]


def _seconds(row: tuple[int, str, Event]) -> int:
    return row[0]


def _given(line: Line) -> Mapping[str, str]:
    values: Any = line.get("filterValues", {})
    if not isinstance(values, dict) or not _are_texts(values.values()):
        raise BadLine("The input's filterValues are not a map of strings.")
    return values


def _are_texts(values: Iterable[Any]) -> bool:
    return all(isinstance(each, str) for each in values)
