"""Every metric is recorded by what it speaks of, in the real pipeline over a real database."""

import threading
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from starlette.testclient import TestClient

from inquiry_pipeline.core.errors import ConfigurationError
from inquiry_pipeline.entrypoints.worker import Worker, WorkerOptions
from inquiry_pipeline.pipeline import Pipeline
from inquiry_pipeline.store.database import Database, DatabaseOptions
from inquiry_pipeline.telemetry.catalogue import catalogue
from inquiry_pipeline.telemetry.exposition import served
from inquiry_pipeline.telemetry.metrics import Metrics
from inquiry_pipeline.telemetry.readings import READINGS
from tests.support.builders import an_inquiry
from tests.support.casework import judge
from tests.support.desk import pipeline_over, predictor_of, send, set_available
from tests.support.service import free_port
from tests.support.waiting import wait_until

Sample = Callable[..., float | None]


@pytest.fixture
def sample(pipeline: Pipeline) -> Sample:
    return lambda name, **labels: pipeline.metrics.registry.get_sample_value(name, labels)


def scraped(client: TestClient) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    families = text_string_to_metric_families(client.get("metrics").text)
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def read(client: TestClient, name: str, **labels: str) -> float | None:
    return scraped(client).get((name, frozenset(labels.items())))


def test_the_page_of_metrics_is_what_the_code_defines(repository: Path) -> None:
    page = (repository / "docs" / "metrics.md").read_text()
    assert page == catalogue(), "run: python -m inquiry_pipeline.telemetry.catalogue > docs/metrics.md"


@pytest.mark.parametrize(
    ("name", "promises"),
    [
        ("inquiry_http_request_seconds", ("0.02", "0.05", "0.1", "0.25", "1.0")),
        ("inquiry_pipeline_seconds_to_route", ("1.0", "5.0", "60.0")),
    ],
)
def test_the_edges_stand_where_promises_are_made(name: str, promises: tuple[str, ...]) -> None:
    metrics = Metrics(CollectorRegistry())
    metrics.api.latency.labels("GET", "/").observe(0)
    families = {family.name: family for family in metrics.registry.collect()}
    edges = {sample.labels["le"] for sample in families[name].samples if "le" in sample.labels}
    assert set(promises) < edges


def test_a_submission_is_counted_at_each_of_its_stages(client: TestClient, sample: Sample) -> None:
    answer = client.post("inquiries/submit", json={"body": "I was charged twice for my invoice."}).json()
    assert sample("inquiry_pipeline_accepted_total", via="http") == 1
    assert sample("inquiry_pipeline_assessed_total") == 1
    assert sample("inquiry_pipeline_recorded_total", by="request") == 1
    assert sample("inquiry_pipeline_recorded_total", by="worker") == 0
    for stage in ("accept", "assess", "record"):
        assert sample("inquiry_pipeline_stage_seconds_count", stage=stage) == 1
    category = answer["prediction"]["category"]
    assert sample("inquiry_routing_categories_total", category=category) == 1
    for task in ("category", "sentiment", "urgency"):
        label = answer["prediction"][task]
        assert sample("inquiry_model_predictions_total", task=task, label=label) == 1
        assert sample("inquiry_model_confidence_count", task=task) == 1
    assert sample("inquiry_model_abstentions_total") == int(answer["prediction"]["abstained"])
    assert sample("inquiry_routing_triaged_total") == int(answer["routing"]["triaged"])
    assert sample("inquiry_routing_priority_score_count") == 1
    assert sample("inquiry_pipeline_seconds_to_route_count") == 1


def test_a_worker_counts_what_it_does_likewise(pipeline: Pipeline, sample: Sample) -> None:
    for _ in range(3):
        pipeline.accept(an_inquiry(received_at=pipeline.clock()), via="test", hold=False)
    stop = threading.Event()
    thread = threading.Thread(target=Worker(pipeline, WorkerOptions(name="worker-7")).run, args=(stop,))
    thread.start()
    wait_until(lambda: sample("inquiry_pipeline_recorded_total", by="worker") == 3)
    stop.set()
    thread.join()
    assert sample("inquiry_pipeline_assessed_total") == 3
    assert sample("inquiry_pipeline_stage_seconds_count", stage="record") == 1
    assert sample("inquiry_worker_rounds_total")
    last = sample("inquiry_worker_last_round_timestamp_seconds", worker="worker-7")
    assert last == pytest.approx(pipeline.clock().timestamp(), abs=10)


def test_the_model_counts_passes_batches_and_its_cache(database: Database, tiny_bundle: Path) -> None:
    metrics = Metrics(CollectorRegistry())
    value = metrics.registry.get_sample_value
    with predictor_of(tiny_bundle, metrics) as predictor:
        assert value("inquiry_model_loaded", {"part": "bundle"}) is None
        pipeline = pipeline_over(database, predictor)
        pipeline.classify([an_inquiry(body=f"Question {number}").message for number in range(3)])
        pipeline.classify([an_inquiry(body="Question 1").message])
        version = predictor.status().version
    assert value("inquiry_model_inference_seconds_count") == 3
    assert value("inquiry_model_batch_size_sum") == 3
    assert value("inquiry_model_batch_size_count") == 1
    assert value("inquiry_prediction_cache_lookups_total", {"result": "hit"}) == 1
    assert value("inquiry_prediction_cache_lookups_total", {"result": "miss"}) == 3
    assert value("inquiry_model_loaded", {"part": "bundle"}) == 1
    assert value("inquiry_model_info", {"version": version}) == 1
    assert value("inquiry_model_memory_bytes") is not None


def test_metrics_are_served_on_the_host_that_is_named_and_a_wrong_one_is_named() -> None:
    metrics, port = Metrics(CollectorRegistry()), free_port()
    with (
        served(metrics.registry, "127.0.0.2", port),
        urllib.request.urlopen(f"http://127.0.0.2:{port}/metrics", timeout=5) as answer,
    ):
        assert b"inquiry_worker_rounds_total" in answer.read()
    with (
        pytest.raises(ConfigurationError, match="set INQUIRY_METRICS_HOST"),
        served(metrics.registry, "x.invalid", port),
    ):
        pass


def test_a_model_that_cannot_be_loaded_is_counted_as_such(tmp_path: Path) -> None:
    metrics = Metrics(CollectorRegistry())
    with predictor_of(tmp_path, metrics) as predictor:
        [answer] = predictor.predict([an_inquiry().message])
    assert answer.degraded
    assert metrics.registry.get_sample_value("inquiry_model_loaded", {"part": "bundle"}) == 0
    assert metrics.registry.get_sample_value("inquiry_model_fallbacks_total", {"reason": "bundle"}) == 1


def test_failed_attempts_dead_letters_and_what_a_request_leaves_are_counted(
    client: TestClient, pipeline: Pipeline, sample: Sample
) -> None:
    with pipeline.database.transaction() as connection:
        connection.execute(text("ALTER TABLE predictions ADD CONSTRAINT no CHECK (category = '-') NOT VALID"))
    assert client.post("inquiries/submit", json={"body": "Hello"}).status_code == 202
    assert sample("inquiry_pipeline_left_to_worker_total") == 1
    worker = Worker(pipeline, WorkerOptions(max_attempts=2))
    worker.work_once()
    assert sample("inquiry_pipeline_attempts_failed_total") == 1
    assert read(client, "inquiry_queue_depth", state="pending") == 1
    with pipeline.database.transaction() as connection:
        connection.execute(text("UPDATE work SET run_after = now(), created_at = now() - interval '5 minutes'"))
    assert read(client, "inquiry_queue_oldest_seconds") == pytest.approx(300, abs=10)
    worker.work_once()
    assert sample("inquiry_pipeline_dead_letters_total") == 1
    assert read(client, "inquiry_queue_depth", state="dead") == 1
    assert read(client, "inquiry_queue_depth", state="pending") == 0
    assert sample("inquiry_pipeline_assessed_total") == 3


def test_queues_and_people_are_shown_for_every_department(client: TestClient, pipeline: Pipeline) -> None:
    for name in ("ann", "ben", "cat"):
        set_available(pipeline, name, available=False)
    waiting = send(pipeline)
    with pipeline.database.transaction() as connection:
        connection.execute(text("UPDATE inquiries SET created_at = now() - interval '1 hour'"))
        department = connection.execute(text("SELECT department FROM inquiries")).scalar_one()
        departments = connection.execute(text("SELECT id FROM departments WHERE active")).scalars().all()
    assert len(departments) == 2
    for one in departments:
        assert read(client, "inquiry_waiting", department=one) == (1 if one == department else 0)
        oldest = read(client, "inquiry_waiting_oldest_seconds", department=one)
        assert oldest == pytest.approx(3600 if one == department else 0, abs=10), waiting
    assert read(client, "inquiry_consultants", department=department, state="available") == 0
    assert read(client, "inquiry_consultants", department=department, state="away") == 3


def test_overrides_count_by_the_last_word(client: TestClient, pipeline: Pipeline) -> None:
    letters = [send(pipeline, body=f"Question {number}") for number in range(3)]
    with pipeline.database.transaction() as connection:
        predicted = connection.execute(text("SELECT DISTINCT category FROM inquiries")).scalars().all()
    other = next(one for one in pipeline.predictor.categories if one not in predicted)
    judge(pipeline, letters[0], category=other)
    judge(pipeline, letters[1], category=other)
    with pipeline.database.transaction() as connection:
        statement = text("SELECT predicted_category FROM feedback WHERE inquiry_id = :id")
        right = connection.execute(statement, {"id": letters[1].id}).scalar_one()
    judge(pipeline, letters[1], category=right)
    found = {state: read(client, "inquiry_overrides_24h", state=state) for state in ("assessed", "judged", "corrected")}
    assert found == {"assessed": 3, "judged": 2, "corrected": 1}
    assert read(client, "inquiry_feedback_total", task="category", kind="corrected") == 2
    assert read(client, "inquiry_feedback_total", task="category", kind="confirmed") == 1


def test_what_happened_to_nobody_yet_is_zero(client: TestClient) -> None:
    for name, labels in (
        ("inquiry_feedback_total", {"task": "category", "kind": "corrected"}),
        ("inquiry_model_fallbacks_total", {"reason": "bundle"}),
        ("inquiry_http_requests_total", {"method": "POST", "route": "/api/v1/inquiries/submit", "status": "503"}),
        ("inquiry_http_requests_total", {"method": "POST", "route": "/api/v1/inquiries/submit", "status": "500"}),
        ("inquiry_http_request_seconds_count", {"method": "POST", "route": "/api/v1/inquiries/submit"}),
        ("inquiry_pipeline_dead_letters_total", {}),
        ("inquiry_pipeline_recorded_total", {"by": "worker"}),
        ("inquiry_overrides_24h", {"state": "judged"}),
        ("inquiry_queue_oldest_seconds", {}),
    ):
        assert read(client, name, **labels) == 0, name


def test_a_request_counts_as_in_progress_until_it_is_answered(client: TestClient, pipeline: Pipeline) -> None:
    with pipeline.database.transaction() as connection:
        connection.execute(text("LOCK TABLE consultants IN ACCESS EXCLUSIVE MODE"))
        thread = threading.Thread(target=client.get, args=("consultants",))
        thread.start()
        gauge = "inquiry_http_requests_in_progress"
        wait_until(lambda: pipeline.metrics.registry.get_sample_value(gauge) == 1)
    thread.join()
    assert pipeline.metrics.registry.get_sample_value(gauge) == 0


def test_a_database_that_is_away_costs_only_what_is_read_from_it(client: TestClient, pipeline: Pipeline) -> None:
    assert read(client, "inquiry_database_up") == 1
    assert 0 < float(read(client, "inquiry_database_latency_seconds") or 0) < 5
    pipeline.database = Database(DatabaseOptions(url="postgresql://x@127.0.0.1:1/x", pool_size=1))
    found = scraped(client)
    pipeline.database.close()
    assert found["inquiry_database_up", frozenset()] == 0
    assert ("inquiry_pipeline_assessed_total", frozenset()) in found
    assert any(name == "inquiry_build_info" for name, _ in found)
    assert not any(name == "inquiry_queue_depth" for name, _ in found)


def test_a_schema_of_another_day_costs_only_what_is_read_from_it(client: TestClient, pipeline: Pipeline) -> None:
    with pipeline.database.transaction() as connection:
        connection.execute(text("ALTER TABLE work RENAME TO labour"))
    found = scraped(client)
    assert found["inquiry_database_up", frozenset()] == 1
    assert not any(name == "inquiry_queue_depth" for name, _ in found)


def test_every_reading_is_there_and_bounded(client: TestClient, pipeline: Pipeline) -> None:
    send(pipeline)
    found = scraped(client)
    assert {one.name for one in READINGS} <= {name for name, _ in found}
    known: Mapping[str, tuple[str, ...]] = {one.name: one.labels for one in READINGS}
    for name, labels in found:
        if name in known:
            assert {label for label, _ in labels} == set(known[name])
