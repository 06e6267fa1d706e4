"""Files that are no scenarios: whatever is in them, they are told apart in one line, and never by a traceback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator import scenario
from simulator.scenario import ScenarioFailed, ScenarioInvalid
from simulator.scenario.loading import parse_all

SCENARIOS = Path(__file__).parents[2] / "scenarios"
TEXTS = [(SCENARIOS / name).read_text() for name in ("article-mistakes.yaml", "clean-up.yaml")]
SMALL = """\
name: small
simulate: {start: "2022-03-08T09:00:00Z", seed: 1, quotas: {active_dataset_groups: 3}, throttling: false}
marks: [slow]
steps:
- call: personalize.create_dataset_group
  with: {name: films, tags: [{tagKey: a, tagValue: b}]}
  save: {group: datasetGroupArn}
- wait_until:
    call: personalize.describe_dataset_group
    with: {datasetGroupArn: "${group}"}
    value: datasetGroup.status
    equals: ACTIVE
    seen: [CREATE PENDING, CREATE IN_PROGRESS, ACTIVE]
    every: {seconds: 15}
    within: {minutes: 2}
- data: {rows: [{USER_ID: "1", ITEM_ID: a, TIMESTAMP: 5}], columns: [USER_ID]}
  save: {csv: csv, ids: "['1', '2']"}
- read: {text: "${csv}", as: csv}
  expect: [{value: length(rows), at_least: 1}, {value: "rows[].USER_ID", moved: {from: ["2"], at_most: 9}}]
- tick: {hours: 1.5}
- move_to: "2022-03-09T09:00:00Z"
- data: {interactions: {generated: {users: 20, items: 40, interactions: 100}}, earlier: 0.5, events: {sample: 3}}
  expect: [{value: length(events), approximately: {value: 3, within: 0}}]
cases:
- name: one
  steps:
  - repeat: {over: "${ids}", as: id}
    call: personalize.list_dataset_groups
    with: {maxResults: 5}
    expect: [{value: "datasetGroups[].name", same_items_as: [films], source: x, rule: a.b}]
- name: two
  steps:
  - call: personalize.create_dataset_group
    with: {name: films}
    raises: {code: ResourceAlreadyExistsException, contains: exists}
"""

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        ["${group}", "${", "$${x}", "${a.b.c}", "[", "*", "call", "ACTIVE", "9999-12-31", "\x00", "é", "()"]
    ),
)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)


def told(text: str) -> list[scenario.Scenario]:
    """The scenarios of a text; of one that has none, it is asserted that this is said in one line."""
    try:
        return parse_all(text, "story.yaml")
    except ScenarioInvalid as fault:
        in_one_line(fault)
        return []


def in_one_line(fault: Exception) -> None:
    assert str(fault).startswith("story.yaml")
    assert "\n" not in str(fault)


def in_one_step(fault: ScenarioFailed, of: scenario.Scenario) -> None:
    """A report that names the step; what is told of an error is no error of Python's own."""
    assert fault.step in of.steps
    told_error = str(fault.faults.get("error", ""))
    assert not told_error.startswith(("KeyError", "AttributeError", "IndexError", "AssertionError", "RecursionError"))


@given(st.text(max_size=200))
@settings(max_examples=800)
def test_any_text(text: str) -> None:
    told(text)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A scenario's text in which something is cut out, doubled, or written over."""
    text = draw(st.sampled_from([*TEXTS, SMALL]))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        to = min(len(text), at + draw(st.integers(0, 40)))
        text = (
            text[:at]
            + draw(st.sampled_from(["", text[at:to] * 2, "\n", " ", ": ", "- ", "{", "]", "'", '"', "&a", "\t"]))
            + text[to:]
        )
    return text


@given(damaged())
@settings(max_examples=1000, deadline=None)
def test_a_text_that_was_damaged(text: str) -> None:
    told(text)


@st.composite
def altered(draw: st.DrawFn) -> str:
    """A scenario in which parts have become something else, gone, or been renamed, as YAML again."""
    value = yaml.safe_load(SMALL)
    for _ in range(draw(st.integers(1, 3))):
        _alter(draw, value)
    return yaml.safe_dump(value, allow_unicode=True)


def _alter(draw: st.DrawFn, value: Any) -> None:
    while True:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        if not keys:
            return
        key = draw(st.sampled_from(keys))
        inner = value[key]
        if isinstance(inner, (dict, list)) and inner and draw(st.integers(0, 3)):
            value = inner
            continue
        what = draw(st.sampled_from(["replace", "remove", "rename", "double"]))
        if what == "replace":
            value[key] = draw(_VALUES)
        elif what == "remove" or (isinstance(value, list) and what == "rename"):
            del value[key]
        elif isinstance(value, list):
            value.append(inner)
        else:
            value[draw(st.text(max_size=6) | st.sampled_from(["call", "save", "expect", "equals", "within"]))] = inner
        return


@given(altered())
@settings(max_examples=250, deadline=None)
def test_a_scenario_of_which_parts_were_altered(text: str) -> None:
    told(text)


@given(altered())
@settings(max_examples=40, deadline=None)
def test_it_is_played_or_told_why_not(text: str) -> None:
    for each in told(text):
        try:
            scenario.run(each)
        except ScenarioInvalid as fault:
            in_one_line(fault)
        except ScenarioFailed as fault:
            in_one_step(fault, each)


def test_the_scenario_that_is_altered_makes_sense() -> None:
    assert [scenario.run(each).calls > 0 for each in parse_all(SMALL, "story.yaml")] == [True, True]


def test_a_leap_out_of_the_calendar_is_told() -> None:
    [read] = told("name: x\nsteps: [" + ", ".join(["{tick: {days: 100000}}"] * 30) + "]")
    with pytest.raises(ScenarioFailed, match=r"step 30 of 30, '100000 days, 0:00:00 pass', did not hold"):
        scenario.run(read)
