"""Clients of boto3 that one simulation answers, and its virtual time, which passes while something is made."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from botocore.loaders import Loader, create_loader
from botocore.session import get_session

from simulator.aws import gateway
from simulator.aws.host import Host
from simulator.clock import SECOND, SimulatorError
from simulator.data.properties import camel_case


class Calls:
    """Clients of one region, and the simulation that answers them."""

    def __init__(self, host: Host, region: str | None) -> None:
        self._host = host
        session = get_session()
        session.register_component("data_loader", _loader())
        self._clients = {
            service: session.create_client(service, region_name=region)
            for service in ("s3", "iam", "personalize", "personalize-events", "personalize-runtime")
        }

    def __getitem__(self, service: str) -> Any:
        """The client of a service.

        Raises SimulatorError once the simulation has been left: then nothing keeps calls on this machine.
        """
        self._check_running()
        return self._clients[service]

    @property
    def region(self) -> str:
        """The region of the clients."""
        region: str = self._clients["personalize"].meta.region_name
        return region

    def now(self) -> int:
        """The virtual present, in Unix seconds; raises SimulatorError once the simulation has been left."""
        self._check_running()
        return self._host.time.now() // SECOND

    def until_active(self, resource: str, arn: str, update: str | None = None) -> None:
        """Lets virtual time pass until a resource (`dataset_import_job`), or an update of it, is ACTIVE.

        Raises SimulatorError, with the reason that the service gives, if it fails.
        """
        member = camel_case(resource.upper())
        while True:
            describe = getattr(self["personalize"], f"describe_{resource}")
            described: Mapping[str, Any] = describe(**{f"{member}Arn": arn})[member]
            if update is not None:
                described = described[update]
            if described["status"] == "ACTIVE":
                return
            if described["status"].endswith("FAILED"):
                raise SimulatorError(f"{arn}: {described['status']}: {described['failureReason']}")
            self._pass_time()

    def _check_running(self) -> None:
        if gateway.current_host() is not self._host:
            raise SimulatorError("the simulation of this deployment has been left")

    def _pass_time(self) -> None:
        """To the next instant at which something happens: what is being made is on the agenda."""
        with self._host.lock:
            self._host.move_to(self._host.world.agenda.entries[0].due)


@functools.cache
def _loader() -> Loader:
    """The descriptions of the services, read once a process: to read them takes longer than most deployments."""
    return create_loader()
