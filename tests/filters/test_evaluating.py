"""The evaluator: examples of every rule, and any filter on any data against a naive evaluator over pandas."""

from __future__ import annotations

import operator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.data.columns import TextColumn, text_column
from simulator.data.records import LayeredRecords, Records
from simulator.filters.evaluating import Event, Facts, candidates_of, passing
from simulator.filters.grammar import parse
from simulator.filters.values import FilterValues, filter_values

NOBODY = LayeredRecords(Records({}, {}))


def records(ids: list[str], **columns: list[Any]) -> LayeredRecords:
    """The same in one layer."""
    return LayeredRecords(layer(ids, **columns))


def layer(ids: list[str], **columns: list[Any]) -> Records:
    """Records of ids; columns of texts with "" for absent ones, or of numbers with NaN."""
    made = {
        name: text_column(cells) if isinstance(cells[0], str) else np.array(cells)
        for name, cells in columns.items()
        if cells
    }
    return Records({each: row for row, each in enumerate(ids)}, made)


ITEMS = records(
    ["i0", "i1", "i2", "i3"],
    ITEM_ID=["i0", "i1", "i2", "i3"],
    GENRE=["drama", "comedy|drama", "Drama", ""],
    PRICE=[10.0, 20.0, np.nan, 40.0],
    YEAR=[1990, 1990, 2000, 2010],
)
USERS = records(["u0", "u1"], AGE=[20.0, np.nan], GENDER=["F", ""])
EVENTS = [Event("i3", "Buy"), Event("i0", "click"), Event("i1", "click"), Event("i2", None)]
CANDIDATES = ["i0", "i1", "i2", "i3", "unknown"]


def passes(text: str, facts: Facts | None = None, candidates: list[str] = CANDIDATES, **values: str) -> list[str]:
    facts = facts or Facts(ITEMS, USERS, EVENTS, user_id="u0", item_id="i1")
    mask = passing(parse(text), candidates_of(candidates), facts, filter_values(values))
    return [each for each, passed in zip(candidates, mask.tolist(), strict=True) if passed]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('INCLUDE ItemID WHERE Items.GENRE IN ("drama")', "i0 i1"),
        ('EXCLUDE ItemID WHERE Items.GENRE IN ("drama")', "i2 i3 unknown"),
        ('INCLUDE ItemID WHERE Items.GENRE NOT IN ("drama")', "i2 i3 unknown"),
        ('INCLUDE ItemID WHERE Items.GENRE IN ("comedy|drama")', "i1"),
        ('INCLUDE ItemID WHERE Items.GENRE IN ("dram", "")', ""),
        ('INCLUDE ItemID WHERE Items.ITEM_ID IN ("i3")', "i3"),
        ('INCLUDE ItemID WHERE Items.GENRE = "comedy"', "i1"),
        ('INCLUDE ItemID WHERE Items.GENRE != "comedy"', "i0 i2"),
        ('INCLUDE ItemID WHERE Items.genre IN ("Drama") OR Items.Year = 2010', "i2 i3"),
        ("INCLUDE ItemID WHERE Items.PRICE < 20", "i0"),
        ("INCLUDE ItemID WHERE Items.PRICE <= 20", "i0 i1"),
        ("INCLUDE ItemID WHERE Items.PRICE > 20", "i3"),
        ("INCLUDE ItemID WHERE Items.PRICE >= 20", "i1 i3"),
        ("INCLUDE ItemID WHERE Items.PRICE = 20", "i1"),
        ("INCLUDE ItemID WHERE Items.PRICE != 20", "i0 i3"),
        ('INCLUDE ItemID WHERE Items.YEAR IN (1990, "2010")', "i0 i1 i3"),
        ("EXCLUDE ItemID WHERE Items.PRICE NOT IN (20)", "i1"),
        ("INCLUDE ItemID WHERE Items.YEAR < 1e400", "i0 i1 i2 i3"),
        (f"INCLUDE ItemID WHERE Items.YEAR < {'9' * 30} AND Items.PRICE < {'9' * 400}", "i0 i1 i3"),
        ('INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("CLICK")', "i0 i1"),
        ('EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("click", "buy")', "i2 unknown"),
        ('INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")', "i0 i1 i2 i3"),
        ('INCLUDE ItemID WHERE Interactions.EVENT_TYPE NOT IN ("click")', "i2 i3 unknown"),
        ('INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("")', ""),
        ('INCLUDE ItemID WHERE Items.YEAR = 1990 | INCLUDE ItemID WHERE Interactions.EVENT_TYPE = "buy"', "i0 i1 i3"),
        ("EXCLUDE ItemID WHERE Items.YEAR = 1990 | EXCLUDE ItemID WHERE Items.YEAR = 2010", "i2 unknown"),
        ('INCLUDE ItemID WHERE Items.YEAR = 1990 | EXCLUDE ItemID WHERE Items.GENRE IN ("comedy")', "i0"),
        ('EXCLUDE ItemID WHERE Items.GENRE IN ("comedy") | INCLUDE ItemID WHERE Items.YEAR = 1990', "i0"),
        ("INCLUDE ItemID WHERE Items.YEAR = 1990 IF CurrentUser.AGE > 18", "i0 i1"),
        ("INCLUDE ItemID WHERE Items.YEAR = 1990 IF CurrentUser.AGE > 20", "i0 i1 i2 i3 unknown"),
        (
            'EXCLUDE ItemID WHERE Items.YEAR = 1990 IF CurrentUser.AGE > 18 AND CurrentUser.gender = "M"',
            " ".join(CANDIDATES),
        ),
        (
            "INCLUDE ItemID WHERE Items.YEAR = 1990 IF CurrentUser.AGE > 20 | INCLUDE ItemID WHERE Items.YEAR = 2010",
            "i3",
        ),
        ("INCLUDE ItemID WHERE Items.PRICE < CurrentItem.PRICE AND Items.GENRE IN CurrentItem.GENRE", "i0"),
        ("INCLUDE ItemID WHERE Items.GENRE NOT IN (CurrentItem.GENRE)", "i2 i3 unknown"),
        ("INCLUDE ItemID WHERE Items.NONE > 5", ""),
        ("INCLUDE ItemID WHERE Items.GENRE > 5", ""),
        ('INCLUDE ItemID WHERE Items.PRICE IN ("drama")', ""),
    ],
)
def test_what_passes(text: str, expected: str) -> None:
    assert " ".join(passes(text)) == expected


@pytest.mark.parametrize("user_id", [None, "u1", "unknown"])
def test_a_user_or_an_item_without_a_value(user_id: str | None) -> None:
    facts = Facts(ITEMS, USERS, user_id=user_id, item_id="i2")
    assert passes("INCLUDE ItemID WHERE Items.YEAR = 1990 IF CurrentUser.AGE < 99", facts) == CANDIDATES
    assert passes('INCLUDE ItemID WHERE Items.YEAR = 1990 IF CurrentUser.GENDER NOT IN ("F")', facts) == ["i0", "i1"]
    for each in ("= CurrentItem.PRICE", "!= CurrentItem.PRICE", "< CurrentItem.PRICE", "IN CurrentItem.PRICE"):
        assert passes(f"INCLUDE ItemID WHERE Items.PRICE {each}", facts) == []
    assert passes("INCLUDE ItemID WHERE Items.YEAR > CurrentItem.YEAR", Facts(ITEMS, USERS)) == []


def test_values_of_placeholders() -> None:
    text = "INCLUDE ItemID WHERE Items.GENRE IN ($GENRE)"
    text += " | EXCLUDE ItemID WHERE Items.YEAR < $YEAR AND Items.PRICE = $PRICE"
    assert passes(text, GENRE='"comedy","drama"', YEAR="2000", PRICE='"10"') == ["i1"]
    assert passes(text, GENRE='"comedy","drama"', YEAR="2000") == ["i0", "i1"]
    assert passes(text, GENRE='"comedy","drama"') == ["i0", "i1"]
    text = "EXCLUDE ItemID WHERE Items.YEAR = 1990 IF CurrentUser.AGE = $AGE"
    assert passes(text) == CANDIDATES
    assert passes(text, AGE="20") == ["i2", "i3", "unknown"]


def test_only_the_newest_events_of_each_type_count() -> None:
    events = [Event("i0", "click"), Event("i1", "CLICK"), Event("i2", "click"), Event("i3", "buy")]
    facts = Facts(ITEMS, USERS, events, considered=2)
    assert passes('INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")', facts) == ["i0", "i1", "i3"]
    assert passes('EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("Click")', facts) == ["i2", "i3", "unknown"]


def test_users_and_actions() -> None:
    events = [Event("u1", "click"), Event("u1", "click"), Event("u0", "click")]
    facts = Facts(USERS, NOBODY, events, considered=1)
    users = ["u0", "u1", "u2"]
    assert passes("INCLUDE UserID WHERE Users.AGE >= 18", facts, users) == ["u0"]
    assert passes('EXCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("click")', facts, users) == ["u2"]
    actions = records(["a0", "a1"], VALUE=[1, 2])
    facts = Facts(actions, USERS, [Event("a0", "TAKEN")], user_id="u0")
    text = "INCLUDE ActionID WHERE Actions.VALUE > (0) IF CurrentUser.AGE = 20"
    text += ' | EXCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN ("taken")'
    assert passes(text, facts, ["a0", "a1", "a2"]) == ["a1"]


def test_nothing_to_filter_and_nothing_known() -> None:
    text = 'INCLUDE ItemID WHERE Items.GENRE IN ("drama") OR Items.PRICE > 5'
    empty = records([], GENRE=[""])
    empty.base.columns["GENRE"] = TextColumn(np.empty(0, np.int32), ())
    empty.base.columns["PRICE"] = np.empty(0)
    assert passes(text, Facts(empty, NOBODY)) == []
    assert passes(text, Facts(NOBODY, NOBODY)) == []
    assert passes(text, candidates=[]) == []


# --- any filter on any data --------------------------------------------------------------------------------

GENRES = ["a", "b", "a|b", "b|c", "A", ""]
TYPES = ["click", "CLICK", "buy", None]
COMPARE = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass
class Case:
    """A test of a filter: its dataset and field, operator, and values as texts of the expression."""

    dataset: str
    field: str
    operator: str
    values: list[str]

    def __str__(self) -> str:
        listed = f"({', '.join(self.values)})" if self.operator.endswith("IN") else self.values[0]
        return f"{self.dataset}.{self.field} {self.operator} {listed}"


@dataclass
class Naive:
    """The meaning of filters, a cell at a time."""

    items: pd.DataFrame
    user: dict[str, Any]
    item: dict[str, Any]
    events: pd.DataFrame
    values: dict[str, str]

    def test(self, case: Case, candidate: str) -> bool:
        wanted = [each for value in case.values for each in self.wanted(value)]
        if case.dataset == "Interactions":
            newest = self.events[self.events["type"].str.upper() != ""].groupby(self.events["type"].str.upper()).head(2)
            types = [each.upper() for each in wanted]
            known = newest["type"].str.upper().isin(types) | ("*" in types)
            blank = self.events[self.events["type"] == ""].head(2)
            hit = candidate in set(newest[known]["item"]) or ("*" in types and candidate in set(blank["item"]))
            return hit == (case.operator == "IN")
        row = self.user if case.dataset == "CurrentUser" else self.items.to_dict("index").get(candidate, {})
        cell = row.get(case.field)
        if case.operator == "NOT IN":
            return not self.among(cell, wanted)
        if cell is None or cell == "" or pd.isna(cell):
            return False
        if case.operator == "IN":
            return self.among(cell, wanted)
        if isinstance(cell, str):
            return bool(wanted) and self.among(cell, wanted) == (case.operator == "=")
        return bool(wanted) and bool(COMPARE[case.operator](cell, float(wanted[0])))

    def among(self, cell: Any, wanted: list[Any]) -> bool:
        if isinstance(cell, str):
            return cell != "" and any(each in (cell, *cell.split("|")) for each in wanted)
        return cell is not None and any(float(each) == cell for each in wanted)

    def wanted(self, value: str) -> list[Any]:
        if value.startswith("$"):
            return [each for part in self.values[value[1:]].split(",") for each in self.wanted(part)]
        if value.startswith("CurrentItem."):
            cell = self.item.get(value.removeprefix("CurrentItem."))
            if cell is None or cell == "" or pd.isna(cell):
                return []
            return [cell, *cell.split("|")] if isinstance(cell, str) else [cell]
        return [value.strip('"')]

    def passes(self, chain: list[tuple[str, list[list[Case]], list[Case]]], candidate: str) -> bool:
        included: bool | None = None
        for verb, alternatives, condition in chain:
            missing = any(
                value.startswith("$") and value[1:] not in self.values
                for case in [*(case for each in alternatives for case in each), *condition]
                for value in case.values
            )
            if missing or not all(self.test(case, "") for case in condition):
                continue
            hit = any(all(self.test(case, candidate) for case in each) for each in alternatives)
            if verb == "EXCLUDE" and hit:
                return False
            if verb == "INCLUDE":
                included = bool(included) or hit
        return included is not False


def cases(dataset: str) -> st.SearchStrategy[Case]:
    genre = st.sampled_from(['"a"', '"b"', '"a|b"', '"x"'])
    number = st.sampled_from(["0", "1", '"2"', "-1", "1.5"])
    genres, numbers = st.lists(genre, min_size=1, max_size=2), st.lists(number, min_size=1, max_size=2)
    if dataset == "CurrentUser":
        return st.builds(
            Case, st.just(dataset), st.just("GENRE"), st.sampled_from(["IN", "NOT IN"]), genres
        ) | st.builds(
            Case, st.just(dataset), st.just("PRICE"), st.sampled_from(list(COMPARE)), number.map(lambda each: [each])
        )
    if dataset == "Interactions":
        types = st.lists(st.sampled_from(['"click"', '"Buy"', '"*"', '"none"']), min_size=1, max_size=2)
        return st.builds(Case, st.just(dataset), st.just("EVENT_TYPE"), st.sampled_from(["IN", "NOT IN"]), types)
    one = st.sampled_from(["$N", "CurrentItem.PRICE", "CurrentItem.YEAR"]) | number
    numeric = st.sampled_from(["PRICE", "YEAR"])
    return (
        st.builds(Case, st.just(dataset), st.just("GENRE"), st.sampled_from(["IN", "NOT IN"]), genres)
        | st.builds(Case, st.just(dataset), st.just("GENRE"), st.just("IN"), st.just(["$G"]))
        | st.builds(
            Case,
            st.just(dataset),
            st.just("GENRE"),
            st.sampled_from(["=", "!=", "NOT IN"]),
            st.just(["CurrentItem.GENRE"]),
        )
        | st.builds(Case, st.just(dataset), numeric, st.sampled_from(["IN", "NOT IN"]), numbers)
        | st.builds(Case, st.just(dataset), numeric, st.sampled_from(list(COMPARE)), one.map(lambda each: [each]))
    )


def chains() -> st.SearchStrategy[list[tuple[str, list[list[Case]], list[Case]]]]:
    where = st.sampled_from(["Items", "Interactions"]).flatmap(
        lambda dataset: st.lists(st.lists(cases(dataset), min_size=1, max_size=2), min_size=1, max_size=2)
    )
    condition = st.lists(cases("CurrentUser"), max_size=2)
    return st.lists(st.tuples(st.sampled_from(["INCLUDE", "EXCLUDE"]), where, condition), min_size=1, max_size=3)


CELLS = st.tuples(
    st.sampled_from(GENRES), st.sampled_from([0.0, 1.0, 1.5, 2.0, float("nan")]), st.sampled_from([-1, 0, 1, 2])
)


@settings(deadline=None)
@given(
    chains(),
    st.lists(CELLS, min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 7), st.sampled_from(TYPES)), max_size=8),
    CELLS,
    st.integers(0, 7),
    st.fixed_dictionaries({"G": st.sampled_from(['"a"', '"b","c"'])}, optional={"N": st.sampled_from(["1", '"2"'])}),
    st.integers(0, 6),
    st.booleans(),
)
def test_any_filter_passes_what_a_naive_evaluator_lets_pass(
    chain: list[tuple[str, list[list[Case]], list[Case]]],
    rows: list[tuple[str, float, int]],
    did: list[tuple[int, str | None]],
    user: tuple[str, float, int],
    item: int,
    given_values: dict[str, str],
    put: int,
    lasting: bool,
) -> None:
    """Some items were put over the others, and those were otherwise before; what is kept does not matter."""
    text = " | ".join(
        f"{verb} ItemID WHERE "
        + " OR ".join(" AND ".join(map(str, each)) for each in alternatives)
        + (" IF " + " AND ".join(map(str, condition)) if condition else "")
        for verb, alternatives, condition in chain
    )
    if any(verb == "INCLUDE" and "$N" in str(where) for verb, where, _ in chain):
        given_values = {"N": "1", **given_values}
    values: FilterValues = filter_values(given_values)
    names = ["GENRE", "PRICE", "YEAR"]
    ids = [f"i{number}" for number in range(len(rows))]
    frame = pd.DataFrame(rows, columns=pd.Index(names), index=pd.Index(ids))
    first = pd.concat([frame[put:], frame[:put].assign(GENRE="x", PRICE=1.0, YEAR=9)[: put // 2]])
    facts = Facts(
        LayeredRecords(
            layer(first.index.tolist(), **{name: first[name].tolist() for name in names}),
            layer(ids[:put], **{name: frame[name].tolist()[:put] for name in names}),
        ),
        records(["u"], **dict(zip(names, ([cell] for cell in user), strict=True))),
        [Event(f"i{number}", event_type) for number, event_type in did],
        considered=2,
        user_id="u",
        item_id=f"i{item}",
    )
    events = pd.DataFrame(
        [(f"i{number}", each or "") for number, each in did], columns=pd.Index(["item", "type"]), dtype=str
    )
    naive = Naive(
        frame,
        dict(zip(names, user, strict=True)),
        frame.to_dict("index").get(f"i{item}", {}),
        events,
        given_values,
    )
    candidates = ["i7", *ids]
    asked = replace(candidates_of(candidates), lasting=lasting)
    for _ in range(2):
        mask = passing(parse(text), asked, facts, values)
        assert mask.tolist() == [naive.passes(chain, each) for each in candidates], text
