"""A world taken apart: what `encoding` makes of it, `archive` keeps in a file, and `decoding` makes it of again.

`nodes` are JSON: lists of a kind and what it takes, in an order in which each is made of earlier ones only. In a node,
a text, number, truth value or null stands for itself, and a list of one number for an earlier value by its place.

- `["list" | "tuple" | "set" | "frozenset", content]`, `["dict", content]` (a key and its value in turn). A content is a
  list of values, or `{"places": [...]}` if all of them are earlier ones. `["pairs", keys, values]`: a dict of many.
- `["texts", "list" | "tuple", count, blob]`: many texts, with a NUL between two.
- `["mapping", place]`: a read-only view of a dict.
- `["object", class, content]`: a dataclass or named tuple by its fields.
- `["rows", class, count, content]`: as many named tuples, by their columns; each has a place of its own.
- `["table", content]`: a table of resources.
- `["bytes", hexadecimal]`, `["blob", blob]`, `["scalar", dtype, hexadecimal]`, `["array", array, writeable]`.

The last value is the whole. `classes` are the classes by their numbers: a name and the names of the fields.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt


@dataclass
class Parts:
    """The parts of a world; `blobs` are bytes and joined texts."""

    classes: list[tuple[str, list[str]]] = field(default_factory=list)
    nodes: list[list[Any]] = field(default_factory=list)
    arrays: list[npt.NDArray[Any]] = field(default_factory=list)
    blobs: list[bytes] = field(default_factory=list)
