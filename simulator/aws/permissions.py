"""May Personalize do that with this role? The answer of the role's, the bucket's and the key's own policies.

The roles are those of moto's IAM, the bucket policies those of moto's S3, the key policies those of moto's KMS.

Source: spec 09 err-005 and err-009 (both the role and the bucket must let Personalize in); the guide, "Giving Amazon
Personalize permission to use your AWS KMS key" (both the role and the key must).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any
from urllib.parse import unquote

from simulator.aws import storage
from simulator.aws.policies import Effect, Request, Values, evaluate

PERSONALIZE = "personalize.amazonaws.com"
_SERVICE_NAMES = frozenset({f"Service:{PERSONALIZE}"})

_ROLE_ARN = re.compile(r"arn:([a-z\d-]+):iam::(\d{12}):role/.+")
_KEY_ARN = re.compile(r"arn:[a-z\d-]+:kms:([a-z\d-]+):(\d{12}):key/([^/]+)")

# What the guide wants of a key's policy; of the role's policies the same, but for the grant.
KEY_ACTIONS = ("kms:DescribeKey", "kms:Decrypt", "kms:GenerateDataKey", "kms:ListGrants", "kms:CreateGrant")
_OF_KEY_POLICY_ALONE = "kms:CreateGrant"


class NoSuchRole(LookupError):
    """No account has a role of that ARN."""


class NoSuchKey(LookupError):
    """No account has an enabled KMS key of that ARN."""


class Decision(Enum):
    """Whether Personalize may, and if not, who is in the way: spec 09 err-005 (role), err-009 (bucket)."""

    ALLOWED = "allowed"
    ROLE_REFUSES = "role refuses"
    BUCKET_REFUSES = "bucket refuses"
    KEY_REFUSES = "key refuses"


@dataclass(frozen=True, slots=True)
class Role:
    """A role in an account; `trust` is the text of its assume-role policy."""

    arn: str
    account_id: str
    trust: str


# --- questions ---------------------------------------------------------------------------------------------


def role(role_arn: str) -> Role | None:
    """The role of that ARN, in whichever account it is, or None."""
    found = _find_role(role_arn)
    if found is None:
        return None
    return Role(arn=found.arn, account_id=found.account_id, trust=_text(found.assume_role_policy_document))


def trusts_personalize(role_arn: str, source_arn: str) -> bool:
    """Whether the role lets Personalize assume it on behalf of one of its resources, `source_arn`.

    Raises NoSuchRole, MalformedPolicy, UnsupportedCondition.
    """
    found = role(role_arn)
    if found is None:
        raise NoSuchRole(role_arn)
    context = _service_context(source_arn) | {"sts:externalid": ()}
    request = Request("sts:AssumeRole", names=_SERVICE_NAMES, context=context)
    return evaluate([found.trust], request) is Effect.ALLOW


def allowed(role_arn: str, action: str, resource_arn: str, *, source_arn: str, prefix: str = "") -> Decision:
    """Whether Personalize may do an action on S3 with a role, on behalf of its resource `source_arn`.

    It takes both: the role's own permission, and a bucket policy that admits the service. `action` is
    s3:GetObject or s3:PutObject on an object's ARN, or s3:ListBucket (of the keys with `prefix`) on a bucket's.
    Raises NoSuchRole, storage.NoSuchBucket, MalformedPolicy, UnsupportedCondition.
    """
    found = _find_role(role_arn)
    if found is None:
        raise NoSuchRole(role_arn)
    bucket = storage.bucket(resource_arn.split(":", 5)[5].partition("/")[0], found.partition)
    policies = [] if bucket.policy is None else [bucket.policy]
    same_account = bucket.owner == found.account_id
    place: dict[str, Values] = {
        "aws:resourceaccount": (bucket.owner,),
        "s3:resourceaccount": (bucket.owner,),
        "aws:requestedregion": (bucket.region,),
        "s3:prefix": (prefix,) if prefix else (),
    }
    own_name, of_account = _names(found)
    as_role = Request(
        action,
        resource_arn,
        names=own_name if same_account else own_name | of_account,
        account_names=of_account,
        context=_role_context(found) | place,
    )
    as_service = Request(action, resource_arn, names=_SERVICE_NAMES, context=_service_context(source_arn) | place)
    own = _own_effect(found, replace(as_role, names=frozenset()))
    if own is Effect.DENY:
        return Decision.ROLE_REFUSES
    to_role = evaluate(policies, as_role)
    # In one account, a bucket policy that names the role itself is as good as a policy of the role.
    if own is Effect.NEITHER and not (same_account and to_role is Effect.ALLOW):
        return Decision.ROLE_REFUSES
    if to_role is Effect.DENY or (not same_account and to_role is not Effect.ALLOW):
        return Decision.BUCKET_REFUSES
    if evaluate(policies, as_service) is not Effect.ALLOW:
        return Decision.BUCKET_REFUSES
    return Decision.ALLOWED


def allowed_on_key(role_arn: str, action: str, key_arn: str) -> Decision:
    """Whether Personalize may use a KMS key with a role, for one of `KEY_ACTIONS`.

    It takes both: the role's own permission (but for kms:CreateGrant), and a key policy that admits the role or its
    account. Grants are not looked at. Raises NoSuchRole, NoSuchKey, MalformedPolicy, UnsupportedCondition.
    """
    found = _find_role(role_arn)
    if found is None:
        raise NoSuchRole(role_arn)
    key = _find_key(key_arn)
    if key is None or key.key_state != "Enabled":
        raise NoSuchKey(key_arn)
    own_name, of_account = _names(found)
    place: dict[str, Values] = {
        "kms:calleraccount": (found.account_id,),
        "aws:resourceaccount": (key.account_id,),
        "aws:requestedregion": (key.region,),
    }
    as_role = Request(action, key_arn, names=own_name | of_account, context=_role_context(found) | place)
    own = _own_effect(found, replace(as_role, names=frozenset()))
    if own is Effect.DENY or (own is Effect.NEITHER and action != _OF_KEY_POLICY_ALONE):
        return Decision.ROLE_REFUSES
    return Decision.ALLOWED if evaluate([key.policy], as_role) is Effect.ALLOW else Decision.KEY_REFUSES


def load_aws_managed_policies(account_id: str, partition: str = "aws") -> None:
    """Gives an account the policies that AWS manages, such as AmazonS3FullAccess, as a real one has them.

    moto loads them only if its option `iam.load_aws_managed_policies` is set before the account is first used;
    this does the same for an account in use. Doing it twice changes nothing; a reset of moto forgets it.
    """
    from moto.backends import get_backend
    from moto.iam.aws_managed_policies import aws_managed_policies_data
    from moto.iam.models import AWSManagedPolicy

    backend = get_backend("iam")[account_id][partition]
    if backend.aws_managed_policies:
        return
    policies = [
        AWSManagedPolicy.from_data(name, account_id, partition, facts)
        for name, facts in json.loads(aws_managed_policies_data).items()
    ]
    backend.aws_managed_policies = policies
    backend.managed_policies.update({policy.arn: policy for policy in policies})


def names_aws_managed_policy(body: bytes | str) -> bool:
    """Whether a request's body, form-encoded or not, names a policy that AWS manages: time to load them."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    return ":iam::aws:policy/" in unquote(text)


# --- facts from moto ---------------------------------------------------------------------------------------


def _find_role(role_arn: str) -> Any:
    from moto.backends import get_backend

    match = _ROLE_ARN.fullmatch(role_arn)
    backends = get_backend("iam")
    if match is None or match[2] not in backends:  # asking moto for an unknown account would create it
        return None
    account = backends[match[2]]
    roles = account[match[1]].get_roles() if match[1] in account else ()
    return next((found for found in roles if found.arn == role_arn), None)


def _find_key(key_arn: str) -> Any:
    from moto.backends import get_backend

    match = _KEY_ARN.fullmatch(key_arn)
    backends = get_backend("kms")
    # Asking moto for an unknown account or region would create it.
    if match is None or match[2] not in backends or match[1] not in backends[match[2]]:
        return None
    key = backends[match[2]][match[1]].keys.get(match[3])
    return key if key is not None and key.arn == key_arn else None


def _names(found: Any) -> tuple[frozenset[str], frozenset[str]]:
    """How a Principal may name a role, and how its whole account."""
    account, partition = found.account_id, found.partition
    return (
        frozenset({f"AWS:{found.arn}"}),
        frozenset({f"AWS:{account}", f"AWS:arn:{partition}:iam::{account}:root"}),
    )


def _own_effect(found: Any, request: Request) -> Effect:
    """What the role's own policies say, within its permissions boundary."""
    attached = [_default_version(policy) for policy in found.managed_policies.values()]
    own = evaluate([*attached, *found.policies.values()], request)
    if own is Effect.DENY or not found.permissions_boundary_arn:
        return own
    within = evaluate(_boundary(found), request)
    if within is Effect.DENY:
        return within
    return own if within is Effect.ALLOW else Effect.NEITHER


def _boundary(found: Any) -> list[str]:
    """The policy that bounds the role; none, which allows nothing, where it has been deleted."""
    from moto.backends import get_backend

    arn = found.permissions_boundary_arn
    if names_aws_managed_policy(arn):
        load_aws_managed_policies(found.account_id, found.partition)
    policy = get_backend("iam")[found.account_id][found.partition].managed_policies.get(arn)
    return [] if policy is None else [_default_version(policy)]


def _default_version(policy: Any) -> str:
    versions = {version.version_id: version.document for version in policy.versions}
    return _text(versions[policy.default_version_id])


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)  # CloudFormation leaves dictionaries


_ANY_CALL: dict[str, Values] = {
    "aws:securetransport": ("true",),
    "aws:viaawsservice": ("false",),
    "aws:calledvia": (),
    "aws:username": (),
    "aws:multifactorauthpresent": (),
}


def _service_context(source_arn: str) -> dict[str, Values]:
    """The condition keys of a call that the service makes as itself."""
    return {
        **_ANY_CALL,
        "aws:sourcearn": (source_arn,),
        "aws:sourceaccount": (source_arn.split(":", 5)[4],),
        "aws:principalisawsservice": ("true",),
        "aws:principalservicename": (PERSONALIZE,),
        "aws:principalservicenameslist": (PERSONALIZE,),
        "aws:principalarn": (),
        "aws:principalaccount": (),
    }


def _role_context(found: Any) -> dict[str, Values]:
    """The condition keys of a call with the role: aws:SourceArn and its like are not among them."""
    tags = {f"aws:principaltag/{tag['Key']}".lower(): (tag["Value"],) for tag in found.tags or []}
    return {
        **_ANY_CALL,
        **tags,
        "aws:sourcearn": (),
        "aws:sourceaccount": (),
        "aws:principalisawsservice": ("false",),
        "aws:principalservicename": (),
        "aws:principalservicenameslist": (),
        "aws:principalarn": (found.arn,),
        "aws:principalaccount": (found.account_id,),
        "aws:principaltype": ("AssumedRole",),
    }
