"""The CSV file that an export of a dataset writes.

Column names in lower case, milliseconds and quoting as in a real export of interactions of 2022 (spec 08): `""` for
an empty value, no other quotes. Rows that are equal in all fields are written once.
Source of that and of which versions of a record an export has: the guide, exporting a dataset.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from simulator.data.columns import Chunk, Column, TextColumn
from simulator.data.interactions import Arrival, BulkChunk, PutEvent, chunk_of
from simulator.data.records import RecordSnapshot, put_chunk
from simulator.data.schemas import AvroSchema

_BEFORE_IDS = ("timestamp", "session_id", "event_type", "user_id")
_AFTER_IDS = ("impression", "recommendation_id")
_NEEDS_QUOTES = frozenset(',"\n\r\\')
_WHOLE = frozenset({"int", "long"})
_EMPTY = '""'


def export_interactions(schema: AvroSchema, id_column: str, bulk: Sequence[BulkChunk], put: Sequence[Arrival]) -> bytes:
    """The export file of these interactions, bulk rows first, put events in order of arrival.

    Columns of the schema that the seen export had no place for follow in lower case (assumed).
    """
    columns = (*_BEFORE_IDS, id_column.lower(), *_AFTER_IDS)
    extra = [field.name for field in schema.fields if field.name.lower() not in columns]
    names = [*(name.upper() for name in columns), *extra]
    whole = _whole(schema)
    lines: list[Iterable[str]] = []
    for chunk in bulk:
        rows = chunk_of(chunk, id_column).columns
        cells = {name: _cells(rows, name, len(chunk), whole) for name in names}
        cells["TIMESTAMP"] = _milliseconds(chunk)
        lines.append(map(",".join, zip(*cells.values(), strict=True)))
    lines.append(",".join(_put_cells(each.event, id_column, names)) for each in put)
    return _file(names, lines)


def export_records(schema: AvroSchema, snapshot: RecordSnapshot, ingestion_mode: str) -> bytes:
    """The export file of records: every version that was imported in BULK or was PUT; of ALL the newest of each id."""
    names = [field.name for field in schema.fields]
    if ingestion_mode == "ALL":
        chunks = [Chunk(snapshot.newest().columns)]
    elif ingestion_mode == "BULK":
        chunks = [each.chunk for each in snapshot.bulk]
    else:
        chunks = [put_chunk(snapshot.id_column, snapshot.put)]
    whole = _whole(schema)
    return _file(
        names,
        [
            map(",".join, zip(*(_cells(chunk.columns, name, len(chunk), whole) for name in names), strict=True))
            for chunk in chunks
        ],
    )


def _file(names: Sequence[str], lines: Sequence[Iterable[str]]) -> bytes:
    header = ",".join(names).lower()
    distinct = dict.fromkeys(line for part in lines for line in part)
    return "\n".join([header, *distinct, ""]).encode()


def _whole(schema: AvroSchema) -> frozenset[str]:
    return frozenset(field.name for field in schema.fields if field.type in _WHOLE)


def _milliseconds(chunk: BulkChunk) -> Iterator[str]:
    # In Python's numbers: no import refuses seconds that are too many for 64 bits of milliseconds.
    return (str(second * 1000) for second in chunk.timestamps.tolist())


def _cells(columns: Mapping[str, Column], name: str, length: int, whole: frozenset[str]) -> Iterable[str]:
    column = columns.get(name)
    if column is None:
        return [_EMPTY] * length
    if isinstance(column, TextColumn):
        shown = [cell(text) for text in column.values]
        return (shown[code] for code in column.codes.tolist())
    return (_number(each, name in whole) for each in column.tolist())


def _number(number: float, whole: bool) -> str:
    if number != number:
        return _EMPTY
    return str(int(number)) if whole else str(number)


def _put_cells(event: PutEvent, id_column: str, names: Sequence[str]) -> Iterator[str]:
    known = {
        "TIMESTAMP": event.timestamp * 1000,
        "SESSION_ID": event.session_id,
        "EVENT_TYPE": event.event_type,
        "USER_ID": event.user_id,
        id_column: event.item_id,
        "IMPRESSION": event.impression,
        "RECOMMENDATION_ID": event.recommendation_id,
        "EVENT_VALUE": event.event_value,
        "EVENT_ATTRIBUTION_SOURCE": event.event_attribution_source,
        **dict(event.properties),
    }
    for name in names:
        value = known.get(name)
        yield cell(value or "") if value is None or isinstance(value, str) else str(value)


def cell(value: str) -> str:
    """A text as it stands in a CSV file: in quotes, with backslash escapes, where it has to be (the guide)."""
    if not value:
        return _EMPTY
    if _NEEDS_QUOTES.isdisjoint(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
