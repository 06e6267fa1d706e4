"""`sim.events.explain`: what becomes of every event that was put, by which rule, when, for whom, and why not."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from simulator.clock import Micros, datetime_of
from simulator.data.interactions import FORGOTTEN, InteractionStore, PutEvent
from simulator.resources.datasets import InteractionsDataset
from simulator.resources.event_effects import Effect, Whose, effects_on_models, shown
from simulator.resources.event_uses import Uses
from simulator.resources.impressions import impressions_of
from simulator.resources.platform import Platform
from simulator.resources.world import Scope, World

_WHY_IGNORED = {
    "events.session-null": 'the sessionId is the text "null", whose events the service ignores',
    "events.equal-once": "an equal event is stored already",
    "events.milliseconds": "sentAt is taken as seconds and lies beyond the year 5138: it was sent in milliseconds",
}


@dataclass(frozen=True)
class ExplainedEvent:
    """An event that was put with PutEvents or PutActionInteractions (`operation`), and what becomes of it.

    `item_id` is the item's, or the action's. `user_id` and `event_id` are empty where the event has none, `sent_at` is
    Unix seconds. An event that is not `stored` was answered with 200 and ignored, by the rule `rule`; nothing follows
    from it. `effects` are those on models; `filters` says which filters see it, `metrics` which metric attribution it
    feeds.
    `notes` tells what the service did not say of it, such as keys of its properties that were passed over.
    """

    arrived: datetime
    user_id: str
    session_id: str
    item_id: str
    event_type: str
    event_id: str
    sent_at: int
    stored: bool
    rule: str
    why: str
    effects: tuple[Effect, ...] = ()
    operation: str = "PutEvents"
    filters: tuple[Effect, ...] = ()
    metrics: tuple[Effect, ...] = ()
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        who = self.user_id or "nobody known"
        event = f"{self.event_type} of {self.item_id} by {who} in session {self.session_id}"
        outcome = "stored" if self.stored else "ignored"
        head = f"{event}, arrived {shown(self.arrived)}: {outcome}: {self.why} [{self.rule}]"
        lines = (*self.notes, *self.effects, *self.filters, *self.metrics)
        return "\n".join([head, *(f"  {each}" for each in lines)])


class Explanations(list[ExplainedEvent]):
    """Explained events, in order of arrival; as text, one below the other."""

    def __str__(self) -> str:
        return "\n".join(map(str, self)) or "no such event was put"

    __repr__ = __str__


class Settled(Protocol):
    """What serves a world."""

    @property
    def lock(self) -> threading.RLock: ...  # noqa: D102

    @property
    def world(self) -> World: ...  # noqa: D102

    @property
    def platform(self) -> Platform: ...  # noqa: D102

    def settle(self) -> None:
        """Brings the world to the present."""


class Events:
    """The events that were put, of all dataset groups: `sim.events`."""

    def __init__(self, host: Settled) -> None:
        self._host = host

    def explain(
        self,
        user_id: str | None = None,
        *,
        session_id: str | None = None,
        item_id: str | None = None,
        event_type: str | None = None,
        target: str | None = None,
    ) -> Explanations:
        """What becomes of each event of PutEvents and PutActionInteractions, as of now, in order of arrival.

        Printed, it reads as a report. Of a user (with the anonymous events that will be the user's), of a session, of
        an item or action, of a type; `target` is the ARN of a campaign, recommender, solution, filter or metric
        attribution, and leaves out the effects on others. What is not asked for is not read. Of ignored events
        each dataset remembers the newest 1,000; of one instant they come last. Refused calls are not among them:
        their error told why.

        Raises ValueError for a target that does not exist.
        """
        with self._host.lock:
            self._host.settle()
            world = self._host.world
            scopes = [Scope(world, self._host.platform, home) for home in sorted(world.inventories, key=str)]
            if target is not None and not any(target in _targets(scope) for scope in scopes):
                raise ValueError(f"there is no campaign, recommender, solution, filter or metric attribution {target}")
            wanted = _Wanted(user_id, session_id, item_id, event_type, target)
            found = [each for scope in scopes for each in _of_groups(scope, wanted)]
        return Explanations(sorted(found, key=lambda each: each.arrived))


@dataclass(frozen=True)
class _Wanted:
    """What is asked for, None for whichever."""

    user_id: str | None
    session_id: str | None
    item_id: str | None
    event_type: str | None
    target: str | None

    def lets(self, event: PutEvent) -> bool:
        """Whether an event is asked for, whoever's it is."""
        return (
            self.session_id in (None, event.session_id)
            and self.item_id in (None, event.item_id)
            and self.event_type in (None, event.event_type)
        )

    def positions(self, store: InteractionStore) -> Iterable[int]:
        """Where the events are among which those that are asked for stand."""
        if self.session_id is not None:
            return store.of_session(self.session_id)
        if self.user_id is None:
            return range(len(store.put))
        own = store.by_subject.get(self.user_id, ())
        sessions = {store.put[at].event.session_id for at in own}
        return sorted({*own, *(at for session in sessions for at in store.of_session(session))})


def _targets(scope: Scope) -> set[str]:
    inventory = scope.inventory
    models = {*inventory.campaigns, *inventory.recommenders, *inventory.solutions}
    return models | {*inventory.filters, *inventory.metric_attributions}


def _of_groups(scope: Scope, wanted: _Wanted) -> Iterator[ExplainedEvent]:
    for dataset in scope.inventory.datasets.values():
        if isinstance(dataset, InteractionsDataset):
            yield from _of_dataset(scope, dataset, wanted)


def _of_dataset(scope: Scope, dataset: InteractionsDataset, wanted: _Wanted) -> Iterator[ExplainedEvent]:
    store = dataset.store
    whose = Whose(store, len(store.put))
    models = effects_on_models(scope, dataset, wanted.target)
    uses = Uses(scope, dataset, wanted.target)
    of_actions = dataset.dataset_type == "ACTION_INTERACTIONS"
    operation, stored = (
        ("PutActionInteractions", "puts.action-interactions") if of_actions else ("PutEvents", "events.stored")
    )
    for at in wanted.positions(store):
        instant, event = store.put[at]
        if event == FORGOTTEN or not wanted.lets(event):
            continue
        if wanted.user_id is not None and wanted.user_id not in (event.subject, whose.of(at)):
            continue
        effects = tuple(each.effect(at) for each in models)
        why = "it is in the dataset" if effects else "it is in the dataset; nothing there is to be trained on it"
        yield replace(
            _explained(instant, event, True, stored, why),
            operation=operation,
            effects=effects,
            filters=tuple(uses.filters(at)),
            metrics=tuple(uses.metrics(at)),
            notes=tuple(_notes(scope, store, at)),
        )
    for instant, event, rule in store.ignored:
        if wanted.lets(event) and wanted.user_id in (None, event.subject):
            yield replace(_explained(instant, event, False, rule, _WHY_IGNORED[rule]), operation=operation)


def _notes(scope: Scope, store: InteractionStore, at: int) -> Iterator[str]:
    """What the service did not say of the event at a position."""
    unknown_keys = store.unknown_keys.get(at)
    if unknown_keys:
        keys = ", ".join(unknown_keys)
        yield f"passed over in properties: {keys}: no column of the schema is spelt so [events.property-keys]"
    event = store.put[at].event
    if event.recommendation_id and not impressions_of(scope, event):
        yield f"nothing is known to be recommended under {event.recommendation_id} [events.implicit-impressions]"


def _explained(instant: Micros, event: PutEvent, stored: bool, rule: str, why: str) -> ExplainedEvent:
    return ExplainedEvent(
        arrived=datetime_of(instant),
        user_id=event.user_id,
        session_id=event.session_id,
        item_id=event.item_id,
        event_type=event.event_type,
        event_id=event.event_id,
        sent_at=event.timestamp,
        stored=stored,
        rule=rule,
        why=why,
    )
