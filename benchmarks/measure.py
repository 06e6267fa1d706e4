"""Timing in pairs: ours and the reference in turn, so that a slow spell of the machine hits both."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

# Kept in a tuple: inside a simulation the process's clocks stand still, and freezegun replaces those it finds by name.
_REAL = (time.perf_counter,)


@dataclass(frozen=True)
class Figure:
    """A ratio and the bound it must keep; of what is not seconds, `unit` says what it is."""

    name: str
    ours: float
    reference: float
    ratio: float
    bound: float
    unit: str = "s"

    def __str__(self) -> str:
        held = "ok" if self.ratio <= self.bound else "MISSED"
        unit, scale = ("ms", 1000) if self.unit == "s" else (self.unit, 1)
        return (
            f"{self.name:58} {self.ours * scale:10.3f} {unit} {self.reference * scale:10.3f} {unit} "
            f"{self.ratio:6.2f} (at most {self.bound:.2f}) {held}"
        )


def seconds(call: Callable[[], object]) -> float:
    """How long one call takes, in real seconds."""
    start = _REAL[0]()
    call()
    return _REAL[0]() - start


def compare(
    name: str,
    ours: Callable[[], object],
    reference: Callable[[], object],
    bound: float,
    *,
    runs: int,
    warmup: int = 1,
    allowance: float = 0.0,
) -> Figure:
    """The median of the ratios, pair by pair; `allowance` seconds of ours are free."""
    for _ in range(warmup):
        ours()
        reference()
    pairs = [(seconds(ours), seconds(reference)) for _ in range(runs)]
    return Figure(
        name,
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median((a - allowance) / b for a, b in pairs),
        bound,
    )
