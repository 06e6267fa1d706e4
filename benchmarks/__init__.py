"""Figures, each as a ratio to a reference measured in the same run: `python -m benchmarks`."""

import sys
from pathlib import Path

# The benchmarks set up accounts and tables as the tests do.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
