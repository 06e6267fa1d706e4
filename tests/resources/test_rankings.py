"""GetPersonalizedRanking, through boto3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from runtime_shop import FAN, Shop, shop
from support import refused

from simulator.resources.dump import dump

INVALID = "InvalidInputException"
RANKING = "aws-personalized-ranking"
ITEMS = ["comedy1", "new b", "drama2", "drama1", "new a", "drama7", "comedy2", "drama2"]


@pytest.fixture
def here() -> Iterator[Shop]:
    with shop() as made:
        yield made


def ranked(here: Shop, items: list[str], recipe: str = RANKING, **asked: Any) -> list[dict[str, Any]]:
    metadata = asked.pop("metadata", False)
    request = {"campaignArn": here.campaign(recipe, metadata=metadata), "userId": FAN, "inputList": items, **asked}
    listed: list[dict[str, Any]] = here.on.runtime.get_personalized_ranking(**request)["personalizedRanking"]
    return listed


def test_answers(here: Shop) -> None:
    """[resp-015] [resp-024]"""
    items = ranked(here, ITEMS)
    assert [item["itemId"] for item in items[5:]] == ["new b", "new a"]
    assert all(list(item) == ["itemId"] for item in items[5:])
    known = items[:5]
    assert {item["itemId"] for item in known[:3]} == {"drama1", "drama2", "drama7"}
    assert {item["itemId"] for item in known} == {*ITEMS} - {"new a", "new b"}
    scores = [item["score"] for item in known]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(1, abs=1e-6)
    assert all(round(score, 7) == score for score in scores)
    alone = ranked(here, ["drama1", "drama2"])
    assert [item["itemId"] for item in alone] == [item["itemId"] for item in known if item["itemId"][:6] != "comedy"][
        :2
    ]
    assert sum(item["score"] for item in alone) == pytest.approx(1, abs=1e-6)
    assert ranked(here, ["unknown"]) == [{"itemId": "unknown"}]
    assert ranked(here, ITEMS, userId="nobody")[-1] == {"itemId": "new a"}


def test_the_ids_of_rankings(here: Shop) -> None:
    asked = {"campaignArn": here.campaign(RANKING), "userId": FAN, "inputList": ITEMS}
    first, second = (here.on.runtime.get_personalized_ranking(**asked)["recommendationId"] for _ in range(2))
    assert first != second
    assert first[-10:] == second[-10:]
    assert first.startswith("RID-")


def test_the_campaign(here: Shop) -> None:
    """[err-006]"""
    missing = here.campaign(RANKING) + "-none"
    with refused(INVALID, f"{missing} does not exist or is not active yet."):
        ranked(here, ITEMS, campaignArn=missing)
    for recipe, kind in (("aws-user-personalization", "USER_PERSONALIZATION"), ("aws-sims", "RELATED_ITEMS")):
        wording = f"GetPersonalizedRanking needs a campaign of the recipe type PERSONALIZED_RANKING, not {kind}."
        with refused(INVALID, wording):
            ranked(here, ITEMS, recipe)
    assert ranked(here, ITEMS, "aws-personalized-ranking-v2")


def test_how_many(here: Shop) -> None:
    many = [f"drama{number}" for number in range(501)]
    asked: dict[str, Any] = {"metadata": True, "metadataColumns": {"ITEMS": ["PRICE"]}}
    here.campaign(RANKING), here.campaign(RANKING, metadata=True)
    before = dump(here.sim._host.world)
    with refused(INVALID, "The inputList must have at least one item."):
        ranked(here, [])
    with refused(INVALID, "The inputList must have at most 500 items, not 501."):
        ranked(here, many)
    with refused(INVALID, "The length of inputList must be at most 50 where metadata is asked for, not 51."):
        ranked(here, many[:51], **asked)
    with refused(INVALID, "A userId must be provided for recipe type PERSONALIZED_RANKING."):
        ranked(here, many[:1], userId="")
    assert dump(here.sim._host.world) == before
    assert len(ranked(here, many[:500])) == 500
    items = ranked(here, many[:50], **asked)
    assert len(items) == 50
    prices = {item["itemId"]: item["metadata"] for item in items if "metadata" in item}
    assert prices == {
        **{f"drama{number}": {"price": f"{number}0.0"} for number in range(1, 9)},
        "drama0": {"price": "0.0"},
        "drama9": {},
    }


def test_filters(here: Shop) -> None:
    seen = here.filter('INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("Zap")')
    comedies = here.filter("INCLUDE ItemID WHERE Items.GENRES IN ($GENRE)")
    items = ranked(here, ITEMS, filterArn=comedies, filterValues={"GENRE": '"comedy"'})
    assert {item["itemId"] for item in items} == {"comedy1", "comedy2"}
    assert sum(item["score"] for item in items) == pytest.approx(1, abs=1e-6)
    assert ranked(here, ITEMS, filterArn=seen) == []
    here.happens(FAN, "new a", "Zap")
    assert ranked(here, ITEMS, filterArn=seen) == [{"itemId": "new a"}]
    of_users = here.filter("EXCLUDE UserID WHERE Users.AGE > 20")
    wording = f"The filter {of_users} filters by UserID; the recipe type PERSONALIZED_RANKING needs one by ItemID."
    with refused(INVALID, wording):
        ranked(here, ITEMS, filterArn=of_users)
    with refused(INVALID, "The context MOOD is not a field of the Interactions schema."):
        ranked(here, ITEMS, context={"MOOD": "good"})


def test_events_change_a_ranking_at_once(here: Shop) -> None:
    before, neighbour = ranked(here, ITEMS), ranked(here, ITEMS, userId="comedy-fan02")
    for film in range(10):
        here.happens(FAN, f"comedy{film}", "Watch")
    after = ranked(here, ITEMS)
    assert before[0]["itemId"].startswith("drama")
    assert after[0]["itemId"].startswith("comedy")
    assert ranked(here, ITEMS, userId="comedy-fan02") == neighbour
