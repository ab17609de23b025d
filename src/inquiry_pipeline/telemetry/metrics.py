"""Every metric that processes record, in groups. `Metrics` is built in `wiring` and passed to whoever records.

What each is called and what it means stands in `definitions`; what is read from the database at every scrape in
`readings`. Labels are bounded: route templates, departments and label sets, never identifiers or texts.
"""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry

from inquiry_pipeline.core.assessment import Assessment
from inquiry_pipeline.core.feedback import Feedback
from inquiry_pipeline.core.prediction import Prediction
from inquiry_pipeline.core.routing import RoutingDecision
from inquiry_pipeline.telemetry import definitions
from inquiry_pipeline.telemetry.groups import ApiMetrics, ModelMetrics, PipelineMetrics, ProcessMetrics, RoutingMetrics

__all__ = ["ApiMetrics", "Metrics", "ModelMetrics", "PipelineMetrics", "ProcessMetrics", "RoutingMetrics"]

SUBMIT: Final = ("POST", "/api/v1/inquiries/submit")
"""Method and route by which inquiries are submitted."""

_TASKS: Final = ("category", "sentiment", "urgency")


class Metrics:
    """All metrics on one registry. In several processes, prometheus_client sums them through its folder."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.api = definitions.api(registry)
        self.model = definitions.model(registry)
        self.pipeline = definitions.pipeline(registry)
        self.routing = definitions.routing(registry)
        self.process = definitions.process(registry)
        self._begin_at_zero()

    def _begin_at_zero(self) -> None:
        """Show what has not happened yet as 0: the increase from nothing to the first time is no increase."""
        for counter, labels in (
            (self.model.fallbacks, ("bundle", "inference")),
            (self.model.cache_lookups, ("hit", "miss", "error")),
            (self.pipeline.accepted, ("http",)),
            (self.pipeline.recorded, ("request", "worker")),
            (self.routing.rules_reloads, ("loaded", "rejected")),
        ):
            for label in labels:
                counter.labels(label)
        for task in _TASKS:
            for kind in ("corrected", "confirmed"):
                self.pipeline.feedback.labels(task, kind)
        # What the objectives count: a first refusal would be none, and so would be a first slow answer.
        self.api.latency.labels(*SUBMIT)
        for status in ("201", "202", "500", "503"):
            self.api.requests.labels(*SUBMIT, status)

    def record_prediction(self, prediction: Prediction) -> None:
        """Count one prediction that was stored or returned."""
        self.model.confidence.labels("category").observe(prediction.confidence)
        self.model.confidence.labels("sentiment").observe(prediction.sentiment_confidence)
        self.model.confidence.labels("urgency").observe(prediction.urgency_confidence)
        self.model.predictions.labels("category", prediction.category).inc()
        self.model.predictions.labels("sentiment", prediction.sentiment).inc()
        self.model.predictions.labels("urgency", prediction.urgency).inc()
        if prediction.abstained:
            self.model.abstentions.inc()

    def record_stage(self, stage: str, started: float) -> None:
        """Note how long a stage took that began at `started` (`time.perf_counter`)."""
        self.pipeline.stage_seconds.labels(stage).observe(time.perf_counter() - started)

    def record_stored(self, stored: Sequence[Assessment], now: datetime, *, by: str) -> None:
        """Count inquiries that were recorded just now, by whom, and the time since each was accepted."""
        self.pipeline.recorded.labels(by).inc(len(stored))
        for one in stored:
            self.routing.categories.labels(one.prediction.category).inc()
            self.pipeline.seconds_to_route.observe(max((now - one.inquiry.created_at).total_seconds(), 0.0))

    def record_feedback(self, feedback: Feedback) -> None:
        """Count what a person said of a prediction."""
        for task in feedback.labels:
            self.pipeline.feedback.labels(task, "corrected" if task in feedback.corrected else "confirmed").inc()

    def record_decisions(self, decisions: Iterable[RoutingDecision]) -> None:
        """Count routing decisions that were stored."""
        for decision in decisions:
            state = "waiting" if decision.waiting else "assigned"
            self.routing.decisions.labels(decision.department, decision.priority, state).inc()
            self.routing.priority_score.observe(decision.priority_score)
            if decision.triaged:
                self.routing.triaged.inc()
            if decision.escalated:
                self.routing.escalations.labels(decision.department, str(decision.escalation_level)).inc()
