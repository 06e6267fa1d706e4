"""Lists of recommended items compared: what has moved, and how far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def item_ids(value: Any) -> list[str]:
    """The ids of a list of items, each an id or an object with an `itemId`.

    Raises TypeError for anything else.
    """
    if not isinstance(value, list):
        raise TypeError(f"a list of items is wanted, not {_kind(value)}")
    ids = []
    for each in value:
        found = each.get("itemId") if isinstance(each, dict) else each
        if not isinstance(found, str):
            raise TypeError("a list of items is wanted: texts, or objects with an itemId")
        ids.append(found)
    return ids


def places_moved(before: Sequence[str], after: Sequence[str]) -> int:
    """How far items have moved, in places all together.

    An item that is in one list only has moved from, or to, the place after the last of the other.
    """
    then = {item: place for place, item in enumerate(before)}
    now = {item: place for place, item in enumerate(after)}
    return sum(abs(then.get(item, len(before)) - now.get(item, len(after))) for item in then | now)


def same_places(before: Sequence[str], after: Sequence[str]) -> int:
    """How many places hold the same item in both lists."""
    return sum(then == now for then, now in zip(before, after, strict=False))


def first_difference(expected: Sequence[str], actual: Sequence[str]) -> str | None:
    """The first place at which two lists of items differ, in words, or None."""
    for place, (wanted, found) in enumerate(zip(expected, actual, strict=False), start=1):
        if wanted != found:
            moved = places_moved(expected, actual)
            return f"place {place} holds {found}, not {wanted}; {moved} places moved in all"
    if len(expected) != len(actual):
        return f"there are {len(actual)} items, not {len(expected)}"
    return None


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"{type(value).__name__} {value!r}"[:60]
