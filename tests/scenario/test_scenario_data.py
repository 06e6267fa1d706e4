"""The `data` step: where interactions come from, how they are split, and which of them are events."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
from msgspec import convert

from simulator.scenario import Overrides, ScenarioInvalid, run
from simulator.scenario.interactions import UnusableData, interactions_from, read_csv
from simulator.scenario.loading import parse
from simulator.scenario.model import Data

MADE = {"interactions": {"generated": {"users": 20, "items": 100, "interactions": 400}}, "earlier": 0.75}


def data(seed: int = 1, **fields: Any) -> Any:
    return interactions_from(convert({**MADE, **fields}, Data), seed, "", None)


def test_the_parts_and_the_users_add_up() -> None:
    made = data(events={"sample": 30, "session_per_user": True})
    lines = made["earlier"]["csv"].splitlines()
    assert lines[0] == "USER_ID,ITEM_ID,TIMESTAMP"
    assert len(lines) - 1 == made["earlier"]["count"] == 300
    assert made["later"]["count"] == 100
    times = [event["TIMESTAMP"] for event in made["events"]]
    assert times == sorted(times)
    assert times[0] >= int(lines[-1].split(",")[2])
    assert sum(user["earlier"] for user in made["users"]) == 300
    assert sum(user["later"] for user in made["users"]) == 100
    assert sum(user["events"] for user in made["users"]) == 30
    known = {line.split(",")[1] for line in lines[1:]}
    for user in made["users"]:
        own = [event for event in made["events"] if event["USER_ID"] == user["USER_ID"]]
        assert user["events_on_known_items"] == sum(event["ITEM_ID"] in known for event in own)
        assert len({uuid.UUID(event["SESSION_ID"]) for event in own}) == min(len(own), 1)


def test_the_seed_decides() -> None:
    events = {"sample": 30}
    assert data(1, events=events) == data(1, events=events)
    assert data(1, events=events) != data(2, events=events)


def test_columns_and_all_events() -> None:
    made = data(events={"sample": "all"}, columns=["ITEM_ID", "USER_ID"])
    assert made["earlier"]["csv"].startswith("ITEM_ID,USER_ID\n")
    assert len(made["events"]) == 100
    assert set(made["events"][0]) == {"USER_ID", "ITEM_ID", "TIMESTAMP"}


@pytest.mark.parametrize("header", ["userId,movieId,rating,timestamp", "USER_ID,ITEM_ID,X,TIMESTAMP"])
def test_both_kinds_of_csv_files(tmp_path: Path, header: str) -> None:
    file = tmp_path / "ratings.csv"
    file.write_text(f"{header}\n007,NA,4.0,5\n7,1,4.0,6\n")
    assert read_csv(file).to_dict("list") == {"USER_ID": ["007", "7"], "ITEM_ID": ["NA", "1"], "TIMESTAMP": [5, 6]}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("a,b\n1,2\n", "has the columns a, b"),
        ("userId,movieId,timestamp\n", "has no rows"),
        ("userId,movieId,timestamp\n1,2,noon\n", "is no CSV file of interactions"),
        ("", "is no CSV file of interactions"),
        (None, "cannot be read"),
    ],
)
def test_unusable_files(tmp_path: Path, content: str | None, told: str) -> None:
    file = tmp_path / "ratings.csv"
    if content is not None:
        file.write_text(content)
    with pytest.raises(UnusableData, match=told):
        read_csv(file)
    scenario = parse("name: x\nsteps:\n- data: {interactions: {csv: ratings.csv}}\n", str(tmp_path / "story.yaml"))
    with pytest.raises(ScenarioInvalid, match=told):
        run(scenario)
    with pytest.raises(ScenarioInvalid, match=r"^--ratings: "):
        run(scenario, overrides=Overrides(ratings=file))


def test_more_events_than_rows() -> None:
    with pytest.raises(UnusableData, match="has 100 rows"):
        data(events={"sample": 101})


def test_ids_that_need_quotes(tmp_path: Path) -> None:
    file = tmp_path / "ratings.csv"
    file.write_text('USER_ID,ITEM_ID,TIMESTAMP\n"a,b",c,5\n')
    made = interactions_from(convert({"interactions": {"csv": str(file)}}, Data), 0, "", None)
    assert made["earlier"]["csv"] == 'USER_ID,ITEM_ID,TIMESTAMP\n"a,b","c",5\n'.replace('"c"', "c")
