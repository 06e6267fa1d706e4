"""Batch inference jobs: recommendations for many users or items, from JSON Lines in S3 to JSON Lines in S3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import compress
from typing import Any

from simulator import errors
from simulator.clock import MINUTE, Entry, Micros
from simulator.data.interactions import PutEvent
from simulator.data.schemas import Field
from simulator.filters.evaluating import candidates_of
from simulator.recommend.catalogue import Recipe
from simulator.recommend.themes import Catalogue
from simulator.recommend.training import Model, Query, Ranked, rank, recommend, recommend_each
from simulator.resources import batch_files, batch_jobs, lifecycle, serving, serving_config
from simulator.resources.applied_filters import items_of
from simulator.resources.batch_files import BadLine, Line, compact, each_or_fault, text_of, texts_of
from simulator.resources.batch_filters import BatchFilter, batch_filter
from simulator.resources.batch_jobs import BatchJob
from simulator.resources.datasets import dataset_of, interactions_of
from simulator.resources.lookup import Answer, Request, given, page, times
from simulator.resources.operations import PAGES, members, operation
from simulator.resources.serving import Served
from simulator.resources.solution_configs import without_nulls
from simulator.resources.solution_versions import SolutionVersion, newest_fully_trained
from simulator.resources.training import update_model
from simulator.resources.world import Scope

THEMES = "THEME_GENERATION"
# Where there are themes. Source: the guide, Content Generator (spec 05, section 12).
_THEME_REGIONS = frozenset({"us-east-1", "us-west-2", "ap-northeast-1"})
# How old an event must be to count. Source: the guide, "How new data influences batch recommendations".
_SETTLING: Micros = 15 * MINUTE

Sessions = Mapping[str, Sequence[PutEvent]]


@dataclass
class BatchInferenceJob(BatchJob):
    """A batch inference job."""

    mode: str
    config: Mapping[str, Any] | None
    themes: Mapping[str, Any] | None


def create_batch_inference_job(scope: Scope, request: Request) -> Answer:
    """CreateBatchInferenceJob, of an ACTIVE version whose recipe has such jobs; the answers are really computed."""
    arn, version = batch_jobs.requested(
        scope, request, scope.inventory.batch_inference_jobs, "batch-inference-job", "running_batch_inference_jobs"
    )
    recipe = version.recipe
    if not recipe.batch_inference:
        raise errors.NO_BATCH_INFERENCE(recipe=recipe.arn)
    fields = batch_jobs.fields_of(scope, request, arn, version, "results_of_a_batch_inference", "ItemID")
    config = without_nulls(request.get("batchInferenceJobConfig"))
    serving_config.check(scope, recipe, version.dataset_group_arn, config or {})
    mode = request.get("batchInferenceJobMode", "BATCH_INFERENCE")
    themes = without_nulls(request.get("themeGenerationConfig"))
    _check_themes(scope, version, mode, themes)
    files = batch_files.read_input(scope, request, "batch_inference", arn)
    job = BatchInferenceJob(**fields, files=files, mode=mode, config=config, themes=themes)
    lifecycle.create(scope, "batch_inference_job", job, request)
    return {"batchInferenceJobArn": arn}


def describe_batch_inference_job(scope: Scope, request: Request) -> Answer:
    """DescribeBatchInferenceJob."""
    job = given(scope.inventory.batch_inference_jobs, "batch inference job", request["batchInferenceJobArn"])
    return {
        "batchInferenceJob": {
            "batchInferenceJobArn": job.arn,
            "batchInferenceJobMode": job.mode,
            "batchInferenceJobConfig": job.config,
            "themeGenerationConfig": job.themes,
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
    column = config.get("fieldsForThemeGeneration", {}).get("itemName")
    fields = _item_fields(scope, version.dataset_group_arn)
    if column not in [field.name for field in fields if field.type == "string"]:
        raise errors.THEMES_WANT_COLUMN(column=column)
    if not any(field.textual for field in fields):
        raise errors.THEMES_WANT_TEXT()


def _item_fields(scope: Scope, dataset_group_arn: str) -> Sequence[Field]:
    """The fields of a group's Items dataset, none if it has no such dataset."""
    dataset = dataset_of(scope, dataset_group_arn, "ITEMS")
    return () if dataset is None else scope.inventory.schemas[dataset.schema_arn].avro.fields


def on_begin(scope: Scope, entry: Entry) -> None:
    """The job runs: it answers from the model and the data of this moment.

    The newest fully trained version of a solution is updated first, if its recipe has automatic updates.
    Source: the guide, "How new data influences batch recommendations".
    """
    job = scope.inventory.batch_inference_jobs[entry.subject]
    version = batch_jobs.begin(scope, job)
    if version is None:
        return
    recipe = version.recipe
    until = job.created - _SETTLING
    if recipe.automatic_update is not None and version is newest_fully_trained(scope, version.solution_arn):
        update_model(scope, version, until)
    served = Served(job.arn, job.config or {}, version)
    sessions = _sessions(scope, version, until) if recipe.realtime_events else {}
    catalogue = None if job.themes is None else _catalogue(scope, version, job.themes)
    limit = scope.world.quotas["records_of_a_batch_inference_file" if catalogue is None else "records_of_a_theme_file"]
    filtered = batch_filter(scope, job.filter_arn)
    answer_lines = partial(_answers, scope, served, sessions, filtered, catalogue, job.num_results)
    batch_jobs.answer(job, limit, True, answer_lines, _written)


def on_finish(scope: Scope, entry: Entry) -> None:
    """The recommendations are in S3, or the job has failed."""
    batch_jobs.finish(scope, scope.inventory.batch_inference_jobs[entry.subject])


def _sessions(scope: Scope, version: SolutionVersion, until: Micros) -> Sessions:
    """Every user's events that the model does not know, of those that had arrived by `until`.

    Those of anonymous sessions, which no update takes in, are all since the last full training.
    """
    interactions = interactions_of(scope, version.dataset_group_arn)
    if interactions is None:
        return {}
    store = interactions.store
    anonymous = (each for each in store.counting(version.fully, version.streamed) if not each.event.user_id)
    sessions: dict[str, list[PutEvent]] = {}
    for instant, event in (*anonymous, *store.counting(version.streamed, len(store.put))):
        counts = version.events is None or version.events.lets(event.event_type, event.event_value)
        if counts and instant <= until:
            sessions.setdefault(event.subject, []).append(event)
    return sessions


def _answers(
    scope: Scope,
    served: Served,
    sessions: Sessions,
    filtered: BatchFilter | None,
    catalogue: Catalogue | None,
    num_results: int,
    lines: Sequence[Line],
) -> list[dict[str, Any] | BadLine]:
    """The `output` of some lines, or why a line has none."""
    recipe = served.recipe
    if filtered is None and "inputList" not in recipe.request_fields:
        ranked = _recommended(scope, served, sessions, num_results, lines)
    else:
        ranked = each_or_fault(partial(_ranked, scope, served, sessions, filtered, num_results), lines)
    return [each if isinstance(each, BadLine) else _output(recipe, catalogue, each) for each in ranked]


def _recommended(
    scope: Scope, served: Served, sessions: Sessions, num_results: int, lines: Sequence[Line]
) -> list[list[Ranked] | BadLine]:
    """What is recommended from all items for each line, or why a line has none."""
    asked = each_or_fault(partial(_query, scope, served, sessions), lines)
    found = iter(recommend_each(_model(served), [each for each in asked if isinstance(each, Query)], num_results))
    return [next(found) if isinstance(each, Query) else each for each in asked]


def _ranked(
    scope: Scope, served: Served, sessions: Sessions, filtered: BatchFilter | None, num_results: int, line: Line
) -> list[Ranked]:
    """What is recommended for a line, or its list in order, of what passes the filter; raises BadLine."""
    model = _model(served)
    query = _query(scope, served, sessions, line)
    if "inputList" not in served.recipe.request_fields:
        eligible = None if filtered is None else filtered.passing(line, items_of(model))
        return recommend(model, query, num_results, eligible)
    items = _item_list(line)
    if filtered is not None:
        listed = candidates_of(items)
        items = [*compress(listed.ids, filtered.passing(line, listed).tolist())]
    return rank(model, query, items)


def _model(served: Served) -> Model:
    model = served.trained.model
    assert model is not None, "see batch_jobs.begin"
    return model


def _output(recipe: Recipe, catalogue: Catalogue | None, ranked: Sequence[Ranked]) -> dict[str, Any]:
    """The `output` of a line."""
    if catalogue is not None:
        theme = catalogue.theme([item_id for item_id, _ in ranked])
        return {
            "recommendedItems": [item_id for item_id, _ in theme.items],
            "theme": theme.text,
            "itemsThemeRelevanceScores": [score for _, score in theme.items],
        }
    output: dict[str, Any] = {"recommendedItems": [item_id for item_id, _ in ranked]}
    if recipe.scores is not None:
        output["scores"] = [score or 0.0 for _, score in ranked]
    return output


def _query(scope: Scope, served: Served, sessions: Sessions, line: Line) -> Query:
    """What the model is asked for a line, as for a request with the line's user, item and context."""
    request: dict[str, Any] = {
        name: text_of(line, name) for name in served.recipe.request_fields if name != "inputList"
    }
    if "context" in line:
        request["context"] = texts_of(line, "context")
    try:
        return serving.query_of(scope, served, request, sessions.get(request.get("userId", ""), ()))
    except errors.ServiceError as refusal:
        raise BadLine(refusal.message) from None


def _catalogue(scope: Scope, version: SolutionVersion, themes: Mapping[str, Any]) -> Catalogue:
    """The names of all items and what their textual column says, as the Items dataset has them now."""
    named = themes["fieldsForThemeGeneration"]["itemName"]
    dataset = dataset_of(scope, version.dataset_group_arn, "ITEMS")
    if dataset is None:
        return Catalogue({})
    records = dataset.store.current()
    described = [field.name for field in _item_fields(scope, version.dataset_group_arn) if field.textual]
    return Catalogue(
        {
            item_id: (
                str(records.value(item_id, named) or ""),
                " ".join(str(records.value(item_id, each) or "") for each in described),
            )
            for item_id in records.ids()
        }
    )


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
        note="themes are the words that items share; no reasons; keys are recorded only",
        jobInput=members(s3DataSource=members("path", "kmsKeyArn")),
        jobOutput=members(s3DataDestination=members("path", "kmsKeyArn")),
        batchInferenceJobConfig=members("itemExplorationConfig", "rankingInfluence"),
        themeGenerationConfig=members(fieldsForThemeGeneration=members("itemName")),
    ),
    "DescribeBatchInferenceJob": operation(describe_batch_inference_job, "batchInferenceJobArn"),
    "ListBatchInferenceJobs": operation(list_batch_inference_jobs, "solutionVersionArn", *PAGES),
}
HANDLERS = {"batch_inference_job.begin": on_begin, "batch_inference_job.finish": on_finish}
