"""Trending-Now through boto3: trends are found as of the virtual present, again and again."""

from __future__ import annotations

import pandas as pd
import pytest
from support import account, dataset, import_csv

from simulator import simulate

RECIPE = "arn:aws:personalize:::recipe/aws-trending-now"
OLD = 1_600_000_000


@pytest.mark.rule("models.trending-old-data", "models.trending-again")
def test_trends_come_and_go_with_the_events() -> None:
    """Data of 2020 in 2026 have no trends; what is clicked now has one for four hours, with no word from anybody."""
    rows = [(f"u{n % 50}", f"old{n % 7 if n % 2 else 0}", OLD + n) for n in range(1400)]
    with simulate(start="2026-01-05T09:00:00Z") as sim:
        on = account()
        made = dataset(on, lambda: sim.clock.tick(hours=1))
        import_csv(on, made, pd.DataFrame(rows, columns=["USER_ID", "ITEM_ID", "TIMESTAMP"]))
        sim.clock.tick(hours=1)
        p = on.personalize
        solution = p.create_solution(
            name="trends", datasetGroupArn=made.group, recipeArn=RECIPE, performAutoTraining=False
        )["solutionArn"]
        sim.clock.tick(hours=1)
        version = p.create_solution_version(solutionArn=solution)["solutionVersionArn"]
        sim.clock.tick(hours=1)
        metrics = p.get_solution_metrics(solutionVersionArn=version)["metrics"]
        campaign = p.create_campaign(name="trends", solutionVersionArn=version)["campaignArn"]
        tracker = p.create_event_tracker(name="clicks", datasetGroupArn=made.group)["trackingId"]
        sim.clock.tick(hours=1)

        def first() -> str:
            answer = on.runtime.get_recommendations(campaignArn=campaign, numResults=1)["itemList"]
            item: str = answer[0]["itemId"]
            return item

        assert first() == "old0"
        for user in range(3):
            on.events.put_events(
                trackingId=tracker,
                userId=f"new{user}",
                sessionId="s",
                eventList=[{"eventType": "click", "itemId": "new", "sentAt": sim.clock.now()}],
            )
        assert first() == "old0"
        sim.clock.tick(hours=2)
        assert first() == "new"
        sim.clock.tick(hours=6)
        assert first() == "old0"
        assert p.get_solution_metrics(solutionVersionArn=version)["metrics"] == metrics
