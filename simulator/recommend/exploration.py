"""Exploration: young items of which little is known come nearer to the top of lists than their relevance puts them.

Source: the guide, User-Personalization and the domain use cases that explore (spec 04, section 9). How far they come
is assumed: see `boosts`.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from simulator.data.columns import Codes, Seconds
from simulator.data.interactions import InteractionTable
from simulator.recommend.cooccurrence import Counts
from simulator.recommend.scoring import Places, Scores
from simulator.recommend.training_data import Attributes, Exploration, NewData, TrainingData

# With so many interactions an item is explored half as much as one without any.
HALF_KNOWN = 10.0
# How widely chance lets items of which nothing is known come up: see `boosts`. Chosen so that with the default weight
# hardly a user's list changes when an update brings new items, as the reference story saw it.
BREADTH = 0.65
# How often an item that is shown is taken if it is worth showing: every tenth time.
WORTH_SHOWING = 0.1

_DAY = 86_400
# How many different chances there are, as a power of two; and a number that spreads others over 64 bits.
_CHANCE_BITS = 16
_OTHER_BITS = np.uint64(64 - _CHANCE_BITS)
_SPREADING = np.uint64(0x9E3779B97F4A7C15)

Marks = npt.NDArray[np.uint32]
Spread = npt.NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class ItemNews:
    """What exploration goes by: how young and how little known each item of a model is.

    `seed` is that of the model's full training, `latest` the newest interaction that it saw (Unix seconds). The arrays
    have an entry for every item code: `first_seen` in Unix seconds, how many `interactions` the item has had, how
    often it was `shown` to users and how often it was taken when it was (`clicked`), and a `mark` made of its id.
    """

    seed: int
    latest: int
    first_seen: Seconds
    interactions: Counts
    shown: Counts
    clicked: Counts
    marks: Marks

    @cached_property
    def newest_first(self) -> Places:
        """All items, the youngest first."""
        return np.argsort(-self.first_seen, kind="stable")

    @cached_property
    def ages(self) -> Scores:
        """The ages of all items in days, the youngest first."""
        return (self.latest - self.first_seen[self.newest_first]) / _DAY

    @cached_property
    def uncertainty(self) -> Scores:
        """How much is to be learned about each item, from 1 (all) to 0.

        Interactions and showings without a click lower it, clicks after a showing raise it again.
        """
        little_known = HALF_KNOWN / (HALF_KNOWN + self.interactions.astype(np.float64))
        appeal = (1.0 + self.clicked) / (1.0 + WORTH_SHOWING * self.shown)
        return np.minimum(little_known * appeal, 1.0).astype(np.float64)

    def young(self, cut_off: float) -> tuple[Places, Scores, Spread]:
        """The items that were at most so many days old when the newest interaction happened, in the order of their
        codes; with their uncertainty and their marks, spread over 64 bits."""
        if cut_off not in self._young:
            items = np.sort(self.newest_first[: np.searchsorted(self.ages, cut_off, side="right")])
            spread = self.marks[items].astype(np.uint64) * _SPREADING
            self._young[cut_off] = items, self.uncertainty[items], spread
        return self._young[cut_off]

    @cached_property
    def _young(self) -> dict[float, tuple[Places, Scores, Spread]]:
        """What `young` has found, by the age."""
        return {}


def item_news(data: TrainingData, item_ids: Sequence[str], chance: int | None) -> ItemNews:
    """What a full training knows of its items; `chance` is its seed.

    An item is as old as its CREATION_TIMESTAMP says, else as its oldest interaction; one without either is as new as
    the newest interaction. Source: the guide, "Creation timestamp data".
    """
    table, count = data.interactions, len(item_ids)
    codes = {item_id: code for code, item_id in enumerate(item_ids)}
    items = _recoded(table, codes)
    first_seen, counts = _first_and_count(items, table.timestamps, count)
    latest = int(table.timestamps.max(initial=0))
    return ItemNews(
        seed=0 if chance is None else chance,
        latest=latest,
        first_seen=_first_seen(first_seen, counts, latest, data.items, codes),
        interactions=counts,
        shown=_counted(data.shown, codes, count),
        clicked=_counted(data.clicked, codes, count),
        marks=_marks(item_ids),
    )


def renewed(news: ItemNews, new: NewData, item_ids: Sequence[str]) -> ItemNews:
    """The same after an automatic update, which may have brought new items, behind the known ones.

    What was streamed counts, as do showings and clicks. The age of an item stays what it was.
    """
    table, known, count = new.interactions, len(news.first_seen), len(item_ids)
    codes = {item_id: code for code, item_id in enumerate(item_ids)}
    items = _recoded(table, codes)
    first_seen, counts = _first_and_count(items, table.timestamps, count)
    first_seen = _first_seen(first_seen, counts, news.latest, new.items, codes)
    first_seen[:known] = news.first_seen
    return ItemNews(
        seed=news.seed,
        latest=news.latest,
        first_seen=first_seen,
        interactions=_longer(news.interactions, count) + counts,
        shown=_longer(news.shown, count) + _counted(new.shown, codes, count),
        clicked=_longer(news.clicked, count) + _counted(new.clicked, codes, count),
        marks=np.concatenate((news.marks, _marks(item_ids[known:]))),
    )


def boosts(news: ItemNews, exploration: Exploration, user_ids: Sequence[str]) -> tuple[Places, Scores]:
    """The items to explore, in the order of their codes; for each user a row: how far each comes up, from 0 to below 1.

    That is the share of the distance, in log score, between an item and the user's best one that exploration closes:
    1 - exp(-x), where x is BREADTH times the weight, times the item's uncertainty, times a chance with the Rayleigh
    distribution (small mostly, now and then large) that the training, the user and the item draw, the same for every
    request. So weight 0 explores nothing, and no item comes before the best one. Of the 20 first places on data like
    MovieLens's, with 35 young items among 8,000, 0.3 gives explored items one place in some twenty lists, 0.5 one
    in most lists, and 1 six.
    """
    if exploration.weight <= 0:
        return np.empty(0, np.intp), np.empty((len(user_ids), 0))
    young, uncertainty, marks = news.young(exploration.cut_off)
    drawn = _chances().take(_draws(news.seed, user_ids, marks))
    return young, -np.expm1(uncertainty * drawn * (-BREADTH * exploration.weight))


def _draws(seed: int, user_ids: Sequence[str], marks: Spread) -> Spread:
    """For each user a row of numbers of so many bits as chances have: of one seed, user and mark always the same."""
    texts = [f"{seed}\x1f{user_id}".encode("utf-8", "surrogatepass") for user_id in user_ids]
    keys = np.frombuffer(b"".join(hashlib.blake2b(each, digest_size=8).digest() for each in texts), dtype="<u8")
    drawn: Spread = ((marks ^ keys[:, None]) * _SPREADING) >> _OTHER_BITS
    return drawn


@cache
def _chances() -> Scores:
    """Numbers of the Rayleigh distribution, equally many in equal parts of it, in an order without meaning."""
    parts = np.random.Generator(np.random.PCG64(0)).permutation(1 << _CHANCE_BITS)
    chances: Scores = np.sqrt(-2.0 * np.log1p(-(parts + 0.5) / len(parts)))
    return chances


def _marks(item_ids: Sequence[str]) -> Marks:
    return np.array([zlib.crc32(each.encode("utf-8", "surrogatepass")) for each in item_ids], dtype=np.uint32)


def _recoded(table: InteractionTable, codes: Mapping[str, int]) -> Codes:
    """The items of a table in terms of other codes; they know every item that has a row."""
    return np.array([codes.get(item_id, 0) for item_id in table.item_ids], dtype=np.int32)[table.items]


def _first_and_count(items: Codes, timestamps: Seconds, count: int) -> tuple[Seconds, Counts]:
    """When each item was first interacted with (the end of time: never), and how often it was."""
    first = np.full(count, np.iinfo(np.int64).max, dtype=np.int64)
    np.minimum.at(first, items, timestamps)
    return first, np.bincount(items, minlength=count).astype(np.int64)


def _first_seen(
    first: Seconds, counts: Counts, latest: int, items: Attributes | None, codes: Mapping[str, int]
) -> Seconds:
    """When each item was created, as far as that is known or can be inferred."""
    seen = np.where(counts > 0, first, latest)
    if items is None or items.created is None:
        return seen
    for item_id, created in zip(items.ids, items.created.tolist(), strict=True):
        if created == created and item_id in codes:  # NaN, which differs from itself, is absent
            seen[codes[item_id]] = int(created)
    return seen


def _counted(amounts: Mapping[str, int], codes: Mapping[str, int], count: int) -> Counts:
    found = np.zeros(count, dtype=np.int64)
    for item_id, amount in amounts.items():
        if item_id in codes:
            found[codes[item_id]] = amount
    return found


def _longer(counts: Counts, count: int) -> Counts:
    return np.concatenate((counts, np.zeros(count - len(counts), dtype=np.int64)))
