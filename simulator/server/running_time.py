"""A time that runs with the system's, from any instant: that of a server that is told to."""

from __future__ import annotations

import time

from simulator.clock import Micros


class RunningTime:
    """A present that begins at an instant and passes as really as time does; it can be moved forward.

    It follows the monotonic clock, so that nothing that sets the system's clock makes it run backward.
    """

    def __init__(self, instant: Micros) -> None:
        self._ahead = instant - _monotonic()

    def now(self) -> Micros:
        """The present instant."""
        return _monotonic() + self._ahead

    def move_to(self, instant: Micros) -> None:
        """Makes `instant` the present, unless it has passed meanwhile."""
        self._ahead += max(0, instant - self.now())


def _monotonic() -> Micros:
    return time.monotonic_ns() // 1000
