"""Figures over a window of time, computed in the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, text

from inquiry_pipeline.store import tables

_GROUPS = ("status", "department", "category", "urgency", "sentiment", "priority", "language")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Counts of the inquiries received in the window, by label; how many were routed in it, and in how many seconds.

    Of those received, `waiting` have no consultant yet, `escalated` are, `abstained` got a category that is only a
    suggestion, and `degraded` an answer of keyword rules.
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


def over(connection: Connection, *, since: datetime, until: datetime) -> Statistics:
    """Count what was received in [since, until). What is not assessed yet counts under its status alone."""
    window = {"since": since, "until": until}
    latency = connection.execute(_LATENCY, window).one()
    hours = max((until - since).total_seconds() / 3600, 1 / 3600)
    counts: dict[str, dict[str, int]] = {name: {} for name in _GROUPS}
    *labelled, total = connection.execute(_COUNTS, window).all()
    for name, label, number in ((row.name, row.label, row.number) for row in labelled):
        if label is not None:
            counts[name][label] = number
    return Statistics(
        since=since,
        until=until,
        total=total.number,
        waiting=total.waiting,
        escalated=total.escalated,
        abstained=total.abstained,
        degraded=total.degraded,
        counts=counts,
        routed_per_hour=latency.routed / hours,
        seconds_to_route={"p50": latency.p50, "p95": latency.p95, "p99": latency.p99},
    )


# One pass over the window for all groupings; `grouping()` tells which of them a row belongs to. The total comes last.
_COUNTS = text(
    "SELECT CASE "
    + " ".join(f"WHEN grouping({name}) = 0 THEN '{name}'" for name in _GROUPS)
    + " ELSE 'total' END AS name, coalesce("
    + ", ".join(_GROUPS)
    + ") AS label, count(*) AS number,"
    + f" count(*) FILTER (WHERE {tables.WAITING}) AS waiting,"
    + " count(*) FILTER (WHERE escalation_level > 0) AS escalated,"
    + " count(*) FILTER (WHERE abstained) AS abstained,"
    + " count(*) FILTER (WHERE degraded) AS degraded"
    + " FROM inquiries WHERE received_at >= :since AND received_at < :until"
    + " GROUP BY GROUPING SETS ("
    + ", ".join(f"({name})" for name in _GROUPS)
    + ", ()) ORDER BY name = 'total'"
)

_LATENCY = text(
    "SELECT count(*) AS routed, percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS p50,"
    " percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds) AS p95,"
    " percentile_cont(0.99) WITHIN GROUP (ORDER BY seconds) AS p99"
    " FROM (SELECT extract(epoch FROM routed_at - created_at)::double precision AS seconds FROM inquiries"
    " WHERE routed_at >= :since AND routed_at < :until) AS routed"
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
