"""Campaigns, through boto3: what they deploy, how they follow a solution, their configuration and updates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from support import Account, Deployment, account, deploy, refused, some_interactions

from simulator import Simulation, simulate
from simulator.resources.dump import dump

START = "2022-03-08T09:00:00Z"
ARN = "arn:aws:personalize:us-east-1:123456789012:"
RECIPES_OF = "arn:aws:personalize:::recipe/"


@pytest.fixture
def sim() -> Iterator[Simulation]:
    with simulate(start=START) as running:
        yield running


@pytest.fixture
def films(sim: Simulation, here: Account) -> Deployment:
    """An ACTIVE campaign."""
    return deploy(here, lambda: sim.clock.tick(hours=1), some_interactions())


def version(sim: Simulation, here: Account, solution: str, **more: Any) -> str:
    """A version that has become ACTIVE, just so."""
    arn: str = here.personalize.create_solution_version(solutionArn=solution, **more)["solutionVersionArn"]
    sim.clock.tick(minutes=25)
    return arn


def solution(here: Account, films: Deployment, recipe: str, name: str = "other") -> str:
    arn: str = here.personalize.create_solution(
        name=name, datasetGroupArn=films.group, recipeArn=RECIPES_OF + recipe, performAutoTraining=False
    )["solutionArn"]
    here.personalize.list_schemas()
    return arn


def campaign(here: Account, name: str, of: str, **more: Any) -> str:
    arn: str = here.personalize.create_campaign(name=name, solutionVersionArn=of, **more)["campaignArn"]
    return arn


def describe(here: Account, arn: str) -> dict[str, Any]:
    shown: dict[str, Any] = here.personalize.describe_campaign(campaignArn=arn)["campaign"]
    return shown


class TestCreation:
    def test_as_recorded(self, sim: Simulation, here: Account, films: Deployment) -> None:
        """[resp-007] [life-009]"""
        arn = campaign(here, "more", films.version)
        seen = []
        for _ in range(40):
            seen.append(describe(here, arn)["status"])
            sim.clock.tick(seconds=10)
        assert list(dict.fromkeys(seen)) == ["CREATE PENDING", "CREATE IN_PROGRESS", "ACTIVE"]
        shown = describe(here, arn)
        assert shown.keys() == {
            *("name", "campaignArn", "solutionVersionArn", "minProvisionedTPS", "campaignConfig", "status"),
            *("creationDateTime", "lastUpdatedDateTime"),
        }
        assert (shown["minProvisionedTPS"], shown["campaignConfig"], shown["status"]) == (1, {}, "ACTIVE")
        config = {"itemExplorationConfig": {"explorationWeight": "0", "explorationItemAgeCutOff": "7.5"}}
        arn = campaign(here, "with", films.version, minProvisionedTPS=2, campaignConfig=config)
        shown = describe(here, arn)
        assert (shown["minProvisionedTPS"], shown["campaignConfig"]) == (2, config)

    def test_listed(self, sim: Simulation, here: Account, films: Deployment) -> None:
        """[resp-054]"""
        campaign(here, "another", films.version)
        answer = here.personalize.list_campaigns()
        assert [each["name"] for each in answer["campaigns"]] == ["films", "another"]
        assert {frozenset(each) for each in answer["campaigns"]} == {
            frozenset({"name", "campaignArn", "status", "creationDateTime", "lastUpdatedDateTime"})
        }
        assert "nextToken" not in answer

    def test_what_can_be_deployed(self, sim: Simulation, here: Account, films: Deployment) -> None:
        """[err-020] A solution's ARN is not a version's."""
        new = here.personalize.create_solution_version(solutionArn=films.solution)["solutionVersionArn"]
        before = dump(sim._host.world)
        for code, of, wording in (
            ("ResourceNotFoundException", films.solution, "The given solution version does not exist: {}"),
            ("ResourceNotFoundException", f"{ARN}solution/none/$LATEST", f"The given solution does not exist: {ARN}"),
            ("ResourceInUseException", new, "{} is not in ACTIVE state."),
        ):
            ending = "solution/none" if "$LATEST" in of else ""
            with refused(code, wording.format(of) + ending):
                campaign(here, "other", of)
        with refused("ResourceAlreadyExistsException", f"Another resource with Arn {films.campaign} already exists."):
            campaign(here, "films", films.version)
        assert dump(sim._host.world) == before
        sim.clock.tick(minutes=25)
        assert campaign(here, "other", new) == f"{ARN}campaign/other"


class TestLatest:
    def test_following(self, sim: Simulation, here: Account, films: Deployment) -> None:
        config = {"syncWithLatestSolutionVersion": True}
        arn = campaign(here, "latest", f"{films.solution}/$LATEST", campaignConfig=config)
        sim.clock.tick(minutes=10)
        shown = describe(here, arn)
        assert (shown["solutionVersionArn"], shown["campaignConfig"]) == (films.version, config)
        assert "latestCampaignUpdate" not in shown
        new = version(sim, here, films.solution)
        became_active = here.personalize.describe_solution_version(solutionVersionArn=new)["solutionVersion"]
        sim.clock.tick(minutes=1)
        shown = describe(here, arn)
        update = shown["latestCampaignUpdate"]
        assert (shown["solutionVersionArn"], shown["status"]) == (films.version, "ACTIVE")
        assert (update["solutionVersionArn"], update["status"]) == (new, "CREATE IN_PROGRESS")
        assert update["creationDateTime"] == became_active["lastUpdatedDateTime"]
        assert "campaignConfig" not in update
        sim.clock.tick(minutes=4)
        shown = describe(here, arn)
        assert (shown["solutionVersionArn"], shown["latestCampaignUpdate"]["status"]) == (new, "ACTIVE")
        assert shown["campaignConfig"] == config
        assert describe(here, films.campaign)["solutionVersionArn"] == films.version

    def test_waiting(self, sim: Simulation, here: Account, films: Deployment) -> None:
        """A version that becomes ACTIVE while the campaign is busy is followed afterwards; older ones are not."""
        with_sync = {"syncWithLatestSolutionVersion": True}
        first = here.personalize.create_solution_version(solutionArn=films.solution)["solutionVersionArn"]
        sim.clock.tick(minutes=23)
        arn = campaign(here, "latest", f"{films.solution}/$LATEST", campaignConfig=with_sync)
        sim.clock.tick(minutes=1)
        second = here.personalize.create_solution_version(solutionArn=films.solution)["solutionVersionArn"]
        sim.clock.tick(minutes=1)
        assert describe(here, arn)["status"] == "CREATE IN_PROGRESS"
        sim.clock.tick(minutes=4)  # created, and updating at once
        assert describe(here, arn)["latestCampaignUpdate"]["solutionVersionArn"] == first
        sim.clock.tick(minutes=19)
        here.personalize.update_campaign(campaignArn=arn, minProvisionedTPS=3)
        sim.clock.tick(minutes=1)
        assert describe(here, arn)["latestCampaignUpdate"]["solutionVersionArn"] == first
        sim.clock.tick(minutes=4)
        shown = describe(here, arn)
        assert (shown["solutionVersionArn"], shown["minProvisionedTPS"]) == (first, 3)
        assert shown["latestCampaignUpdate"]["solutionVersionArn"] == second
        sim.clock.tick(minutes=5)
        assert describe(here, arn)["solutionVersionArn"] == second
        sim.clock.tick(hours=1)
        assert describe(here, arn)["latestCampaignUpdate"]["status"] == "ACTIVE"

    def test_a_stopped_training_is_not_followed(self, sim: Simulation, here: Account, films: Deployment) -> None:
        config = {"syncWithLatestSolutionVersion": True}
        arn = campaign(here, "latest", f"{films.solution}/$LATEST", campaignConfig=config)
        new = here.personalize.create_solution_version(solutionArn=films.solution)["solutionVersionArn"]
        here.personalize.stop_solution_version_creation(solutionVersionArn=new)
        sim.clock.tick(hours=1)
        assert "latestCampaignUpdate" not in describe(here, arn)

    def test_what_following_needs(self, sim: Simulation, here: Account, films: Deployment) -> None:
        config = {"syncWithLatestSolutionVersion": True}
        wording = "syncWithLatestSolutionVersion needs a solutionVersionArn in SolutionArn/$LATEST format."
        before = dump(sim._host.world)
        with refused("InvalidInputException", wording):
            campaign(here, "latest", films.version, campaignConfig=config)
        with refused("InvalidInputException", wording):
            here.personalize.update_campaign(campaignArn=films.campaign, campaignConfig=config)
        assert dump(sim._host.world) == before
        here.personalize.update_campaign(
            campaignArn=films.campaign, solutionVersionArn=f"{films.solution}/$LATEST", campaignConfig=config
        )
        sim.clock.tick(minutes=5)
        with refused("InvalidInputException", wording):
            here.personalize.update_campaign(campaignArn=films.campaign, solutionVersionArn=films.version)
        here.personalize.update_campaign(campaignArn=films.campaign, minProvisionedTPS=2, campaignConfig=config)
        sim.clock.tick(minutes=5)
        new = version(sim, here, films.solution)
        sim.clock.tick(minutes=5)
        assert describe(here, films.campaign)["solutionVersionArn"] == new
        here.personalize.update_campaign(
            campaignArn=films.campaign,
            solutionVersionArn=films.version,
            campaignConfig={"syncWithLatestSolutionVersion": False},
        )
        sim.clock.tick(minutes=5)
        version(sim, here, films.solution)
        sim.clock.tick(minutes=5)
        assert describe(here, films.campaign)["solutionVersionArn"] == films.version


class TestConfiguration:
    @pytest.mark.parametrize(
        ("name", "value", "wanted"),
        [
            ("explorationWeight", "1.1", "a number from 0 to 1"),
            ("explorationWeight", "-0.1", "a number from 0 to 1"),
            ("explorationWeight", "much", "a number from 0 to 1"),
            ("explorationWeight", "nan", "a number from 0 to 1"),
            ("explorationItemAgeCutOff", "0", "a number above 0"),
            ("explorationItemAgeCutOff", "-3", "a number above 0"),
            ("exploration_weight", "0.5", None),
        ],
    )
    def test_exploration_out_of_bounds(
        self, sim: Simulation, here: Account, films: Deployment, name: str, value: str, wanted: str | None
    ) -> None:
        wording = f"Invalid value of the hyperparameter {name}: {value}. It must be {wanted}."
        if wanted is None:
            known = "explorationWeight, explorationItemAgeCutOff"
            wording = f"Unknown hyperparameter in itemExplorationConfig: {name}. There are: {known}."
        config = {"itemExplorationConfig": {name: value}}
        before = dump(sim._host.world)
        with refused("InvalidInputException", wording):
            campaign(here, "other", films.version, campaignConfig=config)
        with refused("InvalidInputException", wording):
            here.personalize.update_campaign(campaignArn=films.campaign, campaignConfig=config)
        assert dump(sim._host.world) == before


class TestUpdates:
    def test_as_recorded(self, sim: Simulation, here: Account, films: Deployment) -> None:
        """[resp-023] [resp-042]"""
        new = version(sim, here, films.solution)
        calls: list[dict[str, Any]] = [{"solutionVersionArn": new}, {"minProvisionedTPS": 3}, {"campaignConfig": {}}]
        for given in calls:
            answer = here.personalize.update_campaign(campaignArn=films.campaign, **given)
            assert answer["campaignArn"] == films.campaign
            seen = []
            for _ in range(6):
                shown = describe(here, films.campaign)
                update = shown["latestCampaignUpdate"]
                assert update.keys() == {
                    *("solutionVersionArn", "status", "creationDateTime", "lastUpdatedDateTime"),
                    *given,
                }
                if update["status"] != "ACTIVE":
                    assert shown["lastUpdatedDateTime"] == update["creationDateTime"]
                seen.append((shown["status"], update["status"]))
                sim.clock.tick(minutes=1)
            assert list(dict.fromkeys(seen)) == [
                ("ACTIVE", "CREATE PENDING"),
                ("ACTIVE", "CREATE IN_PROGRESS"),
                ("ACTIVE", "ACTIVE"),
            ]
            shown = describe(here, films.campaign)
            assert shown["solutionVersionArn"] == new
        assert shown["minProvisionedTPS"] == 3

    def test_what_is_refused(self, sim: Simulation, here: Account, films: Deployment) -> None:
        other = version(sim, here, solution(here, films, "aws-user-personalization"))
        arn = campaign(here, "more", films.version)
        update = here.personalize.update_campaign
        with refused("ResourceInUseException", f"{arn} cannot be updated: its status must be ACTIVE or CREATE FAILED."):
            update(campaignArn=arn, minProvisionedTPS=2)
        with refused("ResourceInUseException", f"{arn} cannot be deleted while its creation is in progress."):
            here.personalize.delete_campaign(campaignArn=arn)
        sim.clock.tick(minutes=5)
        with refused(
            "InvalidInputException",
            f"The campaign {arn} deploys versions of {films.solution}; {other} is a version of another solution.",
        ):
            update(campaignArn=arn, solutionVersionArn=other)
        update(campaignArn=arn, minProvisionedTPS=2)
        before = dump(sim._host.world)
        with refused("ResourceInUseException", f"{arn} cannot be updated: its status must be ACTIVE or CREATE FAILED."):
            update(campaignArn=arn, solutionVersionArn=films.version)
        with refused("ResourceInUseException", f"{arn} cannot be deleted while its update is in progress."):
            here.personalize.delete_campaign(campaignArn=arn)
        assert dump(sim._host.world) == before
        sim.clock.tick(minutes=5)
        update(campaignArn=arn, solutionVersionArn=films.version)
        sim.clock.tick(minutes=5)
        here.personalize.delete_campaign(campaignArn=arn)


def test_deletion(sim: Simulation, here: Account, films: Deployment) -> None:
    """[life-014]"""
    here.personalize.delete_campaign(campaignArn=films.campaign)
    with refused("InvalidInputException", f"{films.campaign} does not exist or is not active yet."):
        here.runtime.get_recommendations(campaignArn=films.campaign, userId="u1")
    with refused(
        "ResourceInUseException", f"{films.campaign} cannot be updated: its status must be ACTIVE or CREATE FAILED."
    ):
        here.personalize.update_campaign(campaignArn=films.campaign, minProvisionedTPS=2)
    seen = []
    for _ in range(16):
        seen.append(describe(here, films.campaign)["status"])
        sim.clock.tick(minutes=1)
    assert list(dict.fromkeys(seen)) == ["DELETE PENDING", "DELETE IN_PROGRESS"]
    with refused("ResourceNotFoundException", f"The given campaign does not exist: {films.campaign}"):
        describe(here, films.campaign)
    assert campaign(here, "films", films.version) == films.campaign


def test_a_jump_is_as_many_steps() -> None:
    """What a following campaign does depends on when things became due, not on when anyone looked."""
    worlds = []
    for minutes in (1, 60):
        with simulate(start=START, durations={"campaign": timedelta(minutes=30)}) as sim:
            on = account()
            films = deploy(on, partial(sim.clock.tick, hours=1), some_interactions())
            config = {"syncWithLatestSolutionVersion": True}
            campaign(on, "latest", f"{films.solution}/$LATEST", campaignConfig=config)
            on.personalize.create_solution_version(solutionArn=films.solution)
            for _ in range(120 // minutes):
                sim.clock.tick(minutes=minutes)
                on.personalize.list_schemas()
            worlds.append(dump(sim._host.world))
    assert worlds[0] == worlds[1]
