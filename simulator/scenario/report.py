"""Saved lists side by side: rank, item, score, and how far an item has moved since the list before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from simulator.scenario.model import Show
from simulator.scenario.rankings import item_ids, places_moved

if TYPE_CHECKING:
    from rich.table import Table


def table_of(show: Show, saved: Mapping[str, Any]) -> Table:
    """The table of one `show`: a row a rank, a column a list.

    An arrow tells how many places an item has come up (or gone down) since the list before; `new` has entered.
    """
    from rich.table import Table

    table = Table(title=show.name, title_justify="left", header_style="bold", show_edge=False, pad_edge=False)
    table.add_column("#", justify="right", no_wrap=True)
    lists = [saved[each.value] for each in show.lists]
    for number, each in enumerate(show.lists):
        before = lists[number - 1] if number else None
        table.add_column(_heading(each.name, before, lists[number]), no_wrap=True)
    for rank in range(max(map(len, lists))):
        cells = [_cell(lists, number, rank) for number in range(len(lists))]
        table.add_row(str(rank + 1), *cells)
    return table


def _heading(name: str, before: Any, after: Any) -> str:
    if before is None:
        return f"{name}\n"
    if before == after:
        return f"{name}\nidentical"
    moved = places_moved(item_ids(before), item_ids(after))
    return f"{name}\n{moved} places moved" if moved else f"{name}\nsame order, other scores"


def _cell(lists: Sequence[Any], number: int, rank: int) -> str:
    if rank >= len(lists[number]):
        return ""
    item = lists[number][rank]
    text = str(item) if isinstance(item, str) else f"{item['itemId']:<8}{_score(item)}"
    return f"{text} {_movement(lists[number - 1], lists[number], rank)}" if number else text


def _score(item: Mapping[str, Any]) -> str:
    score = item.get("score")
    return "" if score is None else f"{score:.7f}"


def _movement(before: Any, after: Any, rank: int) -> str:
    then = item_ids(before)
    item = item_ids(after)[rank]
    if item not in then:
        return "new"
    moved = then.index(item) - rank
    return "=" if moved == 0 else f"{'↑' if moved > 0 else '↓'}{abs(moved)}"
