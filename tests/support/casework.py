"""People at work in tests: what they say, take and give, over the real pipeline."""

from typing import Any

from sqlalchemy import text

from inquiry_pipeline.core.feedback import Judgement
from inquiry_pipeline.core.inquiry import Inquiry
from inquiry_pipeline.core.prediction import Prediction
from inquiry_pipeline.core.routing import Handover
from inquiry_pipeline.pipeline import Pipeline
from inquiry_pipeline.store import inquiries
from inquiry_pipeline.store.database import Database


def judge(pipeline: Pipeline, inquiry: Inquiry, *, actor: str = "ann", **said: Any) -> None:
    """Say something about an inquiry, and hand out what that frees."""
    freed = pipeline.correct(inquiry.id, Judgement(actor=actor, **said))
    if freed:
        pipeline.assign_waiting(freed)


def give(pipeline: Pipeline, inquiry: Inquiry, consultant: str | None, *, actor: str = "lead", **said: Any) -> None:
    """Give an inquiry to somebody, or back; whoever has it is taken as seen unless `held_by` says otherwise."""
    if "held_by" not in said and "seen" not in said:
        said |= {"held_by": holder_of(pipeline, inquiry), "seen": True}
    freed = pipeline.hand_over(inquiry.id, Handover(actor=actor, consultant=consultant, **said))
    if freed:
        pipeline.assign_waiting(freed)


def ask(database: Database, question: str, **values: Any) -> Any:
    """One value from the database."""
    with database.transaction() as connection:
        return connection.execute(text(question), values).scalar_one()


def holder_of(pipeline: Pipeline, inquiry: Inquiry) -> str | None:
    found = ask(pipeline.database, "SELECT consultant_id FROM inquiries WHERE id = :id", id=inquiry.id)
    return None if found is None else str(found)


def prediction_on(pipeline: Pipeline, inquiry: Inquiry) -> Prediction:
    with pipeline.database.transaction() as connection:
        prediction = inquiries.get(connection, inquiry.id).prediction
    assert prediction is not None
    return prediction


EVERY_INQUIRY_HAS_ONE_CURRENT_DECISION = """
SELECT count(*) FROM inquiries AS i WHERE routed_at IS NOT NULL AND (
    SELECT count(*) FILTER (WHERE is_current) FROM routing_decisions AS d WHERE d.inquiry_id = i.id
) <> 1
"""
COPIES_DIFFER = """
SELECT count(*) FROM inquiries AS i JOIN routing_decisions AS d ON d.inquiry_id = i.id AND d.is_current
WHERE (i.consultant_id, i.department, i.priority) IS DISTINCT FROM (d.consultant_id, d.department, d.priority)
"""


def assert_consistent(database: Database) -> None:
    """Exactly one current decision for everything that was routed, and `inquiries` repeats it."""
    assert ask(database, EVERY_INQUIRY_HAS_ONE_CURRENT_DECISION) == 0
    assert ask(database, COPIES_DIFFER) == 0
    unheld = "SELECT count(*) FROM inquiries WHERE status = 'in_progress' AND consultant_id IS NULL"
    assert ask(database, unheld) == 0
