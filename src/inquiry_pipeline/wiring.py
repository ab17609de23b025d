"""The composition root: everything is built here, once a process, and passed on as a value.

What only some programs need (the model's libraries above all) is imported where it is built, so that the others
start quickly.
"""

import logging
import os
import platform
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from inquiry_pipeline import __version__
from inquiry_pipeline.core.errors import ConfigurationError, InquiryError, describe
from inquiry_pipeline.routing.rulebook import RuleBook
from inquiry_pipeline.settings import Settings
from inquiry_pipeline.store.embedded import EmbeddedServer, locked
from inquiry_pipeline.telemetry import readings
from inquiry_pipeline.telemetry.exporting import TracingOptions, check, tracing_for
from inquiry_pipeline.telemetry.exposition import exposition
from inquiry_pipeline.telemetry.metrics import Metrics
from inquiry_pipeline.telemetry.readings import InTime, ReadingsNow, Values
from inquiry_pipeline.telemetry.tracing import Tracing

if TYPE_CHECKING:
    from inquiry_pipeline.nlp.cache import PredictionCache
    from inquiry_pipeline.nlp.predictor import Predictor
    from inquiry_pipeline.nlp.task_models import TaskModels
    from inquiry_pipeline.pipeline import Pipeline
    from inquiry_pipeline.store.database import Database

log = logging.getLogger(__name__)

_READING_SECONDS = 3.0
"""How long a scrape waits for the database, and again for its figures: less than Prometheus waits for a scrape."""


def build_metrics() -> Metrics:
    """All metrics on a registry of their own."""
    return Metrics(CollectorRegistry())


def tracing_options(settings: Settings) -> TracingOptions:
    """Where traces go. Raises `ConfigurationError`, naming the variable, where they cannot."""
    names = [one.name for one in fields(TracingOptions)]
    options = TracingOptions(**{name: getattr(settings, f"otel_{name}") for name in names})
    check(options)
    return options


def build_predictor(settings: Settings, metrics: Metrics, tracing: Tracing | None = None) -> "Predictor":
    """The model, its cache and its fallback. Loads nothing before its first use."""
    from inquiry_pipeline.nlp.bundle import DEFAULT_BUNDLE
    from inquiry_pipeline.nlp.predictor import Predictor, PredictorOptions

    options = PredictorOptions(threads=settings.inference_threads or os.cpu_count() or 1)
    task_models = _task_models(settings, metrics)
    bundle = settings.bundle_dir or DEFAULT_BUNDLE
    return Predictor(bundle, options, metrics.model, _cache(settings), task_models, tracing)


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
    with ExitStack() as stack:
        tracing = tracing_for(tracing_options(settings), program=name)
        stack.callback(tracing.close)
        database = build_database(url, name=name, threads=threads)
        stack.callback(database.close)
        predictor = build_predictor(settings, metrics, tracing)
        stack.callback(predictor.close)
        yield Pipeline(
            database=database,
            predictor=predictor,
            rulebook=rulebook,
            metrics=metrics,
            options=PipelineOptions(lease=timedelta(seconds=settings.lease_seconds)),
            tracing=tracing,
        )


def metrics_source(pipeline: "Pipeline") -> Callable[[], bytes]:
    """Gives every metric in Prometheus's text format. How the database and its queues stand is read when it is asked.

    A database that does not answer in time counts as down. What takes longer to count is left out, and nothing else
    suffers: the two are asked for beside each other, over a connection each.
    """
    answer = InTime(lambda: _answer(pipeline), late=lambda: _DOWN, seconds=_READING_SECONDS)
    figures = InTime(lambda: _figures(pipeline), late=_no_figures, seconds=_READING_SECONDS)

    def read() -> Values:
        database = answer()
        return {**_known(pipeline), **database, **({} if database == _DOWN else figures())}

    return lambda: exposition(pipeline.metrics.registry, ReadingsNow(read))


_DOWN: Values = {readings.DATABASE_UP: {(): 0.0}}


def _known(pipeline: "Pipeline") -> Values:
    """What needs no database."""
    return {
        readings.BUILD: {(__version__, platform.python_version()): 1.0},
        readings.RULES_REJECTED: {(): float(pipeline.rulebook.problem is not None)},
    }


def _answer(pipeline: "Pipeline") -> Values:
    try:
        return {readings.DATABASE_LATENCY: {(): pipeline.database.ping()}, readings.DATABASE_UP: {(): 1.0}}
    except InquiryError:
        return _DOWN


def _figures(pipeline: "Pipeline") -> Values:
    try:
        return _standing(pipeline.database)
    except InquiryError as error:
        log.warning("how things stand cannot be read", extra={"reason": describe(error)})
        return {}


def _no_figures() -> Values:
    log.warning("how things stand could not be counted in time", extra={"seconds": _READING_SECONDS})
    return {}


def _standing(database: "Database") -> Values:
    from inquiry_pipeline.store.standing import standing

    with database.transaction() as connection:
        now = standing(connection)
    departments = now.departments.items()
    return {
        readings.QUEUE_DEPTH: {("pending",): now.backlog.pending, ("dead",): now.backlog.dead},
        readings.QUEUE_OLDEST: {(): now.backlog.oldest_seconds},
        readings.WAITING: {(name,): one.waiting for name, one in departments},
        readings.WAITING_OLDEST: {(name,): one.oldest_seconds for name, one in departments},
        readings.CONSULTANTS: {
            (name, state): getattr(one, state) for name, one in departments for state in ("available", "away")
        },
        readings.OVERRIDES: {(state,): number for state, number in now.overrides.items()},
    }


def metrics_folder(settings: Settings) -> Path:
    """The folder through which the processes of one machine share their metrics."""
    return settings.data_dir.resolve() / "metrics"


def fresh_metrics_folder(settings: Settings) -> Path:
    """That folder, empty."""
    folder = metrics_folder(settings)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise ConfigurationError(f"The data folder {settings.data_dir} cannot be written: {error.strerror}") from error
    return folder
