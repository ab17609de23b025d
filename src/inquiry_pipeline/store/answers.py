"""Predictions and routing decisions: every one is kept, one of each is current."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, func, insert, update
from sqlalchemy.dialects.postgresql import insert as upsert

from inquiry_pipeline.core.assessment import Assessment
from inquiry_pipeline.core.inquiry import Status
from inquiry_pipeline.core.routing import RoutingDecision
from inquiry_pipeline.store import rows, tables


def register_models(connection: Connection, versions: Iterable[str]) -> None:
    """Note that these model versions answer; once is enough, more does nothing."""
    registered = upsert(tables.model_versions).on_conflict_do_nothing()
    connection.execute(registered, [{"version": one, "name": one.rpartition("-")[0] or one} for one in versions])


def add(connection: Connection, assessed: Sequence[Assessment]) -> None:
    """Store the first answers on inquiries: the champion's prediction and the decision. They are now routed."""
    if not assessed:
        return
    predictions = [
        {"inquiry_id": one.inquiry.id, "role": "champion", "is_current": True, **rows.prediction_row(one.prediction)}
        for one in assessed
    ]
    connection.execute(insert(tables.predictions), predictions)
    _insert_decisions(connection, {one.inquiry.id: one.decision for one in assessed}, had={})
    known = [
        {"inquiry_id": one.inquiry.id, **rows.predicted_columns(one.prediction), **rows.routed_columns(one.decision)}
        for one in assessed
    ]
    _repeat(connection, known, status=Status.ROUTED, routed_at=func.now())


def replace_decisions(connection: Connection, decisions: Mapping[UUID, RoutingDecision]) -> None:
    """Store decisions in the place of the current ones, which become history. The status stays."""
    if not decisions:
        return
    d = tables.routing_decisions.c
    present = update(tables.routing_decisions).where(d.inquiry_id.in_(list(decisions)), d.is_current)
    replaced = connection.execute(present.values(is_current=False).returning(d.inquiry_id, d.consultant_id))
    _insert_decisions(connection, decisions, had={row.inquiry_id: row.consultant_id for row in replaced})
    _repeat(connection, [{"inquiry_id": key, **rows.routed_columns(one)} for key, one in decisions.items()])


def refresh_decisions(connection: Connection, decisions: Mapping[UUID, RoutingDecision]) -> None:
    """Bring the current decisions up to date where only score and age have changed: that makes no new ones."""
    if not decisions:
        return
    d = tables.routing_decisions.c
    change = update(tables.routing_decisions).where(d.inquiry_id == bindparam("of"), d.is_current)
    connection.execute(change, [{"of": key, **rows.decision_row(one)} for key, one in decisions.items()])
    _repeat(connection, [{"inquiry_id": key, **rows.routed_columns(one)} for key, one in decisions.items()])


def _insert_decisions(
    connection: Connection, decisions: Mapping[UUID, RoutingDecision], *, had: Mapping[UUID, str | None]
) -> None:
    """Store them as the current ones; `had` says who has got the inquiries by the decisions before."""
    new = [
        {
            "inquiry_id": key,
            "is_current": True,
            "given": one.consultant is not None and one.consultant != had.get(key),
            **rows.decision_row(one),
        }
        for key, one in decisions.items()
    ]
    # The clock, not the transaction's beginning: who waited for a lock comes after whoever had it.
    connection.execute(insert(tables.routing_decisions).values(stored_at=func.clock_timestamp()), new)


def _repeat(connection: Connection, known: Sequence[Mapping[str, Any]], **also: object) -> None:
    """Repeat in `inquiries` what lists need."""
    change = update(tables.inquiries).where(tables.inquiries.c.id == bindparam("inquiry_id"))
    connection.execute(change.values(updated_at=func.now(), **also), known)
