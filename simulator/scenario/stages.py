"""Where a story is played: what answers its calls, and whose time passes."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from simulator.scenario.loaded import Scenario
from simulator.scenario.model import Duration
from simulator.scenario.outcome import Overrides

if TYPE_CHECKING:
    from simulator.simulation import Simulation, simulate


class Stage(Protocol):
    """What a story needs of the place that it is played at."""

    @property
    def seed(self) -> int:
        """The seed of the story's own chance: of the data that it makes and the events that it draws."""

    def now(self) -> datetime:
        """The stage's present."""

    def tick(self, delta: timedelta, /) -> object:
        """Lets time pass."""

    def move_to(self, moment: datetime | str, /) -> object:
        """Lets time pass until a moment. Raises ValueError or TypeError."""

    def client(self, service: str) -> Any:
        """A boto3 client of a service. Raises ValueError."""

    def outgoing(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """A request as it is sent from here."""

    def incoming(self, answer: Any) -> Any:
        """An answer, or an error, as the story reads it."""


class InProcess:
    """The stage inside a simulation of this process."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self.seed = simulation.seed
        self.now = simulation.clock.now
        self.tick = simulation.clock.tick
        self.move_to = simulation.clock.move_to
        self.save = simulation.save
        self.trainings = simulation.journal.trainings

    def client(self, service: str) -> Any:
        """A boto3 client of a service. Raises ValueError."""
        return _client(service, os.environ["AWS_DEFAULT_REGION"])  # a simulation sets it

    def outgoing(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The request as it is."""
        return request

    def incoming(self, answer: Any) -> Any:
        """The answer as it is."""
        return answer


@functools.cache
def _client(service: str, region: str) -> Any:
    """A client, made once: to make one takes longer than most stories, and it is answered by any simulation."""
    import boto3

    return boto3.Session(region_name=region).client(service)


@contextmanager
def in_process(scenario: Scenario, overrides: Overrides) -> Iterator[InProcess]:
    """A stage of its own for a scenario: a simulation as it describes it, or as the overrides do.

    Raises ScenarioInvalid for durations that make no sense, ValueError for an override that makes none,
    SavedWorldError or OSError for a saved world that cannot be loaded.
    """
    with _simulation(scenario, overrides) as simulation:
        yield InProcess(simulation)


def _simulation(scenario: Scenario, overrides: Overrides) -> simulate:
    from simulator.simulation import simulate

    options = scenario.content.simulate
    if overrides.load is not None:
        return simulate(
            load=overrides.load,
            seed=overrides.seed,
            durations=_lengths(overrides.durations),
            profile=overrides.profile,
            region=options.region,
        )
    durations = options.durations if overrides.durations is None else overrides.durations
    try:
        return simulate(
            options.start,
            seed=options.seed if overrides.seed is None else overrides.seed,
            durations=_lengths(durations),
            training=options.training,
            profile=options.profile if overrides.profile is None else overrides.profile,
            region=options.region,
            quotas=options.quotas,
            throttling=options.throttling,
        )
    except ValueError as fault:
        if overrides != Overrides():
            raise
        raise scenario.invalid(("simulate",), str(fault)) from None


def _lengths(durations: str | Mapping[str, Duration] | None) -> str | dict[str, timedelta] | None:
    if durations is None or isinstance(durations, str):
        return durations
    return {name: length.timedelta() for name, length in durations.items()}
