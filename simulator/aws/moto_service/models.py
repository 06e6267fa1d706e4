"""moto's backend of the service: it knows which resources are of a stack, and passes moto's reset on to the worlds."""

from __future__ import annotations

from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.base_backend import BackendDict, BaseBackend

from simulator.aws import (
    gateway,
    metrics,  # noqa: F401 - moto's CloudWatch asks the provider that it defines
)


class PersonalizeBackend(BaseBackend):
    """A handle for moto: it is looked up by every mock, and reset with it.

    `standing` are the resources that CloudFormation made here and has not deleted, oldest first.
    """

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.standing: list[Any] = []

    def reset(self) -> None:
        """moto's reset."""
        gateway.forget_everything()
        self.standing = []


personalize_backends = BackendDict(PersonalizeBackend, "personalize")


def touch() -> None:
    """Makes moto remember the backend, since it resets only those that were used."""
    if DEFAULT_ACCOUNT_ID not in personalize_backends:
        personalize_backends[DEFAULT_ACCOUNT_ID]["us-east-1"]
