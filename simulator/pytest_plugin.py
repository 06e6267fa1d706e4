"""What the pytest plugin does once it is used: the fixture's simulation, and scenario files as tests."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pytest

from simulator import scenario
from simulator.simulation import simulate

if TYPE_CHECKING:
    from simulator.server.endpoint import Endpoint

_KEYWORDS = tuple(inspect.signature(simulate).parameters)


def simulation(request: pytest.FixtureRequest) -> simulate:
    """The simulation that a test's marker and the ini keys describe.

    Raises pytest.UsageError for a keyword or value that makes no sense, and under hypothesis' `@given`.
    """
    if hasattr(getattr(request, "function", None), "hypothesis"):
        raise pytest.UsageError(
            f"{request.node.nodeid} uses @given, whose examples would share one personalize_sim: use "
            "`with simulate():` inside the test instead, one simulation an example"
        )
    try:
        return simulate(**_described(request))
    except (TypeError, ValueError) as fault:
        raise pytest.UsageError(f"the simulation of {request.node.nodeid}: {fault}") from fault


def endpoint(request: pytest.FixtureRequest) -> AbstractContextManager[Endpoint]:
    """The server, not yet started, that a test's marker and the ini keys describe.

    Raises pytest.UsageError for a keyword or value that makes no sense, or none for another process.
    """
    from simulator.server.arguments import arguments_of
    from simulator.server.endpoint import serving

    described = _described(request)
    marker = request.node.get_closest_marker("personalize")
    if marker is None or "region" not in marker.kwargs:
        described.pop("region", None)  # the project's is for clients in this process
    try:
        simulate(**described)
        return serving(arguments_of(described))
    except (TypeError, ValueError) as fault:
        raise pytest.UsageError(f"the server of {request.node.nodeid}: {fault}") from fault


def _described(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The keywords that a test's marker and the ini keys give."""
    arguments = _ini(request.config)
    marker = request.node.get_closest_marker("personalize")
    if marker is not None:
        keywords = _keywords(marker, request.node.nodeid)
        if keywords.get("load") is not None:
            # What the project sets for worlds that begin anew is not meant for one that goes on.
            arguments = {name: value for name, value in arguments.items() if name not in ("start", "seed")}
        arguments |= keywords
    return arguments


def _keywords(marker: pytest.Mark, test: str) -> dict[str, Any]:
    if marker.args:
        raise pytest.UsageError(f"{test}: the marker personalize takes keywords only: {', '.join(_KEYWORDS)}")
    for name in marker.kwargs:
        if name not in _KEYWORDS:
            raise pytest.UsageError(
                f"{test}: the marker personalize has no keyword {name!r}; there are {', '.join(_KEYWORDS)}"
            )
    return dict(marker.kwargs)


def _ini(config: pytest.Config) -> dict[str, Any]:
    """What the ini keys say; none of them is set by default."""
    found: dict[str, Any] = {}
    for name in ("start", "load", "seed", "durations", "training", "profile", "region"):
        text = config.getini(f"personalize_{name}")
        if text:
            found[name] = text
    if "load" in found:
        found["load"] = str((config.inipath.parent if config.inipath else config.rootpath) / found["load"])
    if "seed" in found:
        try:
            found["seed"] = int(found["seed"])
        except ValueError:
            raise pytest.UsageError(f"personalize_seed must be a whole number, not {found['seed']!r}") from None
    throttling = config.getini("personalize_throttling")
    if throttling:
        if throttling not in ("true", "false"):
            raise pytest.UsageError(f"personalize_throttling must be true or false, not {throttling!r}")
        found["throttling"] = throttling == "true"
    return found


class ScenarioFile(pytest.File):
    """A scenario file: one test."""

    def collect(self) -> Iterable[pytest.Item]:
        """The one item."""
        yield ScenarioItem.from_parent(self, name=self.path.name.removesuffix(".yaml"))


class ScenarioItem(pytest.Item):
    """A scenario, run in a simulation of its own."""

    def runtest(self) -> None:
        """Loads and plays the file."""
        scenario.run(scenario.load(self.path))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The report of a scenario that failed or is not valid; the traceback of anything else."""
        if isinstance(excinfo.value, (scenario.ScenarioFailed, scenario.ScenarioInvalid)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Where it is, and its title."""
        return self.path, None, f"scenario: {self.name}"
