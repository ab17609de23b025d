"""Every metric of the pipeline, defined once. `Metrics` is built in `wiring` and passed to whoever records.

Labels are bounded: route templates, departments and label sets, never identifiers or texts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Histogram

from inquiry_pipeline.core.feedback import Feedback
from inquiry_pipeline.core.prediction import Prediction
from inquiry_pipeline.core.routing import RoutingDecision

_FAST = (0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_CALLS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.975, 0.99, 1.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_SCORES = (10, 20, 30, 40, 50, 60, 70, 80, 90, 100)
_AGES = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0)


@dataclass(frozen=True, slots=True)
class ApiMetrics:
    """What the HTTP edge records."""

    requests: Counter
    latency: Histogram
    failures: Counter


@dataclass(frozen=True, slots=True)
class ModelMetrics:
    """What the predictor records."""

    inference_seconds: Histogram
    batch_size: Histogram
    confidence: Histogram
    predictions: Counter
    abstentions: Counter
    fallbacks: Counter
    cache_lookups: Counter
    backend_answers: Counter
    backend_seconds: Histogram
    explanations: Counter
    explanation_passes: Counter
    explanation_seconds: Histogram


@dataclass(frozen=True, slots=True)
class PipelineMetrics:
    """What accept, assess and record leave behind."""

    accepted: Counter
    recorded: Counter
    seconds_to_route: Histogram
    attempts_failed: Counter
    dead_letters: Counter
    leases_lost: Counter
    worker_rounds: Counter
    feedback: Counter


@dataclass(frozen=True, slots=True)
class RoutingMetrics:
    """What routing decisions look like."""

    decisions: Counter
    escalations: Counter
    priority_score: Histogram
    rules_reloads: Counter


class Metrics:
    """All metrics on one registry. In several processes, prometheus_client sums them through its folder."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.api = _api(registry)
        self.model = _model(registry)
        self.pipeline = _pipeline(registry)
        self.routing = _routing(registry)

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

    def record_stored(self, accepted_at: Sequence[datetime], now: datetime, *, by: str) -> None:
        """Count inquiries that were recorded just now, by whom, and the time since each was accepted."""
        self.pipeline.recorded.labels(by).inc(len(accepted_at))
        for moment in accepted_at:
            self.pipeline.seconds_to_route.observe(max((now - moment).total_seconds(), 0.0))

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
            if decision.escalated:
                self.routing.escalations.labels(decision.department, str(decision.escalation_level)).inc()


def _api(registry: CollectorRegistry) -> ApiMetrics:
    return ApiMetrics(
        requests=Counter(
            "inquiry_http_requests",
            "HTTP requests answered, by method, route template and status code.",
            ["method", "route", "status"],
            registry=registry,
        ),
        latency=Histogram(
            "inquiry_http_request_seconds",
            "Time from a request's arrival to its answer.",
            ["method", "route"],
            buckets=_FAST,
            registry=registry,
        ),
        failures=Counter(
            "inquiry_http_failures",
            "Requests that ended in an unexpected error.",
            ["method", "route", "error"],
            registry=registry,
        ),
    )


def _model(registry: CollectorRegistry) -> ModelMetrics:
    return ModelMetrics(
        inference_seconds=Histogram(
            "inquiry_model_inference_seconds",
            "Time of one forward pass of the encoder and its heads.",
            buckets=_FAST,
            registry=registry,
        ),
        batch_size=Histogram(
            "inquiry_model_batch_size",
            "Texts handed to the model together (each runs in a pass of its own).",
            buckets=_SIZES,
            registry=registry,
        ),
        confidence=Histogram(
            "inquiry_model_confidence",
            "Calibrated confidence of the answers.",
            ["task"],
            buckets=_SHARES,
            registry=registry,
        ),
        predictions=Counter(
            "inquiry_model_predictions",
            "Predictions by task and label.",
            ["task", "label"],
            registry=registry,
        ),
        abstentions=Counter(
            "inquiry_model_abstentions",
            "Predictions whose category is a suggestion only.",
            registry=registry,
        ),
        fallbacks=Counter(
            "inquiry_model_fallbacks",
            "Messages answered by keyword rules because the model could not.",
            ["reason"],
            registry=registry,
        ),
        cache_lookups=Counter(
            "inquiry_prediction_cache_lookups",
            "Look-ups in the prediction cache, by result (hit, miss, error).",
            ["result"],
            registry=registry,
        ),
        backend_answers=Counter(
            "inquiry_model_backend_answers",
            "Texts for a model configured beside the bundle, by task and outcome: answered; failed, unavailable or"
            " language (one that it does not read), where the bundle answers.",
            ["task", "outcome"],
            registry=registry,
        ),
        backend_seconds=Histogram(
            "inquiry_model_backend_seconds",
            "Time of one call of a model configured beside the bundle, for a few texts.",
            ["task"],
            buckets=_CALLS,
            registry=registry,
        ),
        explanations=Counter(
            "inquiry_model_explanations",
            "Explanations given, by method (occlusion; keywords where the model could not answer).",
            ["method"],
            registry=registry,
        ),
        explanation_passes=Counter(
            "inquiry_model_explanation_passes",
            "Forward passes of encoders for explanations; they count as no predictions.",
            registry=registry,
        ),
        explanation_seconds=Histogram(
            "inquiry_model_explanation_seconds",
            "Time to explain one message.",
            buckets=_FAST,
            registry=registry,
        ),
    )


def _pipeline(registry: CollectorRegistry) -> PipelineMetrics:
    return PipelineMetrics(
        accepted=Counter(
            "inquiry_pipeline_accepted",
            "Inquiries stored durably, by channel kind.",
            ["via"],
            registry=registry,
        ),
        recorded=Counter(
            "inquiry_pipeline_recorded",
            "Inquiries assessed and recorded, by who did it (request, worker).",
            ["by"],
            registry=registry,
        ),
        seconds_to_route=Histogram(
            "inquiry_pipeline_seconds_to_route",
            "Time from an inquiry's acceptance to its stored routing decision.",
            buckets=_AGES,
            registry=registry,
        ),
        attempts_failed=Counter(
            "inquiry_pipeline_attempts_failed",
            "Attempts to assess and record that failed and are tried again.",
            registry=registry,
        ),
        dead_letters=Counter(
            "inquiry_pipeline_dead_letters",
            "Inquiries given up after the last attempt.",
            registry=registry,
        ),
        leases_lost=Counter(
            "inquiry_pipeline_leases_lost",
            "Work finished by another process first; nothing was written twice.",
            registry=registry,
        ),
        worker_rounds=Counter(
            "inquiry_worker_rounds",
            "Rounds of the workers' loops: stands still when no worker is alive.",
            registry=registry,
        ),
        feedback=Counter(
            "inquiry_feedback",
            "What people said of predictions, by task (category, sentiment, urgency) and kind (corrected, confirmed).",
            ["task", "kind"],
            registry=registry,
        ),
    )


def _routing(registry: CollectorRegistry) -> RoutingMetrics:
    return RoutingMetrics(
        decisions=Counter(
            "inquiry_routing_decisions",
            "Routing decisions by department, priority band and state (assigned, waiting).",
            ["department", "priority", "state"],
            registry=registry,
        ),
        escalations=Counter(
            "inquiry_routing_escalations",
            "Escalated decisions by department and level.",
            ["department", "level"],
            registry=registry,
        ),
        priority_score=Histogram(
            "inquiry_routing_priority_score",
            "Priority scores, 0 to 100.",
            buckets=_SCORES,
            registry=registry,
        ),
        rules_reloads=Counter(
            "inquiry_routing_rules_reloads",
            "Reloads of the routing rules, by result (loaded, rejected).",
            ["result"],
            registry=registry,
        ),
    )
