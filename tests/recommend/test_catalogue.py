"""The recipe catalogue."""

from __future__ import annotations

import numpy as np
import pytest
from frames import events
from hypothesis import given
from hypothesis import strategies as st

from simulator.clock import HOUR
from simulator.data.interactions import InteractionTable
from simulator.quotas import QUOTAS, Quotas
from simulator.recommend.catalogue import FEATURE_TRANSFORMATIONS, RECIPES, Hyperparameter, Recipe, recipe_of
from simulator.recommend.recipes import number

USER_PERSONALIZATION = "arn:aws:personalize:::recipe/aws-user-personalization"

# Spec 04, sections 1 and 2: recipe type, required datasets, runtime operation, required request fields, real-time
# events, automatic updates, model.
CUSTOM = {
    "user-personalization-v2": ("USER_PERSONALIZATION", "INTERACTIONS", "GetRecommendations", "userId", True, True),
    "user-personalization": ("USER_PERSONALIZATION", "INTERACTIONS", "GetRecommendations", "userId", True, True),
    "popularity-count": ("USER_PERSONALIZATION", "INTERACTIONS", "GetRecommendations", "userId", False, False),
    "trending-now": ("POPULAR_ITEMS", "INTERACTIONS", "GetRecommendations", "", False, True),
    "personalized-ranking-v2": (
        *("PERSONALIZED_RANKING", "INTERACTIONS", "GetPersonalizedRanking", "userId inputList", True, False),
    ),
    "personalized-ranking": (
        *("PERSONALIZED_RANKING", "INTERACTIONS", "GetPersonalizedRanking", "userId inputList", True, False),
    ),
    "similar-items": ("RELATED_ITEMS", "INTERACTIONS", "GetRecommendations", "itemId", False, False),
    "sims": ("RELATED_ITEMS", "INTERACTIONS", "GetRecommendations", "itemId", False, False),
    "semantic-similarity": ("RELATED_ITEMS", "ITEMS", "GetRecommendations", "itemId", False, False),
    "next-best-action": (
        *("PERSONALIZED_ACTIONS", "ACTIONS INTERACTIONS", "GetActionRecommendations", "userId", True, True),
    ),
    "item-affinity": ("USER_SEGMENTATION", "INTERACTIONS", None, "", False, False),
    "item-attribute-affinity": ("USER_SEGMENTATION", "INTERACTIONS ITEMS", None, "", False, False),
    "hrnn": ("USER_PERSONALIZATION", "INTERACTIONS", "GetRecommendations", "userId", True, False),
    "hrnn-metadata": ("USER_PERSONALIZATION", "INTERACTIONS", "GetRecommendations", "userId", True, False),
    "hrnn-coldstart": ("USER_PERSONALIZATION", "INTERACTIONS ITEMS", "GetRecommendations", "userId", True, False),
}
# Domain, request fields, required datasets, event minimum, what is hidden.
USE_CASES = {
    "ecomm-popular-items-by-views": ("ECOMMERCE", "userId", "INTERACTIONS", "View", None),
    "ecomm-popular-items-by-purchases": ("ECOMMERCE", "userId", "INTERACTIONS", "Purchase", None),
    "ecomm-frequently-bought-together": ("ECOMMERCE", "itemId", "INTERACTIONS", "Purchase", None),
    "ecomm-customers-who-viewed-x-also-viewed": ("ECOMMERCE", "userId itemId", "INTERACTIONS", "View", "Purchase"),
    "ecomm-recommended-for-you": ("ECOMMERCE", "userId", "INTERACTIONS", None, "Purchase"),
    "vod-because-you-watched-x": ("VIDEO_ON_DEMAND", "userId itemId", "INTERACTIONS", "Watch", "Watch"),
    "vod-more-like-x": ("VIDEO_ON_DEMAND", "userId itemId", "INTERACTIONS ITEMS", None, "Watch"),
    "vod-most-popular": ("VIDEO_ON_DEMAND", "userId", "INTERACTIONS", "Watch", None),
    "vod-trending-now": ("VIDEO_ON_DEMAND", "", "INTERACTIONS", None, None),
    "vod-top-picks": ("VIDEO_ON_DEMAND", "userId", "INTERACTIONS ITEMS", None, "Watch"),
}
BY_NAME = {recipe.name: recipe for recipe in RECIPES.values()}


def recipe(name: str) -> Recipe:
    return BY_NAME[f"aws-{name}"]


def those(member: str) -> set[str]:
    """The names of the recipes of which a member is true."""
    return {each.name.removeprefix("aws-") for each in RECIPES.values() if getattr(each, member)}


def test_the_catalogue_is_whole() -> None:
    assert BY_NAME.keys() == {f"aws-{name}" for name in (*CUSTOM, *USE_CASES)}
    assert list(BY_NAME) == sorted(BY_NAME)
    assert all(arn == each.arn and recipe_of(arn) is each for arn, each in RECIPES.items())
    assert recipe_of("arn:aws:personalize:::recipe/aws-unknown") is None


@pytest.mark.parametrize("name", CUSTOM)
def test_custom_recipes_are_as_the_guide_describes_them(name: str) -> None:
    found = recipe(name)
    recipe_type, required, operation, fields, realtime, automatic = CUSTOM[name]
    assert found.recipe_type == recipe_type
    assert " ".join(found.required_datasets) == required
    assert found.operation == operation
    assert " ".join(found.request_fields) == fields
    assert found.realtime_events == realtime
    assert found.automatic_update == (2 * HOUR if automatic else None)
    assert found.domain is None
    assert found.campaigns == (operation is not None)


@pytest.mark.parametrize("name", USE_CASES)
def test_use_cases_are_as_the_guide_describes_them(name: str) -> None:
    found = recipe(name)
    assert (
        found.domain,
        " ".join(found.request_fields),
        " ".join(found.required_datasets),
        found.event_type,
        found.hides,
    ) == USE_CASES[name]
    assert (found.campaigns, found.operation) == (False, "GetRecommendations")


def test_what_some_recipes_have() -> None:
    assert those("legacy") == {"hrnn", "hrnn-metadata", "hrnn-coldstart"}
    assert those("campaign_hyperparameters") == {"user-personalization", "ecomm-recommended-for-you", "vod-top-picks"}
    assert those("explores") == {*those("campaign_hyperparameters"), "user-personalization-v2"}
    assert those("objective") == {"user-personalization", "personalized-ranking"}
    assert those("weighs_events") == {"user-personalization-v2", "personalized-ranking-v2"}
    assert those("incremental_update") == those("ranking_influence") == {"semantic-similarity"}
    assert those("batch_segments") == {"item-affinity", "item-attribute-affinity"}
    assert those("themes") == {"similar-items"}
    assert those("batch_inference") == CUSTOM.keys() - those("batch_segments") - {"trending-now", "next-best-action"}
    assert {each.name for each in RECIPES.values() if "UPDATE" in each.training_modes} == {
        *("aws-user-personalization", "aws-hrnn-coldstart"),
    }
    assert those("tunable") == {
        *("user-personalization", "personalized-ranking", "similar-items", "sims"),
        *those("legacy"),
    }
    assert those("automatic_update") == {
        *("user-personalization", "user-personalization-v2", "next-best-action", "trending-now"),
        *("ecomm-recommended-for-you", "vod-top-picks", "vod-trending-now"),
    }


def test_algorithms_are_named_like_their_recipes_but_one() -> None:
    others = {each.name: each.algorithm_name for each in RECIPES.values() if each.algorithm_name != each.name}
    assert others == {"aws-trending-now": "aws-trending-now-custom"}
    assert recipe("sims").algorithm_arn == "arn:aws:personalize:::algorithm/aws-sims"


def test_feature_transformations_have_one_default_each() -> None:
    assert {arn.rpartition("/")[2] for arn in FEATURE_TRANSFORMATIONS} == {
        *("JSON-percentile-filtering", "sims", "featurize_metadata", "featurize_coldstart"),
        *("item-affinity", "item-attribute-affinity", "aws-semantic-similarity"),
    }
    for each in RECIPES.values():
        if each.feature_transformation_arn is not None:
            defaults = FEATURE_TRANSFORMATIONS[each.feature_transformation_arn]
            assert {one.name: one.default for one in each.featurization_hyperparameters}.items() <= defaults.items()


def test_every_default_is_a_value_and_every_quota_one_that_exists() -> None:
    for each in RECIPES.values():
        for one in (
            *each.algorithm_hyperparameters,
            *each.featurization_hyperparameters,
            *each.campaign_hyperparameters,
        ):
            assert one.takes(one.default), (each.name, one)
        assert set(each.considered.values()) <= QUOTAS.keys()


@pytest.mark.parametrize(
    ("text", "value", "whole"),
    [
        *(("3", 3.0, 3.0), ("-0", 0.0, 0.0), ("+7", 7.0, 7.0), ("0.5", 0.5, None), (".5", 0.5, None)),
        *(("5.", 5.0, None), ("1e3", 1000.0, None), ("1e999", None, None), ("9" * 400, None, None)),
        *((text, None, None) for text in ("", " 1", "1 ", "1_0", "nan", "inf", "0x10", "٣", "1,5", "x", "1\n")),
    ],
)
def test_numbers_in_texts(text: str, value: float | None, whole: float | None) -> None:
    assert number(text) == value
    assert number(text, whole=True) == whole


@given(st.text() | st.floats().map(str) | st.integers().map(str))
def test_what_is_a_number_is_one_to_python(text: str) -> None:
    value = number(text)
    assert value is None or value == float(text)


def test_what_hyperparameters_take() -> None:
    whole = Hyperparameter("h", "2", 2, 4, whole=True)
    assert [whole.takes(text) for text in ("1", "2", "4", "5", "3.0", "x")] == [False, True, True, False, False, False]
    positive = Hyperparameter("h", "1", 0.0, excluded=True)
    assert [positive.takes(text) for text in ("0", "-1", "0.01", "1e9")] == [False, False, True, True]
    either = Hyperparameter("h", "True", choices=("True", "False"))
    assert [either.takes(value) for value in ("true", "FALSE", "yes", 1)] == [True, True, False, False]
    kinds = (whole.kind, positive.kind, either.kind)
    assert kinds == ("integer", "continuous", "categorical")
    assert whole.values == "a whole number from 2 to 4"
    assert positive.values == "a number above 0"
    assert either.values == "one of True, False"


def grid(users: int, each: int) -> InteractionTable:
    return events([(f"u{user}", f"i{place}", place) for user in range(users) for place in range(each)])


@pytest.mark.rule("recipes.enough-interactions", "recipes.enough-users")
@pytest.mark.parametrize(
    ("users", "each", "reason"),
    [
        (100, 10, None),
        (25, 40, None),
        (111, 9, "Dataset has fewer than 1000 interactions."),
        (24, 50, "Dataset has fewer than 25 users with at least 2 interactions each."),
        (1200, 1, "Dataset has fewer than 25 users with at least 2 interactions each."),
    ],
    ids=["enough", "just enough", "few interactions", "few users", "no pairs [fail-002]"],
)
def test_too_little_data_has_a_reason(users: int, each: int, reason: str | None) -> None:
    assert recipe("user-personalization").too_little(grid(users, each)) == reason


@pytest.mark.rule("recipes.enough-interactions-of-a-type")
def test_too_little_of_a_type() -> None:
    """[fail-004]"""
    assert recipe("sims").too_little(grid(111, 9), Quotas(), "OfferConverted") == (
        "Dataset has fewer than 1000 interactions after filtering by event type: OfferConverted"
    )
    assert recipe("sims").too_little(grid(100, 10), Quotas(), "OfferConverted") is None


@pytest.mark.rule("recipes.enough-of-the-users")
@pytest.mark.parametrize(("single", "enough"), [(2475, True), (2476, False)])
def test_one_percent_of_the_users_have_two_interactions(single: int, enough: bool) -> None:
    """25 users with two, and others with one; ids without a row are nobody."""
    users = np.concatenate([np.repeat(np.arange(25), 2), np.arange(25, 25 + single)]).astype(np.int32)
    ids = tuple(f"u{number}" for number in range(9000))
    table = InteractionTable(users, np.zeros_like(users), np.arange(len(users)), ids, ("i",))
    reason = "Dataset has fewer than 1 percent of users with at least 2 interactions each."
    assert recipe("sims").too_little(table) == (None if enough else reason)


def test_quotas_decide() -> None:
    quotas = Quotas({"interactions_of_a_training": 10, "paired_users_of_a_training": 3})
    assert recipe("sims").too_little(grid(3, 4), quotas) is None
    assert recipe("sims").too_little(grid(3, 3), quotas) == "Dataset has fewer than 10 interactions."
    assert recipe("sims").too_little(grid(2, 5), quotas) == (
        "Dataset has fewer than 3 users with at least 2 interactions each."
    )


@pytest.mark.rule("recipes.no-interactions-needed")
def test_some_need_no_interactions() -> None:
    assert recipe("semantic-similarity").too_little(grid(0, 0)) is None


def test_user_personalization_keeps_its_arn() -> None:
    assert recipe_of(USER_PERSONALIZATION) is recipe("user-personalization")
