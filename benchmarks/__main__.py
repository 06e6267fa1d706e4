"""All figures, a line each; `python -m benchmarks calls imports` for some."""

from __future__ import annotations

import importlib
import os
import sys

ALL = ("batch", "calls", "control_plane", "imports", "models", "processes", "scenarios", "threads")


def main(names: list[str]) -> int:
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}; medians: ours, the reference, and their ratio")
    missed = 0
    for name in names or ALL:
        for figure in importlib.import_module(f"benchmarks.{name}").figures():
            print(figure, flush=True)
            missed += figure.ratio > figure.bound
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
