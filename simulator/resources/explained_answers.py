"""`sim.explain`: why an answer is what it is: what moved each item, and what has changed since an earlier answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.clock import datetime_of
from simulator.recommend.models import TrainedModel
from simulator.recommend.reasons import Part, Reasons, history_length, reasons
from simulator.recommend.training import recommend
from simulator.resources import rankings, recommendations
from simulator.resources.serving import Answered
from simulator.resources.world import Scope

if TYPE_CHECKING:
    import pandas as pd

# Parts of a term that are printed one by one; the rest is summed up.
_PRINTED_PARTS = 3
_NOTHING = Reasons({})


@dataclass(frozen=True)
class ExplainedItem:
    """An item of an answer, or one that was asked about; `place` is None if it is in no list, `score` as shown.

    `terms` are what moved it, by name: of a personal model they add up to its log score. `parts` say which items of
    the user's history and session the term `affinity` is made of, those that add most first. `promotion` is the name
    of the promotion that it is there for, `note` why it is not in the answer.
    """

    item_id: str
    place: int | None
    score: float | None
    terms: Mapping[str, float]
    parts: tuple[Part, ...] = ()
    promotion: str | None = None
    note: str = ""

    def __str__(self) -> str:
        place = "  -" if self.place is None else f"{self.place:>3}"
        score = "" if self.score is None else f" {self.score:.7f}"
        terms = [f"{name} {value:+.3f}{self._of_parts(name)}" for name, value in self.terms.items()]
        if self.promotion is not None:
            terms.append(f"promoted by {self.promotion}")
        return "  ".join([place, f"{self.item_id}{score}", *terms, self.note]).rstrip()

    def _of_parts(self, term: str) -> str:
        if term != "affinity" or not self.parts:
            return ""
        shown = [f"{part.item_id} {part.amount:+.3f}" for part in self.parts[:_PRINTED_PARTS]]
        others = self.parts[_PRINTED_PARTS:]
        if others:
            shown.append(f"{len(others)} more {sum(part.amount for part in others):+.3f}")
        return f" ({', '.join(shown)})"


@dataclass(frozen=True)
class Change:
    """An item of two answers: its places, None where it is in no list, and by how much each of its terms has moved.

    `terms` are None where the item is in one of the answers alone: nothing is known of the other.
    """

    item_id: str
    before: int | None
    after: int | None
    terms: Mapping[str, float] | None

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.item_id} has come in at place {self.after}"
        if self.after is None:
            return f"{self.item_id} has gone from place {self.before}"
        moved = f"stays at place {self.after}" if self.before == self.after else f"{self.before} -> {self.after}"
        terms = "  ".join(f"{name} {value:+.3f}" for name, value in (self.terms or {}).items() if value)
        return f"{self.item_id} {moved}  {terms}".rstrip()


@dataclass(frozen=True)
class Changes:
    """What has changed between two answers to one question: `model` and `session` say in words what is behind it."""

    model: str
    session: str
    items: tuple[Change, ...]

    def __str__(self) -> str:
        return "\n".join([f"model: {self.model}", f"session: {self.session}", *map(str, self.items)])


@dataclass(frozen=True)
class ExplainedAnswer:
    """What a campaign or recommender would answer now, and why; it prints as a report.

    `model_of` is the solution version or recommender whose model answers, `fully` and `streamed` count the put
    events that its last full training and its last update have seen, `now` is the virtual present. `session` are the
    items of the user's events since, `history` how many items the model keeps of the user.
    """

    arn: str
    recipe: str
    user_id: str
    now: datetime
    model_of: str
    fully: int
    streamed: int
    history: int
    session: tuple[str, ...]
    items: tuple[ExplainedItem, ...]
    asked_about: tuple[ExplainedItem, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def __getitem__(self, item_id: str) -> ExplainedItem:
        """The item of an id, of the answer or asked about; raises KeyError for others."""
        for each in (*self.items, *self.asked_about):
            if each.item_id == item_id:
                return each
        raise KeyError(item_id)

    def __str__(self) -> str:
        whom = f" for user {self.user_id}" if self.user_id else ""
        head = f"{self.arn.rpartition(':')[2]}{whom} at {self.now:%Y-%m-%d %H:%M:%S} ({self.recipe})"
        known = f"{self.history} items of the history, {len(self.session)} events since the model was made"
        return "\n".join([head, known, *self.notes, *map(str, self.items), *map(str, self.asked_about)])

    def since(self, earlier: ExplainedAnswer) -> Changes:
        """What has changed since an earlier answer, item by item: those of this list, then those that have gone."""
        if self.model_of != earlier.model_of or self.fully != earlier.fully:
            model = f"another one, {self.model_of.rpartition(':')[2]}, trained anew"
        elif self.streamed != earlier.streamed:
            model = f"the same training, updated with {self.streamed - earlier.streamed} put events"
        else:
            model = "the same"
        known = earlier.session
        if self.session[: len(known)] == known and len(self.session) > len(known):
            session = f"{len(self.session) - len(known)} more events: {', '.join(self.session[len(known) :])}"
        else:
            session = "the same" if self.session == known else f"{len(self.session)} events, before {len(known)}"
        before = {each.item_id: each for each in earlier.items}
        after = {each.item_id: each for each in self.items}
        changes = [_change(before.get(item_id), after.get(item_id)) for item_id in dict.fromkeys((*after, *before))]
        return Changes(model, session, tuple(changes))

    def to_frame(self) -> pd.DataFrame:
        """A row an item of the answer: its id, place and score, and a column a term (0 where it has none)."""
        import pandas as pd

        names = dict.fromkeys(name for each in self.items for name in each.terms)
        rows = [
            {
                "itemId": each.item_id,
                "place": each.place,
                "score": each.score,
                **{name: each.terms.get(name, 0.0) for name in names},
            }
            for each in self.items
        ]
        return pd.DataFrame(rows, columns=["itemId", "place", "score", *names])


def _change(before: ExplainedItem | None, after: ExplainedItem | None) -> Change:
    if after is None:
        assert before is not None, "it is in one of the two"
        return Change(before.item_id, before.place, None, None)
    if before is None:
        return Change(after.item_id, None, after.place, None)
    names = dict.fromkeys((*before.terms, *after.terms))
    terms = {name: after.terms.get(name, 0.0) - before.terms.get(name, 0.0) for name in names}
    return Change(after.item_id, before.place, after.place, terms)


def explain_answer(scope: Scope, request: Mapping[str, Any], ask_about: Sequence[str]) -> ExplainedAnswer:
    """What a request would be answered now, and why; `ask_about` names items that need not be in the answer.

    A request with an `inputList` is one for a ranking. Nothing changes. Raises ServiceError as the operation does.
    """
    ranks = "inputList" in request
    found = rankings.answered(scope, request) if ranks else recommendations.answered(scope, request)
    trained, query = found.served.trained, found.query
    model = trained.model
    assert model is not None, "what is ACTIVE has a model"
    shown = [each["itemId"] for each in found.items]
    why = reasons(model, query, [*shown, *ask_about])
    items = [
        _explained(item["itemId"], place, item["score"], why, item.get("promotionName"))
        for place, item in enumerate(found.items, start=1)
    ]
    others = [each for each in dict.fromkeys(ask_about) if each not in shown]
    notes = _absent(found, model, others, ranks)
    return ExplainedAnswer(
        arn=found.served.arn,
        recipe=found.served.recipe.name,
        user_id=query.user_id,
        now=datetime_of(scope.now),
        model_of=trained.arn,
        fully=trained.fully,
        streamed=trained.streamed,
        history=history_length(model, query.user_id),
        session=tuple(query.session),
        items=tuple(items),
        asked_about=tuple(_explained(each, None, None, why, None, notes[each]) for each in others),
        notes=_left_out(found),
    )


def _explained(
    item_id: str,
    place: int | None,
    score: float | None,
    why: Mapping[str, Reasons],
    promotion: str | None,
    note: str = "",
) -> ExplainedItem:
    found = why.get(item_id, _NOTHING)
    return ExplainedItem(item_id, place, score, found.terms, found.parts, promotion, note)


def _left_out(found: Answered) -> tuple[str, ...]:
    """How many items are left out, and why."""
    notes = []
    if found.visible is not None:
        hidden, hides = int(np.count_nonzero(~found.visible)), found.served.recipe.hides
        notes.append(f"the use case leaves out {hidden} items that the user has had {hides} events with")
    if found.eligible is not None and found.eligible is not found.visible:
        notes.append(f"with the filter {int(np.count_nonzero(found.eligible))} of {len(found.eligible)} items are left")
    return tuple(notes)


def _absent(found: Answered, model: TrainedModel, item_ids: Sequence[str], ranks: bool) -> dict[str, str]:
    """Why each of some items is not in an answer."""
    if not item_ids:
        return {}
    places: dict[str, int] = {}
    if not ranks:
        ranked = recommend(model, found.query, len(model.item_ids), found.eligible)
        places = {item_id: place for place, (item_id, _) in enumerate(ranked, start=1)}
    return {item_id: _why_absent(found, model, item_id, places.get(item_id), ranks) for item_id in item_ids}


def _why_absent(found: Answered, model: TrainedModel, item_id: str, place: int | None, ranks: bool) -> str:
    code = model.item_codes.get(item_id)
    if code is None:
        return "the model does not know it: it counts from the next update or training on"
    if found.visible is not None and not found.visible[code]:
        return f"left out by the use case: the user has had {found.served.recipe.hides} events with it"
    if found.eligible is not None and not found.eligible[code]:
        return "left out by the filter"
    if ranks:
        return "not in the list that was to be ranked, or left out by the filter"
    return "not among the items that come into question" if place is None else f"it would stand at place {place}"
