"""Names of a run's own: what a scenario creates gets names that nobody else has, and the story does not notice."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Mapping
from typing import Any

# How long a name is made at most: the limit of buckets and of Amazon Personalize; that of roles is one more.
LONGEST = 63

_ALPHABET = string.ascii_lowercase + string.digits
# The members of create calls that name what is created, by operation; of Amazon Personalize, of every one.
_NAMING = {"CreateBucket": "Bucket", "CreateRole": "RoleName", "CreatePolicy": "PolicyName"}
_NAMING_IN_PERSONALIZE = ("name", "jobName")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]+[a-z0-9]")
# Where a name stands in texts: `s3://NAME`, `arn:aws:s3:::NAME`, `...:personalize:...:solution/NAME`,
# `...:iam::...:role/some/path/NAME`.
_IN_TEXTS = re.compile(
    r"(s3://|arn:aws[a-z-]*:s3:::"
    r"|arn:aws[a-z-]*:personalize:[\w-]+:[\w-]+:[\w-]+/"
    r"|arn:aws[a-z-]*:iam::[\w-]*:(?:role|policy)/(?:[^\s\"'\\,;/]+/)*)"
    r"([^\s\"'\\,;/:]+)"
)
# Longer texts of answers are not kept, to be sent as they came.
_LONGEST_KEPT = 2048


def suffix_of(seed: int | None = None) -> str:
    """What makes the names of a run its own: `-k3f9x2`. The same for the same seed, drawn anew without one."""
    chance = random.SystemRandom() if seed is None else random.Random(seed)
    return f"-{chance.choice(string.ascii_lowercase)}{''.join(chance.choices(_ALPHABET, k=5))}"


class Names:
    """The names of a scenario and what they are called outside of it: with a suffix, which answers are rid of.

    A name is replaced where it names something: in the member of a request that named it when it was created, and in
    ARNs and S3 paths, also inside of texts such as policies. Elsewhere the same word is left alone. A text of an answer
    that is sent back, such as the key of an object, is sent as it came.
    """

    def __init__(self, suffix: str) -> None:
        self.suffix = suffix
        self._outside: dict[str, str] = {}
        self._members: dict[str, set[str]] = {}
        self._back: re.Pattern[str] | None = None
        self._inside: dict[str, str] = {}
        self._came_as: dict[str, str] = {}

    def expect(self, operation: Any, request: Mapping[str, Any]) -> None:
        """Learns the names of a create call that is still to come: something else may name them before.

        `operation` is botocore's model of the operation. References to saved values are no names yet.
        """
        for member in naming_members(operation):
            name = request.get(member)
            if isinstance(name, str) and _may_be_a_name(name, operation.input_shape.members[member]):
                self._learn(name, member)

    def outgoing(self, operation: Any, request: Mapping[str, Any]) -> dict[str, Any]:
        """A request with the names that are used outside; a create call's own name is learned from it."""
        self.expect(operation, request)
        return {member: self._replaced(value, member) for member, value in request.items()}

    def incoming(self, answer: Any) -> Any:
        """An answer, as plain data, with the names of the scenario."""
        if self._back is None:
            return answer
        if isinstance(answer, str):
            return self._text_inside(answer) if self.suffix in answer else answer
        if isinstance(answer, dict):
            return {self.incoming(key): self.incoming(member) for key, member in answer.items()}
        if isinstance(answer, list):
            return [self.incoming(element) for element in answer]
        return answer

    def _text_inside(self, text: str) -> str:
        assert self._back is not None
        inside = self._back.sub(lambda found: self._inside[found[0]], text)
        if inside not in self._outside and len(text) <= _LONGEST_KEPT:
            self._came_as[inside] = text
        return inside

    def _learn(self, name: str, member: str) -> None:
        self._members.setdefault(member, set()).add(name)
        if name in self._outside:
            return
        outside, number = name[: LONGEST - len(self.suffix)] + self.suffix, 1
        while outside in self._inside:  # two long names that differ only where they are cut
            number += 1
            ending = f"-{number}{self.suffix}"
            outside = name[: LONGEST - len(ending)] + ending
        self._outside[name], self._inside[outside] = outside, name
        longest_first = sorted(self._inside, key=len, reverse=True)
        self._back = re.compile("|".join(map(re.escape, longest_first)))

    def _replaced(self, value: Any, member: str | None = None) -> Any:
        if isinstance(value, str):
            if member is not None and value in self._members.get(member, ()):
                return self._outside[value]
            return self._replaced_in_text(value, member)
        if isinstance(value, dict):
            return {key: self._replaced(each, key) for key, each in value.items()}
        if isinstance(value, list):
            return [self._replaced(each) for each in value]
        return value

    def _replaced_in_text(self, text: str, member: str | None) -> str:
        if text in self._came_as:
            return self._came_as[text]
        if member == "CopySource":  # of S3: `bucket/key`
            bucket, slash, key = text.partition("/")
            return self._outside.get(bucket, bucket) + slash + key
        if "s3://" in text or "arn:aws" in text:
            return _IN_TEXTS.sub(lambda found: found[1] + self._outside.get(found[2], found[2]), text)
        return text


def naming_members(operation: Any) -> list[str]:
    """The members of a create call that say what is created is called; none of another call."""
    if not operation.name.startswith("Create") or operation.input_shape is None:
        return []
    if operation.service_model.service_name == "personalize":
        return [each for each in _NAMING_IN_PERSONALIZE if each in operation.input_shape.members]
    return [_NAMING[operation.name]] if operation.name in _NAMING else []


def _may_be_a_name(name: str, shape: Any) -> bool:
    """Whether a name keeps the limits of the service's model: one that does not stays as it is, to be refused."""
    if not 1 <= len(name) <= shape.metadata.get("max", LONGEST):
        return False
    pattern = shape.metadata.get("pattern")
    if pattern is None:
        return _BUCKET.fullmatch(name) is not None
    return re.fullmatch(pattern, name) is not None
