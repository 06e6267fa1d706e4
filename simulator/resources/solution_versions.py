"""Solution versions: trained models, their metrics, and the automatic update every two hours."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

from simulator import errors
from simulator.clock import HOUR, Entry
from simulator.data.event_filters import EventFilter
from simulator.resources import lifecycle
from simulator.resources.arrivals import UPDATING, Arrivals, arrivals, has_news
from simulator.resources.ids import new_id
from simulator.resources.lookup import (
    Answer,
    Request,
    given,
    page,
    require_active,
    require_fewer_running,
    times,
)
from simulator.resources.operations import PAGES, operation
from simulator.resources.solutions import Solution, shown_config, solution
from simulator.resources.training import (
    Trained,
    begin_incremental_training,
    begin_training,
    finish_incremental_training,
    finish_training,
    schedule_update,
    update_model,
)
from simulator.resources.world import ACTIVE, FAILED, IN_PROGRESS, PENDING, Scope

STOPPING = "CREATE STOPPING"
STOPPED = "CREATE STOPPED"

MANUAL = "MANUAL"
AUTOMATIC = "AUTOMATIC"

# The training modes that build a new model of everything; UPDATE builds on the newest version there is.
FULLY = frozenset({"FULL", "AUTOTRAIN"})

# The article's training took 22 min 38 s from creation to ACTIVE and was billed as 1.768 hours (spec 08).
BILLED_HOURS_PER_HOUR = 1.768 / (22 / 60 + 38 / 3600)


@dataclass
class SolutionVersion(Trained):
    """A training and what came of it. `config` and `event_type` are copies of the solution's at its creation.

    `trained_on` is what had arrived in the datasets when the training began, None before that; `updated_on` what had
    when its model came to know it: at that time, or at the last automatic update.
    """

    solution_arn: str
    training_mode: str
    training_type: str = MANUAL
    event_type: str | None = None
    perform_auto_ml: bool = False
    perform_incremental_update: bool = False
    trained_on: Arrivals | None = None
    updated_on: Arrivals = field(default_factory=dict)
    training_hours: float | None = None

    @property
    def parents(self) -> tuple[str, ...]:
        """Its solution and its dataset group."""
        return (self.solution_arn, self.dataset_group_arn)

    def summary(self) -> Answer:
        """What lists and the solution show of a version."""
        return {
            "solutionVersionArn": self.arn,
            "trainingMode": self.training_mode,
            "trainingType": self.training_type,
            **times(self),
        }

    def shown_tuned(self) -> Answer | None:
        """The hyperparameters that were found: for HPO alone, resp-019 has none."""
        if self.status != ACTIVE or not self.tuned or self.perform_auto_ml:
            return None
        return {"algorithmHyperParameters": dict(self.tuned)}


def create_solution_version(scope: Scope, request: Request) -> Answer:
    """CreateSolutionVersion, in the mode FULL or UPDATE."""
    parent = solution(scope, request["solutionArn"])
    table = scope.inventory.solution_versions
    name = request.get("name")
    if name is not None and any(each.name == name for each in table.of(parent.arn)):
        raise errors.VERSION_NAME_TAKEN(solution=parent.arn, name=name)
    require_active(parent)
    require_fewer_running(scope, "running_solution_versions", table.values())
    mode = request.get("trainingMode", "FULL")
    if mode == "AUTOTRAIN":
        raise errors.AUTOTRAIN_IS_AUTOMATIC()
    for recipe in parent.candidates:
        if mode not in recipe.training_modes:
            raise errors.UPDATE_NOT_FOR_RECIPE(recipe=recipe.arn)
    if mode == "UPDATE" and newest_fully_trained(scope, parent.arn) is None:
        raise errors.UPDATE_WANTS_FULL(solution=parent.arn)
    version = train_solution(scope, parent, request, mode)
    return {"solutionVersionArn": version.arn}


def train_solution(
    scope: Scope, parent: Solution, request: Request, mode: str, training_type: str = MANUAL
) -> SolutionVersion:
    """A new version of a solution, whose training begins; `request` gives its name and tags, if it has any."""
    named = f"{parent.name}/{new_id(scope.world, 'solution-version', parent.arn)[:8]}"
    version = SolutionVersion(
        scope.home.arn("solution", named),
        request.get("name", named),
        PENDING,
        scope.now,
        scope.now,
        parent.dataset_group_arn,
        parent.decided_recipe_arn,
        parent.arn,
        mode,
        training_type,
        parent.event_type,
        parent.perform_auto_ml,
        parent.perform_incremental_update,
        perform_hpo=parent.perform_hpo,
        config=copy.deepcopy(parent.config),
        events=events_of(parent),
    )
    lifecycle.create(scope, "solution_version", version, request)
    return version


def events_of(parent: Solution) -> EventFilter | None:
    """The interactions that a solution is to be trained on, as its event type and its configuration say."""
    threshold = parent.config.get("eventValueThreshold")
    least = None if threshold is None else float(threshold)
    parameters = parent.config.get("eventsConfig", {}).get("eventParametersList", ())
    alternatives: list[tuple[str | None, float | None]] = [
        (each["eventType"], each.get("eventValueThreshold")) for each in parameters
    ]
    if not alternatives:
        return None if parent.event_type is None and least is None else EventFilter(((parent.event_type, least),))
    return EventFilter(
        tuple(
            (event_type, max((each for each in (own, least) if each is not None), default=None))
            for event_type, own in alternatives
            if parent.event_type in (None, event_type)
        ),
        {each["eventType"]: each["weight"] for each in parameters if "weight" in each},
    )


def describe_solution_version(scope: Scope, request: Request) -> Answer:
    """DescribeSolutionVersion."""
    version = solution_version(scope, request["solutionVersionArn"])
    return {
        "solutionVersion": {
            **version.summary(),
            "name": version.name,
            "solutionArn": version.solution_arn,
            "performHPO": version.perform_hpo,
            "performAutoML": version.perform_auto_ml,
            "performIncrementalUpdate": version.perform_incremental_update,
            "recipeArn": version.recipe_arn,
            "eventType": version.event_type,
            "datasetGroupArn": version.dataset_group_arn,
            "solutionConfig": shown_config(version.recipe, version.config),
            "tunedHPOParams": version.shown_tuned(),
            "trainingHours": version.training_hours,
        }
    }


def list_solution_versions(scope: Scope, request: Request) -> Answer:
    """ListSolutionVersions, of one solution (which must exist) or of all."""
    parent = request.get("solutionArn")
    if parent is not None:
        solution(scope, parent)
    return page(request, "solutionVersions", scope.inventory.solution_versions, parent, SolutionVersion.summary)


def get_solution_metrics(scope: Scope, request: Request) -> Answer:
    """GetSolutionMetrics: computed when the version was trained; updates leave them alone."""
    version = solution_version(scope, request["solutionVersionArn"])
    if version.status != ACTIVE or version.model is None:
        raise errors.METRICS_NOT_READY()
    return {"solutionVersionArn": version.arn, "metrics": dict(version.model.metrics)}


def stop_solution_version_creation(scope: Scope, request: Request) -> Answer:
    """StopSolutionVersionCreation: at once while the training is pending, after a while if it runs."""
    version = solution_version(scope, request["solutionVersionArn"])
    if version.status not in (PENDING, IN_PROGRESS):
        raise errors.NOT_IN_STATE(arn=version.arn, done="stopped", wanted="CREATE PENDING or CREATE IN_PROGRESS")
    scope.world.agenda.drop(version.arn)
    if version.status == PENDING:
        lifecycle.change(scope, version, STOPPED)
    else:
        version.begun = version.model = None
        lifecycle.change(scope, version, STOPPING)
        due = scope.now + scope.world.durations["solution_version_stop"]
        lifecycle.schedule(scope, "solution_version_stop", "finish", version.arn, due)
    return {}


def solution_version(scope: Scope, arn: str) -> SolutionVersion:
    """The solution version of an ARN; raises `GIVEN_DOES_NOT_EXIST`."""
    return given(scope.inventory.solution_versions, "solution version", arn)


def newest_fully_trained(scope: Scope, solution_arn: str) -> SolutionVersion | None:
    """The ACTIVE version of a solution whose full training was the last to end, or None."""
    versions = scope.inventory.solution_versions.of(solution_arn)
    trained = [each for each in versions if each.training_mode in FULLY and each.status == ACTIVE]
    return max(trained, key=lambda each: (each.updated, each.arn), default=None)


def newest_active(scope: Scope, solution_arn: str) -> SolutionVersion | None:
    """The ACTIVE version of a solution that was created last, or None."""
    active = [each for each in scope.inventory.solution_versions.of(solution_arn) if each.status == ACTIVE]
    return active[-1] if active else None


def on_begin(scope: Scope, entry: Entry) -> None:
    """The training begins: it sees what has arrived by now."""
    version = scope.inventory.solution_versions[entry.subject]
    lifecycle.change(scope, version, IN_PROGRESS)
    version.trained_on = version.updated_on = _arrivals(scope, version)
    if version.training_mode == "UPDATE":
        base = newest_active(scope, version.solution_arn)
        assert base is not None, "UPDATE is taken where there is an ACTIVE version only"
        begin_incremental_training(scope, version, base)
    else:
        begin_training(scope, version)


def on_finish(scope: Scope, entry: Entry) -> None:
    """The model is there, or the data were too few and the training has failed."""
    version = scope.inventory.solution_versions[entry.subject]
    if version.training_mode == "UPDATE":
        reason = finish_incremental_training(scope, version)
    else:
        reason = finish_training(scope, version, version.arn)
    if reason is not None:
        lifecycle.change(scope, version, FAILED, reason)
        return
    lifecycle.change(scope, version, ACTIVE)
    billed = (version.updated - version.created) / HOUR * BILLED_HOURS_PER_HOUR
    version.training_hours = round(billed * version.jobs, 3)
    if version.perform_auto_ml:
        _choose_recipe(scope, version)
    if version.training_mode in FULLY and _may_be_updated(scope, version):
        schedule_update(scope, version, "run")
    if scope.inventory.campaigns.of(version.solution_arn):
        lifecycle.schedule(scope, "campaign_sync", "run", version.solution_arn, scope.now)


def _choose_recipe(scope: Scope, version: SolutionVersion) -> None:
    """The first training of AutoML that ends chooses the solution's recipe (resp-020: the solution is then changed)."""
    parent = scope.inventory.solutions[version.solution_arn]
    if parent.best_recipe_arn is None:
        parent.best_recipe_arn, parent.updated = version.recipe_arn, scope.now


def on_automatic_update(scope: Scope, entry: Entry) -> None:
    """The automatic update: no new version. Only the newest fully trained version of a solution is updated, while
    a campaign serves it and its dataset stands, if items, actions or interactions have come since the last time.

    Source: the guide, "Automatic updates" of User-Personalization (spec 04, section 5).
    """
    version = scope.inventory.solution_versions.get(entry.subject)
    if version is None or version is not newest_fully_trained(scope, version.solution_arn):
        return
    schedule_update(scope, version, "run")
    now, recipe = _arrivals(scope, version), version.recipe
    if _deployed(scope, version) and (recipe.follows_time or has_news(now, version.updated_on, UPDATING)):
        version.updated_on = now
        update_model(scope, version)


def _may_be_updated(scope: Scope, version: SolutionVersion) -> bool:
    """Whether its solution lets a version be updated: incremental updates must be asked for, others happen anyway."""
    asked = scope.inventory.solutions[version.solution_arn].perform_incremental_update
    return asked or version.recipe.incremental_update is None


def _arrivals(scope: Scope, version: SolutionVersion) -> Arrivals:
    return arrivals(scope, version.dataset_group_arn, version.recipe)


def _deployed(scope: Scope, version: SolutionVersion) -> bool:
    return any(
        each.solution_version_arn == version.arn and each.status == ACTIVE
        for each in scope.inventory.campaigns.of(version.solution_arn)
    )


def on_stop_finish(scope: Scope, entry: Entry) -> None:
    """The training has stopped; nothing came of it."""
    lifecycle.change(scope, scope.inventory.solution_versions[entry.subject], STOPPED)


def on_solution_deletion_finish(scope: Scope, entry: Entry) -> None:
    """A solution's versions go with it, and its automatic training ends."""
    scope.world.agenda.drop(entry.subject)
    lifecycle.remove(scope, "solution", entry.subject)
    for version in scope.inventory.solution_versions.of(entry.subject):
        scope.world.agenda.drop(version.arn)
        lifecycle.remove(scope, "solution_version", version.arn)


OPERATIONS = {
    "CreateSolutionVersion": operation(create_solution_version, *("name", "solutionArn", "trainingMode", "tags")),
    "DescribeSolutionVersion": operation(describe_solution_version, "solutionVersionArn"),
    "ListSolutionVersions": operation(list_solution_versions, "solutionArn", *PAGES),
    "GetSolutionMetrics": operation(get_solution_metrics, "solutionVersionArn"),
    "StopSolutionVersionCreation": operation(stop_solution_version_creation, "solutionVersionArn"),
}
HANDLERS = {
    "solution_version.begin": on_begin,
    "solution_version.finish": on_finish,
    "solution_version_stop.finish": on_stop_finish,
    "automatic_update.run": on_automatic_update,
    "solution_deletion.finish": on_solution_deletion_finish,
}
