"""How long things take: virtual time from a create or delete call to its outcome.

Source: beside each line. `article` is the 2022 engineer's report (spec 08), `life-` and `resp-` are recordings
(spec 09); the rest is assumed (docs/assumptions.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from simulator.clock import MINUTE, SECOND, Micros, micros_in

OBSERVED: Mapping[str, Micros] = MappingProxyType(
    {
        "dataset_group": 30 * SECOND,  # resp-053: 28 s
        "dataset": 30 * SECOND,  # life-006
        "event_tracker": 30 * SECOND,  # life-007: one or two polls of 15 s
        "dataset_import_job": 5 * MINUTE,  # article; life-003
        "dataset_export_job": 5 * MINUTE,  # assumed: as an import
        "solution": 0,  # resp-004, resp-006: ACTIVE from its creation
        "solution_version": 25 * MINUTE,  # article
        "campaign": 5 * MINUTE,  # article
        "campaign_update": 5 * MINUTE,  # article: about as long as a creation
        "dataset_update": 110 * SECOND,  # life-001
        "solution_update": 5 * MINUTE,  # the guide: "a few minutes"
        "solution_version_stop": 5 * MINUTE,  # assumed
        "recommender": 60 * MINUTE,  # assumed: a training and a deployment
        "recommender_update": 10 * MINUTE,  # assumed: as a campaign's
        "recommender_stop": 5 * MINUTE,  # assumed
        "recommender_start": 5 * MINUTE,  # assumed
        "filter": 90 * SECOND,  # life-008
        "filter_update": 15 * MINUTE,  # the guide: filters see what is put "within 15 minutes"
        "metric_attribution": 30 * SECOND,  # assumed: as an event tracker's
        "metric_attribution_update": 30 * SECOND,  # assumed
        "batch_inference_job": 13 * MINUTE,  # life-010
        "batch_segment_job": 8 * MINUTE,  # life-011
        "data_deletion_job": 60 * MINUTE,  # the API reference: "can take up to a day"
        "dataset_group_deletion": 30 * SECOND,  # assumed: as a dataset's
        "dataset_deletion": 30 * SECOND,  # life-014: 3 polls of 10 s
        "event_tracker_deletion": 30 * SECOND,  # assumed: as a dataset's
        "solution_deletion": 10 * SECOND,  # life-014: 0 to 2 polls of 10 s
        "campaign_deletion": 16 * MINUTE,  # life-014: 97 polls of 10 s
        "recommender_deletion": 17 * MINUTE,  # life-014: 105 polls of 10 s
        "filter_deletion": 10 * SECOND,  # life-014: 0 to 2 polls of 10 s
        "metric_attribution_deletion": 30 * SECOND,  # assumed: as an event tracker's
    }
)

# CREATE PENDING lasts for a tenth of the whole, at most this long (life-002, -009: one poll of 60 s saw it).
LONGEST_PENDING: Micros = 30 * SECOND


@dataclass(frozen=True)
class Durations:
    """A profile of durations, by resource, in microseconds of virtual time."""

    by_resource: Mapping[str, Micros]

    def __getitem__(self, resource: str) -> Micros:
        return self.by_resource[resource]

    def pending(self, resource: str) -> Micros:
        """How long a resource is PENDING before it is IN_PROGRESS."""
        return min(self[resource] // 10, LONGEST_PENDING)


def durations(profile: str | Mapping[str, timedelta]) -> Durations:
    """The profile of a name (`"observed"`, `"instant"`), or the observed one with some resources replaced.

    Raises ValueError for an unknown profile or resource, or a negative duration; TypeError for a value that is
    no timedelta.
    """
    if profile == "observed":
        return Durations(OBSERVED)
    if profile == "instant":
        return Durations(MappingProxyType(dict.fromkeys(OBSERVED, 0)))
    if isinstance(profile, str) or not isinstance(profile, Mapping):
        raise ValueError(f"durations must be 'observed', 'instant' or a mapping, not {profile!r}")
    replaced = dict(OBSERVED)
    for resource, duration in profile.items():
        if resource not in OBSERVED:
            raise ValueError(f"no duration is named {resource!r}; there are {', '.join(OBSERVED)}")
        if not isinstance(duration, timedelta):
            raise TypeError(f"the duration of {resource} must be a timedelta, not {duration!r}")
        if duration < timedelta(0):
            raise ValueError(f"the duration of {resource} must not be negative")
        replaced[resource] = micros_in(duration)
    return Durations(MappingProxyType(replaced))
