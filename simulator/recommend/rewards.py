"""Rewards: what items bring besides relevance, where a solution is optimized for an objective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from simulator.recommend.metrics import LIST_LENGTH
from simulator.recommend.models import Learned
from simulator.recommend.training_data import Attributes, Objective

METRIC = "average_rewards_at_k"

# What a reward of one standard deviation more adds to the log score.
_STRENGTHS: Mapping[str, float] = MappingProxyType({"OFF": 0.0, "LOW": 0.5, "MEDIUM": 1.0, "HIGH": 2.0})
# Rewards further from the mean count as this many standard deviations: one dear item is not above all relevance.
_FURTHEST = 3.0

Scores = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Rewards(Learned):
    """The reward of every item, NaN where there is none; the mean and the standard deviation of those trained on."""

    rewards: Scores
    mean: float
    deviation: float
    strength: float

    @property
    def term(self) -> Scores | None:
        """What its reward adds to every item's log score; None if that is nothing."""
        if not self.strength or not self.deviation:
            return None
        away = np.nan_to_num((self.rewards - self.mean) / self.deviation)
        return self.strength * np.clip(away, -_FURTHEST, _FURTHEST)

    def candidates(self, count: int) -> Places:
        """So many items of the highest rewards, if rewards count."""
        return self._best_first[:count]

    @cached_property
    def _best_first(self) -> Places:
        term = self.term
        return np.empty(0, np.intp) if term is None else np.argsort(-term, kind="stable")

    def with_items(
        self, attributes: Attributes | None, objective: Objective | None, item_ids: Sequence[str]
    ) -> Rewards:
        """The same with more items, those behind the known ones."""
        more = _rewards_of(attributes, objective, item_ids[len(self.rewards) :])
        return Rewards(np.concatenate((self.rewards, more)), self.mean, self.deviation, self.strength)


def rewards_of(attributes: Attributes | None, objective: Objective | None, item_ids: Sequence[str]) -> Rewards | None:
    """The items' rewards as an objective names them; None without one."""
    if objective is None:
        return None
    rewards = _rewards_of(attributes, objective, item_ids)
    present = rewards[np.isfinite(rewards)]
    mean, deviation = (float(present.mean()), float(present.std())) if len(present) else (0.0, 0.0)
    return Rewards(rewards, mean, deviation, _STRENGTHS[objective.sensitivity])


def average_rewards(lists: Sequence[Sequence[int]], truths: Sequence[AbstractSet[int]], rewards: Rewards) -> float:
    """The share of all rewards to be had that the first 25 places of the lists bring, as the mean over the users.

    A user's recommendations are taken to be all items in their order, so that all that the user took stands among
    them; users who took nothing of a positive reward are left out (both assumed).
    Source: the guide, "Measuring optimization performance".
    """
    positive = np.nan_to_num(np.maximum(rewards.rewards, 0.0))
    shares = []
    for ranked, truth in zip(lists, truths, strict=True):
        possible = sum(positive[item] for item in sorted(truth))
        if possible > 0:
            shares.append(sum(positive[item] for item in ranked[:LIST_LENGTH] if item in truth) / possible)
    return round(float(np.mean(shares)), 4) if shares else 0.0


def _rewards_of(attributes: Attributes | None, objective: Objective | None, item_ids: Sequence[str]) -> Scores:
    reward_of: dict[str, float] = {}
    if attributes is not None and objective is not None:
        reward_of = dict(zip(attributes.ids, objective.rewards.tolist(), strict=True))
    return np.array([reward_of.get(item_id, np.nan) for item_id in item_ids], dtype=np.float64)
