"""Training: what solution versions and recommenders share of a model's life.

A training sees what has arrived when it begins. The model it makes is never changed: the automatic update, every
two hours for some recipes, puts another in its place that also knows what was put since.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from simulator import errors
from simulator.clock import SECOND, Micros
from simulator.data.event_filters import (
    EventFilter,
    counting_since,
    counting_table,
    lacks_event_types,
    rows_of_other_items,
)
from simulator.data.interactions import (
    Arrival,
    InteractionStore,
    PutEvent,
    Snapshot,
    streamed_events,
    trained_events,
)
from simulator.recommend.catalogue import Recipe
from simulator.recommend.considered import considered_data, considered_news
from simulator.recommend.training import (
    ActionData,
    Attributes,
    Model,
    NewData,
    Objective,
    TrainingData,
    too_little,
    update,
)
from simulator.recommend.tuning import search
from simulator.resources import lifecycle
from simulator.resources.action_data import action_data
from simulator.resources.arrivals import arrivals
from simulator.resources.datasets import dataset_of, interactions_of
from simulator.resources.feedback import feedback_of
from simulator.resources.ids import chance_of
from simulator.resources.optimization import candidates, metric_of, plans, recipe_so_far
from simulator.resources.training_sources import attributes_of, contexts_of, objective_of
from simulator.resources.world import Record, Scope


@dataclass
class Begun:
    """What a training that runs was begun with: the data of that moment, `began`.

    `contexts` are columns of interactions.
    """

    snapshot: Snapshot
    items: Attributes | None
    users: Attributes | None
    actions: ActionData | None
    objective: Objective | None
    contexts: tuple[str, ...]
    items_seen: int
    began: Micros


@dataclass
class Trained(Record):
    """What holds a model. `events` says which interactions count (None: all), `config` how it is to be trained.

    `begun` is there while a training runs. `streamed` counts the put events of the dataset that `model` knows; those
    that came later are a user's session. `fully` counts those that the last full training saw: an anonymous session's
    events count until then. `streamed_actions` and `fully_actions` count so interactions with actions, `items_seen`
    records of items. `recipe_arn` is None until a training with AutoML has chosen one; `tuned` are the hyperparameters
    that the training with `perform_hpo` has found, `jobs` counts what it tried. Automatic updates replace `model` and
    what is counted for them, and nothing else.
    """

    dataset_group_arn: str
    recipe_arn: str | None
    config: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    events: EventFilter | None = field(default=None, kw_only=True)
    begun: Begun | None = field(default=None, kw_only=True)
    model: Model | None = field(default=None, kw_only=True)
    streamed: int = field(default=0, kw_only=True)
    fully: int = field(default=0, kw_only=True)
    streamed_actions: int = field(default=0, kw_only=True)
    fully_actions: int = field(default=0, kw_only=True)
    items_seen: int = field(default=0, kw_only=True)
    perform_hpo: bool = field(default=False, kw_only=True)
    tuned: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    jobs: int = field(default=1, kw_only=True)

    @property
    def recipe(self) -> Recipe:
        """What it is trained by; while AutoML is yet to choose, what the candidates have in common."""
        return recipe_so_far(self.recipe_arn, self.config)


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


def begin_training(scope: Scope, trained: Trained, config: Mapping[str, Any] | None = None) -> None:
    """The training begins: it sees what has arrived by now, as far as its configuration (None: the present) says."""
    config = trained.config if config is None else config
    interactions = interactions_of(scope, trained.dataset_group_arn)
    trained.begun = Begun(
        snapshot=Snapshot((), 0) if interactions is None else _seen(trained.recipe, interactions.store),
        items=_attributes(scope, trained, "ITEMS", config),
        users=_attributes(scope, trained, "USERS", config),
        actions=action_data(scope, trained.dataset_group_arn) if _uses(trained.recipe, "ACTIONS") else None,
        objective=objective_of(scope, trained.dataset_group_arn, config),
        contexts=contexts_of(scope, trained.dataset_group_arn, config),
        items_seen=_records_of_items(scope, trained),
        began=scope.now,
    )


def _seen(recipe: Recipe, store: InteractionStore) -> Snapshot:
    """The interactions that a training sees: for user segments no bulk rows but those of the FULL import.

    Source: the guide, "How new data influences batch recommendations".
    """
    now = store.snapshot()
    return Snapshot(now.bulk[:1], now.put) if recipe.batch_segments else now


def _uses(recipe: Recipe, dataset_type: str) -> bool:
    return dataset_type in recipe.required_datasets or dataset_type in recipe.optional_datasets


def _attributes(
    scope: Scope, trained: Trained, dataset_type: Literal["ITEMS", "USERS"], config: Mapping[str, Any]
) -> Attributes | None:
    """What a training may learn of items or users; None if its recipe has no use for it, or nothing is known."""
    if not _uses(trained.recipe, dataset_type):
        return None
    return attributes_of(scope, trained.dataset_group_arn, dataset_type, config)


def _records_of_items(scope: Scope, trained: Trained) -> int:
    """How often records of items have come, put ones and imports together, as far as the recipe has a use for them."""
    arrived = arrivals(scope, trained.dataset_group_arn, trained.recipe).get("ITEMS")
    return 0 if arrived is None else arrived.count


def finish_training(scope: Scope, trained: Trained, *chance: str) -> str | None:
    """The training ends with a model, and None; or with the reason why there is none, and nothing has changed.

    What `chance` names is what makes this training differ from others on the same data.
    """
    begun = trained.begun
    data, reason = training_data(scope, trained)
    trained.begun = None
    if data is None or begun is None or reason is not None:
        return reason
    seed = None if scope.world.training == "exact" else chance_of(scope.world, *chance)
    config, every = trained.config, candidates(trained.recipe_arn, trained.config)
    recipes = [each for each in every if _insufficient(scope, trained, each, data) is None]
    tried = plans(recipes, config, hyperparameters(config), tunes=trained.perform_hpo)
    found = search(tried, data, seed, metric_of(config))
    trained.recipe_arn, trained.model = found.recipe.arn, found.model
    trained.tuned, trained.jobs = dict(found.tuned), found.jobs
    trained.streamed = trained.fully = begun.snapshot.put
    trained.items_seen = begun.items_seen
    if data.actions is not None:
        trained.streamed_actions = trained.fully_actions = data.actions.put
    return None


def hyperparameters(config: Mapping[str, Any]) -> dict[str, str]:
    """The hyperparameters that a configuration chooses, by name."""
    chosen: dict[str, str] = {}
    for member in ("algorithmHyperParameters", "featureTransformationParameters"):
        chosen.update(config.get(member, {}))
    return chosen


def training_data(scope: Scope, trained: Trained) -> tuple[TrainingData | None, str | None]:
    """What a training that has begun is to learn from, None if nothing; and the reason why that does not suffice."""
    begun = trained.begun
    interactions = interactions_of(scope, trained.dataset_group_arn)
    if begun is None or (interactions is None and "INTERACTIONS" in trained.recipe.required_datasets):
        return None, errors.NO_INTERACTIONS.wording
    store = InteractionStore() if interactions is None else interactions.store
    data = TrainingData(
        counting_table(store, begun.snapshot, trained.events, begun.contexts),
        begun.items,
        begun.users,
        begun.actions,
        begun.objective,
        now=begun.began // SECOND,
    )
    data = considered_data(trained.recipe, data, scope.world.quotas)
    every = candidates(trained.recipe_arn, trained.config)
    if any(each.explores for each in every):
        put = trained_events(store, begun.snapshot.put)
        shown, clicked = feedback_of(scope, begun.snapshot.bulk, put, trained.events)
        data = replace(data, shown=shown, clicked=clicked)
    if lacks_event_types(store, begun.snapshot):
        return data, errors.NO_EVENT_TYPES
    reasons = [_insufficient(scope, trained, each, data) for each in every]
    return data, None if None in reasons else reasons[0]


def _insufficient(scope: Scope, trained: Trained, recipe: Recipe, data: TrainingData) -> str | None:
    """Why these data do not suffice to train a recipe, None if they do."""
    event_type = None if trained.events is None else trained.events.event_type
    return too_little(recipe, data, scope.world.quotas, event_type)


def begin_incremental_training(scope: Scope, trained: Trained, base: Trained) -> None:
    """A training of the mode UPDATE begins: from what another has learned, and with what has arrived by now."""
    begin_training(scope, trained)
    trained.model, trained.streamed, trained.fully = base.model, base.streamed, base.fully
    trained.tuned = base.tuned


def finish_incremental_training(scope: Scope, trained: Trained) -> str | None:
    """A training of the mode UPDATE ends: the model knows what was put since, and the items that were imported.

    Not a full training: what was learned about known items stays, and so do the metrics. None, or the reason why
    it has failed.
    """
    begun, trained.begun = trained.begun, None
    interactions = interactions_of(scope, trained.dataset_group_arn)
    if begun is None or interactions is None or trained.model is None:
        trained.model = None
        return errors.NO_INTERACTIONS.wording
    bulk = tuple(rows_of_other_items(chunk, trained.model.item_codes.keys()) for chunk in begun.snapshot.bulk)
    _take_in(scope, trained, interactions.store, replace(begun, snapshot=Snapshot(bulk, begun.snapshot.put)))
    return None


def update_model(scope: Scope, trained: Trained, until: Micros | None = None) -> None:
    """The automatic update: the model takes in what was put since, as far as it arrived by `until`, and new items.

    No status, time or metric changes.

    Source: the guide, "Automatic updates" of User-Personalization (spec 04, section 5).
    """
    interactions = interactions_of(scope, trained.dataset_group_arn)
    if interactions is None and "INTERACTIONS" in trained.recipe.required_datasets:
        return
    store = InteractionStore() if interactions is None else interactions.store
    put = store.put
    known = len(put) if until is None else bisect_right(put, until, key=_instant)
    items_seen = _records_of_items(scope, trained)
    of_actions = None
    if _uses(trained.recipe, "ACTIONS"):
        of_actions = action_data(scope, trained.dataset_group_arn, trained.streamed_actions)
    news = Begun(
        snapshot=Snapshot((), max(known, trained.streamed)),
        items=None if items_seen == trained.items_seen else _attributes(scope, trained, "ITEMS", trained.config),
        users=None,
        actions=of_actions,
        objective=objective_of(scope, trained.dataset_group_arn, trained.config),
        contexts=(),
        items_seen=items_seen,
        began=scope.now,
    )
    _take_in(scope, trained, store, news)


def _instant(arrival: Arrival) -> Micros:
    return arrival.instant


def _take_in(scope: Scope, trained: Trained, store: InteractionStore, news: Begun) -> None:
    """The model learns what is new, but for what was put before and is known to it."""
    assert trained.model is not None, "only a trained model is updated"
    since = counting_since(store, trained.streamed, news.snapshot, trained.events)
    shown: Mapping[str, int] = {}
    clicked: Mapping[str, int] = {}
    if trained.recipe.explores:
        put = streamed_events(store, trained.streamed, news.snapshot.put)
        shown, clicked = feedback_of(scope, (), put, trained.events)
    new = NewData(since, news.items, news.actions, shown, clicked, news.objective, now=news.began // SECOND)
    trained.model = update(trained.model, considered_news(trained.recipe, trained.model, new, scope.world.quotas))
    trained.streamed, trained.items_seen = news.snapshot.put, news.items_seen
    if news.actions is not None:
        trained.streamed_actions = news.actions.put


def schedule_update(scope: Scope, trained: Trained, phase: str) -> None:
    """Writes the next automatic update of a model into the agenda, if its recipe has such updates."""
    period = trained.recipe.update_period(hyperparameters(trained.config))
    if period is not None:
        lifecycle.schedule(scope, "automatic_update", phase, trained.arn, scope.now + period)


def session_of(scope: Scope, trained: Trained, user_id: str) -> list[PutEvent]:
    """A user's events that the model does not know yet, in order of arrival.

    Those of an anonymous session, which no update takes in, are all since the last full training.
    """
    interactions = interactions_of(scope, trained.dataset_group_arn)
    if interactions is None:
        return []
    streamed = interactions.store.streamed(user_id, trained.streamed, trained.fully)
    events = trained.events
    return [each for each in streamed if events is None or events.lets(each.event_type, each.event_value)]


def weights_of(trained: Trained, session: Sequence[PutEvent]) -> list[float] | None:
    """How much each event of a session counts; None if they count alike."""
    events = trained.events
    return None if events is None or not events.weights else [events.weight(each.event_type) for each in session]
