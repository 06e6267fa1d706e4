"""How a family declares its operations: the call each one makes, and the members of the request it understands.

A member that is not named is refused, never ignored: botocore's model grows, and so do the families.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.resources.lookup import Answer, Request
from simulator.resources.world import Scope

Call = Callable[[Scope, Request], Answer]

PAGES = ("nextToken", "maxResults")


@dataclass(frozen=True)
class Members:
    """The members of a structure that are simulated, each with what is simulated inside it (all: None)."""

    inside: Mapping[str, Members | None] = field(default_factory=dict)

    def refused(self, value: Any, path: str = "") -> str | None:
        """The path of a member of `value` that is not simulated, or None. Lists are looked into."""
        if isinstance(value, list):
            return next((found for each in value if (found := self.refused(each, path))), None)
        for name, member in value.items():
            here = f"{path}.{name}" if path else name
            if name not in self.inside:
                return here
            within = self.inside[name]
            if member is not None and within is not None and (found := within.refused(member, here)):
                return found
        return None


@dataclass(frozen=True)
class Operation:
    """An operation that is simulated; `note` is what it does not do, for the operations page (empty: nothing)."""

    call: Call
    members: Members
    note: str = ""


def operation(call: Call, *names: str, note: str = "", **structures: Members) -> Operation:
    """An operation that understands these members, and of some structures only these members."""
    return Operation(call, members(*names, **structures), note)


def members(*names: str, **structures: Members) -> Members:
    """The members of a structure that are simulated."""
    return Members({**dict.fromkeys(names), **structures})
