"""How priority scores are spread, where they come from, and what was escalated."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, text

_BINS: Final = 10
_WIDTH: Final = 10
_GROUPS: Final = ("department", "urgency", "sentiment")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreBin:
    """How many scores lie in [lower, upper), the last bin's upper end included, by priority band."""

    lower: float
    upper: float
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """So many scores, and their mean; half of them, and nine tenths, are no greater than `p50` and `p90`.

    These two are right to a point: each is the mean of the scores that lie in the same point as it.
    """

    count: int
    mean: float
    p50: float
    p90: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalations:
    """How many inquiries are escalated, in all, by level and by department."""

    total: int
    by_level: Mapping[int, int]
    by_department: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Priorities:
    """The priority scores of inquiries, by the labels that count, and their escalations."""

    bins: tuple[ScoreBin, ...]
    by_department: Mapping[str, Scores]
    by_urgency: Mapping[str, Scores]
    by_sentiment: Mapping[str, Scores]
    escalations: Escalations


def over(connection: Connection, *, since: datetime, until: datetime) -> Priorities:
    """The current scores of what was received in [since, until) and is assessed."""
    window = {"since": since, "until": until}
    bins: list[dict[str, int]] = [{} for _ in range(_BINS)]
    scores: dict[str, dict[str, Scores]] = {name: {} for name in _GROUPS}
    for row in connection.execute(SCORES, window):
        if row.name == "priority":
            bins[row.place][row.label] = row.number
        else:
            scores[row.name][row.label] = Scores(count=row.number, mean=row.mean, p50=row.p50, p90=row.p90)
    return Priorities(
        bins=tuple(ScoreBin(lower=n * _WIDTH, upper=(n + 1) * _WIDTH, counts=known) for n, known in enumerate(bins)),
        by_department=scores["department"],
        by_urgency=scores["urgency"],
        by_sentiment=scores["sentiment"],
        escalations=_escalations(connection.execute(ESCALATED, window).all()),
    )


def _escalations(found: Iterable[Any]) -> Escalations:
    by_level: dict[int, int] = {}
    by_department: dict[str, int] = {}
    for department, level, number in found:
        by_level[level] = by_level.get(level, 0) + number
        by_department[department] = by_department.get(department, 0) + number
    return Escalations(total=sum(by_level.values()), by_level=by_level, by_department=by_department)


# One pass over the window makes cells that are one point wide, of labels in two groups: few enough for the processor's
# cache. All else is computed from these, percentiles too: no sorting. OFFSET 0 keeps the planner from taking the cells
# of a computed column to be as many as the rows. The small addend keeps what is 30 but for its last bit out of the cell
# below.
SCORES = text(
    "WITH cells AS MATERIALIZED ("
    " SELECT department, urgency, sentiment, priority, point, count(*) AS number, sum(priority_score) AS points FROM ("
    "  SELECT department, urgency, sentiment, priority, priority_score,"
    "  floor(priority_score + 1e-9)::integer AS point FROM inquiries"
    "  WHERE received_at >= :since AND received_at < :until AND priority_score IS NOT NULL OFFSET 0) AS scored"
    " GROUP BY GROUPING SETS ((department, priority, point), (urgency, sentiment, point))"
    "), grouped AS ("
    " SELECT CASE WHEN grouping(department) = 0 THEN 'department' WHEN grouping(urgency) = 0 THEN 'urgency'"
    " ELSE 'sentiment' END AS name, coalesce(department, urgency, sentiment) AS label, point,"
    " sum(number)::double precision AS number, sum(points) AS points"
    " FROM cells GROUP BY GROUPING SETS ((department, point), (urgency, point), (sentiment, point))"
    "), running AS ("
    " SELECT name, label, points, points / number AS mean,"
    " sum(number) OVER (PARTITION BY name, label ORDER BY point) AS up_to,"
    " sum(number) OVER (PARTITION BY name, label) AS total FROM grouped WHERE label IS NOT NULL"
    ") SELECT name, label, NULL::integer AS place, total::bigint AS number, sum(points) / total AS mean,"
    " min(mean) FILTER (WHERE up_to >= 0.5 * total) AS p50, min(mean) FILTER (WHERE up_to >= 0.9 * total) AS p90"
    " FROM running GROUP BY name, label, total"
    f" UNION ALL SELECT 'priority', priority, least(point / {_WIDTH}, {_BINS - 1}), sum(number)::bigint,"
    " NULL, NULL, NULL FROM cells WHERE priority IS NOT NULL GROUP BY 2, 3 ORDER BY name, label, place"
)

ESCALATED = text(
    "SELECT department, escalation_level, count(*) FROM inquiries"
    " WHERE received_at >= :since AND received_at < :until AND escalation_level > 0"
    " GROUP BY 1, 2 ORDER BY 2, 1"
)
