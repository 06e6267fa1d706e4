"""Valid Avro schemas."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from simulator.data.schema_rules import FIELDS, NEEDS_METADATA, RECORD_NAMES, FieldRule, Fields
from simulator.strategies.defaults import record

Entry = dict[str, Any]

_NUMBERS = ("int", "long", "float", "double")
_MOST = 3  # fields of each kind, beside the required ones
_NAMES = st.from_regex(r"[A-Z][A-Z0-9]{0,8}(_[A-Z0-9]{1,8}){0,2}", fullmatch=True)

# How the names of fields begin that faults add to a schema; no other does.
ADDED = "EXTRA"


def schemas(dataset_type: str, domain: str | None = None) -> st.SearchStrategy[str]:
    """Avro schemas that CreateSchema takes for a dataset type, in Custom dataset groups or in a domain.

    They have the fields that are required, some of the reserved ones and some metadata fields, of all types and in any
    order. `dataset_type` is `Interactions`, `Items`, `Users`, `Actions` or `Action_Interactions`, `domain` is
    `ECOMMERCE`, `VIDEO_ON_DEMAND` or None.

        @given(schemas("Items"))
        def test_the_reader_of_schemas_knows_the_id(schema):
            assert "ITEM_ID" in my_reader.columns(schema)

    Raises ValueError for a dataset type that does not exist, or not in that domain.
    """
    return records(dataset_type, domain).map(json.dumps)


def rules_of(dataset_type: str, domain: str | None) -> tuple[str, Fields]:
    """The record name of a dataset type and its fields' rules; raises ValueError where there are none."""
    name = RECORD_NAMES.get(dataset_type.upper(), "")
    rules = FIELDS.get((domain, name))
    if rules is None:
        raise ValueError(f"there are no schemas of {dataset_type}{f' in {domain}' if domain else ''}")
    return name, rules


def records(dataset_type: str, domain: str | None) -> st.SearchStrategy[Entry]:
    """The same as documents; a function, so that ValueError is raised where it is called."""
    return _records(*rules_of(dataset_type, domain), domain)


@st.composite
def _records(draw: st.DrawFn, name: str, rules: Fields, domain: str | None) -> Entry:
    required = [each for each, rule in rules.items() if rule.required]
    reserved = sorted({*rules} - {*required})
    chosen = draw(st.lists(st.sampled_from(reserved), unique=True, max_size=_MOST)) if reserved else []
    fields = [draw(_ruled(each, rules[each])) for each in (*required, *chosen)]
    own = draw(st.lists(_own(name), max_size=_MOST))
    if (domain, name) in NEEDS_METADATA:
        own.insert(0, draw(_useful()))
    return record(name, *draw(st.permutations([*fields, *_without_clashes(own, fields, rules)])))


def _without_clashes(own: Sequence[Entry], fields: Sequence[Entry], rules: Fields) -> list[Entry]:
    """Own fields whose names differ in letters and digits from all others, one textual and one itemName at most."""
    taken = {letters(name) for name in rules}
    marks = {mark for field in fields for mark in ("textual", "itemName") if field.get(mark)}
    kept = []
    for field in own:
        marked = marks & {*field}
        if letters(field["name"]) not in taken and not marked:
            taken.add(letters(field["name"]))
            marks |= {"textual", "itemName"} & {*field}
            kept.append(field)
    return kept


def letters(name: str) -> str:
    """What the names of two fields must differ in."""
    return name.replace("_", "").upper()


def _types(kind: str, nullable: bool) -> st.SearchStrategy[Any]:
    """The ways to write a type; a union of one type is in the guide's own examples."""
    with_null: list[Any] = [["null", kind], [kind, "null"]] if nullable else []
    return st.sampled_from([kind, *with_null, [kind]])


def _ruled(name: str, rule: FieldRule) -> st.SearchStrategy[Entry]:
    marks = {mark: True for mark in ("categorical", "textual") if getattr(rule, mark)}
    return _types(rule.type, rule.nullable).map(lambda types: {"name": name, "type": types, **marks})


def _own_names() -> st.SearchStrategy[str]:
    return _NAMES.filter(lambda name: not letters(name).startswith(ADDED))


@st.composite
def _field(draw: st.DrawFn, kind: str, *marks: str) -> Entry:
    types = draw(_types(kind, nullable=True))
    return {"name": draw(_own_names()), "type": types, **dict.fromkeys(marks, True)}


def _useful() -> st.SearchStrategy[Entry]:
    """Fields of which one is metadata enough."""
    return st.sampled_from(_NUMBERS).flatmap(_field) | _field("string", "categorical")


def _own(name: str) -> st.SearchStrategy[Entry]:
    plain = st.one_of(_useful(), _field("string"), _field("boolean"))
    if name != "Items":
        return plain
    return st.one_of(plain, _field("string", "textual"), _field("string", "itemName"))
