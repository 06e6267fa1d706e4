"""Trainings of growing size: time, memory, and what updates and answers cost beside them.

    python -m benchmarks.scale [--sizes 100000 1000000 5000000 25000000] [--runs 3] [--picture FILE]

Every size is trained in a process of its own, several times in turn. The data have the shape of MovieLens 25M:
lognormal histories (median 99), Zipf-like items in 20 clusters of taste.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.measure import Figure
from simulator.data.interactions import InteractionTable
from simulator.recommend.catalogue import RECIPES
from simulator.recommend.training import NewData, Query, TrainingData, recommend, train, update

SIZES = (100_000, 1_000_000, 5_000_000, 25_000_000)
_RECIPE = RECIPES["arn:aws:personalize:::recipe/aws-user-personalization"]
_CLUSTERS = 20
_BEGIN, _END = 1_262_304_000, 1_577_836_800  # 2010 to 2020
_STREAMED = 2_000  # events of two busy hours
_ASKED = 300


def table_of_size(interactions: int, seed: int = 0) -> InteractionTable:
    """Interactions in the shape of MovieLens 25M, as codes; users and items grow as in MovieLens' own sizes."""
    chance = np.random.Generator(np.random.PCG64(seed))
    users = max(interactions // 154, 100)
    items = int(min(59_000, 9_700 * (interactions / 100_000) ** 0.327))
    shape = chance.lognormal(0.0, 0.95, users)
    lengths = np.maximum((shape / shape.sum() * interactions).astype(np.int64), 1)
    lengths[: interactions - int(lengths.sum())] += 1
    who = np.repeat(np.arange(users, dtype=np.int32), lengths)
    heaped = np.cumsum(1.0 / (np.arange(items // _CLUSTERS) + 10.0) ** 0.9)
    ranks = np.searchsorted(heaped, chance.random(len(who)) * heaped[-1]).astype(np.int32)
    own = chance.integers(0, _CLUSTERS, users).astype(np.int32)[who]
    stray = chance.random(len(who)) < 0.3
    own[stray] = chance.integers(0, _CLUSTERS, int(stray.sum()))
    when = np.sort(chance.integers(_BEGIN, _END, len(who)))
    order = chance.permutation(len(who))  # the rows of a user lie all over the file, as those of a log do
    return InteractionTable(
        who[order],
        (ranks * _CLUSTERS + own)[order],
        when,
        tuple(map(str, range(users))),
        tuple(map(str, range(items))),
    )


@dataclass(frozen=True)
class Run:
    """One training: seconds of it and of an update, milliseconds of an answer, and the memory it added, in bytes."""

    interactions: int
    training: float
    update: float
    answer: float
    memory: int


def measured(interactions: int) -> Run:
    """One training of that size, in this process."""
    data = TrainingData(table_of_size(interactions))
    before = _kilobytes("VmRSS")
    start = time.perf_counter()
    model = train(_RECIPE, data, 1)
    training = time.perf_counter() - start
    peak = _kilobytes("VmHWM")
    streamed = NewData(table_of_size(_STREAMED, seed=1))
    start = time.perf_counter()
    update(model, streamed)
    updating = time.perf_counter() - start
    sessions = table_of_size(_ASKED * 60, seed=2)
    asked = [
        Query(user_id=str(user), session=[str(item) for item in sessions.items[sessions.users == user][:20].tolist()])
        for user in range(_ASKED)
        if (sessions.users == user).any()
    ]
    recommend(model, asked[0])
    answers = []
    for query in asked:
        start = time.perf_counter()
        recommend(model, query)
        answers.append(time.perf_counter() - start)
    return Run(interactions, training, updating, statistics.median(answers), (peak - before) * 1024)


def runs_of(sizes: list[int], runs: int) -> dict[int, list[Run]]:
    """Several runs of each size, in turn, each in a process of its own."""
    found: dict[int, list[Run]] = {size: [] for size in sizes}
    for _ in range(runs):
        for size in sizes:
            command = [sys.executable, "-m", "benchmarks.scale", "--one", str(size)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            found[size].append(Run(**json.loads(done.stdout)))
    return found


def median(runs: list[Run], name: str) -> float:
    return float(statistics.median(getattr(run, name) for run in runs))


def figures(sizes: list[int] | None = None, runs: int = 3, picture: Path | None = None) -> list[Figure]:
    found = runs_of([*(sizes or SIZES)], runs)
    for size, each in found.items():
        print(
            f"{size:>11,} interactions: trained in {median(each, 'training'):7.2f} s, updated in "
            f"{median(each, 'update'):6.3f} s, an answer in {median(each, 'answer') * 1000:6.3f} ms, "
            f"{median(each, 'memory') / 2**30:5.2f} GiB more",
            flush=True,
        )
    if picture is not None:
        picture.write_text(curve({size: median(each, "training") for size, each in found.items()}))
    small, middle, large = (found[size] for size in (min(found), sorted(found)[-2], max(found)))
    growth = max(found) / sorted(found)[-2]
    seconds, gib = median(large, "training"), median(large, "memory") / 2**30
    return [
        Figure("training, growth over that of the data", seconds, median(middle, "training"),
               seconds / median(middle, "training") / growth, 1.3),
        Figure("training of the largest, against two minutes", seconds, 120.0, seconds / 120.0, 1.0),
        Figure("memory of it, against 4 GiB", gib, 4.0, gib / 4.0, 1.0, "GiB"),
        Figure("automatic update, against that training", median(large, "update"), seconds,
               median(large, "update") / seconds, 0.05),
        Figure("an answer, against the smallest", median(large, "answer"), median(small, "answer"),
               median(large, "answer") / median(small, "answer"), 5.0),
    ]  # fmt: skip


def curve(seconds: dict[int, float]) -> str:
    """A picture of training time over size, both on logarithmic axes, as SVG; the line is proportional growth."""
    sizes = sorted(seconds)
    x_of = _axis(sizes[0], sizes[-1], 60, 460)
    y_of = _axis(min(seconds.values()) / 2, max(seconds.values()) * 2, 260, 20)
    first = seconds[sizes[-1]] / sizes[-1]
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 520 300" font-family="sans-serif" font-size="12">']
    line = " ".join(f"{x_of(size):.1f},{y_of(first * size):.1f}" for size in sizes)
    parts.append(f'<polyline points="{line}" fill="none" stroke="#bbb" stroke-dasharray="4"/>')
    points = " ".join(f"{x_of(size):.1f},{y_of(seconds[size]):.1f}" for size in sizes)
    parts.append(f'<polyline points="{points}" fill="none" stroke="#06c" stroke-width="2"/>')
    for size in sizes:
        x, y = x_of(size), y_of(seconds[size])
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#06c"/>')
        parts.append(f'<text x="{x:.1f}" y="{y - 10:.1f}" text-anchor="middle">{seconds[size]:.3g} s</text>')
        parts.append(f'<text x="{x:.1f}" y="284" text-anchor="middle">{size:,}</text>')
    parts.append('<text x="260" y="298" text-anchor="middle">interactions (dashed: in proportion)</text></svg>')
    return "\n".join(parts) + "\n"


class _axis:
    """A logarithmic axis: from a value to its place."""

    def __init__(self, low: float, high: float, begin: float, end: float) -> None:
        self._low, self._begin = np.log(low), begin
        self._scale = (end - begin) / (np.log(high) - np.log(low))

    def __call__(self, value: float) -> float:
        return float(self._begin + (np.log(value) - self._low) * self._scale)


def _kilobytes(name: str) -> int:
    found = re.search(name + r":\s+(\d+)", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found.group(1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[*SIZES])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--one", type=int)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(vars(measured(arguments.one))))
        return
    for figure in figures(arguments.sizes, arguments.runs, arguments.picture):
        print(figure)


if __name__ == "__main__":
    main()
