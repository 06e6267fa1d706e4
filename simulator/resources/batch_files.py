"""The files of batch jobs: JSON Lines in S3, answered into other files, a line for each.

A line that cannot be answered keeps its place in the output, with an error. Source: the guide, "Preparing input data
for batch recommendations" (spec 05, sections 12 and 13).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from simulator import errors
from simulator.resources.lookup import Request
from simulator.resources.world import Scope

_NOT_JSON = "The input is not valid JSON."

# How many lines are answered together, at most.
_TOGETHER = 64

_Given = TypeVar("_Given")
_Found = TypeVar("_Found")


class BadLine(ValueError):
    """A line that has no answer; the text says why and stands in the output."""


class TooManyLines(ValueError):
    """There are more lines in the input than a job takes; the text is the failure reason."""


Line = Mapping[str, Any]
AnswerLines = Callable[[Sequence[Line]], Sequence[dict[str, Any] | BadLine]]
WriteLine = Callable[[Any, dict[str, Any] | None, str | None], str]


@dataclass(frozen=True)
class BatchFile:
    """A file that is read or written: its key behind the job's folder, and its bytes."""

    name: str
    content: bytes


def read_input(scope: Scope, request: Request, kind: str, job_arn: str) -> tuple[BatchFile, ...]:
    """The files that a request's input path is the beginning of; checks the output path too.

    `kind` is the part of the quotas' names that says of which jobs they are. Raises `INVALID_S3_INPUT_PATH`,
    `INVALID_S3_OUTPUT_PATH`, `TOO_MANY_INPUT_FILES`, `TOO_MUCH_INPUT` and the refusals of the role.
    """
    source = request["jobInput"]["s3DataSource"]["path"]
    destination = request["jobOutput"]["s3DataDestination"]["path"]
    role_arn = request["roleArn"]
    try:
        objects = scope.platform.objects(scope.home, source)
        bucket, _, prefix = source.removeprefix("s3://").partition("/")
        for key, _ in objects:
            scope.platform.check_access(scope.home, role_arn, "read", f"s3://{bucket}/{key}", job_arn)
    except errors.ServiceError as refusal:
        raise _worded(refusal, errors.INVALID_S3_INPUT_PATH) from None
    folder = prefix[: prefix.rfind("/") + 1]
    files = tuple(BatchFile(key.removeprefix(folder), content) for key, content in objects)
    quotas = scope.world.quotas
    if len(files) > quotas[f"files_of_a_{kind}_job"]:
        raise errors.TOO_MANY_INPUT_FILES(count=len(files), limit=quotas[f"files_of_a_{kind}_job"])
    size = sum(len(file.content) for file in files)
    if size > quotas[f"bytes_of_a_{kind}_job"]:
        raise errors.TOO_MUCH_INPUT(size=size, limit=quotas[f"bytes_of_a_{kind}_job"])
    if destination.rstrip("/") == source.rstrip("/"):
        raise errors.INVALID_S3_OUTPUT_PATH()
    _check_output(scope, role_arn, _output(destination, _answered_name(files[0])), job_arn)
    return files


def answered(
    files: Sequence[BatchFile], limit: int, per_file: bool, answer_lines: AnswerLines, write: WriteLine
) -> tuple[BatchFile, ...]:
    """The output of an input: for each file one of its name with .out behind it, for each line one in its place.

    Lines without anything but blanks are passed over. Raises TooManyLines if there are more than `limit` (in a file,
    if it is `per_file`).
    """
    lines = [[line for line in file.content.splitlines() if line.strip()] for file in files]
    counts = [len(each) for each in lines]
    count = max(counts) if per_file else sum(counts)
    if count > limit:
        raise TooManyLines(errors.TOO_MANY_BATCH_RECORDS.format(count=count, limit=limit))
    return tuple(
        BatchFile(_answered_name(file), b"".join(_answered(each, answer_lines, write)))
        for file, each in zip(files, lines, strict=True)
    )


def write_output(scope: Scope, role_arn: str, destination: str, files: Sequence[BatchFile], job_arn: str) -> None:
    """Writes files into a folder of S3. Raises the refusals of the place and of the role."""
    for file in files:
        place = _output(destination, file.name)
        _check_output(scope, role_arn, place, job_arn)
        scope.platform.write(scope.home, place, file.content)


def compact(value: Any) -> str:
    """JSON without spaces."""
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        return _COMPACT.encode(value)  # which leaves a lone surrogate as it is


def spaced(value: Any) -> str:
    """JSON with a space behind each comma and colon."""
    return _SPACED.encode(value)


def text_of(line: Line, name: str) -> str:
    """A text that a line must have; raises BadLine."""
    value = line.get(name)
    if not isinstance(value, str) or not value:
        raise BadLine(f"The input has no {name}, or it is not a string.")
    return value


def texts_of(line: Line, name: str) -> Mapping[str, str]:
    """A map of texts that a line may have, empty if it has none; raises BadLine."""
    values = line.get(name, {})
    if not isinstance(values, dict) or not all(isinstance(each, str) for each in values.values()):
        raise BadLine(f"The input's {name} is not a map of strings.")
    return values


def each_or_fault(function: Callable[[_Given], _Found], lines: Iterable[_Given]) -> list[_Found | BadLine]:
    """What a function makes of each line, or why it makes nothing of it."""
    found: list[_Found | BadLine] = []
    for line in lines:
        try:
            found.append(function(line))
        except BadLine as fault:
            found.append(fault)
    return found


def _answered(raws: Sequence[bytes], answer_lines: AnswerLines, write: WriteLine) -> Iterator[bytes]:
    """A line of output for each of the input, some at a time."""
    for begin in range(0, len(raws), _TOGETHER):
        some = (raw.decode("utf-8", "replace") for raw in raws[begin : begin + _TOGETHER])
        texts = [text.removeprefix("\ufeff").strip() for text in some]
        lines = each_or_fault(_parsed, texts)
        answers = iter(answer_lines([line for line in lines if not isinstance(line, BadLine)]))
        for text, line in zip(texts, lines, strict=True):
            shown, answer = (text, line) if isinstance(line, BadLine) else (line, next(answers))
            yield _written(text, shown, answer, write)


def _written(text: str, line: Any, answer: dict[str, Any] | BadLine, write: WriteLine) -> bytes:
    try:
        written = write(line, None, str(answer)) if isinstance(answer, BadLine) else write(line, answer, None)
    except RecursionError:
        written = write(text, None, _NOT_JSON)
    # A lone surrogate, which only an escape in the input can make, is written as that escape.
    return written.encode("utf-8", "backslashreplace") + b"\n"


def _parsed(text: str) -> Line:
    try:
        line = _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise BadLine(_NOT_JSON) from None
    if not isinstance(line, dict):
        raise BadLine("The input is not a JSON object.")
    return line


def _number(text: str) -> float:
    """A number of JSON. Raises ValueError for what is none, such as NaN, or is beyond all floats."""
    found = float(text)
    if not math.isfinite(found):
        raise ValueError(text)
    return found


def _check_output(scope: Scope, role_arn: str, place: str, job_arn: str) -> None:
    try:
        scope.platform.check_access(scope.home, role_arn, "write", place, job_arn)
    except errors.ServiceError as refusal:
        raise _worded(refusal, errors.INVALID_S3_OUTPUT_PATH) from None


def _worded(refusal: errors.ServiceError, invalid: errors.Refusal) -> errors.ServiceError:
    """The refusal of a place in S3 that does not exist, in the words of batch jobs; other refusals stay."""
    return invalid() if refusal.message.startswith(errors.INVALID_DATA_LOCATION.wording) else refusal


def _answered_name(file: BatchFile) -> str:
    return f"{file.name}.out"


def _output(destination: str, name: str) -> str:
    return f"{destination.rstrip('/')}/{name}"


_DECODER = json.JSONDecoder(parse_float=_number, parse_constant=_number)
_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_SPACED = json.JSONEncoder(ensure_ascii=False)
