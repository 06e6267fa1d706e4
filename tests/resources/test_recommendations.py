"""GetRecommendations of campaigns, through boto3: what it takes, and what it answers by the recipe."""

from __future__ import annotations

import json
import re
from typing import Any

import pandas as pd
import pytest
from support import RECIPE, Account, Deployment, deploy, import_csv, refused, some_interactions

ARN = "arn:aws:personalize:us-east-1:123456789012:"


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


def test_answers(here: Account, films: Deployment) -> None:
    """[resp-013]"""
    for recipe, members in (
        ("aws-user-personalization-v2", {"itemId", "score"}),
        ("aws-popularity-count", {"itemId"}),
    ):
        campaign = deployed(here, films, recipe)
        # Where an item is there to be explored it has a reason as well.
        assert {frozenset(item) - {"reason"} for item in items(here, campaign, userId="u1")} == {frozenset(members)}
        answers = [here.runtime.get_recommendations(campaignArn=campaign, userId="u1") for _ in range(2)]
        ids = [answer["recommendationId"] for answer in answers]
        assert all(re.fullmatch(r"RID-[0-9a-f]{2}(-[0-9a-f]{4}){2}-[0-9a-f]{12}-CID-[0-9a-f]{6}", each) for each in ids)
        assert ids[0] != ids[1]
        assert ids[0][-6:] == ids[1][-6:]


def test_users(here: Account, films: Deployment) -> None:
    """[resp-040] [resp-041] [resp-051] [resp-052]"""
    popular = items(here, films.campaign, userId="madeup-user333")
    assert [item["itemId"] for item in popular[:3]] == ["i0", "i1", "i2"]
    assert popular == items(here, films.campaign, userId="another")
    scores = [item["score"] for item in popular]
    assert scores == sorted(scores, reverse=True)
    assert 0 < scores[0] < 0.1
    before, neighbour = items(here, films.campaign, userId="u1"), items(here, films.campaign, userId="u2")
    taken = some_interactions(2000, items=900).query("USER_ID == 'u1'").ITEM_ID
    assert {item["itemId"] for item in items(here, films.campaign, userId="u1", numResults=500)} >= {*taken.tail(1)}
    for user in ("u1", "madeup-user333"):
        here.events.put_events(
            trackingId=films.tracking_id,
            userId=user,
            sessionId="s",
            eventList=[{"eventType": "click", "itemId": "i5", "sentAt": 1_646_730_000}],
        )
        assert items(here, films.campaign, userId=user) not in (before, popular)
    assert items(here, films.campaign, userId="u2") == neighbour
    assert items(here, films.campaign, userId="another") == popular


def test_an_empty_id_is_none(here: Account, films: Deployment) -> None:
    with refused("InvalidInputException", "A userId must be provided for recipe type USER_PERSONALIZATION."):
        items(here, films.campaign, userId="")
    assert items(here, films.campaign, userId="u1", numResults=0) == []


def test_use_cases_leave_out_what_was_bought(here: Account) -> None:
    """[resp-027]"""
    p = here.personalize
    fields = [{"name": name, "type": "string"} for name in ("USER_ID", "ITEM_ID", "EVENT_TYPE")]
    record = {"type": "record", "name": "Interactions", "namespace": "n", "version": "1.0"}
    schema = json.dumps({**record, "fields": [*fields, {"name": "TIMESTAMP", "type": "long"}]})
    group = p.create_dataset_group(name="shop", domain="ECOMMERCE")["datasetGroupArn"]
    written = p.create_schema(name="shop", schema=schema, domain="ECOMMERCE")["schemaArn"]
    p.list_schemas()
    arn = p.create_dataset(name="shop", schemaArn=written, datasetGroupArn=group, datasetType="Interactions")
    p.list_schemas()
    viewed = some_interactions(1500, items=120).assign(EVENT_TYPE="View")
    bought = viewed.tail(150).assign(EVENT_TYPE="Purchase")
    rows = pd.concat([viewed, bought])
    import_csv(here, Deployment(group, written, arn["datasetArn"]), rows)
    tracking_id = p.create_event_tracker(name="shop", datasetGroupArn=group)["trackingId"]
    p.list_schemas()
    recipe = "arn:aws:personalize:::recipe/aws-ecomm-customers-who-viewed-x-also-viewed"
    recommender = p.create_recommender(name="viewed", datasetGroupArn=group, recipeArn=recipe)["recommenderArn"]
    p.list_schemas()

    def asked(user: str) -> list[str]:
        answer = here.runtime.get_recommendations(recommenderArn=recommender, userId=user, itemId="i1", numResults=500)
        assert {frozenset(item) for item in answer["itemList"]} == {frozenset({"itemId"})}
        return [item["itemId"] for item in answer["itemList"]]

    everything = asked("nobody")
    user = bought.USER_ID.iloc[0]
    mine = {*bought.ITEM_ID[bought.USER_ID.eq(user)]}
    assert asked(user) == [each for each in everything if each not in mine]
    more = next(each for each in everything if each not in mine)
    sent = {"eventType": "Purchase", "itemId": more, "sentAt": 1_646_730_000}
    here.events.put_events(trackingId=tracking_id, userId=user, sessionId="s", eventList=[sent])
    assert asked(user) == [each for each in everything if each not in {*mine, more}]
