"""Reading files: the traps of YAML, what is refused with what advice, and thousands of broken files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.scenario import ScenarioInvalid
from simulator.scenario.loading import parse
from simulator.scenario.references import NoSuchValue, filled

ALL_OF_IT = """\
name: all of the language
source: https://example.com/
simulate: {start: "2022-03-08T09:00:00Z", seed: 3, durations: {campaign: {minutes: 1}}, training: exact}
steps:
  - data:
      interactions: {generated: {users: 9, items: 40, interactions: 50}}
      earlier: 0.8
      events: {sample: 5, session_per_user: true}
    save: {events: events, a: "max_by(users, &events).USER_ID", csv: earlier.csv}
  - name: a call
    rule: a-rule
    call: s3.put_object
    with: {Bucket: "of-${a}", Key: k, Body: "${csv}"}
    raises: {code: NoSuchBucket, contains: bucket}
  - repeat: {over: "${events}", as: event}
    call: personalize-events.put_events
    with: {trackingId: x, sessionId: "${event.SESSION_ID}", eventList: [{sentAt: 1.5, itemId: null}]}
  - {tick: {hours: 2}}
  - {move_to: "2022-03-09T09:00:00Z"}
  - wait_until:
      call: personalize.describe_campaign
      with: {campaignArn: x}
      value: campaign.status
      equals: ACTIVE
      seen: [CREATE PENDING, ACTIVE]
      within: {minutes: 6}
    save: {items: itemList}
    expect:
      - {value: itemList, moved: {from: "${items}", at_least: 1, less_than: {from: "${items}", to: "${items}"}}}
      - {value: "itemList[].score", approximately: {value: [0.1], within_percent: 5}}
  - {read: {text: "${csv}", as: lines}, expect: [{value: header, matches: "^USER_ID"}]}
show:
  - {name: lists, lists: [{name: one, value: items}]}
"""


def test_all_of_the_language_is_read() -> None:
    scenario = parse(ALL_OF_IT, "story.yaml")
    assert scenario.name == "all of the language"
    assert [scenario.place("steps", index).line for index in range(7)] == [5, 10, 15, 18, 19, 20, 31]


def step(text: str) -> str:
    return f"name: x\nsteps:\n- {text}\n"


@pytest.mark.parametrize(
    ("text", "found", "advice"),
    [
        ("name: no\n", "no", 'write false, or "no" in quotes'),
        ("name: x\nsimulate: {seed: 010}\n", "010", "decimal number"),
        (step("{tick: {hours: 12:30}}"), "12:30", "in quotes"),
        (step("{move_to: 2022-03-08}"), "2022-03-08", 'put it in quotes, "2022-03-08"'),
        (step("{call: s3.x, with: {a: yes}}"), "yes", 'write true, or "yes" in quotes'),
        (step("{call: s3.x, with: &a {b: *a}}"), "&a", "anchors"),
        (step("{call: s3.x, with: {<<: {}}}"), "<<", "<<"),
        (step("{call: s3.x, with: !!set {a}}"), "!!set", "tags"),
        (step("{tick: {hours: 1}, tick: {hours: 2}}"), "tick: {hours: 2}", "twice"),
        (step("{call: s3.x, with: {5: 1}}"), "5: 1", "in quotes"),
        (step("{call: s3.x, width: {}}"), "width", "is 'with' meant?"),
        (step("{tick: {fortnights: 1}}"), "fortnights", "no field 'fortnights'"),
        (step("{tick: 5}"), "tick", "a mapping is wanted here, not a whole number"),
        ("name: 5\nsteps: [{tick: {hours: 1}}]\n", "name", "text is wanted here, not a whole number: put it in quotes"),
        (step("{tick: {}}"), "tick", "needs a length"),
        (step("{call: s3.x, with: {a: '${b}'}}"), "a:", "nothing is saved as 'b'"),
        (step("{call: s3.x, with: {a: '${b c}'}}"), "a:", "no name of a saved value"),
        (step("{call: s3.x, save: {a: '[?'}}"), "a:", "no JMESPath"),
        (step("{call: s3.x, save: {a-b: a}}"), "a-b", "is no name"),
        (step("{call: s3.x, expect: [{matches: '('}]}"), "matches", "no regular expression"),
        (step("{call: s3.x, expect: [{value: a}]}"), "{value: a}", "one comparison, not none"),
        (step("{call: s3.x, expect: [{equals: 1, contains: 1}]}"), "{equals", "not equals and contains"),
        (step("{call: s3.x, expect: [{moved: {from: []}}]}"), "moved", "say how much"),
        (step("{call: s3.x, expect: [{approximately: {value: 1}}]}"), "approx", "how far off"),
        (step("{call: x}"), "call", "is no call"),
        (step("{name: x}"), "{name", "does nothing"),
        (step("{tick: {hours: 1}, save: {a: b}}"), "save", "no answer"),
        (step("{tick: {hours: 1}, with: {a: 1}}"), "with", "goes with a 'call'"),
        (step("{wait_until: {call: s3.x, within: {hours: 1}}}"), "wait_until", "one of them"),
        (step("{data: {interactions: {}}}"), "interactions", "one of them"),
        (step("{tick: {hours: 1}}") + "show: [{name: a, lists: [{name: b, value: c}]}]", "value: c", "nothing is"),
        ("name: x\n---\nname: y\n", "---", "no second document"),
        ("- name: x\n", "- name", "a scenario is a mapping"),
        ("name: [}\n", "}", "this is not YAML"),
    ],
)
def test_what_is_refused_says_where_and_what_was_meant(text: str, found: str, advice: str) -> None:
    with pytest.raises(ScenarioInvalid) as caught:
        parse(text, "story.yaml")
    line, column = caught.value.line, caught.value.column
    assert line is not None
    assert column is not None
    assert text.splitlines()[line - 1][column - 1 :].startswith(found)
    assert str(caught.value).startswith(f"story.yaml:{line}:{column}: ")
    assert advice in str(caught.value)


def test_values_are_read_as_they_look() -> None:
    text = step("{call: s3.x, with: {a: 5, b: -0.5, c: true, d: null, e: 1a, f: '5', g: x y}}")
    assert parse(text, "story.yaml").steps[0].with_ == {
        "a": 5,
        "b": -0.5,
        "c": True,
        "d": None,
        "e": "1a",
        "f": "5",
        "g": "x y",
    }


def test_references_are_filled() -> None:
    saved = {"name": "films", "row": {"N": 5}, "list": [1]}
    assert filled({"a": ["${list}", "of-${name}-${row.N}", "$${name}"]}, saved) == {"a": [[1], "of-films-5", "${name}"]}
    with pytest.raises(NoSuchValue, match=r"row\.M"):
        filled("${row.M}", saved)


def assert_one_line_or_a_scenario(text: str) -> None:
    try:
        told = parse(text, "story.yaml").file
    except ScenarioInvalid as fault:
        told = str(fault)
    assert told.startswith("story.yaml")
    assert "\n" not in told


scraps = st.sampled_from(
    [
        "\t",
        "- ",
        ": ",
        "{",
        "]",
        "'",
        "&a ",
        "*a",
        "<<: ",
        "!!python/name:os ",
        "\x00",
        "5",
        "~",
        "12:30",
        "${",
        "---\n",
    ]
)


@settings(max_examples=1000, deadline=None)
@given(st.integers(0, len(ALL_OF_IT)), st.integers(0, 30), scraps | st.text(max_size=8))
def test_text_that_is_damaged(at: int, removed: int, put: str) -> None:
    assert_one_line_or_a_scenario(ALL_OF_IT[:at] + put + ALL_OF_IT[at + removed :])


PLAIN: Any = msgspec.yaml.decode(ALL_OF_IT)
values = st.sampled_from([None, True, -1, 1.5, 10**30, "", "[", "${q}", "@", [], {}, {"from": 1}, ["a"], {"": 1}])


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, member in members for found in paths(member, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    if not path:
        return change(value)
    if isinstance(value, dict):
        return {key: changed(each, path[1:], change) if key == path[0] else each for key, each in value.items()}
    return [changed(each, path[1:], change) if index == path[0] else each for index, each in enumerate(value)]


@settings(max_examples=1000, deadline=None)
@given(st.sampled_from(paths(PLAIN)), values)
def test_values_in_the_place_of_others(path: tuple[Any, ...], value: Any) -> None:
    assert_one_line_or_a_scenario(msgspec.json.encode(changed(PLAIN, path, lambda _: value)).decode())


@pytest.mark.parametrize("text", ["[" * 50_000, "{a: " * 5_000, "- " * 5_000, "? " * 5_000, "a:\n" * 3])
def test_depth_is_bounded(text: str) -> None:
    assert_one_line_or_a_scenario(text)
