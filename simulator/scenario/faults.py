"""What is wrong with a scenario that has the right shape: found before anything runs."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence, Set
from datetime import datetime
from typing import Any

import msgspec

from simulator.scenario import expressions
from simulator.scenario.comparisons import COMPARISONS, comparison_of
from simulator.scenario.files import UnusableFile, beside
from simulator.scenario.interactions import INTERACTION_COLUMNS
from simulator.scenario.loaded import step_path as at_step
from simulator.scenario.model import Approximately, Data, Expectation, Moved, SamePlaces, Show, Step
from simulator.scenario.references import NAME, references, root_of
from simulator.scenario.yaml_text import Path

SERVICES = ("s3", "iam", "kms", "cloudwatch", "personalize", "personalize-events", "personalize-runtime")

CALL = re.compile(rf"({'|'.join(SERVICES)})\.[a-z][a-z0-9_]*")
ACTIONS = ("call", "tick", "move_to", "wait_until", "data", "read", "file", "include")
WITH_A_CALL = ("with_", "repeat", "raises")  # fields of a step that has a call
WITHOUT_ANSWER = ("tick", "move_to")
_FIRST_YEAR, _LAST_YEAR = 1971, 2999


def faults(steps: Sequence[Step], shows: Sequence[Show], file: str) -> Iterator[tuple[Path, str]]:
    """Each fault of a scenario's steps and of what it shows, with its place, in the order of the file."""
    saved: set[str] = set()
    for index, step in enumerate(steps):
        for path, message in _step_faults(step, saved, file):
            yield at_step(index, *path), message
        saved.update(step.save)
    for number, show in enumerate(shows):
        for column, shown in enumerate(show.lists):
            if shown.value not in saved:
                yield ("show", number, "lists", column, "value"), _not_saved(shown.value, saved)


def _step_faults(step: Step, saved: Set[str], file: str) -> Iterator[tuple[Path, str]]:
    actions = [name for name in ACTIONS if getattr(step, name) is not None]
    if len(actions) > 1:
        yield (actions[1],), f"a step does one thing: {' or '.join(actions)}, not both"
    for name in WITH_A_CALL:
        if step.call is None and getattr(step, name):
            yield (name.rstrip("_"),), f"{name.rstrip('_')!r} goes with a 'call', and this step has none"
    if not actions and not step.expect and not step.save:
        yield (), f"this step does nothing: it needs one of {', '.join(ACTIONS)}, or something to expect"
    if actions and actions[0] in WITHOUT_ANSWER:
        for name in ("save", "expect"):
            if getattr(step, name):
                yield (name,), f"{actions[0]!r} has no answer to {name}: put it into the next step"
    yield from _action_faults(step, saved, file)
    for name, expression in step.save.items():
        if not NAME.fullmatch(name):
            yield ("save", name), f"{name!r} is no name: letters, digits and underscores only"
        yield from _expression(expression, ("save", name))
    for number, expectation in enumerate(step.expect):
        for path, message in _expectation_faults(expectation):
            yield ("expect", number, *path), message
    yield from _reference_faults(step, saved)


def _action_faults(step: Step, saved: Set[str], file: str) -> Iterator[tuple[Path, str]]:
    if step.call is not None:
        yield from _call(step.call, ("call",))
    if step.move_to is not None and "${" not in step.move_to:
        yield from moment_faults(step.move_to, ("move_to",))
    if step.tick is not None and not step.tick.timedelta():
        yield ("tick",), "a tick needs a length, such as {hours: 2}"
    if step.repeat is not None:
        if step.save:
            yield ("save",), "a repeated call has many answers: they cannot be saved"
        if step.repeat.as_ in saved or not NAME.fullmatch(step.repeat.as_):
            yield ("repeat", "as"), f"a row cannot be called {step.repeat.as_!r}: another name is needed"
    if step.wait_until is not None:
        wait = step.wait_until
        yield from _call(wait.call, ("wait_until", "call"))
        if (wait.value is None) == (wait.raises is None):
            yield (
                ("wait_until",),
                "a wait is for a 'value' that 'equals' something, or for 'raises': one of them",
            )
        if (wait.value is None) != (wait.equals is msgspec.UNSET):
            yield ("wait_until",), "'value' and 'equals' go together"
        if wait.seen is not None and wait.value is None:
            yield ("wait_until", "seen"), "'seen' needs a 'value' to look at"
        if not wait.every.timedelta():
            yield ("wait_until", "every"), "time must pass between two calls"
        if wait.value is not None:
            yield from _expression(wait.value, ("wait_until", "value"))
    if step.data is not None:
        yield from _data_faults(step.data)
    if step.file is not None:
        try:
            beside(file, step.file)
        except UnusableFile as fault:
            yield ("file",), str(fault)


def _data_faults(data: Data) -> Iterator[tuple[Path, str]]:
    if (data.interactions is None) == (data.rows is None):
        yield ("data",), "data are 'interactions' or 'rows': one of them"
        return
    known = INTERACTION_COLUMNS if data.rows is None else tuple(dict.fromkeys(key for row in data.rows for key in row))
    for place, column in enumerate(data.columns or ()):
        if column not in known:
            yield ("data", "columns", place), f"there is no column {column!r}; there are {', '.join(known)}"
    if data.rows is not None:
        for name in ("earlier", "events"):
            if getattr(data, name) is not None:
                yield ("data", name), f"{name!r} goes with 'interactions', and this has 'rows'"
        return
    given = data.interactions
    assert given is not None
    if (given.generated is None) == (given.csv is None):
        yield ("data", "interactions"), "interactions are 'generated' or from a 'csv' file: one of them"


def _expectation_faults(expectation: Expectation) -> Iterator[tuple[Path, str]]:
    made = comparison_of(expectation)
    if len(made) != 1:
        counted = "none" if not made else " and ".join(made)
        yield (), f"an expectation makes one comparison, not {counted}: one of {', '.join(COMPARISONS)}"
        return
    yield from _expression(expectation.value, ("value",))
    expected: Any = getattr(expectation, made[0])
    if made[0] == "matches":
        try:
            re.compile(expected)
        except (re.error, OverflowError, RecursionError) as fault:
            yield ("matches",), f"this is no regular expression: {fault}"
    if isinstance(expected, Approximately) and (expected.within is None) == (expected.within_percent is None):
        yield ("approximately",), "say how far off it may be: 'within' or 'within_percent'"
    if isinstance(expected, (Moved, SamePlaces)) and all(
        getattr(expected, bound, None) is None for bound in ("at_least", "at_most", "more_than", "less_than")
    ):
        yield (made[0],), "say how much: 'at_least' or 'at_most' (or, of what moved, 'more_than', 'less_than')"


def _reference_faults(step: Step, saved: Set[str]) -> Iterator[tuple[Path, str]]:
    within = set() if step.repeat is None else {step.repeat.as_}
    for path, reference in references(msgspec.to_builtins(step)):
        if path[0] in ("name", "source", "rule"):
            continue
        if path[0] == "repeat":
            known = saved
        elif path[0] == "expect":
            known = saved | within | step.save.keys()
        else:
            known = saved | within
        root = root_of(reference)
        if root is None:
            yield path, f"${{{reference}}} is no name of a saved value (a plain ${{ is written $${{)"
        elif root not in known:
            yield path, _not_saved(root, known)


def _not_saved(name: str, saved: Set[str]) -> str:
    close = difflib.get_close_matches(name, sorted(saved), n=1)
    return f"nothing is saved as {name!r} before this" + (f"; is {close[0]!r} meant?" if close else "")


def _call(call: str, path: Path) -> Iterator[tuple[Path, str]]:
    if not CALL.fullmatch(call):
        yield (
            path,
            (
                f"{call!r} is no call: it is a client and a method of boto3, such as personalize.create_schema; "
                f"the clients are {', '.join(SERVICES)}"
            ),
        )


def moment_faults(text: str, path: Path) -> Iterator[tuple[Path, str]]:
    """What is wrong with a text as a moment of ISO 8601."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        yield path, f"{text!r} is no moment of ISO 8601, such as 2022-03-08T09:00:00Z"
        return
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        yield path, f"{text!r} is not between the years {_FIRST_YEAR} and {_LAST_YEAR}"


def _expression(expression: str, path: Path) -> Iterator[tuple[Path, str]]:
    try:
        expressions.check(expression)
    except expressions.NotApplicable as fault:
        yield path, str(fault)
