"""A few threads that run one text after the other, what someone waits for before bulk work.

However many request threads ask at once, no more passes run than there are inference threads, and bulk work delays a
request by one text at most (a long one takes several passes). Passes are not merged into batches, see
`learning/encoder.py`.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class InferencePool:
    """`threads` threads, started with the first job. Thread-safe."""

    def __init__(self, threads: int) -> None:
        self._size = threads
        self._threads: list[threading.Thread] = []
        self._ready = threading.Condition()
        self._interactive: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._bulk: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._closed = False

    def submit(self, job: Callable[[], T], *, interactive: bool) -> Future[T]:
        """Queue a job; its result or exception is in the future. RuntimeError after `close`."""
        future: Future[T] = Future()
        with self._ready:
            if self._closed:
                raise RuntimeError("The inference pool is closed.")
            if len(self._threads) < self._size:
                self._start_thread()
            (self._interactive if interactive else self._bulk).append((future, job))
            self._ready.notify()
        return future

    @property
    def closed(self) -> bool:
        """Whether it takes no more jobs."""
        return self._closed

    def close(self) -> None:
        """Finish what is queued, end the threads and wait for them."""
        with self._ready:
            self._closed = True
            self._ready.notify_all()
        for thread in self._threads:
            thread.join()

    def _start_thread(self) -> None:
        thread = threading.Thread(target=self._run, name=f"inference-{len(self._threads)}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _run(self) -> None:
        while True:
            with self._ready:
                while not (self._interactive or self._bulk or self._closed):
                    self._ready.wait()
                if not (self._interactive or self._bulk):
                    return
                future, job = (self._interactive or self._bulk).popleft()
            try:
                future.set_result(job())
            except BaseException as error:  # noqa: BLE001 - whoever asked must learn of it, and the thread live on
                future.set_exception(error)
