"""The grammar of filter expressions: from text to data.

Keywords, targets and datasets are read in any case, as the guide itself writes them (`ItemID` and `itemId`,
`Interactions` and `INTERACTIONS`, `IN` and `in`). AND binds before OR; there are no parentheses around conditions.

Source: the guide, "Filter expression structure and elements" and its pages of examples (spec 06, section 1).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from simulator import errors
from simulator.filters.expressions import (
    CURRENT_ITEM,
    CURRENT_USER,
    Action,
    Comparison,
    Expression,
    FieldName,
    FilterExpression,
    Number,
    Operator,
    Parameter,
    Place,
    Target,
    Text,
    Value,
    named,
)

if TYPE_CHECKING:
    from lark import Lark, Token, Tree, UnexpectedInput

_GRAMMAR = r"""
start: expression ("|" expression)*
expression: ACTION TARGET WHERE any_of [IF all_of]
any_of: all_of (OR all_of)*
all_of: comparison (AND comparison)*
comparison: field IN _listed
          | field NOT_IN _listed
          | field OPERATOR _single
_listed: "(" _value ("," _value)* ")" | field
_single: _value | "(" _value ")"
_value: TEXT | NUMBER | PARAMETER | STAR | field
field: NAME "." NAME

ACTION: /(?ai:(in|ex)clude\b)/
TARGET: /(?ai:(item|user|action)id\b)/
WHERE: /(?ai:where\b)/
IF: /(?ai:if\b)/
AND: /(?ai:and\b)/
OR: /(?ai:or\b)/
IN: /(?ai:in\b)/
NOT_IN: /(?ai:not\s+in\b)/
OPERATOR: "=" | "!=" | "<=" | "<" | ">=" | ">"
TEXT: /"[^"]*"/
NUMBER: /(?ai:[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?)/
PARAMETER: /\$[A-Za-z0-9_]+/
STAR: "*"
NAME: /[A-Za-z_][A-Za-z0-9_]*/

%ignore /(?a:\s+)/
"""

_DATASETS = ("Interactions", "Items", "Users", "Actions", "ActionInteractions", CURRENT_USER, CURRENT_ITEM)
_TARGETS = ("ItemID", "UserID", "ActionID")

# The guide's pages spell it with an underscore, record names do without.
_SPELT_OTHERWISE = "ACTION_INTERACTIONS"

# What may follow, in the words of a message.
_WORDS = {
    "ACTION": "INCLUDE or EXCLUDE",
    "TARGET": "ItemID, UserID or ActionID",
    "WHERE": "WHERE",
    "IN": "IN",
    "NOT_IN": "NOT IN",
    "OPERATOR": "a comparison operator",
    "AND": "AND",
    "OR": "OR",
    "IF": "IF",
    "VBAR": "|",
    "COMMA": "a comma",
    "LPAR": "(",
    "RPAR": ")",
    "DOT": "a full stop",
    "NAME": "a name",
    "TEXT": "a text in double quotes",
    "NUMBER": "a number",
    "PARAMETER": "a placeholder",
    "STAR": "*",
    "$END": "the end",
}

# A placeholder's name has at most this many characters: the runtime's model, FilterAttributeName.
_LONGEST_PARAMETER = 50

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_LARGEST_INTEGER = 2**63 - 1


@lru_cache(maxsize=256)
def parse(text: str) -> FilterExpression:
    """The filter of a text.

    Raises ServiceError: `INVALID_EXPRESSION`, which names the place; `PLACEHOLDER_WITH_NOT_IN`.
    """
    from lark import UnexpectedInput

    try:
        tree = _parser().parse(text)
    except UnexpectedInput as fault:
        raise _syntax_error(fault, text) from None
    expressions = tuple(_expression(each) for each in _trees(tree))
    for expression in expressions[1:]:
        if expression.target != expressions[0].target:
            raise invalid(f"all expressions of a filter must be of {expressions[0].target}", expression.place)
    return FilterExpression(expressions)


def invalid(why: str, place: Place) -> errors.ServiceError:
    """The refusal of an expression, for something at a place in it."""
    return errors.INVALID_EXPRESSION(why=why, line=place.line, column=place.column)


@lru_cache(maxsize=1)
def _parser() -> Lark:
    # Imported at the first filter only: it takes 60 ms.
    from lark import Lark

    return Lark(_GRAMMAR, parser="lalr")


def _syntax_error(fault: UnexpectedInput, text: str) -> errors.ServiceError:
    from lark import UnexpectedToken

    accepted = _accepted(text)
    *others, last = (word for terminal, word in _WORDS.items() if terminal in accepted)
    words = f"{', '.join(others)} or {last}" if others else last
    if not isinstance(fault, UnexpectedToken):
        found = f"the character {text[fault.pos_in_stream or 0]}"
    elif fault.token.type == "$END":
        lines = text.rstrip().split("\n")
        return invalid(f"it ends where there should be {words}", Place(len(lines), len(lines[-1]) + 1))
    else:
        found = str(fault.token)
    return invalid(f"{found} stands where there should be {words}", Place(fault.line, fault.column))


def _accepted(text: str) -> Collection[str]:
    """The terminals that may follow the last one that fits: the fault itself names too few of them."""
    from lark import UnexpectedInput

    parser: Any = _parser().parse_interactive(text)
    tokens = parser.lexer_thread.lex(parser.parser_state)
    accepted: Collection[str] = ()
    with suppress(UnexpectedInput, StopIteration):
        while True:
            accepted = parser.accepts()
            parser.feed_token(next(tokens))
    return accepted


def _trees(tree: Tree[Token]) -> list[Tree[Token]]:
    return [cast("Tree[Token]", child) for child in tree.children if not _is_token(child)]


def _is_token(child: Any) -> bool:
    return child is None or isinstance(child, str)


def _place(token: Token) -> Place:
    return Place(cast(int, token.line), cast(int, token.column))


def _expression(tree: Tree[Token]) -> Expression:
    action, target = cast("list[Token]", tree.children[:2])
    parts = _trees(tree)
    return Expression(
        action=cast(Action, action.upper()),
        target=cast(Target, named(_TARGETS, target)),
        alternatives=tuple(_comparisons(each) for each in _trees(parts[0])),
        condition=_comparisons(parts[1]) if len(parts) > 1 else (),
        place=_place(action),
    )


def _comparisons(tree: Tree[Token]) -> tuple[Comparison, ...]:
    return tuple(_comparison(each) for each in _trees(tree))


def _comparison(tree: Tree[Token]) -> Comparison:
    field, operator, *rest = tree.children
    token = cast("Token", operator)
    made = Comparison(
        field=_field(cast("Tree[Token]", field)),
        operator=cast(Operator, {"NOT_IN": "NOT IN", "IN": "IN"}.get(token.type, str(token))),
        values=tuple(_value(each) for each in rest),
        place=_place(token),
    )
    _check_placeholders(made)
    return made


def _field(tree: Tree[Token]) -> FieldName:
    dataset, name = cast("list[Token]", tree.children)
    spelt = dataset.replace("_", "") if dataset.upper() == _SPELT_OTHERWISE else str(dataset)
    return FieldName(named(_DATASETS, spelt) or spelt, str(name), _place(dataset))


def _value(child: Token | Tree[Token]) -> Value:
    if not _is_token(child):
        return _field(cast("Tree[Token]", child))
    token = cast("Token", child)
    place = _place(token)
    match token.type:
        case "NUMBER":
            return Number(cast("int | float", number(token)), place)
        case "PARAMETER":
            return Parameter(token[1:], place)
        case "TEXT":
            return Text(token[1:-1], place)
        case _:
            return Text(str(token), place)


def number(text: str) -> int | float | None:
    """The number that a text is, or None; a whole one that no column can hold is a float."""
    if not _NUMBER.fullmatch(text):
        return None
    if set(text) & set(".eE") or abs(int(text)) > _LARGEST_INTEGER:
        return float(text)
    return int(text)


def _check_placeholders(comparison: Comparison) -> None:
    for value in comparison.values:
        if not isinstance(value, Parameter):
            continue
        if comparison.operator == "NOT IN":
            raise errors.PLACEHOLDER_WITH_NOT_IN(name=value.name)
        if len(value.name) > _LONGEST_PARAMETER:
            raise invalid(f"a placeholder's name has at most {_LONGEST_PARAMETER} characters", value.place)
        if len(comparison.values) > 1:
            raise invalid(f"the placeholder ${value.name} must be alone in its list", value.place)
