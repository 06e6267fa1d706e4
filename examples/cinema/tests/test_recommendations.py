"""What the application promises, held against what Amazon Personalize is documented to do."""

from __future__ import annotations

from datetime import timedelta

import boto3
import pytest
from cinema.recommendations import Recommendations, Watched

from simulator import Deployment, Simulation, compare

pytestmark = pytest.mark.personalize(start="2026-01-05T09:00:00Z")


def westerns(sim: Simulation, count: int) -> list[Watched]:
    """Films of another taste, watched in the last minutes."""
    now = sim.clock.now()
    return [Watched(f"western-{number}", now - timedelta(minutes=count - number)) for number in range(1, count + 1)]


def test_viewers_are_shown_what_they_like_and_have_not_seen(recommendations: Recommendations) -> None:
    shown = recommendations.for_user("comedy-fan-1", count=5)
    assert sorted(shown) == ["comedy-16", "comedy-17", "comedy-18", "comedy-19", "comedy-20"]


def test_what_is_watched_counts_at_once_for_its_viewer_alone(
    personalize_sim: Simulation, recommendations: Recommendations
) -> None:
    mine, another = recommendations.for_user("comedy-fan-1"), recommendations.for_user("drama-fan-1")
    recommendations.watched("comedy-fan-1", "evening", westerns(personalize_sim, 8))
    moved = compare(mine, recommendations.for_user("comedy-fan-1"))
    assert any(film.startswith("western") for film in moved.entered), moved
    compare(another, recommendations.for_user("drama-fan-1")).assert_same_order()


def test_a_long_evening_is_told_in_several_calls(personalize_sim: Simulation, recommendations: Recommendations) -> None:
    recommendations.watched("comedy-fan-1", "evening", westerns(personalize_sim, 20))
    personalize_sim.journal.assert_events(user="comedy-fan-1", session="evening", times=20)


def test_without_a_campaign_there_are_the_favourites(
    personalize_sim: Simulation, deployed: Deployment, recommendations: Recommendations
) -> None:
    boto3.client("personalize").delete_campaign(campaignArn=deployed.campaign_arn)
    personalize_sim.clock.tick(hours=1)
    assert recommendations.for_user("comedy-fan-1", count=1) == ["drama-1"]


def test_a_film_that_opens_is_known_after_the_next_training(
    deployed: Deployment, recommendations: Recommendations
) -> None:
    deployed.put_events(
        [
            {"USER_ID": f"western-fan-{viewer}", "ITEM_ID": "western-premiere", "EVENT_TYPE": "watch"}
            for viewer in range(1, 26)
        ]
    )
    assert "western-premiere" not in recommendations.for_user("western-fan-30")
    deployed.retrain()
    assert "western-premiere" in recommendations.for_user("western-fan-30")
