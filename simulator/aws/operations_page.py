"""The page of operations: what each does here and what it does not, made of the code itself.

`python -m simulator.aws.operations_page` prints it; it is kept as docs/operations.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.aws.shapes import SERVICES, service_model
from simulator.resources.families import OPERATIONS
from simulator.resources.operations import Members, Operation

_HEAD = """\
# Operations

Made of the code by `python -m simulator.aws.operations_page > docs/operations.md`; a test fails when it is stale.
An operation behaves as the API reference says; what is worth knowing beside stands in the second column. In the last
column a member in code is refused with a `ValidationException` that names it; the rest has no effect, and a request
that asks for it gets a `NotSimulatedWarning`. [The rules](rules.md) say which input is refused, and how.
"""


def page() -> str:
    """The page, in Markdown: a table a service."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield _HEAD
    for service in SERVICES:
        model = service_model(service)
        names = sorted(model.operation_names)
        simulated = sum(name in OPERATIONS for name in names)
        yield f"## {service}: {simulated} of {len(names)}\n"
        yield "| operation | behaviour | not simulated |"
        yield "| --- | --- | --- |"
        for name in names:
            operation = OPERATIONS.get(name)
            if operation is None:
                yield f"| {name} | | the operation |"
            else:
                shape = model.operation_model(name).input_shape
                yield f"| {name} | {_behaviour(name, operation)} | {_gaps(operation, shape)} |"
        yield ""


def _behaviour(name: str, operation: Operation) -> str:
    """The first paragraph of the docstring, less the operation's name."""
    text = " ".join((operation.call.__doc__ or "").partition("\n\n")[0].split())
    return text.removeprefix(name).lstrip(":;, ").removesuffix(".")


def _gaps(operation: Operation, shape: Any) -> str:
    members = [f"`{path}`" for path in _missing(operation.members, shape)]
    return "; ".join([*members, operation.note] if operation.note else members)


def _missing(members: Members, shape: Any, path: str = "") -> Iterator[str]:
    while shape.type_name == "list":
        shape = shape.member
    for name, member in shape.members.items():
        here = f"{path}.{name}" if path else name
        if name not in members.inside:
            yield here
        elif (within := members.inside[name]) is not None:
            yield from _missing(within, member, here)


if __name__ == "__main__":
    print(page(), end="")
