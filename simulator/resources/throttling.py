"""Throttling: how many calls a second the service answers, in virtual time; off unless the simulation asks for it.

A second is a whole one of virtual time. Where time stands still, the calls of one second come to their limit and
stay there until time moves.

Source: the guide's quotas page (spec 07, section 2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple

from simulator import errors
from simulator.arns import Home
from simulator.clock import SECOND
from simulator.resources.lookup import Request
from simulator.resources.world import Scope

# The quota of each operation that a dataset group takes data by.
_PUTS: Mapping[str, str] = MappingProxyType(
    {
        "PutEvents": "put_events_per_second",
        "PutItems": "put_items_per_second",
        "PutUsers": "put_users_per_second",
        "PutActions": "put_actions_per_second",
        "PutActionInteractions": "put_action_interactions_per_second",
    }
)

# The quota of each operation that a campaign or recommender is asked by.
_GETS: Mapping[str, str] = MappingProxyType(
    {
        "GetRecommendations": "get_recommendations_per_second",
        "GetPersonalizedRanking": "get_personalized_ranking_per_second",
        "GetActionRecommendations": "get_action_recommendations_per_second",
    }
)
_ALL_GETS = "recommendation_requests_per_second"


class RateKey(NamedTuple):
    """What is limited: a quota, in an account and region, and of one resource (an ARN) or of all (empty)."""

    home: Home
    quota: str
    arn: str


class Rate(NamedTuple):
    """How many calls were let through in a second, which is counted since 1970."""

    second: int
    calls: int


def throttle(scope: Scope, operation: str, request: Request) -> None:
    """Counts a call that names what is there; raises `RATE_EXCEEDED` if a limit is reached, and counts nothing."""
    if not scope.world.throttling:
        return
    second = scope.now // SECOND
    rates = scope.world.rates
    counted: dict[RateKey, Rate] = {}
    for key in _limited(scope, operation, request):
        rate = rates.get(key)
        calls = rate.calls if rate is not None and rate.second == second else 0
        if calls >= scope.world.quotas[key.quota]:
            raise errors.RATE_EXCEEDED()
        counted[key] = Rate(second, calls + 1)
    rates.update(counted)


def _limited(scope: Scope, operation: str, request: Request) -> Iterator[RateKey]:
    """The limits that a call falls under; a resource that is not there has none."""
    if operation in _PUTS:
        group = _dataset_group(scope, request)
        if group is not None:
            yield RateKey(scope.home, _PUTS[operation], group)
    elif operation in _GETS:
        arn = request.get("campaignArn", request.get("recommenderArn"))
        if arn in scope.inventory.campaigns or arn in scope.inventory.recommenders:
            yield RateKey(scope.home, _GETS[operation], arn)
        yield RateKey(scope.home, _ALL_GETS, "")


def _dataset_group(scope: Scope, request: Request) -> str | None:
    """The group that data is put into, by the dataset or the tracking id that the call names."""
    datasets = scope.inventory.datasets
    if "datasetArn" in request:
        dataset = datasets.get(request["datasetArn"])
        return None if dataset is None else dataset.dataset_group_arn
    tracking_id = request["trackingId"]
    groups = chain(
        (each.dataset_group_arn for each in scope.inventory.event_trackers.values() if each.tracking_id == tracking_id),
        (each.dataset_group_arn for each in datasets.values() if each.tracking_id == tracking_id),
    )
    return next(groups, None)
