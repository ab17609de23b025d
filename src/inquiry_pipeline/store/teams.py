"""How much each consultant has, got and resolved."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from inquiry_pipeline.store import directory, tables
from inquiry_pipeline.store.directory import ConsultantState
from inquiry_pipeline.store.quantiles import bin_of, quantile


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultantFigures:
    """A consultant with what is open now, `in_progress` of it, and what came and went in a window.

    `assigned` counts how often an inquiry was given to them in the window, also if they handed it over since; not what
    was decided again while they had it. `resolved` is what is with them and was resolved in the window;
    `seconds_to_resolve` is counted from when that was routed first, right to half a percent, and None where nothing was
    resolved.
    """

    state: ConsultantState
    in_progress: int
    assigned: int
    resolved: int
    seconds_to_resolve: Mapping[str, float | None]


def over(connection: Connection, *, since: datetime, until: datetime) -> list[ConsultantFigures]:
    """Every active consultant, by id, over [since, until)."""
    window = {"since": since, "until": until}
    begun = {row.consultant_id: row.number for row in connection.execute(BEGUN)}
    assigned = {row.consultant_id: row.number for row in connection.execute(ASSIGNED, window)}
    resolved = {row.consultant_id: row for row in connection.execute(RESOLVED, window)}
    return [
        ConsultantFigures(
            state=state,
            in_progress=begun.get(state.consultant.id, 0),
            assigned=assigned.get(state.consultant.id, 0),
            resolved=done.number if (done := resolved.get(state.consultant.id)) else 0,
            seconds_to_resolve={"p50": done.p50 if done else None, "p90": done.p90 if done else None},
        )
        for state in directory.list_consultants(connection)
    ]


BEGUN = text(
    "SELECT consultant_id, count(*) AS number FROM inquiries"
    f" WHERE {tables.OPEN} AND status = 'in_progress' AND consultant_id IS NOT NULL GROUP BY 1"
)

ASSIGNED = text(
    f"SELECT consultant_id, count(*) AS number FROM routing_decisions WHERE {tables.GIVEN}"
    " AND stored_at >= :since AND stored_at < :until GROUP BY 1"
)

# OFFSET 0 keeps the planner from taking the bins to be as many as the rows, and from sorting these.
RESOLVED = text(
    "WITH cells AS (SELECT consultant_id, bin, count(*) AS number FROM ("
    f"  SELECT consultant_id, {bin_of('routed_at', 'resolved_at')} AS bin FROM inquiries"
    "  WHERE resolved_at >= :since AND resolved_at < :until AND consultant_id IS NOT NULL OFFSET 0) AS resolved"
    " GROUP BY 1, 2),"
    " running AS (SELECT consultant_id, bin, sum(number) OVER (PARTITION BY consultant_id ORDER BY bin) AS up_to,"
    " sum(number) OVER (PARTITION BY consultant_id) AS total FROM cells)"
    f" SELECT consultant_id, max(total)::bigint AS number, {quantile(0.5)} AS p50, {quantile(0.9)} AS p90"
    " FROM running GROUP BY 1"
)
