"""Dataset import jobs: CSV files from S3 into a dataset.

The objects' bytes are those of the create call. What the create call refuses and what fails the job later is
as seen on AWS (spec 09, err-005 to err-035, fail-001).
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator import errors
from simulator.clock import Entry
from simulator.data.csv_files import ParsedImport, read_interactions
from simulator.resources import lifecycle
from simulator.resources.datasets import dataset
from simulator.resources.lookup import (
    Answer,
    Request,
    given,
    new_arn,
    page,
    require_active,
    require_fewer_running,
    times,
)
from simulator.resources.operations import PAGES, members, operation
from simulator.resources.world import ACTIVE, FAILED, PENDING, Record, Scope


@dataclass
class DatasetImportJob(Record):
    """An import; `parsed` holds its rows until it ends."""

    dataset_arn: str
    data_location: str
    role_arn: str
    import_mode: str
    parsed: ParsedImport | None

    @property
    def parents(self) -> tuple[str, ...]:
        """Its dataset."""
        return (self.dataset_arn,)


def create_dataset_import_job(scope: Scope, request: Request) -> Answer:
    """CreateDatasetImportJob."""
    table = scope.inventory.dataset_import_jobs
    target = dataset(scope, request["datasetArn"])
    arn = new_arn(scope, table, "dataset-import-job", request["jobName"])
    require_active(target)
    require_fewer_running(scope, "running_dataset_import_jobs", table.values())
    mode = request.get("importMode", "FULL")
    if mode == "INCREMENTAL" and not target.store.bulk:
        raise errors.FIRST_IMPORT_NOT_FULL()
    location = request["dataSource"].get("dataLocation", "")
    role_arn = request.get("roleArn", "")
    scope.platform.check_access(scope.home, role_arn, "read", location, arn)
    files = scope.platform.read(scope.home, location)
    schema = scope.inventory.schemas[target.schema_arn].avro
    parsed = read_interactions(files, schema, scope.world.quotas)
    job = DatasetImportJob(
        arn, request["jobName"], PENDING, scope.now, scope.now, target.arn, location, role_arn, mode, parsed
    )
    lifecycle.create(scope, "dataset_import_job", job, request)
    return {"datasetImportJobArn": arn}


def describe_dataset_import_job(scope: Scope, request: Request) -> Answer:
    """DescribeDatasetImportJob."""
    table = scope.inventory.dataset_import_jobs
    job = given(table, "dataset import job", request["datasetImportJobArn"])
    return {
        "datasetImportJob": {
            **_summary(job),
            "datasetArn": job.dataset_arn,
            "dataSource": {"dataLocation": job.data_location},
            "roleArn": job.role_arn,
        }
    }


def list_dataset_import_jobs(scope: Scope, request: Request) -> Answer:
    """ListDatasetImportJobs, of one dataset or of all."""
    table = scope.inventory.dataset_import_jobs
    return page(request, "datasetImportJobs", table, request.get("datasetArn"), _summary)


def _summary(job: DatasetImportJob) -> Answer:
    return {"datasetImportJobArn": job.arn, "jobName": job.name, "importMode": job.import_mode, **times(job)}


def on_finish(scope: Scope, entry: Entry) -> None:
    """The rows are in the dataset, or none is and the job has failed."""
    job = scope.inventory.dataset_import_jobs[entry.subject]
    parsed = job.parsed
    assert parsed is not None, "a job ends once"
    job.parsed = None
    if parsed.failure is not None:
        lifecycle.change(scope, job, FAILED, parsed.failure)
        return
    store = scope.inventory.datasets[job.dataset_arn].store
    if job.import_mode == "FULL":
        store.replace_bulk(parsed.chunks)
    else:
        store.add_bulk(parsed.chunks)
    lifecycle.change(scope, job, ACTIVE)


OPERATIONS = {
    "CreateDatasetImportJob": operation(
        create_dataset_import_job,
        *("jobName", "datasetArn", "roleArn", "importMode", "tags"),
        dataSource=members("dataLocation"),
    ),
    "DescribeDatasetImportJob": operation(describe_dataset_import_job, "datasetImportJobArn"),
    "ListDatasetImportJobs": operation(list_dataset_import_jobs, "datasetArn", *PAGES),
}
HANDLERS = {"dataset_import_job.finish": on_finish}
