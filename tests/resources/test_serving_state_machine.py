"""Code that puts, asks, imports, trains and waits, against a model of who sees what when that can be checked by eye.

`Reference` knows which items the served model knows and which of a user's events count beside it: whoever has both the
same has the same answer, byte for byte. hypothesis makes the calls, in any order and at any time.

Source: the guide, "How new data influences recommendations" (spec 04, section 8).
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pandas as pd
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from support import account, deploy, import_csv, some_interactions

from simulator import simulate

# Seconds. The odd ones keep apart what would otherwise end at one instant with calls, which come at whole minutes.
IMPORT, TRAINING_BEGINS, TRAINING, CAMPAIGN_UPDATE, AUTOMATIC_UPDATE = 300, 30, 1507, 311, 7200
DURATIONS = {
    "solution_version": timedelta(seconds=TRAINING),
    "campaign_update": timedelta(seconds=CAMPAIGN_UPDATE),
}
AT_ONE_INSTANT = ("imported", "update", "begin", "active", "serve")
QUOTAS = {"interaction_records_per_import": 1, "interactions_of_a_training": 200}

BASE = some_interactions(400, 30, 12)
ITEMS = sorted(BASE["ITEM_ID"].unique())
USERS = ["u0", "u1", "new a", "new b"]
AFTER_BASE = int(BASE["TIMESTAMP"].max()) + 1


@dataclass(eq=False)
class Version:
    """A trained version: the items that it knows, and how many of the put events it has taken in."""

    items: set[str] = field(default_factory=set)
    put: int = 0
    active: bool = False
    arn: str = ""


@dataclass
class Reference:
    """What has been imported and put, the versions, and what is to come: due times with what happens then."""

    served: Version
    newest: Version
    bulk: set[str]
    now: int = 0
    put: list[tuple[str, str]] = field(default_factory=list)
    importing: int = 0
    updating: bool = False
    to_come: list[tuple[int, int, int, str, Any]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def later(self, seconds: int, what: str, subject: Any) -> None:
        """Something will happen; what is due at one instant does in the order of `AT_ONE_INSTANT`."""
        due, place = self.now + seconds, AT_ONE_INSTANT.index(what)
        heapq.heappush(self.to_come, (due, place, next(self.numbers), what, subject))

    def tick(self, seconds: int) -> None:
        """Time passes, and what is due happens as of its own time."""
        end = self.now + seconds
        while self.to_come and self.to_come[0][0] <= end:
            self.now, _, _, what, subject = heapq.heappop(self.to_come)
            getattr(self, what)(subject)
        self.now = end

    def imported(self, rows: tuple[bool, set[str]]) -> None:
        """An import ends: its items replace the earlier ones, or join them."""
        replaces, items = rows
        self.bulk = items if replaces else self.bulk | items
        self.importing -= 1

    def begin(self, version: Version) -> None:
        """A full training sees all that has arrived."""
        version.items = self.bulk | {item for _, item in self.put}
        version.put = len(self.put)

    def active(self, version: Version) -> None:
        """A version is trained; nobody sees it yet. It alone will be updated from now on."""
        version.active, self.newest = True, version
        self.later(AUTOMATIC_UPDATE, "update", version)

    def serve(self, version: Version) -> None:
        """An update of the campaign ends."""
        self.served, self.updating = version, False

    def update(self, version: Version) -> None:
        """The automatic update takes in what was put, if the newest version is the one that is served."""
        if version is self.newest:
            self.later(AUTOMATIC_UPDATE, "update", version)
            if version is self.served:
                version.items |= {item for _, item in self.put}
                version.put = len(self.put)

    def session(self, user: str) -> tuple[str, ...]:
        """A user's events that count beside the model: those since, of items that it knows."""
        since = self.put[self.served.put :]
        return tuple(item for who, item in since if who == user and item in self.served.items)


class Serving(RuleBasedStateMachine):
    """The same calls to the simulator and to the reference."""

    def __init__(self) -> None:
        super().__init__()
        self.simulation = simulate(start="2022-03-08T09:00:00Z", training="exact", durations=DURATIONS, quotas=QUOTAS)
        self.sim = self.simulation.__enter__()
        self.here = account()
        self.made = deploy(self.here, lambda: self.sim.clock.tick(seconds=1800), BASE)
        first = Version({*ITEMS}, 0, True, self.made.version)
        self.versions = [first]
        self.reference = Reference(first, first, {*ITEMS})
        # The version became ACTIVE long before the clock of the reference begins: see `deploy`.
        self.reference.later(AUTOMATIC_UPDATE - (3600 - TRAINING), "update", first)
        self.answers: dict[object, str] = {}
        self.imports = 0
        self.made_at = -1  # when the last version was created

    def teardown(self) -> None:
        self.simulation.__exit__(None, None, None)

    def answer(self, user: str) -> list[dict[str, Any]]:
        """What a user is recommended: all items that the model knows, for so many are asked for."""
        found: list[dict[str, Any]] = self.here.runtime.get_recommendations(
            campaignArn=self.made.campaign, userId=user, numResults=500
        )["itemList"]
        return found

    @rule(
        user=st.sampled_from(USERS),
        items=st.lists(st.sampled_from([*ITEMS[:4], "new x", "new y"]), min_size=1, max_size=3),
    )
    def put_events(self, user: str, items: list[str]) -> None:
        served, before = self.reference.served, self.answer(user)
        for item in items:
            sent = {"eventType": "click", "itemId": item, "sentAt": AFTER_BASE + len(self.reference.put)}
            self.here.events.put_events(trackingId=self.made.tracking_id, userId=user, sessionId="s", eventList=[sent])
            self.reference.put.append((user, item))
        changed = self.answer(user) != before
        assert not changed or any(item in served.items for item in items)
        # Little is known of items that came later: an event of one may say nothing about the others.
        assert changed or served is not self.versions[0] or not set(items) & set(ITEMS)

    @precondition(lambda self: self.reference.importing < 5)
    @rule(replaces=st.booleans(), left_out=st.sampled_from(ITEMS))
    def import_a_new_item(self, replaces: bool, left_out: str) -> None:
        self.imports += 1
        new = pd.DataFrame({"USER_ID": ["u0", "u1"], "ITEM_ID": f"import {self.imports}", "TIMESTAMP": AFTER_BASE})
        frame = pd.concat([BASE[BASE["ITEM_ID"] != left_out], new]) if replaces else new
        mode = "FULL" if replaces else "INCREMENTAL"
        import_csv(self.here, self.made, frame, f"import-{self.imports:04}", importMode=mode)
        self.reference.importing += 1
        self.reference.later(IMPORT, "imported", (replaces, {*frame["ITEM_ID"]}))

    # Of versions made at one instant, their ARNs decide which is the newest.
    @precondition(
        lambda self: self.made_at != self.reference.now and sum(not each.active for each in self.versions) < 20
    )
    @rule()
    def create_solution_version(self) -> None:
        self.made_at = self.reference.now
        arn = self.here.personalize.create_solution_version(solutionArn=self.made.solution)["solutionVersionArn"]
        self.versions.append(Version(arn=arn))
        self.reference.later(TRAINING_BEGINS, "begin", self.versions[-1])
        self.reference.later(TRAINING, "active", self.versions[-1])

    @precondition(lambda self: not self.reference.updating)
    @rule(data=st.data())
    def update_campaign(self, data: st.DataObject) -> None:
        at = data.draw(st.sampled_from([at for at, each in enumerate(self.versions) if each.active]))
        self.deploy(self.versions[at])

    def deploy(self, version: Version) -> None:
        self.here.personalize.update_campaign(campaignArn=self.made.campaign, solutionVersionArn=version.arn)
        self.reference.updating = True
        self.reference.later(CAMPAIGN_UPDATE, "serve", version)

    @precondition(lambda self: not self.reference.updating and self.reference.importing < 5)
    @rule(replaces=st.booleans(), left_out=st.sampled_from(ITEMS), user=st.sampled_from(USERS), waits=st.booleans())
    def learn_and_deploy(self, replaces: bool, left_out: str, user: str, waits: bool) -> None:
        """What takes long to come to by chance: new data, a training on it, and perhaps more before it is served."""
        self.import_a_new_item(replaces, left_out)
        self.tick(6)
        self.create_solution_version()
        self.tick(30)
        if waits:
            self.put_events(user, ["new z"])
            self.tick(120)
        self.deploy(self.versions[-1])

    @rule(minutes=st.sampled_from([1, 6, 30, 120]))
    def tick(self, minutes: int) -> None:
        self.reference.tick(60 * minutes)
        self.sim.clock.tick(timedelta(minutes=minutes))

    @invariant()
    def everybody_sees_what_the_reference_says(self) -> None:
        served = self.reference.served
        for user in USERS:
            answer = self.answer(user)
            assert {each["itemId"] for each in answer} == served.items, user
            seen = (served.arn, served.put, user, self.reference.session(user))
            assert self.answers.setdefault(seen, repr(answer)) == repr(answer), seen


Serving.TestCase.settings = settings(
    max_examples=20, stateful_step_count=25, deadline=None, phases=[Phase.reuse, Phase.generate]
)
TestServing = Serving.TestCase
