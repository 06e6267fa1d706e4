"""Datasets and the replacement of their schemas, through boto3."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from support import Account, Deployment, account, dataset, import_csv, refused, some_interactions

from simulator import Simulation, simulate
from simulator.arns import Home
from simulator.resources.datasets import dataset_of, interactions_of
from simulator.resources.dump import dump
from simulator.resources.world import Scope

ARN = "arn:aws:personalize:us-east-1:123456789012:"
STRING, LONG = {"type": "string"}, {"type": "long"}
CATEGORY = {"type": "string", "categorical": True}
EVENT_TYPE = {"name": "EVENT_TYPE", **STRING}
FIELDS: dict[str, list[dict[str, Any]]] = {
    "Interactions": [{"name": "USER_ID", **STRING}, {"name": "ITEM_ID", **STRING}, {"name": "TIMESTAMP", **LONG}],
    "Items": [{"name": "ITEM_ID", **STRING}, {"name": "GENRE", **CATEGORY}],
    "Users": [{"name": "USER_ID", **STRING}, {"name": "MEMBERSHIP_STATUS", **CATEGORY}],
    "Actions": [{"name": "ACTION_ID", **STRING}, {"name": "KIND", **CATEGORY}],
    "ActionInteractions": [
        {"name": "USER_ID", **STRING},
        {"name": "ACTION_ID", **STRING},
        EVENT_TYPE,
        {"name": "TIMESTAMP", **LONG},
    ],
}
SHOP_ITEMS: list[dict[str, Any]] = [
    {"name": "ITEM_ID", **STRING},
    {"name": "PRICE", "type": "float"},
    {"name": "CATEGORY_L1", **CATEGORY},
]
YEAR = {"name": "YEAR", "type": ["null", "int"]}


@pytest.fixture
def sim() -> Iterator[Simulation]:
    with simulate(start="2023-10-27T18:37:02Z", training="exact") as running:
        yield running


def text(record: str, *more: dict[str, Any], fields: list[dict[str, Any]] | None = None) -> str:
    listed = [*(FIELDS[record] if fields is None else fields), *more]
    return json.dumps({"type": "record", "name": record, "fields": listed, "version": "1.0"})


class Group:
    """A dataset group, ACTIVE, and what is asked of it again and again."""

    def __init__(self, sim: Simulation, here: Account, name: str = "films", **more: str) -> None:
        self.sim, self.p = sim, here.personalize
        self.arn: str = self.p.create_dataset_group(name=name, **more)["datasetGroupArn"]
        sim.clock.tick(minutes=1)

    def schema(self, name: str, schema: str, **more: str) -> str:
        arn: str = self.p.create_schema(name=name, schema=schema, **more)["schemaArn"]
        return arn

    def create(self, dataset_type: str, schema: str, name: str = "mine") -> str:
        arn: str = self.p.create_dataset(
            name=name, schemaArn=schema, datasetGroupArn=self.arn, datasetType=dataset_type
        )["datasetArn"]
        return arn

    def active(self, dataset_type: str, schema: str) -> str:
        arn = self.create(dataset_type, schema)
        self.sim.clock.tick(minutes=1)
        return arn

    def shown(self, arn: str) -> dict[str, Any]:
        described: dict[str, Any] = self.p.describe_dataset(datasetArn=arn)["dataset"]
        return described


@pytest.fixture
def group(sim: Simulation, here: Account) -> Group:
    return Group(sim, here)


@pytest.fixture
def shop(sim: Simulation, here: Account) -> Group:
    return Group(sim, here, domain="ECOMMERCE")


def state(of: Group) -> str:
    return dump(of.sim._host.world)


def scope_of(sim: Simulation) -> Scope:
    return Scope(sim._host.world, sim._host.platform, Home("123456789012", "us-east-1"))


class TestCreation:
    def test_five_types_in_any_case(self, sim: Simulation, group: Group) -> None:
        for name, record in (
            ("Interactions", "Interactions"),
            ("ITEMS", "Items"),
            ("users", "Users"),
            ("aCTIONS", "Actions"),
            ("Action_Interactions", "ActionInteractions"),
        ):
            arn = group.create(name, group.schema(record, text(record)), name=record)
            assert arn == f"{ARN}dataset/films/{name.upper()}"
        sim.clock.tick(minutes=1)
        for listed in group.p.list_datasets(datasetGroupArn=group.arn)["datasets"]:
            shown = group.shown(listed["datasetArn"])
            assert listed.items() <= shown.items()
            assert listed["datasetArn"] == f"{ARN}dataset/films/{shown['datasetType']}"
            more = shown.keys() - listed.keys()
            if shown["datasetType"] == "ACTION_INTERACTIONS":
                assert more == {"datasetGroupArn", "schemaArn", "trackingId"}
                assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", shown["trackingId"])
            else:
                assert more == {"datasetGroupArn", "schemaArn"}

    def test_a_dataset_as_recorded(self, sim: Simulation, group: Group) -> None:
        """[resp-009] Its members; [life-006] PENDING, and ACTIVE after 30 seconds."""
        arn = group.create("INTERACTIONS", group.schema("i", text("Interactions")), name="InteractionsDataset")
        assert group.shown(arn)["status"] == "CREATE PENDING"
        sim.clock.tick(seconds=30)
        shown = group.shown(arn)
        del shown["creationDateTime"], shown["lastUpdatedDateTime"]
        assert shown == {
            "name": "InteractionsDataset",
            "datasetArn": f"{ARN}dataset/films/INTERACTIONS",
            "datasetGroupArn": group.arn,
            "datasetType": "INTERACTIONS",
            "schemaArn": f"{ARN}schema/i",
            "status": "ACTIVE",
        }

    @pytest.mark.parametrize(
        ("dataset_type", "schema", "code", "wording"),
        [
            pytest.param(
                "items",
                "items",
                "ResourceAlreadyExistsException",
                "Another dataset of type: ITEMS already exists in the provided dataset group",
                id="[err-037]",
            ),
            (
                "Films",
                "items",
                "InvalidInputException",
                "Invalid dataset type: Films. Must be one of INTERACTIONS, ITEMS, USERS, ACTIONS, ACTION_INTERACTIONS.",
            ),
            (
                "Users",
                "items",
                "InvalidInputException",
                f"The schema {ARN}schema/items describes Items; a dataset of type USERS needs Users.",
            ),
            ("Users", "no", "ResourceNotFoundException", f"The given schema does not exist: {ARN}schema/no"),
        ],
    )
    def test_what_is_refused_changes_nothing(
        self, group: Group, dataset_type: str, schema: str, code: str, wording: str
    ) -> None:
        group.create("Items", group.schema("items", text("Items")))
        before = state(group)
        with refused(code, wording):
            group.create(dataset_type, f"{ARN}schema/{schema}")
        assert state(group) == before


class TestDomains:
    def test_a_schema_of_the_groups_domain(self, sim: Simulation, here: Account, group: Group) -> None:
        schemas = {
            "ECOMMERCE": group.schema("shop", text("Interactions", EVENT_TYPE), domain="ECOMMERCE"),
            "VIDEO_ON_DEMAND": group.schema("vod", text("Interactions", EVENT_TYPE), domain="VIDEO_ON_DEMAND"),
        }
        own = group.schema("own", text("Interactions", EVENT_TYPE))
        wording = "The schema {} is for {}; the dataset group {} needs one for {}."
        before = state(group)
        for domain, schema in schemas.items():
            with refused(
                "InvalidInputException", wording.format(schema, f"the domain {domain}", group.arn, "no domain")
            ):
                group.create("Interactions", schema)
        assert state(group) == before
        group.create("Interactions", own)
        shop = Group(sim, here, "shop", domain="ECOMMERCE")
        for schema, found in ((own, "no domain"), (schemas["VIDEO_ON_DEMAND"], "the domain VIDEO_ON_DEMAND")):
            with refused("InvalidInputException", wording.format(schema, found, shop.arn, "the domain ECOMMERCE")):
                shop.create("Interactions", schema)
        assert shop.create("Interactions", schemas["ECOMMERCE"]) == f"{ARN}dataset/shop/INTERACTIONS"

    @pytest.mark.parametrize(
        ("dataset_type", "record"), [("Actions", "Actions"), ("Action_Interactions", "ActionInteractions")]
    )
    def test_actions_are_for_custom_groups(self, sim: Simulation, shop: Group, dataset_type: str, record: str) -> None:
        schema = shop.schema("mine", text(record))
        before = state(shop)
        with refused(
            "InvalidInputException",
            f"A dataset of type {dataset_type.upper()} cannot be created in a Domain dataset group.",
        ):
            shop.create(dataset_type, schema)
        assert state(shop) == before
        own = shop.p.create_dataset_group(name="own")["datasetGroupArn"]
        sim.clock.tick(minutes=1)
        shop.p.create_dataset(name="mine", schemaArn=schema, datasetGroupArn=own, datasetType=dataset_type)


class TestUpdates:
    def test_an_update_as_recorded(self, sim: Simulation, group: Group) -> None:
        """[life-001] Its statuses and times: 109 s until ACTIVE, and 0.79 s more for the dataset's own time."""
        old, new = group.schema("old", text("Items")), group.schema("new", text("Items", YEAR))
        arn = group.active("Items", old)
        assert "latestDatasetUpdate" not in group.shown(arn)
        before = group.shown(arn)
        assert group.p.update_dataset(datasetArn=arn, schemaArn=new)["datasetArn"] == arn
        seen = []
        for _ in range(23):
            shown = group.shown(arn)
            update = shown["latestDatasetUpdate"]
            assert update.keys() == {"schemaArn", "status", "creationDateTime", "lastUpdatedDateTime"}
            assert update["schemaArn"] == new
            seen.append((shown["status"], update["status"], shown["schemaArn"]))
            if update["status"] != "ACTIVE":
                assert shown["lastUpdatedDateTime"] == before["lastUpdatedDateTime"]
            sim.clock.tick(seconds=5)
        assert list(dict.fromkeys(seen)) == [
            ("ACTIVE", "UPDATE PENDING", old),
            ("ACTIVE", "UPDATE IN_PROGRESS", old),
            ("ACTIVE", "ACTIVE", new),
        ]
        shown = group.shown(arn)
        update = shown["latestDatasetUpdate"]
        assert update["lastUpdatedDateTime"] - update["creationDateTime"] == timedelta(seconds=110)
        assert shown["lastUpdatedDateTime"] - update["lastUpdatedDateTime"] == timedelta(milliseconds=790)

    @pytest.mark.parametrize(
        ("record", "more", "wording"),
        [
            (
                "Interactions",
                [YEAR],
                "The schema of a dataset of type INTERACTIONS cannot be replaced; only those of ITEMS and USERS can.",
            ),
            (
                "ActionInteractions",
                [YEAR],
                "The schema of a dataset of type ACTION_INTERACTIONS cannot be replaced; only those of ITEMS and "
                "USERS can.",
            ),
            (
                "Actions",
                [YEAR],
                "The schema of a dataset of type ACTIONS cannot be replaced; only those of ITEMS and USERS can.",
            ),
            (
                "Users",
                [{"name": "YEAR", "type": "int"}],
                f"The schema {ARN}schema/new cannot replace {ARN}schema/old: the new field YEAR does not allow null.",
            ),
        ],
    )
    def test_additions_that_are_refused(
        self, group: Group, record: str, more: list[dict[str, Any]], wording: str
    ) -> None:
        dataset_type = "Action_Interactions" if record == "ActionInteractions" else record
        arn = group.active(dataset_type, group.schema("old", text(record)))
        new = group.schema("new", text(record, *more))
        before = state(group)
        with refused("InvalidInputException", wording):
            group.p.update_dataset(datasetArn=arn, schemaArn=new)
        assert state(group) == before

    def test_a_schema_of_the_groups_domain(self, shop: Group) -> None:
        old = shop.schema("old", text("Items", fields=SHOP_ITEMS), domain="ECOMMERCE")
        arn = shop.active("Items", old)
        own = shop.schema("own", text("Items", YEAR, fields=SHOP_ITEMS))
        users = shop.schema("users", text("Users"), domain="ECOMMERCE")
        with refused(
            "InvalidInputException",
            f"The schema {own} is for no domain; the dataset group {shop.arn} needs one for the domain ECOMMERCE.",
        ):
            shop.p.update_dataset(datasetArn=arn, schemaArn=own)
        with refused(
            "InvalidInputException", f"The schema {users} describes Users; a dataset of type ITEMS needs Items."
        ):
            shop.p.update_dataset(datasetArn=arn, schemaArn=users)
        new = shop.schema("new", text("Items", YEAR, fields=SHOP_ITEMS[::-1]), domain="ECOMMERCE")
        shop.p.update_dataset(datasetArn=arn, schemaArn=new)

    def test_one_update_at_a_time(self, sim: Simulation, group: Group) -> None:
        old, new = group.schema("old", text("Items")), group.schema("new", text("Items", YEAR))
        arn = group.create("Items", old)
        with refused("ResourceInUseException", f"{arn} is not in ACTIVE state."):
            group.p.update_dataset(datasetArn=arn, schemaArn=new)
        sim.clock.tick(minutes=1)
        group.p.update_dataset(datasetArn=arn, schemaArn=new)
        before = state(group)
        with refused("ResourceInUseException", f"{arn} cannot be updated while its update is in progress."):
            group.p.update_dataset(datasetArn=arn, schemaArn=new)
        with refused("ResourceInUseException", f"{arn} cannot be deleted while its update is in progress."):
            group.p.delete_dataset(datasetArn=arn)
        assert state(group) == before
        sim.clock.tick(seconds=110)
        group.p.update_dataset(datasetArn=arn, schemaArn=new)
        sim.clock.tick(seconds=110)
        group.p.delete_dataset(datasetArn=arn)
        with refused("ResourceInUseException", f"{arn} is not in ACTIVE state."):
            group.p.update_dataset(datasetArn=arn, schemaArn=new)
        sim.clock.tick(minutes=1)
        with refused("ResourceNotFoundException", f"Resource Arn {arn} does not exist."):
            group.p.update_dataset(datasetArn=arn, schemaArn=new)

    @pytest.mark.parametrize("deletion", [timedelta(0), timedelta(seconds=30)])
    def test_a_dataset_that_goes_at_once_after_its_update(self, deletion: timedelta) -> None:
        """Its time was to follow; there is nothing to give it to."""
        with simulate(start="2023-10-27T18:37:02Z", durations={"dataset_deletion": deletion}) as sim:
            group = Group(sim, account())
            arn = group.active("Items", group.schema("old", text("Items")))
            group.p.update_dataset(datasetArn=arn, schemaArn=group.schema("new", text("Items", YEAR)))
            sim.clock.tick(seconds=110)
            group.p.delete_dataset(datasetArn=arn)
            sim.clock.tick(minutes=1)
            assert group.p.list_datasets()["datasets"] == []

    def test_data_of_before_and_after(self, sim: Simulation, here: Account, group: Group) -> None:
        """What was imported under the old schema has no year; what comes under the new one needs the column."""
        arn = group.active("Items", group.schema("old", text("Items")))
        self.bring(here, arn, b"ITEM_ID,GENRE\ni1,Drama\ni2,Crime\n")
        sim.clock.tick(minutes=6)
        group.p.update_dataset(datasetArn=arn, schemaArn=group.schema("new", text("Items", YEAR)))
        sim.clock.tick(minutes=2)
        with refused("InvalidInputException", "Input csv is missing the following columns: [YEAR]"):
            self.bring(here, arn, b"ITEM_ID,GENRE\ni3,Drama\n", importMode="INCREMENTAL")
        self.bring(here, arn, b"ITEM_ID,GENRE,YEAR\ni2,Crime,1995\ni3,Drama,\n", importMode="INCREMENTAL")
        sim.clock.tick(minutes=6)
        group.p.create_dataset_export_job(
            jobName="all",
            datasetArn=arn,
            ingestionMode="ALL",
            roleArn=here.role,
            jobOutput={"s3DataDestination": {"path": f"s3://{here.bucket}/out"}},
        )
        sim.clock.tick(minutes=6)
        key = here.s3.list_objects_v2(Bucket=here.bucket, Prefix="out")["Contents"][0]["Key"]
        rows = here.s3.get_object(Bucket=here.bucket, Key=key)["Body"].read().decode().splitlines()
        assert sorted(rows[1:]) == ['i1,Drama,""', "i2,Crime,1995", 'i3,Drama,""']
        items = dataset_of(scope_of(sim), group.arn, "ITEMS")
        assert items is not None
        before = state(group)
        assert [items.store.current().value(each, "YEAR") for each in ("i1", "i2", "i3")] == [None, 1995, None]
        assert state(group) == before  # what was worked out is no part of the world

    def bring(self, here: Account, arn: str, content: bytes, **more: str) -> None:
        here.personalize.create_dataset_import_job(
            jobName=f"job-{len(content)}",
            datasetArn=arn,
            dataSource={"dataLocation": here.upload(content, "items.csv")},
            roleArn=here.role,
            **more,
        )

    def test_an_instant_update(self) -> None:
        with simulate(start="2023-10-27T18:37:02Z", durations="instant") as sim:
            group = Group(sim, account())
            arn = group.active("Users", group.schema("old", text("Users")))
            group.p.update_dataset(datasetArn=arn, schemaArn=group.schema("new", text("Users", YEAR)))
            shown = group.shown(arn)
            assert (shown["schemaArn"], shown["latestDatasetUpdate"]["status"]) == (f"{ARN}schema/new", "ACTIVE")
            assert shown["lastUpdatedDateTime"] == shown["latestDatasetUpdate"]["lastUpdatedDateTime"]


@pytest.fixture
def trained(sim: Simulation, here: Account) -> Deployment:
    """A group with interactions, and an ACTIVE Items dataset beside them; an import into the first is running."""
    made = dataset(here, lambda: sim.clock.tick(minutes=1))
    items = here.personalize.create_schema(name="items", schema=text("Items"))["schemaArn"]
    here.personalize.create_schema(name="new", schema=text("Items", YEAR))
    here.personalize.create_dataset(name="items", schemaArn=items, datasetGroupArn=made.group, datasetType="Items")
    sim.clock.tick(minutes=1)
    import_csv(here, made, some_interactions())
    return made


class TestWhatRuns:
    @pytest.mark.rule("datasets.idle-to-go", "datasets.update-alone")
    def test_imports_and_trainings(self, sim: Simulation, here: Account, trained: Deployment) -> None:
        """A training is one on all datasets of its group, an import is one of its own dataset."""
        p, items = here.personalize, f"{ARN}dataset/films/ITEMS"
        with refused(
            "ResourceInUseException", f"{trained.dataset} cannot be deleted while a dataset import job is in progress."
        ):
            p.delete_dataset(datasetArn=trained.dataset)
        sim.clock.tick(minutes=6)
        job = p.create_dataset_export_job(
            jobName="all",
            datasetArn=trained.dataset,
            roleArn=here.role,
            jobOutput={"s3DataDestination": {"path": f"s3://{here.bucket}/out"}},
        )["datasetExportJobArn"]
        with refused(
            "ResourceInUseException", f"{trained.dataset} cannot be deleted while a dataset export job is in progress."
        ):
            p.delete_dataset(datasetArn=trained.dataset)
        sim.clock.tick(minutes=6)
        assert p.describe_dataset_export_job(datasetExportJobArn=job)["datasetExportJob"]["status"] == "ACTIVE"
        solution = p.create_solution(
            name="films",
            datasetGroupArn=trained.group,
            recipeArn="arn:aws:personalize:::recipe/aws-user-personalization",
            performAutoTraining=False,
        )["solutionArn"]
        sim.clock.tick(seconds=1)
        p.create_solution_version(solutionArn=solution)
        before = dump(sim._host.world)
        with refused("ResourceInUseException", f"{items} cannot be updated while a training is in progress."):
            p.update_dataset(datasetArn=items, schemaArn=f"{ARN}schema/new")
        for arn in (items, trained.dataset):
            with refused("ResourceInUseException", f"{arn} cannot be deleted while a training is in progress."):
                p.delete_dataset(datasetArn=arn)
        assert dump(sim._host.world) == before
        sim.clock.tick(minutes=26)
        p.update_dataset(datasetArn=items, schemaArn=f"{ARN}schema/new")
        sim.clock.tick(minutes=2)
        p.delete_dataset(datasetArn=items)
        p.delete_dataset(datasetArn=trained.dataset)


def test_the_dataset_of_a_type(sim: Simulation, here: Account) -> None:
    """As other families find it: not while it is being deleted."""
    made = dataset(here, lambda: sim.clock.tick(minutes=1))
    scope = scope_of(sim)
    found = interactions_of(scope, made.group)
    assert found is not None
    assert found.arn == made.dataset
    assert dataset_of(scope, made.group, "INTERACTIONS") is found
    assert dataset_of(scope, made.group, "ITEMS") is None
    assert dataset_of(scope, "another group", "INTERACTIONS") is None
    here.personalize.delete_dataset(datasetArn=made.dataset)
    assert interactions_of(scope, made.group) is None
