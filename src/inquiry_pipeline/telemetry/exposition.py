"""Metrics as Prometheus reads them: one process, or all processes of this machine together."""

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that, set before Python starts, makes processes share their metrics through a folder."""


Reading: TypeAlias = Mapping[str, tuple[str, str, Mapping[str, float]]]
"""Gauges by name: what each says, the name of its one label (or ""), and a value for each value of that."""


class GaugesNow(Collector):
    """Gauges that are read when they are scraped, so that they are never out of date."""

    def __init__(self, read: Callable[[], Reading]) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        """One family for each reading."""
        for name, (description, label, values) in self._read().items():
            family = GaugeMetricFamily(name, description, labels=[label] if label else [])
            for label_value, value in values.items():
                family.add_metric([label_value] if label else [], value)
            yield family


def exposition(own: CollectorRegistry, gauges: GaugesNow) -> bytes:
    """Everything in Prometheus's text format."""
    if SHARED_FOLDER not in os.environ:
        return generate_latest(own) + generate_latest(_registry_of(gauges))
    everybody = CollectorRegistry()
    MultiProcessCollector(everybody)  # type: ignore[no-untyped-call]
    return generate_latest(everybody) + generate_latest(_registry_of(gauges))


def _registry_of(collector: Collector) -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    return registry
