"""The migrations and the tables that the code uses are the same."""

from alembic import command
from sqlalchemy import text

from inquiry_pipeline.store.database import Database
from inquiry_pipeline.store.migrate import SchemaVersion, alembic_config, migrate


def test_migrations_create_exactly_the_tables_in_code(database: Database) -> None:
    config = alembic_config()
    with database.transaction() as connection:
        config.attributes["connection"] = connection
        command.check(config)


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


def test_a_schema_that_a_later_version_made_is_usable(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert SchemaVersion().is_usable(database)
