"""Keys under which a source may repeat a request: the second time gets the first one's answer."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from inquiry_pipeline.core.errors import IdempotencyConflict
from inquiry_pipeline.store import tables

_k = tables.idempotency_keys.c


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKey:
    """A key within its scope (a source), and a digest of the request that it came with."""

    scope: str
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierRequest:
    """The inquiry that the first request with this key made, and its answer once that is stored."""

    inquiry_id: UUID
    answer_status: int | None
    answer: str | None


def reserve(connection: Connection, key: IdempotencyKey, inquiry_id: UUID) -> bool:
    """Take a key for a new inquiry; False if it is taken.

    A concurrent request with the same key waits here until the first one's transaction ends.
    """
    row = {"scope": key.scope, "key": key.key, "fingerprint": key.fingerprint, "inquiry_id": inquiry_id}
    taken = connection.execute(upsert(tables.idempotency_keys).on_conflict_do_nothing().returning(_k.key), row)
    return taken.one_or_none() is not None


def earlier(connection: Connection, key: IdempotencyKey) -> EarlierRequest | None:
    """What the first request with this key led to. Raises `IdempotencyConflict` if it was another request."""
    query = select(_k.fingerprint, _k.inquiry_id, _k.answer_status, _k.answer)
    row = connection.execute(query.where(_k.scope == key.scope, _k.key == key.key)).one_or_none()
    if row is None:
        return None
    if row.fingerprint != key.fingerprint:
        raise IdempotencyConflict(f"The Idempotency-Key {key.key!r} was used before, with another request body")
    return EarlierRequest(inquiry_id=row.inquiry_id, answer_status=row.answer_status, answer=row.answer)


def store_answer(connection: Connection, key: IdempotencyKey, *, status: int, answer: str) -> None:
    """Keep the answer for the next request with this key; the first one stored stays."""
    mine = (_k.scope == key.scope) & (_k.key == key.key) & _k.answer.is_(None)
    connection.execute(update(tables.idempotency_keys).where(mine).values(answer_status=status, answer=answer))


def forget(connection: Connection, *, older_than: timedelta) -> int:
    """Delete keys that nobody will repeat any more; returns how many."""
    old = delete(tables.idempotency_keys).where(_k.created_at < func.now() - older_than)
    return connection.execute(old).rowcount
