"""The command `personalize-simulator`. What is heavy is imported by the commands, not here."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

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
def run(
    scenarios: tuple[Path, ...],
    ratings: Path | None,
    seed: int | None,
    durations: str | None,
    profile: str | None,
    load: Path | None,
    save: Path | None,
) -> None:
    """Runs scenario files (default: the article), a line a step in virtual time, and shows what they show.

    Exit code 1 if a scenario does not hold, 2 if it cannot be run.
    """
    if save is not None and len(scenarios) > 1:
        raise click.UsageError("--save takes a single scenario: each has a world of its own")
    from rich.console import Console

    from simulator.saving import SavedWorldError
    from simulator.scenario import Overrides, ScenarioFailed, ScenarioInvalid

    if isinstance(sys.stdout, io.TextIOWrapper):  # a name that the terminal cannot show is no reason to stop
        sys.stdout.reconfigure(errors="backslashreplace")
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, width=_PLAIN_WIDTH)
    overrides = Overrides(seed=seed, durations=durations, profile=profile, ratings=ratings, load=load, save=save)
    failed = False
    for file in scenarios or (default_scenario(),):
        try:
            _run_one(console, file, overrides)
        except ScenarioFailed as failure:
            click.echo(str(failure), err=True)
            failed = True
        except (ScenarioInvalid, SavedWorldError, ValueError, OSError) as fault:
            click.echo(str(fault), err=True)
            sys.exit(2)
    sys.exit(1 if failed else 0)


@main.command()
@click.option("--area", metavar="AREA", help="Those of one area alone, such as tags.")
@click.option("--grade", type=click.Choice(["documented", "observed", "assumed"]), help="Those of one grade alone.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for other programs.")
def rules(area: str | None, grade: str | None, as_json: bool) -> None:
    """Prints what the simulator holds the service to do: each rule, how sure it is, and where it is from."""
    import msgspec

    from simulator import rules as catalogue

    known = catalogue.load().values()
    areas = sorted({rule.area for rule in known})
    if area is not None and area not in areas:
        raise click.BadParameter(f"there is no area {area!r}; there are {', '.join(areas)}", param_hint="--area")
    chosen = [rule for rule in known if area in (None, rule.area) and grade in (None, rule.grade)]
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(chosen)))
        return
    for rule in chosen:
        click.echo(f"{rule.id}  [{rule.grade}]\n    {rule.rule}\n    Source: {rule.source}")
        if rule.refusal is not None:
            click.echo(f"    Refusal: {rule.refusal}")
    click.echo(f"{len(chosen)} rules")


@main.command()
@click.argument("recipe", required=False)
@click.option("--domain", type=click.Choice(["ECOMMERCE", "VIDEO_ON_DEMAND"]), help="The use cases of a domain alone.")
@click.option("--json", "as_json", is_flag=True, help="All that is known of each, as JSON.")
def recipes(recipe: str | None, domain: str | None, as_json: bool) -> None:
    """Prints the recipes and when each one's answers change; of one RECIPE, by its name, all that is known."""
    import msgspec

    from simulator.recommend.catalogue import RECIPES
    from simulator.recommend.recipes_page import UPDATES, facts, table, update_row

    known = {each.name: each for each in RECIPES.values() if domain in (None, each.domain)}
    if recipe is not None and recipe not in known:
        raise click.BadParameter(f"there is no recipe {recipe!r}; there are {', '.join(known)}", param_hint="RECIPE")
    chosen = [known[recipe]] if recipe is not None else [*known.values()]
    if as_json:
        content = {each.name: dict(facts(each)) for each in chosen}
        click.echo(msgspec.json.format(msgspec.json.encode(content)))
    elif recipe is not None:
        for name, text in facts(chosen[0]):
            click.echo(f"{name}: {text}")
    else:
        for line in table(UPDATES, map(update_row, chosen)):
            click.echo(line)


@main.command()
@click.argument("world", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--user", metavar="ID", help="Those of a user, with the anonymous ones that will be the user's.")
@click.option("--session", metavar="ID", help="Those of a session.")
@click.option("--item", metavar="ID", help="Those on an item.")
@click.option("--event-type", metavar="TYPE", help="Those of a type.")
@click.option("--target", metavar="ARN", help="What they do to a campaign, recommender or solution alone.")
def explain(
    world: Path, user: str | None, session: str | None, item: str | None, event_type: str | None, target: str | None
) -> None:
    """Says of every event in a saved world from when on it counts, for whom, by which rule, and why not."""
    from simulator.saving import SavedWorldError
    from simulator.simulation import simulate

    try:
        with simulate(load=world) as sim:
            found = sim.events.explain(user, session_id=session, item_id=item, event_type=event_type, target=target)
    except (SavedWorldError, ValueError, OSError) as fault:
        click.echo(str(fault), err=True)
        sys.exit(2)
    click.echo(str(found))


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", default=5000, show_default=True, type=click.IntRange(0, 65535), help="0 finds a free one.")
@click.option("--start", help="The first moment: ISO 8601, UTC if it has no zone.  [default: now]")
@click.option("--clock", type=click.Choice(["virtual", "system"]), default="virtual", show_default=True)
@click.option("--seed", type=click.IntRange(min=0), help="The seed of all chance.  [default: 0]")
@click.option("--durations", help="observed, instant, or a JSON object of seconds by resource.  [default: observed]")
@click.option("--training", type=click.Choice(["sampled", "exact"]), help="Whether trainings draw their chance.")
@click.option("--profile", type=click.Choice(["today", "2022"]), help="The service as it is, or as it was in 2022.")
@click.option("--quotas", help="A JSON object of limits by name, in the place of the service's.")
@click.option("--throttling/--no-throttling", default=None, help="Whether calls beyond the rates are refused.")
@click.option(
    "--load", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A saved world to go on with."
)
@click.option("--save", type=click.Path(dir_okay=False, path_type=Path), help="Where to save the world at the end.")
@click.option("--until-eof", is_flag=True, help="End when standard input ends, as for the child of another program.")
def serve(
    host: str,
    port: int,
    clock: Literal["virtual", "system"],
    save: Path | None,
    until_eof: bool,
    durations: str | None,
    quotas: str | None,
    **given: Any,
) -> None:
    """Serves Personalize, with moto's S3, IAM and the rest, to any client of AWS on this machine.

    Prints a line with its address once it is ready; ends on Ctrl-C or SIGTERM. Virtual time stands still until it is
    moved (POST /_simulator/clock/tick); with --clock system it runs with the real one, from the start on.
    """
    try:
        import flask  # noqa: F401 - moto's server is made of it
        import flask_cors  # noqa: F401
    except ImportError:
        raise click.ClickException('the server needs more: pip install "personalize-simulator[server]"') from None
    from simulator.clock import SimulatorError
    from simulator.saving import SavedWorldError
    from simulator.server.arguments import durations_from, quotas_from
    from simulator.server.serving import is_loopback, serve, stop_on_signals
    from simulator.simulation import simulate

    if not is_loopback(host):
        click.echo(
            f"warning: {host} is not loopback: whoever reaches this server from another machine may read and change "
            "everything in it, nobody is asked for credentials",
            err=True,
        )
    try:
        simulation = simulate(
            **given,
            durations=None if durations is None else durations_from(durations),
            quotas=None if quotas is None else quotas_from(quotas),
            freeze=False,
            virtual_sleep=False,
        )
        with stop_on_signals(until_eof) as stop:
            serve(simulation, host=host, port=port, clock=clock, ready=_listening, stop=stop, save=save)
    except (SavedWorldError, SimulatorError, ValueError, TypeError, OSError) as fault:
        click.echo(str(fault), err=True)
        sys.exit(2)


def _listening(address: str) -> None:
    """The one line that a server prints; it is there at once, also in a pipe."""
    print(f"personalize-simulator listens on {address}", file=sys.__stdout__, flush=True)


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
        f"held: {len(outcome.scenario.steps)} steps, {outcome.calls} calls, "
        f"{outcome.ended - outcome.began} of virtual time"
    )


if __name__ == "__main__":
    main()
