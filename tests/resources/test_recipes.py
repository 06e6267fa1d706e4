"""ListRecipes, and the descriptions of recipes, algorithms and feature transformations, through boto3."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import REGION, refused

from simulator import simulate

ARN = "arn:aws:personalize:::"

# resp-010: custom recipes of July 2024, with their creation dates.
CUSTOM = {
    "aws-item-affinity": "2021-07-15",
    "aws-item-attribute-affinity": "2021-08-25",
    "aws-next-best-action": "2023-08-11",
    "aws-personalized-ranking": "2019-06-10",
    "aws-personalized-ranking-v2": "2024-01-01",
    "aws-popularity-count": "2019-06-10",
    "aws-similar-items": "2019-06-10",
    "aws-sims": "2019-06-10",
    "aws-trending-now": "2022-10-01",
    "aws-user-personalization": "2019-06-10",
    "aws-user-personalization-v2": "2024-01-01",
}
SINCE = {"aws-semantic-similarity"}  # newer than the recordings
DOMAINS = {
    "ECOMMERCE": [  # resp-012
        "aws-ecomm-customers-who-viewed-x-also-viewed",
        "aws-ecomm-frequently-bought-together",
        "aws-ecomm-popular-items-by-purchases",
        "aws-ecomm-popular-items-by-views",
        "aws-ecomm-recommended-for-you",
    ],
    "VIDEO_ON_DEMAND": [  # resp-011
        "aws-vod-because-you-watched-x",
        "aws-vod-more-like-x",
        "aws-vod-most-popular",
        "aws-vod-top-picks",
        "aws-vod-trending-now",
    ],
}
LISTED = [*DOMAINS["ECOMMERCE"], *sorted({*CUSTOM, *SINCE}), *DOMAINS["VIDEO_ON_DEMAND"]]


@pytest.fixture(scope="module")
def personalize() -> Iterator[Any]:
    with simulate(start="2026-01-01T00:00:00Z"):
        yield boto3.client("personalize", region_name=REGION)


def listed(personalize: Any, **request: Any) -> list[list[dict[str, Any]]]:
    """All pages of a list."""
    return [page["recipes"] for page in personalize.get_paginator("list_recipes").paginate(**request)]


def test_the_first_page_is_as_recorded(personalize: Any) -> None:
    """[resp-055]"""
    answer = personalize.list_recipes()
    recorded = [*DOMAINS["ECOMMERCE"], *(name for name in CUSTOM if name < "aws-sims")]
    assert len(recorded) == len(answer["recipes"]) == 12
    assert [each["name"] for each in answer["recipes"]] == [each for each in LISTED if each in {*recorded, *SINCE}][:12]
    assert answer["nextToken"].isascii()
    assert answer["recipes"][0] == {
        "name": "aws-ecomm-customers-who-viewed-x-also-viewed",
        "recipeArn": f"{ARN}recipe/aws-ecomm-customers-who-viewed-x-also-viewed",
        "status": "ACTIVE",
        "creationDateTime": datetime(2019, 6, 10, tzinfo=UTC),
        "lastUpdatedDateTime": datetime(2024, 6, 19, 15, 19, 55, 369000, tzinfo=UTC),
        "domain": "ECOMMERCE",
    }


def test_custom_recipes_are_as_recorded(personalize: Any) -> None:
    """[resp-010]"""
    pages = listed(personalize)
    assert [len(page) for page in pages] == [12, 10]
    assert [each["name"] for page in pages for each in page] == LISTED
    custom = [each for page in pages for each in page if "domain" not in each and each["name"] not in SINCE]
    assert {each["name"]: each["creationDateTime"].date().isoformat() for each in custom} == CUSTOM
    assert all(
        each.keys() == {"name", "recipeArn", "status", "creationDateTime", "lastUpdatedDateTime"} for each in custom
    )
    assert all(each["status"] == "ACTIVE" for each in custom)


@pytest.mark.parametrize(
    ("domain", "lengths"), [("VIDEO_ON_DEMAND", [0, 5]), ("ECOMMERCE", [5, 0])], ids=["[resp-011]", "[resp-012]"]
)
def test_a_domain_is_filtered_for_after_paging(personalize: Any, domain: str, lengths: list[int]) -> None:
    pages = listed(personalize, domain=domain)
    assert [len(page) for page in pages] == lengths
    assert [each["name"] for page in pages for each in page] == DOMAINS[domain]
    assert all(each["domain"] == domain for page in pages for each in page)
    assert "nextToken" in personalize.list_recipes(domain=domain)


@given(size=st.integers(1, 100), domain=st.sampled_from([None, *DOMAINS]))
def test_pages_of_any_size_make_the_list(personalize: Any, size: int, domain: str | None) -> None:
    wanted = LISTED if domain is None else DOMAINS[domain]
    request: dict[str, Any] = {"maxResults": size} if domain is None else {"maxResults": size, "domain": domain}
    names: list[str] = []
    pages = 0
    while True:
        answer = personalize.list_recipes(recipeProvider="SERVICE", **request)
        names += [each["name"] for each in answer["recipes"]]
        pages += 1
        if "nextToken" not in answer:
            break
        request["nextToken"] = answer["nextToken"]
    assert names == wanted
    assert pages == -(-len(LISTED) // size)


def token(*place: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def test_a_token_of_another_list(personalize: Any) -> None:
    given_for_all = personalize.list_recipes()["nextToken"]
    assert personalize.list_recipes(nextToken=given_for_all)["recipes"]
    wrong = ["x", "", token(), token("recipes", None, 1), token("schemas", None, "a"), token("recipes", None)]
    for domain, given_token in [("ECOMMERCE", given_for_all), *(("ECOMMERCE", each) for each in wrong)]:
        with refused("InvalidNextTokenException", "The provided nextToken is not valid."):
            personalize.list_recipes(domain=domain, nextToken=given_token)


@pytest.mark.parametrize("region", ["eu-west-1", "cn-north-1"])
def test_a_recipe_is_described_alike_everywhere(personalize: Any, region: str) -> None:
    answer = boto3.client("personalize", region_name=region).describe_recipe(recipeArn=f"{ARN}recipe/aws-sims")
    recipe = answer["recipe"]
    assert recipe.pop("description")
    assert recipe == {
        "name": "aws-sims",
        "recipeArn": f"{ARN}recipe/aws-sims",
        "algorithmArn": f"{ARN}algorithm/aws-sims",
        "featureTransformationArn": f"{ARN}feature-transformation/sims",
        "status": "ACTIVE",
        "creationDateTime": datetime(2019, 6, 10, tzinfo=UTC),
        "lastUpdatedDateTime": datetime(2019, 6, 10, tzinfo=UTC),
        "recipeType": "RELATED_ITEMS",
    }


def test_all_that_is_listed_is_described_and_leads_to_its_algorithm(personalize: Any) -> None:
    for page in listed(personalize):
        for each in page:
            recipe = personalize.describe_recipe(recipeArn=each["recipeArn"])["recipe"]
            assert {key: recipe[key] for key in each if key != "domain"} == {
                key: each[key] for key in each if key != "domain"
            }
            algorithm = personalize.describe_algorithm(algorithmArn=recipe["algorithmArn"])["algorithm"]
            assert algorithm["algorithmArn"] == recipe["algorithmArn"]
            if "featureTransformationArn" in recipe:
                arn = recipe["featureTransformationArn"]
                found = personalize.describe_feature_transformation(featureTransformationArn=arn)
                assert found["featureTransformation"]["featureTransformationArn"] == arn
