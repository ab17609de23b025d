"""Alembic migrations, applied by `inquiry migrate` and `inquiry up`."""
