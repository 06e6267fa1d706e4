"""Solutions: a recipe, and how to train it on a dataset group."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

from simulator import errors
from simulator.recommend.catalogue import recipe_of
from simulator.resources import lifecycle
from simulator.resources.dataset_groups import dataset_group
from simulator.resources.datasets import interactions_of
from simulator.resources.lookup import (
    Answer,
    Request,
    given,
    new_arn,
    page,
    require_active,
    require_created,
    require_fewer,
    times_without_reason,
)
from simulator.resources.operations import PAGES, members, operation
from simulator.resources.world import PENDING, RUNNING, Record, Scope
from simulator.version import __version__


class NotSimulatedWarning(UserWarning):
    """Something that the service would do later, the simulator will not."""


@dataclass
class Solution(Record):
    """A solution; nothing is trained by creating it."""

    dataset_group_arn: str
    recipe_arn: str
    perform_auto_training: bool

    @property
    def parents(self) -> tuple[str, ...]:
        """Its dataset group."""
        return (self.dataset_group_arn,)


def create_solution(scope: Scope, request: Request) -> Answer:
    """CreateSolution: needs interactions to be there already (err-011)."""
    group = dataset_group(scope, request["datasetGroupArn"])
    table = scope.inventory.solutions
    arn = new_arn(scope, table, "solution", request["name"])
    require_active(group)
    for switch in ("performHPO", "performAutoML", "performIncrementalUpdate"):
        if request.get(switch):
            raise errors.not_simulated(f"CreateSolution with {switch} true")
    if "recipeArn" not in request:
        raise errors.RECIPE_ARN_WANTED()
    recipe = recipe_of(request["recipeArn"])
    if recipe is None:
        raise errors.not_simulated(f"CreateSolution with the recipe {request['recipeArn']}")
    require_fewer(scope, "active_solutions_per_dataset_group", table.of(group.arn))
    interactions = interactions_of(scope, group.arn)
    if interactions is None or not (interactions.store.bulk or interactions.store.put):
        raise errors.NO_INTERACTIONS()
    automatic = request.get("performAutoTraining", True)
    if automatic:
        _warn_once(scope)
    made = Solution(arn, request["name"], PENDING, scope.now, scope.now, group.arn, recipe.arn, automatic)
    lifecycle.create(scope, "solution", made, request)
    return {"solutionArn": arn}


def _warn_once(scope: Scope) -> None:
    if scope.world.warned:
        return
    scope.world.warned = True
    warnings.warn(
        "CreateSolution without performAutoTraining=False: the service would train automatically every 7 days; "
        f"personalize-simulator {__version__} does not simulate automatic training.",
        NotSimulatedWarning,
        stacklevel=2,
    )


def describe_solution(scope: Scope, request: Request) -> Answer:
    """DescribeSolution."""
    found = solution(scope, request["solutionArn"])
    versions = scope.inventory.solution_versions.of(found.arn)
    latest = versions[-1] if versions else None
    return {
        "solution": {
            **_summary(found),
            "datasetGroupArn": found.dataset_group_arn,
            "performHPO": False,
            "performAutoML": False,
            "performAutoTraining": found.perform_auto_training,
            "performIncrementalUpdate": False,
            "solutionConfig": {},
            "latestSolutionVersion": None if latest is None else latest.summary(),
        }
    }


def list_solutions(scope: Scope, request: Request) -> Answer:
    """ListSolutions, of one group or of all."""
    return page(request, "solutions", scope.inventory.solutions, request.get("datasetGroupArn"), _summary)


def delete_solution(scope: Scope, request: Request) -> Answer:
    """DeleteSolution and all its versions: refused while a campaign serves one or a training runs."""
    found = solution(scope, request["solutionArn"])
    require_created(found)
    inventory = scope.inventory
    if inventory.campaigns.of(found.arn):
        raise errors.REFERENCED(family="solution", referrers="campaigns")
    if any(each.status in RUNNING for each in inventory.solution_versions.of(found.arn)):
        raise errors.BUSY(arn=found.arn, what="a training")
    lifecycle.begin_deletion(scope, "solution", found)
    return {}


def solution(scope: Scope, arn: str) -> Solution:
    """The solution of an ARN; raises `GIVEN_DOES_NOT_EXIST`."""
    return given(scope.inventory.solutions, "solution", arn)


def _summary(found: Solution) -> Answer:
    return {
        "name": found.name,
        "solutionArn": found.arn,
        "recipeArn": found.recipe_arn,
        **times_without_reason(found),
    }


OPERATIONS = {
    "CreateSolution": operation(
        create_solution,
        *("name", "performHPO", "performAutoML", "performAutoTraining", "performIncrementalUpdate"),
        *("recipeArn", "datasetGroupArn", "tags"),
        solutionConfig=members(),
    ),
    "DescribeSolution": operation(describe_solution, "solutionArn"),
    "ListSolutions": operation(list_solutions, "datasetGroupArn", *PAGES),
    "DeleteSolution": operation(delete_solution, "solutionArn"),
}
