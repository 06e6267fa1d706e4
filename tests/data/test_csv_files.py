"""CSV files of any schema: what is written is what is read, and what is exported can be imported."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.data import csv_files
from simulator.data.columns import Chunk, Value, cell
from simulator.data.csv_files import read_import, read_users
from simulator.data.exports import cell as quoted
from simulator.data.exports import export_interactions, export_records
from simulator.data.interactions import InteractionStore
from simulator.data.records import RecordStore
from simulator.data.schemas import AvroSchema, Field
from simulator.errors import ServiceError
from simulator.quotas import Quotas

QUOTAS = Quotas({"interaction_records_per_import": 0})

# Not blank: a line of nothing but blanks is no row.
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), min_size=1, max_size=8).filter(
    str.strip
)
_SECONDS = st.integers(-(2**40), 2**40)
_VALUES = {
    "string": _TEXT,
    "boolean": st.sampled_from(["true", "false"]),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**53), 2**53),
    "float": st.floats(allow_nan=False, allow_infinity=False, width=32),
    "double": st.floats(allow_nan=False, allow_infinity=False),
}
_OTHER_FIELDS = st.lists(
    st.builds(Field, st.from_regex("[A-Z][A-Z0-9]{2,6}", fullmatch=True), st.sampled_from([*_VALUES]), st.booleans()),
    max_size=4,
    unique_by=lambda field: field.name,
)
Row = tuple[Value, ...]


@st.composite
def schemas_and_rows(draw: st.DrawFn, *required: Field) -> tuple[tuple[Field, ...], list[Row]]:
    fields = draw(st.permutations([*required, *draw(_OTHER_FIELDS)]))
    cells = [_SECONDS if field.name == "TIMESTAMP" else _VALUES[field.type] for field in fields]
    rows = st.tuples(*(st.none() | each if field.nullable else each for field, each in zip(fields, cells, strict=True)))
    return tuple(fields), draw(st.lists(rows, max_size=12))


def written(fields: Sequence[Field], rows: Sequence[Row], line_end: str = "\n") -> bytes:
    lines = [",".join(field.name for field in fields)]
    lines += [",".join(quoted("" if each is None else str(each)) for each in row) for row in rows]
    return line_end.join([*lines, ""]).encode()


def rows_of(chunk: Chunk, fields: Sequence[Field]) -> list[Row]:
    return [tuple(cell(chunk.columns[field.name], row) for field in fields) for row in range(len(chunk))]


def read(files: Sequence[bytes], schema: AvroSchema) -> Chunk:
    parsed = read_import(files, schema, QUOTAS)
    assert parsed.rows is not None, parsed.failure
    return parsed.rows


ID = Field("ITEM_ID", "string", nullable=False)
USER = Field("USER_ID", "string", nullable=False)
TIME = Field("TIMESTAMP", "long", nullable=False)


@given(schemas_and_rows(ID), st.sampled_from(["\n", "\r\n", "\r"]))
def test_what_is_written_is_what_is_read(made: tuple[tuple[Field, ...], list[Row]], line_end: str) -> None:
    fields, rows = made
    chunk = read([written(fields, rows, line_end)], AvroSchema("Items", fields))
    assert rows_of(chunk, fields) == list(dict.fromkeys(rows[::-1]))[::-1]
    assert list(chunk.columns) == [field.name for field in fields]


@given(schemas_and_rows(ID), st.integers(1, 5), st.data())
def test_pieces_and_files_are_one_import(
    made: tuple[tuple[Field, ...], list[Row]], piece: int, data: st.DataObject
) -> None:
    """However rows are spread over files, and however few are read at a time."""
    fields, rows = made
    cut = data.draw(st.integers(0, len(rows)))
    files = [written(fields, rows[:cut]), written(fields, rows[cut:])]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_files, "_PIECE", piece)
        chunk = read(files, AvroSchema("Items", fields))
    assert rows_of(chunk, fields) == list(dict.fromkeys(rows[::-1]))[::-1]
    for column in chunk.columns.values():
        assert isinstance(column, np.ndarray) or len(set(column.values)) == len(column.values)


@pytest.mark.parametrize("mode", ["BULK", "ALL"])
@given(schemas_and_rows(ID))
def test_exported_records_can_be_imported(mode: str, made: tuple[tuple[Field, ...], list[Row]]) -> None:
    fields, rows = made
    schema = AvroSchema("Items", fields)
    store = RecordStore("ITEM_ID")
    store.replace_bulk(read([written(fields, rows)], schema))
    exported = export_records(schema, store.snapshot(), mode)
    header, rest = exported.split(b"\n", 1)
    place = [field.name for field in fields].index("ITEM_ID")
    wanted = {row[place]: row for row in rows}
    again = rows_of(read([header.upper() + b"\n" + rest], schema), fields)
    assert set(again) == (set(rows) if mode == "BULK" else set(wanted.values()))
    assert len(again) == len(set(again))


@given(schemas_and_rows(USER, ID, TIME))
def test_exported_interactions_can_be_imported(made: tuple[tuple[Field, ...], list[Row]]) -> None:
    """All but the timestamps, which are exported in milliseconds."""
    fields, rows = made
    schema = AvroSchema("Interactions", fields)
    store = InteractionStore()
    store.replace_bulk(read([written(fields, rows)], schema))
    header, rest = export_interactions(schema, "ITEM_ID", store.bulk, []).split(b"\n", 1)
    place = [field.name for field in fields].index("TIMESTAMP")
    wanted = [(*row[:place], int(row[place] or 0) * 1000, *row[place + 1 :]) for row in dict.fromkeys(rows)]
    assert rows_of(read([header.upper() + b"\n" + rest], schema), fields) == wanted


@given(st.lists(_TEXT), st.lists(_TEXT))
def test_lists_of_users(first: list[str], second: list[str]) -> None:
    files = [written([USER], [(each,) for each in users]) for users in (first, second)]
    assert read_users(files, QUOTAS) == (frozenset(first + second), None)


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    """Nothing but the refusals of the catalogue comes out, whatever the file is."""
    fields = (ID, Field("GENRES", "string", True, categorical=True), Field("PRICE", "float", True))
    for start in (b"", b"ITEM_ID,GENRES,PRICE\n", b'ITEM_ID,GENRES,PRICE\na,"'):
        try:
            parsed = read_import([start + content], AvroSchema("Items", fields), QUOTAS)
        except ServiceError:
            continue
        assert (parsed.rows is None) != (parsed.failure is None)


def test_numbers_are_read_exactly_piece_by_piece() -> None:
    """A piece without absent values beside one with them."""
    fields = (ID, Field("SIZE", "long", True))
    rows: list[Row] = [(f"i{number}", number if number % 4 else None) for number in range(1, 9)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_files, "_PIECE", 3)
        chunk = read([written(fields, rows)], AvroSchema("Items", fields))
    assert rows_of(chunk, fields) == rows


def test_a_large_file_is_read_in_pieces() -> None:
    rows = 600_000
    frame = pd.DataFrame({"ITEM_ID": np.arange(rows) % 1000, "PRICE": np.arange(rows) / 4})
    fields = (ID, Field("PRICE", "double", False))
    chunk = read([frame.to_csv(index=False).encode()], AvroSchema("Items", fields))
    assert len(chunk) == rows
    prices = chunk.columns["PRICE"]
    assert isinstance(prices, np.ndarray)
    assert prices.sum() == frame["PRICE"].sum()
    assert len(chunk.texts("ITEM_ID").values) == 1000


def test_a_first_cell_that_begins_with_a_byte_order_mark() -> None:
    fields = (ID,)
    chunk = read([b"ITEM_ID\n\xef\xbb\xbf\n\xef\xbb\xbfa\n"], AvroSchema("Items", fields))
    assert rows_of(chunk, fields) == [("\ufeff",), ("\ufeffa",)]
