"""May Personalize do that with this role? The answer of the role's and the bucket's own policies.

The roles are those of moto's IAM, the bucket policies those of moto's S3. moto's own evaluation is not used: it
ignores conditions, principals and variables that it does not know, and here nothing may pass unexamined.

Source: spec 09 err-005 and err-009 (both the role and the bucket must let Personalize in); the IAM user guide,
"Policy evaluation logic" and "JSON policy elements".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any
from urllib.parse import unquote

from simulator.aws import storage

PERSONALIZE = "personalize.amazonaws.com"
_SERVICE_NAMES = frozenset({f"Service:{PERSONALIZE}"})

Values = tuple[str, ...]
_ROLE_ARN = re.compile(r"arn:([a-z\d-]+):iam::(\d{12}):role/.+")
_TOKEN = re.compile(r"(\$\{[^}]*\}|[*?])")
_COLON = re.compile(r":(?![^${]*\})")  # not the one in ${aws:...}
_OPERATOR = re.compile(r"(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?")

# Operator: how a value is compared, and whether the operator says "not".
_OPERATORS = {
    "StringEquals": ("equals", False),
    "StringNotEquals": ("equals", True),
    "StringEqualsIgnoreCase": ("ignoring case", False),
    "StringNotEqualsIgnoreCase": ("ignoring case", True),
    "StringLike": ("like", False),
    "StringNotLike": ("like", True),
    "ArnEquals": ("arn", False),
    "ArnLike": ("arn", False),
    "ArnNotEquals": ("arn", True),
    "ArnNotLike": ("arn", True),
    "Bool": ("ignoring case", False),
}


class NoSuchRole(LookupError):
    """No account has a role of that ARN."""


class MalformedPolicy(ValueError):
    """A policy's text is not a policy that AWS would have stored."""


class UnsupportedCondition(Exception):
    """The answer hangs on a condition, or a policy variable, which the simulator cannot evaluate.

    Its text names the condition's operator and key.
    """


class Decision(Enum):
    """Whether Personalize may, and if not, who is in the way: spec 09 err-005 (role), err-009 (bucket)."""

    ALLOWED = "allowed"
    ROLE_REFUSES = "role refuses"
    BUCKET_REFUSES = "bucket refuses"


class Effect(Enum):
    """What policies say of a request: nothing (which refuses it too), yes, or no whatever others say."""

    NEITHER = "Neither"
    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True, slots=True)
class Role:
    """A role in an account; `trust` is the text of its assume-role policy."""

    arn: str
    account_id: str
    trust: str


@dataclass(frozen=True, slots=True)
class Request:
    """What a policy is asked about.

    `names` are the ways in which a Principal may name the caller ("Service:...", "AWS:arn..."), `account_names`
    those which name its whole account: in its own account they forbid, but permit nothing by themselves.
    A policy of a role has no Principal: there `names` is empty, and so is `resource` for a trust policy.
    `context` has each condition key in lower case: an empty tuple is a key known to be absent, a missing key
    one whose value nobody here knows.
    """

    action: str
    resource: str | None = None
    names: frozenset[str] = frozenset()
    account_names: frozenset[str] = frozenset()
    context: Mapping[str, Values] = field(default_factory=dict)

    def lookup(self, key: str) -> Values | None:
        """The values of a condition key; None where they are not known."""
        key = key.lower()
        return self.context.get(key, () if key.startswith("aws:principaltag/") else None)


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
    partition, account = found.partition, found.account_id
    bucket = storage.bucket(resource_arn.split(":", 5)[5].partition("/")[0], partition)
    policies = [] if bucket.policy is None else [bucket.policy]
    same_account = bucket.owner == account
    place: dict[str, Values] = {
        "aws:resourceaccount": (bucket.owner,),
        "s3:resourceaccount": (bucket.owner,),
        "aws:requestedregion": (bucket.region,),
        "s3:prefix": (prefix,) if prefix else (),
    }
    of_account = frozenset({f"AWS:{account}", f"AWS:arn:{partition}:iam::{account}:root"})
    own_name = frozenset({f"AWS:{found.arn}"})
    as_role = Request(
        action,
        resource_arn,
        names=own_name if same_account else own_name | of_account,
        account_names=of_account,
        context=_role_context(found) | place,
    )
    as_service = Request(
        action, resource_arn, names=_SERVICE_NAMES, context=_service_context(source_arn) | place
    )
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


# --- policies ----------------------------------------------------------------------------------------------

# Yes, no, or what would have to be known to tell.
Verdict = bool | str


def evaluate(policies: Iterable[str], request: Request) -> Effect:
    """What policies, given as their JSON texts, say of a request together: an explicit Deny wins.

    Raises UnsupportedCondition where the answer hangs on one, MalformedPolicy.
    """
    verdicts: dict[str, list[Verdict]] = {"Deny": [], "Allow": []}
    for text in policies:
        for statement, variables in _statements(text):
            verdicts[statement["Effect"]].append(_applies(statement, request, variables))
    for effect in (Effect.DENY, Effect.ALLOW):
        verdict = _any(verdicts[effect.value])
        if isinstance(verdict, str):
            raise UnsupportedCondition(verdict)
        if verdict:
            return effect
    return Effect.NEITHER


def _any(verdicts: Iterable[Verdict]) -> Verdict:
    seen = list(verdicts)
    return True in seen or "; ".join(verdict for verdict in seen if isinstance(verdict, str)) or False


def _all(verdicts: Iterable[Verdict]) -> Verdict:
    return _not(_any(_not(verdict) for verdict in verdicts))


def _not(verdict: Verdict) -> Verdict:
    return verdict if isinstance(verdict, str) else not verdict


def _statements(text: str) -> Iterator[tuple[dict[str, Any], bool]]:
    """The statements of a policy, each with whether policy variables work in it."""
    try:
        policy = json.loads(text)
    except ValueError as error:
        raise MalformedPolicy(f"not JSON: {error}") from None
    if not isinstance(policy, dict):
        raise MalformedPolicy("not a JSON object")
    for statement in _listed(policy.get("Statement", [])):
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            raise MalformedPolicy("a statement without an Effect of Allow or Deny")
        yield statement, policy.get("Version") == "2012-10-17"


def _applies(statement: dict[str, Any], request: Request, variables: bool) -> Verdict:
    """Whether a statement is about the request."""
    asker = request if variables else None
    parts = [
        # A ${...} in an action is ordinary text.
        _element(statement, "Action", lambda pattern: _matches(pattern, request.action, None, ignore_case=True))
    ]
    if request.resource is not None:
        resource = request.resource
        parts.append(_element(statement, "Resource", lambda pattern: _matches(pattern, resource, asker)))
    if request.names:
        parts.append(_is_principal(statement, request))
    parts += [_holds(*condition, request, asker) for condition in _conditions(statement)]
    return _all(parts)


def _element(statement: dict[str, Any], name: str, matches: Callable[[str], Verdict]) -> Verdict:
    """What an element (Action, Resource) or its opposite (NotAction, NotResource) says."""
    for key, negated in ((name, False), ("Not" + name, True)):
        if key in statement:
            verdict = _any(matches(str(pattern)) for pattern in _listed(statement[key]))
            return _not(verdict) if negated else verdict
    raise MalformedPolicy(f"a statement without {name}")


def _is_principal(statement: dict[str, Any], request: Request) -> bool:
    if "NotPrincipal" in statement:
        return not _names_one(statement["NotPrincipal"], request.names)
    if "Principal" not in statement:
        raise MalformedPolicy("a statement without Principal")
    denies = statement["Effect"] == "Deny"
    return _names_one(statement["Principal"], request.names | (request.account_names if denies else set()))


def _names_one(principal: Any, names: frozenset[str]) -> bool:
    if not isinstance(principal, dict):
        principal = {"AWS": principal}
    listed = {f"{kind}:{name}" for kind, named in principal.items() for name in _listed(named)}
    return bool(listed & (names | {"AWS:*", "Service:*"}))


def _conditions(statement: dict[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            texts = [str(value).lower() if isinstance(value, bool) else str(value) for value in _listed(values)]
            yield operator, key, texts


def _holds(operator: str, key: str, wanted: list[str], request: Request, asker: Request | None) -> Verdict:
    """Whether a condition is met; for an operator or a key that is not known here, their names."""
    values = request.lookup(key)
    match = _OPERATOR.fullmatch(operator)
    quantifier, name, if_exists = match.groups() if match else (None, operator, None)
    if values is None or (name not in _OPERATORS and name != "Null"):
        return f"{operator} {key}"
    if name == "Null":
        return (wanted == ["true"]) is (not values)
    if not values and if_exists:
        return True
    how, negated = _OPERATORS[name]

    def holds_for(value: str) -> Verdict:
        verdict = _any(_compares(how, pattern, value, asker) for pattern in wanted)
        return _not(verdict) if negated else verdict

    # Without values: met by an operator that says "not" and by ForAllValues, and by nothing else.
    of_all = quantifier == "ForAllValues" or (negated and quantifier is None)
    return (_all if of_all else _any)(holds_for(value) for value in values)


def _compares(how: str, pattern: str, value: str, asker: Request | None) -> Verdict:
    if how != "arn":
        return _matches(pattern, value, asker, wildcards=how == "like", ignore_case=how == "ignoring case")
    parts, values = _COLON.split(pattern, maxsplit=5), value.split(":", 5)
    if pattern == "*" or len(parts) != 6 or len(values) != 6:
        return pattern == "*"
    return _all(_matches(part, value, asker) for part, value in zip(parts, values, strict=True))


def _matches(
    pattern: str, value: str, asker: Request | None, *, wildcards: bool = True, ignore_case: bool = False
) -> Verdict:
    """Whether a pattern with * and ? matches; policy variables take their values from `asker`, if any."""
    out: list[str] = []
    unknown: list[str] = []
    for token in _TOKEN.split(pattern):
        if token in ("*", "?") and wildcards:
            out.append(".*" if token == "*" else ".")
        elif token.startswith("${") and token.endswith("}") and asker is not None:
            name, _, default = token[2:-1].partition(",")
            values: Values | None = (name,) if name in ("*", "?", "$") else asker.lookup(name.strip())
            if values is None:
                unknown.append(token)
                out.append(".*")
            elif values or default:
                out.append(re.escape(values[0] if values else default.strip().strip("'")))
            else:
                return False  # a variable without a value matches nothing
        else:
            out.append(re.escape(token))
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    matched = re.fullmatch("".join(out), value, flags) is not None
    return ", ".join(unknown) if matched and unknown else matched


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
