"""The service of today and of 2022: where a profile can be named, and what names there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from simulator import Simulation, scenario, simulate
from simulator.cli import main
from simulator.profiles import PROFILES, TODAY
from simulator.scenario import Overrides

NAMES = "profile must be one of 'today', '2022', not "


def name_of(sim: Simulation) -> str:
    return sim._host.world.profile.name


def test_today_is_the_default() -> None:
    with simulate() as sim:
        assert name_of(sim) == "today"
    with simulate(profile="2022") as sim:
        assert name_of(sim) == "2022"
    assert [each.auto_training for each in PROFILES.values()] == [True, None]
    assert PROFILES["today"] is TODAY


@pytest.mark.parametrize("wrong", ["2023", "", "Today", 2022, ["2022"]])
def test_other_names_are_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="profile must be") as refused:
        simulate(profile=wrong)
    assert str(refused.value) == f"{NAMES}{wrong!r}"


@pytest.mark.personalize(profile="2022")
def test_the_marker(personalize_sim: Simulation) -> None:
    assert name_of(personalize_sim) == "2022"


def test_the_ini_key(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\npersonalize_profile = 2022\n")
    pytester.makepyfile(
        """
        import pytest

        def test_it(personalize_sim):
            assert personalize_sim._host.world.profile.name == "2022"

        @pytest.mark.personalize(profile="today")
        def test_the_marker_counts_for_more(personalize_sim):
            assert personalize_sim._host.world.profile.name == "today"

        @pytest.mark.personalize(profile="1999")
        def test_wrong(personalize_sim):
            pass
        """
    )
    ran = pytester.runpytest_subprocess()
    ran.assert_outcomes(passed=2, errors=1)
    ran.stdout.fnmatch_lines([f"*{NAMES}'1999'*"])


@pytest.mark.rule("saved-worlds.settings-from-now-on")
def test_a_saved_world_keeps_its_profile_unless_another_is_given(tmp_path: Path) -> None:
    file = tmp_path / "films.world"
    with simulate(profile="2022") as sim:
        sim.save(file)
    with simulate(load=file) as sim:
        assert name_of(sim) == "2022"
    with simulate(load=file, profile="today") as sim:
        assert name_of(sim) == "today"


STORY = """
name: a profile
simulate: {profile: "2022"}
steps:
- call: personalize.list_schemas
"""


def test_scenarios_and_the_command_line(tmp_path: Path) -> None:
    file, world = tmp_path / "story.yaml", tmp_path / "saved.world"
    file.write_text(STORY)
    for overrides, expected in ((Overrides(), "2022"), (Overrides(profile="today"), "today")):
        scenario.run(scenario.load(file), overrides=Overrides(profile=overrides.profile, save=world))
        with simulate(load=world) as sim:
            assert name_of(sim) == expected
    for arguments, expected in (([], "2022"), (["--profile", "today"], "today")):
        ran = CliRunner().invoke(main, ["run", str(file), "--save", str(world), *arguments])
        assert ran.exit_code == 0, ran.output
        with simulate(load=world) as sim:
            assert name_of(sim) == expected
    assert CliRunner().invoke(main, ["run", str(file), "--profile", "1999"]).exit_code == 2
    file.write_text(STORY.replace("2022", "1999"))
    with pytest.raises(scenario.ScenarioInvalid, match="1999"):
        scenario.load(file)
