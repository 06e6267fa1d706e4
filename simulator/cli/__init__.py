"""The command `personalize-simulator`. What is heavy is imported by the commands when they run, not here."""

from __future__ import annotations

import click

from simulator.cli.catalogue import explain, recipes, rules, schema
from simulator.cli.run import run_scenarios
from simulator.cli.serve import serve_world
from simulator.version import __version__

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="personalize-simulator")
def main() -> None:
    """Amazon Personalize, simulated in process."""


for _command in (run_scenarios, serve_world, rules, recipes, schema, explain):
    main.add_command(_command)
