"""The catalogue of rules and its proofs: no rule without a proof, no proof of a rule that does not exist.

A test proves the rules that its markers name: `rule` (of a rule that refuses: from both sides), `refused` and
`accepted` (from one side each). A scenario proves the rules that it or a part of it names: from the refusing side in a
step with `raises`, from the other in any other.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator import errors, rules, scenario
from simulator.scenario.loading import SHARED
from simulator.scenario.model import Step
from simulator.scenario.rules_page import page

ROOT = Path(__file__).parents[1]
RULES = rules.load()
SIDES = {"rule": {"refused", "accepted"}, "refused": {"refused"}, "accepted": {"accepted"}}


def _of_tests() -> Iterator[tuple[str, set[str], str]]:
    """The rule, the sides and the place of every proof in Python."""
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr in SIDES and ast.unparse(node.func.value) == "pytest.mark":
                for argument in node.args:
                    assert isinstance(argument, ast.Constant), f"{file}:{node.lineno}: a rule's id is a plain text"
                    yield argument.value, SIDES[node.func.attr], f"{file.relative_to(ROOT)}:{node.lineno}"


def _of_scenarios() -> Iterator[tuple[str, set[str], str]]:
    """The same of every scenario.

    The rule of a whole scenario is proven by its own steps, those of its case, as far as they tell something: they
    expect or await it, or make the call that another one is refused.
    """
    for file in sorted((ROOT / "scenarios").rglob("*.yaml")):
        if file.name.endswith(SHARED):
            continue
        for each in scenario.load_all(file):
            own = each.steps if each.case is None else each.case.steps
            refused = {step.call for step in own if step.raises}
            telling = [step for step in own if step.expect or step.raises or step.wait_until or step.call in refused]
            named = [(each.rule, {side for step in telling for side in _shown(step)})]
            for step in each.steps:
                named += [(rule, _shown(step)) for rule in (step.rule, *(held.rule for held in step.expect))]
            yield from ((rule, sides, str(file.relative_to(ROOT))) for rule, sides in named if rule is not None)


def _shown(step: Step) -> set[str]:
    """The side of a rule that a step shows: a refusal is an error, or the reason why something has failed."""
    reasons = any("failureReason" in held.value and isinstance(held.equals, str) for held in step.expect)
    refused = step.raises or (step.wait_until and step.wait_until.raises) or reasons
    return {"refused"} if refused else {"accepted"}


PROOFS = [*_of_tests(), *_of_scenarios()]


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_every_rule_is_proven(rule: rules.Rule) -> None:
    sides = {side for proven, shown, _ in PROOFS if proven == rule.id for side in shown}
    wanted = SIDES["rule"] if rule.refusal else {"accepted"}
    assert sides >= wanted, f"{rule.id} lacks a proof: {', '.join(sorted(wanted - sides))}"


def test_every_proof_is_of_a_rule() -> None:
    assert [(rule, place) for rule, _, place in PROOFS if rule not in RULES] == []


def test_refusals_are_in_the_catalogue_of_errors_and_each_has_its_rule() -> None:
    named = {rule.refusal for rule in RULES.values() if rule.refusal}
    known = {name for name, value in vars(errors).items() if name.isupper() and not name.startswith("_")}
    assert named - known == set(), "rules without their refusal"
    assert known - named == set(), "refusals without a rule"


def test_the_page_of_rules_is_that_of_the_catalogue() -> None:
    assert (ROOT / "docs" / "rules.md").read_text() == page(), (
        "run `python -m simulator.scenario.rules_page > docs/rules.md`"
    )
