"""What this machine's processes counted since they started, read from their metrics."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.parser import text_string_to_metric_families

from inquiry_pipeline.telemetry.exposition import exposition
from inquiry_pipeline.telemetry.readings import ReadingsNow

_INFERENCE = "inquiry_model_inference_seconds"
_FALLBACKS = "inquiry_model_fallbacks"
_LOOKUPS = "inquiry_prediction_cache_lookups"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantiles:
    """How many values there were, and what half of them and 95 % of them did not exceed; None where there were none."""

    count: int
    p50: float | None
    p95: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFigures:
    """Seconds of forward passes, messages that keyword rules answered by reason, look-ups in the cache by result."""

    inference_seconds: Quantiles
    fallback: Mapping[str, int]
    cache: Mapping[str, int]


def machine_figures(own: CollectorRegistry) -> MachineFigures:
    """The figures of all processes of this machine together, of which this one has its metrics on `own`."""
    lines = exposition(own, ReadingsNow(dict)).decode().splitlines(keepends=True)
    wanted = "".join(line for line in lines if any(name in line for name in (_INFERENCE, _FALLBACKS, _LOOKUPS)))
    families = {one.name: one for one in text_string_to_metric_families(wanted)}
    return MachineFigures(
        inference_seconds=_quantiles(families.get(_INFERENCE)),
        fallback=_counts(families.get(_FALLBACKS), "reason"),
        cache={"hit": 0, "miss": 0} | _counts(families.get(_LOOKUPS), "result"),
    )


def _counts(family: Metric | None, label: str) -> dict[str, int]:
    samples = family.samples if family else []
    return {one.labels[label]: int(one.value) for one in samples if one.name.endswith("_total")}


def _quantiles(family: Metric | None) -> Quantiles:
    samples = family.samples if family else []
    up_to = sorted((float(one.labels["le"]), one.value) for one in samples if one.name.endswith("_bucket"))
    count = up_to[-1][1] if up_to else 0.0
    return Quantiles(count=int(count), p50=_quantile(0.5, up_to), p95=_quantile(0.95, up_to))


def _quantile(share: float, up_to: Sequence[tuple[float, float]]) -> float | None:
    """As Prometheus's histogram_quantile: values are taken to be spread evenly over their bin.

    `up_to` has each bin's upper end, and how many values there are up to it. What is beyond the last finite end counts
    as that.
    """
    wanted = share * up_to[-1][1] if up_to else 0.0
    lower, below = 0.0, 0.0
    for upper, number in up_to:
        if number >= wanted > 0:
            return lower if math.isinf(upper) else lower + (upper - lower) * (wanted - below) / (number - below)
        lower, below = upper, number
    return None
