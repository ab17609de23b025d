"""Whether this process can serve: its database, its model, its cache."""

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from inquiry_pipeline import __version__
from inquiry_pipeline.core.errors import StoreBusy, StoreUnavailable, describe
from inquiry_pipeline.entrypoints.api.schemas import ComponentHealth, HealthAnswer
from inquiry_pipeline.nlp.cache import CacheError
from inquiry_pipeline.nlp.predictor import Predictor
from inquiry_pipeline.store.database import Database
from inquiry_pipeline.store.schema_version import SchemaVersion

log = logging.getLogger(__name__)

T = TypeVar("T")


class Health:
    """Asks every part how it is. Without the database or its schema nothing can be accepted, so then it is
    unavailable; without model or cache answers are worse or slower, so then it is degraded. Until `warm` is set,
    the model counts as loading.
    """

    def __init__(self, database: Database, predictor: Predictor, warm: threading.Event) -> None:
        self._warm = warm
        self._database = database
        self._predictor = predictor
        self._schema = SchemaVersion()

    def check(self) -> HealthAnswer:
        """Check every part now."""
        checks = {"database": self._check_database(), "model": self._check_model(), "cache": self._check_cache()}
        states = {check.state for check in checks.values()}
        if states & {"unavailable", "outdated", "loading"}:
            return HealthAnswer(status="unavailable", version=__version__, checks=checks)
        return HealthAnswer(status="degraded" if "degraded" in states else "ready", version=__version__, checks=checks)

    def _check_database(self) -> ComponentHealth:
        try:
            seconds, current = _timed(lambda: self._schema.is_usable(self._database))
        except (StoreUnavailable, StoreBusy) as error:
            log.warning("the database is not healthy", extra={"reason": str(error)})
            return ComponentHealth(state="unavailable", detail="the database does not answer; the log says why")
        if not current:
            return ComponentHealth(state="outdated", latency_ms=seconds, detail="run 'inquiry migrate'")
        return ComponentHealth(state="ok", latency_ms=seconds)

    def _check_model(self) -> ComponentHealth:
        if not self._warm.is_set():
            return ComponentHealth(state="loading")
        status = self._predictor.status()
        try:
            milliseconds = round(self._predictor.probe() * 1000, 3)
        except Exception as error:  # noqa: BLE001 - whatever the runtime raises; keywords answer then
            return ComponentHealth(state="degraded", detail=describe(error))
        if status.state == "ready":
            return ComponentHealth(state="ok", latency_ms=milliseconds, detail=status.version)
        return ComponentHealth(state=status.state, latency_ms=milliseconds, detail=status.error)

    def _check_cache(self) -> ComponentHealth:
        try:
            seconds = self._predictor.ping_cache()
        except CacheError as error:
            return ComponentHealth(state="degraded", detail=str(error))
        return ComponentHealth(state="ok", latency_ms=round(seconds * 1000, 3))


def _timed(do: Callable[[], T]) -> tuple[float, T]:
    """The milliseconds that it took, and the result."""
    started = time.perf_counter()
    result = do()
    return round((time.perf_counter() - started) * 1000, 3), result
