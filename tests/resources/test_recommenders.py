"""Recommenders, through boto3: domains, trainings, updates, stops, retrainings and answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest
from support import RECIPE, Account, refused, schema_text, some_interactions

from simulator import Simulation, simulate
from simulator.resources.dump import dump

START = "2022-03-08T09:00:00Z"
ARN = "arn:aws:personalize:us-east-1:123456789012:"
USE_CASES = "arn:aws:personalize:::recipe/"
VIEWS = USE_CASES + "aws-ecomm-popular-items-by-views"
BEST_SELLERS = USE_CASES + "aws-ecomm-popular-items-by-purchases"
ALSO_VIEWED = USE_CASES + "aws-ecomm-customers-who-viewed-x-also-viewed"
FOR_YOU = USE_CASES + "aws-ecomm-recommended-for-you"
TOP_PICKS = USE_CASES + "aws-vod-top-picks"
CREATED = ["CREATE PENDING", "CREATE IN_PROGRESS", "ACTIVE"]
CONFIG = "recommenderConfig"
EXCLUDED = {"trainingDataConfig": {"excludedDatasetColumns": {"INTERACTIONS": ["DEVICE"]}}}
DEVICE = {"name": "DEVICE", "type": ["null", "string"], "categorical": True}


@pytest.fixture
def sim() -> Iterator[Simulation]:
    with simulate(start=START) as running:
        yield running


@pytest.fixture
def shop(sim: Simulation, here: Account) -> str:
    """An ECOMMERCE group with 1,100 views and 100 purchases."""
    return group(sim, here, views_and_purchases())


def views_and_purchases(purchases: int = 100) -> pd.DataFrame:
    views = some_interactions(1100, items=60).assign(EVENT_TYPE="View")
    bought = some_interactions(purchases, items=60, seed=1).assign(EVENT_TYPE="Purchase")
    frame: pd.DataFrame = pd.concat([views, bought]).assign(DEVICE="phone")
    return frame


def group(sim: Simulation, here: Account, frame: pd.DataFrame | None, domain: str = "ECOMMERCE") -> str:
    """A Domain dataset group with an Interactions dataset, the rows imported."""
    p = here.personalize
    arn: str = p.create_dataset_group(name="shop", domain=domain)["datasetGroupArn"]
    text = schema_text({"name": "EVENT_TYPE", "type": "string"}, DEVICE)
    schema = p.create_schema(name="shop", schema=text, domain=domain)["schemaArn"]
    sim.clock.tick(minutes=1)
    dataset = p.create_dataset(name="shop", schemaArn=schema, datasetGroupArn=arn, datasetType="Interactions")
    sim.clock.tick(minutes=1)
    if frame is not None:
        import_rows(sim, here, dataset["datasetArn"], frame)
    return arn


def import_rows(sim: Simulation, here: Account, dataset: str, frame: pd.DataFrame, name: str = "rows") -> None:
    job = here.personalize.create_dataset_import_job(
        jobName=name, datasetArn=dataset, dataSource={"dataLocation": here.upload(frame)}, roleArn=here.role
    )["datasetImportJobArn"]
    sim.clock.tick(minutes=5)
    shown = here.personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]
    assert shown["status"] == "ACTIVE", shown


def tracker(sim: Simulation, here: Account, of: str) -> str:
    answer: str = here.personalize.create_event_tracker(name="shop", datasetGroupArn=of)["trackingId"]
    sim.clock.tick(minutes=1)
    return answer


def put(here: Account, tracking_id: str, user: str, *items: str, event_type: str = "View") -> None:
    here.events.put_events(
        trackingId=tracking_id,
        userId=user,
        sessionId="s",
        eventList=[
            {"eventType": event_type, "itemId": item, "sentAt": 1_646_000_000 + place}
            for place, item in enumerate(items)
        ],
    )


def create(here: Account, of: str, recipe: str = VIEWS, name: str = "home", **more: Any) -> str:
    arn: str = here.personalize.create_recommender(name=name, datasetGroupArn=of, recipeArn=recipe, **more)[
        "recommenderArn"
    ]
    return arn


def active(sim: Simulation, here: Account, of: str, recipe: str = VIEWS, name: str = "home", **more: Any) -> str:
    arn = create(here, of, recipe, name, **more)
    sim.clock.tick(hours=1)
    assert describe(here, arn)["status"] == "ACTIVE"
    return arn


def describe(here: Account, arn: str) -> dict[str, Any]:
    shown: dict[str, Any] = here.personalize.describe_recommender(recommenderArn=arn)["recommender"]
    return shown


def recommended(here: Account, arn: str, **asked: Any) -> list[str]:
    answer = here.runtime.get_recommendations(recommenderArn=arn, **{"userId": "u1", "numResults": 500, **asked})
    return [item["itemId"] for item in answer["itemList"]]


def statuses(sim: Simulation, describe: Callable[[], str], minutes: int) -> list[str]:
    """What polling every half minute sees."""
    seen = []
    for _ in range(2 * minutes + 1):
        seen.append(describe())
        sim.clock.tick(seconds=30)
    return list(dict.fromkeys(seen))


class TestCreation:
    def test_from_creation_on(self, sim: Simulation, here: Account, shop: str) -> None:
        arn = create(here, shop, FOR_YOU)
        assert arn == f"{ARN}recommender/home"
        shown = describe(here, arn)
        summary = {
            *("name", "recommenderArn", "datasetGroupArn", "recipeArn", "recommenderConfig", "status"),
            *("creationDateTime", "lastUpdatedDateTime"),
        }
        assert shown.keys() == summary
        assert (shown["recipeArn"], shown[CONFIG]) == (FOR_YOU, {"minRecommendationRequestsPerSecond": 1})
        assert statuses(sim, lambda: describe(here, arn)["status"], 60) == CREATED
        shown = describe(here, arn)
        assert shown.keys() == {*summary, "modelMetrics"}
        assert all(0 <= value <= 1 for value in shown["modelMetrics"].values())
        config = {"minRecommendationRequestsPerSecond": 3, "itemExplorationConfig": {"explorationWeight": "0"}}
        other = create(here, shop, FOR_YOU, "other", recommenderConfig=config)
        assert describe(here, other)[CONFIG] == config
        listed = here.personalize.list_recommenders(datasetGroupArn=shop)["recommenders"]
        assert [each["name"] for each in listed] == ["home", "other"]
        assert {frozenset(each) for each in listed} == {frozenset(summary)}
        assert here.personalize.list_recommenders(datasetGroupArn=f"{shop}s")["recommenders"] == []

    @pytest.mark.parametrize(
        ("code", "changed", "wording"),
        [
            ("ResourceAlreadyExistsException", {}, f"Another resource with Arn {ARN}recommender/home already exists."),
            (
                "ResourceNotFoundException",
                {"datasetGroupArn": f"{ARN}dataset-group/none"},
                f"The given dataset group does not exist: {ARN}dataset-group/none",
            ),
            (
                "ResourceNotFoundException",
                {"recipeArn": f"{USE_CASES}none"},
                f"The given recipe does not exist: {USE_CASES}none",
            ),
            (
                "InvalidInputException",
                {"name": "other", "recipeArn": TOP_PICKS},
                f"The recipe {TOP_PICKS} is not a use case of the domain ECOMMERCE.",
            ),
            (
                "InvalidInputException",
                {"name": "other", "recipeArn": RECIPE},
                f"The recipe {RECIPE} is not a use case of the domain ECOMMERCE.",
            ),
        ],
    )
    def test_what_is_refused(
        self, sim: Simulation, here: Account, shop: str, code: str, changed: dict[str, str], wording: str
    ) -> None:
        create(here, shop)
        before = dump(sim._host.world)
        with refused(code, wording):
            here.personalize.create_recommender(
                **{"name": "home", "datasetGroupArn": shop, "recipeArn": VIEWS, **changed}
            )
        assert dump(sim._host.world) == before

    def test_too_few_events(self, sim: Simulation, here: Account, shop: str) -> None:
        """[fail-003]"""
        arn = create(here, shop, BEST_SELLERS)
        active(sim, here, shop, VIEWS, "views")
        shown = describe(here, arn)
        assert (shown["status"], shown["failureReason"]) == (
            "CREATE FAILED",
            "Dataset has fewer than 1000 interactions after filtering by event type: Purchase",
        )
        assert "modelMetrics" not in shown
        with refused("InvalidInputException", f"{arn} does not exist or is not active yet."):
            recommended(here, arn)
        here.personalize.delete_recommender(recommenderArn=arn)


class TestConfiguration:
    def test_what_may_be_configured(self, sim: Simulation, here: Account, shop: str) -> None:
        before = dump(sim._host.world)
        weight = {"itemExplorationConfig": {"explorationWeight": "0"}}
        with refused("InvalidInputException", f"itemExplorationConfig is not supported by the recipe {VIEWS}."):
            create(here, shop, VIEWS, recommenderConfig=weight)
        for name, value, wanted in (
            ("explorationWeight", "2", "a number from 0 to 1"),
            ("explorationItemAgeCutOff", "0.5", "a number from 1"),
        ):
            with refused(
                "InvalidInputException", f"Invalid value of the hyperparameter {name}: {value}. It must be {wanted}."
            ):
                create(here, shop, FOR_YOU, recommenderConfig={"itemExplorationConfig": {name: value}})
        with refused("InvalidInputException", "The schema of the INTERACTIONS dataset has no column COLOUR."):
            unknown = {"trainingDataConfig": {"excludedDatasetColumns": {"INTERACTIONS": ["COLOUR"]}}}
            create(here, shop, FOR_YOU, recommenderConfig=unknown)
        assert dump(sim._host.world) == before
        create(here, shop, FOR_YOU, recommenderConfig=weight)
        create(here, shop, FOR_YOU, "other", recommenderConfig=EXCLUDED)


class TestUpdates:
    def test_an_update(self, sim: Simulation, here: Account, shop: str) -> None:
        """[err-021]"""
        weight = {"itemExplorationConfig": {"explorationWeight": "0"}}
        update = here.personalize.update_recommender
        arn = create(here, shop, FOR_YOU, recommenderConfig=weight)
        wording = f"{arn} cannot be updated: its status must be ACTIVE, without an update in progress."
        with refused("ResourceInUseException", wording):
            update(recommenderArn=arn, recommenderConfig={"minRecommendationRequestsPerSecond": 2})
        sim.clock.tick(hours=1)
        before = dump(sim._host.world)
        for same in (weight, {}, {"minRecommendationRequestsPerSecond": 1}):
            with refused("InvalidInputException", f"The recommender {arn} has this configuration already."):
                update(recommenderArn=arn, recommenderConfig=same)
        assert dump(sim._host.world) == before
        metrics = describe(here, arn)["modelMetrics"]
        answer = update(recommenderArn=arn, recommenderConfig={"minRecommendationRequestsPerSecond": 2})
        assert answer["recommenderArn"] == arn
        new = {"minRecommendationRequestsPerSecond": 2, **weight}
        shown = describe(here, arn)
        assert shown["latestRecommenderUpdate"].keys() == {
            *(CONFIG, "status", "creationDateTime", "lastUpdatedDateTime"),
        }
        assert shown["lastUpdatedDateTime"] == shown["latestRecommenderUpdate"]["creationDateTime"]
        with refused("ResourceInUseException", wording):
            update(recommenderArn=arn, recommenderConfig={"minRecommendationRequestsPerSecond": 3})
        seen = []
        for _ in range(11):
            shown = describe(here, arn)
            seen.append((shown["status"], shown["latestRecommenderUpdate"]["status"], shown[CONFIG] == new))
            assert shown["latestRecommenderUpdate"][CONFIG] == new
            assert recommended(here, arn)
            sim.clock.tick(minutes=1)
        assert list(dict.fromkeys(seen)) == [
            ("ACTIVE", "CREATE PENDING", False),
            ("ACTIVE", "CREATE IN_PROGRESS", False),
            ("ACTIVE", "ACTIVE", True),
        ]
        assert describe(here, arn)["modelMetrics"] == metrics  # nothing was trained

    def test_other_columns(self, sim: Simulation, here: Account, shop: str) -> None:
        arn = active(sim, here, shop, VIEWS)
        put(here, tracker(sim, here, shop), "u1", "new")
        assert "new" not in recommended(here, arn)
        here.personalize.update_recommender(recommenderArn=arn, recommenderConfig=EXCLUDED)
        sim.clock.tick(minutes=5)
        assert "new" not in recommended(here, arn)
        sim.clock.tick(minutes=5)
        assert "new" in recommended(here, arn)
        import_rows(sim, here, f"{ARN}dataset/shop/INTERACTIONS", views_and_purchases(1100).tail(1000), "few-views")
        here.personalize.update_recommender(recommenderArn=arn, recommenderConfig={"trainingDataConfig": {}})
        sim.clock.tick(minutes=10)
        shown = describe(here, arn)
        assert (shown["status"], shown["latestRecommenderUpdate"]["status"]) == ("ACTIVE", "CREATE FAILED")
        assert shown["latestRecommenderUpdate"]["failureReason"] == (
            "Dataset has fewer than 1000 interactions after filtering by event type: View"
        )
        assert shown[CONFIG] == {"minRecommendationRequestsPerSecond": 1, **EXCLUDED}
        assert "new" in recommended(here, arn)


def test_stopping_and_starting(sim: Simulation, here: Account, shop: str) -> None:
    """[err-006] [resp-027]"""
    arn = create(here, shop)
    for call, done, wanted in (
        (here.personalize.stop_recommender, "stopped", "ACTIVE, without an update in progress"),
        (here.personalize.start_recommender, "started", "INACTIVE"),
    ):
        with refused("ResourceInUseException", f"{arn} cannot be {done}: its status must be {wanted}."):
            call(recommenderArn=arn)
    with refused("InvalidInputException", f"{arn} does not exist or is not active yet."):
        recommended(here, arn)
    sim.clock.tick(hours=1)
    answers, metrics = recommended(here, arn), describe(here, arn)["modelMetrics"]
    with refused("ResourceInUseException", f"{arn} cannot be started: its status must be INACTIVE."):
        here.personalize.start_recommender(recommenderArn=arn)
    assert here.personalize.stop_recommender(recommenderArn=arn)["recommenderArn"] == arn
    with refused("InvalidInputException", f"{arn} does not exist or is not active yet."):
        recommended(here, arn)
    assert statuses(sim, lambda: describe(here, arn)["status"], 5) == [
        *("STOP PENDING", "STOP IN_PROGRESS", "INACTIVE"),
    ]
    with refused("InvalidInputException", f"{arn} does not exist or is not active yet."):
        recommended(here, arn)
    with refused(
        "ResourceInUseException",
        f"{arn} cannot be stopped: its status must be ACTIVE, without an update in progress.",
    ):
        here.personalize.stop_recommender(recommenderArn=arn)
    assert here.personalize.start_recommender(recommenderArn=arn)["recommenderArn"] == arn
    assert statuses(sim, lambda: describe(here, arn)["status"], 5) == [
        *("START PENDING", "START IN_PROGRESS", "ACTIVE"),
    ]
    assert (recommended(here, arn), describe(here, arn)["modelMetrics"]) == (answers, metrics)


class TestRetraining:
    def test_every_seven_days(self, sim: Simulation, here: Account, shop: str) -> None:
        arn = active(sim, here, shop)
        created = describe(here, arn)
        tracking_id = tracker(sim, here, shop)
        put(here, tracking_id, "u1", "in-time")
        sim.clock.tick(days=6, hours=22)
        assert "in-time" not in recommended(here, arn)
        sim.clock.tick(hours=1)  # the retraining has begun
        put(here, tracking_id, "u1", "too-late")
        assert "in-time" not in recommended(here, arn)
        sim.clock.tick(hours=1)
        known = recommended(here, arn)
        assert "in-time" in known
        assert "too-late" not in known
        shown = describe(here, arn)
        assert {**shown, "modelMetrics": None} == {**created, "modelMetrics": None}
        sim.clock.tick(days=7)
        assert "too-late" in recommended(here, arn)

    def test_not_while_stopped(self, sim: Simulation, here: Account, shop: str) -> None:
        arn = active(sim, here, shop)
        put(here, tracker(sim, here, shop), "u1", "new")
        here.personalize.stop_recommender(recommenderArn=arn)
        sim.clock.tick(days=8)
        here.personalize.start_recommender(recommenderArn=arn)
        sim.clock.tick(minutes=5)
        assert "new" not in recommended(here, arn)
        sim.clock.tick(days=5, hours=23)  # the second retraining is under way
        here.personalize.stop_recommender(recommenderArn=arn)
        sim.clock.tick(minutes=5)
        here.personalize.start_recommender(recommenderArn=arn)
        sim.clock.tick(hours=2)
        assert "new" not in recommended(here, arn)
        sim.clock.tick(days=7)
        assert "new" in recommended(here, arn)

    def test_an_update_trains_with_the_columns_that_it_chooses(self, sim: Simulation, here: Account, shop: str) -> None:
        arn = active(sim, here, shop, FOR_YOU)
        [inventory] = [each for each in sim._host.world.inventories.values() if arn in each.recommenders]

        def contexts() -> bool:
            """Whether what the model has learned knows of contexts, of which DEVICE is the only one."""
            return getattr(inventory.recommenders[arn].model, "by_context", None) is not None

        assert contexts()
        here.personalize.update_recommender(recommenderArn=arn, recommenderConfig=EXCLUDED)
        sim.clock.tick(hours=2)
        assert describe(here, arn)["latestRecommenderUpdate"]["status"] == "ACTIVE"
        assert not contexts()
        asked = recommended(here, arn), recommended(here, arn, context={"DEVICE": "phone"})
        assert asked[0] == asked[1]

    def test_an_update_that_retrains_takes_the_place_of_a_retraining(
        self, sim: Simulation, here: Account, shop: str
    ) -> None:
        arn = active(sim, here, shop)
        sim.clock.tick(days=6, hours=23, minutes=-5)
        here.personalize.update_recommender(recommenderArn=arn, recommenderConfig=EXCLUDED)
        sim.clock.tick(minutes=10)
        shown = describe(here, arn)
        assert (shown["status"], shown["latestRecommenderUpdate"]["status"]) == ("ACTIVE", "ACTIVE")
        here.personalize.update_recommender(recommenderArn=arn, recommenderConfig={"trainingDataConfig": {}})
        sim.clock.tick(hours=2)
        shown = describe(here, arn)
        assert (shown["status"], shown["latestRecommenderUpdate"]["status"]) == ("ACTIVE", "ACTIVE")
        held = next(
            each for inventory in sim._host.world.inventories.values() for each in [inventory.recommenders[arn]]
        )
        assert held.begun is None

    def test_every_two_hours(self, sim: Simulation, here: Account, shop: str) -> None:
        for_you = create(here, shop, FOR_YOU, "you")
        viewed = active(sim, here, shop, VIEWS, "views")
        put(here, tracker(sim, here, shop), "u2", "new")
        sim.clock.tick(hours=2)
        assert "new" in recommended(here, for_you)
        assert "new" not in recommended(here, viewed)
        here.personalize.stop_recommender(recommenderArn=for_you)
        sim.clock.tick(hours=5)
        here.personalize.delete_recommender(recommenderArn=for_you)
        sim.clock.tick(days=30)
        assert [each["name"] for each in here.personalize.list_recommenders()["recommenders"]] == ["views"]


def test_deletion(sim: Simulation, here: Account, shop: str) -> None:
    """[life-014]"""
    delete = here.personalize.delete_recommender
    arn = create(here, shop)
    for begin, what, minutes in (
        (lambda: None, "creation", 60),
        (
            lambda: here.personalize.update_recommender(
                recommenderArn=arn, recommenderConfig={"minRecommendationRequestsPerSecond": 2}
            ),
            "update",
            10,
        ),
        (lambda: here.personalize.stop_recommender(recommenderArn=arn), "stop", 5),
        (lambda: here.personalize.start_recommender(recommenderArn=arn), "start", 5),
    ):
        begin()
        for _ in range(2):
            with refused("ResourceInUseException", f"{arn} cannot be deleted while its {what} is in progress."):
                delete(recommenderArn=arn)
            sim.clock.tick(minutes=minutes / 2)
    delete(recommenderArn=arn)
    assert "modelMetrics" not in describe(here, arn)
    with refused("InvalidInputException", f"{arn} does not exist or is not active yet."):
        recommended(here, arn)
    assert statuses(sim, lambda: describe(here, arn)["status"], 16) == ["DELETE PENDING", "DELETE IN_PROGRESS"]
    sim.clock.tick(minutes=1)
    for operation in ("describe_recommender", "delete_recommender", "stop_recommender", "start_recommender"):
        with refused("ResourceNotFoundException", f"The given recommender does not exist: {arn}"):
            getattr(here.personalize, operation)(recommenderArn=arn)
    assert create(here, shop) == arn


class TestAnswers:
    def test_also_viewed(self, sim: Simulation, here: Account, shop: str) -> None:
        """[resp-027]"""
        arn = active(sim, here, shop, ALSO_VIEWED)
        answer = here.runtime.get_recommendations(recommenderArn=arn, userId="u1", itemId="i1", numResults=20)
        assert {frozenset(item) for item in answer["itemList"]} == {frozenset({"itemId"})}
        assert answer["recommendationId"].startswith("RID-")
        with refused("InvalidInputException", "An itemId must be provided for recipe type RELATED_ITEMS."):
            here.runtime.get_recommendations(recommenderArn=arn, userId="u1")
        with refused("InvalidInputException", "A userId must be provided for recipe type RELATED_ITEMS."):
            here.runtime.get_recommendations(recommenderArn=arn, itemId="i1")
        with refused("InvalidInputException", "Exactly one of campaignArn and recommenderArn must be provided."):
            here.runtime.get_recommendations(recommenderArn=arn, campaignArn=f"{ARN}campaign/x", userId="u1")

    def test_what_the_user_has_is_left_out(self, sim: Simulation, here: Account, shop: str) -> None:
        arn = active(sim, here, shop, FOR_YOU)
        rows = views_and_purchases()
        everything = set(rows.ITEM_ID)
        bought = set(rows[(rows.USER_ID == "u1") & (rows.EVENT_TYPE == "Purchase")].ITEM_ID)
        assert bought
        assert set(recommended(here, arn)) == everything - bought
        assert set(recommended(here, arn, userId="nobody")) == everything
        put(here, tracker(sim, here, shop), "u1", "i5", event_type="Purchase")
        assert set(recommended(here, arn)) == everything - bought
        sim.clock.tick(minutes=15)  # until filters see it
        assert set(recommended(here, arn)) == everything - bought - {"i5"}

    def test_events_count_at_once_where_they_do(self, sim: Simulation, here: Account, shop: str) -> None:
        for_you = create(here, shop, FOR_YOU, "you")
        viewed = active(sim, here, shop, VIEWS, "views")
        before = recommended(here, for_you), recommended(here, viewed)
        put(here, tracker(sim, here, shop), "u1", "i7", "i9")
        assert recommended(here, for_you) != before[0]
        assert recommended(here, viewed) == before[1]


class TestNews:
    """What a recommender's automatic updates and retrainings need."""

    @pytest.mark.rule("recommenders.automatic-update-of-news")
    def test_an_update_needs_something_new(self, sim: Simulation, here: Account) -> None:
        of = group(sim, here, views_and_purchases())
        tracking_id = tracker(sim, here, of)
        arn = active(sim, here, of, FOR_YOU)
        [inventory] = sim._host.world.inventories.values()
        found = inventory.recommenders[arn]
        models = [found.model]

        def two_hours() -> bool:
            sim.clock.tick(hours=2)
            here.personalize.list_schemas()
            models.append(found.model)
            return models[-1] is not models[-2]

        assert not two_hours()
        put(here, tracking_id, "u1", "new")
        assert two_hours()
        assert not two_hours()
