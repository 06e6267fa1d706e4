"""The command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulator.cli import default_scenario, main
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


def test_the_article_shows_four_moments_of_both_users() -> None:
    """The first command of the README, as a process."""
    assert default_scenario().name == "article.yaml"
    ran = subprocess.run([sys.executable, "-m", "simulator.cli", "run"], capture_output=True, text=True, check=True)
    for heading in ("after training", "after the events", "two hours later", "after retraining"):
        assert ran.stdout.count(heading) >= 2
    assert "identical" in ran.stdout
    assert "same order, other scores" in ran.stdout
    assert max(map(len, ran.stdout.splitlines())) <= 120
