"""GetActionRecommendations through boto3, from the imports of actions to what a user is recommended."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support import RECIPE, Account, account, add_dataset, dataset, import_csv, refused, start_import

from simulator import Simulation, simulate
from simulator.resources.dump import dump

INVALID = "InvalidInputException"
NOW = 1_646_730_000  # 2022-03-08T09:00:00Z
DAY = 86_400
CUSTOM = [
    {"name": "EXPIRATION_TIMESTAMP", "type": ["null", "long"]},
    {"name": "ACTION_EXPIRATION_TIMESTAMP", "type": ["null", "long"]},
    {"name": "REPEAT_FREQUENCY", "type": ["null", "long"]},
]
ACTIONS = pd.DataFrame(
    {
        "ACTION_ID": ["enroll", "install", "review", "survey"],
        "VALUE": [5, 5, 1, 9],
        "KIND": ["club", "app", "shop", "shop"],
        "EXPIRATION_TIMESTAMP": [None, None, NOW + 30 * DAY, None],
        "ACTION_EXPIRATION_TIMESTAMP": [None, None, None, NOW + 20 * DAY],
        "REPEAT_FREQUENCY": [None, 7, None, None],
    }
).astype(dict.fromkeys(("EXPIRATION_TIMESTAMP", "ACTION_EXPIRATION_TIMESTAMP", "REPEAT_FREQUENCY"), "Int64"))


@dataclass
class Shop:
    """A campaign of Next-Best-Action and what it stands on."""

    sim: Simulation
    here: Account
    group: str
    actions: str
    met: str
    tracking_id: str = ""
    item_tracking_id: str = ""
    solution: str = ""
    campaign: str = ""
    settle: Callable[[], object] = lambda: None  # everything that was begun ends

    def recommended(self, user: str, **asked: Any) -> list[tuple[str, float]]:
        """Actions and scores."""
        found = self.here.runtime.get_action_recommendations(campaignArn=self.campaign, userId=user, **asked)
        return [(each["actionId"], each["score"]) for each in found["actionList"]]

    def ids(self, user: str, **asked: Any) -> list[str]:
        """Actions alone."""
        return [action_id for action_id, _ in self.recommended(user, **asked)]

    def meet(self, user: str, action: str, event_type: str, at: int = NOW) -> None:
        """A user does something with an action."""
        sent = {"userId": user, "sessionId": "s", "actionId": action, "eventType": event_type, "timestamp": at}
        self.here.events.put_action_interactions(trackingId=self.tracking_id, actionInteractions=[sent])

    def filter(self, expression: str) -> str:
        """An ACTIVE filter."""
        made: str = self.here.personalize.create_filter(
            name=f"f{len(self.here.personalize.list_filters()['Filters'])}",
            datasetGroupArn=self.group,
            filterExpression=expression,
        )["filterArn"]
        self.settle()
        return made

    def train(self) -> str:
        """A new version of the solution, ACTIVE."""
        made: str = self.here.personalize.create_solution_version(solutionArn=self.solution)["solutionVersionArn"]
        self.settle()
        return made


def interactions() -> pd.DataFrame:
    """Users a0 to a49 interact with the items of one taste, b0 to b49 with those of another."""
    rows = [
        (f"{taste}{user}", f"{taste}-item{(user + place) % 15}", NOW - DAY * (place + 1))
        for taste in "ab"
        for user in range(50)
        for place in range(12)
    ]
    return pd.DataFrame(rows, columns=["USER_ID", "ITEM_ID", "TIMESTAMP"])


def met() -> pd.DataFrame:
    """One taste takes "enroll" and the other "install"; both are as likely to leave a "review"; nobody saw "survey"."""
    rows = []
    for taste, takes, passes in (("a", "enroll", "install"), ("b", "install", "enroll")):
        for user in range(1, 50):
            for times in (1, 2):
                at = NOW - 10 * DAY + times
                rows.append((f"{taste}{user}", takes, "TAKEN", at))
                rows.append((f"{taste}{user}", passes, "NOT_TAKEN", at))
                rows.append((f"{taste}{user}", "review", "Taken" if times == 1 else "VIEWED", at))
    return pd.DataFrame(rows, columns=["USER_ID", "ACTION_ID", "EVENT_TYPE", "TIMESTAMP"])


def imported(shop: Shop, to: str, frame: pd.DataFrame, name: str) -> None:
    """An import that ends at once."""
    start_import(shop.here, to, shop.here.upload(frame, f"{name}.csv"), name)
    shop.settle()


def opened(sim: Simulation, frame: pd.DataFrame | None, settle: Callable[[], object] | None = None) -> Shop:
    """The shop before there is a campaign; without action interactions if there is no frame of them."""
    here = account()
    settle = settle or here.personalize.list_schemas
    made = dataset(here, settle, name="shop")
    import_csv(here, made, interactions())
    settle()
    shop = Shop(sim, here, made.group, "", "", settle=settle)
    shop.actions = add_dataset(here, made.group, "Actions", shop.settle, *CUSTOM)
    shop.met = add_dataset(here, made.group, "Action_Interactions", shop.settle)
    shop.tracking_id = here.personalize.describe_dataset(datasetArn=shop.met)["dataset"]["trackingId"]
    tracker = here.personalize.create_event_tracker(name="t", datasetGroupArn=made.group)
    shop.item_tracking_id = tracker["trackingId"]
    imported(shop, shop.actions, ACTIONS, "actions")
    if frame is not None:
        imported(shop, shop.met, frame, "met")
    return shop


def deploy(shop: Shop, name: str = "next", days: str | None = None) -> None:
    """A solution, its first version and its campaign; with an action optimization period, if one is given."""
    p = shop.here.personalize
    period = {} if days is None else {"action_optimization_period": days}
    shop.solution = p.create_solution(
        name=name,
        datasetGroupArn=shop.group,
        recipeArn=RECIPE.replace("user-personalization", "next-best-action"),
        performAutoTraining=False,
        solutionConfig={"featureTransformationParameters": period},
    )["solutionArn"]
    shop.settle()
    shop.campaign = p.create_campaign(name=name, solutionVersionArn=shop.train())["campaignArn"]
    shop.settle()


@pytest.fixture
def sim() -> Iterator[Simulation]:
    with simulate(start="2022-03-08T09:00:00Z", durations="instant", training="exact") as running:
        yield running


@pytest.fixture
def shop(sim: Simulation) -> Shop:
    made = opened(sim, met())
    deploy(made)
    return made


def test_the_whole_way(shop: Shop) -> None:
    """From bulk data to lists that differ by what users did with items and actions."""
    for user, first, last in (("a1", "enroll", "install"), ("b1", "install", "enroll")):
        ranked = dict(shop.recommended(user))
        assert sorted(ranked) == sorted(ACTIONS["ACTION_ID"])
        assert ranked[first] > ranked["review"] > ranked[last] > ranked["survey"] == 0.0
        assert shop.ids(user) == [first, "review", last, "survey"]
    # a0 did nothing with any action: the items alone say what suits.
    assert shop.ids("a0")[0] == "enroll"
    assert shop.ids("b0")[0] == "install"
    answers = [shop.here.runtime.get_action_recommendations(campaignArn=shop.campaign, userId="a1") for _ in range(2)]
    found = [answer["recommendationId"] for answer in answers]
    assert found[0] != found[1]
    assert all(re.fullmatch(r"RID-[0-9a-f]{2}(-[0-9a-f]{4}){2}-[0-9a-f]{12}-CID-[0-9a-f]{6}", each) for each in found)
    version = shop.here.personalize.describe_campaign(campaignArn=shop.campaign)["campaign"]["solutionVersionArn"]
    metrics = shop.here.personalize.get_solution_metrics(solutionVersionArn=version)["metrics"]
    assert metrics["coverage"] == 1.0
    assert 0.5 < metrics["area_under_the_curve"] <= 1


@pytest.mark.rule("actions.period")
@pytest.mark.filterwarnings("ignore::simulator.NotSimulatedWarning")
@pytest.mark.parametrize(("days", "likely"), [("7", False), (None, False), ("15", False), ("16", True), ("28", True)])
def test_the_period_of_a_solution(sim: Simulation, days: str | None, likely: bool) -> None:
    """Everybody leaves a review 16 days after a look at it: that is within the period or not."""
    rows = [
        (f"{taste}{user}", "review", kind, NOW - 20 * DAY + after * DAY)
        for taste in "ab"
        for user in range(50)
        for kind, after in (("Viewed", 0), ("Taken", 16))
    ]
    shop = opened(sim, pd.DataFrame(rows, columns=["USER_ID", "ACTION_ID", "EVENT_TYPE", "TIMESTAMP"]))
    deploy(shop, days=days)
    found = dict(shop.recommended("nobody"))
    assert found["review"] == pytest.approx(101 / 102 if likely else 0.5, abs=0.01)


def test_without_action_interactions_the_more_valuable_come_first(sim: Simulation) -> None:
    shop = opened(sim, None)
    deploy(shop)
    assert shop.recommended("a1") == [("survey", 0.0), ("enroll", 0.0), ("install", 0.0), ("review", 0.0)]
    shop.meet("a1", "review", "Taken")
    assert shop.ids("a1")[0] == "survey"


def test_the_target(shop: Shop) -> None:
    """[err-006]"""
    get = shop.here.runtime.get_action_recommendations
    before = dump(shop.sim._host.world)
    with refused(INVALID, "A campaignArn must be provided."):
        get(userId="a1")
    none = f"{shop.campaign}-none"
    with refused(INVALID, f"{none} does not exist or is not active yet."):
        get(campaignArn=none, userId="a1")
    with refused(INVALID, "A userId must be provided for recipe type PERSONALIZED_ACTIONS."):
        get(campaignArn=shop.campaign)
    assert dump(shop.sim._host.world) == before
    shop.here.personalize.delete_campaign(campaignArn=shop.campaign)
    with refused(INVALID, f"{shop.campaign} does not exist or is not active yet."):
        get(campaignArn=shop.campaign, userId="a1")


def test_how_many(sim: Simulation) -> None:
    shop = opened(sim, None)
    more = pd.DataFrame({"ACTION_ID": [f"x{number:03}" for number in range(120)], "VALUE": 1})
    imported(shop, shop.actions, more.reindex(columns=ACTIONS.columns), "more")
    deploy(shop)
    assert shop.ids("a1") == [f"x00{number}" for number in range(5)]
    assert len(shop.ids("a1", numResults=100)) == 100
    assert shop.ids("a1", numResults=0) == []
    with refused(INVALID, "numResults must be at most 100, not 101."):
        shop.ids("a1", numResults=101)


def test_expired_actions_are_left_out(shop: Shop) -> None:
    assert {"survey", "review"} < {*shop.ids("a1")}
    shop.sim.clock.tick(timedelta(days=20) - timedelta(seconds=1))
    assert "survey" in shop.ids("a1")
    shop.sim.clock.tick(timedelta(seconds=1))
    assert "survey" not in shop.ids("a1")
    assert "review" in shop.ids("a1")
    shop.sim.clock.tick(timedelta(days=10))
    assert shop.ids("a1") == ["enroll", "install"]
    assert shop.ids("a1", numResults=1) == ["enroll"]


@pytest.mark.parametrize("event_type", ["Taken", "NOT_TAKEN", "Viewed"])
def test_an_action_rests_for_a_user_who_interacted_with_it(shop: Shop, event_type: str) -> None:
    assert shop.ids("b1")[0] == "install"
    shop.meet("b1", "install", event_type)
    shop.meet("b1", "enroll", event_type)
    assert sorted(shop.ids("b1")) == ["enroll", "review", "survey"]
    assert "install" in shop.ids("b2")
    shop.sim.clock.tick(timedelta(days=7) - timedelta(seconds=1))
    assert "install" not in shop.ids("b1")
    shop.sim.clock.tick(timedelta(seconds=1))
    assert "install" in shop.ids("b1")


def test_imported_interactions_let_an_action_rest_too(shop: Shop) -> None:
    late = pd.DataFrame(
        [("b1", "install", "VIEWED", NOW - 6 * DAY), ("b2", "install", "VIEWED", NOW - 7 * DAY)],
        columns=["USER_ID", "ACTION_ID", "EVENT_TYPE", "TIMESTAMP"],
    )
    imported(shop, shop.met, pd.concat([met(), late]), "late")
    assert "install" not in shop.ids("b1")
    assert "install" in shop.ids("b2")


def test_what_a_user_does_changes_that_users_list_at_once(shop: Shop) -> None:
    others = [shop.recommended(user) for user in ("a2", "b2", "nobody")]
    before = dict(shop.recommended("a1"))
    shop.meet("a1", "review", "Not Taken")
    after = dict(shop.recommended("a1"))
    assert after.pop("review") < before.pop("review")
    assert after == before
    shop.meet("a1", "review", "TAKEN", NOW + 1)
    shop.meet("a1", "review", "TAKEN", NOW + 2)
    assert dict(shop.recommended("a1"))["review"] > after["install"]
    for number in range(6):
        event = {"eventType": "click", "itemId": f"b-item{number}", "sentAt": NOW}
        shop.here.events.put_events(trackingId=shop.item_tracking_id, userId="new", sessionId="s2", eventList=[event])
    assert shop.ids("new")[0] == "install"
    assert [shop.recommended(user) for user in ("a2", "b2", "nobody")] == others


def test_an_anonymous_session_counts_until_the_next_training(shop: Shop) -> None:
    """No update takes it in: it goes on beside the model."""
    before = dict(shop.recommended("anonymous"))["review"]
    sent = {"sessionId": "anonymous", "actionId": "review", "eventType": "Taken", "timestamp": NOW}
    shop.here.events.put_action_interactions(trackingId=shop.tracking_id, actionInteractions=[sent])
    after = dict(shop.recommended("anonymous"))["review"]
    assert after > before
    shop.sim.clock.tick(timedelta(hours=2, minutes=1))
    assert dict(shop.recommended("anonymous"))["review"] == after
    shop.here.personalize.update_campaign(campaignArn=shop.campaign, solutionVersionArn=shop.train())
    shop.settle()
    assert dict(shop.recommended("anonymous"))["review"] == before


def test_new_actions_come_with_the_automatic_update_and_score_after_a_training(shop: Shop) -> None:
    p = shop.here.personalize
    new = ACTIONS.iloc[[0]].assign(ACTION_ID="new", VALUE=2)
    imported(shop, shop.actions, pd.concat([ACTIONS, new]), "new")
    shop.meet("a1", "enroll", "Not Taken")
    known = shop.recommended("a1")
    assert "new" not in dict(known)
    shop.sim.clock.tick(timedelta(hours=2, minutes=1))
    assert "new" in dict(shop.recommended("a1"))
    assert [each for each in shop.recommended("a1") if each[0] != "new"] == known
    times = [NOW + place for place in range(100)]
    for place, at in enumerate(times):
        shop.meet(f"a{place % 50}", "new", "Taken" if place % 2 else "Viewed", at)
    assert dict(shop.recommended("b1"))["new"] == 0.0
    version = shop.train()
    assert dict(shop.recommended("b1"))["new"] == 0.0
    p.update_campaign(campaignArn=shop.campaign, solutionVersionArn=version)
    shop.settle()
    assert dict(shop.recommended("b1"))["new"] > 0.0


@pytest.mark.rule("actions.three-hundred")
def test_filters_of_actions(shop: Shop) -> None:
    kinds = shop.filter("INCLUDE ActionID WHERE Actions.KIND IN ($KIND)")
    assert shop.ids("a1", filterArn=kinds, filterValues={"KIND": '"shop","app"'}) == ["review", "install", "survey"]
    taken = shop.filter('EXCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN ("TAKEN")')
    assert shop.ids("a1", filterArn=taken) == ["install", "survey"]
    shop.meet("a1", "install", "Taken", NOW - 8 * DAY)
    assert shop.ids("a1", filterArn=taken) == ["survey"]
    with refused(INVALID, "The filterValues must have a value for the parameter KIND."):
        shop.ids("a1", filterArn=kinds)
    for number in range(300):
        shop.meet("a1", "review", "Taken", NOW - number)
    assert shop.ids("a1", filterArn=taken) == ["enroll", "install", "survey"]


def test_a_training_whose_actions_are_gone_fails(shop: Shop) -> None:
    p = shop.here.personalize
    p.delete_dataset(datasetArn=shop.actions)
    shop.settle()
    assert shop.ids("a1")[0] == "enroll"
    found = p.describe_solution_version(solutionVersionArn=shop.train())["solutionVersion"]
    assert found["status"] == "CREATE FAILED"
    assert found["failureReason"].startswith("Dataset group must contain an ACTIONS dataset")


def test_action_interactions_that_begin_anew(shop: Shop) -> None:
    """A deleted dataset's interactions are no part of the next one's count."""
    shop.meet("a1", "review", "Taken")
    shop.sim.clock.tick(timedelta(hours=2, minutes=1))
    shop.here.personalize.delete_dataset(datasetArn=shop.met)
    shop.settle()
    before = dict(shop.recommended("a1"))["review"]
    shop.met = shop.here.personalize.create_dataset(
        name="again",
        schemaArn=next(
            each["schemaArn"]
            for each in shop.here.personalize.list_schemas()["schemas"]
            if each["name"].endswith("action-interactions")
        ),
        datasetGroupArn=shop.group,
        datasetType="Action_Interactions",
    )["datasetArn"]
    shop.settle()
    shop.tracking_id = shop.here.personalize.describe_dataset(datasetArn=shop.met)["dataset"]["trackingId"]
    shop.meet("a1", "review", "Taken")
    assert dict(shop.recommended("a1"))["review"] > before


def test_trainings_differ_by_their_chance() -> None:
    """With `training="sampled"` each version has its own weights; the same seed gives the same ones again."""

    def scores() -> list[list[tuple[str, float]]]:
        with simulate(start="2022-03-08T09:00:00Z", durations="instant", seed=7) as running:
            shop = opened(running, met())
            deploy(shop)
            first = shop.recommended("a0")
            shop.here.personalize.update_campaign(campaignArn=shop.campaign, solutionVersionArn=shop.train())
            shop.settle()
            return [first, shop.recommended("a0")]

    found = scores()
    assert found[0] != found[1]
    assert [action_id for action_id, _ in found[0]] == [action_id for action_id, _ in found[1]]
    assert scores() == found
    assert all(0 <= score <= 1 for ranked in found for _, score in ranked)


def test_a_saved_world_has_its_actions(tmp_path: Path) -> None:
    """Saved while a training runs: that training ends as it would have, and the campaign answers alike."""
    with simulate(start="2022-03-08T09:00:00Z", training="exact") as running:
        shop = opened(running, met(), settle=lambda: running.clock.tick(hours=1))
        deploy(shop)
        shop.meet("a1", "review", "Taken")
        version = shop.here.personalize.create_solution_version(solutionArn=shop.solution)["solutionVersionArn"]
        running.clock.tick(minutes=5)
        shop.meet("a1", "review", "Not Taken")
        running.save(tmp_path / "world")
        running.clock.tick(minutes=30)
        shop.here.personalize.update_campaign(campaignArn=shop.campaign, solutionVersionArn=version)
        running.clock.tick(minutes=6)
        wanted = [shop.recommended(user) for user in ("a1", "b1", "nobody")]
    with simulate(load=tmp_path / "world") as running:
        running.clock.tick(minutes=30)
        shop.here.personalize.update_campaign(campaignArn=shop.campaign, solutionVersionArn=version)
        running.clock.tick(minutes=6)
        assert [shop.recommended(user) for user in ("a1", "b1", "nobody")] == wanted


def test_interactions_with_actions_are_explained(shop: Shop) -> None:
    """Which rule makes each count, when and for whom; models that learn nothing of actions are not named."""
    taken = shop.filter('EXCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN ("TAKEN")')
    shop.meet("a1", "review", "Taken")
    shop.meet("a1", "unheard-of", "Viewed", NOW + 1)
    shop.meet("a2", "review", "Taken")
    shop.meet("a2", "review", "Taken")
    explain = shop.sim.events.explain
    known, new = explain("a1")
    assert [each.operation for each in (known, new)] == ["PutActionInteractions"] * 2
    assert (known.stored, known.rule, known.item_id) == (True, "puts.action-interactions", "review")
    [effect] = known.effects
    assert (effect.target, effect.when, effect.user_id) == (shop.campaign, "now", "a1")
    assert (effect.rule, effect.why) == ("events.known-item", "the model knows the action")
    assert [each.when for each in new.effects] == ["automatic update"]
    assert [(each.target, each.when) for each in known.filters] == [(taken, "now")]
    assert [(each.target, each.when) for each in new.filters] == [(taken, "never")]
    assert [each.rule for each in explain("a2")] == ["puts.action-interactions", "events.equal-once"]
    event = {"eventType": "click", "itemId": "b-item1", "sentAt": NOW}
    shop.here.events.put_events(trackingId=shop.item_tracking_id, userId="a3", sessionId="s2", eventList=[event])
    [of_item] = explain("a3")
    assert (of_item.operation, of_item.effects[0].why, of_item.filters) == ("PutEvents", "the model knows the item", ())
    sent = {"sessionId": "anonymous", "actionId": "review", "eventType": "Taken", "timestamp": NOW}
    shop.here.events.put_action_interactions(trackingId=shop.tracking_id, actionInteractions=[sent])
    shop.sim.clock.tick(timedelta(hours=2, minutes=1))
    assert [each.effects[0].rule for each in explain("a2") if each.stored] == ["events.updated"]
    assert [each.rule for each in explain("anonymous")[0].effects] == ["events.known-item"]
    version = shop.train()
    shop.here.personalize.update_campaign(campaignArn=shop.campaign, solutionVersionArn=version)
    shop.settle()
    assert [each.effects[0].rule for each in explain("a2") if each.stored] == ["events.trained"]
    assert [each.rule for each in explain("anonymous")[0].effects] == ["events.anonymous-unlinked"]
