"""Training: what solution versions and recommenders share of a model's life.

A training sees what has arrived when it begins. The model it makes is never changed: the automatic update, every
two hours for some recipes, puts another in its place that also knows what was put since.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from simulator import errors
from simulator.clock import Micros
from simulator.data.columns import Column, cell
from simulator.data.event_filters import (
    EventFilter,
    counting_since,
    counting_table,
    lacks_event_types,
    rows_of_other_items,
)
from simulator.data.interactions import Arrival, InteractionStore, Snapshot
from simulator.recommend.catalogue import RECIPES, Recipe
from simulator.recommend.training import ActionData, ItemColumns, Model, TrainingData, too_little, train, update
from simulator.resources import lifecycle
from simulator.resources.action_data import action_data
from simulator.resources.datasets import dataset_of, interactions_of
from simulator.resources.ids import chance_of
from simulator.resources.world import Record, Scope

# The reserved column of items that is a number and says nothing of what they are like.
_NOT_TRAINED_ON = frozenset({"CREATION_TIMESTAMP"})


@dataclass
class Trained(Record):
    """What holds a model. `events` says which interactions count (None: all).

    `snapshot`, `items` and `actions` are the data to train on, while a training runs. `streamed` counts the put events
    of the dataset that `model` knows; those that came later are a user's session. `fully` counts those that the last
    full training saw: an anonymous session's events count until then. `streamed_actions` and `fully_actions` count so
    interactions with actions. Automatic updates replace `model` and the two of `streamed` and nothing else.
    """

    dataset_group_arn: str
    recipe_arn: str
    events: EventFilter | None = field(default=None, kw_only=True)
    snapshot: Snapshot | None = field(default=None, kw_only=True)
    items: ItemColumns | None = field(default=None, kw_only=True)
    actions: ActionData | None = field(default=None, kw_only=True)
    model: Model | None = field(default=None, kw_only=True)
    streamed: int = field(default=0, kw_only=True)
    fully: int = field(default=0, kw_only=True)
    streamed_actions: int = field(default=0, kw_only=True)
    fully_actions: int = field(default=0, kw_only=True)

    @property
    def recipe(self) -> Recipe:
        """What it is trained by."""
        return RECIPES[self.recipe_arn]


def require_datasets(scope: Scope, recipe: Recipe, dataset_group_arn: str) -> None:
    """Raises `NO_INTERACTIONS` (err-011) or `NO_RECORDS` while a dataset that a recipe needs holds nothing."""
    for dataset_type in missing_datasets(scope, recipe, dataset_group_arn):
        if dataset_type == "INTERACTIONS":
            raise errors.NO_INTERACTIONS()
        raise errors.NO_RECORDS(dataset_type=dataset_type)


def missing_datasets(scope: Scope, recipe: Recipe, dataset_group_arn: str) -> Iterator[str]:
    """The types of the datasets that a recipe needs and that hold nothing."""
    for dataset_type in recipe.required_datasets:
        dataset = dataset_of(scope, dataset_group_arn, dataset_type)
        if dataset is None or not (dataset.store.bulk or dataset.store.put):
            yield dataset_type


def events_of_use_case(recipe: Recipe) -> EventFilter | None:
    """The interactions that a use case is trained on: of the type that it names, or None for all."""
    return None if recipe.event_type is None else EventFilter(((recipe.event_type, None),))


def begin_training(scope: Scope, trained: Trained) -> None:
    """The training begins: it sees what has arrived by now."""
    interactions = interactions_of(scope, trained.dataset_group_arn)
    trained.snapshot = None if interactions is None else interactions.store.snapshot()
    if "ITEMS" in trained.recipe.required_datasets:
        trained.items = _item_columns(scope, trained.dataset_group_arn)
    if "ACTIONS" in trained.recipe.required_datasets:
        trained.actions = action_data(scope, trained.dataset_group_arn)


def _item_columns(scope: Scope, dataset_group_arn: str) -> ItemColumns | None:
    """What is known of items and can be trained on: numbers and categories, but no times."""
    dataset = dataset_of(scope, dataset_group_arn, "ITEMS")
    if dataset is None:
        return None
    records = dataset.store.current()
    columns = {
        each.name: _texts(records.columns[each.name])
        for each in scope.inventory.schemas[dataset.schema_arn].avro.fields
        if (each.categorical or each.type != "string")
        and each.name in records.columns
        and each.name not in _NOT_TRAINED_ON
    }
    return ItemColumns(records.ids(), columns)


def _texts(column: Column) -> tuple[str, ...]:
    cells = (cell(column, row) for row in range(len(column)))
    return tuple("" if each is None else str(each) for each in cells)


def finish_training(scope: Scope, trained: Trained, *chance: str) -> str | None:
    """The training ends with a model, and None; or with the reason why there is none, and nothing has changed.

    What `chance` names is what makes this training differ from others on the same data.
    """
    snapshot = trained.snapshot
    data, reason = training_data(scope, trained)
    trained.snapshot = trained.items = trained.actions = None
    if data is None or snapshot is None or reason is not None:
        return reason
    seed = None if scope.world.training == "exact" else chance_of(scope.world, *chance)
    trained.model = train(trained.recipe, data, seed)
    trained.streamed = trained.fully = snapshot.put
    if data.actions is not None:
        trained.streamed_actions = trained.fully_actions = data.actions.put
    return None


def training_data(scope: Scope, trained: Trained) -> tuple[TrainingData | None, str | None]:
    """What a training that has begun is to learn from, None if nothing; and the reason why that does not suffice."""
    snapshot = trained.snapshot
    interactions = interactions_of(scope, trained.dataset_group_arn)
    if snapshot is None or interactions is None:
        return None, errors.NO_INTERACTIONS.wording
    data = TrainingData(counting_table(interactions.store, snapshot, trained.events), trained.items, trained.actions)
    if lacks_event_types(interactions.store, snapshot):
        return data, errors.NO_EVENT_TYPES
    event_type = None if trained.events is None else trained.events.event_type
    return data, too_little(trained.recipe, data, scope.world.quotas, event_type)


def begin_incremental_training(scope: Scope, trained: Trained, base: Trained) -> None:
    """A training of the mode UPDATE begins: from what another has learned, and with what has arrived by now."""
    begin_training(scope, trained)
    trained.model, trained.streamed, trained.fully = base.model, base.streamed, base.fully


def finish_incremental_training(scope: Scope, trained: Trained) -> str | None:
    """A training of the mode UPDATE ends: the model knows what was put since, and the items that were imported.

    Not a full training: what was learned about known items stays, and so do the metrics. None, or the reason why
    it has failed.
    """
    snapshot, trained.snapshot = trained.snapshot, None
    interactions = interactions_of(scope, trained.dataset_group_arn)
    if snapshot is None or interactions is None or trained.model is None:
        trained.model = None
        return errors.NO_INTERACTIONS.wording
    bulk = tuple(rows_of_other_items(chunk, trained.model.item_codes.keys()) for chunk in snapshot.bulk)
    _take_in(trained, interactions.store, Snapshot(bulk, snapshot.put))
    return None


def update_model(scope: Scope, trained: Trained, until: Micros | None = None) -> None:
    """The automatic update: the model takes in what was put since, as far as it arrived by `until`.

    No status, time or metric changes.

    Source: the guide, "Automatic updates" of User-Personalization (spec 04, section 5).
    """
    interactions = interactions_of(scope, trained.dataset_group_arn)
    if interactions is not None:
        put = interactions.store.put
        known = len(put) if until is None else bisect_right(put, until, key=_instant)
        of_actions = None
        if "ACTIONS" in trained.recipe.required_datasets:
            of_actions = action_data(scope, trained.dataset_group_arn, trained.streamed_actions)
        _take_in(trained, interactions.store, Snapshot((), max(known, trained.streamed)), of_actions)


def _instant(arrival: Arrival) -> Micros:
    return arrival.instant


def _take_in(
    trained: Trained, store: InteractionStore, snapshot: Snapshot, of_actions: ActionData | None = None
) -> None:
    """The model learns of a snapshot, and of actions, but for what was put before and is known to it."""
    assert trained.model is not None, "only a trained model is updated"
    since = counting_since(store, trained.streamed, snapshot, trained.events)
    trained.model = update(trained.model, since, of_actions)
    trained.streamed = snapshot.put
    if of_actions is not None:
        trained.streamed_actions = of_actions.put


def schedule_update(scope: Scope, trained: Trained, phase: str) -> None:
    """Writes the next automatic update of a model into the agenda, if its recipe has such updates."""
    period = trained.recipe.automatic_update
    if period is not None:
        lifecycle.schedule(scope, "automatic_update", phase, trained.arn, scope.now + period)


def session_of(scope: Scope, trained: Trained, user_id: str) -> list[str]:
    """The items of a user's events that the model does not know yet, in order of arrival.

    Those of an anonymous session, which no update takes in, are all since the last full training.
    """
    interactions = interactions_of(scope, trained.dataset_group_arn)
    if interactions is None:
        return []
    streamed = interactions.store.streamed(user_id, trained.streamed, trained.fully)
    events = trained.events
    return [each.item_id for each in streamed if events is None or events.lets(each.event_type, each.event_value)]
