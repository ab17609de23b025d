"""The page docs/metrics.md: `python -m inquiry_pipeline.telemetry.catalogue > docs/metrics.md`.

A test compares the page with what this gives.
"""

import sys
from collections.abc import Iterator
from dataclasses import fields
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from inquiry_pipeline.telemetry.metrics import Metrics
from inquiry_pipeline.telemetry.readings import READINGS

_TITLES: Final = {
    "api": "Requests",
    "model": "The model",
    "pipeline": "The pipeline and its workers",
    "routing": "Decisions",
    "process": "Processes",
}

_INTRODUCTION: Final = """# Metrics

`GET /api/v1/metrics` gives every metric in Prometheus's text format. Under `inquiry up` that is the sum over all
processes, whichever of them answers; a worker that runs by itself serves its own on `INQUIRY_METRICS_HOST` (127.0.0.1)
and `INQUIRY_METRICS_PORT`.
This page is made by `python -m inquiry_pipeline.telemetry.catalogue`, from the definitions in the code.

- A counter `x_total` only grows, and begins at 0 with the program: ask for `rate(x_total[5m])` or `increase(...)`.
- A histogram `x` has `x_bucket{le="..."}`, `x_sum` and `x_count`; the table shows its edges.
- What is read from the database at every scrape is the same at every API that shares it: take `max`, not `sum`, over
  `instance`. What the database does not say within three seconds is left out; only an answer that does not come at all
  makes `inquiry_database_up` 0.
- Labels are bounded: route templates, methods, status codes, departments, categories, levels. No identifier, address or
  text of anybody is ever one.
"""


def catalogue() -> str:
    """The page, as Markdown."""
    metrics = Metrics(CollectorRegistry())
    parts = [_INTRODUCTION]
    for group, title in _TITLES.items():
        values = getattr(metrics, group)
        rows = [_row(getattr(values, one.name)) for one in fields(values)]
        parts.append(_table(title, rows))
    read = [(one.name, "gauge", ", ".join(one.labels), one.description) for one in READINGS]
    parts.append(_table("Read at every scrape", read))
    return "\n".join(parts)


def _row(metric: Counter | Gauge | Histogram) -> tuple[str, str, str, str]:
    [family] = metric.describe()
    name = f"{family.name}_total" if family.type == "counter" else family.name
    said = family.documentation
    if isinstance(metric, Histogram):
        said += f" Edges: {', '.join(_edges(metric))}."
    return name, family.type, ", ".join(metric._labelnames), said


def _edges(metric: Histogram) -> Iterator[str]:
    return (f"{edge:g}" for edge in metric._kwargs["buckets"] if edge != float("inf"))


def _table(title: str, rows: list[tuple[str, str, str, str]]) -> str:
    lines = [f"| `{name}` | {kind} | {labels} | {said} |" for name, kind, labels, said in rows]
    return "\n".join([f"## {title}\n", "| name | type | labels | meaning |", "|---|---|---|---|", *lines, ""])


if __name__ == "__main__":
    sys.stdout.write(catalogue())
