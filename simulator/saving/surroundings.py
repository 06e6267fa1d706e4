"""What the resources of a world refer to outside of it: buckets of moto with objects, and roles with their policies.

Gathered when a world is saved, put back when it is loaded. What is there already is left as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from datetime import datetime
from typing import Any

from simulator.arns import Home
from simulator.aws import permissions, storage
from simulator.clock import Micros, datetime_of, micros_of
from simulator.resources.table import Table
from simulator.resources.world import Inventory, World
from simulator.saving.errors import SavedWorldError

_ROLE = re.compile(r"arn:[a-z\d-]+:iam::\d{12}:role/.+")
_LOCATION = "s3://"
_CHECKSUM = ("checksum_algorithm", "checksum_type", "checksum_value")


@dataclass(frozen=True)
class StoredObject:
    """An object of a bucket, its newest version."""

    key: str
    content: bytes
    etag: str
    modified: Micros
    metadata: Mapping[str, str]
    checksum: Mapping[str, str]


@dataclass(frozen=True)
class StoredBucket:
    """A bucket; `policy` is the text of its policy, `versioning` what was said of keeping versions."""

    name: str
    partition: str
    account: str
    region: str
    created: Micros
    policy: str | None
    versioning: str | None
    objects: tuple[StoredObject, ...]


@dataclass(frozen=True)
class StoredPolicy:
    """A managed policy of an account's own; `versions` are ids and documents, oldest first.

    Of policies and roles moto draws ids by chance of its own: they are not kept, so that equal worlds make equal files.
    """

    arn: str
    account: str
    name: str
    path: str
    description: str
    created: Micros
    default_version: str
    versions: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class StoredRole:
    """A role: its inline policies by name, and the ARNs of the managed ones, those of AWS among them."""

    arn: str
    account: str
    name: str
    path: str
    description: str
    created: Micros
    longest_session: str | None
    trust: str
    inline: Mapping[str, str]
    attached: tuple[str, ...]
    boundary: str | None
    tags: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Surroundings:
    """Buckets, policies and roles, as they were when a world was saved."""

    buckets: tuple[StoredBucket, ...]
    policies: tuple[StoredPolicy, ...]
    roles: tuple[StoredRole, ...]


# --- gathering ---------------------------------------------------------------------------------------------


def gather(world: World) -> Surroundings:
    """What the resources of a world name that is there: S3 locations, and what stands below them; roles."""
    prefixes: dict[tuple[str, str], set[str]] = {}
    roles: set[str] = set()
    for home, text in _texts_of(world):
        if text.startswith(_LOCATION):
            place = _place(text)
            if place is not None:
                prefixes.setdefault((home.partition, place.bucket), set()).add(place.key)
        elif _ROLE.fullmatch(text):
            roles.add(text)
    found = [each for each in map(_find_role, sorted(roles)) if each is not None]
    return Surroundings(
        buckets=tuple(
            bucket
            for (partition, name), keys in sorted(prefixes.items())
            if (bucket := _bucket(partition, name, keys)) is not None
        ),
        policies=tuple(_policies_of(found)),
        roles=tuple(map(_role, found)),
    )


def _texts_of(world: World) -> Iterator[tuple[Home, str]]:
    """All texts that resources hold, their data left out."""
    for home, inventory in world.inventories.items():
        for table in vars(inventory).values():
            if isinstance(table, Table):
                for record in table.values():
                    yield from ((home, text) for text in _texts_in(record))


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts_in(each)
    elif is_dataclass(value):
        if type(value).__module__.startswith(Inventory.__module__.rpartition(".")[0]):
            yield from _texts_in(vars(value))
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts_in(each)


def _place(text: str) -> storage.Location | None:
    try:
        return storage.parse_location(text)
    except storage.InvalidLocation:
        return None


def _bucket(partition: str, name: str, keys: set[str]) -> StoredBucket | None:
    try:
        known = storage.bucket(name, partition)
    except storage.NoSuchBucket:
        return None
    backend = _backend("s3", known.owner, partition)
    below = tuple(f"{key.rstrip('/')}/" for key in keys)
    chosen = [
        each.key
        for each in storage.list_objects(name, partition=partition)
        if each.key in keys or "" in keys or each.key.startswith(below)
    ]
    found = backend.get_bucket(name)
    return StoredBucket(
        name=name,
        partition=partition,
        account=known.owner,
        region=known.region,
        created=micros_of(found.creation_date),
        policy=known.policy,
        versioning=found.versioning_status,
        objects=tuple(_object(backend.get_object(name, key)) for key in chosen),
    )


def _object(found: Any) -> StoredObject:
    return StoredObject(
        key=found.name,
        content=found.value,
        etag=found.etag.strip('"'),
        modified=micros_of(found.last_modified),
        metadata=dict(found.metadata),
        checksum={name: value for name in _CHECKSUM if (value := getattr(found, name, None)) is not None},
    )


def _find_role(arn: str) -> Any:
    known = permissions.role(arn)
    if known is None:
        return None
    roles = _backend("iam", known.account_id, arn.split(":")[1]).get_roles()
    return next(each for each in roles if each.arn == arn)


def _role(found: Any) -> StoredRole:
    return StoredRole(
        arn=found.arn,
        account=found.account_id,
        name=found.name,
        path=found.path,
        description=found.description or "",
        created=micros_of(found.create_date),
        longest_session=None if found.max_session_duration is None else str(found.max_session_duration),
        trust=_text(found.assume_role_policy_document),
        inline={name: _text(document) for name, document in found.policies.items()},
        attached=tuple(found.managed_policies),
        boundary=found.permissions_boundary_arn,
        tags=tuple((tag["Key"], tag["Value"]) for tag in found.tags or ()),
    )


def _policies_of(roles: list[Any]) -> Iterator[StoredPolicy]:
    """The managed policies of roles, and those that bound them; not those that AWS manages: their names suffice."""
    found: dict[str, Any] = {}
    for role in roles:
        known = _backend("iam", role.account_id, role.partition).managed_policies
        for arn in (*role.managed_policies, role.permissions_boundary_arn):
            if arn in known and not permissions.names_aws_managed_policy(arn):
                found[arn] = known[arn]
    for arn, policy in sorted(found.items()):
        yield StoredPolicy(
            arn=arn,
            account=policy.account_id,
            name=policy.name,
            path=policy.path,
            description=policy.description,
            created=micros_of(policy.create_date),
            default_version=policy.default_version_id,
            versions=tuple((version.version_id, _text(version.document)) for version in policy.versions),
        )


# --- putting back ------------------------------------------------------------------------------------------


def put_back(around: Surroundings) -> None:
    """Makes the buckets, objects, policies and roles that are not there; those that are stay as they are.

    Raises SavedWorldError, before anything is made, for a bucket that is there in another account.
    """
    for bucket in around.buckets:
        if (owner := _owner(bucket)) not in (None, bucket.account):
            raise SavedWorldError(
                f"the saved world uses the bucket {bucket.name} of the account {bucket.account}, but the account "
                f"{owner} has one of that name already"
            )
    for bucket in around.buckets:
        _put_bucket(bucket)
    for policy in around.policies:
        _put_policy(policy)
    for role in around.roles:
        if permissions.role(role.arn) is None:
            _put_role(role)


def _owner(bucket: StoredBucket) -> str | None:
    try:
        return storage.bucket(bucket.name, bucket.partition).owner
    except storage.NoSuchBucket:
        return None


def _put_bucket(bucket: StoredBucket) -> None:
    backend = _backend("s3", bucket.account, bucket.partition)
    if _owner(bucket) is None:
        made = backend.create_bucket(bucket.name, bucket.region)
        made.creation_date = datetime_of(bucket.created)
        made.policy = None if bucket.policy is None else bucket.policy.encode()
        made.versioning_status = bucket.versioning
    for each in bucket.objects:
        if backend.get_object(bucket.name, each.key) is None:
            key = backend.put_object(bucket.name, each.key, each.content, etag=each.etag, disable_notification=True)
            key.last_modified = _as_moto(key.last_modified, each.modified)
            key.metadata.update(each.metadata)
            for name in _CHECKSUM:
                setattr(key, name, each.checksum.get(name))


def _put_policy(policy: StoredPolicy) -> None:
    from moto.iam.models import ManagedPolicy, PolicyVersion

    partition = policy.arn.split(":")[1]
    known = _backend("iam", policy.account, partition).managed_policies
    if policy.arn in known:
        return
    made = ManagedPolicy(
        policy.name,
        account_id=policy.account,
        region=partition,
        default_version_id=policy.default_version,
        description=policy.description,
        path=policy.path,
    )
    made.create_date = _as_moto(made.create_date, policy.created)
    made.versions = [
        PolicyVersion(policy.arn, document, version == policy.default_version, version, made.create_date)
        for version, document in policy.versions
    ]
    made.next_version_num = 1 + max(int(version.removeprefix("v")) for version, _ in policy.versions)
    known[policy.arn] = made


def _put_role(role: StoredRole) -> None:
    from moto.iam.models import Role
    from moto.iam.utils import random_role_id

    partition = role.arn.split(":")[1]
    backend = _backend("iam", role.account, partition)
    made = Role(
        account_id=role.account,
        partition=partition,
        role_id=random_role_id(role.account),
        name=role.name,
        assume_role_policy_document=role.trust,
        path=role.path,
        permissions_boundary=role.boundary,
        description=role.description,
        tags=[{"Key": key, "Value": value} for key, value in role.tags],
        max_session_duration=role.longest_session,
    )
    made.create_date = _as_moto(made.create_date, role.created)
    made.policies = dict(role.inline)
    if any(map(permissions.names_aws_managed_policy, role.attached)):
        permissions.load_aws_managed_policies(role.account, partition)
    for arn in role.attached:
        if arn in backend.managed_policies:
            backend.managed_policies[arn].attach_to(made)
    backend.roles[made.id] = made


def _backend(service: str, account: str, partition: str) -> Any:
    from moto.backends import get_backend

    return get_backend(service)[account][partition]


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)  # CloudFormation leaves dictionaries


def _as_moto(example: datetime, instant: Micros) -> datetime:
    """A moment with a zone or without, as moto's own is."""
    moment = datetime_of(instant)
    return moment if example.tzinfo is not None else moment.replace(tzinfo=None)
