"""What is updated when: the article's table and what came after it, of every recipe and use case, by running models.

In a group with data of all kinds everything that can be trained is trained and deployed. Then something new of every
kind is put, and it is looked at which models have become others two hours later, a day later and after seven days.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import pandas as pd
import pytest
from support import FIELDS, Account, account, some_interactions, start_import

from simulator import Simulation, simulate
from simulator.recommend.catalogue import RECIPES

RECIPE = "arn:aws:personalize:::recipe/"
START = "2025-06-02T09:00:00Z"
PROFILES = ("2022", "today")
Kind = Literal["custom", "ECOMMERCE", "VIDEO_ON_DEMAND"]

# Whether the deployed model is updated every two hours. Source: the article's table; the guide for what came later.
CUSTOM: Mapping[str, bool] = {
    "aws-user-personalization": True,
    "aws-user-personalization-v2": True,
    "aws-next-best-action": True,
    "aws-trending-now": True,
    "aws-popularity-count": False,
    "aws-personalized-ranking": False,
    "aws-personalized-ranking-v2": False,
    "aws-similar-items": False,
    "aws-sims": False,
}
SEGMENTS = ("aws-item-affinity", "aws-item-attribute-affinity")
USE_CASES: Mapping[str, bool] = {
    "aws-ecomm-recommended-for-you": True,
    "aws-ecomm-popular-items-by-views": False,
    "aws-ecomm-popular-items-by-purchases": False,
    "aws-ecomm-frequently-bought-together": False,
    "aws-ecomm-customers-who-viewed-x-also-viewed": False,
    "aws-vod-top-picks": True,
    "aws-vod-trending-now": True,
    "aws-vod-most-popular": False,
    "aws-vod-because-you-watched-x": False,
    "aws-vod-more-like-x": False,
}
# What is trending changes as time passes, without anything new.
TRENDING = {"aws-trending-now", "aws-vod-trending-now"}
OTHERS = {"aws-semantic-similarity"}  # trained on items alone


class Seen(NamedTuple):
    """Whether a model had become another two hours after something new, in the day after that, and in the days until
    a week after its training; and of which training types the versions of its solution were then.
    """

    in_two_hours: bool
    in_a_day: bool
    in_a_week: bool
    versions: tuple[str, ...] = ()


@dataclass
class Group:
    """A dataset group, with what is trained in it by recipe: versions of solutions, or recommenders."""

    sim: Simulation
    on: Account
    arn: str = ""
    datasets: dict[str, str] = field(default_factory=dict)
    tracking_id: str = ""
    solutions: dict[str, str] = field(default_factory=dict)
    trained: dict[str, str] = field(default_factory=dict)

    def minutes(self, number: float) -> None:
        self.sim.clock.tick(minutes=number)

    def models(self) -> dict[str, Any]:
        """The models that answer now, by recipe."""
        self.on.personalize.list_schemas()
        [inventory] = self.sim._host.world.inventories.values()
        found = {recipe: inventory.find(arn) for recipe, arn in self.trained.items()}
        return {recipe: getattr(each, "model", None) for recipe, each in found.items()}

    def versions(self, solution: str) -> tuple[str, ...]:
        listed = self.on.personalize.list_solution_versions(solutionArn=solution)["solutionVersions"]
        assert {each["status"] for each in listed} == {"ACTIVE"}
        return tuple(each["trainingType"] for each in listed)

    def put(self) -> None:
        """Something new of every kind."""
        event = {"itemId": "new", "eventType": "View", "sentAt": 1_700_000_000}
        for event_type in ("View", "Watch", "Purchase"):
            events = [event | {"eventType": event_type, "itemId": item} for item in ("new", "i1")]
            self.on.events.put_events(trackingId=self.tracking_id, userId="u1", sessionId="s", eventList=events)
        properties = json.dumps({"genres": "drama", "price": 1.0, "categoryL1": "film", "creationTimestamp": 1})
        known = {name: json.loads(properties)[name] for name in ITEMS_OF[self.kind]}
        self.on.events.put_items(
            datasetArn=self.datasets["Items"], items=[{"itemId": "new", "properties": json.dumps(known)}]
        )
        if self.kind == "custom":
            self.on.events.put_actions(datasetArn=self.datasets["Actions"], actions=[{"actionId": "new"}])

    @property
    def kind(self) -> Kind:
        shown = self.on.personalize.describe_dataset_group(datasetGroupArn=self.arn)["datasetGroup"]
        kind: Kind = shown.get("domain", "custom")
        return kind


# The properties of an item that is put.
ITEMS_OF: Mapping[Kind, tuple[str, ...]] = {
    "custom": ("genres", "price"),
    "ECOMMERCE": ("price", "categoryL1"),
    "VIDEO_ON_DEMAND": ("genres", "creationTimestamp"),
}
ITEM_FIELDS: Mapping[Kind, list[dict[str, Any]]] = {
    "custom": FIELDS["Items"],
    "ECOMMERCE": [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "PRICE", "type": "float"},
        {"name": "CATEGORY_L1", "type": "string", "categorical": True},
    ],
    "VIDEO_ON_DEMAND": [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "GENRES", "type": "string", "categorical": True},
        {"name": "CREATION_TIMESTAMP", "type": "long"},
    ],
}


def rows(kind: Kind) -> dict[str, pd.DataFrame]:
    """What is imported, by dataset type: 1,200 events of each of three types, 60 items of two genres, two actions."""
    found = some_interactions(items=60)
    of_types = [found.assign(EVENT_TYPE=each) for each in ("View", "Watch", "Purchase")]
    items = pd.DataFrame({"ITEM_ID": [f"i{each}" for each in range(60)]})
    others: dict[str, Any] = {
        "GENRES": ["drama", "comedy"] * 30,
        "CATEGORY_L1": ["film", "book"] * 30,
        "PRICE": 1.0,
        "RELEASED": 1990,
        "CREATION_TIMESTAMP": 1_400_000_000,
    }
    wanted = {each["name"] for each in ITEM_FIELDS[kind]}
    data = {
        "Interactions": pd.concat(of_types),
        "Items": items.assign(**{name: value for name, value in others.items() if name in wanted}),
    }
    if kind == "custom":
        met = [(f"u{user}", action, "TAKEN", 1_590_000_000) for user in range(60) for action in ("join", "rate")]
        data["Actions"] = pd.DataFrame({"ACTION_ID": ["join", "rate"], "VALUE": [1, 2], "KIND": ["a", "b"]})
        data["Action_Interactions"] = pd.DataFrame(met, columns=["USER_ID", "ACTION_ID", "EVENT_TYPE", "TIMESTAMP"])
    return data


def filled(group: Group, kind: Kind) -> None:
    """Creates the group, and imports into a dataset of every type."""
    p = group.on.personalize
    domain: dict[str, Any] = {} if kind == "custom" else {"domain": kind}
    group.arn = p.create_dataset_group(name="shop", **domain)["datasetGroupArn"]
    group.minutes(1)
    typed = [*FIELDS["Interactions"], {"name": "EVENT_TYPE", "type": "string"}]
    for dataset_type, frame in rows(kind).items():
        fields = {**FIELDS, "Interactions": typed, "Items": ITEM_FIELDS[kind]}[dataset_type]
        record = {"type": "record", "name": dataset_type.replace("_", ""), "fields": fields}
        record |= {"namespace": "com.amazonaws.personalize.schema", "version": "1.0"}
        name = dataset_type.replace("_", "-")
        schema = p.create_schema(name=name, schema=json.dumps(record), **domain)["schemaArn"]
        group.datasets[dataset_type] = p.create_dataset(
            name=name, schemaArn=schema, datasetGroupArn=group.arn, datasetType=dataset_type
        )["datasetArn"]
        group.minutes(1)
        start_import(group.on, group.datasets[dataset_type], group.on.upload(frame, f"{name}.csv"), name)
    group.minutes(10)
    group.tracking_id = p.create_event_tracker(name="shop", datasetGroupArn=group.arn)["trackingId"]
    group.minutes(1)


def deployed(group: Group, kind: Kind) -> None:
    """Trains all recipes, by hand within the first hour of their solutions, and deploys those that can be."""
    p = group.on.personalize
    if kind != "custom":
        for name in (each for each in USE_CASES if RECIPES[RECIPE + each].domain == kind):
            answer = p.create_recommender(name=name, datasetGroupArn=group.arn, recipeArn=RECIPE + name)
            group.trained[name] = answer["recommenderArn"]
        group.minutes(60)
        return
    for name in (*CUSTOM, *SEGMENTS):
        solution = p.create_solution(name=name, datasetGroupArn=group.arn, recipeArn=RECIPE + name)["solutionArn"]
        group.solutions[name] = solution
        group.trained[name] = p.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    group.minutes(25)
    for name in CUSTOM:
        p.create_campaign(name=name, solutionVersionArn=group.trained[name])
    group.minutes(5)


@functools.cache
def seen(profile: str, kind: Kind) -> Mapping[str, Seen]:
    """What became of the models of all recipes of a kind, under a profile."""
    many = dict.fromkeys(("active_solutions_per_dataset_group", "active_campaigns_per_dataset_group"), 30)
    many |= {"recommenders_per_dataset_group": 30, "running_solution_versions": 30}
    with simulate(start=START, profile=profile, quotas=many) as sim:
        group = Group(sim, account())
        filled(group, kind)
        deployed(group, kind)
        moments = [group.models()]
        group.put()
        for hours in (2, 24, 6 * 24 - 1):
            group.sim.clock.tick(hours=hours)
            moments.append(group.models())
        assert all(None not in models.values() for models in moments)
        found: dict[str, Seen] = {}
        for recipe in group.trained:
            changed = [before[recipe] is not after[recipe] for before, after in itertools.pairwise(moments)]
            versions = group.versions(group.solutions[recipe]) if recipe in group.solutions else ()
            found[recipe] = Seen(changed[0], changed[1], changed[2], versions)
        return found


def test_every_recipe_is_in_the_table() -> None:
    trainable = {each.name for each in RECIPES.values() if not each.legacy}
    assert trainable - OTHERS == {*CUSTOM, *SEGMENTS, *USE_CASES}


@pytest.mark.rule("solution-versions.automatic-update", "automatic-training.default")
@pytest.mark.parametrize("recipe", [*CUSTOM, *SEGMENTS])
@pytest.mark.parametrize("profile", PROFILES)
def test_custom_recipes(profile: str, recipe: str) -> None:
    """The model of a campaign is that of its version; versions come by themselves only today."""
    versions = {"2022": ("MANUAL",), "today": ("MANUAL", "AUTOMATIC")}[profile]
    if recipe == "aws-next-best-action":
        versions = ("MANUAL",)  # nobody has met an action
    assert seen(profile, "custom")[recipe] == Seen(
        CUSTOM.get(recipe, False), recipe in TRENDING, recipe in TRENDING, versions
    )


@pytest.mark.rule("recommenders.automatic-update", "recommenders.retraining")
@pytest.mark.parametrize("recipe", USE_CASES)
@pytest.mark.parametrize("profile", PROFILES)
def test_use_cases(profile: str, recipe: str) -> None:
    """All are retrained every week, under both profiles."""
    domain = RECIPES[RECIPE + recipe].domain
    kind: Kind = "ECOMMERCE" if domain == "ECOMMERCE" else "VIDEO_ON_DEMAND"
    assert seen(profile, kind)[recipe] == Seen(USE_CASES[recipe], recipe in TRENDING, True)
