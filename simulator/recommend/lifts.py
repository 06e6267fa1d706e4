"""Lifts: how much more often items are taken by users with an attribute, or in a context, than by everybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simulator.data.columns import Codes, Mask
from simulator.data.interactions import Weights
from simulator.recommend.compressed import Offsets
from simulator.recommend.features import Features, Vocabulary, features_of_attributes, values_of, vocabulary_of
from simulator.recommend.models import Learned
from simulator.recommend.scoring import Places, Scores, first
from simulator.recommend.training_data import Attributes

# With how many interactions as of everybody each count is begun: a few interactions say little.
SMOOTHING = 10.0
_CANDIDATES = 100
# Of how many features the lifts of all items are kept, where there are not too many of those.
_MOST_KEPT = 200
_MANY_ITEMS = 50_000


@dataclass(frozen=True, eq=False)
class Lifts(Learned):
    """How often each item was taken where a feature was, as compressed rows by feature, and by everybody.

    `shares` are the items' shares in all that was taken: what is expected without the feature. Items that came with
    an update stand behind and have no shares.
    """

    vocabulary: Vocabulary
    offsets: Offsets
    items: Codes
    counts: Weights
    shares: Scores

    def of(self, features: Sequence[int], item_count: int, among: Places | None = None) -> Scores:
        """The sum of the logarithms of some items' lifts (None: of all), over some features."""
        known = len(self.shares)
        if among is not None and known >= _MANY_ITEMS:
            found = np.zeros(len(among))
            inside = among < known
            found[inside] = sum((self._logarithms(each, among[inside]) for each in features), np.zeros(inside.sum()))
            return found
        every = np.zeros(item_count)
        for feature in features:
            every[:known] += self._of_all(feature)
        return every if among is None else every[among]

    def _of_all(self, feature: int) -> Scores:
        """The logarithms of all items' lifts where a feature is, kept for the next request if they are not too many."""
        found = self._kept.get(feature)
        if found is None:
            found = self._logarithms(feature, np.arange(len(self.shares)))
            if len(self.shares) < _MANY_ITEMS and len(self._kept) < _MOST_KEPT:
                self._kept[feature] = found
        return found

    def _logarithms(self, feature: int, among: Places) -> Scores:
        """The logarithms of some items' lifts where a feature is."""
        row = slice(self.offsets[feature], self.offsets[feature + 1])
        items, counts = self.items[row], self.counts[row]
        if not len(items):
            return np.zeros(len(among))
        expected = self.shares[among] * counts.sum(dtype=np.float64)
        at = np.minimum(np.searchsorted(items, among), len(items) - 1)
        taken = np.where(items[at] == among, counts[at], 0.0)
        logarithms: Scores = np.log((taken + SMOOTHING) / (expected + SMOOTHING))
        return logarithms

    @cached_property
    def _kept(self) -> dict[int, Scores]:
        return {}

    def candidates(self, features: Sequence[int]) -> Places:
        """Items that are taken most often where these features are."""
        return np.concatenate([np.empty(0, np.intp), *map(self._most_taken, features)])

    def _most_taken(self, feature: int) -> Places:
        """The items that are taken most often where a feature is, kept for the next request."""
        if feature not in self._candidates:
            row = slice(self.offsets[feature], self.offsets[feature + 1])
            best = first(self.counts[row].astype(np.float64), _CANDIDATES)
            self._candidates[feature] = self.items[row][best].astype(np.intp)
        return self._candidates[feature]

    @cached_property
    def _candidates(self) -> dict[int, Places]:
        return {}

    def features(self, values: Mapping[str, str]) -> list[int]:
        """The features of texts by the names of columns; those that are not known are passed over."""
        codes = self.vocabulary.codes
        return [
            codes[name][value]
            for name, text in sorted(values.items())
            for value in values_of(text)
            if value in codes.get(name, {})
        ]


@dataclass(frozen=True, eq=False)
class KnownUsers(Learned):
    """The features of the users of the Users dataset, those who never took anything among them."""

    ids: tuple[str, ...]
    features: Features

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row of every user."""
        return {user_id: row for row, user_id in enumerate(self.ids)}

    def of(self, user_id: str) -> list[int]:
        """A user's features; none of a user who is not known."""
        row = self.rows.get(user_id)
        return [] if row is None else self.features.of(row).tolist()

    def among(self, user_ids: Sequence[str]) -> Features:
        """The features of some users."""
        return self.features.at(np.array([self.rows.get(each, -1) for each in user_ids], dtype=np.int32))


def known_users(attributes: Attributes | None) -> tuple[Vocabulary, KnownUsers] | None:
    """The users with their features, and what those are; None if nothing is known that two users have in common."""
    if attributes is None:
        return None
    vocabulary = vocabulary_of(attributes.categories, attributes.numbers)
    if not len(vocabulary):
        return None
    return vocabulary, KnownUsers(attributes.ids, features_of_attributes(vocabulary, attributes))


def lifts_of(
    vocabulary: Vocabulary,
    features: Features,
    taken: tuple[Offsets, Codes, Weights | None],
    item_count: int,
    groups: Sequence[Mask],
) -> list[Lifts]:
    """What each group of rows teaches (users, or interactions), a group given as a mask over the rows.

    `features` has the features of every row; `taken` the items of every row as compressed rows, with weights (None:
    all 1). One sparse product a group: work in proportion to what was taken.
    """
    from scipy.sparse import csr_matrix

    offsets, items, weights = taken
    amounts = np.ones(len(items), np.float32) if weights is None else weights
    row_count = len(features)
    owners = np.repeat(np.arange(row_count), np.diff(offsets))
    by_row = csr_matrix((amounts, items, offsets), shape=(row_count, item_count))
    found = []
    for group in groups:
        ones = np.repeat(group, np.diff(features.offsets)).astype(np.float32)
        having = csr_matrix((ones, features.codes, features.offsets), shape=(row_count, len(vocabulary)))
        counts = csr_matrix(having.T @ by_row)
        counts.eliminate_zeros()
        counts.sort_indices()
        all_taken = np.bincount(items, weights=amounts * group[owners], minlength=item_count)
        found.append(
            Lifts(
                vocabulary,
                counts.indptr.astype(np.int64),
                counts.indices.astype(np.int32),
                counts.data.astype(np.float32),
                all_taken / max(all_taken.sum(), np.finfo(np.float64).tiny),
            )
        )
    return found
