"""The document of the control: valid, kept in docs/, and of the same paths as the code."""

from __future__ import annotations

import json
from pathlib import Path

from openapi_spec_validator import validate

from simulator.server.control import PREFIX, ROUTES
from simulator.server.openapi import document

PAGE = Path(__file__).parents[2] / "docs" / "server-openapi.json"


def test_it_is_valid() -> None:
    validate(json.loads(json.dumps(document())))


def test_the_page_is_the_document() -> None:
    """`python -m simulator.server.openapi > docs/server-openapi.json` makes it anew."""
    assert json.loads(PAGE.read_text()) == json.loads(json.dumps(document()))


def test_its_paths_are_those_of_the_code() -> None:
    told = {(method.upper(), path) for path, methods in document()["paths"].items() for method in methods}
    assert told == {(each.method, PREFIX + each.path) for each in ROUTES}


def test_everything_is_described() -> None:
    for methods in document()["paths"].values():
        for operation in methods.values():
            assert operation["summary"].endswith(".")
            assert all(each["description"] for each in operation.get("parameters", []))


def test_docs_name_every_path() -> None:
    page = PAGE.with_name("server.md").read_text()
    assert [each.path for each in ROUTES if f"{each.method} {PREFIX}{each.path}" not in page] == []
