"""Content: what is known of items as vectors of features, and how alike items are by it.

A feature counts the more the fewer items have it. What an item has of one kind (its columns, the words of its texts)
weighs as much as what it has of another; how alike two items are is the cosine of their vectors, from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from simulator.data.columns import Codes, TextColumn
from simulator.recommend.compressed import Offsets, entries_of, offsets_from, rows_of
from simulator.recommend.cooccurrence import Weights
from simulator.recommend.features import features_of_attributes, vocabulary_of
from simulator.recommend.scoring import Scores
from simulator.recommend.training_data import Attributes

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

# What a feature counts that all items have; one that few have counts up to the logarithm of the number of items.
_LEAST_RARITY = 0.05
# Places of words, found by a hash: so many that hardly any two words meet.
_PLACES = 2**20
# A word is a run of letters and digits, or a single sign of scripts that are written without spaces.
_WORD = r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+"


@dataclass(frozen=True, eq=False)
class Vectors:
    """The vector of every item, of length one or empty, as compressed rows that are never written to.

    Item `i` has the features `columns[offsets[i]:offsets[i + 1]]` with the `weights` beside them; there are `width`
    features in all.
    """

    offsets: Offsets
    columns: Codes
    weights: Weights
    width: int


def vectors_of_attributes(items: Attributes | None, ids: Sequence[str]) -> Vectors:
    """The vectors of these items by their columns of categories and numbers, and by the words of their description."""
    if items is None:
        return _joined([], len(ids))
    features = features_of_attributes(vocabulary_of(items.categories, items.numbers), items)
    kinds = [_columns(features.offsets, features.codes)]
    if items.descriptions is not None:
        kinds.append(_words(items.descriptions, "word"))
    return _joined([_in_order(_weighted(kind), items.ids, ids) for kind in kinds], len(ids))


def vectors_of_texts(items: Attributes, ids: Sequence[str]) -> Vectors:
    """The vectors of these items by the words of their name and description, and by the parts of their name."""
    kinds = []
    if items.names is not None:
        kinds += [_words(items.names, "word"), _words(items.names, "char_wb")]
    if items.descriptions is not None:
        kinds.append(_words(items.descriptions, "word"))
    return _joined([_in_order(_weighted(kind), items.ids, ids) for kind in kinds], len(ids))


def by_feature(vectors: Vectors) -> Vectors:
    """The same the other way round: for every feature the items that have it."""
    turned = _matrix(vectors).T.tocsr()
    return Vectors(
        turned.indptr.astype(np.int64), turned.indices.astype(np.int32), turned.data, len(vectors.offsets) - 1
    )


def similarities(vectors: Vectors, items_of: Vectors, item: int) -> Scores:
    """How alike every item is to one, with work for those alone that share a feature; `items_of` is `by_feature`."""
    begin, end = vectors.offsets[item], vectors.offsets[item + 1]
    entries, lengths = entries_of(items_of.offsets, vectors.columns[begin:end])
    weights = items_of.weights[entries].astype(np.float64) * np.repeat(vectors.weights[begin:end], lengths)
    sums = np.bincount(items_of.columns[entries], weights=weights, minlength=items_of.width)
    return sums.astype(np.float64, copy=False)


def _columns(offsets: Offsets, codes: Codes) -> csr_matrix:
    from scipy.sparse import csr_matrix

    shape = (len(offsets) - 1, int(codes.max(initial=0)) + 1)
    return csr_matrix((np.ones(len(codes)), codes, offsets), shape=shape)


def _words(column: TextColumn, analyzer: Literal["word", "char_wb"]) -> csr_matrix:
    """How often each word, or two side by side, stands in each row; or each sequence of three to five letters."""
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import HashingVectorizer

    hashing = HashingVectorizer(
        n_features=_PLACES,
        analyzer=analyzer,
        token_pattern=_WORD if analyzer == "word" else None,
        ngram_range=(1, 2) if analyzer == "word" else (3, 5),
        strip_accents="unicode",
        norm=None,
        alternate_sign=False,
    )
    values = column.values or ("",)
    counts = hashing.transform(values)
    used, places = np.unique(counts.indices, return_inverse=True)
    shape = (len(values), max(len(used), 1))
    return csr_matrix(csr_matrix((counts.data, places, counts.indptr), shape=shape)[column.codes])


def _weighted(counts: csr_matrix) -> csr_matrix:
    """Rows of length one, in which what is rare counts more, and what stands there often only a little more."""
    having = np.bincount(counts.indices, minlength=counts.shape[1])
    rarity = np.log((1 + counts.shape[0]) / (1 + having)) + _LEAST_RARITY
    counts.data = (1 + np.log(counts.data)) * rarity[counts.indices]
    return _of_length_one(counts)


def _of_length_one(rows: csr_matrix) -> csr_matrix:
    owners = rows_of(rows.indptr.astype(np.int64))
    lengths = np.sqrt(np.bincount(owners, weights=rows.data**2, minlength=rows.shape[0]))
    lengths[lengths == 0] = 1.0
    rows.data = rows.data / lengths[owners]
    return rows


def _in_order(rows: csr_matrix, known: Sequence[str], ids: Sequence[str]) -> csr_matrix:
    """The rows of these ids; of one that is not known an empty one."""
    from scipy.sparse import csr_matrix

    row_of = {each: row for row, each in enumerate(known)}
    found = np.array([row_of.get(each, -1) for each in ids], dtype=np.int64)
    entries, lengths = entries_of(rows.indptr.astype(np.int64), found[found >= 0])
    every = np.zeros(len(ids), dtype=np.int64)
    every[found >= 0] = lengths
    shape = (len(ids), rows.shape[1])
    return csr_matrix((rows.data[entries], rows.indices[entries], offsets_from(every)), shape=shape)


def _joined(kinds: Sequence[csr_matrix], count: int) -> Vectors:
    """The vectors with all kinds of features side by side."""
    from scipy.sparse import csr_matrix, hstack

    rows = csr_matrix(hstack(kinds)) if kinds else csr_matrix((count, 1))
    rows.sort_indices()
    rows = _of_length_one(rows)
    return Vectors(
        rows.indptr.astype(np.int64), rows.indices.astype(np.int32), rows.data.astype(np.float32), int(rows.shape[1])
    )


def _matrix(vectors: Vectors) -> csr_matrix:
    from scipy.sparse import csr_matrix

    shape = (len(vectors.offsets) - 1, vectors.width)
    return csr_matrix((vectors.weights, vectors.columns, vectors.offsets), shape=shape)
