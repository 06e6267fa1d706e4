"""CloudFormation: the resource types of Personalize, for moto's CloudFormation.

Each create, update and delete of a stack's resource is calls of the service's own operations, made as the account and
region of the stack, and waiting for what they lead to: virtual time passes as it does on AWS, one resource after the
other. What the service refuses ends the stack's creation in ROLLBACK_COMPLETE, its deletion in DELETE_FAILED, and the
caller of moto's CloudFormation gets the reason as a ValidationError, as with other services in moto.

moto's own modules import this package (`_personalize_simulator_hooks`): what is heavy is imported where it is needed.

Source: the CloudFormation template reference and the resource schemas in the CloudFormation registry.
"""

from simulator.aws.cloudformation.resource_types import Dataset, DatasetGroup, EventTracker, Schema, Solution

__all__ = ["Dataset", "DatasetGroup", "EventTracker", "Schema", "Solution"]
