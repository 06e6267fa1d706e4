"""Dataset export jobs: a dataset's rows as a CSV file in S3.

The rows are those that had arrived at the create call. Key, columns and quoting as in a real export (spec 08).
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator import errors
from simulator.clock import Entry, datetime_of
from simulator.data.exports import export_interactions, export_records
from simulator.data.interactions import InteractionStore, Snapshot
from simulator.data.records import RecordSnapshot
from simulator.resources import lifecycle
from simulator.resources.datasets import dataset
from simulator.resources.ids import new_id, uuid_of
from simulator.resources.lookup import (
    Answer,
    Request,
    given,
    new_arn,
    page,
    require_active,
    times,
)
from simulator.resources.not_simulated import Unheeded
from simulator.resources.operations import PAGES, members, operation
from simulator.resources.world import ACTIVE, FAILED, PENDING, Record, Scope

_ENCRYPTION = Unheeded("the encryption of files", "kmsKeyArn: the service would encrypt the exported file")


@dataclass
class DatasetExportJob(Record):
    """An export; `snapshot` is what it will write, until it ends."""

    dataset_arn: str
    ingestion_mode: str
    path: str
    kms_key_arn: str | None
    role_arn: str
    snapshot: Snapshot | RecordSnapshot | None

    @property
    def parents(self) -> tuple[str, ...]:
        """Its dataset."""
        return (self.dataset_arn,)


def create_dataset_export_job(scope: Scope, request: Request) -> Answer:
    """CreateDatasetExportJob; `ingestionMode` is PUT unless it says otherwise."""
    table = scope.inventory.dataset_export_jobs
    source = dataset(scope, request["datasetArn"])
    arn = new_arn(scope, table, "dataset-export-job", request["jobName"])
    require_active(source)
    destination = request["jobOutput"]["s3DataDestination"]
    scope.platform.check_access(scope.home, request["roleArn"], "write", destination["path"], arn)
    job = DatasetExportJob(
        arn,
        request["jobName"],
        PENDING,
        scope.now,
        scope.now,
        dataset_arn=source.arn,
        ingestion_mode=request.get("ingestionMode", "PUT"),
        path=destination["path"],
        kms_key_arn=destination.get("kmsKeyArn"),
        role_arn=request["roleArn"],
        snapshot=source.store.snapshot(),
    )
    lifecycle.create(scope, "dataset_export_job", job, request, [] if job.kms_key_arn is None else [_ENCRYPTION])
    return {"datasetExportJobArn": arn}


def describe_dataset_export_job(scope: Scope, request: Request) -> Answer:
    """DescribeDatasetExportJob."""
    table = scope.inventory.dataset_export_jobs
    job = given(table, "dataset export job", request["datasetExportJobArn"])
    return {
        "datasetExportJob": {
            **_summary(job),
            "datasetArn": job.dataset_arn,
            "ingestionMode": job.ingestion_mode,
            "roleArn": job.role_arn,
            "jobOutput": {"s3DataDestination": {"path": job.path, "kmsKeyArn": job.kms_key_arn}},
        }
    }


def list_dataset_export_jobs(scope: Scope, request: Request) -> Answer:
    """ListDatasetExportJobs, of one dataset or of all."""
    table = scope.inventory.dataset_export_jobs
    return page(request, "datasetExportJobs", table, request.get("datasetArn"), _summary)


def _summary(job: DatasetExportJob) -> Answer:
    return {"datasetExportJobArn": job.arn, "jobName": job.name, **times(job)}


def on_finish(scope: Scope, entry: Entry) -> None:
    """The file is in S3, or the job has failed for what has changed there since its creation."""
    job = scope.inventory.dataset_export_jobs[entry.subject]
    content = _content(scope, job)
    job.snapshot = None
    try:
        scope.platform.check_access(scope.home, job.role_arn, "write", job.path, job.arn)
        scope.platform.write(scope.home, _location(scope, job), content)
    except errors.ServiceError:
        lifecycle.change(scope, job, FAILED, errors.EXPORT_FAILED)
        return
    lifecycle.change(scope, job, ACTIVE)


def _content(scope: Scope, job: DatasetExportJob) -> bytes:
    source = scope.inventory.datasets[job.dataset_arn]
    schema = scope.inventory.schemas[source.schema_arn].avro
    if isinstance(job.snapshot, RecordSnapshot):
        return export_records(schema, job.snapshot, job.ingestion_mode)
    assert job.snapshot is not None, "a job ends once"
    assert isinstance(source.store, InteractionStore), "a dataset keeps its type"
    bulk = job.snapshot.bulk if job.ingestion_mode in ("BULK", "ALL") else ()
    put = source.store.arrivals(0, job.snapshot.put) if job.ingestion_mode in ("PUT", "ALL") else []
    return export_interactions(schema, source.store.id_column, bulk, put)


def _location(scope: Scope, job: DatasetExportJob) -> str:
    group = scope.inventory.datasets[job.dataset_arn].dataset_group_arn
    day = f"{datetime_of(scope.now):%Y-%m-%d}"
    part = f"part-00000-{uuid_of(new_id(scope.world, 'export', job.arn))}-c000.csv"
    return f"{job.path.rstrip('/')}/AMZN_Personalize/{group}/{job.dataset_arn}/{job.name}/{day}/{part}"


OPERATIONS = {
    "CreateDatasetExportJob": operation(
        create_dataset_export_job,
        *("jobName", "datasetArn", "ingestionMode", "roleArn", "tags"),
        jobOutput=members(s3DataDestination=members("path", "kmsKeyArn")),
        note="the exported file is not encrypted with the key of kmsKeyArn, which is recorded only",
    ),
    "DescribeDatasetExportJob": operation(describe_dataset_export_job, "datasetExportJobArn"),
    "ListDatasetExportJobs": operation(list_dataset_export_jobs, "datasetArn", *PAGES),
}
HANDLERS = {"dataset_export_job.finish": on_finish}
