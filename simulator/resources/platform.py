"""What the simulated service needs of the account it works in: objects in S3, keys, and a role's permissions."""

from __future__ import annotations

from typing import Literal, Protocol

from simulator.arns import Home

Access = Literal["read", "write", "put"]
"""What a job does: it reads, it writes among what is there, or (reports of metric attributions) it only puts."""


class Platform(Protocol):
    """The account's other services. The real ones are moto's backends (`simulator.aws.platform`)."""

    def check_access(self, home: Home, role_arn: str, access: Access, location: str, job_arn: str) -> None:
        """Raises the service's refusal if a job may not read or write `location` with this role."""

    def key_fault(self, home: Home, role_arn: str, key_arn: str, resource_arn: str) -> str | None:
        """Why a resource of Personalize cannot use a KMS key with this role: a failure reason, or None if it can.

        Raises ServiceError: `CROSS_ACCOUNT_ROLE`.
        """

    def csv_files(self, home: Home, location: str, *, sub_folders: bool = False) -> list[str]:
        """The location of an object at `s3://bucket/key`, or those of all CSV files in `s3://bucket/folder/`.

        Files in its sub folders are left out unless they are asked for. Raises ServiceError:
        `INVALID_DATA_LOCATION`, `NO_SUCH_DATA`.
        """

    def read(self, home: Home, location: str) -> bytes:
        """The content of the object at `s3://bucket/key`.

        Raises ServiceError: `INVALID_DATA_LOCATION`, `NO_SUCH_DATA`.
        """

    def objects(self, home: Home, location: str) -> list[tuple[str, bytes]]:
        """The keys and contents of all objects whose keys begin with that of `s3://bucket/key`, by key; no folders.

        Raises ServiceError: `INVALID_DATA_LOCATION`, `NO_SUCH_DATA`.
        """

    def write(self, home: Home, location: str, content: bytes) -> None:
        """Writes an object at `s3://bucket/key`; raises ServiceError if there is no such bucket."""
