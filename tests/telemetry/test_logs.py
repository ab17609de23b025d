"""What a log line says of where it belongs: request, trace, span, with or without anybody who collects traces."""

import io
import json
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from inquiry_pipeline.entrypoints.worker import Worker, WorkerOptions
from inquiry_pipeline.pipeline import Pipeline
from inquiry_pipeline.telemetry.logs import configure_logging
from tests.support.waiting import wait_until

CALLER = "0af7651916cd43dd8448eb211c80319c"
HEADER = {"traceparent": f"00-{CALLER}-b7ad6b7169203331-01"}
LETTER = {"body": "I was charged twice for a striped zebra."}


class Lines:
    """What was logged, as the JSON lines that the program writes."""

    def __init__(self, stream: io.StringIO) -> None:
        self._stream = stream

    def said(self, event: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self._stream.getvalue().splitlines()]
        return [line for line in lines if line["event"] == event]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    configure_logging(level="INFO", log_format="json")
    yield Lines(stream)
    root.handlers[:] = before
    root.setLevel(level)


def test_a_request_has_a_trace_though_nobody_collects_it(client: TestClient, lines: Lines) -> None:
    problem = client.get("inquiries/00000000-0000-7000-8000-000000000000").json()
    [line] = lines.said("request")
    assert (line["trace_id"], line["request_id"]) == (problem["trace_id"], problem["request_id"])
    assert len(line["trace_id"]) == 32
    assert len(line["span_id"]) == 16
    assert line["route"] == "/api/v1/inquiries/{inquiry_id}"


def test_every_request_has_a_trace_of_its_own(client: TestClient, lines: Lines) -> None:
    for _ in range(3):
        client.get("consultants")
    assert len({line["trace_id"] for line in lines.said("request")}) == 3


@pytest.mark.parametrize(
    ("header", "goes_on"),
    [
        (HEADER["traceparent"], True),
        ("00-00000000000000000000000000000000-b7ad6b7169203331-01", False),
        (f"00-{CALLER}-b7ad6b7169203331", False),
        ("not a trace; DROP TABLE inquiries", False),
        ("x" * 5000, False),
    ],
)
def test_a_callers_trace_goes_on_if_it_is_one(client: TestClient, lines: Lines, header: str, goes_on: bool) -> None:
    problem = client.get("inquiries/nothing", headers={"traceparent": header}).json()
    assert problem["status"] == 422
    assert (problem["trace_id"] == CALLER) is goes_on
    assert problem["trace_id"] == lines.said("request")[0]["trace_id"]


def test_an_error_in_the_middle_of_a_request_is_logged_in_its_trace(
    client: TestClient, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inquiry_pipeline.store.directory.list_consultants", None)
    assert client.get("consultants", headers=HEADER).json()["trace_id"] == CALLER
    assert [line["trace_id"] for line in lines.said("request failed")] == [CALLER]


def test_a_worker_logs_in_the_trace_of_the_request_that_it_works_for(
    client: TestClient, pipeline: Pipeline, lines: Lines
) -> None:
    sent = client.post("inquiries/submit", json=LETTER, headers=HEADER | {"Prefer": "respond-async"}).json()
    with pipeline.database.transaction() as connection:
        connection.execute(text("ALTER TABLE predictions ADD CONSTRAINT no CHECK (category = '-') NOT VALID"))
    Worker(pipeline, WorkerOptions()).work_once()
    [line] = lines.said("an inquiry could not be assessed")
    assert (line["inquiry_id"], line["trace_id"]) == (sent["id"], CALLER)
    assert "zebra" not in str(line)


def test_what_a_request_leaves_to_a_worker_is_logged_in_one_trace(
    client: TestClient, pipeline: Pipeline, lines: Lines
) -> None:
    with pipeline.database.transaction() as connection:
        connection.execute(text("ALTER TABLE predictions ADD CONSTRAINT no CHECK (category = '-') NOT VALID"))
    assert client.post("inquiries/submit", json=LETTER, headers=HEADER).status_code == 202
    Worker(pipeline, WorkerOptions()).work_once()
    [left] = lines.said("assessment left to a worker")
    [failed] = lines.said("an inquiry could not be assessed")
    assert (left["trace_id"], failed["trace_id"]) == (CALLER, CALLER)
    assert left["span_id"] != failed["span_id"]


def test_what_is_given_up_is_logged_in_the_trace_in_which_it_came(
    client: TestClient, pipeline: Pipeline, lines: Lines
) -> None:
    client.post("inquiries/submit", json=LETTER, headers=HEADER | {"Prefer": "respond-async"})
    with pipeline.database.transaction() as connection:
        connection.execute(text("UPDATE work SET attempts = 5, leased_until = now() - interval '1 second'"))
    Worker(pipeline, WorkerOptions()).sweep()
    [line] = lines.said("an inquiry was given up: its process died each time")
    assert line["trace_id"] == CALLER


def test_each_round_of_a_worker_can_be_told_from_the_others(
    pipeline: Pipeline, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "review", None)
    stop = threading.Event()
    worker = Worker(pipeline, WorkerOptions(poll_seconds=0.01, sweep_seconds=0.01))
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    failed = "a worker's duty failed; what it is owed stays due"
    wait_until(lambda: len(lines.said(failed)) >= 2)
    stop.set()
    thread.join()
    assert all(len(line["trace_id"]) == 32 for line in lines.said(failed))
    assert len({line["trace_id"] for line in lines.said(failed)}) == len(lines.said(failed))


def test_a_line_outside_of_any_trace_has_no_ids(lines: Lines) -> None:
    logging.getLogger("inquiry_pipeline").warning("all is quiet")
    [line] = lines.said("all is quiet")
    assert not {"trace_id", "span_id"} & set(line)
