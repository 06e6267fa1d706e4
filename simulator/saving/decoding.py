"""Putting a world together again from its parts, which are not to be trusted.

Values are made of the plain classes alone and without calling anything of theirs, so that no file runs code; each is
made of earlier ones, so that none refers to itself; all are checked against the types of the fields they stand in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import GenericAlias, MappingProxyType
from typing import Any

import numpy as np

from simulator.resources.table import Table
from simulator.resources.world import Record
from simulator.saving import plain_classes
from simulator.saving.checking import fits
from simulator.saving.errors import SavedWorldError
from simulator.saving.parts import Parts
from simulator.saving.plain_classes import PlainClass

_INLINE = frozenset({str, int, float, bool, type(None)})
# A key is hashed with all that it holds, which a few bytes can make very much.
_LARGEST_KEY = 1000
_CONTAINERS: Mapping[str, Callable[[list[Any]], Any]] = MappingProxyType(
    {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}
)


def decode(parts: Parts) -> Any:
    """The value that was taken apart. Raises SavedWorldError, or another exception where the parts make no sense."""
    decoder = _Decoder(parts)
    for node in parts.nodes:
        decoder.read(node)
    return decoder.finish()


class _Decoder:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._classes = [_class_of(name, fields) for name, fields in parts.classes]
        self._values: list[Any] = []
        self._objects: list[tuple[Any, PlainClass]] = []
        self._columns: list[tuple[list[Any], PlainClass, str]] = []
        self._contents: dict[int, list[Any]] = {}
        self._tables: list[Table[Any]] = []

    def read(self, node: list[Any]) -> None:
        """Makes the value of a node, or the values of its rows."""
        kind, *rest = node
        if kind == "rows":
            self._values.extend(self._rows(*rest))
        elif kind in _CONTAINERS:
            self._values.append(self._container(kind, *rest))
        else:
            self._values.append(_READERS[kind](self, *rest))

    def finish(self) -> Any:
        """The whole, once all its parts fit."""
        for value, known in self._objects:
            for name, hint in known.hints.items():
                self._require(getattr(value, name), hint, known, name)
        for column, known, name in self._columns:
            self._require(column, GenericAlias(list, (known.hints[name],)), known, name)
        for table in self._tables:
            for record in self._contents[id(table)]:
                if not isinstance(record, Record) or record.arn in table:
                    raise SavedWorldError("a table of it holds something twice, or what is no resource")
                table.add(record)
        return self._values[-1]

    def _require(self, value: Any, hint: Any, known: PlainClass, name: str) -> None:
        if not fits(value, hint, self._contents):
            raise SavedWorldError(f"a {known.type.__name__} of it has a {name} of a wrong type")

    def _container(self, kind: str, content: Any) -> Any:
        values = self._content(content)
        if kind in ("set", "frozenset"):
            _check_keys(values)
        return _CONTAINERS[kind](values)

    def _dict(self, content: Any) -> dict[Any, Any]:
        values = self._content(content)
        return _dict_of(values[::2], values[1::2])

    def _pairs(self, keys: int, values: int) -> dict[Any, Any]:
        return _dict_of(self._at(keys, list), self._at(values, list))

    def _mapping(self, place: int) -> Mapping[Any, Any]:
        return MappingProxyType(self._at(place, dict))

    def _table(self, content: Any) -> Table[Any]:
        table: Table[Any] = Table()
        self._tables.append(table)
        self._contents[id(table)] = self._content(content)
        return table

    def _object(self, number: int, content: Any) -> Any:
        known = _nth(self._classes, number)
        values = self._content(content)
        if len(values) != len(known.fields):
            raise SavedWorldError(f"a {known.type.__name__} of it is not complete")
        if plain_classes.is_named_tuple(known.type):
            made = tuple.__new__(known.type, values)
        else:
            made = object.__new__(known.type)
            for name, value in zip(known.fields, values, strict=True):
                object.__setattr__(made, name, value)
        self._objects.append((made, known))
        return made

    def _rows(self, number: int, count: int, content: Any) -> list[Any]:
        known = _nth(self._classes, number)
        columns = self._content(content)
        if not plain_classes.is_named_tuple(known.type) or len(columns) != len(known.fields):
            raise SavedWorldError(f"rows of it are no {known.type.__name__}")
        if any(type(column) is not list or len(column) != count for column in columns):
            raise SavedWorldError(f"columns of it, of {known.type.__name__}, are not of one length")
        self._columns.extend((column, known, name) for column, name in zip(columns, known.fields, strict=True))
        return [tuple.__new__(known.type, row) for row in zip(*columns, strict=True)]

    def _texts(self, kind: str, count: int, number: int) -> Any:
        texts = _nth(self._parts.blobs, number).decode("utf-8", "surrogatepass").split("\0")
        if len(texts) != count or kind not in ("list", "tuple"):
            raise SavedWorldError("texts of it are too few or too many")
        return _CONTAINERS[kind](texts)

    def _blob(self, number: int) -> bytes:
        content: bytes = _nth(self._parts.blobs, number)
        return content

    def _array(self, number: int, writeable: bool) -> Any:
        array = _nth(self._parts.arrays, number)
        array.flags.writeable = bool(writeable)
        return array

    def _content(self, content: Any) -> list[Any]:
        if isinstance(content, dict):
            return [self._at(place) for place in content["places"]]
        return [each if type(each) in _INLINE else self._at(*each) for each in content]

    def _at(self, place: int, kind: type[Any] = object) -> Any:
        value = _nth(self._values, place)
        if not isinstance(value, kind):
            raise SavedWorldError(f"a {type(value).__name__} of it stands where a {kind.__name__} should")
        return value


def _bytes(hexadecimal: str) -> bytes:
    return bytes.fromhex(hexadecimal)


def _scalar(dtype: str, hexadecimal: str) -> Any:
    kind = np.dtype(dtype)
    if kind.hasobject:
        raise SavedWorldError("a number of it is an object")
    return np.frombuffer(bytes.fromhex(hexadecimal), kind, 1)[0]


_READERS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "dict": _Decoder._dict,
        "pairs": _Decoder._pairs,
        "mapping": _Decoder._mapping,
        "table": _Decoder._table,
        "object": _Decoder._object,
        "texts": _Decoder._texts,
        "blob": _Decoder._blob,
        "array": _Decoder._array,
        "bytes": lambda _, hexadecimal: _bytes(hexadecimal),
        "scalar": lambda _, dtype, hexadecimal: _scalar(dtype, hexadecimal),
    }
)


def _class_of(name: str, fields: list[str]) -> PlainClass:
    known = plain_classes.by_name().get(name)
    if known is None:
        raise SavedWorldError(f"it has a {name}, which this simulator does not know")
    if list(known.fields) != fields:
        raise SavedWorldError(f"its {name} has other fields than this simulator's")
    return known


def _nth(values: list[Any], place: int) -> Any:
    if type(place) is not int or place < 0:
        raise SavedWorldError(f"{place!r} is no place in it")
    return values[place]


def _dict_of(keys: list[Any], values: list[Any]) -> dict[Any, Any]:
    _check_keys(keys)
    return dict(zip(keys, values, strict=True))


def _check_keys(keys: list[Any]) -> None:
    for key in keys:
        rest, seen = [] if type(key) in _INLINE else [key], 0
        while rest:
            value = rest.pop()
            seen += 1
            if seen > _LARGEST_KEY:
                raise SavedWorldError("a key of it is too large")
            if isinstance(value, (tuple, frozenset)):
                rest.extend(value)
            elif type(value) in plain_classes.by_type():
                rest.extend(getattr(value, name) for name in plain_classes.by_type()[type(value)].fields)
