"""Frames and tables that the tests of models read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from simulator.data.interactions import InteractionTable


def table_of(frame: pd.DataFrame) -> InteractionTable:
    users, user_ids = pd.factorize(frame["USER_ID"])
    items, item_ids = pd.factorize(frame["ITEM_ID"])
    return InteractionTable(
        users.astype(np.int32),
        items.astype(np.int32),
        frame["TIMESTAMP"].to_numpy(np.int64),
        tuple(user_ids.tolist()),
        tuple(item_ids.tolist()),
    )


def events(rows: Sequence[tuple[str, str, int]]) -> InteractionTable:
    return table_of(pd.DataFrame(rows, columns=["USER_ID", "ITEM_ID", "TIMESTAMP"]))
