"""The results of runs as data: what `personalize-simulator run --json` writes. The fields are the format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec import Struct, field

from simulator.scenario.loaded import Scenario
from simulator.scenario.model import Expectation
from simulator.scenario.outcome import Checked, Event, Listener, Outcome, ScenarioFailed, StepBegan, StepEnded
from simulator.scenario.yaml_text import ScenarioInvalid
from simulator.version import __version__

Ending: TypeAlias = Literal["held", "failed", "invalid"]


class ExpectationResult(Struct, frozen=True, kw_only=True):
    """Something that was expected, and what was found."""

    comparison: str  # its name in the file; `raises` for an error; of a wait `becomes` or `seen`
    value: str | None  # the JMESPath of what was compared; null for an error and of a wait
    held: bool
    found: Any
    wanted: Any  # with what it refers to filled in
    difference: str | None  # how they differ, null if it held
    rule: str | None  # its own, or its step's
    source: str | None
    file: str
    line: int


class StepResult(Struct, frozen=True, kw_only=True):
    """A step; those after the one that failed are not played."""

    number: int  # from 1
    title: str
    ending: Literal["held", "failed", "not_played"]
    file: str  # another than the scenario's for an included step
    line: int
    began: datetime | None = None  # virtual time
    ended: datetime | None = None
    seconds: float | None = None  # real ones
    calls: int | None = None
    rule: str | None = None
    source: str | None = None
    expectations: list[ExpectationResult] = field(default_factory=list)


class Failure(Struct, frozen=True, kw_only=True):
    """Why a scenario did not hold: the step, and the lines of its report by name."""

    step: int
    title: str
    file: str
    line: int
    now: datetime  # virtual time
    report: str  # all of it as text
    row: str | None = None  # of a repeated call
    request: str | None = None
    answer: Any = None
    error: str | None = None
    expected: str | None = None
    difference: str | None = None
    rule: str | None = None
    source: str | None = None


class Fault(Struct, frozen=True, kw_only=True):
    """Why a file makes no sense, or cannot be run."""

    message: str  # with the place
    line: int | None = None
    column: int | None = None


class ScenarioResult(Struct, frozen=True, kw_only=True):
    """One scenario; of a file that makes no sense, the file."""

    file: str
    line: int
    title: str  # of a case: its file's, and its own
    ending: Ending
    rules: list[str] = field(default_factory=list)  # all that it names, in order
    source: str | None = None
    marks: list[str] = field(default_factory=list)
    began: datetime | None = None  # virtual time
    ended: datetime | None = None
    seconds: float = 0.0  # real ones
    calls: int = 0
    steps: list[StepResult] = field(default_factory=list)
    failure: Failure | None = None  # if it did not hold
    fault: Fault | None = None  # if it makes no sense


class Results(Struct, frozen=True, kw_only=True):
    """The results of one `run`."""

    format: Literal[1] = 1
    simulator: str = __version__
    ending: Ending  # the worst of all
    interrupted: bool = False  # by Ctrl-C: what was not played is not here
    held: int
    failed: int
    invalid: int
    seconds: float  # real ones
    scenarios: list[ScenarioResult]


@dataclass(frozen=True)
class Played:
    """A scenario that was played: its result, and its outcome or why there is none."""

    result: ScenarioResult
    outcome: Outcome | None = None
    fault: Exception | None = None


def results_of(scenarios: Sequence[ScenarioResult], seconds: float, *, interrupted: bool = False) -> Results:
    """The results of a run, from those of its scenarios in their order."""
    endings = [each.ending for each in scenarios]
    worst: Ending = "invalid" if "invalid" in endings else "failed" if "failed" in endings else "held"
    return Results(
        ending=worst,
        interrupted=interrupted,
        held=endings.count("held"),
        failed=endings.count("failed"),
        invalid=endings.count("invalid"),
        seconds=_rounded(seconds),
        scenarios=list(scenarios),
    )


def as_json(results: Results) -> bytes:
    """The results as JSON, indented; what JSON has no way to write (NaN) is null in it."""
    return msgspec.json.format(msgspec.json.encode(_encodable(msgspec.to_builtins(results)))) + b"\n"


def _encodable(value: Any) -> Any:
    """Plain data whose texts are all UTF-8: lone surrogates, which JSON Lines can hold, are escaped."""
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    if isinstance(value, list):
        return [_encodable(each) for each in value]
    if isinstance(value, dict):
        return {_encodable(name): _encodable(each) for name, each in value.items()}
    return value


def unreadable(fault: ScenarioInvalid) -> Played:
    """The result of a file that makes no sense."""
    told = Fault(message=str(fault), line=fault.line, column=fault.column)
    result = ScenarioResult(file=fault.file, line=fault.line or 1, title=fault.file, ending="invalid", fault=told)
    return Played(result, fault=fault)


def record(
    scenario: Scenario, play: Callable[[Scenario, Listener], Outcome], listener: Listener | None = None
) -> Played:
    """Plays a scenario and keeps what happens; the listener hears of it too.

    What `play` raises because of the scenario, or of how it is to be played, is kept: ScenarioFailed, and
    ScenarioInvalid, SavedWorldError, ValueError and OSError, which make it invalid.
    """
    from simulator.saving import SavedWorldError

    recorder = _Recorder(scenario, listener)
    try:
        outcome = play(scenario, recorder.hear)
    except ScenarioFailed as failure:
        return Played(recorder.failed(failure), fault=failure)
    except BrokenPipeError:  # who reads the output has gone: that is no fault of the scenario's
        raise
    except (ScenarioInvalid, SavedWorldError, ValueError, OSError) as fault:
        return Played(recorder.invalid(fault), fault=fault)
    return Played(recorder.held(outcome), outcome)


class _Recorder:
    """Keeps what a run tells, step by step."""

    def __init__(self, scenario: Scenario, listener: Listener | None) -> None:
        from freezegun import api

        self._scenario = scenario
        self._listener = listener
        self._clock: Callable[[], float] = api.real_perf_counter  # inside a simulation all others stand still
        self._began = self._step_began = self._clock()
        self._steps: list[StepResult] = []
        self._expectations: list[ExpectationResult] = []
        self._now: list[datetime] = []

    def hear(self, event: Event) -> None:
        if isinstance(event, StepBegan):
            self._now.append(event.now)
            self._step_began, self._expectations = self._clock(), []
        elif isinstance(event, Checked):
            self._expectations.append(self._expectation(event))
        elif isinstance(event, StepEnded):
            self._steps.append(self._step(event.number, "held", event.now, event.calls))
        if self._listener is not None:
            self._listener(event)

    def held(self, outcome: Outcome) -> ScenarioResult:
        return self._result("held", ended=outcome.ended, calls=outcome.calls)

    def failed(self, failure: ScenarioFailed) -> ScenarioResult:
        self._steps.append(self._step(failure.number, "failed", failure.now, None))
        scenario = self._scenario
        self._steps += [self._not_played(number) for number in range(failure.number + 1, len(scenario.steps) + 1)]
        told = Failure(
            step=failure.number,
            title=failure.step.title,
            file=scenario.file_of(failure.number - 1),
            line=failure.line,
            now=failure.now,
            report=str(failure),
            **failure.faults,
        )
        return self._result("failed", ended=failure.now, failure=told)

    def invalid(self, fault: Exception) -> ScenarioResult:
        place = (fault.line, fault.column) if isinstance(fault, ScenarioInvalid) else (None, None)
        return self._result("invalid", fault=Fault(message=str(fault), line=place[0], column=place[1]))

    def _result(self, ending: Ending, *, calls: int | None = None, **more: Any) -> ScenarioResult:
        scenario = self._scenario
        return ScenarioResult(
            file=scenario.file,
            line=scenario.line,
            title=scenario.title,
            ending=ending,
            rules=scenario.rules(),
            source=scenario.source,
            marks=scenario.marks,
            began=self._now[0] if self._now else None,
            seconds=_rounded(self._clock() - self._began),
            calls=sum(step.calls or 0 for step in self._steps) if calls is None else calls,
            steps=self._steps,
            **more,
        )

    def _step(self, number: int, ending: Literal["held", "failed"], now: datetime, calls: int | None) -> StepResult:
        return msgspec.structs.replace(
            self._not_played(number),
            ending=ending,
            began=self._now[number - 1],
            ended=now,
            seconds=_rounded(self._clock() - self._step_began),
            calls=calls,
            expectations=self._expectations,
        )

    def _not_played(self, number: int) -> StepResult:
        scenario, index = self._scenario, number - 1
        step = scenario.steps[index]
        return StepResult(
            number=number,
            title=step.title,
            ending="not_played",
            file=scenario.file_of(index),
            line=scenario.place("steps", index).line,
            rule=step.rule,
            source=step.source,
        )

    def _expectation(self, event: Checked) -> ExpectationResult:
        scenario, index = self._scenario, event.number - 1
        step = scenario.steps[index]
        own: Expectation | None = None
        if event.path[2] == "expect":
            own = step.expect[int(event.path[3])]
        return ExpectationResult(
            comparison=event.comparison,
            value=None if own is None else own.value,
            held=event.difference is None,
            found=event.found,
            wanted=event.wanted,
            difference=event.difference,
            rule=step.rule if own is None or own.rule is None else own.rule,
            source=step.source if own is None or own.source is None else own.source,
            file=scenario.file_of(index),
            line=scenario.place(*event.path).line,
        )


def _rounded(seconds: float) -> float:
    return round(seconds, 6)
