"""Requests with one place at fault, made from the service model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from string import ascii_lowercase
from typing import Any

from botocore.validate import ParamValidator
from hypothesis import strategies as st

from simulator import errors
from simulator.aws.constraints import Shape, compile_pattern
from simulator.strategies.from_model import Known, input_shape, requests, size, values
from simulator.strategies.invalid import IN_CLIENT, Invalid

Spoil = Callable[[st.DrawFn, Any], Any]

# What a member of another type is given.
_OF_ANOTHER_TYPE = {"string": 7, "boolean": "true", "timestamp": "then"}

# Short texts of these fit no pattern of the model but by chance.
_FOREIGN = st.text("a0 !\né€", max_size=8)

# A pattern that ends so says how long a text may be, and one that is longer breaks it as well.
_BOUNDED = re.compile(r"\{\d*,\d+\}\$?")

_FIRST, _ANY = "[0]", "*"


@dataclass(frozen=True)
class Place:
    """A place of a request's shape at which a constraint can be broken: `spoil` makes a bad value of a valid one.

    `path` leads to the value that is spoilt, by members, `[0]` (the first of a list) and `*` (the value of a map).
    """

    path: tuple[str, ...]
    member: str
    constraint: str
    spoil: Spoil


def invalid_requests(
    service: str, operation: str, *, known: Known | None = None
) -> st.SearchStrategy[Invalid[dict[str, Any]]]:
    """Parameters of an operation with one place at fault, however deep, and how they are refused.

    Every constraint of the service model is broken in its turn: members that are required, unknown or of another type,
    lengths, ranges, patterns and enums. botocore checks the first three and what is too short or small, and raises its
    ParamValidationError; the service refuses the others. The arguments are those of `requests`.

        @given(invalid_requests("personalize", "create_filter"))
        def test_the_client_reports_what_is_refused(invalid):
            with pytest.raises(my_client.Refused) as caught:
                my_client.create_filter(**invalid.value)
            assert caught.value.code == invalid.code
    """
    shape = input_shape(service, operation)
    return faulty(service, shape, requests(service, operation, known=known), known or {})


def faulty(
    service: str, shape: Shape, valid: st.SearchStrategy[dict[str, Any]], known: Known
) -> st.SearchStrategy[Invalid[dict[str, Any]]]:
    """Valid requests, each broken by the model at one place; `known` is for members that have to be added."""
    return spoilt_at(service, shape, list(places(shape, known)), valid, known)


@st.composite
def spoilt_at(
    draw: st.DrawFn,
    service: str,
    shape: Shape,
    among: Sequence[Place],
    valid: st.SearchStrategy[dict[str, Any]],
    known: Known,
) -> Invalid[dict[str, Any]]:
    """Valid requests, each broken at one of some places."""
    place = draw(st.sampled_from(among))
    spoilt = _put(draw, shape, draw(valid), place.path, place.spoil, known)
    return Invalid(spoilt, place.member, place.constraint, _code(service, shape, spoilt))


def _code(service: str, shape: Shape, request: dict[str, Any]) -> str:
    if ParamValidator().validate(request, shape).has_errors():
        return IN_CLIENT
    return errors.NOT_VALID.code if service == "personalize" else errors.NOT_VALID_INPUT.code


def _put(draw: st.DrawFn, shape: Shape, value: Any, path: tuple[str, ...], spoil: Spoil, known: Known) -> Any:
    """A valid value with what stands at a path spoilt; what is not there is added first."""
    if not path:
        return spoil(draw, value)
    head, rest = path[0], path[1:]
    if shape.type_name == "structure":
        inner = shape.members[head]
        given = value[head] if head in value else draw(values(inner, known, head))
        return {**value, head: _put(draw, inner, given, rest, spoil, known)}
    if shape.type_name == "list":
        first, *others = value or [draw(values(shape.member, known))]
        return [_put(draw, shape.member, first, rest, spoil, known), *others]
    entries = _entries(draw, shape, value, known)
    key = next(iter(entries))
    return {**entries, key: _put(draw, shape.value, entries[key], rest, spoil, known)}


def _entries(draw: st.DrawFn, shape: Shape, value: dict[str, Any], known: Known) -> dict[str, Any]:
    """A map with at least one entry."""
    return value or {draw(values(shape.key, known)): draw(values(shape.value, known))}


# --- where a request can be broken -------------------------------------------------------------------------


def places(shape: Shape, known: Known, path: tuple[str, ...] = ()) -> Iterator[Place]:
    """Every place of a shape, and every constraint that can be broken there."""
    member = ".".join(path).replace("." + _FIRST, _FIRST)

    def here(constraint: str, spoil: Spoil, at: str = member) -> Place:
        return Place(path, at, constraint, spoil)

    if path:
        wrong = _OF_ANOTHER_TYPE.get(shape.type_name, "x")
        yield here("type", lambda draw, value: wrong)
    if shape.type_name == "structure":
        prefix = member + "." if member else ""
        for name in shape.required_members:
            yield here("required", _without(name), prefix + name)
        yield here("unknown", lambda draw, value: {**value, "unknown": "x"}, prefix + "unknown")
        for name, inner in shape.members.items():
            yield from places(inner, known, (*path, name))
    elif shape.type_name == "list":
        yield from (here(constraint, spoil) for constraint, spoil in _of_lists(shape, known))
        yield from places(shape.member, known, (*path, _FIRST))
    elif shape.type_name == "map":
        yield from (here(constraint, spoil) for constraint, spoil in _of_maps(shape, known))
        for constraint, spoil in _of_scalars(shape.key):
            yield here(constraint, _with_key(shape, spoil, known), f"keys({member})")
        yield from places(shape.value, known, (*path, _ANY))
    else:
        yield from (here(constraint, spoil) for constraint, spoil in _of_scalars(shape))


def _without(name: str) -> Spoil:
    return lambda draw, value: {each: item for each, item in value.items() if each != name}


def _with_key(shape: Shape, spoil: Spoil, known: Known) -> Spoil:
    """The first key of a map is spoilt."""

    def change(draw: st.DrawFn, value: dict[str, Any]) -> dict[str, Any]:
        (key, item), *others = _entries(draw, shape, value, known).items()
        return {spoil(draw, key): item, **dict(others)}

    return change


def _of_lists(shape: Shape, known: Known) -> Iterator[tuple[str, Spoil]]:
    low, high = size(shape)
    if low:
        yield "min", lambda draw, value: value[: low - 1]
    if "max" in shape.metadata:
        yield "max", lambda draw, value: [*(value or [draw(values(shape.member, known))])[:1]] * (high + 1)


def _of_maps(shape: Shape, known: Known) -> Iterator[tuple[str, Spoil]]:
    if "max" not in shape.metadata:
        return
    # Pairs of letters fit the patterns of all keys.
    keys = ["".join(letters) for letters in islice(product(ascii_lowercase, repeat=2), size(shape)[1] + 1)]
    yield "max", lambda draw, value: dict.fromkeys(keys, next(iter(_entries(draw, shape, value, known).values())))


def _of_scalars(shape: Shape) -> Iterator[tuple[str, Spoil]]:
    if shape.type_name == "string":
        yield from _of_texts(shape)
    elif shape.type_name not in ("boolean", "timestamp"):
        whole = shape.type_name in ("integer", "long")
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if low is not None:
            below = st.integers(low - 1_000, low - 1) if whole else st.floats(low - 1_000, low, exclude_max=True)
            yield "min", lambda draw, value: draw(below)
        if high is not None:
            above = st.integers(high + 1, high + 1_000) if whole else st.floats(high, high + 1_000, exclude_min=True)
            yield "max", lambda draw, value: draw(above)


def _of_texts(shape: Shape) -> Iterator[tuple[str, Spoil]]:
    facts, (low, high) = shape.metadata, size(shape)
    if "enum" in facts:
        allowed = frozenset(facts["enum"])
        others = st.sampled_from([each.swapcase() for each in facts["enum"]]) | st.text("AZ_", min_size=1, max_size=8)
        yield "enum", lambda draw, value: draw(others.filter(lambda text: text not in allowed))
        return
    if low:
        yield "min", lambda draw, value: value[: low - 1]
    pattern = facts.get("pattern")
    if "max" in facts and (pattern is None or not _BOUNDED.search(pattern)):
        yield "max", lambda draw, value: _lengthened(value, high + 1, pattern)
    if pattern is not None:
        matches = compile_pattern(pattern).fullmatch
        foreign = _FOREIGN.filter(lambda text: low <= len(text) <= high and not matches(text))
        yield "pattern", lambda draw, value: draw(foreign)


def _lengthened(text: str, length: int, pattern: str | None) -> str:
    """A text with one of its characters repeated, the last that its pattern lets, up to a length."""
    if pattern is None or not text:
        return text.ljust(length, "x")
    matches = compile_pattern(pattern).fullmatch
    more = length - len(text) + 1
    longer = (text[:at] + text[at] * more + text[at + 1 :] for at in reversed(range(len(text))))
    return next(filter(matches, longer))
