"""The page of rules, in Markdown: `python -m simulator.scenario.rules_page > docs/rules.md`, in a checkout."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path

from simulator import rules
from simulator.scenario.loading import SHARED, load_all

_SCENARIOS = Path(__file__).parents[2] / "scenarios"

_HEAD = """\
# Rules

What the simulator holds the service to do; made by `python -m simulator.scenario.rules_page > docs/rules.md`, and a
test fails when it is stale. Grades: *documented* (a page of AWS's), *observed* (a real answer, by its id), *assumed* (a
best guess: a recording that contradicts one is very welcome). Then what breaking a rule leads to, an entry of
`simulator/errors.py`, and where the rule is proven: a scenario, below `scenarios/`, that anyone can read and run
(`personalize-simulator run --rule ID rules`), or a test. {scenarios} of {all} rules have a scenario.
"""


def page(scenarios: Path = _SCENARIOS) -> str:
    """The page: a table an area; `scenarios` is the folder whose files prove rules."""
    return "\n".join(_lines(_shown_in(scenarios)))


def _shown_in(folder: Path) -> dict[str, str]:
    """The first scenario file that names a rule, by the rule."""
    found: dict[str, str] = {}
    for file in sorted(folder.rglob("*.yaml"), key=lambda file: (file.parent.name != "rules", file)):
        if not file.name.endswith(SHARED):
            for rule in (rule for each in load_all(file) for rule in each.rules()):
                found.setdefault(rule, file.relative_to(folder).as_posix())
    return found


def _lines(shown_in: Mapping[str, str]) -> Iterator[str]:
    known = rules.load()
    yield _HEAD.format(scenarios=len(known.keys() & shown_in.keys()), all=len(known))
    for area, of_area in itertools.groupby(known.values(), lambda rule: rule.area):
        yield f"## {area}\n"
        yield "| id | rule | grade | source | refusal | proven in |"
        yield "| --- | --- | --- | --- | --- | --- |"
        for rule in of_area:
            cells = (rule.id, rule.rule, rule.grade, rule.source, rule.refusal or "", shown_in.get(rule.id, "tests"))
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
        yield ""


if __name__ == "__main__":
    print(page(), end="")
