"""The account around the service: moto's real S3, IAM and KMS, in the service's own words of refusal."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from simulator import errors
from simulator.arns import Home, account_of
from simulator.aws import permissions, policies, storage
from simulator.resources.platform import Access

_ACTIONS: Mapping[Access, tuple[str, ...]] = MappingProxyType(
    {
        "read": ("s3:GetObject", "s3:ListBucket"),
        "write": ("s3:PutObject", "s3:ListBucket"),
        "put": ("s3:PutObject",),
    }
)


class MotoPlatform:
    """moto's backends, as `simulator.resources.platform.Platform` wants them."""

    def check_access(self, home: Home, role_arn: str, access: Access, location: str, job_arn: str) -> None:
        """Raises the service's refusal if Personalize may not read or write `location` with this role."""
        place = _place(location)
        if account_of(role_arn) != home.account:
            raise errors.CROSS_ACCOUNT_ROLE()
        try:
            if not permissions.trusts_personalize(role_arn, job_arn):
                raise errors.ROLE_NOT_ASSUMABLE(role=role_arn)
            for action in _ACTIONS[access]:
                _check_action(home, role_arn, action, place, job_arn)
        except permissions.NoSuchRole:
            raise errors.ROLE_NOT_ASSUMABLE(role=role_arn) from None
        except storage.NoSuchBucket:
            raise errors.NO_SUCH_DATA(location=location) from None
        except policies.UnsupportedCondition as unknown:
            raise errors.not_simulated(f"policies with {unknown}") from None
        except policies.MalformedPolicy:
            raise errors.ROLE_LACKS_S3() from None

    def key_fault(self, home: Home, role_arn: str, key_arn: str, resource_arn: str) -> str | None:
        """Why a resource of Personalize cannot use a KMS key with this role: a failure reason, or None if it can."""
        if account_of(role_arn) != home.account:
            raise errors.CROSS_ACCOUNT_ROLE()
        why = _why_not(home, role_arn, key_arn, resource_arn)
        return None if why is None else errors.KEY_NOT_USABLE.format(key=key_arn, role=role_arn, why=why)

    def csv_files(self, home: Home, location: str, *, sub_folders: bool = False) -> list[str]:
        """The location of one object, or of all CSV files in a folder."""
        place = _place(location)
        if not place.is_folder:
            return [location]
        try:
            listed = storage.list_objects(place.bucket, place.key, home.partition, sub_folders=sub_folders)
        except storage.NoSuchBucket:
            raise errors.NO_SUCH_DATA(location=location) from None
        files = [str(storage.Location(place.bucket, each.key)) for each in listed if each.key.endswith(".csv")]
        if not files:
            raise errors.NO_SUCH_DATA(location=location)
        return files

    def read(self, home: Home, location: str) -> bytes:
        """The content of one object."""
        try:
            return storage.read(_place(location), home.partition)
        except (storage.NoSuchBucket, storage.NoSuchKey):
            raise errors.NO_SUCH_DATA(location=location) from None

    def objects(self, home: Home, location: str) -> list[tuple[str, bytes]]:
        """The keys and contents of all objects whose keys begin like the location's."""
        place = _place(location)
        try:
            listed = storage.list_objects(place.bucket, place.key, home.partition)
        except storage.NoSuchBucket:
            raise errors.NO_SUCH_DATA(location=location) from None
        keys = [each.key for each in listed if not each.key.endswith("/")]
        if not keys:
            raise errors.NO_SUCH_DATA(location=location)
        return [(key, storage.read(storage.Location(place.bucket, key), home.partition)) for key in keys]

    def write(self, home: Home, location: str, content: bytes) -> None:
        """Writes one object."""
        place = _place(location)
        try:
            storage.write(place.bucket, place.key, content, home.partition)
        except storage.NoSuchBucket:
            raise errors.NO_SUCH_DATA(location=location) from None


def _check_action(home: Home, role_arn: str, action: str, place: storage.Location, job_arn: str) -> None:
    bucket = f"arn:{home.partition}:s3:::{place.bucket}"
    resource, prefix = (bucket, place.key) if action == "s3:ListBucket" else (f"{bucket}/{place.key}", "")
    decision = permissions.allowed(role_arn, action, resource, source_arn=job_arn, prefix=prefix)
    if decision is permissions.Decision.ROLE_REFUSES:
        raise errors.ROLE_LACKS_S3()
    if decision is permissions.Decision.BUCKET_REFUSES:
        raise errors.BUCKET_POLICY_LACKS_S3(bucket=place.bucket)


def _why_not(home: Home, role_arn: str, key_arn: str, resource_arn: str) -> str | None:
    """What keeps Personalize from a KMS key of the region, in words."""
    try:
        if not permissions.trusts_personalize(role_arn, resource_arn):
            return f"the role does not let {permissions.PERSONALIZE} assume it"
        if not key_arn.startswith(f"arn:{home.partition}:kms:{home.region}:"):
            return f"the key is not in {home.region}"
        for action in permissions.KEY_ACTIONS:
            decision = permissions.allowed_on_key(role_arn, action, key_arn)
            if decision is permissions.Decision.ROLE_REFUSES:
                return f"the role's policies do not allow {action}"
            if decision is permissions.Decision.KEY_REFUSES:
                return f"the key's policy does not allow {action} to the role"
    except permissions.NoSuchRole:
        return "there is no such role"
    except permissions.NoSuchKey:
        return "there is no such key, or it is not enabled"
    except policies.UnsupportedCondition as unknown:
        raise errors.not_simulated(f"policies with {unknown}") from None
    except policies.MalformedPolicy as fault:
        return f"a policy is malformed: {fault}"
    return None


def _place(location: str) -> storage.Location:
    try:
        return storage.parse_location(location)
    except storage.InvalidLocation:
        raise errors.INVALID_DATA_LOCATION() from None


def account_of_key(access_key: str) -> str:
    """The account of an access key: that of the role or user it was made for, or moto's default one."""
    from moto.iam.models import get_account_id_from

    account: str = get_account_id_from(access_key)
    return account
