"""The checker: which expressions fit the datasets of a group, and which values fit an expression."""

from __future__ import annotations

import pytest
from filters.guide import SCHEMAS, number, schema

from simulator import errors
from simulator.filters.checking import Schemas, check, check_values
from simulator.filters.grammar import parse
from simulator.filters.values import filter_values


def refusal(text: str, schemas: Schemas = SCHEMAS) -> tuple[str, str]:
    with pytest.raises(errors.ServiceError) as caught:
        check(parse(text), schemas)
    return caught.value.code, caught.value.message


@pytest.mark.parametrize(
    ("text", "why", "column"),
    [
        ("INCLUDE ItemID WHERE Items.YEAR > CurrentItem.IN_STOCK", "CurrentItem.IN_STOCK is a boolean", 35),
        ('INCLUDE ItemID WHERE Items.YEAR = 1 IF CurrentUser.pays = "true"', "CurrentUser.pays is a boolean", 40),
        (
            "INCLUDE ActionID WHERE Actions.action_expiration_timestamp > 7",
            "Actions.action_expiration_timestamp cannot be filtered on",
            24,
        ),
    ],
)
def test_what_does_not_fit_wherever_it_stands(text: str, why: str, column: int) -> None:
    code, message = refusal(text)
    assert code == "InvalidInputException"
    assert message.startswith(f"Invalid Expression: {why}")
    assert message.endswith(f"(line 1, column {column}).")


def test_datasets_that_are_not_there() -> None:
    without = {name: schema for name, schema in SCHEMAS.items() if name not in ("Users", "Interactions")}
    assert refusal("INCLUDE ItemID WHERE Items.YEAR = 1 IF CurrentUser.AGE = 1", without) == (
        "InvalidInputException",
        "Invalid Expression: the dataset group has no Users dataset (line 1, column 40).",
    )
    assert refusal('INCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("*")', without) == (
        "InvalidInputException",
        "Invalid Expression: the dataset group has no Interactions dataset (line 1, column 22).",
    )


def test_interactions_without_event_types() -> None:
    schemas = {**SCHEMAS, "Interactions": schema("Interactions", number("TIMESTAMP", "long"))}
    assert refusal('EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")', schemas)[1] == (
        "Invalid Expression: the schema of Interactions has no field EVENT_TYPE (line 1, column 22)."
    )


@pytest.mark.parametrize(
    "text",
    [
        'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("click") OR Interactions.event_type = "buy"',
        "EXCLUDE ItemID WHERE Interactions.EVENT_TYPE NOT IN (*)",
        'EXCLUDE ActionID WHERE ActionInteractions.EVENT_TYPE IN ("*") | INCLUDE ActionID WHERE Actions.VALUE != 5',
        'INCLUDE UserID WHERE Users.AGE >= 18 AND Users.GENDER != "M"'
        " | EXCLUDE UserID WHERE Interactions.EVENT_TYPE = $E",
        "INCLUDE ItemID WHERE Items.YEAR > CurrentItem.PRICE AND Items.GENRE NOT IN (CurrentItem.GENRES)",
        'INCLUDE ItemID WHERE Items.price < "20.5" AND Items.YEAR IN (1999, "2000") AND Items.ITEM_ID IN ("1|2")',
        "INCLUDE ActionID WHERE Actions.VALUE > 1 IF CurrentUser.AGE > 18 AND CurrentUser.GENDER = $G",
    ],
)
def test_what_fits(text: str) -> None:
    check(parse(text), SCHEMAS)


def test_a_field_is_the_one_that_is_spelt_so_before_one_in_another_case() -> None:
    schemas = {"Items": schema("Items", number("price", "boolean"), number("PRICE"))}
    check(parse("INCLUDE ItemID WHERE Items.PRICE < 5"), schemas)
    assert "is a boolean" in refusal("INCLUDE ItemID WHERE Items.Price < 5", schemas)[1]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('"comedy"', ("comedy",)),
        ('"comedy","drama" , "sci fi, etc"', ("comedy", "drama", "sci fi, etc")),
        ("20", (20,)),
        (' "1614000000" ', ("1614000000",)),  # resp-039
        ("20, -3.5e1", (20, -35.0)),
    ],
)
def test_values_of_a_request(text: str, read: tuple[object, ...]) -> None:
    assert filter_values({"A": text}) == {"A": read}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("comedy", "comedy must stand in double quotes"),
        ('"comedy",drama', "drama must stand in double quotes"),
        ("'comedy'", "'comedy' must stand in double quotes"),
        *(
            (text, f"{text} is not a list of texts in double quotes and of numbers, with commas between them")
            for text in ("", '"comedy', '"comedy" "drama"', '"comedy",', '"United States""', "sci fi")
        ),
    ],
)
def test_values_of_a_request_that_are_refused(text: str, why: str) -> None:
    with pytest.raises(errors.ServiceError) as caught:
        filter_values({"A": text})
    assert (caught.value.code, caught.value.message) == (
        "InvalidInputException",
        f"The value of the filter parameter A is not valid: {why}.",
    )


BOTH = (
    "INCLUDE ItemID WHERE Items.GENRE IN ($GENRE) AND Items.PRICE < $PRICE"
    " | EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ($TYPES)"
)


@pytest.mark.parametrize(
    "values",
    [
        {"GENRE": '"comedy","drama"', "PRICE": "20", "TYPES": '"click","buy"'},
        {"GENRE": '"comedy"', "PRICE": '"20"', "UNKNOWN": '"anything"'},
    ],
)
def test_values_that_fit(values: dict[str, str]) -> None:
    check_values(parse(BOTH), SCHEMAS, filter_values(values))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"GENRE": '"comedy"', "TYPES": '"click"'},
            "The filterValues must have a value for the parameter PRICE.",
        ),
        (
            {"GENRE": '"comedy"', "price": "20"},
            "The filterValues must have a value for the parameter PRICE.",
        ),
        (
            {"GENRE": "5", "PRICE": "20"},
            "The value of the filter parameter GENRE is not valid: 5 must stand in double quotes.",
        ),
        (
            {"GENRE": '"comedy"', "PRICE": '"cheap"'},
            "The value of the filter parameter PRICE is not valid: Items.PRICE is a number.",
        ),
        (
            {"GENRE": '"comedy"', "PRICE": "20,30"},
            "The value of the filter parameter PRICE is not valid: < takes one value.",
        ),
    ],
)
def test_values_that_do_not_fit(values: dict[str, str], message: str) -> None:
    with pytest.raises(errors.ServiceError) as caught:
        check_values(parse(BOTH), SCHEMAS, filter_values(values))
    assert (caught.value.code, caught.value.message) == ("InvalidInputException", message)


def test_values_are_not_checked_against_a_dataset_that_is_gone() -> None:
    check_values(parse("INCLUDE ItemID WHERE Items.GENRE IN ($G)"), {}, filter_values({"G": "5"}))
