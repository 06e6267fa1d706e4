"""Stacks of moto's CloudFormation, as far as the resources of Personalize need them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulator.arns import Home
from simulator.aws.cloudformation.calls import Refused

if TYPE_CHECKING:
    from simulator.aws.cloudformation.resources import Resource

_BEING_CREATED = frozenset({"CREATE_PENDING", "CREATE_IN_PROGRESS", "REVIEW_IN_PROGRESS"})


def stacks(home: Home) -> dict[str, Any]:
    """moto's stacks of an account and region, by id, without those that are being deleted."""
    from moto.cloudformation.models import cloudformation_backends

    found: dict[str, Any] = cloudformation_backends[home.account][home.region].stacks
    return found


def standing(home: Home) -> list[Resource]:
    """What CloudFormation has made in an account and region and not deleted, oldest first."""
    from simulator.aws.moto_service.models import personalize_backends

    found: list[Resource] = personalize_backends[home.account][home.region].standing
    return found


def of_stack(stack: Any) -> list[Resource]:
    """The resources of a stack that stand and are not to be retained, newest first."""
    home = Home(stack.account_id, stack.region_name)
    return [each for each in reversed(standing(home)) if each.stack is stack and not each.is_retained]


def is_being_created(stack: Any) -> bool:
    """Whether a stack has not been complete yet: then it is rolled back as a whole."""
    return stack.status in _BEING_CREATED


def roll_back(failed: Resource) -> None:
    """Deletes all that the creation of a stack has made so far."""
    stack = failed.stack
    stack._add_stack_event(
        "ROLLBACK_IN_PROGRESS",
        resource_status_reason=f"The following resource(s) failed to create: [{failed.logical_resource_id}]. "
        "Rollback requested by user.",
    )
    for each in of_stack(stack):
        each.remove()
    stack.resource_map.delete()
    # moto would create the resources again when it next looks at the outputs.
    stack.template_dict = {}
    stack.resource_map = stack._create_resource_map()
    stack.output_map = stack._create_output_map()
    stack._add_stack_event("ROLLBACK_COMPLETE")
    stack.status = "ROLLBACK_COMPLETE"


def delete_quietly(resource: Resource) -> None:
    """Deletes a resource that is not wanted any more; CloudFormation goes on if it cannot."""
    try:
        resource.remove()
    except Refused as refused:
        tell(resource, "DELETE_FAILED", str(refused))


def tell(resource: Resource, status: str, reason: str) -> None:
    """Adds an event to the stack, once: moto tries several times."""
    from moto.cloudformation.models import Event

    stack = resource.stack
    told = {(each.logical_resource_id, each.physical_resource_id, each.resource_status) for each in stack.events}
    if (resource.logical_resource_id, resource.arn, status) in told:
        return
    stack.events.append(
        Event(
            stack_id=stack.stack_id,
            stack_name=stack.name,
            logical_resource_id=resource.logical_resource_id,
            physical_resource_id=resource.arn,
            resource_type=resource.cloudformation_type(),
            resource_status=status,
            resource_status_reason=reason,
            resource_properties=json.dumps(resource.properties, default=str),
        )
    )


def validation_error(refused: Refused) -> Exception:
    """The error that moto answers with."""
    from moto.cloudformation.exceptions import ValidationError

    error: Exception = ValidationError(message=str(refused))
    return error
