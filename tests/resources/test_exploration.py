"""Exploration of campaigns, recommenders and batch jobs, through boto3: young items planted beside old ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from support import RECIPE, Account, account, add_dataset, dataset, import_csv, refused, schema_text, start_import

from simulator import Simulation, simulate
from simulator.durations import OBSERVED

DAY = 86_400
NOW = 1_646_000_000
USERS = [f"u{each:02}" for each in range(30)]
FRESH = [f"fresh{each}" for each in range(8)]
RECENT = [f"recent{each}" for each in range(8)]
OLD = [f"old{each:02}" for each in range(40)]
LENGTH = 10
START = "2022-03-08T09:00:00Z"
V2 = RECIPE + "-v2"
FOR_YOU = "arn:aws:personalize:::recipe/aws-ecomm-recommended-for-you"
CREATED = {"name": "CREATION_TIMESTAMP", "type": "long"}
KIND = {"name": "KIND", "type": "string"}
IMPRESSION = {"name": "IMPRESSION", "type": ["null", "string"]}

Lists = dict[str, list[tuple[str, float | None]]]


def interactions() -> pd.DataFrame:
    """Each user takes the 36 most popular of the old items in an order of its own, over the last hundred days."""
    rows = [
        (user, OLD[(7 * place + 3 * number) % (36 if number % 3 else 40)], NOW - DAY * (100 - place) - number)
        for number, user in enumerate(USERS)
        for place in range(40)
    ]
    last = pd.DataFrame([*rows, ("u00", "old00", NOW)], columns=["USER_ID", "ITEM_ID", "TIMESTAMP"])
    return last.assign(EVENT_TYPE="View", IMPRESSION="")


def catalogue() -> pd.DataFrame:
    """The old items, eight items made five days ago, and eight made twenty days ago."""
    made = {**dict.fromkeys(FRESH, NOW - 5 * DAY), **dict.fromkeys(RECENT, NOW - 20 * DAY)}
    dated = [(each, made.get(each, NOW - 200 * DAY), each.rstrip("0123456789")) for each in (*OLD, *FRESH, *RECENT)]
    return pd.DataFrame(dated, columns=["ITEM_ID", "CREATION_TIMESTAMP", "KIND"])


@dataclass
class Shop:
    """A group with a trained solution, in which nothing takes time."""

    sim: Simulation
    on: Account
    group: str
    items: str = ""
    version: str = ""
    tracking_id: str = ""
    made: dict[str, str] = field(default_factory=dict)

    def settle(self) -> None:
        self.on.personalize.list_schemas()

    def train(self, recipe: str = RECIPE) -> str:
        p = self.on.personalize
        name = f"solution{len(p.list_solutions()['solutions'])}"
        solution = p.create_solution(
            name=name, datasetGroupArn=self.group, recipeArn=recipe, performAutoTraining=False
        )["solutionArn"]
        self.settle()
        version: str = p.create_solution_version(solutionArn=solution)["solutionVersionArn"]
        self.settle()
        return version

    def campaign(self, weight: str | None = None, version: str = "", **more: str) -> str:
        """An ACTIVE campaign, made once, that explores so much."""
        config = {**({} if weight is None else {"explorationWeight": weight}), **more}
        key = json.dumps([version, config])
        if key not in self.made:
            self.made[key] = self.on.personalize.create_campaign(
                name=f"campaign{len(self.made)}",
                solutionVersionArn=version or self.version,
                campaignConfig={"itemExplorationConfig": config} if config else {},
            )["campaignArn"]
            self.settle()
        return self.made[key]

    def lists(self, campaign: str, length: int = LENGTH, **more: Any) -> Lists:
        """The list of every user."""
        found = {}
        for user in USERS:
            asked = {"userId": user, "numResults": length, **more}
            answer = self.on.runtime.get_recommendations(campaignArn=campaign, **asked)
            found[user] = [(item["itemId"], item.get("score")) for item in answer["itemList"]]
        return found

    def explored(self, weight: str | None = None, among: Sequence[str] = (*FRESH, *RECENT), **more: str) -> int:
        """How many of some items stand in the lists of all users."""
        return count(self.lists(self.campaign(weight, **more)), among)

    def happens(self, item: str, user: str = "u01", at: int = NOW + 60, **more: Any) -> None:
        event = {"eventType": "View", "itemId": item, "sentAt": at, **more}
        self.on.events.put_events(trackingId=self.tracking_id, userId=user, sessionId="s", eventList=[event])

    def update(self) -> None:
        """The next automatic update happens."""
        self.sim.clock.tick(hours=2)
        self.settle()


def count(lists: Lists, among: Sequence[str]) -> int:
    return sum(item in among for ranked in lists.values() for item, _ in ranked)


def new_shop(sim: Simulation, rows: pd.DataFrame) -> Shop:
    on = account()
    settle = on.personalize.list_schemas
    made = dataset(on, settle, schema_text({"name": "EVENT_TYPE", "type": "string"}, IMPRESSION))
    import_csv(on, made, rows)
    items = add_dataset(on, made.group, "Items", settle, CREATED, KIND)
    blank = {"GENRES": "", "PRICE": "", "RELEASED": ""}
    start_import(on, items, on.upload(catalogue().assign(**blank), "items.csv"), "items")
    settle()
    shop = Shop(sim, on, made.group, items)
    shop.version = shop.train()
    shop.tracking_id = on.personalize.create_event_tracker(name="shop", datasetGroupArn=made.group)["trackingId"]
    settle()
    return shop


@pytest.fixture
def shop(sim: Simulation) -> Shop:
    return new_shop(sim, interactions())


@pytest.mark.rule("exploration.weight")
@pytest.mark.rule("exploration.how-far")
def test_the_weight_says_how_much_is_explored(shop: Shop) -> None:
    none, some, much = (shop.explored(weight) for weight in ("0", "0.3", "1"))
    assert none == 0
    assert some < much
    assert much >= len(USERS)
    relevant, exploring = shop.lists(shop.campaign("0")), shop.lists(shop.campaign("1"))
    for user in USERS:
        assert exploring[user][0][0] == relevant[user][0][0]
        order = [item for item, _ in exploring[user] if item in OLD]
        assert order == [item for item, _ in relevant[user] if item in order]
        scores = [score or 0.0 for _, score in exploring[user]]
        assert scores == sorted(scores, reverse=True)
    everything = shop.lists(shop.campaign("1"), len(OLD) + len(FRESH) + len(RECENT))
    for ranked in everything.values():
        assert sum(score or 0.0 for _, score in ranked) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.rule("exploration.defaults")
def test_defaults(shop: Shop) -> None:
    assert shop.lists(shop.campaign()) == shop.lists(shop.campaign("0.3", explorationItemAgeCutOff="30"))
    cut_off = {"explorationItemAgeCutOff": "10"}
    assert shop.lists(shop.campaign(**cut_off)) == shop.lists(shop.campaign("0.3", **cut_off))


@pytest.mark.rule("exploration.cut-off")
@pytest.mark.rule("exploration.age")
def test_items_older_than_the_cut_off_are_not_explored(shop: Shop) -> None:
    """Counted back from the newest interaction, long before the present."""

    def explored(days: str) -> tuple[bool, bool]:
        lists = shop.lists(shop.campaign("1", explorationItemAgeCutOff=days))
        return count(lists, FRESH) > 0, count(lists, RECENT) > 0

    assert explored("4.9") == (False, False)
    assert explored("5") == (True, False)
    assert explored("19.9") == (True, False)
    assert explored("20") == (True, True)


@pytest.mark.rule("exploration.same-answer")
def test_equal_requests_have_equal_answers_and_users_their_own(shop: Shop) -> None:
    first = shop.lists(shop.campaign("1"))
    assert shop.lists(shop.campaign("1")) == first
    sets = {frozenset(item for item, _ in ranked if item not in OLD) for ranked in first.values()}
    assert len(sets) > len(USERS) // 2
    shop.sim.clock.tick(minutes=10)
    assert shop.lists(shop.campaign("1")) == first


def test_another_training_explores_other_items(shop: Shop) -> None:
    one = shop.lists(shop.campaign("1"))
    other = shop.lists(shop.campaign("1", version=shop.train()))
    changed = [user for user in USERS if [item for item, _ in one[user]] != [item for item, _ in other[user]]]
    assert len(changed) > len(USERS) // 2


@pytest.mark.rule("exploration.filters")
def test_filters_leave_the_order_of_explored_items(shop: Shop) -> None:
    wanted = shop.on.personalize.create_filter(
        name="fresh",
        datasetGroupArn=shop.group,
        filterExpression='INCLUDE ItemID WHERE Items.KIND IN ("fresh", "recent")',
    )["filterArn"]
    shop.settle()
    every = shop.lists(shop.campaign("1"), len(OLD) + len(FRESH) + len(RECENT))
    filtered = shop.lists(shop.campaign("1"), 25, filterArn=wanted)
    for user in USERS:
        assert [item for item, _ in filtered[user]] == [item for item, _ in every[user] if item not in OLD]
        assert sum(score or 0.0 for _, score in filtered[user]) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.rule("exploration.impressions")
def test_what_is_shown_and_not_taken_is_explored_less_after_the_update(shop: Shop) -> None:
    campaign, relevant = shop.campaign("1"), shop.campaign("0")
    before, order = shop.lists(campaign), shop.lists(relevant)
    others = [user for user in USERS if user != "u01"]
    for each in range(20):
        shop.happens("old00", at=NOW + each, impression=["old00", *FRESH])
    assert {user: shop.lists(campaign)[user] for user in others} == {user: before[user] for user in others}
    shop.update()
    after = shop.lists(campaign)
    assert count(after, FRESH) < count(before, FRESH) / 2
    assert count(after, RECENT) >= count(before, RECENT)
    assert {user: shop.lists(relevant)[user] for user in others} == {user: order[user] for user in others}


@pytest.mark.rule("exploration.impressions")
def test_what_is_taken_when_it_is_shown_is_explored_more() -> None:
    """As often shown: nobody takes the one half, some take the other."""

    def explored(*, taken: bool) -> int:
        with simulate(start=START, durations="instant") as sim:
            shop = new_shop(sim, interactions())
            campaign = shop.campaign("1")
            for each in range(16):
                item = FRESH[each % 4] if taken else "old00"
                shop.happens(item, at=NOW + each, impression=["old00", *FRESH])
            shop.update()
            lists = shop.lists(campaign)
            return count({user: ranked for user, ranked in lists.items() if user != "u01"}, FRESH[:4])

    assert explored(taken=True) > 1.5 * explored(taken=False)


@pytest.mark.rule("exploration.implicit-impressions")
def test_what_was_recommended_counts_as_shown() -> None:
    def explored(with_id: bool, with_impression: bool) -> int:
        with simulate(start=START, durations="instant") as sim:
            shop = new_shop(sim, interactions())
            campaign = shop.campaign("1")
            for each in range(20):
                answer = shop.on.runtime.get_recommendations(campaignArn=campaign, userId="u02", numResults=50)
                more: dict[str, Any] = {"recommendationId": answer["recommendationId"]} if with_id else {}
                if with_impression:
                    more["impression"] = ["old00", "old01"]
                shop.happens("old00", at=NOW + each, **more)
            shop.update()
            return count(shop.lists(campaign), FRESH)

    without, shown = explored(with_id=False, with_impression=False), explored(with_id=True, with_impression=False)
    assert shown < without / 2
    assert explored(with_id=True, with_impression=True) == without


@pytest.mark.rule("exploration.imported-impressions")
def test_imported_impressions_count_at_trainings() -> None:
    def explored(rows: pd.DataFrame) -> int:
        with simulate(start=START, durations="instant") as sim:
            return new_shop(sim, rows).explored("1", FRESH)

    rows = interactions()
    rows["IMPRESSION"] = ["|".join((item, *FRESH)) if at % 20 == 0 else "" for at, item in enumerate(rows["ITEM_ID"])]
    assert explored(rows) < explored(interactions()) / 2


@pytest.mark.rule("exploration.new-items")
def test_new_items_are_explored_from_the_update_on(shop: Shop) -> None:
    new = [f"new{each}" for each in range(8)]
    exploring, relevant = shop.campaign("1"), shop.campaign("0")
    before = shop.lists(exploring), shop.lists(relevant)
    for each in new:
        properties = json.dumps({"kind": "new", "creationTimestamp": NOW + DAY})
        shop.on.events.put_items(datasetArn=shop.items, items=[{"itemId": each, "properties": properties}])
    assert (shop.lists(exploring), shop.lists(relevant)) == before
    shop.update()
    after = shop.lists(exploring)
    assert count(after, new) >= len(USERS) // 2
    assert count(shop.lists(relevant), new) == 0
    # What was explored keeps its chance: of it only what new items pushed out is gone.
    for user in USERS:
        earlier, later = ([item for item, _ in lists[user] if item not in new] for lists in (before[0], after))
        assert later == earlier[: len(later)]


@pytest.mark.rule("exploration.little-known")
def test_what_many_take_is_explored_no_more(shop: Shop) -> None:
    """Of two new items one is taken a hundred times, by one user: other users' lists have it less."""
    campaign = shop.campaign("1")
    for each in range(100):
        shop.happens("busy", at=NOW + each)
    shop.happens("quiet", at=NOW)
    shop.update()
    lists = shop.lists(campaign)
    others = {user: ranked for user, ranked in lists.items() if user != "u01"}
    assert count(others, ["busy"]) < count(others, ["quiet"])


@pytest.mark.rule("exploration.updated-campaign")
def test_a_weight_is_in_force_once_the_update_is_active() -> None:
    slow = {**dict.fromkeys(OBSERVED, timedelta(0)), "campaign_update": timedelta(minutes=5)}
    with simulate(start=START, durations=slow) as sim:
        shop = new_shop(sim, interactions())
        campaign, relevant = shop.campaign("1"), shop.lists(shop.campaign("0"))
        before = shop.lists(campaign)
        shop.on.personalize.update_campaign(
            campaignArn=campaign, campaignConfig={"itemExplorationConfig": {"explorationWeight": "0"}}
        )
        sim.clock.tick(minutes=4)
        assert shop.lists(campaign) == before
        sim.clock.tick(minutes=1)
        assert shop.lists(campaign) == relevant


@pytest.mark.rule("exploration.batch")
def test_batch_jobs_explore_as_they_say(shop: Shop) -> None:
    def answers(name: str, **config: str) -> Lists:
        on, lines = shop.on, "\n".join(json.dumps({"userId": user}) for user in USERS)
        on.s3.put_object(Bucket=on.bucket, Key="users.json", Body=lines.encode())
        on.personalize.create_batch_inference_job(
            jobName=name,
            solutionVersionArn=shop.version,
            numResults=LENGTH,
            jobInput={"s3DataSource": {"path": f"s3://{on.bucket}/users.json"}},
            jobOutput={"s3DataDestination": {"path": f"s3://{on.bucket}/{name}/"}},
            roleArn=on.role,
            **({"batchInferenceJobConfig": {"itemExplorationConfig": config}} if config else {}),
        )
        shop.settle()
        body = on.s3.get_object(Bucket=on.bucket, Key=f"{name}/users.json.out")["Body"].read().decode()
        written = map(json.loads, body.splitlines())
        return {
            line["input"]["userId"]: [*zip(line["output"]["recommendedItems"], line["output"]["scores"], strict=True)]
            for line in written
        }

    assert answers("none", explorationWeight="0") == shop.lists(shop.campaign("0"))
    assert answers("default") == shop.lists(shop.campaign())
    assert answers("much", explorationWeight="1") == shop.lists(shop.campaign("1"))


@pytest.mark.rule("exploration.managed", "exploration.reason")
def test_v2_explores_by_itself_and_says_so(shop: Shop) -> None:
    version = shop.train(V2)
    campaign = shop.campaign(version=version)
    explored = {}
    for user in USERS:
        answer = shop.on.runtime.get_recommendations(campaignArn=campaign, userId=user, numResults=40)
        explored[user] = {item["itemId"] for item in answer["itemList"] if item.get("reason") == ["Exploration"]}
        assert explored[user] == {item["itemId"] for item in answer["itemList"]} - {*OLD}
        assert all("reason" not in item for item in answer["itemList"] if item["itemId"] in OLD)
    assert any(explored.values())
    config = {"itemExplorationConfig": {"explorationWeight": "1"}}
    with refused("InvalidInputException", f"itemExplorationConfig is not supported by the recipe {V2}."):
        shop.on.personalize.create_campaign(name="v2", solutionVersionArn=version, campaignConfig=config)


@pytest.mark.rule("exploration.weight", "exploration.updated-campaign")
def test_recommenders_explore(sim: Simulation, here: Account) -> None:
    p = here.personalize
    group = p.create_dataset_group(name="shop", domain="ECOMMERCE")["datasetGroupArn"]
    for kind, fields, rows in (
        ("Interactions", schema_fields("Interactions"), interactions().drop(columns="IMPRESSION")),
        ("Items", schema_fields("Items"), catalogue().assign(PRICE=1, CATEGORY_L1="any")),
    ):
        name = kind.lower()
        schema = p.create_schema(name=name, schema=fields, domain="ECOMMERCE")["schemaArn"]
        arn = p.create_dataset(name=name, schemaArn=schema, datasetGroupArn=group, datasetType=kind)["datasetArn"]
        p.list_schemas()
        start_import(here, arn, here.upload(rows, f"{name}.csv"), name)
        p.list_schemas()
    config = {"itemExplorationConfig": {"explorationWeight": "0"}}
    arn = p.create_recommender(name="shop", datasetGroupArn=group, recipeArn=FOR_YOU, recommenderConfig=config)[
        "recommenderArn"
    ]
    p.list_schemas()

    def explored() -> int:
        found = 0
        for user in USERS:
            answer = here.runtime.get_recommendations(recommenderArn=arn, userId=user, numResults=LENGTH)
            found += sum(item["itemId"] not in OLD for item in answer["itemList"])
        return found

    assert explored() == 0
    p.update_recommender(recommenderArn=arn, recommenderConfig={"itemExplorationConfig": {"explorationWeight": "1"}})
    p.list_schemas()
    assert explored() >= len(USERS)


def schema_fields(kind: str) -> str:
    """A schema of the domain ECOMMERCE."""
    record = json.loads(schema_text({"name": "EVENT_TYPE", "type": "string"}))
    if kind == "Items":
        price = {"name": "PRICE", "type": "float"}
        category = {"name": "CATEGORY_L1", "type": "string", "categorical": True}
        record = {**record, "name": "Items", "fields": [record["fields"][1], price, category, CREATED]}
    return json.dumps(record)
