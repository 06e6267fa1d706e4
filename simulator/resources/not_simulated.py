"""What is accepted and recorded although nothing comes of it: users are told, once in a world and topic."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import NamedTuple

from simulator.resources.world import Scope
from simulator.version import __version__


class NotSimulatedWarning(UserWarning):
    """Something that the service would do, the simulator will not."""


class Unheeded(NamedTuple):
    """Something that a request asks for and nothing comes of: its topic, and what the service would do."""

    topic: str
    on_aws: str


def warn(scope: Scope, unheeded: Iterable[Unheeded]) -> None:
    """Warns of what is not heeded, unless this world has warned of its topic already.

    To be called by a request that is not refused any more and has changed nothing yet: where warnings are errors,
    they end the call.
    """
    for topic, on_aws in unheeded:
        if topic not in scope.world.warned:
            message = f"{on_aws}; personalize-simulator {__version__} does not simulate {topic}."
            warnings.warn(message, NotSimulatedWarning, stacklevel=4)
            scope.world.warned.add(topic)
