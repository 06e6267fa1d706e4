"""Avro schemas with one fault each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hypothesis import strategies as st

from simulator import errors
from simulator.data.schema_rules import METADATA_QUOTAS, NEEDS_METADATA, Fields
from simulator.quotas import QUOTAS
from simulator.strategies.invalid import Invalid
from simulator.strategies.schema_texts import ADDED, Entry, records, rules_of

# A change of a valid record to a text or a document with a fault, and the field at fault.
_Spoil = Callable[[st.DrawFn, Entry], tuple[Any, str]]


def invalid_schemas(dataset_type: str, domain: str | None = None) -> st.SearchStrategy[Invalid[str]]:
    """Avro schemas with one fault, which CreateSchema refuses; its `constraint` is a rule of the catalogue.

    The arguments are those of `schemas`.

        @given(invalid_schemas("Interactions"))
        def test_the_linter_finds_what_the_service_refuses(invalid):
            assert my_linter.faults(invalid.value), invalid.constraint

    Raises ValueError for a dataset type that does not exist, or not in that domain.
    """
    name, rules = rules_of(dataset_type, domain)
    return broken(records(dataset_type, domain), dict(faults(name, rules, domain)))


@st.composite
def broken(draw: st.DrawFn, valid: st.SearchStrategy[Entry], among: Mapping[str, _Spoil]) -> Invalid[str]:
    """Valid schemas, each with one of some faults."""
    rule = draw(st.sampled_from(list(among)))
    spoilt, field = among[rule](draw, draw(valid))
    text = spoilt if isinstance(spoilt, str) else json.dumps(spoilt)
    return Invalid(text, field, f"schemas.{rule}", errors.SCHEMA_INVALID.code)


def faults(name: str, rules: Fields, domain: str | None) -> Iterator[tuple[str, _Spoil]]:
    """What can be wrong with a schema of that name, by rule."""
    yield "json", lambda draw, record: (draw(st.sampled_from([json.dumps(record)[:-1], repr(record)])), "")
    yield "record", _not_a_record
    yield "types", _with_a_type
    yield "field-names", _with_a_name
    yield "unique-names", _with_a_name_twice
    yield "marks", _with_marks
    yield "textual", lambda draw, record: _with_marked(record, name, "textual")
    yield "item-name", lambda draw, record: _with_marked(record, name, "itemName")
    yield "required-fields", lambda draw, record: _without_required(draw, record, rules)
    yield "reserved-types", lambda draw, record: _with_another_type(draw, record, rules)
    yield "reserved-null", lambda draw, record: _with_null(draw, record, rules)
    yield "reserved-marks", lambda draw, record: _with_another_mark(draw, record, rules)
    if (domain, name) in NEEDS_METADATA:
        yield "metadata-needed", lambda draw, record: ({**record, "fields": _ruled(record, rules)}, "")
    yield "metadata-limits", lambda draw, record: _with_too_many(record, name, rules)


def _with(record: Entry, *more: Entry) -> Entry:
    return {**record, "fields": [*record["fields"], *more]}


def _changed(record: Entry, name: str, **members: Any) -> Entry:
    """A record with members of one field changed, or left out where they are None."""
    fields = [
        {key: value for key, value in {**field, **members}.items() if value is not None}
        if field["name"] == name
        else field
        for field in record["fields"]
    ]
    return {**record, "fields": fields}


def _ruled(record: Entry, rules: Fields) -> list[Entry]:
    """The required and reserved fields that are no metadata."""
    return [each for each in record["fields"] if each["name"] in rules and not rules[each["name"]].metadata]


def _kind(field: Entry) -> str:
    listed = field["type"]
    return listed if isinstance(listed, str) else next(each for each in listed if each != "null")


def _not_a_record(draw: st.DrawFn, record: Entry) -> tuple[Entry, str]:
    wrong = {"type": ["enum", "Record"], "name": ["Interaction", record["name"].upper()], "fields": [[], None, {}]}
    member = draw(st.sampled_from(list(wrong)))
    return {**record, member: draw(st.sampled_from(wrong[member]))}, ""


def _with_a_type(draw: st.DrawFn, record: Entry) -> tuple[Entry, str]:
    nested = {"type": "array", "items": "string"}
    types = ["bytes", "timestamp", "null", [], ["int", "string"], ["null", "int", "string"], nested, ["null", nested]]
    return _with(record, {"name": ADDED, "type": draw(st.sampled_from(types))}), ADDED


def _with_a_name(draw: st.DrawFn, record: Entry) -> tuple[Entry, str]:
    name = draw(st.sampled_from(["", "1ST", "IN-STOCK", "IN STOCK", "PRICE.EUR", "Größe", "A" * 151]))
    return _with(record, {"name": name, "type": ["null", "int"]}), name


def _with_a_name_twice(draw: st.DrawFn, record: Entry) -> tuple[Entry, str]:
    name = draw(st.sampled_from([field["name"] for field in record["fields"]]))
    other = draw(st.sampled_from([name, name.lower(), "_" + name, name + "_"]))
    return _with(record, {"name": other, "type": ["null", "int"]}), other


def _with_marks(draw: st.DrawFn, record: Entry) -> tuple[Entry, str]:
    fields: list[Entry] = [
        {"type": "int", "categorical": True},
        {"type": "string", "categorical": "true"},
        {"type": "string", "categorical": True, "textual": True},
    ]
    return _with(record, {"name": ADDED, **draw(st.sampled_from(fields))}), ADDED


def _with_marked(record: Entry, name: str, mark: str) -> tuple[Entry, str]:
    """One marked field where there may be none, two where there may be one."""
    fields = [{"name": ADDED + number, "type": "string", mark: True} for number in ("1", "2")]
    return _with(record, *(fields if name == "Items" else fields[:1])), ""


def _without_required(draw: st.DrawFn, record: Entry, rules: Fields) -> tuple[Entry, str]:
    name = draw(st.sampled_from([each for each, rule in rules.items() if rule.required]))
    return {**record, "fields": [field for field in record["fields"] if field["name"] != name]}, name


def _with_another_type(draw: st.DrawFn, record: Entry, rules: Fields) -> tuple[Entry, str]:
    fields = [each for each in record["fields"] if each["name"] in rules and not {"categorical", "textual"} & {*each}]
    field = draw(st.sampled_from(fields))
    others = [each for each in ("string", "int", "double", "boolean") if each != _kind(field)]
    return _changed(record, field["name"], type=draw(st.sampled_from(others))), field["name"]


def _with_null(draw: st.DrawFn, record: Entry, rules: Fields) -> tuple[Entry, str]:
    fields = [each for each in record["fields"] if each["name"] in rules and not rules[each["name"]].nullable]
    field = draw(st.sampled_from(fields))
    return _changed(record, field["name"], type=["null", _kind(field)]), field["name"]


def _with_another_mark(draw: st.DrawFn, record: Entry, rules: Fields) -> tuple[Entry, str]:
    """A categorical field is not marked so, or another text is."""
    texts = [each for each in _ruled(record, rules) if _kind(each) == "string" and "textual" not in each]
    field = draw(st.sampled_from(texts))
    mark = None if "categorical" in field else True
    return _changed(record, field["name"], categorical=mark), field["name"]


def _with_too_many(record: Entry, name: str, rules: Fields) -> tuple[Entry, str]:
    count = QUOTAS[METADATA_QUOTAS[name]] + 1
    extra = [{"name": f"{ADDED}_{number}", "type": "int"} for number in range(count)]
    return {**record, "fields": [*_ruled(record, rules), *extra]}, extra[-1]["name"]
