"""Files with several cases, the steps that the package has for every scenario, and rows that are written out."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator import scenario
from simulator.scenario import ScenarioFailed, ScenarioInvalid
from simulator.scenario.loading import packaged_steps, parse, parse_all

FILE = """\
name: Groups
source: the API reference
rule: groups.whole
marks: [slow]
steps:
- call: personalize.create_dataset_group
  with: {name: films}
  save: {group: datasetGroupArn}
cases:
- name: a name is taken once
  rule: groups.name-taken
  marks: [mine]
  steps:
  - call: personalize.create_dataset_group
    with: {name: films}
    raises: {code: ResourceAlreadyExistsException}
- name: there is one
  steps:
  - tick: {minutes: 1}
  - call: personalize.list_dataset_groups
    expect: [{value: length(datasetGroups), equals: 1, rule: groups.listed}]
"""


def test_each_case_begins_with_the_steps_of_the_file_in_a_world_of_its_own() -> None:
    taken, there = parse_all(FILE, "groups.yaml")
    assert [step.title for step in taken.steps] == ["personalize.create_dataset_group"] * 2
    assert scenario.run(taken).calls == 2
    assert scenario.run(there).calls == 2
    assert scenario.run(there).began == scenario.run(taken).began


def test_a_case_has_what_its_file_says_unless_it_says_otherwise() -> None:
    taken, there = parse_all(FILE, "groups.yaml")
    assert (taken.title, taken.rule, taken.source, taken.marks) == (
        "Groups: a name is taken once",
        "groups.name-taken",
        "the API reference",
        ["slow", "mine"],
    )
    assert (there.name, there.rule, there.marks) == ("there is one", "groups.whole", ["slow"])
    assert there.rules() == ["groups.whole", "groups.listed"]
    assert (taken.line, there.line) == (10, 17)


def test_a_failing_case_points_at_its_own_step() -> None:
    _, there = parse_all(FILE.replace("equals: 1", "equals: 2"), "groups.yaml")
    with pytest.raises(ScenarioFailed, match=r"^groups\.yaml:20: step 3 of 3, 'personalize\.list_dataset_groups'"):
        scenario.run(there)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            FILE.replace("there is one", "a name is taken once"),
            "groups.yaml:17:3: there are two cases named 'a name",
        ),
        (FILE.replace("equals: 1", "equalz: 1"), "groups.yaml:21:45: there is no field 'equalz' here; is 'equals' mea"),
        (FILE.replace("{minutes: 1}", "{minutes: 0}"), "groups.yaml:19:5: a tick needs a length"),
        ("name: x\ncases: []", "groups.yaml:1:1: a scenario has 'steps', or 'cases' that have some"),
        ("name: x\ncases: [{name: y, steps: []}]", "groups.yaml:2:19: Expected `array` of length >= 1"),
        ("name: x\nmarks: [a-b]\nsteps: [{tick: {hours: 1}}]", "groups.yaml:2:9: Expected `str` matching regex"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_place(text: str, told: str) -> None:
    with pytest.raises(ScenarioInvalid) as caught:
        parse_all(text, "groups.yaml")
    assert str(caught.value).startswith(told)


def test_where_one_scenario_is_wanted_cases_are_refused() -> None:
    with pytest.raises(ScenarioInvalid, match=r"^groups\.yaml:9:1: this file has cases"):
        parse(FILE, "groups.yaml")


def test_cases_are_tests_of_their_own_found_by_name_rule_and_mark(pytester: pytest.Pytester) -> None:
    pytester.makefile(".personalize.yaml", groups=FILE.replace("equals: 1", "equals: 2"))
    pytester.makeini("[pytest]\naddopts = --strict-markers\nmarkers =\n  slow: slow\n  mine: mine\n")
    run = pytester.runpytest_subprocess("-v")
    run.assert_outcomes(passed=1, failed=1)
    run.stdout.fnmatch_lines(["*groups.personalize.yaml::a name is taken once PASSED*"])
    for chosen in (
        ("-k", "groups.name-taken and taken"),
        ("-m", "mine and personalize_rule(id='groups.name-taken')"),
        ("groups.personalize.yaml::a name is taken once",),
    ):
        pytester.runpytest_subprocess(*chosen).assert_outcomes(passed=1, deselected=len(chosen) - 1)
    pytester.runpytest_subprocess("-k", "groups.listed").assert_outcomes(failed=1, deselected=1)


def test_the_packages_steps_follow_one_another() -> None:
    names = ("account", "dataset-group", "interactions", "event-tracker", "solution", "train", "deploy", "train")
    text = "name: x\nsteps:\n" + "".join(f"- include: {name}\n" for name in (*names, "redeploy"))
    assert set(packaged_steps()) == {*names, "redeploy"}
    story = parse(
        text + "- call: personalize-runtime.get_recommendations\n"
        "  with: {campaignArn: '${campaign}', userId: '1'}\n"
        "  expect: [{value: length(itemList), equals: 25}]\n",
        "story.yaml",
    )
    saved = scenario.run(story).saved
    assert saved["version"].startswith(saved["solution"])


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("include: acount", "the package has no steps 'acount', it has account, "),
        ("include: account.steps.yaml", "there is no file 'account.steps.yaml' in the folder of the scenario"),
    ],
)
def test_steps_that_there_are_not(tmp_path: Path, step: str, told: str) -> None:
    (tmp_path / "story.yaml").write_text(f"name: x\nsteps:\n- {step}\n")
    with pytest.raises(ScenarioInvalid) as caught:
        scenario.load(tmp_path / "story.yaml")
    assert told in str(caught.value)


ROWS = """\
name: x
steps:
- data:
    rows:
    - {ITEM_ID: "1", GENRES: "a|b", YEAR: 1994}
    - {ITEM_ID: "2", YEAR: null, PLOT: 'a "b", c'}
    %s
  save: {csv: csv, count: count}
"""


def test_rows_become_a_csv_text() -> None:
    saved = scenario.run(parse(ROWS % "", "story.yaml")).saved
    assert saved == {"csv": 'ITEM_ID,GENRES,YEAR,PLOT\n1,a|b,1994,\n2,,,"a ""b"", c"\n', "count": 2}
    chosen = scenario.run(parse(ROWS % "columns: [YEAR, ITEM_ID]", "story.yaml")).saved
    assert chosen["csv"] == "YEAR,ITEM_ID\n1994,1\n,2\n"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("columns: [TITLE]", "story.yaml:7:15: there is no column 'TITLE'; there are ITEM_ID, GENRES, YEAR, PLOT"),
        ("earlier: 0.5", "story.yaml:7:5: 'earlier' goes with 'interactions', and this has 'rows'"),
        ("interactions: {csv: a.csv}", "story.yaml:3:3: data are 'interactions' or 'rows': one of them"),
    ],
)
def test_rows_that_make_no_sense(more: str, told: str) -> None:
    with pytest.raises(ScenarioInvalid) as caught:
        parse(ROWS % more, "story.yaml")
    assert str(caught.value) == told


def test_limits_and_throttling_are_options_of_the_simulation() -> None:
    text = "name: x\nsimulate: {quotas: {schemas: 0}, throttling: true}\nsteps:\n- call: personalize.list_schemas\n"
    with pytest.raises(ScenarioInvalid, match=r"^story\.yaml:2:1: .*schemas"):
        scenario.run(parse(text, "story.yaml"))
    told = text.replace("schemas: 0", "active_dataset_groups: 1") + (
        "- {call: personalize.create_dataset_group, with: {name: a}}\n"
        "- {call: personalize.create_dataset_group, with: {name: b}, raises: {code: LimitExceededException}}\n"
    )
    assert scenario.run(parse(told, "story.yaml")).calls == 3


def test_a_repetition_over_nothing_does_not_hold() -> None:
    text = "name: x\nsteps:\n- save: {rows: '`[]`'}\n- {call: s3.list_buckets, repeat: {over: '${rows}', as: row}}\n"
    with pytest.raises(ScenarioFailed, match=r"there are no rows to repeat over: \$\{rows\} is \[\]"):
        scenario.run(parse(text, "story.yaml"))
