"""Dataset import jobs: CSV files from S3 into a dataset.

The objects' bytes are those of the create call. What the create call refuses and what fails the job later is
as seen on AWS (spec 09, err-005 to err-035, fail-001).
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator import errors
from simulator.clock import Entry
from simulator.data.csv_files import ParsedImport, read_import
from simulator.resources import lifecycle
from simulator.resources.attribution_figures import measure_import
from simulator.resources.datasets import Dataset, dataset
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
    """An import; `parsed` holds its rows until it ends, `size` is that of its objects in bytes."""

    dataset_arn: str
    data_location: str
    role_arn: str
    import_mode: str
    publishes_metrics: bool | None
    parsed: ParsedImport | None
    size: int

    @property
    def parents(self) -> tuple[str, ...]:
        """Its dataset."""
        return (self.dataset_arn,)


def create_dataset_import_job(scope: Scope, request: Request) -> Answer:
    """CreateDatasetImportJob: the objects are read here, and taken in when the job ends."""
    table = scope.inventory.dataset_import_jobs
    target = dataset(scope, request["datasetArn"])
    arn = new_arn(scope, table, "dataset-import-job", request["jobName"])
    require_active(target)
    require_fewer_running(scope, "running_dataset_import_jobs", table.values())
    mode = request.get("importMode", "FULL")
    if mode == "INCREMENTAL" and not target.store.bulk:
        raise errors.FIRST_IMPORT_NOT_FULL()
    publishes_metrics = request.get("publishAttributionMetricsToS3")
    if publishes_metrics:
        _require_attribution(scope, target)
    role_arn = request.get("roleArn")
    if role_arn is None:
        raise errors.ROLE_ARN_WANTED()
    location = data_location(request)
    files = read_files(scope, role_arn, location, arn)
    quota = "bytes_of_a_full_import" if mode == "FULL" else "bytes_of_an_incremental_import"
    size = size_within(scope, quota, files, location)
    parsed = read_import(files, scope.inventory.schemas[target.schema_arn].avro, scope.world.quotas)
    job = DatasetImportJob(
        arn,
        request["jobName"],
        PENDING,
        scope.now,
        scope.now,
        dataset_arn=target.arn,
        data_location=location,
        role_arn=role_arn,
        import_mode=mode,
        publishes_metrics=publishes_metrics,
        parsed=parsed,
        size=size,
    )
    lifecycle.create(scope, "dataset_import_job", job, request)
    return {"datasetImportJobArn": arn}


def data_location(request: Request) -> str:
    """Where the data of a job is; raises `DATA_LOCATION_WANTED`."""
    location: str | None = request["dataSource"].get("dataLocation")
    if location is None:
        raise errors.DATA_LOCATION_WANTED()
    return location


def read_files(scope: Scope, role_arn: str, location: str, job_arn: str, *, sub_folders: bool = False) -> list[bytes]:
    """The contents of an object or of the CSV files in a folder, each as the role may read it.

    Raises the refusals of the platform: the role's, the bucket's, and those of a location where nothing is.
    """
    scope.platform.check_access(scope.home, role_arn, "read", location, job_arn)
    files = scope.platform.csv_files(scope.home, location, sub_folders=sub_folders)
    for file in files:
        if file != location:
            scope.platform.check_access(scope.home, role_arn, "read", file, job_arn)
    return [scope.platform.read(scope.home, file) for file in files]


def size_within(scope: Scope, quota: str, files: list[bytes], location: str) -> int:
    """The bytes of all files of a job; raises `DATA_TOO_LARGE` if they are more than a quota allows."""
    size = sum(map(len, files))
    limit = scope.world.quotas[quota]
    if size > limit:
        raise errors.DATA_TOO_LARGE(location=location, size=size, limit=limit)
    return size


def _require_attribution(scope: Scope, target: Dataset) -> None:
    if not any(each.status == ACTIVE for each in scope.inventory.metric_attributions.of(target.dataset_group_arn)):
        raise errors.ATTRIBUTION_WANTED(dataset_group=target.dataset_group_arn)


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
            "publishAttributionMetricsToS3": job.publishes_metrics,
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
    if parsed.rows is None:
        lifecycle.change(scope, job, FAILED, parsed.failure)
        return
    target = scope.inventory.datasets[job.dataset_arn]
    take = target.store.replace_bulk if job.import_mode == "FULL" else target.store.add_bulk
    take(parsed.rows, scope.now)
    if target.dataset_type == "INTERACTIONS":
        publishes = bool(job.publishes_metrics)
        measure_import(scope, target.dataset_group_arn, parsed.rows, job.import_mode, publishes_to_s3=publishes)
    lifecycle.change(scope, job, ACTIVE)


OPERATIONS = {
    "CreateDatasetImportJob": operation(
        create_dataset_import_job,
        *("jobName", "datasetArn", "roleArn", "importMode", "publishAttributionMetricsToS3", "tags"),
        dataSource=members("dataLocation"),
    ),
    "DescribeDatasetImportJob": operation(describe_dataset_import_job, "datasetImportJobArn"),
    "ListDatasetImportJobs": operation(list_dataset_import_jobs, "datasetArn", *PAGES),
}
HANDLERS = {"dataset_import_job.finish": on_finish}
