"""Filters, promotions, metadata and context of requests, through boto3."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import batch_shop
import pandas as pd
import pytest
from runtime_shop import FAN, FILMS, NEWEST, Shop, shop
from support import Deployment, dataset, import_csv, refused, schema_text, start_import

from simulator.resources.dump import dump

INVALID = "InvalidInputException"
ARN = "arn:aws:personalize:us-east-1:123456789012:"
DRAMA = 'INCLUDE ItemID WHERE Items.GENRES IN ("drama")'
COMEDY = 'INCLUDE ItemID WHERE Items.GENRES IN ("comedy")'
CHEAP = "INCLUDE ItemID WHERE Items.PRICE <= $MAX"
NOT_SEEN = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("Watch")'
SEEN = 'INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("Zap")'
OF_USERS = "INCLUDE UserID WHERE Users.AGE > 20"
LIKE_THIS = "INCLUDE ItemID WHERE Items.RELEASED > CurrentItem.RELEASED"


@pytest.fixture
def here() -> Iterator[Shop]:
    with shop() as made:
        yield made


def test_only_what_passes_is_recommended(here: Shop) -> None:
    """[resp-039]"""
    dramas = here.items(filterArn=here.filter(DRAMA))
    assert {item["itemId"] for item in dramas} == {f"drama{film}" for film in range(9)}
    assert sum(item["score"] for item in dramas) == pytest.approx(1, abs=1e-6)
    everything = here.ids()
    assert [item["itemId"] for item in dramas] == [
        each for each in everything if each in {f"drama{n}" for n in range(9)}
    ]
    only = here.items(numResults=5, filterArn=here.filter('INCLUDE ItemID WHERE Items.TITLE IN ("The drama3")'))
    assert only == [{"itemId": "drama3", "score": 1.0}]
    assert here.items(filterArn=here.filter('INCLUDE ItemID WHERE Items.GENRES IN ("western")')) == []
    for recipe, asked in (
        ("aws-popularity-count", {}),
        ("aws-trending-now", {"userId": None}),
        ("aws-similar-items", {"userId": None, "itemId": "drama1"}),
    ):
        passing = here.ids(recipe, **asked, filterArn=here.filter(COMEDY))
        assert passing == [each for each in here.ids(recipe, **asked) if each in {f"comedy{n}" for n in range(9)}]


@pytest.mark.parametrize("recipe", ["aws-sims", "aws-trending-now"])
def test_a_filter_that_looks_at_the_user(here: Shop, recipe: str) -> None:
    unseen = here.filter(NOT_SEEN)
    for expression in (NOT_SEEN, f"{DRAMA} IF CurrentUser.AGE = 21"):
        arn = here.filter(expression)
        with refused(INVALID, f"A userId must be provided: the filter {arn} looks at the user."):
            here.items(recipe, userId=None, itemId="drama1", filterArn=arn)
    assert set(here.ids(recipe, itemId="comedy1", filterArn=unseen)) <= {f"comedy{film}" for film in range(10)}
    conditional = here.filter(f"{DRAMA} IF CurrentUser.AGE = 21")
    assert all(each.startswith("drama") for each in here.ids(recipe, itemId="comedy1", filterArn=conditional))
    assert len(here.ids(recipe, userId="drama-fan02", itemId="comedy1", filterArn=conditional)) > 10


@pytest.mark.parametrize("as_promotion", [False, True])
def test_the_filter_must_fit(here: Shop, as_promotion: bool) -> None:
    p = here.on.personalize

    def asked(arn: str) -> list[dict[str, Any]]:
        promotion = {"name": "p", "filterArn": arn, "percentPromotedItems": 50}
        return here.items(**({"promotions": [promotion]} if as_promotion else {"filterArn": arn}))

    world = here.sim._host.world
    event_type = {"name": "EVENT_TYPE", "type": "string"}
    group = dataset(here.on, here.settle, schema_text(event_type), name="other").group
    strange = p.create_filter(name="strange", datasetGroupArn=group, filterExpression=NOT_SEEN)["filterArn"]
    of_users, pending, missing = here.filter(OF_USERS), here.filter(DRAMA), f"{ARN}filter/none"
    (inventory,) = (each for each in world.inventories.values() if pending in each.filters)
    inventory.filters[pending].status = "CREATE PENDING"
    here.campaign()
    before = dump(world)
    for arn, wording in (
        (missing, f"{missing} does not exist or is not active yet."),
        (pending, f"{pending} does not exist or is not active yet."),
        (strange, f"The filter {strange} is not of the dataset group {here.group}."),
        (
            of_users,
            f"The filter {of_users} filters by UserID; the recipe type USER_PERSONALIZATION needs one by ItemID.",
        ),
    ):
        with refused(INVALID, wording):
            asked(arn)
    assert dump(world) == before
    inventory.filters[pending].status = "ACTIVE"
    assert asked(pending)
    assert dump(world) == before.replace("CREATE PENDING", "ACTIVE")


def test_a_hundred_interactions_of_each_type_count(here: Shop) -> None:
    """The imported and the streamed ones together, the newest by their time."""
    seen = here.filter(SEEN)
    assert here.ids(filterArn=seen) == []
    here.happens(FAN, "comedy1", "zap", NEWEST)  # event types match in any case
    here.happens(FAN, "drama1", "Zap", NEWEST - 1)
    assert set(here.ids(filterArn=seen)) == {"comedy1", "drama1"}
    for second in range(99):
        here.happens(FAN, "comedy2", "Zap", NEWEST + second)
    assert set(here.ids(filterArn=seen)) == {"comedy1", "comedy2"}
    here.happens(FAN, "comedy2", "Zap", NEWEST + 99)
    assert set(here.ids(filterArn=seen)) == {"comedy2"}
    watched = here.filter(NOT_SEEN)
    assert set(here.ids(filterArn=watched)) == {f"comedy{film}" for film in range(10)}
    assert set(here.ids(filterArn=watched, userId="nobody")) == set(FILMS)


def test_three_months_without_a_users_interactions_hide_them(here: Shop) -> None:
    """Until they are imported again; what is put later does not bring them back."""
    recipe = "aws-similar-items"  # no automatic updates for three months

    def seen(expression: str) -> set[str]:
        return set(here.ids(recipe, itemId="comedy1", filterArn=here.filter(expression), numResults=100))

    comedies = {f"comedy{film}" for film in range(10)} - {"comedy1"}
    assert seen(NOT_SEEN) <= comedies
    here.sim.clock.tick(days=89, hours=23)
    assert seen(NOT_SEEN) <= comedies
    here.sim.clock.tick(hours=1)
    assert seen(NOT_SEEN) - comedies
    here.happens(FAN, "drama1", "Watch")
    assert seen(NOT_SEEN) - comedies
    assert "drama1" not in seen(NOT_SEEN)
    rows = batch_shop.rows().assign(DEVICE="phone")
    import_csv(here.on, Deployment(here.group, "", f"{ARN}dataset/films/INTERACTIONS"), rows, "again")
    here.settle()
    assert seen(NOT_SEEN) <= comedies


def test_new_data_is_seen_at_once(here: Shop) -> None:
    cheap = here.filter("INCLUDE ItemID WHERE Items.PRICE < 5")
    adult = here.filter(f"{DRAMA} IF CurrentUser.AGE > 90")
    assert set(here.ids(filterArn=cheap)) == {"comedy0", "drama0"}
    assert len(here.ids(filterArn=adult)) == 20
    items, users = f"{ARN}dataset/films/ITEMS", f"{ARN}dataset/films/USERS"
    frame = pd.DataFrame({"ITEM_ID": ["drama5", "drama0"], "PRICE": [1, 100]})
    frame = frame.assign(GENRES="", RELEASED="", TITLE="", RATED="")
    start_import(here.on, items, here.on.upload(frame, "more.csv"), "more", importMode="INCREMENTAL")
    old = pd.DataFrame({"USER_ID": [FAN], "AGE": [91], "GENDER": ["f"]})
    start_import(here.on, users, here.on.upload(old, "old.csv"), "old", importMode="INCREMENTAL")
    here.settle()
    assert set(here.ids(filterArn=cheap)) == {"comedy0", "drama5"}
    assert set(here.ids(filterArn=adult)) == {f"drama{film}" for film in range(1, 9)} - {"drama5"}


def test_context(here: Shop) -> None:
    plain, related = here.items(), here.items("aws-sims", itemId="drama1")
    with refused(INVALID, "The context MOOD is not a field of the Interactions schema."):
        here.items(context={"DEVICE": "phone", "MOOD": "good"})
    # All interactions happened on phones: to know that of the request says nothing.
    assert here.items(context={"device": "phone"}) == plain
    assert here.items("aws-sims", itemId="drama1", context={"MOOD": "good"}) == related


def test_metadata(here: Shop) -> None:
    """[resp-028] [resp-029] [resp-030]"""
    asked: dict[str, Any] = {"metadataColumns": {"ITEMS": ["TITLE", "PRICE", "released", "RATED", "GENRES"]}}
    with refused(INVALID, f"Metadata in recommendations is not enabled for {here.campaign()}."):
        here.items(**asked)
    found = {item["itemId"]: item for item in here.items(metadata=True, **asked)}
    assert list(found["drama3"]) == ["itemId", "score", "metadata"]
    assert found["drama3"]["metadata"] == {
        "title": "The drama3",
        "price": "30.0",
        "released": "1993",
        "rated": "true",
        "genres": "drama|film",
    }
    assert found["drama9"]["metadata"] == {}
    assert all("metadata" not in item for item in here.items(metadata=True))
    assert all("metadata" not in item for item in here.items(metadataColumns={"ITEMS": []}))
    newest = here.items("aws-user-personalization-v2", metadataColumns={"ITEMS": ["TITLE"]}, numResults=1)
    assert newest[0]["metadata"] in ({"title": f"The {newest[0]['itemId']}"}, {})


def promotion(here: Shop, percent: int, expression: str = COMEDY, **more: Any) -> list[dict[str, Any]]:
    return [{"name": "laugh", "filterArn": here.filter(expression), "percentPromotedItems": percent, **more}]


@pytest.mark.parametrize("recipe", ["aws-user-personalization", "aws-sims", "aws-trending-now"])
def test_promotions(here: Shop, recipe: str) -> None:
    """[resp-032]"""
    asked: dict[str, Any] = {"itemId": "drama1", "numResults": 5}
    items = here.items(recipe, **asked, filterArn=here.filter(DRAMA), promotions=promotion(here, 60))
    assert here.items(recipe, **asked, filterArn=here.filter(DRAMA), promotions=promotion(here, 60)) == items
    promoted = [item["itemId"] for item in items if item.get("promotionName") == "laugh"]
    others = [item["itemId"] for item in items if "promotionName" not in item]
    assert len(promoted) == 3
    assert promoted == here.ids(recipe, itemId="drama1", numResults=3, filterArn=here.filter(COMEDY))
    assert others == here.ids(recipe, itemId="drama1", numResults=2, filterArn=here.filter(DRAMA))
    assert (
        len(
            {
                item["itemId"]
                for item in here.items(recipe, itemId="drama1", numResults=3, promotions=promotion(here, 10))
            }
        )
        == 3
    )
    places = {
        tuple("promotionName" in item for item in here.items(recipe, userId=f"drama-fan{fan:02}", **asked,
                                                             promotions=promotion(here, 60)))
        for fan in range(12)
    }  # fmt: skip
    assert len(places) > 1


def test_few_promoted_items(here: Shop) -> None:
    title = "INCLUDE ItemID WHERE Items.TITLE IN ($TITLE)"
    asked = promotion(here, 100, title, filterValues={"TITLE": '"The comedy4"'})
    items = here.items(numResults=6, promotions=asked)
    assert len({item["itemId"] for item in items}) == 6
    assert [item["itemId"] for item in items if "promotionName" in item] == ["comedy4"]
    everything = here.items(numResults=50, promotions=promotion(here, 100, title, filterValues={"TITLE": '"none"'}))
    assert everything == here.items(numResults=50)
    scores = [item["score"] for item in here.items(numResults=50, promotions=promotion(here, 30))]
    assert sum(scores) == pytest.approx(1, abs=1e-5)


def test_what_filters_keep_is_no_part_of_a_world(here: Shop, tmp_path: Path) -> None:
    asked: dict[str, Any] = {"filterArn": here.filter(f"{DRAMA} | {NOT_SEEN}"), "promotions": promotion(here, 50)}
    here.campaign()
    before = dump(here.sim._host.world)
    items = here.items(**asked)
    assert dump(here.sim._host.world) == before
    here.sim.save(tmp_path / "asked")
    assert here.items(**asked) == items
