"""What people said about predictions: kept beside them for ever, and repeated in `inquiries` as far as it counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, text, update

from inquiry_pipeline.core.feedback import TASKS, Feedback
from inquiry_pipeline.store import rows, tables

_f = tables.feedback.c


def given(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, tuple[Feedback, ...]]:
    """All that was said about these inquiries, in its order; nothing for those nobody spoke of."""
    query = select(tables.feedback).where(_f.inquiry_id.in_(ids)).order_by(_f.id)
    said: dict[UUID, list[Feedback]] = {}
    for row in connection.execute(query).mappings():
        said.setdefault(row["inquiry_id"], []).append(rows.feedback_of(row))
    return {key: tuple(every) for key, every in said.items()}


def add(
    connection: Connection,
    inquiry_id: UUID,
    labels: Mapping[str, str],
    *,
    actor: str,
    comment: str | None,
    decides: bool,
) -> Feedback:
    """Store a judgement beside the current prediction; its labels are those that count from now on.

    The inquiry must be locked and assessed.
    """
    p = tables.predictions.c
    predicted = connection.execute(
        select(p.id, p.model_version, *(p[task] for task in TASKS)).where(p.inquiry_id == inquiry_id, p.is_current)
    ).one()
    said = {
        "inquiry_id": inquiry_id,
        "prediction_id": predicted.id,
        "model_version": predicted.model_version,
        "actor": actor,
        "comment": comment,
        "decides": decides,
        "given_at": func.clock_timestamp(),
        **{f"predicted_{task}": getattr(predicted, task) for task in TASKS},
        **labels,
    }
    stored = connection.execute(insert(tables.feedback).values(said).returning(tables.feedback)).mappings().one()
    change = update(tables.inquiries).where(tables.inquiries.c.id == inquiry_id)
    connection.execute(change.values(updated_at=func.now(), **labels))
    return rows.feedback_of(stored)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """Of so many predictions of a category, people judged some, and corrected some of those."""

    predictions: int
    judged: int
    corrected: int

    @property
    def rate(self) -> float | None:
        """The share of the predictions that was corrected; None where there were none."""
        return self.corrected / self.predictions if self.predictions else None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideRates:
    """Corrections of the category over a window: in all, by the category that was predicted, and by language."""

    overall: Overrides
    by_category: Mapping[str, Overrides]
    by_language: Mapping[str, Overrides]


def override_rates(
    connection: Connection, *, since: datetime, until: datetime, counts: Mapping[str, Mapping[str, int]]
) -> OverrideRates:
    """How often the category of inquiries received in [since, until) was corrected; the last word on each counts.

    `counts` are the numbers of the same inquiries by `category`, corrections included, and by `language`: what was
    predicted follows from them and the corrections, without reading every prediction.
    """
    found = connection.execute(LAST_WORDS, {"since": since, "until": until}).all()
    predicted = dict(counts["category"])
    for one in found:
        predicted[one.label] = predicted.get(one.label, 0) - one.number
        predicted[one.predicted] = predicted.get(one.predicted, 0) + one.number
    languages = counts["language"]
    return OverrideRates(
        overall=_overrides(found, sum(languages.values())),
        by_category={
            label: _overrides([one for one in found if one.predicted == label], number)
            for label, number in sorted(predicted.items())
            if number > 0
        },
        by_language={
            code: _overrides([one for one in found if one.language == code], number)
            for code, number in sorted(languages.items())
        },
    )


def _overrides(found: Sequence[Any], predictions: int) -> Overrides:
    return Overrides(
        predictions=predictions,
        judged=sum(one.number for one in found),
        corrected=sum(one.number for one in found if one.label != one.predicted),
    )


LAST_WORDS = text(
    "SELECT predicted_category AS predicted, category AS label, language, count(*) AS number FROM ("
    " SELECT DISTINCT ON (f.inquiry_id) f.predicted_category, f.category, i.language"
    " FROM feedback AS f JOIN inquiries AS i ON i.id = f.inquiry_id"
    # What is said is said after it was received; the day between is for clocks that are wrong.
    " WHERE f.category IS NOT NULL AND i.received_at >= :since AND i.received_at < :until"
    " AND f.given_at >= CAST(:since AS timestamptz) - interval '1 day'"
    " ORDER BY f.inquiry_id, f.id DESC) AS last GROUP BY 1, 2, 3"
)
