"""The published JSON Schema: that of the model, and never stricter than the simulator."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from simulator.cli import main
from simulator.scenario import ScenarioInvalid
from simulator.scenario.comparisons import COMPARISONS
from simulator.scenario.loading import parse_all
from simulator.scenario.schema import SCENARIO_SCHEMA, STEPS_SCHEMA, as_text, scenario_schema, steps_schema
from simulator.scenario.yaml_text import read_document

ROOT = Path(__file__).parents[2]
OF_SCENARIOS, OF_STEPS = Draft7Validator(scenario_schema()), Draft7Validator(steps_schema())
FILES = sorted(path for folder in ("scenarios", "simulator/scenario/steps") for path in (ROOT / folder).rglob("*.yaml"))

EVERYTHING = """\
name: all of the language
source: https://example.com/
rule: a-rule
about: for people
marks: [slow]
simulate: {start: "2022-03-08T09:00:00Z", seed: 3, durations: {campaign: {minutes: 1}}, training: exact,
           profile: "2022", region: eu-west-1, quotas: {active_schemas: 3}, throttling: true}
steps:
  - data:
      interactions: {generated: {users: 9, items: 40, interactions: 50}}
      columns: [USER_ID]
      earlier: 0.8
      events: {sample: all, session_per_user: true}
    save: {events: events, csv: earlier.csv}
  - {data: {rows: [{USER_ID: "1", AGE: 7, SHARE: 0.5, NONE: null}], columns: [AGE]}}
  - name: a call
    rule: a-rule
    call: s3.put_object
    with: {Bucket: "of", Key: k, Body: "${csv}"}
    raises: {code: NoSuchBucket, contains: bucket}
  - repeat: {over: "${events}", as: event}
    call: personalize-events.put_events
    with: {trackingId: x, eventList: [{sentAt: 1.5, itemId: null}]}
    expect: [{equals: {}}]
  - {tick: {hours: 2, days: 0.5}}
  - {move_to: "2022-03-09T09:00:00Z"}
  - wait_until:
      call: personalize.describe_campaign
      with: {campaignArn: x}
      value: campaign.status
      equals: null
      seen: [CREATE PENDING, null]
      every: {seconds: 5}
      within: {minutes: 6}
    save: {items: itemList}
    expect:
      - {value: itemList, moved: {from: "${items}", at_least: 1, less_than: {from: "${items}", to: "${items}"}}}
      - {value: itemList, same_places: {as: "${items}", at_most: 3}, source: a page}
      - {value: "itemList[].score", approximately: {value: [0.1], within_percent: 5}}
      - {differs_from: null}
  - wait_until: {call: personalize.describe_campaign, raises: {code: ResourceNotFoundException}, within: {hours: 1}}
  - {read: {text: "${csv}", as: lines}, expect: [{value: header, matches: "^USER_ID"}]}
cases:
  - {name: one, steps: [{expect: [{value: items, contains: "1"}]}], marks: [fast]}
  - {name: two, rule: another, steps: [{call: personalize.list_schemas, save: {a: schemas}}]}
show:
  - {name: lists, lists: [{name: one, value: items}]}
"""
# Parts of a scenario that may have any names, and members that may be any value.
FREE = {"with", "save", "rows", "quotas", "durations", "seen", "from", "to", "as", *COMPARISONS} - {
    "moved",
    "same_places",
    "approximately",
}
DOCUMENTS = [
    read_document(text, "scenario.yaml").value
    for text in (EVERYTHING, *(path.read_text() for path in FILES if path.name in ("article.yaml", "clean-up.yaml")))
]
ACTIONS: dict[str, Any] = {
    "call": "personalize.list_schemas",
    "tick": {"hours": 1},
    "move_to": "2999-01-01T00:00:00Z",
    "wait_until": {"call": "personalize.list_schemas", "value": "a", "equals": 1, "within": {"hours": 1}},
    "data": {"rows": [{"USER_ID": "1"}]},
    "read": {"text": "a", "as": "csv"},
    "file": "scenario.yaml",
    "include": "account",
}
JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.sampled_from(["", "a", "all", "${items}", "2022-03-08"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "call", "a"]), inner, max_size=2)
    ),
    max_leaves=4,
)


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """The mappings of a document that are parts of the language."""
    if isinstance(value, dict):
        yield value
        for name, member in value.items():
            if name not in FREE:
                yield from parts(member)
    elif isinstance(value, list):
        for member in value:
            yield from parts(member)


def steps(document: Any) -> list[dict[str, Any]]:
    return [*document["steps"], *(step for case in document.get("cases", ()) for step in case["steps"])]


def expectations(document: Any) -> list[dict[str, Any]]:
    return [each for step in steps(document) for each in step.get("expect", ())]


def simulator_refuses(document: Any) -> bool:
    try:
        parse_all(json.dumps(document), str(ROOT / "scenarios" / "scenario.yaml"))
    except ScenarioInvalid:
        return True
    return False


def schema_refuses(document: Any) -> bool:
    return not OF_SCENARIOS.is_valid(document)


@st.composite
def documents(draw: st.DrawFn) -> Any:
    return copy.deepcopy(draw(st.sampled_from(DOCUMENTS)))


def test_the_published_files_are_made_of_the_model() -> None:
    """`python -m simulator.scenario.schema` writes them anew."""
    assert SCENARIO_SCHEMA.read_text() == as_text(scenario_schema())
    assert STEPS_SCHEMA.read_text() == as_text(steps_schema())
    Draft7Validator.check_schema(scenario_schema())
    Draft7Validator.check_schema(steps_schema())
    assert CliRunner().invoke(main, ["schema"]).output == SCENARIO_SCHEMA.read_text()
    assert CliRunner().invoke(main, ["schema", "--steps"]).output == STEPS_SCHEMA.read_text()


@pytest.mark.parametrize("schema", [scenario_schema(), steps_schema()], ids=["scenarios", "steps"])
def test_every_field_has_a_title_and_a_description(schema: dict[str, Any]) -> None:
    structs = [schema, *(each for each in schema["$defs"].values() if "properties" in each)]
    assert len(structs) > 10
    for part in structs:
        assert part["title"]
        assert part["description"]
        for name, field in part["properties"].items():
            assert field.get("title"), (part["title"], name)
            assert len(field.get("description", "")) > 8, (part["title"], name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_of_ours_is_valid(path: Path) -> None:
    validator = OF_STEPS if path.name.endswith(".steps.yaml") else OF_SCENARIOS
    faults = [
        (each.json_path, each.message) for each in validator.iter_errors(read_document(path.read_text(), "").value)
    ]
    assert faults == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_documents_that_are_broken_below_are_whole(document: Any) -> None:
    assert (schema_refuses(document), simulator_refuses(document)) == (False, False)


@settings(max_examples=150)
@given(documents(), st.data())
def test_what_the_schema_refuses_the_simulator_refuses(document: Any, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 2))):
        part = data.draw(st.sampled_from([each for each in parts(document) if each]))
        name = data.draw(st.sampled_from([*part, *ACTIONS, "raises", "save", "expect", "equals"]))
        if data.draw(st.booleans()):
            part.pop(name, None)
        else:
            part[name] = data.draw(JUNK)
    if schema_refuses(document):
        assert simulator_refuses(document), [each.message[:200] for each in OF_SCENARIOS.iter_errors(document)]


@settings(max_examples=40)
@given(documents(), st.data())
def test_both_refuse_a_field_that_there_is_not(document: Any, data: st.DataObject) -> None:
    data.draw(st.sampled_from([*parts(document)]))["weather"] = data.draw(JUNK)
    assert (schema_refuses(document), simulator_refuses(document)) == (True, True)


@settings(max_examples=40)
@given(documents(), st.data())
def test_both_refuse_a_step_that_does_two_things(document: Any, data: st.DataObject) -> None:
    step = data.draw(st.sampled_from([each for each in steps(document) if not each.keys().isdisjoint(ACTIONS)]))
    action = data.draw(st.sampled_from(sorted(ACTIONS.keys() - step.keys())))
    step[action] = ACTIONS[action]
    assert (schema_refuses(document), simulator_refuses(document)) == (True, True)


@settings(max_examples=40)
@given(documents(), st.data())
def test_both_refuse_a_step_that_does_nothing(document: Any, data: st.DataObject) -> None:
    kept = {"name": "nothing"} if data.draw(st.booleans()) else {}
    data.draw(st.sampled_from([document, *document.get("cases", ())]))["steps"][0] = kept
    assert (schema_refuses(document), simulator_refuses(document)) == (True, True)


@settings(max_examples=60)
@given(documents(), st.data())
def test_both_refuse_no_comparison_and_two(document: Any, data: st.DataObject) -> None:
    expectation = data.draw(st.sampled_from(expectations(document)))
    [made] = expectation.keys() & COMPARISONS.keys()
    if data.draw(st.booleans()):
        del expectation[made]
    else:
        expectation["equals" if made != "equals" else "at_least"] = data.draw(JUNK)
    assert (schema_refuses(document), simulator_refuses(document)) == (True, True)


@settings(max_examples=60)
@given(documents(), st.data())
def test_both_refuse_a_value_of_the_wrong_kind(document: Any, data: st.DataObject) -> None:
    typed = [
        (part, name)
        for part in parts(document)
        for name in part
        if name not in FREE - {"with", "save", "rows", "quotas", "durations"}
        and not (name == "value" and "within_percent" in part)
    ]
    part, name = data.draw(st.sampled_from(typed))
    part[name] = data.draw(
        st.sampled_from([[[[]]], [True], True if name not in ("throttling", "session_per_user") else 1])
    )
    assert (schema_refuses(document), simulator_refuses(document)) == (True, True)


@pytest.mark.parametrize("fault", ["no name", "no steps", "steps without any", "no list", "a number"])
def test_both_refuse_what_is_no_scenario(fault: str) -> None:
    document: Any = {"name": "x", "steps": [{"tick": {"hours": 1}}]}
    assert (schema_refuses(document), simulator_refuses(document)) == (False, False)
    if fault == "no name":
        del document["name"]
    elif fault == "no steps":
        del document["steps"]
    elif fault == "steps without any":
        document["steps"] = []
    elif fault == "no list":
        document["steps"] = document["steps"][0]
    else:
        document = 5
    assert (schema_refuses(document), simulator_refuses(document)) == (True, True)


CALL = "call: personalize.list_schemas"


@pytest.mark.parametrize(
    "step",
    [
        "{wait_until: {CALL, within: {hours: 1}}}",
        "{wait_until: {CALL, value: a, within: {hours: 1}}}",
        "{wait_until: {CALL, equals: a, within: {hours: 1}}}",
        "{wait_until: {CALL, value: a, equals: b, raises: {code: c}, within: {hours: 1}}}",
        "{wait_until: {CALL, raises: {code: c}, equals: b, within: {hours: 1}}}",
        "{wait_until: {CALL, raises: {code: c}, seen: [d], within: {hours: 1}}}",
        "{data: {}}",
        "{data: {interactions: {}}}",
        "{data: {interactions: {generated: {users: 1, items: 2, interactions: 2}, csv: a.csv}}}",
        "{data: {interactions: {generated: {users: 1, items: 2, interactions: 2}}, rows: [{A: 1}]}}",
        "{data: {rows: [{A: 1}], earlier: 0.5}}",
        "{CALL, expect: [{approximately: {value: 1}}]}",
        "{CALL, expect: [{approximately: {value: 1, within: 1, within_percent: 1}}]}",
        "{CALL, expect: [{moved: {from: [a]}}]}",
        "{CALL, expect: [{same_places: {as: [a]}}]}",
        "{tick: {days: 1}, save: {a: b}}",
        "{move_to: '2026-01-01', expect: [{equals: 1}]}",
        "{tick: {days: 1}, with: {a: b}}",
        "{tick: {days: 1}, raises: {code: a}}",
        "{repeat: {over: [a], as: b}, expect: [{equals: 1}]}",
        "{CALL, repeat: {over: '${a}', as: b}, save: {c: d}}",
        "{include: account, name: a}",
        "{call: weather.get_forecast}",
        "{call: personalize}",
        "{CALL, save: {'a b': c}}",
    ],
)
def test_both_refuse_what_does_not_go_together(step: str) -> None:
    text = f"name: x\nsteps:\n- {{CALL, save: {{a: schemas}}}}\n- {step}\n".replace("CALL", CALL)
    document = read_document(text, "").value
    assert (schema_refuses(document), simulator_refuses(document)) == (True, True)
