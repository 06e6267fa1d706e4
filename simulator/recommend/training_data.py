"""What trainings and updates learn from, and what a model is asked: the forms that all families share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from simulator.data.columns import TextColumn
from simulator.data.interactions import InteractionTable

# Several values of one record stand in a categorical column with this between them. Source: the guide.
VALUE_SEPARATOR = "|"

Numbers = npt.NDArray[np.float64]
Settings = Mapping[str, str]
"""Hyperparameters by name: those that were chosen, and the defaults of all others of the recipe."""


@dataclass(frozen=True, eq=False)
class Attributes:
    """What a dataset says of its items or users, of the columns that may be trained on: row i is that of `ids[i]`.

    `categories` are categorical columns (several values of a row stand in one text, see `VALUE_SEPARATOR`), `numbers`
    those of numbers (NaN: absent), `texts` all other texts. `created` is CREATION_TIMESTAMP in Unix seconds (NaN:
    absent), `names` the column that is marked itemName, `descriptions` that marked textual; None without such a column.
    """

    ids: tuple[str, ...]
    categories: Mapping[str, TextColumn] = field(default_factory=dict)
    numbers: Mapping[str, Numbers] = field(default_factory=dict)
    texts: Mapping[str, TextColumn] = field(default_factory=dict)
    created: Numbers | None = None
    names: TextColumn | None = None
    descriptions: TextColumn | None = None


@dataclass(frozen=True, eq=False)
class Objective:
    """What recommendations are to bring besides relevance: a number an item, and how much it counts.

    `rewards` has the number of every id of the items' attributes. `sensitivity` is OFF, LOW, MEDIUM or HIGH.
    """

    rewards: Numbers
    sensitivity: str


@dataclass(frozen=True, eq=False)
class ActionData:
    """The actions of a dataset with their values (0 where there is none), and what users did with them.

    `ids` are in order of arrival. In the two tables, of the times that an action was taken and of those that it was
    not, `items` are actions. `put` counts the put interactions with actions that had arrived.
    """

    ids: tuple[str, ...]
    values: tuple[float, ...]
    taken: InteractionTable
    passed: InteractionTable
    put: int = 0


@dataclass(frozen=True, eq=False)
class TrainingData:
    """What a training sees: interactions, those of event types and values that do not count left out.

    `items` and `users` are what is known of them, `actions` those of the group with what users did with them; None
    where the recipe or the group has no such dataset. `shown` counts by item how often it was shown to users,
    `clicked` how often it was taken when it was, for recipes that explore. `now` is when the training began, in Unix
    seconds (None: at the newest interaction).
    """

    interactions: InteractionTable
    items: Attributes | None = None
    users: Attributes | None = None
    actions: ActionData | None = None
    objective: Objective | None = None
    shown: Mapping[str, int] = field(default_factory=dict)
    clicked: Mapping[str, int] = field(default_factory=dict)
    now: int | None = None


@dataclass(frozen=True, eq=False)
class NewData:
    """What an automatic update sees: interactions that were streamed since the last one, and all items of now.

    `items` is None if there is nothing new about items, `actions` where there are none; its tables hold what was
    streamed since, `objective` is there where the training has one. `shown` and `clicked` count by item how often it
    was shown to users since, and taken when it was. `now` is when the update happens, in Unix seconds (None: at the
    newest interaction).
    """

    interactions: InteractionTable
    items: Attributes | None = None
    actions: ActionData | None = None
    shown: Mapping[str, int] = field(default_factory=dict)
    clicked: Mapping[str, int] = field(default_factory=dict)
    objective: Objective | None = None
    now: int | None = None


@dataclass(frozen=True)
class Exploration:
    """How much is explored, from 0 (not at all) to 1; and of which items: the age in days that is not explored."""

    weight: float
    cut_off: float


@dataclass(frozen=True)
class Query:
    """What a model is asked with.

    `session` holds the item ids of the user's events since the model was made, in order of arrival, and
    `session_weights` how much each counts (None: all alike). `context` has texts by the names of columns of the
    interactions. `influence` are the weights of popularity and freshness in an order by similarity, by name.
    """

    user_id: str = ""
    item_id: str = ""
    session: Sequence[str] = ()
    session_weights: Sequence[float] | None = None
    context: Mapping[str, str] = field(default_factory=dict)
    exploration: Exploration | None = None
    influence: Mapping[str, float] = field(default_factory=dict)
