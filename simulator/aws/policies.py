"""Policy documents, evaluated: a pure function from texts and a request to yes, no, or neither.

moto's own evaluation is not used: it ignores conditions, principals and variables that it does not know, and
here nothing may pass unexamined.

Source: the IAM user guide, "Policy evaluation logic" and "JSON policy elements".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Values = tuple[str, ...]
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


class MalformedPolicy(ValueError):
    """A policy's text is not a policy that AWS would have stored."""


class UnsupportedCondition(Exception):
    """The answer hangs on a condition, or a policy variable, which the simulator cannot evaluate.

    Its text names the condition's operator and key.
    """


class Effect(Enum):
    """What policies say of a request: nothing (which refuses it too), yes, or no whatever others say."""

    NEITHER = "Neither"
    ALLOW = "Allow"
    DENY = "Deny"


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
