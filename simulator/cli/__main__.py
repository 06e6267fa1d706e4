"""`python -m simulator.cli` is the command `personalize-simulator`."""

from simulator.cli import main

main(prog_name="personalize-simulator")
