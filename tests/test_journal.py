"""The journal: what the code under test did, in virtual time, and what came of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from raw import control_plane
from support import (
    Account,
    Deployment,
    account,
    add_dataset,
    dataset,
    deploy,
    import_csv,
    schema_text,
    some_interactions,
    start_import,
)

import simulator
from simulator import Simulation, simulate
from simulator.clock import datetime_of
from simulator.quotas import Quotas
from simulator.resources.dump import dump

START = "2026-01-05T00:00:00+00:00"


@pytest.fixture
def sim() -> Iterator[Simulation]:
    with simulate(start=START) as running:
        yield running


def an_hour_in(sim: Simulation) -> Callable[[], object]:
    return lambda: sim.clock.tick(hours=1)


def tracked(sim: Simulation, on: Account) -> Deployment:
    """A tracker over an empty dataset, ACTIVE."""
    made = dataset(on, an_hour_in(sim), schema_text({"name": "EVENT_TYPE", "type": "string"}))
    made.tracking_id = on.personalize.create_event_tracker(name="t", datasetGroupArn=made.group)["trackingId"]
    sim.clock.tick(hours=1)
    return made


def put(on: Account, made: Deployment, user: str | None, *items: str, event_type: str = "watch", at: int = 0) -> None:
    on.events.put_events(
        trackingId=made.tracking_id,
        **({} if user is None else {"userId": user}),
        sessionId=f"s-{user}",
        eventList=[{"eventType": event_type, "itemId": item, "sentAt": 1_600_000_000 + at} for item in items],
    )


class TestCalls:
    def test_what_was_called(self, sim: Simulation) -> None:
        on = account()
        made = tracked(sim, on)
        put(on, made, "42", "7")
        with pytest.raises(ClientError) as code:
            on.runtime.get_recommendations(
                campaignArn="arn:aws:personalize:us-east-1:123456789012:campaign/x", userId="42"
            )
        [call] = sim.journal.calls(operation="PutEvents")
        assert call == (
            call.instant,
            "personalize-events",
            "PutEvents",
            "123456789012",
            "us-east-1",
            made.tracking_id,
            "42",
            "",
            "",
        )
        assert datetime_of(call.instant) == sim.clock.now()
        [refused] = sim.journal.calls(user="42", outcome=code.value.response["Error"]["Code"])
        assert (refused.operation, refused.subject) == (
            "GetRecommendations",
            "arn:aws:personalize:us-east-1:123456789012:campaign/x",
        )
        assert refused.message
        assert [each.operation for each in sim.journal.calls(user="42")] == ["PutEvents", "GetRecommendations"]
        [created] = sim.journal.calls(operation="CreateDatasetGroup")
        assert (created.service, created.subject, created.user) == ("personalize", "films", "")

    def test_what_is_not_there_is_empty_and_shows_what_comes_near(self, sim: Simulation) -> None:
        on = account()
        on.personalize.create_dataset_group(name="films")
        found = sim.journal.calls(operation="createdatasetgroup")
        assert not found
        assert repr(found) == (
            "no calls with operation='createdatasetgroup'\n"
            "  the same but for upper and lower case: 1\n"
            "    2026-01-05 00:00:00  CreateDatasetGroup films"
        )

    def test_refusals_are_asserted_with_their_words(self, sim: Simulation) -> None:
        on = account()
        on.personalize.create_dataset_group(name="films")
        with pytest.raises(ClientError):
            on.personalize.create_dataset_group(name="films")
        sim.journal.assert_calls(operation="CreateDatasetGroup", times=2)
        sim.journal.assert_calls(operation="CreateDatasetGroup", outcome="ResourceAlreadyExistsException", times=1)
        with pytest.raises(AssertionError) as caught:
            sim.journal.assert_calls(operation="CreateDatasetGroup", outcome="", times=2)
        assert str(caught.value).splitlines() == [
            "1 call with operation='CreateDatasetGroup', outcome=''; wanted: 2",
            "  2026-01-05 00:00:00  CreateDatasetGroup films",
            "  the same but for the outcome: 1",
            "    2026-01-05 00:00:00  CreateDatasetGroup films: ResourceAlreadyExistsException: "
            + sim.journal.calls(outcome="ResourceAlreadyExistsException")[0].message,
        ]

    def test_a_request_that_names_no_operation_and_one_that_is_no_object(self, sim: Simulation) -> None:
        control_plane("Nonsense", {})
        control_plane("DescribeSchema", [1])
        assert [(each.operation, each.outcome, each.subject) for each in sim.journal.calls()] == [
            ("", "UnknownOperationException", ""),
            ("DescribeSchema", sim.journal.calls(operation="DescribeSchema")[0].outcome, ""),
        ]
        assert repr(sim.journal.calls(operation="")).endswith("  an unknown operation: UnknownOperationException")

    @pytest.mark.parametrize("name", ["x" * 5000, "\ud800"])
    def test_what_is_kept_of_a_text_is_short(self, sim: Simulation, name: str) -> None:
        with pytest.raises(ClientError):
            account().personalize.create_dataset_group(name=name)
        [call] = sim.journal.calls(operation="CreateDatasetGroup")
        assert len(call.subject) <= 500
        assert len(call.message) <= 500


class TestEvents:
    def test_what_was_put(self, sim: Simulation) -> None:
        on = account()
        made = tracked(sim, on)
        put(on, made, "42", "7", "8")
        put(on, made, None, "7", at=1)
        sim.clock.tick(minutes=1)
        put(on, made, "42", "7", event_type="buy", at=60)
        assert [(each.user, each.item, each.event_type) for each in sim.journal.events()] == [
            ("42", "7", "watch"),
            ("42", "8", "watch"),
            ("", "7", "watch"),
            ("42", "7", "buy"),
        ]
        assert [each.event_type for each in sim.journal.events(user="42", item="7")] == ["watch", "buy"]
        assert [each.session for each in sim.journal.events(user="")] == ["s-None"]
        assert len(sim.journal.events(tracker=made.tracking_id)) == 4
        [bought] = sim.journal.events(event_type="buy")
        assert (bought.timestamp, bought.dataset, datetime_of(bought.instant)) == (
            1_600_000_060,
            made.dataset,
            sim.clock.now(),
        )

    def test_near_misses(self, sim: Simulation) -> None:
        on = account()
        made = tracked(sim, on)
        put(on, made, "42", "7")
        put(on, made, "42", "7")  # kept once
        put(on, made, "42", "8")
        put(on, made, "43", "7")
        put(on, made, "42", "7", event_type="Watch")
        put(on, made, "43", "8")
        with pytest.raises(ClientError) as refusal:
            on.events.put_events(
                trackingId="nobody",
                userId="42",
                sessionId="s",
                eventList=[{"eventType": "watch", "itemId": "7", "sentAt": 1_600_000_000}],
            )
        sim.journal.assert_events(user="42", item="7", event_type="watch", times=1)
        with pytest.raises(AssertionError) as caught:
            sim.journal.assert_events(user="42", item="7", event_type="watch", times=2)
        error = refusal.value.response["Error"]
        now = "2026-01-05 03:00:00"
        assert str(caught.value).splitlines() == [
            "1 event with user='42', item='7', event_type='watch'; wanted: 2",
            f"  {now}  user 42, session s-42, item 7, type watch",
            "  the same but for upper and lower case: 1",
            f"    {now}  user 42, session s-42, item 7, type Watch",
            "  the same but for the user: 1",
            f"    {now}  user 43, session s-43, item 7, type watch",
            "  the same but for the item: 1",
            f"    {now}  user 42, session s-42, item 8, type watch",
            "  answered with 200 and not stored (events.equal-once): 1",
            f"    {now}  user 42, session s-42, item 7, type watch",
            "  refused calls: 1",
            f"    {now}  PutEvents nobody user 42: {error['Code']}: {error['Message']}",
        ]
        with pytest.raises(AssertionError, match=r"no events with user='44'; one or more were wanted\n"):
            sim.journal.assert_events(user="44")

    def test_of_many_near_misses_a_few_are_shown(self, sim: Simulation) -> None:
        on = account()
        made = tracked(sim, on)
        for user in range(25):
            put(on, made, str(user), "7")
        assert repr(sim.journal.events(user="x")).splitlines()[-1] == "    ... and 22 more"
        assert repr(sim.journal.events(item="7")).splitlines()[-1] == "  ... and 5 more"

    def test_a_value_that_is_no_text_is_refused(self, sim: Simulation) -> None:
        with pytest.raises(TypeError, match="user must be a text, as it is on the wire, not 42"):
            sim.journal.events(user=42)  # type: ignore[arg-type]

    def test_whose_answers_an_event_changes(self, sim: Simulation) -> None:
        on = account()
        made = deploy(on, an_hour_in(sim), some_interactions())
        put(on, made, "u1", "i1", "new")
        put(on, made, None, "i1", at=1)
        assert {(each.user, each.item): each.changes for each in sim.journal.events()} == {
            ("u1", "i1"): (made.campaign,),
            ("u1", "new"): (),  # no model knows it before the next automatic update
            ("", "i1"): (made.campaign,),
        }
        before = on.runtime.get_recommendations(campaignArn=made.campaign, userId="u2")["itemList"]
        put(on, made, "u1", "i2", at=2)
        assert on.runtime.get_recommendations(campaignArn=made.campaign, userId="u2")["itemList"] == before

    def test_an_event_with_the_id_of_an_earlier_one_changes_nothing(self, sim: Simulation) -> None:
        on = account()
        made = deploy(on, an_hour_in(sim), some_interactions())
        for item in ("i1", "i2"):
            sim.clock.tick(minutes=1)
            event = {"eventId": "e", "eventType": "watch", "itemId": item, "sentAt": 1_600_000_000}
            on.events.put_events(trackingId=made.tracking_id, userId="u1", sessionId="s", eventList=[event])
        first, second = sim.journal.events()
        assert (first.event_id, second.event_id) == ("e", "e")
        assert (first.changes, second.changes) == ((made.campaign,), ())

    def test_a_filtered_event_and_a_recipe_without_realtime_events_change_nothing(self) -> None:
        with simulate(start=START, durations="instant") as sim:
            on = account()
            made = dataset(on, on.personalize.list_schemas, schema_text({"name": "EVENT_TYPE", "type": "string"}))
            import_csv(on, made, some_interactions().assign(EVENT_TYPE="watch"))
            only_watched = campaign(on, made.group, "aws-user-personalization", eventType="watch")
            campaign(on, made.group, "aws-sims")
            made.tracking_id = on.personalize.create_event_tracker(name="t", datasetGroupArn=made.group)["trackingId"]
            put(on, made, "u1", "i1", event_type="watch")
            put(on, made, "u1", "i1", event_type="buy")
            assert {each.event_type: each.changes for each in sim.journal.events()} == {
                "watch": (only_watched,),
                "buy": (),
            }

    def test_interactions_with_actions(self) -> None:
        with simulate(start=START, durations="instant") as sim:
            on = account()
            made = dataset(on, on.personalize.list_schemas)
            import_csv(on, made, some_interactions())
            actions = add_dataset(on, made.group, "Actions", on.personalize.list_schemas)
            frame = pd.DataFrame({"ACTION_ID": ["join", "buy"], "VALUE": [1, 2], "KIND": ["a", "b"]})
            start_import(on, actions, on.upload(frame, "actions.csv"), "actions")
            met = add_dataset(on, made.group, "Action_Interactions", on.personalize.list_schemas)
            deployed = campaign(on, made.group, "aws-next-best-action")
            tracking_id = on.personalize.describe_dataset(datasetArn=met)["dataset"]["trackingId"]
            on.events.put_action_interactions(
                trackingId=tracking_id,
                actionInteractions=[
                    {"actionId": action, "userId": "u1", "sessionId": "s", "timestamp": START, "eventType": "Taken"}
                    for action in ("join", "unknown")
                ],
            )
            assert {each.item: (each.tracker, each.changes) for each in sim.journal.events(event_type="Taken")} == {
                "join": (tracking_id, (deployed,)),
                "unknown": (tracking_id, ()),
            }

    def test_a_deleted_user_is_forgotten(self, sim: Simulation) -> None:
        on = account()
        made = tracked(sim, on)
        put(on, made, "42", "7")
        put(on, made, "43", "7")
        on.s3.put_object(Bucket=on.bucket, Key="gone.csv", Body=b"USER_ID\n42\n")
        on.personalize.create_data_deletion_job(
            jobName="gone",
            datasetGroupArn=made.group,
            dataSource={"dataLocation": f"s3://{on.bucket}/gone.csv"},
            roleArn=on.role,
        )
        sim.clock.tick(days=2)
        assert [each.user for each in sim.journal.events()] == ["43"]


def campaign(on: Account, group: str, recipe: str, **more: Any) -> str:
    """A campaign of a recipe, where nothing takes time."""
    on.personalize.list_schemas()
    solution = on.personalize.create_solution(
        name=recipe,
        datasetGroupArn=group,
        recipeArn=f"arn:aws:personalize:::recipe/{recipe}",
        performAutoTraining=False,
        **more,
    )["solutionArn"]
    on.personalize.list_schemas()
    version = on.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    on.personalize.list_schemas()
    arn: str = on.personalize.create_campaign(name=recipe, solutionVersionArn=version)["campaignArn"]
    on.personalize.list_schemas()
    return arn


class TestTrainings:
    def test_a_recommender_is_retrained_every_seven_days(self) -> None:
        with simulate(start=START) as sim:
            on = account()
            personalize = on.personalize
            group = personalize.create_dataset_group(name="video", domain="VIDEO_ON_DEMAND")["datasetGroupArn"]
            schema = personalize.create_schema(
                name="video", schema=schema_text({"name": "EVENT_TYPE", "type": "string"}), domain="VIDEO_ON_DEMAND"
            )["schemaArn"]
            sim.clock.tick(hours=1)
            arn = personalize.create_dataset(
                name="video", schemaArn=schema, datasetGroupArn=group, datasetType="Interactions"
            )["datasetArn"]
            sim.clock.tick(hours=1)
            start_import(on, arn, on.upload(some_interactions().assign(EVENT_TYPE="Watch")), "video")
            sim.clock.tick(hours=1)
            recommender = personalize.create_recommender(
                name="video", datasetGroupArn=group, recipeArn="arn:aws:personalize:::recipe/aws-vod-trending-now"
            )["recommenderArn"]
            sim.clock.tick(days=9)
            trainings = sim.journal.trainings(arn=recommender)
            assert [each.outcome for each in trainings] == ["ACTIVE", "ACTIVE"]
            assert timedelta(days=6) < datetime_of(trainings[1].instant) - datetime_of(trainings[0].instant)
            assert not sim.journal.trainings(arn=recommender, outcome="CREATE FAILED")
            sim.clock.tick(days=5)
            while sim.journal.trainings(arn=recommender)[-1].ended is not None:
                sim.clock.tick(minutes=5)
            personalize.stop_recommender(recommenderArn=recommender)
            sim.clock.tick(hours=1)
            assert sim.journal.trainings(arn=recommender)[-1].outcome == "INACTIVE"
            assert [each.status for each in sim.journal.statuses(arn=recommender)] == [
                *("CREATE IN_PROGRESS", "ACTIVE", "STOP IN_PROGRESS", "INACTIVE")
            ]

    def test_trainings_updates_and_statuses(self, sim: Simulation) -> None:
        on = account()
        made = deploy(on, an_hour_in(sim), some_interactions())
        [training] = sim.journal.trainings()
        described = on.personalize.describe_solution_version(solutionVersionArn=made.version)["solutionVersion"]
        assert (training.arn, training.outcome, training.message) == (made.version, "ACTIVE", "")
        assert training.ended is not None
        assert abs(datetime_of(training.ended) - described["lastUpdatedDateTime"]) < timedelta(milliseconds=1)
        assert training.instant < training.ended
        put(on, made, "u1", "new")
        sim.clock.tick(hours=6)
        outcomes = [each.outcome for each in sim.journal.updates(arn=made.version)]
        assert outcomes.count("UPDATED") == 1
        assert len(outcomes) >= 3
        assert [each.status for each in sim.journal.statuses(arn=made.version)] == ["CREATE IN_PROGRESS", "ACTIVE"]
        [active] = sim.journal.statuses(resource="campaign", status="ACTIVE")
        assert active.arn == made.campaign

    def test_one_that_fails_and_one_that_runs(self, sim: Simulation, monkeypatch: pytest.MonkeyPatch) -> None:
        on = account()
        made = deploy(on, an_hour_in(sim), some_interactions())
        solution = on.personalize.create_solution(
            name="s",
            datasetGroupArn=made.group,
            recipeArn="arn:aws:personalize:::recipe/aws-sims",
            performAutoTraining=False,
        )["solutionArn"]
        sim.clock.tick(hours=1)
        with monkeypatch.context() as patched:
            patched.setattr(sim._host.world, "quotas", Quotas({"interactions_of_a_training": 5000}))
            failing = on.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
            sim.clock.tick(hours=1)
        [failed] = sim.journal.trainings(arn=failing)
        described = on.personalize.describe_solution_version(solutionVersionArn=failing)["solutionVersion"]
        assert (failed.outcome, failed.message) == ("CREATE FAILED", described["failureReason"])
        running = on.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
        sim.clock.tick(minutes=10)
        [row] = sim.journal.trainings(arn=running)
        assert (row.ended, row.outcome) == (None, "")
        assert repr(sim.journal.trainings(arn=running)).endswith(f"{running}: running")
        on.personalize.stop_solution_version_creation(solutionVersionArn=running)
        sim.clock.tick(hours=1)
        [stopped] = sim.journal.trainings(arn=running)
        assert stopped.outcome == "CREATE STOPPED"

    def test_what_is_deleted(self, sim: Simulation) -> None:
        on = account()
        made = tracked(sim, on)
        on.personalize.delete_dataset(datasetArn=made.dataset)
        sim.clock.tick(hours=1)
        assert [each.status for each in sim.journal.statuses(arn=made.dataset)][-2:] == [
            "DELETE IN_PROGRESS",
            "DELETED",
        ]


class TestFrames:
    def test_the_rows_as_a_frame(self, sim: Simulation) -> None:
        on = account()
        made = tracked(sim, on)
        put(on, made, "42", "7")
        frame = sim.journal.events().frame()
        assert list(frame.columns) == [
            *(
                "at",
                "user",
                "session",
                "item",
                "event_type",
                "event_value",
                "timestamp",
                "event_id",
                "tracker",
                "dataset",
                "changes",
            )
        ]
        assert frame["at"].tolist() == [pd.Timestamp(sim.clock.now())]
        assert frame["user"].tolist() == ["42"]
        empty = sim.journal.events(user="nobody").frame()
        assert (list(empty.columns), len(empty)) == (list(frame.columns), 0)

    def test_everything_as_a_frame(self, sim: Simulation) -> None:
        on = account()
        made = tracked(sim, on)
        put(on, made, "42", "7")
        frame = sim.journal.frame()
        assert set(frame["kind"]) == {"agenda", "call"}
        assert (frame["name"] == "PutEvents").sum() == 1
        assert frame["at"].is_monotonic_increasing

    def test_the_journal_in_short(self, sim: Simulation) -> None:
        on = account()
        put(on, tracked(sim, on), "42", "7")
        assert repr(sim.journal) == "<Journal: calls 5, events 1>"


class TestOrder:
    def test_threads_change_nothing(self) -> None:
        def journal(threads: int) -> tuple[Any, ...]:
            with simulate(start=START) as sim:
                on = account()
                made = tracked(sim, on)
                users = [f"u{each}" for each in range(24)]

                def work(mine: list[str]) -> None:
                    for user in mine:
                        put(on, made, user, "1", "2")
                        with pytest.raises(ClientError):
                            on.events.put_events(
                                trackingId=user,
                                sessionId=user,
                                eventList=[{"eventType": "x", "itemId": "1", "sentAt": 1}],
                            )

                workers = [threading.Thread(target=work, args=(users[each::threads],)) for each in range(threads)]
                for worker in workers:
                    worker.start()
                for worker in workers:
                    worker.join()
                sim.clock.tick(hours=1)
                shown = sim.journal
                return (
                    list(shown.calls()),
                    list(shown.events()),
                    list(shown.statuses()),
                    shown.frame().to_csv(),
                )

        assert journal(1) == journal(8)


def test_looking_changes_nothing_and_the_journal_is_saved(tmp_path: Path) -> None:
    with simulate(start=START) as sim:
        on = account()
        made = tracked(sim, on)
        put(on, made, "42", "7")
        before, entries = dump(sim._host.world), list(sim._host.world.journal)
        shown = [list(sim.journal.calls()), list(sim.journal.events()), list(sim.journal.statuses())]
        repr(sim.journal.events(user="nobody"))
        assert (dump(sim._host.world), sim._host.world.journal) == (before, entries)
        sim.save(tmp_path / "world")
    with simulate(load=tmp_path / "world") as sim:
        assert [list(sim.journal.calls()), list(sim.journal.events()), list(sim.journal.statuses())] == shown


def test_under_a_plain_mock() -> None:
    with mock_aws():
        client = boto3.client("personalize", region_name="us-east-1")
        group = client.create_dataset_group(name="films")["datasetGroupArn"]
        running = simulator.current()
        assert running is not None
        running.journal.assert_calls(operation="CreateDatasetGroup", subject="films", times=1)
        assert not running.ready(group)


def test_a_held_journal_is_up_to_date(sim: Simulation) -> None:
    on = account()
    journal = sim.journal
    assert len(journal.calls()) == 0
    on.personalize.create_dataset_group(name="films")
    sim.clock.tick(hours=1)
    assert len(journal.calls()) == 1
    assert [each.status for each in journal.statuses()] == ["CREATE IN_PROGRESS", "ACTIVE"]
