"""Files beside a scenario: what it may name, and their text."""

from __future__ import annotations

import os
from os import PathLike


class UnusableFile(Exception):
    """A file that is not there, is no text, or does not belong to the scenario."""


def beside(scenario: str, name: str) -> str:
    """The path of a file that a scenario names: one in the scenario's folder, or below it.

    Raises UnusableFile.
    """
    path = os.path.join(os.path.dirname(scenario), name)
    try:
        folder, real = os.path.realpath(os.path.dirname(scenario) or "."), os.path.realpath(path)
        inside = not os.path.isabs(name) and os.path.commonpath((folder, real)) == folder
    except ValueError:  # a NUL byte, or another drive
        inside = False
    if not inside:
        raise UnusableFile(f"{name!r} is not in the folder of the scenario")
    if not os.path.isfile(path):
        raise UnusableFile(f"there is no file {name!r} in the folder of the scenario")
    return path


def text_of(path: str | PathLike[str], largest: int | None = None) -> str:
    """The text of a file, its line ends as they are.

    Raises UnusableFile.
    """
    try:
        with open(path, "rb") as opened:
            content = opened.read() if largest is None else opened.read(largest + 1)
    except OSError as fault:
        raise UnusableFile(f"it cannot be read: {fault.strerror}") from None
    if largest is not None and len(content) > largest:
        raise UnusableFile(f"it is larger than {largest} bytes: no scenario is")
    try:
        return content.decode()
    except UnicodeDecodeError as fault:
        raise UnusableFile(f"it is not UTF-8 text: byte {fault.start}") from None
