from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.data.schemas import parse_schema
from simulator.errors import ServiceError
from simulator.quotas import Quotas

USER = {"name": "USER_ID", "type": "string"}
ITEM = {"name": "ITEM_ID", "type": "string"}
TIME = {"name": "TIMESTAMP", "type": "long"}


def text(*fields: Any, **members: Any) -> str:
    return json.dumps({"type": "record", "name": "Interactions", "fields": list(fields), "version": "1.0", **members})


def test_the_storys_schema() -> None:
    schema = parse_schema(text(USER, ITEM, TIME), Quotas())
    assert [(field.name, field.type, field.nullable) for field in schema.fields] == [
        ("USER_ID", "string", False),
        ("ITEM_ID", "string", False),
        ("TIMESTAMP", "long", False),
    ]


@pytest.mark.parametrize("union", [["null", "float"], ["float", "null"]])
def test_a_union_with_null_is_optional_in_either_order(union: list[str]) -> None:
    field = parse_schema(text(USER, ITEM, TIME, {"name": "EVENT_VALUE", "type": union}), Quotas()).field("EVENT_VALUE")
    assert field is not None
    assert (field.type, field.nullable) == ("float", True)


def test_an_extra_member_is_accepted() -> None:
    """resp-048: a top-level key of one's own."""
    assert parse_schema(text(USER, ITEM, TIME, schema="Interactions"), Quotas()).name == "Interactions"


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ("nonsense", "The schema is not valid JSON"),
        ("[" * 100_000, "The schema is not valid JSON"),
        ("[]", "it must be a JSON object"),
        (text(USER, ITEM, TIME, type="array"), "its type must be record"),
        (text(USER, ITEM, TIME, name="Films"), "its name must be one of"),
        (text(USER, ITEM, TIME, name=["Films"]), "its name must be one of"),
        (text(), "it must have a list of fields"),
        (text(USER, ITEM, TIME, "X"), "every field must be a JSON object"),
        (text(USER, ITEM, TIME, {"type": "string"}), "None is not a field name"),
        (text(USER, ITEM, TIME, {"name": "A B", "type": "string"}), "'A B' is not a field name"),
        (text(USER, ITEM, TIME, {"name": "A", "type": "date"}), "field A has the type 'date'"),
        (text(USER, ITEM, TIME, {"name": "A", "type": {"type": "array"}}), "field A has the type"),
        (text(USER, ITEM, TIME, {"name": "A", "type": ["int", "long"]}), "field A must have one type"),
        (text(USER, ITEM, TIME, {"name": "A", "type": ["null"]}), "field A must have one type"),
        (text(USER, ITEM, TIME, {"name": "A", "type": "int", "categorical": True}), "its type must be string"),
        (
            text(USER, ITEM, TIME, {"name": "A", "type": "string", "textual": "yes"}),
            "true or false for textual",
        ),
        (text(USER, ITEM, TIME, {"name": "ITEMID", "type": "string"}), "ITEM_ID and ITEMID"),
        (text(USER, TIME), "the required field ITEM_ID is missing"),
        (text(USER, {"name": "ITEM_ID", "type": "long"}, TIME), "ITEM_ID must have the type string"),
        (
            text(USER, ITEM, {"name": "TIMESTAMP", "type": ["long", "null"]}),
            "TIMESTAMP must have the type long",
        ),
        (
            text(USER, ITEM, TIME, {"name": "EVENT_TYPE", "type": "string", "categorical": True}),
            "must not be categor",
        ),
        (
            text(USER, ITEM, TIME, *({"name": f"M{n}", "type": "int"} for n in range(6))),
            "at most 5 are allowed",
        ),
    ],
)
def test_what_is_refused(broken: str, why: str) -> None:
    with pytest.raises(ServiceError) as caught:
        parse_schema(broken, Quotas())
    assert caught.value.code == "InvalidInputException"
    assert why in caught.value.message


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.text()
    | st.builds(
        lambda members, fields: text(*fields, **members),
        st.dictionaries(st.sampled_from(["name", "type", "version"]), json_values),
        st.lists(json_values | st.fixed_dictionaries({"name": json_values, "type": json_values})),
    )
)
def test_anything_is_a_schema_or_refused(given_text: str) -> None:
    try:
        code = "" if parse_schema(given_text, Quotas()).fields else "no fields"
    except ServiceError as refusal:
        code = refusal.code
    assert code in ("", "InvalidInputException")
