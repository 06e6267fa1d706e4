"""The pytest plugin's entry point: a light module of its own; a project that does not use it pays nothing.

It ties the simulator to botocore and moto (once they are imported), and names the marker, the fixture and the
ini keys; what they do is in `simulator.pytest_plugin`, imported when one is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import _personalize_simulator_hooks as hooks

if TYPE_CHECKING:
    from simulator import Simulation
    from simulator.server.endpoint import Endpoint

hooks.install()

_INI_KEYS = {
    "personalize_start": "the first moment of personalize_sim: ISO 8601, UTC if it has no zone (default: now)",
    "personalize_load": "a saved world that personalize_sim goes on with: a file, from the folder of this one",
    "personalize_seed": "the seed of personalize_sim: a whole number (default: 0)",
    "personalize_durations": "the durations of personalize_sim: observed (default) or instant",
    "personalize_training": "the training of personalize_sim: sampled (default) or exact",
    "personalize_profile": "the service that personalize_sim simulates: today (default) or 2022",
    "personalize_throttling": "whether calls beyond the documented rates are refused: true or false (default)",
    "personalize_scenarios": "folders below the project's root whose .yaml files are all scenarios (default: none)",
    "personalize_region": "the region of clients that name none (default: us-east-1)",
}
_MARKER = (
    "personalize(start, load, seed, durations, training, profile, region, freeze, virtual_sleep, max_virtual, quotas, "
    "throttling): the simulation that the fixture personalize_sim gives; keywords as of simulator.simulate()"
)

_RULE_MARKER = "personalize_rule(id): a rule that a scenario names; scenario files have it by themselves"

_MUTANTS = "make each expectation of the scenario files wrong, one after the other: who holds all the same fails"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Registers the ini keys and the option."""
    for key, text in _INI_KEYS.items():
        parser.addini(key, text)
    parser.getgroup("personalize").addoption(
        "--personalize-mutants", action="store_true", help=_MUTANTS, dest="personalize_mutants"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Registers the markers."""
    config.addinivalue_line("markers", _MARKER)
    config.addinivalue_line("markers", _RULE_MARKER)


@pytest.fixture
def personalize_sim(request: pytest.FixtureRequest) -> Iterator[Simulation]:
    """A simulation of Amazon Personalize around the test: boto3 is answered offline, time is virtual.

    Configured by `@pytest.mark.personalize(...)`, the closest one, and by the ini keys `personalize_...`.
    """
    with _plugin().simulation(request) as sim:
        yield sim


@pytest.fixture
def personalize_endpoint(request: pytest.FixtureRequest) -> Iterator[Endpoint]:
    """A server of the simulated services in a process of its own, on a free port, for clients that are not in this one.

    Configured as `personalize_sim` is, by keywords that mean something to another process. Clients take its `url`.
    """
    with _plugin().endpoint(request) as server:
        yield server


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collects scenario files: `*.personalize.yaml`, and every other one in the folders that the project names."""
    if file_path.suffix != ".yaml" or file_path.name.endswith(".steps.yaml"):
        return None
    if not file_path.name.endswith(".personalize.yaml"):
        folders = parent.config.getini("personalize_scenarios").split()
        if not any(file_path.is_relative_to(parent.config.rootpath / folder) for folder in folders):
            return None
    collector: pytest.Collector = _plugin().ScenarioFile.from_parent(parent, path=file_path)
    return collector


def _plugin() -> Any:
    """The rest of the plugin; raises pytest.UsageError where `simulator` is another package."""
    if not hooks.simulator_is_ours():
        import simulator

        found = getattr(simulator, "__file__", None) or list(getattr(simulator, "__path__", []))
        raise pytest.UsageError(
            f"personalize-simulator needs the name `simulator` for its package, but `import simulator` gives "
            f"{found}. Rename that module or package, or move it out of sys.path."
        )
    import simulator.pytest_plugin

    return simulator.pytest_plugin
