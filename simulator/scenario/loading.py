"""Reading a scenario file, and finding what is wrong with it before anything runs."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Set
from datetime import datetime
from os import PathLike, fspath
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from simulator.scenario import expressions
from simulator.scenario.comparisons import COMPARISONS, comparison_of
from simulator.scenario.files import UnusableFile, beside, text_of
from simulator.scenario.model import (
    Approximately,
    Content,
    Expectation,
    Moved,
    Origin,
    SamePlaces,
    Scenario,
    Shared,
    Step,
)
from simulator.scenario.model import step_path as at_step
from simulator.scenario.references import NAME, references, root_of
from simulator.scenario.yaml_text import Document, Path, ScenarioInvalid, read_document

SERVICES = ("s3", "iam", "personalize", "personalize-events", "personalize-runtime")

_CALL = re.compile(rf"({'|'.join(SERVICES)})\.[a-z][a-z0-9_]*")
_ACTIONS = ("call", "tick", "move_to", "wait_until", "data", "read", "file", "include")
_ONLY_WITH_A_CALL = ("with_", "repeat", "raises")
_AT = re.compile(r"^(.*?)(?: - at `\$(.*)`)?$", re.DOTALL)
_TOKEN = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`")
_WRONG_KIND = re.compile(r"Expected `([a-z| ]+)`, got `([a-z]+)`")
_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "str": "text",
        "int": "a whole number",
        "float": "a number",
        "bool": "true or false",
        "object": "a mapping",
        "array": "a list",
        "null": "nothing",
    }
)
_LARGEST = 2_000_000
# What the names of files end with that have steps for scenarios to include, and are no scenarios.
SHARED = ".steps.yaml"
_Content = TypeVar("_Content", Content, Shared)
_FIRST_YEAR, _LAST_YEAR = 1971, 2999


def load(path: str | PathLike[str]) -> Scenario:
    """The scenario in a YAML file.

    Raises ScenarioInvalid, whose text is one line with the place and what was meant.
    """
    file = fspath(path)
    return parse(_yaml(file), file)


def parse(text: str, file: str) -> Scenario:
    """The scenario in a text; `file` is what messages call it. Raises ScenarioInvalid."""
    document = read_document(text, file)
    written = _converted(document, Content, "a scenario is a mapping with a name and steps")
    steps, origins = _with_included(written, document)
    content = msgspec.structs.replace(written, steps=steps)
    scenario = Scenario(content, document, origins)
    for path, message in _faults(content, file):
        raise scenario.invalid(path, message)
    return scenario


def _yaml(file: str) -> str:
    try:
        return text_of(file, _LARGEST).removeprefix("\ufeff")
    except UnusableFile as fault:
        raise ScenarioInvalid(str(fault), file) from None


def _converted(document: Document, kind: type[_Content], otherwise: str) -> _Content:
    if not isinstance(document.value, dict):
        raise document.invalid((), otherwise)
    try:
        return msgspec.convert(document.value, kind)
    except msgspec.ValidationError as fault:
        raise _explained(document, str(fault)) from None


def _with_included(content: Content, document: Document) -> tuple[list[Step], list[Origin]]:
    """The steps of a scenario with those of included files in their places, and where each is written."""
    steps: list[Step] = []
    origins: list[Origin] = []
    for index, step in enumerate(content.steps):
        if step.include is None:
            steps.append(step)
            origins.append(Origin(document, index))
            continue
        shared, written = _included(step, index, document)
        steps += shared
        origins += [Origin(written, each) for each in range(len(shared))]
    return steps, origins


def _included(step: Step, index: int, document: Document) -> tuple[list[Step], Document]:
    """The steps that a step includes, and the document that they are written in."""
    name = step.include
    assert name is not None
    for other in msgspec.to_builtins(step):
        if other != "include":
            raise document.invalid(at_step(index, other), f"'include' is alone in its step, without {other!r}")
    if not name.endswith(SHARED) or re.search(r"[/\\]", name):
        message = f"steps are included from a file beside the scenario whose name ends with {SHARED}, not {name!r}"
        raise document.invalid(at_step(index, "include"), message)
    try:
        file = beside(document.file, name)
    except UnusableFile as fault:
        raise document.invalid(at_step(index, "include"), str(fault)) from None
    written = read_document(_yaml(file), file)
    shared = _converted(written, Shared, "a file of steps is a mapping with steps")
    for number, each in enumerate(shared.steps):
        if each.include is not None:
            raise written.invalid(at_step(number, "include"), "steps that are included include no others")
    return shared.steps, written


def _explained(document: Document, text: str) -> ScenarioInvalid:
    """msgspec's message with its place in the file, and what was likely meant."""
    found = _AT.match(text)
    assert found is not None
    message, where = found[1], found[2] or ""
    path: Path = ()
    for key, index in _TOKEN.findall(where):
        if index == "...":  # a value of a mapping: msgspec does not say which
            break
        path = (*path, key or int(index))
    unknown = _UNKNOWN.fullmatch(message)
    if unknown is not None:
        path = (*path, unknown[1])
        return document.invalid(path, _unknown_field(unknown[1]))
    wrong_kind = _WRONG_KIND.fullmatch(message)
    if wrong_kind is not None:
        wanted = [_KINDS.get(kind, kind) for kind in wrong_kind[1].split(" | ") if kind != "null"]
        message = f"{' or '.join(wanted)} is wanted here, not {_KINDS.get(wrong_kind[2], wrong_kind[2])}"
        if wanted == ["text"]:
            message += ": put it in quotes if it is meant as text"
    if message.startswith("Object missing required field"):
        message = message.replace("Object missing required field", "this lacks the field")
    return document.invalid(path, message if not where else f"{message} (at {where.lstrip('.')})")


def _unknown_field(name: str) -> str:
    known = {*_fields(Content), *_fields(Step), *_fields(Expectation)}
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"there is no field {name!r} here" + (f"; is {close[0]!r} meant?" if close else "")


def _fields(part: type[msgspec.Struct]) -> tuple[str, ...]:
    return part.__struct_encode_fields__


def _faults(content: Content, file: str) -> Iterator[tuple[Path, str]]:
    """What is wrong with a scenario of the right shape, in the order of the file."""
    yield from _moment(content.simulate.start, ("simulate", "start"))
    saved: set[str] = set()
    for index, step in enumerate(content.steps):
        for path, message in _step_faults(step, saved, file):
            yield at_step(index, *path), message
        saved.update(step.save)
    for number, show in enumerate(content.show):
        for column, shown in enumerate(show.lists):
            if shown.value not in saved:
                yield ("show", number, "lists", column, "value"), _not_saved(shown.value, saved)


def _step_faults(step: Step, saved: Set[str], file: str) -> Iterator[tuple[Path, str]]:
    actions = [name for name in _ACTIONS if getattr(step, name) is not None]
    if len(actions) > 1:
        yield (actions[1],), f"a step does one thing: {' or '.join(actions)}, not both"
    for name in _ONLY_WITH_A_CALL:
        if step.call is None and getattr(step, name):
            yield (name.rstrip("_"),), f"{name.rstrip('_')!r} goes with a 'call', and this step has none"
    if not actions and not step.expect and not step.save:
        yield (), f"this step does nothing: it needs one of {', '.join(_ACTIONS)}, or something to expect"
    if actions and actions[0] in ("tick", "move_to"):
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
        yield from _moment(step.move_to, ("move_to",))
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
        given = step.data.interactions
        if (given.generated is None) == (given.csv is None):
            yield ("data", "interactions"), "interactions are 'generated' or from a 'csv' file: one of them"
    if step.file is not None:
        try:
            beside(file, step.file)
        except UnusableFile as fault:
            yield ("file",), str(fault)


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
        if path[0] in ("name", "source", "rule", "save"):
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
    if not _CALL.fullmatch(call):
        yield (
            path,
            (
                f"{call!r} is no call: it is a client and a method of boto3, such as personalize.create_schema; "
                f"the clients are {', '.join(SERVICES)}"
            ),
        )


def _moment(text: str, path: Path) -> Iterator[tuple[Path, str]]:
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
