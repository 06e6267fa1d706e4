"""What has arrived in the datasets of a group: by it a training or an update knows whether there is anything new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from simulator.clock import Micros
from simulator.recommend.catalogue import Recipe
from simulator.resources.datasets import dataset_of
from simulator.resources.world import ACTIVE, Scope


@dataclass(frozen=True)
class Arrived:
    """What had arrived in a dataset that was created then: its imports, and the records that were put, together."""

    created: Micros
    count: int


# The datasets whose news an automatic update takes in. Source: the guide, automatic updates and Next-Best-Action.
UPDATING = ("INTERACTIONS", "ITEMS", "ACTIONS", "ACTION_INTERACTIONS")

Arrivals = Mapping[str, Arrived]
"""What had arrived at an instant, by dataset type."""


def arrivals(scope: Scope, dataset_group_arn: str, recipe: Recipe) -> Arrivals:
    """What has arrived by now in the datasets that a recipe learns from."""
    found: dict[str, Arrived] = {}
    for dataset_type in (*recipe.required_datasets, *recipe.optional_datasets):
        dataset = dataset_of(scope, dataset_group_arn, dataset_type)
        if dataset is not None:
            jobs = scope.inventory.dataset_import_jobs.of(dataset.arn)
            imports = sum(job.status == ACTIVE and job.created >= dataset.created for job in jobs)
            found[dataset_type] = Arrived(dataset.created, imports + len(dataset.store.put))
    return found


def has_news(now: Arrivals, earlier: Arrivals, dataset_types: Iterable[str]) -> bool:
    """Whether anything has arrived in datasets of these types since an earlier look; no look at all saw nothing."""
    return any(_is_new(now.get(each), earlier.get(each)) for each in dataset_types)


def _is_new(now: Arrived | None, earlier: Arrived | None) -> bool:
    if now is None:
        return False
    seen = earlier.count if earlier is not None and earlier.created == now.created else 0
    return now.count > seen
