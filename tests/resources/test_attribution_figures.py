"""What metric attributions measure, through boto3: figures in CloudWatch and reports in S3."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import (
    RECIPE,
    REGION,
    Account,
    Deployment,
    account,
    add_dataset,
    dataset,
    import_csv,
    policy,
    schema_text,
    some_interactions,
    start_import,
)

from simulator import Simulation, simulate

START = datetime(2022, 3, 8, 9, 3, 20, tzinfo=UTC)
NOW = int(START.timestamp())
UNDEFINED = "SOURCE_NAME_UNDEFINED"
CLICKS = {"eventType": "click", "metricName": "clicks", "expression": "SAMPLECOUNT()"}
REVENUE = {"eventType": "buy", "metricName": "revenue", "expression": "SUM(Items.PRICE)"}
WATCHED = {"eventType": "watch", "metricName": "watched", "expression": "sum( interactions.event_value )"}
PAID = {"eventType": "buy", "metricName": "paid", "expression": "SUM(Interactions.PAID)"}
FIELDS: list[dict[str, Any]] = [
    {"name": "EVENT_TYPE", "type": "string"},
    {"name": "EVENT_VALUE", "type": ["null", "float"]},
    {"name": "PAID", "type": ["null", "double"]},
    {"name": "RECOMMENDATION_ID", "type": ["null", "string"]},
    {"name": "EVENT_ATTRIBUTION_SOURCE", "type": ["null", "string"]},
]


class Shop:
    """A group with priced items, an event tracker, and a metric attribution."""

    def __init__(self, sim: Simulation, here: Account, **more: Any) -> None:
        self.sim, self.here = sim, here
        settle = here.personalize.list_schemas
        self.made: Deployment = dataset(here, settle, schema_text(*FIELDS), name="shop")
        items = add_dataset(here, self.made.group, "Items", settle)
        prices = pd.DataFrame(
            {"ITEM_ID": ["pen", "book", "gift"], "PRICE": [0.5, 9.25, None], "GENRES": "g", "RELEASED": 1}
        )
        start_import(here, items, here.upload(prices, "items.csv"), "items")
        self.items = items
        tracker = here.personalize.create_event_tracker(name="shop", datasetGroupArn=self.made.group)
        self.made.tracking_id = tracker["trackingId"]
        settle()
        self.attribution = self.attribute(**more)

    def attribute(self, **more: Any) -> str:
        arn: str = self.here.personalize.create_metric_attribution(
            **{
                "name": "impact",
                "datasetGroupArn": self.made.group,
                "metrics": [CLICKS, REVENUE, WATCHED, PAID],
                "metricsOutputConfig": {
                    "roleArn": self.here.role,
                    "s3DataDestination": {"path": f"s3://{self.here.bucket}/reports/"},
                },
                **more,
            }
        )["metricAttributionArn"]
        self.here.personalize.list_schemas()
        return arn

    def put(self, event_type: str, item: str = "pen", at: int | datetime = NOW, user: str = "u", **more: Any) -> None:
        source = more.pop("source", None)
        if source is not None:
            more["metricAttribution"] = {"eventAttributionSource": source}
        event = {"eventType": event_type, "itemId": item, "sentAt": at, **more}
        self.here.events.put_events(trackingId=self.made.tracking_id, userId=user, sessionId="s", eventList=[event])

    def figures(self, name: str, source: str = UNDEFINED, statistic: str = "Sum") -> list[tuple[str, float]]:
        """The values of a metric, each with the beginning of its window."""
        answer = boto3.client("cloudwatch", region_name=REGION).get_metric_statistics(
            Namespace="AWS/Personalize",
            MetricName=name,
            Dimensions=[
                {"Name": "DatasetGroupArn", "Value": self.made.group},
                {"Name": "EVENT_ATTRIBUTION_SOURCE", "Value": source},
            ],
            StartTime=START - timedelta(days=20),
            EndTime=START + timedelta(days=20),
            Period=60,
            Statistics=[statistic],
        )
        return sorted((f"{each['Timestamp']:%d %H:%M}", each[statistic]) for each in answer["Datapoints"])

    def names(self) -> set[str]:
        listed = boto3.client("cloudwatch", region_name=REGION).list_metrics(Namespace="AWS/Personalize")["Metrics"]
        return {each["MetricName"] for each in listed} & {"clicks", "revenue", "watched", "paid"}

    def load(self, name: str, frame: pd.DataFrame, mode: str = "FULL", **more: Any) -> str:
        return import_csv(self.here, self.made, frame, name=name, importMode=mode, **more)

    def reports(self) -> dict[str, list[str]]:
        listed = self.here.s3.list_objects_v2(Bucket=self.here.bucket, Prefix="reports/").get("Contents", [])
        bodies = (self.here.s3.get_object(Bucket=self.here.bucket, Key=each["Key"])["Body"] for each in listed)
        return {each["Key"]: body.read().decode().splitlines() for each, body in zip(listed, bodies, strict=True)}


@pytest.fixture
def sim() -> Iterator[Simulation]:
    with simulate(start=START, durations="instant") as running:
        yield running


@pytest.fixture
def shop(sim: Simulation, here: Account) -> Shop:
    return Shop(sim, here)


def rows(count: int = 1000, **columns: Any) -> pd.DataFrame:
    """Rows for an import: a thousand that no metric counts, the first ones with these columns."""
    frame = some_interactions(count).assign(EVENT_TYPE="idle", TIMESTAMP=NOW - 3600, ITEM_ID="pen")
    frame = frame.assign(USER_ID=[f"u{each}" for each in range(count)])
    for name in ("EVENT_VALUE", "PAID", "RECOMMENDATION_ID", "EVENT_ATTRIBUTION_SOURCE"):
        frame[name] = None
    for name, values in columns.items():
        frame[name] = [*values, *frame[name][len(values) :]]
    return frame


def test_events_are_counted_and_summed(shop: Shop) -> None:
    shop.put("click")
    assert shop.figures("clicks") == [("08 09:00", 1.0)]
    shop.put("click", "book")
    shop.put("buy", "book", properties=json.dumps({"paid": 8.5}))
    shop.put("buy", "pen", properties=json.dumps({"paid": 0.25}))
    shop.put("watch", "book", eventValue=12.5)
    shop.put("Click")  # of another type
    assert shop.figures("clicks") == [("08 09:00", 2.0)]
    assert shop.figures("clicks", statistic="SampleCount") == [("08 09:00", 1.0)]
    assert shop.figures("clicks", statistic="Maximum") == [("08 09:00", 2.0)]
    assert shop.figures("revenue") == [("08 09:00", 9.75)]
    assert shop.figures("paid") == [("08 09:00", 8.75)]
    assert shop.figures("watched") == [("08 09:00", 12.5)]


def test_what_cloudwatch_does_not_take(shop: Shop) -> None:
    fortnight, hours = 14 * 24 * 3600, 2 * 3600
    for at in (NOW - fortnight, NOW - fortnight + 1, NOW + hours, NOW + hours + 1):
        shop.put("click", at=at)
    assert shop.figures("clicks") == [("08 11:00", 1.0), ("22 09:00", 1.0)]
    for paid in (1e300, 1.5, -1e300, 1e308, 2.0):
        shop.put("buy", properties=json.dumps({"paid": paid}))
    assert shop.figures("paid") == [("08 09:00", 3.5)]
    shop.load("first", rows())
    times = [NOW - fortnight, NOW - fortnight + 1, NOW + hours, NOW + hours + 1]
    shop.load("more", rows(EVENT_TYPE=["click"] * 4, TIMESTAMP=times), "INCREMENTAL")
    assert sorted(value for _, value in shop.figures("clicks")) == [2.0, 2.0]


def test_sources(shop: Shop, here: Account) -> None:
    users = [f"u{each % 50}" for each in range(1200)]
    shop.load("history", rows(1200, USER_ID=users, TIMESTAMP=range(NOW - 1200, NOW)))
    solution = here.personalize.create_solution(
        name="s", datasetGroupArn=shop.made.group, recipeArn=RECIPE, performAutoTraining=False
    )["solutionArn"]
    version = here.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    here.personalize.list_schemas()
    one, other = (
        here.personalize.create_campaign(name=name, solutionVersionArn=version)["campaignArn"] for name in "co"
    )
    here.personalize.list_schemas()
    shown = {
        arn: here.runtime.get_recommendations(campaignArn=arn, userId="u1")["recommendationId"] for arn in (one, other)
    }
    shop.put("click", recommendationId=shown[one])
    shop.put("click", recommendationId=shown[one], source="newsletter")
    shop.put("click", recommendationId=shown[other])
    shop.put("click", "book", recommendationId=shown[other])
    shop.put("click", recommendationId="RID-of-nobody")
    assert [values for _, values in shop.figures("clicks", one)] == [1.0]
    assert [values for _, values in shop.figures("clicks", other)] == [2.0]
    assert [values for _, values in shop.figures("clicks", "newsletter")] == [1.0]
    assert [values for _, values in shop.figures("clicks")] == [1.0]
    shop.load(
        "more",
        rows(
            EVENT_TYPE=["click"] * 4,
            TIMESTAMP=[NOW] * 4,
            RECOMMENDATION_ID=[shown[one], shown[one], None, "x"],
            EVENT_ATTRIBUTION_SOURCE=[None, "newsletter", None, None],
        ),
        "INCREMENTAL",
    )
    assert [values for _, values in shop.figures("clicks", one)] == [2.0]
    assert [values for _, values in shop.figures("clicks", "newsletter")] == [2.0]
    assert [values for _, values in shop.figures("clicks")] == [3.0]
    here.personalize.delete_campaign(campaignArn=one)
    here.personalize.list_schemas()
    shop.put("click", "gift", recommendationId=shown[one])
    assert [values for _, values in shop.figures("clicks")] == [4.0]


def test_at_most_a_hundred_sources(shop: Shop) -> None:
    for number in range(102):
        shop.put("click", source=f"source {number}")
    shop.put("click", "book", source="source 99")
    shop.put("click", "book", source="source 100")
    shop.put("click")
    assert shop.figures("clicks", "source 99") == [("08 09:00", 2.0)]
    assert shop.figures("clicks", "source 100") == shop.figures("clicks", "source 101") == []
    assert shop.figures("clicks") == [("08 09:00", 1.0)]
    shop.load("first", rows())
    sources = ["source 101", "source 1", "new"]
    shop.load(
        "more",
        rows(EVENT_TYPE=["click"] * 3, TIMESTAMP=[NOW] * 3, EVENT_ATTRIBUTION_SOURCE=sources),
        "INCREMENTAL",
    )
    assert [shop.figures("clicks", source) for source in sources] == [[], [("08 09:00", 2.0)], []]


def test_absent_values_add_nothing(shop: Shop) -> None:
    for item in ("gift", "not there"):
        shop.put("buy", item)
    shop.put("watch")
    assert shop.names() == set()
    shop.load("first", rows())
    shop.load(
        "more",
        rows(EVENT_TYPE=["buy", "buy", "watch"], ITEM_ID=["gift", "not there", "pen"], TIMESTAMP=[NOW] * 3),
        "INCREMENTAL",
    )
    assert shop.names() == set()
    shop.here.events.put_items(
        datasetArn=shop.items, items=[{"itemId": "gift", "properties": json.dumps({"price": 2.5})}]
    )
    shop.put("buy", "gift", user="v")
    assert shop.figures("revenue") == [("08 09:00", 2.5)]


def test_events_that_are_not_stored_do_not_count(shop: Shop) -> None:
    shop.put("click")
    shop.put("click")
    shop.put("click", at=datetime(6000, 1, 1, tzinfo=UTC))  # milliseconds
    shop.here.events.put_events(
        trackingId=shop.made.tracking_id,
        userId="u",
        sessionId="null",
        eventList=[{"eventType": "click", "itemId": "book", "sentAt": NOW}],
    )
    assert shop.figures("clicks") == [("08 09:00", 1.0)]
    shop.here.events.put_events(  # of an anonymous session
        trackingId=shop.made.tracking_id,
        sessionId="t",
        eventList=[{"eventType": "click", "itemId": "book", "sentAt": NOW}],
    )
    assert shop.figures("clicks") == [("08 09:00", 2.0)]
    frame = rows(EVENT_TYPE=["click"] * 2, USER_ID=["u"] * 2, TIMESTAMP=[NOW] * 2)
    shop.load("full", frame)
    assert shop.figures("clicks") == [("08 09:00", 2.0)]
    shop.load("again", frame, "INCREMENTAL")  # two rows that are equal to each other and to an earlier one
    assert shop.figures("clicks") == [("08 09:00", 3.0)]


def test_the_life_of_an_attribution() -> None:
    with simulate(start=START) as sim:
        here = account()
        made = dataset(here, lambda: sim.clock.tick(hours=1), schema_text(*FIELDS), name="shop")
        made.tracking_id = here.personalize.create_event_tracker(name="shop", datasetGroupArn=made.group)["trackingId"]
        sim.clock.tick(hours=1)
        shop = object.__new__(Shop)
        shop.sim, shop.here, shop.made = sim, here, made
        at = int(sim.clock.now().timestamp())

        def click(item: str) -> list[float]:
            shop.put("click", item, at)
            return [value for name in ("clicks", "more clicks") for _, value in shop.figures(name)]

        arn = shop.attribute(metrics=[CLICKS])
        assert click("before it is ACTIVE") == []
        sim.clock.tick(minutes=5)
        assert click("a") == [1.0]
        here.personalize.update_metric_attribution(
            metricAttributionArn=arn, removeMetrics=["clicks"], addMetrics=[{**CLICKS, "metricName": "more clicks"}]
        )
        assert click("while it is updated") == [2.0]
        sim.clock.tick(minutes=5)
        assert click("after the update") == [2.0, 1.0]
        here.personalize.delete_metric_attribution(metricAttributionArn=arn)
        assert click("while it is deleted") == [2.0, 1.0]
        sim.clock.tick(minutes=5)
        assert click("after it") == [2.0, 1.0]


def test_a_report(shop: Shop) -> None:
    old = NOW - 100 * 24 * 3600
    frame = rows(
        EVENT_TYPE=["click", "click", "click", "buy", "buy", "buy", "watch"],
        ITEM_ID=["pen", "pen", "book", "book", "book", "gift", "pen"],
        TIMESTAMP=[NOW, NOW + 1, old, NOW, NOW - 900, NOW, NOW],
        EVENT_VALUE=[None, None, None, None, None, None, 7.5],
        PAID=[None, None, None, 9, 8.5, 1, None],
        EVENT_ATTRIBUTION_SOURCE=["mail, weekly", "mail, weekly", None, "ads", "ads", "ads", None],
    )
    shop.load("silent", frame)
    assert shop.reports() == {}
    shop.load("full", frame, publishAttributionMetricsToS3=True)
    window, earlier, long_ago = NOW // 900 * 900, NOW // 900 * 900 - 900, old // 900 * 900
    expected = [
        "METRIC_NAME,EVENT_TYPE,VALUE,MATH_FUNCTION,EVENT_ATTRIBUTION_SOURCE,TIMESTAMP",
        f'clicks,click,2.0,samplecount,"mail, weekly",{window}',
        f"clicks,click,1.0,samplecount,SOURCE_NAME_UNDEFINED,{long_ago}",
        f"revenue,buy,9.25,sum,ads,{window}",
        f"revenue,buy,9.25,sum,ads,{earlier}",
        f"watched,watch,7.5,sum,SOURCE_NAME_UNDEFINED,{window}",
        f"paid,buy,10.0,sum,ads,{window}",
        f"paid,buy,8.5,sum,ads,{earlier}",
    ]
    assert shop.reports() == {f"reports/AggregatedAttributionMetrics - FULL - {NOW}.csv": expected}
    assert shop.names() == set()
    shop.load("more", frame, "INCREMENTAL", publishAttributionMetricsToS3=True)
    assert shop.reports() == {
        f"reports/AggregatedAttributionMetrics - FULL - {NOW}.csv": expected,
        f"reports/AggregatedAttributionMetrics - INCREMENTAL - {NOW + 1}.csv": expected,
    }
    assert shop.figures("clicks", "mail, weekly") == [("08 09:00", 2.0)]
    assert shop.figures("clicks") == []
    assert shop.figures("paid", "ads") == [("08 08:45", 8.5), ("08 09:00", 10.0)]
    items = pd.DataFrame({"ITEM_ID": ["pen"], "PRICE": [1.0], "GENRES": "g", "RELEASED": 1})
    start_import(shop.here, shop.items, shop.here.upload(items, "i.csv"), "i", publishAttributionMetricsToS3=True)
    assert len(shop.reports()) == 2


def test_a_report_of_nothing(shop: Shop) -> None:
    shop.load("full", rows(), publishAttributionMetricsToS3=True)
    [lines] = shop.reports().values()
    assert lines == ["METRIC_NAME,EVENT_TYPE,VALUE,MATH_FUNCTION,EVENT_ATTRIBUTION_SOURCE,TIMESTAMP"]


@pytest.mark.parametrize("obstacle", ["no place", "no rights", "no bucket"])
def test_a_report_that_is_not_written(sim: Simulation, here: Account, obstacle: str) -> None:
    config: dict[str, Any] = {"roleArn": here.role, "s3DataDestination": {"path": "s3://elsewhere/reports"}}
    if obstacle == "no place":
        del config["s3DataDestination"]
    here.s3.create_bucket(Bucket="elsewhere")
    allowed = policy(
        Principal={"Service": "personalize.amazonaws.com"}, Action="s3:*", Resource="arn:aws:s3:::elsewhere/*"
    )
    here.s3.put_bucket_policy(Bucket="elsewhere", Policy=allowed)
    allowed = policy(Action="s3:*", Resource="arn:aws:s3:::elsewhere/*")
    here.iam.put_role_policy(RoleName=here.role.rpartition("/")[2], PolicyName="more", PolicyDocument=allowed)
    shop = Shop(sim, here, metricsOutputConfig=config)
    if obstacle == "no rights":
        here.s3.delete_bucket_policy(Bucket="elsewhere")
    if obstacle == "no bucket":
        here.s3.delete_bucket(Bucket="elsewhere")
    job = shop.load("full", rows(EVENT_TYPE=["click"]), publishAttributionMetricsToS3=True)
    shown = here.personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]
    assert (shown["status"], shown["publishAttributionMetricsToS3"]) == ("ACTIVE", True)
    assert shop.reports() == {}
    if obstacle != "no bucket":
        assert "Contents" not in here.s3.list_objects_v2(Bucket="elsewhere")


def test_a_column_that_is_gone_is_not_summed(shop: Shop) -> None:
    shop.here.personalize.delete_dataset(datasetArn=shop.items)
    shop.here.personalize.list_schemas()
    shop.put("buy", "book", properties=json.dumps({"paid": 1.5}))
    shop.load("full", rows(EVENT_TYPE=["buy"], PAID=[2.0]), publishAttributionMetricsToS3=True)
    assert shop.names() == {"paid"}
    assert [line.split(",")[0] for line in next(iter(shop.reports().values()))] == ["METRIC_NAME", "paid"]


_CELLS = st.tuples(
    st.sampled_from(["click", "buy", "watch", "idle"]),
    st.sampled_from(["pen", "book", "gift", "unknown"]),
    st.integers(NOW - 3000, NOW + 3000),
    st.none() | st.floats(-1e6, 1e6),
    st.sampled_from(["", "mail", "ads"]),
)


@settings(max_examples=8, deadline=None)
@given(st.lists(_CELLS, max_size=12, unique=True))
def test_imports_and_events_agree_with_a_naive_sum(cells: list[tuple[str, str, int, float | None, str]]) -> None:
    """Put one by one and imported in bulk, the same events have the same figures, and those of plain addition."""
    wanted: dict[tuple[str, str, int], list[float]] = {}
    prices = {"pen": 0.5, "book": 9.25}
    for event_type, item, at, value, source in cells:
        for metric, of_type, added in (
            ("clicks", "click", 1.0),
            ("revenue", "buy", prices.get(item)),
            ("watched", "watch", value),
        ):
            if event_type == of_type and added is not None:
                wanted.setdefault((metric, source or UNDEFINED, at // 900 * 900), []).append(added)
    found = []
    for bulk in (False, True):
        with simulate(start=START, durations="instant") as sim:
            shop = Shop(sim, account(), metrics=[CLICKS, REVENUE, WATCHED])
            if bulk:
                shop.load("first", rows())
                columns = zip(*cells, strict=True) if cells else [[]] * 5
                names = ("EVENT_TYPE", "ITEM_ID", "TIMESTAMP", "EVENT_VALUE", "EVENT_ATTRIBUTION_SOURCE")
                shop.load("more", rows(1000, **dict(zip(names, map(list, columns), strict=True))), "INCREMENTAL")
            else:
                for number, (event_type, item, at, value, source) in enumerate(cells):
                    more = {} if value is None else {"eventValue": value}
                    shop.put(event_type, item, at, f"u{number}", source=source or None, **more)
            sim._host.settle()
            figures = sim._host.world.figures
            found.append(
                {
                    (key.name, key.dimensions[1][1], key.minute * 60): float(Fraction(*total))
                    for key, total in figures.items()
                }
            )
    sums = {key: sum(values) for key, values in wanted.items()}
    for each in found:
        assert each.keys() == sums.keys()
        for key, total in each.items():
            assert np.isclose(total, sums[key], rtol=1e-5, atol=1e-6)  # the schema's floats


def test_sums_do_not_depend_on_the_order_of_calls() -> None:
    values = [0.1, 0.2, 0.3, 1e16, -1e16, 0.7]
    found = []
    for paid in (values, values[::-1]):
        with simulate(start=START, durations="instant") as sim:
            shop = Shop(sim, account())
            for value in paid:
                shop.put("buy", "gift", properties=json.dumps({"paid": value}))
            found.append(shop.figures("paid"))
    assert found[0] == found[1] == [("08 09:00", float(sum(map(Fraction, values))))]


def test_figures_go_on_in_a_saved_world(tmp_path: Path) -> None:
    with simulate(start=START, durations="instant") as sim:
        shop = Shop(sim, account())
        shop.put("click", source="mail")
        shop.put("buy", "book")
        sim.save(tmp_path / "world")
        figures = dict(sim._host.world.figures)
    with simulate(load=tmp_path / "world") as sim:
        assert sim._host.world.figures == figures
        shop.put("click", "book", source="mail")
        assert shop.figures("clicks", "mail") == [("08 09:00", 2.0)]
