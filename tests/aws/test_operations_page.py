"""The page of operations says what the code does."""

from __future__ import annotations

from pathlib import Path

from simulator.aws.operations_page import page
from simulator.aws.shapes import SERVICES, service_model
from simulator.resources.families import OPERATIONS

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"


def test_the_page_is_that_of_this_code() -> None:
    assert PAGE.read_text() == page(), "run `python -m simulator.aws.operations_page > docs/operations.md`"


def test_every_operation_that_is_simulated_is_one_of_the_services() -> None:
    names = {name for service in SERVICES for name in service_model(service).operation_names}
    assert set(OPERATIONS) <= names


def test_members_that_are_simulated_are_members_of_the_model() -> None:
    for service in SERVICES:
        model = service_model(service)
        for name in set(model.operation_names) & set(OPERATIONS):
            known = set(model.operation_model(name).input_shape.members)
            assert set(OPERATIONS[name].members.inside) <= known, name
