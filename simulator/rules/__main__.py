"""The page of rules, in Markdown: `python -m simulator.rules > docs/rules.md`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from simulator import rules

_HEAD = """\
# Rules

What the simulator holds the service to do; made of the catalogue by `python -m simulator.rules > docs/rules.md`, and a
test fails when it is stale. Grades: *documented* (a page of AWS's), *observed* (a real answer, by its id), *assumed* (a
best guess: a recording that contradicts one is very welcome). The last column names what breaking a rule leads to, an
entry of `simulator/errors.py`. Every rule has a test or a scenario that proves it.
"""


def page() -> str:
    """The page: a table an area."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield _HEAD
    for area, of_area in itertools.groupby(rules.load().values(), lambda rule: rule.area):
        yield f"## {area}\n"
        yield "| id | rule | grade | source | refusal |"
        yield "| --- | --- | --- | --- | --- |"
        for rule in of_area:
            cells = (rule.id, rule.rule, rule.grade, rule.source, rule.refusal or "")
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
        yield ""


if __name__ == "__main__":
    print(page(), end="")
