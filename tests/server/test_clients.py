"""Real clients against the server, each doing the article's story in short.

A bucket, a role, an import, a training, a campaign; what a user is recommended, three events of that user, what that
changes at once, and what the automatic update two hours later does.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest
from support import RECIPE, SERVICE, policy, schema_text, some_interactions

from simulator import simulate
from simulator.server.endpoint import Endpoint
from simulator.simulation import Clock

HERE = Path(__file__).parent
START = "2022-03-08T09:00:00Z"
SENT = "2022-03-08T10:30:00Z"
BUCKET, ROLE, NAME, USER = "ratings-bucket", "personalize", "films", "u1"

pytestmark = pytest.mark.personalize(start=START, profile="2022")


@pytest.fixture
def story(tmp_path: Path) -> Path:
    """A folder with what the story needs, the same for every client, whatever it is written in."""
    write_files(tmp_path)
    return tmp_path


def write_files(folder: Path) -> None:
    """Interactions, their schema, policies, and the names of what is made."""
    resources = [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]
    actions = ["s3:GetObject", "s3:ListBucket"]
    some_interactions().to_csv(folder / "interactions.csv", index=False)
    (folder / "schema.json").write_text(schema_text())
    (folder / "bucket.json").write_text(policy(Principal=SERVICE, Action=actions, Resource=resources))
    (folder / "trust.json").write_text(policy(Principal=SERVICE, Action="sts:AssumeRole"))
    (folder / "role.json").write_text(policy(Action=actions, Resource=resources))
    names = {"bucket": BUCKET, "role": ROLE, "name": NAME, "recipe": RECIPE, "user": USER}
    (folder / "names.json").write_text(json.dumps(names))


def told(answers: Mapping[str, Sequence[str]], endpoint: Endpoint) -> None:
    """Checks a client's story: its three answers, to the item, and what the server saw of it."""
    assert answers == in_this_process()
    events = endpoint.journal("events", user=USER)
    assert [each["item"] for each in events] == ["i70", "i71", "i72"]
    assert all(each["changes"] for each in events)
    [training] = endpoint.journal("trainings")
    assert training["outcome"] == "ACTIVE"
    asked = endpoint.journal("calls", service="personalize-runtime")
    assert [each["operation"] for each in asked] == ["GetRecommendations"] * 3
    assert all(not each["outcome"] for each in endpoint.journal("calls"))
    assert endpoint.journal("updates"), "two hours have passed"


def run(command: Sequence[str], endpoint: Endpoint, folder: Path, **more: str) -> str:
    """What a program prints, with the server as its AWS; its own words where it fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= endpoint.environment | more
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@functools.cache
def in_this_process() -> Mapping[str, Sequence[str]]:
    """What the story answers inside `simulate()`: every client of a server is to get the same."""
    with tempfile.TemporaryDirectory() as folder, simulate(start=START, profile="2022") as sim:
        write_files(Path(folder))
        answers, _ = boto3_story(functools.partial(boto3.client, region_name="us-east-1"), sim.clock, Path(folder))
    assert [len(each) for each in answers.values()] == [25, 25, 25]
    assert answers["before"] != answers["after"], "events change the user's answers at once"
    return answers


def boto3_story(
    client: Callable[[str], Any], clock: Clock | Endpoint, folder: Path
) -> tuple[dict[str, list[str]], str]:
    """The story by boto3, in this process or against a server: its answers, and the campaign's ARN."""

    def text(name: str) -> str:
        return (folder / name).read_text()

    s3, iam, personalize, events, runtime = map(
        client, ("s3", "iam", "personalize", "personalize-events", "personalize-runtime")
    )
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=text("bucket.json"))
    s3.upload_file(str(folder / "interactions.csv"), BUCKET, "interactions.csv")
    role = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=text("trust.json"))["Role"]["Arn"]
    iam.put_role_policy(RoleName=ROLE, PolicyName="s3", PolicyDocument=text("role.json"))
    group = personalize.create_dataset_group(name=NAME)["datasetGroupArn"]
    schema = personalize.create_schema(name=NAME, schema=text("schema.json"))["schemaArn"]
    assert personalize.describe_dataset_group(datasetGroupArn=group)["datasetGroup"]["status"] == "CREATE PENDING"
    clock.tick(minutes=1)
    dataset = personalize.create_dataset(
        name=NAME, schemaArn=schema, datasetGroupArn=group, datasetType="Interactions"
    )["datasetArn"]
    clock.tick(minutes=1)
    personalize.create_dataset_import_job(
        jobName=NAME,
        datasetArn=dataset,
        dataSource={"dataLocation": f"s3://{BUCKET}/interactions.csv"},
        roleArn=role,
    )
    clock.tick(minutes=5)
    solution = personalize.create_solution(name=NAME, datasetGroupArn=group, recipeArn=RECIPE)["solutionArn"]
    version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    tracking = personalize.create_event_tracker(name=NAME, datasetGroupArn=group)["trackingId"]
    clock.tick(minutes=25)
    campaign = personalize.create_campaign(name=NAME, solutionVersionArn=version)["campaignArn"]
    clock.move_to("2022-03-08T10:00:00Z")

    def items() -> list[str]:
        answer = runtime.get_recommendations(campaignArn=campaign, userId=USER)
        return [each["itemId"] for each in answer["itemList"]]

    answers = {"before": items()}
    sent = [{"eventType": "watch", "itemId": each, "sentAt": SENT} for each in ("i70", "i71", "i72")]
    events.put_events(trackingId=tracking, userId=USER, sessionId="s1", eventList=sent)
    answers["after"] = items()
    clock.tick(hours=2)
    answers["updated"] = items()
    return answers, campaign


def test_boto3(personalize_endpoint: Endpoint, story: Path) -> None:
    client = functools.partial(
        boto3.client,
        endpoint_url=personalize_endpoint.url,
        region_name="us-east-1",
        aws_access_key_id="FOOBARKEY",
        aws_secret_access_key="FOOBARSECRET",
    )
    answers, campaign = boto3_story(client, personalize_endpoint, story)
    told(answers, personalize_endpoint)
    explained = personalize_endpoint.explain(campaign, userId=USER, ask_about=["i70"])
    assert [each["item_id"] for each in explained["answer"]["items"]] == answers["updated"]
    group = client("personalize").list_dataset_groups()["datasetGroups"][0]["datasetGroupArn"]
    assert personalize_endpoint.ready(group, recipe="aws-user-personalization")["ready"]


@pytest.mark.skipif(shutil.which("aws") is None, reason="the AWS CLI is not installed")
def test_aws_cli(personalize_endpoint: Endpoint, story: Path) -> None:
    def aws(*arguments: str) -> Any:
        answer = run(["aws", "--output", "json", *arguments], personalize_endpoint, story)
        return json.loads(answer) if answer.strip().startswith("{") else None

    def personalize(operation: str, *arguments: str) -> Any:
        return aws("personalize", operation, *arguments)

    aws("s3", "mb", f"s3://{BUCKET}")
    aws("s3api", "put-bucket-policy", "--bucket", BUCKET, "--policy", "file://bucket.json")
    aws("s3", "cp", "interactions.csv", f"s3://{BUCKET}/")
    made = aws("iam", "create-role", "--role-name", ROLE, "--assume-role-policy-document", "file://trust.json")
    aws("iam", "put-role-policy", "--role-name", ROLE, "--policy-name", "s3", "--policy-document", "file://role.json")
    group = personalize("create-dataset-group", "--name", NAME)["datasetGroupArn"]
    schema = personalize("create-schema", "--name", NAME, "--schema", "file://schema.json")["schemaArn"]
    personalize_endpoint.tick(minutes=1)
    of_group = ("--name", NAME, "--dataset-group-arn", group)
    dataset = personalize("create-dataset", *of_group, "--schema-arn", schema, "--dataset-type", "Interactions")
    personalize_endpoint.tick(minutes=1)
    personalize(
        "create-dataset-import-job",
        *("--job-name", NAME, "--dataset-arn", dataset["datasetArn"], "--role-arn", made["Role"]["Arn"]),
        *("--data-source", f"dataLocation=s3://{BUCKET}/interactions.csv"),
    )
    personalize_endpoint.tick(minutes=5)
    solution = personalize("create-solution", *of_group, "--recipe-arn", RECIPE)["solutionArn"]
    version = personalize("create-solution-version", "--solution-arn", solution)["solutionVersionArn"]
    tracking = personalize("create-event-tracker", *of_group)["trackingId"]
    personalize_endpoint.tick(minutes=25)
    campaign = personalize("create-campaign", "--name", NAME, "--solution-version-arn", version)["campaignArn"]
    personalize_endpoint.move_to("2022-03-08T10:00:00Z")

    def items() -> list[str]:
        asked = ("--campaign-arn", campaign, "--user-id", USER)
        return [each["itemId"] for each in aws("personalize-runtime", "get-recommendations", *asked)["itemList"]]

    before = items()
    sent = [{"eventType": "watch", "itemId": each, "sentAt": SENT} for each in ("i70", "i71", "i72")]
    of_user = ("--tracking-id", tracking, "--user-id", USER, "--session-id", "s1")
    aws("personalize-events", "put-events", *of_user, "--event-list", json.dumps(sent))
    after = items()
    personalize_endpoint.tick(hours=2)
    told({"before": before, "after": after, "updated": items()}, personalize_endpoint)


def _with_aiobotocore() -> str | None:
    """A Python that has aiobotocore: it wants a botocore of its own, so that may be another than this one."""
    if importlib.util.find_spec("aiobotocore") is not None:
        return sys.executable
    return os.environ.get("AIOBOTOCORE_PYTHON")


@pytest.mark.skipif(
    _with_aiobotocore() is None,
    reason="aiobotocore is not installed, and AIOBOTOCORE_PYTHON names no Python that has it",
)
def test_aiobotocore(personalize_endpoint: Endpoint, story: Path) -> None:
    python = _with_aiobotocore()
    assert python is not None
    answers = run([python, "-P", str(HERE / "aiobotocore_story.py")], personalize_endpoint, story)
    told(json.loads(answers), personalize_endpoint)


def _has_node_sdk() -> bool:
    """Whether node finds the SDK: in a folder above these tests, or in one that NODE_PATH names."""
    node = shutil.which("node")
    if node is None:
        return False
    asked = [node, "-e", "require.resolve('@aws-sdk/client-personalize-runtime')"]
    return subprocess.run(asked, cwd=HERE, capture_output=True, timeout=60).returncode == 0


@pytest.mark.skipif(
    not _has_node_sdk(), reason="the AWS SDK v3 for Node is not installed, or NODE_PATH does not name it"
)
def test_node_sdk(personalize_endpoint: Endpoint, story: Path) -> None:
    answers = run(["node", str(HERE / "node_story.cjs")], personalize_endpoint, story)
    told(json.loads(answers), personalize_endpoint)
