"""Exports of datasets of all types, through boto3."""

from __future__ import annotations

import re

import pytest
from support import SERVICE, Account, add_dataset, exported, policy, refused, some_interactions, start_import

from simulator import NotSimulatedWarning, Simulation
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


@pytest.mark.rule("exports.kms-key")
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
