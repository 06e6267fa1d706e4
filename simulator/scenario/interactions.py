"""The `data` step: rows written out; or interactions, generated or of a CSV file, split in time, with events drawn."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import uuid
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from simulator.scenario.model import Data, Events

if TYPE_CHECKING:
    import pandas as pd

INTERACTION_COLUMNS = ("USER_ID", "ITEM_ID", "TIMESTAMP")
_MOVIELENS = ("userId", "movieId", "timestamp")


class UnusableData(Exception):
    """A CSV file that interactions cannot be read from, or too few of them."""


def data_of(data: Data, seed: int, folder: str, ratings: str | PathLike[str] | None) -> Any:
    """The answer of a `data` step. Raises UnusableData."""
    return interactions_from(data, seed, folder, ratings) if data.rows is None else _written(data.rows, data.columns)


def _written(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None) -> Any:
    """The `csv` text of rows that are written out, and their `count`; a column that a row lacks is empty."""
    text = io.StringIO()
    names = columns or tuple(dict.fromkeys(key for row in rows for key in row))
    writer = csv.DictWriter(text, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return {"count": len(rows), "csv": text.getvalue()}


def interactions_from(data: Data, seed: int, folder: str, ratings: str | PathLike[str] | None) -> Any:
    """The answer of a `data` step with interactions.

    `earlier` has a `count` and the rows as `csv` text; `later` has a `count`; `events` are rows of the later
    part. `users` tell of each user how many rows it has in either part, how many of its rows are `events`, and
    how many of those are on items of the earlier part (`events_on_known_items`); their order is that of their
    ids as text.

    Raises UnusableData.
    """
    from simulator.data.generated import movielens_like, split_by_time

    assert data.interactions is not None
    if ratings is not None:
        frame = read_csv(ratings)
    elif data.interactions.csv is not None:
        frame = read_csv(os.path.join(folder, data.interactions.csv))
    else:
        made = data.interactions.generated
        assert made is not None, "the loader lets no other through"
        try:
            frame = movielens_like(seed, made.users, made.items, made.interactions)
        except ValueError as fault:
            raise UnusableData(str(fault)) from None
    earlier, later = split_by_time(frame, 1.0 if data.earlier is None else data.earlier)
    events = later.iloc[:0] if data.events is None else _drawn(later, data.events, seed)
    return {
        "earlier": {"count": len(earlier), "csv": _csv(earlier, data.columns or INTERACTION_COLUMNS)},
        "later": {"count": len(later)},
        "events": _rows(events, data.events, seed),
        "users": _users(earlier, later, events),
    }


def read_csv(path: str | PathLike[str]) -> pd.DataFrame:
    """The interactions in a CSV file with the columns of MovieLens or of Personalize, ids as text.

    Raises UnusableData.
    """
    import pandas as pd

    try:
        header = list(pd.read_csv(path, nrows=0).columns)
        columns = next((each for each in (INTERACTION_COLUMNS, _MOVIELENS) if set(each) <= set(header)), None)
        if columns is None:
            raise UnusableData(
                f"{os.fspath(path)} has the columns {', '.join(header)[:200]}: {', '.join(_MOVIELENS)} (MovieLens) "
                f"or {', '.join(INTERACTION_COLUMNS)} are needed"
            )
        user, item, timestamp = columns
        frame = pd.read_csv(
            path,
            usecols=list(columns),
            dtype={user: "str", item: "str", timestamp: "int64"},
            keep_default_na=False,
        )
    except OSError as fault:
        raise UnusableData(f"{os.fspath(path)} cannot be read: {fault.strerror}") from None
    except (ValueError, OverflowError) as fault:
        raise UnusableData(f"{os.fspath(path)} is no CSV file of interactions: {str(fault)[:200]}") from None
    if frame.empty:
        raise UnusableData(f"{os.fspath(path)} has no rows")
    return frame.rename(columns=dict(zip(columns, INTERACTION_COLUMNS, strict=True)))[list(INTERACTION_COLUMNS)]


def _drawn(later: pd.DataFrame, events: Events, seed: int) -> pd.DataFrame:
    import numpy as np

    if events.sample == "all":
        return later
    if events.sample > len(later):
        raise UnusableData(f"{events.sample} events are wanted, and the later part has {len(later)} rows")
    drawn = np.random.default_rng(abs(seed)).choice(len(later), events.sample, replace=False)
    return later.iloc[np.sort(drawn)]


def _csv(frame: pd.DataFrame, columns: Sequence[str]) -> str:
    """The rows as a CSV file. Four times as fast as pandas writes it."""
    texts = [frame[name].astype(str).tolist() if name == "TIMESTAMP" else _cells(frame[name]) for name in columns]
    return "\n".join([",".join(columns), *map(",".join, zip(*texts, strict=True)), ""])


def _cells(column: pd.Series[Any]) -> list[str]:
    from simulator.data.exports import cell

    texts = column.tolist()
    cells = {text: cell(text) for text in set(texts)}
    return [cells[text] for text in texts]


def _rows(frame: pd.DataFrame, events: Events | None, seed: int) -> list[dict[str, Any]]:
    columns = {name: frame[name].tolist() for name in INTERACTION_COLUMNS}
    if events is not None and events.session_per_user:
        sessions = {user: _session(seed, user) for user in set(columns["USER_ID"])}
        columns["SESSION_ID"] = [sessions[user] for user in columns["USER_ID"]]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _session(seed: int, user: str) -> str:
    digest = hashlib.sha256(f"session {seed} {user}".encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def _users(earlier: pd.DataFrame, later: pd.DataFrame, events: pd.DataFrame) -> list[dict[str, Any]]:
    known = earlier["ITEM_ID"].unique()
    on_known = events[events["ITEM_ID"].isin(known)]
    parts = {"earlier": earlier, "later": later, "events": events, "events_on_known_items": on_known}
    counts = {name: part["USER_ID"].value_counts().to_dict() for name, part in parts.items()}
    ids = sorted({str(user) for count in counts.values() for user in count})
    return [{"USER_ID": user, **{name: counts[name].get(user, 0) for name in parts}} for user in ids]
