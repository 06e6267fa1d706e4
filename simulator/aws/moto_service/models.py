"""moto's backend of the service: it holds nothing, and passes moto's reset on to the worlds."""

from __future__ import annotations

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.base_backend import BackendDict, BaseBackend

from simulator.aws import gateway


class PersonalizeBackend(BaseBackend):
    """A handle for moto: it is looked up by every mock, and reset with it."""

    def reset(self) -> None:
        """moto's reset."""
        gateway.forget_everything()


personalize_backends = BackendDict(PersonalizeBackend, "personalize")


def touch() -> None:
    """Makes moto remember the backend, since it resets only those that were used."""
    if DEFAULT_ACCOUNT_ID not in personalize_backends:
        personalize_backends[DEFAULT_ACCOUNT_ID]["us-east-1"]
