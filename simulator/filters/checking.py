"""Whether a filter fits a dataset group: its datasets and fields exist, may be filtered on, and fit the operators.

Source: the guide, "Guidelines and requirements" of filter expressions (spec 06, sections 1 to 3).
"""

from __future__ import annotations

from collections.abc import Mapping

from simulator import errors
from simulator.data.schemas import AvroSchema, Field
from simulator.filters.expressions import (
    ANYTHING,
    CURRENT_ITEM,
    CURRENT_USER,
    Comparison,
    Expression,
    FieldName,
    FilterExpression,
    Number,
    Parameter,
    Target,
    Text,
    Value,
    is_interactions,
    named,
)
from simulator.filters.grammar import invalid, number
from simulator.filters.values import FilterValues, Given

Schemas = Mapping[str, AvroSchema]
"""The schemas of a dataset group's datasets, by their record's name ("Items", "ActionInteractions")."""

_DATASETS: Mapping[Target, tuple[str, ...]] = {
    "ItemID": ("Items", "Interactions"),
    "UserID": ("Users", "Interactions"),
    "ActionID": ("Actions", "ActionInteractions"),
}
_OF_CURRENT = {CURRENT_USER: "Users", CURRENT_ITEM: "Items"}

# What the service applies by itself (spec 06, section 3); the guide has two names for the first.
_APPLIED_ALWAYS = frozenset({"EXPIRATION_TIMESTAMP", "ACTION_EXPIRATION_TIMESTAMP", "REPEAT_FREQUENCY"})

_EVENT_TYPE = "EVENT_TYPE"
_MATCHING = ("IN", "NOT IN", "=", "!=")


def check(filter_expression: FilterExpression, schemas: Schemas) -> None:
    """Raises `INVALID_EXPRESSION`, naming the place, unless a filter fits the datasets of a group."""
    for expression in filter_expression.expressions:
        _check_datasets(expression)
        for comparison in expression.comparisons:
            _check_comparison(comparison, schemas)


def _check_datasets(expression: Expression) -> None:
    """Which datasets an expression may name, and where."""
    allowed = _DATASETS[expression.target]
    first = next(expression.where).field
    for comparison in expression.where:
        name = comparison.field
        if name.dataset not in allowed:
            raise invalid(
                f"{name.dataset} cannot be used to filter by {expression.target}, only {' and '.join(allowed)}",
                name.place,
            )
        if name.dataset != first.dataset:
            raise invalid(f"conditions on {first.dataset} and {name.dataset} must be joined by |", name.place)
    for comparison in expression.condition:
        name = comparison.field
        if name.dataset != CURRENT_USER or expression.target == "UserID":
            raise invalid("IF can check the current user of a request for items or actions only", name.place)
    for comparison in expression.comparisons:
        for value in comparison.values:
            if isinstance(value, FieldName) and (value.dataset != CURRENT_ITEM or comparison.field.dataset != "Items"):
                raise invalid("only fields of Items can be compared with a field, and with CurrentItem's", value.place)


def _check_comparison(comparison: Comparison, schemas: Schemas) -> None:
    name = comparison.field
    field = _filterable(name, schemas)
    if field.type == "string" and comparison.operator not in _MATCHING:
        raise invalid(f"{name} is a string, which {comparison.operator} cannot compare", comparison.place)
    for value in comparison.values:
        _check_value(name, field, value, schemas)


def _filterable(name: FieldName, schemas: Schemas) -> Field:
    """The field of a name; raises `INVALID_EXPRESSION` if there is none, or none that can be filtered on."""
    dataset = _OF_CURRENT.get(name.dataset, name.dataset)
    schema = schemas.get(dataset)
    if schema is None:
        raise invalid(f"the dataset group has no {dataset} dataset", name.place)
    spelt = named((field.name for field in schema.fields), name.name)
    if spelt is None:
        raise invalid(f"the schema of {dataset} has no field {name.name}", name.place)
    if is_interactions(dataset) and spelt != _EVENT_TYPE:
        raise invalid(f"{dataset} can be filtered by {_EVENT_TYPE} only", name.place)
    if dataset == "Actions" and spelt in _APPLIED_ALWAYS:
        raise invalid(f"{name} cannot be filtered on: it is always applied", name.place)
    field = schema.field(spelt)
    assert field is not None, "it was found by its name"
    if field.type == "boolean":
        raise invalid(f"{name} is a boolean, which cannot be filtered on", name.place)
    if field.textual:
        raise invalid(f"{name} is textual, which cannot be filtered on", name.place)
    return field


def _check_value(name: FieldName, field: Field, value: Value, schemas: Schemas) -> None:
    is_text = field.type == "string"
    match value:
        case FieldName():
            if (_filterable(value, schemas).type == "string") != is_text:
                raise invalid(f"{name} and {value} cannot be compared: one is a string, one a number", value.place)
        case Text(value=text):
            if text == ANYTHING and not is_interactions(name.dataset):
                raise invalid(f"* stands for event types only, not for values of {name}", value.place)
            if not is_text and number(text) is None:
                raise invalid(f'{name} is a number; it cannot be compared with "{text}"', value.place)
        case Number():
            if is_text:
                raise invalid(f"{name} is a string; it can be compared with texts in double quotes only", value.place)


def check_values(filter_expression: FilterExpression, schemas: Schemas, values: FilterValues) -> None:
    """Raises unless a request's values let a filter be applied: `FILTER_VALUE_WANTED`, `FILTER_VALUE_INVALID`.

    An INCLUDE needs all of its values; an EXCLUDE without one is passed over. Values of no placeholder are, too.
    """
    for expression in filter_expression.expressions:
        missing = expression.parameters - values.keys()
        if missing and expression.action == "INCLUDE":
            raise errors.FILTER_VALUE_WANTED(name=min(missing))
        for comparison in expression.comparisons:
            match comparison.values:
                case (Parameter(name=name),) if name in values:
                    _check_given(comparison, name, values[name], schemas)


def _check_given(comparison: Comparison, name: str, given: tuple[Given, ...], schemas: Schemas) -> None:
    if len(given) > 1 and comparison.operator != "IN":
        raise errors.FILTER_VALUE_INVALID(name=name, why=f"{comparison.operator} takes one value")
    try:
        is_text = _filterable(comparison.field, schemas).type == "string"
    except errors.ServiceError:
        return  # The dataset has been deleted: nothing has a value there.
    for value in given:
        if is_text and not isinstance(value, str):
            raise errors.FILTER_VALUE_INVALID(name=name, why=f"{value} must stand in double quotes")
        if not is_text and isinstance(value, str) and number(value) is None:
            raise errors.FILTER_VALUE_INVALID(name=name, why=f"{comparison.field} is a number")
