"""CloudFormation: stacks of Personalize's resources, through boto3 and moto's CloudFormation."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from support import RECIPE, REGION, Account, account, schema_text, some_interactions

from simulator import Simulation, simulate
from simulator.resources.dump import dump

pytest.importorskip("openapi_spec_validator", reason="moto[cloudformation] is not installed")

ARN = f"arn:aws:personalize:{REGION}:123456789012"
Json = dict[str, Any]


def resource(kind: str, **properties: Any) -> Json:
    return {"Type": f"AWS::Personalize::{kind}", "Properties": properties}


def att(logical_id: str, attribute: str) -> Json:
    return {"Fn::GetAtt": [logical_id, attribute]}


def group(name: str = "films", **more: Any) -> Json:
    return resource("DatasetGroup", Name=name, **more)


def schema(name: str = "films", **more: Any) -> Json:
    return resource("Schema", Name=name, Schema=schema_text(), **more)


def dataset(**more: Any) -> Json:
    given = {
        "Name": "films",
        "DatasetType": "Interactions",
        "DatasetGroupArn": att("Group", "DatasetGroupArn"),
        "SchemaArn": att("Schema", "SchemaArn"),
    }
    return resource("Dataset", **{**given, **more})


def import_job(here: Account, location: str, name: str = "first") -> Json:
    return {"JobName": name, "DataSource": {"DataLocation": location}, "RoleArn": here.role}


def solution(name: str = "films", **more: Any) -> Json:
    made = resource(
        "Solution",
        Name=name,
        DatasetGroupArn=att("Group", "DatasetGroupArn"),
        RecipeArn=RECIPE,
        PerformHPO=False,
        **more,
    )
    return {**made, "DependsOn": "Dataset"}


def of(resources: Json, **more: Any) -> str:
    return json.dumps({"Resources": resources, **more})


@pytest.fixture
def sim() -> Iterator[Simulation]:
    with simulate(start="2022-03-08T09:00:00Z", training="exact") as running:
        yield running


@pytest.fixture
def stacks(sim: Simulation) -> Any:
    return boto3.client("cloudformation", region_name=REGION)


@pytest.fixture
def full(here: Account) -> Json:
    """A template's resources, in an order that has nothing to do with how they depend on each other."""
    job = import_job(here, here.upload(some_interactions()))
    return {
        "Solution": solution(),
        "Dataset": dataset(DatasetImportJob=job),
        "Schema": schema(),
        "Group": group(),
    }


def names(here: Account) -> dict[str, list[str]]:
    """The names of all that stands."""
    p = here.personalize
    return {
        "groups": [each["name"] for each in p.list_dataset_groups()["datasetGroups"]],
        "schemas": [each["name"] for each in p.list_schemas()["schemas"]],
        "datasets": [each["name"] for each in p.list_datasets()["datasets"]],
        "solutions": [each["name"] for each in p.list_solutions()["solutions"]],
    }


NOTHING: dict[str, list[str]] = {"groups": [], "schemas": [], "datasets": [], "solutions": []}


def status(stacks: Any, name: str = "s") -> str:
    found: str = stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
    return found


def told(stacks: Any, name: str = "s") -> list[tuple[str, str]]:
    """The events of a stack, oldest first."""
    events = stacks.describe_stack_events(StackName=name)["StackEvents"][::-1]
    return [(each["LogicalResourceId"], each["ResourceStatus"]) for each in events]


def refusal(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationError"
    message: str = error["Message"]
    return message


@pytest.mark.filterwarnings("ignore::simulator.NotSimulatedWarning")
@pytest.mark.rule("cloudformation.create", "cloudformation.get-att", "cloudformation.ref")
@pytest.mark.rule("cloudformation.import-job", "cloudformation.waits", "cloudformation.delete")
def test_a_stack_comes_and_goes(sim: Simulation, here: Account, stacks: Any, full: Json) -> None:
    outputs = {
        "Ref": {"Value": {"Ref": "Group"}},
        "Solution": {"Value": att("Solution", "SolutionArn")},
        "Dataset": {"Value": {"Fn::Sub": "${Dataset.DatasetArn}"}},
    }
    stacks.create_stack(StackName="s", TemplateBody=of(full, Outputs=outputs))
    # A dataset group and a dataset of 30 seconds each, an import of 5 minutes; schemas and solutions take no time.
    assert sim.clock.now().isoformat() == "2022-03-08T09:06:00+00:00"
    [stack] = stacks.describe_stacks(StackName="s")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]} == {
        "Ref": f"{ARN}:dataset-group/films",
        "Solution": f"{ARN}:solution/films",
        "Dataset": f"{ARN}:dataset/films/INTERACTIONS",
    }
    physical = {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in stacks.describe_stack_resources(StackName="s")["StackResources"]
    }
    assert physical["Schema"] == f"{ARN}:schema/films"
    [job] = here.personalize.list_dataset_import_jobs()["datasetImportJobs"]
    assert (job["jobName"], job["status"]) == ("first", "ACTIVE")
    assert names(here) == {kind: ["films"] for kind in NOTHING}

    stacks.delete_stack(StackName="s")
    # 10 seconds for the solution, 30 each for dataset and group, one after the other.
    assert sim.clock.now().isoformat() == "2022-03-08T09:07:10+00:00"
    assert names(here) == NOTHING
    deletions = [each for each in sim._host.world.journal if each.name.startswith("Delete") and each.kind == "call"]
    assert [(each.name, each.outcome) for each in deletions] == [
        ("DeleteSolution", ""),
        ("DeleteDataset", ""),
        ("DeleteSchema", ""),
        ("DeleteDatasetGroup", ""),
    ]


@pytest.mark.rule("cloudformation.waits")
def test_waiting_passes_what_falls_due_on_the_way(sim: Simulation, here: Account, stacks: Any) -> None:
    here.personalize.create_dataset_group(name="before")
    sim.clock.tick(seconds=10)
    stacks.create_stack(StackName="s", TemplateBody=of({"Group": group()}))
    found = {
        each["name"]: each["lastUpdatedDateTime"] for each in here.personalize.list_dataset_groups()["datasetGroups"]
    }
    assert found["films"] - found["before"] == timedelta(seconds=10)


@pytest.mark.rule("cloudformation.create")
def test_a_time_of_the_simulations_own_moves_as_well() -> None:
    with simulate(start="2022-03-08T09:00:00Z", freeze=False) as sim:
        boto3.client("cloudformation", region_name=REGION).create_stack(
            StackName="s", TemplateBody=of({"Group": group()})
        )
        assert sim.clock.now().isoformat() == "2022-03-08T09:00:30+00:00"


@pytest.mark.rule("cloudformation.create")
def test_a_plain_mock_has_stacks_too() -> None:
    with mock_aws():
        here = account()
        stacks = boto3.client("cloudformation", region_name=REGION)
        job = import_job(here, here.upload(some_interactions()))
        template = of({"Dataset": dataset(DatasetImportJob=job), "Schema": schema(), "Group": group()})
        stacks.create_stack(StackName="s", TemplateBody=template)
        assert names(here)["datasets"] == ["films"]
        stacks.delete_stack(StackName="s")
        assert names(here) == NOTHING
    with mock_aws():
        assert names(account()) == NOTHING


@pytest.mark.rule("cloudformation.create")
def test_a_stack_stands_in_its_own_account_and_region(sim: Simulation) -> None:
    role = boto3.client("sts", region_name=REGION).assume_role(
        RoleArn="arn:aws:iam::999999999999:role/r", RoleSessionName="someone"
    )["Credentials"]
    session = boto3.Session(role["AccessKeyId"], role["SecretAccessKey"], role["SessionToken"], "eu-west-1")
    session.client("cloudformation").create_stack(StackName="s", TemplateBody=of({"Group": group()}))
    [found] = session.client("personalize").list_dataset_groups()["datasetGroups"]
    assert found["datasetGroupArn"] == "arn:aws:personalize:eu-west-1:999999999999:dataset-group/films"
    assert boto3.client("personalize", region_name="eu-west-1").list_dataset_groups()["datasetGroups"] == []


@pytest.mark.rule("cloudformation.get-att")
def test_other_attributes_are_unknown(stacks: Any) -> None:
    template = of({"Group": group()}, Outputs={"Arn": {"Value": att("Group", "Arn")}})
    assert refusal(stacks.create_stack, StackName="s", TemplateBody=template) == (
        "Template error: resource DatasetGroup does not support attribute type Arn in Fn::GetAtt"
    )


@pytest.mark.rule("cloudformation.tags")
def test_tags(here: Account, stacks: Any) -> None:
    own = [{"Key": "team", "Value": "films"}]
    template = of({"Group": group(Tags=own), "Schema": schema(Tags=own)})
    of_stack = [{"Key": "team", "Value": "all"}, {"Key": "stage", "Value": "test"}]
    stacks.create_stack(StackName="s", TemplateBody=template, Tags=of_stack)
    for arn in (f"{ARN}:dataset-group/films", f"{ARN}:schema/films"):
        tags = here.personalize.list_tags_for_resource(resourceArn=arn)["tags"]
        assert {each["tagKey"]: each["tagValue"] for each in tags} == {"team": "films", "stage": "test"}


@pytest.mark.rule("cloudformation.event-tracker")
def test_an_event_tracker_and_its_tags(sim: Simulation, here: Account, stacks: Any) -> None:
    def template(*tags: Json) -> str:
        tracker = resource("EventTracker", Name="films", DatasetGroupArn=att("Group", "DatasetGroupArn"), Tags=tags)
        outputs = {"Id": {"Value": att("Tracker", "TrackingId")}, "Arn": {"Value": att("Tracker", "EventTrackerArn")}}
        return of({"Tracker": tracker, "Group": group()}, Outputs=outputs)

    old = template({"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"})
    stacks.create_stack(StackName="s", TemplateBody=old, Tags=[{"Key": "all", "Value": "0"}])
    [made] = here.personalize.list_event_trackers()["eventTrackers"]
    arn = made["eventTrackerArn"]
    tracking_id = here.personalize.describe_event_tracker(eventTrackerArn=arn)["eventTracker"]["trackingId"]
    [stack] = stacks.describe_stacks(StackName="s")["Stacks"]
    assert {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]} == {"Id": tracking_id, "Arn": arn}
    now = sim.clock.now()
    stacks.update_stack(StackName="s", TemplateBody=template({"Key": "b", "Value": "3"}, {"Key": "c", "Value": "4"}))
    tags = here.personalize.list_tags_for_resource(resourceArn=arn)["tags"]
    assert {each["tagKey"]: each["tagValue"] for each in tags} == {"all": "0", "b": "3", "c": "4"}
    assert (here.personalize.list_event_trackers()["eventTrackers"], sim.clock.now()) == ([made], now)
    stacks.delete_stack(StackName="s")
    assert here.personalize.list_event_trackers()["eventTrackers"] == []


# --- refusals ------------------------------------------------------------------------------------------------


@pytest.mark.rule("cloudformation.refused")
def test_what_the_service_refuses_is_rolled_back(sim: Simulation, here: Account, stacks: Any, full: Json) -> None:
    bad = here.upload(b"USER_ID,TIMESTAMP\nu,1\n", "bad.csv")
    full["Dataset"] = dataset(DatasetImportJob=import_job(here, bad))
    full["Queue"] = {"Type": "AWS::SQS::Queue", "DependsOn": "Group"}
    before = names(here)
    outputs = {"Arn": {"Value": att("Dataset", "DatasetArn")}}
    message = refusal(stacks.create_stack, StackName="s", TemplateBody=of(full, Outputs=outputs))
    assert message.startswith(
        'Resource handler returned message: "Input csv is missing the following columns: [ITEM_ID] '
        "(Service: Personalize, Status Code: 400, Request ID: "
    )
    assert message.endswith(')" (HandlerErrorCode: InvalidRequest)')
    assert names(here) == before == NOTHING
    assert boto3.client("sqs", region_name=REGION).list_queues().get("QueueUrls", []) == []
    assert status(stacks) == "ROLLBACK_COMPLETE"
    assert stacks.describe_stack_resources(StackName="s")["StackResources"] == []
    assert told(stacks) == [
        ("s", "CREATE_IN_PROGRESS"),
        ("Dataset", "CREATE_FAILED"),
        ("s", "ROLLBACK_IN_PROGRESS"),
        ("s", "ROLLBACK_COMPLETE"),
    ]
    failed = stacks.describe_stack_events(StackName="s")["StackEvents"][2]
    assert (failed["ResourceStatusReason"], failed["ResourceType"]) == (message, "AWS::Personalize::Dataset")
    stacks.delete_stack(StackName="s")
    assert [each["StackStatus"] for each in stacks.list_stacks()["StackSummaries"]] == ["DELETE_COMPLETE"]


@pytest.mark.rule("cloudformation.failed-import")
def test_an_import_that_fails_fails_the_stack(sim: Simulation, here: Account, stacks: Any, full: Json) -> None:
    few = here.upload(some_interactions(rows=10), "few.csv")
    full["Dataset"] = dataset(DatasetImportJob=import_job(here, few))
    message = refusal(stacks.create_stack, StackName="s", TemplateBody=of(full))
    assert message.startswith('Resource handler returned message: "')
    assert message.endswith('" (HandlerErrorCode: NotStabilized)')
    assert "1000" in message
    assert status(stacks) == "ROLLBACK_COMPLETE"
    assert names(here) == NOTHING
    # Six minutes to the failure, a minute to roll back.
    assert sim.clock.now().isoformat() == "2022-03-08T09:07:00+00:00"


@pytest.mark.rule("cloudformation.already-exists")
def test_what_is_there_already(sim: Simulation, here: Account, stacks: Any) -> None:
    made = here.personalize.create_dataset_group(name="films")["datasetGroupArn"]
    here.personalize.create_schema(name="films", schema=schema_text())
    sim.clock.tick(minutes=1)
    before = dump(sim._host.world)
    assert refusal(stacks.create_stack, StackName="g", TemplateBody=of({"Group": group()})) == (
        "Resource handler returned message: \"Resource of type 'AWS::Personalize::DatasetGroup' with identifier "
        "'films' already exists.\" (HandlerErrorCode: AlreadyExists)"
    )
    assert dump(sim._host.world) == before
    here.personalize.create_dataset(
        name="d", schemaArn=f"{ARN}:schema/films", datasetGroupArn=made, datasetType="Interactions"
    )
    template = of({"Dataset": dataset(DatasetGroupArn=made, SchemaArn=f"{ARN}:schema/films")})
    assert refusal(stacks.create_stack, StackName="d", TemplateBody=template) == (
        "Resource handler returned message: \"Resource of type 'AWS::Personalize::Dataset' with identifier "
        f"'{ARN}:dataset/films/INTERACTIONS' already exists.\" (HandlerErrorCode: AlreadyExists)"
    )


@pytest.mark.rule("cloudformation.properties")
@pytest.mark.parametrize(
    ("resources", "fault"),
    [
        ({"Group": group(Colour="red")}, "Group with message:\n#: extraneous key [Colour] is not permitted"),
        ({"Group": resource("DatasetGroup")}, "Group with message:\n#: required key [Name] not found"),
        (
            {"Dataset": dataset(DatasetType="Actions", DatasetGroupArn=f"{ARN}:dataset-group/g", SchemaArn="a")},
            "Dataset with message:\n#/DatasetType: Actions is not a valid enum value",
        ),
        ({"Group": group(Tags={"a": "b"})}, "Group with message:\n#/Tags: expected type: JSONArray"),
        (
            {"Group": group(Tags=[{"Key": "a", "Value": "b"}, "c"])},
            "Group with message:\n#/Tags/1: required keys [Key] and [Value] not found",
        ),
    ],
)
def test_properties_are_checked_first(sim: Simulation, stacks: Any, resources: Json, fault: str) -> None:
    message = refusal(stacks.create_stack, StackName="s", TemplateBody=of(resources))
    assert message == f"Properties validation failed for resource {fault}"
    assert sim._host.world.journal == []


@pytest.mark.rule("cloudformation.refused")
def test_values_are_the_services_to_check(sim: Simulation, stacks: Any) -> None:
    message = refusal(stacks.create_stack, StackName="s", TemplateBody=of({"Group": group(name="no spaces, please")}))
    assert "Value 'no spaces, please' at 'name' failed to satisfy constraint" in message


def test_texts_and_literals_are_what_the_service_wants() -> None:
    from simulator.aws.cloudformation.calls import member

    given = {
        "PerformHPO": "true",
        "SolutionConfig": {
            "EventValueThreshold": 0.5,
            "AlgorithmHyperParameters": {"BptT": 32},
            "HpoConfig": {"AlgorithmHyperParameterRanges": {"IntegerHyperParameterRanges": [{"MinValue": "3"}]}},
        },
    }
    assert {name: member(name, value) for name, value in given.items()} == {
        "PerformHPO": True,
        "SolutionConfig": {
            "eventValueThreshold": "0.5",
            "algorithmHyperParameters": {"BptT": "32"},
            "hpoConfig": {"algorithmHyperParameterRanges": {"integerHyperParameterRanges": [{"minValue": 3}]}},
        },
    }


# --- updates and deletions -----------------------------------------------------------------------------------


@pytest.mark.rule("cloudformation.no-change")
def test_an_update_that_changes_nothing(sim: Simulation, here: Account, stacks: Any) -> None:
    stacks.create_stack(StackName="s", TemplateBody=of({"Group": group()}))
    before, calls = dump(sim._host.world), len(sim._host.world.journal)
    stacks.update_stack(StackName="s", TemplateBody=of({"Group": {**group(), "Metadata": {"a": "b"}}}))
    assert status(stacks) == "UPDATE_COMPLETE"
    assert (dump(sim._host.world), len(sim._host.world.journal)) == (before, calls)


@pytest.mark.rule("cloudformation.replacement")
def test_a_changed_name_replaces_a_group(sim: Simulation, here: Account, stacks: Any) -> None:
    outputs = {"Arn": {"Value": att("Group", "DatasetGroupArn")}}
    stacks.create_stack(StackName="s", TemplateBody=of({"Group": group()}, Outputs=outputs))
    stacks.update_stack(StackName="s", TemplateBody=of({"Group": group("series")}, Outputs=outputs))
    assert names(here)["groups"] == ["series"]
    [stack] = stacks.describe_stacks(StackName="s")["Stacks"]
    assert stack["Outputs"][0]["OutputValue"] == f"{ARN}:dataset-group/series"
    # A creation, a creation and a deletion of 30 seconds each.
    assert sim.clock.now().isoformat() == "2022-03-08T09:01:30+00:00"


@pytest.mark.rule("cloudformation.replacement")
def test_all_that_changes_together(here: Account, stacks: Any) -> None:
    old = {"Dataset": dataset(), "Schema": schema(), "Group": group()}
    new = {"Group": group("series"), "Schema": schema("series"), "Dataset": dataset(Name="series")}
    stacks.create_stack(StackName="s", TemplateBody=of(old))
    stacks.update_stack(StackName="s", TemplateBody=of(new))
    assert names(here) == {**{kind: ["series"] for kind in NOTHING}, "solutions": []}
    stacks.delete_stack(StackName="s")
    assert names(here) == NOTHING


@pytest.mark.rule("cloudformation.replacement")
def test_a_replacement_that_is_refused_leaves_the_old_one(here: Account, stacks: Any) -> None:
    stacks.create_stack(StackName="s", TemplateBody=of({"Schema": schema()}))
    message = refusal(
        stacks.update_stack, StackName="s", TemplateBody=of({"Schema": schema(Tags=[{"Key": "a", "Value": "b"}])})
    )
    assert message.endswith("with identifier 'films' already exists.\" (HandlerErrorCode: AlreadyExists)")
    assert told(stacks)[-1] == ("Schema", "UPDATE_FAILED")
    assert names(here)["schemas"] == ["films"]


@pytest.mark.rule("cloudformation.import-again")
def test_another_import_job(here: Account, stacks: Any, full: Json) -> None:
    del full["Solution"]
    stacks.create_stack(StackName="s", TemplateBody=of(full))
    [before] = here.personalize.list_datasets()["datasets"]
    full["Dataset"] = dataset(DatasetImportJob=import_job(here, here.upload(some_interactions(seed=1)), "second"))
    stacks.update_stack(StackName="s", TemplateBody=of(full))
    jobs = here.personalize.list_dataset_import_jobs()["datasetImportJobs"]
    assert {(each["jobName"], each["status"]) for each in jobs} == {("first", "ACTIVE"), ("second", "ACTIVE")}
    assert here.personalize.list_datasets()["datasets"] == [before]


@pytest.mark.rule("cloudformation.import-again")
def test_another_import_job_that_is_refused(here: Account, stacks: Any, full: Json) -> None:
    del full["Solution"]
    stacks.create_stack(StackName="s", TemplateBody=of(full))
    job = import_job(here, f"s3://{here.bucket}/none.csv", "second")
    message = refusal(
        stacks.update_stack, StackName="s", TemplateBody=of({**full, "Dataset": dataset(DatasetImportJob=job)})
    )
    assert "none.csv" in message
    assert names(here)["datasets"] == ["films"]


@pytest.mark.rule("cloudformation.delete")
def test_a_resource_that_leaves_its_template_and_one_that_is_retained(here: Account, stacks: Any) -> None:
    kept = {**schema(), "DeletionPolicy": "Retain"}
    stacks.create_stack(StackName="s", TemplateBody=of({"Schema": kept, "Other": schema("other"), "Group": group()}))
    stacks.update_stack(StackName="s", TemplateBody=of({"Schema": kept, "Group": group()}))
    assert names(here)["schemas"] == ["films"]
    here.personalize.delete_dataset_group(datasetGroupArn=f"{ARN}:dataset-group/films")
    stacks.delete_stack(StackName="s")
    assert names(here) == {**NOTHING, "schemas": ["films"]}


@pytest.mark.rule("cloudformation.delete")
def test_a_look_at_a_deleted_stack_brings_nothing_back(here: Account, stacks: Any) -> None:
    template = of({"Group": group()}, Outputs={"Arn": {"Value": att("Group", "DatasetGroupArn")}})
    stack_id = stacks.create_stack(StackName="s", TemplateBody=template)["StackId"]
    stacks.delete_stack(StackName="s")
    assert status(stacks, stack_id) == "DELETE_COMPLETE"
    assert names(here) == NOTHING


@pytest.mark.filterwarnings("ignore::simulator.NotSimulatedWarning")
@pytest.mark.rule("cloudformation.delete-failed")
def test_a_stack_that_cannot_go(sim: Simulation, here: Account, stacks: Any, full: Json) -> None:
    stacks.create_stack(StackName="s", TemplateBody=of(full))
    made = here.personalize.create_solution_version(solutionArn=f"{ARN}:solution/films")["solutionVersionArn"]
    sim.clock.tick(hours=1)
    campaign = here.personalize.create_campaign(name="films", solutionVersionArn=made)["campaignArn"]
    sim.clock.tick(hours=1)
    message = refusal(stacks.delete_stack, StackName="s")
    assert "(Service: Personalize, Status Code: 400, Request ID: " in message
    assert message.endswith("(HandlerErrorCode: ResourceConflict)")
    assert status(stacks) == "DELETE_FAILED"
    assert ("Solution", "DELETE_FAILED") in told(stacks)
    here.personalize.delete_campaign(campaignArn=campaign)
    sim.clock.tick(hours=1)
    stacks.delete_stack(StackName="s")
    assert names(here) == NOTHING
    assert [each["StackStatus"] for each in stacks.list_stacks()["StackSummaries"]] == ["DELETE_COMPLETE"]


@pytest.mark.rule("cloudformation.refused")
def test_change_sets(here: Account, stacks: Any) -> None:
    stacks.create_change_set(
        StackName="s", ChangeSetName="one", ChangeSetType="CREATE", TemplateBody=of({"Group": group()})
    )
    stacks.execute_change_set(StackName="s", ChangeSetName="one")
    assert (status(stacks), names(here)["groups"]) == ("CREATE_COMPLETE", ["films"])
    bad = of({"Group": group(), "Schema": resource("Schema", Name="films", Schema="{}")})
    stacks.create_change_set(StackName="s", ChangeSetName="two", ChangeSetType="UPDATE", TemplateBody=bad)
    assert "(Service: Personalize" in refusal(stacks.execute_change_set, StackName="s", ChangeSetName="two")
    assert names(here)["groups"] == ["films"]


@pytest.mark.rule("cloudformation.create")
def test_moto_that_has_listed_its_types_before_learns_ours() -> None:
    code = (
        "import moto.cloudformation.parsing as parsing\n"
        "kind = 'AWS::Personalize::DatasetGroup'\n"
        "assert kind not in parsing.get_model_map()\n"
        "import simulator\n"
        "assert kind in parsing.get_model_map()\n"
        "assert parsing.resource_name_property_from_type(kind) == 'Name'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
