"""Bring the schema up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config
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
