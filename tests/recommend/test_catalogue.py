"""The recipe catalogue."""

from __future__ import annotations

import pytest
from frames import events

from simulator.clock import HOUR
from simulator.recommend.catalogue import RECIPES, recipe_of

USER_PERSONALIZATION = "arn:aws:personalize:::recipe/aws-user-personalization"


def test_user_personalization_is_as_the_guide_describes_it() -> None:
    recipe = recipe_of(USER_PERSONALIZATION)
    assert recipe is not None
    assert recipe.algorithm_arn == "arn:aws:personalize:::algorithm/aws-user-personalization"
    assert recipe.recipe_type == "USER_PERSONALIZATION"
    assert recipe.domain is None
    assert recipe.automatic_update == 2 * HOUR
    assert recipe.realtime_events


def test_an_unknown_arn_has_no_recipe() -> None:
    assert recipe_of("arn:aws:personalize:::recipe/aws-unknown") is None
    assert all(arn == recipe.arn for arn, recipe in RECIPES.items())


@pytest.mark.parametrize(
    ("users", "each", "reason"),
    [
        (100, 10, None),
        (25, 40, None),
        (111, 9, "Dataset has fewer than 1000 interactions."),
        (24, 50, "Dataset has fewer than 25 users with at least 2 interactions each."),
        (1200, 1, "Dataset has fewer than 25 users with at least 2 interactions each."),
    ],
)
def test_too_little_data_has_a_reason(users: int, each: int, reason: str | None) -> None:
    recipe = recipe_of(USER_PERSONALIZATION)
    assert recipe is not None
    table = events([(f"u{user}", f"i{place}", place) for user in range(users) for place in range(each)])
    assert recipe.too_little(table) == reason
