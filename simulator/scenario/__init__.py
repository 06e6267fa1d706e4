"""Scenario files: stories told as data, run against the simulation, with what must hold at each step.

`load` reads a file with one scenario, `load_all` one that may have several cases; `run` plays a scenario,
`run_with_mutants` also asks whether it could have failed. `ScenarioInvalid`, `ScenarioFailed` and `ScenarioHollow`
say in their text what was wrong.
"""

from __future__ import annotations

from simulator.scenario.loaded import Scenario
from simulator.scenario.loading import load, load_all
from simulator.scenario.mutations import ScenarioHollow, run_with_mutants
from simulator.scenario.outcome import (
    Asked,
    Checked,
    Event,
    Outcome,
    Overrides,
    ScenarioFailed,
    StepBegan,
    StepEnded,
)
from simulator.scenario.runner import run
from simulator.scenario.yaml_text import ScenarioInvalid

__all__ = [
    "Asked",
    "Checked",
    "Event",
    "Outcome",
    "Overrides",
    "Scenario",
    "ScenarioFailed",
    "ScenarioHollow",
    "ScenarioInvalid",
    "StepBegan",
    "StepEnded",
    "load",
    "load_all",
    "run",
    "run_with_mutants",
]
