"""The command `personalize-simulator`. What is heavy is imported by the commands, not here."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.version import __version__

if TYPE_CHECKING:
    from rich.console import Console

    from simulator.scenario import Event, Outcome, Overrides

_DEFAULT = "article.yaml"
_PLAIN_WIDTH = 120


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="personalize-simulator")
def main() -> None:
    """Amazon Personalize, simulated in process."""


@main.command()
@click.argument("scenarios", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--ratings",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Your interactions: MovieLens' ratings.csv, or USER_ID,ITEM_ID,TIMESTAMP.",
)
@click.option("--seed", type=click.IntRange(min=0), help="The seed, in the place of the scenario's.")
@click.option("--durations", type=click.Choice(["observed", "instant"]), help="The profile of durations.")
def run(scenarios: tuple[Path, ...], ratings: Path | None, seed: int | None, durations: str | None) -> None:
    """Runs scenario files (default: the article), a line a step in virtual time, and shows what they show.

    Exit code 1 if a scenario does not hold, 2 if it cannot be run.
    """
    from rich.console import Console

    from simulator.scenario import Overrides, ScenarioFailed, ScenarioInvalid

    if isinstance(sys.stdout, io.TextIOWrapper):  # a name that the terminal cannot show is no reason to stop
        sys.stdout.reconfigure(errors="backslashreplace")
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, width=_PLAIN_WIDTH)
    failed = False
    for file in scenarios or (default_scenario(),):
        try:
            _run_one(console, file, Overrides(seed=seed, durations=durations, ratings=ratings))
        except ScenarioFailed as failure:
            click.echo(str(failure), err=True)
            failed = True
        except (ScenarioInvalid, ValueError) as fault:
            click.echo(str(fault), err=True)
            sys.exit(2)
    sys.exit(1 if failed else 0)


def default_scenario() -> Path:
    """The article, in the installed package or in a checkout."""
    package = Path(__file__).parent
    installed = package / "_scenarios" / _DEFAULT
    return installed if installed.exists() else package.parent / "scenarios" / _DEFAULT


def _run_one(console: Console, file: Path, overrides: Overrides) -> None:
    from simulator.scenario import load
    from simulator.scenario import run as play

    scenario = load(file)
    console.print(f"{scenario.name}  ({file.name})", style="bold", soft_wrap=True)
    outcome = play(scenario, listener=lambda event: _tell(console, event), overrides=overrides)
    console.print(_summary(outcome), soft_wrap=True)
    if outcome.shows:
        from simulator.scenario.report import table_of

        for show in outcome.shows:
            console.print()
            console.print(table_of(show, outcome.saved, console))


def _tell(console: Console, event: Event) -> None:
    from simulator.scenario import StepEnded

    if isinstance(event, StepEnded):
        calls = f"  ({event.calls} calls)" if event.calls > 1 else ""
        line = f"{event.now:%Y-%m-%d %H:%M:%S}  {event.number:>3}/{event.total}  {event.step.title}{calls}"
        console.print(line, soft_wrap=True)


def _summary(outcome: Outcome) -> str:
    return (
        f"held: {len(outcome.scenario.content.steps)} steps, {outcome.calls} calls, "
        f"{outcome.ended - outcome.began} of virtual time"
    )


if __name__ == "__main__":
    main()
