"""The rows of the journal: what each kind of thing that happened says of itself."""

from __future__ import annotations

from typing import NamedTuple

from simulator.clock import Micros, datetime_of


class Call(NamedTuple):
    """A call to one of the three services.

    `subject` is what its first required member names (a tracking id, a name, an ARN), `user` the user that it
    names. `outcome` is empty if it was answered, else the code of the refusal, whose wording is the `message`; of a
    longer text the first 500 characters are kept.
    """

    instant: Micros
    service: str
    operation: str
    account: str
    region: str
    subject: str
    user: str
    outcome: str
    message: str

    def line(self) -> str:
        """The call in words, without its time."""
        named = f"{self.operation or 'an unknown operation'} {self.subject}".rstrip()
        user = f" user {self.user}" if self.user else ""
        return f"{named}{user}" + (f": {self.outcome}: {self.message}".removesuffix(": ") if self.outcome else "")


class Event(NamedTuple):
    """An interaction that was put and stored, with an item or (PutActionInteractions) with an action.

    `user` is empty for an anonymous session, `event_id` where the caller gave none. `timestamp` is its own time
    (sentAt), Unix seconds. `tracker` is the tracking id, empty if the tracker was deleted; `dataset` the ARN of what
    keeps it. `changes` are the ARNs of the campaigns and recommenders, as they stand now, whose answers for this user
    (or session) it can change by itself: there already when it came, with a recipe that heeds streamed events, trained
    on events like it, and with a model that knows the item. `sim.events.explain()` says of each event when it counts,
    and why not.
    """

    instant: Micros
    user: str
    session: str
    item: str
    event_type: str
    event_value: float | None
    timestamp: int
    event_id: str
    tracker: str
    dataset: str
    changes: tuple[str, ...] = ()

    def line(self) -> str:
        """The event in words, without its time."""
        user = f"user {self.user}" if self.user else "no user"
        return f"{user}, session {self.session}, item {self.item}, type {self.event_type}"


class Training(NamedTuple):
    """A training of a solution version or recommender.

    `ended` is None and `outcome` empty while it runs; else the status that came of it, and why it failed.
    """

    instant: Micros
    ended: Micros | None
    arn: str
    outcome: str
    message: str

    def line(self) -> str:
        """The training in words, without the time at which it began."""
        if self.ended is None:
            return f"{self.arn}: running"
        return f"{self.arn}: {self.outcome} at {datetime_of(self.ended).isoformat(' ')}" + (
            f": {self.message}" if self.message else ""
        )


class AutomaticUpdate(NamedTuple):
    """An automatic update whose time had come; `outcome` is UPDATED if the model became another, else empty."""

    instant: Micros
    arn: str
    outcome: str

    def line(self) -> str:
        """The update in words, without its time."""
        return f"{self.arn}: {self.outcome or 'nothing to update'}"


class StatusReached(NamedTuple):
    """A status that a resource (or the newest update of one) came to, and why it failed; DELETED if it is no more."""

    instant: Micros
    resource: str
    arn: str
    status: str
    message: str

    def line(self) -> str:
        """The status in words, without its time."""
        return f"{self.resource} {self.arn}: {self.status}" + (f": {self.message}" if self.message else "")
