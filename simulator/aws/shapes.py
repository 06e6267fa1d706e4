"""Requests and answers of the three services, exactly as the botocore model on the machine describes them.

An `Operation` checks a decoded JSON request, turns its timestamps into microseconds, and writes answers and
errors in the protocol of its service. Everything is compiled once per operation from the model; nothing of the
model is repeated here.

Source: the service models shipped with botocore; for the sentences spec 09 err-013 and, where Personalize has
not been seen (elements of lists and maps, sensitive values), those of other AWS services in public reports.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel

from simulator.aws.constraints import Check, Shape, compile_check, microseconds

SERVICES = ("personalize", "personalize-events", "personalize-runtime")

# Errors which no operation declares and every operation may answer.
COMMON_ERRORS = frozenset(
    {"AccessDeniedException", "ThrottlingException", "UnknownOperationException", "ValidationException"}
)

Answer = tuple[int, dict[str, str], bytes]
_Rewrite = Callable[[Any], Any]
_Write = Callable[[object, str], object]


class ModelMismatch(AssertionError):
    """An answer of ours is not what the service model describes: our mistake, not the user's."""


class MalformedBody(ValueError):
    """The body of a request is not JSON that a service could read; its text says why."""


def decode(body: bytes) -> object:
    """The JSON value of a request's body; an empty body is an empty object.

    Raises MalformedBody for what is not JSON (NaN and Infinity included), not UTF-8, or nested too deeply.
    """
    if not body:
        return {}
    try:
        return _DECODER.decode(body.decode())
    except RecursionError:
        raise MalformedBody("nested too deeply") from None
    except ValueError as error:
        raise MalformedBody(str(error)) from None


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)


# --- timestamps --------------------------------------------------------------------------------------------


def _compile_parse(shape: Shape) -> _Rewrite | None:
    """A function that replaces the timestamps in a checked value; None where there are none."""
    if shape.type_name == "timestamp":
        return microseconds
    if shape.type_name == "list":
        element = _compile_parse(shape.member)
        return element and (lambda value: [element(item) for item in value])
    if shape.type_name == "map":
        inner = _compile_parse(shape.value)
        return inner and (lambda value: {name: inner(item) for name, item in value.items()})
    if shape.type_name != "structure":
        return None
    compiled = ((name, _compile_parse(member)) for name, member in shape.members.items())
    members = tuple((name, parse) for name, parse in compiled if parse is not None)

    def structure(value: dict[str, Any]) -> dict[str, Any]:
        value = dict(value)
        for name, parse in members:
            if (item := value.get(name)) is not None:
                value[name] = parse(item)
        return value

    return structure if members else None


# --- writing answers ---------------------------------------------------------------------------------------

_WRITTEN_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "timestamp": int,
    "float": (int, float),
    "double": (int, float),
    "list": (list, tuple),
    "map": dict,
    "structure": dict,
}
# The usual values, told by their exact type: a call less for each of many scores.
_AS_IT_IS: dict[str, tuple[type, ...]] = {"string": (str,), "integer": (int,), "double": (float,)}


def _compile_plain(shape: Shape) -> Callable[[object], bool]:
    """Whether a value is a list of structures of one form in which nothing is written otherwise, told at a glance."""
    if shape.type_name != "structure":
        return lambda value: False
    types = {name: frozenset(_AS_IT_IS.get(member.type_name, ())) for name, member in shape.members.items()}

    def plain(value: object) -> bool:
        if type(value) is not list or {*map(type, value)} != {dict}:
            return False
        forms = {*map(tuple, value)}
        if len(forms) != 1:
            return False
        [names] = forms
        return all(name in types and {*map(type, map(itemgetter(name), value))} <= types[name] for name in names)

    return plain


def _compile_write(shape: Shape) -> _Write:
    """A function from a value of ours to the JSON value of the wire."""
    kind = shape.type_name
    types = _WRITTEN_TYPES[kind]

    def expect(value: object, path: str) -> Any:
        if not isinstance(value, types) or (isinstance(value, bool) and kind != "boolean"):
            raise ModelMismatch(f"{path or 'the answer'} is a {kind}, not {value!r}")
        return value

    if kind == "structure":
        members = {
            name: (_AS_IT_IS.get(member.type_name, ()), _compile_write(member))
            for name, member in shape.members.items()
        }

        def structure(value: object, path: str) -> object:
            if type(value) is dict:
                for name, item in value.items():
                    if name not in members or type(item) not in members[name][0]:
                        break
                else:
                    return value  # nothing in it is written otherwise
            out = {}
            for name, item in expect(value, path).items():
                if name not in members:
                    raise ModelMismatch(f"{shape.name} has no member {name!r}")
                as_it_is, write = members[name]
                if type(item) in as_it_is:
                    out[name] = item
                elif item is not None:
                    out[name] = write(item, name)
            return out

        return structure
    if kind == "list":
        element = _compile_write(shape.member)
        plain = _compile_plain(shape.member)
        return lambda value, path: value if plain(value) else [element(item, path) for item in expect(value, path)]
    if kind == "map":
        inner = _compile_write(shape.value)
        key = _compile_write(shape.key)
        return lambda value, path: {key(name, path): inner(item, path) for name, item in expect(value, path).items()}
    if kind == "timestamp":
        return lambda value, path: expect(value, path) // 1000 / 1000  # milliseconds, as AWS keeps them
    return expect


# --- operations --------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, slots=True)
class Operation:
    """One operation of one service: what it takes, what it answers, which errors it declares.

    `errors` maps each declared error code to the HTTP status that it travels with. `subjects` are the members that
    may say what a request is about: the first that is required, or else any that holds an ARN.
    """

    service: str
    name: str
    protocol: str
    method: str
    path: str
    errors: Mapping[str, int]
    subjects: tuple[str, ...]
    _check: Check
    _parse: _Rewrite | None
    _write: _Write | None

    @property
    def content_type(self) -> str:
        """The Content-Type of its answers."""
        return _content_type(self.protocol)

    def problems(self, request: object) -> list[str]:
        """What is wrong with a raw request, a sentence each in AWS's wording; empty where nothing is.

        Never raises, whatever the JSON.
        """
        out: list[str] = []
        self._check(request, "", out)
        return out

    def parse(self, request: dict[str, Any]) -> dict[str, Any]:
        """A request without problems, its timestamps as int microseconds since 1970; the rest is as it came."""
        parsed: dict[str, Any] = request if self._parse is None else self._parse(request)
        return parsed

    def serialise(self, result: dict[str, Any]) -> bytes:
        """The body of an answer: compact JSON, timestamps (int microseconds) as seconds, None left out.

        Raises ModelMismatch for a member or a type which the model does not have.
        """
        if self._write is None:
            if result:
                raise ModelMismatch(f"{self.name} answers nothing, not {sorted(result)}")
            return b""
        try:
            return _ENCODER.encode(self._write(result, "")).encode()
        except (TypeError, ValueError) as error:
            raise ModelMismatch(f"{self.name}: {error}") from error

    def error(self, code: str, message: str) -> Answer:
        """Status, headers and body of an error answer.

        Raises ModelMismatch for a code which is neither declared by the operation nor common to all.
        """
        if code not in self.errors and code not in COMMON_ERRORS:
            raise ModelMismatch(f"{self.name} does not declare {code}")
        return _error_answer(self.protocol, code, message, self.errors.get(code, 400))


def unknown_operation(service: str) -> Answer:
    """The answer to a request that names no operation of the service (spec 09 err-050; status assumed)."""
    protocol = service_model(service).metadata["protocol"]
    return _error_answer(protocol, "UnknownOperationException", "", 400 if protocol == "json" else 404)


def _error_answer(protocol: str, code: str, message: str, status: int) -> Answer:
    headers = {"Content-Type": _content_type(protocol)}
    body = {"message": message}
    if protocol == "json":
        body = {"__type": code, **body}
    else:
        headers["x-amzn-ErrorType"] = code
    return status, headers, _ENCODER.encode(body).encode("utf-8", "backslashreplace")


def _content_type(protocol: str) -> str:
    return "application/x-amz-json-1.1" if protocol == "json" else "application/json"


def operation(service: str, name: str) -> Operation | None:
    """The operation of that name ("CreateSchema"), or None; raises ValueError for another service."""
    return _compile(service, name) if name in service_model(service).operation_names else None


def operation_for_path(service: str, method: str, path: str) -> Operation | None:
    """The operation which a method and path name ("POST", "/events"), or None.

    The control plane has one path for all operations, so there it is always None: see its X-Amz-Target header.
    """
    name = _paths(service).get((method, path))
    return None if name is None else _compile(service, name)


@functools.cache
def service_model(service: str) -> ServiceModel:
    """The botocore model of one of the services; raises ValueError for another."""
    if service not in SERVICES:
        raise ValueError(f"not a service of Amazon Personalize: {service}")
    # Only botocore's own data: models in the user's home directory would change the service under a test.
    loader = Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
    return ServiceModel(loader.load_service_model(service, "service-2"), service)


@functools.cache
def _paths(service: str) -> dict[tuple[str, str], str]:
    model = service_model(service)
    if model.metadata["protocol"] == "json":
        return {}
    https = {name: model.operation_model(name).http for name in model.operation_names}
    return {(http["method"], http["requestUri"]): name for name, http in https.items()}


def _subjects(request: Shape) -> tuple[str, ...]:
    texts = [name for name, member in request.members.items() if member.type_name == "string"]
    required = [name for name in request.required_members if name in texts]
    return tuple(required[:1] or (name for name in texts if name.endswith("Arn") and name != "filterArn"))


@functools.cache
def _compile(service: str, name: str) -> Operation:
    model: Any = service_model(service).operation_model(name)
    protocol = model.service_model.metadata["protocol"]
    errors = {
        shape.error_code: shape.metadata.get("error", {}).get("httpStatusCode", 400) for shape in model.error_shapes
    }
    output = model.output_shape
    return Operation(
        service=service,
        name=name,
        protocol=protocol,
        method=model.http["method"],
        path=model.http["requestUri"],
        errors=errors,
        subjects=_subjects(model.input_shape),
        _check=compile_check(model.input_shape),
        _parse=_compile_parse(model.input_shape),
        _write=_compile_write(output) if output is not None and output.members else None,
    )
