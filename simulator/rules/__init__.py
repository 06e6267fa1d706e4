"""The catalogue of rules: what the simulator holds the service to do, each with its source and its grade.

The rules stand in the YAML files beside this module, one an area; the area of `schemas.flat` is `schemas`. Grades:
`documented` (a page of the guide or the API reference), `observed` (a real answer, by its id), `assumed` (a best
guess). A rule that refuses something names the refusal, an entry of `simulator.errors`. Tests and scenarios say which
rules they prove; `tests/test_rules.py` holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

import msgspec
import yaml

Grade = Literal["documented", "observed", "assumed"]
_Id = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z-]*\.[a-z0-9][a-z0-9-]*$")]
_Text = Annotated[str, msgspec.Meta(min_length=1)]


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule: one sentence, where it is from, and how sure it is.

    `refusal` names what it answers to those who break it: an entry of `simulator.errors`.
    """

    id: _Id
    rule: _Text
    grade: Grade
    source: _Text
    refusal: _Text | None = None

    @property
    def area(self) -> str:
        """What it is about: the part of its id before the full stop."""
        return self.id.partition(".")[0]


def load() -> Mapping[str, Rule]:
    """All rules by id, area by area in the order of their files.

    Raises ValueError for an id that is given twice, or one that stands in another area's file;
    msgspec.ValidationError for an entry that is no rule.
    """
    rules: dict[str, Rule] = {}
    for file in sorted(Path(__file__).parent.glob("*.yaml")):
        for rule in msgspec.convert(yaml.load(file.read_text("utf-8"), yaml.CSafeLoader), list[Rule]):
            if rule.id in rules or rule.area != file.stem:
                raise ValueError(f"{file.name}: the rule {rule.id} is there twice, or belongs into another file")
            rules[rule.id] = rule
    return MappingProxyType(rules)
