"""`sim.deploy`: from frames to a campaign that answers, and the short calls of what it gives."""

from __future__ import annotations

import functools
import json
from datetime import timedelta
from typing import Any

import boto3
import numpy as np
import pandas as pd
import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws
from support import some_interactions

from simulator import Simulation, SimulatorError, compare, current, recommendations_frame, simulate
from simulator.deploying import Deployment
from simulator.deploying.events import calls_of
from simulator.recommend.catalogue import RECIPES, Recipe

INTERACTIONS = some_interactions()
ANSWERS = ("GetRecommendations", "GetPersonalizedRanking")
SERVED = [each for each in RECIPES.values() if each.operation in ANSWERS and not each.legacy]
OTHERS = [each for each in RECIPES.values() if each.operation not in ANSWERS]


@functools.cache
def client(service: str) -> Any:
    """To make a client takes longer than most tests, so all share them."""
    return boto3.client(service, region_name="us-east-1")


@pytest.fixture
def films(sim: Simulation) -> Deployment:
    return sim.deploy(INTERACTIONS, name="films")


def typed(*kinds: str, rows: int = 2400) -> pd.DataFrame:
    frame = some_interactions(rows)
    return frame.assign(EVENT_TYPE=np.resize(kinds, rows))


def test_an_event_changes_the_list_of_its_user_alone(sim: Simulation) -> None:
    films = sim.deploy(INTERACTIONS)
    before = {user: films.recommend(user, num_results=10) for user in ("u1", "u2")}
    films.put_events([{"USER_ID": "u1", "ITEM_ID": "i70", "EVENT_TYPE": "click"}])
    assert not compare(before["u1"], films.recommend("u1", num_results=10)).same_order
    compare(before["u2"], films.recommend("u2", num_results=10)).assert_identical()


def test_everything_that_is_made_is_there(sim: Simulation, films: Deployment) -> None:
    personalize = client("personalize")
    assert (films.name, films.recipe, films.region) == ("films", "aws-user-personalization", "us-east-1")
    group = personalize.describe_dataset_group(datasetGroupArn=films.dataset_group_arn)["datasetGroup"]
    assert (group["name"], group["status"]) == ("films", "ACTIVE")
    [job] = films.import_job_arns.values()
    job = personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]
    assert job["datasetArn"] == films.dataset_arns["Interactions"]
    assert job["roleArn"] == films.role_arn
    assert job["dataSource"]["dataLocation"].startswith(f"s3://{films.bucket}/")
    dataset = personalize.describe_dataset(datasetArn=films.dataset_arns["Interactions"])["dataset"]
    assert dataset["schemaArn"] == films.schema_arns["Interactions"]
    tracker = personalize.describe_event_tracker(eventTrackerArn=films.event_tracker_arn)["eventTracker"]
    assert tracker["trackingId"] == films.tracking_id
    solution = personalize.describe_solution(solutionArn=films.solution_arn)["solution"]
    assert not solution["performAutoTraining"]
    assert solution["latestSolutionVersion"]["solutionVersionArn"] == films.solution_version_arn
    campaign = personalize.describe_campaign(campaignArn=films.campaign_arn)["campaign"]
    assert (campaign["solutionVersionArn"], campaign["status"]) == (films.solution_version_arn, "ACTIVE")
    assert films.recommender_arn is None
    client("s3").head_bucket(Bucket=films.bucket)


def test_what_it_recommends_is_what_the_service_answers(films: Deployment) -> None:
    runtime = client("personalize-runtime")
    answer = runtime.get_recommendations(campaignArn=films.campaign_arn, userId="u1", numResults=7)
    found = films.recommend("u1", num_results=7)
    pd.testing.assert_frame_equal(found, recommendations_frame(answer))
    assert found.index.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert len(films.recommend("u1")) == 25


def test_virtual_time_passes_as_each_part_takes() -> None:
    with simulate(start="2022-03-08T09:00:00Z") as sim:
        films = sim.deploy(INTERACTIONS)
        # Group, dataset, event tracker: 30 seconds each; the import 5 minutes, the training 25, the campaign 5.
        assert sim.clock.now().isoformat() == "2022-03-08T09:36:30+00:00"
        version = films.retrain()
        assert sim.clock.now().isoformat() == "2022-03-08T10:06:30+00:00"
        campaign = client("personalize").describe_campaign(campaignArn=films.campaign_arn)["campaign"]
        assert campaign["solutionVersionArn"] == version


@pytest.mark.parametrize("recipe", SERVED, ids=lambda recipe: recipe.name)
def test_every_recipe_that_answers_with_items(sim: Simulation, recipe: Recipe) -> None:
    items, marks = items_of(recipe), {}
    if recipe.name == "aws-semantic-similarity":
        marks = {"textual": "ABOUT", "item_name": "TITLE"}
    interactions = typed(recipe.event_type or "View") if "INTERACTIONS" in recipe.required_datasets else None
    made = sim.deploy(interactions, recipe=recipe.name, items=items, **marks)
    assert (made.campaign_arn is None) == (made.recommender_arn is not None) == (recipe.domain is not None)
    if recipe.operation == "GetPersonalizedRanking":
        ranked = made.rank("u1", ["i5", "i3", "i1"])
        assert sorted(ranked["itemId"]) == ["i1", "i3", "i5"]
    else:
        asked = {"userId": "user_id", "itemId": "item_id"}
        values = {"userId": "u1", "itemId": "i3"}
        found = made.recommend(**{asked[member]: values[member] for member in recipe.request_fields}, num_results=3)
        assert len(found) == 3
        assert ("score" in found) == (recipe.scores is not None)


def items_of(recipe: Recipe) -> pd.DataFrame | None:
    if "ITEMS" not in recipe.required_datasets:
        return None
    ids = [f"i{number}" for number in range(80)]
    frame = pd.DataFrame({"ITEM_ID": ids, "GENRES": np.resize(["x", "y", "z"], 80), "CREATION_TIMESTAMP": range(80)})
    if recipe.name == "aws-semantic-similarity":
        frame = frame.assign(TITLE=ids, ABOUT=np.resize(["a tale of ships", "a tale of trains", "songs"], 80))
    return frame


def test_metadata_filters_and_configurations(sim: Simulation) -> None:
    users = pd.DataFrame({"USER_ID": [f"u{number}" for number in range(60)], "AGE": range(60)})
    items = pd.DataFrame(
        {"ITEM_ID": [f"i{number}" for number in range(80)], "GENRES": [["x"], ["x", "y"]] * 40, "NEW": [True] * 80}
    )
    shop = sim.deploy(
        typed("click", "view").assign(DEVICE="phone"),
        users=users,
        items=items,
        filters={"only-y": 'INCLUDE ItemID WHERE Items.GENRES IN ("y")'},
        solution_config={"algorithmHyperParameters": {"hidden_dimension": "50"}},
        campaign_config={"enableMetadataWithRecommendations": True},
    )
    assert list(shop.dataset_arns) == ["Interactions", "Items", "Users"]
    found = shop.recommend(
        "u1",
        num_results=5,
        filterArn=shop.filter_arns["only-y"],
        metadataColumns={"ITEMS": ["GENRES", "NEW"]},
        context={"DEVICE": "phone"},
    )
    metadata = found[[name for name in found if name.startswith("metadata.")]]
    assert metadata.shape == (5, 2)
    assert "x|y" in metadata.to_numpy()
    assert all(int(item[1:]) % 2 for item in found["itemId"])
    solution = client("personalize").describe_solution(solutionArn=shop.solution_arn)["solution"]
    assert solution["solutionConfig"]["algorithmHyperParameters"] == {"hidden_dimension": "50"}


def test_a_recommender_has_its_configuration(sim: Simulation) -> None:
    made = sim.deploy(
        typed("View"),
        recipe="arn:aws:personalize:::recipe/aws-ecomm-popular-items-by-views",
        recommender_config={"minRecommendationRequestsPerSecond": 2},
    )
    described = client("personalize").describe_recommender(recommenderArn=made.recommender_arn)["recommender"]
    assert described["recommenderConfig"]["minRecommendationRequestsPerSecond"] == 2
    group = client("personalize").describe_dataset_group(datasetGroupArn=made.dataset_group_arn)["datasetGroup"]
    assert group["domain"] == "ECOMMERCE"
    with pytest.raises(SimulatorError, match="has a recommender, which cannot be trained on request"):
        made.retrain()


def test_a_campaign_that_follows_the_latest_version() -> None:
    with simulate(start="2022-03-08T09:00:00Z") as sim:
        films = sim.deploy(INTERACTIONS, campaign_config={"syncWithLatestSolutionVersion": True})
        version = films.retrain()
        campaign = client("personalize").describe_campaign(campaignArn=films.campaign_arn)["campaign"]
        assert campaign["solutionVersionArn"] == version == films.solution_version_arn
        assert campaign["latestCampaignUpdate"]["status"] == "ACTIVE"


def test_automatic_training_is_asked_for_by_its_schedule(sim: Simulation) -> None:
    films = sim.deploy(INTERACTIONS, solution_config={"autoTrainingConfig": {"schedulingExpression": "rate(3 days)"}})
    films.put_events([{"USER_ID": "u1", "ITEM_ID": "i70", "EVENT_TYPE": "click"}])
    sim.clock.tick(days=7)
    versions = client("personalize").list_solution_versions(solutionArn=films.solution_arn)["solutionVersions"]
    assert {each["trainingType"] for each in versions} == {"MANUAL", "AUTOMATIC"}


def test_each_deployment_has_a_name_of_its_own(sim: Simulation) -> None:
    made = [sim.deploy(INTERACTIONS), sim.deploy(INTERACTIONS, name="Films_2"), sim.deploy(INTERACTIONS)]
    assert [each.name for each in made] == ["deployed", "Films_2", "deployed-2"]
    assert [each.bucket for each in made] == [
        "personalize-deployed",
        "personalize-films-2",
        "personalize-deployed-2",
    ]
    assert len({each.campaign_arn for each in made}) == 3


def test_another_region(sim: Simulation) -> None:
    films = sim.deploy(INTERACTIONS, region="eu-west-1")
    assert films.region == "eu-west-1"
    assert ":eu-west-1:" in str(films.campaign_arn)
    assert len(films.recommend("u1")) == 25


def test_the_same_frames_make_the_same_answers() -> None:
    answers = []
    for _ in range(2):
        with simulate(start="2022-03-08T09:00:00Z", seed=5) as sim:
            answers.append(sim.deploy(INTERACTIONS).recommend("u1"))
    compare(*answers).assert_identical()


def test_a_frame_is_left_as_it_is(sim: Simulation) -> None:
    frame = INTERACTIONS.assign(TAGS=[["a"]] * len(INTERACTIONS))
    kept = frame.copy(deep=True)
    sim.deploy(frame)
    pd.testing.assert_frame_equal(frame, kept)


def test_under_a_plain_mock() -> None:
    with mock_aws():
        here = current()
        assert here is not None
        films = here.deploy(INTERACTIONS, region="us-east-1")
        before = films.recommend("u1")
        films.put_events([{"USER_ID": "u1", "ITEM_ID": "i70", "EVENT_TYPE": "click"}])
        assert not compare(before, films.recommend("u1")).identical


def test_events_go_out_as_they_are_given(sim: Simulation) -> None:
    films = sim.deploy(typed("click").assign(DEVICE="phone", EVENT_VALUE=1.0))
    films.put_events(
        pd.DataFrame(
            {
                "USER_ID": ["u1", "u2", "u1"],
                "ITEM_ID": ["i1", "i2", "i3"],
                "EVENT_TYPE": ["click", "view", "click"],
                "EVENT_VALUE": [2, None, 3.5],
                "TIMESTAMP": [1646730000, 1646730001, 1646730002],
                "DEVICE": ["tv", None, "phone"],
                "IMPRESSION": [["i1", "i2"], None, None],
                "SESSION_ID": ["s", "s", None],
                "EVENT_ID": ["e1", None, None],
            }
        )
    )
    seen = [(each.user, each.item, each.event_type) for each in sim.journal.events()]
    assert sorted(seen) == [("u1", "i1", "click"), ("u1", "i3", "click"), ("u2", "i2", "view")]
    personalize = client("personalize")
    job = personalize.create_dataset_export_job(
        jobName="put",
        datasetArn=films.dataset_arns["Interactions"],
        ingestionMode="PUT",
        roleArn=films.role_arn,
        jobOutput={"s3DataDestination": {"path": f"s3://{films.bucket}/out/"}},
    )["datasetExportJobArn"]
    assert personalize.describe_dataset_export_job(datasetExportJobArn=job)["datasetExportJob"]["status"] == "ACTIVE"
    [found] = client("s3").list_objects_v2(Bucket=films.bucket, Prefix="out/")["Contents"]
    body = client("s3").get_object(Bucket=films.bucket, Key=found["Key"])["Body"]
    rows = pd.read_csv(body, dtype=str).rename(columns=str.lower).sort_values("item_id")
    assert rows["event_value"].astype(float).tolist()[::2] == [2, 3.5]
    assert rows["device"].tolist()[::2] == ["tv", "phone"]
    assert rows["event_value"].isna().tolist() == rows["device"].isna().tolist() == [False, True, False]


def test_events_of_a_session_go_out_together_ten_a_call() -> None:
    rows = [{"USER_ID": user, "ITEM_ID": number, "EVENT_TYPE": "click"} for number in range(25) for user in (7, 8)]
    calls = list(calls_of(rows, now=5))
    sizes = [(call["userId"], len(call["eventList"])) for call in calls]
    assert sizes == [("7", 10), ("7", 10), ("7", 5), ("8", 10), ("8", 10), ("8", 5)]
    sent = [event for call in calls[:3] for event in call["eventList"]]
    assert sent == [{"sentAt": 5, "itemId": str(number), "eventType": "click"} for number in range(25)]
    assert {call["sessionId"] for call in calls} == {"session-7", "session-8"}


def test_each_column_of_an_event_goes_where_it_belongs() -> None:
    row = {
        "USER_ID": "u",
        "SESSION_ID": "s",
        "ITEM_ID": "a",
        "EVENT_TYPE": "click",
        "EVENT_VALUE": 2,
        "EVENT_ID": "e",
        "TIMESTAMP": pd.Timestamp(10, unit="s", tz="UTC"),
        "RECOMMENDATION_ID": "RID-1",
        "IMPRESSION": ["a", "b"],
        "EVENT_ATTRIBUTION_SOURCE": "mail",
        "NUM_CLICKS": 3,
        "DEVICE": "tv",
    }
    [call] = calls_of([row], now=5)
    [event] = call.pop("eventList")
    assert call == {"userId": "u", "sessionId": "s"}
    assert json.loads(event.pop("properties")) == {"numClicks": 3, "device": "tv"}
    assert event == {
        "itemId": "a",
        "eventType": "click",
        "eventValue": 2,
        "eventId": "e",
        "sentAt": 10,
        "recommendationId": "RID-1",
        "impression": ["a", "b"],
        "metricAttribution": {"eventAttributionSource": "mail"},
    }


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"USER_ID": "u", "ITEM_ID": "a"}], "events has no column EVENT_TYPE; it has USER_ID, ITEM_ID"),
        ([], "events has no columns USER_ID, ITEM_ID, EVENT_TYPE"),
        ([{"USER_ID": "u", "ITEM_ID": "a", "EVENT_TYPE": None}], "EVENT_TYPE of events has no value in row 0"),
        ([{"USER_ID": None, "ITEM_ID": "a", "EVENT_TYPE": "x"}], "USER_ID of events has no value in row 0"),
    ],
)
def test_events_that_lack_something(films: Deployment, rows: Any, words: str) -> None:
    with pytest.raises(SimulatorError, match=words):
        films.put_events(rows)


@pytest.mark.parametrize("recipe", OTHERS, ids=lambda recipe: recipe.name)
def test_recipes_that_are_not_deployed(sim: Simulation, recipe: Recipe) -> None:
    with pytest.raises(SimulatorError, match=f"{recipe.name} is for (batch segment jobs|GetActionRecommendations)"):
        sim.deploy(INTERACTIONS, recipe=recipe.name)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"recipe": "aws-user"}, "there is no recipe 'aws-user' to deploy; there are .*aws-user-personalization"),
        ({"interactions": None}, "aws-user-personalization needs interactions"),
        ({"recipe": "aws-semantic-similarity"}, "aws-semantic-similarity needs items"),
        ({"recommender_config": {}}, "is deployed with a campaign: it takes no recommender_config"),
        ({"recipe": "aws-vod-most-popular", "solution_config": {}}, "is deployed with a recommender"),
        ({"recipe": "aws-vod-most-popular", "campaign_config": {}}, "is deployed with a recommender"),
        ({"textual": "ABOUT"}, "textual and item_name name columns of items, and there are none"),
        ({"interactions": pd.DataFrame()}, "interactions has no columns USER_ID, ITEM_ID, TIMESTAMP"),
        ({"users": pd.DataFrame({"AGE": [1]})}, "users has no column USER_ID; it has AGE"),
        ({"recipe": "aws-vod-most-popular"}, "interactions has no column EVENT_TYPE, which VIDEO_ON_DEMAND wants"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_made(
    sim: Simulation, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(SimulatorError, match=words):
        sim.deploy(**{"interactions": INTERACTIONS, **options})
    assert client("personalize").list_dataset_groups()["datasetGroups"] == []
    assert client("s3").list_buckets()["Buckets"] == []


def test_too_few_rows_to_import(sim: Simulation) -> None:
    with pytest.raises(SimulatorError, match=r"dataset-import-job/deployed-interactions: CREATE FAILED: .*1000"):
        sim.deploy(INTERACTIONS.head(999))


def test_too_few_users_to_train(sim: Simulation) -> None:
    with pytest.raises(SimulatorError, match=r"solution/deployed/.*: CREATE FAILED: .*fewer than 25 users"):
        sim.deploy(some_interactions(users=24))


def test_too_few_events_of_the_use_case(sim: Simulation) -> None:
    with pytest.raises(SimulatorError, match=r"recommender/deployed: CREATE FAILED: .*fewer than 1000.*Watch"):
        sim.deploy(typed("Click"), recipe="aws-vod-most-popular")


def test_a_value_that_spans_lines_fails_the_import(sim: Simulation) -> None:
    items = pd.DataFrame({"ITEM_ID": ["i1"], "GENRES": ["x\ny"]})
    with pytest.raises(SimulatorError, match=r"items: CREATE FAILED: Length cannot be more than 1000 .*GENRES"):
        sim.deploy(INTERACTIONS, items=items)


def test_what_the_service_refuses_is_its_own_error(sim: Simulation, films: Deployment) -> None:
    with pytest.raises(ClientError, match="no longer available"):
        sim.deploy(INTERACTIONS, recipe="aws-hrnn")
    with pytest.raises(ClientError, match="ResourceAlreadyExistsException"):
        sim.deploy(INTERACTIONS, name="films")
    with pytest.raises(ClientError, match="at most 5 are allowed"):
        sim.deploy(INTERACTIONS.assign(**{f"X{number}": 1 for number in range(6)}))
    with pytest.raises(ClientError, match="it must have a metadata field"):
        sim.deploy(INTERACTIONS, users=pd.DataFrame({"USER_ID": ["u1"]}))
    with pytest.raises(ClientError, match="Invalid Expression"):
        sim.deploy(INTERACTIONS, filters={"wrong": "INCLUDE"})
    with pytest.raises(ClientError):
        sim.deploy(INTERACTIONS, name="my films")
    with pytest.raises(ClientError):
        films.rank("u1", ["i1"])
    with pytest.raises(ClientError):
        films.recommend("u1", num_results=501)


def test_after_the_simulation_nothing_is_called() -> None:
    with simulate(durations="instant") as sim:
        films = sim.deploy(INTERACTIONS)
    with simulate(durations="instant"):
        for call in (lambda: films.recommend("u1"), lambda: films.rank("u1", ["i1"]), films.retrain):
            with pytest.raises(SimulatorError, match="has been left"):
                call()
    with pytest.raises(SimulatorError, match="has been left"):
        films.put_events([{"USER_ID": "u1", "ITEM_ID": "i1", "EVENT_TYPE": "click"}])


def test_without_interactions_there_is_no_tracker(sim: Simulation) -> None:
    recipe = RECIPES["arn:aws:personalize:::recipe/aws-semantic-similarity"]
    made = sim.deploy(None, recipe=recipe.name, items=items_of(recipe), textual="ABOUT", item_name="TITLE")
    assert (made.tracking_id, made.event_tracker_arn) == (None, None)
    with pytest.raises(SimulatorError, match="deployed without interactions: it has no event tracker"):
        made.put_events([{"USER_ID": "u1", "ITEM_ID": "i1", "EVENT_TYPE": "click"}])


FEW = {
    "active_dataset_groups": 10_000,
    "active_schemas": 10_000,
    "interaction_records_per_import": 1,
    "interactions_of_a_training": 1,
    "paired_users_of_a_training": 1,
}
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), min_size=1, max_size=12)
METADATA: list[tuple[st.SearchStrategy[Any], str]] = [
    (st.none() | WORDS, "object"),
    (st.integers(-(2**31), 2**31), "int64"),
    (st.none() | st.floats(allow_nan=False, allow_infinity=False), "float64"),
    (st.none() | st.booleans(), "boolean"),
]


@st.composite
def metadata(draw: st.DrawFn, name: str, ids: list[str]) -> pd.DataFrame:
    found = {name: ids}
    for column in draw(st.sets(st.sampled_from("VWXYZ"), min_size=1)):
        values, dtype = draw(st.sampled_from(METADATA))
        found[column] = pd.Series(draw(st.lists(values, min_size=len(ids), max_size=len(ids))), dtype=dtype)
    return pd.DataFrame(found)


@settings(max_examples=10, deadline=None)
@given(st.data())
def test_any_frames_of_valid_columns_are_deployed(data: st.DataObject) -> None:
    users, items = data.draw(st.lists(WORDS, min_size=1, max_size=3, unique=True)), ["a", "b", "c"]
    rows = [(user, item, second) for second, user in enumerate(users) for item in items]
    interactions = pd.DataFrame(rows, columns=["USER_ID", "ITEM_ID", "TIMESTAMP"])
    values, dtype = data.draw(st.sampled_from(METADATA))
    interactions["X"] = pd.Series(data.draw(st.lists(values, min_size=len(rows), max_size=len(rows))), dtype=dtype)
    users_frame = data.draw(st.none() | metadata("USER_ID", users))
    items_frame = data.draw(st.none() | metadata("ITEM_ID", items))
    with simulate(start="2022-03-08T09:00:00Z", durations="instant", quotas=FEW) as sim:
        made = sim.deploy(interactions, users=users_frame, items=items_frame)
        assert set(made.recommend(users[0])["itemId"]) <= set(items)
        personalize = client("personalize")
        for arn in made.import_job_arns.values():
            job = personalize.describe_dataset_import_job(datasetImportJobArn=arn)["datasetImportJob"]
            assert job["status"] == "ACTIVE"
        for arn in made.schema_arns.values():
            assert json.loads(personalize.describe_schema(schemaArn=arn)["schema"]["schema"])["fields"]


def test_time_of_its_own() -> None:
    with simulate(start="2022-03-08T09:00:00Z", freeze=False, durations={"campaign": timedelta(days=1)}) as sim:
        sim.deploy(INTERACTIONS)
        assert sim.clock.now().isoformat() == "2022-03-09T09:31:30+00:00"
