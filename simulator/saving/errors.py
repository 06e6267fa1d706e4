"""What is wrong with a saved world."""

from __future__ import annotations

from simulator.clock import SimulatorError


class SavedWorldError(SimulatorError):
    """A file is no saved world that this simulator can load, or a world holds what cannot be saved."""
