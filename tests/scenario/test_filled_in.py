"""Saved values inside of expressions; paths that are not there; faults of included steps; what steps are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator import scenario
from simulator.scenario import ScenarioFailed, ScenarioInvalid
from simulator.scenario.loading import parse

GROUPS = """\
name: x
steps:
- call: personalize.create_dataset_group
  with: {name: films}
  save: {arn: datasetGroupArn, name: "'films'"}
- call: personalize.list_dataset_groups
"""


@pytest.mark.parametrize(
    "step",
    [
        "  expect: [{value: \"length(datasetGroups[?datasetGroupArn=='${arn}'])\", equals: 1}]\n",
        "  save: {found: \"datasetGroups[?name=='${name}'] | [0].name\"}\n- expect: [{value: found, equals: films}]\n",
    ],
)
def test_a_saved_value_stands_inside_of_an_expression(step: str) -> None:
    assert scenario.run(parse(GROUPS + step, "story.yaml")).calls == 2


def test_with_another_value_the_same_does_not_hold() -> None:
    step = "  expect: [{value: \"datasetGroups[?datasetGroupArn=='${arn}']\", equals: []}]\n"
    with pytest.raises(ScenarioFailed, match=r"difference: +it is \[\{"):
        scenario.run(parse(GROUPS + step, "story.yaml"))


@pytest.mark.parametrize(
    "member", ["expect: [{value: \"a=='${nothing}'\", equals: 1}]", "save: {a: \"b=='${nothing}'\"}"]
)
def test_a_value_that_is_not_saved_is_refused(member: str) -> None:
    with pytest.raises(ScenarioInvalid, match="nothing is saved as 'nothing' before this"):
        parse(GROUPS + f"  {member}\n", "story.yaml")


def test_a_value_that_breaks_its_expression_does_not_hold() -> None:
    step = "  save: {quoted: \"to_string('it\\\\'s')\"}\n- expect: [{value: \"name=='${quoted}'\", equals: true}]\n"
    with pytest.raises(ScenarioFailed, match="cannot be applied here"):
        scenario.run(parse(GROUPS + step, "story.yaml"))


def test_what_is_not_there_differs_from_nothing() -> None:
    step = "  expect: [{value: datasetgroups, differs_from: '${name}'}]\n"
    with pytest.raises(ScenarioFailed, match="nothing is found: there is nothing that could differ"):
        scenario.run(parse(GROUPS + step, "story.yaml"))


def test_a_fault_of_an_included_step_is_told_where_it_is_included(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("name: x\nsteps:\n- {tick: {hours: 1}}\n- include: deploy\n")
    with pytest.raises(ScenarioInvalid) as caught:
        scenario.load(file)
    assert str(caught.value).startswith(f"{file}:4:3: nothing is saved as 'version' before this (at ")
    assert str(caught.value).endswith("deploy.steps.yaml:6:28, which is included here)")
    assert caught.value.file == str(file)


def test_a_redeployment_is_waited_for_whichever_version_it_is_to() -> None:
    names = ("account", "dataset-group", "interactions", "solution", "train", "deploy", "redeploy")
    text = "name: x\nsteps:\n" + "".join(f"- include: {name}\n" for name in names)
    text += (
        "- call: personalize.describe_campaign\n  with: {campaignArn: '${campaign}'}\n"
        "  expect: [{value: campaign.latestCampaignUpdate.status, equals: ACTIVE}]\n"
    )
    scenario.run(parse(text, "story.yaml"))


def test_the_answer_of_data_is_shown_when_a_path_finds_nothing() -> None:
    text = "name: x\nsteps:\n- {data: {rows: [{ITEM_ID: a}]}, save: {rows: lines}}\n"
    with pytest.raises(ScenarioFailed, match=r"'data', did not hold") as caught:
        scenario.run(parse(text, "story.yaml"))
    assert 'answer:      {"count": 1, "csv": "ITEM_ID\\na\\n"}' in str(caught.value)
    read = parse("name: x\nsteps:\n- save: {a: \"'b'\"}\n- read: {text: '${a}', as: json_lines}\n", "story.yaml")
    assert read.steps[1].title == "read as json lines"


def test_the_fields_of_every_part_are_suggested() -> None:
    for text, meant in (("steps: [{tick: {minute: 5}}]", "minutes"), ("steps: []\nsimulate: {sart: x}", "start")):
        with pytest.raises(ScenarioInvalid, match=f"is '{meant}' meant"):
            parse(f"name: x\n{text}", "story.yaml")
