"""Which files the command `run` plays: those it is given, those of folders, and those that the package has."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from simulator.scenario.loading import SHARED

_DEFAULT = "article.yaml"
_SUFFIX = ".yaml"


class NoScenarios(Exception):
    """A path at which there is no scenario file; its text is one line."""


def packaged_scenarios() -> Path:
    """The folder of the scenarios that come with the simulator: in the installed package, or in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "_scenarios"
    return installed if installed.is_dir() else package.parent / "scenarios"


def default_scenario() -> Path:
    """The article."""
    return packaged_scenarios() / _DEFAULT


def scenario_files(paths: Sequence[Path]) -> list[Path]:
    """The scenario files that paths mean, each once; with no path, the article.

    A folder means those below it, in order of their names: every `*.yaml` that is not a `*.steps.yaml`, hidden and
    linked folders left out. A relative path that is not there is looked for among the scenarios that come with the
    simulator.

    Raises NoScenarios.
    """
    found: dict[Path, None] = {}
    for path in paths or (default_scenario(),):
        try:
            found.update(dict.fromkeys(_files_at(path)))
        except OSError as fault:
            raise NoScenarios(f"{fault.filename}: it cannot be read: {fault.strerror}") from None
    return list(found)


def _files_at(path: Path) -> list[Path]:
    if not path.exists():
        packaged = packaged_scenarios() / path
        if path.is_absolute() or ".." in path.parts or not packaged.exists():
            raise NoScenarios(f"{path}: there is no such file or folder, and the simulator has none of that name")
        path = packaged
    if not path.is_dir():
        return [path]
    files = list(_below(path))
    if not files:
        raise NoScenarios(f"{path}: there is no scenario file in this folder or below it")
    return files


def _below(folder: Path) -> Iterator[Path]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.is_dir(follow_symlinks=False):  # a link may lead back to a folder around it
            if not entry.name.startswith("."):
                yield from _below(folder / entry.name)
        elif entry.name.endswith(_SUFFIX) and not entry.name.endswith(SHARED):
            yield folder / entry.name
