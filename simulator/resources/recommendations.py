"""GetRecommendations: what a campaign or a recommender answers."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace
from typing import Any

import numpy as np

from simulator import errors
from simulator.data.user_events import events_of
from simulator.filters.evaluating import Event, Mask, subjects_of
from simulator.recommend.training import Model, Query, recommend
from simulator.resources import serving
from simulator.resources.applied_filters import items_of, sight_of
from simulator.resources.datasets import interactions_of
from simulator.resources.ids import chance_of
from simulator.resources.impressions import remember
from simulator.resources.lookup import Answer, Request
from simulator.resources.operations import members, operation
from simulator.resources.serving import Answered, Served
from simulator.resources.training import Trained
from simulator.resources.world import Scope

_NAME = "GetRecommendations"
_DEFAULT_RESULTS = 25


def get_recommendations(scope: Scope, request: Request) -> Answer:
    """GetRecommendations; an input that the recipe has no use for is ignored (resp-049)."""
    found = answered(scope, request)
    recommendation_id = serving.recommendation_id(scope, found.served.arn, found.query.user_id)
    remember(scope, recommendation_id, [item["itemId"] for item in found.items])
    return {"itemList": found.items, "recommendationId": recommendation_id}


def answered(scope: Scope, request: Request) -> Answered:
    """What a request for recommendations is answered; nothing changes."""
    served = _served(scope, request)
    recipe, trained = served.recipe, served.trained
    serving.require_operation(recipe, _NAME)
    serving.require_inputs(recipe, request)
    num_results = request.get("numResults", _DEFAULT_RESULTS)
    limit = scope.world.quotas["results_of_get_recommendations"]
    if num_results > limit:
        raise errors.TOO_MANY_RESULTS(limit=limit, asked=num_results)
    metadata = serving.metadata_of(scope, served, request, "numResults", num_results)
    promotion = next(iter(request.get("promotions", ())), None)
    if promotion is not None:
        _check_promotion(promotion)
    model = trained.model
    assert model is not None, "what is ACTIVE has a model"
    visible = _visible(scope, trained, model, request.get("userId", ""))
    eligible = _eligible(scope, served, request, request, model, visible)
    promoted = None if promotion is None else _eligible(scope, served, request, promotion, model, visible)
    query = serving.query_of(scope, served, request)
    if promotion is None:
        items = serving.predicted(recipe, recommend(model, query, num_results, eligible), metadata)
    else:
        items = _with_promotion(scope, served, model, query, num_results, eligible, promotion, promoted, metadata)
    if recipe.gives_reasons and query.exploration is not None:
        relevant = recommend(model, replace(query, exploration=None), num_results, eligible)
        _give_reason(items, {item_id for item_id, _ in relevant})
    return Answered(served, query, items, visible, eligible)


def _give_reason(items: list[dict[str, Any]], relevant: Set[str]) -> None:
    """Says of the items that are there to explore them, and not for their relevance or a promotion, that they are."""
    for item in items:
        if item["itemId"] not in relevant and "promotionName" not in item:
            item["reason"] = ["Exploration"]


def _served(scope: Scope, request: Request) -> Served:
    """What is asked. Raises `NO_TARGET`, `NOT_THERE_OR_NOT_ACTIVE` (err-006)."""
    campaign_arn, recommender_arn = request.get("campaignArn"), request.get("recommenderArn")
    if recommender_arn is not None and campaign_arn is None:
        return serving.recommender_of(scope, recommender_arn)
    if campaign_arn is not None and recommender_arn is None:
        return serving.campaign_of(scope, campaign_arn)
    raise errors.NO_TARGET()


def _check_promotion(promotion: Mapping[str, Any]) -> None:
    """Raises `PROMOTION_INCOMPLETE`: the model requires none of these."""
    for member in ("name", "filterArn", "percentPromotedItems"):
        if promotion.get(member) is None:
            raise errors.PROMOTION_INCOMPLETE(member=member)


def _eligible(
    scope: Scope, served: Served, request: Request, asked: Mapping[str, Any], model: Model, visible: Mask | None
) -> Mask | None:
    """The items that the filter of a request or a promotion leaves of the visible ones; None if those are all."""
    if "filterArn" not in asked:
        return visible
    passes = serving.passing(scope, served, request, asked, items_of(model))
    return passes if visible is None else passes & visible


def _visible(scope: Scope, trained: Trained, model: Model, user_id: str) -> Mask | None:
    """All items but those that a use case leaves out for a user: the user's purchases or watched videos.

    None if those are all.
    Source: the guide, the domain use cases (spec 04, section 2).
    """
    event_type = trained.recipe.hides
    interactions = interactions_of(scope, trained.dataset_group_arn)
    if event_type is None or interactions is None or not user_id:
        return None
    limit = scope.world.quotas["interactions_of_a_filter"]
    events = [Event(*each) for each in events_of(interactions.store, user_id, sight_of(scope))]
    hidden = [model.item_codes[each] for each in subjects_of([event_type], events, limit) if each in model.item_codes]
    if not hidden:
        return None
    visible = np.ones(len(model.item_ids), dtype=bool)
    visible[hidden] = False
    return visible


def _with_promotion(
    scope: Scope,
    served: Served,
    model: Model,
    query: Query,
    num_results: int,
    eligible: Mask | None,
    promotion: Mapping[str, Any],
    promoted: Mask | None,
    metadata: serving.Metadata | None,
) -> list[dict[str, Any]]:
    """A list of which a percentage are the best promoted items, at places that look like chance.

    Among themselves promoted items stand in the order of the recipe, and so do the others; where too few items are
    promoted, others fill the list. Scores sum to one over all that could be in the list.

    Source: the guide, "Promoting items in recommendations".
    """
    everything = np.ones(len(model.item_ids), dtype=bool)
    eligible = everything if eligible is None else eligible
    promoted = everything if promoted is None else promoted
    competing = eligible | promoted
    wanted = -(-num_results * promotion["percentPromotedItems"] // 100)
    chosen = recommend(model, query, wanted, promoted, competing)
    rest = eligible.copy()
    rest[[model.item_codes[item_id] for item_id, _ in chosen]] = False
    others = recommend(model, query, num_results - len(chosen), rest, competing)
    length = len(chosen) + len(others)

    def drawn(place: int) -> int:
        return chance_of(scope.world, "promotion", served.arn, query.user_id, promotion["name"], str(place))

    places = {*sorted(range(length), key=drawn)[: len(chosen)]}
    shown_promoted = iter(serving.predicted(served.recipe, chosen, metadata, promotion["name"]))
    shown_others = iter(serving.predicted(served.recipe, others, metadata))
    return [next(shown_promoted if place in places else shown_others) for place in range(length)]


OPERATIONS = {
    _NAME: operation(
        get_recommendations,
        *("campaignArn", "recommenderArn", "userId", "itemId", "numResults", "context"),
        *("filterArn", "filterValues", "metadataColumns"),
        promotions=members("name", "percentPromotedItems", "filterArn", "filterValues"),
        note="the reason Popular item is not given",
    ),
}
