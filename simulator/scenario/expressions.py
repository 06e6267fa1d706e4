"""JMESPath, with its errors as one line."""

from __future__ import annotations

import warnings
from typing import Any

import jmespath  # type: ignore[import-untyped]
from jmespath.exceptions import JMESPathError  # type: ignore[import-untyped]


class NotApplicable(Exception):
    """An expression that is no JMESPath, or that cannot be applied to a value."""


def check(expression: str) -> None:
    """Raises NotApplicable unless the text is a JMESPath expression."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", PendingDeprecationWarning)  # text in backticks that is no JSON
            jmespath.compile(expression)
    except (JMESPathError, ValueError, RecursionError, PendingDeprecationWarning) as fault:
        raise NotApplicable(f"{expression!r} is no JMESPath: {_first_line(fault)}") from None


def search(expression: str, value: Any) -> Any:
    """What an expression finds in a value, or None. Raises NotApplicable."""
    try:
        return jmespath.search(expression, value)
    except (JMESPathError, ValueError, TypeError, PendingDeprecationWarning) as fault:
        raise NotApplicable(f"{expression} cannot be applied here: {_first_line(fault)}") from None


def _first_line(fault: Exception) -> str:
    return next(iter(str(fault).splitlines()), type(fault).__name__)
