"""The two long-running programs, each a process of its own: the API and a worker."""

import logging
import os
import signal
import socket
import threading
from datetime import timedelta
from types import FrameType
from typing import Final

import uvicorn

from inquiry_pipeline.entrypoints.api.app import ApiOptions, create_app
from inquiry_pipeline.entrypoints.supervised import PROCESS_NAME, SUPERVISED, die_with_parent
from inquiry_pipeline.entrypoints.worker import Worker, WorkerOptions
from inquiry_pipeline.settings import Settings
from inquiry_pipeline.store.database import Database
from inquiry_pipeline.telemetry.exposition import served
from inquiry_pipeline.telemetry.vitals import noted
from inquiry_pipeline.wiring import metrics_source, pipeline_for

log = logging.getLogger(__name__)

READING: Final = 2
"""Connections for what is read at a scrape, so that it need not wait for those of the requests: one to see that the
database answers, one for figures, which may take long.
"""

_WORKER_CONNECTIONS = 3
"""One for the work in hand, one for the keeper of its lease, one to spare."""


def serve_api(settings: Settings, url: str, listener: socket.socket) -> None:
    """Serve the API on a bound socket until SIGTERM or SIGINT; requests under way are finished."""
    die_with_parent()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    with (
        pipeline_for(settings, url, name="inquiry-api", threads=settings.api_threads + READING) as pipeline,
        noted(pipeline.metrics.process, program="api", pool=lambda: of_requests(pipeline.database)),
    ):
        options = ApiOptions(threads=settings.api_threads, cors_origins=settings.cors_origins)
        app = create_app(pipeline, options, exposition=metrics_source(pipeline))
        config = uvicorn.Config(
            app, loop="uvloop", http="httptools", log_config=None, access_log=False, timeout_graceful_shutdown=10
        )
        uvicorn.Server(config).run(sockets=[listener])


def of_requests(database: Database) -> tuple[int, int]:
    """The connections in use by requests, and how many they may have: with few threads, those that a scrape has
    beside them would hide that all are in use.
    """
    in_use, size = database.connections()
    return min(in_use, size - READING), size - READING


def _leave(_number: int, _frame: FrameType | None) -> None:
    """Uvicorn sends itself the signal again when it has stopped: not to die of it, but to leave in order."""
    raise SystemExit


def run_worker(settings: Settings, url: str) -> None:
    """Run a worker until SIGTERM or SIGINT; the batch in hand is finished."""
    die_with_parent()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with (
        pipeline_for(settings, url, name="inquiry-worker", threads=_WORKER_CONNECTIONS) as pipeline,
        served(pipeline.metrics.registry, settings.metrics_host, _metrics_port(settings)),
        noted(pipeline.metrics.process, program="worker", pool=pipeline.database.connections),
    ):
        Worker(pipeline, worker_options(settings)).run(stop)


def _metrics_port(settings: Settings) -> int:
    """Under `inquiry up`, the API tells of all its processes."""
    return 0 if SUPERVISED in os.environ else settings.metrics_port


def worker_options(settings: Settings) -> WorkerOptions:
    """What the settings say about workers."""
    return WorkerOptions(
        name=os.environ.get(PROCESS_NAME, "worker"),
        batch=settings.worker_batch,
        poll_seconds=settings.worker_poll_seconds,
        lease=timedelta(seconds=settings.lease_seconds),
        max_attempts=settings.max_attempts,
        keep_keys=timedelta(hours=settings.idempotency_hours),
    )
