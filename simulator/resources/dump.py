"""A world as text: equal texts are equal worlds, in whichever order threads or processes built them."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

import numpy as np

from simulator.clock import Agenda
from simulator.data.interactions import InteractionStore
from simulator.data.records import RecordStore
from simulator.resources.world import Inventory, World

# What a world could do without: the records of how it came about and of its answers, and counters of the present.
_LEFT_OUT = frozenset({"journal", "metrics", "rates", "recommended", "repeats"})


def dump(world: World) -> str:
    """All that a world knows, a line each, in an order that only its content decides.

    Arrays are shown by their type, shape and a hash of their bytes, put events in the order of their arrival and
    content. The journal and the metrics, in which refused calls count, and the newest answers are left out. Raises
    TypeError for something that is no plain data.
    """
    return "\n".join(_lines(world, "world"))


def _lines(value: Any, path: str) -> Iterator[str]:
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
        yield f"{path} = {value!r}"
    elif isinstance(value, np.generic):
        yield f"{path} = {value.dtype}({value.item()!r})"
    elif isinstance(value, np.ndarray):
        yield f"{path} = {_array(value, path)}"
    elif isinstance(value, InteractionStore):
        # Of the rest of a store everything follows from these two.
        yield from _lines(value.bulk, f"{path}.bulk")
        yield from _lines(value.arrivals(0, len(value.put)), f"{path}.put")
    elif isinstance(value, RecordStore):
        yield from _lines(value.bulk, f"{path}.bulk")
        yield from _lines(sorted(value.put, key=repr), f"{path}.put")
    elif isinstance(value, Agenda):
        yield from _lines(sorted(value.entries), f"{path}.entries")
    elif dataclasses.is_dataclass(value):
        for each in dataclasses.fields(value):
            if each.name not in _LEFT_OUT:
                yield from _lines(getattr(value, each.name), f"{path}.{each.name}")
    elif isinstance(value, Mapping):
        # An account that was only asked about has an empty inventory: as good as none.
        value = {key: item for key, item in value.items() if not _is_empty_inventory(item)}
        yield f"{path} = {len(value)} entries"
        for key, item in sorted((("; ".join(_lines(key, "")), item) for key, item in value.items()), key=_first):
            yield from _lines(item, f"{path}[{key.removeprefix(' = ')}]")
    elif isinstance(value, Set):
        yield f"{path} = {sorted('; '.join(_lines(item, '')) for item in value)}"
    elif isinstance(value, Sequence):
        yield f"{path} = {len(value)} items"
        for number, item in enumerate(value):
            yield from _lines(item, f"{path}[{number}]")
    else:
        raise TypeError(f"{path} is a {type(value).__name__}, which is no plain data")


def _is_empty_inventory(item: Any) -> bool:
    return isinstance(item, Inventory) and item == Inventory()


def _array(value: Any, path: str) -> str:
    if value.dtype.hasobject:
        raise TypeError(f"{path} is an array of objects, which is no plain data")
    digest = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
    return f"{value.dtype.str}{list(value.shape)} {digest}"


def _first(pair: tuple[str, Any]) -> str:
    return pair[0]
