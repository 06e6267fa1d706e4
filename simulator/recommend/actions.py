"""Next-Best-Action: how likely a user is to take each action, from what everybody, alike users and the user did.

An action's propensity begins with how often it is taken of all times it was met, is drawn to what users with the same
items do, and from there to what the user did with it. Actions that few have met have no propensity yet: 0.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from simulator.data.columns import Codes, Mask, Seconds, TextColumn, joined_texts
from simulator.data.interactions import InteractionTable
from simulator.recommend.cooccurrence import Counts
from simulator.recommend.histories import Histories, consolidate, histories_of, newest
from simulator.recommend.metrics import LIST_LENGTH, held_out, summarize
from simulator.recommend.models import Ranked, TrainedModel, canonical, codes_among
from simulator.recommend.scoring import Scores
from simulator.recommend.training_data import ActionData
from simulator.recommend.user_personalization import CHANCE, HISTORY_LENGTH

# An action has a propensity from so many interactions of either kind on. Source: the guide, Next-Best-Action.
LEAST_OF_EACH_KIND = 50
# Only interactions that are this much older than the newest one count (six weeks). Source: the same page.
WINDOW_SECONDS = 6 * 7 * 86_400
# What users with the same items do counts like everybody's once it is worth so many interactions of a user whose
# items are the same; what the user did, once there are so many interactions with the action.
_ALIKE = 5.0
_OWN = 4.0
_SCORE_DECIMALS = 7


@dataclass(frozen=True, eq=False)
class Meetings:
    """How often each user took an action and passed it by: a row for every pair that met, in order of the codes."""

    users: Codes
    actions: Codes
    taken: Counts
    passed: Counts


@dataclass(frozen=True, eq=False)
class Propensities(TrainedModel):
    """A model of which actions each user is likely to take; `item_ids` are the ids of the actions.

    `values` and the two counts have an entry an action, `scored` are the codes of those with a propensity.
    `user_ids` name the users of `histories` and `meetings`, `known_items` the items of `histories`. The last two
    have a row for each of these items and a column for each scored action: what users with the item did.
    """

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


def train(table: InteractionTable, data: ActionData | None, *, chance: int | None) -> Propensities:
    """A model of the actions, from interactions with items and with actions (None: there are no actions).

    The metrics are those of ranked lists: of ten per cent of the users the newest tenth of the actions that they took
    is to be found. `chance` is the seed of this training, None trains exactly. Raises ValueError if there are no
    interactions with items.
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
    actions, seconds = _actions_of(parts, code_of), _joined([part.timestamps for part in parts])
    taken = np.arange(len(seconds)) < (len(parts[0]) if parts else 0)
    rows = (seconds >= seconds.max(initial=0) - WINDOW_SECONDS) & (actions >= 0)
    users, actions, seconds, taken = users[rows], actions[rows], seconds[rows], taken[rows]
    histories = newest(histories_of(table.users, table.items, table.timestamps, len(user_ids)), HISTORY_LENGTH)
    values = np.array([value_of[each] for each in action_ids], dtype=np.float64)
    known = Propensities(
        item_ids=action_ids,
        metrics={},
        values=values,
        taken=np.zeros(len(values), np.int64),
        passed=np.zeros(len(values), np.int64),
        scored=np.empty(0, np.int32),
        user_ids=user_ids,
        known_items=table.item_ids,
        histories=histories,
        meetings=_meetings(users[:0], actions[:0], taken[:0]),
        taken_with=np.empty((0, 0)),
        passed_with=np.empty((0, 0)),
    )
    whole = _learned(known, _meetings(users, actions, taken), None, chance)
    return replace(whole, metrics=_evaluate(whole, users, actions, seconds, taken, chance))


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
    )
    actions = _actions_of(parts, code_of)
    taken = np.arange(len(actions)) < (len(parts[0]) if parts else 0)
    met = actions >= 0
    since = _meetings(users[len(streamed) :][met], actions[met], taken[met])
    none = np.zeros(len(added), dtype=np.int64)
    return replace(
        model,
        item_ids=action_ids,
        values=np.concatenate((model.values, np.array([value_of[each] for each in added], dtype=np.float64))),
        taken=np.concatenate((model.taken, none)),
        passed=np.concatenate((model.passed, none)),
        user_ids=user_ids,
        histories=newest(histories, HISTORY_LENGTH),
        meetings=_summed([model.meetings, since]),
    )


def recommend(
    model: Propensities,
    user_id: str,
    session: Sequence[str],
    met: Sequence[tuple[str, bool]],
    num_results: int,
    eligible: Mask | None = None,
) -> list[Ranked]:
    """The actions that a user will most likely take, best first, each with its propensity of seven decimals.

    `session` holds the item ids of the user's events since the model was made, in order of arrival; `met` the ids of
    the actions that the user has met since, each with whether it was taken. Of equally likely actions the one with the
    greater value comes first, then the one whose id does. `eligible` marks the actions that may be in the list.
    """
    user = model.user_codes.get(user_id)
    stored = np.empty(0, np.int32) if user is None else model.histories.of(user)
    known = model.known_item_codes
    items = [*stored.tolist(), *(known[item_id] for item_id in session if item_id in known)]
    taken, passed = _own(model, user)
    for action_id, was_taken in met:
        action = model.item_codes.get(action_id)
        if action is not None:
            (taken if was_taken else passed)[action] += 1
    scores = _propensities(model, items, taken, passed)
    order = _order(scores, model.values)
    best = order if eligible is None else order[eligible[order]]
    return [(model.item_ids[action], scores[action].item()) for action in best[:num_results].tolist()]


def _learned(known: Propensities, meetings: Meetings, scored: Codes | None, chance: int | None) -> Propensities:
    """A model of these meetings, of the actions, users and items that another knows.

    Those actions are scored that were met often enough, unless it is given which.
    """
    taken = _sums(meetings.actions, meetings.taken, len(known.item_ids)).astype(np.int64)
    passed = _sums(meetings.actions, meetings.passed, len(known.item_ids)).astype(np.int64)
    if scored is None:
        often = (taken >= LEAST_OF_EACH_KIND) & (passed >= LEAST_OF_EACH_KIND)
        scored = np.flatnonzero(often).astype(np.int32)
    factors = np.ones(len(known.known_items))
    if chance is not None:
        factors = np.exp(CHANCE * np.random.Generator(np.random.PCG64(chance)).standard_normal(len(factors)))
    return replace(
        known,
        taken=taken,
        passed=passed,
        scored=scored,
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


def _evaluate(
    whole: Propensities,
    users: Codes,
    actions: Codes,
    seconds: Seconds,
    taken: npt.NDArray[np.bool_],
    chance: int | None,
) -> dict[str, float]:
    """The metrics of a model that does not know what is to be found: taken actions of the tested users."""
    given, truths = held_out(
        InteractionTable(users[taken], actions[taken], seconds[taken], whole.user_ids, whole.item_ids)
    )
    kept = np.ones(len(users), dtype=bool)
    kept[np.flatnonzero(taken)] = given
    meetings = _meetings(users[kept], actions[kept], taken[kept])
    model = _learned(whole, meetings, whole.scored, chance)
    lists = []
    for user in truths:
        scores = _propensities(model, model.histories.of(user).tolist(), *_own(model, user))
        lists.append(_order(scores, model.values)[:LIST_LENGTH].tolist())
    return summarize(lists, list(truths.values()), len(whole.item_ids))


def _meetings(users: Codes, actions: Codes, taken: npt.NDArray[np.bool_]) -> Meetings:
    return _summed([Meetings(users, actions, taken.astype(np.int64), (~taken).astype(np.int64))])


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


def _joined(parts: Sequence[npt.NDArray[np.int32] | npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    return np.concatenate([np.empty(0, np.int64), *parts]).astype(np.int64)


def _codes(table: InteractionTable, code_of: dict[str, int]) -> Codes:
    """The codes of a table's items, -1 for those that are not known."""
    return np.array([code_of.get(each, -1) for each in table.item_ids], dtype=np.int32)[table.items]


def _actions_of(parts: Sequence[InteractionTable], code_of: dict[str, int]) -> Codes:
    return _joined([_codes(part, code_of) for part in parts]).astype(np.int32)


def _users_of(
    parts: Sequence[InteractionTable], user_of: dict[str, int], user_ids: tuple[str, ...]
) -> tuple[Codes, tuple[str, ...]]:
    """The users of tables, one after the other: known ones, and new ones behind them; and the ids of all."""
    joined = joined_texts([TextColumn(part.users, part.user_ids) for part in parts])
    return codes_among(joined.codes, joined.values, user_of, user_ids)
