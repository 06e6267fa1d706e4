"""The use cases of the domains, as data: the recipes of recommenders.

Source: the guide's pages on domain use cases (spec 04, section 2); for creation dates resp-012 and resp-055.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from simulator.clock import HOUR, micros_of
from simulator.recommend.custom_recipes import CONSIDERED, FIRST_DAY, PERSONAL, RANKED_LIST_METRICS, RELATED
from simulator.recommend.recipes import Hyperparameter, Recipe, Relation

_EXPLORATION = (
    Hyperparameter("explorationWeight", "0.3", 0.0, 1.0),
    Hyperparameter("explorationItemAgeCutOff", "30", 1.0),
)
# Seconds between two purchases of one basket, at most (assumed).
_BASKET = 3600
_SHOP: Mapping[str, Any] = MappingProxyType({"domain": "ECOMMERCE", "created": FIRST_DAY})
_VIDEO: Mapping[str, Any] = MappingProxyType({"domain": "VIDEO_ON_DEMAND", "created": FIRST_DAY})
_POPULAR: Mapping[str, Any] = MappingProxyType(
    {
        "recipe_type": "POPULAR_ITEMS",
        "required_datasets": ("INTERACTIONS",),
        "request_fields": ("userId",),
        "metrics": RANKED_LIST_METRICS,
        "model": "interaction-count",
        "considered": CONSIDERED,
    }
)
_TOP_PICKS: Mapping[str, Any] = MappingProxyType(
    {
        **PERSONAL,
        "scores": None,  # resp-027: recommenders show none
        "automatic_update": 2 * HOUR,
        "explores": True,
        "campaign_hyperparameters": _EXPLORATION,
        "batch_inference": False,
    }
)

USE_CASES = (
    Recipe(
        name="aws-ecomm-popular-items-by-views",
        description="Most viewed: the items with the most views.",
        event_type="View",
        **_SHOP,
        **_POPULAR,
    ),
    Recipe(
        name="aws-ecomm-popular-items-by-purchases",
        description="Best sellers: the items with the most purchases.",
        event_type="Purchase",
        **_SHOP,
        **_POPULAR,
    ),
    Recipe(
        name="aws-ecomm-frequently-bought-together",
        description="Frequently bought together: items that are bought with an item.",
        required_datasets=("INTERACTIONS",),
        event_type="Purchase",
        relation=Relation(within=_BASKET, apart=0.1, discount=(0.3, 0.3)),
        **_SHOP,
        **RELATED,
    ),
    Recipe(
        name="aws-ecomm-customers-who-viewed-x-also-viewed",
        description="Customers who viewed X also viewed: items that are viewed with an item.",
        required_datasets=("INTERACTIONS",),
        updated=micros_of("2024-06-19T15:19:55.369"),  # resp-055
        event_type="View",
        hides="Purchase",
        relation=Relation(),
        **_SHOP,
        **{**RELATED, "request_fields": ("userId", "itemId")},
    ),
    Recipe(
        name="aws-ecomm-recommended-for-you",
        description="Recommended for you: items for a user, with exploration of new ones.",
        required_datasets=("INTERACTIONS",),
        optional_datasets=("ITEMS", "USERS"),
        hides="Purchase",
        **_SHOP,
        **_TOP_PICKS,
    ),
    Recipe(
        name="aws-vod-because-you-watched-x",
        description="Because you watched X: videos that are watched with a video.",
        required_datasets=("INTERACTIONS",),
        event_type="Watch",
        hides="Watch",
        relation=Relation(backward=0.1),
        **_VIDEO,
        **{**RELATED, "request_fields": ("userId", "itemId")},
    ),
    Recipe(
        name="aws-vod-more-like-x",
        description="More like X: videos similar to a video.",
        required_datasets=("INTERACTIONS", "ITEMS"),
        hides="Watch",
        relation=Relation(metadata=0.7),
        **_VIDEO,
        **{**RELATED, "request_fields": ("userId", "itemId")},
    ),
    Recipe(
        name="aws-vod-most-popular",
        description="Most popular: the videos that most users watched.",
        event_type="Watch",
        **_VIDEO,
        **{**_POPULAR, "model": "popularity"},
    ),
    Recipe(
        name="aws-vod-trending-now",
        description="Trending now: the videos whose interactions increase fastest.",
        **_VIDEO,
        **{**_POPULAR, "request_fields": (), "model": "trending", "automatic_update": 2 * HOUR, "follows_time": True},
    ),
    Recipe(
        name="aws-vod-top-picks",
        description="Top picks for you: videos for a user, with exploration of new ones.",
        required_datasets=("INTERACTIONS", "ITEMS"),
        optional_datasets=("USERS",),
        hides="Watch",
        **_VIDEO,
        **_TOP_PICKS,
    ),
)
