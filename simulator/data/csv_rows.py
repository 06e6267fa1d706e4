"""The cells of CSV files as columns, field by field: which fit their field's type, and which are too long for it.

Rows are read a piece of a file at a time, so that an import needs little more memory than its columns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulator import errors
from simulator.data.columns import Codes, Column, NumberColumn, TextColumn, text_column
from simulator.data.schemas import Field
from simulator.quotas import Quotas

TEXTS = frozenset({"string", "boolean"})
_IDS = frozenset({"USER_ID", "ITEM_ID", "ACTION_ID"})
_BOOLEANS = frozenset({"true", "false", ""})

# What the Avro types hold; a float64 is exact for whole numbers up to EXACT.
INTEGERS: Mapping[str, int] = MappingProxyType({"int": 2**31, "long": 2**63})
FLOATS: Mapping[str, float] = MappingProxyType(
    {"float": float(np.finfo(np.float32).max), "double": float(np.finfo(np.float64).max)}
)
EXACT = 2**53

# Han characters, kana and their punctuation.
_CHINESE_OR_JAPANESE = re.compile("[\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f]")


class Texts:
    """A column of texts in the making."""

    def __init__(self, field: Field) -> None:
        self._field = field
        self._code_of: dict[str, int] = {}
        self._parts: list[Codes] = []

    def add(self, cells: npt.NDArray[np.object_]) -> None:
        """Takes in a piece; raises `NONCONFORMING_ROWS`."""
        codes, values = pd.factorize(cells)
        if not self._code_of:
            self._code_of.update(zip(values, range(len(values)), strict=True))
            self._parts.append(codes.astype(np.int32))
        else:
            code_of = self._code_of
            recoded = np.array([code_of.setdefault(value, len(code_of)) for value in values], dtype=np.int32)
            self._parts.append(recoded[codes])
        if not self._field.nullable and "" in self._code_of:
            raise errors.NONCONFORMING_ROWS()
        if self._field.type == "boolean" and not _BOOLEANS.issuperset(self._code_of):
            raise errors.NONCONFORMING_ROWS()

    def column(self) -> TextColumn:
        """What was taken in."""
        codes = np.concatenate([np.empty(0, np.int32), *self._parts])
        self._parts.clear()
        return TextColumn(codes, tuple(self._code_of))


class Numbers:
    """A column of numbers in the making."""

    def __init__(self, field: Field) -> None:
        self._field = field
        self._whole = field.type in INTEGERS
        self._parts: list[NumberColumn] = []

    def add(self, cells: npt.NDArray[Any]) -> None:
        """Takes in a piece, which pandas took for numbers or for texts; raises `NONCONFORMING_ROWS`."""
        if not len(cells):
            return
        absent = None
        if cells.dtype.kind == "O" and self._field.nullable:
            absent = cells == ""
            cells = _numbers_of(cells[~absent], np.int64 if self._whole else np.float64)
        if cells.dtype.kind not in ("i" if self._whole else "iuf") or not self._in_range(cells):
            raise errors.NONCONFORMING_ROWS()
        if not self._whole:
            cells = cells.astype(np.float64, copy=False) + 0.0  # -0 becomes 0, which it equals
        if absent is not None:
            self._check_exact(cells)
            numbers, cells = cells, np.full(len(absent), np.nan)
            cells[~absent] = numbers
        self._parts.append(cells)

    def column(self) -> NumberColumn:
        """What was taken in: whole numbers, if the type is one of those and no value is absent."""
        parts, self._parts = self._parts, []
        if len({part.dtype for part in parts}) > 1:
            for part in parts:
                self._check_exact(part)
        if not parts:
            return np.empty(0, np.int64) if self._whole else np.empty(0, np.float64)
        return cast(NumberColumn, np.concatenate(parts))

    def _in_range(self, cells: npt.NDArray[Any]) -> bool:
        if not len(cells):
            return True
        if self._whole:
            limit = INTEGERS[self._field.type]
            return -limit <= int(cells.min()) <= int(cells.max()) < limit
        most = FLOATS[self._field.type]
        return bool(-most <= cells.min() <= cells.max() <= most)

    def _check_exact(self, cells: NumberColumn) -> None:
        """Raises `NOT_SIMULATED` for whole numbers that would be rounded beside an absent value."""
        if cells.dtype.kind == "i" and len(cells) and (cells.min() < -EXACT or cells.max() > EXACT):
            raise errors.not_simulated(f"absent values of {self._field.name} beside whole numbers beyond 2^53")


def building(field: Field) -> Texts | Numbers:
    """The column in the making of a field."""
    return Texts(field) if field.type in TEXTS else Numbers(field)


def _numbers_of(cells: npt.NDArray[np.object_], dtype: type[np.int64 | np.float64]) -> npt.NDArray[Any]:
    """Numbers of texts; what Python takes for numbers and CSV does not is refused. Raises `NONCONFORMING_ROWS`."""
    text = "\n".join(cells)
    if not text.isascii() or "_" in text:
        raise errors.NONCONFORMING_ROWS()
    try:
        return cells.astype(dtype)
    except (ValueError, OverflowError):
        raise errors.NONCONFORMING_ROWS() from None


def within_limits(column: Column, field: Field, quotas: Quotas) -> Column:
    """The column of a field, its long texts cut where the field is textual.

    Raises TooLong for a value that is longer than its field allows, or spans lines.
    Source: the guide, quotas, error messages, and item metadata ("truncates").
    """
    if not isinstance(column, TextColumn):
        return column
    if field.textual:
        column = _cut(column, quotas)
    limit = characters(field, quotas)
    together = "".join(column.values)
    if max(map(len, column.values), default=0) > limit or "\n" in together or "\r" in together:
        raise TooLong(field.name, limit)
    return column


class TooLong(ValueError):
    """A value of a column is longer than its limit, or its quoting is broken."""

    def __init__(self, column: str, limit: int) -> None:
        super().__init__(column, limit)
        self.reason = errors.VALUE_TOO_LONG.format(limit=limit, column=column)


def characters(field: Field, quotas: Quotas) -> int:
    """How many characters a value of a field may have."""
    if field.textual:
        return quotas["characters_of_a_text"]
    return quotas["characters_of_an_id" if field.name in _IDS else "characters_of_a_string"]


def shortened(text: str, quotas: Quotas) -> str:
    """A textual value as it is kept: cut where it is too long, the sooner if it is Chinese or Japanese."""
    longest = quotas["characters_of_a_text"]
    short = min(quotas["characters_of_a_chinese_or_japanese_text"], longest)
    if len(text) <= short:
        return text
    return text[: short if _CHINESE_OR_JAPANESE.search(text) else longest]


def _cut(column: TextColumn, quotas: Quotas) -> TextColumn:
    short = min(quotas["characters_of_a_chinese_or_japanese_text"], quotas["characters_of_a_text"])
    if max(map(len, column.values), default=0) <= short:
        return column
    cut = text_column(shortened(text, quotas) for text in column.values)
    return TextColumn(cut.codes[column.codes], cut.values)
