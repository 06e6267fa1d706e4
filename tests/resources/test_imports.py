"""Imports into datasets of all types, through boto3."""

from __future__ import annotations

import pandas as pd
import pytest
from support import SERVICE, Account, account, add_dataset, exported, policy, refused, some_interactions, start_import

from simulator import Simulation, simulate
from simulator.data.interactions import InteractionStore
from simulator.data.records import PutRecord, RecordStore
from simulator.resources.dump import dump

PRIVILEGES = (
    "Insufficient privileges for accessing data in S3. Please look at "
    "https://docs.aws.amazon.com/personalize/latest/dg/granting-personalize-s3-access.html"
)
ITEMS = b"ITEM_ID,GENRES,PRICE,RELEASED\ni1,drama|comedy,9.5,1500000000\ni2,,,\n"


@pytest.fixture
def group(here: Account) -> str:
    arn: str = here.personalize.create_dataset_group(name="shop")["datasetGroupArn"]
    return arn


@pytest.fixture
def items(here: Account, group: str) -> str:
    return add_dataset(here, group, "Items", here.personalize.list_schemas)


@pytest.fixture
def interactions(here: Account, group: str) -> str:
    return add_dataset(here, group, "Interactions", here.personalize.list_schemas)


def store_of(sim: Simulation, dataset: str) -> RecordStore | InteractionStore:
    [found] = [each.datasets[dataset] for each in sim._host.world.inventories.values() if dataset in each.datasets]
    return found.store


def records_of(sim: Simulation, dataset: str) -> RecordStore:
    store = store_of(sim, dataset)
    assert isinstance(store, RecordStore)
    return store


def status_of(here: Account, job: str) -> tuple[str, str | None]:
    shown = here.personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]
    return shown["status"], shown.get("failureReason")


def test_a_job_as_it_is_described() -> None:
    """[life-003] About five minutes; the mode is shown, and so is all that the create call said."""
    with simulate(start="2022-03-08T09:00:00Z") as sim:
        here = account()
        group = here.personalize.create_dataset_group(name="shop")["datasetGroupArn"]
        sim.clock.tick(minutes=1)
        items = add_dataset(here, group, "Items", lambda: sim.clock.tick(minutes=1))
        before = here.personalize.describe_dataset(datasetArn=items)
        location = here.upload(ITEMS)
        job = start_import(here, items, location, publishAttributionMetricsToS3=False)
        assert status_of(here, job) == ("CREATE PENDING", None)
        sim.clock.tick(minutes=1)
        assert status_of(here, job) == ("CREATE IN_PROGRESS", None)
        assert records_of(sim, items).ids() == ()
        sim.clock.tick(minutes=4)
        shown = here.personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]
        lasted = shown["lastUpdatedDateTime"] - shown["creationDateTime"]
        assert lasted.total_seconds() == 300
        [summary] = here.personalize.list_dataset_import_jobs(datasetArn=items)["datasetImportJobs"]
        times = {"creationDateTime": shown["creationDateTime"], "lastUpdatedDateTime": shown["lastUpdatedDateTime"]}
        assert summary == {
            "datasetImportJobArn": job,
            "jobName": "import",
            "status": "ACTIVE",
            "importMode": "FULL",
            **times,
        }
        assert shown == {
            **summary,
            "datasetArn": items,
            "dataSource": {"dataLocation": location},
            "roleArn": here.role,
            "publishAttributionMetricsToS3": False,
        }
        after = here.personalize.describe_dataset(datasetArn=items)
        assert after["dataset"] == before["dataset"]


def test_a_second_import_that_fails() -> None:
    """[life-013] CREATE PENDING first, CREATE FAILED at the end; what the first import brought stays."""
    with simulate(start="2022-03-08T09:00:00Z") as sim:
        here = account()
        group = here.personalize.create_dataset_group(name="shop")["datasetGroupArn"]
        sim.clock.tick(minutes=1)
        items = add_dataset(here, group, "Items", lambda: sim.clock.tick(minutes=1))
        start_import(here, items, here.upload(ITEMS), "first")
        sim.clock.tick(minutes=5)
        too_long = f"ITEM_ID,GENRES,PRICE,RELEASED\ni9,{'x' * 1001},1,1500000000\n"
        job = start_import(here, items, here.upload(too_long.encode()), "second")
        assert status_of(here, job) == ("CREATE PENDING", None)
        sim.clock.tick(minutes=5)
        status, reason = status_of(here, job)
        assert status == "CREATE FAILED"
        assert reason is not None
        assert reason.startswith("Length cannot be more than 1000 characters for GENRES.")
        assert records_of(sim, items).ids() == ("i1", "i2")


def row(item: str, genre: str, price: str = "") -> str:
    return f"{item},{genre},{price},\n"


def items_file(*rows: str) -> bytes:
    return ("ITEM_ID,GENRES,PRICE,RELEASED\n" + "".join(rows)).encode()


def test_full_and_incremental_imports_of_records(sim: Simulation, here: Account, items: str) -> None:
    store = records_of(sim, items)
    start_import(here, items, here.upload(items_file(row("i1", "drama"), row("i2", "news"))), "one")
    here.personalize.list_schemas()
    store.add_record(PutRecord(sim._host.world.now, "i9", (("GENRES", "put"),)))
    store.add_record(PutRecord(sim._host.world.now, "i2", (("GENRES", "put"),)))
    assert [store.current().value(each, "GENRES") for each in ("i1", "i2", "i9")] == ["drama", "put", "put"]
    second = items_file(row("i2", "sports"), row("i3", "music", "1.5"))
    start_import(here, items, here.upload(second), "two", importMode="INCREMENTAL")
    here.personalize.list_schemas()
    current = store.current()
    assert {each: current.value(each, "GENRES") for each in current.ids()} == {
        "i1": "drama",
        "i9": "put",
        "i2": "sports",
        "i3": "music",
    }
    assert (current.value("i3", "PRICE"), current.value("i9", "PRICE"), current.value("no", "PRICE")) == (
        1.5,
        None,
        None,
    )
    start_import(here, items, here.upload(items_file(row("i5", "poetry"))), "three")
    here.personalize.list_schemas()
    assert {each: store.current().value(each, "GENRES") for each in store.ids()} == {
        "i9": "put",
        "i2": "put",
        "i5": "poetry",
    }


def test_full_and_incremental_imports_of_interactions(here: Account, interactions: str) -> None:
    settle = here.personalize.list_schemas
    rows = some_interactions(1000)
    start_import(here, interactions, here.upload(rows), "one")
    settle()
    more = pd.concat([rows.head(600), some_interactions(500, seed=1), some_interactions(500, seed=1)])
    start_import(here, interactions, here.upload(more), "two", importMode="INCREMENTAL")
    settle()
    distinct = len(pd.concat([rows, more]).drop_duplicates())
    assert len(exported(here, interactions, "BULK", settle)) == 1 + distinct
    assert distinct < 1550
    start_import(here, interactions, here.upload(some_interactions(1000, seed=2)), "three")
    settle()
    assert len(exported(here, interactions, "BULK", settle, "again")) <= 1001


def test_an_incremental_import_comes_second(sim: Simulation, here: Account, items: str) -> None:
    location = here.upload(items_file(row("i1", "drama")))
    records_of(sim, items).add_record(PutRecord(0, "i9", ()))
    before = dump(sim._host.world)
    wording = "The import mode INCREMENTAL needs an earlier bulk import into the dataset; use FULL."
    with refused("InvalidInputException", wording):
        start_import(here, items, location, importMode="INCREMENTAL")
    assert dump(sim._host.world) == before


def test_names_and_datasets(sim: Simulation, here: Account, items: str) -> None:
    location = here.upload(items_file(row("i1", "drama")))
    job = start_import(here, items, location)
    here.personalize.list_schemas()
    before = dump(sim._host.world)
    with refused("ResourceAlreadyExistsException", f"Another resource with Arn {job} already exists."):
        start_import(here, items, location)
    gone = items.replace("shop", "gone")
    with refused("ResourceNotFoundException", f"Resource Arn {gone} does not exist."):
        start_import(here, gone, location, "other")
    assert dump(sim._host.world) == before


def test_five_jobs_at_a_time_and_a_dataset_that_is_there() -> None:
    """[err-014] The sixth import of a region is refused while five are pending or in progress."""
    with simulate(start="2022-03-08T09:00:00Z") as sim:
        here = account()
        group = here.personalize.create_dataset_group(name="shop")["datasetGroupArn"]
        sim.clock.tick(minutes=1)
        items = add_dataset(here, group, "Items", lambda: None)
        location = here.upload(items_file(row("i1", "drama")))
        with refused("ResourceInUseException", f"{items} is not in ACTIVE state."):
            start_import(here, items, location)
        sim.clock.tick(minutes=1)
        for number in range(5):
            start_import(here, items, location, f"job-{number}")
        with refused("LimitExceededException", "More than 5 resources with PENDING or IN_PROGRESS status."):
            start_import(here, items, location, "job-5")
        sim.clock.tick(minutes=5)
        start_import(here, items, location, "job-5")


def test_where_the_data_is(sim: Simulation, here: Account, items: str) -> None:
    """[err-018] Not a location in S3."""
    location = here.upload(items_file(row("i1", "drama")), "in/items.csv")
    here.s3.put_object(Bucket=here.bucket, Key="in/notes.txt", Body=b"nothing")
    here.s3.put_object(Bucket=here.bucket, Key="notes/notes.txt", Body=b"nothing")
    before = dump(sim._host.world)
    with refused("InvalidInputException", "Invalid Data location."):
        start_import(here, items, "https://bucket/items.csv")
    with refused("InvalidInputException", "Invalid Data location. A dataLocation must be provided."):
        here.personalize.create_dataset_import_job(jobName="job", datasetArn=items, dataSource={}, roleArn=here.role)
    for empty in ("nothing.csv", "in", "nothing/", "notes/"):
        there = f"s3://{here.bucket}/{empty}"
        with refused("InvalidInputException", f"Invalid Data location. There is no object at {there}."):
            start_import(here, items, there)
    with refused("InvalidInputException", "A roleArn must be provided to access data in S3."):
        here.personalize.create_dataset_import_job(
            jobName="job", datasetArn=items, dataSource={"dataLocation": location}
        )
    assert dump(sim._host.world) == before
    assert status_of(here, start_import(here, items, location)) == ("ACTIVE", None)


def test_a_folder_of_files(sim: Simulation, here: Account, items: str) -> None:
    here.upload(items_file(row("i2", "news"), row("i1", "drama")), "in/b.csv")
    here.upload(items_file(row("i1", "first"), row("i3", "")), "in/a.csv")
    here.upload(items_file(row("i4", "deep")), "in/deeper/c.csv")
    here.s3.put_object(Bucket=here.bucket, Key="in/readme.txt", Body=b"not a CSV file")
    folder = f"s3://{here.bucket}/in/"
    assert status_of(here, start_import(here, items, folder, "folder")) == ("ACTIVE", None)
    current = records_of(sim, items).current()
    assert {each: current.value(each, "GENRES") for each in current.ids()} == {"i3": None, "i2": "news", "i1": "drama"}
    here.upload(b"ITEM_ID,PRICE,GENRES,RELEASED\ni5,1,x,\n", "in/c.csv")
    before = dump(sim._host.world)
    with refused("InvalidInputException", "Input csv files must have the same column headers."):
        start_import(here, items, folder, "other")
    assert dump(sim._host.world) == before


def test_rights_are_asked_for_every_file(sim: Simulation, here: Account, items: str) -> None:
    """[err-005] [err-009] The role's rights and the bucket's, of each file in the folder."""
    for name in ("a", "b"):
        here.upload(items_file(row(name, "drama")), f"in/{name}.csv")
    folder = f"s3://{here.bucket}/in/"
    deny = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{here.bucket}/in/b.csv"}
    role = here.role.rpartition("/")[2]
    here.iam.put_role_policy(RoleName=role, PolicyName="not-b", PolicyDocument=policy(**deny))
    before = dump(sim._host.world)
    with refused("InvalidInputException", f"{PRIVILEGES} and ensure your role is configured correctly."):
        start_import(here, items, folder)
    here.iam.delete_role_policy(RoleName=role, PolicyName="not-b")
    here.s3.put_bucket_policy(
        Bucket=here.bucket,
        Policy=policy(Principal=SERVICE, Action="s3:ListBucket", Resource=f"arn:aws:s3:::{here.bucket}"),
    )
    with refused("InvalidInputException", f"{PRIVILEGES}#attach-bucket-policy and fix bucket policy on {here.bucket}."):
        start_import(here, items, folder)
    assert dump(sim._host.world) == before
    resources = [f"arn:aws:s3:::{here.bucket}", f"arn:aws:s3:::{here.bucket}/*"]
    here.s3.put_bucket_policy(
        Bucket=here.bucket,
        Policy=policy(Principal=SERVICE, Action=["s3:GetObject", "s3:ListBucket"], Resource=resources),
    )
    assert status_of(here, start_import(here, items, folder)) == ("ACTIVE", None)


def test_attribution_metrics_need_a_metric_attribution(sim: Simulation, here: Account, group: str) -> None:
    settle = here.personalize.list_schemas
    interactions = add_dataset(here, group, "Interactions", settle, {"name": "EVENT_TYPE", "type": "string"})
    location = here.upload(some_interactions(1000).assign(EVENT_TYPE="view"))
    before = dump(sim._host.world)
    wording = f"publishAttributionMetricsToS3 needs a metric attribution in the dataset group {group}."
    with refused("InvalidInputException", wording):
        start_import(here, interactions, location, publishAttributionMetricsToS3=True)
    assert dump(sim._host.world) == before
    here.personalize.create_metric_attribution(
        name="views",
        datasetGroupArn=group,
        metrics=[{"eventType": "view", "metricName": "views", "expression": "SAMPLECOUNT()"}],
        metricsOutputConfig={"roleArn": here.role, "s3DataDestination": {"path": f"s3://{here.bucket}/metrics/"}},
    )
    here.personalize.list_schemas()
    job = start_import(here, interactions, location, publishAttributionMetricsToS3=True)
    shown = here.personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]
    assert (shown["status"], shown["publishAttributionMetricsToS3"]) == ("ACTIVE", True)


def test_jobs_are_listed_by_dataset(here: Account, group: str, items: str, interactions: str) -> None:
    location = here.upload(items_file(row("i1", "drama")))
    for number in range(3):
        start_import(here, items, location, f"items-{number}")
    start_import(here, interactions, here.upload(some_interactions(1000)), "interactions")
    p = here.personalize
    assert [each["jobName"] for each in p.list_dataset_import_jobs(datasetArn=items)["datasetImportJobs"]] == [
        "items-0",
        "items-1",
        "items-2",
    ]
    assert len(p.list_dataset_import_jobs()["datasetImportJobs"]) == 4
    first = p.list_dataset_import_jobs(maxResults=3)
    rest = p.list_dataset_import_jobs(maxResults=3, nextToken=first["nextToken"])
    assert len(first["datasetImportJobs"]) + len(rest["datasetImportJobs"]) == 4
