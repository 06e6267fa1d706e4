"""The process's time, held by freezegun: what user code, moto and the simulation all read."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import ExitStack
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from simulator.clock import Micros, SimulatorError, datetime_of

# Packages too heavy to search for clocks and sleeps: half a second at the first start, and to look at scipy's
# names imports all of it.
HEAVY = ("numpy", "pandas", "scipy", "pyarrow", "matplotlib", "sklearn", "torch")

# Modules whose clocks stay real: the heavy ones, those that measure the test run itself, and one that waits for
# other processes.
_LEFT_REAL = (
    *HEAVY,
    *("_pytest.", "xdist.", "execnet.", "hypothesis.", "coverage.", "subprocess"),
)

_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)


def frozen_now() -> Micros | None:
    """The present of the innermost freeze, or None while time is not frozen."""
    api: Any = sys.modules.get("freezegun.api")
    if api is None or not api.freeze_factories:
        return None
    instant: Micros = (api.freeze_factories[-1]() - _EPOCH) // _MICROSECOND
    return instant


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


class FrozenTime:
    """A freeze of the process's time that lasts from `start` to `stop`.

    Inside a freeze of the user's it follows that one, so that ticking the outer one moves both; a freeze of
    the user's inside it is innermost, and is the one that is read and moved.
    """

    def __init__(self, instant: Micros) -> None:
        from freezegun import api, freeze_time

        self._api: Any = api
        self._instant = instant
        self._exits = ExitStack()
        offset = api.tz_offsets[-1] if api.tz_offsets else 0
        self._freeze = freeze_time(_naive(instant), tz_offset=offset, ignore=list(_LEFT_REAL))

    def start(self) -> None:
        """Freezes the process's time."""
        outer = self._api.freeze_factories[-1] if self._api.freeze_factories else None
        self._freeze.start()
        # No exception for callers of some module: a function run by a thread must see frozen time as well.
        self._api.ignore_lists[-1] = ()
        if outer is not None:
            self._api.freeze_factories[-1] = _Following(_naive(self._instant), outer)
        # An event loop would never wake in frozen time, not even inside a freeze of the user's.
        real = SimpleNamespace(**{**vars(time), "monotonic": self._api.real_monotonic})
        self._exits.enter_context(patch.object(asyncio.base_events, "time", real))

    def stop(self) -> None:
        """Gives the process its time back."""
        self._exits.close()
        self._freeze.stop()

    def now(self) -> Micros:
        """The present of the innermost freeze."""
        frozen = frozen_now()
        if frozen is None:
            raise SimulatorError("the process's time is no longer frozen: a freeze was stopped twice")
        return frozen

    def move_to(self, instant: Micros) -> None:
        """Moves the innermost freeze."""
        self._api.freeze_factories[-1].move_to(_naive(instant))


class _Following:
    """A frozen time at a distance from an outer one, in the form that freezegun calls."""

    def __init__(self, start: datetime, outer: Any) -> None:
        self._outer = outer
        self._distance = start - outer()

    def __call__(self) -> datetime:
        moment: datetime = self._outer() + self._distance
        return moment

    def move_to(self, target: datetime) -> None:
        self._distance += target - self()


def _naive(instant: Micros) -> datetime:
    return datetime_of(instant).replace(tzinfo=None)
