"""Whether a scenario can fail: each of its expectations is made wrong, one after the other, and must be found out.

A scenario is played once. Every step that expects something is then played again on the answers that it had, with one
expectation changed: so that what was found is not what is wanted (`mutants`), or so that what was found might as well
be nothing (`hollow`). A step that holds all the same has an expectation that says nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec

from simulator.scenario.comparisons import brief, difference
from simulator.scenario.loaded import Scenario, step_path
from simulator.scenario.model import Moved, Refusal, SamePlaces, Step
from simulator.scenario.outcome import Asked, Checked, Event, Listener, Overrides, ScenarioFailed
from simulator.scenario.stages import Stage, in_process
from simulator.scenario.story import Story
from simulator.scenario.yaml_text import Path

# Joined to a text or put into a list: nothing that a service answers with has it.
_STRANGER = "\N{SNOWMAN} nowhere"


@dataclass(frozen=True)
class Survivor:
    """An expectation that does not notice when it is wrong: where it stands, and what was changed about it."""

    scenario: Scenario
    path: Path
    changed: str

    def __str__(self) -> str:
        place = self.scenario.place(*self.path)
        step = self.scenario.steps[int(self.path[1])]
        file = self.scenario.file_of(int(self.path[1]))
        return f"{file}:{place.line}: {step.title!r} holds all the same {self.changed}"


@dataclass
class _Played:
    """A step as it was played: what was saved before it, what its calls answered, what it checked."""

    saved: Mapping[str, Any]
    began: datetime
    asked: list[Asked]
    checked: list[Checked]


class ScenarioHollow(Exception):
    """A scenario with expectations that could not have failed; its text names them, one a line."""

    def __init__(self, survivors: Sequence[Survivor]) -> None:
        super().__init__("\n".join(map(str, survivors)))
        self.survivors = survivors


def run_with_mutants(scenario: Scenario, listener: Listener | None = None) -> None:
    """Runs a scenario, and its mutants; the listener hears of the former as that of `run` does.

    Raises ScenarioHollow if a mutant holds, and otherwise as `run` does: a scenario that does not hold has none.
    """
    found = survivors(scenario, listener)
    if found:
        raise ScenarioHollow(found)


def survivors(scenario: Scenario, listener: Listener | None = None) -> list[Survivor]:
    """The expectations of a scenario that holds which could not have failed. Raises as `run` does."""
    with in_process(scenario, Overrides()) as stage:
        played, seed = _play(scenario, stage, listener), stage.seed
    found = [Survivor(scenario, path, "when it is never looked at") for path in _unchecked(scenario, played)]
    for index, each in enumerate(played):
        for checked in each.checked:
            if (nothing := _hollow(checked)) is not None:
                found.append(Survivor(scenario, checked.path, f"when it finds {brief(nothing)}"))
            for mutant, changed in _mutants(scenario.steps[index], checked):
                if _holds(scenario, index, mutant, each, seed):
                    found.append(Survivor(scenario, checked.path, changed))
    return list({str(each): each for each in found}.values())


def _play(scenario: Scenario, stage: Stage, listener: Listener | None) -> list[_Played]:
    played: list[_Played] = []

    def listen(event: Event) -> None:
        if listener is not None:
            listener(event)
        if isinstance(event, Asked):
            played[-1].asked.append(event)
        elif isinstance(event, Checked):
            played[-1].checked.append(event)

    story = Story(scenario, stage, None, listen)
    for index in range(len(scenario.steps)):
        played.append(_Played(dict(story.saved), stage.now(), [], []))
        story.play(index)
    return played


def _unchecked(scenario: Scenario, played: list[_Played]) -> Iterator[Path]:
    """What is expected and was never looked at."""
    checked = {each.path for step in played for each in step.checked}
    for index, step in enumerate(scenario.steps):
        expected = [("expect", number) for number in range(len(step.expect))]
        for path in (*expected, *([("raises",)] if step.raises is not None else [])):
            if step_path(index, *path) not in checked:
                yield step_path(index, *path)


def _hollow(checked: Checked) -> Any:
    """The nothing that a comparison takes as well as what was found, or None if it would notice."""
    nothings = list(_nothings(checked))
    if not nothings or any(difference(checked.comparison, each, checked.wanted) is not None for each in nothings):
        return None
    return nothings[-1]


def _nothings(checked: Checked) -> Iterator[Any]:
    """What could be found in the place of what was; a comparison that asks for something minds one of them."""
    match checked.comparison:
        case "contains":
            yield "" if isinstance(checked.found, str) else []
        case "at_least":
            yield min(0, checked.found)
        case "matches":
            yield ""
        case "same_order_as":
            yield []
        case "moved" | "same_places":
            yield checked.wanted.from_ if checked.comparison == "moved" else checked.wanted.as_
            yield [_STRANGER]


def _mutants(step: Step, checked: Checked) -> Iterator[tuple[Step, str]]:
    """The step with what was checked made wrong, and how."""
    part = checked.path[2]
    if part == "raises":
        assert step.raises is not None
        for wrong in _refusals(checked.wanted):
            yield msgspec.structs.replace(step, raises=wrong), f"when the error is to be {_said(wrong)}"
    elif part == "wait_until":
        assert step.wait_until is not None
        name = str(checked.path[3])
        if name == "raises":
            changes: list[Any] = list(_refusals(checked.wanted))
        else:
            changes = [_other(checked.wanted)]
        for wrong in changes:
            wait = msgspec.structs.replace(step.wait_until, **{name: wrong})
            yield msgspec.structs.replace(step, wait_until=wait), f"when {name} is {_said(wrong)}"
    else:
        number = int(checked.path[3])
        wrong = _wrong(checked)
        held = msgspec.structs.replace(step.expect[number], **{checked.comparison: wrong})
        expect = [*step.expect[:number], held, *step.expect[number + 1 :]]
        yield msgspec.structs.replace(step, expect=expect), f"when {checked.comparison} is {_said(wrong)}"


def _refusals(wanted: Refusal) -> Iterator[Refusal]:
    yield msgspec.structs.replace(wanted, code=_STRANGER)
    for name in ("message", "contains"):
        if getattr(wanted, name) is not None:
            yield msgspec.structs.replace(wanted, **{name: getattr(wanted, name) + _STRANGER})


def _wrong(checked: Checked) -> Any:
    """What the comparison must not hold what was found against."""
    found, wanted = checked.found, checked.wanted
    match checked.comparison:
        case "differs_from":
            return found
        case "same_order_as":
            return [*wanted[::-1], _STRANGER] if wanted == wanted[::-1] else wanted[::-1]
        case "same_places":
            return SamePlaces(as_=wanted.as_, at_most=-1)
        case "moved":
            return Moved(from_=wanted.from_, at_most=-1)
        case "contains":
            return [*wanted, _STRANGER] if isinstance(wanted, list) else _STRANGER
        case "at_least":
            return found + 1
        case "at_most":
            return found - 1
        case "approximately":
            first = found[0] if isinstance(found, list) else found
            off = 1 + 2 * abs(first) * (1 + (wanted.within_percent or 0) / 100) + 2 * (wanted.within or 0)
            moved = [number + off for number in found] if isinstance(found, list) else found + off
            return msgspec.structs.replace(wanted, value=moved)
        case "matches":
            return "(?!)"
        case _:
            return _other(wanted)


def _other(value: Any) -> Any:
    """A value of the same kind that is another."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, list):
        return [*value, _STRANGER]
    if isinstance(value, dict):
        return {**value, _STRANGER: _STRANGER}
    return f"{value or ''}{_STRANGER}"


def _said(value: Any) -> str:
    return brief(msgspec.to_builtins(value))


def _holds(scenario: Scenario, index: int, step: Step, played: _Played, seed: int) -> bool:
    """Whether a step in the place of another holds on the answers that the other had."""
    steps = [*scenario.steps[:index], step, *scenario.steps[index + 1 :]]
    mutated = dataclasses.replace(scenario, steps=steps)
    story = Story(mutated, _Again(played, seed), None, None)
    story.saved.update(played.saved)
    try:
        story.play(index)
    except ScenarioFailed:
        return False
    return True


class _Again:
    """A stage on which calls are answered as they were before, the last answer again and again."""

    def __init__(self, played: _Played, seed: int) -> None:
        self.seed = seed
        self._now = played.began
        self._asked = iter(played.asked)
        self._last: Asked | None = None

    def now(self) -> datetime:
        return self._now

    def tick(self, delta: timedelta, /) -> None:
        self._now += delta

    def move_to(self, moment: datetime | str, /) -> None:
        """Nothing: a step that moves time expects nothing."""

    def client(self, service: str) -> Any:
        return _AnyClient(self._answer)

    def outgoing(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        return request

    def incoming(self, answer: Any) -> Any:
        return answer

    def _answer(self, **_: Any) -> Any:
        from botocore.exceptions import ClientError

        self._last = next(self._asked, self._last)
        assert self._last is not None, "a step that asks was answered"
        if self._last.error is not None:
            error = {"Code": self._last.error["code"], "Message": self._last.error["message"]}
            raise ClientError({"Error": error}, self._last.call)
        return self._last.answer


class _AnyClient:
    """A client that has every operation."""

    def __init__(self, answer: Callable[..., Any]) -> None:
        self._answer = answer
        self.meta = SimpleNamespace(method_to_api_mapping=_Everything())

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        return self._answer


class _Everything:
    def __contains__(self, name: object) -> bool:
        return True
