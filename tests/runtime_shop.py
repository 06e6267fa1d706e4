"""A dataset group to get recommendations from: two tastes of films, with all that filters look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import batch_shop
import pandas as pd
from support import Account, account, add_dataset, dataset, import_csv, schema_text, start_import

from simulator import Simulation, simulate

RECIPE = "arn:aws:personalize:::recipe/"
FAN = "drama-fan01"
FILMS = [f"{genre}{film}" for genre in batch_shop.GENRES for film in range(10)]
NEWEST = batch_shop.BEGAN + 1000 * batch_shop.DAY


@dataclass
class Shop:
    """A group with interactions, items (GENRES, PRICE, RELEASED, TITLE, RATED) and users (AGE, GENDER)."""

    sim: Simulation
    on: Account
    group: str
    tracking_id: str = ""
    campaigns: dict[tuple[str, bool], str] = field(default_factory=dict)
    filters: dict[str, str] = field(default_factory=dict)

    def settle(self) -> None:
        self.on.personalize.list_schemas()

    def campaign(self, recipe: str = "aws-user-personalization", *, metadata: bool = False) -> str:
        """An ACTIVE campaign of a recipe, made once."""
        if (recipe, metadata) not in self.campaigns:
            p, name = self.on.personalize, f"{recipe}-{metadata}"
            solution = p.create_solution(
                name=name, datasetGroupArn=self.group, recipeArn=RECIPE + recipe, performAutoTraining=False
            )["solutionArn"]
            self.settle()
            version = p.create_solution_version(solutionArn=solution)["solutionVersionArn"]
            self.settle()
            self.campaigns[recipe, metadata] = p.create_campaign(
                name=name,
                solutionVersionArn=version,
                campaignConfig={"enableMetadataWithRecommendations": True} if metadata else {},
            )["campaignArn"]
            self.settle()
        return self.campaigns[recipe, metadata]

    def filter(self, expression: str) -> str:
        """The ARN of an ACTIVE filter, made once."""
        if expression not in self.filters:
            arn = self.on.personalize.create_filter(
                name=f"filter{len(self.filters)}", datasetGroupArn=self.group, filterExpression=expression
            )["filterArn"]
            self.settle()
            self.filters[expression] = arn
        return self.filters[expression]

    def items(
        self, recipe: str = "aws-user-personalization", *, metadata: bool = False, **asked: Any
    ) -> list[dict[str, Any]]:
        """The items that a recipe recommends, to a fan of dramas unless the request says otherwise."""
        request = {"userId": FAN, **asked}
        listed: list[dict[str, Any]] = self.on.runtime.get_recommendations(
            campaignArn=self.campaign(recipe, metadata=metadata),
            **{name: value for name, value in request.items() if value is not None},
        )["itemList"]
        return listed

    def ids(self, recipe: str = "aws-user-personalization", **asked: Any) -> list[str]:
        return [item["itemId"] for item in self.items(recipe, **asked)]

    def happens(self, user: str, item: str, event_type: str, at: int = NEWEST) -> None:
        """An event is put."""
        self.on.events.put_events(
            trackingId=self.tracking_id,
            userId=user,
            sessionId="s",
            eventList=[{"eventType": event_type, "itemId": item, "sentAt": at}],
        )


@contextmanager
def shop(durations: str | Mapping[str, timedelta] = "instant") -> Iterator[Shop]:
    """A simulation with a shop; in it nothing takes time, unless `durations` say so."""
    many = {"active_campaigns_per_dataset_group": 20}
    with simulate(start="2024-12-01T09:00:00Z", durations=durations, quotas=many) as sim:
        on = account()
        settle = on.personalize.list_schemas
        device = {"name": "DEVICE", "type": ["null", "string"], "categorical": True}
        made = dataset(on, settle, schema_text({"name": "EVENT_TYPE", "type": "string"}, device))
        import_csv(on, made, batch_shop.rows().assign(DEVICE="phone"))
        titled = [{"name": "TITLE", "type": ["null", "string"]}, {"name": "RATED", "type": ["null", "boolean"]}]
        items = add_dataset(on, made.group, "Items", settle, *titled)
        users = add_dataset(on, made.group, "Users", settle)
        start_import(on, items, on.upload(films(), "items.csv"), "items")
        start_import(on, users, on.upload(people(), "users.csv"), "users")
        settle()
        tracker = on.personalize.create_event_tracker(name="shop", datasetGroupArn=made.group)
        settle()
        yield Shop(sim, on, made.group, tracker["trackingId"])


def films() -> pd.DataFrame:
    """The last of each genre has an id and nothing else."""
    known = [film for film in FILMS if not film.endswith("9")]
    return pd.DataFrame(
        {
            "ITEM_ID": [*known, "comedy9", "drama9"],
            "GENRES": [f"{film[:-1]}|film" for film in known] + ["", ""],
            "PRICE": [10 * int(film[-1]) for film in known] + ["", ""],
            "RELEASED": [1990 + int(film[-1]) for film in known] + ["", ""],
            "TITLE": [f"The {film}" for film in known] + ["", ""],
            "RATED": ["true" for _ in known] + ["", ""],
        }
    )


def people() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "USER_ID": [f"{genre}-fan{fan:02}" for genre in batch_shop.GENRES for fan in range(60)],
            "AGE": [20 + fan % 2 for _ in batch_shop.GENRES for fan in range(60)],
            "GENDER": ["f" if fan % 2 else "m" for _ in batch_shop.GENRES for fan in range(60)],
        }
    )
