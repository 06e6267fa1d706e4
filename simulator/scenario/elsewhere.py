"""The same scenario somewhere else, compared with this process: what is answered otherwise, and what does not hold."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from simulator.clock import SimulatorError, datetime_of, micros_of
from simulator.scenario.cleaning import Left, clean
from simulator.scenario.comparisons import brief
from simulator.scenario.created import cannot_be_undone
from simulator.scenario.differing import Answer, Difference, Heard, difference_of, differences_of
from simulator.scenario.endpoints import Remote
from simulator.scenario.estimates import Meter, Usage
from simulator.scenario.loaded import Scenario
from simulator.scenario.model import Options, Step
from simulator.scenario.names import Names
from simulator.scenario.outcome import Event, Listener, Overrides
from simulator.scenario.references import references, root_of
from simulator.scenario.runner import play
from simulator.scenario.stages import in_process
from simulator.scenario.story import Story

# The options of a simulation that change what is answered.
_ONLY_HERE = ("durations", "profile", "quotas", "throttling")


class Comparison(Struct, frozen=True, kw_only=True):
    """A scenario played somewhere else: what differed, and what could not be deleted afterwards."""

    scenario: str
    file: str
    line: int
    where: str
    suffix: str  # of all names there
    began: datetime  # of the endpoint's own time
    ended: datetime
    steps: int
    played: int
    calls: int
    differences: list[Difference]
    left: list[Left]  # what was created and could not be deleted
    records: list[Left]  # what nobody can delete: the service keeps jobs
    notes: list[str]  # what else the two did not have in common
    interrupted: bool = False  # by Ctrl-C: later steps were not played


@dataclass(frozen=True)
class Reference:
    """A scenario that held in this process: the answers of each step, how long it took, what it used."""

    scenario: Scenario
    seed: int
    overrides: Overrides
    answers: Sequence[Sequence[Answer]]
    length: timedelta
    usage: Usage


def reference_of(scenario: Scenario, overrides: Overrides) -> Reference:
    """Plays a scenario in this process. Raises as `run` does: what does not hold here is not tried elsewhere."""
    with in_process(scenario, overrides) as stage:
        heard, meter = Heard(), Meter(stage.now)

        def listen(event: Event) -> None:
            heard(event)
            meter(event)

        outcome = play(scenario, stage, listen, overrides)
        usage = meter.usage(stage.trainings())
        return Reference(scenario, stage.seed, overrides, heard.steps, outcome.ended - outcome.began, usage)


def compare(
    reference: Reference,
    stage: Remote,
    where: str,
    *,
    listener: Listener | None = None,
    patience: float = 1,
    told: Callable[[str], None] = lambda _: None,
) -> Comparison:
    """Plays a scenario on another stage, to its end, and deletes what it created there, also after a failure.

    Waits may take `patience` times as long as they say. Raises ScenarioInvalid for a scenario that creates what could
    not be deleted again, before anything is asked; SimulatorError if the endpoint's clock fails. Ctrl-C ends the story,
    not the deletions: what was compared by then is given.
    """
    heard = Heard(listener)
    scenario = _at_its_own_time(reference.scenario, stage)
    began = stage.now()
    story = Story(scenario, stage, reference.overrides.ratings, heard, patience)
    _look_ahead(scenario, story, stage.names)
    found: list[Difference] = []
    played, interrupted, whole = 0, False, False
    try:
        for index, step in enumerate(scenario.steps):
            missing = _missing(step, scenario, story.saved)
            if missing:
                found.append(difference_of(scenario, index, "not_played", None, f"there is no {', '.join(missing)}"))
                heard.steps.append([])
                continue
            faults = story.attempt(index)
            played += 1
            found += differences_of(scenario, index, reference.answers[index], heard.steps[index], faults)
        whole = True
    except KeyboardInterrupt:
        told("interrupted: what was created is deleted first; a second Ctrl-C leaves it where it is")
        interrupted = whole = True
    finally:
        left = clean(stage.created, stage.clock, told)
        if not whole:  # nobody else will say so
            for each in left:
                told(f"left behind: {each.named}: {each.why}")
    try:
        ended = stage.now()
    except SimulatorError:
        ended = began
    return Comparison(
        scenario=scenario.title,
        file=scenario.file,
        line=scenario.line,
        where=where,
        suffix=stage.names.suffix,
        began=began,
        ended=ended,
        steps=len(scenario.steps),
        played=played,
        calls=story.clients.calls,
        differences=found,
        left=[each for each in left if not each.is_record],
        records=[each for each in left if each.is_record],
        notes=_notes(scenario),
        interrupted=interrupted,
    )


def _at_its_own_time(scenario: Scenario, stage: Remote) -> Scenario:
    """The scenario with its moments as they are there: a story begins at its start, or now, and they move with it.

    A clock that can be moved is moved to the scenario's start, if that is still to come.
    """
    start, now = datetime_of(micros_of(scenario.content.simulate.start)), stage.now()
    if not stage.time_is_real and now <= start:
        stage.move_to(start)
        return scenario
    return dataclasses.replace(scenario, steps=[_shifted(step, now - start) for step in scenario.steps])


def _shifted(step: Step, by: timedelta) -> Step:
    if step.move_to is None or any(references(step.move_to)):  # a saved moment is the endpoint's own
        return step
    try:
        moment = datetime_of(micros_of(step.move_to)) + by
    except (ValueError, OverflowError):  # it will be refused as it is
        return step
    return msgspec.structs.replace(step, move_to=moment.isoformat())


def _notes(scenario: Scenario) -> list[str]:
    """What the scenario asks of its simulation, which no endpoint hears of."""
    options, usual = scenario.content.simulate, Options()
    asked = [name for name in _ONLY_HERE if getattr(options, name) != getattr(usual, name)]
    if not asked:
        return []
    told = ", ".join(f"{name}: {brief(msgspec.to_builtins(getattr(options, name)))}" for name in asked)
    return [f"only here, as the scenario says so: {told}"]


def _look_ahead(scenario: Scenario, story: Story, names: Names) -> None:
    """Learns all names that the scenario writes out. Raises ScenarioInvalid for what could not be undone."""
    for path, call, operation in story.clients.operations():
        step = scenario.steps[int(path[1])]
        if step.call is not None:
            names.expect(operation, {name: value for name, value in step.with_.items() if not any(references(value))})
        if cannot_be_undone(operation):
            raise scenario.invalid(
                path, f"{call} is not run elsewhere: what it does there could not be undone afterwards"
            )


def _missing(step: Step, scenario: Scenario, saved: Mapping[str, Any]) -> list[str]:
    """What a step refers to, other steps were to save, and have not."""
    named = {name for each in scenario.steps for name in each.save}
    roots = [root_of(reference) for _, reference in references(msgspec.to_builtins(step))]
    unknown = named - saved.keys() - step.save.keys()
    return list(dict.fromkeys(f"${{{root}}}" for root in roots if root in unknown))
