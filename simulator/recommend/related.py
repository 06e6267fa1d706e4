"""Related items: what users take before and after an item; popular items where little is known of it."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.data.interactions import InteractionTable
from simulator.recommend.cooccurrence import Counts, Neighbours, neighbour_lists
from simulator.recommend.histories import histories_of
from simulator.recommend.metrics import LIST_LENGTH, held_out, summarize
from simulator.recommend.models import Ranked, TrainedModel, canonical
from simulator.recommend.scoring import Scores, affinities, first
from simulator.recommend.user_personalization import with_chance


@dataclass(frozen=True, eq=False)
class RelatedItems(TrainedModel):
    """`neighbours` are an item's related ones, `popularity` counts the users of an item."""

    popularity: Counts
    neighbours: Neighbours


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
    lists = [_best(related, tested_popularity, int(inputs.of(user)[-1]), LIST_LENGTH).tolist() for user in truths]
    return RelatedItems(
        item_ids=table.item_ids,
        metrics=summarize(lists, list(truths.values()), count),
        popularity=np.bincount(histories.items, minlength=count).astype(np.int64),
        neighbours=with_chance(neighbours, chance),
    )


def recommend(
    model: RelatedItems, item_id: str, num_results: int, eligible: AbstractSet[str] | None = None
) -> list[Ranked]:
    """The items related to an item, closest first, then popular ones; never the item itself, no scores.

    An item that the model does not know gets the popular ones.
    Source: the guide, SIMS and Similar-Items (spec 05, section 8).
    """
    scores = _scores(model.neighbours, model.popularity, model.item_codes.get(item_id))
    among = model.competing(eligible)
    among = among[np.isfinite(scores[among])]
    best = among[first(scores[among], num_results)]
    return [(model.item_ids[item], None) for item in best.tolist()]


def _scores(neighbours: Neighbours, popularity: Counts, item: int | None) -> Scores:
    """Related items by their weights, all others behind them by their popularity; the item itself is out."""
    scores: Scores = popularity / (popularity.max(initial=0) + 1.0) - 1.0
    if item is None:
        return scores
    weights = affinities(neighbours, len(popularity), np.array([item], np.int32), np.ones(1))
    scores = np.where(weights > 0, weights, scores)
    scores[item] = -np.inf
    return scores


def _best(neighbours: Neighbours, popularity: Counts, item: int, count: int) -> npt.NDArray[np.intp]:
    scores = _scores(neighbours, popularity, item)
    return first(scores, min(count, len(scores) - 1))
