"""Files beside a scenario: texts that a step reads, and files of steps that it includes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator import scenario
from simulator.scenario import Scenario, ScenarioFailed, ScenarioInvalid
from simulator.scenario.loading import parse

HEAD = "name: a story\nsimulate: {start: '2022-03-08T09:00:00Z'}\nsteps:\n"
GROUP = """\
about: A dataset group, saved as `group`.
steps:
- call: personalize.create_dataset_group
  with: {name: "${name}"}
  save: {group: datasetGroupArn}
- tick: {minutes: 1}
"""
NAMED = "- {file: name.txt, save: {name: '@'}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with steps, a name, and something outside of it."""
    inside = tmp_path / "stories"
    (inside / "data").mkdir(parents=True)
    (inside / "group.steps.yaml").write_text(GROUP)
    (inside / "name.txt").write_text("films")
    (inside / "data" / "rows.csv").write_bytes("USER_ID,TITLE\r\n1,é\n".encode())
    (tmp_path / "outside.txt").write_text("secret")
    (tmp_path / "outside.steps.yaml").write_text(GROUP)
    return inside


def story(folder: Path, steps: str) -> Scenario:
    file = folder / "story.yaml"
    file.write_text(HEAD + steps)
    return scenario.load(file)


def test_the_text_of_a_file_is_an_answer(folder: Path) -> None:
    played = scenario.run(
        story(folder, "- {file: data/rows.csv, save: {csv: '@'}, expect: [{value: '@', matches: '^USER_ID'}]}\n")
    )
    assert played.saved == {"csv": "USER_ID,TITLE\r\n1,é\n"}


def test_what_a_file_holds_is_expected(folder: Path) -> None:
    with pytest.raises(ScenarioFailed, match=r"step 1 of 1, 'the file name\.txt', did not hold"):
        scenario.run(story(folder, "- {file: name.txt, expect: [{value: '@', equals: others}]}\n"))


def test_included_steps_stand_in_their_place(folder: Path) -> None:
    read = story(
        folder,
        NAMED
        + "- include: group.steps.yaml\n"
        + "- {call: personalize.list_datasets, with: {datasetGroupArn: '${group}'}}\n"
        + "- {file: name.txt, save: {name: '@'}, expect: [{value: '@', equals: films}]}\n",
    )
    assert [step.title for step in read.steps] == [
        "the file name.txt",
        "personalize.create_dataset_group",
        "0:01:00 pass",
        "personalize.list_datasets",
        "the file name.txt",
    ]
    assert [Path(read.file_of(index)).name for index in range(5)] == [
        "story.yaml",
        "group.steps.yaml",
        "group.steps.yaml",
        "story.yaml",
        "story.yaml",
    ]
    assert [read.place("steps", index).line for index in range(5)] == [4, 3, 6, 6, 7]
    assert scenario.run(read).saved["group"].endswith("dataset-group/films")


def test_steps_are_included_as_often_as_one_likes(folder: Path) -> None:
    (folder / "pause.steps.yaml").write_text("steps: [{tick: {hours: 1}}]\n")
    played = scenario.run(story(folder, "- include: pause.steps.yaml\n- include: pause.steps.yaml\n"))
    assert (played.ended - played.began).total_seconds() == 7200


def test_a_scenario_may_be_in_the_folder_one_is_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    read = parse(HEAD + NAMED + "- include: group.steps.yaml\n", "story.yaml")
    assert scenario.run(read).saved["name"] == "films"


def test_what_does_not_hold_in_an_included_file_is_reported_there(folder: Path) -> None:
    with pytest.raises(ScenarioFailed) as caught:
        scenario.run(story(folder, NAMED + "- include: group.steps.yaml\n- include: group.steps.yaml\n"))
    assert str(caught.value).startswith(f"{folder / 'group.steps.yaml'}:3: step 4 of 5")
    assert "already exists" in str(caught.value)
    assert (caught.value.line, caught.value.number) == (3, 4)


INCLUDE = "- include: group.steps.yaml\n"


@pytest.mark.parametrize(
    ("shared", "steps", "told"),
    [
        (GROUP, INCLUDE, "story.yaml:4:3: nothing is saved as 'name' before this (at "),
        (GROUP.replace("${name}", "films"), INCLUDE + "- {file: name.txt, save: {x y: '@'}}", "story.yaml:5:27: 'x y'"),
        ("steps: [{tick: {weeks: 1}}]", INCLUDE, "group.steps.yaml:1:17: there is no field 'weeks' here"),
        ("steps: [{call: s3.no_such_call}]", INCLUDE, "story.yaml:4:3: boto3's s3 client has no operation"),
        ("steps: [{call: s3.x, with: {a: yes}}]", INCLUDE, "group.steps.yaml:1:32: YAML reads 'yes'"),
        ("steps: [{include: other.steps.yaml}]", INCLUDE, "group.steps.yaml:1:10: steps that are included include no"),
        ("steps: [{include: group.steps.yaml}]", INCLUDE, "group.steps.yaml:1:10: steps that are included include no"),
        ("steps: [{file: nothing.csv}]", INCLUDE, "group.steps.yaml:1:10, which is included here)"),
        ("steps: []", INCLUDE, "group.steps.yaml:1:1: "),
        ("- {tick: {hours: 1}}", INCLUDE, "group.steps.yaml:1:1: a file of steps is a mapping with steps"),
        ("name: x\nsteps: [{tick: {hours: 1}}]", INCLUDE, "group.steps.yaml:1:1: there is no field 'name' here"),
        ("", INCLUDE, "group.steps.yaml: the file is empty"),
        ("steps: [", INCLUDE, "this is not YAML"),
        (b"steps: \xff", INCLUDE, "group.steps.yaml: it is not UTF-8 text: byte 7"),
        (b" " * 2_000_001, INCLUDE, "group.steps.yaml: it is larger than 2000000 bytes"),
        (
            GROUP,
            "- {include: group.steps.yaml, name: x}",
            "story.yaml:4:31: 'include' is alone in its step, without 'n",
        ),
        (GROUP, "- {include: group.steps.yaml, with: {a: 1}}", "story.yaml:4:31: 'include' is alone in its step"),
        (GROUP, "- include: story.yaml", "story.yaml:4:3: steps are included from a file beside the scenario whose n"),
        (GROUP, "- include: ../outside.steps.yaml", "story.yaml:4:3: steps are included from a file beside the sce"),
        (GROUP, "- include: none.steps.yaml", "story.yaml:4:3: there is no file 'none.steps.yaml' in the folder"),
        (GROUP, "- file: ../outside.txt", "story.yaml:4:3: '../outside.txt' is not in the folder of the scenario"),
        (GROUP, "- file: data/../../outside.txt", "story.yaml:4:3: 'data/../../outside.txt' is not in the folder"),
        (GROUP, "- file: /etc/passwd", "story.yaml:4:3: '/etc/passwd' is not in the folder of the scenario"),
        (GROUP, "- file: data", "story.yaml:4:3: there is no file 'data' in the folder of the scenario"),
        (GROUP, "- file: linked.txt", "story.yaml:4:3: 'linked.txt' is not in the folder of the scenario"),
        (GROUP, '- file: "a\\0b"', "story.yaml:4:3: 'a\\x00b' is not in the folder of the scenario"),
        (
            GROUP,
            "- {file: name.txt, tick: {hours: 1}}",
            "story.yaml:4:4: a step does one thing: tick or file, not both",
        ),
        (GROUP, "- {file: name.txt, raises: {code: X}}", "story.yaml:4:20: 'raises' goes with a 'call'"),
        (GROUP, "- {file: '${name}'}", "story.yaml:4:4: there is no file '${name}'"),
        (GROUP, "- {file: 5}", "story.yaml:4:4: text is wanted here, not a whole number"),
    ],
)
def test_what_makes_no_sense_is_one_line_with_its_place(
    folder: Path, shared: str | bytes, steps: str, told: str
) -> None:
    (folder / "group.steps.yaml").write_bytes(shared if isinstance(shared, bytes) else shared.encode())
    (folder / "linked.txt").symlink_to(folder.parent / "outside.txt")
    with pytest.raises(ScenarioInvalid) as caught:
        scenario.run(story(folder, steps))
    assert told in str(caught.value)
    assert str(caught.value).startswith(str(folder))
    assert "\n" not in str(caught.value)


def test_files_of_steps_are_no_tests_of_their_own(pytester: pytest.Pytester) -> None:
    stories = pytester.mkdir("stories")
    (stories / "deep").mkdir()
    for folder in (stories, stories / "deep"):
        (folder / "pause.steps.yaml").write_text("steps: [{tick: {hours: 1}}]\n")
        (folder / "story.yaml").write_text(HEAD + "- include: pause.steps.yaml\n")
    pytester.runpytest_subprocess().assert_outcomes()
    pytester.makeini("[pytest]\npersonalize_scenarios = stories\n")
    pytester.runpytest_subprocess().assert_outcomes(passed=2)


def test_a_file_that_is_no_text(folder: Path) -> None:
    read = story(folder, "- file: name.txt\n")
    (folder / "name.txt").write_bytes(b"a\xff")
    with pytest.raises(ScenarioInvalid, match=r"story\.yaml:4:3: name\.txt: it is not UTF-8 text: byte 1$"):
        scenario.run(read)


def test_json_lines_are_read(folder: Path) -> None:
    (folder / "lines.json").write_text('{"a": 1}\n\n[2]\n')
    steps = "- {file: lines.json, save: {text: '@'}}\n- {read: {text: '${text}', as: json_lines}, save: {rows: rows}}\n"
    assert scenario.run(story(folder, steps)).saved["rows"] == [{"a": 1}, [2]]
    (folder / "lines.json").write_text('{"a": 1}\n{"a":\n')
    with pytest.raises(ScenarioFailed, match="line 2 is no JSON"):
        scenario.run(story(folder, steps))


scraps = st.sampled_from(["\t", "- ", ": ", "{", "]", "'", "&a ", "*a", "<<: ", "\x00", "5", "~", "${", "---\n"])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(GROUP)), st.integers(0, 20), scraps | st.text(max_size=8))
def test_a_damaged_file_of_steps_is_never_a_traceback(folder: Path, at: int, removed: int, put: str) -> None:
    (folder / "group.steps.yaml").write_text(GROUP[:at] + put + GROUP[at + removed :], encoding="utf-8", newline="")
    try:
        told = parse(HEAD + NAMED + INCLUDE, str(folder / "story.yaml")).file
    except ScenarioInvalid as fault:
        told = str(fault)
    assert told.startswith(str(folder))
    assert "\n" not in told
