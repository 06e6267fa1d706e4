"""Personalized ranking: the order of a given list, by the model of User-Personalization."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulator.recommend import user_personalization
from simulator.recommend.models import Ranked
from simulator.recommend.user_personalization import Model


def rank(model: Model, user_id: str, session: Sequence[str], item_ids: Sequence[str]) -> list[Ranked]:
    """The items of a list in the order in which they suit a user, best first.

    Scores sum to one over the list. Items that the model does not know stand last, as they came and without a
    score (resp-024). An id that is given twice is ranked once.
    """
    code_of = model.item_codes
    known: list[int] = []
    unknown: list[Ranked] = []
    for each in dict.fromkeys(item_ids):
        code = code_of.get(each)
        if code is None:
            unknown.append((each, None))
        else:
            known.append(code)
    return [*user_personalization.rank(model, user_id, session, np.array(known, dtype=np.intp)), *unknown]
