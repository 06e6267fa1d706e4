"""Actions and what users did with them, as trainings, updates and answers of Next-Best-Action look at them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from simulator.data.columns import cell
from simulator.data.event_filters import EventFilter, counting_since, counting_table, event_types
from simulator.data.interactions import InteractionStore, InteractionTable, Snapshot
from simulator.data.records import Records
from simulator.recommend.training import ActionData, Met, considered
from simulator.resources.datasets import dataset_of
from simulator.resources.world import Scope

_TAKEN = "TAKEN"
_PASSED = frozenset({"NOT TAKEN", "VIEWED"})

_NOTHING = InteractionTable(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.int64), (), ())


def was_taken(event_type: str) -> bool | None:
    """Whether an event of this type says that an action was taken, or that it was not; None if it says neither.

    The guide writes NOT_TAKEN, the API reference "Not Taken".
    """
    spelt = event_type.upper().replace("_", " ")
    if spelt == _TAKEN:
        return True
    return False if spelt in _PASSED else None


def action_data(scope: Scope, dataset_group_arn: str, since: int | None = None) -> ActionData | None:
    """What there is to learn of actions now, None if there is no Actions dataset.

    Of more actions than a training considers it has those that matter most. With `since`, an update's, the tables
    have only what was put from the `since`-th interaction with an action on.
    """
    actions = dataset_of(scope, dataset_group_arn, "ACTIONS")
    if actions is None:
        return None
    records = actions.store.current()
    met = dataset_of(scope, dataset_group_arn, "ACTION_INTERACTIONS")
    taken = passed = _NOTHING
    put = 0
    if met is not None:
        snapshot = met.store.snapshot()
        put = snapshot.put
        types = sorted(event_types(met.store, snapshot))
        taken = _table(met.store, snapshot, since, (each for each in types if was_taken(each) is True))
        passed = _table(met.store, snapshot, since, (each for each in types if was_taken(each) is False))
    found = ActionData(records.ids(), _values(records), taken, passed, put)
    return considered(found, scope.world.quotas["actions_of_a_training"])


def met_by(scope: Scope, dataset_group_arn: str, user_id: str, since: int, anonymous_since: int) -> list[Met]:
    """The actions that a user has met from the `since`-th put on.

    Those that an anonymous session of that name has met are from the `anonymous_since`-th on.
    """
    met = dataset_of(scope, dataset_group_arn, "ACTION_INTERACTIONS")
    if met is None:
        return []
    streamed = met.store.streamed(user_id, since, anonymous_since)
    found = [(event.item_id, was_taken(event.event_type), event.timestamp) for event in streamed]
    return [Met(action_id, taken, seconds) for action_id, taken, seconds in found if taken is not None]


def last_met_by(store: InteractionStore, user_id: str) -> dict[str, int]:
    """When a user interacted with each action for the last time, in Unix seconds: imported or put."""
    newest: dict[str, int] = {}
    for chunk in store.bulk:
        types = chunk.others["EVENT_TYPE"]
        for row in chunk.rows_of(user_id).tolist():
            if was_taken(str(cell(types, row))) is not None:
                _keep_newest(newest, chunk.items.values[chunk.items.codes[row]], int(chunk.timestamps[row]))
    for event in store.streamed(user_id, 0):
        if was_taken(event.event_type) is not None:
            _keep_newest(newest, event.item_id, event.timestamp)
    return newest


def _keep_newest(newest: dict[str, int], action_id: str, seconds: int) -> None:
    newest[action_id] = max(seconds, newest.get(action_id, seconds))


def _table(store: InteractionStore, snapshot: Snapshot, since: int | None, types: Iterable[str]) -> InteractionTable:
    """The interactions of these types."""
    events = EventFilter(tuple((each, None) for each in types))
    if since is None:
        return counting_table(store, snapshot, events)
    return counting_since(store, since, Snapshot((), snapshot.put), events)


def _values(records: Records) -> tuple[float, ...]:
    """What each action is worth, 0 where nothing is said."""
    values = (records.value(each, "VALUE") for each in records.ids())
    return tuple(0.0 if each is None else float(each) for each in values)
