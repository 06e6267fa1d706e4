"""Saved worlds: a world in a file, and back, such that it answers as it would have.

`save` writes one, `load` reads one; what is wrong with a file is a `SavedWorldError`. A file is a zip archive of JSON,
numpy arrays, texts and bytes (`archive`); reading one runs nothing that is in it (`decoding`).
"""

from __future__ import annotations

import os
import zlib
from typing import NamedTuple
from zipfile import BadZipFile

from simulator.clock import in_calendar
from simulator.resources.world import World
from simulator.saving import archive, surroundings
from simulator.saving.decoding import decode
from simulator.saving.encoding import encode
from simulator.saving.errors import SavedWorldError
from simulator.saving.surroundings import Surroundings

__all__ = ["Saved", "SavedWorldError", "load", "put_back", "save"]

_TRAININGS = ("sampled", "exact")


class Saved(NamedTuple):
    """What a file holds: a world, and what it refers to in S3 and IAM."""

    world: World
    around: Surroundings


def save(world: World, file: str | os.PathLike[str]) -> None:
    """Writes a world, with what its resources refer to in S3 and IAM; a file that is there is replaced at once.

    Equal worlds make equal files. Raises SavedWorldError for what cannot be saved, OSError if the file cannot be
    written; then nothing is.
    """
    archive.write(file, encode((world, surroundings.gather(world))))


def load(file: str | os.PathLike[str]) -> Saved:
    """The world in a file, and what is to be put back into S3 and IAM around it (`put_back`).

    Raises SavedWorldError for a file that is no saved world of this version, or is damaged; OSError if it cannot be
    opened.
    """
    with open(file, "rb") as stream:
        try:
            saved = _known(decode(archive.read(stream)))
            _check(saved.world)
        except SavedWorldError as fault:
            raise SavedWorldError(f"{os.fspath(file)}: {fault}") from fault.__cause__
        except (BadZipFile, zlib.error) as fault:
            raise SavedWorldError(f"{os.fspath(file)} is no saved world, or is damaged: {fault}") from fault
        except Exception as fault:
            # The file may hold anything: whatever reading it led to, it is the file that is wrong.
            raise SavedWorldError(f"{os.fspath(file)} is damaged: {type(fault).__name__}: {fault}") from fault
    return saved


def put_back(around: Surroundings) -> None:
    """Makes the buckets, objects, policies and roles that are not there; those that are stay as they are.

    Raises SavedWorldError for a bucket that is there in another account, before anything is made.
    """
    try:
        surroundings.put_back(around)
    except SavedWorldError:
        raise
    except Exception as fault:
        raise SavedWorldError(f"S3 and IAM cannot be made as they were saved: {fault}") from fault


def _known(root: object) -> Saved:
    match root:
        case (World() as world, Surroundings() as around):
            return Saved(world, around)
    raise SavedWorldError("it holds something else than a world")


def _check(world: World) -> None:
    """What the types of its parts do not say of a world."""
    in_calendar(world.now)
    entries = world.agenda.entries
    if world.training not in _TRAININGS:
        raise SavedWorldError(f"it knows no training {world.training!r}")
    if any(entries[(place - 1) // 2] > entry for place, entry in enumerate(entries) if place):
        raise SavedWorldError("its agenda is not in order")
