"""How a step was answered in two places, and how that differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

import msgspec
from msgspec import Struct

from simulator.scenario.calling import answer_shown
from simulator.scenario.loaded import Scenario, step_path
from simulator.scenario.model import Step
from simulator.scenario.outcome import Asked, Event, Listener, StepBegan
from simulator.scenario.shapes import Shape, differences, shape_of
from simulator.scenario.story import Fault

_LONGEST_MESSAGE = 500
# The services whose answers are compared by their members: others are moto's here.
_COMPARED = ("personalize.", "personalize-events.", "personalize-runtime.")


class Difference(Struct, frozen=True, kw_only=True):
    """How the endpoint differs from this process in a step."""

    step: int  # from 1
    title: str
    file: str
    line: int
    # `expected`: what the scenario asserts does not hold there; `answer`: a member or an error is another;
    # `step`: it could not be done; `not_played`: it needs what an earlier step has not saved.
    kind: Literal["expected", "answer", "step", "not_played"]
    call: str | None
    at: str | None  # the member, as a path of JMESPath, or what is expected in words
    difference: str
    times: int = 1  # of a repeated call
    rule: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class Answer:
    """What a call was answered with, as far as it is compared: the shape, or the error."""

    call: str
    shape: Shape | None
    error: Mapping[str, str] | None


class Heard:
    """Keeps the answers of each step, by their shape."""

    def __init__(self, listener: Listener | None = None) -> None:
        self.steps: list[list[Answer]] = []
        self._listener = listener

    def __call__(self, event: Event) -> None:
        """Hears of an event of the story."""
        if isinstance(event, StepBegan):
            self.steps.append([])
        elif isinstance(event, Asked):
            compared = event.error is None and event.call.startswith(_COMPARED)
            shape = shape_of(answer_shown(event.answer)) if compared else None
            self.steps[-1].append(Answer(event.call, shape, event.error))
        if self._listener is not None:
            self._listener(event)


def differences_of(
    scenario: Scenario, index: int, here: Sequence[Answer], there: Sequence[Answer], faults: Sequence[Fault]
) -> list[Difference]:
    """What differs in a step, each difference once, however many of its calls have it."""
    step = scenario.steps[index]
    if step.wait_until is not None:  # how often it asked is nobody's business
        here, there = here[-1:], there[-1:]
    said_already = step.raises is not None and any("expected" in fault.lines for fault in faults)
    found: dict[Difference, int] = {}
    unexpected = False
    for one, other in zip_longest(here, there):
        for at, text in _answers_differ(one, other):
            unexpected = unexpected or (other is not None and other.error is not None)
            if at is not None or not said_already:
                each = difference_of(scenario, index, "answer", at, text, call=(one or other).call)
                found[each] = found.get(each, 0) + 1
    for fault in faults:
        lines = fault.lines
        if "expected" in lines:
            origin = {name: lines.get(name) for name in ("rule", "source")}
            text = str(lines.get("difference"))
            each = difference_of(scenario, index, "expected", lines["expected"], text, call=_call_of(step), **origin)
        elif unexpected:  # said already, as another answer
            continue
        else:
            each = difference_of(scenario, index, "step", None, str(lines.get("error")), call=_call_of(step))
        found[each] = found.get(each, 0) + 1
    return [msgspec.structs.replace(each, times=times) for each, times in found.items()]


def _answers_differ(here: Answer | None, there: Answer | None) -> Iterator[tuple[str | None, str]]:
    if here is None or there is None:
        yield None, "it was asked more often there" if here is None else "it was not asked there"
    elif there.error is not None:
        if here.error is None:
            yield None, f"{_said(there.error)}, not an answer"
        elif here.error["code"] != there.error["code"]:
            yield None, f"{_said(there.error)}, not {here.error['code']}"
    elif here.error is not None:
        yield None, f"an answer, not {_said(here.error)}"
    elif here.shape is not None and there.shape is not None:
        yield from differences(here.shape, there.shape)


def _said(error: Mapping[str, str]) -> str:
    """An error in a line, however much of a page a server sends."""
    message = " ".join(error["message"].split())
    return f"the error {error['code']}: {message[:_LONGEST_MESSAGE]}"


def _call_of(step: Step) -> str | None:
    return step.call if step.wait_until is None else step.wait_until.call


def difference_of(
    scenario: Scenario,
    index: int,
    kind: Literal["expected", "answer", "step", "not_played"],
    at: str | None,
    text: str,
    *,
    call: str | None = None,
    rule: str | None = None,
    source: str | None = None,
) -> Difference:
    """A difference in a step: of which kind, at which member or expectation, and in words."""
    return Difference(
        step=index + 1,
        title=scenario.steps[index].title,
        file=scenario.file_of(index),
        line=scenario.place(*step_path(index)).line,
        kind=kind,
        call=call,
        at=at,
        difference=text,
        rule=rule,
        source=source,
    )
