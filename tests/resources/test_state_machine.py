"""Set-up and clean-up code of any kind against a model of the control plane that can be checked by eye.

`Reference` knows what holds what, how long things take, and which rules forbid a call; hypothesis makes the calls,
in any order and at any time. Which of several broken rules the service names first is left open.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from support import RECIPE, account, schema_text, some_interactions

from simulator import simulate

MISSING, EXISTS, IN_USE = "ResourceNotFoundException", "ResourceAlreadyExistsException", "ResourceInUseException"
INVALID, LIMIT = "InvalidInputException", "LimitExceededException"

# Seconds from the create and from the delete call to the end of each.
LASTS = {
    "schema": (0, 0),
    "dataset_group": (30, 30),
    "dataset": (30, 30),
    "event_tracker": (30, 30),
    "dataset_import_job": (300, 0),
    "solution": (0, 10),
    "solution_version": (1500, 10),
    "campaign": (300, 960),
}
UPDATE = 300  # seconds, of a campaign

MEMBERS = {
    "schema": "schemas",
    "dataset_group": "datasetGroups",
    "dataset": "datasets",
    "event_tracker": "eventTrackers",
    "dataset_import_job": "datasetImportJobs",
    "solution": "solutions",
    "solution_version": "solutionVersions",
    "campaign": "campaigns",
}
RUN_AT_MOST = {"dataset_import_job": 5, "solution_version": 20}
RUNNING = {"CREATE PENDING", "CREATE IN_PROGRESS"}
WITHOUT_DELETE_IN_PROGRESS = {"dataset_group"}


def arn_of(kind: str) -> str:
    """The member that holds the ARN of a thing of a kind."""
    return f"{MEMBERS[kind][:-1]}Arn"


@dataclass
class Thing:
    """A resource: what it is, what it was made of, when it was made, last updated, and when its deletion began."""

    kind: str
    name: str
    holders: tuple[Thing, ...]
    made: int
    updated: int | None = None
    deleted: int | None = None
    failed: bool = False
    arn: str = ""

    def updating(self, now: int) -> bool:
        """Whether its newest update still runs."""
        return self.updated is not None and now - self.updated < UPDATE

    def status(self, now: int) -> str | None:
        """Its status at a second; None once it is gone."""
        creation, deletion = LASTS[self.kind]
        if self.deleted is not None:
            since = now - self.deleted
            if since >= deletion:
                return None
            early = self.kind in WITHOUT_DELETE_IN_PROGRESS or since < min(deletion // 10, 30)
            return "DELETE PENDING" if early else "DELETE IN_PROGRESS"
        since = now - self.made
        if since >= creation:
            return "CREATE FAILED" if self.failed else "ACTIVE"
        return "CREATE PENDING" if since < min(creation // 10, 30) else "CREATE IN_PROGRESS"


@dataclass
class Reference:
    """The control plane, as a list of things and a clock of whole seconds."""

    now: int = 0
    things: list[Thing] = field(default_factory=list)

    def there(self, kind: str, holder: Thing | None = None) -> list[Thing]:
        """The things of a kind that are there, of one holder if it is given."""
        found = [each for each in self.things if each.kind == kind and each.status(self.now) is not None]
        return [each for each in found if holder is None or holder in each.holders]

    def running(self, kind: str, holder: Thing) -> bool:
        """Whether something of a kind that a holder has is still being created."""
        return any(each.status(self.now) in RUNNING for each in self.there(kind, holder))

    def refusals_of_create(self, kind: str, name: str, holders: tuple[Thing, ...]) -> set[str]:
        """The codes of all rules that a create call breaks."""
        codes = set()
        for holder in holders:
            status = holder.status(self.now)
            if status is None:
                codes.add(MISSING)
            elif status != "ACTIVE":
                codes.add(IN_USE)
        one_of_a_kind = kind in ("dataset", "event_tracker") and self.there(kind, holders[0])
        if one_of_a_kind or (kind != "solution_version" and any(each.name == name for each in self.there(kind))):
            codes.add(EXISTS)
        if kind == "dataset_group" and len(self.there(kind)) >= 5:
            codes.add(LIMIT)
        if sum(each.status(self.now) in RUNNING for each in self.there(kind)) >= RUN_AT_MOST.get(kind, 1000):
            codes.add(LIMIT)
        if kind == "solution" and not self.has_data(holders[0], self.now):
            codes.add(INVALID)
        return codes

    def has_data(self, group: Thing, now: int) -> bool:
        """Whether at a second an import into a dataset of the group, one that stood, had ended."""
        datasets = [each for each in self.things if each.kind == "dataset" and group in each.holders]
        standing = [each for each in datasets if each.deleted is None or each.deleted > now]
        jobs = [each for each in self.things if each.kind == "dataset_import_job" and each.holders[0] in standing]
        return any(each.status(now) == "ACTIVE" for each in jobs)

    def tick(self, seconds: int) -> None:
        """Time passes; a training that finds no data when it begins will fail."""
        before, self.now = self.now, self.now + seconds
        for each in self.things:
            begins = each.made + 30
            if each.kind == "solution_version" and before < begins <= self.now:
                each.failed = not self.has_data(each.holders[1], begins)

    def refusals_of_delete(self, thing: Thing) -> set[str]:
        """The codes of all rules that a delete call breaks."""
        status = thing.status(self.now)
        if status is None:
            return {MISSING}
        codes = {IN_USE} if status in RUNNING else set()
        held = {
            "schema": ("dataset",),
            "dataset_group": ("dataset", "event_tracker", "solution"),
            "solution": ("campaign",),
        }
        if any(self.there(kind, thing) for kind in held.get(thing.kind, ())):
            codes.add(IN_USE)
        group = thing.holders[0] if thing.kind == "dataset" else thing
        if thing.kind in ("dataset", "solution") and self.running("solution_version", group):
            codes.add(IN_USE)
        if thing.kind == "dataset" and self.running("dataset_import_job", thing):
            codes.add(IN_USE)
        return codes | ({IN_USE} if thing.updating(self.now) else set())

    def refusals_of_update(self, campaign: Thing) -> set[str]:
        """The codes of all rules that UpdateCampaign breaks."""
        status = campaign.status(self.now)
        if status is None:
            return {MISSING}
        return {IN_USE} if status != "ACTIVE" or campaign.updating(self.now) else set()


class ControlPlane(RuleBasedStateMachine):
    """The same calls to the simulator and to the reference."""

    def __init__(self) -> None:
        super().__init__()
        self.simulation = simulate(start="2022-03-08T09:00:00Z", training="exact")
        self.sim = self.simulation.__enter__()
        self.here = account()
        self.data = self.here.upload(some_interactions(1000, 30, 40))
        self.reference = Reference()

    def teardown(self) -> None:
        self.simulation.__exit__(None, None, None)

    def outcome(self, operation: str, **request: Any) -> tuple[str, dict[str, Any]]:
        """The error code of a call, or empty, and its answer."""
        try:
            return "", getattr(self.here.personalize, operation)(**request)
        except ClientError as error:
            return error.response["Error"]["Code"], {}

    def create(self, kind: str, called: str, holders: tuple[Thing, ...], **request: Any) -> None:
        """Makes a thing in both worlds, or is refused in both."""
        wanted = self.reference.refusals_of_create(kind, called, holders)
        code, answer = self.outcome(f"create_{kind}", **request)
        assert code in (wanted or {""}), (kind, code, wanted)
        if not code:
            above = tuple(each for holder in holders for each in holder.holders)
            made = Thing(kind, called, holders + above, self.reference.now, arn=answer[arn_of(kind)])
            self.reference.things.append(made)

    def pick(self, data: st.DataObject, kind: str) -> Thing:
        """A thing of a kind, perhaps one that is gone; the one that has its ARN now, if it has been made again."""
        drawn = data.draw(st.sampled_from([each for each in self.reference.things if each.kind == kind]), label=kind)
        return next((each for each in self.reference.there(kind) if each.arn == drawn.arn), drawn)

    def ever(self, *kinds: str) -> bool:
        """Whether there has been a thing of each kind."""
        return all(any(each.kind == kind for each in self.reference.things) for kind in kinds)

    @initialize(ready=st.booleans())
    def begin(self, ready: bool) -> None:
        """From nothing, or from a group that has data and a solution: what follows takes long to come to by chance."""
        if not ready:
            return
        self.create_schema("a")
        self.create_dataset_group("a")
        self.tick(30)
        group, schema = self.reference.things[1], self.reference.things[0]
        self.create_dataset_in(group, schema, "a")
        self.tick(30)
        self.import_into(self.reference.things[2], "a")
        self.tick(300)
        self.create_solution_in(group, "a")

    @rule(name=st.sampled_from("ab"))
    def create_schema(self, name: str) -> None:
        self.create("schema", name, (), name=name, schema=schema_text())

    @rule(name=st.sampled_from("abcdef"))
    def create_dataset_group(self, name: str) -> None:
        self.create("dataset_group", name, (), name=name)

    @precondition(lambda self: self.ever("dataset_group", "schema"))
    @rule(data=st.data(), name=st.sampled_from("ab"))
    def create_dataset(self, data: st.DataObject, name: str) -> None:
        self.create_dataset_in(self.pick(data, "dataset_group"), self.pick(data, "schema"), name)

    def create_dataset_in(self, group: Thing, schema: Thing, name: str) -> None:
        self.create(
            "dataset",
            f"{group.name}/{name}",
            (
                group,
                schema,
            ),
            name=name,
            datasetGroupArn=group.arn,
            schemaArn=schema.arn,
            datasetType="Interactions",
        )

    @precondition(lambda self: self.ever("dataset_group"))
    @rule(data=st.data())
    def create_event_tracker(self, data: st.DataObject) -> None:
        group = self.pick(data, "dataset_group")
        self.create("event_tracker", group.arn, (group,), name="t", datasetGroupArn=group.arn)

    @precondition(lambda self: self.ever("dataset"))
    @rule(data=st.data(), name=st.sampled_from("abc"))
    def create_dataset_import_job(self, data: st.DataObject, name: str) -> None:
        self.import_into(self.pick(data, "dataset"), name)

    def import_into(self, dataset: Thing, name: str) -> None:
        self.create(
            "dataset_import_job",
            name,
            (dataset,),
            jobName=name,
            datasetArn=dataset.arn,
            dataSource={"dataLocation": self.data},
            roleArn=self.here.role,
        )

    @precondition(lambda self: self.ever("dataset_group"))
    @rule(data=st.data(), name=st.sampled_from("ab"))
    def create_solution(self, data: st.DataObject, name: str) -> None:
        self.create_solution_in(self.pick(data, "dataset_group"), name)

    def create_solution_in(self, group: Thing, name: str) -> None:
        self.create(
            "solution",
            name,
            (group,),
            name=name,
            datasetGroupArn=group.arn,
            recipeArn=RECIPE,
            performAutoTraining=False,
        )

    @precondition(lambda self: self.ever("solution"))
    @rule(data=st.data())
    def create_solution_version(self, data: st.DataObject) -> None:
        solution = self.pick(data, "solution")
        self.create("solution_version", "", (solution,), solutionArn=solution.arn)

    @precondition(lambda self: self.ever("solution_version"))
    @rule(data=st.data(), name=st.sampled_from("ab"))
    def create_campaign(self, data: st.DataObject, name: str) -> None:
        version = self.pick(data, "solution_version")
        self.create("campaign", name, (version,), name=name, solutionVersionArn=version.arn)

    @precondition(lambda self: self.ever("campaign"))
    @rule(data=st.data(), tps=st.integers(1, 3))
    def update_campaign(self, data: st.DataObject, tps: int) -> None:
        campaign = self.pick(data, "campaign")
        wanted = self.reference.refusals_of_update(campaign)
        code, _ = self.outcome("update_campaign", campaignArn=campaign.arn, minProvisionedTPS=tps)
        assert code in (wanted or {""}), (campaign, code, wanted)
        if not code:
            campaign.updated = self.reference.now

    @precondition(lambda self: self.reference.things)
    @rule(data=st.data(), kind=st.sampled_from(sorted(set(LASTS) - {"dataset_import_job", "solution_version"})))
    def delete(self, data: st.DataObject, kind: str) -> None:
        if not self.ever(kind):
            return
        thing = self.pick(data, kind)
        wanted = self.reference.refusals_of_delete(thing)
        code, _ = self.outcome(f"delete_{kind}", **{arn_of(kind): thing.arn})
        assert code in (wanted or {""}), (thing, code, wanted)
        if not code and thing.deleted is None:
            thing.deleted = self.reference.now
            for version in self.reference.there("solution_version", thing) if kind == "solution" else ():
                version.deleted = thing.deleted

    @rule(seconds=st.sampled_from([1, 3, 10, 30, 300, 1500]))
    def tick(self, seconds: int) -> None:
        self.reference.tick(seconds)
        self.sim.clock.tick(timedelta(seconds=seconds))

    @invariant()
    def lists_and_statuses_agree(self) -> None:
        for kind, member in MEMBERS.items():
            listed = getattr(self.here.personalize, f"list_{kind}s")()[member]
            shown = {each[arn_of(kind)]: each.get("status", "ACTIVE") for each in listed}
            wanted = {each.arn: each.status(self.reference.now) for each in self.reference.there(kind)}
            if kind == "solution_version":  # a version has no status of its own for its solution's deletion
                shown, wanted = dict.fromkeys(shown, ""), dict.fromkeys(wanted, "")
            assert shown == wanted, kind
        for thing in self.reference.things[-3:]:
            code, answer = self.outcome(f"describe_{thing.kind}", **{arn_of(thing.kind): thing.arn})
            there = any(each.arn == thing.arn for each in self.reference.there(thing.kind))
            assert code == ("" if there else MISSING), thing
            assert not there or answer[MEMBERS[thing.kind][:-1]][arn_of(thing.kind)] == thing.arn


ControlPlane.TestCase.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, phases=[Phase.reuse, Phase.generate]
)
TestControlPlane = ControlPlane.TestCase
