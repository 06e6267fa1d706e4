"""An import job, from the create call to ACTIVE, against pandas.read_csv of the same bytes."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
from support import account, dataset

from benchmarks.measure import Figure, compare
from simulator import simulate
from simulator.data.generated import movielens_like


def figures() -> list[Figure]:
    small = movielens_like()
    large = pd.DataFrame(
        {
            "USER_ID": np.random.default_rng(0).integers(0, 32_000, 5_000_000),
            "ITEM_ID": (35_000 * np.random.default_rng(1).random(5_000_000) ** 2).astype(np.int64),
            "TIMESTAMP": np.random.default_rng(2).integers(10**9, 1_600_000_000, 5_000_000),
        }
    )
    return [_figure("100k rows", small, 9), _figure("5M rows", large, 3)]


def _figure(name: str, frame: pd.DataFrame, runs: int) -> Figure:
    content = frame.to_csv(index=False).encode()

    def read_csv() -> None:
        pd.read_csv(
            io.BytesIO(content),
            dtype={"USER_ID": "category", "ITEM_ID": "category", "TIMESTAMP": "int64"},
            keep_default_na=False,
        )

    with simulate(start="2022-03-08T09:00:00Z", durations="instant"):
        here = account()
        made = dataset(here, here.personalize.list_schemas)
        here.upload(content)
        jobs = iter(range(1000))

        def import_job() -> None:
            job = here.personalize.create_dataset_import_job(
                jobName=f"job-{next(jobs)}",
                datasetArn=made.dataset,
                dataSource={"dataLocation": f"s3://{here.bucket}/interactions.csv"},
                roleArn=here.role,
            )["datasetImportJobArn"]
            shown = here.personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]
            assert shown["status"] == "ACTIVE"

        return compare(f"import job of {name} : pandas.read_csv", import_job, read_csv, 1.5, runs=runs)
