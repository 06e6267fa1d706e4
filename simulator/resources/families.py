"""The families of resources: what each declares of its operations and of what becomes of its resources.

A family is a module with `OPERATIONS` (operation name to `operations.Operation`) and, where its resources do not
simply become ACTIVE and go, `HANDLERS` (an agenda entry's kind to a function of scope and entry).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from simulator.resources import (
    action_interaction_puts,
    action_recommendations,
    automatic_training,
    batch_inference_jobs,
    batch_segment_jobs,
    campaigns,
    data_deletion_jobs,
    dataset_export_jobs,
    dataset_groups,
    dataset_import_jobs,
    datasets,
    event_trackers,
    events,
    filters,
    metric_attributions,
    rankings,
    recipes,
    recommendations,
    recommenders,
    record_puts,
    schemas,
    solution_versions,
    solutions,
    tags,
)
from simulator.resources.operations import Operation

FAMILIES = (
    recipes,
    schemas,
    dataset_groups,
    datasets,
    dataset_import_jobs,
    dataset_export_jobs,
    data_deletion_jobs,
    event_trackers,
    solutions,
    solution_versions,
    automatic_training,
    campaigns,
    recommenders,
    batch_inference_jobs,
    batch_segment_jobs,
    filters,
    metric_attributions,
    tags,
    events,
    record_puts,
    action_interaction_puts,
    recommendations,
    rankings,
    action_recommendations,
)

# The resources with a life of the common kind, as durations and agenda entries name them.
RESOURCES = (
    "dataset_group",
    "dataset",
    "dataset_import_job",
    "dataset_export_job",
    "event_tracker",
    "solution",
    "solution_version",
    "campaign",
    "recommender",
    "filter",
    "metric_attribution",
    "batch_inference_job",
    "batch_segment_job",
)

OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {name: operation for family in FAMILIES for name, operation in family.OPERATIONS.items()}
)
