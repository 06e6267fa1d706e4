"""A server of one's own, in a process of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from simulator.clock import SimulatorError
from simulator.remote import Endpoint

__all__ = ["Endpoint", "serving"]

# How long a server may take to start, and to end; seconds.
_STARTS_WITHIN = 120
_ENDS_WITHIN = 30


@contextlib.contextmanager
def serving(arguments: Sequence[str] = ()) -> Iterator[Endpoint]:
    """A server on a free port of this machine, with more arguments of `personalize-simulator serve`.

    It ends with the block, and also when this process ends in whatever way. Raises SimulatorError if it does not start.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "simulator.cli", "serve", "--port", "0", "--until-eof", *arguments],
            env={**os.environ, "PYTHONPATH": _path()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        )
        with process:
            try:
                yield Endpoint(_address(process, output))
            finally:
                _end(process)


def _address(process: subprocess.Popen[str], output: IO[str]) -> str:
    """The address in the line that a server prints once it is ready."""
    assert process.stdout is not None
    lines: list[str] = []
    reading = threading.Thread(target=lambda out: lines.append(out.readline()), args=(process.stdout,), daemon=True)
    reading.start()
    reading.join(_STARTS_WITHIN)
    address = lines[0].split()[-1:] if lines else []
    if not address:
        process.kill()
        process.wait()
        output.seek(0)
        raise SimulatorError(f"the server did not start: {output.read().strip()}")
    return address[0]


def _end(process: subprocess.Popen[str]) -> None:
    """A server ends with its standard input."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(_ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()


def _path() -> str:
    """Where this very package is found first, whatever the folder of the process."""
    import simulator

    package = str(Path(simulator.__path__[0]).parent)
    return os.pathsep.join([package, *filter(None, [os.environ.get("PYTHONPATH")])])
