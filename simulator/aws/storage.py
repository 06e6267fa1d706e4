"""The S3 of the simulation, read and written in place: moto's buckets, without a request.

Which role may do that is another question, answered by `simulator.aws.permissions`; nothing here asks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class InvalidLocation(ValueError):
    """A text is not of the form s3://bucket/key."""


class NoSuchBucket(LookupError):
    """No account of the partition has a bucket of that name."""


class NoSuchKey(LookupError):
    """The bucket has no object of that name, or its newest version is a delete marker."""


@dataclass(frozen=True, slots=True)
class Location:
    """A place in S3: one object, or a folder where the key is empty or ends in a slash.

    Source: spec 02 section 5.
    """

    bucket: str
    key: str

    @property
    def is_folder(self) -> bool:
        """Whether it stands for every object below it."""
        return not self.key or self.key.endswith("/")

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True)
class Bucket:
    """What a bucket says of itself; `policy` is the text of its policy, or None."""

    name: str
    owner: str
    region: str
    policy: str | None


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object in a listing; `size` in bytes."""

    key: str
    size: int


def parse_location(text: str) -> Location:
    """The place that s3://bucket/key names; raises InvalidLocation for anything else.

    The key is taken as it stands (nothing is percent-decoded) and may be empty: the whole bucket.
    """
    bucket, _, key = text.removeprefix("s3://").partition("/")
    if not text.startswith("s3://") or not bucket:
        raise InvalidLocation(text)
    return Location(bucket, key)


def bucket(name: str, partition: str = "aws") -> Bucket:
    """A bucket of any account of the partition; raises NoSuchBucket.

    Names of buckets are global in a partition, so no account is asked for: compare `owner` where it matters.
    """
    backend = _owning_backend(name, partition)
    policy = backend.get_bucket_policy(name)
    return Bucket(
        name=name,
        owner=backend.account_id,
        region=backend.get_bucket(name).region_name,
        policy=policy.decode() if isinstance(policy, bytes) else policy,
    )


def read(location: Location, partition: str = "aws") -> bytes:
    """The bytes of the newest version of an object; raises NoSuchBucket or NoSuchKey."""
    stored = _owning_backend(location.bucket, partition).get_object(location.bucket, location.key)
    if stored is None:
        raise NoSuchKey(str(location))
    content: bytes = stored.value
    return content


def list_objects(
    bucket: str, prefix: str = "", partition: str = "aws", *, sub_folders: bool = True
) -> list[StoredObject]:
    """The objects whose keys begin with the prefix, in the order of their keys; raises NoSuchBucket.

    Without `sub_folders`, those that have a slash behind the prefix are left out.
    """
    backend = _owning_backend(bucket, partition)
    stored, *_ = backend.list_objects(backend.get_bucket(bucket), prefix, None if sub_folders else "/", None, None)
    return [StoredObject(key.name, key.size) for key in stored]


def write(bucket: str, key: str, content: bytes, partition: str = "aws") -> None:
    """Puts an object as PutObject would, with its versions and notifications; raises NoSuchBucket."""
    _owning_backend(bucket, partition).put_object(bucket, key, content)


def _owning_backend(bucket: str, partition: str) -> Any:
    backend = _find_backend(bucket, partition)
    if backend is None:
        raise NoSuchBucket(bucket)
    return backend


def _find_backend(bucket: str, partition: str) -> Any:
    """The backend of the account that owns the bucket, or None.

    moto's own look-up from another account is refused where MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS is off, and finds
    buckets of other partitions, so the owner is looked up first. Table buckets are no place for data.
    """
    from moto.backends import get_backend

    backends = get_backend("s3")
    owner = backends.bucket_accounts.get(bucket)
    if owner is None or owner[0] != partition:
        return None
    backend = backends[owner[1]][partition]
    return backend if bucket in backend.buckets else None
