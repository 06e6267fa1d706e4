"""What a training considers of very much data: the newest interactions, and the items with most of them.

Source: the guide's quotas, "interactions (items) that are considered by a model during training"; an answer of AWS on
re:Post for the newest interactions. Which items those are is assumed.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace

import numpy as np

from simulator.data.columns import Mask
from simulator.data.interactions import InteractionTable
from simulator.quotas import Quotas
from simulator.recommend.models import TrainedModel
from simulator.recommend.recipes import Recipe
from simulator.recommend.training_data import Attributes, NewData, Objective, TrainingData


def considered_data(recipe: Recipe, data: TrainingData, quotas: Quotas) -> TrainingData:
    """The same data within the quotas of a recipe."""
    if "INTERACTIONS" in recipe.considered:
        data = replace(data, interactions=_newest(data.interactions, quotas[recipe.considered["INTERACTIONS"]]))
    if "ITEMS" not in recipe.considered:
        return data
    known = _known(data.interactions, data.items)
    most = quotas[recipe.considered["ITEMS"]]
    kept = _most_interacted(known, data.interactions, data.items, most)
    if kept is None:
        return data
    interactions, items, objective = _of_items(kept, data.interactions, data.items, data.objective)
    return replace(data, interactions=interactions, items=items, objective=objective)


def considered_news(recipe: Recipe, model: TrainedModel, new: NewData, quotas: Quotas) -> NewData:
    """The same news within the quota of a recipe: as many items that are new to the model as there is room for."""
    if "ITEMS" not in recipe.considered:
        return new
    unknown = _known(new.interactions, new.items) - model.item_codes.keys()
    room = max(quotas[recipe.considered["ITEMS"]] - len(model.item_ids), 0)
    kept = _most_interacted(unknown, new.interactions, new.items, room)
    if kept is None:
        return new
    kept |= model.item_codes.keys()
    interactions, items, objective = _of_items(kept, new.interactions, new.items, new.objective)
    return replace(new, interactions=interactions, items=items, objective=objective)


def _known(table: InteractionTable, items: Attributes | None) -> set[str]:
    """The items of interactions, and those that something is known of."""
    taken = np.flatnonzero(np.bincount(table.items, minlength=len(table.item_ids))).tolist()
    return {*(table.item_ids[code] for code in taken), *(() if items is None else items.ids)}


def _newest(table: InteractionTable, most: int) -> InteractionTable:
    """At most so many rows of a table, the newest by their timestamps; at one time those that arrived last."""
    if len(table) <= most:
        return table
    kept = np.zeros(len(table), dtype=bool)
    kept[np.argsort(table.timestamps, kind="stable")[len(table) - most :]] = True
    return table.take(kept)


def _most_interacted(
    item_ids: Set[str], table: InteractionTable, items: Attributes | None, most: int
) -> set[str] | None:
    """At most so many of those items: those with most interactions, then those that are newest; None if all may stay.

    An item is as new as its newest interaction, else as its CREATION_TIMESTAMP.
    """
    if len(item_ids) <= most:
        return None
    counts = np.bincount(table.items, minlength=len(table.item_ids))
    newest = np.full(len(table.item_ids), -np.inf)
    np.maximum.at(newest, table.items, table.timestamps)
    created = {}
    if items is not None and items.created is not None:
        created = dict(zip(items.ids, np.nan_to_num(items.created, nan=-np.inf).tolist(), strict=True))
    order = {item_id: (0, -at, item_id) for item_id, at in created.items()}
    for item_id, count, at in zip(table.item_ids, counts.tolist(), newest.tolist(), strict=True):
        if count:
            order[item_id] = (-count, -at, item_id)
    return set(sorted(item_ids, key=lambda each: order.get(each, (0, np.inf, each)))[:most])


def _of_items(
    item_ids: Set[str], table: InteractionTable, items: Attributes | None, objective: Objective | None
) -> tuple[InteractionTable, Attributes | None, Objective | None]:
    """What interactions, attributes and an objective say of those items alone."""
    table = table.take(_are_among(table.item_ids, item_ids)[table.items])
    if items is None:
        return table, None, objective
    kept = _are_among(items.ids, item_ids)
    if objective is not None:
        objective = replace(objective, rewards=objective.rewards[kept])
    return table, _attributes(items, kept), objective


def _are_among(ids: Sequence[str], wanted: Set[str]) -> Mask:
    return np.fromiter((each in wanted for each in ids), np.bool_, len(ids))


def _attributes(items: Attributes, kept: Mask) -> Attributes:
    return Attributes(
        ids=tuple(each for each, stays in zip(items.ids, kept.tolist(), strict=True) if stays),
        categories={name: column.take(kept) for name, column in items.categories.items()},
        numbers={name: column[kept] for name, column in items.numbers.items()},
        texts={name: column.take(kept) for name, column in items.texts.items()},
        created=None if items.created is None else items.created[kept],
        names=None if items.names is None else items.names.take(kept),
        descriptions=None if items.descriptions is None else items.descriptions.take(kept),
    )
