"""A world under a plain moto mock: the system's clock, everything instant, seed 0."""

from __future__ import annotations

from simulator.aws.host import Host
from simulator.durations import durations
from simulator.frozen import SystemTime
from simulator.quotas import Quotas
from simulator.resources.world import World


def ambient_host() -> Host:
    """A host with an empty world, as of now."""
    source = SystemTime()
    world = World(seed=0, training="sampled", durations=durations("instant"), quotas=Quotas(), now=source.now())
    return Host(world, source)
