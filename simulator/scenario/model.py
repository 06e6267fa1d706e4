"""What a scenario file can say. The fields are the language; their descriptions, which editors show, its reference."""

# mypy: disable-error-code="misc"
# (msgspec hands `frozen` down to subclasses, which its declaration to type checkers does not say)

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

Text = Annotated[str, Meta(min_length=1)]
Whole = Annotated[int, Meta(ge=1)]
Amount = Annotated[float, Meta(ge=0, le=100_000)]
Mark = Annotated[str, Meta(pattern="^[A-Za-z_][A-Za-z0-9_]*$")]

Source = Annotated[
    Text | None, Meta(description="What this is based on: a page of the guide, an answer that was seen.")
]
Rule = Annotated[
    Text | None, Meta(description="The rule that this proves, by its id: see `personalize-simulator rules`.")
]
About = Annotated[Text | None, Meta(description="What this is about, for people.")]
Call = Annotated[Text, Meta(description="A client and a method of boto3, such as personalize.create_schema.")]
Request = Annotated[
    dict[str, Any],
    Meta(description="The call's arguments; ${name} is a saved value, ${name.member} a part of one, $${ a plain ${."),
]
AtLeast = Annotated[int | None, Meta(description="The fewest that it may be.")]
AtMost = Annotated[int | None, Meta(description="The most that it may be.")]


class _Part(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of a scenario file: what it does not know is refused."""


class Duration(_Part, frozen=True):
    """A length of virtual time: `{hours: 2, minutes: 30}`."""

    days: Annotated[Amount, Meta(description="So many days, each of 24 hours.")] = 0
    hours: Annotated[Amount, Meta(description="So many hours.")] = 0
    minutes: Annotated[Amount, Meta(description="So many minutes.")] = 0
    seconds: Annotated[Amount, Meta(description="So many seconds.")] = 0

    def timedelta(self) -> timedelta:
        """The same as a timedelta."""
        return timedelta(days=self.days, hours=self.hours, minutes=self.minutes, seconds=self.seconds)


class Options(_Part, frozen=True):
    """The simulation that the story happens in: the arguments of `simulate()`."""

    # A fixed moment, so that a scenario says the same every day.
    start: Annotated[Text, Meta(description="The first moment: ISO 8601, in UTC if it names no zone.")] = (
        "2025-01-01T00:00:00Z"
    )
    seed: Annotated[int, Meta(ge=0, description="The seed of all chance.")] = 0
    durations: Annotated[
        Literal["observed", "instant"] | dict[str, Duration],
        Meta(description="How long jobs take: as seen on AWS, no time at all, or a length for each kind of resource."),
    ] = "observed"
    training: Annotated[
        Literal["sampled", "exact"], Meta(description="Whether trainings draw their chance, or have none.")
    ] = "sampled"
    profile: Annotated[Literal["today", "2022"], Meta(description="The service as it is, or as it was in 2022.")] = (
        "today"
    )
    region: Annotated[Text | None, Meta(description="The region of the clients.")] = None
    quotas: Annotated[dict[str, int], Meta(description="Limits by name, in the place of the service's.")] = field(
        default_factory=dict
    )
    throttling: Annotated[bool, Meta(description="Whether calls beyond the documented rates are refused.")] = False


class Refusal(_Part, frozen=True):
    """The error a call must be answered with; an error of boto3's own goes by the name of its class."""

    code: Annotated[Text, Meta(description="Its code, such as ResourceNotFoundException.")]
    message: Annotated[Text | None, Meta(description="All of its message.")] = None
    contains: Annotated[Text | None, Meta(description="A part of its message.")] = None


class Movement(_Part, frozen=True):
    """The movement from one list of items to another."""

    from_: Annotated[Any, Meta(description="The list before.")] = field(name="from")
    to: Annotated[Any, Meta(description="The list after.")]


class Moved(_Part, frozen=True):
    """How far the items of a list have moved against another: places in all.

    An item that has entered, or has left, has moved from or to the place after the other list's last.
    """

    from_: Annotated[Any, Meta(description="The list before, a saved one: ${before}.")] = field(name="from")
    at_least: AtLeast = None
    at_most: AtMost = None
    more_than: Annotated[Movement | None, Meta(description="Further than another list has moved.")] = None
    less_than: Annotated[Movement | None, Meta(description="Less far than another list has moved.")] = None


class SamePlaces(_Part, frozen=True):
    """How many items of a list stand at the same place as in another."""

    as_: Annotated[Any, Meta(description="The other list, a saved one: ${before}.")] = field(name="as")
    at_least: AtLeast = None
    at_most: AtMost = None


class Approximately(_Part, frozen=True):
    """A number, or a list of them, and how far off the real ones may be."""

    value: Annotated[Any, Meta(description="The number, or the list of numbers.")]
    within: Annotated[float | None, Meta(description="How far off, as a number.")] = None
    within_percent: Annotated[float | None, Meta(description="How far off, in percent of the number.")] = None


class Expectation(_Part, frozen=True):
    """Something that must hold: a JMESPath of the answer, and exactly one comparison."""

    value: Annotated[
        Text,
        Meta(
            description="What is compared: a JMESPath of the answer; in a step without an action, of the saved values."
        ),
    ] = "@"
    equals: Annotated[Any, Meta(description="It is this, as JSON: 1 and 1.0 are the same, 1 and true are not.")] = UNSET
    differs_from: Annotated[Any, Meta(description="It is anything but this.")] = UNSET
    identical_to: Annotated[Any, Meta(description="It is this to the last byte, the order of its keys included.")] = (
        UNSET
    )
    same_order_as: Annotated[
        Any, Meta(description="The same items in the same order as in this list; scores may differ.")
    ] = UNSET
    same_items_as: Annotated[Any, Meta(description="The same items as in this list, in any order.")] = UNSET
    same_places: Annotated[
        SamePlaces | UnsetType, Meta(description="So many items at the same place as in another list.")
    ] = UNSET
    moved: Annotated[Moved | UnsetType, Meta(description="Items moved so far against another list.")] = UNSET
    contains: Annotated[
        Any, Meta(description="It has this: a part of a text, or an element (each of several) of a list.")
    ] = UNSET
    at_least: Annotated[Any, Meta(description="It is this or more.")] = UNSET
    at_most: Annotated[Any, Meta(description="It is this or less.")] = UNSET
    approximately: Annotated[
        Approximately | UnsetType, Meta(description="A number, or each of a list, is about this.")
    ] = UNSET
    matches: Annotated[
        Text | UnsetType, Meta(description="A regular expression of Python, found anywhere in a text.")
    ] = UNSET
    source: Source = None
    rule: Rule = None


class WaitUntil(_Part, frozen=True, kw_only=True):
    """A call repeated, virtual time passing in between, until its answer is what is waited for."""

    call: Call
    with_: Request = field(name="with", default_factory=dict)
    value: Annotated[Text | None, Meta(description="A JMESPath of the answer, for what it is to become.")] = None
    equals: Annotated[Any, Meta(description="What the value is to become.")] = UNSET
    raises: Annotated[Refusal | None, Meta(description="The error that is waited for, in the place of a value.")] = None
    seen: Annotated[
        list[Any] | None,
        Meta(description="All different values on the way, in order, the last included: no others may be seen."),
    ] = None
    every: Annotated[Duration, Meta(description="How much time passes between two calls.")] = Duration(seconds=15)
    within: Annotated[Duration, Meta(description="How much time may pass in all.")]


class Generated(_Part, frozen=True):
    """Interactions of MovieLens shape, made from the simulation's seed."""

    users: Annotated[Whole, Meta(description="How many users.")]
    items: Annotated[Whole, Meta(description="How many items.")]
    interactions: Annotated[Whole, Meta(description="How many interactions.")]


class Interactions(_Part, frozen=True):
    """Where interactions come from: made, or from a CSV file in the scenario's folder or below it."""

    generated: Annotated[Generated | None, Meta(description="Made, in the shape of MovieLens.")] = None
    csv: Annotated[
        Text | None,
        Meta(description="A CSV file in the scenario's folder or below it: MovieLens' or USER_ID,ITEM_ID,TIMESTAMP."),
    ] = None


class Events(_Part, frozen=True):
    """Which of the later interactions are events: so many, drawn by the seed, or all; in order of time."""

    sample: Annotated[Whole | Literal["all"], Meta(description="So many, drawn by the seed, or all.")]
    session_per_user: Annotated[bool, Meta(description="Whether to add SESSION_ID, one UUID a user.")] = False


class Data(_Part, frozen=True):
    """Data of one's own: interactions, split in time, or the rows of any dataset, written out.

    Interactions are split into an earlier part and a later one that events are drawn from. Rows are mappings of
    column to value; the answer has their `count`, and their `csv`.
    """

    interactions: Annotated[
        Interactions | None,
        Meta(description="Interactions: the answer has the `earlier` ones, the `later` ones, `events` and `users`."),
    ] = None
    rows: Annotated[
        Annotated[list[dict[str, str | int | float | None]], Meta(min_length=1)] | None,
        Meta(description="Rows written out, each a mapping of column to value: the answer has their count and csv."),
    ] = None
    columns: Annotated[
        Annotated[list[Text], Meta(min_length=1)] | None,
        Meta(description="The columns of the CSV text, in order; default: all."),
    ] = None
    earlier: Annotated[
        Annotated[float, Meta(gt=0, le=1)] | None,
        Meta(description="Which share of the interactions is the earlier part; default: 1, all of them."),
    ] = None
    events: Annotated[Events | None, Meta(description="Which of the later interactions are events.")] = None


class Read(_Part, frozen=True):
    """A saved text taken apart: into its lines, a CSV file into rows by column, JSON Lines into their values.

    The answer has `rows`; of lines the first is not among them but the `header`, of a CSV file its columns are.
    """

    text: Annotated[Text, Meta(description="The text, a saved one: ${content}.")]
    as_: Annotated[Literal["lines", "csv", "json_lines"], Meta(description="What the text is made of.")] = field(
        name="as"
    )


class Repeat(_Part, frozen=True):
    """A call made once for each row of a saved list; the row has a name meanwhile."""

    over: Annotated[Text, Meta(description="The list, a saved one: ${data.events}.")]
    as_: Annotated[Text, Meta(description="The name of the row meanwhile: with `row`, ${row.ITEM_ID}.")] = field(
        name="as"
    )


class Step(_Part, frozen=True):
    """One step: at most one action, what is saved of its answer, and what must hold then."""

    name: Annotated[Text | None, Meta(description="What the step is called, in reports.")] = None
    source: Source = None
    rule: Rule = None
    call: Annotated[
        Text | None, Meta(description="Calls the service: a client and a method of boto3, personalize.create_schema.")
    ] = None
    with_: Request = field(name="with", default_factory=dict)
    repeat: Annotated[Repeat | None, Meta(description="Makes the call once for each row of a saved list.")] = None
    raises: Annotated[Refusal | None, Meta(description="The error that the call must be answered with.")] = None
    tick: Annotated[Duration | None, Meta(description="Lets so much virtual time pass.")] = None
    move_to: Annotated[Text | None, Meta(description="Lets time pass until a moment: ISO 8601.")] = None
    wait_until: Annotated[
        WaitUntil | None, Meta(description="Repeats a call, time passing in between, until its answer is as wanted.")
    ] = None
    data: Annotated[Data | None, Meta(description="Makes or reads data: interactions, or rows written out.")] = None
    read: Annotated[Read | None, Meta(description="Takes a saved text apart, into lines or rows.")] = None
    file: Annotated[
        Text | None, Meta(description="Reads a text file in the scenario's folder or below it: the answer is its text.")
    ] = None
    include: Annotated[
        Text | None,
        Meta(
            description="Alone in its step: plays the steps of a file beside the scenario, named *.steps.yaml, or "
            "those that the package has by a name."
        ),
    ] = None
    save: Annotated[
        dict[str, str], Meta(description="Saves parts of the answer for later steps: a JMESPath for each name.")
    ] = field(default_factory=dict)
    expect: Annotated[list[Expectation], Meta(description="What must hold of the answer.")] = field(
        default_factory=list
    )

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
        if self.data is not None:
            return "data"
        if self.read is not None:
            return f"read as {self.read.as_.replace('_', ' ')}"
        return f"move to {self.move_to}" if self.move_to is not None else "check"


class ShownList(_Part, frozen=True):
    """A saved list of items under a heading."""

    name: Annotated[Text, Meta(description="The heading.")]
    value: Annotated[Text, Meta(description="The name that the list is saved by.")]


class Show(_Part, frozen=True):
    """Saved lists of items to be shown side by side when the story has been told."""

    name: Annotated[Text, Meta(description="The title of the table.")]
    lists: Annotated[list[ShownList], Meta(min_length=1, description="Its columns, from left to right.")]


class Case(_Part, frozen=True):
    """One of several scenarios of a file: the file's steps, and then its own."""

    name: Annotated[Text, Meta(description="What the case is called; no other of the file is called so.")]
    steps: Annotated[list[Step], Meta(min_length=1, description="Its own steps, after those of the file.")]
    source: Source = None  # default: the file's, as of rule
    rule: Rule = None
    about: About = None
    marks: Annotated[list[Mark], Meta(description="Marks of pytest, besides those of the file.")] = field(
        default_factory=list
    )


class Content(_Part, frozen=True):
    """All of a scenario file: one scenario, or with `cases` as many, which begin with the same steps."""

    name: Annotated[Text, Meta(description="What the scenario is called; with cases, all of them.")]
    steps: Annotated[list[Step], Meta(description="What happens, one after the other; with cases, before each.")] = (
        field(default_factory=list)
    )
    cases: Annotated[
        list[Case], Meta(description="Several scenarios in one file, each in a simulation of its own.")
    ] = field(default_factory=list)
    source: Source = None
    rule: Rule = None
    about: About = None
    marks: Annotated[list[Mark], Meta(description="Marks of pytest: `-m` selects by them.")] = field(
        default_factory=list
    )
    simulate: Annotated[Options, Meta(description="The simulation that it happens in.")] = Options()
    show: Annotated[
        list[Show], Meta(description="Saved lists of items that `personalize-simulator run` shows side by side.")
    ] = field(default_factory=list)


class Shared(_Part, frozen=True):
    """All of a file of steps that scenarios include: they go on with what these steps save."""

    steps: Annotated[list[Step], Meta(min_length=1, description="What happens, one after the other.")]
    about: About = None
