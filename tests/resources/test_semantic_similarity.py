"""Semantic-Similarity through boto3: trained on names and descriptions, updated every half an hour if asked to."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support import Account, account, dataset, import_csv, refused, start_import

from simulator import Simulation, simulate
from simulator.resources.dump import dump

RECIPE = "arn:aws:personalize:::recipe/aws-semantic-similarity"
NAME: dict[str, Any] = {"name": "NAME", "type": "string", "itemName": True}
TEXT: dict[str, Any] = {"name": "ABOUT", "type": ["null", "string"], "textual": True}
BORN: dict[str, Any] = {"name": "CREATION_TIMESTAMP", "type": "long"}
GENRE: dict[str, Any] = {"name": "GENRE", "type": ["null", "string"], "categorical": True}
DAY = 86_400
BOOKS = [
    ("whale", "The White Whale", "A captain hunts a great whale across the sea with his crew.", "sea", 100 * DAY),
    ("sailor", "The Old Sailor", "A sailor tells of the sea, a ship and the whale that sank it.", "sea", 101 * DAY),
    ("harbour", "Harbour Lights", "The crew of a ship waits in the harbour for the captain.", "sea", 200 * DAY),
    ("bread", "Bread at Home", "Baking bread with flour, yeast and an oven at home.", "food", 102 * DAY),
    ("cakes", "Cakes and Flour", "Cakes and other things to bake with flour and sugar in an oven.", "food", 103 * DAY),
    ("garden", "A Kitchen Garden", "How to grow herbs and vegetables behind the house.", "food", 104 * DAY),
]


@dataclass
class Library:
    """A group with books, and what stands on it."""

    sim: Simulation
    on: Account
    group: str
    items: str

    def tick(self, **duration: int) -> None:
        self.sim.clock.tick(**(duration or {"hours": 1}))

    def solution(self, name: str = "meaning", **more: Any) -> str:
        asked = {"performAutoTraining": False, **more}
        arn: str = self.on.personalize.create_solution(
            name=name, datasetGroupArn=self.group, recipeArn=RECIPE, **asked
        )["solutionArn"]
        self.tick()
        return arn

    def version(self, solution: str) -> str:
        arn: str = self.on.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
        self.tick()
        return arn

    def shown(self, version: str) -> dict[str, Any]:
        found: dict[str, Any] = self.on.personalize.describe_solution_version(solutionVersionArn=version)
        described: dict[str, Any] = found["solutionVersion"]
        return described

    def campaign(self, version: str, name: str = "meaning", **config: Any) -> str:
        arn: str = self.on.personalize.create_campaign(name=name, solutionVersionArn=version, campaignConfig=config)[
            "campaignArn"
        ]
        self.tick()
        return arn

    def ids(self, campaign: str, item: str, **more: Any) -> list[str]:
        answer = self.on.runtime.get_recommendations(campaignArn=campaign, itemId=item, **more)
        assert all("score" not in each for each in answer["itemList"])
        return [each["itemId"] for each in answer["itemList"]]

    def put(self, item: str, **properties: Any) -> None:
        self.on.events.put_items(datasetArn=self.items, items=[{"itemId": item, "properties": json.dumps(properties)}])


def library(sim: Simulation, on: Account, *fields: dict[str, Any], reads: pd.DataFrame | None = None) -> Library:
    """Books, ACTIVE and imported; with interactions if they are given."""
    hour = lambda: sim.clock.tick(hours=1)  # noqa: E731
    if reads is None:
        group = on.personalize.create_dataset_group(name="books")["datasetGroupArn"]
        hour()
    else:
        made = dataset(on, hour, name="books")
        import_csv(on, made, reads)
        group = made.group
        hour()
    record = {
        "type": "record",
        "name": "Items",
        "namespace": "com.amazonaws.personalize.schema",
        "fields": [{"name": "ITEM_ID", "type": "string"}, *fields],
        "version": "1.0",
    }
    schema = on.personalize.create_schema(name="items", schema=json.dumps(record))["schemaArn"]
    items = on.personalize.create_dataset(name="items", schemaArn=schema, datasetGroupArn=group, datasetType="Items")[
        "datasetArn"
    ]
    hour()
    frame = pd.DataFrame(BOOKS, columns=["ITEM_ID", "NAME", "ABOUT", "GENRE", "CREATION_TIMESTAMP"])
    names = ["ITEM_ID", *(field["name"] for field in fields)]
    start_import(on, items, on.upload(frame[names], "items.csv"), "items")
    hour()
    return Library(sim, on, group, items)


@pytest.fixture
def sim() -> Iterator[Simulation]:
    with simulate(start="2026-01-05T09:00:00Z", durations={"solution_version": timedelta(minutes=20)}) as running:
        yield running


@pytest.fixture
def books(sim: Simulation) -> Library:
    return library(sim, account(), NAME, TEXT, GENRE, BORN)


def reads() -> pd.DataFrame:
    """Interactions that say nothing but that cakes are popular, and sailors three times less so."""
    counts = (("cakes", 900), ("sailor", 300))
    rows = [(f"u{user % 40}", item, 1_700_000_000 + user) for item, count in counts for user in range(count)]
    return pd.DataFrame(rows, columns=["USER_ID", "ITEM_ID", "TIMESTAMP"])


@pytest.mark.rule("semantic-similarity.similar", "semantic-similarity.no-metrics", "recipes.no-interactions-needed")
def test_without_any_interactions_what_reads_alike_is_related(books: Library) -> None:
    version = books.version(books.solution())
    assert books.shown(version)["status"] == "ACTIVE"
    metrics = books.on.personalize.get_solution_metrics(solutionVersionArn=version)["metrics"]
    assert metrics == {}
    campaign = books.campaign(version)
    assert set(books.ids(campaign, "whale", numResults=2)) == {"sailor", "harbour"}
    assert books.ids(campaign, "bread", numResults=1) == ["cakes"]
    everything = books.ids(campaign, "bread")
    assert sorted(everything) == ["cakes", "garden", "harbour", "sailor", "whale"]


@pytest.mark.rule("semantic-similarity.unknown")
def test_an_item_that_is_not_known_has_popular_ones(sim: Simulation) -> None:
    books = library(sim, account(), NAME, TEXT, reads=reads())
    campaign = books.campaign(books.version(books.solution()))
    assert books.ids(campaign, "never seen", numResults=3) == ["cakes", "sailor", "bread"]


@pytest.mark.rule("semantic-similarity.influence")
def test_popular_and_new_items_come_first_among_the_similar_as_far_as_it_is_asked_for(sim: Simulation) -> None:
    books = library(sim, account(), NAME, TEXT, GENRE, BORN, reads=reads())
    version = books.version(books.solution())
    plain = books.campaign(version, "plain")
    popular = books.campaign(version, "popular", rankingInfluence={"POPULARITY": 1.0})
    fresh = books.campaign(version, "fresh", rankingInfluence={"FRESHNESS": 1.0})
    off = books.campaign(version, "off", rankingInfluence={"POPULARITY": 0.0, "FRESHNESS": 0.0})
    assert books.ids(plain, "whale") == books.ids(off, "whale")
    assert books.ids(plain, "whale")[0] == books.ids(popular, "whale")[0] == "sailor"
    assert books.ids(fresh, "whale")[0] == "harbour"
    # What has nothing in common stays behind, however popular it is.
    assert books.ids(popular, "whale").index("cakes") >= 2


@pytest.mark.refused("campaigns.popularity-wants-interactions", "campaigns.freshness-wants-creation")
def test_influence_needs_what_it_is_computed_from(sim: Simulation) -> None:
    books = library(sim, account(), NAME, TEXT)
    version = books.version(books.solution())
    before = dump(sim._host.world)
    with refused(
        "InvalidInputException", "The rankingInfluence POPULARITY needs an Interactions dataset in the dataset group."
    ):
        books.campaign(version, rankingInfluence={"POPULARITY": 0.5})
    with refused(
        "InvalidInputException",
        "The rankingInfluence FRESHNESS needs the field CREATION_TIMESTAMP in the schema of the Items dataset.",
    ):
        books.campaign(version, rankingInfluence={"FRESHNESS": 0.5})
    assert dump(sim._host.world) == before
    assert books.campaign(version, rankingInfluence={"POPULARITY": 0.0, "FRESHNESS": 0.0})


@pytest.mark.accepted("campaigns.popularity-wants-interactions", "campaigns.freshness-wants-creation")
def test_influence_where_all_is_there(sim: Simulation) -> None:
    books = library(sim, account(), NAME, TEXT, BORN, reads=reads())
    campaign = books.campaign(books.version(books.solution()), rankingInfluence={"POPULARITY": 0.5, "FRESHNESS": 1.0})
    shown = books.on.personalize.describe_campaign(campaignArn=campaign)["campaign"]
    assert shown["campaignConfig"]["rankingInfluence"] == {"POPULARITY": 0.5, "FRESHNESS": 1.0}


@pytest.mark.rule("semantic-similarity.texts-wanted")
@pytest.mark.parametrize(
    ("fields", "mark"),
    [((TEXT, GENRE), "itemName"), ((NAME, GENRE), "textual"), ((GENRE,), "itemName"), ((NAME, TEXT), None)],
    ids=["no name", "no text", "neither", "both"],
)
def test_a_training_needs_a_name_and_a_text(
    sim: Simulation, fields: tuple[dict[str, Any], ...], mark: str | None
) -> None:
    books = library(sim, account(), *fields)
    shown = books.shown(books.version(books.solution()))
    if mark is None:
        assert shown["status"] == "ACTIVE"
        return
    reason = f"The items dataset has no string field to train on that is marked {mark}."
    assert (shown["status"], shown["failureReason"]) == ("CREATE FAILED", reason)
    assert f"missing: the training would fail: {reason}" in str(sim.ready(books.group)["aws-semantic-similarity"])


@pytest.mark.filterwarnings("ignore:trainingDataConfig")
def test_a_column_that_is_excluded_is_not_trained_on(books: Library) -> None:
    chosen = {"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["ABOUT"]}}}
    shown = books.shown(books.version(books.solution(solutionConfig=chosen)))
    assert shown["failureReason"] == "The items dataset has no string field to train on that is marked textual."


@pytest.mark.rule("semantic-similarity.filters-and-metadata")
def test_filters_and_metadata_without_their_being_enabled(books: Library) -> None:
    campaign = books.campaign(books.version(books.solution()))
    only = books.on.personalize.create_filter(
        name="food", datasetGroupArn=books.group, filterExpression='INCLUDE ItemID WHERE Items.GENRE IN ("food")'
    )["filterArn"]
    same = books.on.personalize.create_filter(
        name="same",
        datasetGroupArn=books.group,
        filterExpression="INCLUDE ItemID WHERE Items.GENRE IN (CurrentItem.GENRE)",
    )["filterArn"]
    books.tick()
    assert sorted(books.ids(campaign, "whale", filterArn=only)) == ["bread", "cakes", "garden"]
    assert sorted(books.ids(campaign, "whale", filterArn=same)) == ["harbour", "sailor"]
    [first] = books.on.runtime.get_recommendations(
        campaignArn=campaign, itemId="bread", numResults=1, metadataColumns={"ITEMS": ["GENRE", "NAME"]}
    )["itemList"]
    assert first == {"itemId": "cakes", "metadata": {"genre": "food", "name": "Cakes and Flour"}}


@pytest.mark.rule("semantic-similarity.incremental")
def test_new_and_changed_items_are_known_within_half_an_hour(books: Library) -> None:
    solution = books.solution(performIncrementalUpdate=True)
    described = books.on.personalize.describe_solution(solutionArn=solution)["solution"]
    assert described["performIncrementalUpdate"] is True
    version = books.version(solution)
    campaign = books.campaign(version)
    before = books.shown(version)
    books.put("ark", name="A Whale Ashore", about="A great whale from the sea is found.", creationTimestamp=300 * DAY)
    books.put("cakes", name="The Whale Captain", about="A captain, his crew and a great whale.", creationTimestamp=DAY)
    assert "ark" not in books.ids(campaign, "whale")
    assert books.ids(campaign, "whale").index("cakes") > 1
    books.tick(minutes=31)
    assert set(books.ids(campaign, "whale", numResults=2)) == {"ark", "cakes"}
    assert books.ids(campaign, "ark", numResults=1) == ["whale"]
    assert books.shown(version) == before


def test_a_catalogue_that_is_replaced_by_another_of_the_same_size_is_taken_in(books: Library) -> None:
    campaign = books.campaign(books.version(books.solution(performIncrementalUpdate=True)))
    frame = pd.DataFrame(BOOKS, columns=["ITEM_ID", "NAME", "ABOUT", "GENRE", "CREATION_TIMESTAMP"])
    frame["ITEM_ID"] = "new-" + frame["ITEM_ID"]
    start_import(books.on, books.items, books.on.upload(frame, "others.csv"), "others")
    books.tick(hours=2)
    assert set(books.ids(campaign, "new-whale", numResults=2)) == {"new-sailor", "new-harbour"}


@pytest.mark.rule("semantic-similarity.incremental-scores")
def test_popularity_and_freshness_stay_those_of_the_training(sim: Simulation) -> None:
    books = library(sim, account(), NAME, TEXT, BORN, reads=reads())
    solution = books.solution(performIncrementalUpdate=True)
    campaign = books.campaign(books.version(solution), rankingInfluence={"FRESHNESS": 1.0})
    text = {"name": "The Old Sailor", "about": "A sailor tells of the sea, a ship and the whale that sank it."}
    books.put("twin", **text, creationTimestamp=10_000 * DAY)
    books.tick(minutes=31)
    ranked = books.ids(campaign, "whale")
    assert ranked.index("sailor") < ranked.index("twin")
    fresh = books.campaign(books.version(solution), "later", rankingInfluence={"FRESHNESS": 1.0})
    ranked = books.ids(fresh, "whale")
    assert ranked.index("twin") < ranked.index("sailor")


@pytest.mark.rule("semantic-similarity.incremental-asked-for", "semantic-similarity.incremental-deployed")
def test_nothing_is_updated_that_was_not_asked_for_or_is_not_deployed(books: Library) -> None:
    solution = books.solution()
    version = books.version(solution)
    campaign = books.campaign(version)
    books.put("ark", name="A Whale Ashore", about="A great whale from the sea is found.", creationTimestamp=300 * DAY)
    books.tick(hours=5)
    assert "ark" not in books.ids(campaign, "whale")
    books.on.personalize.update_solution(solutionArn=solution, performIncrementalUpdate=True)
    books.tick(hours=1)
    assert "ark" in books.ids(campaign, "whale")
    books.on.personalize.update_solution(solutionArn=solution, performIncrementalUpdate=False)
    books.tick(hours=1)
    described = books.on.personalize.describe_solution(solutionArn=solution)["solution"]
    assert described["performIncrementalUpdate"] is False
    books.put("boat", name="A Boat", about="A boat and a great whale.", creationTimestamp=300 * DAY)
    books.tick(hours=5)
    assert "boat" not in books.ids(campaign, "whale")
    # Another version serves nobody: what it knows stays as it was trained.
    other = books.version(books.solution("other", performIncrementalUpdate=True))
    books.put("ship", name="A Ship", about="A ship and a great whale.", creationTimestamp=300 * DAY)
    books.tick(minutes=45)
    model = next(iter(books.sim._host.world.inventories.values())).solution_versions[other].model
    assert model is not None
    assert "boat" in model.item_ids
    assert "ship" not in model.item_ids


@pytest.mark.rule("semantic-similarity.batch")
def test_batch_inference_with_influence(sim: Simulation) -> None:
    books = library(sim, account(), NAME, TEXT, BORN, reads=reads())
    version = books.version(books.solution())
    lines = "\n".join(json.dumps({"itemId": item}) for item in ("bread", "whale"))
    books.on.s3.put_object(Bucket=books.on.bucket, Key="in/lines.json", Body=lines.encode())
    books.on.personalize.create_batch_inference_job(
        jobName="all",
        solutionVersionArn=version,
        numResults=2,
        roleArn=books.on.role,
        jobInput={"s3DataSource": {"path": f"s3://{books.on.bucket}/in/"}},
        jobOutput={"s3DataDestination": {"path": f"s3://{books.on.bucket}/out/"}},
        batchInferenceJobConfig={"rankingInfluence": {"FRESHNESS": 1.0}},
    )
    books.tick(hours=2)
    body = books.on.s3.get_object(Bucket=books.on.bucket, Key="out/lines.json.out")["Body"].read().decode()
    answers = {each["input"]["itemId"]: each["output"] for each in map(json.loads, body.splitlines())}
    assert answers["bread"]["recommendedItems"][0] == "cakes"
    assert answers["whale"] == {"recommendedItems": ["harbour", "sailor"]}


def test_a_saved_world_answers_as_before(books: Library, tmp_path: Path) -> None:
    campaign = books.campaign(books.version(books.solution(performIncrementalUpdate=True)))
    before = books.ids(campaign, "whale")
    books.sim.save(tmp_path / "books.zip")
    loaded = subprocess.run(
        [sys.executable, "-c", _ANSWER, str(tmp_path / "books.zip"), campaign],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(loaded.stdout) == before


_ANSWER = """
import json, sys, boto3
from simulator import simulate
with simulate(load=sys.argv[1]) as sim:
    runtime = boto3.client("personalize-runtime", region_name="us-east-1")
    items = runtime.get_recommendations(campaignArn=sys.argv[2], itemId="whale")["itemList"]
    print(json.dumps([each["itemId"] for each in items]))
"""


@pytest.mark.parametrize("steps", [7, 30])
def test_it_does_not_matter_in_how_many_steps_time_passes(steps: int) -> None:
    """Ten hours in steps, with an item that is put after the first hour, end in the same bytes."""
    ends = []
    for parts in (1, steps):
        with simulate(start="2026-01-05T09:00:00Z") as sim:
            books = library(sim, account(), NAME, TEXT)
            books.campaign(books.version(books.solution(performIncrementalUpdate=True)))
            books.put("ark", name="A Whale Ashore", about="A great whale from the sea is found.")
            for _ in range(parts):
                sim.clock.tick(timedelta(hours=9) / parts)
            sim.clock.move_to("2026-01-06T12:00:00Z")
            ends.append(dump(sim._host.world))
    assert ends[0] == ends[1]
