"""Filter expressions as data: what the grammar reads, the checker checks and the evaluator applies.

Source: the guide, "Filter expression structure and elements" (spec 06, section 1).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Action = Literal["INCLUDE", "EXCLUDE"]
Target = Literal["ItemID", "UserID", "ActionID"]
Operator = Literal["IN", "NOT IN", "=", "!=", "<", "<=", ">", ">="]

CURRENT_USER = "CurrentUser"
CURRENT_ITEM = "CurrentItem"

ANYTHING = "*"
"""The event type that stands for all."""


@dataclass(frozen=True)
class Place:
    """Where something stands in the text of an expression, both from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class FieldName:
    """A field of a dataset, or of the current user or item.

    The documented names of datasets have the documented case, whatever the text has; fields are as written.
    """

    dataset: str
    name: str
    place: Place = dataclasses.field(compare=False)

    def __str__(self) -> str:
        return f"{self.dataset}.{self.name}"


@dataclass(frozen=True)
class Text:
    """A text in double quotes."""

    value: str
    place: Place = dataclasses.field(compare=False)


@dataclass(frozen=True)
class Number:
    """A number without quotes."""

    value: int | float
    place: Place = dataclasses.field(compare=False)


@dataclass(frozen=True)
class Parameter:
    """A placeholder, without its dollar sign: each request gives its values."""

    name: str
    place: Place = dataclasses.field(compare=False)


Value = Text | Number | Parameter | FieldName
"""What a field is compared with; a `FieldName` here is one of the current item."""


@dataclass(frozen=True)
class Comparison:
    """A field, an operator, and the values: one, or for IN and NOT IN any number."""

    field: FieldName
    operator: Operator
    values: tuple[Value, ...]
    place: Place = dataclasses.field(compare=False)


@dataclass(frozen=True)
class Expression:
    """One expression of a chain: `alternatives` are joined by OR, the comparisons within each by AND.

    The comparisons of `condition`, on the current user, all must hold for the expression to count.
    """

    action: Action
    target: Target
    alternatives: tuple[tuple[Comparison, ...], ...]
    condition: tuple[Comparison, ...]
    place: Place = dataclasses.field(compare=False)

    @property
    def where(self) -> Iterator[Comparison]:
        """The comparisons behind WHERE, in the order of the text."""
        return (comparison for alternative in self.alternatives for comparison in alternative)

    @property
    def comparisons(self) -> Iterator[Comparison]:
        """All of them: those behind WHERE, then those behind IF."""
        yield from self.where
        yield from self.condition

    @property
    def parameters(self) -> frozenset[str]:
        """The names of its placeholders."""
        values = (value for comparison in self.comparisons for value in comparison.values)
        return frozenset(value.name for value in values if isinstance(value, Parameter))


@dataclass(frozen=True)
class FilterExpression:
    """A whole filter: expressions that were chained by pipes; at least one, all of one target."""

    expressions: tuple[Expression, ...]

    @property
    def target(self) -> Target:
        """What it filters."""
        return self.expressions[0].target

    @property
    def parameters(self) -> frozenset[str]:
        """The names of its placeholders."""
        return frozenset().union(*(expression.parameters for expression in self.expressions))

    @property
    def needs_user(self) -> bool:
        """Whether it can be applied to requests for a user only: it looks at the user, or at what the user did."""
        return self.target != "UserID" and any(
            expression.condition or is_interactions(comparison.field.dataset)
            for expression in self.expressions
            for comparison in expression.where
        )

    @property
    def needs_item(self) -> bool:
        """Whether it can be applied to requests for an item only."""
        return any(name.dataset == CURRENT_ITEM for name in self._names())

    @property
    def fields(self) -> frozenset[tuple[str, str]]:
        """The distinct dataset fields that count for the quotas: a dataset's name, a field's in upper case.

        A field of the current user is one of Users, and one of the current item is one of Items.
        """
        of = {CURRENT_USER: "Users", CURRENT_ITEM: "Items"}
        return frozenset((of.get(name.dataset, name.dataset), name.name.upper()) for name in self._names())

    def _names(self) -> Iterator[FieldName]:
        for expression in self.expressions:
            for comparison in expression.comparisons:
                yield comparison.field
                yield from (value for value in comparison.values if isinstance(value, FieldName))


def is_interactions(dataset: str) -> bool:
    """Whether a dataset is one of what users did."""
    return dataset in ("Interactions", "ActionInteractions")


def named(names: Iterable[str], wanted: str) -> str | None:
    """The name that is meant: the one that is spelt so, else the first that differs in case only, or None."""
    found = None
    for name in names:
        if name == wanted:
            return name
        if found is None and name.upper() == wanted.upper():
            found = name
    return found
