"""Schemas to begin with: one of Interactions, Items and Users each."""

from __future__ import annotations

import json
from typing import Any

from simulator.data.schemas import AvroSchema, parse_schema
from simulator.quotas import Quotas


def record(name: str, *fields: dict[str, Any]) -> dict[str, Any]:
    """The Avro record of that name and those fields, as a document."""
    return {
        "type": "record",
        "name": name,
        "namespace": "com.amazonaws.personalize.schema",
        "fields": list(fields),
        "version": "1.0",
    }


_USER = {"name": "USER_ID", "type": "string"}
_ITEM = {"name": "ITEM_ID", "type": "string"}

INTERACTIONS: str = json.dumps(record("Interactions", _USER, _ITEM, {"name": "TIMESTAMP", "type": "long"}))
ITEMS: str = json.dumps(
    record(
        "Items",
        _ITEM,
        {"name": "GENRES", "type": ["null", "string"], "categorical": True},
        {"name": "PRICE", "type": ["null", "float"]},
    )
)
USERS: str = json.dumps(
    record(
        "Users",
        _USER,
        {"name": "AGE", "type": ["null", "int"]},
        {"name": "GENDER", "type": ["null", "string"], "categorical": True},
    )
)


def parsed(schema: str, name: str) -> AvroSchema:
    """A schema of that record name, from its text; raises ValueError for a schema of another.

    Raises ServiceError for a text that is no schema. The rules of domains ask for more, and are not asked here.
    """
    found = parse_schema(schema, Quotas())
    if found.name != name:
        raise ValueError(f"wanted a schema of {name}, not of {found.name}")
    return found
