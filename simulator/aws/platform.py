"""The account around the service: moto's real S3 and IAM, in the service's own words of refusal."""

from __future__ import annotations

from simulator import errors
from simulator.arns import Home, account_of
from simulator.aws import permissions, policies, storage
from simulator.resources.platform import Access

_READ_ACTIONS = ("s3:GetObject", "s3:ListBucket")
_WRITE_ACTIONS = ("s3:PutObject", "s3:ListBucket")


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
            for action in _READ_ACTIONS if access == "read" else _WRITE_ACTIONS:
                _check_action(home, role_arn, action, place, job_arn)
        except permissions.NoSuchRole:
            raise errors.ROLE_NOT_ASSUMABLE(role=role_arn) from None
        except storage.NoSuchBucket:
            raise errors.NO_SUCH_DATA(location=location) from None
        except policies.UnsupportedCondition as unknown:
            raise errors.not_simulated(f"policies with {unknown}") from None
        except policies.MalformedPolicy:
            raise errors.ROLE_LACKS_S3() from None

    def read(self, home: Home, location: str) -> list[bytes]:
        """The contents of one object, or of all CSV files in a folder."""
        place = _place(location)
        try:
            if not place.is_folder:
                return [storage.read(place, home.partition)]
            listed = storage.list_objects(place.bucket, place.key, home.partition)
            files = [each.key for each in listed if each.key.endswith(".csv")]
            if not files:
                raise errors.NO_SUCH_DATA(location=location)
            return [storage.read(storage.Location(place.bucket, key), home.partition) for key in files]
        except (storage.NoSuchBucket, storage.NoSuchKey):
            raise errors.NO_SUCH_DATA(location=location) from None

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
