"""Frames as datasets: the schema inferred from columns, and rows that come back as they went."""

from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import SimulatorError
from simulator.data.columns import cell
from simulator.data.csv_files import read_import
from simulator.data.frames import dataset_of_frame
from simulator.data.schemas import parse_schema
from simulator.quotas import Quotas

QUOTAS = Quotas({"interaction_records_per_import": 1})
MOMENT = dt.datetime(2022, 3, 8, 9, tzinfo=dt.UTC)


def interactions(**more: Any) -> pd.DataFrame:
    return pd.DataFrame({"USER_ID": ["u", "v"], "ITEM_ID": ["a", "b"], "TIMESTAMP": [1, 2], **more})


def items(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"ITEM_ID": ["a", "b"], **columns})


def fields(frame: pd.DataFrame, dataset_type: str = "Interactions", **more: Any) -> dict[str, Any]:
    schema = json.loads(dataset_of_frame(frame, dataset_type, **more).schema)
    return {field.pop("name"): field for field in schema["fields"]}


def read_back(frame: pd.DataFrame, dataset_type: str = "Interactions", **more: Any) -> dict[str, list[Any]]:
    """The values that an import of the frame stores."""
    made = dataset_of_frame(frame, dataset_type, **more)
    parsed = read_import([made.csv], parse_schema(made.schema, QUOTAS, more.get("domain")), QUOTAS)
    assert parsed.rows is not None, parsed.failure
    columns = parsed.rows.columns.items()
    return {name: [cell(column, row) for row in range(len(parsed.rows))] for name, column in columns}


def test_the_smallest_schema() -> None:
    schema = json.loads(dataset_of_frame(interactions(), "Interactions").schema)
    assert schema == {
        "type": "record",
        "name": "Interactions",
        "namespace": "com.amazonaws.personalize.schema",
        "fields": [
            {"name": "USER_ID", "type": "string"},
            {"name": "ITEM_ID", "type": "string"},
            {"name": "TIMESTAMP", "type": "long"},
        ],
        "version": "1.0",
    }


@pytest.mark.parametrize(
    ("values", "field", "stored"),
    [
        (["x|y", None], {"type": ["null", "string"], "categorical": True}, ["x|y", None]),
        ([["x", "y"], []], {"type": ["null", "string"], "categorical": True}, ["x|y", None]),
        ([np.array(["x", "y"]), ("z",)], {"type": ["null", "string"], "categorical": True}, ["x|y", "z"]),
        ([True, None], {"type": ["null", "string"], "categorical": True}, ["True", None]),
        (pd.Categorical([3, 4]), {"type": ["null", "string"], "categorical": True}, ["3", "4"]),
        ([True, False], {"type": ["null", "string"], "categorical": True}, ["True", "False"]),
        ([None, None], {"type": ["null", "string"], "categorical": True}, [None, None]),
        ([7, -7], {"type": ["null", "long"]}, [7, -7]),
        (pd.array([7, None], dtype="Int64"), {"type": ["null", "long"]}, [7, None]),
        ([0.1, math.nan], {"type": ["null", "double"]}, [0.1, None]),
        ([1e300, 1], {"type": ["null", "double"]}, [1e300, 1.0]),
        ([Decimal("1.5"), None], {"type": ["null", "double"]}, [1.5, None]),
        (pd.to_datetime([MOMENT, None]), {"type": ["null", "long"]}, [int(MOMENT.timestamp()), None]),
        ([dt.date(1969, 12, 31), dt.date(1970, 1, 2)], {"type": ["null", "long"]}, [-86400, 86400]),
    ],
)
def test_the_type_of_metadata(values: Any, field: dict[str, Any], stored: list[Any]) -> None:
    frame = items(X=values)
    assert fields(frame, "Items")["X"] == field
    assert read_back(frame, "Items")["X"] == stored


def test_reserved_fields_have_the_types_that_they_must_have() -> None:
    frame = interactions(
        EVENT_TYPE=["click", None], EVENT_VALUE=[1, 2], IMPRESSION=[["a", "b"], None], RECOMMENDATION_ID=["R", "S"]
    )
    found = fields(frame)
    assert found["EVENT_TYPE"] == {"type": ["null", "string"]}
    assert found["EVENT_VALUE"] == {"type": ["null", "float"]}
    assert found["IMPRESSION"] == {"type": ["null", "string"]}
    stored = read_back(frame)
    assert stored["EVENT_TYPE"] == ["click", None]
    assert stored["EVENT_VALUE"] == [1, 2]
    assert stored["IMPRESSION"] == ["a|b", None]
    nothing = interactions(EVENT_VALUE=[None, None])
    assert fields(nothing)["EVENT_VALUE"] == found["EVENT_VALUE"]
    assert read_back(nothing)["EVENT_VALUE"] == [None, None]


def test_whole_numbers_are_ids_and_dates_are_seconds() -> None:
    frame = pd.DataFrame(
        {
            "USER_ID": [1, 2],
            "ITEM_ID": [7, 8],
            "TIMESTAMP": [MOMENT, MOMENT + dt.timedelta(seconds=1.9)],
        }
    )
    second = int(MOMENT.timestamp())
    assert read_back(frame) == {"USER_ID": ["1", "2"], "ITEM_ID": ["7", "8"], "TIMESTAMP": [second, second + 1]}
    naive = frame.assign(TIMESTAMP=frame["TIMESTAMP"].dt.tz_localize(None))
    assert read_back(naive) == read_back(frame)
    floats = frame.assign(TIMESTAMP=[float(second), second + 1.0])
    assert read_back(floats) == read_back(frame)


def test_rows_may_share_an_index() -> None:
    frame = pd.concat([interactions(X=[1, None]), interactions(X=[None, 2])])
    assert read_back(frame)["X"] == [1, None, None, 2]


def test_the_fields_of_a_domain() -> None:
    films = items(
        GENRES=["x", "y"], CREATION_TIMESTAMP=[MOMENT, MOMENT], PRICE=[1, None], PRODUCT_DESCRIPTION=["an x", None]
    )
    assert fields(films, "Items", domain="VIDEO_ON_DEMAND") == {
        "ITEM_ID": {"type": "string"},
        "GENRES": {"type": "string", "categorical": True},
        "CREATION_TIMESTAMP": {"type": "long"},
        "PRICE": {"type": ["null", "float"]},
        "PRODUCT_DESCRIPTION": {"type": ["null", "string"], "textual": True},
    }
    assert read_back(films, "Items", domain="VIDEO_ON_DEMAND")["PRODUCT_DESCRIPTION"] == ["an x", None]


def test_marked_columns_of_items() -> None:
    shop = items(TITLE=["A", "B"], ABOUT=['a "b", c', "back\\slash"], KIND=["k", "l"])
    found = fields(shop, "Items", textual="ABOUT", item_name="TITLE")
    assert found["TITLE"] == {"type": ["null", "string"], "itemName": True}
    assert found["ABOUT"] == {"type": ["null", "string"], "textual": True}
    assert found["KIND"]["categorical"]
    assert read_back(shop, "Items", textual="ABOUT", item_name="TITLE")["ABOUT"] == ['a "b", c', "back\\slash"]


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (
            pd.DataFrame({"userId": ["u"], "item_id": ["a"], "when": [1]}),
            "interactions has no columns USER_ID, ITEM_ID, TIMESTAMP; it has userId, item_id, when: "
            "frame.rename(columns={'userId': 'USER_ID', 'item_id': 'ITEM_ID'})",
        ),
        (interactions().drop(columns="TIMESTAMP"), "interactions has no column TIMESTAMP; it has USER_ID, ITEM_ID"),
        (pd.DataFrame(), "interactions has no columns USER_ID, ITEM_ID, TIMESTAMP; it has none"),
        ([("u", "a", 1)], "interactions must be a pandas DataFrame, not list"),
        (interactions().set_axis(["USER_ID", "USER_ID", "x"], axis=1), "interactions has two columns USER_ID"),
        (interactions().set_axis(["USER_ID", "ITEM_ID", 0], axis=1), "must have names that are texts, not 0"),
        (interactions().assign(USER_ID=["u", None]), "USER_ID of interactions has no value in row 1, and must have"),
        (interactions().assign(USER_ID=["", "v"]), "USER_ID of interactions has no value in row 0, and must have"),
        (interactions().assign(USER_ID=[1.5, 2]), "USER_ID of interactions must hold texts or whole numbers, not 1.5"),
        (interactions().assign(TIMESTAMP=[1, None]), "TIMESTAMP of interactions has no value in row 1"),
        (interactions().assign(TIMESTAMP=[MOMENT, None]), "TIMESTAMP of interactions has no value in row 1"),
        (interactions().assign(TIMESTAMP=[1.5, 2]), "TIMESTAMP of interactions must hold whole numbers (Unix seconds"),
        (interactions().assign(TIMESTAMP=[1e300, 2]), "(Unix seconds, if it is a time) or datetimes, not 1e+300"),
        (interactions().assign(TIMESTAMP=["2022-03-08", "x"]), "or datetimes, not '2022-03-08'"),
        (interactions(EVENT_VALUE=["x", "y"]), "EVENT_VALUE of interactions must hold numbers, not 'x'"),
        (interactions(EVENT_VALUE=[1, math.inf]), "EVENT_VALUE of interactions is not finite in row 1"),
        (interactions(X=[2**63, 2**64 - 1]), "X of interactions holds whole numbers beyond those of 64 bits"),
        (interactions(X=[2**80, 1]), "X of interactions holds whole numbers beyond those of 64 bits"),
        (interactions(X=["x", 1]), "X of interactions holds values that no schema can describe (mixed-integer)"),
        (interactions(X=[{}, {}]), "X of interactions holds values that no schema can describe (mixed)"),
        (interactions(X=[b"x", b"y"]), "X of interactions holds values that no schema can describe (bytes)"),
    ],
)
def test_frames_that_are_no_interactions(frame: Any, words: str) -> None:
    with pytest.raises(SimulatorError) as caught:
        dataset_of_frame(frame, "Interactions")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("frame", "more", "words"),
    [
        (items(PRICE=[1, 2]), {"domain": "ECOMMERCE"}, "items has no column CATEGORY_L1, which ECOMMERCE wants"),
        (items(X=[1, 2]), {"textual": "ABOUT"}, "items has no column ABOUT; it has ITEM_ID, X"),
        (items(X=[1, 2]), {"item_name": "TITLE"}, "items has no column TITLE; it has ITEM_ID, X"),
        (items(CREATION_TIMESTAMP=[1, None]), {}, "CREATION_TIMESTAMP of items has no value in row 1"),
    ],
)
def test_frames_that_are_no_items(frame: pd.DataFrame, more: dict[str, Any], words: str) -> None:
    with pytest.raises(SimulatorError) as caught:
        dataset_of_frame(frame, "Items", **more)
    assert words in str(caught.value)


# Texts that fit a CSV file: values may not span lines, and NUL is in no file of the service.
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), max_size=20)
ID = TEXT.filter(bool)
SECONDS = st.integers(0, 2**40)
CELLS: list[tuple[st.SearchStrategy[Any], str]] = [
    (TEXT, "object"),
    (st.none() | TEXT, "object"),
    (st.none() | TEXT, "str"),
    (st.integers(-(2**62), 2**62), "int64"),
    (st.none() | st.integers(-(2**50), 2**50), "Int64"),
    (st.floats(allow_nan=False, allow_infinity=False), "float64"),
    (st.none() | st.floats(allow_nan=False, allow_infinity=False, width=32), "float32"),
    (st.booleans(), "bool"),
    (st.none() | st.booleans(), "boolean"),
    (st.lists(TEXT, max_size=3).map("|".join), "category"),
]


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(st.integers(1, 8))

    def column(cells: st.SearchStrategy[Any], dtype: Any) -> pd.Series[Any]:
        return pd.Series(draw(st.lists(cells, min_size=rows, max_size=rows)), dtype=dtype)

    found = {"USER_ID": column(ID, "object"), "ITEM_ID": column(ID, "object"), "TIMESTAMP": column(SECONDS, "int64")}
    for name in draw(st.sets(st.sampled_from("VWXYZ"), max_size=5)):
        found[name] = column(*draw(st.sampled_from(CELLS)))
    return pd.DataFrame(found)


@given(frames())
def test_what_goes_in_is_what_is_stored(frame: pd.DataFrame) -> None:
    stored = read_back(frame)
    wanted = [tuple(map(plain, row)) for row in frame.astype(object).itertuples(index=False)]
    assert list(zip(*stored.values(), strict=True)) == list(dict.fromkeys(wanted))


def plain(value: Any) -> Any:
    """A cell as it is stored."""
    if isinstance(value, bool):
        return str(value)
    return None if pd.isna(value) or value == "" else value
