"""Describing, listing and creating against moto's DynamoDB; pages of long lists against pages of short ones."""

from __future__ import annotations

import itertools

import boto3
from support import account, deploy, schema_text, some_interactions

from benchmarks.measure import Figure, compare
from simulator import simulate

CALLS = 50
ROUNDS = 15
FEW, MANY = 100, 10_000


def figures() -> list[Figure]:
    quotas = {"active_schemas": 1_000_000, "active_dataset_groups": 1_000_000, "filters_per_dataset_group": 1_000_000}
    with simulate(start="2022-03-08T09:00:00Z", durations="instant", quotas=quotas):
        here = account()
        api = here.personalize
        made = deploy(here, api.list_schemas, some_interactions())
        dynamodb = boto3.client("dynamodb", region_name="us-east-1")
        dynamodb.create_table(
            TableName="t",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        dynamodb.put_item(TableName="t", Item={"id": {"S": "1"}, "user": {"S": "u"}})
        numbers = itertools.count()
        schema = schema_text()

        def get_item() -> None:
            for _ in range(CALLS):
                dynamodb.get_item(TableName="t", Key={"id": {"S": "1"}})

        def describe() -> None:
            for _ in range(CALLS):
                api.describe_campaign(campaignArn=made.campaign)

        def list_solutions() -> None:
            for _ in range(CALLS):
                api.list_solutions(datasetGroupArn=made.group)

        def create_schema() -> None:
            for _ in range(CALLS):
                api.create_schema(name=f"s{next(numbers)}", schema=schema)

        def create_dataset_group() -> None:
            for _ in range(CALLS):
                api.create_dataset_group(name=f"g{next(numbers)}")

        answers = [
            compare(f"{call.__name__}, {CALLS} calls : DynamoDB get_item", call, get_item, 1.2, runs=ROUNDS)
            for call in (describe, list_solutions, create_schema, create_dataset_group)
        ]
    return [*answers, _pages()]


def _pages() -> Figure:
    """A page in the middle of a list of many, against one of a list of few."""
    with simulate(start="2022-03-08T09:00:00Z", durations="instant", quotas={"active_schemas": FEW + MANY}):
        clients = {
            count: boto3.client("personalize", region_name=region)
            for count, region in ((FEW, "us-east-1"), (MANY, "eu-west-1"))
        }
        schema = schema_text()
        tokens = {}
        for count, client in clients.items():
            for number in range(count):
                client.create_schema(name=f"s{number}", schema=schema)
            token: dict[str, str] = {}
            for _ in range(count // 2 // 10):
                token = {"nextToken": client.list_schemas(maxResults=10, **token)["nextToken"]}
            tokens[count] = token

        def page(count: int) -> None:
            for _ in range(CALLS):
                assert len(clients[count].list_schemas(maxResults=10, **tokens[count])["schemas"]) == 10

        return compare(
            f"a page of {MANY} resources, {CALLS} calls : of {FEW}",
            lambda: page(MANY),
            lambda: page(FEW),
            1.2,
            runs=ROUNDS,
        )
