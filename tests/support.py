"""What tests set up again and again, through boto3 as a user would."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pandas as pd
import pytest
from botocore.exceptions import ClientError

REGION = "us-east-1"
RECIPE = "arn:aws:personalize:::recipe/aws-user-personalization"
RATINGS = Path(__file__).parents[2] / "shared" / "data" / "ml-latest-small" / "ratings.csv"
SERVICE = {"Service": "personalize.amazonaws.com"}

needs_ratings = pytest.mark.skipif(not RATINGS.exists(), reason="MovieLens ml-latest-small is not beside the checkout")


def schema_text(*more: dict[str, Any]) -> str:
    """The Interactions schema of the story, with more fields."""
    fields = [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
        *more,
    ]
    return json.dumps(
        {
            "type": "record",
            "name": "Interactions",
            "namespace": "com.amazonaws.personalize.schema",
            "fields": fields,
            "version": "1.0",
        }
    )


def some_interactions(rows: int = 1200, users: int = 60, items: int = 80, seed: int = 0) -> pd.DataFrame:
    """Interactions enough for a training, of no particular taste."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "USER_ID": [f"u{each}" for each in rng.integers(0, users, rows)],
            "ITEM_ID": [f"i{each}" for each in (items * rng.random(rows) ** 2).astype(int)],
            "TIMESTAMP": np.sort(rng.integers(1_400_000_000, 1_600_000_000, rows)),
        }
    )


def ratings() -> pd.DataFrame:
    """MovieLens ml-latest-small as interactions, sorted by time."""
    frame = pd.read_csv(RATINGS, dtype={"userId": str, "movieId": str})
    frame.columns = pd.Index(["USER_ID", "ITEM_ID", "RATING", "TIMESTAMP"])
    return frame.drop(columns="RATING").sort_values("TIMESTAMP", kind="stable", ignore_index=True)


@dataclass
class Account:
    """An account's clients, with a bucket and a role that Personalize may use."""

    s3: Any
    iam: Any
    personalize: Any
    events: Any
    runtime: Any
    bucket: str
    role: str

    def upload(self, frame: pd.DataFrame | bytes, key: str = "interactions.csv") -> str:
        """Puts a CSV file; its location."""
        body = frame if isinstance(frame, bytes) else frame.to_csv(index=False).encode()
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return f"s3://{self.bucket}/{key}"


@dataclass
class Deployment:
    """The ARNs of a trained and deployed campaign and what it stands on."""

    group: str
    schema: str
    dataset: str
    solution: str = ""
    version: str = ""
    campaign: str = ""
    tracker: str = ""
    tracking_id: str = ""


@functools.cache
def _clients(region: str) -> tuple[Any, ...]:
    """The five clients: to make them takes longer than most tests, so all tests share them."""
    names = ("s3", "iam", "personalize", "personalize-events", "personalize-runtime")
    return tuple(boto3.client(name, region_name=region) for name in names)


def account(bucket: str = "ratings-bucket", region: str = REGION) -> Account:
    """Clients, a bucket with its policy, a role with an inline policy."""
    clients = _clients(region)
    s3, iam = clients[:2]
    if region == REGION:
        s3.create_bucket(Bucket=bucket)
    else:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    actions = ["s3:GetObject", "s3:ListBucket", "s3:PutObject"]
    s3.put_bucket_policy(
        Bucket=bucket,
        Policy=policy(Principal=SERVICE, Action=actions, Resource=resources),
    )
    role = iam.create_role(
        RoleName=f"personalize-{bucket}",
        AssumeRolePolicyDocument=policy(Principal=SERVICE, Action="sts:AssumeRole"),
    )["Role"]["Arn"]
    iam.put_role_policy(
        RoleName=f"personalize-{bucket}",
        PolicyName="s3",
        PolicyDocument=policy(Action=actions, Resource=resources),
    )
    return Account(*clients, bucket, role)


def policy(**statement: Any) -> str:
    """A policy document with one Allow statement, unless it says otherwise."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


Settle = Callable[[], object]


def dataset(on: Account, settle: Settle, schema: str | None = None, name: str = "films") -> Deployment:
    """A dataset group with an empty Interactions dataset, ACTIVE once `settle` has let time pass."""
    group = on.personalize.create_dataset_group(name=name)["datasetGroupArn"]
    schema_arn = on.personalize.create_schema(name=name, schema=schema or schema_text())["schemaArn"]
    settle()
    created = on.personalize.create_dataset(
        name=name, schemaArn=schema_arn, datasetGroupArn=group, datasetType="Interactions"
    )["datasetArn"]
    settle()
    return Deployment(group, schema_arn, created)


def import_csv(on: Account, to: Deployment, frame: pd.DataFrame | bytes, name: str = "import", **more: Any) -> str:
    """Starts an import; the job's ARN."""
    job: str = on.personalize.create_dataset_import_job(
        jobName=name,
        datasetArn=to.dataset,
        dataSource={"dataLocation": on.upload(frame)},
        roleArn=on.role,
        **more,
    )["datasetImportJobArn"]
    return job


def deploy(
    on: Account, settle: Settle, frame: pd.DataFrame, name: str = "films", schema: str | None = None
) -> Deployment:
    """Everything from the import to an ACTIVE campaign with an event tracker."""
    made = dataset(on, settle, schema, name)
    import_csv(on, made, frame, name=name)
    settle()
    made.solution = on.personalize.create_solution(
        name=name, datasetGroupArn=made.group, recipeArn=RECIPE, performAutoTraining=False
    )["solutionArn"]
    made.version = on.personalize.create_solution_version(solutionArn=made.solution)["solutionVersionArn"]
    settle()
    made.campaign = on.personalize.create_campaign(name=name, solutionVersionArn=made.version)["campaignArn"]
    tracker = on.personalize.create_event_tracker(name=name, datasetGroupArn=made.group)
    made.tracker, made.tracking_id = tracker["eventTrackerArn"], tracker["trackingId"]
    settle()
    return made


@contextmanager
def refused(code: str, wording: str) -> Iterator[None]:
    """The block must end in this refusal, worded exactly so."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == (code, wording)


# The fields of a small schema of each dataset type.
FIELDS: dict[str, list[dict[str, Any]]] = {
    "Interactions": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
    ],
    "Items": [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "GENRES", "type": ["null", "string"], "categorical": True},
        {"name": "PRICE", "type": ["null", "float"]},
        {"name": "RELEASED", "type": ["null", "long"]},
    ],
    "Users": [
        {"name": "USER_ID", "type": "string"},
        {"name": "AGE", "type": ["null", "int"]},
        {"name": "GENDER", "type": ["null", "string"], "categorical": True},
    ],
    "Actions": [
        {"name": "ACTION_ID", "type": "string"},
        {"name": "VALUE", "type": ["null", "long"]},
        {"name": "KIND", "type": ["null", "string"], "categorical": True},
    ],
    "Action_Interactions": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ACTION_ID", "type": "string"},
        {"name": "EVENT_TYPE", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
    ],
}


def add_dataset(on: Account, group: str, dataset_type: str, settle: Settle, *more: dict[str, Any]) -> str:
    """A dataset of any type in a group, ACTIVE once `settle` has let time pass, with more fields; its ARN."""
    name = f"{group.rpartition('/')[2]}-{dataset_type}".lower().replace("_", "-")
    record = {
        "type": "record",
        "name": dataset_type.replace("_", ""),
        "namespace": "com.amazonaws.personalize.schema",
        "fields": [*FIELDS[dataset_type], *more],
        "version": "1.0",
    }
    schema = on.personalize.create_schema(name=name, schema=json.dumps(record))["schemaArn"]
    arn: str = on.personalize.create_dataset(
        name=name, schemaArn=schema, datasetGroupArn=group, datasetType=dataset_type
    )["datasetArn"]
    settle()
    return arn


def start_import(on: Account, dataset: str, location: str, name: str = "import", **more: Any) -> str:
    """Starts an import of what is at a location; the job's ARN."""
    job: str = on.personalize.create_dataset_import_job(
        jobName=name, datasetArn=dataset, dataSource={"dataLocation": location}, roleArn=on.role, **more
    )["datasetImportJobArn"]
    return job


def exported(on: Account, dataset: str, mode: str, settle: Settle, name: str = "export") -> list[str]:
    """The lines of an export, its header first."""
    on.personalize.create_dataset_export_job(
        jobName=name,
        datasetArn=dataset,
        ingestionMode=mode,
        roleArn=on.role,
        jobOutput={"s3DataDestination": {"path": f"s3://{on.bucket}/exports-{name}/"}},
    )
    settle()
    [found] = on.s3.list_objects_v2(Bucket=on.bucket, Prefix=f"exports-{name}/")["Contents"]
    body: bytes = on.s3.get_object(Bucket=on.bucket, Key=found["Key"])["Body"].read()
    return body.decode().splitlines()
