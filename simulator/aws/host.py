"""The host: a world, what it needs around it, and the lock that lets one call in at a time."""

from __future__ import annotations

import functools
import os
import re
import threading
import warnings

from botocore.loaders import Loader
from botocore.regions import EndpointResolver

from simulator.aws import wire
from simulator.aws.platform import MotoPlatform, account_of_key
from simulator.clock import Micros, SimulatorError, TimeSource
from simulator.resources.settling import settle
from simulator.resources.world import World

_OLDEST_MOTO, _NEWEST_MOTO = "5.2.1", "5.2.5"


class NoSuchEndpoint(SimulatorError):
    """Amazon Personalize has no endpoint in a region; on AWS its host name does not resolve (life-016)."""


class WrongProcess(SimulatorError):
    """A simulation was used from a process that was forked from its own."""


class UntriedMotoWarning(UserWarning):
    """The moto that is installed is not one that the simulator has been tried with."""


class Host:
    """Serves one world: every request settles its agenda first, then is answered as of that instant."""

    def __init__(self, world: World, time: TimeSource) -> None:
        _check_moto()
        self.world = world
        self.time = time
        self.platform = MotoPlatform()
        self.lock = threading.RLock()
        self._process = os.getpid()
        self._slept: Micros = 0
        self._forgotten = False

    def settle(self) -> None:
        """Brings the world to the present."""
        self._check_process()
        with self.lock:
            self._slept = 0
            self._settle(self.time.now())

    def forget(self) -> None:
        """Empties the world before anything else happens in it.

        Not at once: moto's reset holds a lock of moto's that a call, which holds ours, may be waiting for.
        """
        self._forgotten = True

    def move_to(self, instant: Micros) -> None:
        """Moves time, and the world with it."""
        with self.lock:
            self.settle()
            self.time.move_to(instant)
            self._settle(self.time.now())

    def may_sleep(self, longest: Micros, length: Micros) -> bool:
        """Whether the code may sleep for `length` more, if `longest` is the most between two calls."""
        with self.lock:
            return self._slept + length <= longest

    def wake_at(self, instant: Micros) -> None:
        """Moves time to the end of a sleep, and the world with it, unless another thread has moved it there."""
        self._check_process()
        with self.lock:
            now = self.time.now()
            if instant <= now:
                return
            self._settle(now)
            self._slept += instant - now
            self.time.move_to(instant)
            self._settle(self.time.now())

    def answer(self, request: wire.HttpRequest, account: str | None = None) -> wire.HttpAnswer:
        """The answer to a request to one of the three services, of an account: by default that of its access key."""
        if request.region not in _regions():
            raise NoSuchEndpoint(
                f"Amazon Personalize has no endpoint in the region {request.region}: on AWS the name of the host "
                f"{request.url} would not resolve."
            )
        with self.lock:
            self.settle()
            return wire.answer(self.world, self.platform, request, account or account_of_key(request.access_key))

    def is_of_this_process(self) -> bool:
        """Whether this process made it, or one that this was forked from."""
        return self._process == os.getpid()

    def _settle(self, now: Micros) -> None:
        if self._forgotten:
            self._forgotten = False
            self.world.empty()
        settle(self.world, self.platform, now)

    def _check_process(self) -> None:
        if not self.is_of_this_process():
            raise WrongProcess("this simulation belongs to another process: after a fork, start one in the new process")


@functools.cache
def _regions() -> frozenset[str]:
    """The regions in which Amazon Personalize has endpoints, by the data on the machine."""
    loader = Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
    resolver = EndpointResolver(loader.load_data("endpoints"))
    return frozenset(
        region
        for partition in resolver.get_available_partitions()
        for region in resolver.get_available_endpoints("personalize", partition)
    )


def _check_moto() -> None:
    import moto

    if not _numbers(_OLDEST_MOTO) <= _numbers(moto.__version__) <= _numbers(_NEWEST_MOTO):
        warnings.warn(
            f"personalize-simulator has been tried with moto {_OLDEST_MOTO} to {_NEWEST_MOTO}; {moto.__version__} is "
            "installed and may behave differently.",
            UntriedMotoWarning,
            stacklevel=2,
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
