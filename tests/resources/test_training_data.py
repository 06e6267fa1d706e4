"""What trainings learn from and what that changes in answers, through boto3: made so that the right answer is known."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support import Account, account, add_dataset, dataset, import_csv, schema_text, start_import

from simulator import NotSimulatedWarning, Simulation, simulate

RECIPE = "arn:aws:personalize:::recipe/"
V1, V2, RANKING = "aws-user-personalization", "aws-user-personalization-v2", "aws-personalized-ranking"
DAY = 86_400
BEGAN = 1_500_000_000
ITEMS = [f"i{item:02}" for item in range(24)]
EVENTS = schema_text(
    {"name": "EVENT_TYPE", "type": "string"},
    {"name": "DEVICE", "type": ["null", "string"], "categorical": True},
)


def odd(item_id: str) -> bool:
    """Items that are taken on phones, by men, and bought; the others on televisions, by women, and clicked."""
    return int(item_id[1:]) % 2 == 1


def rows() -> pd.DataFrame:
    """Each of eighty users takes all items of one kind and half of the other, in an order of their own."""
    rng = np.random.default_rng(8)
    return pd.DataFrame(
        [
            (user_id, item_id, BEGAN + 20 * DAY * place, "purchase" if odd(item_id) else "click", device(item_id))
            for user in range(80)
            for user_id in [f"u{user:02}"]
            for place, item_id in enumerate(rng.permutation(ITEMS).tolist())
            if odd(item_id) == user % 2 or rng.random() < 0.5
        ],
        columns=["USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE", "DEVICE"],
    )


def device(item_id: str) -> str:
    return "phone" if odd(item_id) else "tv"


def items() -> pd.DataFrame:
    """What was never taken has a genre too; later items bring more."""
    every = [*ITEMS, "drama", "comedy"]
    genres = {"drama": "film|drama", "comedy": "film|comedy"}
    return pd.DataFrame(
        {
            "ITEM_ID": every,
            "GENRES": [genres.get(each, "drama|film" if each < "i12" else "comedy|film") for each in every],
            "PRICE": [1.0 for _ in every],
            "RELEASED": [2000 for _ in every],
            "REVENUE": [float(place) for place in range(24)] + [0.0, 0.0],
        }
    )


def users() -> pd.DataFrame:
    every = [*(f"u{user:02}" for user in range(80)), "new-m", "new-f"]
    return pd.DataFrame(
        {"USER_ID": every, "AGE": [30] * 82, "GENDER": [*("m" if user % 2 else "f" for user in range(80)), "m", "f"]}
    )


@dataclass
class Shop:
    sim: Simulation
    on: Account
    group: str
    interactions: str
    tracking_id: str

    def settle(self) -> None:
        self.on.personalize.list_schemas()

    def version(self, recipe: str = V1, **config: Any) -> str:
        """A trained version of a new solution that is configured so."""
        p, made = self.on.personalize, len(self.on.personalize.list_solutions(maxResults=100)["solutions"])
        arn = p.create_solution(
            name=f"s{made}",
            datasetGroupArn=self.group,
            recipeArn=RECIPE + recipe,
            performAutoTraining=False,
            solutionConfig=config,
        )["solutionArn"]
        self.settle()
        version: str = p.create_solution_version(solutionArn=arn)["solutionVersionArn"]
        self.settle()
        return version

    def campaign(self, recipe: str = V1, **config: Any) -> str:
        """An ACTIVE campaign of such a version, that does not explore."""
        version = self.version(recipe, **config)
        deployed = {"itemExplorationConfig": {"explorationWeight": "0"}} if recipe == V1 else {}
        arn: str = self.on.personalize.create_campaign(
            name=version.split("/")[-2], solutionVersionArn=version, campaignConfig=deployed
        )["campaignArn"]
        self.settle()
        return arn

    def ids(self, campaign: str, user: str = "nobody", **asked: Any) -> list[str]:
        answer = self.on.runtime.get_recommendations(campaignArn=campaign, userId=user, **asked)
        return [each["itemId"] for each in answer["itemList"]]

    def metrics(self, version: str) -> dict[str, float]:
        found: dict[str, float] = self.on.personalize.get_solution_metrics(solutionVersionArn=version)["metrics"]
        return found


@contextmanager
def shop(quotas: Mapping[str, int] | None = None) -> Iterator[Shop]:
    limits = {"active_campaigns_per_dataset_group": 50, "active_solutions_per_dataset_group": 50, **(quotas or {})}
    with simulate(start="2024-12-01T09:00:00Z", durations="instant", training="exact", quotas=limits) as sim:
        on = account()
        settle = on.personalize.list_schemas
        made = dataset(on, settle, EVENTS)
        import_csv(on, made, rows())
        of_items = add_dataset(on, made.group, "Items", settle, {"name": "REVENUE", "type": "float"})
        of_users = add_dataset(on, made.group, "Users", settle)
        start_import(on, of_items, on.upload(items(), "items.csv"), "items")
        start_import(on, of_users, on.upload(users(), "users.csv"), "users")
        settle()
        tracker = on.personalize.create_event_tracker(name="shop", datasetGroupArn=made.group)
        settle()
        yield Shop(sim, on, made.group, made.dataset, tracker["trackingId"])


@pytest.fixture
def here() -> Iterator[Shop]:
    """Nothing that the tests ask for is warned of."""
    with shop() as made, warnings.catch_warnings():
        warnings.simplefilter("error", NotSimulatedWarning)
        yield made


def excluding(**columns: list[str]) -> dict[str, Any]:
    return {"trainingDataConfig": {"excludedDatasetColumns": columns}}


def including(**columns: list[str]) -> dict[str, Any]:
    return {"trainingDataConfig": {"includedDatasetColumns": columns}}


# --- metadata, contexts, and the choice of columns ------------------------------------------------------------


@pytest.mark.rule("models.context", "models.chosen-columns")
def test_a_context_counts_unless_its_column_is_excluded(here: Shop) -> None:
    told = here.campaign()
    assert all(map(odd, here.ids(told, numResults=8, context={"DEVICE": "phone"})))
    assert not any(map(odd, here.ids(told, numResults=8, context={"device": "tv"})))
    assert here.ids(told, context={"DEVICE": "watch"}) == here.ids(told)
    for config in (
        excluding(INTERACTIONS=["DEVICE"]),
        including(Interactions=["USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE"]),
    ):
        untold = here.campaign(**config)
        assert here.ids(untold, context={"DEVICE": "phone"}) == here.ids(untold) == here.ids(told)


@pytest.mark.rule("models.user-metadata", "models.chosen-columns")
@pytest.mark.parametrize("recipe", [V1, V2])
def test_a_new_user_of_known_attributes(here: Shop, recipe: str) -> None:
    told, untold = here.campaign(recipe), here.campaign(recipe, **excluding(USERS=["GENDER"]))
    assert all(map(odd, here.ids(told, "new-m", numResults=8)))
    assert not any(map(odd, here.ids(told, "new-f", numResults=8)))
    assert here.ids(untold, "new-m")[:20] == here.ids(untold)[:20] == here.ids(told)[:20]


@pytest.mark.rule("models.user-metadata", "models.item-metadata", "models.context")
def test_rankings_know_as_much(here: Shop) -> None:
    arn = here.campaign(RANKING)

    def ranked(user: str, *listed: str, **asked: Any) -> list[str]:
        answer = here.on.runtime.get_personalized_ranking(campaignArn=arn, userId=user, inputList=[*listed], **asked)[
            "personalizedRanking"
        ]
        return [each["itemId"] for each in answer]

    assert ranked("new-m", "i02", "i03", "i04", "i05")[:2] in (["i03", "i05"], ["i05", "i03"])
    assert ranked("nobody", "i02", "i03", context={"DEVICE": "phone"}) == ["i03", "i02"]
    assert ranked("nobody", "i03", "i02", context={"DEVICE": "tv"}) == ["i02", "i03"]
    assert ranked("nobody", "unknown", "drama", "i03") == ["i03", "drama", "unknown"]


@pytest.mark.rule("models.item-metadata", "models.items-without-interactions", "models.chosen-columns")
def test_items_that_nobody_took_are_ranked_by_their_metadata() -> None:
    """At the training, and at the automatic update; without the column they are all last."""
    with shop() as here:
        on = here.on
        told, untold = here.campaign(), here.campaign(**excluding(ITEMS=["GENRES"]))
        assert (
            set(here.ids(untold, numResults=26)[-2:]) == set(here.ids(told, numResults=26)[-2:]) == {"drama", "comedy"}
        )
        for user, taken, first, last in (("d", "i02", "drama", "comedy"), ("c", "i14", "comedy", "drama")):
            on.events.put_events(
                trackingId=here.tracking_id,
                userId=user,
                sessionId="s",
                eventList=[{"eventType": "click", "itemId": taken, "sentAt": BEGAN + 999 * DAY}],
            )
            found = here.ids(told, user, numResults=26)
            assert found.index(first) < found.index(last)
            found = here.ids(untold, user, numResults=26)
            assert set(found[-2:]) == {"drama", "comedy"}
        on.events.put_items(
            datasetArn=here.interactions.replace("INTERACTIONS", "ITEMS"),
            items=[
                {"itemId": name, "properties": f'{{"genres": "{genre}", "revenue": 0, "price": 1}}'}
                for name, genre in (("new-drama", "drama"), ("new-comedy", "comedy"))
            ],
        )
        assert "new-drama" not in here.ids(told, "d", numResults=28)
        here.sim.clock.tick(hours=2)
        for user, first, last in (("d", "new-drama", "new-comedy"), ("c", "new-comedy", "new-drama")):
            found = here.ids(told, user, numResults=28)
            assert len(found) == 28
            assert found.index(first) < found.index(last)


def test_users_that_are_deleted() -> None:
    """Who is gone from all datasets is answered like anybody unknown, and trainings go on without."""
    with shop() as alone:
        on = alone.on
        csv = pd.DataFrame({"USER_ID": ["u01", "new-m"]})
        on.personalize.create_data_deletion_job(
            jobName="gdpr",
            datasetGroupArn=alone.group,
            dataSource={"dataLocation": on.upload(csv, "gone.csv")},
            roleArn=on.role,
        )
        alone.settle()
        arn = alone.campaign()
        assert alone.ids(arn, "u01") == alone.ids(arn, "new-m") == alone.ids(arn)
        assert not any(map(odd, alone.ids(arn, "new-f", numResults=8)))


# --- weights of events ---------------------------------------------------------------------------------------


def weights(**by_type: float) -> dict[str, Any]:
    listed = [{"eventType": name, "weight": weight} for name, weight in by_type.items()]
    return {"eventsConfig": {"eventParametersList": listed}}


@pytest.mark.rule("models.event-weights")
def test_what_weighs_more_is_recommended_more(here: Shop) -> None:
    bought, clicked = (here.campaign(V2, **weights(purchase=one, click=1.1 - one)) for one in (1.0, 0.1))
    assert all(map(odd, here.ids(bought, numResults=8)))
    assert not any(map(odd, here.ids(clicked, numResults=8)))
    assert here.version(V2, **weights(purchase=0.5, click=0.5))


@pytest.mark.rule("models.event-weights")
def test_events_of_a_session_weigh_what_their_types_do() -> None:
    with shop() as here:
        arn = here.campaign(V2, **weights(purchase=1.0, click=0.0))
        before = here.ids(arn, numResults=12)
        for event_type, changes in (("click", False), ("purchase", True)):
            here.on.events.put_events(
                trackingId=here.tracking_id,
                userId="nobody",
                sessionId="s",
                eventList=[{"eventType": event_type, "itemId": "i01", "sentAt": BEGAN + 999 * DAY}],
            )
            assert (here.ids(arn, numResults=12) != before) == changes


# --- objectives ----------------------------------------------------------------------------------------------


def objective(sensitivity: str) -> dict[str, Any]:
    return {"optimizationObjective": {"itemAttribute": "REVENUE", "objectiveSensitivity": sensitivity}}


@pytest.mark.rule("models.objective", "models.objective-metric")
def test_objectives_favour_what_brings_more(here: Shop) -> None:
    """[met-027] The ninth metric is there with OFF too."""
    brought = []
    for sensitivity in ("OFF", "LOW", "MEDIUM", "HIGH"):
        arn = here.campaign(**objective(sensitivity))
        brought.append(sum(int(item_id[1:]) for item_id in here.ids(arn, numResults=6)))
        version = here.on.personalize.describe_campaign(campaignArn=arn)["campaign"]["solutionVersionArn"]
        metrics = here.metrics(version)
        assert next(iter(metrics)) == "average_rewards_at_k"
        assert len(metrics) == 9
        assert 0 < metrics["average_rewards_at_k"] <= 1
    assert brought == sorted(brought)
    assert brought[0] < brought[3]
    plain = here.campaign()
    assert here.ids(here.campaign(**objective("OFF"))) == here.ids(plain)
    version = here.on.personalize.describe_campaign(campaignArn=plain)["campaign"]["solutionVersionArn"]
    assert "average_rewards_at_k" not in here.metrics(version)


@pytest.mark.rule("models.objective")
def test_a_new_item_has_its_reward_with_the_update() -> None:
    with shop() as here:
        arn = here.campaign(**objective("HIGH"))
        here.on.events.put_items(
            datasetArn=here.interactions.replace("INTERACTIONS", "ITEMS"),
            items=[
                {"itemId": name, "properties": f'{{"revenue": {revenue}, "price": 1}}'}
                for name, revenue in (("dear", 40), ("cheap", 1))
            ],
        )
        here.sim.clock.tick(hours=2)
        found = here.ids(arn, numResults=28)
        assert found.index("dear") < found.index("cheap")
        assert found.index("dear") < 24


# --- hyperparameters -----------------------------------------------------------------------------------------


@pytest.mark.rule("models.hyperparameters")
@pytest.mark.parametrize(
    ("recipe", "member", "chosen"),
    [
        (V1, "algorithmHyperParameters", {"bptt": "2"}),
        (V1, "algorithmHyperParameters", {"recency_mask": "False"}),
        (V2, "algorithmHyperParameters", {"apply_recency_bias": "false"}),
        (V1, "featureTransformationParameters", {"min_user_history_length_percentile": "0.5"}),
        (V1, "featureTransformationParameters", {"max_user_history_length_percentile": "0.5"}),
    ],
)
def test_hyperparameters_have_an_effect(here: Shop, recipe: str, member: str, chosen: dict[str, str]) -> None:
    plain, other = here.campaign(recipe), here.campaign(recipe, **{member: chosen})
    asked = [f"u{user:02}" for user in range(10)]
    assert [here.ids(plain, user) for user in asked] != [here.ids(other, user) for user in asked]


# --- what is considered of very much data --------------------------------------------------------------------


@pytest.mark.rule("models.newest-interactions-considered")
def test_the_newest_interactions_are_considered() -> None:
    """Of two times as many as the quota, those of the second half; other items are unknown."""
    frame = rows()
    older = frame.assign(ITEM_ID="old-" + frame["ITEM_ID"], TIMESTAMP=frame["TIMESTAMP"] - 2000 * DAY)
    limits = {"interactions_considered": len(frame)}
    with simulate(durations="instant", training="exact", quotas=limits) as sim:
        on = account()
        made = dataset(on, on.personalize.list_schemas, EVENTS)
        import_csv(on, made, pd.concat([frame, older]))
        here = Shop(sim, on, made.group, made.dataset, "")
        here.settle()
        considered, all_of_v2 = here.campaign(), here.campaign(V2)
        assert sorted(here.ids(considered, numResults=100)) == ITEMS
        assert len(here.ids(all_of_v2, numResults=100)) == 48


@pytest.mark.rule("models.items-considered")
def test_the_items_with_most_interactions_are_considered() -> None:
    """Then those that are newest: at the training and at the update, which has no room for more."""
    frame = rows()
    few = pd.DataFrame(
        {"USER_ID": ["u01", "u02"], "ITEM_ID": ["rare-old", "rare-new"], "TIMESTAMP": [BEGAN, BEGAN + DAY]}
    )
    with shop({"items_considered": 25}) as here:
        every = pd.concat([frame, few.assign(EVENT_TYPE="click", DEVICE="tv")])
        start_import(here.on, here.interactions, here.on.upload(every), "more")
        here.settle()
        arn = here.campaign()
        assert set(here.ids(arn, numResults=30)) == {*ITEMS, "rare-new"}
        here.on.events.put_events(
            trackingId=here.tracking_id,
            userId="u01",
            sessionId="s",
            eventList=[{"eventType": "click", "itemId": "newest", "sentAt": BEGAN + 999 * DAY}],
        )
        here.sim.clock.tick(hours=2)
        assert set(here.ids(arn, numResults=30)) == {*ITEMS, "rare-new"}


# --- saved worlds ---------------------------------------------------------------------------------------------


def test_what_was_learned_is_saved(tmp_path: Path) -> None:
    """Models with weights, metadata of items and users, contexts and an objective answer alike in a loaded world."""
    with shop() as here:
        weighted, favouring = here.campaign(V2, **weights(purchase=1.0, click=0.5)), here.campaign(**objective("LOW"))
        asked: list[dict[str, Any]] = [
            {"user": user, "context": {"DEVICE": "tv"}} for user in ("u01", "new-m", "nobody")
        ]
        before = [here.ids(arn, **each) for arn in (weighted, favouring) for each in asked]
        here.sim.save(tmp_path / "shop")
    with simulate(load=tmp_path / "shop") as sim:
        again = Shop(sim, here.on, here.group, here.interactions, here.tracking_id)
        assert [again.ids(arn, **each) for arn in (weighted, favouring) for each in asked] == before
