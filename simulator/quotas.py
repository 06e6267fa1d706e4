"""The service's limits, as data with their sources.

Source: the guide's quotas page (spec 07, sections 1 and 3) unless a line says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_MIB = 1024 * 1024
_GIB = 1024 * _MIB

QUOTAS: Mapping[str, int] = MappingProxyType(
    {
        # Resources of an account in a region.
        "active_schemas": 500,
        "active_dataset_groups": 5,
        "running_dataset_import_jobs": 5,
        "running_batch_inference_jobs": 5,
        "running_batch_segment_jobs": 5,
        "running_solution_versions": 20,
        "running_filters": 5,  # err-030
        "pending_data_deletion_jobs_per_dataset_group": 5,
        "tags_per_resource": 50,  # the API reference, TooManyTagKeysException
        # Resources of a dataset group.
        "active_solutions_per_dataset_group": 10,
        "active_campaigns_per_dataset_group": 5,
        "recommenders_per_dataset_group": 5,
        "filters_per_dataset_group": 30,
        "metric_attributions_per_dataset_group": 1,
        "fields_per_filter": 10,
        "fields_of_all_filters": 20,
        "interactions_of_a_filter": 100,  # of a user, of each event type
        "action_interactions_of_a_filter": 300,
        "metrics_of_metric_attributions": 10,
        "event_attribution_sources": 100,
        # What schemas may have.
        "metadata_columns_of_interactions": 5,
        "metadata_columns_of_items": 100,
        "metadata_columns_of_users": 25,
        "metadata_columns_of_actions": 10,
        "metadata_columns_of_action_interactions": 5,
        "textual_columns_of_items": 1,
        # What values may be.
        "characters_of_an_id": 256,
        "characters_of_a_string": 1000,
        "characters_of_a_text": 20_000,
        "characters_of_a_chinese_or_japanese_text": 7_000,
        "bytes_of_an_event": 10 * 1024,
        # How much data a job may bring; bytes.
        "interaction_records_per_import": 1000,
        "bytes_of_a_full_import": 100 * _GIB,
        "bytes_of_an_incremental_import": _GIB,
        "bytes_of_a_data_deletion": 100 * _MIB,
        "files_of_a_batch_inference_job": 1000,
        "bytes_of_a_batch_inference_job": _GIB,
        "records_of_a_batch_inference_file": 50_000_000,
        "records_of_a_theme_file": 100,
        "files_of_a_batch_segment_job": 1000,
        "bytes_of_a_batch_segment_job": _GIB,
        "records_of_an_item_affinity_job": 500,
        "records_of_an_item_attribute_affinity_job": 10,
        # What a training needs and considers.
        "interactions_of_a_training": 1000,
        "paired_users_of_a_training": 25,
        "percent_of_paired_users_of_a_training": 1,
        "actions_of_a_training": 1000,
        "interactions_considered": 500_000_000,
        "interactions_considered_by_v2_recipes": 3_000_000_000,
        "items_considered": 750_000,
        "items_considered_by_v2_recipes": 5_000_000,
        "items_considered_by_semantic_similarity": 10_000_000,  # the guide's page of the recipe
        "action_interactions_considered": 500_000_000,
        # How many calls a second are answered (throttling): of a dataset group,
        "put_events_per_second": 1000,
        "put_items_per_second": 10,
        "put_users_per_second": 10,
        "put_actions_per_second": 10,
        "put_action_interactions_per_second": 1000,
        # of a campaign or recommender, and of all together.
        "get_recommendations_per_second": 500,
        "get_personalized_ranking_per_second": 500,
        "get_action_recommendations_per_second": 500,
        "recommendation_requests_per_second": 2500,
        # What requests may ask for.
        "results_of_get_recommendations": 500,
        "results_of_get_action_recommendations": 100,  # the API reference
        "items_of_a_ranking": 500,
        "items_with_metadata": 50,
        "metadata_columns_of_a_request": 10,
        "results_of_a_batch_inference": 500,
        "users_of_a_segment": 5_000_000,
    }
)


@dataclass(frozen=True)
class Quotas:
    """The limits in force: the documented ones, some overridden by name.

    Raises ValueError for a name that is no quota, or a limit that is no whole number from 0.
    """

    overrides: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, limit in self.overrides.items():
            if name not in QUOTAS:
                raise ValueError(f"no quota is named {name!r}; there are {', '.join(sorted(QUOTAS))}")
            if not isinstance(limit, int) or isinstance(limit, bool) or limit < 0:
                raise ValueError(f"the quota {name} must be a whole number from 0, not {limit!r}")

    def __getitem__(self, name: str) -> int:
        return self.overrides.get(name, QUOTAS[name])
