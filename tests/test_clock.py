from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.clock import HOUR, Agenda, Entry, datetime_of, micros_in, micros_of
from simulator.durations import OBSERVED, durations
from simulator.quotas import QUOTAS, Quotas


@given(st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=9))])))
def test_instants_are_exact(moment: datetime) -> None:
    assert datetime_of(micros_of(moment)) == moment


@pytest.mark.parametrize(
    "text", ["2022-03-08T09:00:00Z", "2022-03-08T18:00:00+09:00", "2022-03-08 09:00", "2022-03-08T09"]
)
def test_texts_without_a_zone_are_utc(text: str) -> None:
    assert datetime_of(micros_of(text)) == datetime(2022, 3, 8, 9, tzinfo=UTC)


@pytest.mark.parametrize("wrong", [5, None, timedelta(1)])
def test_what_is_no_moment(wrong: object) -> None:
    with pytest.raises(TypeError):
        micros_of(wrong)  # type: ignore[arg-type]


entries = st.builds(
    Entry, st.integers(0, 3), st.integers(0, 2), st.sampled_from("ab"), st.sampled_from("xy"), st.integers(0, 1)
)


@given(st.lists(entries), st.randoms())
def test_the_order_of_writing_does_not_matter(listed: list[Entry], chance: object) -> None:
    shuffled = list(listed)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    agendas = Agenda(), Agenda()
    for agenda, order in zip(agendas, (listed, shuffled), strict=True):
        for entry in order:
            agenda.add(entry)
    taken = [[agenda.next() for _ in listed] for agenda in agendas]
    assert taken[0] == taken[1] == sorted(listed)


def test_dropping_a_subject() -> None:
    agenda = Agenda()
    for subject in ("gone", "stays", "gone"):
        agenda.add(Entry(1, 0, "kind", subject))
    agenda.drop("gone")
    assert [entry.subject for entry in agenda.entries] == ["stays"]
    assert agenda.due(1)
    assert not agenda.due(0)


def test_profiles_of_durations() -> None:
    assert durations("observed")["dataset_import_job"] == micros_in(timedelta(minutes=5))
    assert all(durations("instant")[resource] == 0 for resource in OBSERVED)
    mapped = durations({"solution_version": timedelta(hours=1)})
    assert (mapped["solution_version"], mapped["campaign"]) == (HOUR, OBSERVED["campaign"])


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ("slow", ValueError),
        (5, ValueError),
        ({"training": timedelta(1)}, ValueError),
        ({"campaign": 5}, TypeError),
    ],
)
def test_wrong_profiles(wrong: object, fault: type[Exception]) -> None:
    with pytest.raises(fault):
        durations(wrong)  # type: ignore[arg-type]


def test_quotas() -> None:
    assert Quotas({"active_schemas": 2})["active_schemas"] == 2
    assert Quotas()["active_schemas"] == QUOTAS["active_schemas"] == 500
    with pytest.raises(ValueError, match="no quota is named"):
        Quotas({"schemas": 2})
    with pytest.raises(ValueError, match="whole number"):
        Quotas({"active_schemas": -1})
