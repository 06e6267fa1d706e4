"""`time.sleep` inside a simulation: virtual time moves, and nobody waits."""

from __future__ import annotations

import heapq
import itertools
import sys
import threading
import time
from collections.abc import Callable, Iterable

from simulator.clock import Micros, SimulatorError, datetime_of
from simulator.frozen import HEAVY

# How long, in real seconds, a sleeper lets other running threads of the simulation come to their own sleeps,
# so that sleeps which overlap on AWS overlap here.
_GRACE = 0.01

# Packages that sleep while they wait for something real: another process, or the test run.
_WAIT_REALLY = frozenset({"subprocess", "multiprocessing", "_pytest", "xdist", "execnet"})

# Where botocore waits before it tries a refused call again. How long, it draws by real chance, so no virtual time
# passes: the same calls must end at the same moment.
_RETRIES = "botocore.endpoint"

_NOT_SEARCHED = _WAIT_REALLY.union(HEAVY)


class VirtualSleep:
    """Stands in for `time.sleep`, also where it was imported by name, from `start` to `stop`.

    The thread that started it and non-daemon threads started later sleep virtually; all others really.
    Sleepers wake in the order of their wake times, each moving the clock to its own if it is not there yet.
    """

    def __init__(
        self, now: Callable[[], Micros], wake_at: Callable[[Micros], None], may_sleep: Callable[[Micros], bool]
    ) -> None:
        self._now = now
        self._wake_at = wake_at
        self._may_sleep = may_sleep
        self._real = time.sleep
        self._virtual = self.sleep  # one object, so that it can be found again by identity
        self._condition = threading.Condition()
        self._sleepers: list[tuple[Micros, int]] = []
        self._numbers = itertools.count()
        self._owner = threading.current_thread()
        self._older = set(threading.enumerate()) - {self._owner}
        self._stopped = False

    def start(self) -> None:
        """Puts this in the place of `time.sleep`."""
        _replace(self._real, self._virtual)

    def stop(self) -> None:
        """Puts the real one back; who is asleep wakes."""
        _replace(self._virtual, self._real)
        with self._condition:
            self._stopped = True
            self._condition.notify_all()

    def sleep(self, seconds: float, /) -> None:
        """Moves virtual time by `seconds`, or sleeps really in a thread that is not the simulation's.

        botocore's waits between the tries of one call take no time at all.

        Raises SimulatorError when the simulation has slept longer than it may without a call.
        """
        caller = str(sys._getframe(1).f_globals.get("__name__"))
        simulated = self._is_simulated(threading.current_thread()) and caller.partition(".")[0] not in _WAIT_REALLY
        if self._stopped or not simulated or seconds == 0:
            self._real(seconds)
            return
        if caller == _RETRIES:
            return
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        with self._condition:
            length = round(seconds * 1_000_000)
            sleeper = (self._now() + length, next(self._numbers))
            if not self._may_sleep(length):
                raise SimulatorError(
                    f"the code under test slept until {datetime_of(sleeper[0]).isoformat()} without a call to AWS: "
                    "longer than max_virtual allows. Is it waiting for something that will never happen?"
                )
            heapq.heappush(self._sleepers, sleeper)
            self._condition.notify_all()
            try:
                self._wait_for_turn(sleeper)
                if not self._stopped and sleeper[0] > self._now():
                    self._wake_at(sleeper[0])
            finally:
                self._sleepers.remove(sleeper)
                heapq.heapify(self._sleepers)
                self._condition.notify_all()

    def _wait_for_turn(self, sleeper: tuple[Micros, int]) -> None:
        """Until no one else has come to a sleep for a while, and this sleeper is the one to wake first."""
        while not self._stopped and self._others_run():
            joined = self._condition.wait(_GRACE)
            if not joined and self._sleepers[0] == sleeper:
                return

    def _is_simulated(self, thread: threading.Thread) -> bool:
        return thread is self._owner or not (thread.daemon or thread in self._older)

    def _others_run(self) -> bool:
        return sum(map(self._is_simulated, threading.enumerate())) > 1


def _replace(old: Callable[[float], None], new: Callable[[float], None]) -> None:
    """Replaces a function in every module that has it by name."""
    for module in _searched():
        names = getattr(module, "__dict__", {})
        for name, value in list(names.items()):
            if value is old:
                names[name] = new


def _searched() -> Iterable[object]:
    return [module for name, module in list(sys.modules.items()) if name.partition(".")[0] not in _NOT_SEARCHED]
