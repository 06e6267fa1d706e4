"""What the pytest plugin does once it is used: the fixture's simulation, and scenario files as tests."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from simulator import scenario

if TYPE_CHECKING:
    from simulator.server.endpoint import Endpoint
    from simulator.simulation import simulate


def simulation(request: pytest.FixtureRequest) -> simulate:
    """The simulation that a test's marker and the ini keys describe.

    Raises pytest.UsageError for a keyword or value that makes no sense, and under hypothesis' `@given`.
    """
    if hasattr(getattr(request, "function", None), "hypothesis"):
        raise pytest.UsageError(
            f"{request.node.nodeid} uses @given, whose examples would share one personalize_sim: use "
            "`with simulate():` inside the test instead, one simulation an example"
        )
    from simulator.simulation import simulate

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
    from simulator.simulation import simulate

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
    from simulator.simulation import simulate

    known = tuple(inspect.signature(simulate).parameters)
    if marker.args:
        raise pytest.UsageError(f"{test}: the marker personalize takes keywords only: {', '.join(known)}")
    for name in marker.kwargs:
        if name not in known:
            raise pytest.UsageError(
                f"{test}: the marker personalize has no keyword {name!r}; there are {', '.join(known)}"
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


# What pytest raises for a mark that the project does not know, where it is strict about marks or about warnings.
_UNKNOWN_MARK = (pytest.fail.Exception, pytest.PytestUnknownMarkWarning)


class ScenarioFile(pytest.File):
    """A scenario file: a test for each of its cases, or one."""

    def collect(self) -> Iterable[pytest.Item]:
        """The items; of a file that makes no sense one, which says so when it runs: the others' tests run."""
        try:
            # What has been read is not kept: of thousands of files only those that run are needed, one after the other.
            yield from [self._item(number, each) for number, each in enumerate(scenario.load_all(self.path))]
        except (scenario.ScenarioInvalid, *_UNKNOWN_MARK) as fault:
            yield InvalidItem.from_parent(self, name=_stem(self.path), fault=fault)

    def _item(self, number: int, found: scenario.Scenario) -> pytest.Item:
        name = _stem(self.path) if found.case is None else found.name
        item: pytest.Item = ScenarioItem.from_parent(self, name=name, number=number, found=found)
        return item

    @functools.cached_property
    def scenarios(self) -> list[scenario.Scenario]:
        """Its scenarios, to be run. Raises ScenarioInvalid."""
        return scenario.load_all(self.path)


class ScenarioItem(pytest.Item):
    """A scenario, run in a simulation of its own.

    `-k` finds it by its title, its file's name, and by the rules that it names; `-m` by its marks, and by
    `personalize_rule(id="...")`.
    """

    def __init__(self, *, number: int, found: scenario.Scenario, **more: Any) -> None:
        super().__init__(**more)
        self._number, self._title, self._line = number, found.title, found.line
        self.extra_keyword_matches.update((found.title, *found.rules()))
        for rule in found.rules():
            self.add_marker(pytest.mark.personalize_rule(id=rule))
        for mark in found.marks:
            self.add_marker(mark)

    def runtest(self) -> None:
        """Plays the scenario; the steps that have held are a section of the report."""
        held: list[str] = []

        def hear(event: scenario.Event) -> None:
            if isinstance(event, scenario.StepEnded):
                held.append(f"{event}\n")

        assert isinstance(self.parent, ScenarioFile)
        mutants = self.config.getoption("personalize_mutants")
        play: Callable[..., object] = scenario.run_with_mutants if mutants else scenario.run
        try:
            play(self.parent.scenarios[self._number], hear)
        finally:
            self.add_report_section("call", "steps that held", "".join(held))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The report of a scenario that failed or is not valid; the traceback of anything else."""
        fault = excinfo.value
        if isinstance(fault, (scenario.ScenarioInvalid, scenario.ScenarioHollow)):
            return str(fault)
        if isinstance(fault, scenario.ScenarioFailed) and not self.config.getoption("fulltrace"):
            return _Report(fault)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Where it is, and its title."""
        return self.path, self._line - 1, f"scenario: {self._title}"


class InvalidItem(pytest.Item):
    """A scenario file that makes no sense: a test that fails, and says why."""

    def __init__(self, *, fault: BaseException, **more: Any) -> None:
        super().__init__(**more)
        self._fault = fault

    def runtest(self) -> None:
        """Fails."""
        raise self._fault

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        """Where the fault is, and what was meant."""
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Where it is."""
        return self.path, None, f"scenario file: {self.name}"


class _Report:
    """The report of a scenario that did not hold, in pytest's colours."""

    def __init__(self, failure: scenario.ScenarioFailed) -> None:
        self._failure = failure
        self.reprcrash = _InShort(failure)

    def __str__(self) -> str:
        return str(self._failure)

    def toterminal(self, terminal: Any) -> None:
        """Prints it: what differs in red, what was expected in green."""
        terminal.line(self._failure.headline, bold=True)
        for name, line in self._failure.lines():
            terminal.line(line, red=name in ("difference", "error"), green=name == "expected")


class _InShort:
    """What pytest says of a failure in a single line."""

    def __init__(self, failure: scenario.ScenarioFailed) -> None:
        self._headline = failure.headline
        what = failure.faults.get("difference", failure.faults.get("error"))
        self.message = f"step {failure.number}, line {failure.line}: {what}"

    def __str__(self) -> str:
        return self._headline


def _stem(file: Path) -> str:
    return file.name.removesuffix(".yaml").removesuffix(".personalize")
