"""The OpenAPI document of the control, made from its routes; `python -m simulator.server.openapi` prints it."""

from __future__ import annotations

import functools
from typing import Any

import msgspec

from simulator.server import messages
from simulator.server.control import PREFIX, ROUTES, Route
from simulator.version import __version__

_REFERENCE = "#/components/schemas/{name}"


@functools.cache
def document() -> dict[str, Any]:
    """The document, as plain data."""
    types = {each: None for route in ROUTES for each in (route.asked, route.answers) if each is not None}
    _, components = msgspec.json.schema_components([*types, messages.Fault], ref_template=_REFERENCE)
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(PREFIX + route.path, {})[route.method.lower()] = _operation(route, components)
    asked = {each.__name__ for each in (route.asked for route in ROUTES if route.method == "GET")}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "The control of a personalize-simulator server",
            "version": __version__,
            "description": "Its clock, journal and reports. The AWS services themselves answer beside it, on every "
            "other path, to clients of AWS.",
        },
        "paths": paths,
        "components": {"schemas": {name: each for name, each in components.items() if name not in asked}},
    }


def _operation(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    asked = schemas[route.asked.__name__]
    operation: dict[str, Any] = {
        "operationId": route.method.lower() + "".join(part.capitalize() for part in route.path.split("/")),
        "summary": route.summary,
    }
    if route.method == "GET":
        operation["parameters"] = [
            {"name": name, "in": "query", "required": name in asked["required"], **_described(schema)}
            for name, schema in asked["properties"].items()
        ]
    else:
        content = {"application/json": {"schema": _reference(route.asked)}}
        operation["requestBody"] = {"required": bool(asked["required"]), "content": content}
    answer = {"type": "object"} if route.answers is None else _reference(route.answers)
    fault = {"application/json": {"schema": _reference(messages.Fault)}}
    operation["responses"] = {
        "200": {"description": "Done.", "content": {"application/json": {"schema": answer}}},
        "4XX": {"description": "Refused, and why.", "content": fault},
    }
    return operation


def _described(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter's schema, its description beside it."""
    rest = dict(schema)
    return {"description": rest.pop("description"), "schema": rest}


def _reference(type_: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(name=type_.__name__)}


if __name__ == "__main__":
    print(msgspec.json.format(msgspec.json.encode(document())).decode())
