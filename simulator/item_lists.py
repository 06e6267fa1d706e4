"""Lists of recommended items compared: what has moved, how far, and how that is printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# Decimals of a score as the service gives it.
DECIMALS = 7

_ARROWS = "↑↓"
_ASCII_ARROWS = "+-"


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


def score_of(item: Any) -> float | None:
    """The score of an item of an answer, None if it has none (or is an id alone)."""
    score = item.get("score") if isinstance(item, dict) else None
    return score if isinstance(score, (int, float)) else None


def what_moved(before: Sequence[Any], after: Sequence[Any]) -> str:
    """What has changed between two lists of items, in a few words; `identical` if nothing has."""
    if before == after:
        return "identical"
    ids, ids_after = item_ids(before), item_ids(after)
    # An item that enters behind all others, or was the last and has left, has moved by no place.
    return "same order, other scores" if ids == ids_after else f"{places_moved(ids, ids_after)} places moved"


def column_of(
    before: Sequence[Any] | None, items: Sequence[Any], decimals: int = DECIMALS, *, ascii_only: bool = False
) -> list[str]:
    """A list of items as texts of one width, to stand in a column: the id, the score if there is one, the movement.

    An arrow tells how many places an item has come up (or gone down) since the list `before`; `new` has entered. With
    fewer decimals a score loses its leading 0, with none it is not shown.
    """
    ids = item_ids(items)
    parts = [ids, [_score(item, decimals) for item in items]]
    if before is not None:
        parts.append(_movements(item_ids(before), ids, _ASCII_ARROWS if ascii_only else _ARROWS))
    widths = [max(map(len, part), default=0) for part in parts]
    return [
        " ".join(text.ljust(width) for text, width in zip(row, widths, strict=True) if width)
        for row in zip(*parts, strict=True)
    ]


def _score(item: Any, decimals: int) -> str:
    score = score_of(item)
    if score is None or not decimals:
        return ""
    text = f"{score:.{decimals}f}"
    return text if decimals == DECIMALS else text.removeprefix("0")


def _movements(before: Sequence[str], after: Sequence[str], arrows: str) -> list[str]:
    then = {item: rank for rank, item in enumerate(before)}
    moved = [then[item] - rank if item in then else None for rank, item in enumerate(after)]
    return [
        "new" if places is None else "=" if places == 0 else f"{arrows[places < 0]}{abs(places)}" for places in moved
    ]


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"{type(value).__name__} {value!r}"[:60]
