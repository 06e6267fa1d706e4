"""Personalized ranking: the order of a given list, by the model of User-Personalization."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulator.recommend import user_personalization
from simulator.recommend.models import Ranked
from simulator.recommend.training_data import Query
from simulator.recommend.user_personalization import Model


def rank(model: Model, query: Query, item_ids: Sequence[str]) -> list[Ranked]:
    """The items of a list in the order in which they suit a user, best first.

    Scores sum to one over the list. Items that the model does not know stand last, as they came and without a
    score (resp-024). An id that is given twice is ranked once.
    """
    asked = tuple(dict.fromkeys(item_ids))
    codes = [*map(model.item_codes.get, asked)]
    known = [code for code in codes if code is not None]
    unknown: list[Ranked] = []
    if len(known) < len(asked):
        unknown = [(item_id, None) for item_id, code in zip(asked, codes, strict=True) if code is None]
    return [*user_personalization.rank(model, query, np.array(known, dtype=np.intp)), *unknown]
