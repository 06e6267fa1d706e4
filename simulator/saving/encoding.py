"""Taking a world apart, whatever plain data it is made of.

Sharing is kept: what two parts of a world refer to is written once, and is one again when it is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple, NoReturn

import numpy as np

from simulator.resources.table import Table
from simulator.saving import plain_classes
from simulator.saving.errors import SavedWorldError
from simulator.saving.parts import Parts

_INLINE = frozenset({str, int, float, bool, type(None)})
# From how many on texts, named tuples and bytes have a form of their own.
_MANY = 64
_BETWEEN = "\0"


class _Rows(NamedTuple):
    """Many named tuples of one class, to be written by their columns."""

    rows: Sequence[Any]


class _Frame:
    """A value that is being written: what it lists, and what of that has to be written before."""

    def __init__(self, value: Any, listed: Sequence[Any], before: Sequence[Any]) -> None:
        self.value = value
        self.listed = listed
        self.before = iter(before)
        self.current: Any = None


def encode(root: Any) -> Parts:
    """The parts of a value and of all that it refers to; equal ones for equal values.

    Raises SavedWorldError for what is no plain data, and says where it is.
    """
    encoder = _Encoder()
    encoder.write(root)
    return encoder.parts


class _Encoder:
    def __init__(self) -> None:
        self.parts = Parts()
        self._places: dict[int, int] = {}
        self._count = 0
        self._classes: dict[type[Any], int] = {}
        self._stack: list[_Frame] = []
        self._open: set[int] = set()
        # What is made on the way must not go before the end: places are kept by address.
        self._kept: list[Any] = []

    def write(self, root: Any) -> None:
        """Writes a value, and before it all that it is made of."""
        # No recursion: a world may be nested deeper than Python's calls.
        self._push(root)
        while self._stack:
            frame = self._stack[-1]
            for value in frame.before:
                if id(value) not in self._places:
                    frame.current = value
                    self._push(value)
                    break
            else:
                self._emit(frame)
                self._open.remove(id(frame.value))
                self._stack.pop()

    def _push(self, value: Any) -> None:
        if id(value) in self._open:
            self._refuse(value, "refers to itself")
        self._open.add(id(value))
        listed = self._listed(value)
        before = [each for each in listed if type(each) not in _INLINE]
        rows = self._rows_of(before)
        self._stack.append(_Frame(value, listed, [*self._made([_Rows(rows)]), *before] if rows else before))

    def _listed(self, value: Any) -> Sequence[Any]:
        """What a value's node lists of it."""
        kind = type(value)
        if kind in (list, tuple):
            return () if _are_texts(value) else value
        if kind is dict and len(value) >= _MANY:
            return self._made([list(value), list(value.values())])
        if kind is dict:
            return [each for pair in value.items() for each in pair]
        if kind in (set, frozenset):
            return self._in_order(value)
        if kind is MappingProxyType:
            return self._made([dict(value)])
        if kind is Table:
            return list(value.values())
        if kind is _Rows:
            return self._made([list(column) for column in zip(*value.rows, strict=True)])
        known = plain_classes.by_type().get(kind)
        if known is None:
            return ()
        if not plain_classes.is_named_tuple(kind):
            self._check_attributes(value, known)
        return [getattr(value, name) for name in known.fields]

    def _emit(self, frame: _Frame) -> None:
        value = frame.value
        node = self._node(value, frame.listed)
        self.parts.nodes.append(node)
        if type(value) is _Rows:
            for row in value.rows:
                self._place(row)
        else:
            self._place(value)

    def _node(self, value: Any, listed: Sequence[Any]) -> list[Any]:
        kind = type(value)
        if kind in (list, tuple) and _are_texts(value):
            return self._texts(kind.__name__, value)
        if kind is dict and len(value) >= _MANY:
            return ["pairs", *self._content(listed)["places"]]
        if kind in (list, tuple, dict, set, frozenset, Table):
            return [kind.__name__.lower(), self._content(listed)]
        if kind is MappingProxyType:
            return ["mapping", self._places[id(listed[0])]]
        if kind is _Rows:
            return ["rows", self._class(type(value.rows[0])), len(value.rows), self._content(listed)]
        if kind is bytes:
            return ["bytes", value.hex()] if len(value) < _MANY else ["blob", _added(self.parts.blobs, value)]
        if isinstance(value, (np.ndarray, np.generic)):
            return self._of_numpy(value)
        if kind not in plain_classes.by_type():
            self._refuse(value, f"is a {kind.__name__}, which is no plain data")
        return ["object", self._class(kind), self._content(listed)]

    def _content(self, listed: Sequence[Any]) -> Any:
        if listed and not any(type(each) in _INLINE for each in listed):
            return {"places": [self._places[id(each)] for each in listed]}
        return [each if type(each) in _INLINE else [self._places[id(each)]] for each in listed]

    def _texts(self, kind: str, texts: Sequence[str]) -> list[Any]:
        joined = _BETWEEN.join(texts)
        if joined.count(_BETWEEN) != len(texts) - 1:
            return [kind, list(texts)]
        return ["texts", kind, len(texts), _added(self.parts.blobs, joined.encode("utf-8", "surrogatepass"))]

    def _of_numpy(self, value: Any) -> list[Any]:
        if value.dtype.hasobject:
            self._refuse(value, "is an array of objects, which is no plain data")
        if isinstance(value, np.generic):
            return ["scalar", value.dtype.str, value.tobytes().hex()]
        return ["array", _added(self.parts.arrays, value), bool(value.flags.writeable)]

    def _class(self, kind: type[Any]) -> int:
        if kind not in self._classes:
            known = plain_classes.by_type()[kind]
            self._classes[kind] = _added(self.parts.classes, (known.name, list(known.fields)))
        return self._classes[kind]

    def _place(self, value: Any) -> None:
        self._places[id(value)] = self._count
        self._count += 1

    def _made(self, values: list[Any]) -> list[Any]:
        """Values that are no part of the world, kept until the end."""
        self._kept.append(values)
        return values

    def _rows_of(self, values: Sequence[Any]) -> list[Any]:
        """Those of many named tuples of one class that are not written yet; none if they are few or of several."""
        kinds = set(map(type, values)) if len(values) >= _MANY else set()
        if len(kinds) != 1 or not kinds <= plain_classes.by_type().keys() or not plain_classes.is_named_tuple(*kinds):
            return []
        rows = {id(each): each for each in values if id(each) not in self._places}
        return list(rows.values()) if len(rows) >= _MANY else []

    def _in_order(self, members: Any) -> list[Any]:
        """The members of a set, in an order that their content alone decides."""
        if all(id(each) in self._places for each in members):
            return sorted(members, key=lambda each: self._places[id(each)])
        return sorted(members, key=_canonical)

    def _check_attributes(self, value: Any, known: plain_classes.PlainClass) -> None:
        for name in getattr(value, "__dict__", ()):
            derived = isinstance(getattr(known.type, name, None), cached_property)
            if name not in known.fields and not derived:
                self._refuse(value, f"has an attribute {name}, which is no field of it")

    def _refuse(self, value: Any, why: str) -> NoReturn:
        above = [frame for frame in self._stack if frame.value is not value]
        raise SavedWorldError(f"this world cannot be saved: world{''.join(_steps(above, value))} {why}")


def _are_texts(values: Sequence[Any]) -> bool:
    return len(values) >= _MANY and set(map(type, values)) == {str}


def _canonical(value: Any) -> str:
    if isinstance(value, (set, frozenset)):
        return f"{{{', '.join(sorted(map(_canonical, value)))}}}"
    if isinstance(value, tuple):
        return f"({', '.join(map(_canonical, value))})"
    return repr(value)


def _added(to: list[Any], value: Any) -> int:
    to.append(value)
    return len(to) - 1


def _steps(stack: Sequence[_Frame], last: Any) -> Iterator[str]:
    """The way from the world, the first part of the whole, to a value, as Python would write it."""
    for frame, inner in zip(stack[1:], [*(each.value for each in stack[2:]), last], strict=False):
        known = plain_classes.by_type().get(type(frame.value))
        place = next((at for at, each in enumerate(frame.listed) if each is inner), 0)
        if known is not None:
            yield f".{known.fields[place]}"
        elif type(frame.value) is dict:
            yield f"[{frame.listed[place - 1]!r}]"
        elif type(frame.value) in (list, tuple, Table):
            yield f"[{place}]"
