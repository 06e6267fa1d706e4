"""Campaigns: a solution version that answers requests, or the newest one of a solution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator import errors
from simulator.clock import Entry
from simulator.resources import lifecycle, serving_config, updates
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
from simulator.resources.solution_configs import without_nulls
from simulator.resources.solution_versions import SolutionVersion, newest_active, solution_version
from simulator.resources.solutions import solution
from simulator.resources.updates import Update
from simulator.resources.world import ACTIVE, IN_PROGRESS, PENDING, SETTLED, Record, Scope

_LATEST = "/$LATEST"
_SYNC = "syncWithLatestSolutionVersion"


@dataclass
class CampaignUpdate(Update):
    """The newest update of a campaign, running or done.

    `min_provisioned_tps` and `config` are what the call gave, None where it gave nothing.
    """

    solution_version_arn: str
    min_provisioned_tps: int | None
    config: Mapping[str, Any] | None


@dataclass
class Campaign(Record):
    """A campaign; while an update runs it keeps answering as before."""

    solution_arn: str
    dataset_group_arn: str
    solution_version_arn: str
    min_provisioned_tps: int
    config: Mapping[str, Any] = field(default_factory=dict)
    latest_update: CampaignUpdate | None = None

    @property
    def parents(self) -> tuple[str, ...]:
        """Its solution and its dataset group."""
        return (self.solution_arn, self.dataset_group_arn)

    @property
    def updating(self) -> bool:
        """Whether an update runs."""
        return updates.runs(self.latest_update)


def create_campaign(scope: Scope, request: Request) -> Answer:
    """CreateCampaign, of a solution version or of the newest ACTIVE one of a solution (`SolutionArn/$LATEST`)."""
    version = _version(scope, request["solutionVersionArn"])
    table = scope.inventory.campaigns
    arn = new_arn(scope, table, "campaign", request["name"])
    require_active(version)
    require_fewer(scope, "active_campaigns_per_dataset_group", table.of(version.dataset_group_arn))
    if not version.recipe.campaigns:
        raise errors.NOT_DEPLOYABLE(recipe_type=version.recipe.recipe_type)
    config = without_nulls(request.get("campaignConfig", {}))
    _check_config(scope, version, config, {}, request["solutionVersionArn"])
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
        config=config,
    )
    lifecycle.create(scope, "campaign", made, request)
    return {"campaignArn": arn}


def describe_campaign(scope: Scope, request: Request) -> Answer:
    """DescribeCampaign; of the latest update only what the call gave is shown (resp-023)."""
    found = campaign(scope, request["campaignArn"])
    update = found.latest_update
    return {
        "campaign": {
            **_summary(found),
            "solutionVersionArn": found.solution_version_arn,
            "minProvisionedTPS": found.min_provisioned_tps,
            "campaignConfig": found.config,
            "latestCampaignUpdate": None
            if update is None
            else {
                "solutionVersionArn": update.solution_version_arn,
                "minProvisionedTPS": update.min_provisioned_tps,
                "campaignConfig": update.config,
                **update.times(),
            },
        }
    }


def list_campaigns(scope: Scope, request: Request) -> Answer:
    """ListCampaigns, of one solution or of all."""
    return page(request, "campaigns", scope.inventory.campaigns, request.get("solutionArn"), _summary)


def update_campaign(scope: Scope, request: Request) -> Answer:
    """UpdateCampaign: what is not given stays (resp-042); the old version answers until it is ACTIVE."""
    found = campaign(scope, request["campaignArn"])
    asked = request.get("solutionVersionArn")
    version = _version(scope, asked or found.solution_version_arn)
    if found.status not in SETTLED or found.updating:
        raise errors.UPDATE_RUNNING(arn=found.arn)
    require_active(version)
    if version.solution_arn != found.solution_arn:
        raise errors.OTHER_SOLUTION(campaign=found.arn, solution=found.solution_arn, version=version.arn)
    config = without_nulls(request.get("campaignConfig"))
    _check_config(scope, version, config or {}, found.config, asked)
    _begin_update(scope, found, version, request.get("minProvisionedTPS"), config)
    return {"campaignArn": found.arn}


def delete_campaign(scope: Scope, request: Request) -> Answer:
    """DeleteCampaign: refused while it is being created or updated."""
    found = campaign(scope, request["campaignArn"])
    require_created(found)
    if found.updating:
        raise errors.BUSY(arn=found.arn, what="its update")
    lifecycle.begin_deletion(scope, "campaign", found)
    return {}


def campaign(scope: Scope, arn: str) -> Campaign:
    """The campaign of an ARN; raises `GIVEN_DOES_NOT_EXIST`."""
    return given(scope.inventory.campaigns, "campaign", arn)


def _version(scope: Scope, arn: str) -> SolutionVersion:
    if not arn.endswith(_LATEST):
        return solution_version(scope, arn)
    parent = solution(scope, arn.removesuffix(_LATEST))
    newest = newest_active(scope, parent.arn)
    if newest is None:
        raise errors.NO_ACTIVE_VERSION(solution=parent.arn)
    return newest


def _check_config(
    scope: Scope, version: SolutionVersion, config: Mapping[str, Any], before: Mapping[str, Any], asked: str | None
) -> None:
    """Checks a configuration that is laid over an earlier one, for the version that a request asks for (or none)."""
    follows = asked.endswith(_LATEST) if asked is not None else before.get(_SYNC, False)
    if {**before, **config}.get(_SYNC) and not follows:
        raise errors.SYNC_WANTS_LATEST()
    serving_config.check(scope, version.recipe, version.dataset_group_arn, config)


def _begin_update(
    scope: Scope,
    found: Campaign,
    version: SolutionVersion,
    min_provisioned_tps: int | None = None,
    config: Mapping[str, Any] | None = None,
) -> None:
    found.latest_update = CampaignUpdate(version.arn, min_provisioned_tps, config, created=scope.now, updated=scope.now)
    found.updated = scope.now
    lifecycle.begin(scope, "campaign_update", found.arn)


def _follow(scope: Scope, found: Campaign) -> None:
    """Begins an update if the campaign is to serve the newest version and serves another one.

    Source: the guide, "Automatic campaign updates".
    """
    if not found.config.get(_SYNC) or found.status != ACTIVE or found.updating:
        return
    newest = newest_active(scope, found.solution_arn)
    if newest is not None and newest.arn != found.solution_version_arn:
        _begin_update(scope, found, newest)


def _summary(found: Campaign) -> Answer:
    return {"name": found.name, "campaignArn": found.arn, **times(found)}


def on_finish(scope: Scope, entry: Entry) -> None:
    """The campaign answers, and follows its solution if a newer version has become ACTIVE meanwhile."""
    found = scope.inventory.campaigns[entry.subject]
    lifecycle.change(scope, found, ACTIVE)
    _follow(scope, found)


def on_update_begin(scope: Scope, entry: Entry) -> None:
    """The update runs."""
    updates.advance(scope, scope.inventory.campaigns[entry.subject].latest_update, IN_PROGRESS)


def on_update_finish(scope: Scope, entry: Entry) -> None:
    """From now on the campaign answers from the new version."""
    found = scope.inventory.campaigns[entry.subject]
    update = found.latest_update
    assert update is not None
    updates.advance(scope, update, ACTIVE)
    found.solution_version_arn = update.solution_version_arn
    if update.min_provisioned_tps is not None:
        found.min_provisioned_tps = update.min_provisioned_tps
    found.config = {**found.config, **(update.config or {})}
    lifecycle.change(scope, found, ACTIVE)
    _follow(scope, found)


def on_new_version(scope: Scope, entry: Entry) -> None:
    """A version of a solution has become ACTIVE: the campaigns that follow the solution update themselves."""
    for found in scope.inventory.campaigns.of(entry.subject):
        _follow(scope, found)


_CONFIG = members("itemExplorationConfig", "enableMetadataWithRecommendations", _SYNC, "rankingInfluence")

OPERATIONS = {
    "CreateCampaign": operation(
        create_campaign,
        *("name", "solutionVersionArn", "minProvisionedTPS", "tags"),
        campaignConfig=_CONFIG,
    ),
    "DescribeCampaign": operation(describe_campaign, "campaignArn"),
    "ListCampaigns": operation(list_campaigns, "solutionArn", *PAGES),
    "UpdateCampaign": operation(
        update_campaign,
        *("campaignArn", "solutionVersionArn", "minProvisionedTPS"),
        campaignConfig=_CONFIG,
    ),
    "DeleteCampaign": operation(delete_campaign, "campaignArn"),
}
HANDLERS = {
    "campaign.finish": on_finish,
    "campaign_update.begin": on_update_begin,
    "campaign_update.finish": on_update_finish,
    "campaign_sync.run": on_new_version,
}
