"""The worker: assesses what was accepted and not finished, hands out the queues, keeps the house clean.

Any number of workers may run. PostgreSQL's row locks share the work between them; the lease's token keeps one
that was too slow from writing what another has finished.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from inquiry_pipeline.core.errors import InquiryError, StoreUnavailable, describe
from inquiry_pipeline.core.inquiry import Inquiry
from inquiry_pipeline.pipeline import Pipeline
from inquiry_pipeline.store import idempotency, inquiries, statistics, work
from inquiry_pipeline.store.work import Lease
from inquiry_pipeline.telemetry.tracing import BatchSpans, SpanKind, StatusCode, Tracing

log = logging.getLogger(__name__)

_UNTRACED = Tracing()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """How a worker behaves; times in seconds where they are plain numbers. `name` tells it from others in metrics."""

    name: str = "worker"
    batch: int = 64
    poll_seconds: float = 0.2
    sweep_seconds: float = 1.0
    clean_seconds: float = 60.0
    lease: timedelta = timedelta(seconds=30)
    max_attempts: int = 5
    keep_keys: timedelta = timedelta(hours=48)
    keep_measurements: timedelta = timedelta(days=90)


class Worker:
    """One worker. `run` returns after `stop` was set and the batch in hand is finished."""

    def __init__(self, pipeline: Pipeline, options: WorkerOptions) -> None:
        self._pipeline = pipeline
        self._options = options
        self._metrics = pipeline.metrics.pipeline
        self._tracing = pipeline.tracing
        self._duties = (
            _Duty(every=options.sweep_seconds, do=self.sweep),
            _Duty(every=options.clean_seconds, do=self.clean),
        )

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop. What fails is tried again, with growing pauses."""
        pause = self._options.poll_seconds
        while not stop.is_set():
            self._metrics.worker_rounds.inc()
            self._metrics.worker_last_round.labels(self._options.name).set(time.time())
            # Nobody wants to see each round; but what is logged in one can be told from the others.
            with _UNTRACED.entered("round", kind=SpanKind.INTERNAL):
                succeeded = [_tried(do) for do in (self.work_once, *(duty.if_due for duty in self._duties))]
            pause = min(pause * 2, 5.0) if None in succeeded else self._options.poll_seconds
            if None in succeeded or not any(succeeded):
                stop.wait(pause)

    def work_once(self) -> int:
        """Lease a batch, assess and record it; returns its size, 0 if nothing was due."""
        options = self._options
        with self._pipeline.database.transaction() as connection:
            lease = work.claim(
                connection, limit=options.batch, lease_for=options.lease, max_attempts=options.max_attempts
            )
            batch = inquiries.load(connection, lease.inquiry_ids) if lease else []
        if lease is not None:
            with self._kept(lease):
                self._finish(batch, lease)
        return len(batch)

    @contextmanager
    def _kept(self, lease: Lease) -> Iterator[None]:
        """Renew the lease while the block lasts: a slow model is no dead process."""
        done = threading.Event()

        def renew() -> None:
            while not done.wait(self._options.lease.total_seconds() / 3):
                with suppress(InquiryError), self._pipeline.database.transaction() as connection:
                    work.renew(connection, lease, lease_for=self._options.lease)

        keeper = threading.Thread(target=renew, name="lease-keeper")
        keeper.start()
        try:
            yield
        finally:
            done.set()
            keeper.join()

    def _finish(self, batch: list[Inquiry], lease: Lease) -> None:
        with self._traced(batch, lease) as traces:
            try:
                self._pipeline.record(self._pipeline.assess(batch, interactive=False), lease, by="worker")
            except StoreUnavailable as error:
                # Nothing is wrong with these inquiries: no attempt is counted against them.
                self._pipeline.leave_to_worker(lease, describe(error))
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not cost the others their turn
                traces.failed(error)
                if len(batch) == 1:
                    self._put_back(lease, batch[0], error)
                    return
                log.warning("a batch failed and is done one by one", extra={"reason": describe(error)})
            else:
                return
        # One bad inquiry must not take the others down with it: each gets a transaction of its own.
        for inquiry in batch:
            self._finish([inquiry], lease)

    def _traced(self, batch: list[Inquiry], lease: Lease) -> AbstractContextManager[BatchSpans]:
        """Each inquiry's attempt, in the trace in which it was accepted."""
        return self._tracing.batch(
            "work",
            [_carrier(lease.traceparents.get(one.id)) for one in batch],
            [{"inquiry.id": str(one.id), "inquiry.attempt": lease.attempts[one.id]} for one in batch],
        )

    def _put_back(self, lease: Lease, inquiry: Inquiry, error: Exception) -> None:
        attempts = lease.attempts[inquiry.id]
        spent = attempts >= self._options.max_attempts
        retry_in = None if spent else timedelta(seconds=min(2**attempts, 300) * random.uniform(0.5, 1.5))  # noqa: S311
        with self._pipeline.database.transaction() as connection:
            work.put_back(connection, lease, inquiry.id, error=describe(error), retry_in=retry_in)
        (self._metrics.dead_letters if spent else self._metrics.attempts_failed).inc()
        log.error(
            "an inquiry could not be assessed",
            exc_info=error,
            extra={"inquiry_id": str(inquiry.id), "attempts": attempts, "given_up": spent},
        )

    def sweep(self) -> None:
        """Hand out waiting inquiries, review what age has changed, give up what keeps killing its process."""
        self._pipeline.review()
        with self._pipeline.database.transaction() as connection:
            waiting = frozenset(inquiries.departments_waiting(connection))
            buried = work.bury_exhausted(connection, max_attempts=self._options.max_attempts)
        for inquiry_id, place in buried.items():
            self._metrics.dead_letters.inc()
            known = {"inquiry_id": str(inquiry_id)}
            with self._tracing.entered("given up", kind=SpanKind.CONSUMER, carrier=_carrier(place)) as span:
                span.set_status(StatusCode.ERROR)
                log.error("an inquiry was given up: its process died each time", extra=known)
        if waiting:
            self._pipeline.assign_waiting(waiting)

    def clean(self) -> None:
        """Note how the pipeline stands, and put right or delete what has been left behind."""
        self._pipeline.review_orphans()
        options, now = self._options, self._pipeline.clock()
        with self._pipeline.database.transaction() as connection:
            if not statistics.may_measure(connection, every=timedelta(seconds=options.clean_seconds * 0.9)):
                return  # another worker has just done it
            backlog = work.backlog(connection)
            latest = statistics.over(connection, since=now - timedelta(minutes=5), until=now, now=now)
            measured = {
                "work_pending": float(backlog.pending),
                "work_dead": float(backlog.dead),
                "work_oldest_seconds": backlog.oldest_seconds,
                "inquiries_received_5m": float(latest.total),
                "routed_per_hour_5m": latest.routed_per_hour,
            }
            timed = {f"seconds_to_route_{name}_5m": value for name, value in latest.seconds_to_route.items()}
            measured |= {name: value for name, value in timed.items() if value is not None}
            statistics.keep_measurements(connection, now, measured)
            statistics.forget_measurements(connection, older_than=options.keep_measurements)
            idempotency.forget(connection, older_than=options.keep_keys)


def _carrier(traceparent: str | None) -> dict[str, str]:
    return {"traceparent": traceparent} if traceparent else {}


def _tried(do: Callable[[], int | None]) -> int | None:
    """What came of it (0 for nothing); None if it failed, which is logged and left for the next round."""
    try:
        return do() or 0
    except StoreUnavailable as error:
        log.warning("the worker waits for the database", extra={"reason": str(error)})
    except Exception:
        log.exception("a worker's duty failed; what it is owed stays due")
    return None


class _Duty:
    """Something to do every so many seconds, beginning at once."""

    def __init__(self, *, every: float, do: Callable[[], None]) -> None:
        self._every = every
        self._do = do
        self._next = 0.0

    def if_due(self) -> None:
        """Do it if its time has come."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + self._every
            self._do()
