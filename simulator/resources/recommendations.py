"""GetRecommendations: what a campaign answers."""

from __future__ import annotations

from simulator import errors
from simulator.recommend.catalogue import RECIPES
from simulator.recommend.user_personalization import recommend
from simulator.resources.datasets import interactions_of
from simulator.resources.ids import chance_of, new_id
from simulator.resources.lookup import Answer, Request
from simulator.resources.operations import operation
from simulator.resources.world import ACTIVE, Scope

_DEFAULT_RESULTS = 25


def get_recommendations(scope: Scope, request: Request) -> Answer:
    """GetRecommendations, for a user; an `itemId` is ignored, as this recipe type does (resp-049)."""
    arn = request.get("campaignArn")
    if arn is None:
        raise errors.NO_TARGET()
    campaign = scope.inventory.campaigns.get(arn)
    if campaign is None or campaign.status != ACTIVE:
        raise errors.NOT_THERE_OR_NOT_ACTIVE(arn=arn)
    version = scope.inventory.solution_versions[campaign.solution_version_arn]
    assert version.model is not None, "a campaign is of an ACTIVE version"
    recipe = RECIPES[version.recipe_arn]
    user_id = request.get("userId")
    if user_id is None:
        raise errors.USER_ID_WANTED(recipe_type=recipe.recipe_type)
    num_results = request.get("numResults", _DEFAULT_RESULTS)
    limit = scope.world.quotas["results_of_get_recommendations"]
    if num_results > limit:
        raise errors.TOO_MANY_RESULTS(limit=limit, asked=num_results)
    interactions = interactions_of(scope, campaign.dataset_group_arn)
    session = [] if interactions is None else interactions.store.streamed(user_id, version.streamed)
    ranked = recommend(
        version.model,
        user_id,
        [event.item_id for event in session],
        num_results,
    )
    return {
        "itemList": [{"itemId": item_id, "score": score} for item_id, score in ranked],
        "recommendationId": _recommendation_id(scope, campaign.arn, user_id),
    }


def _recommendation_id(scope: Scope, campaign_arn: str, user_id: str) -> str:
    """The form seen since 2024, with a last part that is constant for a campaign (resp-013)."""
    digits = new_id(scope.world, "recommendation", campaign_arn, user_id)
    campaign = f"{chance_of(scope.world, 'recommendations', campaign_arn):016x}"[:6]
    return f"RID-{digits[:2]}-{digits[2:6]}-{digits[6:10]}-{digits[10:22]}-CID-{campaign}"


OPERATIONS = {
    "GetRecommendations": operation(get_recommendations, "campaignArn", "userId", "itemId", "numResults"),
}
