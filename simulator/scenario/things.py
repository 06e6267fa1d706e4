"""What can be created somewhere and deleted again: how, and how to see whether it is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from botocore import xform_name
from botocore.exceptions import ClientError


class Thing(Protocol):
    """Something that was created, and has to go."""

    @property
    def kind(self) -> str:
        """What it is: `Campaign`, `Bucket`."""

    @property
    def named(self) -> str:
        """Its ARN, or the name of what has none."""

    def delete(self) -> None:
        """Begins to delete it. Raises ClientError."""

    def exists(self) -> bool:
        """Whether it is there still. Raises ClientError."""


def key(thing: Thing) -> tuple[str, str]:
    """What tells a thing from others: a bucket and a role may have the same name."""
    return thing.kind, thing.named


@dataclass(frozen=True)
class Resource:
    """A resource of Amazon Personalize; its operations are found by its kind in botocore's model."""

    client: Any
    kind: str
    named: str

    @property
    def has_deletion(self) -> bool:
        """Whether there is an operation that deletes it: jobs and solution versions have none."""
        return self._method("Delete") is not None

    def delete(self) -> None:
        """Begins to delete it. Raises ClientError."""
        self._call("Delete")

    def stop(self) -> None:
        """Stops the training of a solution version, which nothing that it belongs to is deleted during."""
        self.client.stop_solution_version_creation(solutionVersionArn=self.named)

    def exists(self) -> bool:
        """Whether it is there still. Raises ClientError."""
        return _there(self._call, "ResourceNotFoundException", verb="Describe")

    def inside(self) -> Iterator[Resource]:
        """What exists directly inside of it now: every list operation that takes its ARN has its children."""
        model = self.client.meta.service_model
        for name in model.operation_names:
            operation = model.operation_model(name)
            if name.startswith("List") and arn_member(self.kind) in operation.input_shape.members:
                kind = name.removeprefix("List").removesuffix("s")
                for row in listed(self.client, operation, {arn_member(self.kind): self.named}):
                    if arn_member(kind) in row:
                        yield Resource(self.client, kind, row[arn_member(kind)])

    def _method(self, verb: str) -> str | None:
        name = verb + self.kind
        return xform_name(name) if name in self.client.meta.service_model.operation_names else None

    def _call(self, verb: str) -> None:
        method = self._method(verb)
        assert method is not None, f"{verb}{self.kind}"
        getattr(self.client, method)(**{arn_member(self.kind): self.named})


@dataclass(frozen=True)
class Bucket:
    """A bucket, with everything in it."""

    client: Any
    named: str
    kind: str = "Bucket"

    def delete(self) -> None:
        """Deletes it, after all versions of its objects. Raises ClientError."""
        for page in self.client.get_paginator("list_object_versions").paginate(Bucket=self.named):
            for version in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                self.client.delete_object(Bucket=self.named, Key=version["Key"], VersionId=version["VersionId"])
        self.client.delete_bucket(Bucket=self.named)

    def exists(self) -> bool:
        """Whether it is there still. Raises ClientError."""
        return _there(self.client.head_bucket, "404", Bucket=self.named)


@dataclass(frozen=True)
class Role:
    """A role, with its policies."""

    client: Any
    named: str
    kind: str = "Role"

    def delete(self) -> None:
        """Deletes it, after its policies are detached or deleted. Raises ClientError."""
        role = {"RoleName": self.named}
        for page in self.client.get_paginator("list_attached_role_policies").paginate(**role):
            for policy in page["AttachedPolicies"]:
                self.client.detach_role_policy(**role, PolicyArn=policy["PolicyArn"])
        for page in self.client.get_paginator("list_role_policies").paginate(**role):
            for name in page["PolicyNames"]:
                self.client.delete_role_policy(**role, PolicyName=name)
        self.client.delete_role(**role)

    def exists(self) -> bool:
        """Whether it is there still. Raises ClientError."""
        return _there(self.client.get_role, "NoSuchEntity", RoleName=self.named)


@dataclass(frozen=True)
class Policy:
    """A policy of the account's own."""

    client: Any
    named: str
    kind: str = "Policy"

    def delete(self) -> None:
        """Deletes it. Raises ClientError."""
        self.client.delete_policy(PolicyArn=self.named)

    def exists(self) -> bool:
        """Whether it is there still. Raises ClientError."""
        return _there(self.client.get_policy, "NoSuchEntity", PolicyArn=self.named)


def arn_member(kind: str) -> str:
    """The member that the ARN of a resource of Amazon Personalize has everywhere: `campaignArn`."""
    return f"{kind[0].lower()}{kind[1:]}Arn"


def code_of(fault: ClientError) -> str:
    """The code of an error."""
    return str(fault.response["Error"].get("Code", ""))


def listed(client: Any, operation: Any, request: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The rows of a list operation, of all its pages. Raises ClientError."""
    method, page = getattr(client, xform_name(operation.name)), dict(request)
    while True:
        answer = method(**page)
        for value in answer.values():
            if isinstance(value, list):
                yield from (row for row in value if isinstance(row, dict))
        if not answer.get("nextToken"):
            return
        page["nextToken"] = answer["nextToken"]


def _there(look: Any, absent: str, **request: Any) -> bool:
    try:
        look(**request)
    except ClientError as fault:
        if code_of(fault) == absent:
            return False
        raise
    return True
