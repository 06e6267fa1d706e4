"""The `properties` of what is put: a JSON object as text, its keys the schema's fields in camel case.

A reader is compiled once a schema, so that a put costs little more than the parsing of its JSON.
Source: the guide, importing items and users individually, recording events; spec 03, sections 3 and 7.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from simulator import errors
from simulator.data.columns import Value
from simulator.data.csv_rows import EXACT, FLOATS, INTEGERS, TEXTS, characters, shortened
from simulator.data.schemas import AvroSchema, Field
from simulator.quotas import Quotas

# The keys that properties of events may not have, in lower case. Source: the API reference, Event, ActionInteraction.
FORBIDDEN_OF_EVENTS = frozenset({"userid", "sessionid", "eventtype", "timestamp", "recommendationid", "impression"})

_WHOLE = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d{1,400}\.?\d{0,400}|\.\d{1,400})([eE][+-]?\d{1,4})?", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")

_Read = Callable[[object, Quotas], Value]


@dataclass(frozen=True, eq=False)
class PropertyReader:
    """What `properties` may hold under a schema.

    `names` are the columns by the keys that may set them, `required` all columns that allow no null.
    """

    names: Mapping[str, str]
    required: tuple[str, ...]
    forbidden: frozenset[str]
    ignores_unknown: bool
    _reads: Mapping[str, _Read]

    def read(self, text: str | None, quotas: Quotas, unknown: list[str] | None = None) -> dict[str, Value]:
        """The columns that a text sets, by their names, none of them to null; of no text, none.

        The keys that are passed over are added to `unknown`.
        Raises `PROPERTIES_NOT_JSON` (err-019), `PROPERTY_FORBIDDEN`, `PROPERTY_UNKNOWN`, `PROPERTY_OF_WRONG_TYPE`,
        `PROPERTY_TOO_LONG`. Columns that must be set are for `require` to see.
        """
        values: dict[str, Value] = {}
        if text is None:
            return values
        for key, given in _decoded(text).items():
            name = self.names.get(key)
            if name is not None:
                if given is not None and given != "":  # an empty text is an absent one
                    values[name] = self._reads[name](given, quotas)
            elif key.lower() in self.forbidden:
                raise errors.PROPERTY_FORBIDDEN(key=key)
            elif not self.ignores_unknown:
                raise errors.PROPERTY_UNKNOWN(key=_shown(key), keys=", ".join(self.names))
            elif unknown is not None:
                unknown.append(_shown(key))
        return values

    def require(self, values: Mapping[str, Value]) -> None:
        """Raises `PROPERTY_MISSING` unless every column that allows no null is set."""
        for name in self.required:
            if values.get(name) is None:
                raise errors.PROPERTY_MISSING(key=camel_case(name), column=name)


@functools.lru_cache(maxsize=256)
def property_reader(
    schema: AvroSchema,
    elsewhere: frozenset[str] = frozenset(),
    *,
    forbidden: frozenset[str] = frozenset(),
    ignores_unknown: bool = False,
) -> PropertyReader:
    """The reader of a schema's properties, but for the columns that are given elsewhere in a request.

    `forbidden` are keys in lower case that may not occur, in whatever case; a column that allows no null is required
    all the same, since another member of the request may set it. A key that is no column's is refused, unless the
    reader ignores those.
    """
    fields = [field for field in schema.fields if field.name not in elsewhere]
    keys = {field.name: camel_case(field.name) for field in fields}
    return PropertyReader(
        names={key: name for name, key in keys.items() if key.lower() not in forbidden},
        required=tuple(field.name for field in fields if not field.nullable),
        forbidden=forbidden,
        ignores_unknown=ignores_unknown,
        _reads={field.name: _reading(field) for field in fields},
    )


def camel_case(column: str) -> str:
    """The key of a column: NUM_RATINGS is numRatings. A word in mixed case keeps it (assumed)."""
    words = [word for word in column.split("_") if word]
    if not words:
        return column
    head, *tail = (word.lower() if word.isupper() else word for word in words)
    return head[0].lower() + head[1:] + "".join(word[0].upper() + word[1:] for word in tail)


def _decoded(text: str) -> dict[str, object]:
    try:
        decoded = _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise errors.PROPERTIES_NOT_JSON() from None
    if not isinstance(decoded, dict):
        raise errors.PROPERTIES_NOT_JSON()
    return decoded


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def _reading(field: Field) -> _Read:
    """A function from a JSON value, neither null nor an empty text, to the column's value."""
    if field.type == "boolean":
        return functools.partial(_boolean, field)
    if field.type in TEXTS:
        return functools.partial(_text, field)
    return functools.partial(_whole if field.type in INTEGERS else _float, field)


def _text(field: Field, given: object, quotas: Quotas) -> Value:
    if not isinstance(given, str):
        raise _wrong(field)
    if _SURROGATE.search(given):
        raise errors.PROPERTIES_NOT_JSON()  # half of a pair, which is no text
    if field.textual:
        given = shortened(given, quotas)
    limit = characters(field, quotas)
    if len(given) > limit:
        raise errors.PROPERTY_TOO_LONG(limit=limit, column=field.name)
    return given


def _boolean(field: Field, given: object, _: Quotas) -> Value:
    if isinstance(given, bool):
        return "true" if given else "false"
    if given in ("true", "false"):
        return str(given)
    raise _wrong(field)


def _whole(field: Field, given: object, _: Quotas) -> Value:
    if isinstance(given, str):
        if not _WHOLE.fullmatch(given):
            raise _wrong(field)
        given = int(given)
    limit = INTEGERS[field.type]
    if not isinstance(given, int) or isinstance(given, bool) or not -limit <= given < limit:
        raise _wrong(field)
    if field.nullable and not -EXACT <= given <= EXACT:
        raise errors.not_simulated(f"whole numbers beyond 2^53 in {field.name}, which may be absent")
    return given


def _float(field: Field, given: object, _: Quotas) -> Value:
    if isinstance(given, str):
        if not _NUMBER.fullmatch(given):
            raise _wrong(field)
        given = float(given)
    if not isinstance(given, (int, float)) or isinstance(given, bool):
        raise _wrong(field)
    most = FLOATS[field.type]
    if not -most <= given <= most or not math.isfinite(given):
        raise _wrong(field)
    return float(given) + 0.0  # -0 becomes 0, which it equals


def _wrong(field: Field) -> errors.ServiceError:
    return errors.PROPERTY_OF_WRONG_TYPE(key=camel_case(field.name), column=field.name, type=field.type)


def _shown(key: str) -> str:
    """A key as an error can show it: without halves of surrogate pairs, and not endless."""
    return _SURROGATE.sub("?", key[:256])
