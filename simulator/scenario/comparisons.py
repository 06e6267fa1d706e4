"""The comparisons of an expectation. Each says in words how an answer differs, or nothing if it holds."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from msgspec import UNSET

from simulator.item_lists import first_difference, item_ids, places_moved, same_places
from simulator.scenario.model import Approximately, Expectation, Moved, SamePlaces

Comparison = Callable[[Any, Any], str | None]

_LONGEST = 300


def comparison_of(expectation: Expectation) -> list[str]:
    """The names of the comparisons that an expectation makes; it should be one."""
    return [name for name in COMPARISONS if getattr(expectation, name) is not UNSET]


def difference(name: str, actual: Any, expected: Any) -> str | None:
    """How a value differs from what a comparison expects of it, or None if it holds."""
    try:
        return COMPARISONS[name](actual, expected)
    except TypeError as fault:
        return f"it cannot be compared: {fault}"


def brief(value: Any, longest: int = _LONGEST) -> str:
    """A value as JSON, cut off where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= longest else f"{text[:longest]} ... ({len(text)} characters)"


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal as JSON has it: 1 and 1.0 are, 1 and true are not."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def _equals(actual: Any, expected: Any) -> str | None:
    return None if same(actual, expected) else _instead(actual, expected)


def _differs_from(actual: Any, expected: Any) -> str | None:
    if actual is None:  # of a path that is not there, whatever is expected
        return "nothing is found: there is nothing that could differ"
    return f"it is the same: {brief(actual)}" if same(actual, expected) else None


def _identical_to(actual: Any, expected: Any) -> str | None:
    if json.dumps(actual) == json.dumps(expected):
        return None
    if isinstance(actual, list) and isinstance(expected, list):
        for place, (found, wanted) in enumerate(zip(actual, expected, strict=False), start=1):
            if json.dumps(found) != json.dumps(wanted):
                return f"place {place} holds {brief(found)}, not {brief(wanted)}"
        return f"there are {len(actual)} elements, not {len(expected)}"
    return _instead(actual, expected)


def _same_order_as(actual: Any, expected: Any) -> str | None:
    return first_difference(item_ids(expected), item_ids(actual))


def _same_items_as(actual: Any, expected: Any) -> str | None:
    found, wanted = _counted(actual), _counted(expected)
    if found == wanted:
        return None
    more, less = found - wanted, wanted - found
    return (
        f"{less.total()} are missing: {_listed(less) or 'none'}; {more.total()} are too many: {_listed(more) or 'none'}"
    )


def _same_places(actual: Any, expected: SamePlaces) -> str | None:
    count = same_places(item_ids(expected.as_), item_ids(actual))
    return _bounded(count, expected.at_least, expected.at_most, "items at the same place")


def _moved(actual: Any, expected: Moved) -> str | None:
    moved = places_moved(item_ids(expected.from_), item_ids(actual))
    fault = _bounded(moved, expected.at_least, expected.at_most, "places moved in all")
    if fault is None and (more := expected.more_than) is not None:
        other = places_moved(item_ids(more.from_), item_ids(more.to))
        fault = None if moved > other else f"{moved} places moved in all, not more than the other's {other}"
    if fault is None and (less := expected.less_than) is not None:
        other = places_moved(item_ids(less.from_), item_ids(less.to))
        fault = None if moved < other else f"{moved} places moved in all, not less than the other's {other}"
    return fault


def _contains(actual: Any, expected: Any) -> str | None:
    if isinstance(actual, str) and isinstance(expected, str):
        return None if expected in actual else f"{brief(expected)} is not in {brief(actual)}"
    if not isinstance(actual, list):
        raise TypeError(f"a text or a list can contain something, not {brief(actual)}")
    found, wanted = _counted(actual), _counted(expected if isinstance(expected, list) else [expected])
    missing = wanted - found
    return f"{_listed(missing)} is not among {brief(actual)}" if missing else None


def _at_least(actual: Any, expected: Any) -> str | None:
    return None if _number(actual) >= _number(expected) else f"{actual} is less than {expected}"


def _at_most(actual: Any, expected: Any) -> str | None:
    return None if _number(actual) <= _number(expected) else f"{actual} is more than {expected}"


def _approximately(actual: Any, expected: Approximately) -> str | None:
    found = actual if isinstance(actual, list) else [actual]
    wanted = expected.value if isinstance(expected.value, list) else [expected.value]
    if len(found) != len(wanted):
        return f"there are {len(found)} numbers, not {len(wanted)}"
    for place, (one, other) in enumerate(zip(map(_number, found), map(_number, wanted), strict=True), start=1):
        off = expected.within
        if off is None:
            off = abs(other) * (expected.within_percent or 0.0) / 100
        if abs(one - other) > off:
            return f"number {place} is {one}, more than {off:g} away from {other}"
    return None


def _matches(actual: Any, expected: str) -> str | None:
    if not isinstance(actual, str):
        raise TypeError(f"a text is wanted, not {brief(actual)}")
    return None if re.search(expected, actual) else f"{brief(actual)} does not match {expected}"


COMPARISONS: Mapping[str, Comparison] = MappingProxyType(
    {
        "equals": _equals,
        "differs_from": _differs_from,
        "identical_to": _identical_to,
        "same_order_as": _same_order_as,
        "same_items_as": _same_items_as,
        "same_places": _same_places,
        "moved": _moved,
        "contains": _contains,
        "at_least": _at_least,
        "at_most": _at_most,
        "approximately": _approximately,
        "matches": _matches,
    }
)


def _instead(actual: Any, expected: Any) -> str:
    return f"it is {brief(actual)}, not {brief(expected)}"


def _counted(value: Any) -> Counter[str]:
    """The elements of a list with how often they occur; items count by their id, as their scores vary."""
    if not isinstance(value, list):
        raise TypeError(f"a list is wanted, not {brief(value)}")
    return Counter(map(_key, value))


def _key(element: Any) -> str:
    """An element as text: quoted if it is text itself, so that 1 and "1" are two."""
    if isinstance(element, dict) and isinstance(element.get("itemId"), str):
        element = element["itemId"]
    return f'"{element}"' if isinstance(element, str) else json.dumps(element, sort_keys=True)


def _listed(counted: Counter[str]) -> str:
    text = ", ".join(counted.elements())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


def _bounded(count: int, least: int | None, most: int | None, what: str) -> str | None:
    if least is not None and count < least:
        return f"{count} {what}, fewer than {least}"
    if most is not None and count > most:
        return f"{count} {what}, more than {most}"
    return None


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"a number is wanted, not {brief(value)}")
    return value
