"""The connection pool and the one way to open a transaction."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from inquiry_pipeline.core.errors import ConfigurationError, StoreUnavailable

__all__ = ["Connection", "Database", "DatabaseOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseOptions:
    """How to reach PostgreSQL. Times in seconds; `pool_size` should equal the threads that use it."""

    url: str
    pool_size: int = 16
    connect_timeout: int = 5
    statement_timeout: float = 30.0
    application_name: str = "inquiry"


class Database:
    """A pool of connections to one PostgreSQL database. Opens its first connection on first use."""

    def __init__(self, options: DatabaseOptions) -> None:
        self.engine = _engine(options)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Open a transaction; commit it at the end of the block, roll it back on an exception.

        Raises `StoreUnavailable` when PostgreSQL cannot be reached, goes away, or has no connection free.
        """
        try:
            with self.engine.begin() as connection:
                yield connection
        except (OperationalError, InterfaceError, PoolTimeout) as error:
            raise StoreUnavailable(f"The database cannot be reached: {_cause(error)}") from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise StoreUnavailable(f"The connection to the database broke: {_cause(error)}") from error
            raise

    def ping(self) -> float:
        """Ask the database for nothing and return the seconds that it took. Raises `StoreUnavailable`."""
        started = time.perf_counter()
        with self.transaction() as connection:
            connection.execute(text("SELECT 1"))
        return time.perf_counter() - started

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def _engine(options: DatabaseOptions) -> Engine:
    try:
        url = make_url(options.url)
    except ArgumentError as error:
        raise ConfigurationError("DATABASE_URL is not a database URL (postgresql://user:password@host/name)") from error
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise ConfigurationError(f"DATABASE_URL names {url.get_backend_name()!r}; only postgresql is supported")
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=options.pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": options.connect_timeout,
            "application_name": options.application_name,
            "options": f"-c statement_timeout={int(options.statement_timeout * 1000)} -c timezone=UTC",
        },
    )


def _cause(error: BaseException) -> str:
    """The first line of the driver's message: it names host and reason, never the password."""
    original = getattr(error, "orig", None) or error
    return str(original).strip().splitlines()[0] if str(original).strip() else type(original).__name__
