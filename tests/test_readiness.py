"""Readiness: what is missing before a training would succeed, and that nothing else is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import (
    Account,
    Deployment,
    account,
    add_dataset,
    dataset,
    import_csv,
    schema_text,
    some_interactions,
    start_import,
)

from simulator import Simulation, SimulatorError, simulate
from simulator.quotas import Quotas
from simulator.recommend.catalogue import RECIPES
from simulator.resources.dump import dump

START = "2026-01-05T00:00:00+00:00"
PERSONAL = "aws-user-personalization"
TYPED = schema_text({"name": "EVENT_TYPE", "type": "string"})
HAS = ("INTERACTIONS",)
FEW = {
    "interaction_records_per_import": 1,
    "interactions_of_a_training": 6,
    "paired_users_of_a_training": 2,
    "percent_of_paired_users_of_a_training": 50,
}


@pytest.fixture
def sim() -> Iterator[Simulation]:
    with simulate(start=START, durations="instant") as running:
        yield running


def made_of(on: Account, frame: pd.DataFrame, schema: str | None = None) -> Deployment:
    made = dataset(on, on.personalize.list_schemas, schema)
    import_csv(on, made, frame)
    on.personalize.list_schemas()
    return made


def solution(on: Account, group: str, recipe: str = PERSONAL, name: str = "s", **more: Any) -> str:
    arn: str = on.personalize.create_solution(
        name=name,
        datasetGroupArn=group,
        recipeArn=f"arn:aws:personalize:::recipe/{recipe}",
        performAutoTraining=False,
        **more,
    )["solutionArn"]
    return arn


def trained(on: Account, solution_arn: str) -> tuple[str, str]:
    """How a training ends: its status and failure reason."""
    version = on.personalize.create_solution_version(solutionArn=solution_arn)["solutionVersionArn"]
    shown = on.personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
    return shown["status"], shown.get("failureReason", "")


class TestReport:
    def test_an_empty_group(self, sim: Simulation) -> None:
        on = account()
        group = on.personalize.create_dataset_group(name="films")["datasetGroupArn"]
        report = sim.ready(group, recipe=PERSONAL)
        assert not report
        assert str(report) == (
            f"{group}: 0 of 1 recipes can be trained\n"
            "aws-user-personalization: not ready\n"
            "  interactions: 0 of 1,000 (1,000 missing)\n"
            "  users with two or more: 0 of 25 (25 missing)\n"
            "  percent of users with two or more: 0.00 of 1 (1.00 missing)\n"
            "  missing: there is no INTERACTIONS dataset"
        )

    def test_an_empty_dataset(self, sim: Simulation) -> None:
        on = account()
        made = dataset(on, on.personalize.list_schemas)
        [first, second] = sim.ready(made.group)[PERSONAL].missing
        assert first == "the INTERACTIONS dataset is empty"
        assert second.startswith("the training would fail: ")
        with pytest.raises(ClientError):
            solution(on, made.group)

    def test_too_few_interactions(self, sim: Simulation, monkeypatch: pytest.MonkeyPatch) -> None:
        on = account()
        made = made_of(on, some_interactions(1000))
        one = sim.ready(made.group)[PERSONAL]
        assert (one.needs[0].there, one.needs[0].wanted, one.needs[0].met) == (1000, 1000, True)
        assert one
        monkeypatch.setattr(sim._host.world, "quotas", Quotas({"interactions_of_a_training": 1001}))
        one = sim.ready(made.group)[PERSONAL]
        status, reason = trained(on, solution(on, made.group))
        assert status == "CREATE FAILED"
        assert one.missing == (f"the training would fail: {reason}",)
        assert str(one.needs[0]) == "interactions: 1,000 of 1,001 (1 missing)"

    def test_custom_recipes_of_a_custom_group(self, sim: Simulation) -> None:
        on = account()
        made = made_of(on, some_interactions())
        report = sim.ready(made.group)
        assert [each.recipe for each in report.recipes] == [
            recipe.name for recipe in RECIPES.values() if recipe.domain is None and not recipe.legacy
        ]
        for each in report.recipes:
            assert bool(each) == (RECIPES[f"arn:aws:personalize:::recipe/{each.recipe}"].required_datasets == HAS)
        assert report["aws-item-attribute-affinity"].missing[0] == "there is no ITEMS dataset"
        assert not report
        items = add_dataset(on, made.group, "Items", on.personalize.list_schemas)
        assert sim.ready(made.group)["aws-item-attribute-affinity"].missing[0] == "the ITEMS dataset is empty"
        frame = pd.DataFrame(
            {"ITEM_ID": [f"i{n}" for n in range(80)], "GENRES": ["a", "b"] * 40, "PRICE": 1.0, "RELEASED": 2}
        )
        start_import(on, items, on.upload(frame, "items.csv"), "items")
        on.personalize.list_schemas()
        assert sim.ready(made.group, recipe="aws-item-attribute-affinity")

    def test_use_cases_of_a_domain(self, sim: Simulation) -> None:
        on = account()
        personalize = on.personalize
        group = personalize.create_dataset_group(name="shop", domain="ECOMMERCE")["datasetGroupArn"]
        schema = personalize.create_schema(name="shop", schema=TYPED, domain="ECOMMERCE")["schemaArn"]
        personalize.list_schemas()
        arn = personalize.create_dataset(
            name="shop", schemaArn=schema, datasetGroupArn=group, datasetType="Interactions"
        )["datasetArn"]
        frame = some_interactions().assign(EVENT_TYPE="View")
        frame.loc[:199, "EVENT_TYPE"] = "Purchase"
        start_import(on, arn, on.upload(frame), "shop")
        personalize.list_schemas()
        report = sim.ready(group)
        domains = {RECIPES[f"arn:aws:personalize:::recipe/{each.recipe}"].domain for each in report.recipes}
        assert domains == {None, "ECOMMERCE"}
        sellers = report["arn:aws:personalize:::recipe/aws-ecomm-popular-items-by-purchases"]
        assert (sellers.event_type, sellers.needs[0].there) == ("Purchase", 200)
        for name in ("aws-ecomm-popular-items-by-purchases", "aws-ecomm-popular-items-by-views"):
            made = personalize.create_recommender(
                name=name, datasetGroupArn=group, recipeArn=f"arn:aws:personalize:::recipe/{name}"
            )["recommenderArn"]
            shown = personalize.describe_recommender(recommenderArn=made)["recommender"]
            assert (shown["status"] == "ACTIVE") == bool(report[name])
            if not report[name]:
                assert report[name].missing == (f"the training would fail: {shown['failureReason']}",)

    def test_event_types_and_solutions(self, sim: Simulation) -> None:
        on = account()
        frame = some_interactions().assign(EVENT_TYPE="watch")
        frame.loc[:99, "EVENT_TYPE"] = "buy"
        made = made_of(on, frame, TYPED)
        assert sim.ready(made.group)[PERSONAL]
        assert sim.ready(made.group, event_type="watch")[PERSONAL]
        bought = sim.ready(made.group, recipe=PERSONAL, event_type="buy")
        assert str(bought).splitlines()[1] == f"{PERSONAL}, of events of the type buy: not ready"
        assert bought[PERSONAL].needs[0].there == 100
        arn = solution(on, made.group, eventType="buy")
        [of_solution] = sim.ready(arn).recipes
        assert of_solution == bought[PERSONAL]
        assert trained(on, arn) == ("CREATE FAILED", of_solution.missing[0].removeprefix("the training would fail: "))

    def test_an_import_that_runs(self) -> None:
        with simulate(start=START) as sim:
            on = account()
            made = dataset(on, lambda: sim.clock.tick(hours=1))
            import_csv(on, made, some_interactions(), name="first")
            report = sim.ready(made.group)
            assert report.notes == ("the import first runs, and its rows do not count yet",)
            assert f"note: {report.notes[0]}" in str(report).splitlines()
            assert not report[PERSONAL]
            sim.clock.tick(hours=1)
            assert sim.ready(made.group)[PERSONAL]

    def test_a_group_that_is_not_active(self) -> None:
        with simulate(start=START) as sim:
            group = account().personalize.create_dataset_group(name="films")["datasetGroupArn"]
            assert sim.ready(group)[PERSONAL].missing[0] == "the dataset group is CREATE PENDING"

    def test_asking_changes_nothing(self, sim: Simulation) -> None:
        on = account()
        made = made_of(on, some_interactions())
        before = dump(sim._host.world)
        report = sim.ready(made.group)
        assert dump(sim._host.world) == before
        with pytest.raises(dataclasses.FrozenInstanceError):
            report.arn = ""  # type: ignore[misc]

    def test_what_cannot_be_asked(self, sim: Simulation) -> None:
        on = account()
        made = made_of(on, some_interactions())
        arn = solution(on, made.group)
        with pytest.raises(SimulatorError, match=rf"'nothing' is no ARN of a dataset group .* there are: {made.group}"):
            sim.ready("nothing")
        with pytest.raises(SimulatorError, match=r"'aws-hrnn' is no recipe that can be trained in .*; there are: aws-"):
            sim.ready(made.group, recipe="aws-hrnn")
        with pytest.raises(SimulatorError, match="is a solution, which has a recipe and an event type of its own"):
            sim.ready(arn, event_type="buy")
        with pytest.raises(KeyError):
            sim.ready(arn)["aws-sims"]

    def test_an_unknown_arn_where_there_is_nothing(self, sim: Simulation) -> None:
        with pytest.raises(SimulatorError, match="there are: none"):
            sim.ready("arn:aws:personalize:us-east-1:123456789012:dataset-group/x")


ROWS = st.lists(
    st.tuples(st.sampled_from("abcde"), st.sampled_from("xyz"), st.integers(1, 9), st.sampled_from(["watch", "buy"])),
    min_size=1,
    max_size=12,
)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(ROWS, st.sampled_from([None, "watch", "buy"]), st.integers(0, 3))
def test_ready_is_what_trains(rows: list[tuple[str, str, int, str]], event_type: str | None, put: int) -> None:
    """A training ends ACTIVE if, and only if, nothing was missing; else with the reason that was told before."""
    with simulate(start=START, durations="instant", quotas=FEW) as sim:
        on = account()
        made = made_of(on, pd.DataFrame(rows, columns=["USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE"]), TYPED)
        tracking_id = on.personalize.create_event_tracker(name="t", datasetGroupArn=made.group)["trackingId"]
        for number in range(put):
            on.events.put_events(
                trackingId=tracking_id,
                userId="abc"[number],
                sessionId="s",
                eventList=[{"eventType": "buy", "itemId": "x", "sentAt": 100}],
            )
        arn = solution(on, made.group, **({} if event_type is None else {"eventType": event_type}))
        [one] = sim.ready(arn).recipes
        assert one == sim.ready(made.group, event_type=event_type)[PERSONAL]
        status, reason = trained(on, arn)
        assert (status == "ACTIVE") == bool(one) == all(need.met for need in one.needs)
        if not one:
            assert one.missing == (f"the training would fail: {reason}",)
