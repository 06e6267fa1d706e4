"""A world, and who is in it: one a process, joined to moto, closed to the network."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from time import sleep as imported_sleep
from typing import Any, Literal

import boto3
import pytest
from botocore.config import Config
from freezegun import freeze_time
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws
from support import account, deploy, some_interactions

import simulator
from simulator import SimulatorError, simulate
from simulator.clock import TimeRanBackward
from simulator.resources.dump import dump

START = "2022-03-08T09:00:00Z"
MOMENT = datetime(2022, 3, 8, 9, tzinfo=UTC)


def schemas(**more: Any) -> list[Any]:
    listed: list[Any] = boto3.client("personalize", **more).list_schemas()["schemas"]
    return listed


class TestOneWorld:
    def test_neither_nested_nor_beside(self) -> None:
        with simulate(start=START):
            with pytest.raises(SimulatorError, match="running in this process already"), simulate():
                pass
            with ThreadPoolExecutor() as pool, pytest.raises(SimulatorError):
                pool.submit(simulate().__enter__).result()
            assert schemas() == []
        assert simulator.current() is None

    def test_it_joins_an_open_mock(self) -> None:
        with mock_aws():
            s3 = boto3.client("s3", region_name="us-east-1")
            s3.create_bucket(Bucket="before")
            with simulate(start=START):
                assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == ["before"]
            assert len(s3.list_buckets()["Buckets"]) == 1

    def test_a_nested_mock_joins_it(self) -> None:
        with simulate(start=START):
            personalize = boto3.client("personalize")
            personalize.create_dataset_group(name="films")
            with mock_aws():
                assert len(personalize.list_dataset_groups()["datasetGroups"]) == 1
            assert len(personalize.list_dataset_groups()["datasetGroups"]) == 1

    def test_moto_s_reset_empties_the_world_but_not_the_clock(self) -> None:
        with simulate(start=START) as sim:
            for _ in range(2):
                boto3.client("personalize").create_dataset_group(name="films")
                sim.clock.tick(hours=1)
                mock_aws().reset()
                assert boto3.client("personalize").list_dataset_groups()["datasetGroups"] == []
            assert sim.clock.now() == MOMENT + timedelta(hours=2)

    def test_a_forked_process_is_told(self) -> None:
        with simulate(start=START):
            personalize = boto3.client("personalize")
            reading, writing = os.pipe()
            child = os.fork()
            if child == 0:
                try:
                    personalize.list_schemas()
                    told = b"answered"
                except SimulatorError:
                    told = b"refused"
                os.write(writing, told)
                os._exit(0)
            os.waitpid(child, 0)
            assert os.read(reading, 100) == b"refused"

    @pytest.mark.rule("requests.accounts-and-regions-apart")
    def test_accounts_and_regions_are_apart(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with simulate(start=START, region="eu-west-1"):
            group = boto3.client("personalize").create_dataset_group(name="films")["datasetGroupArn"]
            assert group == "arn:aws:personalize:eu-west-1:123456789012:dataset-group/films"
            other = boto3.client("personalize", region_name="us-west-2")
            assert other.list_dataset_groups()["datasetGroups"] == []
            with pytest.raises(SimulatorError, match="no endpoint in the region us-west-1"):
                boto3.client("personalize", region_name="us-west-1").list_schemas()
            role = boto3.client("sts").assume_role(
                RoleArn="arn:aws:iam::999999999999:role/theirs", RoleSessionName="session"
            )["Credentials"]
            theirs = boto3.client(
                "personalize",
                aws_access_key_id=role["AccessKeyId"],
                aws_secret_access_key=role["SecretAccessKey"],
                aws_session_token=role["SessionToken"],
            )
            assert theirs.list_dataset_groups()["datasetGroups"] == []

    def test_what_was_before_comes_back(self) -> None:
        before = dict(os.environ), time.sleep, time.time
        with pytest.raises(KeyError), simulate(start=START):
            raise KeyError
        assert (dict(os.environ), time.sleep, time.time) == before


class TestTheNetwork:
    def test_nothing_leaves_the_machine(self) -> None:
        with simulate(start=START):
            client = boto3.client("personalize", endpoint_url="https://personalize.example.com")
            with pytest.raises(SimulatorError, match="about to leave the machine"):
                client.list_schemas()

    def test_loopback_is_reachable(self) -> None:
        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b'{"schemas": [{"name": "mine"}]}')

            def log_message(self, *_: object) -> None:
                pass

        with HTTPServer(("127.0.0.1", 0), Answer) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            with simulate(start=START):
                assert schemas(endpoint_url=f"http://127.0.0.1:{server.server_port}") == [{"name": "mine"}]
            server.shutdown()

    @pytest.mark.parametrize("config", [Config(use_fips_endpoint=True), Config(use_dualstack_endpoint=True)])
    def test_other_hosts_of_the_service(self, config: Config) -> None:
        with simulate(start=START):
            assert schemas(config=config) == []

    @pytest.mark.parametrize(
        "environment",
        [
            {},
            {"AWS_ACCESS_KEY_ID": "AKIAREALREALREALREAL", "AWS_SECRET_ACCESS_KEY": "real"},
            {"AWS_PROFILE": "nobody-has-this"},
            {"AWS_ENDPOINT_URL": "https://real.example.com"},
        ],
    )
    @pytest.mark.parametrize("early", [True, False])
    def test_clients_of_every_kind(self, environment: dict[str, str], early: bool) -> None:
        """Made before the simulation and before moto was imported, or inside; in a process of their own."""
        if early and environment.keys() & {"AWS_PROFILE", "AWS_ENDPOINT_URL"}:
            pytest.skip("boto3 itself refuses the profile; a client with an endpoint of its own goes there")
        make = 'client = boto3.client("personalize", region_name="us-east-1")'
        code = f"""
            import boto3
            {make if early else ""}
            from simulator import simulate
            with simulate():
                {"" if early else make}
                print(client.list_schemas()["schemas"])
        """
        bare = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        ran = subprocess.run(
            [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
            env=bare | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.stdout.strip(), ran.stderr) == ("[]", "")


class TestTime:
    def test_all_clocks_agree(self) -> None:
        with simulate(start=START) as sim, ThreadPoolExecutor() as pool:
            boto3.client("s3").create_bucket(Bucket="bucket")
            assert boto3.client("s3").list_buckets()["Buckets"][0]["CreationDate"] == MOMENT
            sim.clock.tick(minutes=5)
            now = MOMENT + timedelta(minutes=5)
            assert sim.clock.now() == datetime.now(UTC) == now
            assert time.time() == now.timestamp()
            assert pool.submit(datetime.now, UTC).result() == now

    def test_moves(self) -> None:
        with simulate(start=START) as sim:
            assert sim.clock.tick(timedelta(hours=1)) == MOMENT + timedelta(hours=1)
            assert sim.clock.move_to("2022-03-08T12:00:00+00:00") == MOMENT + timedelta(hours=3)
            for back in (lambda: sim.clock.tick(hours=-1), lambda: sim.clock.move_to(MOMENT)):
                with pytest.raises(ValueError, match="backward"):
                    back()
            for beyond in (
                lambda: sim.clock.tick(days=4_000_000),
                lambda: sim.clock.move_to("9999-12-31T23:00:00-02:00"),
            ):
                with pytest.raises(ValueError, match="years 1 to 9999"):
                    beyond()
            for senseless in (sim.clock.tick, lambda: sim.clock.tick(timedelta(1), hours=1)):
                with pytest.raises(TypeError):
                    senseless()

    def test_a_freeze_outside_moves_it(self) -> None:
        with freeze_time("2022-01-01") as frozen, simulate() as sim:
            assert sim.clock.now() == datetime(2022, 1, 1, tzinfo=UTC)
            frozen.tick(timedelta(hours=2))
            assert sim.clock.now() == datetime(2022, 1, 1, 2, tzinfo=UTC)

    def test_a_freeze_inside_moves_it_and_may_not_go_back(self) -> None:
        with simulate(start=START) as sim:
            group = boto3.client("personalize").create_dataset_group(name="films")["datasetGroupArn"]
            describe = lambda: boto3.client("personalize").describe_dataset_group(datasetGroupArn=group)  # noqa: E731
            with freeze_time("2022-04-01") as frozen:
                assert describe()["datasetGroup"]["status"] == "ACTIVE"
                frozen.tick(60)
                assert sim.clock.now() == datetime(2022, 4, 1, 0, 1, tzinfo=UTC)
                describe()
            with pytest.raises(TimeRanBackward, match="inner freeze_time"):
                describe()

    def test_without_freezing(self) -> None:
        with simulate(start=START, freeze=False) as sim:
            assert datetime.now(UTC).year > 2022
            sim.clock.tick(hours=1)
            assert sim.clock.now() == MOMENT + timedelta(hours=1)

    def test_sleep_moves_time(self) -> None:
        with simulate(start=START) as sim:
            time.sleep(90)
            imported_sleep(30)
            assert sim.clock.now() == MOMENT + timedelta(minutes=2)
            asyncio.run(asyncio.sleep(0.001))
            assert sim.clock.now() == MOMENT + timedelta(minutes=2)

    @pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
    def test_retries_of_botocore_take_no_time(self, mode: Literal["legacy", "standard", "adaptive"]) -> None:
        """They wait for lengths drawn by chance: the clock would stand elsewhere in every run."""
        with simulate(start=START, quotas={"active_dataset_groups": 0}) as sim:
            client = boto3.client("personalize", config=Config(retries={"mode": mode}))
            with pytest.raises(client.exceptions.LimitExceededException):
                client.create_dataset_group(name="films")
            assert sim.clock.now() == MOMENT

    def test_sleeps_of_threads_overlap(self) -> None:
        with simulate(start=START) as sim:
            barrier = threading.Barrier(3)

            def sleeper(seconds: int) -> None:
                barrier.wait()
                time.sleep(seconds)

            threads = [threading.Thread(target=sleeper, args=(seconds,)) for seconds in (60, 20, 40)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert sim.clock.now() == MOMENT + timedelta(minutes=1)

    def test_daemons_sleep_really(self) -> None:
        with simulate(start=START) as sim:
            daemon = threading.Thread(target=time.sleep, args=(0.001,), daemon=True)
            daemon.start()
            daemon.join()
            assert sim.clock.now() == MOMENT

    def test_sleeping_for_ever_is_noticed(self) -> None:
        with simulate(start=START, max_virtual=timedelta(days=2)):
            time.sleep(2 * 86_400)
            with pytest.raises(SimulatorError, match="max_virtual"):
                time.sleep(1)

    def test_opting_out(self) -> None:
        real = time.sleep
        with simulate(start=START, virtual_sleep=False):
            assert time.sleep is real

    @settings(max_examples=10, deadline=None)
    @given(st.lists(st.integers(0, 8 * 3600), max_size=5))
    def test_any_split_of_a_jump_ends_in_the_same_bytes(self, stops: list[int]) -> None:
        assert state_after([*sorted(stops), 9 * 3600]) == state_after([9 * 3600])


def state_after(stops: list[int]) -> str:
    """A small world with a training, events and an export under way, brought to the last of the stops."""
    with simulate(start=START) as sim:
        here = account()
        made = deploy(here, lambda: sim.clock.tick(minutes=30), some_interactions())
        begun = sim.clock.now()
        here.personalize.create_solution_version(solutionArn=made.solution)
        for item in ("i1", "brand-new"):
            here.events.put_events(
                trackingId=made.tracking_id,
                userId="u1",
                sessionId="s",
                eventList=[{"eventType": "watch", "itemId": item, "sentAt": 1_600_000_001}],
            )
        here.personalize.create_dataset_export_job(
            jobName="all",
            datasetArn=made.dataset,
            ingestionMode="ALL",
            roleArn=here.role,
            jobOutput={"s3DataDestination": {"path": f"s3://{here.bucket}/out"}},
        )
        for seconds in stops:
            sim.clock.move_to(begun + timedelta(seconds=seconds))
        return dump(sim._host.world)


def test_threads_lose_and_double_nothing() -> None:
    with simulate(start=START, durations="instant") as sim:
        here = account()
        made = deploy(here, here.personalize.list_schemas, some_interactions())

        def put(number: int) -> None:
            for at in range(20):
                here.events.put_events(
                    trackingId=made.tracking_id,
                    userId=f"u{number}",
                    sessionId="s",
                    eventList=[{"eventType": "watch", "itemId": f"i{at}", "sentAt": 1_600_000_000 + at}],
                )

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(put, range(16)))
        [inventory] = sim._host.world.inventories.values()
        assert len(inventory.datasets[made.dataset].store.put) == 16 * 20


class TestDecorating:
    def test_functions(self) -> None:
        @simulate(start=START)
        def function(number: int) -> tuple[int, datetime]:
            assert schemas() == []
            return number, datetime.now(UTC)

        assert [function(1), function(2)] == [(1, MOMENT), (2, MOMENT)]

    def test_coroutine_functions(self) -> None:
        @simulate(start=START)
        async def function() -> datetime:
            await asyncio.sleep(0)
            return datetime.now(UTC)

        assert asyncio.run(function()) == MOMENT

    def test_classes(self) -> None:
        @simulate(start=START)
        class Case(unittest.TestCase):
            def test_one(self) -> None:
                boto3.client("personalize").create_dataset_group(name="films")

            def test_two(self) -> None:
                assert boto3.client("personalize").list_dataset_groups()["datasetGroups"] == []

        result = unittest.TestResult()
        unittest.defaultTestLoader.loadTestsFromTestCase(Case).run(result)
        assert (result.testsRun, result.errors, result.failures) == (2, [], [])


class TestPlainMock:
    @mock_aws
    def test_it_answers_at_once(self) -> None:
        assert simulator.current() is not None
        personalize = boto3.client("personalize", region_name="us-east-1")
        group = personalize.create_dataset_group(name="films")["datasetGroupArn"]
        assert personalize.describe_dataset_group(datasetGroupArn=group)["datasetGroup"]["status"] == "ACTIVE"

    def test_every_mock_begins_empty(self) -> None:
        for _ in range(2):
            with mock_aws():
                personalize = boto3.client("personalize", region_name="us-east-1")
                assert personalize.list_dataset_groups()["datasetGroups"] == []
                personalize.create_dataset_group(name="films")
        assert simulator.current() is None


def test_the_public_surface() -> None:
    assert simulator.__all__ == [
        *("Comparison", "Deployment", "NotSimulatedWarning", "SavedWorldError", "Simulation", "SimulatorError"),
        *("__version__", "compare", "current", "recommendations_frame", "simulate"),
    ]
    assert all(getattr(simulator, name) is not None for name in simulator.__all__)
