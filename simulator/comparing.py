"""Two lists of recommendations side by side (`compare`), and one as a DataFrame (`recommendations_frame`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.item_lists import column_of, item_ids, places_moved, score_of, what_moved

if TYPE_CHECKING:
    import pandas as pd

# The members of answers that hold items.
_LISTS = ("itemList", "personalizedRanking")

# How many ids the short form names.
_NAMED = 5


@dataclass(frozen=True)
class Comparison:
    """What has changed between two lists of recommended items; it prints as a table.

    `before` and `after` are the ids, best first, `scores_before` and `scores_after` the scores of those that have one.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    scores_before: Mapping[str, float]
    scores_after: Mapping[str, float]

    @property
    def same_order(self) -> bool:
        """Whether both lists have the same items at the same places, whatever their scores."""
        return self.before == self.after

    @property
    def same_items(self) -> bool:
        """Whether both lists have the same items, in whatever order."""
        return set(self.before) == set(self.after)

    @property
    def identical(self) -> bool:
        """Whether both lists have the same items at the same places, with the same scores where both have scores."""
        return self.same_order and not self.scores_moved

    @property
    def entered(self) -> tuple[str, ...]:
        """The ids that are in the second list only, best first."""
        return tuple(item for item in self.after if item not in set(self.before))

    @property
    def left(self) -> tuple[str, ...]:
        """The ids that were in the first list only, best first."""
        return tuple(item for item in self.before if item not in set(self.after))

    @property
    def moved(self) -> int:
        """How far items have moved, in places all together.

        What enters comes from the place after the last, what leaves goes there: by no place, if it was last already.
        """
        return places_moved(self.before, self.after)

    @property
    def scores_moved(self) -> float:
        """The largest change of the score of an item that has one in both lists; 0 if none has."""
        both = self.scores_before.keys() & self.scores_after.keys()
        return max((abs(self.scores_after[item] - self.scores_before[item]) for item in both), default=0.0)

    def assert_same_order(self) -> None:
        """Raises AssertionError, with the table as its message, unless the order is the same."""
        if not self.same_order:
            raise AssertionError(f"the order of the items has changed\n{self}")

    def assert_same_items(self) -> None:
        """Raises AssertionError, with the table as its message, unless the items are the same."""
        if not self.same_items:
            raise AssertionError(f"the items have changed\n{self}")

    def assert_identical(self) -> None:
        """Raises AssertionError, with the table as its message, unless items, order and scores are the same."""
        if not self.identical:
            raise AssertionError(f"the recommendations have changed\n{self}")

    def to_frame(self) -> pd.DataFrame:
        """A row an item: those of the second list in its order, then those that have left.

        The columns are itemId, rank_before, rank_after (from 1), places (how many it has come up), score_before and
        score_after; a value is absent where an item is in one list only or has no score.
        """
        import pandas as pd

        ids = [*self.after, *self.left]
        before = pd.Series([_rank(self.before, item) for item in ids], dtype="Int64")
        after = pd.Series([_rank(self.after, item) for item in ids], dtype="Int64")
        return pd.DataFrame(
            {
                "itemId": pd.Series(ids, dtype=object),
                "rank_before": before,
                "rank_after": after,
                "places": before - after,
                "score_before": pd.Series([self.scores_before.get(item) for item in ids], dtype="float64"),
                "score_after": pd.Series([self.scores_after.get(item) for item in ids], dtype="float64"),
            }
        )

    def __str__(self) -> str:
        before, after = _items(self.before, self.scores_before), _items(self.after, self.scores_after)
        columns = [["before", *column_of(None, before)], ["after", *column_of(before, after)]]
        numbers = ["#", *(str(rank) for rank in range(1, max(len(before), len(after)) + 1))]
        rows = [
            [column[line] if line < len(column) else "" for column in (numbers, *columns)]
            for line in range(len(numbers))
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join((number.rjust(widths[0]), then.ljust(widths[1]), now)).rstrip() for number, then, now in rows
        ]
        return "\n".join([*lines, self._summary(len(before) + len(after))])

    def __repr__(self) -> str:
        return f"<Comparison: {self._summary(_NAMED)}>"

    def _summary(self, named: int) -> str:
        before, after = _items(self.before, self.scores_before), _items(self.after, self.scores_after)
        parts = ["identical" if self.identical else what_moved(before, after)]
        for word, ids in (("entered", self.entered), ("left", self.left)):
            if ids:
                more = f" and {len(ids) - named} more" if len(ids) > named else ""
                parts.append(f"{word}: {', '.join(ids[:named])}{more}")
        return "; ".join(parts)


def compare(before: Any, after: Any) -> Comparison:
    """What has changed between two lists of recommendations, as `Comparison`.

    Each is an answer of GetRecommendations or GetPersonalizedRanking, the list in it, a frame with a column `itemId`
    (such as `recommendations_frame` makes), or a list of ids, best first.

    Raises TypeError for anything else, ValueError for a list that holds an item twice.
    """
    (ids, scores), (ids_after, scores_after) = _read(before), _read(after)
    return Comparison(ids, ids_after, scores, scores_after)


def recommendations_frame(answer: Mapping[str, Any]) -> pd.DataFrame:
    """An answer of GetRecommendations or GetPersonalizedRanking as a DataFrame: a row an item, its rank the index.

    There is a column a member that an item of the answer has: itemId, score, promotionName, reason, and each column
    of metadata as `metadata.<name>`. `frame.attrs["recommendationId"]` is the answer's id, None if it has none.

    Raises TypeError for anything else.
    """
    import pandas as pd

    frame = pd.json_normalize(_list_of(answer))
    if frame.empty:
        frame = pd.DataFrame({"itemId": pd.Series(dtype=object)})
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="rank")
    frame.attrs["recommendationId"] = answer.get("recommendationId")
    return frame


def _list_of(answer: Any) -> list[dict[str, Any]]:
    for member in _LISTS:
        if isinstance(answer, Mapping) and isinstance(answer.get(member), list):
            found: list[dict[str, Any]] = answer[member]
            return found
    raise TypeError(
        "an answer of GetRecommendations or GetPersonalizedRanking is wanted: it has an itemList or a "
        "personalizedRanking"
    )


def _read(value: Any) -> tuple[tuple[str, ...], dict[str, float]]:
    """The ids, and the scores of those that have one."""
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        if "itemId" not in value:
            raise TypeError(f"a frame with a column itemId is wanted; it has {', '.join(map(str, value.columns))}")
        # As lists of Python's own values.
        columns = ["itemId", *({"score"} & set(value.columns))]
        value = value[columns].to_dict("records")
    elif isinstance(value, Mapping):
        value = _list_of(value)
    items = list(value) if isinstance(value, tuple) else value
    ids = item_ids(items)
    if len(set(ids)) < len(ids):
        twice = next(item for place, item in enumerate(ids) if item in ids[:place])
        raise ValueError(f"the list holds the item {twice} twice")
    scores = {item: score_of(each) for item, each in zip(ids, items, strict=True)}
    return tuple(ids), {item: score for item, score in scores.items() if score is not None and score == score}


def _items(ids: Sequence[str], scores: Mapping[str, float]) -> list[dict[str, Any]]:
    return [{"itemId": item, "score": scores.get(item)} for item in ids]


def _rank(ids: Sequence[str], item: str) -> int | None:
    return ids.index(item) + 1 if item in ids else None
