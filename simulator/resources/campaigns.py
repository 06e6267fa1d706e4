"""Campaigns: a solution version that answers requests."""

from __future__ import annotations

from dataclasses import dataclass

from simulator import errors
from simulator.clock import Entry, Micros
from simulator.resources import lifecycle
from simulator.resources.lookup import (
    Answer,
    Request,
    given,
    new_arn,
    page,
    require_active,
    require_created,
    require_fewer,
    times,
)
from simulator.resources.operations import PAGES, members, operation
from simulator.resources.solution_versions import SolutionVersion, solution_version
from simulator.resources.world import ACTIVE, IN_PROGRESS, PENDING, RUNNING, SETTLED, Record, Scope


@dataclass
class CampaignUpdate:
    """The newest UpdateCampaign of a campaign, running or done; its statuses read CREATE (resp-023)."""

    solution_version_arn: str
    min_provisioned_tps: int
    status: str
    created: Micros
    updated: Micros


@dataclass
class Campaign(Record):
    """A campaign; while an update runs it keeps answering as before."""

    solution_arn: str
    dataset_group_arn: str
    solution_version_arn: str
    min_provisioned_tps: int
    latest_update: CampaignUpdate | None = None

    @property
    def parents(self) -> tuple[str, ...]:
        """Its solution and its dataset group."""
        return (self.solution_arn, self.dataset_group_arn)


def create_campaign(scope: Scope, request: Request) -> Answer:
    """CreateCampaign."""
    version = _version(scope, request["solutionVersionArn"])
    table = scope.inventory.campaigns
    arn = new_arn(scope, table, "campaign", request["name"])
    require_active(version)
    require_fewer(scope, "active_campaigns_per_dataset_group", table.of(version.dataset_group_arn))
    made = Campaign(
        arn,
        request["name"],
        PENDING,
        scope.now,
        scope.now,
        solution_arn=version.solution_arn,
        dataset_group_arn=version.dataset_group_arn,
        solution_version_arn=version.arn,
        min_provisioned_tps=request.get("minProvisionedTPS", 1),
    )
    lifecycle.create(scope, "campaign", made, request)
    return {"campaignArn": arn}


def describe_campaign(scope: Scope, request: Request) -> Answer:
    """DescribeCampaign."""
    found = campaign(scope, request["campaignArn"])
    update = found.latest_update
    return {
        "campaign": {
            **_summary(found),
            "solutionVersionArn": found.solution_version_arn,
            "minProvisionedTPS": found.min_provisioned_tps,
            "campaignConfig": {},
            "latestCampaignUpdate": None
            if update is None
            else {
                "solutionVersionArn": update.solution_version_arn,
                "minProvisionedTPS": update.min_provisioned_tps,
                "campaignConfig": {},
                "status": update.status,
                "creationDateTime": update.created,
                "lastUpdatedDateTime": update.updated,
            },
        }
    }


def list_campaigns(scope: Scope, request: Request) -> Answer:
    """ListCampaigns, of one solution or of all."""
    return page(request, "campaigns", scope.inventory.campaigns, request.get("solutionArn"), _summary)


def update_campaign(scope: Scope, request: Request) -> Answer:
    """UpdateCampaign: what is not given stays (resp-042); the old version answers until it is ACTIVE."""
    found = campaign(scope, request["campaignArn"])
    version = _version(scope, request.get("solutionVersionArn", found.solution_version_arn))
    if found.status not in SETTLED or _updating(found):
        raise errors.UPDATE_RUNNING(arn=found.arn)
    require_active(version)
    if version.solution_arn != found.solution_arn:
        raise errors.OTHER_SOLUTION(campaign=found.arn, solution=found.solution_arn, version=version.arn)
    found.latest_update = CampaignUpdate(
        solution_version_arn=version.arn,
        min_provisioned_tps=request.get("minProvisionedTPS", found.min_provisioned_tps),
        status=PENDING,
        created=scope.now,
        updated=scope.now,
    )
    found.updated = scope.now
    lifecycle.begin(scope, "campaign_update", found.arn)
    return {"campaignArn": found.arn}


def delete_campaign(scope: Scope, request: Request) -> Answer:
    """DeleteCampaign: refused while it is being created or updated."""
    found = campaign(scope, request["campaignArn"])
    require_created(found)
    if _updating(found):
        raise errors.BUSY(arn=found.arn, what="its update")
    lifecycle.begin_deletion(scope, "campaign", found)
    return {}


def campaign(scope: Scope, arn: str) -> Campaign:
    """The campaign of an ARN; raises `GIVEN_DOES_NOT_EXIST`."""
    return given(scope.inventory.campaigns, "campaign", arn)


def _version(scope: Scope, arn: str) -> SolutionVersion:
    if arn.endswith("/$LATEST"):
        raise errors.not_simulated("a campaign that follows $LATEST")
    return solution_version(scope, arn)


def _updating(found: Campaign) -> bool:
    return found.latest_update is not None and found.latest_update.status in RUNNING


def _summary(found: Campaign) -> Answer:
    return {"name": found.name, "campaignArn": found.arn, **times(found)}


def on_update_begin(scope: Scope, entry: Entry) -> None:
    """The update runs."""
    update = scope.inventory.campaigns[entry.subject].latest_update
    assert update is not None
    update.status, update.updated = IN_PROGRESS, scope.now


def on_update_finish(scope: Scope, entry: Entry) -> None:
    """From now on the campaign answers from the new version."""
    found = scope.inventory.campaigns[entry.subject]
    update = found.latest_update
    assert update is not None
    update.status, update.updated = ACTIVE, scope.now
    found.solution_version_arn = update.solution_version_arn
    found.min_provisioned_tps = update.min_provisioned_tps
    lifecycle.change(scope, found, ACTIVE)


OPERATIONS = {
    "CreateCampaign": operation(
        create_campaign,
        *("name", "solutionVersionArn", "minProvisionedTPS", "tags"),
        campaignConfig=members(),
    ),
    "DescribeCampaign": operation(describe_campaign, "campaignArn"),
    "ListCampaigns": operation(list_campaigns, "solutionArn", *PAGES),
    "UpdateCampaign": operation(
        update_campaign,
        *("campaignArn", "solutionVersionArn", "minProvisionedTPS"),
        campaignConfig=members(),
    ),
    "DeleteCampaign": operation(delete_campaign, "campaignArn"),
}
HANDLERS = {"campaign_update.begin": on_update_begin, "campaign_update.finish": on_update_finish}
