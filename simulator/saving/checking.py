"""Whether values fit the types that their classes declare: a file may claim anything."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, Literal, Union

import numpy as np

from simulator.resources.table import Table

_SIMPLE: Mapping[Any, tuple[type[Any], ...]] = types.MappingProxyType(
    {
        str: (str,),
        int: (int, np.integer),
        float: (int, float, np.integer, np.floating),
        bool: (bool, np.bool_),
        None: (type(None),),
    }
)


def fits(value: Any, hint: Any, contents: Mapping[int, Sequence[Any]]) -> bool:
    """Whether a value is of a type, containers with all that they hold; what a type hint cannot say is let pass.

    The fields of dataclasses are not looked at. `contents` has what tables are to be filled with, by their ids.
    """
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return True
    if hint in _SIMPLE:
        return isinstance(value, _SIMPLE[hint])
    if isinstance(hint, type) and origin is None:
        return _is_a(value, hint)
    if origin in (Union, types.UnionType):
        return any(fits(value, each, contents) for each in arguments)
    if origin is Literal:
        return value in arguments
    if origin is np.ndarray:
        return isinstance(value, np.ndarray) and _is_of(value.dtype, arguments[1])
    if not isinstance(origin, type):
        return True
    if not _is_a(value, origin):
        return False
    if issubclass(origin, Table):
        return all(fits(each, arguments[0], contents) for each in contents[id(value)])
    if issubclass(origin, tuple) and arguments[-1:] != (...,):
        return len(value) == len(arguments) and all(map(fits, value, arguments, [contents] * len(arguments)))
    if issubclass(origin, Mapping):
        return _all_fit(value, arguments[0], contents) and _all_fit(value.values(), arguments[1], contents)
    if issubclass(origin, (Sequence, Set)) and arguments:
        return _all_fit(value, arguments[0], contents)
    return True


def _all_fit(values: Iterable[Any], hint: Any, contents: Mapping[int, Sequence[Any]]) -> bool:
    if hint in _SIMPLE:
        return all(issubclass(kind, _SIMPLE[hint]) for kind in set(map(type, values)))
    return all(fits(each, hint, contents) for each in values)


def _is_a(value: Any, kind: type[Any]) -> bool:
    return getattr(kind, "_is_protocol", False) or isinstance(value, kind)


def _is_of(dtype: np.dtype[Any], hint: Any) -> bool:
    """Whether an array's type is what a hint says, or one of the same kind and another width."""
    [wanted] = typing.get_args(hint) or [Any]
    if not isinstance(wanted, type):
        return True
    return issubclass(dtype.type, wanted) or dtype.type.__mro__[1] is wanted.__mro__[1]
