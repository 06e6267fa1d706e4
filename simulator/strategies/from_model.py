"""Valid requests, made from the service model."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore import xform_name
from hypothesis import strategies as st

from simulator.aws.constraints import Shape, compile_pattern
from simulator.aws.shapes import service_model

Known = Mapping[str, st.SearchStrategy[Any]]

# Lists and maps without a limit of their own, and the largest that are made of those with a higher one: what has a
# hundred elements at fault is not read, and takes long to make.
_MOST = 5

_INTEGERS = {"integer": 31, "long": 63}  # bits beside the sign
_TEXTS = st.characters(codec="utf-8")
_FIRST, _LAST = datetime(1970, 1, 1), datetime(2100, 1, 1)


def requests(service: str, operation: str, *, known: Known | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """Parameters of an operation that botocore and the service's own checks of its model let pass.

    `service` is `personalize`, `personalize-events` or `personalize-runtime`; `operation` is named as boto3's method
    or as in the API reference (`create_schema`, `CreateSchema`). The service may still refuse them by a rule, or since
    a resource is not there; `known` has strategies for members or shapes of the model by their names, wherever they
    occur, so that requests come further.

        @given(requests("personalize-runtime", "get_recommendations", known={"campaignArn": st.just(ARN)}))
        def test_the_client_answers_with_ids(parameters):
            assert isinstance(my_client.item_ids(**parameters), list)

    Raises ValueError for a service or an operation that does not exist.
    """
    return values(input_shape(service, operation), known or {})


def input_shape(service: str, operation: str) -> Shape:
    """What an operation takes; raises ValueError for a service or an operation that does not exist."""
    model = service_model(service)
    for name in model.operation_names:
        if operation in (name, xform_name(name)):
            return model.operation_model(name).input_shape
    raise ValueError(f"{service} has no operation {operation}")


def values(shape: Shape, known: Known, member: str = "") -> st.SearchStrategy[Any]:
    """Valid values of a shape of the model, where it stands as a member of that name."""
    for name in (member, shape.name):
        if name in known:
            return known[name]
    if shape.type_name == "structure":
        return _structures(shape, known)
    low, high = size(shape)
    if shape.type_name == "list":
        elements = values(shape.member, known)
        return st.lists(elements, min_size=low, max_size=min(high, max(low, _MOST)))
    if shape.type_name == "map":
        keys, inner = values(shape.key, known), values(shape.value, known)
        return st.dictionaries(keys, inner, min_size=low, max_size=min(high, max(low, _MOST)))
    return _scalars(shape)


def members(shape: Shape, known: Known) -> dict[str, st.SearchStrategy[Any]]:
    """Valid values of each member of a structure."""
    return {name: values(inner, known, name) for name, inner in shape.members.items()}


def _structures(shape: Shape, known: Known) -> st.SearchStrategy[Any]:
    made = members(shape, known)
    needed = {name: made.pop(name) for name in shape.required_members}
    return st.fixed_dictionaries(needed, optional=made)


def _scalars(shape: Shape) -> st.SearchStrategy[Any]:
    facts = shape.metadata
    if shape.type_name == "string":
        low, high = size(shape)
        if "enum" in facts:
            return st.sampled_from(facts["enum"])
        if "pattern" not in facts:
            return st.text(_TEXTS, min_size=low, max_size=high)
        return _matching(facts["pattern"], low, high)
    if shape.type_name == "boolean":
        return st.booleans()
    if shape.type_name == "timestamp":
        return st.datetimes(_FIRST, _LAST, timezones=st.just(UTC))
    low, high = facts.get("min"), facts.get("max")
    if shape.type_name in _INTEGERS:
        most = 2 ** _INTEGERS[shape.type_name] - 1
        return st.integers(-most - 1 if low is None else low, most if high is None else high)
    if shape.type_name in ("float", "double"):
        single = shape.type_name == "float"
        return st.floats(low, high, allow_nan=False, allow_infinity=False, width=32 if single else 64)
    raise ValueError(f"no values of a {shape.type_name}")


@functools.cache
def _matching(pattern: str, low: int, high: int) -> st.SearchStrategy[str]:
    """Texts of a pattern; once a pattern, for those with classes of Unicode characters take long to make."""
    return st.from_regex(compile_pattern(pattern), fullmatch=True).filter(lambda text: low <= len(text) <= high)


def size(shape: Shape) -> tuple[int, int]:
    """The least and the largest length of a text, list or map."""
    return int(shape.metadata.get("min") or 0), int(shape.metadata.get("max", 1_000))
