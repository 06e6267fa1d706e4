"""CSV files of interactions, read as Personalize reads them.

Which faults the create call refuses (a missing column, rows that do not fit the schema) and which fail the
job later (an over-long value, too few records) is what was seen on AWS: spec 09, err-010, err-035, fail-001.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulator import errors
from simulator.data.interactions import BulkChunk, NumberColumn, TextColumn
from simulator.data.schemas import AvroSchema, Field
from simulator.quotas import Quotas

_ID_COLUMNS = ("USER_ID", "ITEM_ID")
_INTEGERS = ("int", "long")
_TEXTS = ("string", "boolean")

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)

_Columns = dict[str, TextColumn | NumberColumn]


@dataclass(frozen=True, eq=False)
class ParsedImport:
    """The rows of an import, or why its job will fail once it runs."""

    chunks: tuple[BulkChunk, ...]
    failure: str | None


def read_interactions(files: Iterable[bytes], schema: AvroSchema, quotas: Quotas) -> ParsedImport:
    """The interactions in CSV files that a schema describes; columns outside the schema are passed over.

    Raises ServiceError: `MISSING_COLUMNS`, `NONCONFORMING_ROWS`.
    """
    tables = [_read(content, schema) for content in files]
    reason = next((why for table in tables if (why := _too_long(table, quotas))), None)
    records = sum(_length(table) for table in tables)
    least = quotas["interaction_records_per_import"]
    if reason is None and records < least:
        reason = errors.FEW_RECORDS.format(limit=least)
    if reason is not None:
        return ParsedImport((), reason)
    return ParsedImport(tuple(_distinct(table) for table in tables), None)


def _length(table: _Columns) -> int:
    column = table["TIMESTAMP"]
    return len(column.codes if isinstance(column, TextColumn) else column)


def _read(content: bytes, schema: AvroSchema) -> _Columns:
    _check_header(content, schema)
    absent_as_number = {field.name: [""] for field in schema.fields if field.nullable and field.type not in _TEXTS}
    try:
        frame = pd.read_csv(
            io.BytesIO(content),
            usecols=[field.name for field in schema.fields],
            dtype=cast(Any, {field.name: _dtype(field) for field in schema.fields}),
            keep_default_na=False,
            na_values=absent_as_number,
            escapechar="\\",
            low_memory=False,
            encoding="utf-8",
        )
    except (ValueError, OverflowError):
        # pandas says neither which line nor which column; the service's own message names none either.
        raise errors.NONCONFORMING_ROWS() from None
    columns: _Columns = {}
    for field in schema.fields:
        series = frame.pop(field.name)
        column = _coded(series) if field.type in _TEXTS else series.to_numpy()
        if not _conforms(column, field):
            raise errors.NONCONFORMING_ROWS()
        columns[field.name] = column
    return columns


def _coded(series: pd.Series[Any]) -> TextColumn:
    # Not read_csv's own "category": it takes 007 and 7 for one number.
    codes, values = pd.factorize(series.to_numpy())
    return TextColumn(codes.astype(np.int32), tuple(values.tolist()))


def _check_header(content: bytes, schema: AvroSchema) -> None:
    first_line = content[: content.find(b"\n") + 1 or len(content)]
    try:
        header = list(pd.read_csv(io.BytesIO(first_line), dtype=str, encoding="utf-8").columns)
    except ValueError:
        header = []
    missing = [field.name for field in schema.fields if field.name not in header]
    if missing:
        raise errors.MISSING_COLUMNS(columns=", ".join(missing))


def _dtype(field: Field) -> str:
    if field.type in _TEXTS:
        return "object"
    if field.type in _INTEGERS and not field.nullable:
        return "int64"
    return "float64"


def _conforms(column: TextColumn | NumberColumn, field: Field) -> bool:
    if isinstance(column, TextColumn):
        allowed = None if field.type == "string" else {"true", "false", ""}
        return (field.nullable or "" not in column.values) and (allowed is None or allowed.issuperset(column.values))
    if field.type in _INTEGERS and field.nullable:
        present = column[~np.isnan(column)]
        return bool((present == np.floor(present)).all())
    return field.nullable or not bool(np.isnan(column).any())


def _too_long(table: _Columns, quotas: Quotas) -> str | None:
    for name, column in table.items():
        limit = quotas["characters_of_an_id" if name in _ID_COLUMNS else "characters_of_a_string"]
        if isinstance(column, TextColumn) and max(map(len, column.values), default=0) > limit:
            return errors.VALUE_TOO_LONG.format(limit=limit, column=name)
    return None


def _may_repeat(columns: Mapping[str, npt.NDArray[Any]]) -> bool:
    """Whether two rows may be equal: a hash of each, sorted, costs a fifth of comparing them."""
    hashed = np.zeros(len(columns["TIMESTAMP"]), dtype=np.uint64)
    for column in columns.values():
        hashed = (hashed ^ column.astype(np.float64).view(np.uint64)) * _MULTIPLIER
        hashed ^= hashed >> np.uint64(29)
    hashed.sort()
    return bool((hashed[1:] == hashed[:-1]).any())


def _distinct(columns: _Columns) -> BulkChunk:
    """Rows equal in every field count once (the guide, exporting data)."""
    comparable = {name: column.codes if isinstance(column, TextColumn) else column for name, column in columns.items()}
    if _may_repeat(comparable):
        kept = ~pd.DataFrame(comparable).duplicated().to_numpy()
        columns = {
            name: TextColumn(column.codes[kept], column.values) if isinstance(column, TextColumn) else column[kept]
            for name, column in columns.items()
        }
    return BulkChunk(
        users=cast(TextColumn, columns.pop("USER_ID")),
        items=cast(TextColumn, columns.pop("ITEM_ID")),
        timestamps=cast(Any, columns.pop("TIMESTAMP")),
        others=columns,
    )
