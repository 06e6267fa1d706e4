"""Import jobs, from the create call to ACTIVE, against pandas.read_csv of the same bytes; and their memory.

The memory is what importing five million interactions adds to a process that holds the file, by the file's size.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from support import account, add_dataset, start_import

from benchmarks.measure import Figure, compare
from simulator import simulate
from simulator.data.generated import movielens_like

_MILLION = 1_000_000

# Run in a process of its own, whose greatest size is then that of the import.
_MEMORY = """
import re, sys
from pathlib import Path
from simulator.data.csv_files import read_import
from simulator.data.schemas import AvroSchema, Field
from simulator.quotas import Quotas

ids = [Field(name, "string", nullable=False) for name in ("USER_ID", "ITEM_ID")]
schema = AvroSchema("Interactions", (*ids, Field("TIMESTAMP", "long", nullable=False)))
content = open(sys.argv[1], "rb").read()
read_import([content[: 1 << 18].rpartition(b"\\n")[0]], schema, Quotas())

def kilobytes(name):  # not getrusage, which counts the process that started this one
    return int(re.search(name + r":\\s+(\\d+)", Path("/proc/self/status").read_text()).group(1))

before = kilobytes("VmRSS")
read_import([content], schema, Quotas())
print((kilobytes("VmHWM") - before) * 1024)
"""


def figures() -> list[Figure]:
    chance = np.random.default_rng(0)
    large = pd.DataFrame(
        {
            "USER_ID": chance.integers(0, 32_000, 5 * _MILLION),
            "ITEM_ID": (35_000 * chance.random(5 * _MILLION) ** 2).astype(np.int64),
            "TIMESTAMP": chance.integers(10**9, 1_600_000_000, 5 * _MILLION),
        }
    )
    items = pd.DataFrame(
        {
            "ITEM_ID": [f"item-{number}" for number in range(_MILLION)],
            "GENRES": chance.choice(["drama|comedy", "horror", "sf|action", ""], _MILLION),
            "PRICE": chance.integers(100, 10_000, _MILLION) / 100,
            "RELEASED": chance.integers(10**9, 1_600_000_000, _MILLION),
        }
    )
    users = pd.DataFrame(
        {
            "USER_ID": [f"user-{number}" for number in range(_MILLION)],
            "AGE": chance.integers(10, 90, _MILLION),
            "GENDER": chance.choice(["f", "m", ""], _MILLION),
        }
    )
    return [
        _figure("100k interactions", "Interactions", movielens_like(), 9),
        _figure("5M interactions", "Interactions", large, 3),
        _figure("1M items", "Items", items, 3),
        _figure("1M users", "Users", users, 3),
        _memory("5M interactions", large),
    ]


def _figure(name: str, dataset_type: str, frame: pd.DataFrame, runs: int) -> Figure:
    content = frame.to_csv(index=False).encode()
    ids = {column: "category" for column in frame.columns if column in ("USER_ID", "ITEM_ID")}

    def read_csv() -> None:
        pd.read_csv(io.BytesIO(content), dtype=ids, keep_default_na=False)  # type: ignore[arg-type]

    with simulate(start="2022-03-08T09:00:00Z", durations="instant"):
        here = account()
        group = here.personalize.create_dataset_group(name="films")["datasetGroupArn"]
        dataset = add_dataset(here, group, dataset_type, here.personalize.list_schemas)
        location = here.upload(content)
        jobs = iter(range(1000))

        def import_job() -> None:
            job = start_import(here, dataset, location, f"job-{next(jobs)}")
            shown = here.personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]
            assert shown["status"] == "ACTIVE"

        return compare(f"import job of {name} : pandas.read_csv", import_job, read_csv, 1.5, runs=runs)


def _memory(name: str, frame: pd.DataFrame) -> Figure:
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        frame.to_csv(file.name, index=False)
        command = [sys.executable, "-c", _MEMORY, file.name]
        extra = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        size = Path(file.name).stat().st_size
    return Figure(f"memory of importing {name} : the file (MB)", extra / 1e9, size / 1e9, extra / size, 2.0)
