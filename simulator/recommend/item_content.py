"""Content: how much an item is like those that a user took, by what the Items dataset says of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from simulator.data.columns import Codes
from simulator.recommend.compressed import Offsets, entries_of, offsets_from, rows_of
from simulator.recommend.features import Features, Vocabulary, features_of_attributes, vocabulary_of
from simulator.recommend.histories import Weights
from simulator.recommend.models import Learned
from simulator.recommend.scoring import Places, Scores
from simulator.recommend.training_data import Attributes

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

# Of how many features of a user's items, and of how many items each, those come that are scored among many items.
_STRONGEST_FEATURES = 8
_ITEMS_OF_FEATURE = 50


@dataclass(frozen=True, eq=False)
class Content(Learned):
    """Every item as a vector of its features, of length one, as compressed rows.

    A rare feature says more than a common one: it weighs the logarithm of how few items have it (`rarity`). An item of
    which nothing is known has one entry of weight zero, whose code is one more than any feature's.
    """

    vocabulary: Vocabulary
    rarity: Scores
    offsets: Offsets
    codes: Codes
    weights: Weights

    def affinity(self, items: Codes, weights: Scores, among: Places | None = None) -> Scores:
        """How much some items (None: all) are like a user's, from 0 to 1: the mean likeness, by the items' weights."""
        profile = self._profile(items, weights)
        if among is None:
            kinds, kind_of = self._kinds
            sums = (kinds @ profile)[kind_of]
        else:
            entries, lengths = entries_of(self.offsets, among)
            amounts = profile[self.codes[entries]] * self.weights[entries]
            sums = np.add.reduceat(amounts, np.cumsum(lengths) - lengths) if len(among) else amounts
        return sums.astype(np.float64, copy=False)

    def candidates(self, items: Codes, weights: Scores) -> Places:
        """Items that have the features that count most in a user's items, the first in the order of codes."""
        profile = self._profile(items, weights)[:-1]
        strongest = np.argsort(-profile, kind="stable")[:_STRONGEST_FEATURES]
        offsets, owners = self._items_of_features
        found = [
            owners[offsets[each] : offsets[each + 1]][:_ITEMS_OF_FEATURE] for each in strongest if profile[each] > 0
        ]
        return np.unique(np.concatenate([np.empty(0, np.intp), *found]))

    def with_items(self, attributes: Attributes | None, item_ids: tuple[str, ...]) -> Content:
        """The same with more items, those behind the known ones; of those that the attributes have, with features."""
        more = _vectors(self.vocabulary, self.rarity, attributes, item_ids[len(self.offsets) - 1 :])
        return Content(
            self.vocabulary,
            self.rarity,
            np.concatenate((self.offsets, more.offsets[1:] + self.offsets[-1])),
            np.concatenate((self.codes, more.codes)),
            np.concatenate((self.weights, more.weights)),
        )

    def _profile(self, items: Codes, weights: Scores) -> Scores:
        """What features a user's items have, on the mean; the last entry is that of no feature."""
        profile = np.zeros(len(self.rarity) + 1)
        total = weights.sum()
        if total > 0:
            entries, lengths = entries_of(self.offsets, items)
            amounts = self.weights[entries] * np.repeat(weights / total, lengths)
            profile += np.bincount(self.codes[entries], weights=amounts, minlength=len(profile))
        return profile

    @cached_property
    def _kinds(self) -> tuple[csr_matrix, Places]:
        """The different vectors that there are, as the rows of a sparse matrix, and which of them each item has.

        Items are told apart by their products with a vector of numbers drawn once for all.
        """
        from scipy.sparse import csr_matrix

        shape = (len(self.offsets) - 1, len(self.rarity) + 1)
        every = csr_matrix((self.weights.astype(np.float64), self.codes, self.offsets), shape=shape)
        drawn = np.random.Generator(np.random.PCG64(0)).random(shape[1])
        products: Scores = np.asarray(every @ drawn)
        _, examples, kind_of = np.unique(products, return_index=True, return_inverse=True)
        return csr_matrix(every[examples]), kind_of.astype(np.intp)

    @cached_property
    def _items_of_features(self) -> tuple[Offsets, Places]:
        """The items of every feature, as compressed rows."""
        order = np.argsort(self.codes, kind="stable")
        lengths = np.bincount(self.codes, minlength=len(self.rarity) + 1)
        return offsets_from(lengths), rows_of(self.offsets)[order].astype(np.intp)


def content_of(attributes: Attributes | None, item_ids: tuple[str, ...]) -> Content | None:
    """The items as vectors; None if nothing is known of them that two items could have in common."""
    if attributes is None:
        return None
    vocabulary = vocabulary_of(attributes.categories, attributes.numbers)
    if not len(vocabulary):
        return None
    features = features_of_attributes(vocabulary, attributes)
    having = np.bincount(features.codes, minlength=len(vocabulary))
    rarity = np.log(len(attributes.ids) / np.maximum(having, 1))
    return _vectors(vocabulary, rarity, attributes, item_ids)


def _vectors(
    vocabulary: Vocabulary, rarity: Scores, attributes: Attributes | None, item_ids: tuple[str, ...]
) -> Content:
    features = Features(np.zeros(len(item_ids) + 1, np.int64), np.empty(0, np.int32))
    if attributes is not None:
        row_of = {each: row for row, each in enumerate(attributes.ids)}
        rows = np.array([row_of.get(item_id, -1) for item_id in item_ids], dtype=np.int32)
        features = features_of_attributes(vocabulary, attributes).at(rows)
    lengths = np.diff(features.offsets)
    owners = rows_of(features.offsets)
    weights = rarity[features.codes]
    norms = np.sqrt(np.bincount(owners, weights=weights**2, minlength=len(item_ids)))[owners]
    weights = np.divide(weights, norms, out=np.zeros_like(weights), where=norms > 0)
    # Sums over the rows need an entry in each.
    at = features.offsets[np.flatnonzero(lengths == 0)]
    return Content(
        vocabulary,
        rarity,
        offsets_from(np.maximum(lengths, 1)),
        np.insert(features.codes, at, len(rarity)).astype(np.int32),
        np.insert(weights, at, 0.0).astype(np.float32),
    )
