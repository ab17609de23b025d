"""What each recorded metric is called, what it means, and how it is cut.

Edges of histograms stand where promises are made: 20, 50, 100, 250 ms and 1 s for requests, 1, 5 and 60 s for the time
to a decision. Gauges say how the values of several processes become one.
"""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from inquiry_pipeline.telemetry.groups import ApiMetrics, ModelMetrics, PipelineMetrics, ProcessMetrics, RoutingMetrics

_FAST: Final = (0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_CALLS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_SHARES: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.975, 0.99, 1.0)
_SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_SCORES: Final = (10, 20, 30, 40, 50, 60, 70, 80, 90, 100)
_STAGES: Final = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0)
_AGES: Final = (0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0)


def api(registry: CollectorRegistry) -> ApiMetrics:
    """What the HTTP edge records."""
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
        in_progress=Gauge(
            "inquiry_http_requests_in_progress",
            "Requests that have arrived and are not answered yet.",
            registry=registry,
            multiprocess_mode="livesum",
        ),
    )


def model(registry: CollectorRegistry) -> ModelMetrics:
    """What the predictor records."""
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
        loaded=Gauge(
            "inquiry_model_loaded",
            "1 where a part of the model is loaded, 0 where it failed to load and something simpler answers: keyword"
            " rules for the bundle, the bundle for a model of a single task. The worst of all processes; one that has"
            " not needed the model yet does not count.",
            ["part"],
            registry=registry,
            multiprocess_mode="livemin",
        ),
        info=Gauge(
            "inquiry_model_info",
            "1 for the version of the bundle that is loaded. The models of single tasks are not in it.",
            ["version"],
            registry=registry,
            multiprocess_mode="livemax",
        ),
        memory=Gauge(
            "inquiry_model_memory_bytes",
            "Memory that loading the bundle added to a process; the most of any process.",
            registry=registry,
            multiprocess_mode="livemax",
        ),
    )


def pipeline(registry: CollectorRegistry) -> PipelineMetrics:
    """What accept, assess and record leave behind."""
    return PipelineMetrics(
        accepted=Counter(
            "inquiry_pipeline_accepted",
            "Inquiries stored durably, by channel kind.",
            ["via"],
            registry=registry,
        ),
        assessed=Counter(
            "inquiry_pipeline_assessed",
            "Inquiries read by the model and routed by the rules, each attempt of them.",
            registry=registry,
        ),
        recorded=Counter(
            "inquiry_pipeline_recorded",
            "Inquiries assessed and recorded, by who did it (request, worker).",
            ["by"],
            registry=registry,
        ),
        stage_seconds=Histogram(
            "inquiry_pipeline_stage_seconds",
            "Time of one call of a stage (accept, assess, record), for one inquiry or a worker's batch.",
            ["stage"],
            buckets=_STAGES,
            registry=registry,
        ),
        seconds_to_route=Histogram(
            "inquiry_pipeline_seconds_to_route",
            "Time from an inquiry's acceptance to its stored routing decision.",
            buckets=_AGES,
            registry=registry,
        ),
        left_to_worker=Counter(
            "inquiry_pipeline_left_to_worker",
            "Times that inquiries under way were given back for a worker to do: a request failed after accepting, or"
            " the database went away under a worker.",
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
        worker_last_round=Gauge(
            "inquiry_worker_last_round_timestamp_seconds",
            "When a worker last began a round (Unix time). One that died keeps its last value until its successor's"
            " first round; a round lasts as long as its batch.",
            ["worker"],
            registry=registry,
            multiprocess_mode="max",
        ),
        feedback=Counter(
            "inquiry_feedback",
            "What people said of predictions, by task (category, sentiment, urgency) and kind (corrected, confirmed).",
            ["task", "kind"],
            registry=registry,
        ),
    )


def routing(registry: CollectorRegistry) -> RoutingMetrics:
    """What routing decisions look like."""
    return RoutingMetrics(
        categories=Counter(
            "inquiry_routing_categories",
            "Inquiries recorded, by the category that was predicted.",
            ["category"],
            registry=registry,
        ),
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
        triaged=Counter(
            "inquiry_routing_triaged",
            "Decisions for triage: the category was too unsure to decide.",
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


def process(registry: CollectorRegistry) -> ProcessMetrics:
    """How the processes themselves are."""
    return ProcessMetrics(
        processes=Gauge(
            "inquiry_processes",
            "Living processes by program (api, worker).",
            ["program"],
            registry=registry,
            multiprocess_mode="livesum",
        ),
        start_time=Gauge(
            "inquiry_process_start_time_seconds",
            "When the youngest process of a program started (Unix time): it changes with every restart.",
            ["program"],
            registry=registry,
            multiprocess_mode="max",
        ),
        restarts=Counter(
            "inquiry_process_restarts",
            "Times that `inquiry up` started a process of a program (api, worker, dashboard) again that had died.",
            ["program"],
            registry=registry,
        ),
        memory=Gauge(
            "inquiry_process_memory_bytes",
            "Resident memory of all living processes of a program.",
            ["program"],
            registry=registry,
            multiprocess_mode="livesum",
        ),
        cpu_seconds=Counter(
            "inquiry_process_cpu_seconds",
            "Processor time of all processes of a program.",
            ["program"],
            registry=registry,
        ),
        pool_size=Gauge(
            "inquiry_database_pool_size",
            "Database connections for the work of all living processes of a program; an API process has two more for"
            " scrapes.",
            ["program"],
            registry=registry,
            multiprocess_mode="livesum",
        ),
        pool_in_use=Gauge(
            "inquiry_database_pool_in_use",
            "Of those, how many are in use at this moment.",
            ["program"],
            registry=registry,
            multiprocess_mode="livesum",
        ),
    )
