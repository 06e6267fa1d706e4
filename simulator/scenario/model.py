"""What a scenario file can say. The fields are the language; their comments are its reference."""

# mypy: disable-error-code="misc"
# (msgspec hands `frozen` down to subclasses, which its declaration to type checkers does not say)

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from simulator.scenario.yaml_text import Document, Path, Place, ScenarioInvalid

Text = Annotated[str, Meta(min_length=1)]
Whole = Annotated[int, Meta(ge=1)]
Amount = Annotated[float, Meta(ge=0, le=100_000)]


class _Part(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of a scenario file: what it does not know is refused."""


class Duration(_Part, frozen=True):
    """A length of virtual time: `{hours: 2, minutes: 30}`."""

    days: Amount = 0
    hours: Amount = 0
    minutes: Amount = 0
    seconds: Amount = 0

    def timedelta(self) -> timedelta:
        """The same as a timedelta."""
        return timedelta(days=self.days, hours=self.hours, minutes=self.minutes, seconds=self.seconds)


class Options(_Part, frozen=True):
    """The simulation that the story happens in: the arguments of `simulate()`."""

    start: Text = "2025-01-01T00:00:00Z"  # a fixed moment, so that a scenario says the same every day
    seed: Annotated[int, Meta(ge=0)] = 0
    durations: Literal["observed", "instant"] | dict[str, Duration] = "observed"
    training: Literal["sampled", "exact"] = "sampled"
    profile: Literal["today", "2022"] = "today"  # the service as it is, or as it was in 2022
    region: Text | None = None


class Refusal(_Part, frozen=True):
    """The error a call must be answered with; an error of boto3's own goes by the name of its class."""

    code: Text
    message: Text | None = None  # all of it
    contains: Text | None = None  # a part of it


class Movement(_Part, frozen=True):
    """The movement from one list of items to another."""

    from_: Any = field(name="from")
    to: Any


class Moved(_Part, frozen=True):
    """How far the items of a list have moved against another: places in all, see `item_lists.places_moved`."""

    from_: Any = field(name="from")
    at_least: int | None = None
    at_most: int | None = None
    more_than: Movement | None = None
    less_than: Movement | None = None


class SamePlaces(_Part, frozen=True):
    """How many items of a list stand at the same place as in another."""

    as_: Any = field(name="as")
    at_least: int | None = None
    at_most: int | None = None


class Approximately(_Part, frozen=True):
    """A number, or a list of them, and how far off the real ones may be."""

    value: Any
    within: float | None = None
    within_percent: float | None = None


class Expectation(_Part, frozen=True):
    """Something that must hold: a JMESPath of the answer, and exactly one comparison."""

    value: Text = "@"  # of the answer; in a step without an action, of the saved values
    equals: Any = UNSET
    differs_from: Any = UNSET
    identical_to: Any = UNSET  # to the last byte, order of keys included
    same_order_as: Any = UNSET  # the same items in the same order; scores may differ
    same_items_as: Any = UNSET  # in any order
    same_places: SamePlaces | UnsetType = UNSET
    moved: Moved | UnsetType = UNSET
    contains: Any = UNSET  # a part of a text, or an element (each of several) of a list
    at_least: Any = UNSET
    at_most: Any = UNSET
    approximately: Approximately | UnsetType = UNSET
    matches: Text | UnsetType = UNSET  # a regular expression, found anywhere in a text
    source: Text | None = None
    rule: Text | None = None


class WaitUntil(_Part, frozen=True, kw_only=True):
    """A call repeated, virtual time passing in between, until its answer is what is waited for."""

    call: Text
    with_: dict[str, Any] = field(name="with", default_factory=dict)
    value: Text | None = None  # a JMESPath of the answer ...
    equals: Any = UNSET  # ... and what it is to become
    raises: Refusal | None = None  # or the error that is waited for
    seen: list[Any] | None = None  # all different values on the way, in order, the last included
    every: Duration = Duration(seconds=15)
    within: Duration


class Generated(_Part, frozen=True):
    """Interactions of MovieLens shape, made from the simulation's seed."""

    users: Whole
    items: Whole
    interactions: Whole


class Interactions(_Part, frozen=True):
    """Where interactions come from: made, or from a CSV file beside the scenario."""

    generated: Generated | None = None
    csv: Text | None = None


class Events(_Part, frozen=True):
    """Which of the later interactions are events: so many, drawn by the seed, or all; in order of time."""

    sample: Whole | Literal["all"]
    session_per_user: bool = False  # adds SESSION_ID, one UUID a user


class Data(_Part, frozen=True):
    """Interactions, split in time into an earlier part and a later one that events are drawn from."""

    interactions: Interactions
    columns: list[Literal["USER_ID", "ITEM_ID", "TIMESTAMP"]] = field(
        default_factory=lambda: ["USER_ID", "ITEM_ID", "TIMESTAMP"]
    )
    earlier: Annotated[float, Meta(gt=0, le=1)] = 1.0
    events: Events | None = None


class Read(_Part, frozen=True):
    """A saved text taken apart: into its lines, a CSV file into rows by column, JSON Lines into their values.

    The answer has `rows`; of lines the first is not among them but the `header`, of a CSV file its columns are.
    """

    text: Text
    as_: Literal["lines", "csv", "json_lines"] = field(name="as")


class Repeat(_Part, frozen=True):
    """A call made once for each row of a saved list; the row has a name meanwhile."""

    over: Text
    as_: Text = field(name="as")


class Step(_Part, frozen=True):
    """One step: at most one action, what is saved of its answer, and what must hold then."""

    name: Text | None = None
    source: Text | None = None
    rule: Text | None = None
    call: Text | None = None  # `personalize.create_schema`: a client and a method of boto3
    with_: dict[str, Any] = field(name="with", default_factory=dict)
    repeat: Repeat | None = None
    raises: Refusal | None = None
    tick: Duration | None = None
    move_to: Text | None = None
    wait_until: WaitUntil | None = None
    data: Data | None = None
    read: Read | None = None
    file: Text | None = None  # a text file in the scenario's folder or below it: the answer is its text
    include: Text | None = None  # alone in its step: the steps of a file beside the scenario, named *.steps.yaml
    save: dict[str, str] = field(default_factory=dict)  # name: JMESPath of the answer
    expect: list[Expectation] = field(default_factory=list)

    @property
    def title(self) -> str:
        """What the step is called: its name, or what it does."""
        if self.name is not None:
            return self.name
        if self.call is not None:
            return self.call
        if self.wait_until is not None:
            return f"wait until {self.wait_until.call.partition('.')[2]} says so"
        if self.tick is not None:
            return f"{self.tick.timedelta()} pass"
        if self.file is not None:
            return f"the file {self.file}"
        return f"move to {self.move_to}" if self.move_to is not None else "check"


class ShownList(_Part, frozen=True):
    """A saved list of items under a heading."""

    name: Text
    value: Text


class Show(_Part, frozen=True):
    """Saved lists of items to be shown side by side when the story has been told."""

    name: Text
    lists: Annotated[list[ShownList], Meta(min_length=1)]


class Content(_Part, frozen=True):
    """All of a scenario file."""

    name: Text
    steps: Annotated[list[Step], Meta(min_length=1)]
    source: Text | None = None
    rule: Text | None = None
    about: Text | None = None
    simulate: Options = Options()
    show: list[Show] = field(default_factory=list)


class Shared(_Part, frozen=True):
    """All of a file of steps that scenarios include: they go on with what these steps save."""

    steps: Annotated[list[Step], Meta(min_length=1)]
    about: Text | None = None


@dataclass(frozen=True)
class Origin:
    """Where a step is written: in which document, and as which of its steps."""

    document: Document
    index: int


class Scenario:
    """A scenario file that makes sense, ready to run.

    `content` has the steps of included files in their places; `origins` are those of its steps, in order.
    """

    def __init__(self, content: Content, document: Document, origins: Sequence[Origin]) -> None:
        self.content = content
        self.document = document
        self._origins = origins

    @property
    def name(self) -> str:
        """What the scenario is called."""
        return self.content.name

    @property
    def file(self) -> str:
        """The file it was read from, as it was named."""
        return self.document.file

    def place(self, *path: str | int) -> Place:
        """Where a part of it stands in its file, which for an included step is another."""
        document, path = self._written(path)
        return document.place(path)

    def file_of(self, index: int) -> str:
        """The file that a step is written in."""
        return self._origins[index].document.file

    def invalid(self, path: Path, message: str) -> ScenarioInvalid:
        """The exception for a fault of a part of it."""
        document, path = self._written(path)
        return document.invalid(path, message)

    def _written(self, path: Path) -> tuple[Document, Path]:
        """The document that a part is written in, and its path there."""
        if len(path) < 2 or path[0] != "steps" or not isinstance(path[1], int):
            return self.document, path
        origin = self._origins[path[1]]
        return origin.document, step_path(origin.index, *path[2:])

    def __repr__(self) -> str:
        return f"<Scenario {self.name!r} of {self.file}>"


def step_path(index: int, *rest: str | int) -> Path:
    """The path of a step in its file, or of a part of the step."""
    return ("steps", index, *rest)
