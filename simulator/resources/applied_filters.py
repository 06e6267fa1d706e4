"""Filters at work: what they look at in the datasets of their group, the same for requests and for batch jobs.

Source: the guide, "Filtering recommendations and user segments" (spec 06, section 2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Literal, NamedTuple

from simulator.data.interactions import InteractionStore
from simulator.data.records import LayeredRecords, Records
from simulator.data.user_events import Sight, events_of, users_and_types
from simulator.filters.checking import Schemas, check_values
from simulator.filters.evaluating import Candidates, Event, Facts, Mask, passing
from simulator.filters.expressions import FilterExpression, Target
from simulator.filters.values import filter_values
from simulator.recommend.training import Model
from simulator.resources.datasets import dataset_of
from simulator.resources.filters import Filter, schemas_of
from simulator.resources.world import Scope

_NOTHING = LayeredRecords(Records({}, {}))


class _Sources(NamedTuple):
    """Where a filter finds what it chooses among, what was done with it, and how much of that counts."""

    records: Literal["ITEMS", "USERS", "ACTIONS"]
    interactions: Literal["INTERACTIONS", "ACTION_INTERACTIONS"]
    quota: str


_SOURCES: Mapping[Target, _Sources] = MappingProxyType(
    {
        "ItemID": _Sources("ITEMS", "INTERACTIONS", "interactions_of_a_filter"),
        "UserID": _Sources("USERS", "INTERACTIONS", "interactions_of_a_filter"),
        "ActionID": _Sources("ACTIONS", "ACTION_INTERACTIONS", "action_interactions_of_a_filter"),
    }
)


@dataclass(frozen=True, eq=False)
class AppliedFilter:
    """A filter and all that it looks at, as far as it sees the datasets of its group now."""

    expression: FilterExpression
    schemas: Schemas
    records: LayeredRecords
    users: LayeredRecords
    interactions: InteractionStore | None
    sight: Sight
    considered: int

    def passing(
        self, candidates: Candidates, given: Mapping[str, str], user_id: str | None = None, item_id: str | None = None
    ) -> Mask:
        """Which of the candidates pass, for the values that a request gives, and for its user and item.

        A user, or an item, must be given if the expression needs one. Raises `FILTER_VALUE_WANTED`,
        `FILTER_VALUE_INVALID`.
        """
        values = filter_values(given)
        check_values(self.expression, self.schemas, values)
        facts = Facts(self.records, self.users, self._events(user_id), self.considered, user_id, item_id)
        return passing(self.expression, candidates, facts, values)

    def _events(self, user_id: str | None) -> list[Event]:
        """What the user did, newest first; where users are filtered, what all of them did."""
        if self.interactions is None:
            return []
        if self.expression.target == "UserID":
            return self._of_all_users
        if user_id is None or not self.expression.needs_user:
            return []
        return [Event(*each) for each in events_of(self.interactions, user_id, self.sight)]

    @cached_property
    def _of_all_users(self) -> list[Event]:
        assert self.interactions is not None, "see _events"
        return [Event(*each) for each in users_and_types(self.interactions, self.sight)]


def items_of(model: Model) -> Candidates:
    """All items that a model knows."""
    return Candidates(model.item_ids, model.item_codes)


def applied(scope: Scope, found: Filter) -> AppliedFilter:
    """A filter with what is in its group's datasets now; a dataset that is not there holds nothing."""
    expression = found.parsed
    group = found.dataset_group_arn
    sources = _SOURCES[expression.target]
    interactions = dataset_of(scope, group, sources.interactions)
    return AppliedFilter(
        expression,
        schemas_of(scope, group) if expression.parameters else {},
        _records(scope, group, sources.records),
        _records(scope, group, "USERS"),
        None if interactions is None else interactions.store,
        sight_of(scope),
        scope.world.quotas[sources.quota],
    )


def sight_of(scope: Scope) -> Sight:
    """What filters see now: what is put reaches them a while later, what is imported with the end of its job."""
    return Sight(scope.now, scope.now - scope.world.durations["filter_update"])


def _records(
    scope: Scope, dataset_group_arn: str, dataset_type: Literal["ITEMS", "USERS", "ACTIONS"]
) -> LayeredRecords:
    dataset = dataset_of(scope, dataset_group_arn, dataset_type)
    if dataset is None:
        return _NOTHING
    until = sight_of(scope).until
    return dataset.store.layered(until if until < scope.now else None)
