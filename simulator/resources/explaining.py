"""`sim.events.explain`: what becomes of every event that was put, by which rule, when, for whom, and why not."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from simulator.clock import Micros, datetime_of
from simulator.data.event_filters import EventFilter
from simulator.data.interactions import FORGOTTEN, InteractionStore, PutEvent, users_of
from simulator.resources.campaigns import Campaign
from simulator.resources.datasets import InteractionsDataset, interactions_of
from simulator.resources.platform import Platform
from simulator.resources.solution_versions import SolutionVersion, newest_active, newest_fully_trained
from simulator.resources.solutions import Solution
from simulator.resources.training import Trained
from simulator.resources.world import ACTIVE, Scope, World

When = Literal["now", "automatic update", "full training", "never"]

_WHY_IGNORED = {
    "events.session-null": 'the sessionId is the text "null", whose events the service ignores',
    "events.equal-once": "an equal event is stored already",
    "events.milliseconds": "sentAt is taken as seconds and lies beyond the year 5138: it was sent in milliseconds",
}


@dataclass(frozen=True)
class Effect:
    """What an event does to the answers of a campaign or recommender, or to a solution that has no campaign.

    `target` is its ARN. `when` is from when on the event counts there: `now`, from the next automatic update or full
    training on, or `never` as things are; `due` is that moment, None where it is not known. `user_id` is whose
    answers change: what to give as `userId` in a request, None for everybody's. `rule` is an id of the catalogue of
    rules.
    """

    target: str
    when: When
    due: datetime | None
    user_id: str | None
    rule: str
    why: str

    def __str__(self) -> str:
        when = {"now": "counts now", "never": "does not count"}.get(self.when, f"counts from the next {self.when} on")
        due = "" if self.due is None else f" ({_shown(self.due)})"
        whom = "" if self.when == "never" else f" for {'everybody' if self.user_id is None else self.user_id}"
        return f"{self.target.rpartition(':')[2]}: {when}{due}{whom}: {self.why} [{self.rule}]"


@dataclass(frozen=True)
class ExplainedEvent:
    """An event that was put with PutEvents, and what becomes of it.

    `user_id` and `event_id` are empty where the event has none, `sent_at` is Unix seconds. An event that is not
    `stored` was answered with 200 and ignored, by the rule `rule`; it has no `effects`.
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

    def __str__(self) -> str:
        who = self.user_id or "nobody known"
        event = f"{self.event_type} of {self.item_id} by {who} in session {self.session_id}"
        outcome = "stored" if self.stored else "ignored"
        head = f"{event}, arrived {_shown(self.arrived)}: {outcome}: {self.why} [{self.rule}]"
        return "\n".join([head, *(f"  {effect}" for effect in self.effects)])


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
        """What becomes of each event of PutEvents, as of now, in order of arrival; printed, it reads as a report.

        Of a user (with the anonymous events that will be the user's), of a session, of an item, of a type; `target`
        is the ARN of a campaign, recommender or solution, and leaves out the effects on others. Of ignored events
        each dataset remembers the newest 1,000; of one instant they come last. Refused calls are not among them:
        their error told why.

        Raises ValueError for a target that does not exist.
        """
        with self._host.lock:
            self._host.settle()
            world = self._host.world
            scopes = [Scope(world, self._host.platform, home) for home in sorted(world.inventories, key=str)]
            if target is not None and not any(target in _targets(scope) for scope in scopes):
                raise ValueError(f"there is no campaign, recommender or solution {target}")
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

    def lets(self, event: PutEvent, user_id: str | None) -> bool:
        """Whether an event is asked for, which is or will be that user's."""
        return (
            self.user_id in (None, event.subject, user_id)
            and self.session_id in (None, event.session_id)
            and self.item_id in (None, event.item_id)
            and self.event_type in (None, event.event_type)
        )


def _targets(scope: Scope) -> set[str]:
    inventory = scope.inventory
    return {*inventory.campaigns, *inventory.recommenders, *inventory.solutions}


def _of_groups(scope: Scope, wanted: _Wanted) -> Iterator[ExplainedEvent]:
    for group in scope.inventory.dataset_groups:
        interactions = interactions_of(scope, group)
        if interactions is not None:
            yield from _of_dataset(scope, interactions, wanted)


def _of_dataset(scope: Scope, interactions: InteractionsDataset, wanted: _Wanted) -> Iterator[ExplainedEvent]:
    store = interactions.store
    users = users_of(store, len(store.put))
    asked = [
        _Asked(scope, store, arn, trained, solution)
        for arn, trained, solution in _trained_targets(scope, interactions.dataset_group_arn, wanted.target)
    ]
    for at, (instant, event) in enumerate(store.put):
        if event != FORGOTTEN and wanted.lets(event, users.get(at)):
            effects = tuple(each.effect(at) for each in asked)
            why = "it is in the dataset" if effects else "it is in the dataset; nothing there is to be trained on it"
            yield _explained(instant, event, True, "events.stored", why, effects)
    for instant, event, rule in store.ignored:
        if wanted.lets(event, None):
            yield _explained(instant, event, False, rule, _WHY_IGNORED[rule])


def _explained(
    instant: Micros, event: PutEvent, stored: bool, rule: str, why: str, effects: tuple[Effect, ...] = ()
) -> ExplainedEvent:
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
        effects=effects,
    )


def _trained_targets(
    scope: Scope, dataset_group_arn: str, target: str | None
) -> Iterator[tuple[str, Trained | None, Solution | None]]:
    """What answers or will answer from a group's events: its ARN, its model, the solution that it is of."""
    inventory = scope.inventory
    for campaign in inventory.campaigns.of(dataset_group_arn):
        if target in (None, campaign.arn):
            yield campaign.arn, _version_of(scope, campaign), inventory.solutions.get(campaign.solution_arn)
    for recommender in inventory.recommenders.of(dataset_group_arn):
        if target in (None, recommender.arn):
            yield recommender.arn, recommender, None
    for solution in inventory.solutions.of(dataset_group_arn):
        if target == solution.arn or (target is None and not inventory.campaigns.of(solution.arn)):
            yield solution.arn, _newest(scope, solution), solution


def _version_of(scope: Scope, campaign: Campaign) -> SolutionVersion | None:
    return scope.inventory.solution_versions.get(campaign.solution_version_arn)


def _newest(scope: Scope, solution: Solution) -> SolutionVersion | None:
    """The version to go by: the newest ACTIVE one, else the newest of all."""
    versions = scope.inventory.solution_versions.of(solution.arn)
    return newest_active(scope, solution.arn) or (versions[-1] if versions else None)


@dataclass(frozen=True)
class _Asked:
    """What is asked about: a target with its model and its solution, beside the events."""

    scope: Scope
    store: InteractionStore
    arn: str
    trained: Trained | None
    solution: Solution | None

    @functools.cached_property
    def _users(self) -> Mapping[int, str]:
        """Whose each event will be at the next full training."""
        return users_of(self.store, len(self.store.put))

    @functools.cached_property
    def _users_of_training(self) -> Mapping[int, str]:
        """Whose each event was at the last full training."""
        return {} if self.trained is None else users_of(self.store, self.trained.fully)

    def effect(self, at: int) -> Effect:
        """What the event at a position does here."""
        event = self.store.put[at].event
        if self.store.is_repeated(at):
            return self._effect("never", "events.event-id", f"an earlier event has the eventId {event.event_id}")
        trained = self.trained
        if trained is None:
            return self._at_full_training(at, "nothing has been trained yet")
        if trained.events is not None and not trained.events.lets(event.event_type, event.event_value):
            return self._effect("never", "events.filtered", _why_filtered(trained.events, event))
        if trained.model is None:
            return self._untrained(at, trained)
        return self._of_model(at, event, trained)

    def _of_model(self, at: int, event: PutEvent, trained: Trained) -> Effect:
        recipe, model = trained.recipe, trained.model
        assert model is not None
        if at < trained.fully:
            return self._trained_on(at, event, trained)
        if at < trained.streamed and event.user_id:
            whom = event.user_id if recipe.realtime_events else None
            return self._effect("now", "events.updated", "the automatic update has taken it in", whom)
        if recipe.realtime_events and event.item_id in model.item_codes:
            why = "the model knows the item"
            if not event.user_id:
                why += "; while nobody is known, ask with the sessionId as userId"
            return self._effect("now", "events.known-item", why, event.subject)
        if recipe.automatic_update is not None and event.user_id and self._is_updated(trained):
            due = self._due("automatic_update.", trained.arn)
            if recipe.realtime_events:
                return self._effect(
                    "automatic update", "events.new-item", "the item is new to the model", event.subject, due
                )
            return self._effect("automatic update", "events.new-item", "the update counts it", None, due)
        if recipe.realtime_events:
            return self._at_full_training(at, "the item is new to the model")
        return self._at_full_training(at, f"the recipe {recipe.name} has no real-time events")

    def _trained_on(self, at: int, event: PutEvent, trained: Trained) -> Effect:
        """Of an event that the full training has seen."""
        user_id = self._users_of_training.get(at)
        if user_id is None:
            return self._at_full_training(at, "the training left its anonymous session out")
        if event.user_id:
            return self._effect("now", "events.trained", "the model was trained on it")
        why = f"the training has made it {user_id}'s, whose session it was"
        return self._effect("now", "events.anonymous-joined", why)

    def _untrained(self, at: int, trained: Trained) -> Effect:
        if trained.begun is not None and at < trained.begun.snapshot.put:
            return self._at_full_training(at, f"the training of {trained.name} that runs sees it")
        return self._at_full_training(at, "nothing has been trained yet")

    def _at_full_training(self, at: int, why: str) -> Effect:
        """Of an event that no model counts before the next full training; of an anonymous one without a user none."""
        event = self.store.put[at].event
        if at not in self._users:
            unlinked = f"{why}, and no later event of the session has a userId"
            return self._effect("never", "events.anonymous-unlinked", unlinked)
        rule = "events.full-training" if event.user_id else "events.anonymous-joined"
        if self.solution is None:
            return self._effect("full training", rule, why, None, self._due("recommender_retraining.", self.arn))
        ready = self._ready(at)
        if ready is None:
            return self._effect("full training", rule, f"{why}; create a solution version of mode FULL")
        return self._effect("full training", rule, f"{why}; deploy {ready}, which has been trained on it")

    def _ready(self, at: int) -> str | None:
        """The newest version of the solution that has been trained on an event, other than the one that answers."""
        assert self.solution is not None
        newest = newest_fully_trained(self.scope, self.solution.arn)
        if newest is None or newest is self.trained or newest.fully <= at:
            return None
        return newest.arn

    def _is_updated(self, trained: Trained) -> bool:
        """Whether automatic updates come: to a recommender, or the newest fully trained version, if it is deployed."""
        if self.solution is None:
            return True
        deployed = self.arn in self.scope.inventory.campaigns
        return deployed and trained is newest_fully_trained(self.scope, self.solution.arn)

    def _due(self, kind: str, subject: str) -> Micros | None:
        entries = self.scope.world.agenda.entries
        due = (each.due for each in entries if each.subject == subject and each.kind.startswith(kind))
        return min(due, default=None)

    def _effect(
        self,
        when: When,
        rule: str,
        why: str,
        user_id: str | None = None,
        due: Micros | None = None,
    ) -> Effect:
        if when == "now" and self.arn in self.scope.inventory.solutions:
            why += "; no campaign deploys the solution"
        elif when == "now" and not self._answers():
            why += "; it is not ACTIVE"
        return Effect(self.arn, when, None if due is None else datetime_of(due), user_id, rule, why)

    def _answers(self) -> bool:
        """Whether a campaign or recommender answers requests."""
        inventory = self.scope.inventory
        found = inventory.campaigns.get(self.arn) or inventory.recommenders[self.arn]
        return found.status == ACTIVE


def _why_filtered(events: EventFilter, event: PutEvent) -> str:
    """Why an event filter leaves an event out."""
    of_type = [(wanted, least) for wanted, least in events.alternatives if wanted in (None, event.event_type)]
    if not of_type:
        return f"only events of the type {events.event_type} are trained on, and its type is {event.event_type}"
    least = min(least for _, least in of_type if least is not None)
    value = "it has no eventValue" if event.event_value is None else f"its eventValue is {event.event_value:g}"
    return f"only events with a value of {least:g} or more are trained on, and {value}"


def _shown(moment: datetime) -> str:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000).isoformat().replace("+00:00", "Z")
