"""Personalized ranking: the order of a given list, by the model of User-Personalization."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import numpy as np

from simulator.recommend.models import Ranked
from simulator.recommend.user_personalization import Model, shares, user_logits


def rank(
    model: Model,
    user_id: str,
    session: Sequence[str],
    item_ids: Sequence[str],
    eligible: AbstractSet[str] | None = None,
) -> list[Ranked]:
    """The items of a list in the order in which they suit a user, best first.

    Scores sum to one over the list. Items that the model does not know stand last, as they came and without a
    score (resp-024). An id that is given twice is ranked once; with a filter only `eligible` ids are.
    """
    wanted = [each for each in dict.fromkeys(item_ids) if eligible is None or each in eligible]
    known = np.array([model.item_codes[each] for each in wanted if each in model.item_codes], dtype=np.intp)
    ranked: list[Ranked] = [*shares(model, known, user_logits(model, user_id, session)[known], len(known))]
    return ranked + [(each, None) for each in wanted if each not in model.item_codes]
