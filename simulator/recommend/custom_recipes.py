"""The custom recipes, as data; and what families of recipes have in common.

Source: the guide's recipe pages and its quotas (spec 04; spec 07, section 1); for creation dates resp-010 and resp-038.
Where the guide of 2023 and today's differ, today's counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from simulator.clock import HOUR, MINUTE, Micros, micros_of
from simulator.recommend.recipes import Hyperparameter, Recipe, Relation

RANKED_LIST_METRICS = (
    "coverage",
    "mean_reciprocal_rank_at_25",
    "normalized_discounted_cumulative_gain_at_10",
    "normalized_discounted_cumulative_gain_at_25",
    "normalized_discounted_cumulative_gain_at_5",
    "precision_at_10",
    "precision_at_25",
    "precision_at_5",
)
_ACTION_METRICS = (
    "area_under_the_curve",
    "coverage",
    "normalized_discounted_cumulative_gain_at_10",
    "normalized_discounted_cumulative_gain_at_25",
    "normalized_discounted_cumulative_gain_at_5",
    "precision",
    "recall",
)
_SEGMENT_METRICS = ("coverage", "hits_at_1_percent", "recall_at_1_percent")  # spec 09

_HIDDEN_DIMENSION = Hyperparameter("hidden_dimension", "149", 32, 256, whole=True, tunable=True)
_FIXED_HIDDEN_DIMENSION = Hyperparameter("hidden_dimension", "149", 32, 256, whole=True)
_BPTT = Hyperparameter("bptt", "32", 2, 32, whole=True, tunable=True)
_RECENCY_MASK = Hyperparameter("recency_mask", "True", choices=("True", "False"), tunable=True)
_SEQUENCE = (_HIDDEN_DIMENSION, _BPTT, _RECENCY_MASK)
_LEGACY_SEQUENCE = (
    Hyperparameter("hidden_dimension", "43", 32, 256, whole=True, tunable=True),
    _BPTT,
    _RECENCY_MASK,
)
_RECENCY_BIAS = (Hyperparameter("apply_recency_bias", "true", choices=("true", "false")),)
_HISTORY_LENGTHS = (
    Hyperparameter("min_user_history_length_percentile", "0.0", 0.0, 1.0),
    Hyperparameter("max_user_history_length_percentile", "0.99", 0.0, 1.0),
)
EXPLORATION = (
    Hyperparameter("explorationWeight", "0.3", 0.0, 1.0),
    Hyperparameter("explorationItemAgeCutOff", "30.0", 0.0, excluded=True),
)
# How often trends are evaluated by their discovery frequency: for longer ones also every two hours. Source: the guide.
_TREND_DISCOVERY: Mapping[str, Micros] = MappingProxyType(
    {"30 minutes": 30 * MINUTE, "1 hour": HOUR, "2 hours": 2 * HOUR, "3 hours": 2 * HOUR, "1 day": 2 * HOUR}
)
CONSIDERED: Mapping[str, str] = MappingProxyType(
    {"INTERACTIONS": "interactions_considered", "ITEMS": "items_considered"}
)
_CONSIDERED_BY_V2: Mapping[str, str] = MappingProxyType(
    {"INTERACTIONS": "interactions_considered_by_v2_recipes", "ITEMS": "items_considered_by_v2_recipes"}
)

FIRST_DAY = micros_of("2019-06-10")  # resp-010, resp-012, resp-038; of the video use cases assumed

PERSONAL: Mapping[str, Any] = MappingProxyType(
    {
        "recipe_type": "USER_PERSONALIZATION",
        "request_fields": ("userId",),
        "scores": "softmax",
        "metrics": RANKED_LIST_METRICS,
        "realtime_events": True,
        "model": "personal",
        "considered": CONSIDERED,
        "batch_inference": True,
    }
)
_RANKING: Mapping[str, Any] = MappingProxyType(
    {
        "recipe_type": "PERSONALIZED_RANKING",
        "required_datasets": ("INTERACTIONS",),
        "optional_datasets": ("ITEMS", "USERS"),
        "operation": "GetPersonalizedRanking",
        "request_fields": ("userId", "inputList"),
        "scores": "softmax",
        "metrics": RANKED_LIST_METRICS,
        "realtime_events": True,
        "model": "ranking",
        "batch_inference": True,
    }
)
RELATED: Mapping[str, Any] = MappingProxyType(
    {
        "recipe_type": "RELATED_ITEMS",
        "request_fields": ("itemId",),
        "metrics": RANKED_LIST_METRICS,
        "model": "related",
        "considered": CONSIDERED,
    }
)
_SEGMENTS: Mapping[str, Any] = MappingProxyType(
    {
        "recipe_type": "USER_SEGMENTATION",
        "operation": None,
        "metrics": _SEGMENT_METRICS,
        "considered": CONSIDERED,
        "batch_segments": True,
        "algorithm_hyperparameters": (_FIXED_HIDDEN_DIMENSION,),
    }
)
_LEGACY: Mapping[str, Any] = MappingProxyType(
    {
        **PERSONAL,
        "created": FIRST_DAY,
        "legacy": True,
        "algorithm_hyperparameters": _LEGACY_SEQUENCE,
        "featurization_hyperparameters": _HISTORY_LENGTHS,
    }
)

CUSTOM_RECIPES = (
    Recipe(
        name="aws-user-personalization-v2",
        description="Items for a user, by a transformer that takes up to five million items.",
        created=micros_of("2024-01-01"),
        required_datasets=("INTERACTIONS",),
        optional_datasets=("ITEMS", "USERS"),
        automatic_update=2 * HOUR,
        explores=True,
        weighs_events=True,
        includes_metadata=True,
        gives_reasons=True,
        algorithm_hyperparameters=_RECENCY_BIAS,
        **{**PERSONAL, "considered": _CONSIDERED_BY_V2},
    ),
    Recipe(
        name="aws-user-personalization",
        description="Items for a user, with exploration of new ones.",
        created=FIRST_DAY,
        required_datasets=("INTERACTIONS",),
        optional_datasets=("ITEMS", "USERS"),
        training_modes=("FULL", "UPDATE"),
        automatic_update=2 * HOUR,
        explores=True,
        objective=True,
        algorithm_hyperparameters=_SEQUENCE,
        featurization_hyperparameters=_HISTORY_LENGTHS,
        campaign_hyperparameters=EXPLORATION,
        **PERSONAL,
    ),
    Recipe(
        name="aws-popularity-count",
        recipe_type="USER_PERSONALIZATION",
        description="The items with the most interactions, the same for everybody.",
        created=FIRST_DAY,
        required_datasets=("INTERACTIONS",),
        request_fields=("userId",),
        metrics=RANKED_LIST_METRICS,
        model="popularity",
        feature_transformation="sims",
        considered=CONSIDERED,
        batch_inference=True,
    ),
    Recipe(
        name="aws-trending-now",
        recipe_type="POPULAR_ITEMS",
        description="The items whose interactions increase fastest.",
        created=micros_of("2022-10-01"),
        required_datasets=("INTERACTIONS",),
        metrics=(*RANKED_LIST_METRICS, "trend_prediction_accuracy"),
        automatic_update=2 * HOUR,
        updated_by="trend_discovery_frequency",
        update_periods=_TREND_DISCOVERY,
        follows_time=True,
        model="trending",
        algorithm="aws-trending-now-custom",
        considered=CONSIDERED,
        featurization_hyperparameters=(
            Hyperparameter(
                "trend_discovery_frequency",
                "2 hours",
                choices=tuple(_TREND_DISCOVERY),
            ),
        ),
    ),
    Recipe(
        name="aws-personalized-ranking-v2",
        description="A list of items in the order that suits a user, by a transformer.",
        created=micros_of("2024-01-01"),
        considered=_CONSIDERED_BY_V2,
        weighs_events=True,
        includes_metadata=True,
        algorithm_hyperparameters=_RECENCY_BIAS,
        **_RANKING,
    ),
    Recipe(
        name="aws-personalized-ranking",
        description="A list of items in the order that suits a user.",
        created=FIRST_DAY,
        feature_transformation="JSON-percentile-filtering",
        considered=CONSIDERED,
        objective=True,
        algorithm_hyperparameters=_SEQUENCE,
        featurization_hyperparameters=_HISTORY_LENGTHS,
        **_RANKING,
    ),
    Recipe(
        name="aws-similar-items",
        description="Items like an item, by who interacted with them and by what is known of them.",
        created=FIRST_DAY,
        required_datasets=("INTERACTIONS",),
        optional_datasets=("ITEMS",),
        batch_inference=True,
        themes=True,
        algorithm_hyperparameters=(
            Hyperparameter("popularity_discount_factor", "0.0", 0.0, 1.0),
            Hyperparameter("item_id_hidden_dim", "100", 30, 200, whole=True, tunable=True, settable=False),
            Hyperparameter("item_metadata_hidden_dim", "100", 30, 200, whole=True, tunable=True, settable=False),
        ),
        relation=Relation(metadata=0.3, discount=(0.5, 1.0)),
        **RELATED,
    ),
    Recipe(
        name="aws-sims",
        description="Items that the same users interacted with.",
        created=FIRST_DAY,
        required_datasets=("INTERACTIONS",),
        feature_transformation="sims",
        batch_inference=True,
        algorithm_hyperparameters=(
            Hyperparameter("popularity_discount_factor", "0.5", 0.0, 1.0, tunable=True),
            Hyperparameter("min_cointeraction_count", "3", 0, 10, whole=True, tunable=True),
        ),
        featurization_hyperparameters=(
            Hyperparameter("min_user_history_length_percentile", "0.005", 0.0, 1.0),
            Hyperparameter("max_user_history_length_percentile", "0.995", 0.0, 1.0),
            Hyperparameter("min_item_interaction_count_percentile", "0.01", 0.0, 1.0),
            Hyperparameter("max_item_interaction_count_percentile", "0.9", 0.0, 1.0),
        ),
        relation=Relation(discount=(0.0, 1.0)),
        **RELATED,
    ),
    Recipe(
        name="aws-semantic-similarity",
        description="Items whose names and texts mean something similar.",
        created=micros_of("2025-11-30"),  # assumed: the day of its announcement
        required_datasets=("ITEMS",),
        optional_datasets=("INTERACTIONS",),
        feature_transformation="aws-semantic-similarity",
        incremental_update=30 * MINUTE,
        ranking_influence=True,
        includes_metadata=True,
        batch_inference=True,
        **{
            **RELATED,
            "model": "semantic",
            "metrics": (),  # the guide names none: it has no interactions to test it with
            "considered": MappingProxyType({**CONSIDERED, "ITEMS": "items_considered_by_semantic_similarity"}),
        },
    ),
    Recipe(
        name="aws-next-best-action",
        recipe_type="PERSONALIZED_ACTIONS",
        description="The actions that a user will probably take.",
        created=micros_of("2023-08-11"),
        required_datasets=("ACTIONS", "INTERACTIONS"),
        optional_datasets=("ACTION_INTERACTIONS", "ITEMS", "USERS"),
        operation="GetActionRecommendations",
        model="actions",
        request_fields=("userId",),
        scores="propensity",
        metrics=_ACTION_METRICS,
        realtime_events=True,
        automatic_update=2 * HOUR,
        considered=MappingProxyType(
            {
                **CONSIDERED,
                "ACTIONS": "actions_of_a_training",
                "ACTION_INTERACTIONS": "action_interactions_considered",
            }
        ),
        chooses_columns=False,
        featurization_hyperparameters=(Hyperparameter("action_optimization_period", "14", 7, 28, whole=True),),
    ),
    Recipe(
        name="aws-item-affinity",
        description="The users with the greatest interest in an item.",
        created=micros_of("2021-07-15"),
        required_datasets=("INTERACTIONS",),
        optional_datasets=("ITEMS", "USERS"),
        model="item-affinity",
        feature_transformation="item-affinity",
        **_SEGMENTS,
    ),
    Recipe(
        name="aws-item-attribute-affinity",
        description="The users with the greatest interest in items of some attributes.",
        created=micros_of("2021-08-25"),
        required_datasets=("INTERACTIONS", "ITEMS"),
        optional_datasets=("USERS",),
        model="attribute-affinity",
        feature_transformation="item-attribute-affinity",
        **_SEGMENTS,
    ),
    Recipe(
        name="aws-hrnn",
        description="Legacy: items for a user, by a recurrent network.",
        automl=True,  # resp-019, resp-020
        required_datasets=("INTERACTIONS",),
        feature_transformation="JSON-percentile-filtering",
        **_LEGACY,
    ),
    Recipe(
        name="aws-hrnn-metadata",
        description="Legacy: items for a user, by a recurrent network that also reads metadata.",
        required_datasets=("INTERACTIONS",),
        optional_datasets=("ITEMS", "USERS"),
        feature_transformation="featurize_metadata",
        **_LEGACY,
    ),
    Recipe(
        name="aws-hrnn-coldstart",
        description="Legacy: items for a user, new ones among them.",
        required_datasets=("INTERACTIONS", "ITEMS"),
        optional_datasets=("USERS",),
        training_modes=("FULL", "UPDATE"),
        feature_transformation="featurize_coldstart",
        **{
            **_LEGACY,
            "algorithm_hyperparameters": _SEQUENCE,
            "featurization_hyperparameters": (
                Hyperparameter("cold_start_max_interactions", "15", 1, whole=True),
                Hyperparameter("cold_start_max_duration", "5.0", 0.0, excluded=True),
                Hyperparameter("cold_start_relative_from", "latestItem", choices=("currentTime", "latestItem")),
                *_HISTORY_LENGTHS,
            ),
        },
    ),
)
