"""Calls through boto3 against calls to moto's DynamoDB, in one simulation."""

from __future__ import annotations

import itertools

import boto3
from support import account, deploy

from benchmarks.measure import Figure, compare
from simulator import simulate
from simulator.data.generated import movielens_like, split_by_time

CALLS = 50
ROUNDS = 15


def figures() -> list[Figure]:
    with simulate(start="2022-03-08T09:00:00Z", durations="instant"):
        here = account()
        made = deploy(here, here.personalize.list_schemas, split_by_time(movielens_like())[0])
        dynamodb = boto3.client("dynamodb", region_name="us-east-1")
        dynamodb.create_table(
            TableName="t",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        items = [
            item["itemId"]
            for item in here.runtime.get_recommendations(campaignArn=made.campaign, userId="1", numResults=200)[
                "itemList"
            ]
        ]
        count = itertools.count(1_600_000_000)

        def put_events() -> None:
            for _ in range(CALLS):
                at = next(count)
                here.events.put_events(
                    trackingId=made.tracking_id,
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
                here.runtime.get_recommendations(campaignArn=made.campaign, userId=str(next(count) % 600))

        def get_item() -> None:
            for _ in range(CALLS):
                dynamodb.get_item(TableName="t", Key={"id": {"S": "1600000001"}})

        return [
            compare(f"put_events, {CALLS} calls : DynamoDB put_item", put_events, put_item, 0.8, runs=ROUNDS),
            compare(
                f"get_recommendations of 9.7k items, {CALLS} calls : DynamoDB get_item",
                get_recommendations,
                get_item,
                1.5,
                runs=ROUNDS,
            ),
        ]
