"""Features: attributes of items and users, and contexts, as codes that can be counted.

A categorical value is a feature, of a text with several values each of them; of a number it is in which part of all
numbers it lies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from simulator.data.columns import Codes, TextColumn
from simulator.recommend.compressed import Offsets, entries_of, offsets_from
from simulator.recommend.models import Learned
from simulator.recommend.training_data import VALUE_SEPARATOR, Attributes, Numbers

# Of a column with more values the most frequent are learned of.
MOST_VALUES = 1000
# Into how many parts of equally many rows numbers are divided.
PARTS = 5


@dataclass(frozen=True, eq=False)
class Vocabulary(Learned):
    """What is learned of: for every categorical column its values, for every one of numbers the edges of its parts.

    A feature's code is its place among those of all columns, categorical ones first.
    """

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    edges: Mapping[str, Numbers] = field(default_factory=dict)

    @cached_property
    def begins(self) -> dict[str, int]:
        """The code of each column's first feature."""
        sizes = {name: len(values) for name, values in self.values.items()}
        sizes |= {name: len(edges) + 1 for name, edges in self.edges.items()}
        ends = np.cumsum([*sizes.values()]).tolist()
        return {name: end - size for (name, size), end in zip(sizes.items(), ends, strict=True)}

    @cached_property
    def codes(self) -> dict[str, dict[str, int]]:
        """The codes of the values of each categorical column."""
        return {
            name: {value: self.begins[name] + place for place, value in enumerate(values)}
            for name, values in self.values.items()
        }

    def __len__(self) -> int:
        return sum(map(len, self.values.values())) + sum(len(edges) + 1 for edges in self.edges.values())


@dataclass(frozen=True, eq=False)
class Features:
    """The features of rows, as compressed rows."""

    offsets: Offsets
    codes: Codes

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def of(self, row: int) -> Codes:
        """The features of one row."""
        return self.codes[self.offsets[row] : self.offsets[row + 1]]

    def at(self, rows: Codes) -> Features:
        """The features of some rows; of the row -1 there are none."""
        known = np.maximum(rows, 0)
        offsets = np.where(rows >= 0, self.offsets[known + 1] - self.offsets[known], 0)
        entries, _ = entries_of(self.offsets, rows[rows >= 0])
        return Features(offsets_from(offsets), self.codes[entries])


def vocabulary_of(categories: Mapping[str, TextColumn], numbers: Mapping[str, Numbers], least: int = 2) -> Vocabulary:
    """The features that some columns have, a categorical one if it stands in `least` rows at least."""
    values = {name: _frequent(categories[name], least) for name in sorted(categories)}
    edges = {name: _edges(numbers[name]) for name in sorted(numbers)}
    return Vocabulary(
        {name: found for name, found in values.items() if found},
        {name: found for name, found in edges.items() if len(found)},
    )


def features_of(
    vocabulary: Vocabulary, categories: Mapping[str, TextColumn], numbers: Mapping[str, Numbers], row_count: int
) -> Features:
    """The features of every row, as far as the vocabulary has them."""
    rows, codes = [np.empty(0, np.int64)], [np.empty(0, np.int32)]
    for name, code_of in vocabulary.codes.items():
        if name in categories:
            owners, found = _of_texts(categories[name], code_of)
            rows.append(owners)
            codes.append(found)
    for name, edges in vocabulary.edges.items():
        if name in numbers:
            present = np.flatnonzero(np.isfinite(numbers[name]))
            parts = np.searchsorted(edges, numbers[name][present], side="right")
            rows.append(present.astype(np.int64))
            codes.append((vocabulary.begins[name] + parts).astype(np.int32))
    owners, every = np.concatenate(rows), np.concatenate(codes)
    order = np.argsort(owners, kind="stable")
    return Features(offsets_from(np.bincount(owners, minlength=row_count)), every[order])


def features_of_attributes(vocabulary: Vocabulary, attributes: Attributes) -> Features:
    """The features of all items or users that something is known of."""
    return features_of(vocabulary, attributes.categories, attributes.numbers, len(attributes.ids))


def values_of(text: str) -> Iterator[str]:
    """The distinct values in a text of a categorical column."""
    return iter(dict.fromkeys(value for value in map(str.strip, text.split(VALUE_SEPARATOR)) if value))


def _frequent(column: TextColumn, least: int) -> tuple[str, ...]:
    """The values of a column that enough rows have, in the order of the texts."""
    rows = np.bincount(column.codes, minlength=len(column.values)).tolist()
    counts: dict[str, int] = {}
    for text, count in zip(column.values, rows, strict=True):
        for value in values_of(text):
            counts[value] = counts.get(value, 0) + count
    frequent = sorted(
        (value for value, count in counts.items() if count >= least), key=lambda each: (-counts[each], each)
    )
    return tuple(sorted(frequent[:MOST_VALUES]))


def _edges(numbers: Numbers) -> Numbers:
    """Where the parts of a column's numbers begin, but for the first."""
    present = numbers[np.isfinite(numbers)]
    if not len(present):
        return present
    edges = np.unique(np.quantile(present, np.arange(1, PARTS) / PARTS))
    found: Numbers = edges[edges > present.min()]
    return found


def _of_texts(column: TextColumn, code_of: Mapping[str, int]) -> tuple[Offsets, Codes]:
    """The rows that have a known value, and its code; a row with several stands there as often."""
    of_text = [[code_of[value] for value in values_of(text) if value in code_of] for text in column.values]
    offsets = offsets_from(np.array([len(each) for each in of_text], dtype=np.int64))
    codes = np.array([code for each in of_text for code in each], dtype=np.int32)
    entries, lengths = entries_of(offsets, column.codes)
    return np.repeat(np.arange(len(column), dtype=np.int64), lengths), codes[entries]
