"""Pairs of items that the same users took: how close each item is to others, as a recipe of related items counts it.

Two items of one history that stand d <= 20 places apart count 1/sqrt(d), less where the recipe's relation says so. The
sum over all histories is divided by a power of the popularity of the other item and by the root of the own one, and the
closest items are kept. Where items are related that were taken together, each basket is a history of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulator.data.columns import Mask
from simulator.data.interactions import InteractionTable
from simulator.recommend.compressed import offsets_from
from simulator.recommend.cooccurrence import BAND_PAIRS, SHRINKAGE, WINDOW, Counts, Neighbours, with_chance
from simulator.recommend.histories import Histories, histories_of
from simulator.recommend.recipes import Relation
from simulator.recommend.scoring import Scores

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Takings:
    """Histories in which items are counted together, and what each row of them counts; `popularity` is of users."""

    histories: Histories
    counts: Scores
    popularity: Counts


def takings_of(table: InteractionTable, relation: Relation) -> Takings:
    """The users' histories, and where the relation asks for it their baskets: what was taken with short breaks."""
    users = histories_of(table.users, table.items, table.timestamps, len(table.user_ids))
    popularity = np.bincount(users.items, minlength=len(table.item_ids)).astype(np.int64)
    if relation.within is None:
        return Takings(users, np.ones(len(users.items)), popularity)
    order = np.lexsort((table.timestamps, table.users))
    owners, items, seconds = table.users[order], table.items[order], table.timestamps[order]
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (owners[1:] != owners[:-1]) | (np.diff(seconds) > relation.within)
    baskets = histories_of((np.cumsum(begins) - 1).astype(np.int32), items, seconds, int(np.count_nonzero(begins)))
    return Takings(
        Histories(
            np.concatenate((users.offsets, users.offsets[-1] + baskets.offsets[1:])),
            np.concatenate((users.items, baskets.items)),
            np.concatenate((users.timestamps, baskets.timestamps)),
        ),
        np.concatenate((np.full(len(users.items), relation.apart), np.ones(len(baskets.items)))),
        popularity,
    )


def related_by_users(
    takings: Takings,
    relation: Relation,
    discount: float,
    *,
    least_users: int = 0,
    keep: int = 100,
    chance: int | None = None,
    only: Mask | None = None,
    among: Mask | None = None,
) -> Neighbours:
    """For every item, or for those of a mask `only`, the closest `keep` items, in the order of the items' codes.

    `discount` is the power of an item's popularity by which it is divided. Pairs that fewer than `least_users` users
    took do not count, nor do items that a mask `among` leaves out. `chance` is the seed by which weights differ between
    trainings (None: they do not). Items go in bands, so that a band's pairs are freed before the next.
    """
    count = len(takings.popularity)
    every = takings.histories.items
    rows_by_item = np.argsort(every, kind="stable").astype(np.int64)
    if only is not None:
        rows_by_item = rows_by_item[only[every[rows_by_item]]]
    lengths = np.zeros(count, dtype=np.int64)
    items, weights = [np.empty(0, np.int32)], [np.empty(0, np.float32)]
    for rows in _bands(every[rows_by_item], rows_by_item):
        first = int(every[rows[0]])
        sums = _sums(takings, rows, first, relation.backward, least_users)
        if among is not None:
            sums = _those(sums, among[sums.indices])
        popularity = np.sqrt(takings.popularity[first : first + sums.shape[0]]).repeat(np.diff(sums.indptr))
        sums.data /= popularity * (takings.popularity**discount)[sums.indices] + SHRINKAGE
        closest = _closest(sums, keep)
        lengths[first : first + sums.shape[0]] = np.diff(closest.indptr)
        items.append(closest.indices.astype(np.int32))
        weights.append(closest.data.astype(np.float32))
    return with_chance(Neighbours(offsets_from(lengths), np.concatenate(items), np.concatenate(weights)), chance)


def _bands(items: npt.NDArray[np.int32], rows: _Rows) -> Iterator[_Rows]:
    """The rows of some items at a time, all rows of an item together, about as many as bound the memory."""
    most = BAND_PAIRS // (2 * WINDOW)
    begin = 0
    while begin < len(rows):
        end = begin + most
        if end < len(rows):
            # Not in the midst of an item: back to where it begins, or, if the band is all of it, on to where it ends.
            cut = int(np.searchsorted(items, items[end], side="left"))
            end = cut if cut > begin else int(np.searchsorted(items, items[end], side="right"))
        yield rows[begin:end]
        begin = end


def _sums(takings: Takings, rows: _Rows, first: int, backward: float, least_users: int) -> csr_matrix:
    """What every item of a band, the first of which is `first`, counts with others: a row an item."""
    from scipy.sparse import csr_matrix

    items, users = takings.histories.items, takings.histories.users
    count = len(takings.popularity)
    steps = np.array([*range(-WINDOW, 0), *range(1, WINDOW + 1)])
    others = rows[:, None] + steps
    inside = (others >= 0) & (others < len(users))
    others[~inside] = 0
    inside &= users[others] == users[rows][:, None]
    columns = np.where(inside, items[others], count).astype(np.int32)  # the last column is of nothing
    each = np.abs(steps) ** -0.5 * np.where(steps < 0, backward, 1.0)
    counted = takings.counts[rows]
    if least_users > 1:
        # The imaginary parts count rows: a history has an item once, so that a pair stands in one once a user.
        each = each + 1j
    around = csr_matrix(
        (np.tile(each, len(rows)), columns.ravel(), np.arange(len(rows) + 1) * len(steps)), shape=(len(rows), count + 1)
    )
    ends = np.cumsum(np.bincount(items[rows] - first))
    by_item = csr_matrix((counted, np.arange(len(rows)), np.concatenate(([0], ends))), shape=(len(ends), len(rows)))
    sums = csr_matrix(by_item @ around)
    counting = sums.indices < count
    if least_users > 1:
        counting &= sums.data.imag >= least_users
        sums.data = sums.data.real.copy()
    return _those(sums, counting)


def _closest(sums: csr_matrix, keep: int) -> csr_matrix:
    """The `keep` highest of every row above 0, in the order of the columns; of equal ones the first stored."""
    kept = sums.data > 0
    for row in np.flatnonzero(np.diff(sums.indptr) > keep):
        begin, end = sums.indptr[row], sums.indptr[row + 1]
        here = sums.data[begin:end]
        least = np.partition(here, -keep)[-keep]
        kept[begin:end] &= here >= least
        surplus = np.count_nonzero(kept[begin:end]) - keep
        if surplus > 0:
            kept[begin + np.flatnonzero(here == least)[-surplus:]] = False
    closest = _those(sums, kept)
    closest.sort_indices()
    return closest


def _those(sums: csr_matrix, entries: npt.NDArray[np.bool_]) -> csr_matrix:
    """The same rows with some of their entries alone."""
    from scipy.sparse import csr_matrix

    offsets = np.concatenate(([0], np.cumsum(entries)))[sums.indptr]
    return csr_matrix((sums.data[entries], sums.indices[entries], offsets), shape=sums.shape)
