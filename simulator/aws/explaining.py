"""`sim.explain`: a request checked as the wire checks it, and then explained instead of answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simulator import errors
from simulator.arns import Home
from simulator.aws import shapes
from simulator.aws.constraints import message
from simulator.clock import SimulatorError
from simulator.resources.explained_answers import ExplainedAnswer, explain_answer
from simulator.resources.families import OPERATIONS
from simulator.resources.platform import Platform
from simulator.resources.world import Scope, World

_SERVICE = "personalize-runtime"


def explain(
    world: World, platform: Platform, arn: str, asked: Mapping[str, Any], ask_about: Sequence[str]
) -> ExplainedAnswer:
    """What a campaign or recommender would answer to a request, and why.

    `asked` are the members of GetRecommendations, or of GetPersonalizedRanking with an `inputList`. Raises
    SimulatorError for everything that the service would refuse, and where actions are recommended.
    """
    parts = arn.split(":")
    if len(parts) < 6 or not parts[5].startswith(("campaign/", "recommender/")):
        raise SimulatorError(f"{arn!r} is no ARN of a campaign or recommender")
    name = "GetPersonalizedRanking" if "inputList" in asked else "GetRecommendations"
    target = "campaignArn" if parts[5].startswith("campaign/") else "recommenderArn"
    request = {**asked, target: arn}
    operation = shapes.operation(_SERVICE, name)
    assert operation is not None, "it is one of the service"
    unknown = [member for member in request if member not in OPERATIONS[name].members.inside]
    if unknown:
        known = ", ".join(sorted(OPERATIONS[name].members.inside))
        raise SimulatorError(f"{name} has no member {unknown[0]!r}; there are {known}")
    problems = operation.problems(request)
    if problems:
        raise SimulatorError(message(problems))
    scope = Scope(world, platform, Home(parts[4], parts[3]))
    try:
        return explain_answer(scope, operation.parse(request), ask_about)
    except errors.ServiceError as refusal:
        raise SimulatorError(f"{name} would be refused: {refusal}") from None
