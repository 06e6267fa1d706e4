"""The world: everything that a simulation knows, as plain data owned by one object."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from simulator.arns import Home
from simulator.clock import Agenda, Micros
from simulator.durations import Durations
from simulator.profiles import TODAY, Profile
from simulator.quotas import Quotas
from simulator.resources.table import Table

if TYPE_CHECKING:
    from simulator.resources.attribution_figures import ExactSum
    from simulator.resources.batch_inference_jobs import BatchInferenceJob
    from simulator.resources.batch_segment_jobs import BatchSegmentJob
    from simulator.resources.campaigns import Campaign
    from simulator.resources.data_deletion_jobs import DataDeletionJob
    from simulator.resources.dataset_export_jobs import DatasetExportJob
    from simulator.resources.dataset_groups import DatasetGroup
    from simulator.resources.dataset_import_jobs import DatasetImportJob
    from simulator.resources.datasets import Dataset
    from simulator.resources.event_trackers import EventTracker
    from simulator.resources.filters import Filter
    from simulator.resources.metric_attributions import MetricAttribution
    from simulator.resources.monitoring import MetricKey, Tally
    from simulator.resources.platform import Platform
    from simulator.resources.recommenders import Recommender
    from simulator.resources.schemas import Schema
    from simulator.resources.solution_versions import SolutionVersion
    from simulator.resources.solutions import Solution
    from simulator.resources.throttling import Rate, RateKey

PENDING = "CREATE PENDING"
IN_PROGRESS = "CREATE IN_PROGRESS"
ACTIVE = "ACTIVE"
FAILED = "CREATE FAILED"
DELETE_PENDING = "DELETE PENDING"
DELETE_IN_PROGRESS = "DELETE IN_PROGRESS"

RUNNING = frozenset({PENDING, IN_PROGRESS})
DELETING = frozenset({DELETE_PENDING, DELETE_IN_PROGRESS})
SETTLED = frozenset({ACTIVE, FAILED})


@dataclass
class Record:
    """What every resource has. Times are microseconds; `failure` is the reason of a FAILED status."""

    arn: str
    name: str
    status: str
    created: Micros
    updated: Micros
    failure: str | None = field(default=None, kw_only=True)

    @property
    def parents(self) -> tuple[str, ...]:
        """The ARNs that it is listed under: what holds it, and what it was made of. They never change."""
        return ()


@dataclass
class Inventory:
    """The resources of one account in one region: a table a family; and the tags of all, by ARN."""

    schemas: Table[Schema] = field(default_factory=Table)
    dataset_groups: Table[DatasetGroup] = field(default_factory=Table)
    datasets: Table[Dataset] = field(default_factory=Table)
    dataset_import_jobs: Table[DatasetImportJob] = field(default_factory=Table)
    dataset_export_jobs: Table[DatasetExportJob] = field(default_factory=Table)
    data_deletion_jobs: Table[DataDeletionJob] = field(default_factory=Table)
    event_trackers: Table[EventTracker] = field(default_factory=Table)
    solutions: Table[Solution] = field(default_factory=Table)
    solution_versions: Table[SolutionVersion] = field(default_factory=Table)
    campaigns: Table[Campaign] = field(default_factory=Table)
    recommenders: Table[Recommender] = field(default_factory=Table)
    filters: Table[Filter] = field(default_factory=Table)
    metric_attributions: Table[MetricAttribution] = field(default_factory=Table)
    batch_inference_jobs: Table[BatchInferenceJob] = field(default_factory=Table)
    batch_segment_jobs: Table[BatchSegmentJob] = field(default_factory=Table)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)

    def table(self, resource: str) -> Table[Any]:
        """The table of a family: `solution_version` is kept in `solution_versions`."""
        table: Table[Any] = getattr(self, f"{resource}s")
        return table

    def find(self, arn: str) -> Record | None:
        """The resource of an ARN, of whichever family, or None."""
        for table in vars(self).values():
            if isinstance(table, Table) and arn in table:
                found: Record = table[arn]
                return found
        return None


class JournalEntry(NamedTuple):
    """Something that happened: a call, or an entry of the agenda (`kind`).

    Of a call, `name` is the operation, `subject` what its first required member names, `outcome` the code of the
    refusal and `message` its wording, `user` the user that it names; all empty where there is none. Of the agenda,
    `subject` is a resource's ARN, `outcome` the status that it has come to, `DELETED`, or `UPDATED` where its model
    became another; `message` is why it failed. `home` is account/region.
    """

    instant: Micros
    kind: str
    name: str
    subject: str
    outcome: str
    message: str = ""
    service: str = "personalize"
    home: str = ""
    user: str = ""


@dataclass
class World:
    """One simulation, over all accounts and regions.

    `now` is the instant that the agenda has been settled to; `training` is `"sampled"` (every full training
    draws its own chance) or `"exact"`, `profile` has the defaults of the service. `repeats` counts the equal
    ids asked for at the present instant,
    `warned` names what the user has been warned of; `metrics` is what CloudWatch is told (`monitoring`).
    `figures` is what metric attributions have measured (`attribution_figures`), `rates` counts the calls of the
    present second if there is `throttling`. `recommended` has the items of the newest answers by their ids,
    `shown` of those that events have named (`impressions`).
    """

    seed: int
    training: str
    durations: Durations
    quotas: Quotas
    now: Micros
    agenda: Agenda = field(default_factory=Agenda)
    inventories: dict[Home, Inventory] = field(default_factory=dict)
    journal: list[JournalEntry] = field(default_factory=list)
    repeats: dict[bytes, int] = field(default_factory=dict)
    metrics: dict[MetricKey, Tally] = field(default_factory=dict)
    figures: dict[MetricKey, ExactSum] = field(default_factory=dict)
    recommended: dict[str, tuple[str, ...]] = field(default_factory=dict)
    shown: dict[str, tuple[str, ...]] = field(default_factory=dict)
    warned: set[str] = field(default_factory=set)
    profile: Profile = TODAY
    throttling: bool = False
    rates: dict[RateKey, Rate] = field(default_factory=dict)

    def empty(self) -> None:
        """Forgets all resources and all that was to happen; the clock stays where it is."""
        self.agenda = Agenda()
        self.inventories = {}
        self.journal = []
        self.repeats = {}
        self.metrics = {}
        self.figures = {}
        self.recommended = {}
        self.shown = {}
        self.rates = {}


@dataclass(frozen=True)
class Scope:
    """Where a call or an entry of the agenda acts: a world, in one account and region."""

    world: World
    platform: Platform
    home: Home

    @property
    def inventory(self) -> Inventory:
        """The resources here."""
        found = self.world.inventories.get(self.home)
        if found is None:  # not by setdefault: an empty inventory a call would cost more than the rest of it
            found = self.world.inventories[self.home] = Inventory()
        return found

    @property
    def now(self) -> Micros:
        """The present instant."""
        return self.world.now
