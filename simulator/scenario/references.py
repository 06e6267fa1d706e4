"""`${name}` in a scenario: a saved value, alone or inside a text; `$${` is a plain `${`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from simulator.scenario.yaml_text import Path

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REFERENCE = re.compile(r"\$?\$\{([^{}]*)\}")
_DOTTED = re.compile(rf"{NAME.pattern}(\.{NAME.pattern})*")


class NoSuchValue(Exception):
    """A reference to something that has not been saved."""


def references(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every reference in a value, each with where it stands, as it is written between its braces."""
    if isinstance(value, str):
        for found in _REFERENCE.finditer(value):
            if not found[0].startswith("$$"):
                yield path, found[1]
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from references(member, (*path, key))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from references(member, (*path, index))


def root_of(reference: str) -> str | None:
    """The saved name that a reference begins with, or None if it is not of the form `name` or `name.member`."""
    return reference.partition(".")[0] if _DOTTED.fullmatch(reference) else None


def filled(value: Any, saved: Mapping[str, Any]) -> Any:
    """A value with its references replaced by what was saved; parts of a scenario keep their type.

    Raises NoSuchValue.
    """
    if isinstance(value, str):
        return _filled_text(value, saved)
    if isinstance(value, dict):
        return {key: filled(member, saved) for key, member in value.items()}
    if isinstance(value, list):
        return [filled(member, saved) for member in value]
    if isinstance(value, msgspec.Struct):
        names = value.__struct_fields__
        return msgspec.structs.replace(value, **{name: filled(getattr(value, name), saved) for name in names})
    return value


def _filled_text(text: str, saved: Mapping[str, Any]) -> Any:
    if "${" not in text:
        return text
    whole = _REFERENCE.fullmatch(text)
    if whole is not None and not text.startswith("$$"):
        return _looked_up(whole[1], saved)

    def part(found: re.Match[str]) -> str:
        if found[0].startswith("$$"):
            return found[0][1:]
        value = _looked_up(found[1], saved)
        return value if isinstance(value, str) else json.dumps(value)

    return _REFERENCE.sub(part, text)


def _looked_up(reference: str, saved: Mapping[str, Any]) -> Any:
    value: Any = saved
    for member in reference.split("."):
        if not isinstance(value, Mapping) or member not in value:
            raise NoSuchValue(f"there is nothing saved as ${{{reference}}}")
        value = value[member]
    return value
