"""A dataset group to make batch jobs in: two tastes of films, whose fans are known."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from support import REGION, Account, account, schema_text

from simulator import Simulation

RECIPE = "arn:aws:personalize:::recipe/"
START = "2022-03-08T09:00:00Z"
BEGAN = 1_640_000_000
DAY = 86_400
GENRES = ("comedy", "drama")
WORLDS = {"comedy": "Circus tent", "drama": "Lonely lighthouse"}
THEMES = {
    "batchInferenceJobMode": "THEME_GENERATION",
    "themeGenerationConfig": {"fieldsForThemeGeneration": {"itemName": "TITLE"}},
}


def rows() -> pd.DataFrame:
    """Two tastes: each user watches the ten films of one genre, and likes the one that it watched last."""
    watched = [
        (f"{genre}-fan{fan:02}", f"{genre}{(film + fan) % 10}", BEGAN + DAY * fan + 60 * film, "Watch")
        for genre in GENRES
        for fan in range(60)
        for film in range(10)
    ]
    liked = [
        (f"{genre}-fan{fan:02}", f"{genre}{(9 + fan) % 10}", BEGAN + DAY * fan + 600, "Like")
        for genre in GENRES
        for fan in range(60)
    ]
    return pd.DataFrame([*watched, *liked], columns=["USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE"])


def schema(name: str, *fields: dict[str, Any]) -> str:
    return json.dumps(
        {
            "type": "record",
            "name": name,
            "namespace": "com.amazonaws.personalize.schema",
            "fields": [*fields],
            "version": "1.0",
        }
    )


def text(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": "string", **more}


@dataclass
class Shop:
    """A dataset group with interactions, items and users, ready to train on."""

    sim: Simulation
    on: Account
    group: str
    versions: dict[str, str] = field(default_factory=dict)
    jobs: Iterator[int] = field(default_factory=itertools.count)

    def version(self, recipe: str) -> str:
        """An ACTIVE solution version of a recipe, trained once."""
        if recipe not in self.versions:
            self.versions[recipe] = self.training(recipe, recipe)
            self.sim.clock.tick(hours=1)
        return self.versions[recipe]

    def training(self, recipe: str, name: str) -> str:
        """A solution version whose training has just begun."""
        arn: str = self.on.personalize.create_solution(
            name=name, datasetGroupArn=self.group, recipeArn=RECIPE + recipe, performAutoTraining=False
        )["solutionArn"]
        version: str = self.on.personalize.create_solution_version(solutionArn=arn)["solutionVersionArn"]
        return version

    def put(self, content: str | bytes, key: str = "in/users.json") -> str:
        body = content.encode() if isinstance(content, str) else content
        self.on.s3.put_object(Bucket=self.on.bucket, Key=key, Body=body)
        return f"s3://{self.on.bucket}/{key}"

    def request(self, version: str, content: str | bytes = '{"userId": "drama-fan01"}', **more: Any) -> dict[str, Any]:
        return {
            "jobName": f"job{next(self.jobs)}",
            "solutionVersionArn": version,
            "jobInput": {"s3DataSource": {"path": self.put(content)}},
            "jobOutput": {"s3DataDestination": {"path": f"s3://{self.on.bucket}/out/"}},
            "roleArn": self.on.role,
            **more,
        }

    def infer(self, version: str, content: str | bytes, **more: Any) -> str:
        job = self.on.personalize.create_batch_inference_job(**self.request(version, content, **more))
        arn: str = job["batchInferenceJobArn"]
        return arn

    def segments(self, version: str, content: str | bytes, **more: Any) -> str:
        job = self.on.personalize.create_batch_segment_job(**self.request(version, content, **more))
        arn: str = job["batchSegmentJobArn"]
        return arn

    def describe(self, arn: str) -> dict[str, Any]:
        if ":batch-segment-job/" in arn:
            found: dict[str, Any] = self.on.personalize.describe_batch_segment_job(batchSegmentJobArn=arn)
            return dict(found["batchSegmentJob"])
        found = self.on.personalize.describe_batch_inference_job(batchInferenceJobArn=arn)
        return dict(found["batchInferenceJob"])

    def written(self, folder: str = "out/") -> list[str]:
        listed = self.on.s3.list_objects_v2(Bucket=self.on.bucket, Prefix=folder).get("Contents", [])
        return [each["Key"] for each in listed]

    def lines(self, key: str = "out/users.json.out") -> list[str]:
        body = self.on.s3.get_object(Bucket=self.on.bucket, Key=key)["Body"].read().decode()
        assert not body or body.endswith("\n")
        return str(body).splitlines()

    def answers(self, arn: str) -> list[dict[str, Any]]:
        """What the lines of a job are answered with, once it is done."""
        self.sim.clock.tick(hours=1)
        assert self.describe(arn)["status"] == "ACTIVE", self.describe(arn)
        return [json.loads(line) for line in self.lines()]

    def filter(self, expression: str, name: str) -> str:
        """The ARN of a filter that is ACTIVE."""
        arn: str = self.on.personalize.create_filter(
            name=name, datasetGroupArn=self.group, filterExpression=expression
        )["filterArn"]
        self.sim.clock.tick(minutes=5)
        return arn


def shop_in(sim: Simulation, region: str = REGION) -> Shop:
    """A shop whose datasets are imported, at a moment when nothing goes on."""
    on = account(region=region)
    group = on.personalize.create_dataset_group(name="films")["datasetGroupArn"]
    sim.clock.tick(hours=1)
    films = pd.DataFrame(
        {
            "ITEM_ID": [f"{genre}{film}" for genre in GENRES for film in range(10)],
            "GENRES": [f"{genre}|film" for genre in GENRES for film in range(10)],
            "YEAR": [1990 + film % 5 for _ in GENRES for film in range(10)],
            "TITLE": [f"{WORLDS[genre]} number {'abcdefghij'[film]}" for genre in GENRES for film in range(10)],
            "DESCRIPTION": [f"A {genre} about {WORLDS[genre]}" for genre in GENRES for _ in range(10)],
        }
    )
    people = pd.DataFrame(
        {
            "USER_ID": [f"{genre}-fan{fan:02}" for genre in GENRES for fan in range(60)],
            "COUNTRY": ["Japan" if fan % 2 else "France" for _ in GENRES for fan in range(60)],
        }
    )
    for kind, written, frame in (
        ("Interactions", schema_text({"name": "EVENT_TYPE", "type": "string"}), rows()),
        (
            "Items",
            schema(
                "Items",
                text("ITEM_ID"),
                text("GENRES", categorical=True),
                {"name": "YEAR", "type": "int"},
                text("TITLE"),
                text("DESCRIPTION", textual=True),
            ),
            films,
        ),
        ("Users", schema("Users", text("USER_ID"), text("COUNTRY", categorical=True)), people),
    ):
        schema_arn = on.personalize.create_schema(name=kind, schema=written)["schemaArn"]
        dataset = on.personalize.create_dataset(
            name=kind, schemaArn=schema_arn, datasetGroupArn=group, datasetType=kind
        )["datasetArn"]
        sim.clock.tick(hours=1)
        on.personalize.create_dataset_import_job(
            jobName=kind,
            datasetArn=dataset,
            dataSource={"dataLocation": on.upload(frame, f"{kind}.csv")},
            roleArn=on.role,
        )
        sim.clock.tick(hours=1)
    return Shop(sim, on, group)
