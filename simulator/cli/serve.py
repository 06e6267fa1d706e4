"""The command `serve`: the simulated services for what is not in this process."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal

import click


@click.command("serve")
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
def serve_world(
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
