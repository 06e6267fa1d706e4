from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from simulator.data.schema_rules import FIELDS, METADATA_QUOTAS, NEEDS_METADATA
from simulator.data.schemas import PRIMITIVES, AvroSchema, Field, parse_schema, why_not_replaced
from simulator.errors import ServiceError
from simulator.quotas import Quotas

USER = {"name": "USER_ID", "type": "string"}
ITEM = {"name": "ITEM_ID", "type": "string"}
TIME = {"name": "TIMESTAMP", "type": "long"}
EVENT = {"name": "EVENT_TYPE", "type": "string"}
ACTION = {"name": "ACTION_ID", "type": "string"}
CREATED = {"name": "CREATION_TIMESTAMP", "type": "long"}
AGE = {"name": "AGE", "type": "int"}

Entry = dict[str, Any]


def text(*fields: Any, **members: Any) -> str:
    return json.dumps({"type": "record", "name": "Interactions", "fields": list(fields), "version": "1.0", **members})


def parse(name: str, *fields: Any, domain: str | None = None) -> AvroSchema:
    return parse_schema(text(*fields, name=name), Quotas(), domain)


def category(name: str, *types: str) -> Entry:
    return {"name": name, "type": list(types) or "string", "categorical": True}


def why(broken: str, domain: str | None = None) -> str:
    with pytest.raises(ServiceError) as caught:
        parse_schema(broken, Quotas(), domain)
    assert caught.value.code == "InvalidInputException"
    return caught.value.message


def test_the_storys_schema() -> None:
    schema = parse("Interactions", USER, ITEM, TIME)
    assert [(field.name, field.type, field.nullable) for field in schema.fields] == [
        ("USER_ID", "string", False),
        ("ITEM_ID", "string", False),
        ("TIMESTAMP", "long", False),
    ]


@pytest.mark.parametrize(
    ("types", "nullable"), [("float", False), (["float"], False), (["null", "float"], True), (["float", "null"], True)]
)
def test_a_union_with_null_is_optional_in_either_order(types: str | list[str], nullable: bool) -> None:
    """A union of one type is in the guide's own examples."""
    field = parse("Interactions", USER, ITEM, TIME, {"name": "EVENT_VALUE", "type": types}).field("EVENT_VALUE")
    assert field == Field("EVENT_VALUE", "float", nullable)


def test_an_extra_member_is_accepted() -> None:
    """[resp-048] A top-level key of one's own; the schema of the recording."""
    assert parse_schema(text(ITEM, category("GENRE"), name="Items", schema="Items"), Quotas()).name == "Items"


# The guide's default and example schemas, and some that people have used on AWS.
VOD, SHOP = "VIDEO_ON_DEMAND", "ECOMMERCE"
MEDIA_ITEMS = [
    ITEM,
    {"name": "TITLE", "type": "string"},
    {"name": "YEAR", "type": "int"},
    {"name": "PLOT", "type": "string", "textual": True},
    {"name": "US_MATURITY_RATING_STRING", "type": "string"},
    category("GENRES"),
    CREATED,
]
ACTIONS = [
    ACTION,
    {"name": "VALUE", "type": ["null", "long"]},
    category("MEMBERSHIP_LEVEL", "null", "string"),
    CREATED,
    {"name": "REPEAT_FREQUENCY", "type": ["long", "null"]},
    {"name": "EXPIRATION_TIMESTAMP", "type": "long"},
    {"name": "TYPE", "type": ["null", "string"]},
]


@pytest.mark.parametrize(
    ("domain", "name", "fields"),
    [
        (None, "Interactions", [USER, ITEM, EVENT, category("DEVICE", "string", "null"), TIME]),
        (None, "Interactions", [USER, ITEM, TIME, {"name": "EVENT_TYPE", "type": ["null", "string"]}]),
        (None, "Users", [USER, AGE, category("GENDER")]),
        (None, "Items", [ITEM, category("GENRES", "null", "string"), CREATED]),
        (None, "Items", [ITEM, {"name": "ABOUT", "type": ["null", "string"], "textual": True}]),
        (None, "Items", [ITEM, {"name": "T", "type": "string", "itemName": True}, MEDIA_ITEMS[3]]),
        (None, "Actions", ACTIONS),
        (None, "Actions", [ACTION, AGE, {"name": "ACTION_EXPIRATION_TIMESTAMP", "type": ["long", "null"]}]),
        (None, "ActionInteractions", [USER, ACTION, EVENT, TIME]),
        (SHOP, "Interactions", [USER, ITEM, EVENT, TIME, {"name": "DISCOUNT", "type": "string"}]),
        (SHOP, "Items", [ITEM, {"name": "PRICE", "type": "float"}, category("CATEGORY_L1", "string")]),
        (SHOP, "Items", [ITEM, {"name": "PRICE", "type": "float"}, category("CATEGORY_L1"), CREATED]),
        (SHOP, "Users", [USER, {"name": "GENDER", "type": "string"}, AGE]),
        (SHOP, "Users", [USER, category("MEMBERSHIP_STATUS")]),
        (VOD, "Interactions", [USER, ITEM, EVENT, TIME]),
        (VOD, "Items", [ITEM, category("GENRES", "string"), CREATED]),
        (VOD, "Items", MEDIA_ITEMS),
        (VOD, "Users", [USER, category("SUBSCRIPTION_MODEL")]),
        (VOD, "Users", [USER, category("MEMBERLEVEL")]),
    ],
)
def test_schemas_that_are_accepted(domain: str | None, name: str, fields: list[Entry]) -> None:
    parsed = parse(name, *fields, domain=domain)
    assert [field.name for field in parsed.fields] == [field["name"] for field in fields]


@pytest.mark.parametrize("broken", ["", "nonsense", "[" * 100_000, "1" * 5000])
def test_texts_that_are_no_json(broken: str) -> None:
    assert why(broken).startswith("The schema is not valid JSON: ")
    assert parse_schema(f"\n {text(USER, ITEM, TIME)} ", Quotas()).fields


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("[]", "it must be a JSON object"),
        (text(USER, ITEM, TIME, type="array"), "its type must be record"),
        (
            text(USER, ITEM, TIME, name="Films"),
            "its name must be one of Interactions, Items, Users, Actions, ActionInteractions, not 'Films'",
        ),
        (
            text(USER, ITEM, TIME, name=["Films"]),
            "its name must be one of Interactions, Items, Users, Actions, ActionInteractions, not ['Films']",
        ),
        (
            text(USER, ACTION, EVENT, TIME, name="Action_Interactions"),
            "its name must be one of Interactions, Items, Users, Actions, ActionInteractions, not "
            "'Action_Interactions'",
        ),
        (text(), "it must have a list of fields"),
        (text(USER, ITEM, TIME, "X"), "every field must be a JSON object"),
        (text(USER, ITEM, TIME, {"type": "string"}), "None is not a field name"),
        (text(USER, ITEM, TIME, {"name": "A B", "type": "string"}), "'A B' is not a field name"),
        (text(USER, ITEM, TIME, {"name": "A\u0661", "type": "string"}), "'A\u0661' is not a field name"),
        (text(USER, ITEM, TIME, {"name": "A" * 151, "type": "string"}), f"'{'A' * 151}' is not a field name"),
        (
            text(USER, ITEM, TIME, {"name": "A", "type": "date"}),
            "field A has the type 'date'; it must be one of float, double, int, long, string, boolean, null",
        ),
        (
            text(USER, ITEM, TIME, {"name": "A", "type": {"type": "array"}}),
            "field A has the type {'type': 'array'}; it must be one of float, double, int, long, string, boolean, null",
        ),
        (
            text(USER, ITEM, TIME, {"name": "A", "type": ["int", "long"]}),
            "field A must have one type, or a union of one type and null",
        ),
        (
            text(USER, ITEM, TIME, {"name": "A", "type": ["null"]}),
            "field A must have one type, or a union of one type and null",
        ),
        (
            text(USER, ITEM, TIME, {"name": "A", "type": []}),
            "field A must have one type, or a union of one type and null",
        ),
        (
            text(USER, ITEM, TIME, {"name": "A", "type": "int", "categorical": True}),
            "field A is marked categorical, so its type must be string",
        ),
        (
            text(USER, ITEM, TIME, {"name": "A", "type": "string", "textual": "yes"}),
            "field A must have true or false for textual",
        ),
        (
            text(ITEM, {"name": "A", "type": "string", "categorical": True, "textual": True}, name="Items"),
            "field A must not be both categorical and textual",
        ),
        (
            text(USER, ITEM, TIME, {"name": "ITEMID", "type": "string"}),
            "the fields ITEM_ID and ITEMID have the same alphanumeric characters",
        ),
        (
            text(USER, ITEM, TIME, USER),
            "the fields USER_ID and USER_ID have the same alphanumeric characters",
        ),
        (
            text(ITEM, category("GENRES_FIELD_1"), category("GENRESFIELD1"), name="Items"),
            "the fields GENRES_FIELD_1 and GENRESFIELD1 have the same alphanumeric characters",
        ),
        (
            text(USER, {"name": "A", "type": "string", "textual": True}, name="Users"),
            "field A is marked textual, which is for Items schemas only",
        ),
        (
            text(ITEM, *({"name": name, "type": "string", "textual": True} for name in "AB"), name="Items"),
            "field B is one too many marked textual; the limit is 1",
        ),
        (
            text(USER, AGE, {"name": "A", "type": "string", "itemName": True}, name="Users"),
            "field A is marked itemName, which is for Items schemas only",
        ),
        (
            text(ITEM, AGE, *({"name": name, "type": "string", "itemName": True} for name in "AB"), name="Items"),
            "field B is one too many marked itemName; the limit is 1",
        ),
    ],
)
def test_what_is_refused_of_every_schema(broken: str, reason: str) -> None:
    assert why(broken) == f"The schema is not valid: {reason}."


def test_names_and_marks_that_are_accepted() -> None:
    parsed = parse(
        "Items",
        ITEM,
        category("GENRES_1"),
        category("GENRES_2"),
        {"name": "TITLE", "type": ["null", "string"], "itemName": True},
        {"name": "a" * 150, "type": "boolean", "doc": "one of one's own", "categorical": False},
    )
    assert parsed.fields[3] == Field("TITLE", "string", True, item_name=True)


@pytest.mark.parametrize(
    ("domain", "name", "fields", "reason"),
    [
        (None, "Interactions", [USER, TIME], "the required field ITEM_ID is missing"),
        (None, "ActionInteractions", [USER, ACTION, TIME], "the required field EVENT_TYPE is missing"),
        (SHOP, "Interactions", [USER, ITEM, TIME], "the required field EVENT_TYPE is missing"),
        (VOD, "Interactions", [USER, ITEM, TIME], "the required field EVENT_TYPE is missing"),
        (SHOP, "Items", [ITEM, category("CATEGORY_L1")], "the required field PRICE is missing"),
        (VOD, "Items", [ITEM, category("GENRES_L1"), CREATED], "the required field GENRES is missing"),
        (VOD, "Items", [ITEM, category("GENRES")], "the required field CREATION_TIMESTAMP is missing"),
        (
            None,
            "Interactions",
            [USER, {"name": "ITEM_ID", "type": "long"}, TIME],
            "the required field ITEM_ID must have the type string",
        ),
        (
            None,
            "Interactions",
            [USER, ITEM, TIME, {"name": "EVENT_VALUE", "type": "string"}],
            "the reserved field EVENT_VALUE must have the type float",
        ),
        (
            SHOP,
            "Items",
            [ITEM, {"name": "PRICE", "type": "float"}, category("CATEGORY_L1"), CREATED | {"type": "float"}],
            "the reserved field CREATION_TIMESTAMP must have the type long",
        ),
        (
            None,
            "Interactions",
            [USER, ITEM, TIME | {"type": ["long", "null"]}],
            "the required field TIMESTAMP must have the type long, without null",
        ),
        (
            VOD,
            "Items",
            [ITEM, category("GENRES", "string", "null"), CREATED],
            "the required field GENRES must have the type string, without null",
        ),
        (
            VOD,
            "Interactions",
            [USER, ITEM, TIME, EVENT | {"type": ["string", "null"]}],
            "the required field EVENT_TYPE must have the type string, without null",
        ),
        (
            None,
            "Interactions",
            [USER, ITEM, TIME, category("EVENT_TYPE")],
            "the reserved field EVENT_TYPE must not be categorical",
        ),
        (
            VOD,
            "Items",
            [ITEM, {"name": "GENRES", "type": "string"}, CREATED],
            "the required field GENRES must be categorical",
        ),
        (
            VOD,
            "Items",
            [ITEM, category("GENRES"), CREATED, {"name": "PRODUCT_DESCRIPTION", "type": "string"}],
            "the reserved field PRODUCT_DESCRIPTION must be textual",
        ),
        (
            SHOP,
            "Items",
            [
                ITEM,
                {"name": "PRICE", "type": "float"},
                {"name": "CATEGORY_L1", "type": "string", "textual": True},
            ],
            "the required field CATEGORY_L1 must be categorical",
        ),
        (
            None,
            "Users",
            [USER, {"name": "NAME", "type": "string"}],
            "it must have a metadata field: a number or a string marked categorical",
        ),
        (
            None,
            "Items",
            [ITEM, CREATED, {"name": "SOLD", "type": "boolean"}],
            "it must have a metadata field: a number, a string marked textual or a string marked categorical",
        ),
        (
            None,
            "Actions",
            [ACTION, {"name": "VALUE", "type": "long"}],
            "it must have a metadata field: a number or a string marked categorical",
        ),
        (VOD, "Users", [USER], "it must have a metadata field: a number or a string marked categorical"),
        (SHOP, "Users", [USER], "it must have a metadata field: a number or a string marked categorical"),
        (SHOP, "Actions", ACTIONS, "the domain ECOMMERCE has no Actions datasets"),
        (
            VOD,
            "ActionInteractions",
            [USER, ACTION, EVENT, TIME],
            "the domain VIDEO_ON_DEMAND has no ActionInteractions datasets",
        ),
    ],
)
def test_what_is_refused_of_some_schemas(domain: str | None, name: str, fields: list[Entry], reason: str) -> None:
    assert why(text(*fields, name=name), domain) == f"The schema is not valid: {reason}."


@pytest.mark.parametrize(
    ("name", "ids", "limit"),
    [
        ("Interactions", [USER, ITEM, TIME], 5),
        ("Items", [ITEM, CREATED], 100),
        ("Users", [USER], 25),
        ("Actions", [ACTION, *ACTIONS[3:]], 10),
        ("ActionInteractions", [USER, ACTION, EVENT, TIME], 5),
    ],
)
def test_so_many_metadata_fields(name: str, ids: list[Entry], limit: int) -> None:
    own = [{"name": f"M{number}", "type": "int"} for number in range(limit + 1)]
    assert parse(name, *ids, *own[:limit])
    assert parse_schema(text(*ids, *own, name=name), Quotas({METADATA_QUOTAS[name]: limit + 1}))
    assert why(text(*ids, *own, name=name)) == (
        f"The schema is not valid: it has {limit + 1} metadata fields; at most {limit} are allowed, and M{limit} is "
        "one too many."
    )


# --- whatever fits the tables is accepted, and every single break of it refused --------------------------------

TYPES_OF_METADATA: list[Entry] = [
    *({"type": each} for each in PRIMITIVES if each != "null"),
    {"type": "string", "categorical": True},
]


@st.composite
def types(draw: st.DrawFn, type_: str, nullable: bool) -> Any:
    """A type as a schema may write it."""
    ways: list[Any] = [type_, [type_]]
    return draw(st.sampled_from([*ways, [type_, "null"], ["null", type_]] if nullable else ways))


@st.composite
def valid(draw: st.DrawFn) -> tuple[str | None, str, list[Entry]]:
    """A domain, a record name, and fields that the tables allow, in any order."""
    domain, name = draw(st.sampled_from(sorted(FIELDS, key=str)))
    fields: list[Entry] = []
    for field_name, rule in FIELDS[domain, name].items():
        if rule.required or draw(st.booleans()):
            entry: Entry = {"name": field_name, "type": draw(types(rule.type, rule.nullable))}
            if rule.categorical or draw(st.booleans()):
                entry["categorical"] = rule.categorical
            if rule.textual:
                entry["textual"] = True
            fields.append(entry)
    if (domain, name) in NEEDS_METADATA:
        fields.append({"name": "SIZE", "type": draw(types("int", True))})
    for number, more in enumerate(draw(st.lists(st.sampled_from(TYPES_OF_METADATA), max_size=3))):
        fields.append({"name": f"own_{number}", **more, "type": draw(types(more["type"], True))})
    return domain, name, draw(st.permutations(fields))


@given(valid())
def test_what_fits_the_tables_is_accepted(schema: tuple[str | None, str, list[Entry]]) -> None:
    domain, name, fields = schema
    assert parse(name, *fields, domain=domain).fields == tuple(
        Field(
            entry["name"],
            next(each for each in _listed(entry["type"]) if each != "null"),
            "null" in _listed(entry["type"]),
            entry.get("categorical", False),
            entry.get("textual", False),
        )
        for entry in fields
    )


@given(valid(), st.data())
def test_a_single_break_is_refused_by_name(schema: tuple[str | None, str, list[Entry]], data: st.DataObject) -> None:
    domain, name, fields = schema
    place = data.draw(st.integers(0, len(fields) - 1))
    broken = dict(fields[place])
    rule = FIELDS[domain, name].get(broken["name"])
    kind = data.draw(st.sampled_from(["gone", "type", "null", "category", "text", "twice", "nested", "many types"]))
    named = f"field {broken['name']} "
    more: list[Entry] = []
    match kind:
        case "gone":
            assume(rule is not None and rule.required)
            fields = [entry for entry in fields if entry["name"] != broken["name"]]
        case "type":
            assume(rule is not None and not (broken.get("categorical") or broken.get("textual")))
            assert rule is not None
            broken["type"] = data.draw(
                st.sampled_from([each for each in PRIMITIVES if each not in (rule.type, "null")])
            )
        case "null":
            assume(rule is not None and not rule.nullable)
            broken["type"] = data.draw(st.permutations([*_listed(broken["type"]), "null"]))
        case "category":
            assume(rule is not None and rule.type == "string")
            broken["categorical"] = not broken.get("categorical", False)
        case "text":
            assume("string" in _listed(broken["type"]) and not broken.get("textual"))
            assume(name != "Items" or (rule is not None and not broken.get("categorical")))
            assume(not any(entry.get("textual") for entry in fields))  # or the other one is one too many
            broken["textual"] = True
            broken.pop("categorical", None)
        case "twice":
            more = [{"name": "_".join(broken["name"].replace("_", "")), "type": "string"}]
            named = f"{broken['name']} and {more[0]['name']} "
        case "nested":
            broken["type"] = data.draw(
                st.sampled_from([{"type": "array", "items": "string"}, ["null", {"type": "map"}], "enum"])
            )
        case _:
            broken["type"] = [*_listed(broken["type"]), "boolean" if "boolean" not in str(broken["type"]) else "int"]
    fields = [broken if entry["name"] == broken["name"] else entry for entry in fields]
    message = why(text(*fields, *more, name=name), domain)
    assert named in message


def _listed(type_: Any) -> list[Any]:
    return type_ if isinstance(type_, list) else [type_]


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
    ),
    st.sampled_from([None, VOD, SHOP]),
)
def test_anything_is_a_schema_or_refused(given_text: str, domain: str | None) -> None:
    try:
        code = "" if parse_schema(given_text, Quotas(), domain).fields else "no fields"
    except ServiceError as refusal:
        code = refusal.code
    assert code in ("", "InvalidInputException")


# --- the replacement of a schema -----------------------------------------------------------------------------------

field_names = st.sampled_from("ABCDE")
some_fields = st.lists(
    st.builds(Field, field_names, st.sampled_from(["int", "string"]), st.booleans(), st.booleans()),
    unique_by=lambda field: field.name,
    max_size=5,
)


@given(some_fields, some_fields)
def test_a_replacement_keeps_and_adds(old: list[Field], new: list[Field]) -> None:
    """Against sets: what was there is there as it was, what is new may be null."""
    added = {field for field in new if field.name not in {each.name for each in old}}
    fits = set(old) <= set(new) and all(field.nullable for field in added)
    assert (why_not_replaced(AvroSchema("Items", tuple(old)), AvroSchema("Items", tuple(new))) is None) is fits


@pytest.mark.parametrize("change", [{"type": "long"}, {"nullable": True}, {"categorical": True}, {"item_name": True}])
def test_a_field_that_changes(change: dict[str, Any]) -> None:
    old = Field("A", "string", False)
    reason = why_not_replaced(AvroSchema("Items", (old,)), AvroSchema("Items", (replace(old, **change),)))
    assert reason == "the field A has another type or other attributes"
