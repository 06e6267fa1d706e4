"""Avro schemas as Personalize takes them: flat records of a few types, with reserved fields.

Source: the guide's "Datasets and schemas" pages (spec 02, sections 1 and 2).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from simulator import errors
from simulator.quotas import Quotas

PRIMITIVES = ("float", "double", "int", "long", "string", "boolean", "null")

# The record name that a dataset type wants (`Action_Interactions` alone loses its underscore).
RECORD_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "INTERACTIONS": "Interactions",
        "ITEMS": "Items",
        "USERS": "Users",
        "ACTIONS": "Actions",
        "ACTION_INTERACTIONS": "ActionInteractions",
    }
)

_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z\d_]{0,149}")


@dataclass(frozen=True)
class Field:
    """A column of a dataset: its Avro type, whether a value may be absent, and its marks."""

    name: str
    type: str
    nullable: bool
    categorical: bool = False
    textual: bool = False


@dataclass(frozen=True)
class AvroSchema:
    """A schema that has passed the rules: the record's name and its fields, in order."""

    name: str
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field | None:
        """The field of a name, or None."""
        return next((field for field in self.fields if field.name == name), None)


@dataclass(frozen=True)
class _Reserved:
    types: frozenset[str]
    required: bool
    nullable: bool


_STRING = frozenset({"string"})
_RESERVED_INTERACTIONS: Mapping[str, _Reserved] = MappingProxyType(
    {
        "USER_ID": _Reserved(_STRING, True, False),
        "ITEM_ID": _Reserved(_STRING, True, False),
        "TIMESTAMP": _Reserved(frozenset({"long"}), True, False),
        "EVENT_TYPE": _Reserved(_STRING, False, True),
        "EVENT_VALUE": _Reserved(frozenset({"float", "double"}), False, True),
        "IMPRESSION": _Reserved(_STRING, False, True),
        "RECOMMENDATION_ID": _Reserved(_STRING, False, True),
        "EVENT_ATTRIBUTION_SOURCE": _Reserved(_STRING, False, True),
    }
)


def parse_schema(text: str, quotas: Quotas) -> AvroSchema:
    """The schema of an Avro JSON text.

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
    listed = document.get("fields")
    if not isinstance(listed, list) or not listed:
        raise _invalid("it must have a list of fields")
    schema = AvroSchema(name, tuple(_field(entry) for entry in listed))
    _check_names(schema)
    if name == "Interactions":
        _check_interactions(schema, quotas)
    return schema


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
    for mark in ("categorical", "textual"):
        if not isinstance(entry.get(mark, False), bool):
            raise _invalid(f"field {name} must have true or false for {mark}")
        if entry.get(mark) and values[0] != "string":
            raise _invalid(f"field {name} is marked {mark}, so its type must be string")
    return Field(
        name=name,
        type=values[0],
        nullable=len(types) == 2,
        categorical=entry.get("categorical", False),
        textual=entry.get("textual", False),
    )


def _check_names(schema: AvroSchema) -> None:
    """Names must differ in their letters and digits alone: GENRES_1 and GENRES1 clash."""
    taken: dict[str, str] = {}
    for field in schema.fields:
        letters = field.name.replace("_", "")
        if letters in taken:
            raise _invalid(f"the fields {taken[letters]} and {field.name} have the same alphanumeric characters")
        taken[letters] = field.name


def _check_interactions(schema: AvroSchema, quotas: Quotas) -> None:
    for name, reserved in _RESERVED_INTERACTIONS.items():
        field = schema.field(name)
        if field is None:
            if reserved.required:
                raise _invalid(f"the required field {name} is missing")
            continue
        if field.type not in reserved.types or (field.nullable and not reserved.nullable):
            raise _invalid(f"the reserved field {name} must have the type {' or '.join(sorted(reserved.types))}")
        if field.categorical:
            raise _invalid(f"the reserved field {name} must not be categorical")
    metadata = [field.name for field in schema.fields if field.name not in _RESERVED_INTERACTIONS]
    limit = quotas["metadata_columns_of_interactions"]
    if len(metadata) > limit:
        raise _invalid(f"it has {len(metadata)} metadata fields; at most {limit} are allowed")


def _invalid(why: str) -> errors.ServiceError:
    return errors.SCHEMA_INVALID(why=why)
