"""Values of a schema's fields, as cells of a data frame and as `properties` of what is put."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from hypothesis import strategies as st

from simulator.data.csv_rows import EXACT
from simulator.data.properties import FORBIDDEN_OF_EVENTS, camel_case
from simulator.data.schema_rules import FIELDS
from simulator.data.schemas import Field

_RESERVED = FIELDS[None, "Interactions"]

# What stands in texts and ids: neither quotes, backslashes nor ends of lines, which CSV files would have to escape, nor
# the | between categories.
_CHARACTERS = st.characters(codec="utf-8", categories=("L", "N", "P", "S"), exclude_characters="\"'\\|,")

# Nor the reserved keywords, which must not be values.
TEXTS = st.text(_CHARACTERS, min_size=1, max_size=12).filter(lambda text: text.upper() not in _RESERVED)
_CATEGORIES = st.lists(TEXTS, min_size=1, max_size=3, unique=True).map("|".join)
SECONDS = st.integers(1_400_000_000, 1_600_000_000)


def field_values(field: Field) -> st.SearchStrategy[Any]:
    """Values of a field, none of them absent: texts, ints, floats, and booleans as `bool`."""
    if field.name.endswith("TIMESTAMP"):
        return SECONDS
    if field.type == "boolean":
        return st.booleans()
    if field.type == "int":
        return st.integers(-(2**31), 2**31 - 1)
    if field.type == "long":
        return st.integers(-EXACT, EXACT)
    if field.type in ("float", "double"):
        return st.floats(allow_nan=False, allow_infinity=False, width=32 if field.type == "float" else 64)
    return _CATEGORIES if field.categorical else TEXTS


def wrong_values(field: Field) -> st.SearchStrategy[Any]:
    """Values that no `properties` may have for a field."""
    wrong = {"string": [7, True, ["x"]], "boolean": ["yes", 1], "int": ["x", 1.5, 2**31], "long": ["x", 1.5, 2**63]}
    return st.sampled_from(wrong.get(field.type, ["x", True, []]))


def keys(fields: Iterable[Field]) -> dict[str, Field]:
    """Fields by their keys in `properties`, but for those that events must set otherwise."""
    named = {camel_case(field.name): field for field in fields}
    return {key: field for key, field in named.items() if key.lower() not in FORBIDDEN_OF_EVENTS}


def properties(fields: Sequence[Field], most: int) -> st.SearchStrategy[str]:
    """JSON texts that set all fields which allow no null, and some of the others, in so many characters."""
    made = {key: (field, field_values(field)) for key, field in keys(fields).items()}
    needed = {key: value for key, (field, value) in made.items() if not field.nullable}
    optional = {key: value for key, (field, value) in made.items() if field.nullable}
    texts = st.fixed_dictionaries(needed, optional=optional).map(json.dumps)
    return texts.filter(lambda text: len(text) <= most)


def changed(text: str | None, change: Callable[[dict[str, Any]], dict[str, Any]]) -> str:
    """A text of properties with a change made to them; of no text, to none."""
    return json.dumps(change(json.loads(text or "{}")))
