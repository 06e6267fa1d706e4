"""What the models of all families share: ids for their codes, metrics, and equality by content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property

import numpy as np

from simulator.data.columns import Codes
from simulator.data.interactions import InteractionTable

Ranked = tuple[str, float | None]
"""An item's id and its score, None where its family has none."""


@dataclass(frozen=True, eq=False)
class Learned:
    """Something learned, a dataclass: properties that are derived from its fields when first asked for are no part of
    it, and are not pickled."""

    def __getstate__(self) -> dict[str, object]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, eq=False)
class TrainedModel(Learned):
    """What a training has learned; plain data, never changed, equal if all of its fields are.

    `item_ids` names the item codes in the fields of a family. Properties are derived from the fields when first
    asked for and are no part of a model's identity.
    """

    item_ids: tuple[str, ...]
    metrics: Mapping[str, float]

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and _same(self, other)

    @cached_property
    def item_codes(self) -> dict[str, int]:
        """The code of every known item."""
        return {item_id: code for code, item_id in enumerate(self.item_ids)}


def canonical(table: InteractionTable, more_items: Iterable[str] = ()) -> InteractionTable:
    """The same rows with codes in the order of the ids, ids without a row left out but for `more_items`."""
    users, user_ids = _sorted_codes(table.users, table.user_ids)
    items, item_ids = _sorted_codes(table.items, table.item_ids, more_items)
    return replace(table, users=users, items=items, user_ids=user_ids, item_ids=item_ids)


def codes_among(
    codes: Codes, ids: Sequence[str], known: Mapping[str, int], known_ids: tuple[str, ...], more: Iterable[str] = ()
) -> tuple[Codes, tuple[str, ...]]:
    """Codes in terms of known ids and of new ones, those of `more` among them, which come behind in their order."""
    used = np.unique(codes).tolist()
    added = sorted({each for each in (*(ids[code] for code in used), *more) if each not in known})
    behind = {each: len(known_ids) + place for place, each in enumerate(added)}
    new = np.zeros(len(ids), dtype=np.int32)
    for code in used:
        each = ids[code]
        new[code] = known[each] if each in known else behind[each]
    return new[codes], (*known_ids, *added)


def _sorted_codes(codes: Codes, ids: Sequence[str], more: Iterable[str] = ()) -> tuple[Codes, tuple[str, ...]]:
    used = np.flatnonzero(np.bincount(codes, minlength=len(ids))).tolist()
    every = sorted({*(ids[code] for code in used), *more})
    places = {each: place for place, each in enumerate(every)}
    new = np.zeros(len(ids), dtype=np.int32)
    new[used] = [places[ids[code]] for code in used]
    return new[codes], tuple(every)


def _same(one: object, other: object) -> bool:
    """Whether two records hold the same data, arrays byte for byte."""
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if is_dataclass(one) and type(one) is type(other):
        return all(_same(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))
    return one == other
