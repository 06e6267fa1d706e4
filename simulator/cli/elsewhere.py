"""`run --endpoint-url` and `run --aws`: scenarios played somewhere else, and how it differs from this process."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import click
import msgspec
from msgspec import Struct

from simulator.cli.telling import Teller
from simulator.clock import SimulatorError
from simulator.scenario import Overrides, Scenario, ScenarioFailed, ScenarioInvalid
from simulator.scenario.elsewhere import Comparison, Reference, compare, reference_of
from simulator.scenario.endpoints import RealClock, Remote, aws, server
from simulator.scenario.estimates import Estimate, estimate
from simulator.scenario.names import Names, suffix_of
from simulator.scenario.results import Failure, Fault, Results, ScenarioResult, results_of
from simulator.version import __version__

if TYPE_CHECKING:
    from rich.console import Console

INTERRUPTED = 130

_LEFT = "LEFT BEHIND, delete it yourself:"


@dataclass(frozen=True)
class Place:
    """Where scenarios are played: under an address, or if there is none on AWS."""

    url: str | None
    patience: float
    longest: timedelta
    confirmed: bool

    def stage(self, reference: Reference) -> Remote:
        """The stage of a scenario there. Raises ValueError, SimulatorError."""
        region = reference.scenario.content.simulate.region
        names, clock = Names(suffix_of()), RealClock(self.longest)
        if self.url is None:
            return aws(region=region, seed=reference.seed, names=names, clock=clock)
        return server(self.url, region=region, seed=reference.seed, names=names, clock=clock)

    def __str__(self) -> str:
        return "AWS" if self.url is None else self.url


class NotPlayed(Struct, frozen=True, kw_only=True):
    """A scenario that does not hold in this process (`failed`), or cannot be played there (`invalid`)."""

    scenario: str
    file: str
    line: int
    ending: Literal["failed", "invalid"]
    message: str


class Comparisons(Struct, frozen=True, kw_only=True):
    """What `--json` writes: each scenario that was played there."""

    format: int = 1
    simulator: str = __version__
    where: str
    exit_code: int
    comparisons: list[Comparison]
    not_played: list[NotPlayed]


def run_elsewhere(
    entries: Sequence[Scenario | ScenarioInvalid], overrides: Overrides, place: Place, console: Console, verbose: bool
) -> Comparisons:
    """Plays scenarios in this process and then at the place, one after the other, and tells how that differs.

    Exit code 0 if nothing does, 1 if something does, is left behind, or does not hold in this process, 2 if a scenario
    cannot be played, 130 after Ctrl-C. On AWS everything is played in this process first, for what it will cost, which
    has to be confirmed. Raises UsageError where nobody can be asked.
    """
    if place.url is None and not place.confirmed and not sys.stdin.isatty():
        raise click.UsageError("--aws asks before it creates anything, and there is no terminal: confirm it by --yes")
    found: list[Comparison] = []
    not_played: list[NotPlayed] = []
    codes = {0}

    def refused(entry: Scenario | ScenarioInvalid, ending: Literal["failed", "invalid"], message: str) -> None:
        click.echo(message, err=True)
        title = entry.title if isinstance(entry, Scenario) else entry.file
        each = NotPlayed(scenario=title, file=entry.file, line=entry.line or 1, ending=ending, message=message)
        not_played.append(each)
        codes.add(1 if ending == "failed" else 2)

    def references() -> Iterator[Reference]:
        for entry in entries:
            try:
                if isinstance(entry, ScenarioInvalid):
                    raise entry
                reference = reference_of(entry, overrides)
                if place.url is None:
                    place.stage(reference)  # without a region or credentials there is nothing to confirm
                yield reference
            except ScenarioFailed as fault:
                refused(entry, "failed", f"not played on {place}, as it does not hold in this process: {fault}")
            except (ScenarioInvalid, ValueError, OSError) as fault:
                refused(entry, "invalid", str(fault))

    with Teller(console, len(entries), verbose) as teller, _terminated_as_interrupted():
        known = references()
        if place.url is None:
            known = iter(_confirmed(list(known), overrides, place, console))
        for reference in known:
            teller.begins(reference.scenario)
            try:
                each = compare(
                    reference,
                    place.stage(reference),
                    str(place),
                    listener=teller.hear,
                    patience=place.patience,
                    told=lambda text: console.print(text, soft_wrap=True),
                )
            except (ScenarioInvalid, SimulatorError, ValueError, OSError) as fault:
                refused(reference.scenario, "invalid", str(fault))
                continue
            found.append(each)
            codes.add(1 if each.differences or each.left else 0)
            _tell(console, each)
            if each.interrupted:
                codes.add(INTERRUPTED)
                break
    return Comparisons(where=str(place), exit_code=max(codes), comparisons=found, not_played=not_played)


def as_json(comparisons: Comparisons) -> bytes:
    """The comparisons as JSON, indented."""
    return msgspec.json.format(msgspec.json.encode(comparisons)) + b"\n"


def _confirmed(
    references: Sequence[Reference], overrides: Overrides, place: Place, console: Console
) -> Sequence[Reference]:
    """Shows what each scenario will take on AWS, and asks; nothing is left to be played if the answer is no."""
    total: list[Estimate] = []
    for reference in references:
        region = place.stage(reference).region
        durations = overrides.durations or reference.scenario.content.simulate.durations
        total.append(estimate(reference.length, reference.usage, region, as_observed=durations == "observed"))
        console.print(f"{reference.scenario.title}  ({reference.scenario.file})", style="bold", soft_wrap=True)
        console.print(f"On AWS {total[-1]}", soft_wrap=True)
    if len(total) > 1:
        cost, currency = sum(each.cost for each in total), total[0].currency
        length = sum((each.length for each in total), timedelta())
        console.print(f"In all about {length}, and {cost:.2f} {currency}.", style="bold", soft_wrap=True)
    if not references or place.confirmed or click.confirm("Create all this on AWS, and pay for it?", err=True):
        return references
    raise click.Abort


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """SIGTERM, by which a CI ends a job, is taken as Ctrl-C: what was created is deleted."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not the main thread, which alone is told
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def as_junit_results(comparisons: Comparisons) -> Results:
    """The comparisons as results of a run, for JUnit XML: a difference is a failure, no comparison an error."""
    results = [_result(each) for each in comparisons.comparisons]
    for each in comparisons.not_played:
        fault = Fault(message=each.message)
        results.append(
            ScenarioResult(file=each.file, line=each.line, title=each.scenario, ending="invalid", fault=fault)
        )
    return results_of(results, 0.0, interrupted=comparisons.exit_code == INTERRUPTED)


def _result(comparison: Comparison) -> ScenarioResult:
    report = [_said(comparison), *_report(comparison)]
    failure = None
    if comparison.differences or comparison.left:
        first = comparison.differences[0] if comparison.differences else None
        failure = Failure(
            step=0 if first is None else first.step,
            title="" if first is None else first.title,
            file=comparison.file if first is None else first.file,
            line=comparison.line if first is None else first.line,
            now=comparison.ended,
            report="\n".join(report),
        )
    return ScenarioResult(
        file=comparison.file,
        line=comparison.line,
        title=comparison.scenario,
        ending="held" if failure is None else "failed",
        began=comparison.began,
        ended=comparison.ended,
        calls=comparison.calls,
        failure=failure,
    )


def _tell(console: Console, comparison: Comparison) -> None:
    """How it went: what differed step by step, and what is left."""
    style = "bold red" if comparison.differences or comparison.interrupted else "green"
    console.print(_said(comparison), style=style, soft_wrap=True)
    for line in _report(comparison):
        console.print(line, style="bold red" if line.startswith(_LEFT) else None, soft_wrap=True)


def _said(comparison: Comparison) -> str:
    count = len(comparison.differences)
    said = "no differences" if count == 0 else "1 difference" if count == 1 else f"{count} differences"
    took = timedelta(seconds=round((comparison.ended - comparison.began).total_seconds()))
    return (
        f"{said} on {comparison.where}: {comparison.played} of {comparison.steps} steps, {comparison.calls} calls, "
        f"{took} there, names with {comparison.suffix}" + (", interrupted" if comparison.interrupted else "")
    )


def _report(comparison: Comparison) -> Iterator[str]:
    """A line a step that differs, and below it what differs; then what is left."""
    step = 0
    for each in comparison.differences:
        if each.step != step:
            step = each.step
            yield f"  {each.file}:{each.line}: step {each.step}, {each.title!r}"
        what = [part for part in (each.call, each.at) if part is not None]
        if each.kind == "not_played":
            what = ["not played"]
        times = f"  ({each.times} times)" if each.times > 1 else ""
        yield f"      {': '.join([*what, each.difference])}{times}"
        if each.rule is not None:
            yield f"        rule: {each.rule}"
        if each.source is not None:
            yield f"        source: {each.source}"
    if comparison.differences:
        yield from (f"  {note}" for note in comparison.notes)
    for left in comparison.records:
        yield f"  stays: {left.named} ({left.why})"
    for left in comparison.left:
        yield f"{_LEFT} {left.kind} {left.named}: {left.why}"
