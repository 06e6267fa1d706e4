"""Requests made from the botocore model: valid by it, and broken in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

Shape = Any

_JUNK = st.sampled_from(
    [None, True, 0, -1, 2**40, 1.5, "", "x", "a b", "x" * 3000, "\u0000", "\ud800", "$LATEST", [], {}, [{}], {"x": 1}]
)


def requests(shape: Shape, known: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """Values of a shape; `known` has strategies for scalars by their shape's name or, before that, a member's name."""
    return _values(shape, known, shape.name)


def _values(shape: Shape, known: Mapping[str, st.SearchStrategy[Any]], member: str) -> st.SearchStrategy[Any]:
    for name in (member, shape.name):
        if name in known:
            return known[name]
    facts = shape.metadata
    low, high = facts.get("min"), facts.get("max")
    if shape.type_name == "structure":
        members = {name: _values(inner, known, name) for name, inner in shape.members.items()}
        needed = {name: members[name] for name in shape.required_members}
        optional = {name: value for name, value in members.items() if name not in needed}
        return st.fixed_dictionaries(needed, optional=optional)
    if shape.type_name == "list":
        size = {"min_size": int(low or 0), "max_size": min(int(high or 2), 2)}
        return st.lists(_values(shape.member, known, shape.member.name), **size)
    if shape.type_name == "map":
        keys = _values(shape.key, known, shape.key.name)
        return st.dictionaries(keys, _values(shape.value, known, shape.value.name), max_size=2)
    if shape.type_name == "string":
        if "enum" in facts:
            return st.sampled_from(facts["enum"])
        return st.text('abcXYZ019_- .:/{}"$é', min_size=int(low or 0), max_size=min(int(high or 20), 20))
    if shape.type_name == "boolean":
        return st.booleans()
    if shape.type_name in ("integer", "long"):
        return st.integers(int(low or 0), min(int(high or 1000), 1000))
    if shape.type_name in ("float", "double"):
        return st.floats(float(low or 0), float(1 if high is None else high))
    raise ValueError(f"no values of a {shape.type_name}")


@st.composite
def broken(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> Any:
    """A value with one place of it, however deep, replaced by junk, left out, or with a member too many."""
    return _break(draw, draw(values))


def _break(draw: st.DrawFn, value: Any) -> Any:
    if isinstance(value, dict) and value and draw(st.integers(0, 4)):
        name = draw(st.sampled_from(sorted(value)))
        rest = {key: item for key, item in value.items() if key != name}
        return rest if draw(st.integers(0, 5)) == 0 else {**rest, name: _break(draw, value[name])}
    if isinstance(value, dict) and draw(st.booleans()):
        return {**value, "unknown": draw(_JUNK)}
    if isinstance(value, list) and value and draw(st.booleans()):
        return [_break(draw, value[0]), *value[1:]]
    return draw(_JUNK)
