"""YAML as scenario files use it: plain data, every value with its place, no surprises of YAML 1.1.

Only `true`, `false`, `null`, decimal numbers and text are read. What YAML 1.1 would take for something else
than it looks like (`no`, `12:30`, `010`, an unquoted date) is refused, and so are anchors, tags and merges.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

Path = tuple[str | int, ...]

_DEEPEST = 40
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FRACTION = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+([eE][-+]?[0-9]+)?")
_LONGEST_NUMBER = 30
_WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_BEGIN_NUMBERS = frozenset("+-0123456789")
# What YAML 1.1 does not take for text, by its first character.
_RESOLVERS: Mapping[str, Sequence[tuple[str, re.Pattern[str]]]] = yaml.CSafeLoader.yaml_implicit_resolvers


class ScenarioInvalid(Exception):
    """A scenario file that cannot be read or makes no sense; its text is one line that says where and why."""

    def __init__(self, message: str, file: str, line: int | None = None, column: int | None = None) -> None:
        self.file, self.line, self.column = file, line, column
        place = ":".join(str(part) for part in (file, line, column) if part is not None)
        super().__init__(" ".join(f"{place}: {message}".split()))


@dataclass(frozen=True)
class Place:
    """Where something stands in a file; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Document:
    """The one document of a file: its value, and the place of every part of it by path."""

    file: str
    value: Any
    places: Mapping[Path, Place]

    def invalid(self, path: Path, message: str) -> ScenarioInvalid:
        """The exception for a fault of what stands at a path, or of the nearest thing around it."""
        place = self.place(path)
        return ScenarioInvalid(message, self.file, place.line, place.column)

    def place(self, path: Path) -> Place:
        """Where a path stands, or the nearest thing around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(1, 1))


def read_document(text: str, file: str) -> Document:
    """The document in a text.

    Raises ScenarioInvalid for anything but one document of plain data.
    """
    try:
        loader = yaml.CSafeLoader(text)
        try:
            return _Builder(loader, file).document()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        message = f"this is not YAML: {fault.problem or fault.context or 'it cannot be parsed'}"
        if mark is None:
            raise ScenarioInvalid(message, file) from None
        raise ScenarioInvalid(message, file, mark.line + 1, mark.column + 1) from None
    except (yaml.YAMLError, UnicodeError) as fault:
        raise ScenarioInvalid(f"this is not YAML: {fault}", file) from None


class _Builder:
    """Builds a value from the parser's events, so that depth is bounded and every place is kept."""

    def __init__(self, loader: yaml.CSafeLoader, file: str) -> None:
        self._loader: Any = loader
        self._file = file
        self._places: dict[Path, Place] = {}

    def document(self) -> Document:
        events = self._events()
        first = next(events)
        if isinstance(first, yaml.StreamEndEvent):
            raise ScenarioInvalid("the file is empty; a scenario has a name and steps", self._file)
        value = self._value(next(events), events, ())
        next(events)  # the document's end
        after = next(events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise self._invalid(after, "a file holds one scenario: no second document")
        return Document(self._file, value, self._places)

    def _events(self) -> Iterator[Any]:
        self._loader.get_event()  # the stream's start
        while self._loader.check_event():
            yield self._loader.get_event()

    def _value(self, event: Any, events: Iterator[Any], path: Path) -> Any:
        self._check(event, path)
        self._places.setdefault(path, Place(event.start_mark.line + 1, event.start_mark.column + 1))
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(events, path)
        return self._mapping(events, path)

    def _list(self, events: Iterator[Any], path: Path) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            values.append(self._value(event, events, (*path, len(values))))
        return values

    def _mapping(self, events: Iterator[Any], path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            self._check(event, path)
            if not isinstance(event, yaml.ScalarEvent):
                raise self._invalid(event, "a key must be text")
            key = event.value if event.style else self._scalar(event)
            if event.value == "<<" and not event.style:
                raise self._invalid(event, "merging with << is not part of the language: write it out")
            if not isinstance(key, str):
                raise self._invalid(event, f"a key must be text: put {event.value!r} in quotes")
            if key in values:
                raise self._invalid(event, f"the key {key!r} stands here twice")
            mark: Any = event.start_mark
            self._places[*path, key] = Place(mark.line + 1, mark.column + 1)
            values[key] = self._value(next(events), events, (*path, key))
        return values

    def _scalar(self, event: Any) -> Any:
        text: str = event.value
        if event.style:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if len(text) <= _LONGEST_NUMBER and text[0] in _BEGIN_NUMBERS:
            if _WHOLE.fullmatch(text):
                return int(text)
            if _FRACTION.fullmatch(text):
                return float(text)
        if any(known.match(text) for _, known in _RESOLVERS.get(text[0], ())):
            raise self._invalid(event, f"YAML reads {text!r} as something else than text: {_meant(text)}")
        return text

    def _check(self, event: Any, path: Path) -> None:
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise self._invalid(event, "anchors and aliases are not part of the language: write it out")
        if event.tag is not None and event.tag != "!":
            raise self._invalid(event, f"tags such as {event.tag} are not part of the language")
        if len(path) > _DEEPEST:
            raise self._invalid(event, f"this is nested more than {_DEEPEST} deep")

    def _invalid(self, event: Any, message: str) -> ScenarioInvalid:
        mark = event.start_mark
        return ScenarioInvalid(message, self._file, mark.line + 1, mark.column + 1)


def _meant(text: str) -> str:
    if text.lower() in ("yes", "on", "true"):
        return f'write true, or "{text}" in quotes'
    if text.lower() in ("no", "off", "false"):
        return f'write false, or "{text}" in quotes'
    return f'put it in quotes, "{text}", or write a plain decimal number'
