"""Interactions in the shape of MovieLens, generated: for tests and examples without a data file."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

_FIRST_SECOND = 820_454_400  # 1996-01-01
_LAST_SECOND = 1_537_920_000  # 2018-09-26
_DAY = 86_400
_FEWEST_EVENTS = 20
_CLUSTERS = 20
_MOST_BURSTS = 5
# Of a burst's events, how many are of its theme; of the items, how many were there from the start.
_THEME_SHARE = 0.7
_OLD_ITEMS = 0.35

_STRAY_SHARE = 0.15
_LINE = 1 << 32  # longer than any second

_Ints = npt.NDArray[np.int64]
_Objects = npt.NDArray[np.object_]


def movielens_like(seed: int = 0, users: int = 610, items: int = 9700, interactions: int = 100_000) -> pd.DataFrame:
    """Interactions with columns USER_ID, ITEM_ID (text) and TIMESTAMP (Unix seconds), sorted by time.

    Popularity is Zipf-like, items belong to clusters of taste and come out over the years; users act in a few
    bursts, each with a theme, between 1996 and 2018, at least 20 times (where that many are asked for), and
    never twice with one item. The same arguments give the same rows. Raises ValueError if there are not
    enough pairs of users and items to choose from.
    """
    if min(users, items, interactions) < 1 or interactions * 4 > users * items:
        raise ValueError("movielens_like needs at least four pairs of user and item for every interaction.")
    chance = np.random.Generator(np.random.PCG64(seed))
    wanted = _history_lengths(chance, users, interactions)
    catalogue = _Catalogue(chance, items)
    bursts = _Bursts(chance, users)
    who = what = when = np.empty(0, np.int64)
    while len(who) < interactions:
        asked = np.repeat(np.arange(users), wanted * 2)
        themes, times = bursts.draw(chance, asked)
        who = np.concatenate((who, asked))
        what = np.concatenate((what, catalogue.draw(chance, themes, times)))
        when = np.concatenate((when, times))
        _, once = np.unique(who * items + what, return_index=True)
        once.sort()
        who, what, when = who[once], what[once], when[once]
    chosen = _wanted_first(who, wanted)[:interactions]
    chosen = chosen[np.lexsort((who[chosen], when[chosen]))]
    return pd.DataFrame(
        {
            "USER_ID": _names(who[chosen], users),
            "ITEM_ID": _names(what[chosen], items),
            "TIMESTAMP": when[chosen],
        }
    )


def split_by_time(frame: pd.DataFrame, fraction: float = 0.8) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The oldest `fraction` of the rows and the rest, each sorted by TIMESTAMP, ties as they stood."""
    ordered = frame.sort_values("TIMESTAMP", kind="stable", ignore_index=True)
    cut = int(len(ordered) * fraction)
    return ordered.iloc[:cut].reset_index(drop=True), ordered.iloc[cut:].reset_index(drop=True)


class _Catalogue:
    """Items in clusters, each with the second it came out and a Zipf-like popularity."""

    def __init__(self, chance: np.random.Generator, items: int) -> None:
        ranks = chance.permutation(items)
        weights = 1.0 / (ranks + 1 + items / 300)
        released = chance.uniform(_FIRST_SECOND, _LAST_SECOND, items)
        released[chance.random(items) < _OLD_ITEMS] = _FIRST_SECOND
        clusters = chance.permutation(np.arange(items) % min(_CLUSTERS, items))
        self._items: _Ints = np.lexsort((released, clusters)).astype(np.int64)
        self._heaped = np.concatenate(([0.0], np.cumsum(weights[self._items])))
        # Clusters lie one behind another on one line, so that a single search finds cluster and second.
        self._line = clusters[self._items] * _LINE + released[self._items]
        self._starts = np.searchsorted(clusters[self._items], np.arange(_CLUSTERS))

    def draw(self, chance: np.random.Generator, themes: _Ints, times: _Ints) -> _Ints:
        """An item of each theme, out by that time, the popular ones more often."""
        begin = self._starts[themes]
        end = np.maximum(np.searchsorted(self._line, themes * _LINE + times, side="right"), begin + 1)
        low, high = self._heaped[begin], self._heaped[np.minimum(end, len(self._items))]
        height = low + chance.random(len(times)) * (high - low)
        place = np.searchsorted(self._heaped, height, side="right") - 1
        drawn: _Ints = self._items[np.clip(place, 0, len(self._items) - 1)]
        return drawn


class _Bursts:
    """When each user acts, and on what: one burst or a few, each with a theme the user likes."""

    def __init__(self, chance: np.random.Generator, users: int) -> None:
        self._count = np.where(chance.random(users) < 0.5, 1, chance.integers(2, _MOST_BURSTS + 1, users))
        gaps = chance.exponential(300 * _DAY, (users, _MOST_BURSTS))
        gaps[:, 0] = chance.uniform(0, _LAST_SECOND - _FIRST_SECOND, users)
        starts = _FIRST_SECOND + np.cumsum(gaps, axis=1)
        self._starts = np.minimum(starts, _LAST_SECOND - _DAY * chance.random(starts.shape)).astype(np.int64)
        self._themes = chance.integers(0, _CLUSTERS, (users, _MOST_BURSTS))

    def draw(self, chance: np.random.Generator, who: _Ints) -> tuple[_Ints, _Ints]:
        """A theme and a second for each event of those users."""
        burst = (chance.random(len(who)) * self._count[who]).astype(np.int64)
        own = self._themes[who, (chance.random(len(who)) * self._count[who]).astype(np.int64)]
        themes = np.where(chance.random(len(who)) < _THEME_SHARE, self._themes[who, burst], own)
        stray = chance.random(len(who)) < _STRAY_SHARE
        themes[stray] = chance.integers(0, _CLUSTERS, int(stray.sum()))
        return themes, self._starts[who, burst] + chance.exponential(3_000, len(who)).astype(np.int64)


def _history_lengths(chance: np.random.Generator, users: int, interactions: int) -> _Ints:
    """How many events each user wants: lognormal, as many as asked for in all."""
    fewest = min(_FEWEST_EVENTS, interactions // users)
    shape = chance.lognormal(0.0, 1.35, users)
    shares = shape / shape.sum()
    lengths: _Ints = fewest + np.floor(shares * (interactions - fewest * users)).astype(np.int64)
    lengths[: interactions - int(lengths.sum())] += 1
    return lengths


def _wanted_first(who: _Ints, wanted: _Ints) -> _Ints:
    """Rows in the order of their users' need: those within the wanted number of events, then the others."""
    order = np.argsort(who, kind="stable")
    counts = np.bincount(who, minlength=len(wanted))
    places = np.arange(len(who)) - np.repeat(np.cumsum(counts) - counts, counts)
    surplus = np.maximum(places - wanted[who[order]] + 1, 0)
    return order[np.argsort(surplus, kind="stable")]


def _names(codes: _Ints, count: int) -> _Objects:
    return np.array([str(code + 1) for code in range(count)], dtype=object)[codes]
