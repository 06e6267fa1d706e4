"""Names of a run's own: what is renamed, what is not, and that the story does not notice."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.scenario.names import LONGEST, Names, suffix_of

SUFFIX = "-k3f9x2"
SESSION = boto3.Session(region_name="us-east-1", aws_access_key_id="any", aws_secret_access_key="any")
MODELS = {service: SESSION.client(service).meta.service_model for service in ("personalize", "s3", "iam")}
ROLE_ARN = "arn:aws:iam::123456789012:role/team/films-role"


def sent(names: Names, call: str, **request: Any) -> dict[str, Any]:
    service, operation = call.split(".")
    return names.outgoing(MODELS[service].operation_model(operation), request)


@pytest.fixture
def names() -> Names:
    """Names with a bucket `films`, a role `films-role` and a dataset group `films`."""
    names = Names(SUFFIX)
    sent(names, "s3.CreateBucket", Bucket="films")
    sent(names, "iam.CreateRole", RoleName="films-role")
    sent(names, "personalize.CreateDatasetGroup", name="films")
    return names


def test_a_suffix_is_a_seed_s_own_and_otherwise_new() -> None:
    assert suffix_of(7) == suffix_of(7) != suffix_of(8)
    assert suffix_of() != suffix_of()
    assert suffix_of(7)[0] == "-"
    assert suffix_of(7)[1].isalpha()  # nothing that reads as a number, or begins with one
    assert len(suffix_of(7)) == 7


@pytest.mark.parametrize(
    ("call", "member"),
    [
        ("personalize.CreateSchema", "name"),
        ("personalize.CreateDatasetImportJob", "jobName"),
        ("s3.CreateBucket", "Bucket"),
        ("iam.CreateRole", "RoleName"),
        ("iam.CreatePolicy", "PolicyName"),
    ],
)
def test_what_is_created_gets_a_name_of_its_own(call: str, member: str) -> None:
    assert sent(Names(SUFFIX), call, **{member: "articles"}) == {member: f"articles{SUFFIX}"}


def test_a_name_is_replaced_wherever_it_names_something(names: Names) -> None:
    assert sent(names, "s3.PutObject", Bucket="films", Key="films") == {"Bucket": f"films{SUFFIX}", "Key": "films"}
    assert sent(names, "s3.CopyObject", Bucket="other", CopySource="films/films", Key="x")["CopySource"] == (
        f"films{SUFFIX}/films"
    )
    policy = json.dumps({"Resource": ["arn:aws:s3:::films", "arn:aws:s3:::films/*", "arn:aws:s3:::films-too/films"]})
    assert json.loads(sent(names, "s3.PutBucketPolicy", Bucket="films", Policy=policy)["Policy"])["Resource"] == [
        f"arn:aws:s3:::films{SUFFIX}",
        f"arn:aws:s3:::films{SUFFIX}/*",
        "arn:aws:s3:::films-too/films",
    ]
    group = "arn:aws:personalize:us-east-1:123456789012:dataset-group/films"
    assert sent(
        names,
        "personalize.CreateDatasetImportJob",
        jobName="films",
        datasetArn="arn:aws:personalize:us-east-1:123456789012:dataset/films/INTERACTIONS",
        roleArn=ROLE_ARN,
        dataSource={"dataLocation": "s3://films/films/films.csv"},
        tags=[{"tagKey": "films", "tagValue": group}],
    ) == {
        "jobName": f"films{SUFFIX}",
        "datasetArn": f"arn:aws:personalize:us-east-1:123456789012:dataset/films{SUFFIX}/INTERACTIONS",
        "roleArn": f"arn:aws:iam::123456789012:role/team/films-role{SUFFIX}",
        "dataSource": {"dataLocation": f"s3://films{SUFFIX}/films/films.csv"},
        "tags": [{"tagKey": "films", "tagValue": f"{group}{SUFFIX}"}],
    }


def test_a_name_may_be_used_before_it_names_something() -> None:
    names = Names(SUFFIX)
    names.expect(MODELS["s3"].operation_model("CreateBucket"), {"Bucket": "films"})
    assert sent(names, "iam.PutRolePolicy", PolicyDocument='"arn:aws:s3:::films/*"') == {
        "PolicyDocument": f'"arn:aws:s3:::films{SUFFIX}/*"'
    }
    assert sent(names, "s3.CreateBucket", Bucket="films") == {"Bucket": f"films{SUFFIX}"}


def test_the_same_word_elsewhere_is_left_alone(names: Names) -> None:
    for call, request in {
        "personalize.CreateFilter": {"filterExpression": 'INCLUDE ItemID WHERE Items.KIND IN ("films")'},
        "personalize.CreateSchema": {"schema": '{"name": "films"}'},
        "personalize.TagResource": {"tags": [{"tagKey": "name", "tagValue": "films"}]},
        "personalize.CreateSolution": {"recipeArn": "arn:aws:personalize:::recipe/films"},
        "s3.ListObjectsV2": {"Prefix": "films/"},
        "s3.PutObject": {"Body": "ITEM_ID\nfilms\n", "Key": "films"},
        "iam.AttachRolePolicy": {"PolicyArn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"},
    }.items():
        assert sent(names, call, **request) == request


def test_answers_are_rid_of_the_suffix(names: Names) -> None:
    answer = {
        f"films{SUFFIX}": [f"arn:aws:personalize:us-east-1:1:dataset/films{SUFFIX}/ITEMS", 7, None, "films"],
        "message": f"Another resource with Arn ...schema/films{SUFFIX} already exists",
    }
    assert names.incoming(answer) == {
        "films": ["arn:aws:personalize:us-east-1:1:dataset/films/ITEMS", 7, None, "films"],
        "message": "Another resource with Arn ...schema/films already exists",
    }


def test_what_came_in_an_answer_is_sent_as_it_came(names: Names) -> None:
    key = f"export/AMZN/arn:aws:personalize:us-east-1:1:dataset-group/films{SUFFIX}/films{SUFFIX}/part-0.csv"
    inside = names.incoming(key)
    assert SUFFIX not in inside
    assert sent(names, "s3.GetObject", Bucket="films", Key=inside)["Key"] == key


def test_long_names_are_cut_and_stay_apart() -> None:
    names = Names(SUFFIX)
    long = ["x" * LONGEST, "x" * (LONGEST - 1) + "y", "x" * (LONGEST - 1)]
    outside = [sent(names, "personalize.CreateSchema", name=each)["name"] for each in long]
    assert len(set(outside)) == 3
    assert all(len(each) <= LONGEST and each.endswith(SUFFIX) for each in outside)
    assert [names.incoming(each) for each in outside] == long


@pytest.mark.parametrize("name", ["", "no name", "-films", "x" * 64])
def test_what_the_service_would_refuse_stays_so(name: str) -> None:
    assert sent(Names(SUFFIX), "personalize.CreateSchema", name=name) == {"name": name}


@given(st.lists(st.from_regex(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", fullmatch=True), min_size=1, max_size=6))
def test_no_name_is_lost_on_the_way(created: list[str]) -> None:
    names = Names(SUFFIX)
    for name in created:
        sent(names, "personalize.CreateSolution", name=name)
    for name in created:
        arn = f"arn:aws:personalize:us-east-1:123456789012:solution/{name}/1a2b"
        outside = sent(names, "personalize.CreateCampaign", solutionVersionArn=arn)["solutionVersionArn"]
        assert outside != arn
        assert names.incoming(outside) == arn
        assert names.incoming(sent(names, "personalize.CreateSolution", name=name)) == {"name": name}
