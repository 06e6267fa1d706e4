"""PutEvents, through boto3: what is taken, refused and ignored, what it does, and how that is explained."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raw import events_service
from support import (
    RECIPE,
    REGION,
    Account,
    Deployment,
    account,
    dataset,
    deploy,
    exported,
    import_csv,
    refused,
    schema_text,
    some_interactions,
)

from simulator import Simulation, rules, simulate
from simulator.cli import main
from simulator.data.interactions import InteractionStore, PutEvent, trained_events, users_of
from simulator.resources.dump import dump
from simulator.resources.explaining import Effect, ExplainedEvent

START = "2022-03-08T09:00:00Z"
NOW = 1_646_730_000
INVALID = "InvalidInputException"
SIMILAR = "arn:aws:personalize:::recipe/aws-similar-items"
COLUMNS = (
    {"name": "EVENT_TYPE", "type": ["null", "string"]},
    {"name": "EVENT_VALUE", "type": ["null", "float"]},
    {"name": "EVENT_ATTRIBUTION_SOURCE", "type": ["null", "string"]},
    {"name": "NUM_RATINGS", "type": ["null", "int"]},
    {"name": "DEVICE", "type": ["null", "string"], "categorical": True},
    {"name": "PRICE", "type": ["null", "double"]},
    {"name": "GIFT", "type": ["null", "boolean"]},
)


@pytest.fixture
def shop(here: Account) -> Deployment:
    """An empty Interactions dataset with many columns, and a tracker."""
    return tracked(here, *COLUMNS)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Deployment]:
    """A world with a campaign, saved an hour before the automatic update."""
    file = tmp_path_factory.mktemp("worlds") / "films"
    with simulate(start=START, training="exact") as sim:
        made = deploy(account(), lambda: sim.clock.tick(minutes=30), some_interactions())
        sim.clock.move_to("2022-03-08T12:00:00Z")
        sim.save(file)
    return file, made


@pytest.fixture
def films(trained: tuple[Path, Deployment]) -> Iterator[Films]:
    with simulate(load=trained[0]) as running:
        yield Films(running, trained[1])


def tracked(here: Account, *columns: Mapping[str, Any], name: str = "shop") -> Deployment:
    made = dataset(here, here.personalize.list_schemas, schema_text(*map(dict, columns)), name)
    tracker = here.personalize.create_event_tracker(name=name, datasetGroupArn=made.group)
    made.tracker, made.tracking_id = tracker["eventTrackerArn"], tracker["trackingId"]
    here.personalize.list_schemas()  # the world settles
    return made


def put(
    here: Account, made: Deployment, *events: Mapping[str, Any], user: str | None = "u1", session: str = "s"
) -> Any:
    """One call; what an event lacks of the required members is filled in."""
    whose = {} if user is None else {"userId": user}
    listed = [{"eventType": "watch", "sentAt": NOW, **each} for each in events]
    return here.events.put_events(trackingId=made.tracking_id, sessionId=session, eventList=listed, **whose)


def stored(here: Account, made: Deployment) -> list[dict[str, str]]:
    """What an export of the put events shows."""
    header, *lines = exported(here, made.dataset, "PUT", here.personalize.list_schemas)
    return [dict(zip(header.split(","), line.replace('""', "").split(","), strict=True)) for line in lines]


def effects(explained: ExplainedEvent) -> list[tuple[str, str | None, str]]:
    return [(each.when, each.user_id, each.rule) for each in explained.effects]


class Films:
    """The campaign of `trained`, asked in a running simulation."""

    def __init__(self, sim: Simulation, made: Deployment) -> None:
        self.sim, self.made = sim, made
        self.here = clients()

    def put(self, *items: str, user: str | None = "u1", session: str = "s", **members: Any) -> None:
        put(self.here, self.made, *({"itemId": item, **members} for item in items), user=user, session=session)

    def scores(self, user: str) -> list[tuple[str, float]]:
        answer = self.here.runtime.get_recommendations(campaignArn=self.made.campaign, userId=user)
        return [(item["itemId"], item["score"]) for item in answer["itemList"]]

    def retrain(self, mode: str = "FULL") -> None:
        """A new version, trained and deployed."""
        version = self.here.personalize.create_solution_version(solutionArn=self.made.solution, trainingMode=mode)
        self.sim.clock.tick(minutes=30)
        arn = version["solutionVersionArn"]
        self.here.personalize.update_campaign(campaignArn=self.made.campaign, solutionVersionArn=arn)
        self.sim.clock.tick(minutes=15)

    def effect(self, **asked: Any) -> Effect:
        """The one effect of the one event that is asked for."""
        [explained] = self.sim.events.explain(**asked)
        [effect] = explained.effects
        return effect


def clients() -> Account:
    """The clients of a world that has its bucket and role already."""
    names = ("s3", "iam", "personalize", "personalize-events", "personalize-runtime")
    role = "arn:aws:iam::123456789012:role/personalize-ratings-bucket"
    s3, iam, personalize, events, runtime = (boto3.client(name, region_name=REGION) for name in names)
    return Account(s3, iam, personalize, events, runtime, "ratings-bucket", role)


# --- What is taken ------------------------------------------------------------------------------------------


def test_the_answer_is_empty(here: Account, shop: Deployment) -> None:
    """[resp-014]"""
    answer = put(here, shop, {"itemId": "i1"})["ResponseMetadata"]
    assert answer["HTTPStatusCode"] == 200
    assert answer["HTTPHeaders"]["content-length"] == "0"
    assert answer["HTTPHeaders"]["content-type"] == "application/json"


@pytest.mark.rule("events.seconds")
def test_parts_of_seconds_are_cut(sim: Simulation, shop: Deployment) -> None:
    """boto3 cuts them itself; other clients send them."""
    body = {
        "trackingId": shop.tracking_id,
        "sessionId": "s",
        "eventList": [{"eventType": "e", "itemId": "i", "sentAt": NOW + 0.999}],
    }
    assert events_service("/events", body).status == 200
    [event] = stored_events(sim, shop)
    assert (event.timestamp, event.user_id) == (NOW, "")


def test_properties_are_kept_by_the_order_of_their_columns(sim: Simulation, here: Account, shop: Deployment) -> None:
    put(here, shop, {"itemId": "i1", "properties": '{"price": 2, "device": "tv"}'})
    put(here, shop, {"itemId": "i1", "properties": '{"device": "tv", "price": 2.0}'})
    [event] = stored_events(sim, shop)
    assert event.properties == (("DEVICE", "tv"), ("PRICE", 2.0))


# --- What is refused ----------------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=3,
)

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "The event has no itemId, which the Interactions schema requires."),
    ({"properties": "{}"}, "The event has no itemId, which the Interactions schema requires."),
    ({"properties": '{"itemId": null}'}, "The event has no itemId, which the Interactions schema requires."),
    *(
        ({"itemId": "i1", "properties": text}, "Error parsing properties json")
        for text in ("{", "no", "[]", "null", '"{}"', json.dumps(json.dumps({"itemId": "i1"})), '{"price": NaN}')
    ),
    *(
        ({"itemId": "i1", "properties": json.dumps({key: 1})}, f"The key {key} cannot be used in properties.")
        for key in ("userId", "sessionid", "EVENTTYPE", "timestamp", "recommendationId", "impression")
    ),
    *(
        (
            {"itemId": "i1", "properties": json.dumps({key: value})},
            f"The value of {key} in properties is not of the type of the schema's field {column}: {kind}.",
        )
        for key, value, column, kind in (
            ("itemId", 1, "ITEM_ID", "string"),
            ("eventValue", "much", "EVENT_VALUE", "float"),
            ("numRatings", 1.5, "NUM_RATINGS", "int"),
            ("numRatings", 2**31, "NUM_RATINGS", "int"),
            ("device", ["tv"], "DEVICE", "string"),
            ("price", True, "PRICE", "double"),
            ("gift", "maybe", "GIFT", "boolean"),
        )
    ),
]


@pytest.mark.parametrize(("bad", "wording"), REFUSED)
def test_refused_events(sim: Simulation, here: Account, shop: Deployment, bad: dict[str, Any], wording: str) -> None:
    """[err-019] With the good event of the call."""
    before = dump(sim._host.world)
    with refused(INVALID, wording):
        put(here, shop, {"itemId": "good"}, bad)
    assert dump(sim._host.world) == before
    assert sim.events.explain() == []


def test_no_events_are_too_few(sim: Simulation, shop: Deployment) -> None:
    """boto3 refuses them itself."""
    body = {"trackingId": shop.tracking_id, "sessionId": "s", "eventList": []}
    assert events_service("/events", body).code == INVALID
    assert stored_events(sim, shop) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.sampled_from(("itemId", "eventValue", "numRatings", "device", "gift", "x")), json_values)
    | json_values,
    st.booleans(),
)
def test_any_properties_are_taken_or_refused(
    sim: Simulation, here: Account, shop: Deployment, properties: object, item: bool
) -> None:
    before = len(stored_events(sim, shop))
    event = {"eventType": "e", "sentAt": NOW + before, "properties": json.dumps(properties)}
    body = {
        "trackingId": shop.tracking_id,
        "sessionId": "s",
        "eventList": [{**event, **({"itemId": "i"} if item else {})}],
    }
    answer = events_service("/events", body)
    if answer.status == 200:
        assert isinstance(properties, dict)
        assert len(stored_events(sim, shop)) == before + 1
    else:
        assert (answer.status, answer.code) in {(400, INVALID), (400, "ValidationException")}
        assert len(stored_events(sim, shop)) == before


def test_1024_characters_of_properties(here: Account, shop: Deployment) -> None:
    text = json.dumps({"unheard": ""})
    full = json.dumps({"unheard": "x" * (1024 - len(text))})
    put(here, shop, {"itemId": "i1", "properties": full})
    with pytest.raises(ClientError, match="less than or equal to 1024"):
        put(here, shop, {"itemId": "i1", "properties": full + " "})


def test_trackers_that_take_no_events() -> None:
    """[err-052]"""
    with simulate(start=START) as sim:
        here = account()
        made = dataset(here, lambda: sim.clock.tick(minutes=1))
        made.tracking_id = here.personalize.create_event_tracker(name="t", datasetGroupArn=made.group)["trackingId"]
        for tracking_id in (made.tracking_id, "unknown"):
            with refused(INVALID, "Invalid trackingId in account 123456789012"):
                put(here, Deployment("", "", "", tracking_id=tracking_id), {"itemId": "i1"})
        sim.clock.tick(minutes=1)
        put(here, made, {"itemId": "i1"})


# --- What is ignored ----------------------------------------------------------------------------------------


def test_the_session_null(sim: Simulation, here: Account, shop: Deployment) -> None:
    """[resp-018]"""
    put(here, shop, {"itemId": "i1"}, session="null")
    put(here, shop, {"itemId": "i2"}, session="Null")
    assert [row["item_id"] for row in stored(here, shop)] == ["i2"]
    second, first = sim.events.explain("u1")  # of one instant, what is ignored comes last
    assert (first.stored, first.rule, first.effects) == (False, "events.session-null", ())
    assert (second.stored, second.rule) == (True, "events.stored")
    assert str(first) == (
        'watch of i1 by u1 in session null, arrived 2022-03-08T09:00:00Z: ignored: the sessionId is the text "null", '
        "whose events the service ignores [events.session-null]"
    )


@pytest.mark.rule("events.milliseconds")
@pytest.mark.parametrize("sent_at", [NOW * 1000, str(NOW * 1000), 100_000_000_000])
def test_milliseconds(sim: Simulation, here: Account, shop: Deployment, sent_at: object) -> None:
    """[resp-043] boto3 refuses them itself; other clients send them."""
    event = {"eventType": "watch", "itemId": "i1", "sentAt": sent_at}
    body = {"trackingId": shop.tracking_id, "userId": "u1", "sessionId": "s", "eventList": [event]}
    answer = events_service("/events", body)
    assert (answer.status, answer.body) == (200, b"")
    put(here, shop, {"itemId": "i2", "sentAt": NOW + 600})
    [future, ignored] = sim.events.explain()
    assert (ignored.stored, ignored.rule, ignored.sent_at) == (False, "events.milliseconds", int(str(sent_at)))
    assert future.stored
    assert [row["item_id"] for row in stored(here, shop)] == ["i2"]


def test_equal_events(sim: Simulation, here: Account, shop: Deployment) -> None:
    put(here, shop, {"itemId": "i1"}, {"itemId": "i1"})
    put(here, shop, {"itemId": "i1"}, {"itemId": "i1", "sentAt": NOW + 1}, {"itemId": "i1", "eventId": "e"})
    explained = sim.events.explain(item_id="i1")
    assert sorted(each.rule for each in explained) == ["events.equal-once"] * 2 + ["events.stored"] * 3
    assert len(stored(here, shop)) == 2


def test_the_newest_ignored_events_are_remembered(sim: Simulation, here: Account, shop: Deployment) -> None:
    store = store_of(sim, shop)
    for number in range(1005):
        store.ignore(PutEvent(number, "u", "null", "i", "e", None, "", ""), number, "events.session-null")
    assert [each.event.timestamp for each in store.ignored] == [*range(5, 1005)]
    store.remove_users({"u"})
    assert store.ignored == []


# --- What counts, when, and for whom ------------------------------------------------------------------------


def test_known_and_new_items(films: Films) -> None:
    before, others = films.scores("u1"), films.scores("u2")
    films.put("i3")
    assert films.scores("u1") != before
    assert films.scores("u2") == others
    assert films.effect(item_id="i3") == Effect(
        films.made.campaign, "now", None, "u1", "events.known-item", "the model knows the item"
    )
    known = films.scores("u1")
    films.put("new")
    assert films.scores("u1") == known
    effect = films.effect(item_id="new")
    assert (effect.when, effect.user_id, effect.rule) == ("automatic update", "u1", "events.new-item")
    assert effect.due is not None
    films.sim.clock.move_to(effect.due)
    assert films.scores("u1") != known
    for item in ("i3", "new"):
        effect = films.effect(item_id=item)
        assert (effect.when, effect.user_id, effect.rule) == ("now", "u1", "events.updated")


def test_a_full_training(films: Films) -> None:
    films.put("new")
    films.here.personalize.create_solution_version(solutionArn=films.made.solution)
    films.sim.clock.tick(minutes=10)
    assert films.effect().when == "automatic update"
    films.sim.clock.tick(minutes=20)
    effect = films.effect()  # the old version, which still answers, is updated no more
    assert (effect.when, effect.rule) == ("full training", "events.full-training")
    assert re.search(r"the item is new to the model; deploy arn:\S+, which has been trained on it", effect.why)
    films.retrain()
    assert effects(films.sim.events.explain()[0]) == [("now", None, "events.trained")]


def test_recipes_without_real_time_events(films: Films) -> None:
    here, made = films.here, films.made
    solution = here.personalize.create_solution(
        name="similar", datasetGroupArn=made.group, recipeArn=SIMILAR, performAutoTraining=False
    )["solutionArn"]
    films.put("new", "i3")
    for explained in films.sim.events.explain(target=solution):
        assert effects(explained) == [("full training", None, "events.full-training")]
        assert "nothing has been trained yet" in explained.effects[0].why
    version = here.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    films.sim.clock.tick(minutes=10)
    assert "that runs sees it" in films.sim.events.explain(target=solution)[0].effects[0].why
    films.sim.clock.tick(minutes=30)
    films.put("i4")
    [*seen, late] = films.sim.events.explain(target=solution)
    assert {each.effects[0].why for each in seen} == {"the model was trained on it; no campaign deploys the solution"}
    assert effects(late) == [("full training", None, "events.full-training")]
    campaign = here.personalize.create_campaign(name="similar", solutionVersionArn=version)["campaignArn"]
    assert (
        films.sim.events.explain(target=campaign)[0].effects[0].why == "the model was trained on it; it is not ACTIVE"
    )
    films.sim.clock.tick(minutes=20)

    def related(item: str) -> list[str]:
        answer = here.runtime.get_recommendations(campaignArn=campaign, itemId=item)
        return [each["itemId"] for each in answer["itemList"]]

    before = related("i3")
    films.put("i3", "i5", "i6", user="u9")
    films.sim.clock.tick(hours=5)
    assert related("i3") == before
    assert "has no real-time events" in films.sim.events.explain(target=campaign)[-1].effects[0].why


@pytest.mark.parametrize(
    ("wanted", "members", "why"),
    [
        ({"eventType": "buy"}, {}, "only events of the type buy are trained on, and its type is watch"),
        (
            {"eventType": "watch", "solutionConfig": {"eventValueThreshold": "0.5"}},
            {},
            "only events with a value of 0.5 or more are trained on, and it has no eventValue",
        ),
        (
            {"eventType": "watch", "solutionConfig": {"eventValueThreshold": "0.5"}},
            {"eventValue": 0.25},
            "only events with a value of 0.5 or more are trained on, and its eventValue is 0.25",
        ),
    ],
)
def test_filtered_events(
    sim: Simulation, here: Account, wanted: dict[str, Any], members: dict[str, Any], why: str
) -> None:
    made = tracked(here, *COLUMNS)
    frame = some_interactions().assign(EVENT_TYPE=wanted["eventType"], EVENT_VALUE=1.0)
    import_csv(here, made, frame.reindex(columns=[*frame, *(each["name"] for each in COLUMNS[2:])]))
    solution = here.personalize.create_solution(
        name="s", datasetGroupArn=made.group, recipeArn=RECIPE, performAutoTraining=False, **wanted
    )["solutionArn"]
    version = here.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    campaign = here.personalize.create_campaign(name="c", solutionVersionArn=version)["campaignArn"]

    def scores() -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = here.runtime.get_recommendations(campaignArn=campaign, userId="u1")["itemList"]
        return answer

    before = scores()
    put(here, made, {"itemId": "i3", **members})
    assert scores() == before
    [explained] = sim.events.explain(target=campaign)
    assert explained.effects == (Effect(campaign, "never", None, None, "events.filtered", why),)
    put(here, made, {"itemId": "i3", "eventType": wanted["eventType"], "eventValue": 0.5})
    assert scores() != before


def test_reused_event_ids(films: Films) -> None:
    films.put("i3", eventId="e")
    once = films.scores("u1")
    films.put("i4", eventId="e")
    assert films.scores("u1") == once
    films.put("i5", eventId="e", user="u2")
    films.sim.clock.tick(hours=4)
    assert films.scores("u1")
    first, second, third = films.sim.events.explain()
    assert effects(first) == [("now", "u1", "events.updated")]
    assert effects(second) == effects(third) == [("never", None, "events.event-id")]
    assert second.effects[0].why == "an earlier event has the eventId e"
    assert len(stored_events(films.sim, films.made)) == 3


def test_an_anonymous_session_is_joined(films: Films) -> None:
    nobody, user = films.scores("visitor"), films.scores("u1")
    films.put("i3", "i4", user=None, session="visitor")
    visitor = films.scores("visitor")
    assert visitor != nobody
    assert effects(films.sim.events.explain(session_id="visitor")[0]) == [("now", "visitor", "events.known-item")]
    films.sim.clock.tick(hours=4)
    assert films.scores("visitor") == visitor  # no update takes them from the session
    films.put("i5", session="visitor")
    assert films.scores("visitor") == visitor
    assert [each.item_id for each in films.sim.events.explain("u1")] == ["i3", "i4", "i5"]
    films.sim.clock.tick(hours=4)
    assert films.scores("u1") != user
    films.retrain()
    assert films.scores("visitor") == films.scores("nobody else")
    [inventory] = films.sim._host.world.inventories.values()
    model: Any = [*inventory.solution_versions.values()][-1].model
    history = [model.item_ids[item] for item in model.histories.of(model.user_codes["u1"])]
    assert {*history[-3:]} == {"i3", "i4", "i5"}
    joined = films.sim.events.explain(session_id="visitor")[0]
    assert effects(joined) == [("now", None, "events.anonymous-joined")]
    assert joined.effects[0].why == "the training has made it u1's, whose session it was"


def test_an_anonymous_session_without_a_user(films: Films) -> None:
    films.put("i3", session="other")
    films.put("new", "i3", user=None, session="visitor")
    [new, _] = films.sim.events.explain("visitor")
    assert effects(new) == [("never", None, "events.anonymous-unlinked")]
    assert new.effects[0].why == "the item is new to the model, and no later event of the session has a userId"
    assert films.scores("visitor") != films.scores("nobody else")
    films.retrain()
    assert films.scores("visitor") == films.scores("nobody else")
    for each in films.sim.events.explain("visitor"):
        assert effects(each) == [("never", None, "events.anonymous-unlinked")]
    assert "new" not in dict(films.scores("u1"))
    films.put("i3", session="visitor", user="u7")
    for each in films.sim.events.explain(session_id="visitor")[:2]:
        assert effects(each) == [("full training", None, "events.anonymous-joined")]


def test_an_update_in_the_mode_update_joins_nothing(films: Films) -> None:
    films.put("new", user=None, session="visitor")
    films.put("i3", session="visitor")
    films.retrain("UPDATE")
    anonymous, linking = films.sim.events.explain(session_id="visitor")
    assert effects(anonymous) == [("full training", None, "events.anonymous-joined")]
    assert effects(linking) == [("now", "u1", "events.updated")]


# --- Explaining ---------------------------------------------------------------------------------------------


def test_what_is_asked_for(films: Films) -> None:
    films.put("i3", user="u1", session="a")
    films.put("i4", user="u2", session="b", eventType="buy")
    explain = films.sim.events.explain
    assert [each.item_id for each in explain()] == ["i3", "i4"]
    for asked in ({"user_id": "u2"}, {"session_id": "b"}, {"item_id": "i4"}, {"event_type": "buy"}):
        assert [each.item_id for each in explain(**asked)] == ["i4"]
    assert [each.effects for each in explain(target=films.made.solution)] != []
    with pytest.raises(
        ValueError, match="there is no campaign, recommender, solution, filter or metric attribution arn:gone"
    ):
        explain(target="arn:gone")
    assert str(explain("nobody")) == "no such event was put"
    assert str(explain("u2")) == (
        "buy of i4 by u2 in session b, arrived 2022-03-08T12:00:00Z: stored: it is in the dataset [events.stored]\n"
        "  campaign/films: counts now for u2: the model knows the item [events.known-item]"
    )


def test_a_recommender(sim: Simulation, here: Account) -> None:
    films_group = here.personalize.create_dataset_group(name="video", domain="VIDEO_ON_DEMAND")["datasetGroupArn"]
    schema = here.personalize.create_schema(
        name="video", schema=schema_text({"name": "EVENT_TYPE", "type": "string"}), domain="VIDEO_ON_DEMAND"
    )["schemaArn"]
    arn = here.personalize.create_dataset(
        name="video", schemaArn=schema, datasetGroupArn=films_group, datasetType="Interactions"
    )["datasetArn"]
    made = Deployment(films_group, schema, arn)
    import_csv(here, made, some_interactions(2400).assign(EVENT_TYPE="Watch"))
    made.tracking_id = here.personalize.create_event_tracker(name="t", datasetGroupArn=films_group)["trackingId"]
    recommender = here.personalize.create_recommender(
        name="top",
        datasetGroupArn=films_group,
        recipeArn="arn:aws:personalize:::recipe/aws-vod-most-popular",
    )["recommenderArn"]
    put(here, made, {"itemId": "i3", "eventType": "Watch"})
    [explained] = sim.events.explain(target=recommender)
    [effect] = explained.effects
    assert (effect.when, effect.user_id, effect.rule) == ("full training", None, "events.full-training")
    assert str(effect.due)[:10] == "2022-03-15"
    assert str(effect).startswith("recommender/top: counts from the next full training on (2022-03-15T")


def test_every_rule_that_explains_is_in_the_catalogue() -> None:
    source = Path(rules.__file__).parents[1]
    named: set[str] = set()
    for file in ("explaining", "event_effects", "event_uses", "events", "../data/interactions"):
        named |= set(re.findall(r'["\[]((?!self)[a-z-]+\.[a-z-]+)["\]]', (source / f"resources/{file}.py").read_text()))
    assert "events.known-item" in named
    assert named <= rules.load().keys()


def test_saved_and_explained_again(trained: tuple[Path, Deployment], tmp_path: Path) -> None:
    told = []
    with simulate(load=trained[0]) as sim:
        films = Films(sim, trained[1])
        films.put("i3", "i3", "i4", eventId="e")
        films.put("i4", user=None, session="null")
        told.append(str(sim.events.explain()))
        sim.save(tmp_path / "again")
    with simulate(load=tmp_path / "again") as sim:
        told.append(str(sim.events.explain()))
        sim.clock.tick(minutes=1)
        films.put("i4", eventId="e", session="later")
        assert effects(sim.events.explain(session_id="later")[0]) == [("never", None, "events.event-id")]
    assert told[0] == told[1]
    assert (told[0].count("ignored"), told[0].count("does not count")) == (2, 1)


def test_the_command_line(trained: tuple[Path, Deployment], tmp_path: Path) -> None:
    world = str(tmp_path / "world")
    with simulate(load=trained[0]) as sim:
        Films(sim, trained[1]).put("i3", "i4")
        sim.save(world)
    result = CliRunner().invoke(main, ["explain", world, "--user", "u1", "--item", "i3"])
    assert result.exit_code == 0, result.output
    assert result.output == (
        "watch of i3 by u1 in session s, arrived 2022-03-08T12:00:00Z: stored: it is in the dataset [events.stored]\n"
        "  campaign/films: counts now for u1: the model knows the item [events.known-item]\n"
    )
    for arguments in (["--target", "arn:gone"], ["--session"]):
        assert CliRunner().invoke(main, ["explain", world, *arguments]).exit_code == 2
    assert CliRunner().invoke(main, ["explain", __file__]).exit_code == 2


# --- The store ----------------------------------------------------------------------------------------------

visits = st.lists(st.tuples(st.sampled_from(("", "u", "v")), st.sampled_from("ab"), st.sampled_from(("", "x", "y"))))


@given(visits)
def test_whose_events_are_is_what_the_rule_says(listed: list[tuple[str, str, str]]) -> None:
    store = InteractionStore()
    for at, (user, session, event_id) in enumerate(listed):
        event = PutEvent(at, user, session, f"i{at}", "e", None, "", "", event_id=event_id)
        assert store.add_event(event, at)
    wanted, used = [], set()
    for at, (user, session, event_id) in enumerate(listed):
        later = (other for other, where, _ in listed[at:] if where == session and other)
        owner = user or next(later, "")
        if owner and event_id not in used:
            wanted.append((owner, f"i{at}"))
        used |= {event_id} - {""}
    assert [(event.user_id, event.item_id) for event in trained_events(store, len(listed))] == wanted
    assert users_of(store, 0) == {}


@given(st.lists(st.tuples(st.sampled_from("uv"), st.sampled_from(("", "x", "y"))), max_size=6), st.randoms())
def test_the_first_of_an_instant_is_decided_by_content(listed: list[tuple[str, str]], chance: Any) -> None:
    events = [PutEvent(at, user, "s", "i", "e", None, "", "", event_id=each) for at, (user, each) in enumerate(listed)]
    stores = InteractionStore(), InteractionStore()
    shuffled = list(events)
    chance.shuffle(shuffled)
    for store, order in zip(stores, (events, shuffled), strict=True):
        for event in order:
            store.add_event(event, 7)
    first, second = (trained_events(store, len(events)) for store in stores)
    assert first == second
    for store in stores:
        store.remove_users({"u"})
    first, second = (trained_events(store, len(events)) for store in stores)
    assert first == second
    assert {event.event_id for event in first} == {each for user, each in listed if user == "v"}


def store_of(sim: Simulation, made: Deployment) -> InteractionStore:
    [inventory] = sim._host.world.inventories.values()
    found = inventory.datasets[made.dataset].store
    assert isinstance(found, InteractionStore)
    return found


def stored_events(sim: Simulation, made: Deployment) -> list[PutEvent]:
    return [arrival.event for arrival in store_of(sim, made).put]
