"""The composition root: everything is built here, once a process, and passed on as a value.

What only some programs need (the model's libraries above all) is imported where it is built, so that the others
start quickly.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from inquiry_pipeline.core.errors import ConfigurationError, StoreUnavailable
from inquiry_pipeline.routing.rulebook import RuleBook
from inquiry_pipeline.settings import Settings
from inquiry_pipeline.store.embedded import EmbeddedServer, locked
from inquiry_pipeline.telemetry.exposition import GaugesNow, Reading, exposition
from inquiry_pipeline.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from inquiry_pipeline.nlp.cache import PredictionCache
    from inquiry_pipeline.nlp.predictor import Predictor
    from inquiry_pipeline.nlp.task_models import TaskModels
    from inquiry_pipeline.pipeline import Pipeline
    from inquiry_pipeline.store.database import Database


def build_metrics() -> Metrics:
    """All metrics on a registry of their own."""
    return Metrics(CollectorRegistry())


def build_predictor(settings: Settings, metrics: Metrics) -> "Predictor":
    """The model, its cache and its fallback. Loads nothing before its first use."""
    from inquiry_pipeline.nlp.bundle import DEFAULT_BUNDLE
    from inquiry_pipeline.nlp.predictor import Predictor, PredictorOptions

    options = PredictorOptions(threads=settings.inference_threads or os.cpu_count() or 1)
    task_models = _task_models(settings, metrics)
    return Predictor(settings.bundle_dir or DEFAULT_BUNDLE, options, metrics.model, _cache(settings), task_models)


def _task_models(settings: Settings, metrics: Metrics) -> "TaskModels":
    """The models that shall answer single tasks. ConfigurationError names the variable that is not usable."""
    from inquiry_pipeline.nlp.backends import BackendOptions, Task, parse_choice
    from inquiry_pipeline.nlp.descriptions import load_descriptions
    from inquiry_pipeline.nlp.task_models import TaskModels

    choices = {}
    for task in Task:
        try:
            choice = parse_choice(getattr(settings, f"{task}_model"))
        except ConfigurationError as error:
            raise ConfigurationError(f"INQUIRY_{task.upper()}_MODEL is not usable: {error}") from error
        if choice is not None:
            choices[task] = choice
    options = BackendOptions(
        threshold=settings.model_threshold,
        languages=settings.model_languages,
        descriptions=load_descriptions(settings.label_descriptions),
        cache_dir=settings.model_cache,
        threads=settings.inference_threads,
    )
    return TaskModels(choices, options, metrics.model)


def _cache(settings: Settings) -> "PredictionCache":
    from inquiry_pipeline.nlp.cache import LocalCache, RedisCache

    if settings.redis_url:
        try:
            return RedisCache(settings.redis_url, ttl_seconds=settings.cache_ttl_seconds)
        except ValueError as error:
            raise ConfigurationError(f"REDIS_URL is not usable: {error}") from error
    return LocalCache(settings.cache_size)


def build_rulebook(settings: Settings, metrics: Metrics) -> RuleBook:
    """The routing rules. Raises `RulesError` if the file is not usable."""
    return RuleBook(settings.rules_path, lambda result: metrics.routing.rules_reloads.labels(result).inc())


def build_database(url: str, *, name: str, threads: int) -> "Database":
    """The connection pool of one process, as large as the threads that use it."""
    from inquiry_pipeline.store.database import Database, DatabaseOptions

    return Database(DatabaseOptions(url=url, pool_size=threads, application_name=name))


@dataclass(frozen=True, slots=True)
class RunningDatabase:
    """The database in use. `embedded` is None where somebody else runs it."""

    url: str
    embedded: EmbeddedServer | None = None


@contextmanager
def running_database(settings: Settings) -> Iterator[RunningDatabase]:
    """The configured database, or the embedded one, which runs while the block lasts.

    Raises `DataFolderLocked` if another process has the embedded one, `StoreUnavailable` if it does not start.
    """
    if settings.database_url:
        yield RunningDatabase(settings.database_url)
        return
    with locked(settings.data_dir):
        server = EmbeddedServer(settings.data_dir.resolve() / "postgres")
        try:
            yield RunningDatabase(server.start(), server)
        finally:
            server.stop()


@contextmanager
def shared_database(settings: Settings) -> Iterator[str]:
    """The URL of the configured database, or of the embedded one, also where another process runs it already."""
    running = EmbeddedServer(settings.data_dir.resolve() / "postgres")
    if settings.database_url is None and running.is_running():
        yield running.start()
        return
    with running_database(settings) as database:
        yield database.url


@contextmanager
def pipeline_for(settings: Settings, url: str, *, name: str, threads: int) -> Iterator["Pipeline"]:
    """A pipeline over a database, closed at the end of the block."""
    from inquiry_pipeline.pipeline import Pipeline, PipelineOptions

    metrics = build_metrics()
    rulebook = build_rulebook(settings, metrics)
    database = build_database(url, name=name, threads=threads)
    predictor = build_predictor(settings, metrics)
    try:
        yield Pipeline(
            database=database,
            predictor=predictor,
            rulebook=rulebook,
            metrics=metrics,
            options=PipelineOptions(lease=timedelta(seconds=settings.lease_seconds)),
        )
    finally:
        predictor.close()
        database.close()


def metrics_text(pipeline: "Pipeline") -> bytes:
    """Every metric in Prometheus's text format; the queues' depths are read from the database now."""
    return exposition(pipeline.metrics.registry, GaugesNow(lambda: _depths(pipeline.database)))


def _depths(database: "Database") -> Reading:
    from inquiry_pipeline.store import inquiries, work

    up = {"inquiry_database_up": ("Whether the database answers.", "", {"": 1.0})}
    try:
        with database.transaction() as connection:
            backlog = work.backlog(connection)
            waiting = inquiries.departments_waiting(connection)
    except StoreUnavailable:
        return up | {"inquiry_database_up": ("Whether the database answers.", "", {"": 0.0})}
    return up | {
        "inquiry_queue_depth": (
            "Accepted inquiries by state: pending (owed an assessment), dead (given up).",
            "state",
            {"pending": backlog.pending, "dead": backlog.dead},
        ),
        "inquiry_queue_oldest_seconds": (
            "Age of the oldest inquiry that is owed an assessment.",
            "",
            {"": backlog.oldest_seconds},
        ),
        "inquiry_waiting": (
            "Inquiries that wait for a consultant, by department.",
            "department",
            {department: float(count) for department, count in waiting.items()},
        ),
    }


def fresh_metrics_folder(settings: Settings) -> Path:
    """An empty folder through which the processes of one machine share their metrics."""
    folder = settings.data_dir.resolve() / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise ConfigurationError(f"The data folder {settings.data_dir} cannot be written: {error.strerror}") from error
    return folder
