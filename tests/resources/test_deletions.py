"""How resources go, through boto3."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from botocore.exceptions import ClientError
from support import Account, Deployment, deploy, refused, some_interactions

from simulator import Simulation, simulate
from simulator.resources.dump import dump


@pytest.fixture
def sim() -> Iterator[Simulation]:
    with simulate(start="2022-03-08T09:00:00Z", training="exact") as running:
        yield running


@pytest.fixture
def made(sim: Simulation, here: Account) -> Deployment:
    return deploy(here, lambda: sim.clock.tick(hours=1), some_interactions())


def seconds_to_go(sim: Simulation, describe: Callable[[], str], every: int) -> tuple[list[str], float]:
    """The statuses seen by polling until the resource is not found, and for how long it was."""
    seen: list[str] = []
    begun = sim.clock.now()
    while True:
        try:
            status = describe()
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ResourceNotFoundException"  # noqa: PT017 - it ends the loop
            return seen, (sim.clock.now() - begun).total_seconds()
        if status not in seen:
            seen.append(status)
        sim.clock.tick(seconds=every)


def test_a_campaign_takes_sixteen_minutes_to_go(sim: Simulation, here: Account, made: Deployment) -> None:
    """[life-014] 97 polls of ten seconds for a campaign, none to two for a solution, three for a dataset."""
    p = here.personalize
    p.delete_campaign(campaignArn=made.campaign)
    seen, lasted = seconds_to_go(
        sim, lambda: p.describe_campaign(campaignArn=made.campaign)["campaign"]["status"], every=10
    )
    assert (seen, lasted) == (["DELETE PENDING", "DELETE IN_PROGRESS"], 960)
    p.delete_solution(solutionArn=made.solution)
    _, lasted = seconds_to_go(
        sim, lambda: p.describe_solution(solutionArn=made.solution)["solution"]["status"], every=10
    )
    assert lasted <= 20
    with refused("ResourceNotFoundException", f"The given solution version does not exist: {made.version}"):
        p.describe_solution_version(solutionVersionArn=made.version)
    p.delete_dataset(datasetArn=made.dataset)
    _, lasted = seconds_to_go(sim, lambda: p.describe_dataset(datasetArn=made.dataset)["dataset"]["status"], every=10)
    assert lasted == 30


def test_deleting_twice(sim: Simulation, here: Account, made: Deployment) -> None:
    here.personalize.delete_campaign(campaignArn=made.campaign)
    sim.clock.tick(minutes=10)
    before = dump(sim._host.world)
    here.personalize.delete_campaign(campaignArn=made.campaign)
    assert dump(sim._host.world) == before
