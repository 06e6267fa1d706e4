"""What an event that was put does to each model that answers, or will answer, from its dataset group's events."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from simulator.clock import Micros, datetime_of
from simulator.data.event_filters import EventFilter
from simulator.data.interactions import InteractionStore, PutEvent, users_of
from simulator.recommend.actions import Propensities
from simulator.resources.campaigns import Campaign
from simulator.resources.datasets import InteractionsDataset
from simulator.resources.solution_versions import SolutionVersion, newest_active, newest_fully_trained
from simulator.resources.solutions import Solution
from simulator.resources.training import Begun, Trained
from simulator.resources.world import ACTIVE, Scope

When = Literal["now", "automatic update", "full training", "filter update", "never"]


@dataclass(frozen=True)
class Effect:
    """What an event does to a campaign or recommender, a solution that has no campaign, a filter, a metric attribution.

    `target` is its ARN. `when` is from when on the event counts there: `now`, from the next automatic update, full
    training or filter update on, or `never` as things are; `due` is that moment, None where it is not known.
    `user_id` is whose answers change: what to give as `userId` in a request, None for everybody's. `rule` is an id of
    the catalogue of rules.
    """

    target: str
    when: When
    due: datetime | None
    user_id: str | None
    rule: str
    why: str

    def __str__(self) -> str:
        when = {"now": "counts now", "never": "does not count"}.get(self.when, f"counts from the next {self.when} on")
        due = "" if self.due is None else f" ({shown(self.due)})"
        whom = "" if self.when == "never" else f" for {'everybody' if self.user_id is None else self.user_id}"
        return f"{self.target.rpartition(':')[2]}: {when}{due}{whom}: {self.why} [{self.rule}]"


@dataclass(frozen=True)
class Whose:
    """Whose the events of a dataset are to a full training that sees those before the `stop`-th."""

    store: InteractionStore
    stop: int
    _of_sessions: dict[str, dict[int, str]] = field(default_factory=dict)

    def of(self, at: int) -> str | None:
        """The user of the event at a position, None if it is nobody's; of an anonymous one its session is looked at."""
        event = self.store.put[at].event
        if event.user_id:
            return event.user_id if at < self.stop else None
        session = event.session_id
        if session not in self._of_sessions:
            self._of_sessions[session] = users_of(self.store, self.stop, self.store.of_session(session))
        return self._of_sessions[session].get(at)


def effects_on_models(scope: Scope, dataset: InteractionsDataset, target: str | None) -> list[EffectOnModel]:
    """What tells the effects of a dataset's events: one for each model, or that of a target alone."""
    of_actions = dataset.dataset_type == "ACTION_INTERACTIONS"
    return [
        EffectOnModel(scope, dataset.store, of_actions, arn, trained, solution)
        for arn, trained, solution in _trained_targets(scope, dataset.dataset_group_arn, target)
        if not of_actions or _learns_of_actions(trained, solution)
    ]


def _learns_of_actions(trained: Trained | None, solution: Solution | None) -> bool:
    learning = trained or solution
    return learning is not None and "ACTION_INTERACTIONS" in learning.recipe.optional_datasets


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
class EffectOnModel:
    """What events do to a target: its ARN, its model (if there is one), the solution that it is of."""

    scope: Scope
    store: InteractionStore
    of_actions: bool
    arn: str
    trained: Trained | None
    solution: Solution | None

    @functools.cached_property
    def _users(self) -> Whose:
        """Whose each event will be at the next full training."""
        return Whose(self.store, len(self.store.put))

    @functools.cached_property
    def _users_of_training(self) -> Whose:
        """Whose each event was at the last full training."""
        return Whose(self.store, self._fully)

    @property
    def _thing(self) -> str:
        return "action" if self.of_actions else "item"

    @property
    def _fully(self) -> int:
        """How many events the last full training saw."""
        if self.trained is None:
            return 0
        return self.trained.fully_actions if self.of_actions else self.trained.fully

    @property
    def _streamed(self) -> int:
        """How many events the model knows."""
        assert self.trained is not None
        return self.trained.streamed_actions if self.of_actions else self.trained.streamed

    def _knows(self, thing_id: str) -> bool:
        """Whether the model knows an item or action."""
        model = None if self.trained is None else self.trained.model
        assert model is not None, "asked of models only"
        if isinstance(model, Propensities) and not self.of_actions:
            return thing_id in model.known_item_codes
        return thing_id in model.item_codes

    def effect(self, at: int) -> Effect:
        """What the event at a position does here."""
        event = self.store.put[at].event
        if self.store.is_repeated(at):
            return self._effect("never", "events.event-id", f"an earlier event has the eventId {event.event_id}")
        trained = self.trained
        if trained is None:
            return self._at_full_training(at, "nothing has been trained yet")
        if (
            not self.of_actions
            and trained.events is not None
            and not trained.events.lets(event.event_type, event.event_value)
        ):
            return self._effect("never", "events.filtered", _why_filtered(trained.events, event))
        if trained.model is None:
            return self._untrained(at, trained)
        return self._of_model(at, event, trained)

    def _of_model(self, at: int, event: PutEvent, trained: Trained) -> Effect:
        recipe = trained.recipe
        if at < self._fully:
            return self._trained_on(at, event, trained)
        if at < self._streamed and event.user_id:
            whom = event.user_id if recipe.realtime_events else None
            return self._effect("now", "events.updated", "the automatic update has taken it in", whom)
        if recipe.realtime_events and self._knows(event.item_id):
            why = f"the model knows the {self._thing}"
            if not event.user_id:
                why += "; while nobody is known, ask with the sessionId as userId"
            return self._effect("now", "events.known-item", why, event.subject)
        if recipe.automatic_update is not None and event.user_id and self._is_updated(trained):
            due = self._due("automatic_update.", trained.arn)
            if recipe.realtime_events:
                return self._effect(
                    "automatic update", "events.new-item", f"the {self._thing} is new to the model", event.subject, due
                )
            return self._effect("automatic update", "events.new-item", "the update counts it", None, due)
        if recipe.realtime_events:
            return self._at_full_training(at, f"the {self._thing} is new to the model")
        return self._at_full_training(at, f"the recipe {recipe.name} has no real-time events")

    def _trained_on(self, at: int, event: PutEvent, trained: Trained) -> Effect:
        """Of an event that the full training has seen."""
        user_id = self._users_of_training.of(at)
        if user_id is None:
            return self._at_full_training(at, "the training left its anonymous session out")
        if event.user_id:
            return self._effect("now", "events.trained", "the model was trained on it")
        why = f"the training has made it {user_id}'s, whose session it was"
        return self._effect("now", "events.anonymous-joined", why)

    def _untrained(self, at: int, trained: Trained) -> Effect:
        if trained.begun is not None and at < self._begun_with(trained.begun):
            return self._at_full_training(at, f"the training of {trained.name} that runs sees it")
        return self._at_full_training(at, "nothing has been trained yet")

    def _begun_with(self, begun: Begun) -> int:
        """How many events a training that runs sees."""
        if self.of_actions:
            return 0 if begun.actions is None else begun.actions.put
        return begun.snapshot.put

    def _at_full_training(self, at: int, why: str) -> Effect:
        """Of an event that no model counts before the next full training; of an anonymous one without a user none."""
        event = self.store.put[at].event
        if self._users.of(at) is None:
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
        if (
            newest is None
            or newest is self.trained
            or (newest.fully_actions if self.of_actions else newest.fully) <= at
        ):
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


def shown(moment: datetime) -> str:
    """A moment as reports show it: 2022-03-08T09:00:00Z, with milliseconds if it has some."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000).isoformat().replace("+00:00", "Z")
