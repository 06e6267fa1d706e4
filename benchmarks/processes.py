"""Whole processes: the article, and pytest's start with the plugin."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Figure, compare


def figures() -> list[Figure]:
    def story() -> None:
        subprocess.run([sys.executable, "-m", "simulator.cli", "run"], check=True, capture_output=True)

    def imports() -> None:
        subprocess.run([sys.executable, "-c", "import moto, boto3, pandas"], check=True)

    article = compare("the article, as a process (less 2 s) : imports", story, imports, 3.0, runs=5, allowance=2.0)
    return [article, _pytest_start()]


def _pytest_start() -> Figure:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_nothing.py").write_text("def test_nothing():\n    pass\n")

        def run(*options: str) -> float:
            command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
            before = _processor_seconds()
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
            return _processor_seconds() - before

        run(), run("-p", "no:personalize-simulator")
        pairs = [(run(), run("-p", "no:personalize-simulator")) for _ in range(11)]
    more = statistics.median(a - b for a, b in pairs)
    return Figure("pytest start with the plugin, more than without : 30 ms", more, 0.030, more / 0.030, 1.0)


def _processor_seconds() -> float:
    """What processes of ours have used: the clock on the wall says more of what else the machine did."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
