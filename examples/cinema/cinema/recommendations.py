"""What the application asks of Amazon Personalize, and what it tells it. It knows nothing of any simulator."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import boto3
from botocore.exceptions import ClientError

# What PutEvents takes in one call.
_MOST_EVENTS = 10


@dataclass(frozen=True)
class Watched:
    """A film that was watched, and when."""

    film: str
    at: datetime


class Recommendations:
    """Films for users, by a campaign; `favourites` are shown when it cannot be asked."""

    def __init__(self, campaign_arn: str, tracking_id: str, favourites: list[str], unseen_filter: str) -> None:
        self._campaign_arn = campaign_arn
        self._tracking_id = tracking_id
        self._favourites = favourites
        self._unseen_filter = unseen_filter
        self._runtime = boto3.client("personalize-runtime")
        self._events = boto3.client("personalize-events")

    def for_user(self, user: str, count: int = 10) -> list[str]:
        """Films that the user has not watched, best first."""
        try:
            answer = self._runtime.get_recommendations(
                campaignArn=self._campaign_arn, userId=user, numResults=count, filterArn=self._unseen_filter
            )
        except ClientError:
            return self._favourites[:count]
        return [item["itemId"] for item in answer["itemList"]]

    def watched(self, user: str, session: str, films: Iterable[Watched]) -> None:
        """Tells the service what a user has watched in a session."""
        events = [{"eventType": "watch", "itemId": each.film, "sentAt": each.at} for each in films]
        for first in range(0, len(events), _MOST_EVENTS):
            self._events.put_events(
                trackingId=self._tracking_id,
                userId=user,
                sessionId=session,
                eventList=events[first : first + _MOST_EVENTS],
            )
