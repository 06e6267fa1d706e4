"""How resources come, change, are listed and go, through boto3."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest
from support import (
    RECIPE,
    Account,
    Deployment,
    dataset,
    deploy,
    import_csv,
    refused,
    schema_text,
    some_interactions,
)

from simulator import Simulation, simulate

START = "2022-03-08T09:00:00Z"
CREATED = ["CREATE PENDING", "CREATE IN_PROGRESS", "ACTIVE"]


@pytest.fixture
def sim() -> Iterator[Simulation]:
    with simulate(start=START) as running:
        yield running


def watch(sim: Simulation, describe: Callable[[], dict[str, Any]], seconds: int) -> tuple[list[str], float]:
    """The statuses that polling sees, and how many seconds it took to the last."""
    seen = [describe()["status"]]
    begun = sim.clock.now()
    while seen[-1] not in ("ACTIVE", "CREATE FAILED"):
        sim.clock.tick(seconds=seconds)
        status = describe()["status"]
        if status != seen[-1]:
            seen.append(status)
    return seen, (sim.clock.now() - begun).total_seconds()


def test_every_resource_takes_its_time(sim: Simulation, here: Account) -> None:
    """[life-002] [life-015] for a training, [life-009] for a campaign."""
    p = here.personalize
    group = p.create_dataset_group(name="films")["datasetGroupArn"]
    assert watch(sim, lambda: p.describe_dataset_group(datasetGroupArn=group)["datasetGroup"], 1) == (
        CREATED,
        30,
    )
    made = dataset(here, lambda: sim.clock.tick(minutes=1), name="more")
    job = import_csv(here, made, some_interactions())
    describe = lambda: p.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]  # noqa: E731
    assert watch(sim, describe, 10) == (CREATED, 300)
    solution = p.create_solution(name="films", datasetGroupArn=made.group, recipeArn=RECIPE, performAutoTraining=False)[
        "solutionArn"
    ]
    shown = p.describe_solution(solutionArn=solution)["solution"]
    assert shown["status"] == "ACTIVE"  # resp-006: at once
    assert shown["creationDateTime"] == shown["lastUpdatedDateTime"]
    assert "latestSolutionVersion" not in shown
    version = p.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    describe = lambda: p.describe_solution_version(solutionVersionArn=version)["solutionVersion"]  # noqa: E731
    assert "trainingHours" not in describe()
    assert watch(sim, describe, 30) == (CREATED, 1500)
    assert describe()["trainingHours"] == pytest.approx(1.95, abs=0.01)
    campaign = p.create_campaign(name="films", solutionVersionArn=version)["campaignArn"]
    assert watch(sim, lambda: p.describe_campaign(campaignArn=campaign)["campaign"], 10) == (CREATED, 300)
    tracker = p.create_event_tracker(name="films", datasetGroupArn=made.group)["eventTrackerArn"]
    assert watch(sim, lambda: p.describe_event_tracker(eventTrackerArn=tracker)["eventTracker"], 1) == (
        CREATED,
        30,
    )


def test_arns_and_fields_as_recorded(sim: Simulation, here: Account) -> None:
    made = deploy(here, lambda: sim.clock.tick(hours=1), some_interactions())
    arn = "arn:aws:personalize:us-east-1:123456789012:"
    assert made.group == arn + "dataset-group/films"
    assert made.dataset == arn + "dataset/films/INTERACTIONS"
    assert re.fullmatch(arn + r"solution/films/[0-9a-f]{8}", made.version)
    assert re.fullmatch(arn + r"event-tracker/[0-9a-f]{8}", made.tracker)
    p = here.personalize
    assert p.describe_dataset_group(datasetGroupArn=made.group)["datasetGroup"].keys() == {
        *("name", "datasetGroupArn", "status", "creationDateTime", "lastUpdatedDateTime"),
    }  # resp-053
    version = p.describe_solution_version(solutionVersionArn=made.version)["solutionVersion"]
    assert version["name"] == made.version.split(":solution/")[1]  # resp-001
    assert version["solutionConfig"] == {}
    assert (version["performHPO"], version["performAutoML"], version["trainingMode"]) == (False, False, "FULL")
    assert not {"tunedHPOParams", "eventType", "failureReason"} & version.keys()
    campaign = p.describe_campaign(campaignArn=made.campaign)["campaign"]
    assert (campaign["minProvisionedTPS"], campaign["campaignConfig"]) == (1, {})  # resp-007
    assert not {"latestCampaignUpdate", "failureReason"} & campaign.keys()
    tracker = p.describe_event_tracker(eventTrackerArn=made.tracker)["eventTracker"]
    assert (tracker["accountId"], tracker["trackingId"]) == ("123456789012", made.tracking_id)
    solution = p.describe_solution(solutionArn=made.solution)["solution"]
    assert solution["latestSolutionVersion"]["solutionVersionArn"] == made.version


def test_a_campaign_update_as_recorded(sim: Simulation, here: Account) -> None:
    """resp-023: the campaign stays ACTIVE, its update reads CREATE ..., and gives it its time."""
    made = deploy(here, lambda: sim.clock.tick(hours=1), some_interactions())
    new = here.personalize.create_solution_version(solutionArn=made.solution)["solutionVersionArn"]
    sim.clock.tick(hours=1)
    here.personalize.update_campaign(campaignArn=made.campaign, solutionVersionArn=new)
    seen = []
    for _ in range(6):
        campaign = here.personalize.describe_campaign(campaignArn=made.campaign)["campaign"]
        update = campaign["latestCampaignUpdate"]
        seen.append((campaign["status"], update["status"], campaign["solutionVersionArn"] == new))
        if update["status"] != "ACTIVE":
            assert campaign["lastUpdatedDateTime"] == update["creationDateTime"]
        sim.clock.tick(minutes=1)
    assert list(dict.fromkeys(seen)) == [
        ("ACTIVE", "CREATE PENDING", False),
        ("ACTIVE", "CREATE IN_PROGRESS", False),
        ("ACTIVE", "ACTIVE", True),
    ]


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (some_interactions(1000).drop_duplicates().head(999), "Dataset has fewer than 1000 interactions."),
        (
            some_interactions(1500, users=24),
            "Dataset has fewer than 25 users with at least 2 interactions each.",
        ),
    ],
)
def test_too_little_data_fails_the_training(sim: Simulation, here: Account, frame: pd.DataFrame, reason: str) -> None:
    made = dataset(here, lambda: sim.clock.tick(minutes=1))
    import_csv(here, made, pd.concat([frame, frame.head(10)]))  # repeated rows count once
    sim.clock.tick(minutes=5)
    solution = here.personalize.create_solution(
        name="films", datasetGroupArn=made.group, recipeArn=RECIPE, performAutoTraining=False
    )["solutionArn"]
    sim.clock.tick(seconds=1)
    version = here.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    sim.clock.tick(minutes=25)
    shown = here.personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
    assert (shown["status"], shown["failureReason"]) == ("CREATE FAILED", reason)
    assert "trainingHours" not in shown
    with refused("ResourceInUseException", "Cannot get metrics for solution since it is not in ACTIVE state."):
        here.personalize.get_solution_metrics(solutionVersionArn=version)


def test_metrics_have_the_service_s_keys(sim: Simulation, here: Account) -> None:
    made = deploy(here, lambda: sim.clock.tick(hours=1), some_interactions())
    metrics = here.personalize.get_solution_metrics(solutionVersionArn=made.version)["metrics"]
    assert sorted(metrics) == [
        "coverage",
        "mean_reciprocal_rank_at_25",
        "normalized_discounted_cumulative_gain_at_10",
        "normalized_discounted_cumulative_gain_at_25",
        "normalized_discounted_cumulative_gain_at_5",
        "precision_at_10",
        "precision_at_25",
        "precision_at_5",
    ]
    assert all(0 <= value <= 1 for value in metrics.values())


class TestLists:
    def test_pages(self, here: Account) -> None:
        names = [f"schema-{number:02}" for number in range(25)]
        for name in names:
            here.personalize.create_schema(name=name, schema=schema_text())
        pages = list(here.personalize.get_paginator("list_schemas").paginate(PaginationConfig={"PageSize": 10}))
        assert [len(page["schemas"]) for page in pages] == [10, 10, 5]
        assert [schema["name"] for page in pages for schema in page["schemas"]] == names
        assert "nextToken" not in pages[-1]

    @pytest.mark.parametrize("token", ["nonsense", "bm9uc2Vuc2U=", "é", "W10=", "bnVsbA=="])
    def test_a_token_of_ones_own(self, here: Account, token: str) -> None:
        with pytest.raises(here.personalize.exceptions.ClientError) as caught:
            here.personalize.list_schemas(nextToken=token)
        assert caught.value.response["Error"]["Code"] in ("InvalidNextTokenException", "ValidationException")

    def test_each_list_knows_its_parent(self, sim: Simulation, here: Account) -> None:
        made = [
            deploy(here, lambda: sim.clock.tick(hours=1), some_interactions(), name=name) for name in ("one", "two")
        ]
        p = here.personalize
        other = "arn:aws:personalize:us-east-1:123456789012:dataset-group/none"
        for operation, parent, members, key in (
            ("list_datasets", {"datasetGroupArn": made[0].group}, "datasets", "datasetArn"),
            ("list_event_trackers", {"datasetGroupArn": made[0].group}, "eventTrackers", "eventTrackerArn"),
            ("list_solutions", {"datasetGroupArn": made[0].group}, "solutions", "solutionArn"),
            (
                "list_solution_versions",
                {"solutionArn": made[0].solution},
                "solutionVersions",
                "solutionVersionArn",
            ),
            ("list_campaigns", {"solutionArn": made[0].solution}, "campaigns", "campaignArn"),
            (
                "list_dataset_import_jobs",
                {"datasetArn": made[0].dataset},
                "datasetImportJobs",
                "datasetImportJobArn",
            ),
        ):
            assert len(getattr(p, operation)()[members]) == 2
            assert [key in each for each in getattr(p, operation)(**parent)[members]] == [True]
        assert p.list_solutions(datasetGroupArn=other)["solutions"] == []
        assert p.list_dataset_export_jobs()["datasetExportJobs"] == []
        assert [group["name"] for group in p.list_dataset_groups()["datasetGroups"]] == ["one", "two"]


class TestEventsAndAnswers:
    @pytest.fixture
    def made(self, sim: Simulation, here: Account) -> Deployment:
        return deploy(here, lambda: sim.clock.tick(hours=1), some_interactions())

    def put(self, here: Account, made: Deployment, *items: str, session: str = "s", **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = here.events.put_events(
            trackingId=more.pop("trackingId", made.tracking_id),
            sessionId=session,
            eventList=[
                {"eventType": "watch", "itemId": item, "sentAt": 1_600_000_001 + at} for at, item in enumerate(items)
            ],
            **more,
        )
        return answer

    def answer(self, here: Account, made: Deployment, user: str, **more: Any) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = here.runtime.get_recommendations(campaignArn=made.campaign, userId=user, **more)[
            "itemList"
        ]
        return listed

    def test_the_body_of_success_is_empty(self, here: Account, made: Deployment) -> None:
        """resp-014."""
        answer = self.put(here, made, "i1", userId="u1")["ResponseMetadata"]
        assert (answer["HTTPStatusCode"], answer["HTTPHeaders"]["content-length"]) == (200, "0")

    def test_an_anonymous_visitor_is_answered_by_session(self, here: Account, made: Deployment) -> None:
        nobody = self.answer(here, made, "visitor")
        self.put(here, made, "i3", "i5", session="visitor")
        assert self.answer(here, made, "visitor") != nobody
        assert self.answer(here, made, "another") == nobody

    def test_the_session_null_is_ignored(self, here: Account, made: Deployment) -> None:
        """resp-018: answered with 200 all the same."""
        before = self.answer(here, made, "u1")
        self.put(here, made, "i3", "i5", session="null", userId="u1")
        assert self.answer(here, made, "u1") == before

    def test_unknown_trackers(self, sim: Simulation, here: Account, made: Deployment) -> None:
        with refused("InvalidInputException", "Invalid trackingId in account 123456789012"):
            self.put(here, made, "i1", trackingId="nobody")
        group = here.personalize.create_dataset_group(name="new")["datasetGroupArn"]
        sim.clock.tick(minutes=1)
        new = here.personalize.create_event_tracker(name="new", datasetGroupArn=group)["trackingId"]
        with refused("InvalidInputException", "Invalid trackingId in account 123456789012"):
            self.put(here, made, "i1", trackingId=new)
        here.personalize.delete_event_tracker(eventTrackerArn=made.tracker)
        with refused("InvalidInputException", "Invalid trackingId in account 123456789012"):
            self.put(here, made, "i1")

    def test_a_refused_call_stores_nothing(self, here: Account, made: Deployment) -> None:
        before = self.answer(here, made, "u1")
        event = {"eventType": "watch", "itemId": "i3", "sentAt": 1_600_000_001}
        for bad in (
            {"eventType": "watch", "sentAt": 1},
            {**event, "properties": "[]"},
            {**event, "itemId": "x" * 257},
        ):
            with pytest.raises(here.events.exceptions.ClientError):
                here.events.put_events(trackingId=made.tracking_id, userId="u1", sessionId="s", eventList=[event, bad])
        assert self.answer(here, made, "u1") == before

    def test_a_campaign_that_is_not_there(self, sim: Simulation, here: Account, made: Deployment) -> None:
        arn = "arn:aws:personalize:us-east-1:123456789012:campaign/none"
        with refused("InvalidInputException", f"{arn} does not exist or is not active yet."):
            here.runtime.get_recommendations(campaignArn=arn, userId="u1")
        here.personalize.delete_campaign(campaignArn=made.campaign)
        with refused("InvalidInputException", f"{made.campaign} does not exist or is not active yet."):
            self.answer(here, made, "u1")

    def test_inputs_of_the_recipe(self, here: Account, made: Deployment) -> None:
        assert self.answer(here, made, "u1", itemId="i1") == self.answer(here, made, "u1")  # resp-049
        assert [len(self.answer(here, made, "u1", numResults=n)) for n in (1, 25, 50)] == [1, 25, 50]
        assert len(self.answer(here, made, "u1")) == 25
        with refused("InvalidInputException", "A userId must be provided for recipe type USER_PERSONALIZATION."):
            here.runtime.get_recommendations(campaignArn=made.campaign)
        with refused("InvalidInputException", "Exactly one of campaignArn and recommenderArn must be provided."):
            here.runtime.get_recommendations(userId="u1")
        with pytest.raises(here.runtime.exceptions.InvalidInputException):
            self.answer(here, made, "u1", numResults=501)

    def test_recommendation_ids_differ(self, here: Account, made: Deployment) -> None:
        """resp-013: a new id for every call, its last part constant for a campaign."""
        ids = [
            here.runtime.get_recommendations(campaignArn=made.campaign, userId="u1")["recommendationId"]
            for _ in range(3)
        ]
        assert len(set(ids)) == 3
        assert len({each.split("-CID-")[1] for each in ids}) == 1
        assert all(re.fullmatch(r"RID-[0-9a-f]{2}(-[0-9a-f]{4}){2}-[0-9a-f]{12}-CID-[0-9a-f]{6}", each) for each in ids)

    def test_a_dataset_made_anew_takes_events_from_its_beginning(
        self, sim: Simulation, here: Account, made: Deployment
    ) -> None:
        """What the model knows of the old dataset's events says nothing of the new one's."""
        self.put(here, made, "i1", "i2", userId="u1")
        sim.clock.tick(hours=3)
        before = self.answer(here, made, "u1")
        here.personalize.delete_dataset(datasetArn=made.dataset)
        sim.clock.tick(minutes=1)
        here.personalize.create_dataset(
            name="again", schemaArn=made.schema, datasetGroupArn=made.group, datasetType="Interactions"
        )
        sim.clock.tick(minutes=1)
        assert self.answer(here, made, "u1") == before
        self.put(here, made, "i7", userId="u1")
        assert self.answer(here, made, "u1") != before
