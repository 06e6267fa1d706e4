"""The classes of which a world is made: those that a saved world may name, and no others.

They are the dataclasses and named tuples of the packages below, whichever there are: a new one needs no
mention here.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from types import MappingProxyType, ModuleType
from typing import Any

_PACKAGE = "simulator."
_PLACES = (
    *("arns", "clock", "data", "durations", "filters", "profiles", "quotas", "recommend", "resources"),
    "saving.surroundings",
)


@dataclass(frozen=True)
class PlainClass:
    """A class, the name that a saved world knows it by, and the fields that make a value of it."""

    name: str
    type: type[Any]
    fields: tuple[str, ...]

    @functools.cached_property
    def hints(self) -> Mapping[str, Any]:
        """The types of the fields, `Any` where a name in them is not known."""
        found: dict[str, Any] = {}
        for base in reversed(self.type.__mro__):
            for name, hint in vars(base).get("__annotations__", {}).items():
                if name in self.fields:
                    found[name] = _evaluated(hint, base.__module__)
        return MappingProxyType(found)


@functools.cache
def by_name() -> Mapping[str, PlainClass]:
    """All plain classes, by name: `resources.world.World`."""
    return MappingProxyType({each.name: each for each in map(_plain, _classes()) if each is not None})


@functools.cache
def by_type() -> Mapping[type[Any], PlainClass]:
    """All plain classes, by class."""
    return MappingProxyType({each.type: each for each in by_name().values()})


def is_named_tuple(kind: type[Any]) -> bool:
    """Whether it is a class of named tuples."""
    return issubclass(kind, tuple) and hasattr(kind, "_fields")


def _plain(kind: type[Any]) -> PlainClass | None:
    name = f"{kind.__module__.removeprefix(_PACKAGE)}.{kind.__qualname__}"
    if is_named_tuple(kind):
        return PlainClass(name, kind, kind._fields)
    return PlainClass(name, kind, tuple(field.name for field in fields(kind))) if is_dataclass(kind) else None


def _classes() -> Iterator[type[Any]]:
    for module in _modules():
        for value in vars(module).values():
            if isinstance(value, type) and value.__module__ == module.__name__:
                yield value


@functools.cache
def _modules() -> tuple[ModuleType, ...]:
    found: list[ModuleType] = []
    for place in _PLACES:
        top = importlib.import_module(_PACKAGE + place)
        found.append(top)
        for inner in pkgutil.walk_packages(getattr(top, "__path__", ()), f"{top.__name__}."):
            found.append(importlib.import_module(inner.name))
    return tuple(found)


def _evaluated(hint: Any, module: str) -> Any:
    """A hint as a type. Names that its module imports for type checkers only are those of plain classes."""
    known = {**_short_names(), **vars(importlib.import_module(module))}
    try:
        return typing.get_type_hints(_Hinted(hint), known)["hint"]
    except NameError:
        return Any


class _Hinted:
    """A thing with one hint, in the form that `typing.get_type_hints` reads."""

    def __init__(self, hint: Any) -> None:
        self.__annotations__ = {"hint": hint}


@functools.cache
def _short_names() -> Mapping[str, type[Any]]:
    """Classes by their names alone, those left out that two modules have."""
    named: dict[str, list[type[Any]]] = {}
    for kind in by_type():
        named.setdefault(kind.__name__, []).append(kind)
    return {name: kinds[0] for name, kinds in named.items() if len(kinds) == 1}
