"""What the simulated service needs of the account it works in: objects in S3 and a role's permissions."""

from __future__ import annotations

from typing import Literal, Protocol

from simulator.arns import Home

Access = Literal["read", "write"]


class Platform(Protocol):
    """The account's other services. The real ones are moto's backends (`simulator.aws.platform`)."""

    def check_access(self, home: Home, role_arn: str, access: Access, location: str, job_arn: str) -> None:
        """Raises the service's refusal if a job may not read or write `location` with this role."""

    def read(self, home: Home, location: str) -> list[bytes]:
        """The contents of the object at `s3://bucket/key`, or of all CSV files under `s3://bucket/folder/`.

        Raises ServiceError: `INVALID_DATA_LOCATION`, `NO_SUCH_DATA`.
        """

    def write(self, home: Home, location: str, content: bytes) -> None:
        """Writes an object at `s3://bucket/key`; raises ServiceError if there is no such bucket."""
