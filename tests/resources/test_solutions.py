"""Solutions: what CreateSolution takes, what it shows again, and updates, through boto3.

All tests share one world and three dataset groups; they create solutions of their own names and let time pass.
"""

from __future__ import annotations

import itertools
import json
import warnings
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from support import Account, account, dataset, import_csv, refused, some_interactions

from simulator import NotSimulatedWarning, Simulation, simulate
from simulator.resources.dump import dump

RECIPE = "arn:aws:personalize:::recipe/aws-"
INVALID = "InvalidInputException"
NAMES = (f"s{number}" for number in itertools.count())

EVENTS = (
    {"name": "EVENT_TYPE", "type": "string"},
    {"name": "EVENT_VALUE", "type": ["float", "null"]},
    {"name": "DEVICE", "type": "string", "categorical": True},
)
ITEMS = (
    {"name": "ITEM_ID", "type": "string"},
    {"name": "GENRE", "type": "string", "categorical": True},
    {"name": "PRICE", "type": "float"},
    {"name": "RATING", "type": ["float", "null"]},
    {"name": "YEAR", "type": "int"},
)


class Here:
    """The shared world: a group with typed interactions and items, one with plain interactions, one with nothing
    but an empty dataset."""

    def __init__(self, sim: Simulation, on: Account) -> None:
        self.sim = sim
        self.on = on
        self.api = on.personalize
        self.rich = self.group("rich", EVENTS)
        frame = some_interactions(1000, 30, 40).assign(EVENT_TYPE="click", EVENT_VALUE=0.5, DEVICE="phone")
        import_csv(on, self.rich, frame, name="rich")
        self.add(self.rich.group, "Items", ITEMS)
        rows = {"ITEM_ID": ["i1", "i2"], "GENRE": ["a", "b"], "PRICE": [1.0, 2.0], "RATING": [3.0, 4.0]}
        items = pd.DataFrame({**rows, "YEAR": [1999, 2000]}).to_csv(index=False).encode()
        import_csv(on, self.dataset(self.rich, "ITEMS"), items, name="items")
        self.plain = self.group("plain", ())
        import_csv(on, self.plain, some_interactions(1000, 30, 40), name="plain")
        self.empty = self.group("empty", ())
        self.tick()

    def tick(self) -> None:
        self.sim.clock.tick(minutes=10)

    def group(self, name: str, more: tuple[dict[str, Any], ...]) -> Any:
        return dataset(self.on, self.tick, schema("Interactions", *INTERACTIONS, *more), name=name)

    def add(self, group: str, dataset_type: str, fields: tuple[dict[str, Any], ...]) -> None:
        name = f"{group.rpartition('/')[2]}-{dataset_type.lower()}"
        arn = self.api.create_schema(name=name, schema=schema(dataset_type, *fields))["schemaArn"]
        self.api.create_dataset(name=name, schemaArn=arn, datasetGroupArn=group, datasetType=dataset_type)
        self.tick()

    def dataset(self, made: Any, dataset_type: str) -> Any:
        return type(made)(made.group, made.schema, made.dataset.replace("INTERACTIONS", dataset_type))

    def create(self, recipe: str | None = "user-personalization", group: Any = None, **request: Any) -> str:
        """A solution in the rich group, without automatic training unless told otherwise; its ARN."""
        asked: dict[str, Any] = {"performAutoTraining": False, "datasetGroupArn": group or self.rich.group}
        if recipe is not None:
            asked["recipeArn"] = RECIPE + recipe
        arn: str = self.api.create_solution(name=next(NAMES), **{**asked, **request})["solutionArn"]
        return arn

    def configured(self, config: dict[str, Any], recipe: str = "user-personalization", **request: Any) -> str:
        return self.create(recipe, solutionConfig=config, **request)

    def show(self, arn: str) -> dict[str, Any]:
        shown: dict[str, Any] = self.api.describe_solution(solutionArn=arn)["solution"]
        return shown

    def world(self) -> str:
        return dump(self.sim._host.world)


INTERACTIONS = (
    {"name": "USER_ID", "type": "string"},
    {"name": "ITEM_ID", "type": "string"},
    {"name": "TIMESTAMP", "type": "long"},
)


def schema(name: str, *fields: dict[str, Any]) -> str:
    namespace = "com.amazonaws.personalize.schema"
    return json.dumps({"type": "record", "name": name, "namespace": namespace, "fields": [*fields], "version": "1.0"})


@pytest.fixture(scope="module")
def here() -> Iterator[Here]:
    quotas = {"active_solutions_per_dataset_group": 10_000, "active_dataset_groups": 10}
    with simulate(start="2026-01-01T00:00:00Z", quotas=quotas) as sim:
        yield Here(sim, account())


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Warnings are the subject of one test only."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotSimulatedWarning)
        yield


def not_for(member: str, recipe: str) -> str:
    return f"{member} is not supported by the recipe {RECIPE}{recipe}."


# --- what is created, and shown again ----------------------------------------------------------------------


def test_a_solution_is_active_at_once(here: Here) -> None:
    """[resp-004] [resp-006]"""
    arn = here.create("user-personalization")
    shown = here.show(arn)
    assert shown.keys() == {
        *("name", "solutionArn", "performHPO", "performAutoML", "performAutoTraining", "performIncrementalUpdate"),
        *("recipeArn", "datasetGroupArn", "solutionConfig", "status", "creationDateTime", "lastUpdatedDateTime"),
    }
    assert (shown["performHPO"], shown["performAutoML"], shown["status"]) == (False, False, "ACTIVE")
    assert (shown["recipeArn"], shown["datasetGroupArn"]) == (RECIPE + "user-personalization", here.rich.group)
    assert shown["creationDateTime"] == shown["lastUpdatedDateTime"]
    version = here.api.create_solution_version(solutionArn=arn)["solutionVersionArn"]
    here.sim.clock.tick(hours=1)
    latest = here.show(arn)["latestSolutionVersion"]
    assert (latest["solutionVersionArn"], latest["status"]) == (version, "ACTIVE")
    assert here.show(arn)["creationDateTime"] == here.show(arn)["lastUpdatedDateTime"]
    here.api.delete_solution(solutionArn=arn)


@pytest.mark.parametrize(
    ("recipe", "shown"),
    [
        ("user-personalization", True),
        ("sims", False),
        ("item-affinity", False),
        ("item-attribute-affinity", False),
        ("personalized-ranking", True),
        ("similar-items", False),
    ],
    ids=["[resp-004]", "[resp-005]", "[resp-006]", "[resp-002]", "assumed-1", "assumed-2"],
)
def test_an_empty_configuration(here: Here, recipe: str, shown: bool) -> None:
    requests: list[dict[str, Any]] = [{}, {"solutionConfig": {}}]
    for request in requests:
        solution = here.show(here.create(recipe, **request))
        assert solution.get("solutionConfig") == ({} if shown else None)
        assert "latestSolutionVersion" not in solution


def test_an_empty_configuration_of_a_version(here: Here) -> None:
    """[resp-001] [resp-002]"""
    for recipe, shown in (("user-personalization", {}), ("item-attribute-affinity", None)):
        version = here.api.create_solution_version(solutionArn=here.create(recipe))["solutionVersionArn"]
        found = here.api.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
        assert found.get("solutionConfig") == shown


CONFIGS = [
    pytest.param("user-personalization", {"eventValueThreshold": "0.5"}, id="threshold"),
    pytest.param(
        "user-personalization",
        {
            "algorithmHyperParameters": {"hidden_dimension": "55", "bptt": "2", "recency_mask": "false"},
            "featureTransformationParameters": {"max_user_history_length_percentile": "0.9"},
        },
        id="hyperparameters",
    ),
    pytest.param("sims", {"algorithmHyperParameters": {"min_cointeraction_count": "0"}}, id="sims"),
    pytest.param(
        "similar-items", {"algorithmHyperParameters": {"popularity_discount_factor": "1"}}, id="similar-items"
    ),
    pytest.param(
        "trending-now", {"featureTransformationParameters": {"trend_discovery_frequency": "1 day"}}, id="trending-now"
    ),
    pytest.param(
        "user-personalization-v2",
        {
            "algorithmHyperParameters": {"apply_recency_bias": "true"},
            "eventsConfig": {
                "eventParametersList": [
                    {"eventType": "click", "weight": 0.5},
                    {"eventType": "buy", "eventValueThreshold": 0.25, "weight": 1.0},
                ]
            },
        },
        id="events",
    ),
    pytest.param(
        "personalized-ranking",
        {"optimizationObjective": {"itemAttribute": "PRICE", "objectiveSensitivity": "HIGH"}},
        id="objective",
    ),
    pytest.param(
        "user-personalization",
        {"optimizationObjective": {"itemAttribute": "YEAR", "objectiveSensitivity": "OFF"}},
        id="objective off",
    ),
    pytest.param(
        "user-personalization",
        {
            "trainingDataConfig": {
                "excludedDatasetColumns": {"Items": ["GENRE"], "INTERACTIONS": ["DEVICE", "EVENT_VALUE"]},
                "includedDatasetColumns": {"items": ["ITEM_ID", "PRICE"]},
            }
        },
        id="columns",
    ),
    pytest.param(
        "user-personalization",
        {
            "hpoConfig": {
                "hpoResourceConfig": {"maxNumberOfTrainingJobs": "40", "maxParallelTrainingJobs": "10"},
                "algorithmHyperParameterRanges": {
                    "integerHyperParameterRanges": [{"name": "bptt", "minValue": 2, "maxValue": 32}],
                    "categoricalHyperParameterRanges": [{"name": "recency_mask", "values": ["true", "false"]}],
                    "continuousHyperParameterRanges": [],
                },
            }
        },
        id="hpo",
    ),
    pytest.param(
        "user-personalization", {"autoTrainingConfig": {"schedulingExpression": "rate(1 day)"}}, id="schedule"
    ),
]


@pytest.mark.parametrize(("recipe", "config"), CONFIGS)
def test_configurations_come_back_as_they_were_given(here: Here, recipe: str, config: dict[str, Any]) -> None:
    shown = here.show(here.configured(config, recipe, eventType="click"))
    assert shown["solutionConfig"] == config
    assert shown["eventType"] == "click"


# --- which recipes, and which data they need ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("recipe", "code", "wording"),
    [
        (None, INVALID, "A recipeArn must be provided when performAutoML is false."),
        ("gone", "ResourceNotFoundException", f"The given recipe does not exist: {RECIPE}gone"),
        (
            "vod-top-picks",
            INVALID,
            f"The recipe {RECIPE}vod-top-picks is a use case of the domain VIDEO_ON_DEMAND; create a recommender with "
            "it.",
        ),
        ("hrnn", INVALID, f"The recipe {RECIPE}hrnn is no longer available."),
    ],
)
def test_recipes_that_are_refused(here: Here, recipe: str | None, code: str, wording: str) -> None:
    before = here.world()
    with refused(code, wording):
        here.create(recipe)
    assert here.world() == before


def test_interactions_are_wanted(here: Here) -> None:
    """[err-011]"""
    group = here.api.create_dataset_group(name="bare")["datasetGroupArn"]
    here.tick()
    for each in (group, here.empty.group):
        for recipe in ("user-personalization", "sims", "item-attribute-affinity"):
            with refused(
                INVALID,
                "Dataset group must contain an INTERACTIONS dataset with successfully completed dataset import job or "
                "EVENT_INTERACTIONS",
            ):
                here.create(recipe, group=each)


# --- what is not simulated, after it has been checked ------------------------------------------------------


def test_hpo_is_for_some_recipes(here: Here) -> None:
    before = here.world()
    others = ("item-affinity", "item-attribute-affinity", "popularity-count", "user-personalization-v2", "trending-now")
    for other in others:
        with refused(INVALID, not_for("performHPO", other)):
            here.create(other, performHPO=True)
    assert here.world() == before
    assert here.show(here.create(others[0], performHPO=False))["performHPO"] is False
    assert here.show(here.create("sims", performHPO=True))["performHPO"] is True


@pytest.mark.parametrize(
    ("switch", "recipe", "others"),
    [("performIncrementalUpdate", "semantic-similarity", ("sims", "user-personalization"))],
)
def test_switches_of_some_recipes(here: Here, switch: str, recipe: str, others: tuple[str, ...]) -> None:
    before = here.world()
    for other in others:
        with refused(INVALID, not_for(switch, other)):
            here.create(other, **{switch: True})
    assert here.world() == before
    assert here.show(here.create(recipe, **{switch: True}))[switch] is True
    assert here.show(here.create(others[0], **{switch: False}))[switch] is False


# --- configurations that are refused -----------------------------------------------------------------------


def hpo(**config: Any) -> dict[str, Any]:
    return {"hpoConfig": config}


def ranges(kind: str, **given: Any) -> dict[str, Any]:
    return hpo(algorithmHyperParameterRanges={f"{kind}HyperParameterRanges": [given]})


def columns(member: str, **chosen: list[str]) -> dict[str, Any]:
    return {"trainingDataConfig": {f"{member}DatasetColumns": chosen}}


def events(*parameters: dict[str, Any]) -> dict[str, Any]:
    return {"eventsConfig": {"eventParametersList": [*parameters]}}


def value(name: str, given: str, wanted: str) -> str:
    return f"Invalid value of the hyperparameter {name}: {given}. It must be {wanted}."


UNKNOWN = "Provide a hyperparameter that is used in the algorithm: arn:aws:personalize:::algorithm/aws-"
DIFFER = "Each of the eventParametersList must have an eventType of its own."
OBJECTIVE = (
    "The itemAttribute of an optimizationObjective must be a numerical column without null of the ITEMS dataset."
)
SCHEDULE = "schedulingExpression must be a rate of 1 to 30 days, such as rate(7 days), not {}."
RANGE = "Invalid range of the hyperparameter {}: it must lie within {}, as one of {}HyperParameterRanges."
WHOLE = "a whole number from 32 to 256"
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("sims", {"autoMLConfig": {"metricName": "x"}}, "autoMLConfig needs performAutoML to be true."),
    # Hyperparameters.
    ("sims", {"algorithmHyperParameters": {"bptt": "3"}}, UNKNOWN + "sims"),
    ("trending-now", {"algorithmHyperParameters": {"bptt": "3"}}, UNKNOWN + "trending-now-custom"),
    (
        "sims",
        {"featureTransformationParameters": {"min_cointeraction_count": "3"}},
        f"Provide a feature transformation parameter that is used in the recipe: {RECIPE}sims",
    ),
    *(
        (
            "user-personalization",
            {"algorithmHyperParameters": {"hidden_dimension": given}},
            value("hidden_dimension", given, WHOLE),
        )
        for given in ("31", "257", "64.0", "", "many", "1e2")
    ),
    (
        "user-personalization",
        {"algorithmHyperParameters": {"recency_mask": "yes"}},
        value("recency_mask", "yes", "one of True, False"),
    ),
    (
        "user-personalization",
        {"featureTransformationParameters": {"min_user_history_length_percentile": "1.01"}},
        value("min_user_history_length_percentile", "1.01", "a number from 0 to 1"),
    ),
    (
        "similar-items",
        {"algorithmHyperParameters": {"item_id_hidden_dim": "100"}},
        "The hyperparameter item_id_hidden_dim can be set by hyperparameter optimization only.",
    ),
    # Their optimization.
    ("sims", hpo(hpoObjective={"type": "Maximize"}), "Configuring hpoObjective is not supported."),
    *(
        (
            "sims",
            hpo(hpoResourceConfig={member: given}),
            f"{member} must be a whole number from 1 to {limit}, not {given}.",
        )
        for member, given, limit in (
            ("maxNumberOfTrainingJobs", "41", 40),
            ("maxNumberOfTrainingJobs", "0", 40),
            ("maxParallelTrainingJobs", "11", 10),
            ("maxParallelTrainingJobs", "two", 10),
        )
    ),
    ("similar-items", ranges("integer", name="model.id_embedding_dim", minValue=30), UNKNOWN + "similar-items"),
    ("similar-items", ranges("integer", minValue=30), UNKNOWN + "similar-items"),
    (
        "similar-items",
        ranges("continuous", name="popularity_discount_factor", minValue=0.0),
        "The hyperparameter popularity_discount_factor is not tunable.",
    ),
    *(
        (
            "user-personalization",
            ranges(kind, name="hidden_dimension", **given),
            RANGE.format("hidden_dimension", WHOLE, "integer"),
        )
        for kind, given in (
            ("integer", {"minValue": 31}),
            ("integer", {"maxValue": 257}),
            ("integer", {"minValue": 65, "maxValue": 64}),
            ("continuous", {"minValue": 32.0}),
            ("categorical", {"values": ["64"]}),
        )
    ),
    *(
        (
            "user-personalization",
            ranges("categorical", name="recency_mask", **given),
            RANGE.format("recency_mask", "one of True, False", "categorical"),
        )
        for given in ({}, {"values": []}, {"values": ["True", "maybe"]})
    ),
    # Events.
    ("sims", {"eventValueThreshold": "half"}, "eventValueThreshold must be a number, not half."),
    ("sims", {"eventValueThreshold": ""}, "eventValueThreshold must be a number, not ."),
    ("user-personalization", events({"eventType": "click"}), not_for("eventsConfig", "user-personalization")),
    ("user-personalization-v2", events({"eventType": "click"}, {"eventType": "click"}), DIFFER),
    ("user-personalization-v2", events({"weight": 0.5}), DIFFER),
    # Objectives.
    (
        "sims",
        {"optimizationObjective": {"itemAttribute": "PRICE"}},
        not_for("optimizationObjective", "sims"),
    ),
    *(
        ("user-personalization", {"optimizationObjective": objective}, OBJECTIVE)
        for objective in (
            *({"itemAttribute": column} for column in ("RATING", "GENRE", "ITEM_ID", "NOTHING", "price")),
            {"objectiveSensitivity": "LOW"},
        )
    ),
    # Columns.
    (
        "sims",
        columns("excluded", Films=["GENRE"]),
        "Invalid dataset type: Films. Must be one of INTERACTIONS, ITEMS, USERS, ACTIONS, ACTION_INTERACTIONS.",
    ),
    ("sims", columns("included", Users=["AGE"]), "The dataset group has no dataset of the type USERS."),
    ("sims", columns("excluded", Items=["GENRES"]), "The schema of the ITEMS dataset has no column GENRES."),
    ("sims", columns("included", items=["genre"]), "The schema of the ITEMS dataset has no column genre."),
    *(
        (
            "sims",
            columns("excluded", Interactions=[column]),
            f"The column {column} of the INTERACTIONS dataset cannot be excluded from training.",
        )
        for column in ("EVENT_TYPE", "USER_ID", "ITEM_ID", "TIMESTAMP")
    ),
    # Automatic training.
    *(
        ("sims", {"autoTrainingConfig": {"schedulingExpression": given}}, SCHEDULE.format(given))
        for given in ("rate(0 days)", "rate(31 days)", "rate(99999 days)")
    ),
]


@pytest.mark.parametrize(("recipe", "config", "wording"), REFUSED)
def test_configurations_that_are_refused(here: Here, recipe: str, config: dict[str, Any], wording: str) -> None:
    before = here.world()
    with refused(INVALID, wording):
        here.configured(config, recipe)
    assert here.world() == before


# --- automatic training, and what is warned of -------------------------------------------------------------


def test_automatic_training_is_on_every_seven_days(here: Here) -> None:
    weekly = {"autoTrainingConfig": {"schedulingExpression": "rate(7 days)"}}
    arn = here.api.create_solution(name=next(NAMES), datasetGroupArn=here.rich.group, recipeArn=RECIPE + "sims")
    shown = here.show(arn["solutionArn"])
    assert (shown["performAutoTraining"], shown["solutionConfig"]) == (True, weekly)
    given = {"autoTrainingConfig": {"schedulingExpression": "rate(30 days)"}}
    shown = here.show(here.configured(given, performAutoTraining=True))
    assert (shown["performAutoTraining"], shown["solutionConfig"]) == (True, given)
    shown = here.show(here.configured({"autoTrainingConfig": {}}, performAutoTraining=True))
    assert shown["solutionConfig"] == weekly


@pytest.mark.rule("solutions.warned-of")
def test_what_changes_no_model_is_warned_of_once(here: Here) -> None:
    here.sim._host.world.warned.clear()
    config = {"algorithmHyperParameters": {"hidden_dimension": "100"}}
    with pytest.warns(NotSimulatedWarning, match="does not simulate hyperparameters\\."):
        here.create("item-affinity", solutionConfig=config)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        here.create("item-affinity", solutionConfig=config)


@pytest.mark.rule("solutions.warned-of")
def test_nothing_is_warned_of_that_has_an_effect_or_is_refused(here: Here) -> None:
    here.sim._host.world.warned.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        here.create("sims", eventType="click", solutionConfig={"eventValueThreshold": "0.1"})
        here.create("sims", solutionConfig={"algorithmHyperParameters": {"min_cointeraction_count": "4"}})
        here.create("sims", solutionConfig=columns("excluded", Items=["GENRE"]))
        here.configured(events({"eventType": "click", "eventValueThreshold": 0.1}), "user-personalization-v2")
        here.configured(events({"eventType": "click", "weight": 0.5}), "user-personalization-v2")
        here.configured({"optimizationObjective": {"itemAttribute": "PRICE", "objectiveSensitivity": "LOW"}})
        with pytest.raises(here.api.exceptions.ClientError):
            here.create("sims", performAutoTraining=True, tags=[{"tagKey": "aws:x", "tagValue": ""}])


# --- updates -----------------------------------------------------------------------------------------------


def test_an_update_takes_its_time(here: Here) -> None:
    arn = here.create("sims")
    made = here.show(arn)["creationDateTime"]
    answer = here.api.update_solution(solutionArn=arn, performAutoTraining=True)
    assert answer["solutionArn"] == arn
    asked = here.sim.clock.now()
    seen = []
    for _ in range(6):
        shown = here.show(arn)
        update = shown["latestSolutionUpdate"]
        assert shown["status"] == "ACTIVE"
        assert update["performAutoTraining"] is True
        assert shown["performAutoTraining"] == (update["status"] == "ACTIVE")
        assert shown["creationDateTime"] == made
        assert update["creationDateTime"] == asked
        if update["status"] not in seen:
            seen.append(update["status"])
        if update["status"] != "ACTIVE":
            before = here.world()
            with refused(
                "ResourceInUseException", f"{arn} cannot be updated while another update of it is in progress."
            ):
                here.api.update_solution(solutionArn=arn, performAutoTraining=False)
            with refused("ResourceInUseException", f"{arn} cannot be deleted while its update is in progress."):
                here.api.delete_solution(solutionArn=arn)
            assert here.world() == before
        here.sim.clock.tick(minutes=1)
    assert seen == ["CREATE PENDING", "CREATE IN_PROGRESS", "ACTIVE"]
    assert here.show(arn)["lastUpdatedDateTime"] == here.show(arn)["latestSolutionUpdate"]["lastUpdatedDateTime"]
    here.api.update_solution(solutionArn=arn, performAutoTraining=False)
    version = here.api.create_solution_version(solutionArn=arn)["solutionVersionArn"]
    here.sim.clock.tick(hours=1)
    assert here.show(arn)["latestSolutionVersion"]["solutionVersionArn"] == version
    assert here.show(arn)["performAutoTraining"] is False
    here.api.delete_solution(solutionArn=arn)


def test_an_update_replaces_what_it_gives(here: Here) -> None:
    one = events({"eventType": "click", "weight": 0.1}, {"eventType": "buy", "weight": 0.9})
    other = events({"eventType": "buy", "eventValueThreshold": 1.0})
    bias = {"algorithmHyperParameters": {"apply_recency_bias": "false"}}
    arn = here.configured({**one, **bias}, "user-personalization-v2")
    here.api.update_solution(solutionArn=arn, solutionUpdateConfig=other)
    assert here.show(arn)["solutionConfig"] == {**one, **bias}
    here.tick()
    assert here.show(arn)["solutionConfig"] == {**other, **bias}
    assert here.show(arn)["latestSolutionUpdate"]["solutionUpdateConfig"] == other
    assert "performAutoTraining" not in here.show(arn)["latestSolutionUpdate"]
    monthly = {"autoTrainingConfig": {"schedulingExpression": "rate(30 days)"}}
    here.api.update_solution(solutionArn=arn, solutionUpdateConfig=monthly, performAutoTraining=True)
    here.tick()
    assert here.show(arn)["solutionConfig"] == {**other, **bias, **monthly}
    assert here.show(arn)["performAutoTraining"] is True
    here.api.update_solution(solutionArn=arn)
    here.tick()
    assert here.show(arn)["solutionConfig"] == {**other, **bias, **monthly}


def test_a_version_keeps_the_configuration_that_it_was_trained_with(here: Here) -> None:
    one, other = (events({"eventType": each}) for each in ("click", "buy"))
    arn = here.configured(one, "user-personalization-v2")
    version = here.api.create_solution_version(solutionArn=arn)["solutionVersionArn"]
    here.api.update_solution(solutionArn=arn, solutionUpdateConfig=other)
    here.sim.clock.tick(hours=1)
    found = here.api.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
    assert (found["status"], found["solutionConfig"]) == ("ACTIVE", one)
    version = here.api.create_solution_version(solutionArn=arn)["solutionVersionArn"]
    here.sim.clock.tick(hours=1)
    found = here.api.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
    assert (found["status"], found["solutionConfig"]) == ("CREATE FAILED", other)
    assert found["failureReason"] == "Dataset has fewer than 1000 interactions after filtering by event type: buy"


@pytest.mark.parametrize(
    ("recipe", "request_", "wording"),
    [
        ("sims", {"performIncrementalUpdate": True}, not_for("performIncrementalUpdate", "sims")),
        ("sims", {"solutionUpdateConfig": events({"eventType": "click"})}, not_for("eventsConfig", "sims")),
        ("user-personalization-v2", {"solutionUpdateConfig": events({"weight": 0.5})}, DIFFER),
        (
            "sims",
            {"solutionUpdateConfig": {"autoTrainingConfig": {"schedulingExpression": "rate(31 days)"}}},
            SCHEDULE.format("rate(31 days)"),
        ),
    ],
)
def test_updates_that_are_refused(here: Here, recipe: str, request_: dict[str, Any], wording: str) -> None:
    arn = here.create(recipe)
    assert here.show(arn)["status"] == "ACTIVE"
    before = here.world()
    with refused(INVALID, wording):
        here.api.update_solution(solutionArn=arn, **request_)
    assert here.world() == before
    assert "latestSolutionUpdate" not in here.show(arn)


def test_an_update_of_what_is_not_there_or_going(here: Here) -> None:
    gone = here.create("sims") + "-gone"
    with refused("ResourceNotFoundException", f"The given solution does not exist: {gone}"):
        here.api.update_solution(solutionArn=gone)
    going = here.create("sims")
    here.api.delete_solution(solutionArn=going)
    with refused("ResourceInUseException", f"{going} is not in ACTIVE state."):
        here.api.update_solution(solutionArn=going, performAutoTraining=False)


def test_incremental_updates_can_be_turned_on(here: Here) -> None:
    arn = here.create("semantic-similarity")
    for on in (True, False):
        here.api.update_solution(solutionArn=arn, performIncrementalUpdate=on)
        here.tick()
        shown = here.show(arn)
        assert shown["latestSolutionUpdate"]["performIncrementalUpdate"] is on
        assert shown["performIncrementalUpdate"] is on
