"""Data frames of interactions, users and items, by a schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from hypothesis import strategies as st

from simulator.data.csv_rows import INTEGERS, TEXTS
from simulator.data.schemas import AvroSchema, Field
from simulator.quotas import QUOTAS
from simulator.strategies import columns
from simulator.strategies.defaults import INTERACTIONS, ITEMS, USERS, parsed

Row = dict[str, Any]
Ids = st.SearchStrategy[str]

_EVENT_TYPES = ("click", "view", "purchase")
_FIRST_SECOND, _GAP = 1_500_000_000, 60


def interactions(
    schema: str = INTERACTIONS,
    *,
    trainable: bool = False,
    max_rows: int = 20,
    user_ids: Ids = columns.TEXTS,
    item_ids: Ids = columns.TEXTS,
    event_types: Sequence[str] = _EVENT_TYPES,
) -> st.SearchStrategy[pd.DataFrame]:
    """Data frames of interactions with the schema's columns, sorted by time or not.

    They have at most `max_rows` rows, none too; `trainable` adds 1,000 that are always the same but for their metadata,
    of 25 users with 40 items each, which is enough for an import and a training. `TIMESTAMP` is in Unix seconds,
    booleans are the texts `true` and `false`, and what is absent is NA or None: `frame.to_csv(index=False)` writes the
    file that an import takes. No value has quotes, backslashes or ends of lines.

        @given(interactions(trainable=True))
        def test_what_we_export_is_imported(frame):
            assert my_pipeline.import_status(frame) == "ACTIVE"

    Raises ValueError for a schema of another dataset type.
    """
    known = {"USER_ID": user_ids, "ITEM_ID": item_ids, "EVENT_TYPE": st.sampled_from(list(event_types))}
    return _interactions(parsed(schema, "Interactions"), trainable, max_rows, known, event_types[0])


def users(schema: str = USERS, *, max_rows: int = 20, user_ids: Ids = columns.TEXTS) -> st.SearchStrategy[pd.DataFrame]:
    """Data frames of users, each once, with the schema's columns; written and read as `interactions` are.

        @given(users())
        def test_nobody_is_lost(frame):
            assert len(my_pipeline.users(frame)) == len(frame)

    Raises ValueError for a schema of another dataset type.
    """
    return _records(parsed(schema, "Users"), max_rows, {"USER_ID": user_ids})


def items(schema: str = ITEMS, *, max_rows: int = 20, item_ids: Ids = columns.TEXTS) -> st.SearchStrategy[pd.DataFrame]:
    """Data frames of items, each once, with the schema's columns; written and read as `interactions` are.

        @given(items(item_ids=st.sampled_from(["i1", "i2", "i3"])))
        def test_no_item_is_lost(frame):
            assert len(my_pipeline.items(frame)) == len(frame)

    Raises ValueError for a schema of another dataset type.
    """
    return _records(parsed(schema, "Items"), max_rows, {"ITEM_ID": item_ids})


@st.composite
def _interactions(
    draw: st.DrawFn, schema: AvroSchema, trainable: bool, max_rows: int, known: dict[str, Ids], event_type: str
) -> pd.DataFrame:
    row = _rows(schema, known)
    rows = draw(st.lists(row, max_size=max_rows))
    if trainable:
        others = {**draw(row), **({"EVENT_TYPE": event_type} if schema.field("EVENT_TYPE") else {})}
        rows = [*_enough(others), *rows]
    frame = _frame(schema, rows)
    if draw(st.booleans()):
        frame = frame.sort_values("TIMESTAMP", kind="stable", ignore_index=True)
    return frame


def _enough(others: Row) -> list[Row]:
    """As many rows as a training needs, alike but for their users, items and times."""
    count, among = QUOTAS["interactions_of_a_training"], QUOTAS["paired_users_of_a_training"]
    return [
        {**others, "USER_ID": f"u{n % among}", "ITEM_ID": f"i{n // among}", "TIMESTAMP": _FIRST_SECOND + _GAP * n}
        for n in range(count)
    ]


def _records(schema: AvroSchema, max_rows: int, ids: dict[str, Ids]) -> st.SearchStrategy[pd.DataFrame]:
    [name] = ids
    rows = st.lists(_rows(schema, ids), max_size=max_rows, unique_by=lambda row: str(row[name]))
    return rows.map(lambda found: _frame(schema, found))


def _rows(schema: AvroSchema, known: dict[str, Ids]) -> st.SearchStrategy[Row]:
    return st.fixed_dictionaries({field.name: _cells(field, known.get(field.name)) for field in schema.fields})


def _cells(field: Field, known: Ids | None) -> st.SearchStrategy[Any]:
    values = columns.field_values(field) if known is None else known
    if field.type == "boolean":
        values = values.map(lambda value: str(value).lower())
    return st.none() | values if field.nullable else values


def _frame(schema: AvroSchema, rows: Sequence[Row]) -> pd.DataFrame:
    series = {field.name: pd.Series([row[field.name] for row in rows], dtype=_dtype(field)) for field in schema.fields}
    return pd.DataFrame(series)


def _dtype(field: Field) -> str:
    """Whole numbers stay whole beside absent ones."""
    if field.type in TEXTS:
        return "object"
    if field.type in INTEGERS:
        return "Int64" if field.nullable else "int64"
    return "float64"
