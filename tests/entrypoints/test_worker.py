"""The worker, against a real database: what is owed gets done, once, whatever happens on the way."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import cast

import pytest
from sqlalchemy import text

from inquiry_pipeline.core.errors import StoreUnavailable
from inquiry_pipeline.core.inquiry import Message, Status
from inquiry_pipeline.core.prediction import Prediction
from inquiry_pipeline.entrypoints.worker import Worker, WorkerOptions
from inquiry_pipeline.nlp.predictor import Predictor
from inquiry_pipeline.pipeline import Pipeline
from inquiry_pipeline.store import inquiries, statistics, work
from tests.support.builders import an_inquiry
from tests.support.desk import decision_on, send, set_available
from tests.support.waiting import wait_until

QUICK = WorkerOptions(poll_seconds=0.01, sweep_seconds=0.02, lease=timedelta(seconds=30), max_attempts=2)


def accept(pipeline: Pipeline, count: int) -> None:
    for number in range(count):
        inquiry = an_inquiry(body=f"Question number {number} about my invoice.", received_at=pipeline.clock())
        pipeline.accept(inquiry, via="test", hold=False)


def ask(pipeline: Pipeline, question: str) -> int:
    with pipeline.database.transaction() as connection:
        return int(connection.execute(text(question)).scalar_one())


def test_several_workers_finish_everything_and_double_nothing(pipeline: Pipeline) -> None:
    accept(pipeline, 100)
    stop = threading.Event()
    workers = [Worker(pipeline, WorkerOptions(batch=7, poll_seconds=0.01, sweep_seconds=0.05)) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for worker in workers:
            pool.submit(worker.run, stop)
        wait_until(lambda: ask(pipeline, "SELECT count(*) FROM work") == 0)
        stop.set()
    assert ask(pipeline, "SELECT count(*) FROM inquiries WHERE status = 'routed'") == 100
    assert ask(pipeline, "SELECT count(*) FROM predictions") == 100
    assert ask(pipeline, "SELECT count(*) FROM routing_decisions WHERE is_current") == 100
    load = "SELECT count(*) FROM inquiries WHERE consultant_id = '{}'"
    assert [ask(pipeline, load.format(name)) for name in ("ann", "ben", "cat")] == [3, 3, 3]


def test_an_inquiry_whose_process_died_is_taken_over_after_its_lease(pipeline: Pipeline) -> None:
    inquiry = an_inquiry()
    pipeline.accept(inquiry, via="test", hold=True)
    worker = Worker(pipeline, QUICK)
    assert worker.work_once() == 0
    with pipeline.database.transaction() as connection:
        connection.execute(text("UPDATE work SET leased_until = now() - interval '1 second'"))
    assert worker.work_once() == 1
    assert decision_on(pipeline, inquiry).consultant is not None


def test_a_poisoned_inquiry_takes_nothing_down_with_it_and_ends_as_a_dead_letter(pipeline: Pipeline) -> None:
    accept(pipeline, 5)
    poison = an_inquiry(body="poison")
    pipeline.accept(poison, via="test", hold=False)
    # A constraint that this one inquiry's decision violates: a real error, in the middle of a batch's transaction.
    with pipeline.database.transaction() as connection:
        connection.execute(text(f"ALTER TABLE predictions ADD CONSTRAINT poison CHECK (inquiry_id <> '{poison.id}')"))
    worker = Worker(pipeline, QUICK)
    worker.work_once()
    assert ask(pipeline, "SELECT count(*) FROM inquiries WHERE status = 'routed'") == 5
    assert ask(pipeline, "SELECT attempts FROM work WHERE dead_at IS NULL AND last_error LIKE '%poison%'") == 1
    with pipeline.database.transaction() as connection:
        connection.execute(text("UPDATE work SET run_after = now()"))
    worker.work_once()
    with pipeline.database.transaction() as connection:
        dead = work.dead_letters(connection, limit=5)
        assert inquiries.get(connection, poison.id).inquiry.status is Status.RECEIVED
    assert [(one.inquiry_id, one.attempts) for one in dead] == [(poison.id, 2)]
    assert pipeline.metrics.registry.get_sample_value("inquiry_pipeline_dead_letters_total") == 1


class _Slow:
    """A predictor that takes its time, around a real one."""

    def __init__(self, real: Predictor, seconds: float) -> None:
        self._real, self._seconds = real, seconds

    def predict(self, messages: Sequence[Message], *, interactive: bool = True) -> list[Prediction]:
        time.sleep(self._seconds)
        return self._real.predict(messages, interactive=interactive)


def test_a_batch_that_takes_longer_than_a_lease_is_not_taken_away(pipeline: Pipeline) -> None:
    accept(pipeline, 4)
    pipeline.predictor = cast("Predictor", _Slow(pipeline.predictor, 1.5))
    options = WorkerOptions(lease=timedelta(seconds=0.6), max_attempts=2, poll_seconds=0.01)
    slow = threading.Thread(target=Worker(pipeline, options).work_once)
    slow.start()
    time.sleep(0.9)
    assert Worker(pipeline, options).work_once() == 0
    slow.join()
    assert ask(pipeline, "SELECT count(*) FROM inquiries WHERE status = 'routed'") == 4
    assert ask(pipeline, "SELECT count(*) FROM work") == 0


def test_an_outage_counts_against_nobody(pipeline: Pipeline) -> None:
    accept(pipeline, 2)
    pipeline.rules()
    with pipeline.database.transaction() as connection:
        connection.execute(text("SELECT FROM consultants FOR UPDATE"))
        worker = Worker(pipeline, QUICK)
        thread = threading.Thread(target=_ignoring_outages, args=(worker,))
        thread.start()
        cut = 0
        for _ in range(2):  # recording is tried twice
            blocked = (
                "SELECT coalesce(max(pid), 0) FROM pg_stat_activity WHERE datname = current_database()"
                f" AND wait_event_type = 'Lock' AND pid <> {cut}"  # which may take its time to go
            )
            wait_until(lambda blocked=blocked: ask(pipeline, blocked) > 0)  # type: ignore[misc]
            cut = ask(pipeline, blocked)
            ask(pipeline, f"SELECT pg_terminate_backend({cut})::int")
        thread.join(10)
    assert ask(pipeline, "SELECT max(attempts) FROM work") == 0
    assert Worker(pipeline, QUICK).work_once() == 2


def _ignoring_outages(worker: Worker) -> None:
    with suppress(StoreUnavailable):
        worker.work_once()


def test_errors_do_not_repeat_what_people_wrote(pipeline: Pipeline, caplog: pytest.LogCaptureFixture) -> None:
    letter = an_inquiry(body="My secret is a striped zebra.", sender_email="zebra@example.com")
    pipeline.accept(letter, via="test", hold=False)
    with pipeline.database.transaction() as connection:
        connection.execute(text("ALTER TABLE inquiries ADD CONSTRAINT no CHECK (status <> 'routed') NOT VALID"))
    worker = Worker(pipeline, WorkerOptions(max_attempts=1))
    worker.work_once()
    with pipeline.database.transaction() as connection:
        [dead] = work.dead_letters(connection, limit=5)
    assert "violates check constraint" in str(dead.last_error)
    assert "zebra" not in str(dead.last_error)
    assert "zebra" not in caplog.text


def test_the_sweep_hands_out_what_waits(pipeline: Pipeline) -> None:
    for name in ("ann", "ben", "cat"):
        set_available(pipeline, name, available=False)
    waiting = send(pipeline)
    with pipeline.database.transaction() as connection:
        connection.execute(text("UPDATE consultants SET available = true WHERE id = 'cat'"))
    Worker(pipeline, QUICK).sweep()
    assert decision_on(pipeline, waiting).consultant == "cat"


def test_what_kills_its_process_is_given_up_by_the_sweep(pipeline: Pipeline) -> None:
    inquiry = an_inquiry()
    pipeline.accept(inquiry, via="test", hold=True)
    with pipeline.database.transaction() as connection:
        connection.execute(text("UPDATE work SET attempts = 2, leased_until = now() - interval '1 second'"))
    worker = Worker(pipeline, QUICK)
    assert worker.work_once() == 0
    worker.sweep()
    with pipeline.database.transaction() as connection:
        assert [one.inquiry_id for one in work.dead_letters(connection, limit=5)] == [inquiry.id]


def test_a_worker_waits_for_a_database_that_is_away_and_goes_on(pipeline: Pipeline) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=Worker(pipeline, QUICK).run, args=(stop,))
    thread.start()
    try:
        for _ in range(3):
            with pipeline.database.transaction() as connection:
                others = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                connection.execute(text(f"{others} WHERE datname = current_database() AND pid <> pg_backend_pid()"))
            accept(pipeline, 1)
        wait_until(lambda: ask(pipeline, "SELECT count(*) FROM inquiries WHERE status = 'routed'") == 3)
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()


def test_measurements_are_taken_once_however_many_workers_there_are(pipeline: Pipeline) -> None:
    send(pipeline)
    for _ in range(3):
        Worker(pipeline, QUICK).clean()
    assert ask(pipeline, "SELECT count(*) FROM performance_metrics WHERE name = 'work_pending'") == 1
    assert ask(pipeline, "SELECT count(*) FROM performance_metrics WHERE name LIKE 'seconds_to_route%'") == 3


def test_old_keys_and_measurements_are_forgotten(pipeline: Pipeline) -> None:
    with pipeline.database.transaction() as connection:
        statistics.keep_measurements(connection, pipeline.clock() - timedelta(days=100), {"work_pending": 1.0})
    Worker(pipeline, QUICK).clean()
    assert ask(pipeline, "SELECT count(*) FROM performance_metrics WHERE measured_at < now() - interval '90 days'") == 0


@pytest.mark.parametrize("count", [0, 1])
def test_a_worker_stops_when_told(pipeline: Pipeline, count: int) -> None:
    accept(pipeline, count)
    stop = threading.Event()
    stop.set()
    Worker(pipeline, QUICK).run(stop)
    assert ask(pipeline, "SELECT count(*) FROM work") == count
