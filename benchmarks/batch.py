"""A batch inference job for 100,000 users against GetRecommendations through boto3: the time that a user costs."""

from __future__ import annotations

import itertools
import json

from support import account, dataset, import_csv

from benchmarks.measure import Figure, seconds
from simulator import simulate
from simulator.data.generated import movielens_like

USERS = 100_000
ITEMS = 9_700
INTERACTIONS = 1_600_000
CALLS = 2_000
LIMIT = 0.1
RECIPE = "arn:aws:personalize:::recipe/aws-user-personalization"


def figures() -> list[Figure]:
    """The whole job, from the create call to ACTIVE, as time a user; the reference is a call for each of some users."""
    with simulate(start="2022-03-08T09:00:00Z", durations="instant"):
        here = account()
        p, settle = here.personalize, here.personalize.list_schemas
        made = dataset(here, settle, name="films")
        frame = movielens_like(users=USERS, items=ITEMS, interactions=INTERACTIONS)
        import_csv(here, made, frame, "films")
        settle()
        solution = p.create_solution(
            name="films", datasetGroupArn=made.group, recipeArn=RECIPE, performAutoTraining=False
        )["solutionArn"]
        settle()
        version = p.create_solution_version(solutionArn=solution)["solutionVersionArn"]
        settle()
        campaign = p.create_campaign(name="films", solutionVersionArn=version)["campaignArn"]
        settle()
        users = [str(user) for user in frame.USER_ID.unique()]
        lines = "".join(json.dumps({"userId": user}) + "\n" for user in users)
        here.s3.put_object(Bucket=here.bucket, Key="in/users.json", Body=lines.encode())
        names = itertools.count()

        def job() -> None:
            arn = p.create_batch_inference_job(
                jobName=f"job{next(names)}",
                solutionVersionArn=version,
                jobInput={"s3DataSource": {"path": f"s3://{here.bucket}/in/"}},
                jobOutput={"s3DataDestination": {"path": f"s3://{here.bucket}/out/"}},
                roleArn=here.role,
            )["batchInferenceJobArn"]
            described = p.describe_batch_inference_job(batchInferenceJobArn=arn)["batchInferenceJob"]
            assert described["status"] == "ACTIVE", described

        def calls() -> None:
            for user in users[:: len(users) // CALLS]:
                here.runtime.get_recommendations(campaignArn=campaign, userId=user)

        calls()
        before, whole, after = seconds(calls), seconds(job), seconds(calls)
        reference = (before + after) / 2 / len(users[:: len(users) // CALLS])
        ours = whole / len(users)
        name = f"batch inference, each of {len(users)} users : get_recommendations"
        return [Figure(name, ours, reference, ours / reference, LIMIT)]
