"""Related items: what the same users took, and what is alike by what is known of it; popular items behind them.

What relates items is the recipe's `Relation`. An item that few users took, or none, is related to others by what is
known of it alone, or almost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from simulator.data.columns import Codes, Mask
from simulator.data.interactions import InteractionTable
from simulator.recommend.cooccurrence import NEIGHBOURS, Counts, Neighbours
from simulator.recommend.histories import histories_of
from simulator.recommend.item_pairs import related_by_users, takings_of
from simulator.recommend.item_vectors import Vectors, by_feature, similarities, vectors_of_attributes
from simulator.recommend.metrics import LIST_LENGTH, held_out, summarize
from simulator.recommend.models import Ranked, TrainedModel, canonical
from simulator.recommend.popularity import distinct
from simulator.recommend.recipes import Relation
from simulator.recommend.scoring import Places, by_count, first
from simulator.recommend.training_data import Attributes, Settings

# An item with so many users is half as much related by them as one that everybody took; one with fewer is cold.
# Source: the guide, Similar-Items: "a cold item (an item with fewer than five interactions)".
_COLD = 5
# Hyperparameters: between which percentiles users are learned from, and items are related to others.
_OF_USERS = ("min_user_history_length_percentile", "max_user_history_length_percentile")
_OF_ITEMS = ("min_item_interaction_count_percentile", "max_item_interaction_count_percentile")


@dataclass(frozen=True, eq=False)
class RelatedItems(TrainedModel):
    """`neighbours` are an item's related ones by users, `popularity` counts the users of an item.

    `content` has what is known of the items, `metadata` its share in what relates items with many users (None: it is
    not used), and of each item the `alike` most alike are looked at.
    """

    popularity: Counts
    neighbours: Neighbours
    content: Vectors
    metadata: float | None
    alike: int

    @cached_property
    def by_popularity(self) -> Places:
        """All items, the most popular first."""
        return by_count(self.popularity)

    @cached_property
    def items_of(self) -> Vectors:
        """For every feature of the content the items that have it."""
        return by_feature(self.content)


def train(
    table: InteractionTable, items: Attributes | None, *, relation: Relation, settings: Settings, chance: int | None
) -> RelatedItems:
    """A model of the table's items and of those that something is known of, with its metrics.

    `items` count if the relation has a use for metadata. `settings` are the recipe's hyperparameters; `chance` is the
    seed of this training, None trains exactly. The metrics ask for the items related to the newest given item of each
    tested user, and look for what the user took then. Raises ValueError if the table is empty.
    """
    if not len(table):
        raise ValueError("There are no interactions to train on.")
    known = items if relation.metadata is not None else None
    table = canonical(table, () if known is None else known.ids)
    count = len(table.item_ids)
    learned = _between(np.bincount(table.users), _OF_USERS, settings)[table.users]
    lowest, highest = relation.discount
    learn = partial(
        related_by_users,
        relation=relation,
        discount=lowest + (highest - lowest) * float(settings.get("popularity_discount_factor", "0")),
        least_users=int(settings.get("min_cointeraction_count", "0")),
        keep=int(settings.get("item_id_hidden_dim", NEIGHBOURS)),
        chance=chance,
        among=_between(np.bincount(table.items, minlength=count), _OF_ITEMS, settings, table.items),
    )
    whole = RelatedItems(
        item_ids=table.item_ids,
        metrics={},
        popularity=_popularity(table),
        neighbours=learn(takings_of(table.take(learned), relation)),
        content=vectors_of_attributes(known, table.item_ids),
        metadata=relation.metadata,
        alike=int(settings.get("item_metadata_hidden_dim", NEIGHBOURS)),
    )
    given, truths = held_out(table)
    asked = _newest_items(table.take(given), list(truths))
    others = ~np.isin(table.users, list(truths))
    only = np.zeros(count, dtype=bool)
    only[asked] = True
    tested = replace(
        whole,
        popularity=_popularity(table.take(others)),
        neighbours=learn(takings_of(table.take(learned & others), relation), only=only),
    )
    lists = [_order(tested, item)[:LIST_LENGTH].tolist() for item in asked]
    return replace(whole, metrics=summarize(lists, list(truths.values()), count))


def recommend(model: RelatedItems, item_id: str, num_results: int, eligible: Mask | None = None) -> list[Ranked]:
    """The items related to an item, closest first, then popular ones; never the item itself, no scores.

    An item that the model does not know gets the popular ones.
    Source: the guide, SIMS and Similar-Items (spec 05, section 8).
    """
    item = model.item_codes.get(item_id)
    order = model.by_popularity if item is None else _order(model, item)
    if eligible is not None:
        order = order[eligible[order]]
    return [(model.item_ids[each], None) for each in order[:num_results].tolist()]


def _order(model: RelatedItems, item: int) -> Places:
    """All items but the one: those related to it by how close they are, then the popular ones."""
    related = _related(model, item)
    others = np.ones(len(model.by_popularity), dtype=bool)
    others[related] = others[item] = False
    return np.concatenate((related, model.by_popularity[others[model.by_popularity]]))


def _related(model: RelatedItems, item: int) -> Places:
    """The items related to one, closest first, equal ones in the order of their codes."""
    begin, end = model.neighbours.offsets[item], model.neighbours.offsets[item + 1]
    near = model.neighbours.items[begin:end].astype(np.intp)
    weights = model.neighbours.weights[begin:end].astype(np.float64)
    near, weights = near[weights > 0], weights[weights > 0]
    if model.metadata is None or model.content.offsets[item] == model.content.offsets[item + 1]:
        return near[np.argsort(-weights, kind="stable")]
    alike = similarities(model.content, model.items_of, item)
    alike[item] = 0.0
    most = first(alike, model.alike)
    candidates = np.union1d(near, most[alike[most] > 0])
    by_users = np.zeros(len(candidates))
    by_users[np.searchsorted(candidates, near)] = weights / weights.max(initial=0.0) if len(weights) else 0.0
    users = float(model.popularity[item])
    share = 1 - (1 - model.metadata) * users / (users + _COLD)
    found = alike[candidates]
    closeness = (1 - share) * by_users + share * found / max(found.max(initial=0.0), np.finfo(np.float64).tiny)
    return candidates[np.argsort(-closeness, kind="stable")]


def _between(
    counts: npt.NDArray[np.int64], names: tuple[str, str], settings: Settings, rows: Codes | None = None
) -> Mask:
    """Whose count lies between two percentiles of all counts, or of the counts of those in `rows`; bounds are inside.

    All do where the recipe has no such hyperparameters. Of items the percentiles are those in rows, so that the few
    that everybody takes are many items' worth: only so do metrics come near those of the service (assumed).
    """
    if not set(names) <= settings.keys():
        return np.ones(len(counts), dtype=bool)
    every = counts[counts > 0] if rows is None else counts[rows]
    low, high = np.quantile(every, [float(settings[name]) for name in names], method="inverted_cdf")
    between: Mask = (counts >= low) & (counts <= high)
    return between


def _popularity(table: InteractionTable) -> Counts:
    """The users of every item."""
    items, _ = distinct(table)
    return np.bincount(items, minlength=len(table.item_ids)).astype(np.int64)


def _newest_items(table: InteractionTable, users: list[int]) -> list[int]:
    """The newest item of each of these users."""
    histories = histories_of(table.users, table.items, table.timestamps, len(table.user_ids))
    return [int(histories.of(user)[-1]) for user in users]
