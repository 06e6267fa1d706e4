"""What batch inference and batch segment jobs have in common: JSON Lines in S3, answered line by line.

The input's bytes are those of the create call. The answers are found when the job becomes IN_PROGRESS, and written
when it ends. Source: the guide, "Getting batch recommendations and user segments" (spec 05, sections 12 and 13).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator import errors
from simulator.resources import lifecycle
from simulator.resources.lookup import Answer, Request, times
from simulator.resources.world import ACTIVE, FAILED, Record, Scope

DEFAULT_RESULTS = 25
_NOT_JSON = "The input is not valid JSON."

Line = Mapping[str, Any]
AnswerLine = Callable[[Line], dict[str, Any]]
WriteLine = Callable[[Any, dict[str, Any] | None, str | None], str]


class BadLine(ValueError):
    """A line that has no answer; the text says why and stands in the output."""


@dataclass(frozen=True)
class BatchFile:
    """A file that is read or written: its key behind the job's folder, and its bytes."""

    name: str
    content: bytes


@dataclass
class BatchJob(Record):
    """A batch job. `files` are its input until it runs, then its output until it has ended.

    `source` and `destination` are as the request gave them. `fault` is why the job will fail, once that is known.
    """

    solution_version_arn: str
    filter_arn: str | None
    num_results: int
    source: Mapping[str, str]
    destination: Mapping[str, str]
    role_arn: str
    files: tuple[BatchFile, ...]
    fault: str | None = field(default=None, kw_only=True)

    @property
    def parents(self) -> tuple[str, ...]:
        """Its solution version, and its filter if it has one."""
        return (self.solution_version_arn, *filter(None, [self.filter_arn]))

    def description(self) -> Answer:
        """What the two families show of a job alike."""
        return {
            "jobName": self.name,
            "filterArn": self.filter_arn,
            "solutionVersionArn": self.solution_version_arn,
            "numResults": self.num_results,
            "jobInput": {"s3DataSource": self.source},
            "jobOutput": {"s3DataDestination": self.destination},
            "roleArn": self.role_arn,
            **times(self),
        }


def results(scope: Scope, request: Request, quota: str) -> int:
    """How many results a request asks for each line; raises `BATCH_RESULTS_OUT_OF_RANGE`."""
    asked: int = request.get("numResults", DEFAULT_RESULTS)
    limit = scope.world.quotas[quota]
    if not 1 <= asked <= limit:
        raise errors.BATCH_RESULTS_OUT_OF_RANGE(limit=limit, asked=asked)
    return asked


def read_input(scope: Scope, request: Request, kind: str, job_arn: str) -> tuple[BatchFile, ...]:
    """The files that a request's input path is the beginning of; checks the output path too.

    `kind` names the quotas. Raises `INVALID_S3_INPUT_PATH`, `INVALID_S3_OUTPUT_PATH`, `TOO_MANY_INPUT_FILES`,
    `TOO_MUCH_INPUT` and the refusals of the role.
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


def answer(job: BatchJob, limit: int, per_file: bool, answer_line: AnswerLine, write: WriteLine) -> None:
    """Turns a job's input into its output; or notes its fault if there are more than `limit` lines (in a file)."""
    lines = [[line for line in file.content.splitlines() if line.strip()] for file in job.files]
    counts = [len(each) for each in lines]
    count = max(counts) if per_file else sum(counts)
    if count > limit:
        fail(job, errors.TOO_MANY_BATCH_RECORDS.format(count=count, limit=limit))
        return
    job.files = tuple(
        BatchFile(_answered_name(file), b"".join(_answered(line, answer_line, write) for line in each))
        for file, each in zip(job.files, lines, strict=True)
    )


def fail(job: BatchJob, reason: str) -> None:
    """Notes that a job will fail: nothing of it will be written."""
    job.files, job.fault = (), reason


def finish(scope: Scope, job: BatchJob) -> None:
    """The output is in S3 and the job ACTIVE, or it has failed for its fault or for what has changed in S3."""
    files, job.files = job.files, ()
    fault, job.fault = job.fault, None
    if fault is None:
        try:
            for file in files:
                place = _output(job.destination["path"], file.name)
                _check_output(scope, job.role_arn, place, job.arn)
                scope.platform.write(scope.home, place, file.content)
        except errors.ServiceError:
            fault = errors.EXPORT_FAILED
    lifecycle.change(scope, job, ACTIVE if fault is None else FAILED, fault)


def compact(value: Any) -> str:
    """JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def spaced(value: Any) -> str:
    """JSON with a space behind each comma and colon."""
    return json.dumps(value, ensure_ascii=False)


def text_of(line: Line, name: str) -> str:
    """A text that a line must have; raises BadLine."""
    value = line.get(name)
    if not isinstance(value, str) or not value:
        raise BadLine(f"The input has no {name}, or it is not a string.")
    return value


def _answered(raw: bytes, answer_line: AnswerLine, write: WriteLine) -> bytes:
    text = raw.decode("utf-8", "replace").removeprefix("\ufeff").strip()
    line: Any = text
    try:
        line = _parsed(text)
        written = write(line, answer_line(line), None)
    except BadLine as fault:
        written = write(line, None, str(fault))
    except RecursionError:
        written = write(text, None, _NOT_JSON)
    # A lone surrogate, which only an escape in the input can make, is written as that escape.
    return written.encode("utf-8", "backslashreplace") + b"\n"


def _parsed(text: str) -> Line:
    try:
        line = json.loads(text)
    except ValueError:
        raise BadLine(_NOT_JSON) from None
    if not isinstance(line, dict):
        raise BadLine("The input is not a JSON object.")
    if "context" in line:
        raise BadLine(errors.not_simulated("context in the input of a batch job").message)
    return line


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
