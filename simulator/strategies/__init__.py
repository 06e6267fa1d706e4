"""Hypothesis strategies for property tests of code that calls Amazon Personalize: `simulator.strategies`.

What is valid is taken by the service; what is not comes as an `Invalid`, which says what is wrong with it and with
which code it is refused:

- `requests`, `invalid_requests`: the parameters of any operation, made from the service model on the machine;
- `events`, `put_events`, `invalid_put_events`: events by the rules of the events service and of a schema;
- `schemas`, `invalid_schemas`: Avro schemas of any dataset type and domain;
- `interactions`, `users`, `items`: data frames by a schema, to be written as CSV files.

Needs hypothesis: `pip install "personalize-simulator[strategies]"`.
"""

from __future__ import annotations

try:
    import hypothesis  # noqa: F401 - all of this is made of it
except ImportError:
    raise ImportError(
        'simulator.strategies needs hypothesis: pip install "personalize-simulator[strategies]"'
    ) from None

from simulator.strategies.defaults import INTERACTIONS, ITEMS, USERS
from simulator.strategies.frames import interactions, items, users
from simulator.strategies.from_model import requests
from simulator.strategies.invalid import Invalid
from simulator.strategies.model_faults import invalid_requests
from simulator.strategies.put_requests import events, invalid_put_events, put_events
from simulator.strategies.schema_faults import invalid_schemas
from simulator.strategies.schema_texts import schemas

__all__ = [
    "INTERACTIONS",
    "ITEMS",
    "USERS",
    "Invalid",
    "events",
    "interactions",
    "invalid_put_events",
    "invalid_requests",
    "invalid_schemas",
    "items",
    "put_events",
    "requests",
    "schemas",
    "users",
]
