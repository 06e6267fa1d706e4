"""The operations that are simulated: the call each one makes, and the members it understands.

A member that is not named here is refused, never ignored: botocore's model grows, and so does this table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from simulator.resources import (
    campaigns,
    dataset_export_jobs,
    dataset_groups,
    dataset_import_jobs,
    datasets,
    event_trackers,
    events,
    recommendations,
    schemas,
    solution_versions,
    solutions,
)
from simulator.resources.lookup import Answer, Request
from simulator.resources.world import Scope

Call = Callable[[Scope, Request], Answer]


@dataclass(frozen=True)
class Members:
    """The members of a structure that are simulated, each with what is simulated inside it (all: None)."""

    inside: Mapping[str, Members | None] = field(default_factory=dict)

    def refused(self, value: Any, path: str = "") -> str | None:
        """The path of a member of `value` that is not simulated, or None. Lists are looked into."""
        if isinstance(value, list):
            return next((found for each in value if (found := self.refused(each, path))), None)
        for name, member in value.items():
            here = f"{path}.{name}" if path else name
            if name not in self.inside:
                return here
            within = self.inside[name]
            if within is not None and (found := within.refused(member, here)):
                return found
        return None


@dataclass(frozen=True)
class Simulated:
    """An operation that is simulated."""

    call: Call
    members: Members


def _of(call: Call, *names: str, **structures: Members) -> Simulated:
    return Simulated(call, Members({**dict.fromkeys(names), **structures}))


def _members(*names: str, **structures: Members) -> Members:
    return Members({**dict.fromkeys(names), **structures})


_PAGES = ("nextToken", "maxResults")

OPERATIONS: Mapping[str, Simulated] = MappingProxyType(
    {
        "CreateSchema": _of(schemas.create_schema, "name", "schema"),
        "DescribeSchema": _of(schemas.describe_schema, "schemaArn"),
        "ListSchemas": _of(schemas.list_schemas, *_PAGES),
        "DeleteSchema": _of(schemas.delete_schema, "schemaArn"),
        "CreateDatasetGroup": _of(dataset_groups.create_dataset_group, "name"),
        "DescribeDatasetGroup": _of(dataset_groups.describe_dataset_group, "datasetGroupArn"),
        "ListDatasetGroups": _of(dataset_groups.list_dataset_groups, *_PAGES),
        "DeleteDatasetGroup": _of(dataset_groups.delete_dataset_group, "datasetGroupArn"),
        "CreateDataset": _of(datasets.create_dataset, "name", "schemaArn", "datasetGroupArn", "datasetType"),
        "DescribeDataset": _of(datasets.describe_dataset, "datasetArn"),
        "ListDatasets": _of(datasets.list_datasets, "datasetGroupArn", *_PAGES),
        "DeleteDataset": _of(datasets.delete_dataset, "datasetArn"),
        "CreateDatasetImportJob": _of(
            dataset_import_jobs.create_dataset_import_job,
            *("jobName", "datasetArn", "roleArn", "importMode"),
            dataSource=_members("dataLocation"),
        ),
        "DescribeDatasetImportJob": _of(dataset_import_jobs.describe_dataset_import_job, "datasetImportJobArn"),
        "ListDatasetImportJobs": _of(dataset_import_jobs.list_dataset_import_jobs, "datasetArn", *_PAGES),
        "CreateDatasetExportJob": _of(
            dataset_export_jobs.create_dataset_export_job,
            *("jobName", "datasetArn", "ingestionMode", "roleArn"),
            jobOutput=_members(s3DataDestination=_members("path")),
        ),
        "DescribeDatasetExportJob": _of(dataset_export_jobs.describe_dataset_export_job, "datasetExportJobArn"),
        "ListDatasetExportJobs": _of(dataset_export_jobs.list_dataset_export_jobs, "datasetArn", *_PAGES),
        "CreateEventTracker": _of(event_trackers.create_event_tracker, "name", "datasetGroupArn"),
        "DescribeEventTracker": _of(event_trackers.describe_event_tracker, "eventTrackerArn"),
        "ListEventTrackers": _of(event_trackers.list_event_trackers, "datasetGroupArn", *_PAGES),
        "DeleteEventTracker": _of(event_trackers.delete_event_tracker, "eventTrackerArn"),
        "CreateSolution": _of(
            solutions.create_solution,
            *("name", "performHPO", "performAutoML", "performAutoTraining", "performIncrementalUpdate"),
            *("recipeArn", "datasetGroupArn"),
            solutionConfig=_members(),
        ),
        "DescribeSolution": _of(solutions.describe_solution, "solutionArn"),
        "ListSolutions": _of(solutions.list_solutions, "datasetGroupArn", *_PAGES),
        "DeleteSolution": _of(solutions.delete_solution, "solutionArn"),
        "CreateSolutionVersion": _of(solution_versions.create_solution_version, "solutionArn", "trainingMode"),
        "DescribeSolutionVersion": _of(solution_versions.describe_solution_version, "solutionVersionArn"),
        "ListSolutionVersions": _of(solution_versions.list_solution_versions, "solutionArn", *_PAGES),
        "GetSolutionMetrics": _of(solution_versions.get_solution_metrics, "solutionVersionArn"),
        "CreateCampaign": _of(
            campaigns.create_campaign,
            *("name", "solutionVersionArn", "minProvisionedTPS"),
            campaignConfig=_members(),
        ),
        "DescribeCampaign": _of(campaigns.describe_campaign, "campaignArn"),
        "ListCampaigns": _of(campaigns.list_campaigns, "solutionArn", *_PAGES),
        "UpdateCampaign": _of(
            campaigns.update_campaign,
            *("campaignArn", "solutionVersionArn", "minProvisionedTPS"),
            campaignConfig=_members(),
        ),
        "DeleteCampaign": _of(campaigns.delete_campaign, "campaignArn"),
        "PutEvents": _of(
            events.put_events,
            *("trackingId", "userId", "sessionId"),
            eventList=_members(*("eventType", "sentAt", "itemId", "eventValue", "impression", "recommendationId")),
        ),
        "GetRecommendations": _of(recommendations.get_recommendations, "campaignArn", "userId", "itemId", "numResults"),
    }
)
