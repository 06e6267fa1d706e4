"""Batch segment jobs: the users most likely to take items, or items of some attributes, from S3 to S3.

Only what was there at the training counts. Source: the guide, "Getting batch user segments".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from simulator import errors
from simulator.clock import Entry
from simulator.filters.evaluating import Candidates, candidates_of
from simulator.recommend.training import Model, NoSegment, segment, segment_field, user_ids
from simulator.resources import batch_files, batch_jobs, lifecycle
from simulator.resources.batch_files import BadLine, Line, compact, each_or_fault, spaced, text_of
from simulator.resources.batch_filters import BatchFilter, batch_filter
from simulator.resources.batch_jobs import BatchJob
from simulator.resources.lookup import Answer, Request, given, page, times
from simulator.resources.operations import PAGES, members, operation
from simulator.resources.world import Scope

# The most lines of a job's input, by what they ask for.
_QUOTAS = {
    "itemId": "records_of_an_item_affinity_job",
    "itemAttributes": "records_of_an_item_attribute_affinity_job",
}


@dataclass
class BatchSegmentJob(BatchJob):
    """A batch segment job."""


def create_batch_segment_job(scope: Scope, request: Request) -> Answer:
    """CreateBatchSegmentJob, of an ACTIVE version of a recipe for segments; the users are really found."""
    arn, version = batch_jobs.requested(
        scope, request, scope.inventory.batch_segment_jobs, "batch-segment-job", "running_batch_segment_jobs"
    )
    if not version.recipe.batch_segments:
        raise errors.NO_BATCH_SEGMENTS(recipe=version.recipe.arn)
    fields = batch_jobs.fields_of(scope, request, arn, version, "users_of_a_segment", "UserID")
    job = BatchSegmentJob(**fields, files=batch_files.read_input(scope, request, "batch_segment", arn))
    lifecycle.create(scope, "batch_segment_job", job, request)
    return {"batchSegmentJobArn": arn}


def describe_batch_segment_job(scope: Scope, request: Request) -> Answer:
    """DescribeBatchSegmentJob."""
    job = given(scope.inventory.batch_segment_jobs, "batch segment job", request["batchSegmentJobArn"])
    return {"batchSegmentJob": {"batchSegmentJobArn": job.arn, **job.description()}}


def list_batch_segment_jobs(scope: Scope, request: Request) -> Answer:
    """ListBatchSegmentJobs, of one solution version or of all."""
    table = scope.inventory.batch_segment_jobs
    return page(request, "batchSegmentJobs", table, request.get("solutionVersionArn"), _summary)


def _summary(job: BatchSegmentJob) -> Answer:
    return {
        "batchSegmentJobArn": job.arn,
        "jobName": job.name,
        "solutionVersionArn": job.solution_version_arn,
        **times(job),
    }


def on_begin(scope: Scope, entry: Entry) -> None:
    """The job runs: it makes the segments."""
    job = scope.inventory.batch_segment_jobs[entry.subject]
    version = batch_jobs.begin(scope, job)
    if version is None:
        return
    assert version.model is not None, "see batch_jobs.begin"
    asked = segment_field(version.model)
    limit = scope.world.quotas[_QUOTAS[asked]]
    filtered = batch_filter(scope, job.filter_arn)
    users = candidates_of(user_ids(version.model))
    answer_line = partial(_answer, version.model, asked, users, filtered, job.num_results)
    batch_jobs.answer(job, limit, False, partial(each_or_fault, answer_line), _written)


def on_finish(scope: Scope, entry: Entry) -> None:
    """The segments are in S3, or the job has failed."""
    batch_jobs.finish(scope, scope.inventory.batch_segment_jobs[entry.subject])


def _answer(
    model: Model, asked: str, users: Candidates, filtered: BatchFilter | None, num_results: int, line: Line
) -> dict[str, Any]:
    """The `output` of a line; raises BadLine."""
    query = text_of(line, asked)
    eligible = None if filtered is None else filtered.passing(line, users)
    try:
        return {"usersList": segment(model, query, num_results, eligible)}
    except NoSegment as why:
        raise BadLine(str(why)) from None


def _written(line: Any, output: dict[str, Any] | None, error: str | None) -> str:
    """A line of the output, as seen: spaces outside of the list of users, none inside (resp-034)."""
    users = "null" if output is None else f'{{"usersList": {compact(output["usersList"])}}}'
    return f'{{"input": {spaced(line)}, "output": {users}, "error": {spaced(error)}}}'


OPERATIONS = {
    "CreateBatchSegmentJob": operation(
        create_batch_segment_job,
        *("jobName", "solutionVersionArn", "filterArn", "numResults", "roleArn", "tags"),
        jobInput=members(s3DataSource=members("path", "kmsKeyArn")),
        jobOutput=members(s3DataDestination=members("path", "kmsKeyArn")),
    ),
    "DescribeBatchSegmentJob": operation(describe_batch_segment_job, "batchSegmentJobArn"),
    "ListBatchSegmentJobs": operation(list_batch_segment_jobs, "solutionVersionArn", *PAGES),
}
HANDLERS = {"batch_segment_job.begin": on_begin, "batch_segment_job.finish": on_finish}
