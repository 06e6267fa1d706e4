"""The command line."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from simulator import rules
from simulator.cli import main
from simulator.cli.files import NoScenarios, default_scenario, packaged_scenarios, scenario_files
from simulator.recommend.catalogue import RECIPES
from simulator.recommend.recipes_page import page
from simulator.scenario import Outcome, Scenario, run
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


def test_what_is_heavy_is_imported_by_the_commands_alone() -> None:
    """So that `--help` is there at once."""
    heavy = {"simulator.scenario", "simulator.simulation", "moto", "botocore", "pandas", "rich", "msgspec", "yaml"}
    program = f"import sys, simulator.cli; assert not {heavy} & sys.modules.keys(), {heavy} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", program], check=True)


CASES = """name: two cases
rule: both
steps:
- {call: personalize.create_dataset_group, with: {name: a}, save: {group: datasetGroupArn}}
cases:
- {name: It Holds, steps: [{tick: {days: 2}, rule: first}]}
- {name: it fails, steps: [{name: look, expect: [{value: group, equals: none, rule: second}]}, {tick: {days: 2}}]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three scenarios in two files, one of which does not hold."""
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "cases.yaml").write_text(CASES)
    (tmp_path / "a.yaml").write_text("name: plain\nsteps: [{include: shared.steps.yaml}]\n")
    (tmp_path / "shared.steps.yaml").write_text("steps: [{tick: {days: 1}}]\n")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "not-ours.yaml").write_text("a: b\n")
    (tmp_path / "b" / "notes.txt").write_text("no scenario\n")
    return tmp_path


def titles(output: str) -> list[tuple[str, str]]:
    """What a run of several scenarios says of each: how it ended, and its title."""
    return re.findall(r"^(held|did not hold|makes no sense) +\d+\.\d\d s  (.*)  \(", output, re.MULTILINE)


def test_all_scenarios_of_a_folder_are_told_in_a_line_each(folder: Path) -> None:
    result = CliRunner().invoke(main, ["run", str(folder)])
    assert result.exit_code == 1, result.output
    assert titles(result.stdout) == [
        ("held", "plain"),
        ("held", "two cases: It Holds"),
        ("did not hold", "two cases: it fails"),
    ]
    assert re.search(r"^3 scenarios: 2 held, 1 did not hold  \(\d+\.\d\d s\)$", result.stdout, re.MULTILINE)
    assert len(result.stdout.splitlines()) == 4
    assert "step 2 of 3, 'look', did not hold" in result.stderr
    assert "  difference:  it is " in result.stderr


def test_verbose_tells_the_steps_of_several(folder: Path) -> None:
    output = CliRunner().invoke(main, ["run", "-v", str(folder)]).stdout
    assert output.splitlines()[:3] == [
        f"plain  ({folder / 'a.yaml'})",
        "2025-01-02 00:00:00    1/1  1 day, 0:00:00 pass",
        "held: 1 steps, 0 calls, 1 day, 0:00:00 of virtual time",
    ]
    assert "2025-01-01 00:00:00    1/2  personalize.create_dataset_group" in output
    assert titles(output) == [("did not hold", "two cases: it fails")]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (["--rule", "both"], ["two cases: It Holds", "two cases: it fails"]),
        (["--rule", "first", "--rule", "second"], ["two cases: It Holds", "two cases: it fails"]),
        (["-k", "CASES: IT", "-k", "pla"], ["plain", "two cases: It Holds", "two cases: it fails"]),
        (["-k", "a", "--rule", "both"], ["two cases: It Holds", "two cases: it fails"]),
    ],
)
def test_scenarios_are_chosen_by_rule_and_title(folder: Path, chosen: list[str], expected: list[str]) -> None:
    result = CliRunner().invoke(main, ["run", str(folder), *chosen])
    assert [title for _, title in titles(result.stdout)] == expected


def test_a_choice_of_one_is_told_in_a_line_a_step(folder: Path) -> None:
    result = CliRunner().invoke(main, ["run", str(folder), "--rule", "first"])
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == f"two cases: It Holds  ({folder / 'b' / 'cases.yaml'})"
    assert result.stdout.splitlines()[-1] == "held: 2 steps, 1 calls, 2 days, 0:00:00 of virtual time"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--rule", "third"], "no scenario names the rule third"),
        (["-k", "weather"], "no scenario is chosen"),
        (["--json", "-", "--junit", "-"], "cannot both be standard output"),
        (["--save", "x.world"], "--save takes a single scenario: each has a world of its own, and there are 3"),
    ],
)
def test_what_is_no_use_is_an_error(folder: Path, arguments: list[str], told: str) -> None:
    result = CliRunner().invoke(main, ["run", str(folder), *arguments])
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


def test_all_files_are_played_and_the_worst_code_wins(folder: Path) -> None:
    (folder / "0.yaml").write_text("name: 5\n")
    result = CliRunner().invoke(main, ["run", str(folder)])
    assert result.exit_code == 2
    assert [ending for ending, _ in titles(result.stdout)] == ["makes no sense", "held", "held", "did not hold"]
    assert f"{folder / '0.yaml'}:1:1: text is wanted here" in result.stderr
    assert "4 scenarios: 2 held, 1 did not hold, 1 makes no sense" in result.stdout
    (folder / "b" / "cases.yaml").unlink()
    assert CliRunner().invoke(main, ["run", str(folder)]).exit_code == 2
    empty = CliRunner().invoke(main, ["run", str(folder / "b")])
    assert empty.exit_code == 2
    assert "there is no scenario file in this folder" in empty.stderr


def test_scenarios_that_come_with_the_simulator_are_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert scenario_files([Path("recipes/sims.yaml")]) == [packaged_scenarios() / "recipes" / "sims.yaml"]
    assert len(scenario_files([Path("recipes")])) > 20
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "sims.yaml").write_text(STORY)
    assert scenario_files([Path("recipes/sims.yaml")]) == [Path("recipes/sims.yaml")]  # what is here comes first
    for nowhere in ("../scenarios/article.yaml", str(tmp_path / "article.yaml"), "weather.yaml"):
        with pytest.raises(NoScenarios, match="there is no such file or folder"):
            scenario_files([Path(nowhere)])


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_a_link_that_leads_back_is_not_followed(folder: Path) -> None:
    (folder / "b" / "again").symlink_to(folder)
    assert scenario_files([folder]) == [folder / "a.yaml", folder / "b" / "cases.yaml"]


def test_results_on_standard_output_are_alone_there(folder: Path) -> None:
    result = CliRunner().invoke(main, ["run", str(folder), "--json", "-", "--junit", str(folder / "results.xml")])
    assert result.exit_code == 1
    assert [each["ending"] for each in json.loads(result.stdout)["scenarios"]] == ["held", "held", "failed"]
    assert [ending for ending, _ in titles(result.stderr)] == ["held", "held", "did not hold"]
    assert (folder / "results.xml").read_bytes().startswith(b"<?xml")


def test_results_that_cannot_be_written_are_an_error(story: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["run", str(story), "--json", str(tmp_path / "nowhere" / "results.json")])
    assert result.exit_code == 2
    assert "results.json: the results cannot be written: No such file or directory" in result.stderr


def test_a_bar_is_on_a_terminal_alone(folder: Path) -> None:
    assert "2/3" not in CliRunner().invoke(main, ["run", str(folder)]).output
    result = CliRunner().invoke(main, ["run", str(folder)], env={"FORCE_COLOR": "1", "COLUMNS": "100"})
    assert "3/3" in result.stdout
    # The bar is drawn anew between lines, never within one.
    assert re.search(r"\x1b\[1;31mdid not hold *\x1b\[0m +\d+\.\d\d s  two cases: it fails  \(", result.stdout)
    assert "step 2 of 3, 'look', did not hold" in result.stderr


def test_ctrl_c_ends_a_run_cleanly_with_what_was_played(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def until_the_second(scenario: Scenario, *more: Any) -> Outcome:
        if scenario.case is not None:
            raise KeyboardInterrupt
        return run(scenario, *more)

    monkeypatch.setattr("simulator.scenario.run", until_the_second)
    result = CliRunner().invoke(main, ["run", str(folder), "--json", str(folder / "results.json")])
    assert result.exit_code == 130
    assert "1 scenarios: 1 held" in result.stdout
    assert result.stderr == "interrupted\n"
    results = json.loads((folder / "results.json").read_text())
    assert (results["interrupted"], [each["title"] for each in results["scenarios"]]) == (True, ["plain"])


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for a child on Windows")
def test_ctrl_c_in_the_middle_of_a_scenario(tmp_path: Path) -> None:
    (tmp_path / "long.yaml").write_text(
        "name: long\nsteps:\n- {tick: {days: 1}}\n- wait_until: {call: personalize.list_schemas, value: schemas, "
        "equals: [1], every: {seconds: 1}, within: {days: 999}}\n"
    )
    command = [sys.executable, "-m", "simulator.cli", "run", str(tmp_path / "long.yaml")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("long  (")
        assert "1/2" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert (process.returncode, told) == (130, "interrupted\n")


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
        ([str(story), "--save", str(saved)], "--save takes a single scenario"),
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
