"""Windowed co-occurrence: which items people take soon after which, learned from their histories.

Two items of one history at distance d <= 20 count 1/sqrt(d) from the earlier to the later one and 0.3 of
that the other way. The sum over users is divided by sqrt(users of the one * users of the other) + 10, and
the 100 strongest neighbours of an item are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from simulator.data.columns import Codes
from simulator.recommend.histories import Histories, Offsets

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

WINDOW = 20
BACKWARD = 0.3
SHRINKAGE = 10.0
NEIGHBOURS = 100
# Pairs looked at together: what bounds the memory of a training (some 20 bytes a pair).
BAND_PAIRS = 8_000_000

Weights = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Neighbours:
    """For every item its strongest neighbours and their weights, as compressed rows, never written to."""

    offsets: Offsets
    items: Codes
    weights: Weights


def neighbour_lists(
    histories: Histories,
    item_count: int,
    groups: Sequence[npt.NDArray[np.bool_]],
    window: int = WINDOW,
) -> list[Neighbours]:
    """The neighbours that each group of users teaches, a group given as a mask over the users.

    The groups share one pass over the histories, so a model without the tested users costs little beside
    the model of everybody. Items go in bands, a band's pairs are freed before the next.
    """
    rows_by_item = np.argsort(histories.items, kind="stable")
    users = histories.users
    users_of_item = [np.bincount(histories.items[group[users]], minlength=item_count) for group in groups]
    windows = _Windows(histories, item_count, window)
    parts: list[list[csr_matrix]] = [[] for _ in groups]
    for first, last, rows in _bands(histories.items, rows_by_item, item_count, BAND_PAIRS // (2 * window + 1)):
        rows.sort()
        band = windows.around(rows, _distance_weights(window))
        for group, popularity, part in zip(groups, users_of_item, parts, strict=True):
            counted = group[users[rows]].astype(np.float32)
            sums = _sums_by_item(band, histories.items[rows] - first, counted, last - first)
            part.append(_strongest(sums, popularity[first:last], popularity))
    return [_joined(part) for part in parts]


def with_new_items(neighbours: Neighbours, changed: Histories, popularity: Counts, window: int = WINDOW) -> Neighbours:
    """Neighbours with the items that appeared since and their pairs; pairs of known items stay as they are.

    `popularity` covers known and new items, the new ones behind; `changed` holds the histories in which the
    new items stand.
    """
    known, count = len(neighbours.offsets) - 1, len(popularity)
    rows = np.flatnonzero(changed.items >= known)
    windows = _Windows(changed, count, window)
    ones = np.ones(len(rows), np.float32)
    weights = _distance_weights(window)
    outward = _sums_by_item(windows.around(rows, weights), changed.items[rows], ones, count)
    # The way from a known item to a new one is that window seen from its other end.
    inward = _sums_by_item(windows.around(rows, weights[::-1]), changed.items[rows], ones, count)
    inward = inward[:, :count].T.tocsr()
    inward.data[inward.indptr[known] :] = 0  # pairs of two new items are in `outward`
    additions = [_strongest(sums, popularity, popularity) for sums in (outward, inward)]
    return _joined_by_row(neighbours, additions, count)


class _Windows:
    """The items around an event in its user's history, with `window` blanks between two users."""

    def __init__(self, histories: Histories, item_count: int, window: int) -> None:
        self._window = window
        self._places = np.arange(len(histories.items)) + window * histories.users.astype(np.int64)
        blanks = window * len(histories.offsets)
        line = np.full(len(histories.items) + blanks, item_count, dtype=np.int32)
        line[self._places + window] = histories.items
        self._around = sliding_window_view(line, 2 * window + 1)
        self._width = item_count + 1

    def around(self, rows: npt.NDArray[np.intp], weights: Weights) -> csr_matrix:
        """A matrix with a row for each of `rows` and a column an item (the last: blank)."""
        from scipy.sparse import csr_matrix

        size = 2 * self._window + 1
        columns = self._around[self._places[rows]].ravel()
        data = np.tile(weights, len(rows))
        return csr_matrix((data, columns, np.arange(len(rows) + 1) * size), shape=(len(rows), self._width))


def _distance_weights(window: int) -> Weights:
    distance = np.arange(1, window + 1)
    forward = 1.0 / np.sqrt(distance)
    return np.concatenate((BACKWARD * forward[::-1], [0.0], forward)).astype(np.float32)


def _bands(
    items: Codes, rows_by_item: npt.NDArray[np.intp], item_count: int, most_rows: int
) -> Iterator[tuple[int, int, npt.NDArray[np.intp]]]:
    """Ranges of items and the rows they stand in, about `most_rows` at a time, one item at least."""
    ends = np.cumsum(np.bincount(items, minlength=item_count))
    first = done = 0
    while first < item_count:
        last = max(first + 1, int(np.searchsorted(ends, done + most_rows, side="right")))
        yield first, last, rows_by_item[done : ends[last - 1]]
        first, done = last, int(ends[last - 1])


def _sums_by_item(around: csr_matrix, items: Codes, counted: Weights, item_count: int) -> csr_matrix:
    """The rows of `around` summed by the item they belong to: one sparse product, always in one order."""
    from scipy.sparse import csr_matrix

    order = np.argsort(items, kind="stable")
    offsets = np.concatenate(([0], np.cumsum(np.bincount(items, minlength=item_count))))
    by_item = csr_matrix((counted[order], order, offsets), shape=(item_count, len(items)))
    return csr_matrix(by_item @ around)


def _strongest(sums: csr_matrix, popularity: Counts, popularity_across: Counts) -> csr_matrix:
    """Sums made weights, at most NEIGHBOURS a row; of equal weights the first stored stay."""
    from scipy.sparse import csr_matrix

    lengths = np.diff(sums.indptr)
    root = np.sqrt(popularity).astype(np.float32)
    across = np.sqrt(np.append(popularity_across, 0)).astype(np.float32)
    weights = np.repeat(root, lengths)
    weights *= across[sums.indices]
    weights += np.float32(SHRINKAGE)
    np.divide(sums.data, weights, out=weights)
    weights[sums.indices == len(popularity_across)] = 0.0
    keep = weights > 0
    for row in np.flatnonzero(lengths > NEIGHBOURS):
        begin, end = sums.indptr[row], sums.indptr[row + 1]
        here = weights[begin:end]
        least = np.partition(here, -NEIGHBOURS)[-NEIGHBOURS]
        keep[begin:end] &= here >= least
        surplus = np.count_nonzero(keep[begin:end]) - NEIGHBOURS
        if surplus > 0:
            keep[begin + np.flatnonzero(here == least)[-surplus:]] = False
    kept = np.concatenate(([0], np.cumsum(keep)))[sums.indptr]
    shape = (len(popularity), len(popularity_across))
    return csr_matrix((weights[keep], sums.indices[keep], kept), shape=shape)


def _joined(bands: Sequence[csr_matrix]) -> Neighbours:
    lengths = np.concatenate([np.diff(band.indptr) for band in bands])
    return Neighbours(
        np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64))),
        np.concatenate([band.indices for band in bands]).astype(np.int32),
        np.concatenate([band.data for band in bands]),
    )


def _joined_by_row(neighbours: Neighbours, additions: Sequence[csr_matrix], item_count: int) -> Neighbours:
    rows = [np.repeat(np.arange(len(neighbours.offsets) - 1), np.diff(neighbours.offsets))]
    rows += [np.repeat(np.arange(item_count), np.diff(addition.indptr)) for addition in additions]
    every = np.concatenate(rows)
    order = np.argsort(every, kind="stable")
    lengths = np.bincount(every, minlength=item_count)
    items = np.concatenate([neighbours.items, *(addition.indices for addition in additions)])
    weights = np.concatenate([neighbours.weights, *(addition.data for addition in additions)])
    return Neighbours(
        np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64))),
        items[order].astype(np.int32),
        weights[order],
    )
