"""What a recipe is: its properties, its hyperparameters, and the data that it needs. The catalogue lists them all."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import numpy as np

from simulator import errors
from simulator.clock import Micros
from simulator.data.interactions import InteractionTable
from simulator.quotas import Quotas

# The same in every account, region and partition: the China edition of the guide shows them so too.
_ARN = "arn:aws:personalize:::"

_WHOLE_NUMBER = re.compile(r"[+-]?\d+", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def paired_users(table: InteractionTable) -> tuple[int, int]:
    """How many users have two interactions or more, and how many have any."""
    each = np.bincount(table.users)
    return int(np.count_nonzero(each >= 2)), int(np.count_nonzero(each))


def number(text: str, *, whole: bool = False) -> float | None:
    """The finite number that a text says, or None; a whole one must be written without a point."""
    if not (_WHOLE_NUMBER if whole else _NUMBER).fullmatch(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


@dataclass(frozen=True)
class Hyperparameter:
    """A setting of a recipe, as text like everything that travels in a solution's configuration.

    `lowest` and `highest` bound a number (None: unbounded; a lowest that is `excluded` is no value itself),
    `choices` name the values otherwise. `tunable` is whether hyperparameter optimization may choose it, `settable`
    whether anything else may.
    """

    name: str
    default: str
    lowest: float | None = None
    highest: float | None = None
    choices: tuple[str, ...] = ()
    whole: bool = False
    excluded: bool = False
    tunable: bool = False
    settable: bool = True

    @property
    def kind(self) -> Literal["integer", "continuous", "categorical"]:
        """Which of the three lists of ranges it belongs into."""
        if self.choices:
            return "categorical"
        return "integer" if self.whole else "continuous"

    @property
    def values(self) -> str:
        """Its values in words."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        noun = "a whole number" if self.whole else "a number"
        if self.highest is None:
            return f"{noun} {'above' if self.excluded else 'from'} {self.lowest:g}"
        return f"{noun} from {self.lowest:g} to {self.highest:g}"

    def takes(self, value: str | float) -> bool:
        """Whether a text or a number is one of its values; True and true are one (the guide writes both)."""
        if self.choices:
            return isinstance(value, str) and value.casefold() in map(str.casefold, self.choices)
        given = number(value, whole=self.whole) if isinstance(value, str) else value
        if given is None or (self.lowest is not None and given < self.lowest):
            return False
        if self.excluded and given == self.lowest:
            return False
        return self.highest is None or given <= self.highest


@dataclass(frozen=True, kw_only=True)
class Relation:
    """What relates items for a recipe of related items, as data.

    - `backward` is how much what was taken before an item counts beside what was taken after it (1: alike).
    - `within` is how many seconds pass at most between two interactions of one basket; what is taken in different
      baskets counts as the share `apart`. None where baskets do not matter.
    - `metadata` is the share of what is known of items in how close they are, of items with many interactions; None
      if it is not used.
    - `discount` are the powers of an item's popularity by which it is divided where the hyperparameter
      popularity_discount_factor is 0 and where it is 1.
    """

    backward: float = 1.0
    within: int | None = None
    apart: float = 1.0
    metadata: float | None = None
    discount: tuple[float, float] = (0.5, 0.5)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A recipe, as data: a custom one, or a use case of a domain (`domain` is None for custom ones).

    - `algorithm` and `feature_transformation` are names where they differ from the recipe's, or where there is one.
    - `operation` is the runtime operation that answers from it (None: no campaign can), `request_fields` what a
      request must have.
    - `scores` is how scores are to be read: a distribution over the items that compete ("softmax"), a probability
      each ("propensity"), or not shown (None).
    - `automatic_update` is the time between updates of a deployed model, unless `update_periods` (by the value of the
      hyperparameter that `updated_by` names) says otherwise; `incremental_update` that of updates which
      a solution may ask for; None where there are none.
    - `follows_time` is whether answers change as time passes, so that updates happen without new data, too.
    - `realtime_events` is whether streamed events change answers before the next training.
    - `event_type` names the type of which a use case needs as many events as a training needs interactions; those
      of `hides` are left out of a user's recommendations.
    - `includes_metadata` is whether requests may ask for metadata without its being enabled, `gives_reasons` whether
      answers say why an item is among them.
    - `relation` is what relates items, None unless the recipe is of related items by interactions.
    - `automl` is whether AutoML tries it unless it is told which recipes to try.
    - `considered` names the quota on how much of a dataset (by type) a training looks at.
    - `model` names what trains it in `simulator.recommend.training`; None of what AutoML has yet to choose among.
    """

    name: str
    recipe_type: str
    description: str
    created: Micros
    required_datasets: tuple[str, ...]
    optional_datasets: tuple[str, ...] = ()
    operation: str | None = "GetRecommendations"
    request_fields: tuple[str, ...] = ()
    training_modes: tuple[str, ...] = ("FULL",)
    scores: Literal["softmax", "propensity"] | None = None
    metrics: tuple[str, ...] = ()
    realtime_events: bool = False
    automatic_update: Micros | None = None
    updated_by: str | None = None
    update_periods: Mapping[str, Micros] = field(default_factory=lambda: MappingProxyType({}))
    incremental_update: Micros | None = None
    follows_time: bool = False
    model: str | None = None
    relation: Relation | None = None
    domain: str | None = None
    algorithm: str | None = None
    feature_transformation: str | None = None
    updated: Micros | None = None
    legacy: bool = False
    event_type: str | None = None
    hides: str | None = None
    considered: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    explores: bool = False
    objective: bool = False
    weighs_events: bool = False
    chooses_columns: bool = True
    automl: bool = False
    ranking_influence: bool = False
    includes_metadata: bool = False
    gives_reasons: bool = False
    batch_inference: bool = False
    batch_segments: bool = False
    themes: bool = False
    algorithm_hyperparameters: tuple[Hyperparameter, ...] = ()
    featurization_hyperparameters: tuple[Hyperparameter, ...] = ()
    campaign_hyperparameters: tuple[Hyperparameter, ...] = ()

    @property
    def arn(self) -> str:
        """The recipe's ARN, the same in every account and region."""
        return f"{_ARN}recipe/{self.name}"

    @property
    def algorithm_name(self) -> str:
        """The name of its algorithm: its own, unless stated otherwise."""
        return self.algorithm or self.name

    @property
    def algorithm_arn(self) -> str:
        """The ARN of its algorithm."""
        return f"{_ARN}algorithm/{self.algorithm_name}"

    @property
    def feature_transformation_arn(self) -> str | None:
        """The ARN of its feature transformation, None where the guide names none."""
        return self.feature_transformation and f"{_ARN}feature-transformation/{self.feature_transformation}"

    @property
    def listed(self) -> bool:
        """Whether ListRecipes shows it: legacy recipes can only be described (resp-010)."""
        return not self.legacy

    @property
    def campaigns(self) -> bool:
        """Whether a campaign can deploy it: custom recipes that something answers from."""
        return self.domain is None and self.operation is not None

    @property
    def tunable(self) -> bool:
        """Whether there is anything that hyperparameter optimization could choose."""
        return any(each.tunable for each in self.algorithm_hyperparameters)

    def update_period(self, chosen: Mapping[str, str]) -> Micros | None:
        """The time between updates with hyperparameters that were chosen; None if there are no updates."""
        value = "" if self.updated_by is None else chosen.get(self.updated_by, "")
        return self.update_periods.get(value.casefold(), self.automatic_update or self.incremental_update)

    def too_little(
        self, table: InteractionTable, quotas: Quotas | None = None, event_type: str | None = None
    ) -> str | None:
        """Why these interactions do not suffice to train, as a failure reason; None if they do.

        `event_type` names the type that the table was restricted to, if it was. Recipes that need no interactions
        are content with none.
        """
        if "INTERACTIONS" not in self.required_datasets:
            return None
        quotas = quotas or Quotas()
        least = quotas["interactions_of_a_training"]
        if len(table) < least:
            if event_type is None:
                return errors.FEW_INTERACTIONS.format(limit=least)
            return errors.FEW_INTERACTIONS_OF_TYPE.format(limit=least, event_type=event_type)
        paired, users = paired_users(table)
        if paired < quotas["paired_users_of_a_training"]:
            return errors.FEW_PAIRED_USERS.format(limit=quotas["paired_users_of_a_training"])
        percent = quotas["percent_of_paired_users_of_a_training"]
        if 100 * paired < percent * users:
            return errors.FEW_PERCENT_OF_PAIRED_USERS.format(limit=percent)
        return None
