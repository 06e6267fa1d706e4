"""Tags: TagResource, UntagResource, ListTagsForResource, and the `tags` of create calls.

Source: the API reference (spec 01, section 10) and AWS's general rules for tags.
"""

from __future__ import annotations

from simulator import errors
from simulator.resources.lookup import Answer, Request
from simulator.resources.operations import operation
from simulator.resources.world import Scope

_RESERVED = "aws:"


def tag_resource(scope: Scope, request: Request) -> Answer:
    """TagResource: new keys are added, known ones take the new value."""
    arn = _existing(scope, request["resourceArn"])
    tags = scope.inventory.tags.get(arn, {}) | of_request(scope, request)
    _require_few(scope, tags)
    if tags:
        scope.inventory.tags[arn] = tags
    return {}


def untag_resource(scope: Scope, request: Request) -> Answer:
    """UntagResource: keys that are not there are passed over."""
    arn = _existing(scope, request["resourceArn"])
    limit = scope.world.quotas["tags_per_resource"]
    if len(set(request["tagKeys"])) > limit:
        raise errors.TOO_MANY_TAG_KEYS(limit=limit)
    kept = {key: value for key, value in scope.inventory.tags.pop(arn, {}).items() if key not in request["tagKeys"]}
    if kept:
        scope.inventory.tags[arn] = kept
    return {}


def list_tags_for_resource(scope: Scope, request: Request) -> Answer:
    """ListTagsForResource, in the order in which the keys came."""
    tags = scope.inventory.tags.get(_existing(scope, request["resourceArn"]), {})
    return {"tags": [{"tagKey": key, "tagValue": value} for key, value in tags.items()]}


def of_request(scope: Scope, request: Request) -> dict[str, str]:
    """The tags of a create call or of TagResource.

    Raises `TAG_KEY_TWICE`, `TAG_KEY_RESERVED`, `TOO_MANY_TAGS`.
    """
    tags: dict[str, str] = {}
    for tag in request.get("tags", ()):
        key = tag["tagKey"]
        if key in tags:
            raise errors.TAG_KEY_TWICE(key=key)
        if key.lower().startswith(_RESERVED):
            raise errors.TAG_KEY_RESERVED(key=key)
        tags[key] = tag["tagValue"]
    _require_few(scope, tags)
    return tags


def _require_few(scope: Scope, tags: dict[str, str]) -> None:
    limit = scope.world.quotas["tags_per_resource"]
    if len(tags) > limit:
        raise errors.TOO_MANY_TAGS(limit=limit)


def _existing(scope: Scope, arn: str) -> str:
    """The same ARN; raises `ARN_DOES_NOT_EXIST` where no resource of the account has it."""
    if scope.inventory.find(arn) is None:
        raise errors.ARN_DOES_NOT_EXIST(arn=arn)
    return arn


OPERATIONS = {
    "TagResource": operation(tag_resource, "resourceArn", "tags"),
    "UntagResource": operation(untag_resource, "resourceArn", "tagKeys"),
    "ListTagsForResource": operation(list_tags_for_resource, "resourceArn"),
}
