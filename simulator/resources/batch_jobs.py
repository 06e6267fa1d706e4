"""What batch inference and batch segment jobs have in common: their record, the checks of a request, their life.

The input's bytes are those of the create call. The answers are found when the job becomes IN_PROGRESS, and written
when it ends. Source: the guide, "Getting batch recommendations and user segments" (spec 05, sections 12 and 13).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from simulator import errors
from simulator.resources import lifecycle
from simulator.resources.batch_files import AnswerLines, BatchFile, TooManyLines, WriteLine, answered, write_output
from simulator.resources.batch_filters import requested_filter
from simulator.resources.lookup import Answer, Request, new_arn, require_active, require_fewer_running, times
from simulator.resources.solution_configs import without_nulls
from simulator.resources.solution_versions import SolutionVersion, solution_version
from simulator.resources.table import Table
from simulator.resources.world import ACTIVE, FAILED, IN_PROGRESS, PENDING, Record, Scope

_DEFAULT_RESULTS = 25


@dataclass
class BatchJob(Record):
    """A batch job. `files` are its input until it runs, then its output until it has ended.

    `source` and `destination` are as the request gave them. `fault` is why the job will fail, once that is known.
    """

    solution_version_arn: str
    filter_arn: str | None
    num_results: int
    source: Mapping[str, str]
    destination: Mapping[str, str]
    role_arn: str
    files: tuple[BatchFile, ...]
    fault: str | None = field(default=None, kw_only=True)

    @property
    def parents(self) -> tuple[str, ...]:
        """Its solution version, and its filter if it has one."""
        return (self.solution_version_arn, *filter(None, [self.filter_arn]))

    def description(self) -> Answer:
        """What the two families show of a job alike."""
        return {
            "jobName": self.name,
            "filterArn": self.filter_arn,
            "solutionVersionArn": self.solution_version_arn,
            "numResults": self.num_results,
            "jobInput": {"s3DataSource": self.source},
            "jobOutput": {"s3DataDestination": self.destination},
            "roleArn": self.role_arn,
            **times(self),
        }


Job = TypeVar("Job", bound=BatchJob)


def requested(
    scope: Scope, request: Request, table: Table[Job], resource: str, running: str
) -> tuple[str, SolutionVersion]:
    """The ARN of the job that a request asks for, and its solution version, which is ACTIVE.

    `resource` is the kind of resource in the ARN, `running` the quota of jobs that may run. Raises
    `GIVEN_DOES_NOT_EXIST`, `ALREADY_EXISTS`, `NOT_ACTIVE`, `TOO_MANY_RUNNING`.
    """
    version = solution_version(scope, request["solutionVersionArn"])
    arn = new_arn(scope, table, resource, request["jobName"])
    require_active(version)
    require_fewer_running(scope, running, table.values())
    return arn, version


def fields_of(
    scope: Scope,
    request: Request,
    arn: str,
    version: SolutionVersion,
    results: str,
    target: Literal["ItemID", "UserID"],
) -> dict[str, Any]:
    """The fields that the records of both families have, as a request has them; without `files`.

    `results` is the quota of results of a line, `target` what the filter must be for. Raises
    `BATCH_RESULTS_OUT_OF_RANGE` and the refusals of the filter.
    """
    asked: int = request.get("numResults", _DEFAULT_RESULTS)
    limit = scope.world.quotas[results]
    if not 1 <= asked <= limit:
        raise errors.BATCH_RESULTS_OUT_OF_RANGE(limit=limit, asked=asked)
    return {
        "arn": arn,
        "name": request["jobName"],
        "status": PENDING,
        "created": scope.now,
        "updated": scope.now,
        "solution_version_arn": version.arn,
        "filter_arn": requested_filter(scope, request, version.dataset_group_arn, target),
        "num_results": asked,
        "source": without_nulls(request["jobInput"]["s3DataSource"]),
        "destination": without_nulls(request["jobOutput"]["s3DataDestination"]),
        "role_arn": request["roleArn"],
    }


def begin(scope: Scope, job: BatchJob) -> SolutionVersion | None:
    """The job is IN_PROGRESS; its solution version, None if that is gone: then the job will fail."""
    lifecycle.change(scope, job, IN_PROGRESS)
    version = scope.inventory.solution_versions.get(job.solution_version_arn)
    if version is None or version.model is None:
        _fail(job, errors.BATCH_VERSION_GONE.format(arn=job.solution_version_arn))
        return None
    return version


def answer(job: BatchJob, limit: int, per_file: bool, answer_lines: AnswerLines, write: WriteLine) -> None:
    """Turns a job's input into its output; or notes its fault if there are more than `limit` lines (in a file)."""
    try:
        job.files = answered(job.files, limit, per_file, answer_lines, write)
    except TooManyLines as fault:
        _fail(job, str(fault))


def finish(scope: Scope, job: BatchJob) -> None:
    """The output is in S3 and the job ACTIVE, or it has failed for its fault or for what has changed in S3."""
    files, job.files = job.files, ()
    fault, job.fault = job.fault, None
    if fault is None:
        try:
            write_output(scope, job.role_arn, job.destination["path"], files, job.arn)
        except errors.ServiceError:
            fault = errors.EXPORT_FAILED
    lifecycle.change(scope, job, ACTIVE if fault is None else FAILED, fault)


def _fail(job: BatchJob, reason: str) -> None:
    """Notes that a job will fail: nothing of it will be written."""
    job.files, job.fault = (), reason
