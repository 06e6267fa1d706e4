"""Tags, through boto3."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support import Account, account, refused, schema_text

from simulator import simulate

GONE = "arn:aws:personalize:us-east-1:123456789012:schema/gone"


@pytest.fixture
def here() -> Iterator[Account]:
    with simulate(start="2022-03-08T09:00:00Z", durations="instant"):
        yield account()


@pytest.fixture
def group(here: Account) -> str:
    arn: str = here.personalize.create_dataset_group(name="films", tags=[tag("team", "films")])["datasetGroupArn"]
    return arn


def tag(key: str, value: str = "") -> dict[str, str]:
    return {"tagKey": key, "tagValue": value}


def tags_of(here: Account, arn: str) -> dict[str, str]:
    listed = here.personalize.list_tags_for_resource(resourceArn=arn)["tags"]
    return {each["tagKey"]: each["tagValue"] for each in listed}


@pytest.mark.rule("tags.at-creation", "tags.of-a-resource")
def test_tags_come_change_and_go(here: Account, group: str) -> None:
    assert tags_of(here, group) == {"team": "films"}
    here.personalize.tag_resource(resourceArn=group, tags=[tag("team", "series"), tag("stage", "test")])
    assert tags_of(here, group) == {"team": "series", "stage": "test"}
    here.personalize.untag_resource(resourceArn=group, tagKeys=["team", "nothing"])
    assert tags_of(here, group) == {"stage": "test"}


@pytest.mark.rule("tags.go-with-the-resource")
def test_tags_go_with_their_resource(here: Account, group: str) -> None:
    here.personalize.delete_dataset_group(datasetGroupArn=group)
    here.personalize.list_schemas()
    assert here.personalize.create_dataset_group(name="films")["datasetGroupArn"] == group
    assert tags_of(here, group) == {}
    schema = here.personalize.create_schema(name="films", schema=schema_text())["schemaArn"]
    here.personalize.tag_resource(resourceArn=schema, tags=[tag("team")])
    here.personalize.delete_schema(schemaArn=schema)
    here.personalize.create_schema(name="films", schema=schema_text())
    assert tags_of(here, schema) == {}


@pytest.mark.rule("tags.unknown-resource")
def test_a_resource_that_is_not_there(here: Account, group: str) -> None:
    for call in (
        lambda: here.personalize.list_tags_for_resource(resourceArn=GONE),
        lambda: here.personalize.tag_resource(resourceArn=GONE, tags=[tag("a")]),
        lambda: here.personalize.untag_resource(resourceArn=GONE, tagKeys=["a"]),
    ):
        with refused("ResourceNotFoundException", f"Resource Arn {GONE} does not exist."):
            call()
    assert tags_of(here, group) == {"team": "films"}


@pytest.mark.rule("tags.fifty", "tags.fifty-keys")
def test_fifty_are_enough(here: Account, group: str) -> None:
    here.personalize.tag_resource(resourceArn=group, tags=[tag(f"k{number}") for number in range(49)])
    too_many = "You have exceeded the maximum number of tags you can apply to this resource: 50."
    with refused("TooManyTagsException", too_many):
        here.personalize.tag_resource(resourceArn=group, tags=[tag("one more")])
    assert len(tags_of(here, group)) == 50
    with refused("TooManyTagsException", too_many):
        here.personalize.create_dataset_group(name="other", tags=[tag(f"k{number}") for number in range(51)])
    assert len(here.personalize.list_dataset_groups()["datasetGroups"]) == 1
    with refused(
        "TooManyTagKeysException",
        "The request contains more tag keys than can be associated with a resource (50 tag keys per resource).",
    ):
        here.personalize.untag_resource(resourceArn=group, tagKeys=[f"k{number}" for number in range(51)])
    here.personalize.untag_resource(resourceArn=group, tagKeys=[f"k{number}" for number in range(50)])
    assert tags_of(here, group) == {"team": "films"}


@pytest.mark.refused("tags.key-once", "tags.reserved-prefix")
@pytest.mark.parametrize(
    ("tags", "wording"),
    [
        ([tag("a", "1"), tag("a", "2")], "The tag key a is given more than once."),
        ([tag("AWS:mine")], "The tag key AWS:mine begins with aws:, which is reserved for AWS."),
    ],
)
def test_keys_that_are_refused(here: Account, group: str, tags: list[dict[str, str]], wording: str) -> None:
    with refused("InvalidInputException", wording):
        here.personalize.tag_resource(resourceArn=group, tags=tags)
    with refused("InvalidInputException", wording):
        here.personalize.create_dataset_group(name="other", tags=tags)
    assert tags_of(here, group) == {"team": "films"}


@pytest.mark.accepted("tags.key-once", "tags.reserved-prefix")
def test_keys_that_are_accepted(here: Account, group: str) -> None:
    here.personalize.tag_resource(resourceArn=group, tags=[tag("a", "1"), tag("A", "1"), tag("my aws:", "1")])
    assert set(tags_of(here, group)) == {"team", "a", "A", "my aws:"}
