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
_THEME_SHARE = 0.6
_OLD_ITEMS = 0.55

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]


def movielens_like(
    seed: int = 0, users: int = 610, items: int = 9700, interactions: int = 100_000
) -> pd.DataFrame:
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
    drawn = [np.empty(0, np.int64) for _ in range(3)]
    while len(drawn[0]) < interactions:
        asked = np.repeat(np.arange(users), wanted * 2)
        burst, theme, times = bursts.draw(chance, asked)
        chosen = catalogue.draw(chance, theme, times)
        more = (asked, chosen, times + chance.exponential(30, len(asked)).astype(np.int64))
        drawn = [np.concatenate(both) for both in zip(drawn, more, strict=True)]
        _, first = np.unique(drawn[0] * items + drawn[1], return_index=True)
        drawn = [column[np.sort(first)] for column in drawn]
        del burst
    who, what, when = drawn
    rows = _wanted_first(who, wanted)[:interactions]
    rows = rows[np.lexsort((rows, when[rows]))]
    return pd.DataFrame(
        {
            "USER_ID": (who[rows] + 1).astype(str),
            "ITEM_ID": (what[rows] + 1).astype(str),
            "TIMESTAMP": when[rows],
        }
    )


def split_by_time(frame: pd.DataFrame, fraction: float = 0.8) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The oldest `fraction` of the rows and the rest, each sorted by TIMESTAMP, ties as they stood."""
    ordered = frame.sort_values("TIMESTAMP", kind="stable", ignore_index=True)
    cut = int(len(ordered) * fraction)
    return ordered.iloc[:cut].reset_index(drop=True), ordered.iloc[cut:].reset_index(drop=True)
