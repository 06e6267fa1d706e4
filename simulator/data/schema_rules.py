"""What each domain wants of each schema: the required fields, the reserved ones, and how many others, as data.

Source: the tables of the guide's pages "Custom datasets and schemas", "ECOMMERCE datasets and schemas" and
"VIDEO_ON_DEMAND datasets and schemas" in their present form (spec 02, sections 2 to 4). Where a table and a list
on the same pages differ, the table is followed: `CREATION_TIMESTAMP` is a long in ECOMMERCE too, and
VIDEO_ON_DEMAND requires `GENRES`, not the `GENRES_L1` of an old example.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

# The record name that a dataset type wants (`Action_Interactions` alone loses its underscore).
RECORD_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "INTERACTIONS": "Interactions",
        "ITEMS": "Items",
        "USERS": "Users",
        "ACTIONS": "Actions",
        "ACTION_INTERACTIONS": "ActionInteractions",
    }
)


@dataclass(frozen=True)
class FieldRule:
    """What a required or reserved field must be: its one type, whether null may join it, and its marks.

    `metadata` marks the reserved fields that are metadata all the same.
    """

    type: str
    required: bool = False
    nullable: bool = False
    categorical: bool = False
    textual: bool = False
    metadata: bool = False


Fields = Mapping[str, FieldRule]

_ID = FieldRule("string", required=True)
_TIME = FieldRule("long", required=True)
_STRING = FieldRule("string", nullable=True)
_LONG = FieldRule("long", nullable=True)
_FLOAT = FieldRule("float", nullable=True)
_CATEGORY = FieldRule("string", nullable=True, categorical=True)
_REQUIRED_CATEGORY = FieldRule("string", required=True, categorical=True)
_TEXT = FieldRule("string", nullable=True, textual=True)

_INTERACTIONS: Fields = {
    "USER_ID": _ID,
    "ITEM_ID": _ID,
    "TIMESTAMP": _TIME,
    "EVENT_TYPE": FieldRule("string", required=True),
    "EVENT_VALUE": _FLOAT,
    "IMPRESSION": _STRING,
    "RECOMMENDATION_ID": _STRING,
    "EVENT_ATTRIBUTION_SOURCE": _STRING,
}

# By domain (None: Custom) and record name.
FIELDS: Mapping[tuple[str | None, str], Fields] = MappingProxyType(
    {
        # Null event types exist: "All values in the event_type column are either reserved keywords or null" (fail-006).
        (None, "Interactions"): {**_INTERACTIONS, "EVENT_TYPE": _STRING},
        (None, "Items"): {"ITEM_ID": _ID, "CREATION_TIMESTAMP": FieldRule("long")},
        (None, "Users"): {"USER_ID": _ID},
        (None, "Actions"): {
            "ACTION_ID": _ID,
            "CREATION_TIMESTAMP": FieldRule("long"),
            "VALUE": _LONG,
            "TYPE": _STRING,
            # The table has the one spelling, the text below it the other.
            "EXPIRATION_TIMESTAMP": _LONG,
            "ACTION_EXPIRATION_TIMESTAMP": _LONG,
            "REPEAT_FREQUENCY": _LONG,
        },
        (None, "ActionInteractions"): {
            "USER_ID": _ID,
            "ACTION_ID": _ID,
            "EVENT_TYPE": FieldRule("string", required=True),
            "TIMESTAMP": _TIME,
            "IMPRESSION": _STRING,
            "RECOMMENDATION_ID": _STRING,
        },
        ("ECOMMERCE", "Interactions"): _INTERACTIONS,
        ("ECOMMERCE", "Users"): {"USER_ID": _ID},
        ("ECOMMERCE", "Items"): {
            "ITEM_ID": _ID,
            "PRICE": FieldRule("float", required=True),
            "CATEGORY_L1": _REQUIRED_CATEGORY,
            "CATEGORY_L2": _CATEGORY,
            "CATEGORY_L3": _CATEGORY,
            "PRODUCT_DESCRIPTION": _TEXT,
            "CREATION_TIMESTAMP": FieldRule("long"),
            "AGE_GROUP": _CATEGORY,
            "ADULT": _CATEGORY,
            "GENDER": _CATEGORY,
        },
        ("VIDEO_ON_DEMAND", "Interactions"): _INTERACTIONS,
        # The default schema of users has this field alone beside their ids: it is the metadata field they need.
        ("VIDEO_ON_DEMAND", "Users"): {
            "USER_ID": _ID,
            "SUBSCRIPTION_MODEL": FieldRule("string", nullable=True, categorical=True, metadata=True),
        },
        ("VIDEO_ON_DEMAND", "Items"): {
            "ITEM_ID": _ID,
            "CREATION_TIMESTAMP": _TIME,
            "GENRES": _REQUIRED_CATEGORY,
            "PRICE": _FLOAT,
            "DURATION": _FLOAT,
            "GENRE_L2": _CATEGORY,
            "GENRE_L3": _CATEGORY,
            "AVERAGE_RATING": _FLOAT,
            "PRODUCT_DESCRIPTION": _TEXT,
            "CONTENT_OWNER": _CATEGORY,
            "CONTENT_CLASSIFICATION": _CATEGORY,
        },
    }
)

# Where the tables want "1 metadata field" beside the named ones.
NEEDS_METADATA = frozenset(
    {
        (None, "Items"),
        (None, "Users"),
        (None, "Actions"),
        ("ECOMMERCE", "Users"),
        ("VIDEO_ON_DEMAND", "Users"),
    }
)

# The quota of fields that are neither required nor reserved.
METADATA_QUOTAS: Mapping[str, str] = MappingProxyType(
    {
        "Interactions": "metadata_columns_of_interactions",
        "Items": "metadata_columns_of_items",
        "Users": "metadata_columns_of_users",
        "Actions": "metadata_columns_of_actions",
        "ActionInteractions": "metadata_columns_of_action_interactions",
    }
)
