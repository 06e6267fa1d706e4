"""CSV files of a dataset, read as Personalize reads them.

Which faults the create call refuses (a missing column, rows that do not fit the schema) and which fail the
job later (an over-long value, broken quoting, too few records) is what was seen on AWS: spec 09, err-010, err-035,
fail-001. What neither says is assumed, and strict: a file that passes here should pass there.
"""

from __future__ import annotations

import codecs
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pandas as pd

from simulator import errors
from simulator.data.columns import Chunk
from simulator.data.csv_rows import TEXTS, TooLong, building, characters, within_limits
from simulator.data.distinct import distinct
from simulator.data.schemas import AvroSchema, Field
from simulator.quotas import Quotas

_PIECE = 250_000
_LINE_END = re.compile(rb"\r\n|\r|\n")
_QUOTED = re.compile(rb'"(?:[^"\\]|\\.|"")*+"', re.DOTALL)

_USER = Field("USER_ID", "string", nullable=False)


@dataclass(frozen=True, eq=False)
class ParsedImport:
    """The rows of an import, or why its job will fail once it runs (then there are none)."""

    rows: Chunk | None
    failure: str | None


def read_import(files: Sequence[bytes], schema: AvroSchema, quotas: Quotas) -> ParsedImport:
    """The rows of CSV files that a schema describes, equal ones once; columns outside the schema are passed over.

    Raises ServiceError: `MISSING_COLUMNS`, `REPEATED_COLUMNS`, `HEADERS_DIFFER`, `NONCONFORMING_ROWS`.
    """
    try:
        rows = _read(files, schema.fields, quotas)
    except TooLong as fault:
        return ParsedImport(None, fault.reason)
    least = quotas["interaction_records_per_import"]
    if schema.name == "Interactions" and len(rows) < least:
        return ParsedImport(None, errors.FEW_RECORDS.format(limit=least))
    # Of records the last one of an id is the newest.
    return ParsedImport(distinct(rows, "first" if schema.name.endswith("Interactions") else "last"), None)


def read_users(files: Sequence[bytes], quotas: Quotas) -> tuple[frozenset[str], str | None]:
    """The ids in CSV files with USER_ID as their only column; or why a job that deletes those users will fail.

    Raises ServiceError: `MISSING_COLUMNS`, `ONE_COLUMN_WANTED`, `NONCONFORMING_ROWS`.
    """
    for content in files:
        names, _ = _header(content)
        _check_header(names, (_USER,))
        if len(names) > 1:
            raise errors.ONE_COLUMN_WANTED()
    try:
        return frozenset(_read(files, (_USER,), quotas).texts("USER_ID").values), None
    except TooLong as fault:
        return frozenset(), fault.reason


def _read(files: Sequence[bytes], fields: Sequence[Field], quotas: Quotas) -> Chunk:
    headers = [_header(content) for content in files]
    for names, _ in headers:
        _check_header(names, fields)
        if names != headers[0][0]:
            raise errors.HEADERS_DIFFER()
    columns = {field.name: building(field) for field in fields}
    for content, (names, start) in zip(files, headers, strict=True):
        if b"\0" in content:
            raise errors.NONCONFORMING_ROWS()
        for frame in _pieces(content, start, names, fields, quotas):
            for name, column in columns.items():
                column.add(frame.pop(name).to_numpy())
    return Chunk({field.name: within_limits(columns[field.name].column(), field, quotas) for field in fields})


def _header(content: bytes) -> tuple[list[str], int]:
    """The names in the first line, as they stand there, and where the next line begins."""
    end = _LINE_END.search(content)
    line = content[: end.start()] if end else content
    return line.decode("utf-8", "replace").split(","), end.end() if end else len(content)


def _check_header(names: Sequence[str], fields: Sequence[Field]) -> None:
    missing = [field.name for field in fields if field.name not in names]
    if missing:
        raise errors.MISSING_COLUMNS(columns=", ".join(missing))
    count = Counter(names)
    repeated = [field.name for field in fields if count[field.name] > 1]
    if repeated:
        raise errors.REPEATED_COLUMNS(columns=", ".join(repeated))


def _pieces(
    content: bytes, start: int, names: Sequence[str], fields: Sequence[Field], quotas: Quotas
) -> Iterator[pd.DataFrame]:
    """The rows of a file, some at a time; texts as they are, numbers where pandas finds nothing else."""
    known = {field.name for field in fields}
    texts = {name for name in names if name not in known} | {field.name for field in fields if field.type in TEXTS}
    columns = [name if name in known else str(place) for place, name in enumerate(names)]
    handle = io.BytesIO(content)
    handle.seek(start)
    if content.startswith(codecs.BOM_UTF8, start):  # a cell that begins so: pandas would take it off
        handle = io.BytesIO(codecs.BOM_UTF8 + content[start:])
    try:
        with pd.read_csv(
            handle,
            header=None,
            names=columns,
            dtype=cast(Any, {column: "object" for column, name in zip(columns, names, strict=True) if name in texts}),
            keep_default_na=False,
            escapechar="\\",
            encoding="utf-8",
            low_memory=False,
            chunksize=_PIECE,
        ) as pieces:
            for frame in pieces:
                if not isinstance(frame.index, pd.RangeIndex):
                    raise errors.NONCONFORMING_ROWS()  # the rows have more cells than the header
                yield frame
    except (ValueError, OverflowError) as fault:
        # pandas says neither which line nor which column; the service's own message names none either.
        if "EOF inside string" in str(fault):
            raise _unclosed(content, names, fields, quotas) from None
        raise errors.NONCONFORMING_ROWS() from None


def _unclosed(content: bytes, names: Sequence[str], fields: Sequence[Field], quotas: Quotas) -> TooLong:
    """The fault of a quote that nothing closes, in the column where it stands."""
    rest = _QUOTED.sub(b"", content)
    line = rest[: rest.find(b'"')].rsplit(b"\n", 1)[-1]
    name = names[min(line.count(b","), len(names) - 1)]
    field = next((each for each in fields if each.name == name), fields[0])
    return TooLong(field.name, characters(field, quotas))
