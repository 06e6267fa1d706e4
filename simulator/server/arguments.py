"""The keywords of `simulate()` as arguments of `personalize-simulator serve`, and back."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from simulator.clock import datetime_of, micros_of

# The keywords that mean something to a server, in another process; its clients choose their regions.
KEYWORDS = ("start", "load", "seed", "durations", "training", "profile", "quotas", "throttling")


def arguments_of(keywords: Mapping[str, Any]) -> list[str]:
    """The arguments that say the same as some keywords; those that are None say nothing.

    Raises ValueError for a keyword that means nothing to a server.
    """
    found: list[str] = []
    for name, value in keywords.items():
        if name not in KEYWORDS:
            raise ValueError(f"a server in another process knows no {name}; there are {', '.join(KEYWORDS)}")
        if name == "throttling":
            found += [] if value is None else ["--throttling" if value else "--no-throttling"]
        elif value is not None:
            found += [f"--{name}", _text(name, value)]
    return found


def durations_from(text: str) -> str | dict[str, timedelta]:
    """The durations of an argument: the name of a profile, or a JSON object of seconds by resource.

    Raises ValueError for JSON of something else, and for durations beyond a timedelta's.
    """
    if not text.startswith("{"):
        return text
    seconds: dict[str, float] = _json(text, dict[str, float])
    try:
        return {name: timedelta(seconds=each) for name, each in seconds.items()}
    except OverflowError:
        raise ValueError(f"{text} has a duration that is too long") from None


def quotas_from(text: str) -> dict[str, int]:
    """The quotas of an argument: a JSON object of numbers by name; raises ValueError for something else."""
    found: dict[str, int] = _json(text, dict[str, int])
    return found


def _json(text: str, wanted: type[Any]) -> Any:
    try:
        return msgspec.json.decode(text, type=wanted)
    except msgspec.MsgspecError as fault:
        raise ValueError(f"{text} is no JSON object of numbers: {fault}") from None


def _text(name: str, value: Any) -> str:
    match name:
        case "start":
            return datetime_of(micros_of(value)).isoformat()
        case "load":
            return str(os.path.abspath(value))
        case "durations" if isinstance(value, Mapping):
            seconds = {resource: duration / timedelta(seconds=1) for resource, duration in value.items()}
            return json.dumps(seconds)
        case "quotas":
            return json.dumps(dict(value))
    return str(value)
