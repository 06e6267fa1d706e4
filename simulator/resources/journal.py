"""The journal: what the code under test did, and what came of it, in virtual time.

Calls and what the agenda did are written down in the world's list of entries as they happen; the events are read
from the stores that keep them anyway. Whatever happened at one instant is in the order of its content, so that
threads cannot change it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NamedTuple

from simulator.clock import Entry, Micros
from simulator.data.interactions import FORGOTTEN, PutEvent
from simulator.resources import lifecycle
from simulator.resources.action_data import was_taken
from simulator.resources.datasets import Dataset, InteractionsDataset
from simulator.resources.findings import Found, Near, frame_of, line, search
from simulator.resources.journal_rows import AutomaticUpdate, Call, Event, StatusReached, Training
from simulator.resources.world import ACTIVE, FAILED, Inventory, JournalEntry, Scope, World

if TYPE_CHECKING:
    import pandas as pd

    from simulator.resources.training import Trained

DELETED = "DELETED"
UPDATED = "UPDATED"

_BEGUN, _ENDED = "begin", "end"
# What ends a training that a call has stopped.
_STOPPED = frozenset({"solution_version_stop.finish", "recommender_stop.finish"})
_SHOWN_NEAR = 3
_PUTS = frozenset({"PutEvents", "PutActionInteractions"})


# --- what is written down ------------------------------------------------------------------------------------


class State(NamedTuple):
    """Where a resource stood: its status and that of its newest update, why they failed; its model, and whether one
    was being trained."""

    status: str
    failure: str | None
    update_status: str | None
    update_failure: str | None
    model: Any
    training: bool


def state_of(scope: Scope, arn: str) -> State | None:
    """Where the resource of an ARN stands now; None if there is none."""
    found = scope.inventory.find(arn)
    if found is None:
        return None
    update = getattr(found, "latest_update", None)
    return State(
        found.status,
        found.failure,
        getattr(update, "status", None),
        getattr(update, "failure", None),
        getattr(found, "model", None),
        getattr(found, "begun", None) is not None,
    )


def record_agenda(scope: Scope, entry: Entry, before: State | None) -> None:
    """Writes down an entry of the agenda that has just been executed, and a training that it began or ended."""
    after = state_of(scope, entry.subject)
    outcome, why = _outcome(before, after)
    home = f"{scope.home.account}/{scope.home.region}"
    journal = scope.world.journal
    journal.append(JournalEntry(scope.now, "agenda", entry.kind, entry.subject, outcome, why, home=home))
    was, runs = before is not None and before.training, after is not None and after.training
    if runs and not was:
        journal.append(JournalEntry(scope.now, "training", _BEGUN, entry.subject, "", home=home))
    if was and not runs:
        status = ACTIVE if outcome == UPDATED else outcome or FAILED
        journal.append(JournalEntry(scope.now, "training", _ENDED, entry.subject, status, why, home=home))


def _outcome(before: State | None, after: State | None) -> tuple[str, str]:
    if before is None or after is None:
        return ("" if before is None else DELETED), ""
    if after.update_status != before.update_status:
        return after.update_status or "", after.update_failure or ""
    if after.status != before.status:
        return after.status, after.failure or ""
    return ("" if after.model is before.model else UPDATED), ""


# --- what is read --------------------------------------------------------------------------------------------


Present = Callable[[], AbstractContextManager[World]]
"""A way into the world as it stands now, with nobody else in it."""


class Journal:
    """What the code under test did, in virtual time, and what came of it. `sim.journal` is it, always up to date.

    Every method takes what to look for by name, as exact texts (None: anything), and gives a sequence of named
    tuples, ordered by time and, within one instant, by content: the same from one thread and from many. Printed, a
    sequence that is empty shows what comes near it; `.frame()` is it as a DataFrame.

    Events of datasets and users that have been deleted are gone; an equal event that was put again is kept once.
    Saved worlds keep the journal. It has no bound: a call takes some 150 bytes.
    """

    def __init__(self, present: Present) -> None:
        self._present = present

    def calls(
        self,
        *,
        operation: str | None = None,
        outcome: str | None = None,
        subject: str | None = None,
        user: str | None = None,
        service: str | None = None,
        account: str | None = None,
        region: str | None = None,
    ) -> Found[Call]:
        """The calls to the three services; `outcome=""` are those that were answered."""
        wanted = {
            "operation": operation,
            "outcome": outcome,
            "subject": subject,
            "user": user,
            "service": service,
            "account": account,
            "region": region,
        }
        with self._present() as world:
            rows, near = search(_calls(world), wanted, tuple)
        return Found(("call", "calls"), wanted, Call._fields, rows, near)

    def events(
        self,
        *,
        user: str | None = None,
        item: str | None = None,
        event_type: str | None = None,
        session: str | None = None,
        tracker: str | None = None,
    ) -> Found[Event]:
        """The events that were put and stored; `user=""` are those of anonymous sessions."""
        wanted = {"user": user, "item": item, "event_type": event_type, "session": session, "tracker": tracker}
        with self._present() as world:
            rows, near = search(_events(world), wanted, _order_of_events)
            changing = _Changing(world)
            rows = [row._replace(changes=changing.by(row)) for row in rows]
            near += tuple(_ignored(world, wanted))
            near += tuple(_refused(world, user))
        return Found(("event", "events"), wanted, Event._fields, rows, near)

    def trainings(self, *, arn: str | None = None, outcome: str | None = None) -> Found[Training]:
        """The trainings of solution versions and recommenders, automatic ones too, by when they began."""
        wanted = {"arn": arn, "outcome": outcome}
        with self._present() as world:
            rows, near = search(_trainings(world), wanted, lambda row: (row.instant, row.arn))
        return Found(("training", "trainings"), wanted, Training._fields, rows, near)

    def updates(self, *, arn: str | None = None, outcome: str | None = None) -> Found[AutomaticUpdate]:
        """The automatic updates of models, every two hours for some recipes."""
        wanted = {"arn": arn, "outcome": outcome}
        with self._present() as world:
            rows, near = search(_updates(world), wanted, tuple)
        return Found(("automatic update", "automatic updates"), wanted, AutomaticUpdate._fields, rows, near)

    def statuses(
        self, *, resource: str | None = None, arn: str | None = None, status: str | None = None
    ) -> Found[StatusReached]:
        """The statuses that resources came to; `resource` is a family such as solution_version."""
        wanted = {"resource": resource, "arn": arn, "status": status}
        with self._present() as world:
            rows, near = search(_statuses(world), wanted, lambda row: row.instant)
        return Found(("status", "statuses"), wanted, StatusReached._fields, rows, near)

    def assert_calls(self, *, times: int | None = None, **wanted: str | None) -> None:
        """Raises AssertionError unless there are `times` such calls (None: one or more); see `calls`."""
        __tracebackhide__ = True
        self.calls(**wanted).require(times)

    def assert_events(self, *, times: int | None = None, **wanted: str | None) -> None:
        """Raises AssertionError unless there are `times` such events (None: one or more); see `events`.

        Its text shows what comes near: the user's events with other items, the item's of other users, another case
        of the event type, events that were answered with 200 and not stored, and refused calls.
        """
        __tracebackhide__ = True
        self.events(**wanted).require(times)

    def frame(self) -> pd.DataFrame:
        """Everything but the events as one DataFrame: calls, what the agenda did, trainings begun and ended."""
        with self._present() as world:
            return frame_of(
                JournalEntry._fields, [entry._asdict() for entry in sorted(world.journal, key=_order_of_entries)]
            )

    def __repr__(self) -> str:
        with self._present() as world:
            calls = sum(entry.kind == "call" for entry in world.journal)
            return f"<Journal: calls {calls}, events {sum(1 for _ in _events(world))}>"


def _order_of_entries(entry: JournalEntry) -> tuple[Any, ...]:
    """Of one instant first what was due, causes before effects, then the calls."""
    rank = lifecycle.rank_of(entry.name) if entry.kind == "agenda" else 0
    return entry.instant, entry.kind, rank, entry.subject, entry


def _calls(world: World) -> Iterator[Call]:
    for entry in world.journal:
        if entry.kind == "call":
            account, _, region = entry.home.partition("/")
            yield Call(
                entry.instant,
                entry.service,
                entry.name,
                account,
                region,
                entry.subject,
                entry.user,
                entry.outcome,
                entry.message,
            )


def _trainings(world: World) -> Iterator[Training]:
    running: dict[str, Micros] = {}
    for entry in world.journal:
        if entry.kind == "training" and entry.name == _BEGUN:
            running[entry.subject] = entry.instant
        elif (entry.kind == "training" or entry.name in _STOPPED) and entry.subject in running:
            yield Training(running.pop(entry.subject), entry.instant, entry.subject, entry.outcome, entry.message)
    for arn, began in running.items():
        yield Training(began, None, arn, "", "")


def _updates(world: World) -> Iterator[AutomaticUpdate]:
    for entry in world.journal:
        if entry.kind == "agenda" and entry.name.startswith("automatic_update."):
            yield AutomaticUpdate(entry.instant, entry.subject, entry.outcome)


def _statuses(world: World) -> Iterator[StatusReached]:
    reached = [each for each in world.journal if each.kind == "agenda" and each.outcome not in ("", UPDATED)]
    for entry in sorted(reached, key=_order_of_entries):
        resource = entry.name.partition(".")[0].removesuffix("_deletion")
        yield StatusReached(entry.instant, resource, entry.subject, entry.outcome, entry.message)


def _stores(world: World) -> Iterator[tuple[Inventory, InteractionsDataset, str]]:
    """The datasets of interactions of all accounts and regions, with their tracking ids."""
    for _, inventory in sorted(world.inventories.items(), key=lambda each: (each[0].account, each[0].region)):
        for dataset in inventory.datasets.values():
            if isinstance(dataset, InteractionsDataset):
                yield inventory, dataset, _tracking_id(inventory, dataset)


def _tracking_id(inventory: Inventory, dataset: Dataset) -> str:
    if dataset.tracking_id is not None:
        return dataset.tracking_id
    return next((each.tracking_id for each in inventory.event_trackers.of(dataset.dataset_group_arn)), "")


def _events(world: World) -> Iterator[Event]:
    for _, dataset, tracking_id in _stores(world):
        for instant, event in dataset.store.put:
            if event != FORGOTTEN:
                yield _event(instant, event, tracking_id, dataset.arn)


def _event(instant: Micros, event: PutEvent, tracking_id: str, dataset_arn: str) -> Event:
    return Event(
        instant,
        event.user_id,
        event.session_id,
        event.item_id,
        event.event_type,
        event.event_value,
        event.timestamp,
        event.event_id,
        tracking_id,
        dataset_arn,
    )


def _order_of_events(row: Event) -> tuple[Any, ...]:
    return row.instant, row.dataset, row.timestamp, row.user, row.session, row.item, row.event_type, repr(row)


def _ignored(world: World, wanted: dict[str, str | None]) -> Iterator[Near]:
    """The events that were asked for, answered with 200, and not stored, by the rule why."""
    by_rule: dict[str, list[Event]] = {}
    for _, dataset, tracking_id in _stores(world):
        for each in dataset.store.ignored:
            by_rule.setdefault(each.rule, []).append(_event(each.instant, each.event, tracking_id, dataset.arn))
    for rule, rows in sorted(by_rule.items()):
        found, _ = search(rows, wanted, _order_of_events)
        if found:
            yield Near(f"answered with 200 and not stored ({rule})", len(found), _lines(found))


def _refused(world: World, user: str | None) -> Iterator[Near]:
    """The refused calls that were to put events, those of the user that was asked for first."""
    refused = [each for each in _calls(world) if each.outcome and each.operation in _PUTS]
    refused.sort(key=lambda each: (each.user != user, each))
    if refused:
        yield Near("refused calls", len(refused), _lines(refused))


def _lines(rows: list[Event] | list[Call]) -> tuple[str, ...]:
    return tuple(line(row) for row in rows[:_SHOWN_NEAR])


class _Changing:
    """Which campaigns and recommenders an event changes the answers of; what they are is found once a dataset."""

    def __init__(self, world: World) -> None:
        self._inventories = {dataset.arn: (inventory, dataset) for inventory, dataset, _ in _stores(world)}
        self._targets: dict[str, list[tuple[Micros, str, Trained]]] = {}

    def by(self, row: Event) -> tuple[str, ...]:
        """The ARNs of those whose answers an event can change for its user or session."""
        _, dataset = self._inventories[row.dataset]
        if row.dataset not in self._targets:
            self._targets[row.dataset] = list(self._of(row.dataset))
        if _is_repeated(dataset, row):
            return ()
        return tuple(
            arn
            for created, arn, trained in self._targets[row.dataset]
            if created <= row.instant and _counts(dataset, trained, row)
        )

    def _of(self, dataset_arn: str) -> Iterator[tuple[Micros, str, Trained]]:
        inventory, dataset = self._inventories[dataset_arn]
        group = dataset.dataset_group_arn
        for campaign in inventory.campaigns.of(group):
            version = inventory.solution_versions.get(campaign.solution_version_arn)
            if version is not None and _answers(campaign.status, version):
                yield campaign.created, campaign.arn, version
        for recommender in inventory.recommenders.of(group):
            if _answers(recommender.status, recommender):
                yield recommender.created, recommender.arn, recommender


def _is_repeated(dataset: InteractionsDataset, row: Event) -> bool:
    """Whether an event has the id of an earlier one, and does not count."""
    first = dataset.store.firsts.get(row.event_id) if row.event_id else None
    return first is not None and _event(*dataset.store.put[first], row.tracker, row.dataset) != row


def _answers(status: str, trained: Trained) -> bool:
    return status == ACTIVE and trained.recipe.realtime_events


def _counts(dataset: InteractionsDataset, trained: Trained, row: Event) -> bool:
    """Whether a model takes an event into account that it was not trained on."""
    if trained.model is None:
        return False
    if dataset.dataset_type == "ACTION_INTERACTIONS":
        known = row.item in trained.model.item_codes
        return known and "ACTIONS" in trained.recipe.required_datasets and was_taken(row.event_type) is not None
    known = row.item in getattr(trained.model, "known_item_codes", trained.model.item_codes)
    return known and (trained.events is None or trained.events.lets(row.event_type, row.event_value))
