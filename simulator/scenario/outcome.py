"""What a run tells: events while it goes on, its outcome at the end, or the report of a failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from os import PathLike
from typing import Any, TypeAlias

from simulator.scenario.comparisons import brief
from simulator.scenario.loaded import Scenario, step_path
from simulator.scenario.model import Duration, Show, Step
from simulator.scenario.yaml_text import Path

_LONGEST_LINE = 1500


@dataclass(frozen=True)
class Overrides:
    """What a run does otherwise than its scenario says."""

    seed: int | None = None
    durations: str | Mapping[str, Duration] | None = None
    profile: str | None = None
    ratings: str | PathLike[str] | None = None  # a CSV file in the place of every `interactions`
    load: str | PathLike[str] | None = None  # a saved world to go on with, in the place of all options but the region
    save: str | PathLike[str] | None = None  # where the world is saved at the end


@dataclass(frozen=True)
class StepBegan:
    """A step begins; `number` counts from 1, `now` is virtual time."""

    number: int
    total: int
    step: Step
    now: datetime


@dataclass(frozen=True)
class StepEnded:
    """A step has held. `calls` is how many calls it took."""

    number: int
    total: int
    step: Step
    now: datetime
    calls: int

    def __str__(self) -> str:
        calls = f"  ({self.calls} calls)" if self.calls > 1 else ""
        return f"{self.now:%Y-%m-%d %H:%M:%S}  {self.number:>3}/{self.total}  {self.step.title}{calls}"


@dataclass(frozen=True)
class Asked:
    """A call was answered: with its answer as plain data, or with an error's code and message."""

    number: int
    call: str
    request: Mapping[str, Any]
    answer: Any
    error: Mapping[str, str] | None


@dataclass(frozen=True)
class Checked:
    """Something was expected: what was found, what was wanted, and how they differ, None if they do not.

    `path` is where the expectation stands among the scenario's steps; `comparison` its name, `raises` for an error,
    and of a wait `becomes` (found are the different values on the way) or `seen`.
    """

    number: int
    path: Path
    comparison: str
    found: Any
    wanted: Any
    difference: str | None


Event: TypeAlias = StepBegan | StepEnded | Asked | Checked
Listener: TypeAlias = Callable[[Event], None]


@dataclass(frozen=True)
class Outcome:
    """A story that held from its first step to its last."""

    scenario: Scenario
    began: datetime
    ended: datetime
    calls: int
    saved: Mapping[str, Any]

    @property
    def shows(self) -> list[Show]:
        """What the scenario wants shown side by side."""
        return self.scenario.content.show


class ScenarioFailed(Exception):
    """A scenario that did not hold; its text is the report: which step, and how the answer differed.

    `headline` is its first line; `faults` are the others by name: request, answer, expected, difference, rule, source,
    error, row.
    """

    def __init__(self, scenario: Scenario, index: int, now: datetime, faults: Mapping[str, Any]) -> None:
        self.scenario = scenario
        self.step = scenario.steps[index]
        self.number = index + 1
        self.line = scenario.place(*step_path(index)).line
        self.now = now
        self.faults = faults
        self.headline = (
            f"{scenario.file_of(index)}:{self.line}: step {self.number} of {len(scenario.steps)}, "
            f"{self.step.title!r}, did not hold at {now:%Y-%m-%d %H:%M:%S} (virtual time)"
        )
        super().__init__("\n".join((self.headline, *(line for _, line in self.lines()))))

    def lines(self) -> Iterator[tuple[str, str]]:
        """The lines of the report below its headline, each with its name: what was asked, answered and expected."""
        for name, fault in self.faults.items():
            text = fault if isinstance(fault, str) else brief(fault, _LONGEST_LINE)
            yield name, f"  {name + ':':<12} {text}".replace("\n", "\n" + " " * 15)
