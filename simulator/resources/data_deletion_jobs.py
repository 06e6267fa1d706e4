"""Data deletion jobs: users whose data is to leave all datasets of a group.

When a job ends its users are gone from the datasets, and from what running trainings and exports have taken of them.
Models stay as they are until they are trained again; rows that are imported later bring their users back.
Source: the guide, deleting users with a data deletion job; CreateDataDeletionJob.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator import errors
from simulator.clock import Entry
from simulator.data.csv_files import read_users
from simulator.resources import lifecycle
from simulator.resources.dataset_groups import dataset_group
from simulator.resources.dataset_import_jobs import data_location, read_files, size_within
from simulator.resources.lookup import (
    Answer,
    Request,
    given,
    new_arn,
    page,
    require_active,
    times,
)
from simulator.resources.operations import PAGES, members, operation
from simulator.resources.world import Record, Scope

# Words of its own: no other resource has these statuses.
PENDING = "PENDING"
IN_PROGRESS = "IN_PROGRESS"
COMPLETED = "COMPLETED"
FAILED = "FAILED"


@dataclass
class DataDeletionJob(Record):
    """A deletion; `users` are the ids it will delete, until it ends; `failing` is why it will fail instead."""

    dataset_group_arn: str
    data_location: str
    role_arn: str
    users: frozenset[str]
    failing: str | None
    deleted: int | None = field(default=None, kw_only=True)

    @property
    def parents(self) -> tuple[str, ...]:
        """Its dataset group."""
        return (self.dataset_group_arn,)


def create_data_deletion_job(scope: Scope, request: Request) -> Answer:
    """CreateDataDeletionJob: the list of users is read here, and they go when the job ends."""
    table = scope.inventory.data_deletion_jobs
    group = dataset_group(scope, request["datasetGroupArn"])
    arn = new_arn(scope, table, "data-deletion-job", request["jobName"])
    require_active(group)
    limit = scope.world.quotas["pending_data_deletion_jobs_per_dataset_group"]
    if sum(job.status == PENDING for job in table.of(group.arn)) >= limit:
        raise errors.TOO_MANY_RUNNING(limit=limit)
    location = data_location(request)
    files = read_files(scope, request["roleArn"], location, arn, sub_folders=True)
    size_within(scope, "bytes_of_a_data_deletion", files, location)
    users, failing = read_users(files, scope.world.quotas)
    job = DataDeletionJob(
        arn,
        request["jobName"],
        PENDING,
        scope.now,
        scope.now,
        dataset_group_arn=group.arn,
        data_location=location,
        role_arn=request["roleArn"],
        users=users,
        failing=failing,
    )
    lifecycle.create(scope, "data_deletion_job", job, request)
    return {"dataDeletionJobArn": arn}


def describe_data_deletion_job(scope: Scope, request: Request) -> Answer:
    """DescribeDataDeletionJob."""
    job = given(scope.inventory.data_deletion_jobs, "data deletion job", request["dataDeletionJobArn"])
    return {
        "dataDeletionJob": {
            **_summary(job),
            "dataSource": {"dataLocation": job.data_location},
            "roleArn": job.role_arn,
            "numDeleted": job.deleted,
        }
    }


def list_data_deletion_jobs(scope: Scope, request: Request) -> Answer:
    """ListDataDeletionJobs, of one dataset group or of all; the newest first."""
    table = scope.inventory.data_deletion_jobs
    return page(request, "dataDeletionJobs", table, request.get("datasetGroupArn"), _summary, newest_first=True)


def _summary(job: DataDeletionJob) -> Answer:
    return {
        "dataDeletionJobArn": job.arn,
        "datasetGroupArn": job.dataset_group_arn,
        "jobName": job.name,
        **times(job),
    }


def on_begin(scope: Scope, entry: Entry) -> None:
    """The job is at work; nothing is deleted yet."""
    lifecycle.change(scope, scope.inventory.data_deletion_jobs[entry.subject], IN_PROGRESS)


def on_finish(scope: Scope, entry: Entry) -> None:
    """The users are gone, or none is and the job has failed."""
    job = scope.inventory.data_deletion_jobs[entry.subject]
    users, job.users = job.users, frozenset()
    if job.failing is not None:
        lifecycle.change(scope, job, FAILED, job.failing)
        return
    inventory = scope.inventory
    job.deleted = 0
    for each in inventory.datasets.of(job.dataset_group_arn):
        job.deleted += each.store.remove_users(users)
        for export in inventory.dataset_export_jobs.of(each.arn):
            export.snapshot = None if export.snapshot is None else export.snapshot.without(users)
    for trained in (
        *inventory.solution_versions.of(job.dataset_group_arn),
        *inventory.recommenders.of(job.dataset_group_arn),
    ):
        if trained.begun is not None:
            trained.begun.snapshot = trained.begun.snapshot.without(users)
    lifecycle.change(scope, job, COMPLETED)


OPERATIONS = {
    "CreateDataDeletionJob": operation(
        create_data_deletion_job,
        *("jobName", "datasetGroupArn", "roleArn", "tags"),
        dataSource=members("dataLocation"),
        note="users stay in models until these are trained again",
    ),
    "DescribeDataDeletionJob": operation(describe_data_deletion_job, "dataDeletionJobArn"),
    "ListDataDeletionJobs": operation(list_data_deletion_jobs, "datasetGroupArn", *PAGES),
}
HANDLERS = {"data_deletion_job.begin": on_begin, "data_deletion_job.finish": on_finish}
