"""The file of a saved world: a zip archive that any tool opens, read with distrust.

Its entries are README.txt, format.json (which format and simulator it is of), world.json (the nodes), arrays/N.npy and
blobs/N.bin. Nothing is unpacked before its size is known and allowed, and nothing in it is run.
"""

from __future__ import annotations

import io
import json
import math
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import numpy as np
import numpy.typing as npt

from simulator.saving.errors import SavedWorldError
from simulator.saving.parts import Parts
from simulator.version import __version__

FORMAT = 2
# What a file may unpack to; bytes. Real worlds shrink to a half or a tenth, a zip bomb to a thousandth.
MOST_BYTES = 4 * 1024**3
_SMALL = 256 * 1024**2
_MOST_SHRUNK = 200
# How many values may stand in world.json, since each takes some ten times its text.
MOST_VALUES = 20_000_000

_README, _ABOUT, _WORLD = "README.txt", "format.json", "world.json"
_LEVEL = 1
_FIRST_DATE = (1980, 1, 1, 0, 0, 0)

_TEXT = f"""A world of personalize-simulator {__version__}, saved by Simulation.save().

simulate(load=...) goes on with it. It holds all that the simulation knew of Amazon Personalize: resources, data,
trained models, what is still to happen, the time, the seed. Of S3 it holds the buckets that resources name (their
owner, region, policy and whether they keep versions) and the newest version of the objects at and below the places
that resources name; of IAM the roles that resources name, with their policies. Everything else of the account, such as
other buckets, roles, users, keys and other services, is not saved.

It can be loaded by the version of the simulator that saved it. It holds data alone: loading it runs no code.
"""


def write(file: str | os.PathLike[str], parts: Parts) -> None:
    """Writes a file at once: it is there in whole, or as it was before. Equal parts make equal bytes.

    Raises SavedWorldError for a world too large to be loaded again, OSError if it cannot be written.
    """
    target = Path(file)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        with open(unfinished, "xb") as stream:
            with ZipFile(stream, "w") as archive:
                for name, content in _entries(parts):
                    _add(archive, name, content)
                infos = archive.infolist()
            _check_sizes(infos, stream.tell())
        os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)


def read(stream: IO[bytes]) -> Parts:
    """The parts in a file. Raises SavedWorldError, or what zipfile, json and numpy raise for what makes no sense."""
    size = stream.seek(0, os.SEEK_END)
    with ZipFile(stream) as archive:
        infos = {info.filename: info for info in archive.infolist()}
        if not {_ABOUT, _WORLD} <= infos.keys():
            raise SavedWorldError("it is no saved world")
        _check_sizes(archive.infolist(), size)
        _check_version(json.loads(archive.read(_ABOUT)))
        document = archive.read(_WORLD)
        _check_values(document.count(b",") + document.count(b"["))
        world = json.loads(document)
        return Parts(
            classes=[(name, fields) for name, fields in world["classes"]],
            nodes=world["nodes"],
            arrays=[_array(archive.read(_array_name(number))) for number in range(_count(infos, "arrays/"))],
            blobs=[archive.read(_blob_name(number)) for number in range(_count(infos, "blobs/"))],
        )


def _entries(parts: Parts) -> Iterator[tuple[str, bytes | npt.NDArray[Any]]]:
    yield _README, _TEXT.encode()
    yield _ABOUT, _json({"format": FORMAT, "simulator": __version__})
    document = _json({"classes": parts.classes, "nodes": parts.nodes})
    _check_values(document.count(b",") + document.count(b"["))
    yield _WORLD, document
    yield from ((_array_name(number), array) for number, array in enumerate(parts.arrays))
    yield from ((_blob_name(number), blob) for number, blob in enumerate(parts.blobs))


def _add(archive: ZipFile, name: str, content: bytes | npt.NDArray[Any]) -> None:
    info = ZipInfo(name, _FIRST_DATE)
    info.compress_type = ZIP_DEFLATED
    info.create_system = 3
    info.external_attr = 0o644 << 16
    info._compresslevel = _LEVEL  # type: ignore[attr-defined]
    if isinstance(content, bytes):
        archive.writestr(info, content)
    else:
        info.file_size = content.nbytes
        with archive.open(info, "w") as stream:
            np.lib.format.write_array(stream, content, allow_pickle=False)


def _array(content: bytes) -> npt.NDArray[Any]:
    """The array of a .npy file, its shape compared with the file's size before anything is made of it."""
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    if version != (1, 0):
        raise SavedWorldError(f"an array of it is of the unknown version {version}")
    shape, in_columns, dtype = np.lib.format.read_array_header_1_0(stream)
    count = math.prod(shape)
    if dtype.hasobject or min(shape, default=0) < 0 or count * dtype.itemsize != len(content) - stream.tell():
        raise SavedWorldError("an array of it has a wrong type or shape")
    flat = np.frombuffer(bytearray(content), dtype, count, stream.tell())
    return flat.reshape(shape, order="F" if in_columns else "C")


def _check_sizes(infos: list[ZipInfo], size: int) -> None:
    """No entry is unpacked unless all of them together are of a size that a world can have."""
    unpacked = sum(info.file_size for info in infos)
    if unpacked > min(MOST_BYTES, _SMALL + _MOST_SHRUNK * size):
        raise SavedWorldError(f"it would take {unpacked} bytes, which is more than a world may")
    if len({info.filename for info in infos}) < len(infos):
        raise SavedWorldError("a part of it is there twice")
    if any(info.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for info in infos):
        raise SavedWorldError("a part of it is packed in an unknown way")


def _check_version(about: dict[str, Any]) -> None:
    if about["format"] != FORMAT or about["simulator"] != __version__:
        raise SavedWorldError(
            f"it was saved by personalize-simulator {about['simulator']} in the format {about['format']}; this is "
            f"{__version__}, which loads its own files, of the format {FORMAT}. Save the world again"
        )


def _check_values(count: int) -> None:
    if count > MOST_VALUES:
        raise SavedWorldError(f"it has {count} values, which is more than a world may")


def _count(infos: dict[str, ZipInfo], folder: str) -> int:
    return sum(name.startswith(folder) for name in infos)


def _array_name(number: int) -> str:
    return f"arrays/{number}.npy"


def _blob_name(number: int) -> str:
    return f"blobs/{number}.bin"


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
