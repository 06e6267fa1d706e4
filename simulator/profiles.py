"""The service of today, and as it was: what a request that says nothing about it gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Profile:
    """The defaults of the service at a time.

    `auto_training` is whether a solution trains automatically unless it is told otherwise; None where there was no
    such thing yet, so that solutions say nothing of it either.
    """

    name: str
    auto_training: bool | None


PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        each.name: each
        for each in (
            Profile("today", auto_training=True),  # the API reference: CreateSolution, performAutoTraining
            Profile("2022", auto_training=None),  # the article: creating a solution trains nothing
        )
    }
)
TODAY = PROFILES["today"]


def profile(name: str) -> Profile:
    """The profile of a name (`"today"`, `"2022"`); raises ValueError for another."""
    found = PROFILES.get(name) if isinstance(name, str) else None
    if found is None:
        raise ValueError(f"profile must be one of {', '.join(map(repr, PROFILES))}, not {name!r}")
    return found
