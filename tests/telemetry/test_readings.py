"""What is read at a scrape: in time, whatever the database does."""

import threading
import time
from contextlib import ExitStack

import pytest
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry
from sqlalchemy import text

from inquiry_pipeline.core.errors import StoreUnavailable
from inquiry_pipeline.entrypoints.serve import READING, of_requests
from inquiry_pipeline.pipeline import Pipeline
from inquiry_pipeline.store.database import Database, DatabaseOptions
from inquiry_pipeline.telemetry.metrics import Metrics
from inquiry_pipeline.telemetry.readings import DATABASE_LATENCY, DATABASE_UP, InTime, Values
from inquiry_pipeline.telemetry.vitals import noted
from tests.support.waiting import wait_until

_UP: Values = {DATABASE_UP: {(): 1.0}, DATABASE_LATENCY: {(): 0.01}}
_DOWN: Values = {DATABASE_UP: {(): 0.0}}


def test_a_reading_that_hangs_is_not_waited_for_nor_begun_again() -> None:
    begun, goes_on = [], threading.Event()

    def read() -> Values:
        begun.append(1)
        goes_on.wait(10)
        return _UP

    in_time = InTime(read, late=lambda: _DOWN, seconds=0.05)
    assert [in_time(), in_time(), in_time()] == [_DOWN] * 3
    assert len(begun) == 1
    goes_on.set()
    wait_until(lambda: in_time() == _UP)


def test_a_reading_in_time_is_new_each_time() -> None:
    numbers = iter(range(3))
    in_time = InTime(lambda: {DATABASE_UP: {(): float(next(numbers))}}, late=lambda: _DOWN, seconds=5)
    assert [in_time()[DATABASE_UP][()] for _ in range(3)] == [0.0, 1.0, 2.0]


def test_what_goes_wrong_in_a_reading_is_raised_where_it_was_asked_for() -> None:
    def read() -> Values:
        raise StoreUnavailable("gone")

    with pytest.raises(StoreUnavailable, match="gone"):
        InTime(read, late=lambda: _DOWN, seconds=5)()


def test_a_database_without_a_free_connection_is_seen_within_seconds(client: TestClient, pipeline: Pipeline) -> None:
    with ExitStack() as taken:
        for _ in range(pipeline.database.connections()[1]):
            taken.enter_context(pipeline.database.engine.connect())
        started = time.monotonic()
        said = client.get("metrics").text
        assert time.monotonic() - started < 8  # the pool itself would wait for ten
        assert "inquiry_database_up 0.0" in said
        assert "inquiry_build_info{" in said
        assert "inquiry_queue_depth" not in said
    wait_until(lambda: "inquiry_database_up 1.0" in client.get("metrics").text)


def test_figures_that_take_long_are_left_out_and_the_database_is_up(client: TestClient, pipeline: Pipeline) -> None:
    with pipeline.database.transaction() as connection:
        connection.execute(text("LOCK TABLE consultants IN ACCESS EXCLUSIVE MODE"))
        for _ in range(2):  # the second asks while the first is still being counted
            said = client.get("metrics").text
            assert "inquiry_database_up 1.0" in said
            assert "inquiry_database_latency_seconds" in said
            assert "inquiry_waiting" not in said
    wait_until(lambda: "inquiry_waiting_oldest_seconds" in client.get("metrics").text)


def test_with_the_fewest_threads_it_is_seen_that_requests_have_every_connection(fresh_url: str) -> None:
    threads, metrics = 2, Metrics(CollectorRegistry())
    database = Database(DatabaseOptions(url=fresh_url, pool_size=threads + READING))
    with ExitStack() as taken:
        taken.callback(database.close)
        for _ in range(threads):
            taken.enter_context(database.engine.connect())
        taken.enter_context(noted(metrics.process, program="api", pool=lambda: of_requests(database)))
        of_api = {"program": "api"}
        assert metrics.registry.get_sample_value("inquiry_database_pool_size", of_api) == threads
        assert metrics.registry.get_sample_value("inquiry_database_pool_in_use", of_api) == threads
        with database.engine.connect():  # a scrape on top
            assert of_requests(database) == (threads, threads)
