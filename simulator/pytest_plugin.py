"""What the pytest plugin does once it is used: the fixture's simulation, and scenario files as tests."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
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
    """A scenario file: a test for each of its cases, or one."""

    def collect(self) -> Iterable[pytest.Item]:
        """The items; of a file that makes no sense one, which says so when it runs: the others' tests run."""
        try:
            scenarios = scenario.load_all(self.path)
        except scenario.ScenarioInvalid as fault:
            yield ScenarioItem.from_parent(self, name=_stem(self.path), read=fault)
            return
        for each in scenarios:
            name = _stem(self.path) if each.case is None else each.name
            yield ScenarioItem.from_parent(self, name=name, read=each)


class ScenarioItem(pytest.Item):
    """A scenario, run in a simulation of its own.

    `-k` finds it by its name, its file's, and by the rules that it names; `-m` by its marks, and by
    `personalize_rule(id="...")`.
    """

    def __init__(self, *, read: scenario.Scenario | scenario.ScenarioInvalid, **more: Any) -> None:
        super().__init__(**more)
        self._read = read
        if isinstance(read, scenario.ScenarioInvalid):
            return
        for rule in read.rules():
            self.extra_keyword_matches.add(rule)
            self.add_marker(pytest.mark.personalize_rule(id=rule))
        for mark in read.marks:
            self.add_marker(mark)

    def runtest(self) -> None:
        """Plays the scenario."""
        if isinstance(self._read, scenario.ScenarioInvalid):
            raise self._read
        scenario.run(self._read)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The report of a scenario that failed or is not valid; the traceback of anything else."""
        if isinstance(excinfo.value, (scenario.ScenarioFailed, scenario.ScenarioInvalid)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Where it is, and its title."""
        line = None if isinstance(self._read, scenario.ScenarioInvalid) else self._read.line - 1
        return self.path, line, f"scenario: {self.name}"


def _stem(file: Path) -> str:
    return file.name.removesuffix(".yaml").removesuffix(".personalize")
