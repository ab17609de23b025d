"""How sure the models were, how right that was as far as people said, and which models answered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from inquiry_pipeline.core.feedback import TASKS
from inquiry_pipeline.store.feedback import Overrides

_CONFIDENCE_BINS: Final = 20
_CALIBRATION_BINS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """So many predictions; in some of them the model only suggested a category, others are by keyword rules: none is
    counted as both.
    """

    predictions: int
    abstained: int
    degraded: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidenceBin:
    """How many answers had a confidence in [lower, upper), the last bin's upper end included."""

    lower: float
    upper: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationBin:
    """Of the answers with a confidence in [lower, upper) people judged some: their mean confidence, and the share that
    was right; both None where nothing was judged.
    """

    lower: float
    upper: float
    judged: int
    confidence: float | None
    accuracy: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFigures:
    """The current predictions of a window: in all, by model version, and by task."""

    overall: Answers
    by_version: Mapping[str, Answers]
    confidence: Mapping[str, tuple[ConfidenceBin, ...]]
    calibration: Mapping[str, tuple[CalibrationBin, ...]]
    overrides_by_task: Mapping[str, Overrides]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """A version that answered, since when, and how many of the current predictions of a window are its own."""

    version: str
    name: str
    first_used_at: datetime
    predictions: int


def over(connection: Connection, *, since: datetime, until: datetime) -> ModelFigures:
    """Figures of the current predictions made in [since, until); of what people said of one, the last word counts."""
    window = {"since": since, "until": until}
    found = connection.execute(ANSWERS, window).all()
    judged = connection.execute(JUDGED, window).all()
    versions = [row for row in found if row.name == "version"]
    overall = _answers(versions)
    return ModelFigures(
        overall=overall,
        by_version={row.label: _answers([row]) for row in versions},
        confidence={task: _confidence([row for row in found if row.name == task]) for task in TASKS},
        calibration={task: _calibration([row for row in judged if row.task == task]) for task in TASKS},
        overrides_by_task={
            task: _overrides([row for row in judged if row.task == task], overall.predictions)
            for task in TASKS
            if task != "category"
        },
    )


def _answers(found: Sequence[Any]) -> Answers:
    return Answers(
        predictions=sum(row.number for row in found),
        abstained=sum(row.abstained for row in found),
        degraded=sum(row.degraded for row in found),
    )


def _confidence(found: Iterable[Any]) -> tuple[ConfidenceBin, ...]:
    counts = {row.place: row.number for row in found}
    ends = _ends(_CONFIDENCE_BINS)
    return tuple(
        ConfidenceBin(lower=lower, upper=upper, count=counts.get(place, 0)) for place, (lower, upper) in enumerate(ends)
    )


def _calibration(found: Iterable[Any]) -> tuple[CalibrationBin, ...]:
    known = {row.place: row for row in found}
    return tuple(
        CalibrationBin(
            lower=lower,
            upper=upper,
            judged=known[place].judged if place in known else 0,
            confidence=known[place].confidence if place in known else None,
            accuracy=known[place].right / known[place].judged if place in known else None,
        )
        for place, (lower, upper) in enumerate(_ends(_CALIBRATION_BINS))
    )


def _ends(bins: int) -> list[tuple[float, float]]:
    return [(place / bins, (place + 1) / bins) for place in range(bins)]


def _overrides(found: Sequence[Any], predictions: int) -> Overrides:
    judged = sum(row.judged for row in found)
    return Overrides(predictions=predictions, judged=judged, corrected=judged - sum(row.right for row in found))


def versions(connection: Connection, *, since: datetime) -> list[ModelVersion]:
    """Every version that ever answered, the latest first, with its current predictions made from `since` on."""
    found = connection.execute(VERSIONS, {"since": since}).mappings()
    return [ModelVersion(**row) for row in found]


def _bin(confidence: str, bins: int) -> str:
    """SQL for the bin that a confidence is in; the small addend keeps 0.15 out of the bin that ends there."""
    return f"least(floor({confidence} * {bins} + 1e-9)::integer, {bins - 1})"


_COLUMNS: Final = {"category": "confidence", "sentiment": "sentiment_confidence", "urgency": "urgency_confidence"}

# One pass over the window; the rest is computed from the few cells that come of it.
ANSWERS = text(
    "WITH cells AS MATERIALIZED (SELECT model_version AS version, "
    + ", ".join(f"{_bin(column, _CONFIDENCE_BINS)} AS {task}" for task, column in _COLUMNS.items())
    + ", count(*) AS number, count(*) FILTER (WHERE abstained AND NOT degraded) AS abstained,"
    " count(*) FILTER (WHERE degraded) AS degraded FROM predictions"
    " WHERE is_current AND created_at >= :since AND created_at < :until GROUP BY 1, 2, 3, 4)"
    " SELECT CASE WHEN grouping(version) = 0 THEN 'version' "
    + " ".join(f"WHEN grouping({task}) = 0 THEN '{task}'" for task in TASKS)
    + " END AS name, version AS label, coalesce("
    + ", ".join(TASKS)
    + ") AS place, sum(number)::bigint AS number, sum(abstained)::bigint AS abstained,"
    " sum(degraded)::bigint AS degraded FROM cells GROUP BY GROUPING SETS ((version), "
    + ", ".join(f"({task})" for task in TASKS)
    + ") ORDER BY name, label, place"
)

JUDGED = text(
    f"SELECT task, {_bin('confidence', _CALIBRATION_BINS)} AS place, count(*) AS judged,"
    ' avg(confidence) AS confidence, count(*) FILTER (WHERE label = predicted) AS "right" FROM ('
    " SELECT DISTINCT ON (f.prediction_id, said.task) said.task, said.label, said.predicted, said.confidence"
    " FROM feedback AS f JOIN predictions AS p ON p.id = f.prediction_id CROSS JOIN LATERAL (VALUES "
    + ", ".join(f"('{task}', f.{task}, f.predicted_{task}, p.{column})" for task, column in _COLUMNS.items())
    + ") AS said (task, label, predicted, confidence)"
    " WHERE said.label IS NOT NULL AND p.is_current AND p.created_at >= :since AND p.created_at < :until"
    # What is said is said after it was predicted; the day between is for clocks that are wrong.
    " AND f.given_at >= CAST(:since AS timestamptz) - interval '1 day'"
    " ORDER BY f.prediction_id, said.task, f.id DESC) AS last GROUP BY 1, 2"
)

VERSIONS = text(
    "SELECT m.version, m.name, m.first_used_at, coalesce(p.number, 0) AS predictions FROM model_versions AS m"
    " LEFT JOIN (SELECT model_version, count(*) AS number FROM predictions"
    " WHERE is_current AND created_at >= :since GROUP BY 1) AS p ON p.model_version = m.version"
    " ORDER BY m.first_used_at DESC, m.version"
)
