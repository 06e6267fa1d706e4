"""What a question to the journal finds: rows in a stable order, or, where there are none, what comes nearest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar, overload

from simulator.clock import Micros, datetime_of

if TYPE_CHECKING:
    import pandas as pd

# How many rows are shown, and how many of each kind of near miss.
_SHOWN = 20
_SHOWN_NEAR = 3


class Row(Protocol):
    """A row of the journal: a named tuple that can be told in a line."""

    @property
    def instant(self) -> Micros:
        """When it happened."""

    def line(self) -> str:
        """The row in words, without its time."""

    def _asdict(self) -> dict[str, Any]: ...


R = TypeVar("R", bound=Row)


class Near(NamedTuple):
    """Rows that were not asked for but come near: what they are in words, how many there are, and some of them."""

    what: str
    total: int
    lines: tuple[str, ...]

    def __str__(self) -> str:
        more = [f"    ... and {self.total - len(self.lines)} more"] if self.total > len(self.lines) else []
        return "\n".join([f"  {self.what}: {self.total}", *(f"    {line}" for line in self.lines), *more])


class Found(Sequence[R], Generic[R]):
    """The rows that were asked for, in order of time and then of content.

    A sequence, empty and false if there are none; it then prints what comes near. `frame()` is it as a DataFrame.
    """

    def __init__(
        self,
        nouns: tuple[str, str],
        wanted: Mapping[str, str | None],
        columns: tuple[str, ...],
        rows: Sequence[R],
        near: Sequence[Near] = (),
    ) -> None:
        self._nouns = nouns
        self._asked = in_words(wanted)
        self._columns = columns
        self._rows = tuple(rows)
        self._near = tuple(near)

    @overload
    def __getitem__(self, index: int) -> R: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[R, ...]: ...
    def __getitem__(self, index: int | slice) -> R | tuple[R, ...]:
        return self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[R]:
        return iter(self._rows)

    def __eq__(self, other: object) -> bool:
        return self._rows == other._rows if isinstance(other, Found) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = [f"  {line(row)}" for row in self._rows[:_SHOWN]]
        more = [f"  ... and {len(self) - _SHOWN} more"] if len(self) > _SHOWN else []
        near = [] if self._rows else self._near
        return "\n".join([self._counted(), *shown, *more, *map(str, near)])

    def _counted(self) -> str:
        return f"{len(self) or 'no'} {self._nouns[len(self) != 1]}{self._asked}"

    def frame(self) -> pd.DataFrame:
        """The rows as a DataFrame: `at` is the time in UTC, the other columns are the rows' own fields."""
        return frame_of(self._columns, [row._asdict() for row in self._rows])

    def require(self, times: int | None) -> None:
        """Raises AssertionError unless there are so many rows (None: one or more); its text says what comes near."""
        if len(self) == times or (times is None and self._rows):
            return
        wanted = "one or more were wanted" if times is None else f"wanted: {times}"
        rows = [f"  {line(row)}" for row in self._rows[:_SHOWN]]
        raise AssertionError("\n".join([f"{self._counted()}; {wanted}", *rows, *map(str, self._near)]))


def line(row: Row) -> str:
    """A row in a line, its time first."""
    return f"{_shown(datetime_of(row.instant))}  {row.line()}"


def frame_of(columns: tuple[str, ...], rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows as a DataFrame whose first column is `at`, their instants."""
    import numpy as np
    import pandas as pd

    listed = list(rows)
    at = np.array([row["instant"] for row in listed], dtype="datetime64[us]")
    others = {name: [row[name] for row in listed] for name in columns if name != "instant"}
    return pd.DataFrame({"at": pd.DatetimeIndex(at, tz="UTC"), **others})


def search(
    rows: Iterable[R], wanted: Mapping[str, str | None], order: Callable[[R], Any]
) -> tuple[list[R], tuple[Near, ...]]:
    """The rows whose fields are all as wanted (None: as they like), in order; and those that miss it in one thing.

    Raises TypeError for a wanted value that is no text.
    """
    given = {name: text for name, text in wanted.items() if text is not None}
    for name, text in given.items():
        if not isinstance(text, str):
            raise TypeError(f"{name} must be a text, as it is on the wire, not {text!r}")
    found: list[R] = []
    folded: list[R] = []
    other: dict[str, list[R]] = {name: [] for name in given}
    for row in rows:
        missed = [name for name, text in given.items() if getattr(row, name) != text]
        if not missed:
            found.append(row)
        elif all(getattr(row, name).casefold() == given[name].casefold() for name in missed):
            folded.append(row)
        elif len(missed) == 1:
            other[missed[0]].append(row)
    near = [_near("the same but for upper and lower case", folded, order)]
    for name, rows_of_other in other.items():
        near.append(_near(f"the same but for the {name.replace('_', ' ')}", rows_of_other, order))
    return sorted(found, key=order), tuple(each for each in near if each.total)


def in_words(wanted: Mapping[str, str | None]) -> str:
    """What was asked for: ` with user='42', item='7'`, or nothing."""
    given = [f"{name}={text!r}" for name, text in wanted.items() if text is not None]
    return f" with {', '.join(given)}" if given else ""


def _near(what: str, rows: Sequence[R], order: Callable[[R], Any]) -> Near:
    return Near(what, len(rows), tuple(line(row) for row in sorted(rows, key=order)[:_SHOWN_NEAR]))


def _shown(moment: datetime) -> str:
    return moment.isoformat(" ").removesuffix("+00:00")
