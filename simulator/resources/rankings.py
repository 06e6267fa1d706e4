"""GetPersonalizedRanking: the items of a list in the order that suits a user."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

from simulator import errors
from simulator.filters.evaluating import candidates_of
from simulator.recommend.training import rank
from simulator.resources import serving
from simulator.resources.impressions import remember
from simulator.resources.lookup import Answer, Request
from simulator.resources.operations import operation
from simulator.resources.serving import Answered
from simulator.resources.world import Scope

_NAME = "GetPersonalizedRanking"


def get_personalized_ranking(scope: Scope, request: Request) -> Answer:
    """GetPersonalizedRanking: items that a filter lets pass, those that the model does not know last (resp-024)."""
    found = answered(scope, request)
    recommendation_id = serving.recommendation_id(scope, found.served.arn, request["userId"])
    remember(scope, recommendation_id, [item["itemId"] for item in found.items])
    return {"personalizedRanking": found.items, "recommendationId": recommendation_id}


def answered(scope: Scope, request: Request) -> Answered:
    """What a request for a ranking is answered; nothing changes."""
    served = serving.campaign_of(scope, request["campaignArn"])
    recipe, trained = served.recipe, served.trained
    if recipe.operation != _NAME:
        raise errors.RANKS_NOTHING(recipe_type=recipe.recipe_type)
    serving.require_inputs(recipe, request)
    items: Sequence[str] = request["inputList"]
    if not items:
        raise errors.INPUT_LIST_WANTED()
    limit = scope.world.quotas["items_of_a_ranking"]
    if len(items) > limit:
        raise errors.TOO_MANY_TO_RANK(limit=limit, asked=len(items))
    metadata = serving.metadata_of(scope, served, request, "The length of inputList", len(items))
    if "filterArn" in request:
        listed = candidates_of(items)
        items = [*compress(listed.ids, serving.passing(scope, served, request, request, listed).tolist())]
    query = serving.query_of(scope, served, request)
    assert trained.model is not None, "what is ACTIVE has a model"
    ranked = rank(trained.model, query, items)
    return Answered(served, query, serving.predicted(recipe, ranked, metadata))


OPERATIONS = {
    _NAME: operation(
        get_personalized_ranking,
        *("campaignArn", "userId", "inputList", "context", "filterArn", "filterValues", "metadataColumns"),
    ),
}
