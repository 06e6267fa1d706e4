"""Resources of stacks: what moto asks of one, and how it comes, changes and goes by operations of the service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from simulator.arns import Home
from simulator.aws.cloudformation.calls import (
    AlreadyExists,
    NotFound,
    Refused,
    call,
    camel,
    member,
    wait,
    wait_until_active,
)
from simulator.aws.cloudformation.stacks import (
    delete_quietly,
    is_being_created,
    of_stack,
    roll_back,
    stacks,
    standing,
    tell,
    validation_error,
)

# Properties that are no texts or literals.
_STRUCTURES: Mapping[str, tuple[type, str]] = {
    "DatasetImportJob": (dict, "JSONObject"),
    "SolutionConfig": (dict, "JSONObject"),
    "Tags": (list, "JSONArray"),
}


def own_tags(properties: Mapping[str, Any]) -> dict[str, str]:
    """The tags in checked properties, values by keys."""
    return {str(each["Key"]): str(each["Value"]) for each in properties.get("Tags", [])}


class Resource:
    """A resource of a stack; the types are subclasses.

    `noun` names the type here and in the service's operations, `attributes` are what Fn::GetAtt knows beside the ARN.
    A change of properties `in_place` needs no replacement, all others do.
    """

    noun: ClassVar[str]
    required: ClassVar[tuple[str, ...]]
    optional: ClassVar[tuple[str, ...]]
    attributes: ClassVar[tuple[str, ...]] = ()
    in_place: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, home: Home, logical_id: str, stack: Any, resource: Mapping[str, Any]) -> None:
        self.home = home
        self.logical_resource_id = logical_id
        self.stack = stack
        self.properties: dict[str, Any] = resource["Properties"]
        self.is_retained = resource.get("DeletionPolicy") == "Retain"
        self.is_superseded = False
        self.arn = ""
        self.values: dict[str, Any] = {}

    # What moto asks.

    @classmethod
    def cloudformation_type(cls) -> str:
        """The name of the type in templates."""
        return f"AWS::Personalize::{cls.noun}"

    @staticmethod
    def cloudformation_name_type() -> str:
        """The property that names a resource."""
        return "Name"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Whether Fn::GetAtt knows an attribute."""
        return attr in (f"{cls.noun}Arn", *cls.attributes)

    def get_cfn_attribute(self, attribute_name: str) -> Any:
        """The value of Fn::GetAtt."""
        if not self.has_cfn_attr(attribute_name):
            from moto.cloudformation.exceptions import UnformattedGetAttTemplateException

            raise UnformattedGetAttTemplateException
        return self.values.get(camel(attribute_name), "")

    @property
    def physical_resource_id(self) -> str:
        """The value of Ref: the primary identifier of the type, which is its ARN."""
        return self.arn

    def is_created(self) -> bool:
        """Whether it is there: a resource is waited for."""
        return True

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> Any:
        """Creates a resource and waits until it is ACTIVE; raises moto's ValidationError with the reason if not."""
        home = Home(account_id, region_name)
        stack = stacks(home).get(kwargs["StackId"])
        made = cls(home, kwargs["LogicalId"], stack, cloudformation_json)
        if stack is None:
            return made  # moto looks at the outputs of a stack that is deleted
        try:
            made.create()
        except Refused as refused:
            tell(made, "CREATE_FAILED", str(refused))
            if is_being_created(stack):
                roll_back(made)
            else:
                delete_quietly(made)
            raise validation_error(refused) from None
        return made

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Any,
        new_resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> Any:
        """Changes or replaces a resource whose properties differ; raises moto's ValidationError with the reason if not.

        What has been replaced goes as soon as nothing needs it: other resources of the stack may have to change first.
        """
        if cloudformation_json["Properties"] == original_resource.properties:
            return original_resource
        try:
            updated = original_resource.update(cloudformation_json)
        except Refused as refused:
            tell(original_resource, "UPDATE_FAILED", str(refused))
            raise validation_error(refused) from None
        for each in reversed(standing(original_resource.home)):
            if each.is_superseded:
                delete_quietly(each)
        return updated

    def delete(self, account_id: str, region_name: str) -> None:
        """Deletes it and waits until it is gone; with it, newest first, all others of a stack that is deleted."""
        whole = self.stack.stack_id not in stacks(self.home)
        failure: tuple[Resource, Refused] | None = None
        for each in of_stack(self.stack) if whole else [self]:
            try:
                each.remove()
            except Refused as refused:
                failure = failure or (each, refused)
        if failure is not None:
            tell(failure[0], "DELETE_FAILED", str(failure[1]))
            if whole:
                self.stack.status = "DELETE_FAILED"
                stacks(self.home)[self.stack.stack_id] = self.stack
            raise validation_error(failure[1])

    # What it does, by operations of the service. All of these raise Refused.

    def create(self) -> None:
        """Creates it and waits until it is ACTIVE."""
        self.check_properties()
        try:
            self.values = call(self.home, f"Create{self.noun}", self.request())
        except AlreadyExists:
            raise Refused(
                f"Resource handler returned message: \"Resource of type '{self.cloudformation_type()}' with identifier "
                f"'{self.identifier()}' already exists.\" (HandlerErrorCode: AlreadyExists)"
            ) from None
        self.arn = self.values[f"{camel(self.noun)}Arn"]
        standing(self.home).append(self)
        wait_until_active(self.home, self.noun, self.arn)

    def check_properties(self) -> None:
        """What CloudFormation checks before it asks the service: the type's own schema."""
        known = (*self.required, *self.optional)
        faults = [
            *(f"#: required key [{name}] not found" for name in self.required if name not in self.properties),
            *(f"#: extraneous key [{name}] is not permitted" for name in self.properties if name not in known),
        ]
        for name, (kind, json_name) in _STRUCTURES.items():
            if name in self.properties and not isinstance(self.properties[name], kind):
                faults.append(f"#/{name}: expected type: {json_name}")
        dataset_type = self.properties.get("DatasetType", "Interactions")
        if dataset_type not in ("Interactions", "Items", "Users"):
            faults.append(f"#/DatasetType: {dataset_type} is not a valid enum value")
        if not faults:
            faults = [
                f"#/Tags/{number}: required keys [Key] and [Value] not found"
                for number, each in enumerate(self.properties.get("Tags", []))
                if not (isinstance(each, dict) and each.keys() == {"Key", "Value"})
            ]
        if faults:
            raise Refused(
                f"Properties validation failed for resource {self.logical_resource_id} with message:\n"
                + "\n".join(faults)
            )

    def request(self) -> dict[str, Any]:
        """The members of its create call."""
        request = {camel(name): member(name, value) for name, value in self.properties.items() if name != "Tags"}
        tags = self.tags()
        return {**request, "tags": tags} if tags else request

    def tags(self) -> list[dict[str, Any]]:
        """Its tags, those of its stack among them."""
        together = {**self.stack.tags, **own_tags(self.properties)}
        return [{"tagKey": key, "tagValue": value} for key, value in together.items()]

    def identifier(self) -> Any:
        """What CloudFormation calls it where another one is in its place."""
        return self.properties["Name"]

    def update(self, resource: Mapping[str, Any]) -> Resource:
        """Changes it in place where that is possible, or replaces it; the resource that is there afterwards."""
        successor = type(self)(self.home, self.logical_resource_id, self.stack, resource)
        successor.check_properties()
        before, after = self.properties, successor.properties
        changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
        if changed <= self.in_place:
            self.change(after)
            self.properties = after
            return self
        return self.replace(successor)

    def change(self, properties: Mapping[str, Any]) -> None:
        """Changes it in place to these properties."""

    def replace(self, successor: Resource) -> Resource:
        """Creates its successor; it goes itself when nothing needs it."""
        try:
            successor.create()
        except Refused:
            delete_quietly(successor)
            raise
        self.is_superseded = True
        return successor

    def remove(self) -> None:
        """Deletes it and waits until it is gone; nothing if it is gone already."""
        if self not in standing(self.home):
            return
        arn = {f"{camel(self.noun)}Arn": self.arn}
        try:
            call(self.home, f"Delete{self.noun}", arn)
            wait(self.home, lambda: not call(self.home, f"Describe{self.noun}", arn))
        except NotFound:
            standing(self.home).remove(self)
