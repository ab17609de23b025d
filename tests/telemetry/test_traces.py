"""Traces as a collector receives them, from the real pipeline over a real database."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import text
from starlette.testclient import TestClient

from inquiry_pipeline.entrypoints.api.app import ApiOptions, create_app
from inquiry_pipeline.entrypoints.worker import Worker, WorkerOptions
from inquiry_pipeline.nlp.cache import LocalCache
from inquiry_pipeline.nlp.predictor import Predictor, PredictorOptions
from inquiry_pipeline.pipeline import Pipeline, PipelineOptions
from inquiry_pipeline.routing.rulebook import RuleBook
from inquiry_pipeline.store.database import Database
from inquiry_pipeline.telemetry.exporting import TracingOptions, tracing_for
from inquiry_pipeline.telemetry.metrics import Metrics
from tests.support.builders import an_inquiry
from tests.support.collector import Collector, collector
from tests.support.desk import RULES
from tests.support.waiting import wait_until

SUBMIT = "POST /api/v1/inquiries/submit"
FINISHING = [["assess", ["model", "cleaning", "inference"], "routing"], "record"]
CALLER = "0af7651916cd43dd8448eb211c80319c"
HEADER = {"traceparent": f"00-{CALLER}-b7ad6b7169203331-01"}
LETTER = {
    "subject": "The striped zebra",
    "body": "I was charged twice for a striped zebra.",
    "sender_email": "zebra@example.com",
    "sender_name": "Zoe Zebra",
}


@dataclass
class Traced:
    """A service that sends its traces to a collector. `flush` ends it and brings the last of them."""

    pipeline: Pipeline
    client: TestClient
    collector: Collector

    def flush(self) -> Collector:
        self.pipeline.tracing.close()
        return self.collector


@pytest.fixture
def traced(database: Database, tiny_bundle: Path) -> Iterator[Traced]:
    with collector() as received:
        options = TracingOptions(exporter_otlp_endpoint=received.url)
        tracing = tracing_for(options, program="inquiry-test")
        metrics = Metrics(CollectorRegistry())
        model = PredictorOptions(threads=2)
        predictor = Predictor(tiny_bundle, model, metrics.model, LocalCache(100), tracing=tracing)
        pipeline = Pipeline(
            database=database,
            predictor=predictor,
            rulebook=RuleBook(RULES, check_seconds=0),
            metrics=metrics,
            options=PipelineOptions(lease=timedelta(seconds=30)),
            tracing=tracing,
        )
        app = create_app(pipeline, ApiOptions(), exposition=lambda: b"")
        with TestClient(app, raise_server_exceptions=False) as client:
            client.base_url = client.base_url.join("/api/v1/")
            yield Traced(pipeline, client, received)
        tracing.close()
        predictor.close()


def test_a_submission_is_one_trace_from_the_request_to_the_record(traced: Traced) -> None:
    assert traced.client.post("inquiries/submit", json=LETTER).status_code == 201
    seen = traced.flush()
    [request] = seen.named(SUBMIT)
    assert seen.tree(request.trace_id) == [[SUBMIT, "accept", *FINISHING]]
    assert request.service == "inquiry-test"
    assert request.attributes == {
        "http.request.method": "POST",
        "http.route": "/api/v1/inquiries/submit",
        "http.response.status_code": 201,
    }
    assert seen.named("model")[0].attributes["inquiry.batch_size"] == 1
    assert seen.named("inference")[0].attributes["inquiry.batch_size"] == 1
    assert str(seen.named("model")[0].attributes["inquiry.model.version"])
    assert seen.named("record")[0].attributes["inquiry.recorded"] == 1
    assert not any(span.failed for span in seen.spans)


def test_what_the_cache_knows_is_not_inferred_again(traced: Traced) -> None:
    for _ in range(2):
        traced.client.post("inquiries/submit", json=LETTER)
    seen = traced.flush()
    assert [span.attributes["inquiry.model.cached"] for span in seen.named("cleaning")] == [0, 1]
    assert len(seen.named("inference")) == 1


def test_a_callers_trace_goes_on(traced: Traced) -> None:
    traced.client.get("consultants", headers=HEADER)
    [request] = traced.flush().named("GET /api/v1/consultants")
    assert (request.trace_id, request.parent_id) == (CALLER, "b7ad6b7169203331")


def test_what_a_worker_finishes_is_in_the_trace_of_the_request(traced: Traced) -> None:
    sent = traced.client.post("inquiries/submit", json=LETTER, headers=HEADER | {"Prefer": "respond-async"})
    assert sent.status_code == 202
    assert Worker(traced.pipeline, WorkerOptions()).work_once() == 1
    seen = traced.flush()
    assert seen.tree(CALLER) == [[SUBMIT, ["accept", ["work", *FINISHING]]]]
    assert seen.named("work")[0].attributes == {"inquiry.id": sent.json()["id"], "inquiry.attempt": 1}


def test_several_at_once_have_each_its_span_in_its_own_trace_linked_with_the_batch(traced: Traced) -> None:
    for _ in range(3):
        traced.client.post("inquiries/submit", json=LETTER, headers={"Prefer": "respond-async"})
    assert Worker(traced.pipeline, WorkerOptions()).work_once() == 3
    seen = traced.flush()
    requests = seen.named(SUBMIT)
    [batch] = seen.named("work batch")
    assert seen.tree(batch.trace_id) == [["work batch", *FINISHING]]
    assert sorted(batch.links) == sorted(one.trace_id for one in requests)
    assert len({one.trace_id for one in requests}) == 3
    for request in requests:
        assert seen.tree(request.trace_id) == [[SUBMIT, ["accept", "work"]]]
    assert {span.links for span in seen.named("work")} == {(batch.trace_id,)}


def test_a_failed_attempt_and_its_retry_are_in_one_trace(traced: Traced) -> None:
    traced.client.post("inquiries/submit", json=LETTER, headers=HEADER | {"Prefer": "respond-async"})
    worker = Worker(traced.pipeline, WorkerOptions(max_attempts=3))
    for change in ("ADD CONSTRAINT no CHECK (category = '-') NOT VALID", "DROP CONSTRAINT no"):
        with traced.pipeline.database.transaction() as connection:
            connection.execute(text(f"ALTER TABLE predictions {change}"))
            connection.execute(text("UPDATE work SET run_after = now()"))
        assert worker.work_once() == 1
    seen = traced.flush()
    known = [["assess", ["model", "cleaning"], "routing"], "record"]  # to the cache, since the first attempt
    assert seen.tree(CALLER) == [[SUBMIT, ["accept", ["work", *FINISHING], ["work", *known]]]]
    assert [(one.attributes["inquiry.attempt"], one.failed) for one in seen.named("work")] == [(1, True), (2, False)]
    assert [one.failed for one in seen.named("record")] == [True, False]
    assert seen.named("work")[0].attributes["error.type"] == "StoreError"


def test_one_that_fails_in_a_batch_fails_in_its_own_trace_alone(traced: Traced) -> None:
    sent = [
        traced.client.post("inquiries/submit", json=LETTER, headers={"Prefer": "respond-async"}).json()["id"]
        for _ in range(2)
    ]
    with traced.pipeline.database.transaction() as connection:
        connection.execute(text(f"ALTER TABLE predictions ADD CHECK (inquiry_id <> '{sent[0]}')"))
    Worker(traced.pipeline, WorkerOptions()).work_once()
    seen = traced.flush()
    attempts = {
        one: [span.failed for span in seen.named("work") if span.attributes["inquiry.id"] == one] for one in sent
    }
    assert attempts == {sent[0]: [True, True], sent[1]: [True, False]}


def test_a_problem_names_the_trace_that_is_sent(traced: Traced) -> None:
    problem = traced.client.get("inquiries/00000000-0000-7000-8000-000000000000").json()
    [request] = traced.flush().named("GET /api/v1/inquiries/{inquiry_id}")
    assert problem["trace_id"] == request.trace_id
    assert (request.attributes["http.response.status_code"], request.failed) == (404, False)


def test_an_unexpected_error_fails_the_request_with_its_class(traced: Traced, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inquiry_pipeline.store.directory.list_consultants", None)
    problem = traced.client.get("consultants").json()
    [request] = traced.flush().named("GET /api/v1/consultants")
    assert (problem["status"], problem["trace_id"]) == (500, request.trace_id)
    assert (request.attributes["error.type"], request.failed) == ("TypeError", True)


def test_nothing_that_people_wrote_or_searched_for_is_sent(traced: Traced) -> None:
    traced.client.post("inquiries/submit", json=LETTER)
    traced.client.get("inquiries", params={"q": "zebra"})
    traced.client.post("inquiries/classify", json={"body": 7, "zebra": "zebra"})
    seen = traced.flush()
    assert len(seen.spans) > 8
    assert b"ebra" not in b"".join(seen.bodies)


def test_probes_are_not_traced(traced: Traced) -> None:
    for path in ("health/live", "health/ready", "metrics"):
        assert traced.client.get(path).status_code in (200, 503)  # not ready yet, perhaps
    assert traced.flush().spans == []


def test_what_comes_from_no_request_begins_a_trace_of_its_own(traced: Traced) -> None:
    traced.pipeline.accept(an_inquiry(received_at=traced.pipeline.clock()), via="test", hold=False)
    Worker(traced.pipeline, WorkerOptions()).work_once()
    seen = traced.flush()
    [accepted] = seen.named("accept")
    assert seen.tree(accepted.trace_id) == [["accept", ["work", *FINISHING]]]


def test_what_people_do_is_traced_to_the_queues_that_move(traced: Traced) -> None:
    sent = traced.client.post("inquiries/submit", json=LETTER).json()
    said = {"category": sent["prediction"]["category"], "actor": "ann", "reroute": True, "comment": "A zebra, surely"}
    assert traced.client.post(f"inquiries/{sent['id']}/feedback", json=said).is_success
    assert traced.client.patch(f"inquiries/{sent['id']}", json={"status": "in_progress"}).is_success
    assert traced.client.patch(f"inquiries/{sent['id']}", json={"status": "resolved"}).is_success
    seen = traced.flush()
    [feedback] = seen.named("POST /api/v1/inquiries/{inquiry_id}/feedback")
    assert seen.tree(feedback.trace_id) == [[feedback.name, "correct"]]
    begun, resolved = seen.named("PATCH /api/v1/inquiries/{inquiry_id}")
    assert seen.tree(begun.trace_id) == [begun.name]
    assert seen.tree(resolved.trace_id) == [[resolved.name, "assign waiting"]]
    assert b"ebra" not in b"".join(seen.bodies)


def test_keyword_rules_are_named_as_the_model_that_answered(traced: Traced, tmp_path: Path) -> None:
    model = PredictorOptions(threads=1)
    keywords = Predictor(tmp_path, model, traced.pipeline.metrics.model, LocalCache(1), tracing=traced.pipeline.tracing)
    traced.pipeline.predictor, real = keywords, traced.pipeline.predictor
    traced.client.post("inquiries/submit", json=LETTER)
    traced.pipeline.predictor = real
    keywords.close()
    [model_span] = traced.flush().named("model")
    assert "keywords" in str(model_span.attributes["inquiry.model.version"])
    assert model_span.attributes["inquiry.model.degraded"] == 1


def test_a_worker_without_work_leaves_no_trace(traced: Traced) -> None:
    worker = Worker(traced.pipeline, WorkerOptions(poll_seconds=0.01))
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    rounds = "inquiry_worker_rounds_total"
    wait_until(lambda: (traced.pipeline.metrics.registry.get_sample_value(rounds) or 0) > 3)
    stop.set()
    thread.join()
    assert traced.flush().spans == []
