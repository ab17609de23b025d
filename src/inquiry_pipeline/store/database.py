"""The connection pool and the one way to open a transaction."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, cast

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from inquiry_pipeline.core.errors import ConfigurationError, InquiryError, StoreBusy, StoreError, StoreUnavailable

__all__ = ["Connection", "Database", "DatabaseOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseOptions:
    """How to reach PostgreSQL. Times in seconds; `pool_size` should equal the threads that use it.

    In the database, connections go by `application_name` followed by machine and process.
    """

    url: str
    pool_size: int = 16
    connect_timeout: int = 5
    statement_timeout: float = 15.0
    lock_timeout: float = 5.0
    application_name: str = "inquiry"


class Database:
    """A pool of connections to one PostgreSQL database. Opens its first connection on first use."""

    def __init__(self, options: DatabaseOptions) -> None:
        self.engine = _engine(options)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Open a transaction; commit it at the end of the block, roll it back on an exception.

        Raises `StoreUnavailable` when PostgreSQL cannot be reached, goes away, or has no connection free;
        `StoreBusy` when a statement or a lock took too long; `StoreError` for whatever else it refuses. What the
        messages say comes from the server, never the values that were sent: those may be somebody's letter.
        """
        with _errors_translated(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """A connection that is nobody else's afterwards, with no transaction open yet: for what sets up the session,
        or needs several transactions on one connection. Raises what `transaction` raises.
        """
        with _errors_translated(), self.engine.connect() as connection:
            try:
                yield connection
            finally:
                connection.invalidate()

    def ping(self) -> float:
        """Ask the database for nothing and return the seconds that it took. Raises `StoreUnavailable`."""
        started = time.perf_counter()
        with self.transaction() as connection:
            connection.execute(text("SELECT 1"))
        return time.perf_counter() - started

    def connections(self) -> tuple[int, int]:
        """How many connections are in use, and how many there may be."""
        pool = cast("QueuePool", self.engine.pool)
        return pool.checkedout(), pool.size()

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


@contextmanager
def _errors_translated() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise StoreUnavailable("No connection to the database is free") from error
    except DBAPIError as error:
        raise _translated(error) from None


_LONGEST_NAME: Final = 63
"""PostgreSQL cuts off what is longer (NAMEDATALEN)."""


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
        hide_parameters=True,
        connect_args={
            "connect_timeout": options.connect_timeout,
            "application_name": _known_as(options.application_name, socket.gethostname(), os.getpid()),
            # A server or network that dies in silence is noticed within half a minute.
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 30_000,
            "options": " ".join(f"-c {name}={value}" for name, value in _session(options).items()),
        },
    )


def _known_as(name: str, host: str, process: int) -> str:
    """The name in the database; of a long one, the host's end is left out, which tells less than the process."""
    room = _LONGEST_NAME - len(f"{name} :{process}")
    return f"{name} {host[:room]}:{process}"


def _session(options: DatabaseOptions) -> dict[str, str]:
    """Limits that keep one stuck process from stopping all others."""
    return {
        "timezone": "UTC",
        "statement_timeout": f"{options.statement_timeout:.0f}s",
        "lock_timeout": f"{options.lock_timeout:.0f}s",
        "idle_in_transaction_session_timeout": "15s",
    }


_AWAY = ("08", "57P01", "57P02", "57P03", "53300")
"""SQLSTATEs that begin like this: no connection, the server stops or starts, too many connections."""
_BUSY = ("57014", "55P03", "40001", "40P01", "25P03")
"""Statement timeout, lock timeout, serialisation failure, deadlock, idle too long in a transaction."""


def _translated(error: DBAPIError) -> InquiryError:
    """Our error for one of the driver's, by its SQLSTATE (PostgreSQL manual, appendix A)."""
    diagnosis = getattr(error.orig, "diag", None)
    state = getattr(error.orig, "sqlstate", None)
    said = getattr(diagnosis, "message_primary", None) or _first_line(error.orig)
    if isinstance(error, (OperationalError, InterfaceError)) and (state is None or state.startswith(_AWAY)):
        return StoreUnavailable(f"The database cannot be reached: {said}")
    if error.connection_invalidated:
        return StoreUnavailable(f"The connection to the database broke: {said}")
    if state in _BUSY:
        return StoreBusy(f"The database did not finish in time: {said}")
    return StoreError(f"The database refused a statement ({type(error.orig).__name__}, {state}): {said}")


def _first_line(error: BaseException | None) -> str:
    """The first line of the driver's message: it names host and reason, never the password."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
