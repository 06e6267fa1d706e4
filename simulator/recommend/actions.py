"""Next-Best-Action: how likely a user is to take each action, from what everybody, alike users and the user did.

An action's propensity begins with how often it is taken of all times it was met, is drawn to what users with the same
items do, and from there to what the user did with it. Actions that few have met have no propensity yet: 0.0.

It is the likelihood to take the action within the action optimization period. So a time that a user passed an action by
counts as one at which the action was not taken only if the user did not take it within that period from then on; if
the user did, the time that it was taken counts alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.data.columns import Codes, Mask, Seconds, TextColumn, joined_texts
from simulator.data.interactions import InteractionTable
from simulator.recommend.cooccurrence import CHANCE, Counts
from simulator.recommend.histories import Histories, consolidate, histories_of, newest
from simulator.recommend.metrics import LIST_LENGTH, held_out, summarize_actions
from simulator.recommend.models import Ranked, TrainedModel, canonical, codes_among
from simulator.recommend.scoring import Scores
from simulator.recommend.training_data import ActionData
from simulator.recommend.user_personalization import HISTORY_LENGTH

# An action has a propensity from so many interactions of either kind on. Source: the guide, Next-Best-Action.
LEAST_OF_EACH_KIND = 50
# Only interactions that are this much older than the newest one count (six weeks). Source: the same page.
WINDOW_SECONDS = 6 * 7 * 86_400
# Within how many days an action is to be taken, unless the solution says otherwise. Source: the same page.
DEFAULT_PERIOD_DAYS = 14
_DAY = 86_400
# What users with the same items do counts like everybody's once it is worth so many interactions of a user whose
# items are the same; what the user did, once there are so many interactions with the action.
_ALIKE = 5.0
_OWN = 4.0
_SCORE_DECIMALS = 7


class Met(NamedTuple):
    """An action that a user has met, whether it was taken, and when (Unix seconds)."""

    action_id: str
    taken: bool
    timestamp: int


@dataclass(frozen=True, eq=False)
class Meetings:
    """How often each user took an action and did not take it: a row for every pair that met, in order of the codes."""

    users: npt.NDArray[np.integer]
    actions: npt.NDArray[np.integer]
    taken: Counts
    passed: Counts


class _Rows(NamedTuple):
    """Meetings one by one: the user, the action, when, and whether it was taken."""

    users: npt.NDArray[np.int64]
    actions: npt.NDArray[np.int64]
    seconds: Seconds
    taken: npt.NDArray[np.bool_]

    def where(self, rows: npt.NDArray[np.bool_] | slice) -> _Rows:
        """Some of them."""
        return _Rows(self.users[rows], self.actions[rows], self.seconds[rows], self.taken[rows])


@dataclass(frozen=True, eq=False)
class Propensities(TrainedModel):
    """A model of which actions each user is likely to take; `item_ids` are the ids of the actions.

    `period` is the action optimization period, in seconds. `values` and the two counts have an entry an action,
    `scored` are the codes of those with a propensity.
    `user_ids` name the users of `histories` and `meetings`, `known_items` the items of `histories`. The last two
    have a row for each of these items and a column for each scored action: what users with the item did.
    """

    period: int
    values: Scores
    taken: Counts
    passed: Counts
    scored: Codes
    user_ids: tuple[str, ...]
    known_items: tuple[str, ...]
    histories: Histories
    meetings: Meetings
    taken_with: Scores
    passed_with: Scores

    @cached_property
    def user_codes(self) -> dict[str, int]:
        """The code of every known user."""
        return {user_id: code for code, user_id in enumerate(self.user_ids)}

    @cached_property
    def known_item_codes(self) -> dict[str, int]:
        """The code of every known item, which users have interacted with."""
        return {item_id: code for code, item_id in enumerate(self.known_items)}


def considered(data: ActionData, limit: int) -> ActionData:
    """The same with at most `limit` actions: those that nobody has met, the newest first, then those met last.

    Source: the guide, Actions dataset.
    """
    if len(data.ids) <= limit:
        return data
    last = _last_met(data)
    order = sorted(range(len(data.ids)), key=lambda place: (last.get(data.ids[place], np.inf), place), reverse=True)
    kept = sorted(order[:limit])
    return replace(data, ids=tuple(data.ids[each] for each in kept), values=tuple(data.values[each] for each in kept))


def _last_met(data: ActionData) -> dict[str, float]:
    last: dict[str, float] = {}
    for table in (data.taken, data.passed):
        for action, seconds in zip(table.items.tolist(), table.timestamps.tolist(), strict=True):
            action_id = table.item_ids[action]
            last[action_id] = max(seconds, last.get(action_id, seconds))
    return last


def train(
    table: InteractionTable, data: ActionData | None, *, days: int = DEFAULT_PERIOD_DAYS, chance: int | None
) -> Propensities:
    """A model of the actions, from interactions with items and with actions (None: there are no actions).

    `days` are the action optimization period. For the metrics the newest tenth of the actions that ten per cent of
    the users took is to be found. `chance` is the seed of this training, None trains
    exactly. Raises ValueError if there are no interactions with items.
    """
    if not len(table):
        raise ValueError("There are no interactions to train on.")
    table = canonical(table)
    value_of = {} if data is None else dict(zip(data.ids, data.values, strict=True))
    action_ids = tuple(sorted(value_of))
    code_of = {action_id: code for code, action_id in enumerate(action_ids)}
    user_of = {user_id: code for code, user_id in enumerate(table.user_ids)}
    parts = () if data is None else (data.taken, data.passed)
    users, user_ids = _users_of(parts, user_of, table.user_ids)
    rows = _rows_of(parts, users, code_of)
    rows = rows.where(rows.seconds >= rows.seconds.max(initial=0) - WINDOW_SECONDS)
    histories = newest(histories_of(table.users, table.items, table.timestamps, len(user_ids)), HISTORY_LENGTH)
    values = np.array([value_of[each] for each in action_ids], dtype=np.float64)
    known = Propensities(
        item_ids=action_ids,
        metrics={},
        period=days * _DAY,
        values=values,
        taken=np.zeros(len(values), np.int64),
        passed=np.zeros(len(values), np.int64),
        scored=_often_met(rows, len(action_ids)),
        user_ids=user_ids,
        known_items=table.item_ids,
        histories=histories,
        meetings=_meetings(rows.where(slice(0))),
        taken_with=np.empty((0, 0)),
        passed_with=np.empty((0, 0)),
    )
    rows = _counting(rows, known.period)
    whole = _learned(known, _meetings(rows), chance)
    return replace(whole, metrics=_evaluate(whole, rows, chance))


def update(model: Propensities, streamed: InteractionTable, data: ActionData | None) -> Propensities:
    """The automatic update: a model that also knows what users did since, and the actions that are new.

    `data` has all actions, and of what users did with them only what was put since the given model was made. New
    actions have no propensity before the next training. What was learned of others, and the metrics, stay.
    """
    value_of = {} if data is None else dict(zip(data.ids, data.values, strict=True))
    added = sorted(value_of.keys() - model.item_codes.keys())
    parts = () if data is None else (data.taken, data.passed)
    if not (added or len(streamed) or sum(map(len, parts))):
        return model
    action_ids = (*model.item_ids, *added)
    code_of = {action_id: code for code, action_id in enumerate(action_ids)}
    users, user_ids = _users_of((streamed, *parts), model.user_codes, model.user_ids)
    items = _codes(streamed, model.known_item_codes)
    known = items >= 0
    histories, _ = consolidate(
        model.histories,
        users[: len(streamed)][known],
        items[known],
        streamed.timestamps[known],
        len(user_ids),
        HISTORY_LENGTH,
    )
    rows = _rows_of(parts, users[len(streamed) :], code_of)
    since = _meetings(_counting(rows, model.period))
    none = np.zeros(len(added), dtype=np.int64)
    return replace(
        model,
        item_ids=action_ids,
        values=np.concatenate((model.values, np.array([value_of[each] for each in added], dtype=np.float64))),
        taken=np.concatenate((model.taken, none)),
        passed=np.concatenate((model.passed, none)),
        user_ids=user_ids,
        histories=histories,
        meetings=_summed([model.meetings, since]),
    )


def recommend(
    model: Propensities,
    user_id: str,
    session: Sequence[str],
    met: Sequence[Met],
    num_results: int,
    eligible: Mask | None = None,
) -> list[Ranked]:
    """The actions that a user will most likely take, best first, each with its propensity of seven decimals.

    `session` holds the item ids of the user's events since the model was made, in order of arrival; `met` are the
    actions that the user has met since. Of equally likely actions the one with the greater value comes first, then the
    one whose id does. `eligible` marks the actions that may be in the list.
    """
    user = model.user_codes.get(user_id)
    stored = np.empty(0, np.int32) if user is None else model.histories.of(user)
    known = model.known_item_codes
    items = [*stored.tolist(), *(known[item_id] for item_id in session if item_id in known)]
    taken, passed = _own(model, user)
    for each in met:
        action = model.item_codes.get(each.action_id)
        if action is not None and (each.taken or not any(_answers(model, one, each) for one in met)):
            (taken if each.taken else passed)[action] += 1
    scores = _propensities(model, items, taken, passed)
    order = _order(scores, model.values)
    best = order if eligible is None else order[eligible[order]]
    return [(model.item_ids[action], scores[action].item()) for action in best[:num_results].tolist()]


def _answers(model: Propensities, taken: Met, passed: Met) -> bool:
    """Whether an action was taken within the period from when it was passed by."""
    between = taken.timestamp - passed.timestamp
    return taken.taken and taken.action_id == passed.action_id and 0 <= between <= model.period


def _rows_of(parts: Sequence[InteractionTable], users: Codes, code_of: dict[str, int]) -> _Rows:
    """The rows of known actions in the two tables of an ActionData, whose users are given one after the other."""
    actions = _joined([_codes(part, code_of) for part in parts])
    taken = np.arange(len(actions)) < (len(parts[0]) if parts else 0)
    rows = _Rows(users.astype(np.int64), actions, _joined([part.timestamps for part in parts]), taken)
    return rows.where(actions >= 0)


def _often_met(rows: _Rows, action_count: int) -> Codes:
    """The actions that were taken, and passed by, often enough to have a propensity."""
    of_each_kind = (np.bincount(rows.actions[kind], minlength=action_count) for kind in (rows.taken, ~rows.taken))
    often = [counts >= LEAST_OF_EACH_KIND for counts in of_each_kind]
    return np.flatnonzero(often[0] & often[1]).astype(np.int32)


def _counting(rows: _Rows, period: int) -> _Rows:
    """The rows without those at which an action was passed by that the user took within the period from then on."""
    if not len(rows.users):
        return rows
    _, pairs = np.unique(rows.users * (rows.actions.max() + 1) + rows.actions, return_inverse=True)
    # At one time what was taken comes last: it answers what was passed by.
    order = np.lexsort((rows.taken, rows.seconds, pairs))
    taken, seconds, pairs = rows.taken[order], rows.seconds[order], pairs[order]
    places = np.where(taken, np.arange(len(order)), len(order) - 1)
    next_taken = np.minimum.accumulate(places[::-1])[::-1]
    answered = taken[next_taken] & (pairs[next_taken] == pairs) & (seconds[next_taken] - seconds <= period)
    counting = np.empty(len(order), dtype=bool)
    counting[order] = taken | ~answered
    return rows.where(counting)


def _learned(known: Propensities, meetings: Meetings, chance: int | None) -> Propensities:
    """A model of these meetings, of the actions, users and items that another knows."""
    taken = _sums(meetings.actions, meetings.taken, len(known.item_ids)).astype(np.int64)
    passed = _sums(meetings.actions, meetings.passed, len(known.item_ids)).astype(np.int64)
    scored = known.scored
    factors = np.ones(len(known.known_items))
    if chance is not None:
        factors = np.exp(CHANCE * np.random.Generator(np.random.PCG64(chance)).standard_normal(len(factors)))
    return replace(
        known,
        taken=taken,
        passed=passed,
        meetings=meetings,
        taken_with=_with_items(known.histories, meetings, meetings.taken, scored, factors),
        passed_with=_with_items(known.histories, meetings, meetings.passed, scored, factors),
    )


def _with_items(histories: Histories, meetings: Meetings, counts: Counts, scored: Codes, factors: Scores) -> Scores:
    """What users with each item did, each user's counts divided by the root of how many items the user has.

    Summed over a user's items and divided by the root of their number, that is what all others did, each weighed by
    the cosine of the two users' sets of items.
    """
    users = histories.users
    lengths = np.diff(histories.offsets)
    shares = 1.0 / np.sqrt(lengths[users])
    found = np.zeros((len(factors), len(scored)))
    for column, action in enumerate(scored.tolist()):
        rows = meetings.actions == action
        of_user = _sums(meetings.users[rows], counts[rows], len(lengths))
        found[:, column] = _sums(histories.items, of_user[users] * shares, len(factors)) * factors
    return found


def _propensities(model: Propensities, items: Sequence[int], taken: Counts, passed: Counts) -> Scores:
    """The propensity of every action for a user with these items, who took and passed actions so often."""
    scored = model.scored
    of_all = (model.taken[scored] + 1) / (model.taken[scored] + model.passed[scored] + 2)
    newest_items = list(dict.fromkeys(reversed(items)))[:HISTORY_LENGTH]
    share = 1.0 / np.sqrt(max(len(newest_items), 1))
    # One after the other: the sum must not depend on how a library would split it.
    taken_alike, passed_alike = np.zeros(len(scored)), np.zeros(len(scored))
    for item in sorted(newest_items):
        taken_alike += model.taken_with[item] * share
        passed_alike += model.passed_with[item] * share
    alike = (taken_alike + _ALIKE * of_all) / (taken_alike + passed_alike + _ALIKE)
    own = taken[scored], passed[scored]
    scores = np.zeros(len(model.item_ids))
    scores[scored] = np.round((own[0] + _OWN * alike) / (own[0] + own[1] + _OWN), _SCORE_DECIMALS)
    return scores


def _order(scores: Scores, values: Scores) -> npt.NDArray[np.intp]:
    return np.lexsort((np.arange(len(scores)), -values, -scores))


def _own(model: Propensities, user: int | None) -> tuple[Counts, Counts]:
    """How often a user took and passed each action."""
    taken, passed = np.zeros(len(model.item_ids), np.int64), np.zeros(len(model.item_ids), np.int64)
    if user is not None:
        meetings = model.meetings
        rows = slice(*np.searchsorted(meetings.users, [user, user + 1]).tolist())
        taken[meetings.actions[rows]] = meetings.taken[rows]
        passed[meetings.actions[rows]] = meetings.passed[rows]
    return taken, passed


def _evaluate(whole: Propensities, rows: _Rows, chance: int | None) -> dict[str, float]:
    """The metrics of a model that does not know what is to be found: taken actions of the tested users."""
    taken = rows.where(rows.taken)
    given, truths = held_out(
        InteractionTable(
            taken.users.astype(np.int32),
            taken.actions.astype(np.int32),
            taken.seconds,
            whole.user_ids,
            whole.item_ids,
        )
    )
    kept = np.ones(len(rows.users), dtype=bool)
    kept[np.flatnonzero(rows.taken)] = given
    model = _learned(whole, _meetings(rows.where(kept)), chance)
    scores = [_propensities(model, model.histories.of(user).tolist(), *_own(model, user)) for user in truths]
    lists = [_order(each, model.values)[:LIST_LENGTH].tolist() for each in scores]
    return summarize_actions(lists, list(truths.values()), [each.tolist() for each in scores], len(whole.item_ids))


def _meetings(rows: _Rows) -> Meetings:
    taken = rows.taken.astype(np.int64)
    return _summed([Meetings(rows.users, rows.actions, taken, 1 - taken)])


def _summed(parts: Sequence[Meetings]) -> Meetings:
    """All of them with a row a pair."""
    users, actions = _joined([each.users for each in parts]), _joined([each.actions for each in parts])
    width = int(actions.max(initial=0)) + 1
    pairs, places = np.unique(users * width + actions, return_inverse=True)
    return Meetings(
        (pairs // width).astype(np.int32),
        (pairs % width).astype(np.int32),
        _sums(places, _joined([each.taken for each in parts]), len(pairs)).astype(np.int64),
        _sums(places, _joined([each.passed for each in parts]), len(pairs)).astype(np.int64),
    )


def _sums(
    codes: npt.NDArray[np.integer], amounts: npt.NDArray[np.int64] | Scores, length: int
) -> npt.NDArray[np.float64]:
    return np.bincount(codes, amounts, minlength=length).astype(np.float64, copy=False)


def _joined(parts: Sequence[npt.NDArray[np.integer]]) -> npt.NDArray[np.int64]:
    return np.concatenate([np.empty(0, np.int64), *parts]).astype(np.int64)


def _codes(table: InteractionTable, code_of: dict[str, int]) -> Codes:
    """The codes of a table's items, -1 for those that are not known."""
    return np.array([code_of.get(each, -1) for each in table.item_ids], dtype=np.int32)[table.items]


def _users_of(
    parts: Sequence[InteractionTable], user_of: dict[str, int], user_ids: tuple[str, ...]
) -> tuple[Codes, tuple[str, ...]]:
    """The users of tables, one after the other: known ones, and new ones behind them; and the ids of all."""
    joined = joined_texts([TextColumn(part.users, part.user_ids) for part in parts])
    return codes_among(joined.codes, joined.values, user_of, user_ids)
