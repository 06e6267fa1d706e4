"""Exports of datasets of all types, through boto3."""

from __future__ import annotations

import re

import pytest
from support import SERVICE, Account, account, add_dataset, exported, policy, refused, some_interactions, start_import

from simulator import NotSimulatedWarning, Simulation, simulate
from simulator.data.interactions import InteractionStore, PutEvent
from simulator.data.records import PutRecord, RecordStore
from simulator.resources.dump import dump

PRIVILEGES = (
    "Insufficient privileges for accessing data in S3. Please look at "
    "https://docs.aws.amazon.com/personalize/latest/dg/granting-personalize-s3-access.html"
)
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.fixture
def group(here: Account) -> str:
    arn: str = here.personalize.create_dataset_group(name="shop")["datasetGroupArn"]
    return arn


@pytest.fixture
def items(here: Account, group: str) -> str:
    return add_dataset(here, group, "Items", here.personalize.list_schemas)


def store_of(sim: Simulation, dataset: str) -> RecordStore | InteractionStore:
    [found] = [each.datasets[dataset] for each in sim._host.world.inventories.values() if dataset in each.datasets]
    return found.store


def put_item(sim: Simulation, dataset: str, item: str, **columns: str | float) -> None:
    store = store_of(sim, dataset)
    assert isinstance(store, RecordStore)
    store.add_record(PutRecord(sim._host.world.now, item, tuple(sorted(columns.items()))))


def lines_of(here: Account, dataset: str, mode: str) -> list[str]:
    return exported(here, dataset, mode, here.personalize.list_schemas, mode.lower())


def items_file(*rows: str) -> bytes:
    return "\n".join(["ITEM_ID,GENRES,PRICE,RELEASED", *rows, ""]).encode()


@pytest.mark.rule("exports.records-file", "exports.versions", "exports.equal-rows", "exports.modes")
def test_the_three_modes_of_records(sim: Simulation, here: Account, items: str) -> None:
    """Every version that came one way; of both ways the newest of each id."""
    first = items_file("i1,drama,1.5,1500000000", "i1,drama,1.5,1500000000", "i1,news,,", 'i2,"a, b",2,')
    start_import(here, items, here.upload(first), "one")
    here.personalize.list_schemas()
    for genre in ("put", "put", "put again"):
        put_item(sim, items, "i1", GENRES=genre)
    put_item(sim, items, "i3", PRICE=7.25)
    second = items_file("i2,new,,1500000001")
    start_import(here, items, here.upload(second), "two", importMode="INCREMENTAL")
    here.personalize.list_schemas()
    header = "item_id,genres,price,released"
    bulk = ["i1,drama,1.5,1500000000", 'i1,news,"",""', 'i2,"a, b",2.0,""', 'i2,new,"",1500000001']
    put = ['i1,put,"",""', 'i1,put again,"",""', 'i3,"",7.25,""']
    assert lines_of(here, items, "BULK") == [header, *bulk]
    assert lines_of(here, items, "PUT") == [header, *put]
    assert lines_of(here, items, "ALL") == [header, *put[1:], bulk[3]]


@pytest.mark.parametrize(
    ("dataset_type", "header"),
    [
        ("Interactions", "timestamp,session_id,event_type,user_id,item_id,impression,recommendation_id"),
        ("Action_Interactions", "timestamp,session_id,event_type,user_id,action_id,impression,recommendation_id"),
        ("Items", "item_id,genres,price,released"),
        ("Users", "user_id,age,gender"),
        ("Actions", "action_id,value,kind"),
    ],
)
@pytest.mark.parametrize("mode", ["BULK", "PUT", "ALL"])
def test_an_empty_dataset_has_a_header(here: Account, group: str, dataset_type: str, header: str, mode: str) -> None:
    dataset = add_dataset(here, group, dataset_type, here.personalize.list_schemas)
    assert lines_of(here, dataset, mode) == [header]


@pytest.mark.rule("exports.interactions-file")
def test_the_three_modes_of_interactions(sim: Simulation, here: Account, group: str) -> None:
    more = ({"name": "EVENT_VALUE", "type": ["null", "float"]}, {"name": "DEVICE", "type": ["null", "string"]})
    dataset = add_dataset(here, group, "Interactions", here.personalize.list_schemas, *more)
    rows = some_interactions(1000).drop_duplicates().assign(EVENT_VALUE=2.5, DEVICE="tv")
    frame = rows.head(1000).copy()
    frame.loc[0, ["EVENT_VALUE", "DEVICE"]] = None
    extra = frame.tail(1000 - len(frame) + 1)
    start_import(here, dataset, here.upload(frame if len(frame) >= 1000 else frame._append(extra)))
    here.personalize.list_schemas()
    store = store_of(sim, dataset)
    assert isinstance(store, InteractionStore)
    put = PutEvent(1500000000, "u1", "s1", "i1", "click", None, "i1|i2", "RID-1", (("DEVICE", "phone"),))
    store.add_event(put, sim._host.world.now)
    header = "timestamp,session_id,event_type,user_id,item_id,impression,recommendation_id,event_value,device"
    event = '1500000000000,s1,click,u1,i1,i1|i2,RID-1,"",phone'
    bulk = [
        f'{each.TIMESTAMP}000,"","",{each.USER_ID},{each.ITEM_ID},"","",2.5,tv' for each in frame.iloc[1:].itertuples()
    ]
    none = f'{frame.TIMESTAMP[0]}000,"","",{frame.USER_ID[0]},{frame.ITEM_ID[0]},"","","",""'
    assert lines_of(here, dataset, "BULK") == [header, none, *bulk]
    assert lines_of(here, dataset, "PUT") == [header, event]
    assert lines_of(here, dataset, "ALL") == [header, none, *bulk, event]


@pytest.mark.rule("exports.key", "exports.kms-key", "exports.modes")
def test_a_job_as_it_is_described(sim: Simulation, here: Account, group: str, items: str) -> None:
    p = here.personalize
    path = f"s3://{here.bucket}/out/"
    output = {"s3DataDestination": {"path": path, "kmsKeyArn": KEY}}
    with pytest.warns(NotSimulatedWarning, match="does not simulate the encryption of files"):
        job = p.create_dataset_export_job(jobName="job", datasetArn=items, roleArn=here.role, jobOutput=output)
    arn = job["datasetExportJobArn"]
    shown = p.describe_dataset_export_job(datasetExportJobArn=arn)["datasetExportJob"]
    times = {name: shown[name] for name in ("creationDateTime", "lastUpdatedDateTime")}
    summary = {"datasetExportJobArn": arn, "jobName": "job", "status": "ACTIVE", **times}
    assert shown == {
        **summary,
        "datasetArn": items,
        "ingestionMode": "PUT",
        "roleArn": here.role,
        "jobOutput": output,
    }
    assert p.list_dataset_export_jobs(datasetArn=items)["datasetExportJobs"] == [summary]
    [found] = here.s3.list_objects_v2(Bucket=here.bucket)["Contents"]
    prefix = re.escape(f"out/AMZN_Personalize/{group}/{items}/job/2022-03-08/part-00000-")
    assert re.fullmatch(rf"{prefix}[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}-c000\.csv", found["Key"])


@pytest.mark.rule("exports.rows-of-the-call")
def test_the_rows_are_those_of_the_create_call(sim: Simulation, here: Account, items: str) -> None:
    put_item(sim, items, "i1", GENRES="early")
    here.personalize.create_dataset_export_job(
        jobName="job",
        datasetArn=items,
        roleArn=here.role,
        jobOutput={"s3DataDestination": {"path": f"s3://{here.bucket}/out/"}},
    )
    put_item(sim, items, "i2", GENRES="late")
    here.personalize.list_schemas()
    [found] = here.s3.list_objects_v2(Bucket=here.bucket)["Contents"]
    body = here.s3.get_object(Bucket=here.bucket, Key=found["Key"])["Body"].read().decode()
    assert body.splitlines()[1:] == ['i1,early,"",""']


@pytest.mark.rule("exports.role-may-write", "exports.bucket-lets-write")
def test_rights_to_write(sim: Simulation, here: Account, items: str) -> None:
    role = here.role.rpartition("/")[2]
    deny = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}
    here.iam.put_role_policy(RoleName=role, PolicyName="read-only", PolicyDocument=policy(**deny))
    before = dump(sim._host.world)
    with refused("InvalidInputException", f"{PRIVILEGES} and ensure your role is configured correctly."):
        lines_of(here, items, "ALL")
    here.iam.delete_role_policy(RoleName=role, PolicyName="read-only")
    resources = [f"arn:aws:s3:::{here.bucket}", f"arn:aws:s3:::{here.bucket}/*"]
    here.s3.put_bucket_policy(
        Bucket=here.bucket,
        Policy=policy(Principal=SERVICE, Action=["s3:GetObject", "s3:ListBucket"], Resource=resources),
    )
    with refused("InvalidInputException", f"{PRIVILEGES}#attach-bucket-policy and fix bucket policy on {here.bucket}."):
        lines_of(here, items, "ALL")
    assert dump(sim._host.world) == before
    here.s3.put_bucket_policy(
        Bucket=here.bucket,
        Policy=policy(Principal=SERVICE, Action=["s3:PutObject", "s3:ListBucket"], Resource=resources),
    )
    assert len(lines_of(here, items, "ALL")) == 1


@pytest.mark.rule("exports.still-may-write", "exports.dataset-active")
def test_rights_that_go_while_the_job_runs() -> None:
    with simulate(start="2022-03-08T09:00:00Z") as sim:
        here = account()
        p = here.personalize
        group = p.create_dataset_group(name="shop")["datasetGroupArn"]
        sim.clock.tick(minutes=1)
        items = add_dataset(here, group, "Items", lambda: None)
        output = {"s3DataDestination": {"path": f"s3://{here.bucket}/out"}}
        with refused("ResourceInUseException", f"{items} is not in ACTIVE state."):
            p.create_dataset_export_job(jobName="job", datasetArn=items, roleArn=here.role, jobOutput=output)
        sim.clock.tick(minutes=1)

        def run(name: str, meanwhile: str) -> tuple[str, str | None]:
            arn = p.create_dataset_export_job(jobName=name, datasetArn=items, roleArn=here.role, jobOutput=output)
            if meanwhile == "the bucket's policy goes":
                here.s3.delete_bucket_policy(Bucket=here.bucket)
            sim.clock.tick(minutes=10)
            shown = p.describe_dataset_export_job(datasetExportJobArn=arn["datasetExportJobArn"])["datasetExportJob"]
            return shown["status"], shown.get("failureReason")

        assert run("good", "nothing") == ("ACTIVE", None)
        failed = run("bad", "the bucket's policy goes")
        assert failed == ("CREATE FAILED", "Insufficient privileges for accessing data in S3.")
        assert len(here.s3.list_objects_v2(Bucket=here.bucket)["Contents"]) == 1
