"""Which of the candidates a filter lets pass.

The filter and the values must have passed the checker, so nothing is refused here. A record without a value, and an
id without a record, match nothing: IN and every comparison fail, and so NOT IN, which is what IN is not, holds.

Source: the guide, filter expressions, "Combining multiple expressions" (spec 06, section 2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from simulator.data.columns import Column, NumberColumn, TextColumn, column_of
from simulator.data.records import LayeredRecords, Records
from simulator.filters.expressions import (
    ANYTHING,
    Comparison,
    Expression,
    FieldName,
    FilterExpression,
    Parameter,
    Target,
    is_interactions,
    named,
)
from simulator.filters.grammar import number
from simulator.filters.values import FilterValues, Given

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]

T = TypeVar("T")

_SEPARATOR = "|"
# How much that does not depend on a request is kept with the records that it was worked out from.
_KEPT = 64


class Event(NamedTuple):
    """Something that a user did: the id of its item or action (for a filter of users, of the user), and its type."""

    subject: str
    event_type: str | None


@dataclass(frozen=True, eq=False)
class Candidates:
    """The distinct ids of the items, users or actions that a filter chooses among, and the place of each.

    What a model knows is asked about again and again: made of the same `ids` it is looked at once (`lasting`).
    """

    ids: tuple[str, ...]
    places: Mapping[str, int]
    lasting: bool = True

    def __len__(self) -> int:
        return len(self.ids)


def candidates_of(ids: Iterable[str]) -> Candidates:
    """Candidates of one request."""
    distinct = tuple(dict.fromkeys(ids))
    return Candidates(distinct, {each: place for place, each in enumerate(distinct)}, lasting=False)


@dataclass(frozen=True, eq=False)
class Facts:
    """What a filter looks at when a request is answered.

    `records` are the items, users or actions that are filtered; `events` are those of the user whom the request is
    for (for a filter of users, of all), newest first. Of each event type the first `considered` count.
    """

    records: LayeredRecords
    users: LayeredRecords
    events: Sequence[Event] = ()
    considered: int = 100
    user_id: str | None = None
    item_id: str | None = None


def passing(filter_expression: FilterExpression, candidates: Candidates, facts: Facts, values: FilterValues) -> Mask:
    """Which of the candidates pass, one truth value each.

    What an INCLUDE lets pass, minus what an EXCLUDE matches. An expression whose IF does not hold counts for nothing,
    and so does an EXCLUDE with a placeholder that has no value.
    """
    included = np.zeros(len(candidates), bool)
    excluded = np.zeros(len(candidates), bool)
    all_pass = True
    for expression in filter_expression.expressions:
        if not _applies(expression, facts, values):
            continue
        hits = np.zeros(len(candidates), bool)
        for alternative in expression.alternatives:
            matches = (_matches(each, expression.target, candidates, facts, values) for each in alternative)
            hits |= np.logical_and.reduce(list(matches))
        if expression.action == "INCLUDE":
            included |= hits
            all_pass = False
        else:
            excluded |= hits
    return (included | all_pass) & ~excluded


def _applies(expression: Expression, facts: Facts, values: FilterValues) -> bool:
    """Whether its placeholders have values and its IF holds."""
    missing = expression.parameters - values.keys()
    assert not missing or expression.action == "EXCLUDE", "the values of an INCLUDE have been checked"
    return not missing and all(_holds(comparison, facts, values) for comparison in expression.condition)


def _holds(comparison: Comparison, facts: Facts, values: FilterValues) -> bool:
    """Whether a comparison holds for the current user."""
    name = named(facts.users.columns(), comparison.field.name)
    cell = facts.users.value(facts.user_id, name) if facts.user_id is not None and name is not None else None
    return bool(_compare(column_of([cell]), np.zeros(1, np.int64), comparison, _wanted(comparison, facts, values))[0])


def _matches(
    comparison: Comparison,
    target: Target,
    candidates: Candidates,
    facts: Facts,
    values: FilterValues,
) -> Mask:
    wanted = _wanted(comparison, facts, values)
    if is_interactions(comparison.field.dataset):
        types = [str(each) for each in wanted]
        subjects = subjects_of(types, facts.events, None if target == "UserID" else facts.considered)
        hits = np.zeros(len(candidates), bool)
        hits[[candidates.places[each] for each in subjects if each in candidates.places]] = True
        return ~hits if comparison.operator in ("NOT IN", "!=") else hits
    base, over = facts.records.base, facts.records.over
    name = named(facts.records.columns(), comparison.field.name)
    condition = name, comparison.operator, wanted
    hits = _once(
        base,
        candidates,
        condition,
        lambda: _compare(base.columns.get(name or ""), _rows(base, candidates), comparison, wanted),
    )
    if not len(over):
        return hits
    places, rows = _overlaid(over, candidates)
    hits = hits.copy()
    hits[places] = _once(
        over, candidates, condition, lambda: _compare(over.columns.get(name or ""), rows, comparison, wanted)
    )
    return hits


def _overlaid(over: Records, candidates: Candidates) -> tuple[Places, Places]:
    """The places of the candidates that records have been put of lately, and the rows of those."""

    def found() -> tuple[Places, Places]:
        pairs = [(candidates.places[each], row) for each, row in over.row_of.items() if each in candidates.places]
        places, rows = np.array(pairs, np.int64).reshape(-1, 2).T
        return places, rows

    return _once(over, candidates, "overlaid", found)


def _rows(records: Records, candidates: Candidates) -> Places:
    """The row of each candidate's record, -1 where there is none."""
    row_of = records.row_of
    return _once(
        records,
        candidates,
        "rows",
        lambda: np.fromiter((row_of.get(each, -1) for each in candidates.ids), np.int64, len(candidates)),
    )


def _once(records: Records, candidates: Candidates, what: Hashable, work_out: Callable[[], T]) -> T:
    """What is worked out for candidates from records; of lasting candidates it is kept with the records."""
    if not candidates.lasting:
        return work_out()
    key = id(candidates.ids), what
    found = records.derived.get(key)
    if found is None or found[0] is not candidates.ids:
        if len(records.derived) >= _KEPT:
            records.derived.clear()
        found = records.derived[key] = (candidates.ids, work_out())
    kept: T = found[1]
    return kept


def subjects_of(types: Iterable[str], events: Iterable[Event], considered: int | None) -> set[str]:
    """The subjects of the events of some types, in any case; of each type only so many count (None: all)."""
    wanted = {each.upper() for each in types}
    seen: Counter[str] = Counter()
    subjects: set[str] = set()
    for subject, event_type in events:
        spelt = (event_type or "").upper()
        seen[spelt] += 1
        if (considered is None or seen[spelt] <= considered) and (ANYTHING in wanted or (spelt and spelt in wanted)):
            subjects.add(subject)
    return subjects


def _compare(column: Column | None, rows: Places, comparison: Comparison, wanted: Sequence[Given]) -> Mask:
    """Which rows of a column (-1: no row) satisfy a comparison with what is wanted."""
    there = rows >= 0
    if column is None or not len(column):
        hits = np.zeros(len(rows), bool)
    elif isinstance(column, TextColumn):
        hits = there & _text_hits(column, comparison, wanted)[column.codes[rows]]
    else:
        hits = there & _number_hits(column[rows], comparison, wanted)
    return ~hits if comparison.operator == "NOT IN" else hits


def _text_hits(column: TextColumn, comparison: Comparison, wanted: Sequence[Given]) -> Mask:
    """Which distinct texts of a column match, as a whole or in one of the parts between pipes."""
    texts = {each for each in wanted if isinstance(each, str) and each}
    matching = (text in texts or not texts.isdisjoint(text.split(_SEPARATOR)) for text in column.values)
    hits: Mask = np.fromiter(matching, bool, len(column.values))
    match comparison.operator:
        case "IN" | "NOT IN" | "=":
            return hits
        case "!=" if texts:
            present: Mask = np.array([text != "" for text in column.values])
            return present & ~hits
        case _:
            return np.zeros(len(column.values), bool)


def _number_hits(found: NumberColumn, comparison: Comparison, wanted: Sequence[Given]) -> Mask:
    """Which numbers match; one that is absent (NaN) does not."""
    read = (number(each) if isinstance(each, str) else each for each in wanted)
    numbers = [each for each in read if each is not None]
    hits: Mask = np.zeros(len(found), bool)
    if not numbers:
        return hits
    match comparison.operator:
        case "IN" | "NOT IN" | "=":
            hits = np.isin(found, numbers)
        case "!=":
            hits = ~np.isin(found, numbers) & ~np.isnan(found)
        case "<":
            hits = found < numbers[0]
        case "<=":
            hits = found <= numbers[0]
        case ">":
            hits = found > numbers[0]
        case ">=":
            hits = found >= numbers[0]
    return hits


def _wanted(comparison: Comparison, facts: Facts, values: FilterValues) -> tuple[Given, ...]:
    """What a field is compared with; of the current item, the parts of its cell, or nothing."""
    wanted: list[Given] = []
    for value in comparison.values:
        match value:
            case Parameter(name=name):
                wanted += values[name]
            case FieldName():
                wanted += _of_current_item(value, facts)
            case _:
                wanted.append(value.value)
    return tuple(wanted)


def _of_current_item(field: FieldName, facts: Facts) -> list[Given]:
    name = named(facts.records.columns(), field.name)
    cell = None if name is None or facts.item_id is None else facts.records.value(facts.item_id, name)
    if cell is None:
        return []
    return [cell, *cell.split(_SEPARATOR)] if isinstance(cell, str) else [cell]
