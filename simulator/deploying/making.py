"""The steps from DataFrames to an ACTIVE campaign or recommender."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from simulator.clock import SimulatorError
from simulator.data.frames import FrameDataset, dataset_of_frame
from simulator.deploying.calls import Calls
from simulator.deploying.deployment import SYNC, Deployment
from simulator.recommend.catalogue import RECIPES, Recipe

if TYPE_CHECKING:
    from simulator.simulation import Simulation

_DEFAULT_NAME = "deployed"
_FIRST_REGION = "us-east-1"  # where a bucket has no location
_SERVICE = {"Service": "personalize.amazonaws.com"}
_ACTIONS = ["s3:GetObject", "s3:ListBucket", "s3:PutObject"]

# What a deployment answers.
_DEPLOYED = ("GetRecommendations", "GetPersonalizedRanking")


def deploy(
    simulation: Simulation,
    interactions: pd.DataFrame | None,
    *,
    recipe: str = "aws-user-personalization",
    users: pd.DataFrame | None = None,
    items: pd.DataFrame | None = None,
    name: str | None = None,
    region: str | None = None,
    filters: Mapping[str, str] | None = None,
    textual: str | None = None,
    item_name: str | None = None,
    solution_config: Mapping[str, Any] | None = None,
    campaign_config: Mapping[str, Any] | None = None,
    recommender_config: Mapping[str, Any] | None = None,
) -> Deployment:
    """Deploys a recipe: from DataFrames to an ACTIVE campaign, or to a recommender for the use case of a domain.

    The frames have Personalize's column names (USER_ID, ITEM_ID, TIMESTAMP, EVENT_TYPE, ...); any other column is
    metadata, whose type its values tell: numbers, or else categories, of which a list holds several. Datetimes become
    Unix seconds, booleans the categories `True` and `False`.

    The calls are those that a user would make with boto3, in `region` or that of the environment: a bucket and a role,
    a dataset group, schemas, datasets, imports, an event tracker, `filters` (expressions by name), a solution with one
    version, which trains when `retrain` is called, and a campaign. Virtual time passes as each takes; what is made
    before a fault stays. The service's limits hold (1000 interactions an import, 25 users with two of them a training)
    unless `simulate(quotas=...)` sets others.

    `recipe` is its name or ARN. All is made under `name`; without one it is `deployed`, `deployed-2` and so on.
    `textual` and `item_name` name the columns of items that are marked so. The configurations are those of
    CreateSolution (with an `autoTrainingConfig` the solution trains automatically, too), CreateCampaign and
    CreateRecommender.

    Raises SimulatorError for frames that lack a column or hold what no schema can describe, for recipes that answer
    neither GetRecommendations nor GetPersonalizedRanking, and for a job, training or deployment that failed; what
    the service refuses is botocore's ClientError.
    """
    chosen = _recipe(recipe)
    _check_configs(chosen, solution_config, campaign_config, recommender_config)
    frames = {"Interactions": interactions, "Items": items, "Users": users}
    datasets = _datasets(chosen, frames, textual, item_name)
    calls = Calls(simulation._host, region)
    made = _dataset_group(calls, chosen, name)
    _import(calls, made, chosen, datasets)
    if "Interactions" in datasets:
        _event_tracker(calls, made)
    _filters(calls, made, filters or {})
    if chosen.domain is None:
        _campaign(calls, made, chosen, solution_config, campaign_config)
    else:
        _recommender(calls, made, chosen, recommender_config)
    return made


def _recipe(recipe: str) -> Recipe:
    """The recipe of a name or ARN, if something can be deployed that answers from it."""
    chosen = next((each for each in RECIPES.values() if recipe in (each.name, each.arn)), None)
    if chosen is None:
        names = ", ".join(each.name for each in RECIPES.values() if each.operation in _DEPLOYED)
        raise SimulatorError(f"there is no recipe {recipe!r} to deploy; there are {names}")
    if chosen.operation not in _DEPLOYED:
        raise SimulatorError(
            f"deploy() makes what answers GetRecommendations or GetPersonalizedRanking; {chosen.name} is for "
            f"{chosen.operation or 'batch segment jobs'}: make its resources with boto3"
        )
    return chosen


def _check_configs(
    recipe: Recipe,
    solution_config: Mapping[str, Any] | None,
    campaign_config: Mapping[str, Any] | None,
    recommender_config: Mapping[str, Any] | None,
) -> None:
    """Raises SimulatorError for a configuration of something that is not made."""
    if recipe.domain is None and recommender_config is not None:
        raise SimulatorError(f"{recipe.name} is deployed with a campaign: it takes no recommender_config")
    if recipe.domain is not None and (solution_config is not None or campaign_config is not None):
        raise SimulatorError(
            f"{recipe.name} is deployed with a recommender: it takes a recommender_config, but no solution_config and "
            "no campaign_config"
        )


def _datasets(
    recipe: Recipe, frames: Mapping[str, pd.DataFrame | None], textual: str | None, item_name: str | None
) -> dict[str, FrameDataset]:
    """What there is of data, as datasets; checked before anything is made."""
    for dataset_type, frame in frames.items():
        if frame is None and dataset_type.upper() in recipe.required_datasets:
            raise SimulatorError(f"{recipe.name} needs {dataset_type.lower()}")
    if frames["Items"] is None and (textual or item_name):
        raise SimulatorError("textual and item_name name columns of items, and there are none")
    marks = {"Items": {"textual": textual, "item_name": item_name}}
    return {
        dataset_type: dataset_of_frame(frame, dataset_type, recipe.domain, **marks.get(dataset_type, {}))
        for dataset_type, frame in frames.items()
        if frame is not None
    }


def _dataset_group(calls: Calls, recipe: Recipe, name: str | None) -> Deployment:
    """A dataset group, and a bucket and a role that Personalize may use."""
    buckets = {bucket["Name"] for bucket in calls["s3"].list_buckets()["Buckets"]}
    if name is None:
        name = _DEFAULT_NAME
        number = 1
        while _bucket(name) in buckets:
            number += 1
            name = f"{_DEFAULT_NAME}-{number}"
    group = calls["personalize"].create_dataset_group(name=name, **_domain(recipe))["datasetGroupArn"]
    bucket = _bucket(name)
    elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": calls.region}}
    calls["s3"].create_bucket(Bucket=bucket, **({} if calls.region == _FIRST_REGION else elsewhere))
    objects = {"Action": _ACTIONS, "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]}
    calls["s3"].put_bucket_policy(Bucket=bucket, Policy=_policy(Principal=_SERVICE, **objects))
    role = calls["iam"].create_role(
        RoleName=bucket, AssumeRolePolicyDocument=_policy(Principal=_SERVICE, Action="sts:AssumeRole")
    )["Role"]["Arn"]
    calls["iam"].put_role_policy(RoleName=bucket, PolicyName="s3", PolicyDocument=_policy(**objects))
    calls.until_active("dataset_group", group)
    return Deployment(name, recipe.name, calls.region, bucket, role, group, _calls=calls)


def _bucket(name: str) -> str:
    """The name of the bucket, and of the role, of a deployment: 3 to 63 lower-case letters, digits and hyphens."""
    return f"personalize-{name.lower().replace('_', '-')}"[:63].rstrip("-")


def _policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def _import(calls: Calls, made: Deployment, recipe: Recipe, datasets: Mapping[str, FrameDataset]) -> None:
    """Datasets, and imports of their rows, all at once."""
    personalize = calls["personalize"]
    for dataset_type, dataset in datasets.items():
        title = f"{made.name}-{dataset_type.lower()}"
        made.schema_arns[dataset_type] = personalize.create_schema(
            name=title, schema=dataset.schema, **_domain(recipe)
        )["schemaArn"]
        made.dataset_arns[dataset_type] = personalize.create_dataset(
            name=title,
            schemaArn=made.schema_arns[dataset_type],
            datasetGroupArn=made.dataset_group_arn,
            datasetType=dataset_type,
        )["datasetArn"]
    for arn in made.dataset_arns.values():
        calls.until_active("dataset", arn)
    for dataset_type, dataset in datasets.items():
        key = f"{made.name}/{dataset_type.lower()}.csv"
        calls["s3"].put_object(Bucket=made.bucket, Key=key, Body=dataset.csv)
        made.import_job_arns[dataset_type] = personalize.create_dataset_import_job(
            jobName=f"{made.name}-{dataset_type.lower()}",
            datasetArn=made.dataset_arns[dataset_type],
            dataSource={"dataLocation": f"s3://{made.bucket}/{key}"},
            roleArn=made.role_arn,
        )["datasetImportJobArn"]
    for arn in made.import_job_arns.values():
        calls.until_active("dataset_import_job", arn)


def _event_tracker(calls: Calls, made: Deployment) -> None:
    tracker = calls["personalize"].create_event_tracker(name=made.name, datasetGroupArn=made.dataset_group_arn)
    made.event_tracker_arn, made.tracking_id = tracker["eventTrackerArn"], tracker["trackingId"]
    calls.until_active("event_tracker", tracker["eventTrackerArn"])


def _filters(calls: Calls, made: Deployment, expressions: Mapping[str, str]) -> None:
    for name, expression in expressions.items():
        made.filter_arns[name] = arn = calls["personalize"].create_filter(
            name=name, datasetGroupArn=made.dataset_group_arn, filterExpression=expression
        )["filterArn"]
        calls.until_active("filter", arn)


def _campaign(
    calls: Calls,
    made: Deployment,
    recipe: Recipe,
    solution_config: Mapping[str, Any] | None,
    campaign_config: Mapping[str, Any] | None,
) -> None:
    """A solution, a version of it, and a campaign."""
    personalize = calls["personalize"]
    made.solution_arn = solution = personalize.create_solution(
        name=made.name,
        datasetGroupArn=made.dataset_group_arn,
        recipeArn=recipe.arn,
        performAutoTraining="autoTrainingConfig" in (solution_config or {}),
        **_given("solutionConfig", solution_config),
    )["solutionArn"]
    calls.until_active("solution", solution)
    trained = personalize.create_solution_version(solutionArn=solution)
    made.solution_version_arn = version = trained["solutionVersionArn"]
    calls.until_active("solution_version", version)
    made.campaign_arn = campaign = personalize.create_campaign(
        name=made.name,
        solutionVersionArn=f"{solution}/$LATEST" if (campaign_config or {}).get(SYNC) else version,
        **_given("campaignConfig", campaign_config),
    )["campaignArn"]
    calls.until_active("campaign", campaign)


def _recommender(calls: Calls, made: Deployment, recipe: Recipe, recommender_config: Mapping[str, Any] | None) -> None:
    made.recommender_arn = arn = calls["personalize"].create_recommender(
        name=made.name,
        datasetGroupArn=made.dataset_group_arn,
        recipeArn=recipe.arn,
        **_given("recommenderConfig", recommender_config),
    )["recommenderArn"]
    calls.until_active("recommender", arn)


def _domain(recipe: Recipe) -> dict[str, str]:
    return {} if recipe.domain is None else {"domain": recipe.domain}


def _given(member: str, config: Mapping[str, Any] | None) -> dict[str, Any]:
    return {} if config is None else {member: dict(config)}
