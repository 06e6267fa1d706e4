"""A cinema whose films and viewers are known: three tastes, and a campaign that has learnt them."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest
from cinema.recommendations import Recommendations

from simulator import Deployment, Simulation

OPENED = datetime(2026, 1, 5, 9, tzinfo=UTC)
TASTES = ("comedy", "drama", "western")


def watched_films() -> pd.DataFrame:
    """Of each taste 30 viewers and 20 films; every viewer has watched 15 of them, one an hour."""
    rows = []
    for taste in TASTES:
        for viewer in range(30):
            for hour in range(15):
                film = f"{taste}-{(viewer + hour) % 20 + 1}"
                rows.append((f"{taste}-fan-{viewer + 1}", film, "watch", int(OPENED.timestamp()) - 3600 * (20 - hour)))
    return pd.DataFrame(rows, columns=["USER_ID", "ITEM_ID", "EVENT_TYPE", "TIMESTAMP"])


@pytest.fixture
def deployed(personalize_sim: Simulation) -> Deployment:
    """User-Personalization, trained and deployed, in a simulation that begins when the cinema opens."""
    return personalize_sim.deploy(
        watched_films(),
        name="cinema",
        filters={"unseen": 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("watch")'},
    )


@pytest.fixture
def recommendations(deployed: Deployment) -> Recommendations:
    """The application's own client of what is deployed."""
    assert deployed.campaign_arn is not None
    assert deployed.tracking_id is not None
    return Recommendations(
        deployed.campaign_arn, deployed.tracking_id, ["drama-1", "drama-2"], deployed.filter_arns["unseen"]
    )
