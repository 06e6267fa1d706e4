"""`sim.explain`: why an answer is what it is, and what has changed since an earlier one."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from runtime_shop import FAN, NEWEST, Shop, shop

from simulator import SimulatorError
from simulator.resources.dump import dump

COMEDY = 'INCLUDE ItemID WHERE Items.GENRES IN ("comedy")'


@pytest.fixture(scope="module")
def made() -> Iterator[Shop]:
    with shop() as here:
        yield here


def test_it_explains_the_answer_that_is_given_and_changes_nothing(made: Shop) -> None:
    campaign = made.campaign()
    answered = made.items(numResults=7)
    before = dump(made.sim._host.world)
    found = made.sim.explain(campaign, userId=FAN, numResults=7)
    assert dump(made.sim._host.world) == before
    assert [(each.item_id, each.score) for each in found.items] == [(i["itemId"], i["score"]) for i in answered]
    assert [each.place for each in found.items] == [1, 2, 3, 4, 5, 6, 7]
    assert (found.arn, found.user_id, found.recipe) == (campaign, FAN, "aws-user-personalization")


def test_terms_add_up_to_the_scores(made: Shop) -> None:
    """Scores are a softmax: two of them differ by what the sums of their terms do."""
    found = made.sim.explain(made.campaign(), userId=FAN, numResults=5)
    first = found.items[0]
    for each in found.items[1:]:
        assert first.score is not None
        assert each.score is not None
        gap = sum(first.terms.values()) - sum(each.terms.values())
        assert math.log(first.score / each.score) == pytest.approx(gap, abs=1e-3)
    assert {"affinity", "popularity"} <= first.terms.keys()


def test_parts_are_the_items_of_the_user_and_add_up_to_the_affinity(made: Shop) -> None:
    found = made.sim.explain(made.campaign(), userId=FAN, numResults=5)
    assert found.history
    for each in found.items:
        assert sum(part.amount for part in each.parts) == pytest.approx(each.terms["affinity"])
        assert [*each.parts] == sorted(each.parts, key=lambda part: -part.amount)
    assert all(part.item_id.startswith("drama") for part in found.items[0].parts)


def test_a_new_user_gets_popular_items(made: Shop) -> None:
    found = made.sim.explain(made.campaign(), userId="nobody yet", numResults=3)
    assert (found.history, found.session) == (0, ())
    for each in found.items:
        assert each.parts == ()
        assert "affinity" not in each.terms


def test_why_an_item_is_not_in_the_answer(made: Shop) -> None:
    asked = ["comedy1", "drama1", "never heard of"]
    found = made.sim.explain(made.campaign(), userId=FAN, numResults=1, filterArn=made.filter(COMEDY), ask_about=asked)
    top = found.items[0].item_id
    assert found["drama1"].note == "left out by the filter"
    assert found["never heard of"].note == ("the model does not know it: it counts from the next update or training on")
    if top != "comedy1":
        place = made.ids(numResults=25, filterArn=made.filter(COMEDY)).index("comedy1") + 1
        assert found["comedy1"].note == f"it would stand at place {place}"
    assert found["drama1"].terms, "it is known, and has its reasons"
    assert any(note.startswith("with the filter") for note in found.notes)
    with pytest.raises(KeyError):
        found["nothing"]


def test_rankings_are_explained(made: Shop) -> None:
    campaign = made.campaign("aws-personalized-ranking")
    asked = ["comedy1", "drama2", "new one"]
    ranked = made.on.runtime.get_personalized_ranking(campaignArn=campaign, userId=FAN, inputList=asked)
    found = made.sim.explain(campaign, userId=FAN, inputList=asked, ask_about=["drama5"])
    assert [each.item_id for each in found.items] == [each["itemId"] for each in ranked["personalizedRanking"]]
    assert found["new one"].terms == {}
    assert found["drama5"].note == "not in the list that was to be ranked, or left out by the filter"


@pytest.mark.parametrize(
    ("recipe", "asked", "terms"),
    [
        ("aws-sims", {"itemId": "drama1"}, {"users", "popularity"}),
        ("aws-similar-items", {"itemId": "drama1"}, {"users", "content", "popularity"}),
        ("aws-similar-items", {"itemId": "never heard of"}, {"popularity"}),
        ("aws-popularity-count", {"userId": FAN}, {"popularity"}),
        ("aws-trending-now", {}, {"increase", "recent", "ever"}),
    ],
)
def test_other_families_have_terms_of_their_own(
    made: Shop, recipe: str, asked: dict[str, str], terms: set[str]
) -> None:
    found = made.sim.explain(made.campaign(recipe), numResults=3, **asked)
    assert [each.item_id for each in found.items] == made.ids(recipe, **{"userId": None, **asked}, numResults=3)
    assert all(each.terms.keys() == terms for each in found.items)


def test_it_prints_as_a_report_and_is_a_frame(made: Shop) -> None:
    found = made.sim.explain(made.campaign(), userId=FAN, numResults=3)
    lines = str(found).splitlines()
    assert lines[0].startswith("campaign/aws-user-personalization-False for user drama-fan01 at ")
    assert lines[1] == f"{found.history} items of the history, 0 events since the model was made"
    assert lines[2].startswith(f"  1  {found.items[0].item_id} {found.items[0].score:.7f}  affinity +")
    frame = found.to_frame()
    assert [*frame["itemId"]] == [each.item_id for each in found.items]
    assert [*frame.columns[:3]] == ["itemId", "place", "score"]
    assert "affinity" in frame.columns


@pytest.mark.parametrize(
    ("arn", "asked", "said"),
    [
        ("nonsense", {}, "'nonsense' is no ARN of a campaign or recommender"),
        ("arn:aws:personalize:us-east-1:123456789012:campaign/none", {"userId": "1"}, "would be refused: Invalid"),
        (None, {"user": "1"}, "GetRecommendations has no member 'user'"),
        (None, {}, "would be refused: InvalidInputException"),
        (None, {"userId": 1}, "userId"),
        (None, {"userId": "1", "numResults": 501}, "would be refused: InvalidInputException"),
        (None, {"userId": "1", "inputList": ["a"]}, "GetPersonalizedRanking would be refused"),
    ],
)
def test_what_cannot_be_explained(made: Shop, arn: str | None, asked: dict[str, object], said: str) -> None:
    with pytest.raises(SimulatorError, match=said):
        made.sim.explain(arn or made.campaign(), **asked)


def test_what_has_changed_since_an_earlier_answer(made: Shop) -> None:
    """An event moves the list of its user at once; the two-hour update is told from it, and a training from both."""
    campaign, other = made.campaign(), "drama-fan02"
    before = made.sim.explain(campaign, userId=other, numResults=4)
    same = made.sim.explain(campaign, userId=other, numResults=4).since(before)
    assert (same.model, same.session) == ("the same", "the same")
    assert all(change.before == change.after and not any((change.terms or {}).values()) for change in same.items)

    made.happens(other, "comedy3", "Watch", NEWEST + 1)
    after = made.sim.explain(campaign, userId=other, numResults=4)
    changes = after.since(before)
    assert (changes.model, changes.session) == ("the same", "1 more events: comedy3")
    moved = {change.item_id: change for change in changes.items}
    assert moved.keys() == {item.item_id for item in (*before.items, *after.items)}
    for item in after.items:
        assert moved[item.item_id].after == item.place
    gone = [change for change in changes.items if change.after is None]
    assert [change.item_id for change in gone] == [
        each.item_id for each in before.items if each.item_id not in {item.item_id for item in after.items}
    ]

    made.sim.clock.tick(hours=2)
    updated = made.sim.explain(campaign, userId=other, numResults=4)
    assert updated.session == ()
    assert updated.since(after).model == "the same training, updated with 1 put events"
    assert "more events" not in updated.since(after).session

    p = made.on.personalize
    solution = p.describe_campaign(campaignArn=campaign)["campaign"]["solutionVersionArn"].rpartition("/")[0]
    version = p.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    made.settle()
    p.update_campaign(campaignArn=campaign, solutionVersionArn=version)
    made.settle()
    anew = made.sim.explain(campaign, userId=other, numResults=4).since(updated)
    assert anew.model == f"another one, {version.rpartition(':')[2]}, trained anew"
