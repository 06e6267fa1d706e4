"""What trainings learn from, as the datasets of a group have it: attributes of items and users, contexts, objectives.

Source: the guide's pages on datasets and on configuring a solution (spec 02; spec 04, section 3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from simulator.data.columns import Column, TextColumn
from simulator.data.schemas import NUMBERS, Field
from simulator.recommend.training import Attributes, Objective
from simulator.recommend.training_data import Numbers
from simulator.resources.datasets import dataset_of
from simulator.resources.world import Scope

Config = Mapping[str, Any]

_CREATED = "CREATION_TIMESTAMP"
# Columns of interactions that say something else than in which context they happened.
_NO_CONTEXT = frozenset(
    {
        *("USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE", "EVENT_VALUE", "IMPRESSION", "RECOMMENDATION_ID"),
        "EVENT_ATTRIBUTION_SOURCE",
    }
)


def attributes_of(
    scope: Scope, dataset_group_arn: str, dataset_type: Literal["ITEMS", "USERS"], config: Config
) -> Attributes | None:
    """What is known now of the items or users of a group, in the columns that a configuration trains on.

    None if there is no such dataset.
    """
    dataset = dataset_of(scope, dataset_group_arn, dataset_type)
    if dataset is None:
        return None
    records = dataset.store.current()
    count = len(records)
    categories: dict[str, TextColumn] = {}
    numbers: dict[str, Numbers] = {}
    texts: dict[str, TextColumn] = {}
    created = names = descriptions = None
    for field in _trained_on(scope.inventory.schemas[dataset.schema_arn].avro.fields, dataset_type, config):
        column = records.columns.get(field.name)
        if field.name == dataset.store.id_column:
            continue
        if field.item_name:
            names = _texts(column, count)
        if field.textual:
            descriptions = _texts(column, count)
        if field.name == _CREATED:
            created = _numbers(column, count)
        elif field.type in NUMBERS:
            numbers[field.name] = _numbers(column, count)
        elif field.categorical or field.type == "boolean":
            categories[field.name] = _texts(column, count)
        else:
            texts[field.name] = _texts(column, count)
    return Attributes(records.ids(), categories, numbers, texts, created, names, descriptions)


def contexts_of(scope: Scope, dataset_group_arn: str, config: Config) -> tuple[str, ...]:
    """The columns of a group's interactions that say in which context they happened, of those that are trained on."""
    dataset = dataset_of(scope, dataset_group_arn, "INTERACTIONS")
    if dataset is None:
        return ()
    fields = scope.inventory.schemas[dataset.schema_arn].avro.fields
    return tuple(
        field.name
        for field in _trained_on(fields, "INTERACTIONS", config)
        if field.type == "string" and field.name not in _NO_CONTEXT
    )


def objective_of(scope: Scope, dataset_group_arn: str, config: Config) -> Objective | None:
    """What a configuration wants recommendations to bring besides relevance, None if nothing."""
    asked = config.get("optimizationObjective", {})
    dataset = dataset_of(scope, dataset_group_arn, "ITEMS")
    if "itemAttribute" not in asked or dataset is None:
        return None
    records = dataset.store.current()
    rewards = _numbers(records.columns.get(asked["itemAttribute"]), len(records))
    return Objective(np.nan_to_num(rewards), asked.get("objectiveSensitivity", "OFF"))


def _trained_on(fields: Sequence[Field], dataset_type: str, config: Config) -> Iterator[Field]:
    """The fields of a schema that a configuration trains on: those it includes, less those it excludes."""
    chosen = config.get("trainingDataConfig", {})
    included = _columns_of(chosen.get("includedDatasetColumns", {}), dataset_type)
    excluded = _columns_of(chosen.get("excludedDatasetColumns", {}), dataset_type) or frozenset()
    for field in fields:
        if field.name not in excluded and (included is None or field.name in included):
            yield field


def _columns_of(chosen: Mapping[str, Sequence[str]], dataset_type: str) -> frozenset[str] | None:
    named = [columns for name, columns in chosen.items() if name.upper() == dataset_type]
    return frozenset(named[0]) if named else None


def _numbers(column: Column | None, count: int) -> Numbers:
    if isinstance(column, np.ndarray):
        return column.astype(np.float64)
    return np.full(count, np.nan)  # a column in which nothing is present is one of texts


def _texts(column: Column | None, count: int) -> TextColumn:
    if isinstance(column, TextColumn):
        return column
    return TextColumn(np.zeros(count, np.int32), ("",))
