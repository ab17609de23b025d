"""Gauges that nobody records: they are read from the database, or known, at the moment they are asked for."""

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, TypeAlias

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


@dataclass(frozen=True, slots=True)
class Reading:
    """A gauge's name, what it says, and the names of its labels."""

    name: str
    description: str
    labels: tuple[str, ...] = ()


Values: TypeAlias = Mapping[Reading, Mapping[tuple[str, ...], float]]
"""What was read: for each gauge, a value for each combination of its labels' values."""

BUILD: Final = Reading(
    "inquiry_build_info", "Always 1: the version of the program, and of Python.", ("version", "python")
)
DATABASE_UP: Final = Reading("inquiry_database_up", "Whether the database answers.")
DATABASE_LATENCY: Final = Reading(
    "inquiry_database_latency_seconds", "Time of a question to the database and its answer, at this scrape."
)
QUEUE_DEPTH: Final = Reading(
    "inquiry_queue_depth", "Accepted inquiries by state: pending (owed an assessment), dead (given up).", ("state",)
)
QUEUE_OLDEST: Final = Reading(
    "inquiry_queue_oldest_seconds", "Age of the oldest inquiry that is owed an assessment; 0 without any."
)
WAITING: Final = Reading("inquiry_waiting", "Inquiries that wait for a consultant, by department.", ("department",))
WAITING_OLDEST: Final = Reading(
    "inquiry_waiting_oldest_seconds",
    "How long the oldest inquiry has waited for a consultant, by department: since it was accepted, opened again, or"
    " taken from its consultant; 0 without any.",
    ("department",),
)
CONSULTANTS: Final = Reading(
    "inquiry_consultants",
    "Consultants by department and state (available, away); who is in two departments counts in both.",
    ("department", "state"),
)
OVERRIDES: Final = Reading(
    "inquiry_overrides_24h",
    "Inquiries received in the last 24 hours: assessed; of these judged, where a person said what the category is;"
    " of these corrected, where it is another than predicted. The last word on each counts.",
    ("state",),
)
RULES_REJECTED: Final = Reading(
    "inquiry_routing_rules_rejected",
    "1 while the rules file holds an edit that was rejected, and the rules from before it are in force; else 0.",
)

READINGS: Final = (
    BUILD,
    DATABASE_UP,
    DATABASE_LATENCY,
    QUEUE_DEPTH,
    QUEUE_OLDEST,
    WAITING,
    WAITING_OLDEST,
    CONSULTANTS,
    OVERRIDES,
    RULES_REJECTED,
)


class InTime:
    """Reads in a thread of its own, so that whoever asks waits for `seconds` at most: what hangs must be told, too.

    Where it takes longer, `late` says what is known without it. While a reading hangs, no other is begun; who asks
    meanwhile gets the same one. Thread-safe.
    """

    def __init__(self, read: Callable[[], Values], *, late: Callable[[], Values], seconds: float) -> None:
        self._read = read
        self._late = late
        self._seconds = seconds
        self._lock = threading.Lock()
        self._reading: Future[Values] | None = None

    def __call__(self) -> Values:
        """What was read, or what is known without it."""
        with self._lock:
            if self._reading is None or self._reading.done():
                self._reading = self._begin()
            reading = self._reading
        try:
            return reading.result(timeout=self._seconds)
        except TimeoutError:
            return self._late()

    def _begin(self) -> "Future[Values]":
        reading: Future[Values] = Future()

        def run() -> None:
            try:
                reading.set_result(self._read())
            except Exception as error:  # noqa: BLE001 - raised where it was asked for
                reading.set_exception(error)

        threading.Thread(target=run, name="readings", daemon=True).start()
        return reading


class ReadingsNow(Collector):
    """Reads when it is scraped, so that nothing it says is out of date."""

    def __init__(self, read: Callable[[], Values]) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        """One family for each gauge that could be read."""
        for reading, values in self._read().items():
            family = GaugeMetricFamily(reading.name, reading.description, labels=reading.labels)
            for labels, value in values.items():
                family.add_metric(labels, value)
            yield family
