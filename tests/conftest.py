"""Fixtures that most tests want: a simulation in which everything is instant, and an account in it.

A test file that wants other durations or another start has a `sim` of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support import Account, account

from simulator import Simulation, simulate


@pytest.fixture
def sim() -> Iterator[Simulation]:
    with simulate(start="2022-03-08T09:00:00Z", durations="instant") as running:
        yield running


@pytest.fixture
def here(sim: Simulation) -> Account:
    return account()
