"""Predictions and routing decisions: every one is kept, one of each is current."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Connection, insert, update
from sqlalchemy.dialects.postgresql import insert as upsert

from inquiry_pipeline.core.prediction import Prediction
from inquiry_pipeline.core.routing import RoutingDecision
from inquiry_pipeline.store import rows, tables


def register_model(connection: Connection, version: str) -> None:
    """Note that this model version answers; once is enough, more does nothing."""
    row = {"version": version, "name": version.rpartition("-")[0] or version}
    connection.execute(upsert(tables.model_versions).on_conflict_do_nothing(), row)


def add_predictions(connection: Connection, predictions: Mapping[UUID, Prediction]) -> None:
    """Store the champion's answers as the current ones; an earlier current answer becomes history."""
    for version in sorted({prediction.model_version for prediction in predictions.values()}):
        register_model(connection, version)
    _supersede(connection, tables.predictions.name, list(predictions))
    connection.execute(
        insert(tables.predictions),
        [
            {"inquiry_id": inquiry_id, "role": "champion", "is_current": True, **rows.prediction_row(prediction)}
            for inquiry_id, prediction in predictions.items()
        ],
    )


def add_decisions(connection: Connection, decisions: Mapping[UUID, RoutingDecision]) -> None:
    """Store decisions as the current ones; an earlier current decision becomes history."""
    _supersede(connection, tables.routing_decisions.name, list(decisions))
    connection.execute(
        insert(tables.routing_decisions),
        [
            {"inquiry_id": inquiry_id, "is_current": True, **rows.decision_row(decision)}
            for inquiry_id, decision in decisions.items()
        ],
    )


def _supersede(connection: Connection, table_name: str, ids: list[UUID]) -> None:
    table = tables.metadata.tables[table_name]
    change = update(table).where(table.c.inquiry_id.in_(ids), table.c.is_current)
    connection.execute(change.values(is_current=False))
