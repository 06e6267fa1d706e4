"""The command `run`: scenario files, played and reported."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

    from simulator.cli.elsewhere import Place
    from simulator.scenario import Overrides, Scenario, ScenarioInvalid
    from simulator.scenario.results import Results

_PLAIN_WIDTH = 120
_EXIT_CODES = {"held": 0, "failed": 1, "invalid": 2}
_INTERRUPTED = 130
_PATIENCE_WITH_AWS = 4  # trainings there may well take longer than the one that was observed
_STDOUT = Path("-")


@click.command("run")
@click.argument("scenarios", nargs=-1, type=click.Path(path_type=Path))
@click.option("--rule", "rules", metavar="ID", multiple=True, help="Only those that name this rule; may be repeated.")
@click.option("-k", "texts", metavar="TEXT", multiple=True, help="Only those with this text in their title; the same.")
@click.option("-v", "--verbose", is_flag=True, help="Of several scenarios as well: a line a step, and what they show.")
@click.option(
    "--json",
    "json_file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the results as JSON; - for standard output, which then has nothing else.",
)
@click.option(
    "--junit",
    "junit_file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the results as JUnit XML, which CI systems read.",
)
@click.option(
    "--ratings",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Your interactions: MovieLens' ratings.csv, or USER_ID,ITEM_ID,TIMESTAMP.",
)
@click.option("--seed", type=click.IntRange(min=0), help="The seed, in the place of the scenario's.")
@click.option("--durations", type=click.Choice(["observed", "instant"]), help="The profile of durations.")
@click.option("--profile", type=click.Choice(["today", "2022"]), help="The service as it is, or as it was in 2022.")
@click.option(
    "--load",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A saved world to go on with: with its own start, seed, durations, training and profile.",
)
@click.option(
    "--save",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to save the world once the scenario, a single one, has held.",
)
@click.option("--endpoint-url", metavar="URL", help="Play them on this server as well, and list the differences.")
@click.option("--aws", "on_aws", is_flag=True, help="The same on AWS: what that costs comes first, and is confirmed.")
@click.option("--yes", "confirmed", is_flag=True, help="Of --aws: it is confirmed.")
@click.option(
    "--patience",
    type=click.FloatRange(min=1),
    help="How many times as long as they say waits may take there.  [default: 1; 4 with --aws]",
)
@click.option(
    "--longest",
    metavar="HOURS",
    type=click.FloatRange(min=0, max=1000),
    help="The longest that a step may wait where time really passes.  [default: 6]",
)
def run_scenarios(
    scenarios: tuple[Path, ...],
    rules: tuple[str, ...],
    texts: tuple[str, ...],
    verbose: bool,
    json_file: Path | None,
    junit_file: Path | None,
    ratings: Path | None,
    seed: int | None,
    durations: str | None,
    profile: str | None,
    load: Path | None,
    save: Path | None,
    endpoint_url: str | None,
    on_aws: bool,
    confirmed: bool,
    patience: float | None,
    longest: float | None,
) -> None:
    """Runs scenarios, each in a simulation of its own (default: the article), and says whether they hold.

    SCENARIOS are files, or folders: all *.yaml files below one, but *.steps.yaml. What is not there is looked for among
    the scenarios that come with the simulator, such as recipes/sims.yaml, or recipes for all of that folder.

    A single scenario is told in a line a step in virtual time, several in a line each.

    With --endpoint-url or --aws, what holds here is played there as well, under names of its own, and compared; then
    everything that it created there is deleted.

    Exit code 0 if all hold (and nothing differs), 1 if one does not, 2 if a file makes no sense or cannot be run (the
    others are played all the same), 130 after Ctrl-C.
    """
    if json_file == _STDOUT and junit_file == _STDOUT:
        raise click.UsageError("--json and --junit cannot both be standard output")
    to_stdout = _STDOUT in (json_file, junit_file)
    try:
        from simulator.scenario import Overrides
        from simulator.scenario.junit import as_junit
        from simulator.scenario.results import as_json

        entries = _chosen(scenarios, rules, texts)
        if save is not None and len(entries) > 1:
            raise click.UsageError(
                f"--save takes a single scenario: each has a world of its own, and there are {len(entries)}"
            )
        overrides = Overrides(seed=seed, durations=durations, profile=profile, ratings=ratings, load=load, save=save)
        console = _console(to_stdout)
        if endpoint_url is not None or on_aws:
            place = _place(endpoint_url, on_aws, confirmed, patience, longest, load or save)
            sys.exit(_play_elsewhere(entries, overrides, place, console, verbose, json_file, junit_file))
        if confirmed or patience is not None or longest is not None:
            raise click.UsageError("--yes, --patience and --longest are for --endpoint-url or --aws")
        results = _play(entries, overrides, console, verbose)
        _write({json_file: lambda: as_json(results), junit_file: lambda: as_junit(results)})
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    sys.exit(_INTERRUPTED if results.interrupted else _EXIT_CODES[results.ending])


def _chosen(paths: Sequence[Path], rules: Sequence[str], texts: Sequence[str]) -> list[Scenario | ScenarioInvalid]:
    """The scenarios that are to be played, in order, and of a file that makes no sense why.

    Raises UsageError if there are none.
    """
    from simulator.cli.files import NoScenarios, scenario_files
    from simulator.scenario import ScenarioInvalid, load_all

    entries: list[Scenario | ScenarioInvalid] = []
    named: set[str] = set()
    try:
        files = scenario_files(paths)
    except NoScenarios as fault:
        raise click.UsageError(str(fault)) from None
    for file in files:
        try:
            scenarios = load_all(file)
        except ScenarioInvalid as fault:
            entries.append(fault)
            continue
        for scenario in scenarios:
            named.update(scenario.rules())
            if rules and not set(rules).intersection(scenario.rules()):
                continue
            if texts and not any(text.casefold() in scenario.title.casefold() for text in texts):
                continue
            entries.append(scenario)
    if not entries:
        unknown = [rule for rule in rules if rule not in named]
        raise click.UsageError(f"no scenario names the rule {unknown[0]}" if unknown else "no scenario is chosen")
    return entries


def _play(
    entries: Sequence[Scenario | ScenarioInvalid], overrides: Overrides, console: Console, verbose: bool
) -> Results:
    """Plays scenarios one after the other, tells of each, and gives what has been played by the end or Ctrl-C."""
    from freezegun.api import real_perf_counter

    from simulator.cli.telling import Teller
    from simulator.scenario import ScenarioInvalid
    from simulator.scenario import run as play
    from simulator.scenario.results import record, results_of, unreadable

    began, played, interrupted = real_perf_counter(), [], False
    with Teller(console, len(entries), verbose) as teller:
        try:
            for entry in entries:
                if isinstance(entry, ScenarioInvalid):
                    each = unreadable(entry)
                else:
                    teller.begins(entry)
                    each = record(entry, lambda scenario, listener: play(scenario, listener, overrides), teller.hear)
                played.append(each.result)
                teller.ended(each)
        except KeyboardInterrupt:
            interrupted = True
        results = results_of(played, real_perf_counter() - began, interrupted=interrupted)
        teller.all_ended(results)
    return results


def _console(results_to_stdout: bool) -> Console:
    """Where the run is told: standard output, or where the results go there, standard error."""
    from rich.console import Console

    stream = sys.stderr if results_to_stdout else sys.stdout
    if isinstance(stream, io.TextIOWrapper):  # a name that the terminal cannot show is no reason to stop
        stream.reconfigure(errors="backslashreplace")
    console = Console(highlight=False, markup=False, stderr=results_to_stdout)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, stderr=results_to_stdout, width=_PLAIN_WIDTH)
    return console


def _place(
    url: str | None,
    on_aws: bool,
    confirmed: bool,
    patience: float | None,
    longest: float | None,
    world: Path | None,
) -> Place:
    """Where scenarios are played besides this process. Raises UsageError for options that do not go together."""
    from simulator.cli.elsewhere import Place
    from simulator.scenario.endpoints import LONGEST_STEP

    if url is not None and on_aws:
        raise click.UsageError("--endpoint-url and --aws are two places: name one")
    if confirmed and not on_aws:
        raise click.UsageError("--yes is for --aws: nothing else has to be confirmed")
    if world is not None:
        raise click.UsageError("--load and --save are for worlds of this process: elsewhere there are none")
    if patience is None:
        patience = _PATIENCE_WITH_AWS if on_aws else 1
    return Place(url, patience, LONGEST_STEP if longest is None else timedelta(hours=longest), confirmed)


def _play_elsewhere(
    entries: Sequence[Scenario | ScenarioInvalid],
    overrides: Overrides,
    place: Place,
    console: Console,
    verbose: bool,
    json_file: Path | None,
    junit_file: Path | None,
) -> int:
    """Plays scenarios at another place as well, writes how that differs, and gives the exit code."""
    from simulator.cli.elsewhere import as_json, as_junit_results, run_elsewhere
    from simulator.scenario.junit import as_junit

    found = run_elsewhere(entries, overrides, place, console, verbose)
    _write({json_file: lambda: as_json(found), junit_file: lambda: as_junit(as_junit_results(found))})
    return found.exit_code


def _write(contents: Mapping[Path | None, Callable[[], bytes]]) -> None:
    """Writes the files of results that are wanted; exits with 2 if one cannot be written."""
    for file, content in contents.items():
        if file is None:
            continue
        try:
            with click.open_file(str(file), "wb") as opened:
                opened.write(content())
        except OSError as fault:
            click.echo(f"{file}: the results cannot be written: {fault.strerror}", err=True)
            sys.exit(_EXIT_CODES["invalid"])
