"""The plugin, tried in projects of its own."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent
from xml.etree import ElementTree

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


SHOP = """
    name: the shop
    rule: shop-rule
    marks: [slow]
    steps:
    - {name: make it, call: personalize.create_dataset_group, with: {name: a}, save: {arn: datasetGroupArn}}
    cases:
    - name: fine
      marks: [quick]
      steps: [{call: personalize.list_schemas, expect: [{value: schemas, equals: []}]}]
    - name: wrong
      steps:
      - name: look
        call: personalize.describe_dataset_group
        with: {datasetGroupArn: "${arn}"}
        expect: [{value: datasetGroup.name, equals: b, rule: other-rule, source: somewhere}]
"""
PLAIN = """
    name: a plain story
    steps: [{call: personalize.list_schemas, expect: [{value: schemas, equals: []}]}]
"""
MARKS = "[pytest]\nmarkers =\n    slow\n    quick\n"


@pytest.fixture
def shop(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with three scenarios in two files, one of which does not hold."""
    pytester.makeini(MARKS)
    for name, text in {"shop.personalize.yaml": SHOP, "plain.personalize.yaml": PLAIN, "other.yaml": "a: b"}.items():
        (pytester.path / name).write_text(dedent(text))
    return pytester


def test_the_report_of_a_scenario_that_does_not_hold(shop: pytest.Pytester) -> None:
    result = shop.runpytest_subprocess("--color=yes", "--junitxml=junit.xml")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.re_match_lines(
        [
            r".*___ scenario: the shop: wrong ___.*",
            r".*shop\.personalize\.yaml:13: step 2 of 2, 'look', did not hold at 2025-01-01 00:00:00 .*",
            r'  request: +personalize\.describe_dataset_group \{"datasetGroupArn": "arn:aws:.*:dataset-group/a"\}',
            r'  answer: +\{"datasetGroup": \{"name": "a", .*"status": "CREATE PENDING".*',
            r'\x1b\[32m  expected: +datasetGroup.name equals "b"\x1b\[0m',
            r'\x1b\[31m  difference: +it is "a", not "b"\x1b\[0m',
            r"  rule: +other-rule",
            r"  source: +somewhere",
            r".*steps that held.*",
            r"2025-01-01 00:00:00 +1/2  make it",
            r'.*FAILED.*shop\.personalize\.yaml::.*wrong.* - step 2, line 13: it is "a".*',
        ],
        consecutive=False,
    )
    assert "Traceback" not in result.stdout.str()
    case = ElementTree.parse(shop.path / "junit.xml").find(".//testcase[@name='wrong']/failure")
    assert case is not None
    assert case.get("message") == 'step 2, line 13: it is "a", not "b"'
    assert "expected:    datasetGroup.name equals" in (case.text or "")


def test_the_report_of_an_error_of_our_own(shop: pytest.Pytester) -> None:
    """The report is about the step; its cause is there for who asks."""
    shop.makeconftest(
        """
        from simulator.scenario import story

        def broken(read):
            raise KeyError("lost")

        story._read = broken
        """
    )
    read = "name: x\nsteps: [{data: {rows: [{A: 1}]}, save: {csv: csv}}, {read: {text: '${csv}', as: csv}}]\n"
    (shop.path / "plain.personalize.yaml").write_text(read)
    result = shop.runpytest_subprocess("plain.personalize.yaml")
    result.stdout.fnmatch_lines(["*step 2 of 2*", "  error:       KeyError: 'lost'"])
    assert "in broken" not in result.stdout.str()
    traced = shop.runpytest_subprocess("plain.personalize.yaml", "--full-trace")
    traced.stdout.fnmatch_lines(["*def broken(read):*", "*KeyError: 'lost'*"])


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        ([], ["plain", "fine", "wrong"]),
        (["-k", "wrong"], ["wrong"]),
        (["-k", "shop"], ["fine", "wrong"]),  # the file's name
        (["-k", "story"], ["plain"]),  # the title
        (["-k", "shop-rule and not other-rule"], ["fine"]),
        (["-m", "personalize_rule(id='other-rule')"], ["wrong"]),
        (["-m", "personalize_rule(id='shop-rule')"], ["fine", "wrong"]),
        (["-m", "personalize_rule"], ["fine", "wrong"]),
        (["-m", "slow and not quick"], ["wrong"]),
        (["shop.personalize.yaml::fine"], ["fine"]),
    ],
)
def test_scenarios_are_chosen_as_tests_are(shop: pytest.Pytester, options: list[str], chosen: list[str]) -> None:
    result = shop.runpytest_subprocess("--collect-only", "-q", "--strict-markers", *options)
    assert [line.partition("::")[2] for line in result.outlines if "::" in line] == chosen


def test_scenarios_run_in_processes_side_by_side_and_those_that_failed_again(shop: pytest.Pytester) -> None:
    result = shop.runpytest_subprocess("-n", "2")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(['*expected:    datasetGroup.name equals "b"', '*difference:  it is "a", not "b"'])
    again = shop.runpytest_subprocess("--lf", "-v")
    again.assert_outcomes(failed=1)
    again.stdout.fnmatch_lines(["shop.personalize.yaml::wrong FAILED*"])
    (shop.path / "shop.personalize.yaml").write_text(dedent(SHOP).replace("equals: b", "equals: a"))
    shop.runpytest_subprocess("--lf").assert_outcomes(passed=1)


def test_a_file_that_makes_no_sense_is_one_failing_test(shop: pytest.Pytester) -> None:
    """The others run; so it is with a mark that the project does not know, if it is strict about them."""
    (shop.path / "wrong.personalize.yaml").write_text("name: 5")
    (shop.path / "late.personalize.yaml").write_text("name: x\nsteps: [{call: personalize.list_weather}]")
    (shop.path / "marked.personalize.yaml").write_text("name: x\nmarks: [unheard]\nsteps: [{tick: {days: 1}}]")
    result = shop.runpytest_subprocess("--strict-markers", "-k", "not shop")
    result.assert_outcomes(passed=1, failed=3)
    text = result.stdout.str()
    assert "wrong.personalize.yaml:1:1: text is wanted here, not a whole number" in text
    assert "late.personalize.yaml:2:10: boto3's personalize client has no operation list_weather" in text
    assert "'unheard' not found in `markers` configuration option" in text
    assert "Traceback" not in text
    strict = shop.runpytest_subprocess("-W", "error", "-k", "marked or plain")
    strict.assert_outcomes(passed=1, failed=1)
    strict.stdout.fnmatch_lines(["*Unknown pytest.mark.unheard*"])


def test_collecting_scenarios_imports_nothing_heavy(shop: pytest.Pytester) -> None:
    shop.makeconftest(
        """
        import sys

        def pytest_collection_finish(session):
            assert len(session.items) == 3
            heavy = {"moto", "boto3", "botocore", "numpy", "pandas", "freezegun", "simulator.simulation"}
            assert not heavy & sys.modules.keys()
        """
    )
    result = shop.runpytest_subprocess("--collect-only", "-p", "no:hypothesispytest", "-p", "no:xdist", "-p", "no:cov")
    assert result.ret == 0, result.stdout.str()


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
