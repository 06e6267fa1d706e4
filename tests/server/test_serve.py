"""The command `serve`: how it begins, what it is told, how it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from simulator import SimulatorError, simulate
from simulator.cli import main
from simulator.server.arguments import arguments_of, durations_from, quotas_from
from simulator.server.endpoint import Endpoint, serving
from simulator.server.serving import is_loopback

START = "2022-03-08T09:00:00Z"


def personalize(server: Endpoint) -> Any:
    return boto3.client(
        "personalize",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="FOOBARKEY",
        aws_secret_access_key="FOOBARSECRET",
    )


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], Endpoint]]:
    """The command as a shell starts it, its line read."""
    command = [sys.executable, "-m", "simulator.cli", "serve", "--port", "0", *arguments]
    path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.fullmatch(r"personalize-simulator listens on (http://127\.0\.0\.1:\d+)\n", line)
            assert found is not None, line
            yield process, Endpoint(found[1])
        finally:
            process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to send")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_on_a_signal_and_saves_its_world(tmp_path: Path, number: signal.Signals) -> None:
    file = tmp_path / "films.world"
    with started("--start", START, "--save", str(file)) as (process, server):
        arn = personalize(server).create_dataset_group(name="films")["datasetGroupArn"]
        server.tick(minutes=1)
        process.send_signal(number)
        rest, errors = process.communicate(timeout=30)
        assert (process.returncode, rest, errors) == (0, "", "")
    with simulate(load=file) as sim:
        assert sim.clock.now() == datetime(2022, 3, 8, 9, 1, tzinfo=UTC)
    with serving(["--load", str(file)]) as server:
        group = personalize(server).describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]
        assert (group["status"], group["lastUpdatedDateTime"].astimezone(UTC).year) == ("ACTIVE", 2022)


def test_it_ends_with_the_process_that_started_it() -> None:
    with serving() as server:
        assert server.now() <= datetime.now(UTC)
    with pytest.raises(SimulatorError, match=r"does not answer as a simulator does: .*refused"):
        server.now()


def test_a_clock_that_runs_with_the_system_s() -> None:
    with serving(["--start", START, "--clock", "system"]) as server:
        first, second = server.now(), server.now()
        assert datetime(2022, 3, 8, 9, tzinfo=UTC) < first < second < datetime(2022, 3, 8, 10, tzinfo=UTC)
        assert timedelta(hours=2) < server.tick(hours=2) - second < timedelta(hours=3)
        arn = personalize(server).create_dataset_group(name="films")["datasetGroupArn"]
        server.move_to(server.now() + timedelta(minutes=1))
        group = personalize(server).describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]
        assert group["status"] == "ACTIVE"


def test_options_say_what_keywords_of_simulate_say() -> None:
    told = arguments_of(
        {
            "start": datetime(2022, 3, 8, 9),
            "seed": 7,
            "durations": {"dataset_group": timedelta(minutes=10)},
            "profile": "2022",
            "training": "exact",
            "quotas": {"active_dataset_groups": 1},
            "throttling": True,
            "load": None,
        }
    )
    with serving(told) as server:
        assert server.now() == datetime(2022, 3, 8, 9, tzinfo=UTC)
        client = personalize(server)
        arn = client.create_dataset_group(name="films")["datasetGroupArn"]
        with pytest.raises(ClientError, match="LimitExceeded"):
            client.create_dataset_group(name="more")
        server.tick(minutes=9)
        assert client.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]["status"] == "CREATE IN_PROGRESS"
        server.tick(minutes=1)
        assert client.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]["status"] == "ACTIVE"


def test_arguments_there_and_back() -> None:
    assert arguments_of({"throttling": False, "seed": None}) == ["--no-throttling"]
    assert durations_from("instant") == "instant"
    [_, text] = arguments_of({"durations": {"solution": timedelta(milliseconds=1500)}})
    assert durations_from(text) == {"solution": timedelta(milliseconds=1500)}
    [_, text] = arguments_of({"quotas": {"active_schemas": 3}})
    assert quotas_from(text) == {"active_schemas": 3}
    with pytest.raises(ValueError, match="a server in another process knows no freeze; there are start, load"):
        arguments_of({"freeze": False})


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--durations", "slow"], "durations must be 'observed', 'instant' or a mapping, not 'slow'"),
        (["--durations", '{"solution": "long"}'], "is no JSON object of numbers: Expected `float`, got `str`"),
        (["--durations", '{"nothing": 1}'], "no duration is named 'nothing'"),
        (["--durations", '{"solution": 1e300}'], '{"solution": 1e300} has a duration that is too long'),
        (["--quotas", "[]"], "is no JSON object of numbers: Expected `object`, got `array`"),
        (["--quotas", '{"nothing": 1}'], "nothing"),
        (["--start", "tomorrow"], "Invalid isoformat string: 'tomorrow'"),
        (["--load", __file__], "is no saved world, or is damaged"),
        (["--host", "256.0.0.1"], ""),
    ],
)
def test_what_makes_no_sense_is_said_in_a_line(arguments: list[str], text: str) -> None:
    result = CliRunner().invoke(main, ["serve", "--port", "0", *arguments])
    assert result.exit_code == 2
    assert text in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_a_port_that_is_taken() -> None:
    with serving() as server:
        port = server.url.rpartition(":")[2]
        result = CliRunner().invoke(main, ["serve", "--port", port])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "in use" in result.stderr


def test_a_server_that_does_not_start_says_why() -> None:
    with (
        pytest.raises(SimulatorError, match=r"the server did not start: .*Invalid isoformat string"),
        serving(["--start", "tomorrow"]),
    ):
        pass


def test_what_it_is_made_of_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "flask", None)
    result = CliRunner().invoke(main, ["serve"])
    assert result.exit_code == 1
    assert result.stderr == 'Error: the server needs more: pip install "personalize-simulator[server]"\n'


def test_hosts_that_others_reach_are_warned_of() -> None:
    result = CliRunner().invoke(main, ["serve", "--port", "0", "--host", "0.0.0.0", "--start", "tomorrow"])
    assert result.stderr.startswith("warning: 0.0.0.0 is not loopback: whoever reaches this server")
    assert [
        each for each in ("localhost", "127.9.9.9", "::1", "0.0.0.0", "::", "example.com") if is_loopback(each)
    ] == [
        "localhost",
        "127.9.9.9",
        "::1",
    ]
