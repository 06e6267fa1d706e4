"""The plugin, tried in projects of its own."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

import pytest

USES = """
    import boto3, pytest

    def test_it(personalize_sim):
        assert boto3.client("personalize", region_name="us-east-1").list_schemas()["schemas"] == []
"""


def test_the_marker_configures_the_simulation(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from datetime import datetime, timezone
        import pytest

        @pytest.mark.personalize(start="2022-03-08T09:00:00Z", seed=7)
        class TestIt:
            def test_class(self, personalize_sim):
                assert personalize_sim.seed == 7
                assert datetime.now(timezone.utc) == personalize_sim.clock.now()
                assert datetime.now(timezone.utc).year == 2022

            @pytest.mark.personalize(start="2023-01-01T00:00:00Z")
            def test_closest(self, personalize_sim):
                assert personalize_sim.clock.now().year == 2023

        def test_plain():
            import simulator
            assert simulator.current() is None
        """
    )
    pytester.runpytest_subprocess("-W", "error").assert_outcomes(passed=3)


def test_ini_keys(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\npersonalize_start = 2021-05-01T00:00:00Z\npersonalize_seed = 3\n")
    pytester.makepyfile(
        """
        def test_it(personalize_sim):
            assert (personalize_sim.clock.now().year, personalize_sim.seed) == (2021, 3)
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_throttling_by_an_ini_key(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\npersonalize_throttling = true\n")
    pytester.makepyfile(
        """
        import pytest

        def test_it(personalize_sim):
            assert personalize_sim._host.world.throttling

        @pytest.mark.personalize(throttling=False)
        def test_otherwise(personalize_sim):
            assert not personalize_sim._host.world.throttling
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=2)
    pytester.makeini("[pytest]\npersonalize_throttling = often\n")
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(errors=2)
    assert "personalize_throttling must be true or false, not 'often'" in result.stdout.str() + result.stderr.str()


@pytest.mark.parametrize(
    ("marker", "told"),
    [("speed=3", "no keyword 'speed'"), ("'now'", "takes keywords only"), ("durations='slow'", "durations must be")],
)
def test_a_wrong_marker_is_a_usage_error(pytester: pytest.Pytester, marker: str, told: str) -> None:
    pytester.makepyfile(
        f"""
        import pytest

        @pytest.mark.personalize({marker})
        def test_it(personalize_sim):
            pass
        """
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    assert told in result.stdout.str() + result.stderr.str()


def test_given_is_refused_with_advice(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from hypothesis import given, strategies as st

        @given(st.integers())
        def test_it(personalize_sim, number):
            pass
        """
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    assert "with simulate():" in result.stdout.str()


@pytest.mark.parametrize("runner", [["-m", "pytest"], ["-c", "import pytest, sys; sys.exit(pytest.main())"]])
def test_a_project_with_a_simulator_of_its_own_is_told(pytester: pytest.Pytester, runner: list[str]) -> None:
    pytester.mkpydir("simulator")
    pytester.makepyfile(test_mine="import simulator\n\ndef test_mine():\n    pass\n", test_uses=USES)
    ran = subprocess.run([sys.executable, *runner], cwd=pytester.path, capture_output=True, text=True, check=False)
    assert "1 passed, 1 error" in ran.stdout
    assert "needs the name `simulator`" in ran.stdout


def test_scenario_files_are_tests(pytester: pytest.Pytester) -> None:
    good = """
        name: fine
        steps:
          - call: personalize.list_schemas
            expect: [{value: schemas, equals: []}]
    """
    files = {
        "good.personalize.yaml": good,
        "bad.personalize.yaml": good.replace("equals: []", "equals: [1]"),
        "wrong.personalize.yaml": "name: 5",
        "other.yaml": "a: b",
    }
    for name, text in files.items():
        (pytester.path / name).write_text(dedent(text))
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1, failed=2)
    assert "did not hold at" in result.stdout.str()
    assert "Traceback" not in result.stdout.str()


def test_an_unused_plugin_imports_nothing_heavy(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_it():
            heavy = {"moto", "boto3", "botocore", "numpy", "pandas", "freezegun", "simulator.simulation"}
            assert not heavy & sys.modules.keys()
        """
    )
    pytester.runpytest_subprocess("-p", "no:hypothesispytest", "-p", "no:xdist", "-p", "no:cov").assert_outcomes(
        passed=1
    )
