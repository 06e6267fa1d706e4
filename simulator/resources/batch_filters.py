"""Filters of batch jobs: the items, or the users, that each line of the input may be answered with.

Source: the guide, "Filtering batch recommendations and user segments".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from simulator import errors
from simulator.filters.evaluating import Candidates, Mask
from simulator.resources.applied_filters import AppliedFilter, applied
from simulator.resources.batch_files import BadLine, Line, text_of
from simulator.resources.filters import filter_of
from simulator.resources.lookup import Request, require_active
from simulator.resources.world import Scope


@dataclass(frozen=True, eq=False)
class BatchFilter:
    """The filter of a job that has begun."""

    applied: AppliedFilter

    def passing(self, line: Line, candidates: Candidates) -> Mask:
        """Which of the candidates a line may be answered with; raises BadLine if it lacks what the filter needs."""
        expression = self.applied.expression
        user_id = text_of(line, "userId") if expression.needs_user else None
        item_id = text_of(line, "itemId") if expression.needs_item else None
        try:
            return self.applied.passing(candidates, _given(line), user_id, item_id)
        except errors.ServiceError as refusal:
            raise BadLine(refusal.message) from None


def requested_filter(
    scope: Scope, request: Request, dataset_group_arn: str, target: Literal["ItemID", "UserID"]
) -> str | None:
    """The ARN of a request's filter, if it has one; raises the refusal of one that cannot be applied.

    It must be there, ACTIVE and of the job's dataset group, and filter what the job answers with.
    """
    if "filterArn" not in request:
        return None
    found = filter_of(scope, request["filterArn"])
    require_active(found)
    if found.dataset_group_arn != dataset_group_arn:
        raise errors.FILTER_OF_OTHER_GROUP(filter=found.arn, dataset_group=dataset_group_arn)
    if found.parsed.target != target:
        raise errors.FILTER_OF_OTHER_TARGET(filter=found.arn, found=found.parsed.target, wanted=target)
    return found.arn


def batch_filter(scope: Scope, filter_arn: str | None) -> BatchFilter | None:
    """The filter of a job that begins, with what is in its group's datasets now; None if the job has none."""
    return None if filter_arn is None else BatchFilter(applied(scope, scope.inventory.filters[filter_arn]))


def _given(line: Line) -> Mapping[str, str]:
    values: Any = line.get("filterValues", {})
    if not isinstance(values, dict) or not _are_texts(values.values()):
        raise BadLine("The input's filterValues are not a map of strings.")
    return values


def _are_texts(values: Iterable[Any]) -> bool:
    return all(isinstance(each, str) for each in values)
