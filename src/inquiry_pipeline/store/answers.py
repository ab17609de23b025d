"""Predictions and routing decisions: every one is kept, one of each is current."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Table, bindparam, case, func, insert, update
from sqlalchemy.dialects.postgresql import insert as upsert

from inquiry_pipeline.core.inquiry import Status
from inquiry_pipeline.core.prediction import Prediction
from inquiry_pipeline.core.routing import RoutingDecision
from inquiry_pipeline.store import rows, tables


def register_model(connection: Connection, version: str) -> None:
    """Note that this model version answers; once is enough, more does nothing."""
    row = {"version": version, "name": version.rpartition("-")[0] or version}
    connection.execute(upsert(tables.model_versions).on_conflict_do_nothing(), row)


def add_predictions(connection: Connection, predictions: Mapping[UUID, Prediction]) -> None:
    """Store the champion's answers as the current ones; an earlier current answer becomes history."""
    if not predictions:
        return
    for version in sorted({prediction.model_version for prediction in predictions.values()}):
        register_model(connection, version)
    _supersede(connection, tables.predictions, predictions)
    connection.execute(
        insert(tables.predictions),
        [
            {"inquiry_id": inquiry_id, "role": "champion", "is_current": True, **rows.prediction_row(prediction)}
            for inquiry_id, prediction in predictions.items()
        ],
    )
    now_known = {inquiry_id: rows.current_columns(prediction) for inquiry_id, prediction in predictions.items()}
    _repeat(connection, now_known, step=(Status.RECEIVED, Status.CLASSIFIED))


def add_decisions(connection: Connection, decisions: Mapping[UUID, RoutingDecision]) -> None:
    """Store decisions as the current ones; an earlier current decision becomes history."""
    if not decisions:
        return
    _supersede(connection, tables.routing_decisions, decisions)
    connection.execute(
        insert(tables.routing_decisions),
        [
            {"inquiry_id": inquiry_id, "is_current": True, **rows.decision_row(decision)}
            for inquiry_id, decision in decisions.items()
        ],
    )
    now_known = {inquiry_id: rows.routed_columns(decision) for inquiry_id, decision in decisions.items()}
    routed = {"routed_at": func.coalesce(tables.inquiries.c.routed_at, func.now())}
    _repeat(connection, now_known, step=(Status.CLASSIFIED, Status.ROUTED), **routed)


def _supersede(connection: Connection, table: Table, ids: Iterable[UUID]) -> None:
    change = update(table).where(table.c.inquiry_id.in_(list(ids)), table.c.is_current)
    connection.execute(change.values(is_current=False))


def _repeat(
    connection: Connection,
    columns: Mapping[UUID, Mapping[str, Any]],
    *,
    step: tuple[Status, Status],
    **also: ColumnElement[Any],
) -> None:
    """Repeat in `inquiries` what lists need, and take the pipeline's step in the status if it is due."""
    i = tables.inquiries.c
    status = case((i.status == step[0], step[1]), else_=i.status)
    change = update(tables.inquiries).where(i.id == bindparam("inquiry_id"))
    connection.execute(
        change.values(status=status, updated_at=func.now(), **also),
        [{"inquiry_id": inquiry_id, **values} for inquiry_id, values in columns.items()],
    )
