"""Plays a scenario: boto3 calls in a simulation, step by step, until the end or the first that does not hold."""

from __future__ import annotations

import csv
import difflib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import jmespath
from jmespath.exceptions import JMESPathError

from simulator.scenario.answers import instant, plain
from simulator.scenario.comparisons import brief, comparison_of, difference, same
from simulator.scenario.interactions import UnusableData, interactions_from
from simulator.scenario.model import Expectation, Read, Refusal, Scenario, Step, WaitUntil, step_path
from simulator.scenario.outcome import Listener, Outcome, Overrides, ScenarioFailed, StepBegan, StepEnded
from simulator.scenario.references import NoSuchValue, filled
from simulator.scenario.yaml_text import ScenarioInvalid

if TYPE_CHECKING:
    from simulator.simulation import Simulation, simulate

_MOST_POLLS = 100_000


class _Fault(Exception):
    """Why a step does not hold: the lines of the report, by name."""

    def __init__(self, **lines: Any) -> None:
        super().__init__()
        self.lines = lines


def run(
    scenario: Scenario, listener: Listener | None = None, overrides: Overrides | None = None
) -> Outcome:
    """Runs a scenario in a simulation of its own; the listener hears of every step that begins and ends.

    Raises ScenarioFailed at the first step that does not hold, ScenarioInvalid if the scenario names an operation
    or a CSV file that there is not, ValueError for an override that makes no sense.
    """
    overrides = overrides or Overrides()
    tell = listener or (lambda event: None)
    with _simulation(scenario, overrides) as simulation:
        began = simulation.clock.now()
        story = _Story(scenario, simulation, overrides)
        story.check_calls()
        total = len(scenario.content.steps)
        for index, step in enumerate(scenario.content.steps):
            tell(StepBegan(index + 1, total, step, simulation.clock.now()))
            before = story.calls
            story.play(index, step)
            tell(StepEnded(index + 1, total, step, simulation.clock.now(), story.calls - before))
        return Outcome(scenario, began, simulation.clock.now(), story.calls, story.saved)


def _simulation(scenario: Scenario, overrides: Overrides) -> simulate:
    from simulator.simulation import simulate

    options = scenario.content.simulate
    durations = options.durations if overrides.durations is None else overrides.durations
    try:
        return simulate(
            options.start,
            seed=options.seed if overrides.seed is None else overrides.seed,
            durations=durations
            if isinstance(durations, str)
            else {name: length.timedelta() for name, length in durations.items()},
            training=options.training,
            region=options.region,
        )
    except ValueError as fault:
        if overrides.durations is not None:
            raise
        raise scenario.document.invalid(("simulate", "durations"), str(fault)) from None


class _Story:
    """A run under way: the clients, what has been saved, and the calls made so far."""

    def __init__(self, scenario: Scenario, simulation: Simulation, overrides: Overrides) -> None:
        self.saved: dict[str, Any] = {}
        self.calls = 0
        self._scenario = scenario
        self._simulation = simulation
        self._overrides = overrides
        self._clients = self._made()

    def _made(self) -> dict[str, Any]:
        import boto3

        session = boto3.Session()
        return {service: session.client(service) for service in sorted({call for _, call in self._named()})}

    def _named(self) -> Iterator[tuple[int, str]]:
        for index, step in enumerate(self._scenario.content.steps):
            for call in (step.call, step.wait_until.call if step.wait_until else None):
                if call is not None:
                    yield index, call.partition(".")[0]

    def check_calls(self) -> None:
        """Raises ScenarioInvalid for a call that boto3 does not have, before the first is made."""
        for index, step in enumerate(self._scenario.content.steps):
            for call, path in ((step.call, ("call",)), (step.wait_until and step.wait_until.call, ("wait_until", "call"))):
                if call is None:
                    continue
                service, _, operation = call.partition(".")
                operations = self._clients[service].meta.method_to_api_mapping
                if operation not in operations:
                    close = difflib.get_close_matches(operation, list(operations), n=1)
                    meant = f"; is {close[0]} meant?" if close else ""
                    message = f"boto3's {service} client has no operation {operation}{meant}"
                    raise self._scenario.document.invalid(step_path(index, *path), message)

    def play(self, index: int, step: Step) -> None:
        """Does what a step says. Raises ScenarioFailed, with the report, if it does not hold."""
        from botocore.exceptions import BotoCoreError, ClientError

        from simulator.clock import SimulatorError

        try:
            with self._data_at(index):
                self._play(step)
        except _Fault as fault:
            raise self._failed(index, fault.lines) from None
        except ClientError as fault:
            # Not one that a step waits for: those are caught where the call is made.
            raise self._failed(index, {"error": str(fault)}) from fault
        except (BotoCoreError, SimulatorError, NoSuchValue) as fault:
            raise self._failed(index, {"error": f"{type(fault).__name__}: {fault}"}) from fault

    def _failed(self, index: int, lines: Mapping[str, Any]) -> ScenarioFailed:
        return ScenarioFailed(self._scenario, index, self._simulation.clock.now(), lines)

    @contextmanager
    def _data_at(self, index: int) -> Iterator[None]:
        try:
            yield
        except UnusableData as fault:
            if self._overrides.ratings is not None:
                raise ScenarioInvalid(str(fault), "--ratings") from None
            path = step_path(index, "data")
            raise self._scenario.document.invalid(path, str(fault)) from None

    def _play(self, step: Step) -> None:
        if step.tick is not None:
            self._simulation.clock.tick(step.tick.timedelta())
        elif step.move_to is not None:
            self._move_to(filled(step.move_to, self.saved))
        elif step.repeat is not None:
            self._repeat(step)
        else:
            request, answer = self._act(step)
            self._hold(step, request, answer, self.saved)

    def _move_to(self, moment: Any) -> None:
        try:
            self._simulation.clock.move_to(moment)
        except (ValueError, TypeError) as fault:
            raise _Fault(error=f"the clock cannot be moved to {moment!r}: {fault}") from None

    def _act(self, step: Step) -> tuple[Mapping[str, Any] | None, Any]:
        """The request of a step, if it makes one, and its answer."""
        if step.call is not None:
            return self._call(step, self.saved)
        if step.wait_until is not None:
            return self._wait(filled(step.wait_until, self.saved))
        if step.data is not None:
            folder = os.path.dirname(self._scenario.file)
            return None, interactions_from(step.data, self._simulation.seed, folder, self._overrides.ratings)
        if step.read is not None:
            return None, _read(filled(step.read, self.saved))
        return None, self.saved

    def _repeat(self, step: Step) -> None:
        assert step.repeat is not None
        rows = filled(step.repeat.over, self.saved)
        if not isinstance(rows, list):
            raise _Fault(error=f"there are no rows to repeat over: {step.repeat.over} is {brief(rows)}")
        for number, row in enumerate(rows, start=1):
            saved = {**self.saved, step.repeat.as_: row}
            try:
                request, answer = self._call(step, saved)
                self._hold(step, request, answer, saved)
            except _Fault as fault:
                raise _Fault(row=f"{number} of {len(rows)}: {brief(row)}", **fault.lines) from None

    def _call(self, step: Step, saved: Mapping[str, Any]) -> tuple[Mapping[str, Any], Any]:
        assert step.call is not None
        request = filled(step.with_, saved)
        answer, error = self._asked(step.call, request)
        if step.raises is None:
            if error is not None:
                raise _Fault(request=_shown(step.call, request), error=f"{error['code']}: {error['message']}")
            return request, answer
        wrong = "no error came" if error is None else _wrong_error(filled(step.raises, saved), error)
        if wrong is not None:
            raise _Fault(
                request=_shown(step.call, request),
                **({"answer": _without_metadata(answer)} if error is None else {}),
                expected=_wanted(filled(step.raises, saved)),
                difference=wrong,
                **_origin(step, None),
            )
        return request, error

    def _asked(self, call: str, request: Mapping[str, Any]) -> tuple[Any, dict[str, str] | None]:
        """The answer to a call, or the code and message of its error."""
        from botocore.exceptions import BotoCoreError, ClientError

        service, _, operation = call.partition(".")
        method: Callable[..., Any] = getattr(self._clients[service], operation)
        self.calls += 1
        try:
            return plain(method(**request)), None
        except ClientError as fault:
            error = fault.response["Error"]
            return None, {"code": error.get("Code", ""), "message": error.get("Message", "")}
        except BotoCoreError as fault:
            return None, {"code": type(fault).__name__, "message": str(fault)}

    def _wait(self, wait: WaitUntil) -> tuple[Mapping[str, Any], Any]:
        """Calls until the answer is what is waited for, moving the clock in between."""
        clock = self._simulation.clock
        deadline = clock.now() + wait.within.timedelta()
        seen: list[Any] = []
        for _ in range(_MOST_POLLS):
            answer, error = self._asked(wait.call, wait.with_)
            if wait.value is not None and error is None:
                value = _search(wait.value, answer)
                if not seen or not same(seen[-1], value):
                    seen.append(value)
                if same(value, wait.equals):
                    self._check_seen(wait, seen, answer)
                    return wait.with_, answer
            elif error is not None and (wait.raises is None or _wrong_error(wait.raises, error) is not None):
                raise _Fault(request=_shown(wait.call, wait.with_), error=f"{error['code']}: {error['message']}")
            elif error is not None:
                return wait.with_, error
            if clock.now() + wait.every.timedelta() > deadline:
                break
            clock.tick(wait.every.timedelta())
        waited: timedelta = wait.within.timedelta()
        raise _Fault(
            request=_shown(wait.call, wait.with_),
            answer=_without_metadata(answer),
            expected=f"{wait.value} becomes {brief(wait.equals)}" if wait.raises is None else _wanted(wait.raises),
            difference=f"not within {waited}; seen: {brief(seen)}",
        )

    def _check_seen(self, wait: WaitUntil, seen: list[Any], answer: Any) -> None:
        if wait.seen is not None and not same(seen, wait.seen):
            raise _Fault(
                request=_shown(wait.call, wait.with_),
                answer=_without_metadata(answer),
                expected=f"{wait.value} passes through {brief(wait.seen)}",
                difference=f"it passed through {brief(seen)}",
            )

    def _hold(
        self, step: Step, request: Mapping[str, Any] | None, answer: Any, saved: Mapping[str, Any]
    ) -> None:
        """Saves what a step saves, and checks what it expects."""
        seen: dict[str, Any] = {}
        if request is not None:
            called = step.call or (step.wait_until.call if step.wait_until else "")
            seen = {"request": _shown(called, request), "answer": _without_metadata(answer)}
        found = {name: _search(expression, answer) for name, expression in step.save.items()}
        for name, value in found.items():
            if value is None:
                raise _Fault(**seen, error=f"there is nothing to save as {name}: {step.save[name]} finds null")
        self.saved.update(found)
        for expectation in step.expect:
            [name] = comparison_of(expectation)
            expected = filled(getattr(expectation, name), {**saved, **found})
            actual = _search(expectation.value, {**answer, **found} if answer is self.saved else answer)
            wrong = difference(name, actual, expected)
            if wrong is not None:
                raise _Fault(
                    **seen,
                    expected=_claim(expectation, name),
                    difference=wrong,
                    **_origin(step, expectation),
                )


def _read(read: Read) -> Any:
    if not isinstance(read.text, str):
        raise _Fault(error=f"this is no text to read: {brief(read.text)}")
    lines = read.text.splitlines()
    return lines if read.as_ == "lines" else list(csv.DictReader(lines))


def _search(expression: str, value: Any) -> Any:
    try:
        return jmespath.search(expression, value)
    except JMESPathError as fault:
        raise _Fault(error=f"{expression} cannot be applied: {str(fault).splitlines()[0]}") from None


def _wrong_error(wanted: Refusal, error: Mapping[str, str]) -> str | None:
    got = f"{error['code']}: {error['message']}"
    if error["code"] != wanted.code:
        return f"the error was {got}"
    if wanted.message is not None and error["message"] != wanted.message:
        return f"the message was {error['message']!r}"
    if wanted.contains is not None and wanted.contains not in error["message"]:
        return f"the message was {error['message']!r}"
    return None


def _wanted(refusal: Refusal) -> str:
    words = [f"the error {refusal.code}"]
    if refusal.message is not None:
        words.append(f"with the message {refusal.message!r}")
    if refusal.contains is not None:
        words.append(f"with {refusal.contains!r} in its message")
    return " ".join(words)


def _claim(expectation: Expectation, name: str) -> str:
    what = "the answer" if expectation.value == "@" else expectation.value
    expected = plain_claim(getattr(expectation, name))
    return f"{what} {name.replace('_', ' ')} {expected}"


def plain_claim(expected: Any) -> str:
    """What a comparison expects, as it is written in the file."""
    import msgspec

    return brief(msgspec.to_builtins(expected))


def _origin(step: Step, expectation: Expectation | None) -> dict[str, str]:
    origin = {"rule": step.rule, "source": step.source}
    if expectation is not None:
        origin = {"rule": expectation.rule or step.rule, "source": expectation.source or step.source}
    return {name: text for name, text in origin.items() if text is not None}


def _shown(call: str, request: Mapping[str, Any]) -> str:
    return f"{call} {brief(request, 1000)}"


def _without_metadata(answer: Any) -> Any:
    if isinstance(answer, dict):
        return {name: member for name, member in answer.items() if name != "ResponseMetadata"}
    return answer


__all__ = ["instant", "run"]
