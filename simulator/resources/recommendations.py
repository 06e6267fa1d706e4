"""GetRecommendations: what a campaign or a recommender answers."""

from __future__ import annotations

from simulator import errors
from simulator.data.event_filters import newest_items_of
from simulator.recommend.recipes import Recipe
from simulator.recommend.training import recommend
from simulator.resources.datasets import interactions_of
from simulator.resources.ids import chance_of, new_id
from simulator.resources.lookup import Answer, Request
from simulator.resources.operations import operation
from simulator.resources.training import Trained, session_of
from simulator.resources.world import ACTIVE, Scope

_DEFAULT_RESULTS = 25


def get_recommendations(scope: Scope, request: Request) -> Answer:
    """GetRecommendations; an input that the recipe has no use for is ignored (resp-049)."""
    arn, trained = _target(scope, request)
    recipe = trained.recipe
    _check_inputs(recipe, request)
    num_results = request.get("numResults", _DEFAULT_RESULTS)
    limit = scope.world.quotas["results_of_get_recommendations"]
    if num_results > limit:
        raise errors.TOO_MANY_RESULTS(limit=limit, asked=num_results)
    assert trained.model is not None, "what is ACTIVE has a model"
    user_id = request.get("userId", "")
    hidden = _hidden(scope, trained, user_id)
    ranked = recommend(
        trained.model,
        user_id=user_id,
        item_id=request.get("itemId", ""),
        session=session_of(scope, trained, user_id) if recipe.realtime_events else (),
        num_results=num_results,
        eligible=frozenset(trained.model.item_ids) - hidden if hidden else None,
    )
    shown = recipe.scores is not None
    return {
        "itemList": [{"itemId": item_id, "score": score if shown else None} for item_id, score in ranked],
        "recommendationId": _recommendation_id(scope, arn, user_id),
    }


def _target(scope: Scope, request: Request) -> tuple[str, Trained]:
    """What is asked, and what holds its model. Raises `NO_TARGET`, `NOT_THERE_OR_NOT_ACTIVE` (err-006)."""
    campaign_arn, recommender_arn = request.get("campaignArn"), request.get("recommenderArn")
    inventory = scope.inventory
    if recommender_arn is not None and campaign_arn is None:
        recommender = inventory.recommenders.get(recommender_arn)
        if recommender is None or recommender.status != ACTIVE:
            raise errors.NOT_THERE_OR_NOT_ACTIVE(arn=recommender_arn)
        return recommender_arn, recommender
    if campaign_arn is not None and recommender_arn is None:
        campaign = inventory.campaigns.get(campaign_arn)
        if campaign is None or campaign.status != ACTIVE:
            raise errors.NOT_THERE_OR_NOT_ACTIVE(arn=campaign_arn)
        return campaign_arn, inventory.solution_versions[campaign.solution_version_arn]
    raise errors.NO_TARGET()


def _check_inputs(recipe: Recipe, request: Request) -> None:
    if recipe.operation is not None and recipe.operation != "GetRecommendations":
        raise errors.ASKED_OTHERWISE(recipe_type=recipe.recipe_type, operation=recipe.operation)
    if "userId" in recipe.request_fields and request.get("userId") is None:
        raise errors.USER_ID_WANTED(recipe_type=recipe.recipe_type)
    if "itemId" in recipe.request_fields and request.get("itemId") is None:
        raise errors.ITEM_ID_WANTED_BY_TYPE(recipe_type=recipe.recipe_type)


def _hidden(scope: Scope, trained: Trained, user_id: str) -> frozenset[str]:
    """The items that a use case leaves out for a user: those of the user's purchases or watched videos.

    Source: the guide, the domain use cases (spec 04, section 2).
    """
    event_type = trained.recipe.hides
    interactions = interactions_of(scope, trained.dataset_group_arn)
    if event_type is None or interactions is None:
        return frozenset()
    limit = scope.world.quotas["interactions_of_a_filter"]
    return newest_items_of(interactions.store, user_id, event_type, limit)


def _recommendation_id(scope: Scope, arn: str, user_id: str) -> str:
    """The form seen since 2024, with a last part that is constant for a campaign or recommender (resp-013)."""
    digits = new_id(scope.world, "recommendation", arn, user_id)
    asked = f"{chance_of(scope.world, 'recommendations', arn):016x}"[:6]
    return f"RID-{digits[:2]}-{digits[2:6]}-{digits[6:10]}-{digits[10:22]}-CID-{asked}"


OPERATIONS = {
    "GetRecommendations": operation(
        get_recommendations, "campaignArn", "recommenderArn", "userId", "itemId", "numResults"
    ),
}
