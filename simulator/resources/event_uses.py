"""What else an event that was put does: which filters see it, and which metric attribution it feeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from simulator.clock import Micros, datetime_of
from simulator.data.interactions import Arrival, InteractionStore
from simulator.data.user_events import SeenEvent, Sight, seen_of
from simulator.filters.expressions import ANYTHING, Parameter, is_interactions
from simulator.resources.applied_filters import sight_of
from simulator.resources.attribution_figures import in_time, value_of
from simulator.resources.datasets import InteractionsDataset
from simulator.resources.event_effects import Effect, When
from simulator.resources.filters import Filter
from simulator.resources.metric_attributions import MetricAttribution
from simulator.resources.world import ACTIVE, Scope


@dataclass(frozen=True)
class Uses:
    """The filters and the metric attribution of a dataset's group, of a target alone if one is given."""

    scope: Scope
    dataset: InteractionsDataset
    target: str | None
    _seen: dict[str, dict[int, int]] = field(default_factory=dict)

    @property
    def _store(self) -> InteractionStore:
        return self.dataset.store

    @property
    def _considered(self) -> int:
        of_actions = self.dataset.dataset_type == "ACTION_INTERACTIONS"
        name = "action_interactions_of_a_filter" if of_actions else "interactions_of_a_filter"
        return self.scope.world.quotas[name]

    def filters(self, at: int) -> Iterator[Effect]:
        """What each filter that looks at events like the one at a position makes of it."""
        for found, types in self._filters:
            yield self._of_filter(found, at, types)

    @cached_property
    def _filters(self) -> list[tuple[Filter, set[str]]]:
        """The filters of such events, with the types that they look at."""
        of_group = self.scope.inventory.filters.of(self.dataset.dataset_group_arn)
        asked = [each for each in of_group if self.target in (None, each.arn)]
        found = [(each, _event_types(each, self.dataset.dataset_type)) for each in asked]
        return [(each, types) for each, types in found if types is not None]

    def metrics(self, at: int) -> Iterator[Effect]:
        """What the metric attribution of the group makes of the event at a position."""
        if self.dataset.dataset_type != "INTERACTIONS":
            return
        for found in self.scope.inventory.metric_attributions.of(self.dataset.dataset_group_arn):
            if self.target in (None, found.arn):
                yield self._of_attribution(found, self._store.put[at])

    def _of_filter(self, found: Filter, at: int, types: set[str]) -> Effect:
        instant, event = self._store.put[at]
        sight = sight_of(self.scope)
        whom: str | None = event.subject
        if found.parsed.target == "UserID":
            whom = None

        def effect(when: When, rule: str, why: str, due: Micros | None = None) -> Effect:
            if found.status != ACTIVE:
                why += f"; it is {found.status}"
            return Effect(found.arn, when, None if due is None else datetime_of(due), whom, rule, why)

        if event.event_type.upper() not in types and ANYTHING not in types:
            names = ", ".join(sorted(types))
            return effect("never", "filters.event-types", f"it looks at {names}, and the type is {event.event_type}")
        if whom is None and not event.user_id:
            return effect("never", "filters.users-and-actions", "nobody is known to have had it")
        if self._store.is_repeated(at):
            return effect("never", "events.event-id", f"an earlier event has the eventId {event.event_id}")
        if instant > sight.until:
            due = instant + sight.now - sight.until
            return effect("filter update", "recommendations.filter-fresh", "filters see what is put later", due)
        place = self._place(event.subject, at, sight)
        if place is None:
            why = f"for three months nothing more of {event.subject} was imported or put"
            return effect("never", "recommendations.filter-forgets", why)
        if whom is not None and place > self._considered:
            why = f"{event.subject} has {place - 1} newer events of its type, and {self._considered} count"
            return effect("never", "filters.newest-events", why)
        return effect("now", "filters.newest-events", f"of its type it is number {place} from the newest")

    def _place(self, subject: str, at: int, sight: Sight) -> int | None:
        """Which event it is of those of its type that filters see, the newest being 1; None if they do not see it."""
        if subject not in self._seen:
            self._seen[subject] = _places(seen_of(self._store, subject, sight))
        return self._seen[subject].get(id(self._store.put[at].event))

    def _of_attribution(self, found: MetricAttribution, arrival: Arrival) -> Effect:
        instant, event = arrival
        metrics = [each for each in found.measurement.metrics if each.event_type == event.event_type]
        if not metrics:
            types = ", ".join(sorted({each.event_type for each in found.measurement.metrics}))
            why = f"it measures events of {types}, and the type is {event.event_type}"
            return _measured(found, "never", "metric-attributions.counts-and-sums", why)
        if instant < found.created:
            return _measured(found, "never", "metric-attributions.from-active-on", "the event came before it")
        if not in_time(instant, event.timestamp):
            why = "the event was of more than 14 days before it came, or of more than two hours after"
            return _measured(found, "never", "metric-attributions.fourteen-days", why)
        source = event.event_attribution_source
        if source and source not in found.sources:
            why = f"the source {source} came after those that are measured, or before it was ACTIVE"
            return _measured(found, "never", "metric-attributions.hundred-sources", why)
        group = self.dataset.dataset_group_arn
        names = [each.name for each in metrics if value_of(self.scope, group, each, event) is not None]
        if not names:
            why = "what its metrics sum is absent"
            return _measured(found, "never", "metric-attributions.absent-values", why)
        why = f"it counts in {', '.join(names)}, if that was ACTIVE when it came"
        return _measured(found, "now", "metric-attributions.counts-and-sums", why)


def _measured(found: MetricAttribution, when: When, rule: str, why: str) -> Effect:
    return Effect(found.arn, when, None, None, rule, why)


def _event_types(found: Filter, dataset_type: str) -> set[str] | None:
    """The types in upper case that a filter looks at; `*` for all, or for those of a request. None if it does not."""
    name = "ActionInteractions" if dataset_type == "ACTION_INTERACTIONS" else "Interactions"
    compared = [
        each
        for expression in found.parsed.expressions
        for each in expression.where
        if is_interactions(each.field.dataset) and each.field.dataset == name
    ]
    if not compared:
        return None
    values = [value for comparison in compared for value in comparison.values]
    return {
        ANYTHING if isinstance(each, Parameter) else str(getattr(each, "value", ANYTHING)).upper() for each in values
    }


def _places(seen: Sequence[SeenEvent]) -> dict[int, int]:
    """The place of each put event among those of its type, by its identity."""
    counted: Counter[str] = Counter()
    places = {}
    for _, _, event_type, event in seen:
        spelt = event_type.upper()
        counted[spelt] += 1
        if event is not None:
            places[id(event)] = counted[spelt]
    return places
