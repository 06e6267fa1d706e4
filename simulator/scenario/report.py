"""Saved lists side by side: rank, item, score, and how far an item has moved since the list before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from simulator.item_lists import item_ids, places_moved
from simulator.scenario.model import Show

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

# Decimals of a score, from the service's seven to none, until the table is as narrow as the console.
_DECIMALS = (7, 5, 0)


def table_of(show: Show, saved: Mapping[str, Any], console: Console) -> Table:
    """The table of one `show`: a row a rank, a column a list, with as many decimals as the console has room for.

    An arrow tells how many places an item has come up (or gone down) since the list before; `new` has entered.
    """
    from rich.measure import Measurement

    for decimals in _DECIMALS:
        table = _table(show, saved, decimals, ascii_only=console.options.ascii_only)
        if Measurement.get(console, console.options.update(width=10_000), table).maximum <= console.width:
            break
    return table


def _table(show: Show, saved: Mapping[str, Any], decimals: int, ascii_only: bool) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(show.name), title_justify="left", header_style="bold", show_edge=False, pad_edge=False)
    table.add_column("#", justify="right", no_wrap=True)
    lists = [saved[each.value] for each in show.lists]
    for number, each in enumerate(show.lists):
        before = lists[number - 1] if number else None
        heading = _heading(each.name, before, lists[number], narrow=decimals < _DECIMALS[0])
        table.add_column(Text(heading), no_wrap=True)
    columns = [_cells(lists, number, decimals, ascii_only) for number in range(len(lists))]
    for rank in range(max(map(len, lists))):
        cells = [Text(column[rank] if rank < len(column) else "") for column in columns]
        table.add_row(str(rank + 1), *cells)
    return table


def _heading(name: str, before: Any, after: Any, narrow: bool) -> str:
    if before is None:
        return name
    if before == after:
        return f"{name}\nidentical"
    moved = places_moved(item_ids(before), item_ids(after))
    unmoved = "same order,\nother scores" if narrow else "same order, other scores"
    return f"{name}\n{moved} places moved" if moved else f"{name}\n{unmoved}"


def _cells(lists: Sequence[Any], number: int, decimals: int, ascii_only: bool) -> list[str]:
    """The column of one list, its parts each as wide as the widest."""
    ids = item_ids(lists[number])
    parts = [ids, [_score(item, decimals) for item in lists[number]]]
    if number:
        parts.append(_movements(item_ids(lists[number - 1]), ids, "+-" if ascii_only else "↑↓"))
    widths = [max(map(len, part), default=0) for part in parts]
    return [
        " ".join(text.ljust(width) for text, width in zip(row, widths, strict=True) if width)
        for row in zip(*parts, strict=True)
    ]


def _score(item: Any, decimals: int) -> str:
    score = item.get("score") if isinstance(item, dict) else None
    if not isinstance(score, (int, float)) or not decimals:
        return ""
    text = f"{score:.{decimals}f}"
    return text if decimals == _DECIMALS[0] else text.removeprefix("0")


def _movements(before: Sequence[str], after: Sequence[str], arrows: str) -> list[str]:
    then = {item: rank for rank, item in enumerate(before)}
    moved = [then[item] - rank if item in then else None for rank, item in enumerate(after)]
    return [
        "new" if places is None else "=" if places == 0 else f"{arrows[places < 0]}{abs(places)}" for places in moved
    ]
