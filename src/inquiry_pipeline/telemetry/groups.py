"""The metrics in groups, one for each part of the program that records them."""

from dataclasses import dataclass

from prometheus_client import Counter, Gauge, Histogram


@dataclass(frozen=True, slots=True)
class ApiMetrics:
    """What the HTTP edge records."""

    requests: Counter
    latency: Histogram
    failures: Counter
    in_progress: Gauge


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
    loaded: Gauge
    info: Gauge
    memory: Gauge


@dataclass(frozen=True, slots=True)
class PipelineMetrics:
    """What accept, assess and record leave behind."""

    accepted: Counter
    assessed: Counter
    recorded: Counter
    stage_seconds: Histogram
    seconds_to_route: Histogram
    left_to_worker: Counter
    attempts_failed: Counter
    dead_letters: Counter
    leases_lost: Counter
    worker_rounds: Counter
    worker_last_round: Gauge
    feedback: Counter


@dataclass(frozen=True, slots=True)
class RoutingMetrics:
    """What routing decisions look like."""

    categories: Counter
    decisions: Counter
    escalations: Counter
    triaged: Counter
    priority_score: Histogram
    rules_reloads: Counter


@dataclass(frozen=True, slots=True)
class ProcessMetrics:
    """How the processes themselves are, by program."""

    processes: Gauge
    start_time: Gauge
    restarts: Counter
    memory: Gauge
    cpu_seconds: Counter
    pool_size: Gauge
    pool_in_use: Gauge
