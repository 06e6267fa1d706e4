"""A world under a plain moto mock: the system's clock, everything instant, seed 0."""

from __future__ import annotations

import time

from simulator.aws.host import Host
from simulator.clock import Micros, SimulatorError
from simulator.durations import durations
from simulator.frozen import frozen_now
from simulator.quotas import Quotas
from simulator.resources.world import World


class SystemTime:
    """The system's clock, which only freezegun moves."""

    def now(self) -> Micros:
        """The present, frozen or real."""
        frozen = frozen_now()
        return time.time_ns() // 1000 if frozen is None else frozen

    def move_to(self, instant: Micros) -> None:
        """Refused: the system's clock cannot be moved."""
        raise SimulatorError(
            "under a plain mock_aws the clock is the system's: move it with freezegun, or use simulate()"
        )


def ambient_host(regions: frozenset[str]) -> Host:
    """A host with an empty world, as of now."""
    source = SystemTime()
    world = World(seed=0, training="sampled", durations=durations("instant"), quotas=Quotas(), now=source.now())
    return Host(world, source, regions)
