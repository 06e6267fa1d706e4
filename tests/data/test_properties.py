"""Reading `properties`: keys in camel case, compiled once a schema."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import errors
from simulator.data.properties import camel_case, property_reader
from simulator.data.schemas import AvroSchema, Field
from simulator.quotas import Quotas

SCHEMA = AvroSchema(
    "Interactions",
    (
        Field("ITEM_ID", "string", nullable=False),
        Field("EVENT_VALUE", "float", nullable=True),
        Field("NUM_RATINGS", "long", nullable=False),
        Field("IMPRESSION", "string", nullable=True),
    ),
)


@pytest.mark.parametrize(
    ("column", "key"),
    [
        ("NUM_RATINGS", "numRatings"),
        ("CATEGORY_L1", "categoryL1"),
        ("GENRES", "genres"),
        ("genres", "genres"),
        ("num_ratings", "numRatings"),
        ("filmGenres", "filmGenres"),
        ("FilmGenres", "filmGenres"),
        ("_A__B_", "aB"),
        ("_", "_"),
        ("X_1", "x1"),
    ],
)
def test_camel_case(column: str, key: str) -> None:
    assert camel_case(column) == key


@given(st.from_regex(r"[A-Za-z_][A-Za-z\d_]{0,12}", fullmatch=True))
def test_a_key_has_the_letters_and_digits_of_its_column(column: str) -> None:
    key = camel_case(column)
    assert key.lower() == (column.replace("_", "") or column).lower()


def test_a_reader_is_made_once_a_schema() -> None:
    same = AvroSchema(SCHEMA.name, tuple(SCHEMA.fields))
    elsewhere = frozenset({"IMPRESSION"})
    assert property_reader(SCHEMA, elsewhere) is property_reader(same, elsewhere)
    assert property_reader(SCHEMA, elsewhere) is not property_reader(SCHEMA)


def test_columns_from_elsewhere() -> None:
    """A column given elsewhere has no key; one under a forbidden key may be required all the same."""
    reader = property_reader(SCHEMA, frozenset({"IMPRESSION"}), forbidden=frozenset({"itemid"}))
    assert dict(reader.names) == {"eventValue": "EVENT_VALUE", "numRatings": "NUM_RATINGS"}
    assert reader.required == ("ITEM_ID", "NUM_RATINGS")
    with pytest.raises(errors.ServiceError, match="The key itemId cannot be used in properties"):
        reader.read('{"itemId": "i"}', Quotas())
    with pytest.raises(errors.ServiceError, match="A value of itemId is missing"):
        reader.require(reader.read('{"numRatings": 3}', Quotas()))


def test_unknown_keys_are_refused_or_ignored() -> None:
    text = json.dumps({"colour": [1], "numRatings": "12", "itemId": "i1", "eventValue": None})
    with pytest.raises(errors.ServiceError, match="The key colour in properties matches no field"):
        property_reader(SCHEMA).read(text, Quotas())
    values = property_reader(SCHEMA, ignores_unknown=True).read(text, Quotas())
    assert values == {"ITEM_ID": "i1", "NUM_RATINGS": 12}
    property_reader(SCHEMA).require(values)
    assert property_reader(SCHEMA).read(None, Quotas()) == {}


def test_whole_numbers_that_would_be_rounded_are_not_simulated() -> None:
    schema = AvroSchema("Items", (Field("N", "long", nullable=True), Field("M", "long", nullable=False)))
    with pytest.raises(errors.ServiceError, match=r"does not simulate whole numbers beyond 2\^53 in N"):
        property_reader(schema).read(json.dumps({"n": 2**53 + 1}), Quotas())
    assert property_reader(schema).read(json.dumps({"m": 2**53 + 1}), Quotas()) == {"M": 2**53 + 1}


@given(st.text() | st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(json.dumps))
def test_a_text_that_is_no_object_sets_nothing(text: str) -> None:
    with suppress(errors.ServiceError):
        assert property_reader(SCHEMA).read(text, Quotas()) == {}  # no object of these has a key
