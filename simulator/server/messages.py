"""What the control of a server is asked and what it answers, as JSON: the source of its OpenAPI document."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from simulator.resources.explained_answers import ExplainedAnswer
from simulator.resources.explaining import ExplainedEvent
from simulator.resources.readiness import Readiness

Kind = Literal["calls", "events", "trainings", "updates", "statuses"]
Optional = str | UnsetType


class NoQuery(Struct, forbid_unknown_fields=True):
    """Nothing is asked in the query."""


class JournalQuery(Struct, forbid_unknown_fields=True):
    """Which rows of the journal: those that are equal to every text that is given."""

    kind: Annotated[Kind, Meta(description="What to list.")] = "calls"
    operation: Annotated[Optional, Meta(description="calls: the operation, such as PutEvents.")] = UNSET
    outcome: Annotated[
        Optional,
        Meta(description="calls: the code of the refusal, empty for those answered; trainings, updates: what came."),
    ] = UNSET
    subject: Annotated[Optional, Meta(description="calls: the name, ARN or tracking id that they were about.")] = UNSET
    service: Annotated[Optional, Meta(description="calls: personalize, or with -events or -runtime behind.")] = UNSET
    account: Annotated[Optional, Meta(description="calls: the account, twelve digits.")] = UNSET
    region: Annotated[Optional, Meta(description="calls: the region.")] = UNSET
    user: Annotated[Optional, Meta(description="calls, events: the user's id.")] = UNSET
    item: Annotated[Optional, Meta(description="events: the item's or action's id.")] = UNSET
    event_type: Annotated[Optional, Meta(description="events: the type.")] = UNSET
    session: Annotated[Optional, Meta(description="events: the session's id.")] = UNSET
    tracker: Annotated[Optional, Meta(description="events: the tracking id.")] = UNSET
    arn: Annotated[Optional, Meta(description="trainings, updates, statuses: the resource's ARN.")] = UNSET
    resource: Annotated[Optional, Meta(description="statuses: a family, such as solution_version.")] = UNSET
    status: Annotated[Optional, Meta(description="statuses: the status.")] = UNSET


class ReadyQuery(Struct, forbid_unknown_fields=True):
    """What is to be trained."""

    arn: Annotated[str, Meta(description="The ARN of a dataset group or of a solution.")]
    recipe: Annotated[Optional, Meta(description="A recipe alone, by its name or ARN.")] = UNSET
    event_type: Annotated[Optional, Meta(description="Custom recipes count the events of this type alone.")] = UNSET


class ExplainQuery(Struct, forbid_unknown_fields=True):
    """What is asked of a campaign or recommender: the simple members of its requests."""

    arn: Annotated[str, Meta(description="The ARN of a campaign or recommender.")]
    ask_about: Annotated[list[str], Meta(description="Items that need not be in the answer: why they are not.")] = []
    userId: Annotated[Optional, Meta(description="The user.")] = UNSET
    itemId: Annotated[Optional, Meta(description="The item that others are to be related to.")] = UNSET
    numResults: Annotated[int | UnsetType, Meta(description="How many items.")] = UNSET
    filterArn: Annotated[Optional, Meta(description="The ARN of a filter.")] = UNSET
    inputList: Annotated[list[str], Meta(description="Items to rank: as GetPersonalizedRanking.")] = []


class EventsQuery(Struct, forbid_unknown_fields=True):
    """Which of the events that were put."""

    user_id: Annotated[Optional, Meta(description="Of a user, with the anonymous ones that will be the user's.")] = (
        UNSET
    )
    session_id: Annotated[Optional, Meta(description="Of a session.")] = UNSET
    item_id: Annotated[Optional, Meta(description="On an item or action.")] = UNSET
    event_type: Annotated[Optional, Meta(description="Of a type.")] = UNSET
    target: Annotated[
        Optional,
        Meta(description="What they do to the campaign, recommender, solution, filter or metric attribution alone."),
    ] = UNSET


class NoBody(Struct, forbid_unknown_fields=True):
    """Nothing is said in the body: it is empty, or an object without members."""


class Tick(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """How far time moves forward: the sum of the units that are given, one or more."""

    weeks: float | UnsetType = UNSET
    days: float | UnsetType = UNSET
    hours: float | UnsetType = UNSET
    minutes: float | UnsetType = UNSET
    seconds: float | UnsetType = UNSET
    milliseconds: float | UnsetType = UNSET
    microseconds: float | UnsetType = UNSET


class MoveTo(Struct, forbid_unknown_fields=True):
    """The moment that time moves forward to."""

    moment: Annotated[str, Meta(description="ISO 8601; UTC if it has no zone.")]


class ExplainBody(Struct, forbid_unknown_fields=True):
    """What is asked of a campaign or recommender: the whole request."""

    arn: Annotated[str, Meta(description="The ARN of a campaign or recommender.")]
    request: Annotated[
        dict[str, Any], Meta(description="Members of GetRecommendations; with an inputList, GetPersonalizedRanking.")
    ] = {}
    ask_about: Annotated[list[str], Meta(description="Items that need not be in the answer: why they are not.")] = []


class Health(Struct):
    """The server is up."""

    status: Literal["ok"]
    version: Annotated[str, Meta(description="The version of personalize-simulator.")]


class ClockReading(Struct):
    """The simulation's present; `clock` is whether it stands still until told or runs with the system's."""

    now: datetime
    clock: Literal["virtual", "system"]


class JournalRows(Struct):
    """Rows of the journal by time; `text` is them in words and, if there are none, what comes near."""

    kind: Kind
    count: int
    rows: list[dict[str, Any]]
    text: str


class Ready(Struct):
    """Whether every training that was asked about would succeed; `text` is the report in words."""

    ready: bool
    report: Readiness
    text: str


class Explained(Struct):
    """Why the answer is what it is; `text` is the report in words."""

    answer: ExplainedAnswer
    text: str


class ExplainedEvents(Struct):
    """What becomes of events, in order of arrival; `text` is the report in words."""

    count: int
    events: list[ExplainedEvent]
    text: str


class Fault(Struct):
    """Why a request was refused."""

    error: str
