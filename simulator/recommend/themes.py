"""Themes: what the items of a list have in common, in words of their names and descriptions.

A word stands out if many items of the list have it and few others do. This takes the place of the generated phrases
of Content Generator: the same kind of answer, from the same columns, the same for the same data.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

# Words of a theme, at most.
_WORDS = 3
# How much more a word of a name says than one of a description.
_NAME_WEIGHT = 2.0
# The share of a list's items that must have a word of its theme.
_SHARED = 0.3
_DECIMALS = 7
_WORD = re.compile(r"[^\W\d_]{3,}")
# Words that say nothing of what an item is.
_EMPTY = frozenset(
    {
        *("about", "after", "all", "also", "and", "any", "are", "but", "can"),
        *("for", "from", "had", "has", "have", "her", "him", "his", "how"),
        *("into", "its", "more", "most", "new", "not", "now", "off", "one"),
        *("only", "other", "our", "out", "over", "she", "some", "than", "that"),
        *("the", "their", "them", "then", "there", "they", "this", "too", "under"),
        *("very", "was", "were", "what", "when", "where", "which", "who", "why"),
        *("will", "with", "you", "your"),
    }
)

Weights = Mapping[str, float]


@dataclass(frozen=True)
class Theme:
    """A theme, and the items of its list with how much each is about it (0 to 1), those first that are most so."""

    text: str
    items: Sequence[tuple[str, float]]


class Catalogue:
    """The names and descriptions of all items, read once for all lists of a job."""

    def __init__(self, texts: Mapping[str, tuple[str, str]]) -> None:
        """`texts` has the name and the description by the id of the item."""
        self._names = {item_id: name for item_id, (name, _) in texts.items()}
        self._words = {item_id: _words(name, description) for item_id, (name, description) in texts.items()}
        self._having = Counter(word for words in self._words.values() for word in words)

    def theme(self, item_ids: Sequence[str]) -> Theme:
        """The theme of a list of items: up to three words that stand out, or the name of the first item without any."""
        vectors = [self._vector(item_id) for item_id in item_ids]
        chosen = self._chosen(vectors)
        if not chosen:
            named = (self._names.get(item_id, "") for item_id in item_ids)
            return Theme(next(filter(None, named), "Related items"), [(item_id, 0.0) for item_id in item_ids])
        length = math.sqrt(math.fsum(weight**2 for weight in chosen.values()))
        scores = [
            round(math.fsum(vector.get(word, 0.0) * weight for word, weight in chosen.items()) / length, _DECIMALS)
            for vector in vectors
        ]
        order = sorted(range(len(scores)), key=lambda place: -scores[place])
        return Theme(_phrase([*chosen]), [(item_ids[place], scores[place]) for place in order])

    def _vector(self, item_id: str) -> Weights:
        """The words of an item by how much they say of it; of length 1 if there are any."""
        words = self._words.get(item_id, {})
        weights = {word: weight * self._rarity(word) for word, weight in words.items()}
        length = math.sqrt(math.fsum(weight**2 for weight in weights.values()))
        return {word: weight / length for word, weight in weights.items()} if length else {}

    def _rarity(self, word: str) -> float:
        return math.log(1 + len(self._words) / self._having[word])

    def _chosen(self, vectors: Sequence[Weights]) -> Weights:
        """The words of the theme, the most telling first, each with its mean weight in the list."""
        having = Counter(word for vector in vectors for word in vector)
        least = max(2, math.ceil(_SHARED * len(vectors)))
        shared = sorted(word for word, count in having.items() if count >= least)
        means = {word: math.fsum(vector.get(word, 0.0) for vector in vectors) / len(vectors) for word in shared}
        best = sorted(means, key=lambda word: -means[word])[:_WORDS]
        return {word: means[word] for word in best}


def _words(name: str, description: str) -> dict[str, float]:
    """What an item's words weigh, each once."""
    weights = dict.fromkeys(_told(description), 1.0)
    weights.update(dict.fromkeys(_told(name), _NAME_WEIGHT))
    return weights


def _told(text: str) -> Iterable[str]:
    return (word for word in _WORD.findall(text.casefold()) if word not in _EMPTY)


def _phrase(words: Sequence[str]) -> str:
    """Words as one phrase: `Robot, space and war`."""
    joined = " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]
    return joined[:1].upper() + joined[1:]
