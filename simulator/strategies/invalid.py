"""What is refused, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

# The code of what botocore refuses before anything is sent.
IN_CLIENT = "ParamValidationError"


@dataclass(frozen=True)
class Invalid(Generic[T]):
    """A value with one place at fault, and how it is refused.

    `value` are the parameters of a call, or the text of a schema. `member` is the place at fault: in parameters a
    JMESPath such as `eventList[0].itemId` or `keys(context)`, in a schema the name of a field; empty where it is the
    whole. `constraint` is what is broken: one of the service model (`required`, `type`, `unknown`, `min`, `max`,
    `pattern`, `enum`), or a rule by its id in the catalogue (`personalize-simulator rules`). `code` is the error code
    of the service's answer, or `ParamValidationError` where botocore raises that and sends nothing.
    """

    value: T
    member: str
    constraint: str
    code: str
