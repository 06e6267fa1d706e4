"""Windowed co-occurrence: which items people take soon after which, learned from their histories.

Two items of one history at distance d <= 20 count 1/sqrt(d) from the earlier to the later one and 0.3 of
that the other way; where events have weights, as much as the mean (geometric) of the two weigh. The sum over users is
divided by sqrt(users of the one * users of the other) + 10, and the 100 strongest neighbours of an item are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from simulator.data.columns import Codes
from simulator.recommend.compressed import Offsets, offsets_from, places_of_joined
from simulator.recommend.histories import Histories
from simulator.recommend.models import Learned

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

WINDOW = 20
BACKWARD = 0.3
SHRINKAGE = 10.0
NEIGHBOURS = 100
# Spread of the chance in trained weights, as the standard deviation of their logarithm: what makes two
# trainings on the same data give different lists, as the service's do.
CHANCE = 0.25
# Pairs looked at together: what bounds the memory of a training (some 20 bytes a pair).
BAND_PAIRS = 8_000_000
_THREADS = 2
# Entries of neighbours that are kept as rows of one length (eight bytes each).
_MOST_FILLED = 10_000_000

Weights = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int64]
Sums = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Neighbours(Learned):
    """For every item its strongest neighbours and their weights, as compressed rows, never written to."""

    offsets: Offsets
    items: Codes
    weights: Weights

    @cached_property
    def filled(self) -> tuple[Codes, Weights] | None:
        """The same as rows of one length, the shorter ones filled up with the first item and no weight.

        Whole rows are read much faster than parts of one array. None where that would take too much room: many items,
        or rows of very different lengths.
        """
        count, entries = len(self.offsets) - 1, len(self.items)
        lengths = np.diff(self.offsets)
        width = int(lengths.max(initial=0))
        if count * width > min(_MOST_FILLED, 2 * entries):
            return None
        items, weights = np.zeros((count, width), np.int32), np.zeros((count, width), np.float32)
        there = np.arange(width) < lengths[:, None]
        items[there], weights[there] = self.items, self.weights
        return items, weights


def neighbour_lists(
    histories: Histories,
    item_count: int,
    groups: Sequence[npt.NDArray[np.bool_]],
    window: int = WINDOW,
    kept: int = NEIGHBOURS,
) -> list[Neighbours]:
    """The neighbours that each group of users teaches, a group given as a mask over the users.

    The groups share one pass over the histories, so a model without the tested users costs little beside
    the model of everybody. Items go in bands, a band's pairs are freed before the next.
    """
    rows_by_item = np.argsort(histories.items, kind="stable")
    users = histories.users
    users_of_item = [users_by_item(histories, group, item_count) for group in groups]
    windows = _Windows(histories, item_count, window)
    weights = _distance_weights(window)

    def strongest(band: tuple[int, int, npt.NDArray[np.intp]]) -> list[csr_matrix]:
        first, last, rows = band
        rows.sort()
        around = windows.around(rows, weights)
        found = []
        for group, popularity in zip(groups, users_of_item, strict=True):
            counted = group[users[rows]].astype(np.float32) * windows.weights_at(rows)
            sums = _sums_by_item(around, histories.items[rows] - first, counted, last - first)
            found.append(_strongest(sums, popularity[first:last], popularity, kept))
        return found

    bands = list(_bands(histories.items, rows_by_item, item_count, BAND_PAIRS // (2 * window + 1)))
    if len(bands) == 1:
        parts = [strongest(bands[0])]
    else:
        # What scipy does needs no interpreter; bands know nothing of each other, so threads cannot change the bytes.
        with ThreadPoolExecutor(_THREADS) as pool:
            parts = list(pool.map(strongest, bands))
    return [_joined(part) for part in zip(*parts, strict=True)]


def users_by_item(histories: Histories, group: npt.NDArray[np.bool_], item_count: int) -> Counts | Sums:
    """How many of the users in a group have each item, or how much their events weigh; a group is given as a mask."""
    rows = group[histories.users]
    if histories.weights is None:
        return np.bincount(histories.items[rows], minlength=item_count).astype(np.int64)
    return np.bincount(histories.items[rows], weights=histories.weights[rows], minlength=item_count)


def with_new_items(
    neighbours: Neighbours,
    changed: Histories,
    popularity: Counts | Sums,
    window: int = WINDOW,
    kept: int = NEIGHBOURS,
) -> Neighbours:
    """Neighbours with the items that appeared since and their pairs; pairs of known items stay as they are.

    `popularity` covers known and new items, the new ones behind; `changed` holds the histories in which the
    new items stand.
    """
    known, count = len(neighbours.offsets) - 1, len(popularity)
    rows = np.flatnonzero(changed.items >= known)
    windows = _Windows(changed, count, window)
    counted = windows.weights_at(rows)
    weights = _distance_weights(window)
    outward = _sums_by_item(windows.around(rows, weights), changed.items[rows], counted, count)
    # The way from a known item to a new one is that window seen from its other end.
    inward = _sums_by_item(windows.around(rows, weights[::-1]), changed.items[rows], counted, count)
    inward = inward[:, :count].T.tocsr()
    inward.data[inward.indptr[known] :] = 0  # pairs of two new items are in `outward`
    additions = [_strongest(sums, popularity, popularity, kept) for sums in (outward, inward)]
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
        # The root of an event's weight: a pair weighs as much as the roots of both, multiplied.
        self._roots = None if histories.weights is None else np.sqrt(histories.weights)
        if self._roots is not None:
            line_of_roots = np.zeros(len(line), dtype=np.float32)
            line_of_roots[self._places + window] = self._roots
            self._roots_around = sliding_window_view(line_of_roots, 2 * window + 1)

    def weights_at(self, rows: npt.NDArray[np.intp]) -> Weights:
        """What the events at `rows` add to the weights of their pairs."""
        return np.ones(len(rows), np.float32) if self._roots is None else self._roots[rows]

    def around(self, rows: npt.NDArray[np.intp], weights: Weights) -> csr_matrix:
        """A matrix with a row for each of `rows` and a column an item (the last: blank)."""
        from scipy.sparse import csr_matrix

        size = 2 * self._window + 1
        columns = self._around[self._places[rows]].ravel()
        data = np.tile(weights, len(rows))
        if self._roots is not None:
            data *= self._roots_around[self._places[rows]].ravel()
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


def _strongest(sums: csr_matrix, popularity: Counts | Sums, popularity_across: Counts | Sums, most: int) -> csr_matrix:
    """Sums made weights, at most so many a row; of equal weights the first stored stay."""
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
    for row in np.flatnonzero(lengths > most):
        begin, end = sums.indptr[row], sums.indptr[row + 1]
        here = weights[begin:end]
        least = np.partition(here, -most)[-most]
        keep[begin:end] &= here >= least
        surplus = np.count_nonzero(keep[begin:end]) - most
        if surplus > 0:
            keep[begin + np.flatnonzero(here == least)[-surplus:]] = False
    kept = np.concatenate(([0], np.cumsum(keep)))[sums.indptr]
    shape = (len(popularity), len(popularity_across))
    return csr_matrix((weights[keep], sums.indices[keep], kept), shape=shape)


def with_chance(neighbours: Neighbours, chance: int | None) -> Neighbours:
    """The same neighbours with weights that differ between trainings, as the seed `chance` draws them."""
    if chance is None:
        return neighbours
    draws = np.random.Generator(np.random.PCG64(chance)).standard_normal(len(neighbours.weights))
    factors = np.exp(CHANCE * draws)
    weights = (neighbours.weights * factors).astype(np.float32)
    return Neighbours(neighbours.offsets, neighbours.items, weights)


def _joined(bands: Sequence[csr_matrix]) -> Neighbours:
    return Neighbours(
        offsets_from(np.concatenate([np.diff(band.indptr) for band in bands])),
        np.concatenate([band.indices for band in bands]).astype(np.int32),
        np.concatenate([band.data for band in bands]),
    )


def _joined_by_row(neighbours: Neighbours, additions: Sequence[csr_matrix], item_count: int) -> Neighbours:
    """The neighbours of every item and then what is added to them."""
    more = item_count + 1 - len(neighbours.offsets)
    begins = [np.pad(neighbours.offsets, (0, more), mode="edge"), *(each.indptr.astype(np.int64) for each in additions)]
    offsets, places = places_of_joined(begins)
    items = np.empty(offsets[-1], dtype=np.int32)
    weights = np.empty(offsets[-1], dtype=np.float32)
    items[places[0]], weights[places[0]] = neighbours.items, neighbours.weights
    for at, addition in zip(places[1:], additions, strict=True):
        items[at], weights[at] = addition.indices, addition.data
    return Neighbours(offsets, items, weights)
