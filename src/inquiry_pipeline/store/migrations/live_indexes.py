"""Indexes for tables at work: built beside those that they replace, while everybody goes on writing."""

from collections.abc import Mapping

from alembic import op


def replace_indexes(definitions: Mapping[str, str]) -> None:
    """Give each of these names an index as `TABLE (COLUMNS) …` says; what had the name before goes when that is built.

    Commits what the migration did before it. If it is stopped in between, it can be run again.
    """
    with op.get_context().autocommit_block():
        # Building an index waits until older transactions have ended, and keeps nobody waiting meanwhile.
        op.execute("SET lock_timeout = 0")
        for name, definition in definitions.items():
            # What a build that was stopped has left is not valid.
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}_new")
            op.execute(f"CREATE INDEX CONCURRENTLY {name}_new ON {definition}")
        op.execute("SET lock_timeout = '5s'")
    for name in definitions:
        op.execute(f"DROP INDEX IF EXISTS {name}")
        op.execute(f"ALTER INDEX {name}_new RENAME TO {name}")
