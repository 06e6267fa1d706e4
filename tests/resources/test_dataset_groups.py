"""Dataset groups, their domains and keys, through boto3."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import boto3
import pytest
from support import REGION, SERVICE, Account, account, policy, refused, schema_text

from simulator import Simulation, simulate
from simulator.resources.dump import dump

ARN = "arn:aws:personalize:us-east-1:123456789012:dataset-group/"
THEIRS = "arn:aws:iam::999999999999:role/theirs"
OF_ROLE = ["kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey", "kms:ListGrants"]


@pytest.fixture
def sim() -> Iterator[Simulation]:
    with simulate(start="2022-03-08T09:00:00Z") as running:
        yield running


class TestAnswers:
    def test_a_domain_as_recorded(self, sim: Simulation, here: Account) -> None:
        """[resp-021] The answer has the domain; that of a Custom group has its ARN alone."""
        p = here.personalize
        shop = p.create_dataset_group(name="shop", domain="ECOMMERCE")
        own = p.create_dataset_group(name="own")
        del shop["ResponseMetadata"], own["ResponseMetadata"]
        assert shop == {"datasetGroupArn": ARN + "shop", "domain": "ECOMMERCE"}
        assert own == {"datasetGroupArn": ARN + "own"}
        assert p.describe_dataset_group(datasetGroupArn=ARN + "shop")["datasetGroup"]["domain"] == "ECOMMERCE"
        listed = {group["name"]: group.get("domain") for group in p.list_dataset_groups()["datasetGroups"]}
        assert listed == {"shop": "ECOMMERCE", "own": None}

    def test_a_custom_group_as_recorded(self, sim: Simulation, here: Account) -> None:
        """[resp-053] Five members, no more; about 28 seconds from creation to ACTIVE."""
        here.personalize.create_dataset_group(name="films")
        sim.clock.tick(minutes=1)
        shown = here.personalize.describe_dataset_group(datasetGroupArn=ARN + "films")["datasetGroup"]
        created, updated = shown.pop("creationDateTime"), shown.pop("lastUpdatedDateTime")
        assert shown == {"name": "films", "datasetGroupArn": ARN + "films", "status": "ACTIVE"}
        assert (updated - created).total_seconds() == 30

    def test_a_quick_creation_as_recorded(self) -> None:
        """[life-005] One poll each 5 seconds: CREATE PENDING once, then ACTIVE (2019; resp-053 is newer)."""
        with simulate(durations={"dataset_group": timedelta(seconds=5)}) as sim:
            p = account().personalize
            p.create_dataset_group(name="films")
            seen = [p.describe_dataset_group(datasetGroupArn=ARN + "films")["datasetGroup"]["status"]]
            sim.clock.tick(seconds=5)
            seen.append(p.describe_dataset_group(datasetGroupArn=ARN + "films")["datasetGroup"]["status"])
        assert seen == ["CREATE PENDING", "ACTIVE"]

    def test_an_empty_account_as_recorded(self, here: Account) -> None:
        """[resp-037] Twenty bytes, no token."""
        answer = here.personalize.list_dataset_groups()
        assert answer.pop("ResponseMetadata")["HTTPHeaders"]["content-length"] == "20"
        assert answer == {"datasetGroups": []}


@dataclass
class Safe:
    """A key, and a role of its own that may use it."""

    here: Account
    kms: Any
    key: str
    role: str

    @property
    def key_id(self) -> str:
        return self.key.rpartition("/")[2]

    def role_may(self, *actions: str, **more: Any) -> None:
        self.here.iam.put_role_policy(
            RoleName="keyholder",
            PolicyName="kms",
            PolicyDocument=policy(Action=list(actions), Resource=self.key, **more),
        )

    def key_admits(self, principal: str, *actions: str, **more: Any) -> None:
        document = policy(Principal={"AWS": principal}, Action=list(actions), Resource="*", **more)
        self.kms.put_key_policy(KeyId=self.key, PolicyName="default", Policy=document)

    def create(self, name: str = "secret", **more: str) -> Any:
        request = {"name": name, "kmsKeyArn": self.key, "roleArn": self.role} | more
        return self.here.personalize.create_dataset_group(**request)

    def shown(self, name: str = "secret") -> dict[str, Any]:
        group: dict[str, Any] = self.here.personalize.describe_dataset_group(datasetGroupArn=ARN + name)["datasetGroup"]
        return group


@pytest.fixture
def safe(here: Account) -> Safe:
    kms = boto3.client("kms", region_name=REGION)
    key = kms.create_key(Description="films")["KeyMetadata"]["Arn"]
    role = here.iam.create_role(
        RoleName="keyholder", AssumeRolePolicyDocument=policy(Principal=SERVICE, Action="sts:AssumeRole")
    )["Role"]["Arn"]
    made = Safe(here, kms, key, role)
    made.role_may(*OF_ROLE)
    return made


ROOT = "arn:aws:iam::123456789012:root"
KEYHOLDER = "arn:aws:iam::123456789012:role/keyholder"


class TestKeys:
    @pytest.mark.parametrize(
        "arrange",
        [
            lambda safe: None,
            lambda safe: safe.key_admits(KEYHOLDER, *OF_ROLE, "kms:CreateGrant"),
            lambda safe: safe.key_admits("*", "kms:*"),
            lambda safe: safe.role_may("kms:*"),
            lambda safe: safe.key_admits(
                ROOT, "kms:*", Condition={"StringEquals": {"kms:CallerAccount": "123456789012"}}
            ),
        ],
        ids=["default key policy", "role named", "anybody", "role may all", "with a condition"],
    )
    def test_a_role_that_may_use_the_key(self, sim: Simulation, safe: Safe, arrange: Callable[[Safe], None]) -> None:
        """[err-002] Not so with a role of another account; here the role is the account's own."""
        arrange(safe)
        safe.create()
        assert "failureReason" not in safe.shown()
        sim.clock.tick(seconds=30)
        shown = safe.shown()
        assert (shown["status"], shown["kmsKeyArn"], shown["roleArn"]) == ("ACTIVE", safe.key, safe.role)
        [listed] = safe.here.personalize.list_dataset_groups()["datasetGroups"]
        assert listed.keys() == {"name", "datasetGroupArn", "status", "creationDateTime", "lastUpdatedDateTime"}
        schema = safe.here.personalize.create_schema(name="films", schema=schema_text())["schemaArn"]
        safe.here.personalize.create_dataset(
            name="films", schemaArn=schema, datasetGroupArn=ARN + "secret", datasetType="Interactions"
        )

    @pytest.mark.parametrize(
        ("arrange", "more", "why"),
        [
            (
                lambda safe: safe.role_may("kms:CreateGrant", Effect="Deny"),
                {},
                "the role's policies do not allow kms:DescribeKey",
            ),
            (
                lambda safe: safe.key_admits("arn:aws:iam::123456789012:role/another", "kms:*"),
                {},
                "the key's policy does not allow kms:DescribeKey to the role",
            ),
            (
                lambda safe: safe.key_admits(ROOT, "kms:*", Condition={"StringEquals": {"kms:CallerAccount": "1"}}),
                {},
                "the key's policy does not allow kms:DescribeKey to the role",
            ),
            (
                lambda safe: safe.kms.put_key_policy(KeyId=safe.key, PolicyName="default", Policy="{"),
                {},
                "a policy is malformed: not JSON: Expecting property name enclosed in double quotes: line 1 column 2 "
                "(char 1)",
            ),
            (
                lambda safe: safe.kms.schedule_key_deletion(KeyId=safe.key_id),
                {},
                "there is no such key, or it is not enabled",
            ),
            (
                lambda safe: None,
                {"kmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/none"},
                "there is no such key, or it is not enabled",
            ),
            (
                lambda safe: None,
                {"kmsKeyArn": "arn:aws:kms:us-east-1:555555555555:key/none"},
                "there is no such key, or it is not enabled",
            ),
            (
                lambda safe: None,
                {"roleArn": "arn:aws:iam::123456789012:role/nobody"},
                "there is no such role",
            ),
            (
                lambda safe: safe.here.iam.update_assume_role_policy(
                    RoleName="keyholder",
                    PolicyDocument=policy(Principal={"Service": "ec2.amazonaws.com"}, Action="sts:AssumeRole"),
                ),
                {},
                "the role does not let personalize.amazonaws.com assume it",
            ),
        ],
        ids=[
            "denied to the role",
            "another role's key",
            "a condition not met",
            "malformed key policy",
            "going",
            "no key",
            "no account",
            "no role",
            "no trust",
        ],
    )
    def test_a_role_that_may_not(
        self, sim: Simulation, safe: Safe, arrange: Callable[[Safe], None], more: dict[str, str], why: str
    ) -> None:
        """[life-004] CREATE PENDING, and CREATE FAILED within 60 seconds."""
        arrange(safe)
        safe.create(**more)
        seen = [safe.shown()["status"]]
        assert "failureReason" not in safe.shown()
        sim.clock.tick(seconds=60)
        shown = safe.shown()
        assert [*seen, shown["status"]] == ["CREATE PENDING", "CREATE FAILED"]
        key, role = more.get("kmsKeyArn", safe.key), more.get("roleArn", safe.role)
        reason = f"Personalize cannot use the KMS key {key} with the role {role}: {why}."
        assert shown["failureReason"] == reason
        assert safe.here.personalize.list_dataset_groups()["datasetGroups"][0]["failureReason"] == reason

    @pytest.mark.parametrize(
        ("without", "more", "code", "wording"),
        [
            pytest.param(
                None,
                {"roleArn": THEIRS},
                "AccessDeniedException",
                "Cross-account pass role is not allowed.",
                id="[err-002]",
            ),
            ("kmsKeyArn", {}, "InvalidInputException", "A roleArn is only valid together with a kmsKeyArn."),
            (
                "roleArn",
                {},
                "InvalidInputException",
                "A kmsKeyArn needs a roleArn: that of a role with permission to access the key.",
            ),
            (
                None,
                {"name": "taken"},
                "ResourceAlreadyExistsException",
                f"Another resource with Arn {ARN}taken already exists.",
            ),
        ],
    )
    def test_what_is_refused_changes_nothing(
        self, sim: Simulation, safe: Safe, without: str | None, more: dict[str, str], code: str, wording: str
    ) -> None:
        safe.here.personalize.create_dataset_group(name="taken")
        before = dump(sim._host.world)
        request = {"name": "secret", "kmsKeyArn": safe.key, "roleArn": safe.role} | more
        request.pop(without or "", None)
        with refused(code, wording):
            safe.here.personalize.create_dataset_group(**request)
        assert dump(sim._host.world) == before

    def test_a_condition_that_cannot_be_evaluated_is_loud(self, sim: Simulation, safe: Safe) -> None:
        safe.key_admits(ROOT, "kms:*", Condition={"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}})
        before = dump(sim._host.world)
        with pytest.raises(safe.here.personalize.exceptions.ClientError, match="does not simulate policies with"):
            safe.create()
        assert dump(sim._host.world) == before


class TestDeletion:
    def test_it_goes_when_it_is_empty(self, sim: Simulation, here: Account) -> None:
        """[err-027] A word for whatever is still in it: the event tracker before the dataset."""
        p = here.personalize
        group = p.create_dataset_group(name="films")["datasetGroupArn"]
        schema = p.create_schema(name="films", schema=schema_text())["schemaArn"]
        sim.clock.tick(minutes=1)
        made = p.create_dataset(name="films", schemaArn=schema, datasetGroupArn=group, datasetType="Interactions")
        tracker = p.create_event_tracker(name="films", datasetGroupArn=group)["eventTrackerArn"]
        sim.clock.tick(minutes=1)
        for what, delete, arn in (
            ("event trackers", p.delete_event_tracker, {"eventTrackerArn": tracker}),
            ("datasets", p.delete_dataset, {"datasetArn": made["datasetArn"]}),
        ):
            before = dump(sim._host.world)
            wording = f"The provided dataset-group is being referenced by one or more {what}"
            with refused("ResourceInUseException", wording):
                p.delete_dataset_group(datasetGroupArn=group)
            assert dump(sim._host.world) == before
            delete(**arn)
            with refused("ResourceInUseException", wording):  # while it is going, it is still there
                p.delete_dataset_group(datasetGroupArn=group)
            sim.clock.tick(minutes=1)
        p.delete_dataset_group(datasetGroupArn=group)
        sim.clock.tick(minutes=1)
        assert p.list_dataset_groups()["datasetGroups"] == []
