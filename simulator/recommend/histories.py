"""Histories: what each user did, in time order, each item once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from simulator.data.columns import Codes, Seconds
from simulator.recommend.compressed import Offsets as Offsets
from simulator.recommend.compressed import offsets_from, offsets_of, rows_of

_Number = TypeVar("_Number", bound=np.generic)

Weights = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Histories:
    """The items of every user, oldest first, as compressed rows.

    User `u` has `items[offsets[u]:offsets[u + 1]]` and `timestamps` (Unix seconds) beside them; `offsets` is
    one longer than the users are many. `weights` are those of the events (None: all 1). The arrays are never
    written to.
    """

    offsets: Offsets
    items: Codes
    timestamps: Seconds
    weights: Weights | None = None

    def of(self, user: int) -> Codes:
        """One user's items, oldest first."""
        return self.items[self.offsets[user] : self.offsets[user + 1]]

    def weights_of(self, user: int) -> Weights:
        """The weights of one user's items, oldest first."""
        begin, end = self.offsets[user], self.offsets[user + 1]
        return np.ones(end - begin, np.float32) if self.weights is None else self.weights[begin:end]

    @property
    def users(self) -> Codes:
        """The user of every row."""
        return rows_of(self.offsets)


def histories_of(
    users: Codes, items: Codes, timestamps: Seconds, user_count: int, weights: Weights | None = None
) -> Histories:
    """The histories that events make: in time order, ties as they arrived, each item at its newest event.

    The arrays have a row an event, in order of arrival. An item weighs as much as the weightiest of its events.
    """
    order = np.lexsort((timestamps, users))
    users, items, timestamps = users[order], items[order], timestamps[order]
    width = int(items.max(initial=0)) + 1
    pairs = users.astype(np.int64) * width + items
    if weights is None:
        _, newest = np.unique(pairs[::-1], return_index=True)
        rows = np.sort(len(pairs) - 1 - newest)
        return Histories(offsets_of(users[rows], user_count), items[rows], timestamps[rows])
    _, newest, places = np.unique(pairs[::-1], return_index=True, return_inverse=True)
    weightiest = np.zeros(len(newest), dtype=np.float32)
    np.maximum.at(weightiest, places, weights[order][::-1])
    by_row = np.argsort(newest)[::-1]
    rows = len(pairs) - 1 - newest[by_row]
    return Histories(offsets_of(users[rows], user_count), items[rows], timestamps[rows], weightiest[by_row])


def newest(histories: Histories, limit: int) -> Histories:
    """The same histories with at most `limit` items a user, the newest."""
    ends = np.repeat(histories.offsets[1:], np.diff(histories.offsets))
    rows = np.flatnonzero(ends - np.arange(len(ends)) <= limit)
    lengths = np.minimum(np.diff(histories.offsets), limit)
    weights = None if histories.weights is None else histories.weights[rows]
    return Histories(offsets_from(lengths), histories.items[rows], histories.timestamps[rows], weights)


def consolidate(
    histories: Histories,
    users: Codes,
    items: Codes,
    timestamps: Seconds,
    user_count: int,
    limit: int,
    weights: Weights | None = None,
) -> tuple[Histories, Histories]:
    """Histories with later events put into their places, and those of the users who had such events alone.

    The first keeps at most `limit` items of those users, the newest; the second has all of their items, the same user
    codes, and no rows for anyone else. A user's code is the same before and after; codes from the old number of users
    up to `user_count` are new users. What stays is copied as it is: the sorting is in proportion to those users.
    """
    lengths = np.zeros(user_count, dtype=np.int64)
    lengths[: len(histories.offsets) - 1] = np.diff(histories.offsets)
    active = np.zeros(user_count, dtype=bool)
    active[users] = True
    before = np.repeat(active, lengths)
    owners = np.repeat(np.arange(user_count, dtype=np.int32)[active], lengths[active])
    stored, every = histories.weights, None
    if stored is not None or weights is not None:
        stored = _or_ones(stored, len(before))
        every = np.concatenate((stored[before], _or_ones(weights, len(users))))
    changed = histories_of(
        np.concatenate((owners, users)),
        np.concatenate((histories.items[before], items)),
        np.concatenate((histories.timestamps[before], timestamps)),
        user_count,
        every,
    )
    kept = newest(changed, limit)
    lengths[active] = np.diff(kept.offsets)[active]
    now = np.repeat(active, lengths)
    merged = Histories(
        offsets_from(lengths),
        _merged(histories.items[~before], kept.items, now),
        _merged(histories.timestamps[~before], kept.timestamps, now),
        None if stored is None or kept.weights is None else _merged(stored[~before], kept.weights, now),
    )
    return merged, changed


def _merged(
    stay: npt.NDArray[_Number], changed: npt.NDArray[_Number], where: npt.NDArray[np.bool_]
) -> npt.NDArray[_Number]:
    """The entries that changed at the places of the mask, and those that stay at the others, each in its order."""
    every = np.empty(len(where), dtype=stay.dtype)
    every[where] = changed
    every[~where] = stay
    return every


def _or_ones(weights: Weights | None, count: int) -> Weights:
    return np.ones(count, np.float32) if weights is None else weights
