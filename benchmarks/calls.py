"""Calls through boto3 against calls to moto's DynamoDB, in one simulation."""

from __future__ import annotations

import itertools

import boto3
import numpy as np
import pandas as pd
from support import Account, Deployment, account, add_dataset, dataset, import_csv, schema_text, start_import

from benchmarks.measure import Figure, compare
from simulator import simulate
from simulator.data.generated import movielens_like, split_by_time

CALLS = 50
ROUNDS = 15
MANY_ITEMS = 750_000
FEW, MANY = 10_000, 5_000_000
RECIPE = "arn:aws:personalize:::recipe/"
FILTER = """
    INCLUDE ItemID WHERE Items.GENRES IN ("drama") AND Items.PRICE < $MAX
    | EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("like")
"""


def figures() -> list[Figure]:
    with simulate(start="2022-03-08T09:00:00Z", durations="instant"):
        here = account()
        p, settle = here.personalize, here.personalize.list_schemas
        films = _imported(here, "films", split_by_time(movielens_like())[0])
        campaign = _campaign(here, films, "aws-user-personalization")
        ranking = _campaign(here, films, "aws-personalized-ranking")
        large = _campaign(here, _imported(here, "large", _many_items()), "aws-user-personalization")
        filter_arn = p.create_filter(name="f", datasetGroupArn=films.group, filterExpression=FILTER)["filterArn"]
        tracking_id = p.create_event_tracker(name="films", datasetGroupArn=films.group)["trackingId"]
        settle()
        dynamodb = boto3.client("dynamodb", region_name="us-east-1")
        dynamodb.create_table(
            TableName="t",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        listed = here.runtime.get_recommendations(campaignArn=campaign, userId="1", numResults=500)["itemList"]
        items = [item["itemId"] for item in listed]
        count = itertools.count(1_600_000_000)

        def put_events() -> None:
            for _ in range(CALLS):
                at = next(count)
                here.events.put_events(
                    trackingId=tracking_id,
                    userId=str(at % 600),
                    sessionId="s",
                    eventList=[{"eventType": "watch", "itemId": items[at % 200], "sentAt": at}],
                )

        def put_item() -> None:
            for _ in range(CALLS):
                at = next(count)
                dynamodb.put_item(
                    TableName="t",
                    Item={"id": {"S": str(at)}, "user": {"S": "u"}, "item": {"S": items[at % 200]}},
                )

        def get_recommendations() -> None:
            for _ in range(CALLS):
                here.runtime.get_recommendations(campaignArn=campaign, userId=str(next(count) % 600))

        def get_filtered() -> None:
            for _ in range(CALLS):
                here.runtime.get_recommendations(
                    campaignArn=campaign,
                    userId=str(next(count) % 600),
                    filterArn=filter_arn,
                    filterValues={"MAX": "20"},
                )

        def get_of_many() -> None:
            for _ in range(CALLS):
                here.runtime.get_recommendations(campaignArn=large, userId=str(next(count) % 600))

        def get_personalized_ranking() -> None:
            for _ in range(CALLS):
                here.runtime.get_personalized_ranking(
                    campaignArn=ranking, userId=str(next(count) % 600), inputList=items
                )

        def get_item() -> None:
            for _ in range(CALLS):
                dynamodb.get_item(TableName="t", Key={"id": {"S": "1600000001"}})

        return [
            compare(
                f"get_recommendations of 9.7k items, {CALLS} calls : DynamoDB get_item",
                get_recommendations,
                get_item,
                1.0,
                runs=ROUNDS,
            ),
            compare(
                f"filtered by items and interactions, {CALLS} calls : unfiltered",
                get_filtered,
                get_recommendations,
                2.0,
                runs=ROUNDS,
            ),
            compare(
                f"get_recommendations of 750k items, {CALLS} calls : of 9.7k items",
                get_of_many,
                get_recommendations,
                4.0,
                runs=ROUNDS,
            ),
            compare(
                f"ranking of 500 items, {CALLS} calls : DynamoDB get_item",
                get_personalized_ranking,
                get_item,
                2.0,
                runs=ROUNDS,
            ),
            compare(f"put_events, {CALLS} calls : DynamoDB put_item", put_events, put_item, 0.6, runs=ROUNDS),
            _flat(here),
        ]


def _flat(here: Account) -> Figure:
    """Putting an event beside many imported interactions, and beside few."""
    p, settle = here.personalize, here.personalize.list_schemas
    tracking_ids = {}
    for name, interactions in (("few", FEW), ("many", MANY)):
        made = dataset(here, settle, name=name)
        frame = movielens_like(users=interactions // 16, items=35_000, interactions=interactions)
        import_csv(here, made, frame, name)
        settle()
        tracking_ids[name] = p.create_event_tracker(name=name, datasetGroupArn=made.group)["trackingId"]
        settle()
    count = itertools.count(1_600_000_000)

    def put_events(name: str) -> None:
        for _ in range(CALLS):
            event = {"eventType": "watch", "itemId": "1", "sentAt": next(count)}
            here.events.put_events(trackingId=tracking_ids[name], userId="1", sessionId="s", eventList=[event])

    return compare(
        f"put_events beside {MANY} interactions, {CALLS} calls : {FEW}",
        lambda: put_events("many"),
        lambda: put_events("few"),
        1.2,
        runs=ROUNDS,
    )


def _imported(here: Account, name: str, frame: pd.DataFrame) -> Deployment:
    """A dataset group with these interactions, every third a like, and with an item for each id."""
    settle = here.personalize.list_schemas
    made = dataset(here, settle, schema_text({"name": "EVENT_TYPE", "type": "string"}), name)
    import_csv(here, made, frame.assign(EVENT_TYPE=np.where(np.arange(len(frame)) % 3, "watch", "like")), name)
    ids = frame.ITEM_ID.unique()
    chance = np.random.default_rng(0)
    films = pd.DataFrame(
        {
            "ITEM_ID": ids,
            "GENRES": chance.choice(["drama|comedy", "horror", "sf|action", ""], len(ids)),
            "PRICE": chance.integers(1, 100, len(ids)) / 4,
            "RELEASED": chance.integers(1, 10**9, len(ids)),
        }
    )
    items = add_dataset(here, made.group, "Items", settle)
    start_import(here, items, here.upload(films, f"{name}-items.csv"), f"{name}-items")
    settle()
    return made


def _many_items() -> pd.DataFrame:
    """As many items as a training considers, each with an interaction at least."""
    chance = np.random.default_rng(1)
    more = (MANY_ITEMS * chance.random(MANY_ITEMS // 10) ** 3).astype(np.int64)
    items = chance.permutation(np.concatenate((np.arange(MANY_ITEMS), more)))
    return pd.DataFrame(
        {
            "USER_ID": chance.integers(0, 10_000, len(items)),
            "ITEM_ID": items,
            "TIMESTAMP": chance.integers(10**9, 1_600_000_000, len(items)),
        }
    )


def _campaign(here: Account, made: Deployment, recipe: str) -> str:
    p, settle = here.personalize, here.personalize.list_schemas
    name = f"{made.group.rpartition('/')[2]}-{recipe}"
    solution = p.create_solution(
        name=name, datasetGroupArn=made.group, recipeArn=RECIPE + recipe, performAutoTraining=False
    )["solutionArn"]
    settle()
    version = p.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    settle()
    arn: str = p.create_campaign(name=name, solutionVersionArn=version)["campaignArn"]
    settle()
    return arn
