"""Histories: what each user did, in time order, each item once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.data.columns import Codes, Seconds

Offsets = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Histories:
    """The items of every user, oldest first, as compressed rows.

    User `u` has `items[offsets[u]:offsets[u + 1]]` and `timestamps` (Unix seconds) beside them; `offsets` is
    one longer than the users are many. The arrays are never written to.
    """

    offsets: Offsets
    items: Codes
    timestamps: Seconds

    def of(self, user: int) -> Codes:
        """One user's items, oldest first."""
        return self.items[self.offsets[user] : self.offsets[user + 1]]

    @property
    def users(self) -> Codes:
        """The user of every row."""
        lengths = np.diff(self.offsets)
        return np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)


def histories_of(users: Codes, items: Codes, timestamps: Seconds, user_count: int) -> Histories:
    """The histories that events make: in time order, ties as they arrived, each item at its newest event.

    The three arrays have a row an event, in order of arrival.
    """
    order = np.lexsort((timestamps, users))
    users, items, timestamps = users[order], items[order], timestamps[order]
    width = int(items.max(initial=0)) + 1
    pairs = users.astype(np.int64) * width + items
    _, newest = np.unique(pairs[::-1], return_index=True)
    rows = np.sort(len(pairs) - 1 - newest)
    return Histories(_offsets(users[rows], user_count), items[rows], timestamps[rows])


def newest(histories: Histories, limit: int) -> Histories:
    """The same histories with at most `limit` items a user, the newest."""
    ends = np.repeat(histories.offsets[1:], np.diff(histories.offsets))
    rows = np.flatnonzero(ends - np.arange(len(ends)) <= limit)
    users = histories.users[rows]
    count = len(histories.offsets) - 1
    return Histories(_offsets(users, count), histories.items[rows], histories.timestamps[rows])


def consolidate(
    histories: Histories, users: Codes, items: Codes, timestamps: Seconds, user_count: int
) -> tuple[Histories, Histories]:
    """Histories with later events put into their places, and those of the users who had such events alone.

    The second has the same user codes and no rows for anyone else. A user's code is the same before and
    after; codes from the old number of users up to `user_count` are new users.
    """
    active = np.zeros(user_count, dtype=bool)
    active[users] = True
    owners = histories.users
    before = active[owners]
    changed = histories_of(
        np.concatenate((owners[before], users)),
        np.concatenate((histories.items[before], items)),
        np.concatenate((histories.timestamps[before], timestamps)),
        user_count,
    )
    everyone = np.concatenate((owners[~before], changed.users))
    order = np.argsort(everyone, kind="stable")
    merged = Histories(
        _offsets(everyone, user_count),
        np.concatenate((histories.items[~before], changed.items))[order],
        np.concatenate((histories.timestamps[~before], changed.timestamps))[order],
    )
    return merged, changed


def _offsets(users: Codes, user_count: int) -> Offsets:
    lengths = np.bincount(users, minlength=user_count)
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)))
