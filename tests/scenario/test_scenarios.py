"""The scenario language: what is refused when it is read, and what does not hold when it is played."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator import scenario
from simulator.item_lists import places_moved
from simulator.scenario.loading import parse

HEAD = "name: a story\nsimulate: {start: '2022-03-08T09:00:00Z'}\nsteps:\n"
GROUP = "- {call: personalize.create_dataset_group, with: {name: films}, save: {arn: datasetGroupArn}}\n"


def play(steps: str) -> scenario.Outcome:
    return scenario.run(parse(HEAD + steps, "story.yaml"))


def test_a_story_holds() -> None:
    outcome = play(
        GROUP
        + "- wait_until: {call: personalize.describe_dataset_group, with: {datasetGroupArn: '${arn}'},"
        + " value: datasetGroup.status, equals: ACTIVE, within: {minutes: 1},"
        + " seen: [CREATE PENDING, CREATE IN_PROGRESS, ACTIVE], every: {seconds: 2}}\n"
        + "- {call: personalize.create_dataset_group, with: {name: films},"
        + " raises: {code: ResourceAlreadyExistsException, contains: already exists}}\n"
        + "- {tick: {hours: 2}}\n"
    )
    assert (outcome.ended - outcome.began).total_seconds() == 7200 + 30
    assert outcome.saved["arn"].endswith("dataset-group/films")


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        (GROUP + GROUP, "already exists"),
        ("- {call: personalize.list_schemas, expect: [{value: schemas, equals: [1]}]}\n", "expected:"),
        ("- {call: personalize.list_schemas, raises: {code: X}}\n", "no error came"),
        ("- {call: personalize.list_schemas, save: {x: nothing}}\n", "finds null"),
        ("- {move_to: '2000-01-01T00:00:00Z'}\n", "cannot be moved"),
        (
            GROUP + "- wait_until: {call: personalize.describe_dataset_group, with: {datasetGroupArn: '${arn}'},"
            " value: datasetGroup.status, equals: GONE, within: {minutes: 1}}\n",
            "not within",
        ),
    ],
)
def test_what_does_not_hold_is_reported_with_its_place(steps: str, told: str) -> None:
    with pytest.raises(scenario.ScenarioFailed) as caught:
        play(steps)
    assert told in str(caught.value)
    assert str(caught.value).startswith(f"story.yaml:{3 + steps.count('- ')}: step")


@pytest.mark.parametrize(
    ("comparison", "holds", "fails"),
    [
        ("equals", "films", "others"),
        ("differs_from", "others", "films"),
        ("contains", "ilm", "xyz"),
        ("matches", "^f.*s$", "^g"),
    ],
)
def test_comparisons_both_ways(comparison: str, holds: str, fails: str) -> None:
    step = "- {call: personalize.list_dataset_groups, expect: [{value: 'datasetGroups[0].name', COMPARED: 'WITH'}]}\n"
    step = GROUP + step.replace("COMPARED", comparison)
    play(step.replace("WITH", holds))
    with pytest.raises(scenario.ScenarioFailed):
        play(step.replace("WITH", fails))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the file is empty"),
        ("name: x", "a scenario has 'steps'"),
        ("name: 5\nsteps: [{tick: {hours: 1}}]", "1:"),
        ("name: no\nsteps: [{tick: {hours: 1}}]", "1:"),
        (HEAD + "- {call: personalize.no_such_thing}\n", "no_such_thing"),
        (HEAD + "- {call: ec2.describe_instances}\n", "is no call"),
        (HEAD + "- {calls: personalize.list_schemas}\n", "call"),
        (HEAD + "- {tick: {hours: 1}, call: personalize.list_schemas}\n", ":4:"),
        (HEAD + "- {call: s3.create_bucket, with: {Bucket: '${nobody}'}}\n", "nobody"),
        ("name: [", ":"),
    ],
)
def test_what_makes_no_sense_is_one_line_with_its_place(text: str, told: str) -> None:
    with pytest.raises(scenario.ScenarioInvalid) as caught:
        scenario.run(parse(text, "story.yaml"))
    assert str(caught.value).startswith("story.yaml")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


ARTICLE = (Path(__file__).parents[2] / "scenarios" / "article-mistakes.yaml").read_text()
scraps = st.sampled_from(
    ["", "\t", "- ", ": ", "{", "]", "'", "&a", "*a", "<<: ", "!!python/name:os ", "\x00", "é", "5", "null"]
)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(ARTICLE)), st.integers(0, 40), scraps | st.text(max_size=10))
def test_a_damaged_file_is_never_a_traceback(at: int, removed: int, put: str) -> None:
    try:
        told = parse(ARTICLE[:at] + put + ARTICLE[at + removed :], "story.yaml").name
    except scenario.ScenarioInvalid as fault:
        told = str(fault)
    assert told


def test_a_missing_file() -> None:
    with pytest.raises(scenario.ScenarioInvalid, match="cannot be read"):
        scenario.load("nowhere.yaml")


def test_places_moved() -> None:
    assert places_moved(list("abc"), list("abc")) == 0
    assert places_moved(list("abc"), list("bac")) == 2
    assert places_moved(list("abc"), list("xab")) == 1 + 1 + 1 + 3
