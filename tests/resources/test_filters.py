"""Filters as resources, through boto3."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from support import RECIPE, Account, account, dataset, import_csv, refused, schema_text, some_interactions

from simulator import Simulation, simulate
from simulator.resources.dump import dump

ACCOUNT = "123456789012"
PERSONALIZE = f"arn:aws:personalize:us-east-1:{ACCOUNT}"
EVENT_TYPE = {"name": "EVENT_TYPE", "type": "string"}
CHEAP = "INCLUDE ItemID WHERE Items.PRICE <= $PRICE"


@pytest.fixture
def sim() -> Iterator[Simulation]:
    with simulate(start="2022-03-08T09:00:00Z") as simulation:
        yield simulation


@pytest.fixture
def group(sim: Simulation, here: Account) -> str:
    """A group with datasets of interactions, items and users, which have 24 fields besides their ids."""
    made = dataset(here, lambda: sim.clock.tick(hours=1), schema_text(EVENT_TYPE))
    items = [*(numeric(f"N{number}") for number in range(20)), categorical("GENRE"), numeric("PRICE")]
    add_dataset(here, made.group, "Items", "ITEM_ID", items)
    add_dataset(here, made.group, "Users", "USER_ID", [numeric("AGE")])
    sim.clock.tick(hours=1)
    return made.group


def numeric(name: str) -> dict[str, Any]:
    return {"name": name, "type": ["null", "float"]}


def categorical(name: str) -> dict[str, Any]:
    return {"name": name, "type": ["null", "string"], "categorical": True}


def add_dataset(here: Account, group: str, kind: str, id_column: str, fields: list[dict[str, Any]]) -> str:
    text = {
        "type": "record",
        "name": kind,
        "namespace": "com.amazonaws.personalize.schema",
        "fields": [{"name": id_column, "type": "string"}, *fields],
        "version": "1.0",
    }
    schema = here.personalize.create_schema(name=kind, schema=json.dumps(text))["schemaArn"]
    made: str = here.personalize.create_dataset(name=kind, schemaArn=schema, datasetGroupArn=group, datasetType=kind)[
        "datasetArn"
    ]
    return made


def create(here: Account, group: str, name: str = "cheap", expression: str = CHEAP, **more: Any) -> str:
    arn: str = here.personalize.create_filter(name=name, datasetGroupArn=group, filterExpression=expression, **more)[
        "filterArn"
    ]
    return arn


def status(here: Account, arn: str) -> str:
    found: str = here.personalize.describe_filter(filterArn=arn)["filter"]["status"]
    return found


def test_a_filters_life(sim: Simulation, here: Account, group: str) -> None:
    """[life-008]: PENDING, IN_PROGRESS five to seven times at polls of 15 seconds, then ACTIVE; about 90 seconds."""
    text = 'EXCLUDE itemId WHERE INTERACTIONS.EVENT_TYPE in ("Purchase")'
    arn = create(here, group, "purchased", text, tags=[{"tagKey": "team", "tagValue": "films"}])
    assert arn == f"{PERSONALIZE}:filter/purchased"
    created = sim.clock.now()
    statuses = []
    while (now := status(here, arn)) != "ACTIVE":
        statuses.append(now)
        sim.clock.tick(seconds=15)
    assert statuses == ["CREATE PENDING", *["CREATE IN_PROGRESS"] * 5]
    described = here.personalize.describe_filter(filterArn=arn)["filter"]
    assert described == {
        "name": "purchased",
        "filterArn": arn,
        "datasetGroupArn": group,
        "filterExpression": text,
        "status": "ACTIVE",
        "creationDateTime": created,
        "lastUpdatedDateTime": created + timedelta(seconds=90),
    }
    del described["filterExpression"]
    assert here.personalize.list_filters(datasetGroupArn=group)["Filters"] == [described]
    assert here.personalize.list_filters(datasetGroupArn=f"{group}-other")["Filters"] == []
    assert here.personalize.list_tags_for_resource(resourceArn=arn)["tags"] == [{"tagKey": "team", "tagValue": "films"}]

    here.personalize.delete_filter(filterArn=arn)
    assert status(here, arn) == "DELETE PENDING"
    here.personalize.delete_filter(filterArn=arn)
    sim.clock.tick(seconds=5)
    assert status(here, arn) == "DELETE IN_PROGRESS"
    sim.clock.tick(seconds=5)
    with refused("ResourceNotFoundException", f"The given filter does not exist: {arn}"):
        status(here, arn)
    with refused("ResourceNotFoundException", f"The given filter does not exist: {arn}"):
        here.personalize.delete_filter(filterArn=arn)


def test_pages(sim: Simulation, here: Account, group: str) -> None:
    arns = []
    for number in range(3):
        arns.append(create(here, group, f"f{number}"))
        sim.clock.tick(seconds=1)
    first = here.personalize.list_filters(maxResults=2)
    second = here.personalize.list_filters(maxResults=2, nextToken=first["nextToken"])
    assert [each["filterArn"] for each in [*first["Filters"], *second["Filters"]]] == arns
    assert "nextToken" not in second


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        (
            {"filterExpression": "INCLUDE ItemID WHERE Items.GENRE NOT IN ($GENRE)"},
            "InvalidInputException",
            "Invalid input symbol: $GENRE. Placeholders are not allowed with NOT_IN operator.",
        ),
        (
            {"filterExpression": "INCLUDE Item WHERE Items.PRICE > 5"},
            "InvalidInputException",
            "Invalid Expression: Item stands where there should be ItemID, UserID or ActionID (line 1, column 9).",
        ),
        (
            {"filterExpression": 'INCLUDE ItemID WHERE\n  Items.COLOUR IN ("red")'},
            "InvalidInputException",
            "Invalid Expression: the schema of Items has no field COLOUR (line 2, column 3).",
        ),
        (
            {"filterExpression": "INCLUDE ActionID WHERE Actions.VALUE > 5"},
            "InvalidInputException",
            "Invalid Expression: the dataset group has no Actions dataset (line 1, column 24).",
        ),
        (
            {"datasetGroupArn": f"{PERSONALIZE}:dataset-group/none"},
            "ResourceNotFoundException",
            f"The given dataset group does not exist: {PERSONALIZE}:dataset-group/none",
        ),
        (
            {"name": "taken", "filterExpression": "nonsense"},
            "ResourceAlreadyExistsException",
            f"Another resource with Arn {PERSONALIZE}:filter/taken already exists.",
        ),
        (
            {"tags": [{"tagKey": "a", "tagValue": "1"}, {"tagKey": "a", "tagValue": "2"}]},
            "InvalidInputException",
            "The tag key a is given more than once.",
        ),
        (
            {"tags": [{"tagKey": str(number), "tagValue": ""} for number in range(51)]},
            "TooManyTagsException",
            "You have exceeded the maximum number of tags you can apply to this resource: 50.",
        ),
    ],
    ids=["[err-016]", "syntax", "field", "dataset", "group", "name", "tags", "51 tags"],
)
def test_a_refused_filter_changes_nothing(
    sim: Simulation, here: Account, group: str, request_: dict[str, Any], code: str, message: str
) -> None:
    create(here, group, "taken")
    before = dump(sim._host.world)
    with refused(code, message):
        here.personalize.create_filter(
            **{"name": "new", "datasetGroupArn": group, "filterExpression": CHEAP, **request_}
        )
    assert dump(sim._host.world) == before


def test_five_may_run(sim: Simulation, here: Account, group: str) -> None:
    """[err-030]."""
    for number in range(5):
        create(here, group, f"f{number}")
    for _ in range(2):
        with refused(
            "LimitExceededException",
            "More than 5 resources with PENDING or IN_PROGRESS status. Please try again later.",
        ):
            create(here, group, "f5")
        sim.clock.tick(seconds=80)
    sim.clock.tick(seconds=10)
    create(here, group, "f5")


def test_thirty_may_stand(sim: Simulation, here: Account, group: str) -> None:
    """[err-007], when there could be 10."""
    for number in range(30):
        create(here, group, f"f{number}")
        sim.clock.tick(minutes=2)
    with refused("LimitExceededException", "More than 30 resources in ACTIVE state. Please delete some and try again."):
        create(here, group, "f30")
    here.personalize.delete_filter(filterArn=f"{PERSONALIZE}:filter/f0")
    sim.clock.tick(minutes=1)
    create(here, group, "f30")


def fields(start: int, stop: int) -> str:
    return "INCLUDE ItemID WHERE " + " OR ".join(f"Items.N{number} > 1" for number in range(start, stop))


def test_quotas_may_be_others() -> None:
    with simulate(start="2022-03-08T09:00:00Z", quotas={"fields_per_filter": 1, "running_filters": 1}) as sim:
        here = account()
        group = dataset(here, lambda: sim.clock.tick(hours=1), schema_text(EVENT_TYPE)).group
        add_dataset(here, group, "Users", "USER_ID", [numeric("AGE")])
        with refused("LimitExceededException", "The filter uses 2 distinct dataset fields; at most 1 are allowed."):
            create(here, group, "a", 'INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*") IF CurrentUser.AGE > 18')
        create(here, group, "a", 'INCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("*")')
        with refused(
            "LimitExceededException",
            "More than 1 resources with PENDING or IN_PROGRESS status. Please try again later.",
        ):
            create(here, group, "b", "EXCLUDE UserID WHERE Users.AGE < 18")


def test_a_filter_that_is_being_created_stays(here: Account, group: str) -> None:
    arn = create(here, group)
    with refused("ResourceInUseException", f"{arn} cannot be deleted while its creation is in progress."):
        here.personalize.delete_filter(filterArn=arn)
    assert status(here, arn) == "CREATE PENDING"


def test_a_filter_that_is_in_use_stays(sim: Simulation, here: Account) -> None:
    """[err-026]."""
    made = dataset(here, lambda: sim.clock.tick(hours=1))
    import_csv(here, made, some_interactions())
    add_dataset(here, made.group, "Items", "ITEM_ID", [numeric("PRICE")])
    sim.clock.tick(hours=1)
    solution = here.personalize.create_solution(
        name="films", datasetGroupArn=made.group, recipeArn=RECIPE, performAutoTraining=False
    )["solutionArn"]
    version = here.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    arn = create(here, made.group)
    sim.clock.tick(hours=1)

    here.personalize.create_campaign(name="films", solutionVersionArn=version)
    for _ in range(2):
        with refused(
            "ResourceInUseException",
            "The dataset group the filter belongs to is referenced by a campaign that's being actively created. "
            "Please wait for the resource creation to complete, and try the DeleteFilter call again",
        ):
            here.personalize.delete_filter(filterArn=arn)
        sim.clock.tick(minutes=1)
    sim.clock.tick(minutes=10)

    job = start_batch_job(here, version, arn)
    with refused("ResourceInUseException", f"{arn} cannot be deleted while a batch inference job is in progress."):
        here.personalize.delete_filter(filterArn=arn)
    assert status(here, arn) == "ACTIVE"
    other = create(here, made.group, "other")
    sim.clock.tick(minutes=2)
    assert here.personalize.describe_batch_inference_job(batchInferenceJobArn=job)["batchInferenceJob"]["status"] == (
        "CREATE IN_PROGRESS"
    )
    here.personalize.delete_filter(filterArn=other)
    sim.clock.tick(hours=1)
    here.personalize.delete_filter(filterArn=arn)
    sim.clock.tick(minutes=1)
    assert here.personalize.list_filters()["Filters"] == []


def start_batch_job(here: Account, version: str, filter_arn: str) -> str:
    here.s3.put_object(Bucket=here.bucket, Key="in/users.json", Body=b'{"userId": "u1"}')
    job: str = here.personalize.create_batch_inference_job(
        jobName="films",
        solutionVersionArn=version,
        filterArn=filter_arn,
        jobInput={"s3DataSource": {"path": f"s3://{here.bucket}/in/users.json"}},
        jobOutput={"s3DataDestination": {"path": f"s3://{here.bucket}/out/"}},
        roleArn=here.role,
    )["batchInferenceJobArn"]
    return job
