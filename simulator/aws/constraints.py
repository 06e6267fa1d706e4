"""What the botocore model demands of a request, compiled into checks, and AWS's sentences about what breaks it.

Source: the service models shipped with botocore; the sentences: spec 09 err-013 and the wording that AWS's
services share: public reports of "Member must satisfy constraint: [...]" for elements, "Map keys must satisfy
...".
"""

from __future__ import annotations

import functools
import itertools
import re
import sys
import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

Shape = Any  # one of botocore's shapes; which members it has depends on its type_name
Check = Callable[[object, str, list[str]], None]
_Element = Callable[[object, str, list[str]], bool]
_Scalar = Callable[[object], Sequence[str]]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NUMBER = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?([eE][+-]?\d{1,3})?", re.ASCII)
_MAX_SECONDS = 2**63 // 1000  # what a Java date holds: the services keep milliseconds in 64 bits
_SHOWN_DEPTH = 8
_CONTAINERS = frozenset({"structure", "list", "map"})
_INTEGERS = {"integer": 2**31, "long": 2**63}
_FLOATS = {"float": 3.4028234663852886e38, "double": sys.float_info.max}


def message(problems: Sequence[str]) -> str:
    """The one message that AWS makes of several problems: "2 validation errors detected: ...; ..."."""
    plural = "" if len(problems) == 1 else "s"
    return f"{len(problems)} validation error{plural} detected: {'; '.join(problems)}"


def _sentence(value: object, path: str, constraint: str, hidden: bool = False) -> str:
    shown = " null" if value is None else "" if hidden else f" '{_shown(value)}'"
    return f"Value{shown} at '{path}' failed to satisfy constraint: {constraint}"


def _of_type(shape: Shape) -> str:
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


def _compile_scalar(shape: Shape) -> tuple[_Scalar, list[str]]:
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


def _compile_string(shape: Shape, wrong: tuple[str]) -> tuple[_Scalar, list[str]]:
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


def compile_check(shape: Shape) -> Check:
    """The check of a shape: `check(value, path, out)` adds a sentence to `out` for each fault of a value."""
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


def _compile_structure(shape: Shape) -> Check:
    required = frozenset(shape.required_members)
    members = tuple((name, compile_check(member), name in required) for name, member in shape.members.items())
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


def _compile_element(shape: Shape) -> tuple[_Element, str, _Scalar | None]:
    """A check of an element of a list or map, the sentence where the whole is at fault, and the check of a scalar.

    AWS tells a broken constraint of a scalar for the whole list or map, with all constraints of an element; the
    check answers True then. What is wrong inside a structure, a null or a wrong type it tells by place itself.
    """
    check = compile_check(shape)
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

    return element, f"must satisfy constraint: [{', '.join(constraints)}]", scalar


def _compile_texts(shape: Shape) -> Callable[[list[object]], bool] | None:
    """Whether all elements of a list are plain texts of a length that their shape allows; None if it asks for more."""
    facts = shape.metadata
    if shape.type_name != "string" or facts.get("pattern") is not None or facts.get("enum") is not None:
        return None
    low, high = facts.get("min") or 0, facts.get("max", sys.maxsize)

    def fit(values: list[Any]) -> bool:
        if {*map(type, values)} != {str}:
            return False
        lengths = {*map(len, values)}
        return low <= min(lengths) and max(lengths) <= high and "".join(values).isascii()

    return fit


def _compile_list(shape: Shape) -> Check:
    minimum, maximum = shape.metadata.get("min"), shape.metadata.get("max")
    element, constraint, scalar = _compile_element(shape.member)
    fit = _compile_texts(shape.member)
    wrong, hidden = _of_type(shape), _is_hidden(shape, shape.member)

    def check(value: object, path: str, out: list[str]) -> None:
        if not isinstance(value, list):
            out.append(_sentence(value, path, wrong, hidden))
            return
        failed = [*_outside("length", len(value), minimum, maximum)]
        if (fit is not None and fit(value)) or (scalar is not None and not any(map(scalar, value))):
            faults = 0  # the usual case: no places need be named
        else:
            faults = sum(element(item, f"{path}.{index}.member", out) for index, item in enumerate(value, 1))
        if faults:
            failed.append(f"Member {constraint}")
        out.extend(_sentence(value, path, text, hidden) for text in failed)

    return check


def _compile_map(shape: Shape) -> Check:
    minimum, maximum = shape.metadata.get("min"), shape.metadata.get("max")
    key, key_constraint, _ = _compile_element(shape.key)
    element, constraint, _ = _compile_element(shape.value)
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


def _is_hidden(*shapes: Shape) -> bool:
    """AWS leaves the value of a sensitive member out of its sentence."""
    return any(shape.metadata.get("sensitive") for shape in shapes)


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
