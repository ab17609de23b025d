"""How a process is: memory, processor time, database connections. Noted every few seconds by a thread of its own.

Under `inquiry up` any process may be asked for everybody's metrics; so each writes down how it is, and nobody has to
look into another.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import psutil

from inquiry_pipeline.telemetry.metrics import ProcessMetrics

_EVERY_SECONDS: Final = 2.0


@contextmanager
def noted(metrics: ProcessMetrics, *, program: str, pool: Callable[[], tuple[int, int]]) -> Iterator[None]:
    """Note how this process is while the block lasts; `pool` gives the connections in use and how many may be."""
    vitals = _Vitals(metrics, program, pool)
    vitals.note()
    done = threading.Event()
    thread = threading.Thread(target=vitals.keep_noting, args=(done,), name="vitals", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


class _Vitals:
    def __init__(self, metrics: ProcessMetrics, program: str, pool: Callable[[], tuple[int, int]]) -> None:
        self._process = psutil.Process()
        self._pool = pool
        self._memory = metrics.memory.labels(program)
        self._cpu = metrics.cpu_seconds.labels(program)
        self._in_use = metrics.pool_in_use.labels(program)
        self._cpu_before = 0.0
        metrics.processes.labels(program).set(1)
        metrics.start_time.labels(program).set(self._process.create_time())
        metrics.pool_size.labels(program).set(pool()[1])

    def keep_noting(self, done: threading.Event) -> None:
        while not done.wait(_EVERY_SECONDS):
            self.note()

    def note(self) -> None:
        times = self._process.cpu_times()
        used = times.user + times.system
        self._cpu.inc(max(used - self._cpu_before, 0.0))
        self._cpu_before = used
        self._memory.set(self._process.memory_info().rss)
        self._in_use.set(self._pool()[0])
