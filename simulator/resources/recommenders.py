"""Recommenders: a use case of a Domain dataset group, trained, deployed and retrained by the service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator import errors
from simulator.clock import HOUR, Entry, Micros
from simulator.recommend.catalogue import Recipe
from simulator.resources import lifecycle, serving_config, updates
from simulator.resources.arrivals import UPDATING, Arrivals, arrivals, has_news
from simulator.resources.dataset_groups import DatasetGroup, dataset_group
from simulator.resources.lookup import (
    Answer,
    Request,
    given,
    new_arn,
    page,
    require_active,
    require_fewer,
    times,
    times_without_reason,
)
from simulator.resources.operations import PAGES, members, operation
from simulator.resources.recipes import given_recipe
from simulator.resources.solution_configs import without_nulls
from simulator.resources.training import (
    Trained,
    begin_training,
    events_of_use_case,
    finish_training,
    require_datasets,
    schedule_update,
    update_model,
)
from simulator.resources.updates import Update
from simulator.resources.world import ACTIVE, DELETING, FAILED, IN_PROGRESS, PENDING, Scope

STOP_PENDING = "STOP PENDING"
STOP_IN_PROGRESS = "STOP IN_PROGRESS"
INACTIVE = "INACTIVE"
START_PENDING = "START PENDING"
START_IN_PROGRESS = "START IN_PROGRESS"

# What runs in the states that a recommender cannot be deleted in.
_RUNS: Mapping[str, str] = {
    PENDING: "its creation",
    IN_PROGRESS: "its creation",
    STOP_PENDING: "its stop",
    STOP_IN_PROGRESS: "its stop",
    START_PENDING: "its start",
    START_IN_PROGRESS: "its start",
}

# The guide: a full retraining every 7 days.
_RETRAINING: Micros = 7 * 24 * HOUR


@dataclass
class RecommenderUpdate(Update):
    """The newest UpdateRecommender of a recommender: `config` is what its configuration will be, and has become.

    `retrains` is whether the columns used in training change.
    """

    config: Mapping[str, Any]
    retrains: bool


@dataclass
class Recommender(Trained):
    """A recommender; while an update or a retraining runs it keeps answering as before.

    `beginning` is what had arrived in the datasets when the training that runs began, `updated_on` what its model
    knows of: what had arrived when its training began, or at the last automatic update.
    """

    beginning: Arrivals = field(default_factory=dict)
    updated_on: Arrivals = field(default_factory=dict)
    latest_update: RecommenderUpdate | None = None

    @property
    def parents(self) -> tuple[str, ...]:
        """Its dataset group."""
        return (self.dataset_group_arn,)

    @property
    def updating(self) -> bool:
        """Whether an update runs."""
        return updates.runs(self.latest_update)


def create_recommender(scope: Scope, request: Request) -> Answer:
    """CreateRecommender, of a use case of the group's domain."""
    group = dataset_group(scope, request["datasetGroupArn"])
    recipe = given_recipe(request["recipeArn"])
    table = scope.inventory.recommenders
    arn = new_arn(scope, table, "recommender", request["name"])
    require_active(group)
    require_fewer(scope, "recommenders_per_dataset_group", table.of(group.arn))
    _check_domain(group, recipe)
    asked = without_nulls(request.get("recommenderConfig", {}))
    serving_config.check(scope, recipe, group.arn, asked)
    require_datasets(scope, recipe, group.arn)
    made = Recommender(
        arn,
        request["name"],
        PENDING,
        scope.now,
        scope.now,
        group.arn,
        recipe.arn,
        config={"minRecommendationRequestsPerSecond": 1, **asked},
        events=events_of_use_case(recipe),
    )
    lifecycle.create(scope, "recommender", made, request)
    return {"recommenderArn": arn}


def _check_domain(group: DatasetGroup, recipe: Recipe) -> None:
    if group.domain is None:
        raise errors.NOT_A_DOMAIN(dataset_group=group.arn)
    if recipe.domain != group.domain:
        raise errors.NOT_OF_THE_DOMAIN(recipe=recipe.arn, domain=group.domain)


def describe_recommender(scope: Scope, request: Request) -> Answer:
    """DescribeRecommender: no metrics while it is being created or deleted."""
    found = recommender(scope, request["recommenderArn"])
    update = found.latest_update
    return {
        "recommender": {
            **_summary(found),
            **times(found),
            "latestRecommenderUpdate": None
            if update is None
            else {
                "recommenderConfig": update.config,
                **update.times(),
            },
            "modelMetrics": None if found.model is None or found.status in DELETING else dict(found.model.metrics),
        }
    }


def list_recommenders(scope: Scope, request: Request) -> Answer:
    """ListRecommenders, of one group or of all."""
    return page(request, "recommenders", scope.inventory.recommenders, request.get("datasetGroupArn"), _summary)


def update_recommender(scope: Scope, request: Request) -> Answer:
    """UpdateRecommender: what is not given stays, and the old configuration is in force until the update is done."""
    found = recommender(scope, request["recommenderArn"])
    _require_ready(found, "updated")
    asked = without_nulls(request["recommenderConfig"])
    config = {**found.config, **asked}
    if config == found.config:
        raise errors.SAME_CONFIG(arn=found.arn)
    serving_config.check(scope, found.recipe, found.dataset_group_arn, asked)
    retrains = config.get("trainingDataConfig") != found.config.get("trainingDataConfig")
    found.latest_update = RecommenderUpdate(config, retrains, created=scope.now, updated=scope.now)
    found.updated = scope.now
    lifecycle.begin(scope, "recommender_update", found.arn)
    return {"recommenderArn": found.arn}


def stop_recommender(scope: Scope, request: Request) -> Answer:
    """StopRecommender: it answers no more, and nothing comes of a retraining that is under way."""
    found = recommender(scope, request["recommenderArn"])
    _require_ready(found, "stopped")
    found.begun = None
    lifecycle.change(scope, found, STOP_PENDING)
    lifecycle.begin(scope, "recommender_stop", found.arn)
    return {"recommenderArn": found.arn}


def start_recommender(scope: Scope, request: Request) -> Answer:
    """StartRecommender: no new model is made."""
    found = recommender(scope, request["recommenderArn"])
    if found.status != INACTIVE:
        raise errors.NOT_IN_STATE(arn=found.arn, done="started", wanted=INACTIVE)
    lifecycle.change(scope, found, START_PENDING)
    lifecycle.begin(scope, "recommender_start", found.arn)
    return {"recommenderArn": found.arn}


def delete_recommender(scope: Scope, request: Request) -> Answer:
    """DeleteRecommender: refused while it is being created, updated, stopped or started."""
    found = recommender(scope, request["recommenderArn"])
    runs = "its update" if found.updating else _RUNS.get(found.status)
    if runs is not None:
        raise errors.BUSY(arn=found.arn, what=runs)
    lifecycle.begin_deletion(scope, "recommender", found)
    return {}


def recommender(scope: Scope, arn: str) -> Recommender:
    """The recommender of an ARN; raises `GIVEN_DOES_NOT_EXIST`."""
    return given(scope.inventory.recommenders, "recommender", arn)


def _require_ready(found: Recommender, done: str) -> None:
    if found.status != ACTIVE or found.updating:
        raise errors.NOT_IN_STATE(arn=found.arn, done=done, wanted="ACTIVE, without an update in progress")


def _summary(found: Recommender) -> Answer:
    return {
        "name": found.name,
        "recommenderArn": found.arn,
        "datasetGroupArn": found.dataset_group_arn,
        "recipeArn": found.recipe_arn,
        "recommenderConfig": found.config,
        **times_without_reason(found),
    }


def on_begin(scope: Scope, entry: Entry) -> None:
    """The first training begins: it sees what has arrived by now."""
    found = scope.inventory.recommenders[entry.subject]
    lifecycle.change(scope, found, IN_PROGRESS)
    _begin_training(scope, found)


def on_finish(scope: Scope, entry: Entry) -> None:
    """The recommender answers from its first model, or the data were too few and its creation has failed."""
    found = scope.inventory.recommenders[entry.subject]
    reason = _finish_training(scope, found, found.arn)
    if reason is not None:
        lifecycle.change(scope, found, FAILED, reason)
        return
    lifecycle.change(scope, found, ACTIVE)
    schedule_update(scope, found, "recommender")
    lifecycle.schedule(scope, "recommender_retraining", "begin", found.arn, found.created + _RETRAINING)


def on_automatic_update(scope: Scope, entry: Entry) -> None:
    """The automatic update of a recommender that is ACTIVE, if items or interactions have come since the last time."""
    found = scope.inventory.recommenders[entry.subject]
    schedule_update(scope, found, "recommender")
    now = arrivals(scope, found.dataset_group_arn, found.recipe)
    if found.status == ACTIVE and (found.recipe.follows_time or has_news(now, found.updated_on, UPDATING)):
        found.updated_on = now
        update_model(scope, found)


def _begin_training(scope: Scope, found: Recommender, config: Mapping[str, Any] | None = None) -> None:
    found.beginning = arrivals(scope, found.dataset_group_arn, found.recipe)
    begin_training(scope, found, config)


def _finish_training(scope: Scope, found: Recommender, *chance: str) -> str | None:
    """The training ends with a model, and None; or with the reason why there is none, and nothing has changed."""
    reason = finish_training(scope, found, *chance)
    if reason is None:
        found.updated_on = found.beginning
    return reason


def on_retraining_begin(scope: Scope, entry: Entry) -> None:
    """Seven days have passed: a full retraining begins if the recommender is ACTIVE.

    Source: the guide, managing recommenders (spec 04, section 7).
    """
    found = scope.inventory.recommenders[entry.subject]
    lifecycle.schedule(scope, "recommender_retraining", "begin", found.arn, scope.now + _RETRAINING)
    if found.status == ACTIVE and not _retrained_by_update(found):
        _begin_training(scope, found)
        due = scope.now + scope.world.durations["recommender"]
        lifecycle.schedule(scope, "recommender_retraining", "finish", found.arn, due, step=1)


def on_retraining_finish(scope: Scope, entry: Entry) -> None:
    """The new model answers; where nothing can be made of the data, or it was stopped meanwhile, the old one stays."""
    found = scope.inventory.recommenders[entry.subject]
    if found.status == ACTIVE and not _retrained_by_update(found):
        _finish_training(scope, found, found.arn, str(scope.now))


def _retrained_by_update(found: Recommender) -> bool:
    return found.updating and found.latest_update is not None and found.latest_update.retrains


def on_update_begin(scope: Scope, entry: Entry) -> None:
    """The update runs, and the retraining that it asks for begins."""
    found = scope.inventory.recommenders[entry.subject]
    update = found.latest_update
    assert update is not None
    updates.advance(scope, update, IN_PROGRESS)
    if update.retrains:
        _begin_training(scope, found, update.config)


def on_update_finish(scope: Scope, entry: Entry) -> None:
    """From now on the new configuration is in force; if the data do not suffice to retrain, the old one stays."""
    found = scope.inventory.recommenders[entry.subject]
    update = found.latest_update
    assert update is not None
    if update.retrains:
        update.failure = _finish_training(scope, found, found.arn, str(scope.now))
    if update.failure is None:
        found.config = update.config
    updates.advance(scope, update, ACTIVE if update.failure is None else FAILED)
    found.updated = scope.now


def on_stop_begin(scope: Scope, entry: Entry) -> None:
    """The stop runs."""
    lifecycle.change(scope, scope.inventory.recommenders[entry.subject], STOP_IN_PROGRESS)


def on_stop_finish(scope: Scope, entry: Entry) -> None:
    """The recommender answers no more."""
    lifecycle.change(scope, scope.inventory.recommenders[entry.subject], INACTIVE)


def on_start_begin(scope: Scope, entry: Entry) -> None:
    """The start runs."""
    lifecycle.change(scope, scope.inventory.recommenders[entry.subject], START_IN_PROGRESS)


def on_start_finish(scope: Scope, entry: Entry) -> None:
    """The recommender answers again, from the model that it had."""
    lifecycle.change(scope, scope.inventory.recommenders[entry.subject], ACTIVE)


def on_deletion_finish(scope: Scope, entry: Entry) -> None:
    """The recommender is no more, and what was to happen to it will not."""
    scope.world.agenda.drop(entry.subject)
    lifecycle.remove(scope, "recommender", entry.subject)


_CONFIG = members(
    *("itemExplorationConfig", "minRecommendationRequestsPerSecond", "enableMetadataWithRecommendations"),
    trainingDataConfig=members("excludedDatasetColumns", "includedDatasetColumns"),
)

OPERATIONS = {
    "CreateRecommender": operation(
        create_recommender,
        *("name", "datasetGroupArn", "recipeArn", "tags"),
        recommenderConfig=_CONFIG,
    ),
    "DescribeRecommender": operation(describe_recommender, "recommenderArn"),
    "ListRecommenders": operation(list_recommenders, "datasetGroupArn", *PAGES),
    "UpdateRecommender": operation(update_recommender, "recommenderArn", recommenderConfig=_CONFIG),
    "StopRecommender": operation(stop_recommender, "recommenderArn"),
    "StartRecommender": operation(start_recommender, "recommenderArn"),
    "DeleteRecommender": operation(delete_recommender, "recommenderArn"),
}
HANDLERS = {
    "recommender.begin": on_begin,
    "recommender.finish": on_finish,
    "automatic_update.recommender": on_automatic_update,
    "recommender_retraining.begin": on_retraining_begin,
    "recommender_retraining.finish": on_retraining_finish,
    "recommender_update.begin": on_update_begin,
    "recommender_update.finish": on_update_finish,
    "recommender_stop.begin": on_stop_begin,
    "recommender_stop.finish": on_stop_finish,
    "recommender_start.begin": on_start_begin,
    "recommender_start.finish": on_start_finish,
    "recommender_deletion.finish": on_deletion_finish,
}
