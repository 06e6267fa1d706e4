"""Scenario files: what they cost against the same steps in Python, collected by the thousand, and all of ours."""

from __future__ import annotations

import functools
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.measure import Figure, compare, seconds
from simulator import Simulation, scenario, simulate
from simulator.scenario import Asked, Event, Overrides
from simulator.scenario.runner import play
from simulator.scenario.stages import InProcess

ROOT = Path(__file__).parents[1]
SCENARIOS = ROOT / "scenarios"
FILES, STEPS = 1000, 10


def figures() -> list[Figure]:
    return [
        against_python("the article's mistakes, a scenario : in Python", "article-mistakes.yaml", 9),
        against_python("the article, a scenario : in Python", "article.yaml", 5),
        collecting(),
        catalogue(),
    ]


def against_python(name: str, file: str, runs: int) -> Figure:
    """A scenario, its reading included, against the calls that it makes and the time that it lets pass, unchecked."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    story = scenario.load(SCENARIOS / file)
    options = story.content.simulate
    steps = _steps_of(story)
    client = functools.cache(functools.partial(boto3.client, region_name="us-east-1"))

    def in_python() -> None:
        with simulate(options.start, seed=options.seed, profile=options.profile, training=options.training) as sim:
            for step in steps:
                if isinstance(step, timedelta):
                    sim.clock.tick(step)
                else:
                    service, method, request = step
                    try:
                        getattr(client(service), method)(**request)
                    except (BotoCoreError, ClientError):
                        continue

    return compare(name, lambda: scenario.run(scenario.load(SCENARIOS / file)), in_python, 1.1, runs=runs)


def _steps_of(story: scenario.Scenario) -> list[Any]:
    """What a scenario does, in order: calls, each a service, a method and a request, and lengths of time."""
    steps: list[Any] = []

    class Noting(InProcess):
        def __init__(self, simulation: Simulation) -> None:
            super().__init__(simulation)
            self.tick = self._noting(simulation, simulation.clock.tick)
            self.move_to = self._noting(simulation, simulation.clock.move_to)

        def _noting(self, simulation: Simulation, move: Callable[[Any], object]) -> Callable[[Any], None]:
            def moved(by: Any) -> None:
                before = simulation.clock.now()
                move(by)
                steps.append(simulation.clock.now() - before)

            return moved

    def hear(event: Event) -> None:
        if isinstance(event, Asked):
            steps.append((*event.call.split("."), event.request))

    options = story.content.simulate
    with simulate(options.start, seed=options.seed, profile=options.profile, training=options.training) as sim:
        play(story, Noting(sim), hear, Overrides())
    return steps


def collecting() -> Figure:
    """What `pytest --collect-only` takes with many scenario files, more than with none."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as empty:
        for number in range(FILES):
            Path(folder, f"story-{number}.personalize.yaml").write_text(_story(number))

        def collect(where: str, codes: Sequence[int]) -> float:
            command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]

            def run() -> None:
                ended = subprocess.run(command, cwd=where, check=False, capture_output=True)
                assert ended.returncode in codes, ended.stdout

            return seconds(run)

        pairs = [(collect(folder, [0]), collect(empty, [5])) for _ in range(7)]
    more = statistics.median(ours - none for ours, none in pairs)
    return Figure(f"collecting {FILES} scenario files, more than none : 2 s", more, 2.0, more / 2.0, 1.0)


def _story(number: int) -> str:
    lines = [f"name: story {number}", "rule: a-rule", "steps:"]
    for step in range(0, STEPS, 2):
        lines += [
            f"- name: make the group {step}",
            "  call: personalize.create_dataset_group",
            f"  with: {{name: group-{step}}}",
            f"  save: {{group_{step}: datasetGroupArn}}",
            "- call: personalize.describe_dataset_group",
            f'  with: {{datasetGroupArn: "${{group_{step}}}"}}',
            f"  expect: [{{value: datasetGroup.name, equals: group-{step}, source: the guide}}]",
        ]
    return "\n".join(lines)


def catalogue() -> Figure:
    """All scenarios of the checkout, by pytest in two processes."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", str(SCENARIOS)]
    took = seconds(lambda: subprocess.run(command, cwd=ROOT, check=True, capture_output=True))
    return Figure("the whole catalogue on 2 cores : 60 s", took, 60.0, took / 60.0, 1.0)
