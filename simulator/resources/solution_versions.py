"""Solution versions: trained models, their metrics, and the automatic update every two hours."""

from __future__ import annotations

from dataclasses import dataclass

from simulator import errors
from simulator.clock import HOUR, Entry
from simulator.data.interactions import Snapshot, streamed_table, training_table
from simulator.recommend.catalogue import RECIPES
from simulator.recommend.training import Model, TrainingData, train
from simulator.recommend.user_personalization import update
from simulator.resources import lifecycle
from simulator.resources.datasets import interactions_of
from simulator.resources.ids import chance_of, new_id
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
from simulator.resources.solutions import solution
from simulator.resources.world import ACTIVE, FAILED, IN_PROGRESS, PENDING, Record, Scope

# The article's training took 22 min 38 s from creation to ACTIVE and was billed as 1.768 hours (spec 08).
_BILLED_HOURS_PER_HOUR = 1.768 / (22 / 60 + 38 / 3600)


@dataclass
class SolutionVersion(Record):
    """A training and what came of it.

    `snapshot` is the data to train on, while the training runs. `streamed` counts the put events of the
    dataset that `model` knows; those that came later are a user's session. Automatic updates replace `model`
    and nothing else.
    """

    solution_arn: str
    dataset_group_arn: str
    recipe_arn: str
    training_mode: str
    snapshot: Snapshot | None = None
    model: Model | None = None
    streamed: int = 0
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
            "trainingType": "MANUAL",
            **times(self),
        }


def create_solution_version(scope: Scope, request: Request) -> Answer:
    """CreateSolutionVersion."""
    parent = solution(scope, request["solutionArn"])
    mode = request.get("trainingMode", "FULL")
    if mode != "FULL":
        raise errors.not_simulated(f"CreateSolutionVersion with the trainingMode {mode}")
    require_active(parent)
    table = scope.inventory.solution_versions
    require_fewer_running(scope, "running_solution_versions", table.values())
    name = f"{parent.name}/{new_id(scope.world, 'solution-version', parent.arn)[:8]}"
    arn = scope.home.arn("solution", name)
    version = SolutionVersion(
        arn,
        name,
        PENDING,
        scope.now,
        scope.now,
        solution_arn=parent.arn,
        dataset_group_arn=parent.dataset_group_arn,
        recipe_arn=parent.recipe_arn,
        training_mode=mode,
    )
    lifecycle.create(scope, "solution_version", version, request)
    return {"solutionVersionArn": arn}


def describe_solution_version(scope: Scope, request: Request) -> Answer:
    """DescribeSolutionVersion."""
    version = solution_version(scope, request["solutionVersionArn"])
    return {
        "solutionVersion": {
            **version.summary(),
            "name": version.name,
            "solutionArn": version.solution_arn,
            "performHPO": False,
            "performAutoML": False,
            "performIncrementalUpdate": False,
            "recipeArn": version.recipe_arn,
            "datasetGroupArn": version.dataset_group_arn,
            "solutionConfig": {},
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


def solution_version(scope: Scope, arn: str) -> SolutionVersion:
    """The solution version of an ARN; raises `GIVEN_DOES_NOT_EXIST`."""
    return given(scope.inventory.solution_versions, "solution version", arn)


def on_begin(scope: Scope, entry: Entry) -> None:
    """The training begins: it sees what has arrived by now."""
    version = scope.inventory.solution_versions[entry.subject]
    lifecycle.change(scope, version, IN_PROGRESS)
    interactions = interactions_of(scope, version.dataset_group_arn)
    if interactions is not None:
        version.snapshot = interactions.store.snapshot()


def on_finish(scope: Scope, entry: Entry) -> None:
    """The model is there, or the data were too few and the training has failed."""
    version = scope.inventory.solution_versions[entry.subject]
    snapshot, version.snapshot = version.snapshot, None
    interactions = interactions_of(scope, version.dataset_group_arn)
    if snapshot is None or interactions is None:
        lifecycle.change(scope, version, FAILED, errors.NO_INTERACTIONS.wording)
        return
    recipe = RECIPES[version.recipe_arn]
    table = training_table(interactions.store, snapshot)
    reason = recipe.too_little(table)
    if reason is not None:
        lifecycle.change(scope, version, FAILED, reason)
        return
    chance = None if scope.world.training == "exact" else chance_of(scope.world, version.arn)
    version.model = train(recipe, TrainingData(table), chance)
    version.streamed = snapshot.put
    lifecycle.change(scope, version, ACTIVE)
    billed = (version.updated - version.created) / HOUR * _BILLED_HOURS_PER_HOUR
    version.training_hours = round(billed, 3)
    _schedule_update(scope, version)


def on_automatic_update(scope: Scope, entry: Entry) -> None:
    """The two-hour update: the model takes in what was put since, if the version is one that is updated.

    Not a training: no new version, no metrics, no change of status or times. Only the newest fully trained
    version of a solution is updated, while a campaign serves it and its dataset stands.
    Source: the guide, "Automatic updates" of User-Personalization (spec 04, section 5).
    """
    version = scope.inventory.solution_versions.get(entry.subject)
    if version is None or version is not _newest_fully_trained(scope, version.solution_arn):
        return
    _schedule_update(scope, version)
    interactions = interactions_of(scope, version.dataset_group_arn)
    if interactions is None or version.model is None or not _deployed(scope, version):
        return
    put = interactions.store.snapshot().put
    if put > version.streamed:
        version.model = update(version.model, streamed_table(interactions.store, version.streamed, put))
        version.streamed = put


def _schedule_update(scope: Scope, version: SolutionVersion) -> None:
    period = RECIPES[version.recipe_arn].automatic_update
    if period is not None:
        lifecycle.schedule(scope, "automatic_update", "run", version.arn, scope.now + period)


def _newest_fully_trained(scope: Scope, solution_arn: str) -> SolutionVersion | None:
    trained = [
        each
        for each in scope.inventory.solution_versions.of(solution_arn)
        if each.training_mode == "FULL" and each.status == ACTIVE
    ]
    return max(trained, key=lambda each: (each.updated, each.arn), default=None)


def _deployed(scope: Scope, version: SolutionVersion) -> bool:
    return any(
        each.solution_version_arn == version.arn and each.status == ACTIVE
        for each in scope.inventory.campaigns.of(version.solution_arn)
    )


def on_solution_deletion_finish(scope: Scope, entry: Entry) -> None:
    """A solution's versions go with it."""
    lifecycle.remove(scope, "solution", entry.subject)
    for version in scope.inventory.solution_versions.of(entry.subject):
        scope.world.agenda.drop(version.arn)
        lifecycle.remove(scope, "solution_version", version.arn)


OPERATIONS = {
    "CreateSolutionVersion": operation(create_solution_version, "solutionArn", "trainingMode", "tags"),
    "DescribeSolutionVersion": operation(describe_solution_version, "solutionVersionArn"),
    "ListSolutionVersions": operation(list_solution_versions, "solutionArn", *PAGES),
    "GetSolutionMetrics": operation(get_solution_metrics, "solutionVersionArn"),
}
HANDLERS = {
    "solution_version.begin": on_begin,
    "solution_version.finish": on_finish,
    "automatic_update.run": on_automatic_update,
    "solution_deletion.finish": on_solution_deletion_finish,
}
