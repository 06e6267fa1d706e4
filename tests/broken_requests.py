"""Requests broken in one place, with no regard to what the model says."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

_JUNK = st.sampled_from(
    [None, True, 0, -1, 2**40, 1.5, "", "x", "a b", "x" * 3000, "\u0000", "\ud800", "$LATEST", [], {}, [{}], {"x": 1}]
)


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
