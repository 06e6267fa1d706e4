"""Compressed rows: lists of different lengths in one array, row `r` at `offsets[r]` to before `offsets[r + 1]`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Offsets = npt.NDArray[np.int64]
Entries = npt.NDArray[np.int64]


def offsets_of(rows: npt.NDArray[np.integer], row_count: int) -> Offsets:
    """Where the rows begin and end, from the row of every entry."""
    return offsets_from(np.bincount(rows, minlength=row_count))


def offsets_from(lengths: npt.NDArray[np.integer]) -> Offsets:
    """Where rows of these lengths begin and end."""
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)))


def rows_of(offsets: Offsets) -> npt.NDArray[np.int32]:
    """The row of every entry."""
    lengths = np.diff(offsets)
    return np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)


def entries_of(offsets: Offsets, rows: npt.NDArray[np.integer]) -> tuple[Entries, npt.NDArray[np.int64]]:
    """The entries of some rows, row after row, and the rows' lengths."""
    begins = offsets[rows]
    lengths = offsets[rows + 1] - begins
    ends = np.cumsum(lengths)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(begins - ends + lengths, lengths), lengths


def places_of_joined(parts: Sequence[Offsets]) -> tuple[Offsets, list[Entries]]:
    """Compressed rows of equally many rows put side by side: where the rows of all begin and end, and for each part
    the places of its entries there. In a row the entries of the first part come first."""
    every = offsets_from(np.sum([np.diff(part) for part in parts], axis=0))
    begins = every[:-1].copy()
    places = []
    for part in parts:
        lengths = np.diff(part)
        places.append(np.arange(part[-1]) + np.repeat(begins - part[:-1], lengths))
        begins += lengths
    return every, places
