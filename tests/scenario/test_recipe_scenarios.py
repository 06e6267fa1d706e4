"""The scenarios of recipes and use cases: that there is one of each, and nothing beside them that nobody uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator import scenario
from simulator.recommend.catalogue import RECIPES
from simulator.scenario.loading import SHARED

FOLDER = Path(__file__).parents[2] / "scenarios" / "recipes"
FILES = {file.stem: file for file in sorted(FOLDER.glob("*.yaml")) if not file.name.endswith(SHARED)}


def test_every_recipe_has_one() -> None:
    assert sorted(FILES) == sorted(recipe.name.removeprefix("aws-") for recipe in RECIPES.values())


@pytest.mark.parametrize("name", FILES)
def test_it_is_of_that_recipe(name: str) -> None:
    read = scenario.load(FILES[name])
    asked = [step.with_.get("recipeArn") for step in read.steps if step.call is not None]
    assert f"arn:aws:personalize:::recipe/aws-{name}" in asked


def test_every_file_beside_them_is_used() -> None:
    texts = [file.read_text() for file in FOLDER.glob("*.yaml")]
    for file in (*FOLDER.glob(f"*{SHARED}"), *FOLDER.glob("data/*")):
        used = file.name if file.name.endswith(SHARED) else f"data/{file.name}"
        assert any(f": {used}\n" in text for text in texts), f"nobody uses {used}"
