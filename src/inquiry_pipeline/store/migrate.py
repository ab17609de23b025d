"""Bring the schema up to date."""

import time
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from inquiry_pipeline.store.database import Database

_LOCK: Final = 7_251_846_003  # an arbitrary number that all migrating processes agree on
_LOOK_AGAIN: Final = 0.1  # seconds


def alembic_config() -> Config:
    """Alembic's configuration without a file: the scripts lie in this package."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def migrate(database: Database, revision: str = "head") -> None:
    """Apply every missing migration, each in a transaction or, where it says so, in several that can be repeated.

    Processes that start together take turns. Raises `StoreUnavailable`, `StoreBusy` or `StoreError`.
    """
    config = alembic_config()
    with database.session() as connection:
        # A migration that waits for a lock blocks everyone behind it: give up early and let a person choose the moment.
        connection.execute(text("SET lock_timeout = '5s'"))
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("SET idle_in_transaction_session_timeout = 0"))
        connection.commit()
        _take_turn(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _take_turn(connection: Connection) -> None:
    """Wait until nobody else migrates. The session's end gives the turn to the next."""
    # Asked again and again: whoever waits within a statement keeps an index from being built beside the old one.
    while not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK}).scalar_one():
        connection.commit()
        time.sleep(_LOOK_AGAIN)
    connection.commit()
