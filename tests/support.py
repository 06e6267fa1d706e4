"""What tests set up again and again, through boto3 as a user would."""

from __future__ import annotations

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


def account(bucket: str = "ratings-bucket", region: str = REGION) -> Account:
    """Clients, a bucket with its policy, a role with an inline policy."""
    clients = [
        boto3.client(name, region_name=region)
        for name in ("s3", "iam", "personalize", "personalize-events", "personalize-runtime")
    ]
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


def deploy(on: Account, settle: Settle, frame: pd.DataFrame, name: str = "films") -> Deployment:
    """Everything from the import to an ACTIVE campaign with an event tracker."""
    made = dataset(on, settle, name=name)
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
