"""The configuration of a solution: what a recipe and the schemas of its datasets let it say.

Source: the API reference (CreateSolution, SolutionConfig and its members) and the guide's pages on configuring a
solution (spec 04, section 3).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from simulator import errors
from simulator.clock import HOUR, Micros
from simulator.data.schema_rules import RECORD_NAMES
from simulator.data.schemas import NUMBERS, AvroSchema
from simulator.recommend.catalogue import Hyperparameter, Recipe
from simulator.recommend.recipes import number
from simulator.resources.datasets import dataset_of
from simulator.resources.not_simulated import Unheeded
from simulator.resources.operations import members
from simulator.resources.optimization import completed_automl, given_ranges
from simulator.resources.recipes import given_recipe
from simulator.resources.world import Scope

Config = Mapping[str, Any]

DEFAULT_SCHEDULE = "rate(7 days)"
_SCHEDULE = re.compile(r"rate\((\d+) days?\)", re.ASCII)
_LONGEST_INTERVAL = 30  # days

# The most jobs of a hyperparameter optimization. Source: the API reference, HPOResourceConfig.
_HPO_JOBS = (("maxNumberOfTrainingJobs", 40), ("maxParallelTrainingJobs", 10))

# Columns that no training can do without. Source: the guide for EVENT_TYPE; of the ids and times assumed.
_REQUIRED_COLUMNS = frozenset({"USER_ID", "ITEM_ID", "ACTION_ID", "TIMESTAMP", "EVENT_TYPE"})

AUTO_TRAINING = members("schedulingExpression")
EVENTS = members(eventParametersList=members("eventType", "eventValueThreshold", "weight"))

_RANGES = members(
    integerHyperParameterRanges=members("name", "minValue", "maxValue"),
    continuousHyperParameterRanges=members("name", "minValue", "maxValue"),
    categoricalHyperParameterRanges=members("name", "values"),
)
SOLUTION = members(
    *("eventValueThreshold", "algorithmHyperParameters", "featureTransformationParameters"),
    hpoConfig=members(
        hpoObjective=members("type", "metricName", "metricRegex"),
        hpoResourceConfig=members(*(name for name, _ in _HPO_JOBS)),
        algorithmHyperParameterRanges=_RANGES,
    ),
    autoMLConfig=members("metricName", "recipeList"),
    eventsConfig=EVENTS,
    optimizationObjective=members("itemAttribute", "objectiveSensitivity"),
    trainingDataConfig=members("excludedDatasetColumns", "includedDatasetColumns"),
    autoTrainingConfig=AUTO_TRAINING,
)


def without_nulls(value: Any) -> Any:
    """The same value without the members that are null, at any depth: they are as good as not given."""
    if isinstance(value, dict):
        return {name: without_nulls(member) for name, member in value.items() if member is not None}
    if isinstance(value, list):
        return [without_nulls(each) for each in value]
    return value


def check_config(scope: Scope, dataset_group_arn: str, recipe: Recipe, config: Config) -> None:
    """Raises the refusal of the first thing in a solution's configuration that cannot be."""
    if "autoMLConfig" in config:
        raise errors.AUTOML_CONFIG()
    if "eventValueThreshold" in config:
        _check_threshold(scope, dataset_group_arn, config["eventValueThreshold"])
    if "eventsConfig" in config:
        check_events(scope, dataset_group_arn, recipe, config["eventsConfig"])
    _check_hyperparameters(recipe, config)
    if "hpoConfig" in config:
        _check_optimization(recipe, config["hpoConfig"])
    if "optimizationObjective" in config:
        _check_objective(scope, dataset_group_arn, recipe, config["optimizationObjective"])
    if "trainingDataConfig" in config:
        if not recipe.chooses_columns:
            raise errors.NOT_FOR_RECIPE(member="trainingDataConfig", recipe=recipe.arn)
        check_training_data(scope, dataset_group_arn, config["trainingDataConfig"])
    if "autoTrainingConfig" in config:
        check_schedule(config["autoTrainingConfig"])


def check_automl(config: Config) -> None:
    """Raises the refusal of a configuration that AutoML cannot go by: it finds a recipe of USER_PERSONALIZATION."""
    automl = completed_automl(config)["autoMLConfig"]
    for arn in automl["recipeList"]:
        recipe = given_recipe(arn)
        if recipe.domain is not None:
            raise errors.RECIPE_FOR_RECOMMENDERS(recipe=arn, domain=recipe.domain)
        if recipe.recipe_type != "USER_PERSONALIZATION":
            raise errors.AUTOML_RECIPE(recipe=arn)
        if automl["metricName"] not in recipe.metrics:
            raise errors.AUTOML_METRIC(metric=automl["metricName"], recipe=arn)
    if "autoTrainingConfig" in config:
        check_schedule(config["autoTrainingConfig"])


def check_event_type(scope: Scope, dataset_group_arn: str, member: str) -> None:
    """Raises `EVENT_COLUMN_WANTED` unless the interactions have types."""
    _require_event_column(scope, dataset_group_arn, member, "EVENT_TYPE")


def check_events(scope: Scope, dataset_group_arn: str, recipe: Recipe, events: Config) -> None:
    """Raises the refusal of an events configuration that a recipe or the interactions do not allow."""
    if not recipe.weighs_events:
        raise errors.NOT_FOR_RECIPE(member="eventsConfig", recipe=recipe.arn)
    check_event_type(scope, dataset_group_arn, "eventsConfig")
    parameters = events.get("eventParametersList", ())
    types = [each.get("eventType") for each in parameters]
    if None in types or len(set(types)) < len(types):
        raise errors.EVENT_TYPES_DIFFER()
    for each in parameters:
        if "eventValueThreshold" in each:
            if not math.isfinite(each["eventValueThreshold"]):
                raise errors.EVENT_VALUE_THRESHOLD(value=each["eventValueThreshold"])
            _require_event_column(scope, dataset_group_arn, "eventValueThreshold", "EVENT_VALUE")


def check_training_data(scope: Scope, dataset_group_arn: str, training_data: Config) -> None:
    """Raises the refusal of a choice of columns that the group's datasets do not have, or cannot do without."""
    for member in ("excludedDatasetColumns", "includedDatasetColumns"):
        for named, columns in training_data.get(member, {}).items():
            dataset_type = named.upper()
            if dataset_type not in RECORD_NAMES:
                raise errors.UNKNOWN_DATASET_TYPE(dataset_type=named)
            schema = _schema_of(scope, dataset_group_arn, dataset_type)
            if schema is None:
                raise errors.DATASET_TYPE_WANTED(dataset_type=dataset_type)
            for column in columns:
                if schema.field(column) is None:
                    raise errors.COLUMN_UNKNOWN(dataset_type=dataset_type, column=column)
                if member == "excludedDatasetColumns" and column in _REQUIRED_COLUMNS:
                    raise errors.COLUMN_REQUIRED(dataset_type=dataset_type, column=column)


def check_schedule(auto_training: Config) -> None:
    """Raises `SCHEDULE` for an interval that is not of 1 to 30 days."""
    expression = auto_training.get("schedulingExpression", DEFAULT_SCHEDULE)
    days = _SCHEDULE.fullmatch(expression)
    if days is None or not 1 <= int(days[1]) <= _LONGEST_INTERVAL:
        raise errors.SCHEDULE(value=expression)


def interval_of(config: Config) -> Micros:
    """The time between the automatic trainings of a solution that is configured so."""
    expression = config.get("autoTrainingConfig", {}).get("schedulingExpression", DEFAULT_SCHEDULE)
    days = _SCHEDULE.fullmatch(expression)
    assert days is not None, "see check_schedule"
    return int(days[1]) * 24 * HOUR


def unheeded(recipe: Recipe, config: Config) -> Iterator[Unheeded]:
    """What a configuration asks for and no model of ours heeds: the hyperparameters of user segments."""
    chosen = config.get("algorithmHyperParameters") or config.get("featureTransformationParameters")
    if chosen and recipe.batch_segments:
        yield Unheeded("hyperparameters", "solutionConfig: the service would train with these hyperparameters")


def _check_threshold(scope: Scope, dataset_group_arn: str, threshold: str) -> None:
    if number(threshold) is None:
        raise errors.EVENT_VALUE_THRESHOLD(value=threshold)
    _require_event_column(scope, dataset_group_arn, "eventValueThreshold", "EVENT_VALUE")


def _require_event_column(scope: Scope, dataset_group_arn: str, member: str, column: str) -> None:
    schema = _schema_of(scope, dataset_group_arn, "INTERACTIONS")
    if schema is None or schema.field(column) is None:
        raise errors.EVENT_COLUMN_WANTED(member=member, column=column)


def _schema_of(scope: Scope, dataset_group_arn: str, dataset_type: str) -> AvroSchema | None:
    dataset = dataset_of(scope, dataset_group_arn, dataset_type)
    return None if dataset is None else scope.inventory.schemas[dataset.schema_arn].avro


def _check_hyperparameters(recipe: Recipe, config: Config) -> None:
    known: tuple[tuple[str, tuple[Hyperparameter, ...], Callable[[], errors.ServiceError]], ...] = (
        (
            "algorithmHyperParameters",
            recipe.algorithm_hyperparameters,
            lambda: errors.HYPERPARAMETER_UNKNOWN(algorithm=recipe.algorithm_arn),
        ),
        (
            "featureTransformationParameters",
            recipe.featurization_hyperparameters,
            lambda: errors.PARAMETER_UNKNOWN(recipe=recipe.arn),
        ),
    )
    for member, hyperparameters, unknown in known:
        by_name = {each.name: each for each in hyperparameters}
        for name, value in config.get(member, {}).items():
            hyperparameter = by_name.get(name)
            if hyperparameter is None:
                raise unknown()
            if not hyperparameter.settable:
                raise errors.HYPERPARAMETER_BY_HPO_ONLY(name=name)
            if not hyperparameter.takes(value):
                raise errors.HYPERPARAMETER_VALUE(name=name, value=value, wanted=hyperparameter.values)


def _check_optimization(recipe: Recipe, hpo: Config) -> None:
    if "hpoObjective" in hpo:
        raise errors.HPO_OBJECTIVE()
    jobs = hpo.get("hpoResourceConfig", {})
    for member, limit in _HPO_JOBS:
        asked = number(jobs.get(member, "1"), whole=True)
        if asked is None or not 1 <= asked <= limit:
            raise errors.HPO_JOBS(member=member, limit=limit, value=jobs[member])
    by_name = {each.name: each for each in recipe.algorithm_hyperparameters}
    seen: set[str] = set()
    for kind, given in given_ranges(hpo):
        hyperparameter = by_name.get(given.get("name", ""))
        if hyperparameter is None:
            raise errors.HYPERPARAMETER_UNKNOWN(algorithm=recipe.algorithm_arn)
        if not hyperparameter.tunable:
            raise errors.HYPERPARAMETER_NOT_TUNABLE(name=hyperparameter.name)
        if kind != hyperparameter.kind or not _lies_within(given, hyperparameter):
            raise errors.HYPERPARAMETER_RANGE(
                name=hyperparameter.name, wanted=hyperparameter.values, kind=hyperparameter.kind
            )
        if hyperparameter.name in seen:
            raise errors.HYPERPARAMETER_RANGES(name=hyperparameter.name)
        seen.add(hyperparameter.name)


def _lies_within(given: Config, hyperparameter: Hyperparameter) -> bool:
    """Whether a range has only values that the hyperparameter takes, and one at least."""
    if hyperparameter.choices:
        values = given.get("values", ())
        return bool(values) and all(map(hyperparameter.takes, values))
    low, high = given.get("minValue", hyperparameter.lowest), given.get("maxValue", hyperparameter.highest)
    return bool(low <= high and hyperparameter.takes(low) and hyperparameter.takes(high))


def _check_objective(scope: Scope, dataset_group_arn: str, recipe: Recipe, objective: Config) -> None:
    if not recipe.objective:
        raise errors.NOT_FOR_RECIPE(member="optimizationObjective", recipe=recipe.arn)
    schema = _schema_of(scope, dataset_group_arn, "ITEMS")
    column = None if schema is None else schema.field(objective.get("itemAttribute", ""))
    if column is None or column.type not in NUMBERS or column.nullable:
        raise errors.OBJECTIVE_COLUMN()
