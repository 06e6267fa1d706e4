from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from simulator.aws import permissions, policies, storage
from simulator.aws.permissions import Decision
from simulator.aws.policies import Effect, Request, UnsupportedCondition, evaluate

ACCOUNT = "123456789012"
OTHER_ACCOUNT = "999999999999"
JOB = f"arn:aws:personalize:us-east-1:{ACCOUNT}:dataset-import-job/job"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/personalize"
OBJECT = "arn:aws:s3:::data/in/ratings.csv"
BUCKET = "arn:aws:s3:::data"


def policy(*statements: dict[str, Any], version: str | None = "2012-10-17") -> str:
    document: dict[str, Any] = {"Statement": [{"Effect": "Allow", **each} for each in statements]}
    return json.dumps({"Version": version, **document} if version else document)


def trust(principal: Any = None, **more: Any) -> str:
    principal = principal or {"Service": "personalize.amazonaws.com"}
    return policy({"Principal": principal, "Action": "sts:AssumeRole", **more})


SERVICE = {"Principal": {"Service": "personalize.amazonaws.com"}}
READ = {"Action": ["s3:GetObject", "s3:ListBucket"], "Resource": [BUCKET, f"{BUCKET}/*"]}
ADMITS = policy({**SERVICE, **READ})


@dataclass
class Account:
    """Clients of the account, its role `personalize` and its bucket `data`."""

    iam: Any
    s3: Any

    def role_may(self, *statements: dict[str, Any]) -> None:
        self.iam.put_role_policy(RoleName="personalize", PolicyName="own", PolicyDocument=policy(*statements))

    def bucket_policy(self, *statements: dict[str, Any]) -> None:
        self.s3.put_bucket_policy(Bucket="data", Policy=policy(*statements))


@pytest.fixture(scope="module")
def clients() -> Account:
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "us-east-1"}
    return Account(boto3.client("iam", **keys), boto3.client("s3", **keys))


@pytest.fixture
def account(clients: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        clients.iam.create_role(RoleName="personalize", AssumeRolePolicyDocument=trust())
        clients.s3.create_bucket(Bucket="data")
        yield clients


def decide(action: str = "s3:GetObject", resource: str = OBJECT, prefix: str = "") -> Decision:
    return permissions.allowed(ROLE, action, resource, source_arn=JOB, prefix=prefix)


# --- roles -------------------------------------------------------------------------------------------------


def test_a_role_and_its_account(account: Account) -> None:
    found = permissions.role(ROLE)
    assert found is not None
    assert (found.arn, found.account_id) == (ROLE, ACCOUNT)
    account.iam.create_role(RoleName="deep", Path="/a/b/", AssumeRolePolicyDocument=trust())
    assert permissions.role(f"arn:aws:iam::{ACCOUNT}:role/a/b/deep") is not None


@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:iam::{ACCOUNT}:role/other",
        f"arn:aws:iam::{OTHER_ACCOUNT}:role/personalize",
        f"arn:aws-cn:iam::{ACCOUNT}:role/personalize",
        f"arn:nowhere:iam::{ACCOUNT}:role/personalize",
        f"arn:aws:iam::{ACCOUNT}:user/personalize",
        "personalize",
    ],
)
def test_roles_that_do_not_exist(account: Account, arn: str) -> None:
    assert permissions.role(arn) is None
    with pytest.raises(permissions.NoSuchRole):
        permissions.trusts_personalize(arn, JOB)
    with pytest.raises(permissions.NoSuchRole):
        permissions.allowed(arn, "s3:GetObject", OBJECT, source_arn=JOB)


def conditions(**operators: dict[str, Any]) -> dict[str, Any]:
    return {"Condition": operators}


@pytest.mark.parametrize(
    ("document", "trusted"),
    [
        (trust(), True),
        (trust({"Service": ["forecast.amazonaws.com", "personalize.amazonaws.com"]}), True),
        (trust({"Service": "sagemaker.amazonaws.com"}), False),
        (trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), False),
        (trust("*"), True),
        (trust({"AWS": "*"}), True),
        (trust(Action="sts:*"), True),
        (trust(Action=["sts:TagSession", "sts:Assume*"]), True),
        (trust(Action="sts:AssumeRoleWithSAML"), False),
        (trust(Effect="Deny"), False),
        (policy({**SERVICE, "Action": "sts:*"}, {**SERVICE, "Action": "*", "Effect": "Deny"}), False),
        (trust(**conditions(StringEquals={"aws:SourceAccount": ACCOUNT})), True),
        (trust(**conditions(StringEquals={"aws:SourceAccount": OTHER_ACCOUNT})), False),
        (trust(**conditions(ArnLike={"aws:SourceArn": f"arn:aws:personalize:*:{ACCOUNT}:*"})), True),
        (trust(**conditions(StringLike={"AWS:sourcearn": ["x", "arn:aws:personalize:us-east-1:*"]})), True),
        (trust(**conditions(ArnEquals={"aws:SourceArn": "arn:aws:personalize:eu-west-1:*:*"})), False),
        (trust(**conditions(StringEquals={"sts:ExternalId": "secret"})), False),
    ],
)
def test_whom_a_role_trusts(account: Account, document: str, trusted: bool) -> None:
    account.iam.create_role(RoleName="tried", AssumeRolePolicyDocument=document)
    assert permissions.trusts_personalize(f"arn:aws:iam::{ACCOUNT}:role/tried", JOB) is trusted


def test_trust_on_a_condition_that_is_not_known(account: Account) -> None:
    document = trust(**conditions(StringEquals={"aws:SourceOrgID": "o-1"}))
    account.iam.update_assume_role_policy(RoleName="personalize", PolicyDocument=document)
    with pytest.raises(UnsupportedCondition, match="StringEquals aws:SourceOrgID"):
        permissions.trusts_personalize(ROLE, JOB)


# --- role and bucket together ------------------------------------------------------------------------------


def test_it_takes_both(account: Account) -> None:
    """Source: spec 09 err-005, err-009."""
    assert decide() is Decision.ROLE_REFUSES
    account.role_may(READ)
    assert decide() is Decision.BUCKET_REFUSES
    account.bucket_policy({**SERVICE, **READ})
    assert decide() is Decision.ALLOWED
    assert decide("s3:ListBucket", BUCKET) is Decision.ALLOWED
    assert decide("s3:PutObject") is Decision.ROLE_REFUSES
    account.iam.delete_role_policy(RoleName="personalize", PolicyName="own")
    assert decide() is Decision.ROLE_REFUSES


def test_a_bucket_that_does_not_exist(account: Account) -> None:
    with pytest.raises(storage.NoSuchBucket):
        decide(resource="arn:aws:s3:::nowhere/key")


@pytest.mark.parametrize(
    ("statements", "decision"),
    [
        ([{"Principal": "*", **READ}], Decision.ALLOWED),
        ([{"Principal": {"AWS": "*"}, **READ}], Decision.ALLOWED),
        ([{"Principal": {"AWS": ROLE}, **READ}], Decision.BUCKET_REFUSES),
        ([{"Principal": {"Service": "forecast.amazonaws.com"}, **READ}], Decision.BUCKET_REFUSES),
        ([{**SERVICE, **READ, "Resource": BUCKET}], Decision.BUCKET_REFUSES),
        ([{**SERVICE, **READ}, {"Effect": "Deny", "Principal": "*", **READ}], Decision.BUCKET_REFUSES),
        ([{**SERVICE, **READ}, {"Effect": "Deny", "Principal": {"AWS": ROLE}, **READ}],
         Decision.BUCKET_REFUSES),
        ([{**SERVICE, **READ}, {"Effect": "Deny", "Principal": {"AWS": ACCOUNT}, **READ}],
         Decision.BUCKET_REFUSES),
        ([{**SERVICE, **READ}, {"Effect": "Deny", "NotPrincipal": SERVICE["Principal"], **READ}],
         Decision.BUCKET_REFUSES),
        ([{**SERVICE, **READ},
          {"Effect": "Deny", "NotPrincipal": {**SERVICE["Principal"], "AWS": ROLE}, **READ}],
         Decision.ALLOWED),
        ([{**SERVICE, **READ},
          {"Effect": "Deny", "Principal": "*", **READ, **conditions(Bool={"aws:SecureTransport": "false"})}],
         Decision.ALLOWED),
        ([{**SERVICE, **READ, **conditions(StringEquals={"aws:SourceAccount": ACCOUNT})}], Decision.ALLOWED),
        ([{**SERVICE, **READ, **conditions(StringEquals={"aws:SourceAccount": OTHER_ACCOUNT})}],
         Decision.BUCKET_REFUSES),
    ],
)  # fmt: skip
def test_bucket_policies(account: Account, statements: list[dict[str, Any]], decision: Decision) -> None:
    account.role_may(READ)
    account.bucket_policy(*statements)
    assert decide() is decision


def test_public_access_block_does_not_matter(account: Account) -> None:
    account.role_may(READ)
    account.bucket_policy({**SERVICE, **READ})
    account.s3.put_public_access_block(
        Bucket="data",
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    assert decide() is Decision.ALLOWED


def test_a_bucket_policy_may_stand_for_the_roles_own(account: Account) -> None:
    account.bucket_policy({"Principal": {**SERVICE["Principal"], "AWS": ROLE}, **READ})
    assert decide() is Decision.ALLOWED
    account.bucket_policy({"Principal": {**SERVICE["Principal"], "AWS": ACCOUNT}, **READ})
    assert decide() is Decision.ROLE_REFUSES, "naming the account leaves it to the account's own policies"


def test_a_denial_in_the_roles_own_policies(account: Account) -> None:
    account.bucket_policy({"Principal": {**SERVICE["Principal"], "AWS": ROLE}, **READ})
    account.role_may(READ, {"Effect": "Deny", "Action": "s3:Get*", "NotResource": f"{BUCKET}/out/*"})
    assert decide() is Decision.ROLE_REFUSES
    assert decide(resource=f"{BUCKET}/out/x") is Decision.ALLOWED
    assert decide("s3:ListBucket", BUCKET) is Decision.ALLOWED


def test_the_prefix_of_a_listing(account: Account) -> None:
    account.bucket_policy({**SERVICE, **READ})
    account.role_may({**READ, **conditions(StringLike={"s3:prefix": ["in/*"]})})
    assert decide("s3:ListBucket", BUCKET, prefix="in/ratings.csv") is Decision.ALLOWED
    assert decide("s3:ListBucket", BUCKET, prefix="out/") is Decision.ROLE_REFUSES
    assert decide("s3:ListBucket", BUCKET) is Decision.ROLE_REFUSES


def test_policy_variables_and_tags(account: Account) -> None:
    account.bucket_policy({**SERVICE, **READ})
    account.iam.tag_role(RoleName="personalize", Tags=[{"Key": "Team", "Value": "in"}])
    account.role_may({"Action": "s3:*", "Resource": BUCKET + "/${aws:PrincipalTag/team}/*"})
    assert decide() is Decision.ALLOWED
    account.iam.untag_role(RoleName="personalize", TagKeys=["Team"])
    assert decide() is Decision.ROLE_REFUSES


def test_source_keys_are_those_of_the_service_not_of_the_role(account: Account) -> None:
    account.bucket_policy({**SERVICE, **READ})
    account.role_may({**READ, **conditions(StringEquals={"aws:SourceAccount": ACCOUNT})})
    assert decide() is Decision.ROLE_REFUSES


def test_conditions_that_are_not_known_raise_only_where_they_matter(account: Account) -> None:
    unknown = conditions(IpAddress={"aws:SourceIp": "10.0.0.0/8"})
    account.bucket_policy({**SERVICE, **READ})
    account.role_may({**READ, **unknown})
    with pytest.raises(UnsupportedCondition, match="IpAddress aws:SourceIp"):
        decide()
    account.role_may(READ, {**READ, **unknown})
    assert decide() is Decision.ALLOWED
    account.role_may(READ, {**READ, **unknown, "Effect": "Deny"})
    with pytest.raises(UnsupportedCondition):
        decide()
    account.role_may(READ, {**READ, **unknown, "Effect": "Deny", "Resource": "arn:aws:s3:::other/*"})
    assert decide() is Decision.ALLOWED


def test_managed_policies_and_their_versions(account: Account) -> None:
    account.bucket_policy({**SERVICE, **READ})
    arn = account.iam.create_policy(PolicyName="reading", PolicyDocument=policy(READ))["Policy"]["Arn"]
    account.iam.attach_role_policy(RoleName="personalize", PolicyArn=arn)
    assert decide() is Decision.ALLOWED
    account.iam.create_policy_version(
        PolicyArn=arn, PolicyDocument=policy({"Action": "s3:PutObject", "Resource": "*"}), SetAsDefault=True
    )
    assert decide() is Decision.ROLE_REFUSES
    account.iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    assert decide() is Decision.ALLOWED
    account.iam.detach_role_policy(RoleName="personalize", PolicyArn=arn)
    assert decide() is Decision.ROLE_REFUSES


def test_a_permissions_boundary(account: Account) -> None:
    account.bucket_policy({**SERVICE, **READ})
    account.role_may({"Action": "*", "Resource": "*"})
    document = policy({"Action": "s3:List*", "Resource": "*"})
    arn = account.iam.create_policy(PolicyName="bound", PolicyDocument=document)["Policy"]["Arn"]
    account.iam.put_role_permissions_boundary(RoleName="personalize", PermissionsBoundary=arn)
    assert decide() is Decision.ROLE_REFUSES
    assert decide("s3:ListBucket", BUCKET) is Decision.ALLOWED
    managed = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    account.iam.put_role_permissions_boundary(RoleName="personalize", PermissionsBoundary=managed)
    assert decide() is Decision.ALLOWED
    gone = f"arn:aws:iam::{ACCOUNT}:policy/gone"
    account.iam.put_role_permissions_boundary(RoleName="personalize", PermissionsBoundary=gone)
    assert decide() is Decision.ROLE_REFUSES


def test_a_bucket_of_another_account_must_admit_the_role_too(account: Account) -> None:
    theirs = in_other_account("s3")
    theirs.create_bucket(Bucket="theirs")
    resource = {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::theirs/*"}
    wanted = "arn:aws:s3:::theirs/key"
    account.role_may(resource)
    for principal, decision in (
        (SERVICE["Principal"], Decision.BUCKET_REFUSES),
        ({**SERVICE["Principal"], "AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Decision.ALLOWED),
        ({**SERVICE["Principal"], "AWS": ROLE}, Decision.ALLOWED),
    ):
        theirs.put_bucket_policy(Bucket="theirs", Policy=policy({"Principal": principal, **resource}))
        assert decide(resource=wanted) is decision
    account.iam.delete_role_policy(RoleName="personalize", PolicyName="own")
    assert decide(resource=wanted) is Decision.ROLE_REFUSES


def in_other_account(service: str) -> Any:
    sts = boto3.client("sts", region_name="us-east-1")
    role = f"arn:aws:iam::{OTHER_ACCOUNT}:role/anything"
    keys = sts.assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    return boto3.client(
        service,
        region_name="us-east-1",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


# --- policies that AWS manages -----------------------------------------------------------------------------

FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonS3FullAccess"


def test_aws_managed_policies_are_loaded_when_asked_for(account: Account) -> None:
    account.bucket_policy({**SERVICE, **READ})
    with pytest.raises(account.iam.exceptions.NoSuchEntityException):
        account.iam.attach_role_policy(RoleName="personalize", PolicyArn=FULL_ACCESS)

    def load(request: Any, **_: Any) -> None:
        if permissions.names_aws_managed_policy(request.body):
            permissions.load_aws_managed_policies(ACCOUNT)

    account.iam.meta.events.register_first("before-send.iam", load)
    try:
        account.iam.attach_role_policy(RoleName="personalize", PolicyArn=FULL_ACCESS)
    finally:
        account.iam.meta.events.unregister("before-send.iam", load)
    assert decide() is Decision.ALLOWED
    assert decide("s3:PutObject") is Decision.BUCKET_REFUSES
    permissions.load_aws_managed_policies(ACCOUNT)
    assert account.iam.get_policy(PolicyArn=FULL_ACCESS)["Policy"]["AttachmentCount"] == 1
    assert len(account.iam.list_policies(Scope="AWS", MaxItems=10)["Policies"]) == 10


def test_aws_managed_policies_of_another_account_and_partition(account: Account) -> None:
    permissions.load_aws_managed_policies(OTHER_ACCOUNT)
    assert in_other_account("iam").get_policy(PolicyArn=FULL_ACCESS)["Policy"]["PolicyName"]
    permissions.load_aws_managed_policies(ACCOUNT, "aws-cn")
    china = boto3.client("iam", region_name="cn-north-1")
    assert china.get_policy(PolicyArn="arn:aws-cn:iam::aws:policy/AmazonS3FullAccess")
    with pytest.raises(account.iam.exceptions.NoSuchEntityException):
        account.iam.get_policy(PolicyArn=FULL_ACCESS)


def test_which_requests_name_them() -> None:
    assert permissions.names_aws_managed_policy("PolicyArn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FX&Action=A")
    assert permissions.names_aws_managed_policy(b'{"ManagedPolicyArns":["arn:aws-cn:iam::aws:policy/X"]}')
    assert not permissions.names_aws_managed_policy(b"PolicyArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Apolicy%2FX")


# --- the evaluation of policies ----------------------------------------------------------------------------


def asks(action: str = "s3:GetObject", resource: str = OBJECT, **context: tuple[str, ...]) -> Request:
    return Request(action, resource, context={key.replace("_", ":"): values for key, values in context.items()})


@pytest.mark.parametrize(
    ("statement", "applies"),
    [
        ({"Action": "S3:getobject", "Resource": "*"}, True),
        ({"Action": "s3:Get?bject", "Resource": "*"}, True),
        ({"Action": "s3:GetObject", "Resource": OBJECT.upper()}, False),
        ({"NotAction": "s3:Put*", "Resource": "*"}, True),
        ({"NotAction": ["s3:Put*", "s3:*"], "Resource": "*"}, False),
        ({"Action": "*", "NotResource": [f"{BUCKET}/out/*", "arn:aws:s3:::data2/*"]}, True),
        ({"Action": "*", "NotResource": [f"{BUCKET}/in/*"]}, False),
        ({"Action": "*", "Resource": f"{BUCKET}/in/ratings?csv"}, True),
        ({"Action": "*", "Resource": f"{BUCKET}/in/${{*}}"}, False),
        ({"Action": "*", "Resource": f"{BUCKET}/${{aws:nothing,'in'}}/*"}, True),
        ({"Action": "*", "Resource": f"{BUCKET}/${{aws:nothing}}/*"}, False),
    ],
)
def test_actions_and_resources(statement: dict[str, Any], applies: bool) -> None:
    request = asks(aws_nothing=())
    assert evaluate([policy(statement)], request) is (Effect.ALLOW if applies else Effect.NEITHER)
    denial = policy({**statement, "Effect": "Deny"})
    assert evaluate([denial], request) is (Effect.DENY if applies else Effect.NEITHER)


def test_variables_work_in_the_new_version_only() -> None:
    statement = {"Action": "*", "Resource": f"{BUCKET}/${{aws:dir}}/*"}
    assert evaluate([policy(statement)], asks(aws_dir=("in",))) is Effect.ALLOW
    assert evaluate([policy(statement, version="2008-10-17")], asks(aws_dir=("in",))) is Effect.NEITHER
    assert evaluate([policy(statement, version=None)], asks(resource=statement["Resource"])) is Effect.ALLOW
    with pytest.raises(UnsupportedCondition, match=r"\$\{aws:dir\}"):
        evaluate([policy(statement)], asks())
    assert evaluate([policy(statement)], asks(resource="arn:aws:s3:::other/key")) is Effect.NEITHER
    certain = {**statement, "Resource": [statement["Resource"], "*"]}
    assert evaluate([policy(certain)], asks()) is Effect.ALLOW


@pytest.mark.parametrize(
    ("operator", "wanted", "values", "met"),
    [
        ("StringEquals", "a", ("a",), True),
        ("StringEquals", ["b", "a"], ("a",), True),
        ("StringEquals", "a*", ("ab",), False),
        ("StringEquals", "A", ("a",), False),
        ("StringEquals", "a", (), False),
        ("StringEqualsIfExists", "a", (), True),
        ("StringEqualsIfExists", "a", ("b",), False),
        ("StringNotEquals", ["a", "b"], ("b",), False),
        ("StringNotEquals", ["a", "b"], ("c",), True),
        ("StringNotEquals", "a", (), True),
        ("StringEqualsIgnoreCase", "A", ("a",), True),
        ("StringNotEqualsIgnoreCase", "A", ("a",), False),
        ("StringLike", "a?c*", ("abcd",), True),
        ("StringLike", "${aws:other}*", ("xyz",), True),
        ("StringNotLike", "a*", ("abcd",), False),
        ("ArnLike", "arn:aws:s3:::*", ("arn:aws:s3:::b",), True),
        ("ArnLike", "arn:*", ("arn:aws:s3:::b",), False),
        ("ArnLike", "arn:aws:s3:*:b", ("arn:aws:s3:::b",), False),
        ("ArnEquals", "arn:aws:personalize:*:1:job/*", ("arn:aws:personalize:eu-west-1:1:job/a:b",), True),
        ("ArnEquals", "arn:aws:personalize:*:${aws:other}:*", ("arn:aws:personalize::x:job",), True),
        ("ArnNotLike", "arn:aws:s3:::b", ("arn:aws:s3:::b",), False),
        ("ArnNotEquals", "arn:aws:s3:::b", ("arn:aws:s3:::c",), True),
        ("Bool", True, ("true",), True),
        ("Bool", "False", ("true",), False),
        ("BoolIfExists", "false", (), True),
        ("Null", "true", (), True),
        ("Null", True, ("a",), False),
        ("Null", "false", ("a",), True),
        ("ForAnyValue:StringEquals", ["a", "b"], ("x", "b"), True),
        ("ForAnyValue:StringEquals", ["a", "b"], (), False),
        ("ForAllValues:StringEquals", ["a", "b"], ("a", "b"), True),
        ("ForAllValues:StringEquals", ["a", "b"], ("a", "x"), False),
        ("ForAllValues:StringEquals", ["a", "b"], (), True),
        ("ForAnyValue:StringNotEquals", ["a"], ("a", "x"), True),
        ("ForAllValues:StringNotLike", ["a*"], ("ab", "x"), False),
    ],
)
def test_conditions(operator: str, wanted: Any, values: tuple[str, ...], met: bool) -> None:
    statement = {"Action": "*", "Resource": "*", "Condition": {operator: {"aws:Key": wanted}}}
    request = asks(aws_key=values, aws_other=("x",))
    assert evaluate([policy(statement)], request) is (Effect.ALLOW if met else Effect.NEITHER)


@pytest.mark.parametrize("operator", ["NumericLessThan", "DateGreaterThan", "IpAddress", "Sometimes:StringLike", ""])
def test_operators_that_are_not_known(operator: str) -> None:
    unknown = {operator: {"aws:Key": "1"}}
    statement = {"Action": "*", "Resource": "*", "Condition": unknown}
    with pytest.raises(UnsupportedCondition, match=f"^{operator} aws:Key$"):
        evaluate([policy(statement)], asks(aws_key=("1",)))
    beside_a_no = {**statement, "Condition": {**unknown, "StringEquals": {"aws:key": "2"}}}
    assert evaluate([policy(beside_a_no)], asks(aws_key=("1",))) is Effect.NEITHER


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        '{"Statement": ["x"]}',
        '{"Statement": {"Effect": "allow", "Action": "*", "Resource": "*"}}',
        '{"Statement": {"Effect": "Allow", "Resource": "*"}}',
        '{"Statement": {"Effect": "Allow", "Action": "*"}}',
    ],
)
def test_texts_that_are_no_policy(text: str) -> None:
    with pytest.raises(policies.MalformedPolicy):
        evaluate([text], asks())


def test_a_bucket_policy_names_its_principal() -> None:
    with pytest.raises(policies.MalformedPolicy, match="Principal"):
        evaluate([policy(READ)], Request("s3:GetObject", OBJECT, names=frozenset({"AWS:x"})))


NAMES = st.sampled_from(["s3:GetObject", "s3:Get*", "s3:*", "*", "s3:PutObject", "s3:?etObject"])
CONDITIONS = st.sampled_from(
    [{}, {"Bool": {"aws:yes": "true"}}, {"Bool": {"aws:yes": "false"}}, {"Bool": {"aws:unknown": "true"}}]
)
STATEMENTS = st.builds(
    lambda effect, name, element, condition: {
        "Effect": effect,
        element: name,
        "Resource": "*",
        "Condition": condition,
    },
    st.sampled_from(["Allow", "Deny"]),
    NAMES,
    st.sampled_from(["Action", "NotAction"]),
    CONDITIONS,
)


def outcome(statements: list[dict[str, Any]]) -> Effect | None:
    try:
        return evaluate([policy(*statements)], asks(aws_yes=("true",)))
    except UnsupportedCondition:
        return None


def certainty(statement: dict[str, Any]) -> bool | None:
    """The simple truth about one of these statements: applies, does not, or cannot be known."""
    element = "Action" if "Action" in statement else "NotAction"
    matches = fnmatchcase("s3:GetObject", statement[element]) is (element == "Action")
    condition = statement["Condition"].get("Bool", {})
    if not matches or condition.get("aws:yes") == "false":
        return False
    return None if "aws:unknown" in condition else True


@settings(deadline=None)
@given(st.lists(STATEMENTS, max_size=5), st.randoms(use_true_random=False))
def test_evaluation_against_simple_truths(statements: list[dict[str, Any]], random: Any) -> None:
    denies = [certainty(each) for each in statements if each["Effect"] == "Deny"]
    allows = [certainty(each) for each in statements if each["Effect"] == "Allow"]
    expected: Effect | None = Effect.NEITHER
    if True in denies:
        expected = Effect.DENY
    elif None in denies or (True not in allows and None in allows):
        expected = None
    elif True in allows:
        expected = Effect.ALLOW
    assert outcome(statements) is expected
    shuffled = random.sample(statements, len(statements))
    assert outcome(shuffled) is expected, "the order of statements does not matter"
    texts = [policy(each) for each in shuffled]
    if expected is not None:
        assert evaluate(texts, asks(aws_yes=("true",))) is expected, "nor how they are spread over policies"


@settings(deadline=None)
@given(st.text("ab*?", max_size=6), st.text("ab", max_size=6))
def test_wildcards_are_those_of_a_shell(pattern: str, value: str) -> None:
    statement = {"Action": "*", "Resource": pattern}
    expected = Effect.ALLOW if fnmatchcase(value, pattern) else Effect.NEITHER
    assert evaluate([policy(statement)], asks(resource=value)) is expected
