"""Data deletion jobs, through boto3."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from support import (
    Account,
    Deployment,
    account,
    add_dataset,
    deploy,
    exported,
    policy,
    refused,
    some_interactions,
    start_import,
)

from simulator import Simulation, simulate
from simulator.data.interactions import InteractionStore, PutEvent
from simulator.data.records import PutRecord, RecordStore
from simulator.resources.dump import dump


@pytest.fixture
def sim() -> Iterator[Simulation]:
    with simulate(start="2022-03-08T09:00:00Z", training="exact") as running:
        yield running


@pytest.fixture
def group(sim: Simulation, here: Account) -> str:
    arn: str = here.personalize.create_dataset_group(name="shop")["datasetGroupArn"]
    sim.clock.tick(minutes=1)
    return arn


def start(here: Account, group: str, location: str, name: str = "gdpr") -> str:
    job: str = here.personalize.create_data_deletion_job(
        jobName=name, datasetGroupArn=group, dataSource={"dataLocation": location}, roleArn=here.role
    )["dataDeletionJobArn"]
    return job


def users_file(*users: str) -> bytes:
    return "\n".join(["USER_ID", *users, ""]).encode()


def delete(sim: Simulation, here: Account, group: str, *users: str, name: str = "gdpr") -> dict[str, Any]:
    """Deletes users, wholly; what describes the job then."""
    job = start(here, group, here.upload(users_file(*users), f"{name}.csv"), name)
    sim.clock.tick(hours=1)
    shown: dict[str, Any] = here.personalize.describe_data_deletion_job(dataDeletionJobArn=job)["dataDeletionJob"]
    return shown


def put(here: Account, made: Deployment, user: str, *items: str) -> None:
    for item in items:
        here.events.put_events(
            trackingId=made.tracking_id,
            userId=user,
            sessionId=f"session-of-{user}",
            eventList=[{"eventType": "watch", "sentAt": 1_646_700_000, "itemId": item}],
        )


def recommended(here: Account, made: Deployment, user: str) -> list[str]:
    answer = here.runtime.get_recommendations(campaignArn=made.campaign, userId=user)
    return [each["itemId"] for each in answer["itemList"]]


def test_a_job_as_it_is_described(sim: Simulation, here: Account, group: str) -> None:
    p = here.personalize
    location = here.upload(users_file("u1"), "users.csv")
    job = start(here, group, location)
    describe = lambda: p.describe_data_deletion_job(dataDeletionJobArn=job)["dataDeletionJob"]  # noqa: E731
    pending = describe()
    assert pending["status"] == "PENDING"
    assert "numDeleted" not in pending
    sim.clock.tick(minutes=1)
    assert describe()["status"] == "IN_PROGRESS"
    sim.clock.tick(minutes=59)
    shown = describe()
    times = {"creationDateTime": pending["creationDateTime"], "lastUpdatedDateTime": shown["lastUpdatedDateTime"]}
    assert shown["lastUpdatedDateTime"] - shown["creationDateTime"] == timedelta(hours=1)
    summary = {"dataDeletionJobArn": job, "datasetGroupArn": group, "jobName": "gdpr", "status": "COMPLETED", **times}
    assert shown == {**summary, "dataSource": {"dataLocation": location}, "roleArn": here.role, "numDeleted": 0}
    second = start(here, group, location, "second")
    other = p.create_dataset_group(name="other")["datasetGroupArn"]
    sim.clock.tick(minutes=1)
    third = start(here, other, location, "third")
    listed = p.list_data_deletion_jobs()["dataDeletionJobs"]
    assert [each["dataDeletionJobArn"] for each in listed] == [third, second, job]
    assert p.list_data_deletion_jobs(datasetGroupArn=group)["dataDeletionJobs"][1] == summary
    first = p.list_data_deletion_jobs(maxResults=2)
    rest = p.list_data_deletion_jobs(maxResults=2, nextToken=first["nextToken"])
    assert [each["jobName"] for each in rest["dataDeletionJobs"]] == ["gdpr"]
    gone = job.replace("gdpr", "gone")
    with refused("ResourceNotFoundException", f"The given data deletion job does not exist: {gone}"):
        p.describe_data_deletion_job(dataDeletionJobArn=gone)


def test_users_are_gone_from_all_datasets(sim: Simulation, here: Account, group: str) -> None:
    settle = lambda: sim.clock.tick(minutes=5)  # noqa: E731
    files = {
        "Interactions": some_interactions(1000).assign(USER_ID=[f"u{number % 50}" for number in range(1000)]),
        "Users": b"USER_ID,AGE,GENDER\nu1,42,f\nu2,31,m\nu3,,\n",
        "Action_Interactions": b"USER_ID,ACTION_ID,EVENT_TYPE,TIMESTAMP\nu1,a1,Take,1500000000\nu4,a1,Taken,1500000001",
        "Items": b"ITEM_ID,GENRES,PRICE,RELEASED\nu1,drama,1,\n",
        "Actions": b"ACTION_ID,VALUE,KIND\nu2,3,mail\n",
    }
    datasets = {each: add_dataset(here, group, each, settle) for each in files}
    [inventory] = [each for each in sim._host.world.inventories.values() if each.datasets]
    stores = {each: inventory.datasets[arn].store for each, arn in datasets.items()}
    for number, (each, content) in enumerate(files.items()):
        start_import(here, datasets[each], here.upload(content, f"{number}.csv"), f"job-{number}")
    settle()
    now = sim._host.world.now
    for each in ("Interactions", "Action_Interactions"):
        store = stores[each]
        assert isinstance(store, InteractionStore)
        for user, session in (("u1", "s"), ("u9", "s"), ("", "u1")):
            store.add_event(PutEvent(1_600_000_000, user, session, "i1", "watch", None, "", ""), now)
    users = stores["Users"]
    assert isinstance(users, RecordStore)
    for user in ("u1", "u1", "u7"):
        users.add_record(PutRecord(now, user, (("AGE", 50),)))
    shown = delete(sim, here, group, "u1", "u2", "nobody")
    assert (shown["status"], shown["numDeleted"]) == ("COMPLETED", 2 * 20 + 1 + 2 + 2 + 1 + 1)
    lines = {each: exported(here, arn, "ALL", settle, each) for each, arn in datasets.items()}
    for each, place in (("Interactions", 3), ("Action_Interactions", 3), ("Users", 0)):
        left = {line.split(",")[place] for line in lines[each][1:]}
        assert not left & {"u1", "u2"}
    assert len(lines["Interactions"]) == 1 + 960 + 2
    assert [line.split(",")[0] for line in lines["Users"][1:]] == ["u3", "u7"]
    assert len(lines["Action_Interactions"]) == 1 + 1 + 2
    assert (len(lines["Items"]), len(lines["Actions"])) == (2, 2)
    texts = [line for line in dump(sim._host.world).splitlines() if "'u2'" in line]
    assert [line for line in texts if "data_deletion" not in line and "ACTIONS" not in line] == []


def test_models_and_the_next_training() -> None:
    """Sessions go at once, models at the next training; and no other user's session is touched."""
    durations = {"data_deletion_job": timedelta(minutes=20)}
    with simulate(start="2022-03-08T09:00:00Z", durations=durations, training="exact") as sim:
        models_and_the_next_training(sim, account())


def models_and_the_next_training(sim: Simulation, here: Account) -> None:
    p = here.personalize
    made = deploy(here, lambda: sim.clock.tick(hours=1), some_interactions())
    newcomer = recommended(here, made, "nobody")
    trained = recommended(here, made, "u1")
    assert trained != newcomer
    put(here, made, "u1", "i3", "i4")
    put(here, made, "u2", "i5", "i6")
    put(here, made, "new", "i5", "i6")
    answers = {user: recommended(here, made, user) for user in ("u1", "u2", "new")}
    assert answers["u1"] != trained
    start(here, made.group, here.upload(users_file("u1", "new"), "users.csv"))
    sim.clock.tick(minutes=19)
    assert {user: recommended(here, made, user) for user in answers} == answers
    sim.clock.tick(minutes=1)
    after = {user: recommended(here, made, user) for user in answers}
    assert after == {"u1": trained, "u2": answers["u2"], "new": newcomer}
    put(here, made, "u2", "i7")
    put(here, made, "u1", "i3", "i4")
    assert recommended(here, made, "u1") == answers["u1"]
    sim.clock.tick(hours=3)
    version = p.create_solution_version(solutionArn=made.solution)["solutionVersionArn"]
    sim.clock.tick(hours=1)
    [inventory] = [each for each in sim._host.world.inventories.values() if each.solution_versions]
    model = inventory.solution_versions[version].model
    assert model is not None
    assert "new" not in model.user_codes
    sim.clock.tick(hours=1)
    p.update_campaign(campaignArn=made.campaign, solutionVersionArn=version)
    sim.clock.tick(hours=1)
    assert recommended(here, made, "u1") != trained


def test_the_files(sim: Simulation, here: Account, group: str) -> None:
    users = add_dataset(here, group, "Users", lambda: sim.clock.tick(minutes=1))
    start_import(here, users, here.upload(b"USER_ID,AGE,GENDER\nu1,,\nu2,,\nu3,,\nu4,,\n"))
    sim.clock.tick(hours=1)
    here.upload(users_file("u1"), "gone/a.csv")
    here.upload(users_file("u2", "u2"), "gone/deep/deeper/b.csv")
    here.upload(users_file("u3"), "gone/c.txt")
    folder = f"s3://{here.bucket}/gone/"
    job = start(here, group, folder)
    sim.clock.tick(hours=1)
    shown = here.personalize.describe_data_deletion_job(dataDeletionJobArn=job)["dataDeletionJob"]
    assert shown["numDeleted"] == 2
    before = dump(sim._host.world)
    for content, wording in (
        (b"USER\nu3\n", "Input csv is missing the following columns: [USER_ID]"),
        (b"", "Input csv is missing the following columns: [USER_ID]"),
        (b'"USER_ID"\nu3\n', "Input csv is missing the following columns: [USER_ID]"),
        (b"USER_ID,AGE\nu3,4\n", "Input csv must have USER_ID as its only column."),
    ):
        here.upload(content, "gone/d.csv")
        with refused("InvalidInputException", wording):
            start(here, group, folder, "other")
    assert dump(sim._host.world) == before
    for content in (b"USER_ID\nu3,4\n", b'USER_ID\n""\n', b"USER_ID\n\xff\n"):
        here.upload(content, "gone/d.csv")
        with refused(
            "InvalidInputException",
            "Input csv has rows that do not conform to the dataset schema. Please ensure all required data fields are "
            "present and that they are of the type specified in the schema.",
        ):
            start(here, group, folder, "other")
    assert dump(sim._host.world) == before


def test_what_is_refused(sim: Simulation, here: Account, group: str) -> None:
    location = here.upload(users_file("u1"), "users.csv")
    for number in range(5):
        start(here, group, location, f"job-{number}")
    other = here.personalize.create_dataset_group(name="other")["datasetGroupArn"]
    before = dump(sim._host.world)
    with refused("LimitExceededException", "More than 5 resources with PENDING or IN_PROGRESS status."):
        start(here, group, location, "job-5")
    with refused("ResourceInUseException", f"{other} is not in ACTIVE state."):
        start(here, other, location, "job-5")
    taken = here.personalize.list_data_deletion_jobs()["dataDeletionJobs"][-1]["dataDeletionJobArn"]
    with refused("ResourceAlreadyExistsException", f"Another resource with Arn {taken} already exists."):
        start(here, group, location, taken.rpartition("/")[2])
    with refused("ResourceNotFoundException", f"The given dataset group does not exist: {group}-gone"):
        start(here, f"{group}-gone", location, "job-5")
    assert dump(sim._host.world) == before
    sim.clock.tick(minutes=1)
    start(here, group, location, "job-5")
    start(here, other, location, "job-6")
    deny = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}
    here.iam.put_role_policy(RoleName=here.role.rpartition("/")[2], PolicyName="nothing", PolicyDocument=policy(**deny))
    wording = (
        "Insufficient privileges for accessing data in S3. Please look at "
        "https://docs.aws.amazon.com/personalize/latest/dg/granting-personalize-s3-access.html and ensure your role "
        "is configured correctly."
    )
    with refused("InvalidInputException", wording):
        start(here, group, location, "job-7")
