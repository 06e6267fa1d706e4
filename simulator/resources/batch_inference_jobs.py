"""Batch inference jobs: recommendations for many users or items, from JSON Lines in S3 to JSON Lines in S3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import compress
from typing import Any

from simulator import errors
from simulator.clock import MINUTE, Entry, Micros
from simulator.filters.evaluating import candidates_of
from simulator.recommend.catalogue import Recipe
from simulator.recommend.training import Model, Query, rank, recommend
from simulator.resources import batch_files, lifecycle, serving_config
from simulator.resources.applied_filters import items_of
from simulator.resources.batch_files import BadLine, BatchJob, Line, compact, text_of
from simulator.resources.batch_filters import BatchFilter, batch_filter, requested_filter
from simulator.resources.datasets import interactions_of
from simulator.resources.lookup import (
    Answer,
    Request,
    given,
    new_arn,
    page,
    require_active,
    require_fewer_running,
    times,
)
from simulator.resources.operations import PAGES, members, operation
from simulator.resources.solution_configs import without_nulls
from simulator.resources.solution_versions import SolutionVersion, newest_fully_trained, solution_version
from simulator.resources.training import update_model
from simulator.resources.world import IN_PROGRESS, PENDING, Scope

THEMES = "THEME_GENERATION"
# Where there are themes. Source: the guide, Content Generator (spec 05, section 12).
_THEME_REGIONS = frozenset({"us-east-1", "us-west-2", "ap-northeast-1"})
# How old an event must be to count. Source: the guide, "How new data influences batch recommendations".
_SETTLING: Micros = 15 * MINUTE

Sessions = Mapping[str, Sequence[str]]


@dataclass
class BatchInferenceJob(BatchJob):
    """A batch inference job."""

    mode: str
    config: Mapping[str, Any] | None


def create_batch_inference_job(scope: Scope, request: Request) -> Answer:
    """CreateBatchInferenceJob, of an ACTIVE version whose recipe has such jobs; the answers are really computed."""
    table = scope.inventory.batch_inference_jobs
    version = solution_version(scope, request["solutionVersionArn"])
    arn = new_arn(scope, table, "batch-inference-job", request["jobName"])
    require_active(version)
    require_fewer_running(scope, "running_batch_inference_jobs", table.values())
    recipe = version.recipe
    if not recipe.batch_inference:
        raise errors.NO_BATCH_INFERENCE(recipe=recipe.arn)
    num_results = batch_files.results(scope, request, "results_of_a_batch_inference")
    filter_arn = requested_filter(scope, request, version.dataset_group_arn, "ItemID")
    config = without_nulls(request.get("batchInferenceJobConfig"))
    serving_config.check(scope, recipe, version.dataset_group_arn, config or {})
    mode = request.get("batchInferenceJobMode", "BATCH_INFERENCE")
    _check_themes(scope, version, mode, request.get("themeGenerationConfig"))
    files = batch_files.read_input(scope, request, "batch_inference", arn)
    if mode == THEMES:
        raise errors.not_simulated(f"batch inference jobs with the batchInferenceJobMode {THEMES}")
    job = BatchInferenceJob(
        arn,
        request["jobName"],
        PENDING,
        scope.now,
        scope.now,
        solution_version_arn=version.arn,
        filter_arn=filter_arn,
        num_results=num_results,
        source=without_nulls(request["jobInput"]["s3DataSource"]),
        destination=without_nulls(request["jobOutput"]["s3DataDestination"]),
        role_arn=request["roleArn"],
        files=files,
        mode=mode,
        config=config,
    )
    lifecycle.create(scope, "batch_inference_job", job, request, serving_config.unheeded(config or {}))
    return {"batchInferenceJobArn": arn}


def describe_batch_inference_job(scope: Scope, request: Request) -> Answer:
    """DescribeBatchInferenceJob."""
    job = given(scope.inventory.batch_inference_jobs, "batch inference job", request["batchInferenceJobArn"])
    return {
        "batchInferenceJob": {
            "batchInferenceJobArn": job.arn,
            "batchInferenceJobMode": job.mode,
            "batchInferenceJobConfig": job.config,
            **job.description(),
        }
    }


def list_batch_inference_jobs(scope: Scope, request: Request) -> Answer:
    """ListBatchInferenceJobs, of one solution version or of all."""
    table = scope.inventory.batch_inference_jobs
    return page(request, "batchInferenceJobs", table, request.get("solutionVersionArn"), _summary)


def _summary(job: BatchInferenceJob) -> Answer:
    return {
        "batchInferenceJobArn": job.arn,
        "jobName": job.name,
        "solutionVersionArn": job.solution_version_arn,
        "batchInferenceJobMode": job.mode,
        **times(job),
    }


def _check_themes(scope: Scope, version: SolutionVersion, mode: str, config: Mapping[str, Any] | None) -> None:
    """Raises the refusal of themes where there can be none. Source: the API reference and the guide."""
    if mode != THEMES:
        if config is not None:
            raise errors.THEMES_WANT_MODE()
        return
    if not version.recipe.themes:
        raise errors.THEMES_NOT_FOR_RECIPE(recipe=version.recipe.arn)
    if config is None:
        raise errors.THEMES_WANT_CONFIG()
    if scope.home.region not in _THEME_REGIONS:
        raise errors.THEMES_NOT_IN_REGION(region=scope.home.region)
    column = config["fieldsForThemeGeneration"]["itemName"]
    if column not in _item_columns(scope, version.dataset_group_arn):
        raise errors.THEMES_WANT_COLUMN(column=column)


def _item_columns(scope: Scope, dataset_group_arn: str) -> list[str]:
    """The columns of a group's Items dataset, none if it has no such dataset."""
    datasets = scope.inventory.datasets.of(dataset_group_arn)
    schemas = [scope.inventory.schemas[each.schema_arn] for each in datasets if each.dataset_type == "ITEMS"]
    return [field.name for schema in schemas for field in schema.avro.fields]


def on_begin(scope: Scope, entry: Entry) -> None:
    """The job runs: it answers from the model and the data of this moment.

    The newest fully trained version of a solution is updated first, if its recipe has automatic updates.
    Source: the guide, "How new data influences batch recommendations".
    """
    job = scope.inventory.batch_inference_jobs[entry.subject]
    lifecycle.change(scope, job, IN_PROGRESS)
    version = scope.inventory.solution_versions.get(job.solution_version_arn)
    if version is None or version.model is None:
        batch_files.fail(job, errors.BATCH_VERSION_GONE.format(arn=job.solution_version_arn))
        return
    recipe = version.recipe
    until = job.created - _SETTLING
    if recipe.automatic_update is not None and version is newest_fully_trained(scope, version.solution_arn):
        update_model(scope, version, until)
    sessions = _sessions(scope, version, until) if recipe.realtime_events else {}
    limit = scope.world.quotas["records_of_a_batch_inference_file"]
    filtered = batch_filter(scope, job.filter_arn)
    answer_line = partial(_answer, recipe, version.model, sessions, filtered, job.num_results)
    batch_files.answer(job, limit, True, answer_line, _written)


def on_finish(scope: Scope, entry: Entry) -> None:
    """The recommendations are in S3, or the job has failed."""
    batch_files.finish(scope, scope.inventory.batch_inference_jobs[entry.subject])


def _sessions(scope: Scope, version: SolutionVersion, until: Micros) -> Sessions:
    """The items of every user's events that the model does not know, of those that had arrived by `until`."""
    interactions = interactions_of(scope, version.dataset_group_arn)
    if interactions is None:
        return {}
    sessions: dict[str, list[str]] = {}
    for instant, event in interactions.store.counting(version.streamed, len(interactions.store.put)):
        counts = version.events is None or version.events.lets(event.event_type, event.event_value)
        if counts and instant <= until:
            sessions.setdefault(event.subject, []).append(event.item_id)
    return sessions


def _answer(
    recipe: Recipe, model: Model, sessions: Sessions, filtered: BatchFilter | None, num_results: int, line: Line
) -> dict[str, Any]:
    """The `output` of a line; raises BadLine."""
    asked = {name: text_of(line, name) for name in recipe.request_fields if name != "inputList"}
    user_id = asked.get("userId", "")
    query = Query(user_id=user_id, item_id=asked.get("itemId", ""), session=sessions.get(user_id, ()))
    if "inputList" in recipe.request_fields:
        items = _item_list(line)
        if filtered is not None:
            listed = candidates_of(items)
            items = [*compress(listed.ids, filtered.passing(line, listed).tolist())]
        ranked = rank(model, query, items)
    else:
        eligible = None if filtered is None else filtered.passing(line, items_of(model))
        ranked = recommend(model, query, num_results, eligible)
    output: dict[str, Any] = {"recommendedItems": [item_id for item_id, _ in ranked]}
    if recipe.scores is not None:
        output["scores"] = [score or 0.0 for _, score in ranked]
    return output


def _item_list(line: Line) -> list[str]:
    items = line.get("itemList")
    if not isinstance(items, list) or not items or not all(isinstance(each, str) for each in items):
        raise BadLine("The input has no itemList, or it is not a list of strings.")
    return items


def _written(line: Any, output: dict[str, Any] | None, error: str | None) -> str:
    """A line of the output, as seen (resp-033)."""
    return compact({"input": line, "output": output, "error": error})


OPERATIONS = {
    "CreateBatchInferenceJob": operation(
        create_batch_inference_job,
        *("jobName", "solutionVersionArn", "filterArn", "numResults", "roleArn", "tags"),
        "batchInferenceJobMode",
        note="no themes, no influence of popularity or freshness, no exploration, no reasons; keys are recorded only",
        jobInput=members(s3DataSource=members("path", "kmsKeyArn")),
        jobOutput=members(s3DataDestination=members("path", "kmsKeyArn")),
        batchInferenceJobConfig=members("itemExplorationConfig", "rankingInfluence"),
        themeGenerationConfig=members(fieldsForThemeGeneration=members("itemName")),
    ),
    "DescribeBatchInferenceJob": operation(describe_batch_inference_job, "batchInferenceJobArn"),
    "ListBatchInferenceJobs": operation(list_batch_inference_jobs, "solutionVersionArn", *PAGES),
}
HANDLERS = {"batch_inference_job.begin": on_begin, "batch_inference_job.finish": on_finish}
