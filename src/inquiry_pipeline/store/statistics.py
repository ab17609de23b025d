"""Figures over a window of time, computed in the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, insert, text

from inquiry_pipeline.store import tables
from inquiry_pipeline.store.quantiles import bin_of, quantile

_ROUTED: Final = ("status", "department", "priority")
_READ: Final = ("category", "urgency", "sentiment", "language")
_GROUPS: Final = (*_ROUTED, *_READ)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Counts of the inquiries received in the window, by label; how many were routed in it, and in how many seconds.

    Of those received, `waiting` have no consultant yet, `escalated` are, `abstained` got a category that the model only
    suggested, and `degraded` an answer of keyword rules: none is counted as both. `routed_per_hour` is over the hours
    of the window that have passed. `seconds_to_route` are percentiles, right to half a percent.
    """

    since: datetime
    until: datetime
    total: int
    waiting: int
    escalated: int
    abstained: int
    degraded: int
    counts: Mapping[str, Mapping[str, int]]
    routed_per_hour: float
    seconds_to_route: Mapping[str, float | None]


def over(connection: Connection, *, since: datetime, until: datetime, now: datetime) -> Statistics:
    """Count what was received in [since, until). What is not assessed yet counts under its status alone."""
    window = {"since": since, "until": until}
    latency = connection.execute(LATENCY, window).one()
    hours = max((min(until, now) - since).total_seconds() / 3600, 1 / 3600)
    counts: dict[str, dict[str, int]] = {name: {} for name in _GROUPS}
    totals = dict.fromkeys(_COUNTED, 0)
    for row in connection.execute(COUNTS, window).mappings():
        if row["name"] == "total":
            totals = {name: row[name] for name in _COUNTED}
        elif row["label"] is not None:
            counts[row["name"]][row["label"]] = row["number"]
    return Statistics(
        since=since,
        until=until,
        total=totals["number"],
        waiting=totals["waiting"],
        escalated=totals["escalated"],
        abstained=totals["abstained"],
        degraded=totals["degraded"],
        counts=counts,
        routed_per_hour=latency.routed / hours,
        seconds_to_route={"p50": latency.p50, "p95": latency.p95, "p99": latency.p99},
    )


def label_counts(connection: Connection, *, since: datetime, until: datetime) -> dict[str, dict[str, int]]:
    """How many were received in [since, until), by category and by language: what override rates are counted by."""
    counts: dict[str, dict[str, int]] = {"category": {}, "language": {}}
    for category, language, number in connection.execute(LABELS, {"since": since, "until": until}):
        for name, label in (("category", category), ("language", language)):
            counts[name][label] = counts[name].get(label, 0) + number
    return counts


LABELS = text(
    "SELECT category, language, count(*) FROM inquiries WHERE received_at >= :since AND received_at < :until"
    " AND category IS NOT NULL GROUP BY 1, 2"
)

_COUNTED: Final = {
    "number": "count(*)",
    "waiting": f"count(*) FILTER (WHERE {tables.WAITING})",
    "escalated": "count(*) FILTER (WHERE escalation_level > 0)",
    "abstained": "count(*) FILTER (WHERE abstained AND NOT degraded)",
    "degraded": "count(*) FILTER (WHERE degraded)",
}

# One pass over the window makes cells of labels in two groups: few enough for the processor's cache, which the cells of
# all labels together would not be. The groupings are then made of these; `grouping()` tells which a row belongs to.
COUNTS = text(
    "WITH cells AS MATERIALIZED (SELECT grouping(category) AS part, "
    + ", ".join((*_GROUPS, *(f"{counted} AS {name}" for name, counted in _COUNTED.items())))
    + " FROM inquiries WHERE received_at >= :since AND received_at < :until"
    f" GROUP BY GROUPING SETS (({', '.join(_ROUTED)}), ({', '.join(_READ)})))"
    " SELECT CASE "
    + " ".join(f"WHEN grouping({name}) = 0 THEN '{name}'" for name in _GROUPS)
    + " ELSE 'total' END AS name, coalesce("
    + ", ".join(_GROUPS)
    + ") AS label, "
    + ", ".join(f"sum({name})::bigint AS {name}" for name in _COUNTED)
    + " FROM cells GROUP BY part, GROUPING SETS ("
    + ", ".join(f"({name})" for name in _GROUPS)
    + ", ())"
)

LATENCY = text(
    f"WITH cells AS (SELECT {bin_of('created_at', 'routed_at')} AS bin, count(*) AS number FROM inquiries"
    " WHERE routed_at >= :since AND routed_at < :until GROUP BY 1),"
    " running AS (SELECT bin, sum(number) OVER (ORDER BY bin) AS up_to, sum(number) OVER () AS total FROM cells)"
    f" SELECT coalesce(max(total), 0)::bigint AS routed, {quantile(0.5)} AS p50, {quantile(0.95)} AS p95,"
    f" {quantile(0.99)} AS p99 FROM running"
)


def may_measure(connection: Connection, *, every: timedelta) -> bool:
    """Whether it is this transaction's turn to measure: nobody else is at it, nor was within `every`."""
    free = connection.execute(text("SELECT pg_try_advisory_xact_lock(hashtext('inquiry measurements'))"))
    if not free.scalar_one():
        return False
    recent = text("SELECT EXISTS (SELECT FROM performance_metrics WHERE measured_at > now() - CAST(:age AS interval))")
    return not connection.execute(recent, {"age": every}).scalar_one()


def keep_measurements(connection: Connection, moment: datetime, values: Mapping[str, float]) -> None:
    """Store measured values under their names (units are in the names)."""
    measured: list[dict[str, Any]] = [
        {"measured_at": moment, "name": name, "value": value} for name, value in values.items()
    ]
    connection.execute(insert(tables.performance_metrics), measured)


def forget_measurements(connection: Connection, *, older_than: timedelta) -> None:
    """Delete measurements that are older than that."""
    connection.execute(
        text("DELETE FROM performance_metrics WHERE measured_at < now() - CAST(:age AS interval)"), {"age": older_than}
    )
