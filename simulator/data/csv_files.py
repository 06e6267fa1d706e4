"""CSV files of interactions, read as Personalize reads them.

Which faults the create call refuses (a missing column, rows that do not fit the schema) and which fail the
job later (an over-long value, too few records) is what was seen on AWS: spec 09, err-010, err-035, fail-001.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd

from simulator import errors
from simulator.data.interactions import BulkChunk, NumberColumn, TextColumn
from simulator.data.schemas import AvroSchema, Field
from simulator.quotas import Quotas

_ID_COLUMNS = ("USER_ID", "ITEM_ID")
_INTEGERS = ("int", "long")


@dataclass(frozen=True, eq=False)
class ParsedImport:
    """The rows of an import, or why its job will fail once it runs."""

    chunks: tuple[BulkChunk, ...]
    failure: str | None


def read_interactions(files: Iterable[bytes], schema: AvroSchema, quotas: Quotas) -> ParsedImport:
    """The interactions in CSV files that a schema describes; columns outside the schema are passed over.

    Raises ServiceError: `MISSING_COLUMNS`, `NONCONFORMING_ROWS`.
    """
    frames = [_read(content, schema) for content in files]
    reason = next((why for frame in frames if (why := _too_long(frame, schema, quotas))), None)
    records = sum(len(frame) for frame in frames)
    least = quotas["interaction_records_per_import"]
    if reason is None and records < least:
        reason = errors.FEW_RECORDS.format(limit=least)
    if reason is not None:
        return ParsedImport((), reason)
    return ParsedImport(tuple(_chunk(frame, schema) for frame in frames), None)


def _read(content: bytes, schema: AvroSchema) -> pd.DataFrame:
    _check_header(content, schema)
    absent_as_number = {
        field.name: [""]
        for field in schema.fields
        if field.nullable and field.type not in ("string", "boolean")
    }
    try:
        frame = pd.read_csv(
            io.BytesIO(content),
            usecols=[field.name for field in schema.fields],
            dtype=cast(Any, {field.name: _dtype(field) for field in schema.fields}),
            keep_default_na=False,
            na_values=absent_as_number,
            escapechar="\\",
            encoding="utf-8",
        )
    except (ValueError, OverflowError):
        # pandas says neither which line nor which column; the service's own message names none either.
        raise errors.NONCONFORMING_ROWS() from None
    for field in schema.fields:
        if not _conforms(frame[field.name], field):
            raise errors.NONCONFORMING_ROWS()
    return frame


def _check_header(content: bytes, schema: AvroSchema) -> None:
    try:
        header = list(pd.read_csv(io.BytesIO(content), nrows=0, dtype=str, encoding="utf-8").columns)
    except (ValueError, OverflowError):
        header = []
    missing = [field.name for field in schema.fields if field.name not in header]
    if missing:
        raise errors.MISSING_COLUMNS(columns=", ".join(missing))


def _dtype(field: Field) -> str:
    if field.type in ("string", "boolean"):
        return "category"
    if field.type in _INTEGERS and not field.nullable:
        return "int64"
    return "float64"


def _conforms(column: pd.Series[Any], field: Field) -> bool:
    if field.type == "string":
        return field.nullable or "" not in column.cat.categories
    if field.type == "boolean":
        allowed = {"true", "false", ""} if field.nullable else {"true", "false"}
        return set(column.cat.categories) <= allowed
    if field.type in _INTEGERS and field.nullable:
        present = column.dropna()
        return bool((present == np.floor(present)).all())
    return field.nullable or not bool(column.isna().any())


def _too_long(frame: pd.DataFrame, schema: AvroSchema, quotas: Quotas) -> str | None:
    for field in schema.fields:
        if field.type != "string":
            continue
        limit = quotas["characters_of_an_id" if field.name in _ID_COLUMNS else "characters_of_a_string"]
        if any(len(value) > limit for value in frame[field.name].cat.categories):
            return errors.VALUE_TOO_LONG.format(limit=limit, column=field.name)
    return None


def _chunk(frame: pd.DataFrame, schema: AvroSchema) -> BulkChunk:
    columns: dict[str, TextColumn | NumberColumn] = {}
    for field in schema.fields:
        series = frame[field.name]
        if field.type in ("string", "boolean"):
            values = tuple(str(value) for value in series.cat.categories)
            columns[field.name] = TextColumn(series.cat.codes.to_numpy().astype(np.int32), values)
        else:
            columns[field.name] = series.to_numpy()
    return _distinct(columns)


def _distinct(columns: dict[str, TextColumn | NumberColumn]) -> BulkChunk:
    """Rows equal in every field count once (the guide, exporting data)."""
    comparable = {
        name: column.codes if isinstance(column, TextColumn) else column for name, column in columns.items()
    }
    repeated = pd.DataFrame(comparable).duplicated().to_numpy()
    if repeated.any():
        kept = ~repeated
        columns = {
            name: TextColumn(column.codes[kept], column.values)
            if isinstance(column, TextColumn)
            else column[kept]
            for name, column in columns.items()
        }
    return BulkChunk(
        users=cast(TextColumn, columns.pop("USER_ID")),
        items=cast(TextColumn, columns.pop("ITEM_ID")),
        timestamps=cast(Any, columns.pop("TIMESTAMP")),
        others=columns,
    )
