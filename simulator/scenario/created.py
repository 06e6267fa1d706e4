"""What a scenario creates somewhere, written down as it happens."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from simulator.scenario.names import naming_members
from simulator.scenario.things import Bucket, Policy, Resource, Role, Thing, arn_member, key, listed

_NOTE = "simulator.created"
# What can be created elsewhere and deleted again, besides everything of Amazon Personalize.
_ELSEWHERE = {"s3": {"CreateBucket"}, "iam": {"CreateRole", "CreatePolicy"}}
# What only looks, or belongs to something that is deleted with all that belongs to it.
_LOOKS = ("Describe", "Get", "Head", "List", "Search", "Lookup")
_BELONGS = {
    "personalize": ("",),
    "personalize-events": ("",),
    "personalize-runtime": ("",),
    "s3": ("Put", "Delete", "Copy", "Upload", "Complete", "Abort", "CreateMultipartUpload"),
    "iam": ("Put", "Delete", "Attach", "Detach", "Update", "Tag", "Untag"),
}


def cannot_be_undone(operation: Any) -> bool:
    """Whether a call may leave behind what is not found again here, by botocore's model of its operation."""
    service = operation.service_model.service_name
    if operation.name.startswith((*_LOOKS, *_BELONGS.get(service, ("-",)))):
        return False
    return operation.name not in _ELSEWHERE.get(service, ())


@dataclass(eq=False)
class _Asked:
    """A create call: to which client, and its answer, None while there is none."""

    client: Any
    operation: Any
    request: Mapping[str, Any]
    answer: Mapping[str, Any] | None = None

    def things(self) -> Iterator[Thing]:
        """What came of it. Without an answer that is looked for by its name, which nobody else uses."""
        name = self.operation.name.removeprefix("Create")
        if name == "Bucket":
            yield Bucket(self.client, self.request["Bucket"])
        elif name == "Role":
            yield Role(self.client, self.request["RoleName"])
        elif name == "Policy":
            if self.answer is not None:
                yield Policy(self.client, self.answer["Policy"]["Arn"])
        elif self.answer is not None:
            if arn_member(name) in self.answer:
                yield Resource(self.client, name, self.answer[arn_member(name)])
        else:
            yield from self._found(name)

    def _found(self, kind: str) -> Iterator[Resource]:
        model = self.client.meta.service_model
        named = [(each, self.request[each]) for each in naming_members(self.operation) if each in self.request]
        if named and f"List{kind}s" in model.operation_names:
            for row in listed(self.client, model.operation_model(f"List{kind}s"), {}):
                if any(row.get(member) == name for member, name in named):
                    yield Resource(self.client, kind, row[arn_member(kind)])


class Created:
    """Everything that was created through the clients that it watches, in order; objects in others' buckets too."""

    def __init__(self) -> None:
        self._asked: list[_Asked] = []
        self._put: list[tuple[str, str]] = []  # the buckets and keys of objects

    def watch(self, client: Any) -> None:
        """Writes down what is created through a client from now on."""
        events = client.meta.events
        events.register("before-parameter-build", lambda params, context, **_: context.update({_NOTE: params}))
        events.register("before-call", lambda model, context, **_: self._note(client, model, context))
        events.register("after-call", self._answered)

    def known(self) -> list[Thing]:
        """What create calls were answered with, each once, what depends on another after it."""
        answered = [asked for asked in self._asked if asked.answer is not None]
        return list({key(each): each for asked in answered for each in asked.things()}.values())

    def found(self) -> list[Thing]:
        """What calls without an answer created all the same, and what exists inside of what is known.

        It is looked for as far as the service lets one look.
        """
        found = {key(each): each for each in self.known()}
        known = set(found)
        for asked in self._asked:
            if asked.answer is None:
                with contextlib.suppress(ClientError, BotoCoreError):
                    found.update((key(each), each) for each in asked.things())
        to_look_into = list(found.values())
        for thing in to_look_into:  # which grows
            if isinstance(thing, Resource):
                with contextlib.suppress(ClientError, BotoCoreError):
                    new = [each for each in thing.inside() if key(each) not in found]
                    found.update((key(each), each) for each in new)
                    to_look_into += new
        return [each for each in found.values() if key(each) not in known]

    def objects_elsewhere(self) -> list[str]:
        """The paths of objects that were put into buckets that were not created here."""
        own = {asked.request["Bucket"] for asked in self._asked if asked.operation.name == "CreateBucket"}
        return list(dict.fromkeys(f"s3://{bucket}/{key}" for bucket, key in self._put if bucket not in own))

    def _note(self, client: Any, model: Any, context: dict[str, Any]) -> None:
        request = context.get(_NOTE, {})
        service = model.service_model.service_name
        if model.name.startswith("Create") and (service == "personalize" or model.name in _ELSEWHERE.get(service, ())):
            context[_NOTE] = _Asked(client, model, request)
            self._asked.append(context[_NOTE])

    def _answered(
        self, http_response: Any, parsed: Mapping[str, Any], model: Any, context: Mapping[str, Any], **_: Any
    ) -> None:
        asked = context.get(_NOTE)
        if not isinstance(asked, _Asked):
            if model.name == "PutObject" and http_response.status_code < 300 and asked is not None:
                self._put.append((asked["Bucket"], asked["Key"]))
        elif http_response.status_code < 300:
            asked.answer = parsed
        elif http_response.status_code < 500:  # refused: nothing was created
            self._asked.remove(asked)
