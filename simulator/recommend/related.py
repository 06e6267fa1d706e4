"""Related items: what users take before and after an item; popular items where little is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simulator.data.columns import Mask
from simulator.data.interactions import InteractionTable
from simulator.recommend.cooccurrence import Counts, Neighbours, neighbour_lists
from simulator.recommend.histories import histories_of
from simulator.recommend.metrics import LIST_LENGTH, held_out, summarize
from simulator.recommend.models import Ranked, TrainedModel, canonical
from simulator.recommend.scoring import Places, by_count, touched
from simulator.recommend.user_personalization import with_chance


@dataclass(frozen=True, eq=False)
class RelatedItems(TrainedModel):
    """`neighbours` are an item's related ones, `popularity` counts the users of an item."""

    popularity: Counts
    neighbours: Neighbours

    @cached_property
    def by_popularity(self) -> Places:
        """All items, the most popular first."""
        return by_count(self.popularity)


def train(table: InteractionTable, *, chance: int | None) -> RelatedItems:
    """A model of the table's items, with its metrics; `chance` as in User-Personalization.

    The metrics ask for the items related to the newest given item of each tested user, and look for what the
    user took then. Raises ValueError if the table is empty.
    """
    if not len(table):
        raise ValueError("There are no interactions to train on.")
    table = canonical(table)
    count = len(table.item_ids)
    given, truths = held_out(table)
    histories = histories_of(table.users, table.items, table.timestamps, len(table.user_ids))
    everyone = np.ones(len(table.user_ids), dtype=bool)
    others = everyone.copy()
    others[list(truths)] = False
    tested, neighbours = neighbour_lists(histories, count, [others, everyone])
    tested_popularity = np.bincount(histories.items[others[histories.users]], minlength=count).astype(np.int64)
    inputs = histories_of(table.users[given], table.items[given], table.timestamps[given], len(table.user_ids))
    related = with_chance(tested, chance)
    popular = by_count(tested_popularity)
    lists = [_order(related, popular, int(inputs.of(user)[-1]))[:LIST_LENGTH].tolist() for user in truths]
    return RelatedItems(
        item_ids=table.item_ids,
        metrics=summarize(lists, list(truths.values()), count),
        popularity=np.bincount(histories.items, minlength=count).astype(np.int64),
        neighbours=with_chance(neighbours, chance),
    )


def recommend(model: RelatedItems, item_id: str, num_results: int, eligible: Mask | None = None) -> list[Ranked]:
    """The items related to an item, closest first, then popular ones; never the item itself, no scores.

    An item that the model does not know gets the popular ones.
    Source: the guide, SIMS and Similar-Items (spec 05, section 8).
    """
    order = _order(model.neighbours, model.by_popularity, model.item_codes.get(item_id))
    if eligible is not None:
        order = order[eligible[order]]
    return [(model.item_ids[item], None) for item in order[:num_results].tolist()]


def _order(neighbours: Neighbours, by_popularity: Places, item: int | None) -> Places:
    """All items but the one: its related ones by their weights, equal ones by their code, then the popular ones."""
    if item is None:
        return by_popularity
    items, weights = touched(neighbours, np.array([item], np.int32), np.ones(1))
    related = (weights > 0) & (items != item)
    items, weights = items[related], weights[related]
    others = np.ones(len(by_popularity), dtype=bool)
    others[items] = others[item] = False
    return np.concatenate((items[np.argsort(-weights, kind="stable")], by_popularity[others[by_popularity]]))
