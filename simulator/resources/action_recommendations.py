"""GetActionRecommendations: the actions that a user will most likely take.

Source: the guide, Next-Best-Action, Actions dataset and "Real-time action recommendations" (spec 04, section 1.1).
"""

from __future__ import annotations

import numpy as np

from simulator import errors
from simulator.clock import SECOND
from simulator.data.columns import Mask
from simulator.data.interactions import InteractionStore
from simulator.data.records import Records
from simulator.recommend.training import Model, recommend_actions
from simulator.resources import serving
from simulator.resources.action_data import last_met_by, met_by
from simulator.resources.applied_filters import items_of
from simulator.resources.datasets import dataset_of
from simulator.resources.lookup import Answer, Request
from simulator.resources.operations import operation
from simulator.resources.serving import Served
from simulator.resources.world import Scope

_NAME = "GetActionRecommendations"
_DEFAULT_RESULTS = 5
_DAY = 86_400

# The guide's table has the one spelling, the text below it the other.
_EXPIRATION = ("EXPIRATION_TIMESTAMP", "ACTION_EXPIRATION_TIMESTAMP")


def get_action_recommendations(scope: Scope, request: Request) -> Answer:
    """GetActionRecommendations, of a campaign alone."""
    if "campaignArn" not in request:
        raise errors.CAMPAIGN_WANTED()
    served = serving.campaign_of(scope, request["campaignArn"])
    serving.require_operation(served.recipe, _NAME)
    serving.require_inputs(served.recipe, request)
    num_results = request.get("numResults", _DEFAULT_RESULTS)
    limit = scope.world.quotas["results_of_get_action_recommendations"]
    if num_results > limit:
        raise errors.TOO_MANY_RESULTS(limit=limit, asked=num_results)
    trained = served.trained
    model = trained.model
    assert model is not None, "what is ACTIVE has a model"
    user_id = request["userId"]
    eligible = _offered(scope, served, model, user_id)
    if "filterArn" in request:
        eligible &= serving.passing(scope, served, request, request, items_of(model))
    met = met_by(scope, served.dataset_group_arn, user_id, trained.streamed_actions, trained.fully_actions)
    ranked = recommend_actions(model, serving.query_of(scope, served, request), met, num_results, eligible)
    return {
        "actionList": [{"actionId": action_id, "score": score} for action_id, score in ranked],
        "recommendationId": serving.recommendation_id(scope, served.arn, user_id),
    }


def _offered(scope: Scope, served: Served, model: Model, user_id: str) -> Mask:
    """The actions that have not expired, and that the user may be recommended again by now."""
    offered = np.ones(len(model.item_ids), dtype=bool)
    actions = dataset_of(scope, served.dataset_group_arn, "ACTIONS")
    if actions is None:
        return offered
    records = actions.store.current()
    now = scope.now // SECOND
    met = dataset_of(scope, served.dataset_group_arn, "ACTION_INTERACTIONS")
    for action_id in [*_expired(records, now), *_resting(records, None if met is None else met.store, user_id, now)]:
        if action_id in model.item_codes:
            offered[model.item_codes[action_id]] = False
    return offered


def _expired(records: Records, now: int) -> list[str]:
    found = []
    for name in _EXPIRATION:
        if name in records.columns:
            for action_id in records.ids():
                expiration = records.value(action_id, name)
                if expiration is not None and float(expiration) <= now:
                    found.append(action_id)
    return found


def _resting(records: Records, store: InteractionStore | None, user_id: str, now: int) -> list[str]:
    """The actions that a user interacted with less than their repeat frequency, in days, ago."""
    if store is None or "REPEAT_FREQUENCY" not in records.columns:
        return []
    found = []
    for action_id, seconds in last_met_by(store, user_id).items():
        days = records.value(action_id, "REPEAT_FREQUENCY")
        if days is not None and now < seconds + float(days) * _DAY:
            found.append(action_id)
    return found


OPERATIONS = {
    _NAME: operation(
        get_action_recommendations,
        *("campaignArn", "userId", "numResults", "filterArn", "filterValues"),
        note="actions without a propensity are last, at 0.0; none is explored ahead of others",
    ),
}
