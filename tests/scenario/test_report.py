"""The tables of lists side by side."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from simulator.scenario.model import Show, ShownList
from simulator.scenario.report import table_of


def items(*ids: str) -> list[dict[str, Any]]:
    return [{"itemId": each, "score": 0.0123456 / (rank + 1)} for rank, each in enumerate(ids)]


SAVED = {
    "a1": items("100001", "100002", "100003"),
    "a2": items("100003", "100001", "100004"),
    "a3": items("100003", "100001", "100004"),
    "a4": [{**item, "score": 0.5} for item in items("100003", "100001", "100004")],
}
SHOW = Show(name="[/user] A", lists=[ShownList(name=f"moment [/{name}]", value=name) for name in SAVED])


def printed(width: int, encoding: str = "utf-8") -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)
    console = Console(file=stream, width=width)
    console.print(table_of(SHOW, SAVED, console))
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode(encoding)


def test_wide() -> None:
    text = printed(120)
    rows = [[cell.strip() for cell in line.split("│")] for line in text.splitlines() if "│" in line]
    assert rows == [
        ["1", "100001 0.0123456", "100003 0.0123456 ↑2", "100003 0.0123456 =", "100003 0.5000000 ="],
        ["2", "100002 0.0061728", "100001 0.0061728 ↓1", "100001 0.0061728 =", "100001 0.5000000 ="],
        ["3", "100003 0.0041152", "100004 0.0041152 new", "100004 0.0041152 =", "100004 0.5000000 ="],
    ]
    assert "[/user] A" in text
    assert "6 places moved" in text
    assert "identical" in text
    assert "same order, other scores" in text


@pytest.mark.parametrize("width", [120, 80, 60])
def test_no_line_is_longer_than_the_console(width: int) -> None:
    text = printed(width)
    assert max(map(len, text.splitlines())) <= width
    assert text.count("100003") == 4
    assert (".01235" in text) == (width == 80)


def test_without_unicode() -> None:
    text = printed(120, "ascii")
    assert "100003 0.0123456 +2" in text
    assert "100001 0.0061728 -1" in text
