"""The shape of answers: which members there are, and of what kind; not their values, which differ everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

_OBJECT, _LIST, _EMPTY_LIST = "an object", "a list", "an empty list"


@dataclass(frozen=True)
class Shape:
    """What a value is, or all elements of a list together: they may be of several kinds.

    `optional` names the members that not all of the objects had.
    """

    kinds: frozenset[str]
    members: Mapping[str, Shape] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    element: Shape | None = None


def shape_of(value: Any) -> Shape:
    """The shape of a value of JSON."""
    if isinstance(value, dict):
        return Shape(frozenset({_OBJECT}), {name: shape_of(member) for name, member in value.items()})
    if isinstance(value, list):
        return Shape(frozenset({_LIST if value else _EMPTY_LIST}), element=_merged(list(map(shape_of, value))))
    return Shape(frozenset({_kind(value)}))


def differences(here: Shape, there: Shape, path: str = "") -> Iterator[tuple[str, str]]:
    """How another shape is not this one: where, as a path of JMESPath, and in words."""
    if not there.kinds <= here.kinds:
        yield path or "@", f"{_said(there.kinds)}, not {_said(here.kinds)}"
        return
    for name, member in here.members.items():
        at = f"{path}.{name}" if path else name
        if name in there.members:
            yield from differences(member, there.members[name], at)
        elif name not in here.optional and _OBJECT in there.kinds:
            yield at, "it is not there"
    for name in there.members:
        if name not in here.members:
            yield f"{path}.{name}" if path else name, "it is there, and should not be"
    if here.element is not None and there.element is not None:
        yield from differences(here.element, there.element, f"{path}[]")


def _merged(shapes: Sequence[Shape]) -> Shape | None:
    return reduce(_both, shapes) if shapes else None


def _both(one: Shape, other: Shape) -> Shape:
    if one == other:
        return one
    names = dict.fromkeys((*one.members, *other.members))
    members = {
        name: _both(one.members[name], other.members[name])
        if name in one.members and name in other.members
        else (one.members.get(name) or other.members[name])
        for name in names
    }
    missing = {name for name in names if name not in one.members or name not in other.members}
    elements = [each for each in (one.element, other.element) if each is not None]
    return Shape(one.kinds | other.kinds, members, one.optional | other.optional | missing, _merged(elements))


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    return "a text" if isinstance(value, str) else "a number"


def _said(kinds: frozenset[str]) -> str:
    return " or ".join(sorted(kinds))
