"""Answering requests: what GetRecommendations, GetPersonalizedRanking and GetActionRecommendations share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from simulator import errors
from simulator.data.interactions import PutEvent
from simulator.data.records import LayeredRecords
from simulator.filters.evaluating import Candidates, Mask
from simulator.filters.expressions import Target, named
from simulator.recommend.catalogue import Recipe
from simulator.recommend.training import Exploration, Query, Ranked
from simulator.resources import serving_config
from simulator.resources.applied_filters import applied
from simulator.resources.datasets import dataset_of, interactions_of
from simulator.resources.ids import new_id, target_digits
from simulator.resources.lookup import Request
from simulator.resources.training import Trained, session_of, weights_of
from simulator.resources.world import ACTIVE, Scope


@dataclass(frozen=True)
class Served:
    """An ACTIVE campaign or recommender: its ARN, its configuration, and what holds its model."""

    arn: str
    config: Mapping[str, Any]
    trained: Trained

    @cached_property
    def recipe(self) -> Recipe:
        """What it was trained by."""
        return self.trained.recipe

    @cached_property
    def exploration(self) -> Exploration | None:
        """How it explores, None if it does not."""
        return serving_config.exploration_of(self.recipe, self.config)

    @property
    def dataset_group_arn(self) -> str:
        """The dataset group whose data it answers from."""
        return self.trained.dataset_group_arn


@dataclass(frozen=True, eq=False)
class Answered:
    """What was asked and what the answer is: the `items` as they are shown.

    `visible` marks the items of the model that the use case shows the user, `eligible` those of them that the filter
    lets pass; None: all.
    """

    served: Served
    query: Query
    items: list[dict[str, Any]]
    visible: Mask | None = None
    eligible: Mask | None = None


def campaign_of(scope: Scope, arn: str) -> Served:
    """The campaign of an ARN; raises `NOT_THERE_OR_NOT_ACTIVE` (err-006)."""
    campaign = scope.inventory.campaigns.get(arn)
    if campaign is None or campaign.status != ACTIVE:
        raise errors.NOT_THERE_OR_NOT_ACTIVE(arn=arn)
    return Served(arn, campaign.config, scope.inventory.solution_versions[campaign.solution_version_arn])


def recommender_of(scope: Scope, arn: str) -> Served:
    """The recommender of an ARN; raises `NOT_THERE_OR_NOT_ACTIVE`."""
    recommender = scope.inventory.recommenders.get(arn)
    if recommender is None or recommender.status != ACTIVE:
        raise errors.NOT_THERE_OR_NOT_ACTIVE(arn=arn)
    return Served(arn, recommender.config, recommender)


def require_operation(recipe: Recipe, operation: str) -> None:
    """Raises `ASKED_OTHERWISE` if what a recipe recommends is got with another operation."""
    if recipe.operation is not None and recipe.operation != operation:
        raise errors.ASKED_OTHERWISE(recipe_type=recipe.recipe_type, operation=recipe.operation)


def require_inputs(recipe: Recipe, request: Request) -> None:
    """Raises `USER_ID_WANTED` or `ITEM_ID_WANTED_BY_TYPE` if a recipe needs one and a request has none."""
    if "userId" in recipe.request_fields and not request.get("userId"):
        raise errors.USER_ID_WANTED(recipe_type=recipe.recipe_type)
    if "itemId" in recipe.request_fields and not request.get("itemId"):
        raise errors.ITEM_ID_WANTED_BY_TYPE(recipe_type=recipe.recipe_type)


def passing(scope: Scope, served: Served, request: Request, asked: Mapping[str, Any], candidates: Candidates) -> Mask:
    """Which candidates the filter of a request, or of its promotion, lets pass.

    `asked` has the `filterArn` and the `filterValues`, `request` the user and the item. The filter must be ACTIVE, of
    the dataset group, and for items (or for actions, where those are recommended). Raises `NOT_THERE_OR_NOT_ACTIVE`,
    `FILTER_OF_OTHER_GROUP`, `FILTER_NOT_FOR_RECIPE`, `FILTER_WANTS_USER`, `CURRENT_ITEM_WANTS_RELATED`,
    `FILTER_VALUE_WANTED`, `FILTER_VALUE_INVALID`.
    """
    arn = asked["filterArn"]
    found = scope.inventory.filters.get(arn)
    if found is None or found.status != ACTIVE:
        raise errors.NOT_THERE_OR_NOT_ACTIVE(arn=arn)
    if found.dataset_group_arn != served.dataset_group_arn:
        raise errors.FILTER_OF_OTHER_GROUP(filter=arn, dataset_group=served.dataset_group_arn)
    recipe = served.recipe
    target: Target = "ActionID" if recipe.operation == "GetActionRecommendations" else "ItemID"
    expression = found.parsed
    if expression.target != target:
        raise errors.FILTER_NOT_FOR_RECIPE(
            filter=arn, found=expression.target, recipe_type=recipe.recipe_type, wanted=target
        )
    user_id, item_id = request.get("userId"), request.get("itemId")
    if expression.needs_user and not user_id:
        raise errors.FILTER_WANTS_USER(filter=arn)
    if expression.needs_item and "itemId" not in recipe.request_fields:
        raise errors.CURRENT_ITEM_WANTS_RELATED(filter=arn, recipe_type=recipe.recipe_type)
    return applied(scope, found).passing(candidates, asked.get("filterValues", {}), user_id, item_id)


def query_of(scope: Scope, served: Served, request: Request, session: Sequence[PutEvent] | None = None) -> Query:
    """What the model is asked for a request. Raises `CONTEXT_UNKNOWN`.

    `session` are the user's events that the model does not know (None: all that there are now).
    """
    user_id = request.get("userId", "")
    if session is None:
        session = session_of(scope, served.trained, user_id) if served.recipe.realtime_events else []
    return Query(
        user_id=user_id,
        item_id=request.get("itemId", ""),
        session=[each.item_id for each in session],
        session_weights=weights_of(served.trained, session),
        context=_context(scope, served, request),
        exploration=served.exploration,
        influence=served.config.get("rankingInfluence", {}),
    )


def _context(scope: Scope, served: Served, request: Request) -> dict[str, str]:
    """The context of a request by the names of the Interactions schema; recipes without a use for it ignore all.

    Raises `CONTEXT_UNKNOWN` for a key that the schema lacks.
    """
    context = request.get("context")
    if not context or not served.recipe.realtime_events:
        return {}
    interactions = interactions_of(scope, served.dataset_group_arn)
    fields = () if interactions is None else scope.inventory.schemas[interactions.schema_arn].avro.fields
    found = {}
    for key in sorted(context):
        name = named((field.name for field in fields), key)
        if name is None:
            raise errors.CONTEXT_UNKNOWN(name=key)
        found[name] = context[key]
    return found


@dataclass(frozen=True, eq=False)
class Metadata:
    """The columns of items that a request asks for: the field and its type by the key of the answer."""

    columns: Mapping[str, tuple[str, str]]
    records: LayeredRecords

    def of(self, item_id: str) -> dict[str, str] | None:
        """An item's values as texts by the columns' names in lower case (resp-028), without those that are absent.

        None if the item has no record.
        """
        if item_id not in self.records:
            return None
        values = ((key, self.records.value(item_id, name), type_) for key, (name, type_) in self.columns.items())
        return {key: _text(value, type_) for key, value, type_ in values if value is not None}


def metadata_of(scope: Scope, served: Served, request: Request, name: str, count: int) -> Metadata | None:
    """The metadata that a request asks for, None if none; `count` items are asked for by the member of that name.

    Raises `METADATA_DATASET`, `TOO_MANY_METADATA_COLUMNS`, `METADATA_NOT_ENABLED`, `METADATA_UNKNOWN`,
    `TOO_MANY_WITH_METADATA`.
    """
    asked = [(kind, column) for kind, columns in request.get("metadataColumns", {}).items() for column in columns]
    if not asked:
        return None
    for kind, _ in asked:
        if kind.upper() != "ITEMS":
            raise errors.METADATA_DATASET(found=kind)
    limit = scope.world.quotas["metadata_columns_of_a_request"]
    if len(asked) > limit:
        raise errors.TOO_MANY_METADATA_COLUMNS(limit=limit, asked=len(asked))
    if not (served.recipe.includes_metadata or served.config.get("enableMetadataWithRecommendations")):
        raise errors.METADATA_NOT_ENABLED(arn=served.arn)
    items = dataset_of(scope, served.dataset_group_arn, "ITEMS")
    fields = () if items is None else scope.inventory.schemas[items.schema_arn].avro.fields
    types = {field.name: field.type for field in fields}
    columns = {}
    for _, column in asked:
        known = named(types, column)
        if known is None:
            raise errors.METADATA_UNKNOWN(column=column)
        columns[known.lower()] = known, types[known]
    limit = scope.world.quotas["items_with_metadata"]
    if count > limit:
        raise errors.TOO_MANY_WITH_METADATA(name=name, limit=limit, asked=count)
    assert items is not None, "it has the columns"
    return Metadata(columns, items.store.layered())


def _text(value: str | int | float, type_: str) -> str:
    if isinstance(value, str):
        return value
    return repr(float(value)) if type_ in ("float", "double") else str(int(value))


def predicted(
    recipe: Recipe, ranked: Iterable[Ranked], metadata: Metadata | None, promotion: str | None = None
) -> list[dict[str, Any]]:
    """Items as answers show them; with the name of the promotion that they are in the list for."""
    shown = recipe.scores is not None
    more: dict[str, Any] = {}
    if promotion is not None:
        more["promotionName"] = promotion
        if recipe.gives_reasons:
            more["reason"] = ["Promoted item"]
    if metadata is not None:
        return [
            {"itemId": item_id, "score": score if shown else None, "metadata": metadata.of(item_id), **more}
            for item_id, score in ranked
        ]
    return [{"itemId": item_id, "score": score if shown else None, **more} for item_id, score in ranked]


def recommendation_id(scope: Scope, arn: str, user_id: str) -> str:
    """The form seen since 2024, with a last part that is constant for a campaign or recommender (resp-013)."""
    digits = new_id(scope.world, "recommendation", arn, user_id)
    asked = target_digits(scope.world, arn)
    return f"RID-{digits[:2]}-{digits[2:6]}-{digits[6:10]}-{digits[10:22]}-CID-{asked}"
