"""CloudWatch: moto's asks here for the metrics of Personalize whenever it is asked for metrics itself.

Nothing is pushed: what the world has counted is shown as it stands, so a call costs no more than its count.
Timestamps are the beginnings of minutes, as CloudWatch's are, or of the windows of metric attributions.
"""

from __future__ import annotations

from itertools import chain

from moto.core.common_models import CloudWatchMetricProvider

from simulator.arns import Home
from simulator.aws import gateway
from simulator.clock import MINUTE, datetime_of
from simulator.resources.monitoring import NAMESPACE, UNITS, Tally


class PersonalizeMetrics(CloudWatchMetricProvider):
    """moto finds it among the subclasses of its provider."""

    @staticmethod
    def get_cloudwatch_metrics(account_id: str, region: str) -> list[object]:
        """The metrics of an account and region up to now, a datum a minute (or window) and resource."""
        from moto.cloudwatch.models import MetricAggregatedDatum

        host = gateway.current_host()
        if host is None:
            return []
        home = Home(account_id, region)
        with host.lock:
            host.settle()
            metrics = ((key, tally, UNITS.get(key.name, "Count")) for key, tally in host.world.metrics.items())
            figures = ((key, Tally(1, *[total.value] * 3), "None") for key, total in host.world.figures.items())
            return [
                MetricAggregatedDatum(
                    namespace=NAMESPACE,
                    name=key.name,
                    dimensions=[{"Name": name, "Value": value} for name, value in key.dimensions],
                    timestamp=datetime_of(key.minute * MINUTE).replace(tzinfo=None),
                    unit=unit,
                    sample_count=tally.samples,
                    sum_stat=tally.total,
                    min_stat=tally.least,
                    max_stat=tally.most,
                )
                for key, tally, unit in chain(metrics, figures)
                if key.home == home
            ]
