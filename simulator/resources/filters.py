"""Filters: which items, users or actions requests and batch jobs may answer with.

A filter is checked against the schemas of its dataset group when it is created, and never again: what the datasets
hold later, and whether they are still there, is for those who apply it.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator import errors
from simulator.data.schemas import AvroSchema
from simulator.filters.checking import check
from simulator.filters.expressions import FilterExpression
from simulator.filters.grammar import parse
from simulator.resources import lifecycle
from simulator.resources.dataset_groups import dataset_group
from simulator.resources.lookup import (
    Answer,
    Request,
    given,
    new_arn,
    page,
    require_created,
    require_fewer,
    times,
)
from simulator.resources.operations import PAGES, operation
from simulator.resources.world import ACTIVE, DELETING, PENDING, RUNNING, Record, Scope


@dataclass
class Filter(Record):
    """A filter; its expression is the text that was given, which never changes."""

    dataset_group_arn: str
    expression: str

    @property
    def parents(self) -> tuple[str, ...]:
        """Its dataset group."""
        return (self.dataset_group_arn,)

    @property
    def parsed(self) -> FilterExpression:
        """What the expression says."""
        return parse(self.expression)


def create_filter(scope: Scope, request: Request) -> Answer:
    """CreateFilter: the expression is checked against the schemas of the group's datasets."""
    group = dataset_group(scope, request["datasetGroupArn"])
    table = scope.inventory.filters
    arn = new_arn(scope, table, "filter", request["name"])
    if group.status != ACTIVE:
        raise errors.FILTER_GROUP_NOT_ACTIVE(arn=group.arn)
    siblings = table.of(group.arn)
    require_fewer(scope, "filters_per_dataset_group", siblings)
    _require_fewer_running(scope)
    made = Filter(arn, request["name"], PENDING, scope.now, scope.now, group.arn, request["filterExpression"])
    check(made.parsed, schemas_of(scope, group.arn))
    _require_few_fields(scope, made, siblings)
    lifecycle.create(scope, "filter", made, request)
    return {"filterArn": arn}


def describe_filter(scope: Scope, request: Request) -> Answer:
    """DescribeFilter."""
    found = filter_of(scope, request["filterArn"])
    return {"filter": {**_summary(found), "filterExpression": found.expression}}


def list_filters(scope: Scope, request: Request) -> Answer:
    """ListFilters, of one group or of all; the answer's member is spelt `Filters`."""
    return page(request, "Filters", scope.inventory.filters, request.get("datasetGroupArn"), _summary)


def delete_filter(scope: Scope, request: Request) -> Answer:
    """DeleteFilter: refused while a campaign of its group is being created (err-026), or a batch job applies it."""
    found = filter_of(scope, request["filterArn"])
    inventory = scope.inventory
    require_created(found)
    if any(campaign.status in RUNNING for campaign in inventory.campaigns.of(found.dataset_group_arn)):
        raise errors.CAMPAIGN_BEING_CREATED()
    for what, jobs in (
        ("a batch inference job", inventory.batch_inference_jobs.of(found.arn)),
        ("a batch segment job", inventory.batch_segment_jobs.of(found.arn)),
    ):
        if any(job.status in RUNNING for job in jobs):
            raise errors.BUSY(arn=found.arn, what=what)
    lifecycle.begin_deletion(scope, "filter", found)
    return {}


def filter_of(scope: Scope, arn: str) -> Filter:
    """The filter of an ARN; raises `GIVEN_DOES_NOT_EXIST`."""
    return given(scope.inventory.filters, "filter", arn)


def schemas_of(scope: Scope, dataset_group_arn: str) -> dict[str, AvroSchema]:
    """The schemas of a group's datasets by their record's name, without those that are being deleted."""
    datasets = scope.inventory.datasets.of(dataset_group_arn)
    schemas = [scope.inventory.schemas[each.schema_arn].avro for each in datasets if each.status not in DELETING]
    return {schema.name: schema for schema in schemas}


def _require_fewer_running(scope: Scope) -> None:
    limit = scope.world.quotas["running_filters"]
    if sum(each.status in RUNNING for each in scope.inventory.filters.values()) >= limit:
        raise errors.TOO_MANY_RUNNING_FILTERS(limit=limit)


def _require_few_fields(scope: Scope, made: Filter, siblings: list[Filter]) -> None:
    fields = made.parsed.fields
    limit = scope.world.quotas["fields_per_filter"]
    if len(fields) > limit:
        raise errors.TOO_MANY_FIELDS(count=len(fields), limit=limit)
    count = len(fields.union(*(each.parsed.fields for each in siblings)))
    limit = scope.world.quotas["fields_of_all_filters"]
    if count > limit:
        raise errors.TOO_MANY_FIELDS_OF_ALL(count=count, limit=limit)


def _summary(found: Filter) -> Answer:
    return {
        "name": found.name,
        "filterArn": found.arn,
        "datasetGroupArn": found.dataset_group_arn,
        **times(found),
    }


OPERATIONS = {
    "CreateFilter": operation(
        create_filter,
        *("name", "datasetGroupArn", "filterExpression", "tags"),
        note="new data reaches filters after 15 minutes, with instant durations at once",
    ),
    "DescribeFilter": operation(describe_filter, "filterArn"),
    "ListFilters": operation(list_filters, "datasetGroupArn", *PAGES),
    "DeleteFilter": operation(delete_filter, "filterArn"),
}
