"""What is accepted and not yet assessed: leases, attempts, backoff, dead letters.

A row exists exactly as long as an inquiry is owed its assessment. Whoever holds the lease may finish it; the
lease's token fences off a process that was too slow, so nothing is recorded twice.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, text, tuple_, update

from inquiry_pipeline.core.errors import NotFound
from inquiry_pipeline.store import tables

_w = tables.work.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to assess some inquiries. `attempts` counts this one; `traceparents` say in which trace each came."""

    token: UUID
    attempts: Mapping[UUID, int]
    traceparents: Mapping[UUID, str | None] = field(default_factory=dict)

    @property
    def inquiry_ids(self) -> tuple[UUID, ...]:
        """The inquiries that this lease covers."""
        return tuple(self.attempts)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """An inquiry that was given up after its last attempt, and waits for a person."""

    inquiry_id: UUID
    attempts: int
    last_error: str | None
    dead_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What is owed: inquiries due or leased, those given up, and the age of the oldest owed in seconds."""

    pending: int
    dead: int
    oldest_seconds: float


def add(
    connection: Connection, inquiry_id: UUID, *, lease_for: timedelta | None, traceparent: str | None = None
) -> Lease | None:
    """Owe an assessment. With `lease_for`, the caller holds the lease at once and no worker takes it.

    Whoever assesses it later goes on with the trace at `traceparent`.
    """
    owed = insert(tables.work).values(inquiry_id=inquiry_id, traceparent=traceparent)
    if lease_for is None:
        connection.execute(owed)
        return None
    token = uuid4()
    connection.execute(owed.values(attempts=1, lease_token=token, leased_until=func.now() + lease_for))
    return Lease(token=token, attempts={inquiry_id: 1}, traceparents={inquiry_id: traceparent})


def claim(connection: Connection, *, limit: int, lease_for: timedelta, max_attempts: int) -> Lease | None:
    """Lease up to `limit` inquiries that are due and that nobody holds, oldest first; None if there are none."""
    due = (
        select(_w.inquiry_id)
        .where(_w.dead_at.is_(None), _w.run_after <= func.now(), _unleased(), _w.attempts < max_attempts)
        .order_by(_w.run_after)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    token = uuid4()
    taken = connection.execute(
        update(tables.work)
        .where(_w.inquiry_id.in_(due.scalar_subquery()))
        .values(lease_token=token, leased_until=func.now() + lease_for, attempts=_w.attempts + 1)
        .returning(_w.inquiry_id, _w.attempts, _w.traceparent)
    ).all()
    attempts = {row.inquiry_id: row.attempts for row in taken}
    traceparents = {row.inquiry_id: row.traceparent for row in taken}
    return Lease(token=token, attempts=attempts, traceparents=traceparents) if attempts else None


def _unleased() -> Any:  # noqa: ANN401 - SQLAlchemy's own type for a condition is generic over everything
    return or_(_w.leased_until.is_(None), _w.leased_until < func.now())


def renew(connection: Connection, lease: Lease, *, lease_for: timedelta) -> None:
    """Hold what is still held under this lease for longer."""
    mine = update(tables.work).where(_w.lease_token == lease.token, _w.inquiry_id.in_(lease.inquiry_ids))
    connection.execute(mine.values(leased_until=func.now() + lease_for))


def give_back(connection: Connection, lease: Lease, *, reason: str) -> None:
    """Let another process have what this lease still holds, at once; the attempt does not count."""
    mine = update(tables.work).where(_w.lease_token == lease.token, _w.inquiry_id.in_(lease.inquiry_ids))
    connection.execute(
        mine.values(lease_token=None, leased_until=None, last_error=reason[:2000], attempts=_w.attempts - 1)
    )


def finish(connection: Connection, lease: Lease, ids: Collection[UUID]) -> set[UUID]:
    """Settle the debt for these inquiries; returns those that were still this lease's to finish."""
    settled = delete(tables.work).where(_w.inquiry_id.in_(ids), _w.lease_token == lease.token)
    return set(connection.execute(settled.returning(_w.inquiry_id)).scalars())


def put_back(connection: Connection, lease: Lease, inquiry_id: UUID, *, error: str, retry_in: timedelta | None) -> None:
    """After a failed attempt: due again after `retry_in`, or given up where that is None."""
    change = update(tables.work).where(_w.inquiry_id == inquiry_id, _w.lease_token == lease.token)
    connection.execute(
        change.values(
            lease_token=None,
            leased_until=None,
            last_error=error[:2000],
            run_after=func.now() + (retry_in or timedelta()),
            dead_at=None if retry_in is not None else func.now(),
        )
    )


def bury_exhausted(connection: Connection, *, max_attempts: int) -> dict[UUID, str | None]:
    """Give up what took its last attempt down with its process (the lease ran out, nobody reported).

    Returns those inquiries with the places in traces where they were accepted.
    """
    spent = and_(_w.dead_at.is_(None), _w.attempts >= max_attempts, _w.leased_until < func.now())
    error = func.coalesce(_w.last_error, f"the process died in each of {max_attempts} attempts")
    buried = update(tables.work).where(spent).values(dead_at=func.now(), last_error=error, lease_token=None)
    return dict(connection.execute(buried.returning(_w.inquiry_id, _w.traceparent)).all())


def dead_letters(
    connection: Connection, *, limit: int, after: tuple[datetime, UUID] | None = None
) -> Sequence[DeadLetter]:
    """What was given up, latest first, from behind the key `after` (dead_at, inquiry_id)."""
    query = select(_w.inquiry_id, _w.attempts, _w.last_error, _w.dead_at).where(_w.dead_at.is_not(None))
    if after is not None:
        query = query.where(tuple_(_w.dead_at, _w.inquiry_id) < tuple_(*after))
    query = query.order_by(_w.dead_at.desc(), _w.inquiry_id.desc()).limit(limit)
    return [DeadLetter(**row) for row in connection.execute(query).mappings()]


def revive(connection: Connection, inquiry_id: UUID) -> None:
    """Try a dead letter again from its first attempt. Raises `NotFound`."""
    change = update(tables.work).where(_w.inquiry_id == inquiry_id, _w.dead_at.is_not(None))
    revived = connection.execute(
        change.values(dead_at=None, attempts=0, run_after=func.now(), lease_token=None, leased_until=None)
    )
    if revived.rowcount == 0:
        raise NotFound(f"There is no dead letter for inquiry {inquiry_id}")


def backlog(connection: Connection) -> Backlog:
    """Count what is owed."""
    row = connection.execute(
        text(
            "SELECT count(*) FILTER (WHERE dead_at IS NULL) AS pending,"
            " count(*) FILTER (WHERE dead_at IS NOT NULL) AS dead,"
            " coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE dead_at IS NULL)), 0) AS oldest"
            " FROM work"
        )
    ).one()
    return Backlog(pending=row.pending, dead=row.dead, oldest_seconds=float(row.oldest))
