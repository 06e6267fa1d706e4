"""The stores of datasets: one kind for what users did, one for what items, users and actions are."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from simulator.data.interactions import InteractionStore
from simulator.data.records import RecordStore

# The column that names what a dataset is about.
ID_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "INTERACTIONS": "ITEM_ID",
        "ACTION_INTERACTIONS": "ACTION_ID",
        "ITEMS": "ITEM_ID",
        "USERS": "USER_ID",
        "ACTIONS": "ACTION_ID",
    }
)

Store = InteractionStore | RecordStore


def new_store(dataset_type: str) -> Store:
    """The empty store of a new dataset of a type, such as INTERACTIONS or ITEMS."""
    id_column = ID_COLUMNS[dataset_type]
    return InteractionStore(id_column) if dataset_type.endswith("INTERACTIONS") else RecordStore(id_column)
