"""Saved lists side by side: rank, item, score, and how far an item has moved since the list before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulator.item_lists import DECIMALS, column_of, what_moved
from simulator.scenario.model import Show

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

# Decimals of a score, from the service's to none, until the table is as narrow as the console.
_DECIMALS = (DECIMALS, 5, 0)


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
    columns: list[list[str]] = []
    for number, each in enumerate(show.lists):
        before = lists[number - 1] if number else None
        heading = _heading(each.name, before, lists[number], narrow=decimals < DECIMALS)
        table.add_column(Text(heading), no_wrap=True)
        columns.append(column_of(before, lists[number], decimals, ascii_only=ascii_only))
    for rank in range(max(map(len, lists))):
        cells = [Text(column[rank] if rank < len(column) else "") for column in columns]
        table.add_row(str(rank + 1), *cells)
    return table


def _heading(name: str, before: Any, after: Any, narrow: bool) -> str:
    if before is None:
        return name
    moved = what_moved(before, after)
    return "\n".join((name, moved.replace(", ", ",\n") if narrow else moved))
