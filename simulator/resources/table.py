"""Tables: the resources of one family in one account and region, by ARN, by parent and in the order of a listing."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Mapping
from typing import Protocol, TypeVar

from simulator.clock import Micros

Position = tuple[Micros, str]
"""A place in a listing: when a resource was created, and its ARN."""


class _Listed(Protocol):
    """What a table needs of a resource; none of it ever changes."""

    arn: str
    created: Micros

    @property
    def parents(self) -> tuple[str, ...]:
        """The ARNs that it is listed under."""


R = TypeVar("R", bound=_Listed)


class Table(Mapping[str, R]):
    """Resources by ARN; iteration is oldest first, what was created at one instant by ARN.

    A page of a listing and the resources of one parent are found without looking at the others.
    """

    def __init__(self) -> None:
        self._records: dict[str, R] = {}
        self._order: list[Position] = []
        self._of: dict[str, list[Position]] = {}

    def __getitem__(self, arn: str) -> R:
        return self._records[arn]

    def __iter__(self) -> Iterator[str]:
        return (arn for _, arn in self._order)

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, arn: object) -> bool:
        return arn in self._records

    def add(self, record: R) -> None:
        """Takes in a resource whose ARN is free."""
        position = (record.created, record.arn)
        self._records[record.arn] = record
        insort(self._order, position)
        for parent in record.parents:
            insort(self._of.setdefault(parent, []), position)

    def remove(self, arn: str) -> R:
        """Takes out the resource of an ARN; raises KeyError if there is none."""
        record = self._records.pop(arn)
        position = (record.created, arn)
        del self._order[bisect_left(self._order, position)]
        for parent in record.parents:
            siblings = self._of[parent]
            del siblings[bisect_left(siblings, position)]
            if not siblings:
                del self._of[parent]
        return record

    def of(self, parent: str) -> list[R]:
        """The resources of one parent (an ARN, which need not exist), oldest first."""
        return [self._records[arn] for _, arn in self._of.get(parent, ())]

    def listed(self, parent: str | None, after: Position | None, count: int, *, newest_first: bool = False) -> list[R]:
        """At most `count` resources of a parent (of all, if it is None), those behind a position if one is given."""
        order = self._order if parent is None else self._of.get(parent, [])
        if newest_first:
            end = len(order) if after is None else bisect_left(order, after)
            chosen = order[max(0, end - count) : end][::-1]
        else:
            start = 0 if after is None else bisect_right(order, after)
            chosen = order[start : start + count]
        return [self._records[arn] for _, arn in chosen]
