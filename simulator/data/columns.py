"""Columns of rows: texts as codes into their distinct values, and numbers, as numpy arrays.

Columns and chunks are immutable: they are shared by stores, snapshots and models, and never written to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# A cell as others read it; booleans are the texts "true" and "false".
Value = str | int | float | None

Codes = npt.NDArray[np.int32]
Seconds = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Rows = Mask | npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TextColumn:
    """A column of texts: a code a row into its distinct `values`. An empty text is an absent one."""

    codes: Codes
    values: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, rows: Rows) -> TextColumn:
        """Some of the rows: those that a mask marks, or those at these places."""
        return TextColumn(self.codes[rows], self.values)


# A column of numbers; of floats, where a value may be absent: no number (NaN) is an absent one.
NumberColumn = npt.NDArray[np.int64] | npt.NDArray[np.float64]
Column = TextColumn | NumberColumn


@dataclass(frozen=True, eq=False)
class Chunk:
    """Rows, by the names of the schema's fields; there is a column at least, and all have one length."""

    columns: Mapping[str, Column]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def texts(self, name: str) -> TextColumn:
        """A column that the schema makes a text, such as an id."""
        column = self.columns[name]
        assert isinstance(column, TextColumn), f"{name} is a text"
        return column

    def take(self, rows: Rows) -> Chunk:
        """Some of the rows: those that a mask marks, or those at these places."""
        return Chunk({name: take(column, rows) for name, column in self.columns.items()})

    def without(self, name: str, texts: Set[str]) -> Chunk:
        """The rows that have none of these texts in a column; of what is gone no value is left."""
        kept = self.take(differing(self.texts(name), texts))
        return Chunk({name: compact(column) for name, column in kept.columns.items()})


def take(column: Column, rows: Rows) -> Column:
    """Some of a column's rows: those that a mask marks, or those at these places."""
    return column.take(rows) if isinstance(column, TextColumn) else column[rows]


def differing(column: TextColumn, texts: Set[str]) -> Mask:
    """Which rows have none of these texts."""
    kept = np.fromiter((value not in texts for value in column.values), np.bool_, len(column.values))
    rows: Mask = kept[column.codes]
    return rows


def compact(column: Column) -> Column:
    """The same column without values that no row has."""
    if not isinstance(column, TextColumn):
        return column
    used, codes = np.unique(column.codes, return_inverse=True)
    return TextColumn(codes.astype(np.int32), tuple(column.values[code] for code in used.tolist()))


def cell(column: Column, row: int) -> Value:
    """One cell of a column; None if it is absent."""
    if isinstance(column, TextColumn):
        return column.values[column.codes[row]] or None
    number: int | float = column[row].item()
    return None if number != number else number


def text_column(texts: Iterable[str]) -> TextColumn:
    """The column of these texts, its values in order of first appearance."""
    code_of: dict[str, int] = {}
    codes = [code_of.setdefault(text, len(code_of)) for text in texts]
    return TextColumn(np.array(codes, dtype=np.int32), tuple(code_of))


def column_of(cells: Sequence[Value]) -> Column:
    """The column of these cells: of texts if one of them is a text or none is present."""
    present = [each for each in cells if each is not None]
    if not present or any(isinstance(each, str) for each in present):
        return text_column("" if each is None else str(each) for each in cells)
    if len(present) == len(cells) and all(isinstance(each, int) for each in present):
        return np.array(cells, dtype=np.int64)
    return np.array([np.nan if each is None else each for each in cells], dtype=np.float64)


def joined_texts(columns: Sequence[TextColumn]) -> TextColumn:
    """One column of several, its values in order of first appearance among theirs."""
    if len(columns) == 1:
        return columns[0]
    code_of: dict[str, int] = {}
    parts: list[Codes] = [np.empty(0, np.int32)]
    for column in columns:
        recoded = [code_of.setdefault(value, len(code_of)) for value in column.values]
        parts.append(np.array(recoded, dtype=np.int32)[column.codes])
    return TextColumn(np.concatenate(parts), tuple(code_of))


def joined(chunks: Sequence[Chunk]) -> Chunk:
    """One chunk of several, at least one; a column that one of them lacks is absent in all its rows."""
    if len(chunks) == 1:
        return chunks[0]
    names = dict.fromkeys(name for chunk in chunks for name in chunk.columns)
    return Chunk({name: _joined_column(chunks, name) for name in names})


def _joined_column(chunks: Sequence[Chunk], name: str) -> Column:
    columns = [_unless_absent(chunk.columns.get(name)) for chunk in chunks]
    if not any(isinstance(column, np.ndarray) for column in columns) or any(map(_is_text, columns)):
        return joined_texts([_as_texts(column, len(chunk)) for column, chunk in zip(columns, chunks, strict=True)])
    return np.concatenate(
        [
            column if isinstance(column, np.ndarray) else np.full(len(chunk), np.nan)
            for column, chunk in zip(columns, chunks, strict=True)
        ]
    )


def _is_text(column: Column | None) -> bool:
    return isinstance(column, TextColumn)


def _unless_absent(column: Column | None) -> Column | None:
    """The column, or None if no row has a value in it: then it may be one of numbers as well."""
    return None if isinstance(column, TextColumn) and not any(column.values) else column


def _as_texts(column: Column | None, length: int) -> TextColumn:
    if isinstance(column, TextColumn):
        return column
    if column is None:
        return TextColumn(np.zeros(length, np.int32), ("",))
    return text_column("" if each != each else str(each) for each in column.tolist())
