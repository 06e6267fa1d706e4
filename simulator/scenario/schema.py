"""The JSON Schema of scenario files, made from the model; `python -m simulator.scenario.schema` writes it anew.

Editors complete and check by it. What only the simulator can tell (names of saved values, expressions, files) it does
not say; whatever it refuses, reading a scenario refuses as well.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from botocore import xform_name

from simulator.aws.shapes import SERVICES, service_model
from simulator.resources.families import OPERATIONS
from simulator.scenario.comparisons import COMPARISONS
from simulator.scenario.faults import ACTIONS, CALL, WITH_A_CALL, WITHOUT_ANSWER
from simulator.scenario.model import Content, Shared, Step
from simulator.scenario.references import NAME

SCENARIO_SCHEMA = Path(__file__).with_name("scenario.schema.json")
STEPS_SCHEMA = Path(__file__).with_name("steps.schema.json")

_Schema = dict[str, Any]
_DIALECT = "http://json-schema.org/draft-07/schema#"  # the one that all editors know
_NOTHING: _Schema = {"enum": [None, [], {}]}


def scenario_schema() -> _Schema:
    """The schema of scenario files."""
    return _schema_of(Content, "A scenario for personalize-simulator")


def steps_schema() -> _Schema:
    """The schema of files of steps for scenarios to include, `*.steps.yaml`."""
    return _schema_of(Shared, "Steps for scenarios of personalize-simulator")


def as_text(schema: _Schema) -> str:
    """A schema as the text of its file."""
    return msgspec.json.format(msgspec.json.encode(schema)).decode() + "\n"


def _schema_of(kind: type[msgspec.Struct], title: str) -> _Schema:
    _, parts = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    for part in parts.values():
        part["properties"] = {name: _titled(name, field) for name, field in part["properties"].items()}
    for name, rules in _rules().items():
        if name in parts:
            parts[name]["allOf"] = rules
    for name in ("Step", "WaitUntil"):
        parts[name]["properties"]["call"]["allOf"] = [{"$ref": "#/$defs/Call"}]
    parts["Call"] = _call()
    parts["Step"]["properties"]["save"]["propertyNames"] = {"pattern": f"^{NAME.pattern}$"}
    whole = parts.pop(kind.__name__)
    return {"$schema": _DIALECT, **whole, "title": title, "$defs": parts}


def _call() -> _Schema:
    """A call; those of Personalize by name, so that editors offer them."""
    named = (
        f"{service}.{xform_name(operation)}"
        for service in SERVICES
        for operation in service_model(service).operation_names
        if operation in OPERATIONS
    )
    return {"anyOf": [{"enum": sorted(named)}, {"pattern": f"^({CALL.pattern})$"}, {"type": "null"}]}


def _titled(name: str, field: _Schema) -> _Schema:
    """A field under a title; a reference is put aside, since in draft 7 it may have nothing beside it."""
    titled: _Schema = {"title": name.replace("_", " "), **field}
    if "$ref" in titled:
        titled["allOf"] = [{"$ref": titled.pop("$ref")}]
    return titled


def _rules() -> dict[str, list[_Schema]]:
    """What the parts of a scenario must keep beside the types of their fields, by the name of the part."""
    with_a_call = [name.rstrip("_") for name in WITH_A_CALL]
    others = [name for name in Step.__struct_encode_fields__ if name != "include"]
    nothing_done = {**_without(*ACTIONS), **_any_of("save", "expect")}
    step = [
        {"oneOf": [*map(_given, ACTIONS), nothing_done]},
        {"anyOf": [_given("call"), _without(*with_a_call)]},
        {"anyOf": [_without(*WITHOUT_ANSWER), _without("save", "expect")]},
        {"anyOf": [_without("repeat"), _without("save")]},
        {"anyOf": [_without("include"), _without(*others)]},
    ]
    for_a_value = {"required": ["value", "equals"], "properties": {"value": {"type": "string"}, "raises": _NOTHING}}
    for_an_error = {**_given("raises"), "not": {"required": ["equals"]}}
    for_an_error["properties"] |= {"value": _NOTHING, "seen": {"type": "null"}}
    return {
        "Content": [_any_of("steps", "cases")],
        "Step": step,
        "Expectation": [{"oneOf": [{"required": [name]} for name in COMPARISONS]}],
        "WaitUntil": [{"oneOf": [for_a_value, for_an_error]}],
        "Approximately": [_one_of("within", "within_percent")],
        "Moved": [_any_of("at_least", "at_most", "more_than", "less_than")],
        "SamePlaces": [_any_of("at_least", "at_most")],
        "Data": [
            _one_of("interactions", "rows"),
            {"anyOf": [_without("rows"), _without("earlier", "events")]},
        ],
        "Interactions": [_one_of("generated", "csv")],
    }


def _given(name: str) -> _Schema:
    """That a field is there with something in it: null is as good as nothing, and so is what is empty."""
    return {"required": [name], "properties": {name: {"not": _NOTHING}}}


def _without(*names: str) -> _Schema:
    return {"properties": dict.fromkeys(names, _NOTHING)}


def _one_of(*names: str) -> _Schema:
    return {"oneOf": [_given(name) for name in names]}


def _any_of(*names: str) -> _Schema:
    return {"anyOf": [_given(name) for name in names]}


if __name__ == "__main__":
    SCENARIO_SCHEMA.write_text(as_text(scenario_schema()), encoding="utf-8")
    STEPS_SCHEMA.write_text(as_text(steps_schema()), encoding="utf-8")
