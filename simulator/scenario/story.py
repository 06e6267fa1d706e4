"""A story under way: its steps played on a stage, one after the other, each to see whether it holds."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Mapping
from datetime import datetime
from os import PathLike
from typing import Any

import msgspec

from simulator.scenario import expressions
from simulator.scenario.calling import Clients, answer_shown, request_shown, wanted_error, wrong_error
from simulator.scenario.comparisons import brief, comparison_of, difference, same
from simulator.scenario.files import UnusableFile, beside, text_of
from simulator.scenario.interactions import UnusableData, data_of
from simulator.scenario.loaded import Scenario, step_path
from simulator.scenario.model import Data, Expectation, Read, Step, WaitUntil
from simulator.scenario.outcome import Asked, Checked, Event, Listener, ScenarioFailed, StepBegan, StepEnded
from simulator.scenario.references import filled
from simulator.scenario.stages import Stage
from simulator.scenario.yaml_text import Path, ScenarioInvalid


class Fault(Exception):
    """Why a step does not hold: the lines of its report, by name."""

    def __init__(self, **lines: Any) -> None:
        super().__init__()
        self.lines = lines


class Story:
    """A run under way: the clients, and what has been saved.

    `patience` is how many times as long as it says a wait may go on; one that took longer than it says does not hold.
    Raises ScenarioInvalid if the scenario names an operation that there is not.
    """

    def __init__(
        self,
        scenario: Scenario,
        stage: Stage,
        ratings: str | PathLike[str] | None,
        listener: Listener | None,
        patience: float = 1,
    ) -> None:
        self.saved: dict[str, Any] = {}
        self.clients = Clients(scenario, stage)
        self._scenario = scenario
        self._stage = stage
        self._ratings = ratings
        self._listener = listener
        self._patience = patience
        self._index = 0
        self._goes_on = False
        self._faults: list[Fault] = []

    def play(self, index: int) -> None:
        """Does what a step says. Raises ScenarioFailed, with the report, if it does not hold."""
        faults = self._attempt(index)
        if faults:
            raise ScenarioFailed(self._scenario, index, self._stage.now(), faults[0].lines) from faults[0].__cause__

    def attempt(self, index: int) -> list[Fault]:
        """Does all that a step says, going on after what does not hold; everything that did not."""
        self._goes_on = True
        try:
            return self._attempt(index)
        finally:
            self._goes_on = False

    def _attempt(self, index: int) -> list[Fault]:
        step, total = self._scenario.steps[index], len(self._scenario.steps)
        self._index, self._faults, before = index, [], self.clients.calls
        self._tell(StepBegan(index + 1, total, step, self._stage.now()))
        try:
            self._play(index, step)
        except Fault as fault:
            self._faults.append(fault)
        except ScenarioInvalid:
            raise
        except Exception as cause:
            # Whatever boto3, moto or the simulation make of the step: its place is what the reader needs first.
            unexpected = Fault(error=f"{type(cause).__name__}: {cause}")
            unexpected.__cause__ = cause
            self._faults.append(unexpected)
        if not self._faults:
            self._tell(StepEnded(index + 1, total, step, self._stage.now(), self.clients.calls - before))
        return self._faults

    def _does_not_hold(self, fault: Fault) -> None:
        """Raises the fault, or where the story goes on, keeps it."""
        if not self._goes_on:
            raise fault
        self._faults.append(fault)

    def _tell(self, event: Event) -> None:
        if self._listener is not None:
            self._listener(event)

    def _checked(self, path: Path, comparison: str, found: Any, wanted: Any, wrong: str | None) -> str | None:
        """How what was found is not what was wanted, as it is; the listener hears of it."""
        self._tell(Checked(self._index + 1, step_path(self._index, *path), comparison, found, wanted, wrong))
        return wrong

    def _ask(self, call: str, request: Mapping[str, Any]) -> tuple[Any, dict[str, str] | None]:
        answer, error = self.clients.ask(call, request)
        self._tell(Asked(self._index + 1, call, request, answer, error))
        return answer, error

    def _play(self, index: int, step: Step) -> None:
        if step.tick is not None:
            self._stage.tick(step.tick.timedelta())
        elif step.move_to is not None:
            self._move_to(filled(step.move_to, self.saved))
        elif step.repeat is not None:
            self._repeat(step)
        elif step.call is not None:
            self._call(step, self.saved)
        elif step.wait_until is not None:
            wait = filled(step.wait_until, self.saved)
            answer = self._wait(wait)
            seen = {"request": request_shown(wait.call, wait.with_), "answer": answer_shown(answer)}
            self._hold(step, answer, self.saved, seen)
        elif step.data is not None:
            self._hold(step, self._data(index, step.data), self.saved, {})
        elif step.read is not None:
            self._hold(step, _read(filled(step.read, self.saved)), self.saved, {})
        elif step.file is not None:
            self._hold(step, self._text(index, step.file), self.saved, {})
        else:
            self._hold(step, self.saved, self.saved, {})

    def _move_to(self, moment: Any) -> None:
        try:
            self._stage.move_to(moment)
        except (ValueError, TypeError) as fault:
            raise Fault(error=f"the clock cannot be moved to {moment!r}: {fault}") from None

    def _data(self, index: int, data: Data) -> Any:
        folder = os.path.dirname(self._scenario.file)
        ratings = self._ratings
        try:
            return data_of(data, self._stage.seed, folder, ratings)
        except UnusableData as fault:
            if ratings is not None:
                raise ScenarioInvalid(str(fault), "--ratings") from None
            raise self._scenario.invalid(step_path(index, "data"), str(fault)) from None

    def _text(self, index: int, name: str) -> str:
        try:
            return text_of(beside(self._scenario.file, name))
        except UnusableFile as fault:
            raise self._scenario.invalid(step_path(index, "file"), f"{name}: {fault}") from None

    def _repeat(self, step: Step) -> None:
        assert step.repeat is not None
        rows = filled(step.repeat.over, self.saved)
        if not isinstance(rows, list) or not rows:
            raise Fault(error=f"there are no rows to repeat over: {step.repeat.over} is {brief(rows)}")
        for number, row in enumerate(rows, start=1):
            try:
                self._call(step, {**self.saved, step.repeat.as_: row})
            except Fault as fault:
                self._does_not_hold(Fault(row=f"{number} of {len(rows)}: {brief(row)}", **fault.lines))

    def _call(self, step: Step, saved: Mapping[str, Any]) -> None:
        assert step.call is not None
        request = filled(step.with_, saved)
        answer, error = self._ask(step.call, request)
        seen = {"request": request_shown(step.call, request), "answer": answer_shown(error or answer)}
        if step.raises is not None:
            wanted = filled(step.raises, saved)
            wrong = "no error came" if error is None else wrong_error(wanted, error)
            if self._checked(("raises",), "raises", error, wanted, wrong) is not None:
                raise Fault(**seen, expected=wanted_error(wanted), difference=wrong, **_origin(step, None))
        elif error is not None:
            raise Fault(request=seen["request"], error=f"{error['code']}: {error['message']}")
        self._hold(step, error or answer, saved, seen)

    def _wait(self, wait: WaitUntil) -> Any:
        """Calls until the answer is what is waited for, moving the clock in between; that answer."""
        began = self._stage.now()
        deadline = began + wait.within.timedelta() * self._patience
        request = request_shown(wait.call, wait.with_)
        seen: list[Any] = []
        while True:
            answer, error = self._ask(wait.call, wait.with_)
            if error is not None:
                if wait.raises is not None and wrong_error(wait.raises, error) is None:
                    self._checked(("wait_until", "raises"), "raises", error, wait.raises, None)
                    self._check_length(began, wait)
                    return error
                raise Fault(request=request, error=f"{error['code']}: {error['message']}")
            if wait.value is not None:
                value = _search(wait.value, answer)
                if not seen or not same(seen[-1], value):
                    seen.append(value)
                if same(value, wait.equals):
                    break
            if self._stage.now() + wait.every.timedelta() > deadline:
                raise Fault(
                    request=request,
                    answer=answer_shown(answer),
                    expected=f"{wait.value} becomes {brief(wait.equals)}"
                    if wait.raises is None
                    else wanted_error(wait.raises),
                    difference=f"not within {deadline - began}; seen: {brief(seen)}",
                )
            self._stage.tick(wait.every.timedelta())
        self._checked(("wait_until", "equals"), "becomes", seen, wait.equals, None)
        self._check_length(began, wait)
        if wait.seen is not None:
            wrong = None if same(seen, wait.seen) else f"it went through {brief(seen)}"
            if self._checked(("wait_until", "seen"), "seen", seen, wait.seen, wrong) is not None:
                self._does_not_hold(
                    Fault(
                        request=request,
                        answer=answer_shown(answer),
                        expected=f"{wait.value} goes through {brief(wait.seen)}",
                        difference=wrong,
                    )
                )
        return answer

    def _check_length(self, began: datetime, wait: WaitUntil) -> None:
        """A wait may have gone on for longer than it says: out of patience, not because that holds."""
        within, took = wait.within.timedelta(), self._stage.now() - began
        if took > within:
            request = request_shown(wait.call, wait.with_)
            self._does_not_hold(Fault(request=request, expected=f"within {within}", difference=f"it took {took}"))

    def _hold(self, step: Step, answer: Any, saved: Mapping[str, Any], seen: Mapping[str, Any]) -> None:
        """Saves what a step saves, and checks what it expects; `seen` is what a report shows of the call."""
        if "answer" not in seen and answer is not self.saved:
            seen = {**seen, "answer": answer}
        for name, expression in step.save.items():
            try:
                self._save(name, filled(expression, saved), answer)
            except Fault as fault:
                self._does_not_hold(Fault(**seen, **fault.lines))
        for number, expectation in enumerate(step.expect):
            try:
                self._expect(number, expectation, answer, saved)
            except Fault as fault:
                self._does_not_hold(Fault(**seen, **fault.lines, **_origin(step, expectation)))

    def _save(self, name: str, expression: str, answer: Any) -> None:
        value = _search(expression, answer)
        if value is None:
            raise Fault(error=f"there is nothing to save as {name}: {expression} finds null")
        self.saved[name] = value

    def _expect(self, number: int, expectation: Expectation, answer: Any, saved: Mapping[str, Any]) -> None:
        [name] = comparison_of(expectation)
        expected = getattr(expectation, name)
        actual, wanted = _search(filled(expectation.value, saved), answer), filled(expected, saved)
        wrong = difference(name, actual, wanted)
        if self._checked(("expect", number), name, actual, wanted, wrong) is not None:
            raise Fault(expected=_claim(expectation, name, expected), difference=wrong)


def _read(read: Read) -> Any:
    """The rows of a text, and its header if there is one."""
    text: Any = read.text
    if not isinstance(text, str) or not text:
        raise Fault(error=f"this is no text to read: {brief(text)}")
    if read.as_ == "json_lines":
        return {"rows": [_json(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]}
    header, *rows = text.splitlines()
    if read.as_ == "lines":
        return {"header": header, "rows": rows}
    columns = next(csv.reader([header]))
    return {"header": columns, "rows": [dict(zip(columns, row, strict=False)) for row in csv.reader(rows)]}


def _json(number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError as fault:
        raise Fault(error=f"line {number} is no JSON: {fault}: {brief(line)}") from None


def _search(expression: str, value: Any) -> Any:
    try:
        return expressions.search(expression, value)
    except expressions.NotApplicable as fault:
        raise Fault(error=str(fault)) from None


def _claim(expectation: Expectation, name: str, expected: Any) -> str:
    what = "the answer" if expectation.value == "@" else expectation.value
    return f"{what} {name.replace('_', ' ')} {brief(msgspec.to_builtins(expected))}"


def _origin(step: Step, expectation: Expectation | None) -> dict[str, str]:
    """What an expectation is based on: its own rule and source, or its step's."""
    origin = {}
    for name in ("rule", "source"):
        text = (expectation and getattr(expectation, name)) or getattr(step, name)
        if text is not None:
            origin[name] = text
    return origin
