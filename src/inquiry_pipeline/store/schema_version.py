"""Whether the database has the schema that this version of the program needs.

Alembic would know, but importing it takes a sixth of the API's start: its migrations' names are enough.
"""

from pathlib import Path
from typing import Final

from sqlalchemy import text

from inquiry_pipeline.store.database import Database

MIGRATIONS: Final = Path(__file__).parent / "migrations" / "versions"
_PRESENT: Final = text("SELECT version_num FROM alembic_version")
_IS_MIGRATED: Final = text("SELECT to_regclass('alembic_version') IS NOT NULL")


class SchemaVersion:
    """The schema that this version of the program expects, looked up once."""

    def __init__(self) -> None:
        self._outdated = frozenset(revisions()[:-1])

    def is_usable(self, database: Database) -> bool:
        """Whether the database has that schema or a later one, which must serve the programs of a rollout too.

        Raises `StoreUnavailable`.
        """
        with database.transaction() as connection:
            migrated = connection.execute(_IS_MIGRATED).scalar_one()
            present = connection.execute(_PRESENT).scalar_one_or_none() if migrated else None
        return present is not None and present not in self._outdated


def revisions() -> list[str]:
    """The revisions of all migrations, oldest first: a migration's file is named REVISION_WHAT_IT_DOES.py."""
    return sorted(path.name.partition("_")[0] for path in MIGRATIONS.glob("[0-9]*_*.py"))
