"""Inquiries straight into the database, assessed, with what matters to a test given by name."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, TextClause, text
from sqlalchemy.dialects import postgresql

from inquiry_pipeline.core.assessment import Assessment
from inquiry_pipeline.core.prediction import Prediction
from inquiry_pipeline.core.routing import RoutingDecision
from inquiry_pipeline.store import answers, feedback, inquiries
from tests.support.builders import a_decision, a_prediction, an_inquiry


def make_known(connection: Connection) -> None:
    """The rule set and the models that the builders name."""
    connection.execute(text("INSERT INTO rule_sets (version, document) VALUES ('rules-1', '{}')"))
    answers.register_models(connection, ["test-1", "test-2"])


def assessed(
    connection: Connection,
    *,
    prediction: Prediction | None = None,
    decision: RoutingDecision | None = None,
    columns: dict[str, Any] | None = None,
    **given: Any,
) -> UUID:
    """Store an inquiry with its answers; `columns` are set in its row afterwards."""
    inquiry = an_inquiry(**given)
    inquiries.insert_inquiry(connection, inquiry)
    one = Assessment(inquiry=inquiry, prediction=prediction or a_prediction(), decision=decision or a_decision())
    answers.add(connection, [one])
    for name, value in (columns or {}).items():
        change = text(f"UPDATE inquiries SET {name} = :value WHERE id = :id")
        connection.execute(change, {"value": value, "id": inquiry.id})
    return inquiry.id


def say(connection: Connection, inquiry_id: UUID, **labels: str) -> None:
    """Call these labels right."""
    feedback.add(connection, inquiry_id, labels, actor="ann", comment=None, decides=True)


def plan_of(connection: Connection, query: Select[Any] | TextClause, **values: Any) -> str:
    """How PostgreSQL would answer a query."""
    if isinstance(query, TextClause):
        return "\n".join(connection.execute(text(f"EXPLAIN {query.text}"), values).scalars())
    compiled = query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    return "\n".join(connection.execute(text(f"EXPLAIN {compiled}".replace(":", r"\:"))).scalars())
