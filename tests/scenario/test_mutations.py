"""Expectations that could not have failed are found; those that could are not."""

from __future__ import annotations

import pytest

from simulator.scenario import ScenarioFailed
from simulator.scenario.loading import parse
from simulator.scenario.mutations import survivors

STORY = """\
name: x
steps:
- call: personalize.create_dataset_group
  with: {name: films}
  save: {group: datasetGroupArn, ids: "['1', '2']", none: "`[]`"}
- wait_until:
    call: personalize.describe_dataset_group
    with: {datasetGroupArn: "${group}"}
    value: datasetGroup.status
    equals: ACTIVE
    seen: [CREATE PENDING, CREATE IN_PROGRESS, ACTIVE]
    within: {minutes: 2}
  expect: [{value: datasetGroup.name, equals: films}]
- call: personalize.create_dataset_group
  with: {name: films}
  raises: {code: ResourceAlreadyExistsException, contains: already exists}
- call: personalize.list_dataset_groups
  expect: [%s]
"""
OF_GROUPS = [
    "{value: length(datasetGroups), equals: 1}",
    "{value: length(datasetGroups), at_least: 1}",
    "{value: length(datasetGroups), at_most: 1}",
    "{value: 'datasetGroups[0].name', contains: film}",
    "{value: 'datasetGroups[].name', contains: films}",
    "{value: 'datasetGroups[].name', same_items_as: [films]}",
    "{value: 'datasetGroups[].name', same_order_as: [films]}",
    "{value: 'datasetGroups[].name', identical_to: [films]}",
    "{value: 'datasetGroups[0].name', matches: '^films$'}",
    "{value: 'datasetGroups[].name', moved: {from: [shop, films], at_least: 1}}",
    "{value: 'datasetGroups[].name', moved: {from: [films], at_most: 0}}",
    "{value: 'datasetGroups[].name', same_places: {as: [films], at_least: 1}}",
    "{value: 'datasetGroups[].name', same_places: {as: [shop], at_most: 0}}",
    "{value: length(datasetGroups), approximately: {value: 1, within: 0.5}}",
    "{value: '[length(datasetGroups)]', approximately: {value: [1], within_percent: 10}}",
    "{value: 'datasetGroups[0].name', differs_from: shop}",
    "{value: 'datasetGroups[0].failureReason', equals: null}",
]


@pytest.mark.parametrize("expectation", OF_GROUPS)
def test_what_could_have_failed_is_not_found(expectation: str) -> None:
    assert survivors(parse(STORY % expectation, "story.yaml")) == []


@pytest.mark.parametrize(
    ("hollow", "changed"),
    [
        ("{value: length(datasetGroups), at_least: 0}", "when it finds 0"),
        ("{value: 'datasetGroups[0].name', contains: ''}", 'when it finds ""'),
        ("{value: 'datasetGroups[].name', contains: []}", "when it finds []"),
        ("{value: 'datasetGroups[0].name', matches: '.*'}", 'when it finds ""'),
        ("{value: 'datasetGroups[].nothing', same_order_as: []}", "when it finds []"),
        ("{value: 'datasetGroups[].name', same_places: {as: [films], at_least: 0}}", "when it finds "),
        ("{value: 'datasetGroups[].name', moved: {from: [shop, films], at_most: 99}}", "when it finds "),
    ],
)
def test_what_asks_for_nothing_is_found(hollow: str, changed: str) -> None:
    [found] = survivors(parse(STORY % hollow, "story.yaml"))
    assert str(found).startswith(f"story.yaml:18: 'personalize.list_dataset_groups' holds all the same {changed}")


def test_a_wait_that_ends_with_an_error_can_fail() -> None:
    text = (
        "name: x\nsteps:\n"
        "- {call: personalize.create_dataset_group, with: {name: films}, save: {group: datasetGroupArn}}\n"
        "- tick: {minutes: 1}\n"
        "- {call: personalize.delete_dataset_group, with: {datasetGroupArn: '${group}'}}\n"
        "- wait_until:\n"
        "    call: personalize.describe_dataset_group\n"
        "    with: {datasetGroupArn: '${group}'}\n"
        "    raises: {code: ResourceNotFoundException, contains: does not exist}\n"
        "    within: {minutes: 30}\n"
    )
    assert survivors(parse(text, "story.yaml")) == []
    with pytest.raises(ScenarioFailed):
        survivors(parse(text.replace("does not exist", "is gone"), "story.yaml"))


def test_pytest_runs_the_mutants_that_it_is_told_to(pytester: pytest.Pytester) -> None:
    hollow = STORY % "{value: length(datasetGroups), at_least: 0}"
    pytester.makefile(".personalize.yaml", hollow=hollow, sound=STORY % OF_GROUPS[0])
    pytester.runpytest_subprocess().assert_outcomes(passed=2)
    run = pytester.runpytest_subprocess("--personalize-mutants")
    run.assert_outcomes(passed=1, failed=1)
    run.stdout.fnmatch_lines(["*hollow.personalize.yaml:18: 'personalize.list_dataset_groups' holds all the same*"])
