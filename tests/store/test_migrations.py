"""The migrations and the tables that the code uses are the same."""

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import insert, text

from inquiry_pipeline.store import answers, tables
from inquiry_pipeline.store.database import Database
from inquiry_pipeline.store.inquiries import current_predictions, insert_inquiry
from inquiry_pipeline.store.migrate import alembic_config, migrate
from inquiry_pipeline.store.rows import prediction_row
from inquiry_pipeline.store.schema_version import SchemaVersion, revisions
from tests.support.builders import a_decision, a_prediction, an_inquiry
from tests.support.stored import assessed, make_known


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


def test_a_schema_that_a_later_version_made_is_usable(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert SchemaVersion().is_usable(database)
