"""Requests and answers of the three services, exactly as the botocore model on the machine describes them.

An `Operation` checks a decoded JSON request, turns its timestamps into microseconds, and writes answers and
errors in the protocol of its service. Everything is compiled once per operation from the model; nothing of the
model is repeated here.

Source: the service models shipped with botocore; for the sentences spec 09 err-013 and, where Personalize has
not been seen (elements of lists and maps, sensitive values), those of other AWS services in public reports.
"""

from __future__ import annotations

import functools
import itertools
import json
import re
import sys
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel

SERVICES = ("personalize", "personalize-events", "personalize-runtime")

# Errors which no operation declares and every operation may answer.
COMMON_ERRORS = frozenset(
    {"AccessDeniedException", "ThrottlingException", "UnknownOperationException", "ValidationException"}
)

Answer = tuple[int, dict[str, str], bytes]
_Shape = Any  # one of botocore's shapes; which members it has depends on its type_name
_Check = Callable[[object, str, list[str]], None]
_Element = Callable[[object, str, list[str]], bool]
_Scalar = Callable[[object], Sequence[str]]
_Rewrite = Callable[[Any], Any]
_Write = Callable[[object, str], object]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NUMBER = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?([eE][+-]?\d{1,3})?", re.ASCII)
_MAX_SECONDS = 2**63 // 1000  # what a Java date holds: the services keep milliseconds in 64 bits
_SHOWN_DEPTH = 8
_CONTAINERS = frozenset({"structure", "list", "map"})
_INTEGERS = {"integer": 2**31, "long": 2**63}
_FLOATS = {"float": 3.4028234663852886e38, "double": sys.float_info.max}


class ModelMismatch(AssertionError):
    """An answer of ours is not what the service model describes: our mistake, not the user's."""


class MalformedBody(ValueError):
    """The body of a request is not JSON that a service could read; its text says why."""


def decode(body: bytes) -> object:
    """The JSON value of a request's body; an empty body is an empty object.

    Raises MalformedBody for what is not JSON (NaN and Infinity included), not UTF-8, or nested too deeply.
    """
    if not body:
        return {}
    try:
        return _DECODER.decode(body.decode())
    except RecursionError:
        raise MalformedBody("nested too deeply") from None
    except ValueError as error:
        raise MalformedBody(str(error)) from None


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)


# --- sentences ---------------------------------------------------------------------------------------------


def message(problems: Sequence[str]) -> str:
    """The one message that AWS makes of several problems: "2 validation errors detected: ...; ..."."""
    plural = "" if len(problems) == 1 else "s"
    return f"{len(problems)} validation error{plural} detected: {'; '.join(problems)}"


def _sentence(value: object, path: str, constraint: str, hidden: bool = False) -> str:
    shown = " null" if value is None else "" if hidden else f" '{_shown(value)}'"
    return f"Value{shown} at '{path}' failed to satisfy constraint: {constraint}"


def _of_type(shape: _Shape) -> str:
    """The constraint that a value of a wrong JSON type breaks (assumed: no wording has been seen)."""
    name = {"structure": "Structure", "float": "Float", "double": "Double"}.get(shape.type_name)
    return f"Member must be of type {name or shape.type_name.capitalize()}"


def _shown(value: object, depth: int = 0) -> str:
    """A value as the services' own language prints it: [a, b], {key=value}, true, null."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value) if value.bit_length() < 4096 else hex(value)  # str() refuses very long integers
    if isinstance(value, (list, dict)) and depth >= _SHOWN_DEPTH:
        return "..."
    if isinstance(value, list):
        return "[" + ", ".join(_shown(item, depth + 1) for item in value) + "]"
    if isinstance(value, dict):
        items = (f"{_shown(key, depth + 1)}={_shown(item, depth + 1)}" for key, item in value.items())
        return "{" + ", ".join(items) + "}"
    return str(value).encode("utf-8", "backslashreplace").decode()  # a lone surrogate would break the answer


def _is_text(value: str) -> bool:
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)


# --- patterns ----------------------------------------------------------------------------------------------


@functools.cache
def compile_pattern(pattern: str, ascii_only: bool = False) -> re.Pattern[str]:
    """A pattern of the model, which is a Java one, for Python's `re` (use `fullmatch`, as AWS does).

    With `ascii_only` it is right for ASCII text alone, and much cheaper to make where it names letters.
    Raises ValueError for Java syntax that is not translated, rather than match something else.
    """
    out: list[str] = []
    in_class = False
    for token in re.findall(r"\\[pP]\{\w+\}|\\.|&&|.", pattern, re.DOTALL):
        if token[:2] in (r"\p", r"\P"):
            ranges = _category(token, 0x80 if ascii_only else 0x40000)
            out.append(ranges if in_class else f"[{ranges}]")
        elif token == "&&" or (token == "[" and in_class):
            raise ValueError(f"Java's nested character classes are not translated: {pattern}")
        elif token == "." and not in_class:
            out.append("[^\n\r\u0085\u2028\u2029]")  # what Java's dot leaves out
        else:
            in_class = token == "[" or (in_class and token != "]")
            out.append(token)
    return re.compile("".join(out), re.ASCII)  # \d and \w are ASCII in Java


def _category(token: str, end: int) -> str:
    """What Java's ASCII or one-letter Unicode category (L, N, Z, ...) is inside of a character class."""
    name = token[3:-1]
    if token == r"\p{ASCII}":
        return r"\x00-\x7f"
    if token[1] == "P" or len(name) != 1:
        raise ValueError(f"the character class {token} is not translated")
    # Planes 4 to 16 hold neither letters nor numbers nor separators, hence the end at 0x40000.
    inside = (unicodedata.category(chr(point))[0] == name for point in range(end))
    ranges: list[str] = []
    first = 0
    for is_in, run in itertools.groupby(inside):
        last = first + sum(1 for _ in run) - 1
        if is_in:
            ranges.append(f"\\U{first:08x}-\\U{last:08x}")
        first = last + 1
    return "".join(ranges)


# --- checking requests -------------------------------------------------------------------------------------


def _compile_scalar(shape: _Shape) -> tuple[_Scalar, list[str]]:
    """A function from a value to the constraints that it breaks, and the list of all constraints."""
    facts = shape.metadata
    wrong = (_of_type(shape),)
    minimum, maximum = facts.get("min"), facts.get("max")
    if shape.type_name == "string":
        return _compile_string(shape, wrong)
    if shape.type_name == "boolean":
        return lambda value: () if isinstance(value, bool) else wrong, []
    if shape.type_name == "timestamp":
        return lambda value: () if microseconds(value) is not None else wrong, []
    constraints = _bounds("value", minimum, maximum)
    integral = shape.type_name in _INTEGERS
    limit = _INTEGERS[shape.type_name] if integral else _FLOATS[shape.type_name]
    types = int if integral else (int, float)

    def number(value: object) -> Sequence[str]:
        if isinstance(value, bool) or not isinstance(value, types):
            return wrong
        if not (-limit <= value < limit if integral else -limit <= value <= limit):
            return wrong
        return _outside("value", value, minimum, maximum)

    return number, constraints


def _compile_string(shape: _Shape, wrong: tuple[str]) -> tuple[_Scalar, list[str]]:
    facts = shape.metadata
    minimum, maximum = facts.get("min"), facts.get("max")
    low, high = minimum or 0, sys.maxsize if maximum is None else maximum
    pattern, values = facts.get("pattern"), facts.get("enum")
    in_pattern = f"Member must satisfy regular expression pattern: {pattern}"
    in_values = f"Member must satisfy enum value set: [{', '.join(values or ())}]"
    allowed = frozenset(values or ())

    def matches(value: str) -> bool:
        return compile_pattern(pattern, value.isascii()).fullmatch(value) is not None

    def string(value: object) -> Sequence[str]:
        if not isinstance(value, str) or not _is_text(value):
            return wrong
        length = len(value)
        failed = () if low <= length <= high else _outside("length", length, minimum, maximum)
        # These patterns can take quadratic time, so a value that is far too long is only told so.
        if pattern is not None and length <= max(high, 512) and not matches(value):
            failed = (*failed, in_pattern)
        if values is not None and value not in allowed:
            failed = (*failed, in_values)
        return failed

    constraints = _bounds("length", minimum, maximum)
    constraints += [in_pattern] if pattern is not None else []
    constraints += [in_values] if values is not None else []
    return string, constraints


def _bounds(what: str, minimum: float | None, maximum: float | None) -> list[str]:
    upper = [] if maximum is None else [f"Member must have {what} less than or equal to {maximum}"]
    return upper + ([] if minimum is None else [f"Member must have {what} greater than or equal to {minimum}"])


def _outside(what: str, value: float, minimum: float | None, maximum: float | None) -> tuple[str, ...]:
    if maximum is not None and value > maximum:
        return tuple(_bounds(what, None, maximum))
    return tuple(_bounds(what, minimum, None)) if minimum is not None and value < minimum else ()


def _compile_check(shape: _Shape) -> _Check:
    if shape.type_name == "structure":
        return _compile_structure(shape)
    if shape.type_name == "list":
        return _compile_list(shape)
    if shape.type_name == "map":
        return _compile_map(shape)
    scalar, _ = _compile_scalar(shape)
    hidden = _is_hidden(shape)

    def check(value: object, path: str, out: list[str]) -> None:
        if failed := scalar(value):
            out.extend(_sentence(value, path, constraint, hidden) for constraint in failed)

    return check


def _compile_structure(shape: _Shape) -> _Check:
    required = frozenset(shape.required_members)
    members = tuple((name, _compile_check(member), name in required) for name, member in shape.members.items())
    wrong = _of_type(shape)

    def check(value: object, path: str, out: list[str]) -> None:
        if not isinstance(value, dict):
            out.append(_sentence(value, path, wrong))
            return
        prefix = path + "." if path else ""
        get = value.get
        for name, member, needed in members:
            item = get(name)
            if item is not None:
                member(item, prefix + name, out)
            elif needed:
                out.append(_sentence(None, prefix + name, "Member must not be null"))

    return check


def _compile_element(shape: _Shape) -> tuple[_Element, str]:
    """A check of an element of a list or map, and the sentence where the whole is at fault.

    AWS tells a broken constraint of a scalar for the whole list or map, with all constraints of an element; the
    check answers True then. What is wrong inside a structure, a null or a wrong type it tells by place itself.
    """
    check = _compile_check(shape)
    wrong = _of_type(shape)
    scalar, constraints = (None, []) if shape.type_name in _CONTAINERS else _compile_scalar(shape)

    def element(item: object, place: str, out: list[str]) -> bool:
        if item is None:
            out.append(_sentence(None, place, "Member must not be null"))
        elif scalar is None:
            check(item, place, out)
        elif failed := scalar(item):
            if failed[0] != wrong:
                return True
            check(item, place, out)
        return False

    return element, f"must satisfy constraint: [{', '.join(constraints)}]"


def _compile_list(shape: _Shape) -> _Check:
    minimum, maximum = shape.metadata.get("min"), shape.metadata.get("max")
    element, constraint = _compile_element(shape.member)
    wrong, hidden = _of_type(shape), _is_hidden(shape, shape.member)

    def check(value: object, path: str, out: list[str]) -> None:
        if not isinstance(value, list):
            out.append(_sentence(value, path, wrong, hidden))
            return
        failed = [*_outside("length", len(value), minimum, maximum)]
        if sum(element(item, f"{path}.{index}.member", out) for index, item in enumerate(value, 1)):
            failed.append(f"Member {constraint}")
        out.extend(_sentence(value, path, text, hidden) for text in failed)

    return check


def _compile_map(shape: _Shape) -> _Check:
    minimum, maximum = shape.metadata.get("min"), shape.metadata.get("max")
    key, key_constraint = _compile_element(shape.key)
    element, constraint = _compile_element(shape.value)
    wrong, hidden = _of_type(shape), _is_hidden(shape, shape.key, shape.value)

    def check(value: object, path: str, out: list[str]) -> None:
        if not isinstance(value, dict):
            out.append(_sentence(value, path, wrong, hidden))
            return
        failed = [*_outside("length", len(value), minimum, maximum)]
        if sum(key(name, f"{path}.key", out) for name in value):
            failed.append(f"Map keys {key_constraint}")
        if sum(element(item, f"{path}.{_shown(name)}.member", out) for name, item in value.items()):
            failed.append(f"Map value {constraint}")
        out.extend(_sentence(value, path, text, hidden) for text in failed)

    return check


def _is_hidden(*shapes: _Shape) -> bool:
    """AWS leaves the value of a sensitive member out of its sentence."""
    return any(shape.metadata.get("sensitive") for shape in shapes)


def _compile_unknown(shape: _Shape) -> _Check | None:
    """A walk that lists members which the model does not have; None where there can be none."""
    if shape.type_name == "list":
        if (element := _compile_unknown(shape.member)) is None:
            return None

        def walk_list(value: object, path: str, out: list[str]) -> None:
            if isinstance(value, list):
                for index, item in enumerate(value, 1):
                    element(item, f"{path}.{index}.member", out)

        return walk_list
    if shape.type_name == "map":
        if (inner := _compile_unknown(shape.value)) is None:
            return None

        def walk_map(value: object, path: str, out: list[str]) -> None:
            if isinstance(value, dict):
                for name, item in value.items():
                    inner(item, f"{path}.{_shown(name)}.member", out)

        return walk_map
    if shape.type_name != "structure":
        return None
    members = {name: _compile_unknown(member) for name, member in shape.members.items()}

    def walk(value: object, path: str, out: list[str]) -> None:
        if isinstance(value, dict):
            prefix = path + "." if path else ""
            for name, item in value.items():
                if name not in members:
                    out.append(prefix + _shown(name))
                elif (member := members[name]) is not None:
                    member(item, prefix + name, out)

    return walk


# --- timestamps --------------------------------------------------------------------------------------------


def microseconds(value: object) -> int | None:
    """Microseconds since 1970 of a wire timestamp, or None where it is not one.

    Takes epoch seconds, as a number or a string, and ISO 8601 strings (in UTC where they name no zone).
    """
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            try:
                moment = datetime.fromisoformat(value)
                moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
                return (moment - _EPOCH) // _MICROSECOND
            except (ValueError, OverflowError):
                return None
        value = int(value) if value.lstrip("+-").isdigit() else float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if not -_MAX_SECONDS <= value <= _MAX_SECONDS:  # NaN fails this as well
        return None
    return value * 1_000_000 if isinstance(value, int) else round(value * 1_000_000)


def _compile_parse(shape: _Shape) -> _Rewrite | None:
    """A function that replaces the timestamps in a checked value; None where there are none."""
    if shape.type_name == "timestamp":
        return microseconds
    if shape.type_name == "list":
        element = _compile_parse(shape.member)
        return element and (lambda value: [element(item) for item in value])
    if shape.type_name == "map":
        inner = _compile_parse(shape.value)
        return inner and (lambda value: {name: inner(item) for name, item in value.items()})
    if shape.type_name != "structure":
        return None
    compiled = ((name, _compile_parse(member)) for name, member in shape.members.items())
    members = tuple((name, parse) for name, parse in compiled if parse is not None)

    def structure(value: dict[str, Any]) -> dict[str, Any]:
        value = dict(value)
        for name, parse in members:
            if (item := value.get(name)) is not None:
                value[name] = parse(item)
        return value

    return structure if members else None


# --- writing answers ---------------------------------------------------------------------------------------

_WRITTEN_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "timestamp": int,
    "float": (int, float),
    "double": (int, float),
    "list": (list, tuple),
    "map": dict,
    "structure": dict,
}
# The usual values, told by their exact type: a call less for each of many scores.
_AS_IT_IS: dict[str, tuple[type, ...]] = {"string": (str,), "integer": (int,), "double": (float,)}


def _compile_write(shape: _Shape) -> _Write:
    """A function from a value of ours to the JSON value of the wire."""
    kind = shape.type_name
    types = _WRITTEN_TYPES[kind]

    def expect(value: object, path: str) -> Any:
        if not isinstance(value, types) or (isinstance(value, bool) and kind != "boolean"):
            raise ModelMismatch(f"{path or 'the answer'} is a {kind}, not {value!r}")
        return value

    if kind == "structure":
        members = {
            name: (_AS_IT_IS.get(member.type_name, ()), _compile_write(member))
            for name, member in shape.members.items()
        }

        def structure(value: object, path: str) -> object:
            out = {}
            for name, item in expect(value, path).items():
                if name not in members:
                    raise ModelMismatch(f"{shape.name} has no member {name!r}")
                as_it_is, write = members[name]
                if type(item) in as_it_is:
                    out[name] = item
                elif item is not None:
                    out[name] = write(item, name)
            return out

        return structure
    if kind == "list":
        element = _compile_write(shape.member)
        return lambda value, path: [element(item, path) for item in expect(value, path)]
    if kind == "map":
        inner = _compile_write(shape.value)
        key = _compile_write(shape.key)
        return lambda value, path: {
            key(name, path): inner(item, path) for name, item in expect(value, path).items()
        }
    if kind == "timestamp":
        return lambda value, path: expect(value, path) // 1000 / 1000  # milliseconds, as AWS keeps them
    return expect


# --- operations --------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, slots=True)
class Operation:
    """One operation of one service: what it takes, what it answers, which errors it declares.

    `errors` maps each declared error code to the HTTP status that it travels with.
    """

    service: str
    name: str
    protocol: str
    method: str
    path: str
    errors: Mapping[str, int]
    _check: _Check
    _unknown: _Check | None
    _parse: _Rewrite | None
    _write: _Write | None

    @property
    def content_type(self) -> str:
        """The Content-Type of its answers."""
        return _content_type(self.protocol)

    def problems(self, request: object) -> list[str]:
        """What is wrong with a raw request, a sentence each in AWS's wording; empty where nothing is.

        Never raises, whatever the JSON. Members which the model does not have are left to `unknown`.
        """
        out: list[str] = []
        self._check(request, "", out)
        return out

    def unknown(self, request: object) -> list[str]:
        """Dotted paths of members which the model does not have."""
        out: list[str] = []
        if self._unknown is not None:
            self._unknown(request, "", out)
        return out

    def parse(self, request: dict[str, Any]) -> dict[str, Any]:
        """A request without problems, its timestamps as int microseconds since 1970; the rest is as it came."""
        parsed: dict[str, Any] = request if self._parse is None else self._parse(request)
        return parsed

    def serialise(self, result: dict[str, Any]) -> bytes:
        """The body of an answer: compact JSON, timestamps (int microseconds) as seconds, None left out.

        Raises ModelMismatch for a member or a type which the model does not have.
        """
        if self._write is None:
            if result:
                raise ModelMismatch(f"{self.name} answers nothing, not {sorted(result)}")
            return b""
        try:
            return _ENCODER.encode(self._write(result, "")).encode()
        except (TypeError, ValueError) as error:
            raise ModelMismatch(f"{self.name}: {error}") from error

    def error(self, code: str, message: str) -> Answer:
        """Status, headers and body of an error answer.

        Raises ModelMismatch for a code which is neither declared by the operation nor common to all.
        """
        if code not in self.errors and code not in COMMON_ERRORS:
            raise ModelMismatch(f"{self.name} does not declare {code}")
        return _error_answer(self.protocol, code, message, self.errors.get(code, 400))


def unknown_operation(service: str) -> Answer:
    """The answer to a request that names no operation of the service (spec 09 err-050; status assumed)."""
    protocol = _load(service).metadata["protocol"]
    return _error_answer(protocol, "UnknownOperationException", "", 400 if protocol == "json" else 404)


def _error_answer(protocol: str, code: str, message: str, status: int) -> Answer:
    headers = {"Content-Type": _content_type(protocol)}
    body = {"message": message}
    if protocol == "json":
        body = {"__type": code, **body}
    else:
        headers["x-amzn-ErrorType"] = code
    return status, headers, _ENCODER.encode(body).encode("utf-8", "backslashreplace")


def _content_type(protocol: str) -> str:
    return "application/x-amz-json-1.1" if protocol == "json" else "application/json"


def operation(service: str, name: str) -> Operation | None:
    """The operation of that name ("CreateSchema"), or None; raises ValueError for another service."""
    return _compile(service, name) if name in _load(service).operation_names else None


def operation_for_path(service: str, method: str, path: str) -> Operation | None:
    """The operation which a method and path name ("POST", "/events"), or None.

    The control plane has one path for all operations, so there it is always None: see its X-Amz-Target header.
    """
    name = _paths(service).get((method, path))
    return None if name is None else _compile(service, name)


@functools.cache
def _load(service: str) -> ServiceModel:
    if service not in SERVICES:
        raise ValueError(f"not a service of Amazon Personalize: {service}")
    # Only botocore's own data: models in the user's home directory would change the service under a test.
    loader = Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
    return ServiceModel(loader.load_service_model(service, "service-2"), service)


@functools.cache
def _paths(service: str) -> dict[tuple[str, str], str]:
    model = _load(service)
    if model.metadata["protocol"] == "json":
        return {}
    https = {name: model.operation_model(name).http for name in model.operation_names}
    return {(http["method"], http["requestUri"]): name for name, http in https.items()}


@functools.cache
def _compile(service: str, name: str) -> Operation:
    model: Any = _load(service).operation_model(name)
    protocol = model.service_model.metadata["protocol"]
    errors = {
        shape.error_code: shape.metadata.get("error", {}).get("httpStatusCode", 400)
        for shape in model.error_shapes
    }
    output = model.output_shape
    return Operation(
        service=service,
        name=name,
        protocol=protocol,
        method=model.http["method"],
        path=model.http["requestUri"],
        errors=errors,
        _check=_compile_check(model.input_shape),
        _unknown=_compile_unknown(model.input_shape),
        _parse=_compile_parse(model.input_shape),
        _write=_compile_write(output) if output is not None and output.members else None,
    )
