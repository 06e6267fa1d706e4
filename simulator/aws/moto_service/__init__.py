"""What stands in moto under the name `moto.personalize`."""

from simulator.aws.moto_service.models import personalize_backends

__all__ = ["personalize_backends"]
