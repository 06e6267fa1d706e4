"""User segments: the users who are most likely to take an item, or items with some attributes.

A user's affinity is the sum of what the items of the history count for the query, the newer the more.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from simulator.data.columns import Mask
from simulator.data.interactions import InteractionTable
from simulator.recommend.cooccurrence import Neighbours, neighbour_lists, with_chance
from simulator.recommend.histories import Histories, histories_of, newest
from simulator.recommend.metrics import rows_to_find, summarize_segments
from simulator.recommend.models import TrainedModel, canonical
from simulator.recommend.scoring import DECAY, Scores
from simulator.recommend.training_data import VALUE_SEPARATOR, Attributes
from simulator.recommend.user_personalization import HISTORY_LENGTH

# Of each user's events the newest fifth is to be found. Source: the guide, metrics of USER_SEGMENTATION.
_ONE_IN = 5
# Queries that the metrics are computed with, spread evenly over all: what bounds the cost.
_EVALUATED = 500
_CONDITION = re.compile(r'ITEMS\s*\.\s*(\w+)\s*=\s*("[^"]*"|[^\s"]+)', re.IGNORECASE)
_AND = re.compile(r"\s+AND\s+", re.IGNORECASE)


T = TypeVar("T")


class NoSegment(ValueError):
    """There is no segment for a query; the text says why."""


@dataclass(frozen=True, eq=False)
class ItemColumns:
    """What an Items dataset says of its items: in each column, by name, a text an item; empty where it says nothing."""

    ids: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class ItemSegments(TrainedModel):
    """Users by their affinity to an item; `user_ids` names the users of `histories`."""

    user_ids: tuple[str, ...]
    histories: Histories
    neighbours: Neighbours


@dataclass(frozen=True, eq=False)
class AttributeSegments(TrainedModel):
    """Users by their affinity to values of item columns; `columns` has a text for each of `item_ids`."""

    user_ids: tuple[str, ...]
    histories: Histories
    columns: Mapping[str, tuple[str, ...]]


def train_items(table: InteractionTable, *, chance: int | None) -> ItemSegments:
    """A model that makes segments for items; raises ValueError if the table is empty."""
    table, to_find = _split(table)
    model = _item_segments(table, ~to_find, chance)
    truths = _users_by_item(table, to_find)
    queries = _spread(sorted(truths))
    segments = [_best(model.histories, _towards(model, item), _top(table)) for item in queries]
    metrics = summarize_segments(segments, [truths[item] for item in queries], len(table.user_ids))
    whole = _item_segments(table, np.ones(len(table), dtype=bool), chance)
    return ItemSegments(whole.item_ids, metrics, whole.user_ids, whole.histories, whole.neighbours)


def train_attributes(table: InteractionTable, items: ItemColumns) -> AttributeSegments:
    """A model that makes segments for attributes; raises ValueError if the table is empty."""
    table, to_find = _split(table)
    columns = _aligned(table.item_ids, items)
    inputs = _histories(table, ~to_find)
    truths = _users_by_item(table, to_find)
    queries = _spread(
        sorted({(name, value) for name, texts in columns.items() for text in texts for value in _values(text)})
    )
    segments, answers = [], []
    for name, value in queries:
        matching = _matching(columns[name], value)
        answer = {user for item in np.flatnonzero(matching).tolist() for user in truths.get(item, ())}
        if answer:
            segments.append(_best(inputs, matching.astype(np.float64), _top(table)))
            answers.append(answer)
    metrics = summarize_segments(segments, answers, len(table.user_ids))
    everything = _histories(table, np.ones(len(table), dtype=bool))
    return AttributeSegments(table.item_ids, metrics, table.user_ids, everything, columns)


def item_columns(items: Attributes) -> ItemColumns:
    """What is known of items, in texts: numbers and categories."""
    columns = {
        name: tuple(column.values[code] for code in column.codes.tolist()) for name, column in items.categories.items()
    }
    for name, numbers in items.numbers.items():
        columns[name] = tuple("" if each != each else f"{each:.17g}" for each in numbers.tolist())
    return ItemColumns(items.ids, columns)


def trainable(items: ItemColumns) -> tuple[str, ...]:
    """The columns worth training on: those with values that are neither all the same nor all distinct (fail-005)."""
    chosen = []
    for name, texts in items.columns.items():
        said = [text for text in texts if text]
        if 1 < len(set(said)) < len(said):
            chosen.append(name)
    return tuple(chosen)


def of_item(model: ItemSegments, item_id: str, num_results: int, eligible: Mask | None = None) -> list[str]:
    """The ids of the users who are most likely to take an item, first the likeliest; raises NoSegment."""
    item = model.item_codes.get(item_id)
    if item is None:
        raise NoSegment(f"The item {item_id} was not part of the training data.")
    return _named(model.user_ids, model.histories, _towards(model, item), num_results, eligible)


def of_attributes(
    model: AttributeSegments, expression: str, num_results: int, eligible: Mask | None = None
) -> list[str]:
    """The same for items with all attributes of an expression such as `ITEMS.genres = "Comedy"`; raises NoSegment.

    Source: the guide, "Batch segment job input": `=` alone, several joined by AND.
    """
    matching = np.ones(len(model.item_ids), dtype=bool)
    for name, value in conditions(expression):
        texts = model.columns.get(name)
        if texts is None:
            raise NoSegment(f"ITEMS.{name} is no attribute of the training data.")
        having = _matching(texts, value)
        if not having.any():
            raise NoSegment(f"No item of the training data has the value {value} in ITEMS.{name}.")
        matching &= having
    if not matching.any():
        raise NoSegment(f"No item of the training data has all of the attributes of {expression}.")
    return _named(model.user_ids, model.histories, matching.astype(np.float64), num_results, eligible)


def conditions(expression: str) -> list[tuple[str, str]]:
    """The columns, in upper case, and the values that an attribute expression asks for; raises NoSegment."""
    found = []
    for part in _outside_quotes(expression.strip()):
        match = _CONDITION.fullmatch(part)
        if match is None:
            raise NoSegment(f'{part!r} is not of the form ITEMS.column = "value".')
        found.append((match[1].upper(), match[2].strip('"')))
    return found


def _outside_quotes(expression: str) -> list[str]:
    """The parts that AND joins; an AND inside quotes is part of a value."""
    parts, begin = [], 0
    for match in _AND.finditer(expression):
        if expression.count('"', 0, match.start()) % 2 == 0:
            parts.append(expression[begin : match.start()])
            begin = match.end()
    return [*parts, expression[begin:]]


def _split(table: InteractionTable) -> tuple[InteractionTable, npt.NDArray[np.bool_]]:
    """The table in canonical form, and the rows that are to be found."""
    if not len(table):
        raise ValueError("There are no interactions to train on.")
    table = canonical(table)
    return table, rows_to_find(table, np.ones(len(table.user_ids), dtype=bool), _ONE_IN)


def _histories(table: InteractionTable, rows: npt.NDArray[np.bool_]) -> Histories:
    users = len(table.user_ids)
    return histories_of(table.users[rows], table.items[rows], table.timestamps[rows], users)


def _item_segments(table: InteractionTable, rows: npt.NDArray[np.bool_], chance: int | None) -> ItemSegments:
    histories = _histories(table, rows)
    everyone = np.ones(len(table.user_ids), dtype=bool)
    (neighbours,) = neighbour_lists(histories, len(table.item_ids), [everyone])
    return ItemSegments(
        item_ids=table.item_ids,
        metrics={},
        user_ids=table.user_ids,
        histories=newest(histories, HISTORY_LENGTH),
        neighbours=with_chance(neighbours, chance),
    )


def _towards(model: ItemSegments, item: int) -> Scores:
    """What every item of a history counts for an item; the item itself twice as much as its closest neighbour."""
    entries = np.flatnonzero(model.neighbours.items == item)
    rows = np.searchsorted(model.neighbours.offsets, entries, side="right") - 1
    counts = np.zeros(len(model.item_ids))
    counts[rows] = model.neighbours.weights[entries]
    counts[item] = 2 * counts.max() or 1.0
    return counts


def _affinities(histories: Histories, counts: Scores) -> Scores:
    """Every user's affinity, from what each item counts."""
    users = histories.users
    ages = histories.offsets[users + 1] - 1 - np.arange(len(users))
    sums = np.bincount(users, DECAY**ages * counts[histories.items], minlength=len(histories.offsets) - 1)
    return sums.astype(np.float64, copy=False)


def _order(histories: Histories, counts: Scores) -> npt.NDArray[np.intp]:
    """All users, first those with the greatest affinity; of equal ones the more active."""
    return np.lexsort((-np.diff(histories.offsets), -_affinities(histories, counts)))


def _best(histories: Histories, counts: Scores, number: int) -> list[int]:
    best: list[int] = _order(histories, counts)[:number].tolist()
    return best


def _named(
    user_ids: tuple[str, ...],
    histories: Histories,
    counts: Scores,
    number: int,
    eligible: Mask | None,
) -> list[str]:
    order = _order(histories, counts)
    if eligible is not None:
        order = order[eligible[order]]
    return [user_ids[user] for user in order[:number].tolist()]


def _top(table: InteractionTable) -> int:
    """One per cent of the users, rounded up."""
    return math.ceil(len(table.user_ids) / 100)


def _users_by_item(table: InteractionTable, rows: npt.NDArray[np.bool_]) -> dict[int, set[int]]:
    users: dict[int, set[int]] = {}
    for user, item in zip(table.users[rows].tolist(), table.items[rows].tolist(), strict=True):
        users.setdefault(item, set()).add(user)
    return users


def _aligned(item_ids: tuple[str, ...], items: ItemColumns) -> dict[str, tuple[str, ...]]:
    """The columns worth training on, by their names in upper case, with a text for each of `item_ids`."""
    places = {item_id: place for place, item_id in enumerate(items.ids)}
    rows = [places.get(item_id) for item_id in item_ids]
    return {
        name.upper(): tuple("" if row is None else items.columns[name][row] for row in rows)
        for name in trainable(items)
    }


def _values(text: str) -> list[str]:
    return [value for value in text.split(VALUE_SEPARATOR) if value]


def _matching(texts: Sequence[str], value: str) -> npt.NDArray[np.bool_]:
    """Which texts have a value; numbers are compared as numbers."""
    number = _number(value)
    return np.fromiter((_has(_values(text), value, number) for text in texts), dtype=bool, count=len(texts))


def _has(values: Iterable[str], value: str, number: float | None) -> bool:
    return any(each == value or (number is not None and _number(each) == number) for each in values)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _spread(queries: Sequence[T]) -> Sequence[T]:
    step = max(1, math.ceil(len(queries) / _EVALUATED))
    return queries[::step]
