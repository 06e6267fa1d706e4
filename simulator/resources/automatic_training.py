"""Automatic training: new versions of a solution, by its schedule, as long as there is something new to learn.

Source: the guide, "Configuring automatic training" and "Updating a solution"; the API reference, CreateSolution and
UpdateSolution (spec 04, section 3).
"""

from __future__ import annotations

from collections.abc import Mapping

from simulator.clock import Entry, Micros
from simulator.resources.arrivals import arrivals, has_news
from simulator.resources.operations import Operation
from simulator.resources.solution_versions import AUTOMATIC, FULLY, MANUAL, STOPPED, STOPPING, train_solution
from simulator.resources.solutions import Solution, plan_training
from simulator.resources.world import ACTIVE, RUNNING, Scope


def on_run(scope: Scope, entry: Entry) -> None:
    """An automatic training is due: it begins, unless it has nothing to learn or a manual one has taken its place."""
    found = scope.inventory.solutions.get(entry.subject)
    if found is None or found.next_training != entry.due:  # deleted, turned off or scheduled anew meanwhile
        return
    instead = _manual_instead(scope, found)
    found.scheduled = None
    plan_training(scope, found, (scope.now if instead is None else instead) + found.interval)
    if instead is None and _begins(scope, found):
        train_solution(scope, found, {}, "AUTOTRAIN", AUTOMATIC)


def _manual_instead(scope: Scope, found: Solution) -> Micros | None:
    """When the first manual version since the schedule began was created; None unless this training is its first."""
    since = found.scheduled
    if since is None:
        return None
    versions = scope.inventory.solution_versions.of(found.arn)
    manual = (each.created for each in versions if each.training_type == MANUAL and each.created >= since)
    return min(manual, default=None)


def _begins(scope: Scope, found: Solution) -> bool:
    versions = scope.inventory.solution_versions
    if found.status != ACTIVE:
        return False
    if sum(each.status in RUNNING for each in versions.values()) >= scope.world.quotas["running_solution_versions"]:
        return False
    return _has_new_interactions(scope, found)


def _has_new_interactions(scope: Scope, found: Solution) -> bool:
    """Whether interactions have come since the last training, a failed one included; before any, whether there are any.

    Those with actions count where the recipe learns from such. What a pending training will see is not new.
    """
    recipe = found.recipe
    of_actions = "ACTION_INTERACTIONS" in (*recipe.required_datasets, *recipe.optional_datasets)
    counting = "ACTION_INTERACTIONS" if of_actions else "INTERACTIONS"
    trainings = [
        each
        for each in scope.inventory.solution_versions.of(found.arn)
        if each.training_mode in FULLY and each.status not in (STOPPING, STOPPED)
    ]
    if not trainings and counting not in recipe.required_datasets:
        return True
    earlier = trainings[-1].trained_on if trainings else {}
    return earlier is not None and has_news(arrivals(scope, found.dataset_group_arn, recipe), earlier, (counting,))


OPERATIONS: Mapping[str, Operation] = {}
HANDLERS = {"automatic_training.run": on_run}
