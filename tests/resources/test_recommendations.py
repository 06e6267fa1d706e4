"""GetRecommendations of campaigns, through boto3: what it takes, and what it answers by the recipe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from support import RECIPE, Account, Deployment, account, deploy, refused, some_interactions

from simulator import Simulation, simulate

ARN = "arn:aws:personalize:us-east-1:123456789012:"


@pytest.fixture
def sim() -> Iterator[Simulation]:
    with simulate(start="2022-03-08T09:00:00Z", durations="instant") as running:
        yield running


@pytest.fixture
def here(sim: Simulation) -> Account:
    return account()


@pytest.fixture
def films(here: Account) -> Deployment:
    """An ACTIVE campaign of User-Personalization."""
    return deploy(here, here.personalize.list_schemas, some_interactions(2000, items=900))


def deployed(here: Account, films: Deployment, recipe: str) -> str:
    """An ACTIVE campaign of another recipe on the same data."""
    p = here.personalize
    solution = p.create_solution(
        name=recipe,
        datasetGroupArn=films.group,
        recipeArn=RECIPE.replace("aws-user-personalization", recipe),
        performAutoTraining=False,
    )["solutionArn"]
    p.list_schemas()
    version = p.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    p.list_schemas()
    arn: str = p.create_campaign(name=recipe, solutionVersionArn=version)["campaignArn"]
    return arn


def items(here: Account, campaign: str, **asked: Any) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = here.runtime.get_recommendations(campaignArn=campaign, **asked)["itemList"]
    return listed


@pytest.mark.rule("recommendations.one-target", "recommendations.of-what-is-active")
def test_the_target(here: Account, films: Deployment) -> None:
    """[err-006]"""
    recommender, other = f"{ARN}recommender/none", f"{ARN}campaign/none"
    for target in ({}, {"campaignArn": films.campaign, "recommenderArn": recommender}):
        with refused("InvalidInputException", "Exactly one of campaignArn and recommenderArn must be provided."):
            here.runtime.get_recommendations(userId="u1", **target)
    with refused("InvalidInputException", f"{other} does not exist or is not active yet."):
        items(here, other, userId="u1")
    with refused("InvalidInputException", f"{recommender} does not exist or is not active yet."):
        here.runtime.get_recommendations(recommenderArn=recommender, userId="u1")
    assert items(here, films.campaign, userId="u1")


@pytest.mark.rule("recommendations.user", "recommendations.item", "recommendations.inputs-without-use")
def test_inputs(here: Account, films: Deployment) -> None:
    """[resp-049]"""
    related, trending = deployed(here, films, "aws-sims"), deployed(here, films, "aws-trending-now")
    with refused("InvalidInputException", "A userId must be provided for recipe type USER_PERSONALIZATION."):
        items(here, films.campaign, itemId="i1")
    with refused("InvalidInputException", "An itemId must be provided for recipe type RELATED_ITEMS."):
        items(here, related, userId="u1")
    assert items(here, films.campaign, userId="u1", itemId="i1") == items(here, films.campaign, userId="u1")
    assert items(here, related, userId="u1", itemId="i1") == items(here, related, itemId="i1")
    assert items(here, related, itemId="i2") != items(here, related, itemId="i1")
    assert items(here, trending, userId="u1") == items(here, trending)


@pytest.mark.rule("recommendations.operation")
def test_rankings_are_asked_for_otherwise(here: Account, films: Deployment) -> None:
    with refused(
        "InvalidInputException",
        "Recommendations of the recipe type PERSONALIZED_RANKING are got with GetPersonalizedRanking.",
    ):
        items(here, deployed(here, films, "aws-personalized-ranking"), userId="u1")
    assert items(here, deployed(here, films, "aws-popularity-count"), userId="u1")


@pytest.mark.rule("recommendations.five-hundred")
def test_how_many(here: Account, films: Deployment) -> None:
    with refused("InvalidInputException", "numResults must be at most 500, not 501."):
        items(here, films.campaign, userId="u1", numResults=501)
    assert len(items(here, films.campaign, userId="u1")) == 25
    assert len(items(here, films.campaign, userId="u1", numResults=500)) == 500


@pytest.mark.rule("recommendations.scores", "recommendations.ids")
def test_answers(here: Account, films: Deployment) -> None:
    """[resp-013]"""
    for recipe, members in (
        ("aws-user-personalization-v2", {"itemId", "score"}),
        ("aws-popularity-count", {"itemId"}),
    ):
        campaign = deployed(here, films, recipe)
        assert {frozenset(item) for item in items(here, campaign, userId="u1")} == {frozenset(members)}
        answers = [here.runtime.get_recommendations(campaignArn=campaign, userId="u1") for _ in range(2)]
        ids = [answer["recommendationId"] for answer in answers]
        assert all(re.fullmatch(r"RID-[0-9a-f]{2}(-[0-9a-f]{4}){2}-[0-9a-f]{12}-CID-[0-9a-f]{6}", each) for each in ids)
        assert ids[0] != ids[1]
        assert ids[0][-6:] == ids[1][-6:]
