"""Items, users and actions: records by id, what was imported in bulk and what was put kept apart.

Every version of a record is kept, for exports; whoever reads asks for the newest of each id. Which of two is the
newer one is decided by their arrival: the rows of an import arrive when its job ends, the last of a file last.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from math import isqrt
from typing import Any, NamedTuple

import numpy as np

from simulator.clock import Micros
from simulator.data.columns import Chunk, Column, Value, cell, column_of, joined, text_column


class PutRecord(NamedTuple):
    """An item, user or action that was put, and the virtual instant at which it came.

    `properties` are its columns other than its id, by the names of the schema's fields, in the order of their names.
    """

    instant: Micros
    record_id: str
    properties: tuple[tuple[str, Value], ...]


class Import(NamedTuple):
    """The rows of an import, how many records had been put when they arrived, and the instant at which they did."""

    chunk: Chunk
    put_before: int
    arrived: Micros = 0


@dataclass(frozen=True, eq=False)
class Records:
    """The newest record of each id: `row_of` an id is its row in all `columns`, the id's own among them.

    Ids stand in the order of their newest arrival.
    """

    row_of: dict[str, int]
    columns: dict[str, Column]

    @cached_property
    def derived(self) -> dict[Hashable, Any]:
        """What readers have worked out from these records and keep here while the records are the newest."""
        return {}

    def __len__(self) -> int:
        return len(self.row_of)

    def ids(self) -> tuple[str, ...]:
        """All ids, in the order of the rows."""
        return tuple(self.row_of)

    def value(self, record_id: str, column: str) -> Value:
        """A cell of the newest record of an id; None if it is absent, or there is no such id or column."""
        row = self.row_of.get(record_id)
        found = self.columns.get(column)
        return None if row is None or found is None else cell(found, row)


_NONE = Records({}, {})
# How many records lie over the others at least before all are put together again.
_LEAST_OVERLAID = 100


@dataclass(frozen=True, eq=False)
class LayeredRecords:
    """The newest record of each id in two layers: many in `base`, and over them the few that were put since.

    What is derived from the base stays good when a record is put, so that a put costs readers little however many
    records there are. `folded` of the put records are in the base, `taken` in both together.
    """

    base: Records
    over: Records = _NONE
    folded: int = 0
    taken: int = 0

    def __contains__(self, record_id: str) -> bool:
        return record_id in self.over.row_of or record_id in self.base.row_of

    def columns(self) -> dict[str, None]:
        """The names of all columns."""
        return dict.fromkeys((*self.base.columns, *self.over.columns))

    def value(self, record_id: str, column: str) -> Value:
        """A cell of the newest record of an id; None if it is absent, or there is no such id or column."""
        return (self.over if record_id in self.over.row_of else self.base).value(record_id, column)


@dataclass(frozen=True, eq=False)
class RecordSnapshot:
    """What a store of records held at one moment."""

    id_column: str
    bulk: tuple[Import, ...]
    put: tuple[PutRecord, ...]

    def newest(self) -> Records:
        """The newest record of each id."""
        parts: list[Chunk] = []
        start = 0
        for chunk, put_before, _ in self.bulk:
            parts += [put_chunk(self.id_column, self.put[start:put_before]), chunk]
            start = put_before
        parts.append(put_chunk(self.id_column, self.put[start:]))
        everything = joined([part for part in parts if len(part)] or parts[-1:])
        ids = everything.texts(self.id_column)
        last = np.full(len(ids.values), -1, dtype=np.int64)
        last[ids.codes] = np.arange(len(ids))  # of several rows of an id the last one stays
        kept = everything.take(np.sort(last[last >= 0]))
        codes = kept.texts(self.id_column).codes.tolist()
        return Records({ids.values[code]: row for row, code in enumerate(codes)}, dict(kept.columns))

    def without(self, users: Set[str]) -> RecordSnapshot:
        """The same without some users, if it is of users."""
        if self.id_column != "USER_ID":
            return self
        gone = [record.record_id in users for record in self.put]
        bulk = tuple(
            Import(chunk.without(self.id_column, users), put_before - sum(gone[:put_before]), arrived)
            for chunk, put_before, arrived in self.bulk
        )
        put = tuple(record for record, is_gone in zip(self.put, gone, strict=True) if not is_gone)
        return RecordSnapshot(self.id_column, bulk, put)

    def __len__(self) -> int:
        return len(self.put) + sum(len(each.chunk) for each in self.bulk)


@dataclass
class RecordStore:
    """All records of one dataset of items, users or actions, under their id column; `put` in order of arrival."""

    id_column: str
    bulk: tuple[Import, ...] = ()
    put: list[PutRecord] = field(default_factory=list)

    def replace_bulk(self, chunk: Chunk, arrived: Micros = 0) -> None:
        """A FULL import: the earlier bulk records go, what was put stays. Source: the guide, importing data."""
        self.bulk = ()
        self.add_bulk(chunk, arrived)

    def add_bulk(self, chunk: Chunk, arrived: Micros = 0) -> None:
        """An INCREMENTAL import: the records join the earlier ones, and replace those of their ids for readers."""
        self.bulk += (Import(chunk, len(self.put), arrived),)
        self._layers.clear()

    def add_record(self, record: PutRecord) -> None:
        """Stores a record that was put."""
        self.put.append(record)

    def snapshot(self) -> RecordSnapshot:
        """What the store holds now; what came in bulk is not copied."""
        return self._first(len(self.put))

    def current(self) -> Records:
        """The newest record of each id, all in one; made anew after each change of the store (see `layered`)."""
        found = self._layers.get("now")
        if found is None or found.folded < len(self.put):
            found = self._layers["now"] = self._folded(len(self.put))
        return found.base

    def layered(self, until: Micros | None = None) -> LayeredRecords:
        """The newest record of each id, in layers; of what was put, only what had arrived by an instant (None: all).

        A put costs what is put; now and then, when the upper layer has grown to the root of the lower one, all are put
        together again.
        """
        reader = "now" if until is None else "later"
        taken = len(self.put) if until is None else bisect_right(self.put, until, key=_instant)
        found = self._layers.get(reader)
        if found is not None and found.taken == taken:
            return found
        if found is None or not self._lies_over(found, taken):
            found = self._layers[reader] = self._folded(taken)
        else:
            over = RecordSnapshot(self.id_column, (), tuple(self.put[found.folded : taken])).newest()
            found = self._layers[reader] = LayeredRecords(found.base, over, found.folded, taken)
        return found

    def _lies_over(self, layers: LayeredRecords, taken: int) -> bool:
        """Whether what was put up to a count can lie over what there is: it is newer than the imports, and little."""
        newer_than = self.bulk[-1].put_before if self.bulk else 0
        most = max(_LEAST_OVERLAID, isqrt(len(layers.base)))
        return layers.folded <= taken <= layers.folded + most and newer_than <= layers.folded

    @cached_property
    def _layers(self) -> dict[str, LayeredRecords]:
        """What readers were given last: those of all records, and those who see what is put later."""
        return {}

    def _folded(self, count: int) -> LayeredRecords:
        """All records in one layer, those that were put up to a count."""
        for found in self._layers.values():
            if found.folded == count:
                return LayeredRecords(found.base, folded=count, taken=count)
        return LayeredRecords(self._first(count).newest(), folded=count, taken=count)

    def _first(self, count: int) -> RecordSnapshot:
        """What the store holds, without what was put after a count."""
        bulk = tuple(each._replace(put_before=min(each.put_before, count)) for each in self.bulk)
        return RecordSnapshot(self.id_column, bulk, tuple(self.put[:count]))

    def ids(self) -> tuple[str, ...]:
        """The ids of all records."""
        return self.current().ids()

    def __len__(self) -> int:
        return len(self.put) + sum(len(each.chunk) for each in self.bulk)

    def remove_users(self, users: Set[str]) -> int:
        """Forgets all records of some users, if the store is of users; how many records those were."""
        before = self.snapshot()
        left = before.without(users)
        self.bulk, self.put = left.bulk, list(left.put)
        self._layers.clear()
        return len(before) - len(left)


def put_chunk(id_column: str, put: Sequence[PutRecord]) -> Chunk:
    """Records that were put, as rows in the order of their arrival."""
    ordered = sorted(put, key=arrival)
    properties = [dict(record.properties) for record in ordered]
    columns: dict[str, Column] = {id_column: text_column(record.record_id for record in ordered)}
    for name in sorted({name for each in properties for name in each}):
        columns[name] = column_of([each.get(name) for each in properties])
    return Chunk(columns)


def arrival(record: PutRecord) -> tuple[Micros, str]:
    """What decides the order of put records: their instant, their id, and for one id the order of the calls."""
    return record.instant, record.record_id


def _instant(record: PutRecord) -> Micros:
    return record.instant
