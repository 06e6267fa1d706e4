"""Rows that are equal in every field: they count once. Source: the guide, recording events and exporting data."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulator.data.columns import Chunk, Column, TextColumn

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)
_PART = 250_000
_FEW = 1_000_000

_Hashes = npt.NDArray[np.uint64]


def distinct(chunk: Chunk, keep: Literal["first", "last"]) -> Chunk:
    """The rows of a chunk, of those that are equal the first or the last."""
    if any(isinstance(column, TextColumn) and len(column.values) == len(chunk) for column in chunk.columns.values()):
        return chunk  # no two rows share an id, say
    cells = [column.codes if isinstance(column, TextColumn) else column for column in chunk.columns.values()]
    if not _may_repeat(cells, len(chunk)):
        return chunk
    # Equal rows fall into one part: compared part by part they take little memory.
    part = _hash_rows(cells, len(chunk))
    part %= np.uint64(1 + len(chunk) // _PART)
    kept = np.ones(len(chunk), bool)
    for number in np.unique(part):
        places = np.flatnonzero(part == number)
        rows = pd.DataFrame({place: column[places] for place, column in enumerate(cells)})
        kept[places] = ~rows.duplicated(keep=keep).to_numpy()
    return chunk.take(kept)


def new_rows(chunk: Chunk, earlier: Sequence[Chunk]) -> Chunk:
    """The rows of a chunk without those that are equal to one of the earlier chunks."""
    known = [_content_hashes(each) for each in earlier]
    if not known:
        return chunk
    hashes = _content_hashes(chunk)
    suspects = np.flatnonzero(np.isin(hashes, np.concatenate(known)))
    if not len(suspects):
        return chunk
    wanted = np.unique(hashes[suspects])
    there = {
        row
        for each, of_each in zip(earlier, known, strict=True)
        for row in _rows(each, np.flatnonzero(np.isin(of_each, wanted)))
    }
    kept = np.ones(len(chunk), bool)
    kept[suspects] = [row not in there for row in _rows(chunk, suspects)]
    return chunk.take(kept)


def _may_repeat(cells: Sequence[npt.NDArray[Any]], length: int) -> bool:
    """Whether two rows may be equal: to compare hashes costs a fifth of comparing the rows."""
    hashes = _hash_rows(cells, length)
    if length <= _FEW:
        return not pd.Index(hashes).is_unique
    hashes.sort()  # slower for few, but without a table beside it
    return bool((hashes[1:] == hashes[:-1]).any())


def _hash_rows(cells: Sequence[npt.NDArray[Any]], length: int) -> _Hashes:
    """A hash of each row, in place: where rows are many, memory counts."""
    hashes = np.zeros(length, dtype=np.uint64)
    mixed = np.empty(length, dtype=np.uint64)
    for column in cells:
        bits = column.view(np.uint64) if column.dtype.itemsize == 8 else column
        np.bitwise_xor(hashes, bits, out=hashes, dtype=np.uint64, casting="unsafe")
        hashes *= _MULTIPLIER
        np.right_shift(hashes, _SHIFT, out=mixed)
        hashes ^= mixed
    return hashes


def _content_hashes(chunk: Chunk) -> _Hashes:
    """A hash of each row that is the same in every chunk, however its texts are coded."""
    return _hash_rows([_hash_cells(chunk.columns[name]) for name in sorted(chunk.columns)], len(chunk))


def _hash_cells(column: Column) -> npt.NDArray[Any]:
    if not isinstance(column, TextColumn):
        return column.astype(np.float64)
    hashes: _Hashes = pd.util.hash_array(np.array(column.values, dtype=object), categorize=False)[column.codes]
    return hashes


def _rows(chunk: Chunk, places: npt.NDArray[np.int64]) -> list[tuple[Hashable, ...]]:
    """The content of some rows, absent numbers as None (no number equals itself)."""
    taken = chunk.take(places).columns
    return list(zip(*(_comparable(taken[name]) for name in sorted(taken)), strict=True))


def _comparable(column: Column) -> list[Hashable]:
    if isinstance(column, TextColumn):
        return [column.values[code] for code in column.codes.tolist()]
    return [None if number != number else number for number in column.tolist()]
