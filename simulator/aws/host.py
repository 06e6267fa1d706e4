"""The host: a world, what it needs around it, and the lock that lets one call in at a time."""

from __future__ import annotations

import os
import threading

from simulator.aws import wire
from simulator.aws.platform import MotoPlatform, account_of_key
from simulator.clock import Micros, SimulatorError, TimeSource
from simulator.resources.settling import settle
from simulator.resources.world import World


class NoSuchEndpoint(SimulatorError):
    """Amazon Personalize has no endpoint in a region; on AWS its host name does not resolve (life-016)."""


class WrongProcess(SimulatorError):
    """A simulation was used from a process that was forked from its own."""


class Host:
    """Serves one world: every request settles its agenda first, then is answered as of that instant."""

    def __init__(self, world: World, time: TimeSource, regions: frozenset[str]) -> None:
        self.world = world
        self.time = time
        self.platform = MotoPlatform()
        self.lock = threading.RLock()
        self._regions = regions
        self._process = os.getpid()
        self._slept: Micros = 0

    def settle(self) -> None:
        """Brings the world to the present."""
        self._check_process()
        with self.lock:
            self._slept = 0
            settle(self.world, self.platform, self.time.now())

    def may_sleep(self, longest: Micros, length: Micros) -> bool:
        """Whether the code may sleep for `length` more, if `longest` is the most between two calls."""
        with self.lock:
            self._slept += length
            return self._slept <= longest

    def wake_at(self, instant: Micros) -> None:
        """Moves time to the end of a sleep, and the world with it."""
        self._check_process()
        with self.lock:
            settle(self.world, self.platform, self.time.now())
            self.time.move_to(instant)
            settle(self.world, self.platform, instant)

    def answer(self, request: wire.HttpRequest) -> wire.HttpAnswer:
        """The answer to a request to one of the three services."""
        if request.region not in self._regions:
            raise NoSuchEndpoint(
                f"Amazon Personalize has no endpoint in the region {request.region}: on AWS the name of the host "
                f"{request.url} would not resolve."
            )
        with self.lock:
            self.settle()
            return wire.answer(self.world, self.platform, request, account_of_key(request.access_key))

    def _check_process(self) -> None:
        if os.getpid() != self._process:
            raise WrongProcess(
                "this simulation belongs to another process: after a fork, start one in the new process"
            )
