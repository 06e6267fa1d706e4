"""The command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulator import rules
from simulator.cli import default_scenario, main
from simulator.recommend.catalogue import RECIPES
from simulator.recommend.recipes_page import page
from simulator.version import __version__

STORY = """name: a story
steps:
- {name: look, call: personalize.list_schemas, expect: [{value: schemas, equals: EXPECTED}]}
"""


@pytest.fixture
def story(tmp_path: Path) -> Path:
    file = tmp_path / "story.yaml"
    file.write_text(STORY.replace("EXPECTED", "[]"))
    return file


def test_version() -> None:
    assert __version__ in CliRunner().invoke(main, ["--version"]).output


def test_a_story_that_holds(story: Path) -> None:
    result = CliRunner().invoke(main, ["run", str(story)])
    assert result.exit_code == 0, result.output
    assert "1/1  look" in result.output
    assert "held: 1 steps, 1 calls" in result.output


def test_a_story_that_does_not_hold(story: Path) -> None:
    story.write_text(STORY.replace("EXPECTED", "[1]"))
    result = CliRunner().invoke(main, ["run", str(story)])
    assert result.exit_code == 1
    assert "did not hold" in result.output


@pytest.mark.parametrize("arguments", [["nowhere.yaml"], ["--ratings", "nowhere.csv"], ["--durations", "slow"]])
def test_what_cannot_be_run(arguments: list[str]) -> None:
    result = CliRunner().invoke(main, ["run", *arguments])
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_a_story_goes_on_with_a_saved_world(story: Path, tmp_path: Path) -> None:
    saved = tmp_path / "begun.world"
    begin = tmp_path / "begin.yaml"
    begin.write_text(
        "name: begin\nsteps:\n- {name: make, call: personalize.create_dataset_group, with: {name: films}}\n"
    )
    result = CliRunner().invoke(main, ["run", str(begin), "--save", str(saved)])
    assert result.exit_code == 0, result.output
    story.write_text(
        "name: go on\nsimulate: {seed: 9}\nsteps:\n"
        "- name: look\n  call: personalize.list_dataset_groups\n"
        "  expect: [{value: 'datasetGroups[].name', equals: [films]}]\n"
    )
    result = CliRunner().invoke(main, ["run", str(story), "--load", str(saved)])
    assert result.exit_code == 0, result.output
    for arguments, told in (
        (["--load", str(saved), "--seed", "3"], "seed and load cannot be given together"),
        (["--load", str(story)], "is no saved world"),
        (["--save", str(tmp_path / "nowhere" / "file.world")], "No such file or directory"),
        ([str(begin), "--save", str(saved)], "--save takes a single scenario"),
    ):
        result = CliRunner().invoke(main, ["run", str(begin), *arguments])
        assert result.exit_code == 2
        assert told in result.output
        assert "Traceback" not in result.output


def test_rules() -> None:
    known = rules.load()
    printed = CliRunner().invoke(main, ["rules"]).output
    assert all(f"{rule.id}  [{rule.grade}]\n    {rule.rule}" in printed for rule in known.values())
    chosen = CliRunner().invoke(main, ["rules", "--area", "tags", "--grade", "documented", "--json"])
    assert [each["id"] for each in json.loads(chosen.output)] == [
        rule.id for rule in known.values() if (rule.area, rule.grade) == ("tags", "documented")
    ]
    wrong = CliRunner().invoke(main, ["rules", "--area", "weather"])
    assert wrong.exit_code == 2
    assert "there is no area 'weather'; there are" in wrong.output


def test_the_article_shows_four_moments_of_both_users() -> None:
    """The first command of the README, as a process."""
    assert default_scenario().name == "article.yaml"
    ran = subprocess.run([sys.executable, "-m", "simulator.cli", "run"], capture_output=True, text=True, check=True)
    for heading in ("after training", "after the events", "two hours later", "after retraining"):
        assert ran.stdout.count(heading) >= 2
    assert "identical" in ran.stdout
    assert "same order, other scores" in ran.stdout
    assert max(map(len, ran.stdout.splitlines())) <= 120


def test_recipes() -> None:
    """All of them with what the guide says of their updates; one with all that is known; as JSON."""
    printed = CliRunner().invoke(main, ["recipes"]).output
    rows = [[cell.strip() for cell in line.strip("| \n").split(" | ")] for line in printed.splitlines()[2:]]
    assert [row[0] for row in rows] == [recipe.name for recipe in RECIPES.values()]
    by_name = {name: rest for name, *rest in rows}
    assert by_name["aws-user-personalization"] == ["at once", "every 2 hours", "by solution versions", "yes"]
    assert by_name["aws-trending-now"][0] == "from the next update on"
    assert by_name["aws-sims"] == ["from the next training on", "no", "by solution versions", "no"]
    weekly = "every 7 days, by the recommender"
    assert by_name["aws-vod-top-picks"] == ["at once", "every 2 hours", weekly, "yes"]
    assert by_name["aws-ecomm-popular-items-by-views"] == ["from the next training on", "no", weekly, "no"]

    of_domain = CliRunner().invoke(main, ["recipes", "--domain", "ECOMMERCE"]).output
    assert len(of_domain.splitlines()) == 7
    one = CliRunner().invoke(main, ["recipes", "aws-sims"]).output
    assert "min_cointeraction_count: a whole number from 0 to 10; default 3; tunable" in one
    as_json = json.loads(CliRunner().invoke(main, ["recipes", "--json"]).output)
    assert as_json["aws-vod-top-picks"]["left out"] == "what the user has had events of the type Watch with"
    unknown = CliRunner().invoke(main, ["recipes", "aws-nothing"])
    assert (unknown.exit_code, "there is no recipe 'aws-nothing'" in unknown.output) == (2, True)


def test_the_page_of_recipes_is_that_of_the_catalogue() -> None:
    page_of_docs = Path(__file__).parents[1] / "docs" / "recipes.md"
    assert page_of_docs.read_text() == page(), "run `python -m simulator.recommend.recipes_page > docs/recipes.md`"
