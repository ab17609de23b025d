"""How things stand at this moment, in few numbers: what the gauges show at every scrape."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, text

from inquiry_pipeline.store import tables, work
from inquiry_pipeline.store.work import Backlog


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentStanding:
    """A department's queue, with the seconds that its oldest inquiry has waited, and its people."""

    waiting: int = 0
    oldest_seconds: float = 0.0
    available: int = 0
    away: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is owed, each department, and what people said of the last 24 hours: inquiries assessed, judged by
    somebody, and corrected.
    """

    backlog: Backlog
    departments: Mapping[str, DepartmentStanding]
    overrides: Mapping[str, int]


def standing(connection: Connection) -> Standing:
    """Read it all. Departments without anything waiting are there too; those that left the rules, while they have."""
    overrides = connection.execute(OVERRIDES).mappings().one()
    return Standing(
        backlog=work.backlog(connection),
        departments={row["department"]: _department(row) for row in connection.execute(_DEPARTMENTS).mappings()},
        overrides=dict(overrides),
    )


def _department(row: RowMapping) -> DepartmentStanding:
    return DepartmentStanding(
        waiting=int(row["waiting"]),
        oldest_seconds=float(row["oldest_seconds"]),
        available=int(row["available"]),
        away=int(row["away"]),
    )


# A wait begins when an inquiry is accepted, is opened again, or is decided without a consultant after having had one.
_WAITS_SINCE = (
    "greatest(i.created_at,"
    " (SELECT max(s.changed_at) FROM status_changes AS s WHERE s.inquiry_id = i.id AND s.to_status = 'reopened'),"
    " (SELECT min(d.stored_at) FROM routing_decisions AS d WHERE d.inquiry_id = i.id AND d.id >"
    "  (SELECT max(held.id) FROM routing_decisions AS held"
    "   WHERE held.inquiry_id = i.id AND held.consultant_id IS NOT NULL)))"
)

_DEPARTMENTS = text(
    "SELECT department, coalesce(waiting, 0) AS waiting, coalesce(oldest_seconds, 0) AS oldest_seconds,"
    " coalesce(available, 0) AS available, coalesce(away, 0) AS away FROM"
    " (SELECT d.id AS department, count(c.id) FILTER (WHERE c.available) AS available,"
    "  count(c.id) FILTER (WHERE NOT c.available) AS away FROM departments AS d"
    "  LEFT JOIN department_members AS m ON m.department_id = d.id AND m.active"
    "  LEFT JOIN consultants AS c ON c.id = m.consultant_id AND c.active"
    "  WHERE d.active GROUP BY d.id) AS people"
    " FULL JOIN"
    f" (SELECT department, count(*) AS waiting, extract(epoch FROM now() - min({_WAITS_SINCE})) AS oldest_seconds"
    f"  FROM inquiries AS i WHERE {tables.WAITING} GROUP BY department) AS queues USING (department)"
)

OVERRIDES = text(
    "SELECT (SELECT count(*) FROM inquiries WHERE received_at >= now() - interval '1 day' AND category IS NOT NULL)"
    "  AS assessed, count(*) AS judged, count(*) FILTER (WHERE category <> predicted_category) AS corrected"
    " FROM (SELECT DISTINCT ON (f.inquiry_id) f.category, f.predicted_category FROM feedback AS f"
    "  JOIN inquiries AS i ON i.id = f.inquiry_id"
    # What is said is said after it was received; the day between is for clocks that are wrong.
    "  WHERE f.category IS NOT NULL AND i.received_at >= now() - interval '1 day'"
    "  AND f.given_at >= now() - interval '2 days'"
    "  ORDER BY f.inquiry_id, f.id DESC) AS last"
)
