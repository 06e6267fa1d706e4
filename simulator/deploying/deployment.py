"""What `sim.deploy` gives: the ARNs of all that was made, and short calls of it that give DataFrames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.clock import SimulatorError
from simulator.comparing import recommendations_frame
from simulator.deploying.calls import Calls
from simulator.deploying.events import calls_of

if TYPE_CHECKING:
    import pandas as pd

SYNC = "syncWithLatestSolutionVersion"


@dataclass(eq=False)
class Deployment:
    """An ACTIVE campaign or recommender, and all that was made for it.

    `recipe` is the recipe's name. `schema_arns`, `dataset_arns` and `import_job_arns` are by dataset type
    (`"Interactions"`), `filter_arns` by name. A custom recipe has a solution, its newest version and a campaign, a use
    case of a domain a recommender; the other ARNs are None. Without interactions there is no event tracker.

    Every method calls the service through boto3: what it refuses is botocore's ClientError. After the simulation they
    raise SimulatorError.
    """

    name: str
    recipe: str
    region: str
    bucket: str
    role_arn: str
    dataset_group_arn: str
    schema_arns: dict[str, str] = field(default_factory=dict)
    dataset_arns: dict[str, str] = field(default_factory=dict)
    import_job_arns: dict[str, str] = field(default_factory=dict)
    filter_arns: dict[str, str] = field(default_factory=dict)
    event_tracker_arn: str | None = None
    tracking_id: str | None = None
    solution_arn: str | None = None
    solution_version_arn: str | None = None
    campaign_arn: str | None = None
    recommender_arn: str | None = None
    _calls: Calls = field(kw_only=True, repr=False)

    def recommend(
        self, user_id: str | None = None, item_id: str | None = None, num_results: int | None = None, **more: Any
    ) -> pd.DataFrame:
        """What GetRecommendations answers now, as `recommendations_frame` makes a DataFrame of it.

        `more` are other members of the request (`filterArn=...`, `context=...`).
        """
        asked = {"userId": user_id, "itemId": item_id, "numResults": num_results, **more, **self._target()}
        given = {member: value for member, value in asked.items() if value is not None}
        return recommendations_frame(self._calls["personalize-runtime"].get_recommendations(**given))

    def rank(self, user_id: str, items: Sequence[str], **more: Any) -> pd.DataFrame:
        """What GetPersonalizedRanking answers now for these items, as a DataFrame like that of `recommend`."""
        answer = self._calls["personalize-runtime"].get_personalized_ranking(
            userId=user_id, inputList=list(items), **more, **self._target()
        )
        return recommendations_frame(answer)

    def put_events(self, events: pd.DataFrame | Sequence[Mapping[str, Any]]) -> None:
        """Puts events: rows with USER_ID, ITEM_ID, EVENT_TYPE, and what else the interactions have.

        TIMESTAMP is the virtual present if it is not given, SESSION_ID one session for each user; EVENT_ID may be
        given. A user's events of a session go out in their order, ten a call.

        Raises SimulatorError for columns that are missing, and if there is no event tracker.
        """
        if self.tracking_id is None:
            raise SimulatorError(f"{self.name} was deployed without interactions: it has no event tracker")
        for call in calls_of(events, self._calls.now()):
            self._calls["personalize-events"].put_events(trackingId=self.tracking_id, **call)

    def retrain(self) -> str:
        """Trains a new solution version with all data, and updates the campaign to it; the version's ARN.

        Virtual time passes as for every training and update.

        Raises SimulatorError if the training or the update fails, and for recommenders, which only train by
        themselves, every seven days.
        """
        if self.solution_arn is None:
            raise SimulatorError(
                f"{self.recipe} has a recommender, which cannot be trained on request: it trains itself every 7 days "
                "(clock.tick)"
            )
        personalize = self._calls["personalize"]
        version: str = personalize.create_solution_version(solutionArn=self.solution_arn, trainingMode="FULL")[
            "solutionVersionArn"
        ]
        self._calls.until_active("solution_version", version)
        campaign = personalize.describe_campaign(campaignArn=self.campaign_arn)["campaign"]
        assert self.campaign_arn is not None, "a solution of a deployment has a campaign"
        if not campaign.get("campaignConfig", {}).get(SYNC):
            personalize.update_campaign(campaignArn=self.campaign_arn, solutionVersionArn=version)
        self._calls.until_active("campaign", self.campaign_arn, "latestCampaignUpdate")
        self.solution_version_arn = version
        return version

    def _target(self) -> dict[str, str]:
        if self.recommender_arn is not None:
            return {"recommenderArn": self.recommender_arn}
        assert self.campaign_arn is not None, "there is the one or the other"
        return {"campaignArn": self.campaign_arn}
