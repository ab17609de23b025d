"""The migrations and the tables that the code uses are the same, and migrating stops nobody's work."""

from concurrent.futures import Future, ThreadPoolExecutor
from uuid import UUID

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, text

from inquiry_pipeline.store import answers, tables
from inquiry_pipeline.store.database import Database
from inquiry_pipeline.store.inquiries import current_predictions, insert_inquiry
from inquiry_pipeline.store.migrate import alembic_config, migrate
from inquiry_pipeline.store.rows import decision_row, inquiry_row, prediction_row
from inquiry_pipeline.store.schema_version import SchemaVersion, revisions
from tests.support.builders import a_decision, a_prediction, an_inquiry
from tests.support.stored import assessed, make_known
from tests.support.waiting import wait_until


def test_migrations_create_exactly_the_tables_in_code(database: Database) -> None:
    config = alembic_config()
    with database.transaction() as connection:
        config.attributes["connection"] = connection
        command.check(config)


def test_migrations_are_named_by_their_revisions_in_their_order() -> None:
    scripts = ScriptDirectory.from_config(alembic_config())
    assert [script.revision for script in scripts.walk_revisions()][::-1] == revisions()
    assert scripts.get_heads() == revisions()[-1:]


def test_migrations_can_be_undone_and_repeated(database: Database) -> None:
    config = alembic_config()
    with database.transaction() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert not SchemaVersion().is_usable(database)
    migrate(database)
    assert SchemaVersion().is_usable(database)


def test_migrating_twice_changes_nothing(database: Database) -> None:
    migrate(database)
    assert SchemaVersion().is_usable(database)


def test_predictions_made_before_urgency_had_reasons_have_none(database: Database) -> None:
    config = alembic_config()
    with database.transaction() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
        inquiry = an_inquiry()
        insert_inquiry(connection, inquiry)
        answers.register_models(connection, ["test-1"])
        row = prediction_row(a_prediction()) | {"inquiry_id": inquiry.id, "role": "champion", "is_current": True}
        del row["urgency_reasons"]
        connection.execute(insert(tables.predictions), [row])
    migrate(database)
    with database.transaction() as connection:
        assert current_predictions(connection, [inquiry.id]) == {inquiry.id: a_prediction()}


def test_what_was_escalated_or_answered_by_keywords_before_is_still(database: Database) -> None:
    config = alembic_config()
    with database.transaction() as connection:
        make_known(connection)
        plain = assessed(connection)
        escalated = assessed(connection, decision=a_decision(escalation_level=2))
        degraded = assessed(connection, prediction=a_prediction(degraded=True))
        config.attributes["connection"] = connection
        command.downgrade(config, "0003")
    migrate(database)
    with database.transaction() as connection:
        found = connection.execute(text("SELECT id, escalation_level, degraded FROM inquiries")).all()
    assert set(map(tuple, found)) == {(plain, 0, False), (escalated, 2, False), (degraded, 0, True)}


def back_to(database: Database, revision: str) -> None:
    config = alembic_config()
    with database.transaction() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def by_the_version_before(connection: Connection, *, level: int, degraded: bool = False) -> UUID:
    """Store an inquiry with its answers as programs do that know nothing of migration 0004."""
    inquiry = an_inquiry()
    connection.execute(insert(tables.inquiries), inquiry_row(inquiry))
    known = {"inquiry_id": inquiry.id, "is_current": True}
    prediction = prediction_row(a_prediction(degraded=degraded)) | known | {"role": "champion"}
    connection.execute(insert(tables.predictions), [prediction])
    decision = decision_row(a_decision(escalation_level=level)) | known
    connection.execute(insert(tables.routing_decisions), [decision])
    change = text("UPDATE inquiries SET status = 'routed', updated_at = now() WHERE id = :id")
    connection.execute(change, {"id": inquiry.id})
    return inquiry.id


def repeated(database: Database) -> dict[UUID, tuple[int, bool]]:
    with database.transaction() as connection:
        found = connection.execute(text("SELECT id, escalation_level, degraded FROM inquiries")).all()
    return {row.id: (row.escalation_level, row.degraded) for row in found}


def test_what_programs_of_the_version_before_still_write_is_repeated(database: Database) -> None:
    with database.transaction() as connection:
        make_known(connection)
        escalated = by_the_version_before(connection, level=2, degraded=True)
        calmed = by_the_version_before(connection, level=3)
    assert repeated(database) == {escalated: (2, True), calmed: (3, False)}
    with database.transaction() as connection:
        present = text("UPDATE routing_decisions SET is_current = false WHERE inquiry_id = :id")
        connection.execute(present, {"id": calmed})
        decision = decision_row(a_decision(escalation_level=0)) | {"inquiry_id": calmed, "is_current": True}
        connection.execute(insert(tables.routing_decisions), [decision])
    assert repeated(database) == {escalated: (2, True), calmed: (0, False)}


def builds(database: Database) -> bool:
    with database.transaction() as connection:
        seen = text("SELECT count(*) FROM pg_stat_progress_create_index WHERE datname = current_database()")
        return bool(connection.execute(seen).scalar_one())


def test_figures_get_their_indexes_while_everybody_goes_on_writing(database: Database) -> None:
    with database.transaction() as connection:
        make_known(connection)
    back_to(database, "0003")
    with ThreadPoolExecutor(1) as thread, database.engine.connect() as reader:
        reader.execution_options(isolation_level="REPEATABLE READ").execute(text("SELECT 1"))
        migration: Future[None] = thread.submit(migrate, database)
        wait_until(lambda: builds(database))
        with database.transaction() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '100ms'"))
            written = by_the_version_before(connection, level=2, degraded=True)
        assert not migration.done()
        reader.rollback()
        migration.result(timeout=60)
    assert repeated(database) == {written: (2, True)}


@pytest.mark.parametrize("stopped_at", ["the columns", "an index", "all indexes"])
def test_a_migration_that_was_stopped_can_be_run_again(database: Database, stopped_at: str) -> None:
    if stopped_at == "all indexes":
        with database.transaction() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '0003'"))
            connection.execute(text("ALTER TABLE work DROP COLUMN traceparent"))
    else:
        back_to(database, "0003")
        with database.transaction() as connection:
            connection.execute(text("ALTER TABLE inquiries ADD COLUMN degraded boolean DEFAULT false NOT NULL"))
            if stopped_at == "an index":
                connection.execute(text("CREATE INDEX ix_inquiries_received_new ON inquiries (received_at)"))
    migrate(database)
    with database.transaction() as connection:
        left = text("SELECT relname FROM pg_class WHERE relkind = 'i' AND relname LIKE 'ix%new'")
        assert connection.execute(left).all() == []
        assert connection.execute(text("SELECT count(*) FROM pg_index WHERE NOT indisvalid")).scalar_one() == 0
    test_migrations_create_exactly_the_tables_in_code(database)


def test_processes_that_migrate_together_take_turns(database: Database) -> None:
    back_to(database, "0003")
    with ThreadPoolExecutor(3) as threads:
        for done in [threads.submit(migrate, database) for _ in range(3)]:
            done.result(timeout=60)
    assert SchemaVersion().is_usable(database)


def test_a_schema_that_a_later_version_made_is_usable(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert SchemaVersion().is_usable(database)
