"""What was created goes again: in order, in time, whatever happened meanwhile; and what does not is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest

from simulator import Simulation, simulate
from simulator.scenario.cleaning import clean
from simulator.scenario.created import Created, cannot_be_undone

START = "2024-06-01T00:00:00Z"
SCHEMA = json.dumps(
    {
        "type": "record",
        "name": "Interactions",
        "namespace": "com.amazonaws.personalize.schema",
        "version": "1.0",
        "fields": [
            {"name": "USER_ID", "type": "string"},
            {"name": "ITEM_ID", "type": "string"},
            {"name": "EVENT_TYPE", "type": "string"},
            {"name": "TIMESTAMP", "type": "long"},
        ],
    }
)
MAY_ASSUME = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "personalize.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
ALLOWS = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})


@pytest.fixture
def running() -> Iterator[Simulation]:
    with simulate(START, profile="2022") as sim:
        yield sim


class Watched:
    """Clients that are watched, and what is created through them."""

    def __init__(self) -> None:
        self.created = Created()
        self.personalize, self.s3, self.iam = map(self.client, ("personalize", "s3", "iam"))

    def client(self, service: str) -> Any:
        client = boto3.client(service)
        self.created.watch(client)
        return client


@pytest.fixture
def watched(running: Simulation) -> Watched:
    return Watched()


def group_with_data(watched: Watched, sim: Simulation) -> str:
    """A dataset group with imported interactions, from a bucket and by a role."""
    watched.s3.create_bucket(Bucket="films")
    rows = "".join(f"{number % 50},{number % 40},watch,{1_700_000_000 + number}\n" for number in range(1000))
    watched.s3.put_object(Bucket="films", Key="data.csv", Body=f"USER_ID,ITEM_ID,EVENT_TYPE,TIMESTAMP\n{rows}")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "personalize.amazonaws.com"},
                "Action": "s3:*",
                "Resource": ["arn:aws:s3:::films", "arn:aws:s3:::films/*"],
            }
        ],
    }
    watched.s3.put_bucket_policy(Bucket="films", Policy=json.dumps(policy))
    role = watched.iam.create_role(RoleName="films", AssumeRolePolicyDocument=MAY_ASSUME)["Role"]["Arn"]
    watched.iam.attach_role_policy(RoleName="films", PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
    watched.iam.put_role_policy(RoleName="films", PolicyName="own", PolicyDocument=ALLOWS)
    group = watched.personalize.create_dataset_group(name="films")["datasetGroupArn"]
    schema = watched.personalize.create_schema(name="films", schema=SCHEMA)["schemaArn"]
    sim.clock.tick(minutes=1)
    dataset = watched.personalize.create_dataset(
        name="films", datasetGroupArn=group, schemaArn=schema, datasetType="Interactions"
    )["datasetArn"]
    sim.clock.tick(minutes=1)
    watched.personalize.create_dataset_import_job(
        jobName="films", datasetArn=dataset, dataSource={"dataLocation": "s3://films/data.csv"}, roleArn=role
    )
    sim.clock.tick(minutes=10)
    return str(group)


def what_there_is() -> dict[str, list[str]]:
    """The names of everything in the account that somebody would have to delete."""
    personalize = boto3.client("personalize")
    lists = {
        "groups": personalize.list_dataset_groups()["datasetGroups"],
        "schemas": personalize.list_schemas()["schemas"],
        "datasets": personalize.list_datasets()["datasets"],
        "solutions": personalize.list_solutions()["solutions"],
        "campaigns": personalize.list_campaigns()["campaigns"],
        "filters": personalize.list_filters()["Filters"],
        "attributions": personalize.list_metric_attributions()["metricAttributions"],
        "trackers": personalize.list_event_trackers()["eventTrackers"],
    }
    found = {kind: [each["name"] for each in rows] for kind, rows in lists.items()}
    found["buckets"] = [each["Name"] for each in boto3.client("s3").list_buckets()["Buckets"]]
    iam = boto3.client("iam")
    found["roles"] = [each["RoleName"] for each in iam.list_roles()["Roles"]]
    found["policies"] = [each["PolicyName"] for each in iam.list_policies(Scope="Local")["Policies"]]
    return {kind: names for kind, names in found.items() if names}


def test_everything_goes_and_time_passes_meanwhile(watched: Watched, running: Simulation) -> None:
    group = group_with_data(watched, running)
    personalize = watched.personalize
    solution = personalize.create_solution(
        name="films", datasetGroupArn=group, recipeArn="arn:aws:personalize:::recipe/aws-user-personalization"
    )["solutionArn"]
    version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    personalize.create_event_tracker(name="films", datasetGroupArn=group)
    personalize.create_filter(
        name="films",
        datasetGroupArn=group,
        filterExpression='EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("watch")',
    )
    role = watched.iam.get_role(RoleName="films")["Role"]["Arn"]
    metrics = [{"eventType": "watch", "metricName": "watched", "expression": "SAMPLECOUNT()"}]
    personalize.create_metric_attribution(
        name="films", datasetGroupArn=group, metrics=metrics, metricsOutputConfig={"roleArn": role}
    )
    running.clock.tick(hours=1)
    personalize.create_campaign(name="films", solutionVersionArn=version)
    running.clock.tick(hours=1)
    watched.iam.create_policy(PolicyName="films", PolicyDocument=ALLOWS)
    before = running.clock.now()
    assert {"attributions", "campaigns", "filters", "policies", "solutions", "trackers"} < set(what_there_is())
    left = clean(watched.created, running.clock)
    assert what_there_is() == {}
    assert running.clock.now() - before >= timedelta(minutes=16)  # a campaign takes as long
    assert {(each.kind, each.is_record) for each in left} == {("DatasetImportJob", True)}


def test_a_training_is_stopped_not_waited_for(watched: Watched, running: Simulation) -> None:
    group = group_with_data(watched, running)
    solution = watched.personalize.create_solution(
        name="films", datasetGroupArn=group, recipeArn="arn:aws:personalize:::recipe/aws-user-personalization"
    )["solutionArn"]
    watched.personalize.create_solution_version(solutionArn=solution)
    running.clock.tick(minutes=2)
    before = running.clock.now()
    clean(watched.created, running.clock)
    assert what_there_is() == {}
    assert running.clock.now() - before < timedelta(minutes=20)
    running.journal.assert_calls(operation="StopSolutionVersionCreation", outcome="", times=1)


def test_what_somebody_else_made_in_a_created_group_goes_with_it(watched: Watched, running: Simulation) -> None:
    group = group_with_data(watched, running)
    others = boto3.client("personalize")
    others.create_event_tracker(name="others", datasetGroupArn=group)
    solution = others.create_solution(
        name="others", datasetGroupArn=group, recipeArn="arn:aws:personalize:::recipe/aws-user-personalization"
    )["solutionArn"]
    version = others.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    running.clock.tick(hours=1)
    others.create_campaign(name="others", solutionVersionArn=version)  # inside of what is inside
    running.clock.tick(hours=1)
    clean(watched.created, running.clock)
    assert what_there_is() == {}


def test_a_call_whose_answer_was_lost_is_found_by_its_name(watched: Watched, running: Simulation) -> None:
    def lost(**_: Any) -> None:
        raise KeyboardInterrupt

    for client in (watched.personalize, watched.s3, watched.iam):
        client.meta.events.register_first("after-call", lost)
    with pytest.raises(KeyboardInterrupt):
        watched.personalize.create_dataset_group(name="films")
    with pytest.raises(KeyboardInterrupt):
        watched.s3.create_bucket(Bucket="films")
    with pytest.raises(KeyboardInterrupt):
        watched.iam.create_role(RoleName="films", AssumeRolePolicyDocument=MAY_ASSUME)
    for client in (watched.personalize, watched.s3, watched.iam):
        client.meta.events.unregister("after-call", lost)
    boto3.client("personalize").create_dataset_group(name="others")
    assert len(what_there_is()) == 3
    assert clean(watched.created, running.clock) == []
    assert what_there_is() == {"groups": ["others"]}


def test_it_is_looked_for_on_all_pages(watched: Watched, running: Simulation) -> None:
    def lost(**_: Any) -> None:
        raise KeyboardInterrupt

    others = boto3.client("personalize")
    for number in range(60):
        others.create_schema(name=f"before-{number}", schema=SCHEMA)
    watched.personalize.meta.events.register_first("after-call", lost)
    with pytest.raises(KeyboardInterrupt):
        watched.personalize.create_schema(name="films", schema=SCHEMA)
    watched.personalize.meta.events.unregister("after-call", lost)
    for number in range(60):
        others.create_schema(name=f"after-{number}", schema=SCHEMA)
    first = others.list_schemas(maxResults=50)
    assert first["nextToken"]
    assert clean(watched.created, running.clock) == []
    left = [each["name"] for page in others.get_paginator("list_schemas").paginate() for each in page["schemas"]]
    assert len(left) == 120
    assert "films" not in left


def test_what_is_refused_was_not_created(watched: Watched, running: Simulation) -> None:
    boto3.client("personalize").create_schema(name="films", schema=SCHEMA)
    with pytest.raises(watched.personalize.exceptions.ResourceAlreadyExistsException):
        watched.personalize.create_schema(name="films", schema=SCHEMA)
    assert clean(watched.created, running.clock) == []
    assert what_there_is() == {"schemas": ["films"]}


def test_what_the_story_has_deleted_itself_is_gone_already(watched: Watched, running: Simulation) -> None:
    group = watched.personalize.create_dataset_group(name="films")["datasetGroupArn"]
    watched.s3.create_bucket(Bucket="films")
    running.clock.tick(minutes=1)
    watched.personalize.delete_dataset_group(datasetGroupArn=group)
    watched.s3.delete_bucket(Bucket="films")
    assert clean(watched.created, running.clock) == []


def test_what_is_in_use_to_the_end_is_left_with_the_reason(watched: Watched, running: Simulation) -> None:
    schema = watched.personalize.create_schema(name="films", schema=SCHEMA)["schemaArn"]
    others = boto3.client("personalize")
    group = others.create_dataset_group(name="others")["datasetGroupArn"]
    running.clock.tick(minutes=1)
    others.create_dataset(name="others", datasetGroupArn=group, schemaArn=schema, datasetType="Interactions")
    before = running.clock.now()
    [left] = clean(watched.created, running.clock, longest=timedelta(hours=1))
    assert (left.kind, left.named, left.is_record) == ("Schema", schema, False)
    assert "referenced" in left.why
    assert timedelta(hours=1) <= running.clock.now() - before < timedelta(hours=1, minutes=2)


def test_a_second_ctrl_c_leaves_what_is_there_and_says_so(watched: Watched, running: Simulation) -> None:
    group = watched.personalize.create_dataset_group(name="films")["datasetGroupArn"]
    watched.personalize.create_schema(name="films", schema=SCHEMA)

    class Impatient:
        now = running.clock.now

        def tick(self, delta: timedelta, /) -> None:
            raise KeyboardInterrupt

    [left] = clean(watched.created, Impatient())
    assert (left.named, left.is_record) == (group, False)  # the schema went at once
    assert "Ctrl-C" in left.why


def test_a_bucket_goes_with_all_versions_and_a_role_with_its_policies(watched: Watched, running: Simulation) -> None:
    watched.s3.create_bucket(Bucket="films")
    watched.s3.put_bucket_versioning(Bucket="films", VersioningConfiguration={"Status": "Enabled"})
    for _ in range(2):
        watched.s3.put_object(Bucket="films", Key="data.csv", Body="x")
    watched.s3.delete_object(Bucket="films", Key="data.csv")
    watched.iam.create_role(RoleName="films", AssumeRolePolicyDocument=MAY_ASSUME)
    policy = watched.iam.create_policy(PolicyName="films", PolicyDocument=ALLOWS)["Policy"]["Arn"]
    watched.iam.attach_role_policy(RoleName="films", PolicyArn=policy)  # so that it cannot go first
    assert clean(watched.created, running.clock) == []
    assert what_there_is() == {}


def test_objects_in_a_bucket_that_was_there_before_are_told(watched: Watched, running: Simulation) -> None:
    boto3.client("s3").create_bucket(Bucket="ours")
    watched.s3.put_object(Bucket="ours", Key="data.csv", Body="x")
    with pytest.raises(watched.s3.exceptions.NoSuchBucket):
        watched.s3.put_object(Bucket="nobodys", Key="data.csv", Body="x")
    [left] = clean(watched.created, running.clock)
    assert (left.kind, left.named) == ("Object", "s3://ours/data.csv")


@pytest.mark.parametrize(
    ("call", "refused"),
    [
        ("personalize.CreateCampaign", False),
        ("personalize-events.PutEvents", False),
        ("s3.CreateBucket", False),
        ("s3.PutBucketPolicy", False),
        ("iam.CreateRole", False),
        ("iam.PutRolePolicy", False),
        ("iam.CreateUser", True),
        ("sts.GetCallerIdentity", False),
        ("kms.CreateKey", True),
        ("kms.DescribeKey", False),
        ("cloudformation.CreateStack", True),
        ("cloudwatch.GetMetricData", False),
        ("ec2.TerminateInstances", True),
    ],
)
def test_what_could_not_be_undone_is_known_before(call: str, refused: bool) -> None:
    service, operation = call.split(".")
    session = boto3.Session(region_name="us-east-1", aws_access_key_id="any", aws_secret_access_key="any")
    model = session.client(service).meta.service_model.operation_model(operation)
    assert cannot_be_undone(model) is refused
