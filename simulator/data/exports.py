"""The CSV file that an export of interactions writes.

Column names, milliseconds and quoting as in a real export of 2022 (spec 08): the service's own columns in
lower case, `""` for an empty value, no other quotes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from simulator.data.interactions import Arrival, BulkChunk, TextColumn
from simulator.data.schemas import AvroSchema

_COLUMNS = (
    "timestamp",
    "session_id",
    "event_type",
    "user_id",
    "item_id",
    "impression",
    "recommendation_id",
)
_NEEDS_QUOTES = frozenset(',"\n\r\\')
_EMPTY = '""'


def export_csv(schema: AvroSchema, bulk: Sequence[BulkChunk], put: Sequence[Arrival]) -> bytes:
    """The export file of these rows, bulk rows first, put events in order of arrival.

    Columns of the schema that the seen export had no place for follow in lower case (assumed).
    """
    extra = [field.name for field in schema.fields if field.name.lower() not in _COLUMNS]
    lines = [",".join([*_COLUMNS, *(name.lower() for name in extra)])]
    for chunk in bulk:
        lines.extend(map(",".join, zip(*_bulk_columns(chunk, extra), strict=True)))
    lines.extend(",".join(_put_cells(event, extra)) for event in put)
    return "\n".join([*lines, ""]).encode()


def _bulk_columns(chunk: BulkChunk, extra: Sequence[str]) -> Iterator[Iterable[str]]:
    for name in _COLUMNS:
        if name == "timestamp":
            yield map(str, (chunk.timestamps * 1000).tolist())
        elif name == "user_id":
            yield _texts(chunk.users)
        elif name == "item_id":
            yield _texts(chunk.items)
        else:
            yield _other(chunk, name.upper())
    for name in extra:
        yield _other(chunk, name)


def _other(chunk: BulkChunk, name: str) -> Iterable[str]:
    column = chunk.others.get(name)
    if column is None:
        return [_EMPTY] * len(chunk)
    if isinstance(column, TextColumn):
        return _texts(column)
    return [_EMPTY if np.isnan(value) else str(value) for value in column.tolist()]


def _texts(column: TextColumn) -> Iterable[str]:
    cells = [cell(value) for value in column.values]
    return (cells[code] for code in column.codes.tolist())


def _put_cells(arrival: Arrival, extra: Sequence[str]) -> Iterator[str]:
    event = arrival.event
    yield str(event.timestamp * 1000)
    yield cell(event.session_id)
    yield cell(event.event_type)
    yield cell(event.user_id)
    yield cell(event.item_id)
    yield cell(event.impression)
    yield cell(event.recommendation_id)
    for name in extra:
        value = event.event_value if name == "EVENT_VALUE" else None
        yield _EMPTY if value is None else str(value)


def cell(value: str) -> str:
    """A text as it stands in a CSV file: in quotes, with backslash escapes, where it has to be (the guide)."""
    if not value:
        return _EMPTY
    if _NEEDS_QUOTES.isdisjoint(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
