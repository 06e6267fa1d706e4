"""The values that a request gives to the placeholders of a filter.

Source: the runtime's model, `filterValues`; the guide, filtering (spec 06, section 4).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from simulator import errors
from simulator.filters.grammar import number

Given = str | int | float
"""A value: a text that stood in double quotes, or a number that did not."""

FilterValues = Mapping[str, tuple[Given, ...]]
"""The values by the placeholders' names, at least one each."""

_ONE = re.compile(r'\s*(?:"([^"]*)"|([^",\s]+))\s*(,|$)')


def filter_values(given: Mapping[str, str]) -> dict[str, tuple[Given, ...]]:
    """The values of a request's `filterValues`: texts in double quotes and numbers, with commas between them.

    Raises ServiceError: `FILTER_VALUE_INVALID`.
    """
    return {name: _values(name, text) for name, text in given.items()}


def _values(name: str, text: str) -> tuple[Given, ...]:
    values: list[Given] = []
    at = 0
    comma = ","
    while comma:
        found = _ONE.match(text, at)
        if found is None:
            raise errors.FILTER_VALUE_INVALID(
                name=name,
                why=f"{text} is not a list of texts in double quotes and of numbers, with commas between them",
            )
        quoted, bare, comma = found.groups()
        at = found.end()
        values.append(_number(name, bare) if quoted is None else quoted)
    return tuple(values)


def _number(name: str, text: str) -> int | float:
    found = number(text)
    if found is None:
        raise errors.FILTER_VALUE_INVALID(name=name, why=f"{text} must stand in double quotes")
    return found
