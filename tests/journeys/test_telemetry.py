"""Metrics and traces of the real programs: several processes, processes that die, and the end of a program."""

import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine, text

from tests.support.collector import collector
from tests.support.desk import RULES
from tests.support.service import Service, free_port
from tests.support.waiting import wait_until

pytestmark = pytest.mark.journey

CALLER = "0af7651916cd43dd8448eb211c80319c"
HEADER = {"traceparent": f"00-{CALLER}-b7ad6b7169203331-01"}
SUBMIT = "POST /api/v1/inquiries/submit"
HEARTBEAT = "inquiry_worker_last_round_timestamp_seconds"


@pytest.fixture
def service(server_folder: Path, tiny_bundle: Path) -> Iterator[Service]:
    settings = {
        "INQUIRY_BUNDLE_DIR": str(tiny_bundle),
        "INQUIRY_RULES_FILE": str(RULES),
        "INQUIRY_WORKER_POLL_SECONDS": "0.05",
        "INQUIRY_LEASE_SECONDS": "2",
        "INQUIRY_DASHBOARD_PORT": "0",
    }
    service = Service(server_folder / "s", settings)
    yield service
    for process in service.processes():
        with suppress(psutil.Error):
            process.kill()


def scrape(url: str) -> Callable[..., float | None]:
    with urllib.request.urlopen(url, timeout=10) as answer:
        families = list(text_string_to_metric_families(answer.read().decode()))
    found = {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}
    return lambda name, **labels: found.get((name, frozenset(labels.items())))


def worker_of(service: Service, name: str) -> psutil.Process:
    found = [one for one in service.processes() if one.environ().get("INQUIRY_PROCESS_NAME") == name]
    assert len(found) == 1
    return found[0]


def test_several_processes_are_one_service_to_whoever_scrapes(service: Service) -> None:
    # The port is for a worker by itself: these two would quarrel over it.
    alone = {"INQUIRY_METRICS_PORT": str(free_port())}
    service.environment |= {"INQUIRY_API_PROCESSES": "2", "INQUIRY_WORKER_PROCESSES": "2", **alone}
    service.start()
    for number in range(6):
        service.post("inquiries/submit", {"body": f"Question {number}"}, Prefer="respond-async" if number % 2 else "")
    metrics = f"{service.url}/metrics"
    wait_until(lambda: scrape(metrics)("inquiry_pipeline_recorded_total", by="worker") == 3)
    for _ in range(4):  # whichever process answers
        value = scrape(metrics)
        assert value("inquiry_pipeline_recorded_total", by="request") == 3
        assert value("inquiry_pipeline_assessed_total") == 6
        assert value("inquiry_pipeline_seconds_to_route_count") == 6
        assert value("inquiry_processes", program="api") == 2
        assert value("inquiry_processes", program="worker") == 2
        assert value("inquiry_database_pool_size", program="api") == 32
        assert value("inquiry_model_loaded", part="bundle") == 1
        assert value("inquiry_http_requests_in_progress") == 1  # this one
        assert float(value("inquiry_process_memory_bytes", program="api") or 0) > 50e6
        assert float(value("inquiry_process_cpu_seconds_total", program="worker") or 0) > 0.1
        for name in ("worker-0", "worker-1"):
            assert value(HEARTBEAT, worker=name) == pytest.approx(time.time(), abs=5)
        assert value("inquiry_process_start_time_seconds", program="api") == pytest.approx(time.time(), abs=60)
    assert service.stop() == 0


def test_a_worker_that_stands_still_or_dies_is_silent_until_its_successor_works(service: Service) -> None:
    service.start()
    metrics = f"{service.url}/metrics"
    worker = worker_of(service, "worker-0")
    wait_until(lambda: psutil.Process(worker.pid).create_time() + 2.5 < time.time())  # old enough to be restarted
    worker.suspend()
    stopped = time.time()
    time.sleep(3)
    silent = scrape(metrics)(HEARTBEAT, worker="worker-0")
    assert silent == pytest.approx(stopped, abs=1)
    assert scrape(metrics)("inquiry_processes", program="worker") == 1
    worker.kill()
    assert scrape(metrics)(HEARTBEAT, worker="worker-0") == silent
    wait_until(lambda: float(scrape(metrics)(HEARTBEAT, worker="worker-0") or 0) > stopped + 3)
    value = scrape(metrics)
    assert value("inquiry_processes", program="worker") == 1
    assert value("inquiry_database_pool_size", program="worker") == 3
    assert value("inquiry_process_restarts_total", program="worker") == 1
    assert value("inquiry_process_restarts_total", program="api") == 0
    assert float(value("inquiry_process_start_time_seconds", program="worker") or 0) > stopped
    assert service.stop() == 0


def test_an_inquiry_that_outlives_its_process_stays_one_trace(service: Service) -> None:
    with collector() as received:
        service.environment |= {"OTEL_EXPORTER_OTLP_ENDPOINT": received.url, "OTEL_BSP_SCHEDULE_DELAY": "50"}
        service.start()
        service.post("inquiries/submit", {"body": "A first one, so that the consultants are known."})
        engine = create_engine(service.database_url())
        with engine.begin() as blocker:
            # Recording needs the consultants' rows: it stands still here, between the two transactions.
            blocker.execute(text("SELECT FROM consultants FOR UPDATE"))
            request = threading.Thread(target=_submit_and_be_cut_off, args=(service,))
            request.start()
            wait_until(lambda: any(one.trace_id == CALLER for one in received.named("assess")))
            service.kill()
            request.join(20)
        engine.dispose()
        service.start()
        wait_until(lambda: any(one.trace_id == CALLER for one in received.named("work")))
        assert service.stop() == 0
        # The request itself never ended.
        finished = ["work", ["assess", ["model", "cleaning", "inference"], "routing"], "record"]
        assert received.tree(CALLER)[0] == ["accept", finished]
        assert {one.service for one in received.spans if one.trace_id == CALLER} == {"inquiry-api", "inquiry-worker"}


def _submit_and_be_cut_off(service: Service) -> None:
    with suppress(OSError):
        service.post("inquiries/submit", {"body": "I was charged twice."}, **HEADER)


def test_the_end_of_the_program_sends_the_last_traces(service: Service) -> None:
    with collector() as received:
        service.environment |= {"OTEL_EXPORTER_OTLP_ENDPOINT": received.url, "OTEL_BSP_SCHEDULE_DELAY": "3600000"}
        service.start()
        service.post("inquiries/submit", {"body": "I was charged twice."}, **HEADER)
        sent = {"body": "And then again."}
        later = service.post("inquiries/submit", sent, Prefer="respond-async", **HEADER)
        wait_until(lambda: service.get(f"inquiries/{later['id']}")["status"] == "routed")
        assert received.spans == []
        assert service.stop() == 0
        assert len(received.named(SUBMIT)) == 2
        assert len(received.named("work")) == 1
        assert "Traceback" not in service.log()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_api_by_itself_ends_in_order(service: Service, number: signal.Signals) -> None:
    with collector() as received:
        service.environment |= {"OTEL_EXPORTER_OTLP_ENDPOINT": received.url, "OTEL_BSP_SCHEDULE_DELAY": "3600000"}
        assert service.run("migrate").returncode == 0
        service.process = service.spawn("api")
        wait_until(lambda: _ready(service))
        service.post("inquiries/submit", {"body": "I was charged twice."}, **HEADER)
        service.process.send_signal(number)
        assert service.process.wait(20) == 0
        assert len(received.named(SUBMIT)) == 1
        assert service.processes() == []
        assert "Traceback" not in service.log()


def _ready(service: Service) -> bool:
    try:
        return bool(service.get("health/ready"))
    except OSError:
        return False


def test_a_collector_that_is_away_costs_nothing_but_its_traces(service: Service) -> None:
    service.environment |= {"INQUIRY_API_PROCESSES": "3", "INQUIRY_WORKER_PROCESSES": "2"}
    service.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{free_port()}"
    service.start()
    assert service.post("inquiries/submit", {"body": "I was charged twice."})["status"] == "routed"
    started = time.monotonic()
    assert service.stop() == 0
    assert time.monotonic() - started < 10


def test_traces_that_cannot_be_sent_end_the_start_in_one_sentence(service: Service) -> None:
    service.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = "collector:4318"
    ended = service.run("up")
    assert ended.returncode == 3
    assert "OTEL_EXPORTER_OTLP_ENDPOINT is no URL" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_worker_by_itself_serves_its_metrics_and_names_a_port_that_is_taken(service: Service) -> None:
    service.environment["INQUIRY_WORKER_PROCESSES"] = "0"
    service.start()
    port = free_port()
    alone = Service(
        service.folder.parent / "w",
        service.environment
        | {
            "DATABASE_URL": service.database_url(),
            "INQUIRY_METRICS_HOST": "127.0.0.2",
            "INQUIRY_METRICS_PORT": str(port),
        },
    )
    process = alone.spawn("worker")
    try:
        sent = service.post("inquiries/submit", {"body": "I was charged twice."}, Prefer="respond-async")
        wait_until(lambda: service.get(f"inquiries/{sent['id']}")["status"] == "routed")
        value = scrape(f"http://127.0.0.2:{port}/metrics")
        assert value("inquiry_pipeline_recorded_total", by="worker") == 1
        assert value(HEARTBEAT, worker="worker") == pytest.approx(time.time(), abs=5)
        assert value("inquiry_processes", program="worker") == 1
        second = alone.run("worker")
        assert second.returncode == 3
        assert f"127.0.0.2:{port}" in second.stderr
        assert "INQUIRY_METRICS_PORT" in second.stderr
        assert "Traceback" not in second.stderr
    finally:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
    assert process.returncode == 0
    assert service.stop() == 0
