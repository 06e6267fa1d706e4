"""What a scenario will take on AWS, in time and money, estimated from how it went in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from simulator.clock import HOUR, micros_in, micros_of
from simulator.durations import OBSERVED
from simulator.resources.solution_versions import BILLED_HOURS_PER_HOUR
from simulator.scenario.outcome import Asked, Event

_PRICES = Path(__file__).with_name("prices.yaml")
_GIGABYTE = 1e9
_REQUESTS_IN_TPS_HOUR = 3600
# How long the last deletions take, after those of campaigns and recommenders.
_LAST_DELETIONS = timedelta(minutes=2)

# What runs and is paid for by the hour, and the calls that begin and end it.
_BEGIN = {
    "personalize.create_campaign": "campaignArn",
    "personalize.create_recommender": "recommenderArn",
    "personalize.start_recommender": "recommenderArn",
}
_END = {
    "personalize.delete_campaign": "campaignArn",
    "personalize.delete_recommender": "recommenderArn",
    "personalize.stop_recommender": "recommenderArn",
}
_NOT_ESTIMATED = {
    "personalize.create_batch_inference_job": "batch inference jobs",
    "personalize.create_batch_segment_job": "batch segment jobs",
}


class Prices(Struct, frozen=True, forbid_unknown_fields=True):
    """Public prices of one region; where they are from is with them."""

    source: str
    region: str
    currency: str
    gigabyte_ingested: float
    training_hour: float
    thousand_requests: float
    recommender_hour: float
    requests_in_recommender_hour: int
    thousand_more_requests: float


@dataclass(frozen=True)
class Usage:
    """What a story used."""

    gigabytes: float
    training_hours: float
    campaign_tps_hours: float
    campaign_requests: int
    recommender_hours: float
    recommender_tps_hours: float
    recommender_requests: int
    deletions: timedelta  # what they will take when it is over
    not_estimated: list[str]


class Item(Struct, frozen=True):
    """A line of an estimate."""

    what: str
    cost: float


class Estimate(Struct, frozen=True, kw_only=True):
    """What a run will take; its text is what is shown before it is confirmed."""

    length: timedelta
    items: list[Item]
    currency: str
    notes: list[str]

    @property
    def cost(self) -> float:
        """All lines together."""
        return sum(item.cost for item in self.items)

    def __str__(self) -> str:
        lines = [f"it takes about {_rounded(self.length)}, and costs about {self.cost:.2f} {self.currency}:"]
        lines += [f"  {item.cost:8.2f}  {item.what}" for item in self.items]
        return "\n".join([*lines, *self.notes])


@cache
def prices() -> Prices:
    """The prices that the package has."""
    return msgspec.yaml.decode(_PRICES.read_bytes(), type=Prices)


@dataclass
class Meter:
    """Listens to a story and adds up what it uses; `now` is its clock."""

    now: Callable[[], datetime]
    _bytes: int = 0
    _requests: dict[str, int] = field(default_factory=lambda: {"campaignArn": 0, "recommenderArn": 0})
    _tps: dict[str, int] = field(default_factory=dict)  # by ARN, the most it was created or updated with
    _running: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    _hours: list[tuple[str, str, float]] = field(default_factory=list)
    _not_estimated: set[str] = field(default_factory=set)

    def __call__(self, event: Event) -> None:
        """Hears of an event of the story."""
        if not isinstance(event, Asked) or event.error is not None:
            return
        request = event.request
        if event.call == "s3.put_object":
            self._bytes += len(request.get("Body", ""))
        elif event.call.startswith("personalize-events."):
            self._bytes += len(json.dumps(request, default=str))
        elif event.call.startswith("personalize-runtime."):
            self._requests["recommenderArn" if "recommenderArn" in request else "campaignArn"] += 1
        elif event.call in _NOT_ESTIMATED:
            self._not_estimated.add(_NOT_ESTIMATED[event.call])
        elif event.call == "personalize.create_solution" and (
            request.get("performHPO") or request.get("performAutoML")
        ):
            self._not_estimated.add("the further trainings of HPO and AutoML")
        self._note_running(event)

    def usage(self, trainings: Iterable[Any]) -> Usage:
        """What was used by now, with the trainings that the journal has."""
        now = self.now()
        deletions = [OBSERVED[f"{kind.removesuffix('Arn')}_deletion"] for kind, _ in self._running.values()]
        for arn in list(self._running):
            self._stop(arn)
        hours = sum(
            (each.ended if each.ended is not None else micros_of(now)) - each.instant
            for each in trainings
            if ":solution/" in each.arn
        )
        return Usage(
            gigabytes=self._bytes / _GIGABYTE,
            training_hours=hours / HOUR * BILLED_HOURS_PER_HOUR,
            campaign_tps_hours=self._tps_hours("campaignArn"),
            campaign_requests=self._requests["campaignArn"],
            recommender_hours=sum(hours for _, kind, hours in self._hours if kind == "recommenderArn"),
            recommender_tps_hours=self._tps_hours("recommenderArn"),
            recommender_requests=self._requests["recommenderArn"],
            deletions=timedelta(microseconds=max(deletions, default=0)) + _LAST_DELETIONS,
            not_estimated=sorted(self._not_estimated),
        )

    def _note_running(self, event: Asked) -> None:
        answer = event.answer if isinstance(event.answer, dict) else {}
        if event.call in _BEGIN or event.call.startswith("personalize.update_"):
            for kind in ("campaignArn", "recommenderArn"):
                if (arn := answer.get(kind)) is not None:
                    config = event.request.get("recommenderConfig", {})
                    tps = event.request.get("minProvisionedTPS", config.get("minRecommendationRequestsPerSecond", 1))
                    self._tps[arn] = max(tps, self._tps.get(arn, 1))
        if event.call in _BEGIN:
            kind = _BEGIN[event.call]
            self._running.setdefault(answer[kind], (kind, self.now()))
        elif event.call in _END:
            self._stop(event.request[_END[event.call]])

    def _stop(self, arn: str) -> None:
        if arn in self._running:
            kind, began = self._running.pop(arn)
            self._hours.append((arn, kind, micros_in(self.now() - began) / HOUR))

    def _tps_hours(self, kind: str) -> float:
        return sum(hours * self._tps[arn] for arn, each, hours in self._hours if each == kind)


def estimate(length: timedelta, usage: Usage, region: str, *, as_observed: bool = True) -> Estimate:
    """What a run of that length that uses so much will take, deletions included.

    `as_observed` is whether everything took as long as it was observed to take on AWS.
    """
    known = prices()
    items = []
    if usage.gigabytes:
        items.append(Item(f"{usage.gigabytes * 1000:.1f} MB of data", usage.gigabytes * known.gigabyte_ingested))
    if usage.training_hours:
        items.append(Item(f"{usage.training_hours:.1f} training hours", usage.training_hours * known.training_hour))
    if usage.campaign_tps_hours:
        billed = max(usage.campaign_tps_hours * _REQUESTS_IN_TPS_HOUR, usage.campaign_requests)
        what = f"{usage.campaign_tps_hours:.1f} hours of campaigns, by their least TPS"
        items.append(Item(what, billed / 1000 * known.thousand_requests))
    if usage.recommender_hours:
        billed = max(usage.recommender_tps_hours * _REQUESTS_IN_TPS_HOUR, usage.recommender_requests)
        more = max(0.0, billed - usage.recommender_hours * known.requests_in_recommender_hour)
        cost = usage.recommender_hours * known.recommender_hour + more / 1000 * known.thousand_more_requests
        items.append(Item(f"{usage.recommender_hours:.1f} hours of recommenders", cost))
    notes = [f"An estimate, which may be stale. Prices: {known.source}; those of {known.region}."]
    if region != known.region:
        notes.append(f"{region} has prices of its own.")
    if not as_observed:
        notes.append("It has durations of its own: there it takes longer, and costs more.")
    if usage.not_estimated:
        notes.append(f"Not in it: {', '.join(usage.not_estimated)}.")
    return Estimate(length=length + usage.deletions, items=items, currency=known.currency, notes=notes)


def _rounded(length: timedelta) -> str:
    minutes = max(1, round(length.total_seconds() / 60))
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"
