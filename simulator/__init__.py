"""Amazon Personalize, simulated in process: unmodified boto3 code runs offline, and time is virtual.

`simulate()` runs a block inside a simulation, `current()` is the one that is running; `compare` and
`recommendations_frame` show what was recommended; `simulator.strategies` is for property tests. Everything else in
this package is private.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import _personalize_simulator_hooks
from simulator.version import __version__

if TYPE_CHECKING:
    from simulator.clock import SimulatorError as SimulatorError
    from simulator.comparing import Comparison as Comparison
    from simulator.comparing import compare as compare
    from simulator.comparing import recommendations_frame as recommendations_frame
    from simulator.deploying import Deployment as Deployment
    from simulator.resources.not_simulated import NotSimulatedWarning as NotSimulatedWarning
    from simulator.saving import SavedWorldError as SavedWorldError
    from simulator.simulation import Simulation as Simulation
    from simulator.simulation import current as current
    from simulator.simulation import simulate as simulate

__all__ = [
    "Comparison",
    "Deployment",
    "NotSimulatedWarning",
    "SavedWorldError",
    "Simulation",
    "SimulatorError",
    "__version__",
    "compare",
    "current",
    "recommendations_frame",
    "simulate",
]

_MODULES = {
    "Comparison": "simulator.comparing",
    "Deployment": "simulator.deploying",
    "NotSimulatedWarning": "simulator.resources.not_simulated",
    "SavedWorldError": "simulator.saving",
    "Simulation": "simulator.simulation",
    "SimulatorError": "simulator.clock",
    "compare": "simulator.comparing",
    "current": "simulator.simulation",
    "recommendations_frame": "simulator.comparing",
    "simulate": "simulator.simulation",
}

_personalize_simulator_hooks.install()


def __getattr__(name: str) -> Any:
    """Imports what is asked for only then: boto3 and moto take a quarter of a second."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return __all__
