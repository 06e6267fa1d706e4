"""Avro schemas as Personalize takes them: flat records of a few types, with required and reserved fields.

Source: the guide's page "Creating schema JSON files" (spec 02, sections 1 to 4); the fields of each domain and type
stand in `schema_rules`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from simulator import errors
from simulator.data.schema_rules import FIELDS, METADATA_QUOTAS, NEEDS_METADATA, RECORD_NAMES, FieldRule, Fields
from simulator.quotas import Quotas

PRIMITIVES = ("float", "double", "int", "long", "string", "boolean", "null")
NUMBERS = frozenset({"float", "double", "int", "long"})
MARKS = ("categorical", "textual", "itemName")

_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z\d_]{0,149}", re.ASCII)


@dataclass(frozen=True)
class Field:
    """A column of a dataset: its Avro type, whether a value may be absent, and its marks."""

    name: str
    type: str
    nullable: bool
    categorical: bool = False
    textual: bool = False
    item_name: bool = False


@dataclass(frozen=True)
class AvroSchema:
    """A schema that has passed the rules: the record's name and its fields, in order."""

    name: str
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field | None:
        """The field of a name, or None."""
        return next((field for field in self.fields if field.name == name), None)


def parse_schema(text: str, quotas: Quotas, domain: str | None = None) -> AvroSchema:
    """The schema of an Avro JSON text for a domain, or for Custom dataset groups.

    Raises ServiceError (`SCHEMA_NOT_JSON`, `SCHEMA_INVALID`) with a message that names the field at fault.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise errors.SCHEMA_NOT_JSON(why=str(fault) or "it is nested too deeply") from None
    if not isinstance(document, dict):
        raise _invalid("it must be a JSON object")
    if document.get("type") != "record":
        raise _invalid("its type must be record")
    name = document.get("name")
    if not isinstance(name, str) or name not in RECORD_NAMES.values():
        raise _invalid(f"its name must be one of {', '.join(RECORD_NAMES.values())}, not {name!r}")
    rules = FIELDS.get((domain, name))
    if rules is None:
        raise _invalid(f"the domain {domain} has no {name} datasets")
    listed = document.get("fields")
    if not isinstance(listed, list) or not listed:
        raise _invalid("it must have a list of fields")
    schema = AvroSchema(name, tuple(_field(entry) for entry in listed))
    _check_names(schema)
    _check_marks(schema, quotas)
    for field_name, rule in rules.items():
        _check_field(schema.field(field_name), field_name, rule)
    _check_metadata(schema, rules, domain, quotas)
    return schema


def why_not_replaced(old: AvroSchema, new: AvroSchema) -> str | None:
    """Why a schema cannot take the place of another under a dataset's data, or None if it can.

    Source: the guide's page "Replacing a dataset's schema".
    """
    for field in old.fields:
        kept = new.field(field.name)
        if kept is None:
            return f"the field {field.name} is missing"
        if kept != field:
            return f"the field {field.name} has another type or other attributes"
    for field in new.fields:
        if old.field(field.name) is None and not field.nullable:
            return f"the new field {field.name} does not allow null"
    return None


def _field(entry: object) -> Field:
    if not isinstance(entry, dict):
        raise _invalid("every field must be a JSON object")
    name = entry.get("name")
    if not isinstance(name, str) or not _FIELD_NAME.fullmatch(name):
        raise _invalid(f"{name!r} is not a field name")
    listed = entry.get("type")
    types = listed if isinstance(listed, list) else [listed]
    for each in types:
        if each not in PRIMITIVES:
            raise _invalid(f"field {name} has the type {each!r}; it must be one of {', '.join(PRIMITIVES)}")
    values = [str(each) for each in types if each != "null"]
    if len(values) != 1 or len(types) > 2:
        raise _invalid(f"field {name} must have one type, or a union of one type and null")
    marks = {mark: entry.get(mark, False) for mark in MARKS}
    for mark, value in marks.items():
        if not isinstance(value, bool):
            raise _invalid(f"field {name} must have true or false for {mark}")
        if value and values[0] != "string":
            raise _invalid(f"field {name} is marked {mark}, so its type must be string")
    if marks["categorical"] and marks["textual"]:
        raise _invalid(f"field {name} must not be both categorical and textual")
    return Field(name, values[0], len(types) == 2, marks["categorical"], marks["textual"], marks["itemName"])


def _check_names(schema: AvroSchema) -> None:
    """Names must differ in their letters and digits alone: GENRES_1 and GENRES1 clash."""
    taken: dict[str, str] = {}
    for field in schema.fields:
        letters = field.name.replace("_", "").upper()
        if letters in taken:
            raise _invalid(f"the fields {taken[letters]} and {field.name} have the same alphanumeric characters")
        taken[letters] = field.name


def _check_marks(schema: AvroSchema, quotas: Quotas) -> None:
    """Texts and the names of items are for Items, and few."""
    for mark, limit, names in (
        ("textual", quotas["textual_columns_of_items"], [field.name for field in schema.fields if field.textual]),
        ("itemName", 1, [field.name for field in schema.fields if field.item_name]),
    ):
        if names and schema.name != "Items":
            raise _invalid(f"field {names[0]} is marked {mark}, which is for Items schemas only")
        if len(names) > limit:
            raise _invalid(f"field {names[limit]} is one too many marked {mark}; the limit is {limit}")


def _check_field(field: Field | None, name: str, rule: FieldRule) -> None:
    """A required field is there, and a required or reserved one is what it must be."""
    kind = "required" if rule.required else "reserved"
    if field is None:
        if rule.required:
            raise _invalid(f"the required field {name} is missing")
        return
    if field.type != rule.type:
        raise _invalid(f"the {kind} field {name} must have the type {rule.type}")
    if field.nullable and not rule.nullable:
        raise _invalid(f"the {kind} field {name} must have the type {rule.type}, without null")
    for mark, wanted, found in (
        ("categorical", rule.categorical, field.categorical),
        ("textual", rule.textual, field.textual),
    ):
        if found is not wanted:
            raise _invalid(f"the {kind} field {name} must {'' if wanted else 'not '}be {mark}")


def _check_metadata(schema: AvroSchema, rules: Fields, domain: str | None, quotas: Quotas) -> None:
    """Neither too few nor too many fields of the user's own."""
    own = [field for field in schema.fields if field.name not in rules or rules[field.name].metadata]
    limit = quotas[METADATA_QUOTAS[schema.name]]
    if len(own) > limit:
        raise _invalid(
            f"it has {len(own)} metadata fields; at most {limit} are allowed, and {own[limit].name} is one too many"
        )
    if (domain, schema.name) in NEEDS_METADATA and not _any_for_training(own):
        texts = ", a string marked textual" if schema.name == "Items" else ""
        raise _invalid(f"it must have a metadata field: a number{texts} or a string marked categorical")


def _any_for_training(fields: Sequence[Field]) -> bool:
    return any(field.type in NUMBERS or field.categorical or field.textual for field in fields)


def _invalid(why: str) -> errors.ServiceError:
    return errors.SCHEMA_INVALID(why=why)
