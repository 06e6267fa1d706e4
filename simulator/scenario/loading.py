"""Reading a scenario file, and finding what is wrong with it before anything runs."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from types import MappingProxyType
from typing import TypeVar

import msgspec

from simulator.scenario.faults import faults, moment_faults
from simulator.scenario.files import UnusableFile, beside, text_of
from simulator.scenario.loaded import Origin, Scenario
from simulator.scenario.model import Case, Content, Duration, Expectation, Options, Shared, Step
from simulator.scenario.yaml_text import Document, Path, ScenarioInvalid, read_document

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
_PACKAGED = re.compile(r"[a-z][a-z-]*")
_FOLDER = os.path.join(os.path.dirname(__file__), "steps")


def load(path: str | PathLike[str]) -> Scenario:
    """The only scenario of a YAML file.

    Raises ScenarioInvalid, whose text is one line with the place and what was meant, also for a file with cases.
    """
    file = fspath(path)
    return parse(_yaml(file), file)


def load_all(path: str | PathLike[str]) -> list[Scenario]:
    """The scenarios of a YAML file: its cases in their order, or its only one. Raises ScenarioInvalid."""
    file = fspath(path)
    return parse_all(_yaml(file), file)


def parse(text: str, file: str) -> Scenario:
    """The only scenario of a text; `file` is what messages call it. Raises ScenarioInvalid."""
    scenarios = parse_all(text, file)
    if scenarios[0].case is not None:
        raise scenarios[0].invalid(("cases",), "this file has cases: a single scenario is wanted here")
    return scenarios[0]


def parse_all(text: str, file: str) -> list[Scenario]:
    """The scenarios of a text; `file` is what messages call it. Raises ScenarioInvalid."""
    document = read_document(text, file)
    content = _converted(document, Content, "a scenario is a mapping with a name and steps")
    for path, message in moment_faults(content.simulate.start, ("simulate", "start")):
        raise document.invalid(path, message)
    if not content.steps and not content.cases:
        raise document.invalid((), "a scenario has 'steps', or 'cases' that have some")
    _check_names(content.cases, document)
    beginning = _with_included(content.steps, ("steps",), document)
    scenarios = []
    cases: Sequence[Case | None] = content.cases or [None]
    for number, case in enumerate(cases):
        own = ([], []) if case is None else _with_included(case.steps, ("cases", number, "steps"), document)
        scenario = Scenario(content, document, [*beginning[0], *own[0]], [*beginning[1], *own[1]], case)
        for path, message in faults(scenario.steps, content.show, file):
            raise scenario.invalid(path, message)
        scenarios.append(scenario)
    return scenarios


def _check_names(cases: Sequence[Case], document: Document) -> None:
    seen: set[str] = set()
    for number, case in enumerate(cases):
        if case.name in seen:
            raise document.invalid(("cases", number, "name"), f"there are two cases named {case.name!r}")
        seen.add(case.name)


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


def _with_included(written: Sequence[Step], at: Path, document: Document) -> tuple[list[Step], list[Origin]]:
    """Steps with those of included files in their places, and where each is written; they stand at a path."""
    steps: list[Step] = []
    origins: list[Origin] = []
    for index, step in enumerate(written):
        path = (*at, index)
        if step.include is None:
            steps.append(step)
            origins.append(Origin(document, path))
            continue
        shared, place = _included(step, path, document)
        steps += shared
        origins += [Origin(place, ("steps", each), path) for each in range(len(shared))]
    return steps, origins


def _included(step: Step, path: Path, document: Document) -> tuple[list[Step], Document]:
    """The steps that a step includes, and the document that they are written in."""
    name = step.include
    assert name is not None
    for other in msgspec.to_builtins(step):
        if other != "include":
            raise document.invalid((*path, other), f"'include' is alone in its step, without {other!r}")
    try:
        file = _shared_file(name, document.file)
    except UnusableFile as fault:
        raise document.invalid((*path, "include"), str(fault)) from None
    written = read_document(_yaml(file), file)
    shared = _converted(written, Shared, "a file of steps is a mapping with steps")
    for number, each in enumerate(shared.steps):
        if each.include is not None:
            raise written.invalid(("steps", number, "include"), "steps that are included include no others")
    return shared.steps, written


def _shared_file(name: str, scenario: str) -> str:
    """The file of steps that a name means: one of the package's, or one beside the scenario. Raises UnusableFile."""
    if _PACKAGED.fullmatch(name):
        known = packaged_steps()
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            meant = f"; is {close[0]!r} meant?" if close else ""
            raise UnusableFile(f"the package has no steps {name!r}, it has {', '.join(known)}{meant}")
        return known[name]
    if not name.endswith(SHARED) or re.search(r"[/\\]", name):
        raise UnusableFile(
            f"steps are included from a file beside the scenario whose name ends with {SHARED}, or by the name that "
            f"the package has for some, not by {name!r}"
        )
    return beside(scenario, name)


def packaged_steps() -> dict[str, str]:
    """The files of the steps that the package has for every scenario, by the name that includes them."""
    names = sorted(os.listdir(_FOLDER))
    return {name.removesuffix(SHARED): os.path.join(_FOLDER, name) for name in names if name.endswith(SHARED)}


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
    known = {name for part in (Content, Case, Step, Expectation, Duration, Options) for name in _fields(part)}
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"there is no field {name!r} here" + (f"; is {close[0]!r} meant?" if close else "")


def _fields(part: type[msgspec.Struct]) -> tuple[str, ...]:
    return part.__struct_encode_fields__
