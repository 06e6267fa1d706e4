"""The grammar: what is read, what it means, and where the fault is in what is refused."""

from __future__ import annotations

from contextlib import suppress

import pytest
from filters.guide import GUIDE, MISSPELT, OTHERS, SCHEMAS
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator import errors
from simulator.filters.checking import check
from simulator.filters.expressions import FieldName, FilterExpression, Number, Parameter, Place, Text
from simulator.filters.grammar import number, parse

ANY = Place(0, 0)
WORDS = [
    *("INCLUDE", "exclude", "ItemID", "UserId", "actionid", "WHERE", "AND", "or", "IF", "IN", "NOT IN", "NOT", "|"),
    *("Items.PRICE", "Interactions.EVENT_TYPE", "CurrentUser.AGE", "CurrentItem.PRICE", "Users.", ".", "Items"),
    *("(", ")", ",", "=", "!=", "<", ">=", "*", "$A", "$", '"drama"', '"', "20", "-1.5e3", "5x", "'", "\n", "ı", "ſ"),
]


def meaning(text: str) -> list[tuple[object, ...]]:
    """Every comparison of a filter: its verb, target, place among OR and AND, field, operator and values."""
    return [
        (expression.action, expression.target, number, str(each.field), each.operator, *each.values)
        for expression in parse(text).expressions
        for number, alternative in enumerate([*expression.alternatives, expression.condition])
        for each in alternative
    ]


def refusal(text: str) -> tuple[str, str]:
    with pytest.raises(errors.ServiceError) as caught:
        parse(text)
    return caught.value.code, caught.value.message


@pytest.mark.parametrize("text", [*GUIDE, *OTHERS])
def test_the_guides_expressions_are_read_and_fit_its_datasets(text: str) -> None:
    check(parse(text), SCHEMAS)


def test_a_misspelt_dataset_is_read_but_does_not_fit() -> None:
    with pytest.raises(errors.ServiceError, match=r"Action cannot be used to filter by ActionID"):
        check(parse(MISSPELT), SCHEMAS)


def test_keywords_targets_and_datasets_are_read_in_any_case() -> None:
    odd = "exclude ITEMid where iTEMS.Price nOt   iN (1) aNd Items.x = $a If currentUSER.age>=1"
    usual = "EXCLUDE ItemID WHERE Items.Price NOT IN (1) AND Items.x = $a IF CurrentUser.age >= 1"
    assert parse(odd) == parse(usual)
    assert meaning(odd) == [
        ("EXCLUDE", "ItemID", 0, "Items.Price", "NOT IN", Number(1, ANY)),
        ("EXCLUDE", "ItemID", 0, "Items.x", "=", Parameter("a", ANY)),
        ("EXCLUDE", "ItemID", 1, "CurrentUser.age", ">=", Number(1, ANY)),
    ]


@pytest.mark.parametrize(
    ("values", "read"),
    [
        ('("a")', [Text("a", ANY)]),
        ('( "a b" ,"IN (c)","" )', [Text("a b", ANY), Text("IN (c)", ANY), Text("", ANY)]),
        ("(1, -2.5, +3e2, .5)", [Number(1, ANY), Number(-2.5, ANY), Number(300.0, ANY), Number(0.5, ANY)]),
        ("($A_1)", [Parameter("A_1", ANY)]),
        ("(*)", [Text("*", ANY)]),
        ("(CurrentItem.A)", [FieldName("CurrentItem", "A", ANY)]),
        ("currentitem.A", [FieldName("CurrentItem", "A", ANY)]),
    ],
)
def test_values(values: str, read: list[object]) -> None:
    assert meaning(f"INCLUDE ItemID WHERE Items.A IN {values}") == [
        ("INCLUDE", "ItemID", 0, "Items.A", "IN", *read),
    ]


@pytest.mark.parametrize("operator", ["=", "!=", "<", "<=", ">", ">="])
def test_operators(operator: str) -> None:
    for text in (f"Items.A{operator}5", f"Items.A {operator} ( 5 )"):
        assert meaning(f"INCLUDE ItemID WHERE {text}")[0][4:] == (operator, Number(5, ANY))


def test_fields_may_be_called_as_keywords_are() -> None:
    assert [each[3] for each in meaning("INCLUDE UserID WHERE Users.IN = 1 AND Users.Where = 2 OR Users.or=3")] == [
        "Users.IN",
        "Users.Where",
        "Users.or",
    ]


VALUE = "a name, a text in double quotes, a number, a placeholder or *"


@pytest.mark.parametrize(
    ("text", "why", "line", "column"),
    [
        ("", "it ends where there should be INCLUDE or EXCLUDE", 1, 1),
        ("   ", "it ends where there should be INCLUDE or EXCLUDE", 1, 1),
        ("INCLUDE ItemID", "it ends where there should be WHERE", 1, 15),
        ("INCLUDE ItemID WHERE Items = 5", "= stands where there should be a full stop", 1, 28),
        ("INCLUDE ItemID WHERE Items.A IN ()", f") stands where there should be {VALUE}", 1, 34),
        ("INCLUDE ItemID WHERE Items.A IN (“a”)", f"the character “ stands where there should be {VALUE}", 1, 34),
        ('INCLUDE ItemID\nWHERE Items.A\nIN ("a",', f"it ends where there should be {VALUE}", 3, 9),
        ('INCLUDE ItemID WHERE Items.A IN ("a"', "it ends where there should be a comma or )", 1, 37),
        ("INCLUDE ItemID WHERE Items.A = 5abc", "abc stands where there should be AND, OR, IF, | or the end", 1, 33),
        (
            "INCLUDE ItemID WHERE Items.A = 1 IF CurrentUser.A = 1 IF CurrentUser.A = 2",
            "IF stands where there should be AND, | or the end",
            1,
            55,
        ),
        (
            "INCLUDE ItemID WHERE Items.A = 1 |\nINCLUDE UserID WHERE Users.A = 1",
            "all expressions of a filter must be of ItemID",
            2,
            1,
        ),
    ],
)
def test_faults_name_their_place(text: str, why: str, line: int, column: int) -> None:
    assert refusal(text) == ("InvalidInputException", f"Invalid Expression: {why} (line {line}, column {column}).")


def test_a_placeholder_with_not_in() -> None:
    """[err-016]: the recording has $parameterName for the placeholder's own name."""
    assert refusal("INCLUDE ItemID WHERE Items.GENRE NOT IN ($GENRE)") == (
        "InvalidInputException",
        "Invalid input symbol: $GENRE. Placeholders are not allowed with NOT_IN operator.",
    )


def test_placeholders_that_are_accepted() -> None:
    longest = "A" * 50
    text = f"INCLUDE UserID WHERE Users.A IN (${longest}) AND Users.B != $b | EXCLUDE UserID WHERE Users.C<=($9)"
    assert parse(text).parameters == {longest, "b", "9"}
    assert parse(text).expressions[1].parameters == {"9"}


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (
            'INCLUDE ItemID WHERE Items.A = 1 AND items.a = 2 | EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")',
            {("Items", "A"), ("Interactions", "EVENT_TYPE")},
        ),
        (
            "INCLUDE ItemID WHERE Items.A < CurrentItem.B IF CurrentUser.A = 1",
            {("Items", "A"), ("Items", "B"), ("Users", "A")},
        ),
    ],
)
def test_fields_count_once(text: str, fields: set[tuple[str, str]]) -> None:
    assert parse(text).fields == fields


@pytest.mark.parametrize(
    ("text", "user", "item"),
    [
        ("INCLUDE ItemID WHERE Items.A = 1", False, False),
        ("INCLUDE ItemID WHERE Items.A = 1 IF CurrentUser.A = 1", True, False),
        ('INCLUDE ItemID WHERE Items.A = 1 | EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")', True, False),
        ('INCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN ("*")', True, False),
        ('INCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("*")', False, False),
        ("INCLUDE ItemID WHERE Items.A IN CurrentItem.A", False, True),
    ],
)
def test_what_a_request_must_name(text: str, user: bool, item: bool) -> None:
    assert (parse(text).needs_user, parse(text).needs_item) == (user, item)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("7", 7),
        ("-7.50", -7.5),
        ("1e3", 1000.0),
        ("9223372036854775807", 2**63 - 1),
        ("9" * 400, float("inf")),
        ("", None),
        ("1_000", None),
        (" 1", None),
        ("nan", None),
        ("inf", None),
        ("٣", None),
    ],
)
def test_numbers(text: str, read: float | None) -> None:
    assert number(text) == read


@settings(deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join) | st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(errors.ServiceError):
        assert isinstance(parse(text), FilterExpression)
