"""Bring the schema up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from inquiry_pipeline.store.database import Database

_LOCK = 7_251_846_003  # an arbitrary number that all migrating processes agree on


def alembic_config() -> Config:
    """Alembic's configuration without a file: the scripts lie in this package."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def migrate(database: Database, revision: str = "head") -> None:
    """Apply every missing migration in one transaction. Processes that start together take turns."""
    config = alembic_config()
    with database.transaction() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


class SchemaVersion:
    """The schema that this version of the program expects, looked up once."""

    def __init__(self) -> None:
        scripts = ScriptDirectory.from_config(alembic_config())
        self._outdated = {script.revision for script in scripts.walk_revisions()} - set(scripts.get_heads())

    def is_usable(self, database: Database) -> bool:
        """Whether the database has that schema or a later one, which must serve the programs of a rollout too.

        Raises `StoreUnavailable`.
        """
        with database.transaction() as connection:
            present = MigrationContext.configure(connection).get_current_revision()
        return present is not None and present not in self._outdated
