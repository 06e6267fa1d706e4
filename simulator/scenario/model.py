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
Mark = Annotated[str, Meta(pattern="^[A-Za-z_][A-Za-z0-9_]*$")]


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
    quotas: dict[str, int] = field(default_factory=dict)  # limits by name, in the place of the service's
    throttling: bool = False


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
    """Where interactions come from: made, or from a CSV file in the scenario's folder or below it."""

    generated: Generated | None = None
    csv: Text | None = None


class Events(_Part, frozen=True):
    """Which of the later interactions are events: so many, drawn by the seed, or all; in order of time."""

    sample: Whole | Literal["all"]
    session_per_user: bool = False  # adds SESSION_ID, one UUID a user


class Data(_Part, frozen=True):
    """Data of one's own: interactions, split in time, or the rows of any dataset, written out.

    Interactions are split into an earlier part and a later one that events are drawn from. Rows are mappings of
    column to value; the answer has their `count`, and their `csv`.
    """

    interactions: Interactions | None = None
    rows: Annotated[list[dict[str, str | int | float | None]], Meta(min_length=1)] | None = None
    columns: Annotated[list[Text], Meta(min_length=1)] | None = None  # those of the CSV text, in order; default: all
    earlier: Annotated[float, Meta(gt=0, le=1)] | None = None  # default: 1, all of them
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


class Case(_Part, frozen=True):
    """One of several scenarios of a file: the file's steps, and then its own."""

    name: Text
    steps: Annotated[list[Step], Meta(min_length=1)]
    source: Text | None = None  # default: the file's, as of rule
    rule: Text | None = None
    about: Text | None = None
    marks: list[Mark] = field(default_factory=list)  # besides the file's


class Content(_Part, frozen=True):
    """All of a scenario file: one scenario, or with `cases` as many, which begin with the same steps."""

    name: Text
    steps: list[Step] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    source: Text | None = None
    rule: Text | None = None
    about: Text | None = None
    marks: list[Mark] = field(default_factory=list)  # marks of pytest
    simulate: Options = Options()
    show: list[Show] = field(default_factory=list)


class Shared(_Part, frozen=True):
    """All of a file of steps that scenarios include: they go on with what these steps save."""

    steps: Annotated[list[Step], Meta(min_length=1)]
    about: Text | None = None


@dataclass(frozen=True)
class Origin:
    """Where a step is written: in which document, and its path there."""

    document: Document
    path: Path


@dataclass(frozen=True)
class Scenario:
    """A scenario that makes sense, ready to run: a file's only one, or one of its cases.

    `steps` are all its steps, those of included files in their places; `origins` are where they are written.
    """

    content: Content
    document: Document
    steps: Sequence[Step]
    origins: Sequence[Origin]
    case: Case | None = None

    @property
    def name(self) -> str:
        """What the scenario is called."""
        return self.content.name if self.case is None else self.case.name

    @property
    def title(self) -> str:
        """What it is called outside of its file."""
        return self.name if self.case is None else f"{self.content.name}: {self.name}"

    @property
    def file(self) -> str:
        """The file it was read from, as it was named."""
        return self.document.file

    @property
    def about(self) -> str | None:
        """What it is about, if it says so."""
        return self.content.about if self.case is None or self.case.about is None else self.case.about

    @property
    def rule(self) -> str | None:
        """The rule that it proves as a whole, if it names one."""
        return self.content.rule if self.case is None or self.case.rule is None else self.case.rule

    @property
    def source(self) -> str | None:
        """What it is based on, if it says so."""
        return self.content.source if self.case is None or self.case.source is None else self.case.source

    @property
    def marks(self) -> list[str]:
        """The marks of pytest that it has: its file's and its own."""
        return [*self.content.marks, *(self.case.marks if self.case is not None else [])]

    @property
    def line(self) -> int:
        """The line of its file that it begins at."""
        if self.case is None:
            return 1
        return self.document.place(("cases", self.content.cases.index(self.case))).line

    def rules(self) -> list[str]:
        """All rules that it or a part of it names, each once, in the order of the file."""
        named = [
            self.rule,
            *(rule for step in self.steps for rule in (step.rule, *(each.rule for each in step.expect))),
        ]
        return list(dict.fromkeys(rule for rule in named if rule is not None))

    def place(self, *path: str | int) -> Place:
        """Where a part of it stands in its file, which for an included step is another."""
        document, path = self._written(path)
        return document.place(path)

    def file_of(self, index: int) -> str:
        """The file that a step is written in."""
        return self.origins[index].document.file

    def invalid(self, path: Path, message: str) -> ScenarioInvalid:
        """The exception for a fault of a part of it."""
        document, path = self._written(path)
        return document.invalid(path, message)

    def _written(self, path: Path) -> tuple[Document, Path]:
        """The document that a part is written in, and its path there."""
        if len(path) < 2 or path[0] != "steps" or not isinstance(path[1], int):
            return self.document, path
        origin = self.origins[path[1]]
        return origin.document, (*origin.path, *path[2:])

    def __repr__(self) -> str:
        return f"<Scenario {self.title!r} of {self.file}>"


def step_path(index: int, *rest: str | int) -> Path:
    """The path of a step among all of a scenario, or of a part of the step."""
    return ("steps", index, *rest)
