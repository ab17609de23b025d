"""Cursors: the key of a page's last row, opaque to the caller."""

import base64
import binascii
import math
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from fastapi.exceptions import RequestValidationError

from inquiry_pipeline.store.inquiries import QueuePlace

Key = tuple[datetime, UUID]
T = TypeVar("T")


def cursor_of(key: Key) -> str:
    """The cursor that continues after this key."""
    return _encoded(f"{key[0].isoformat()} {key[1]}")


def key_of(cursor: str | None) -> Key | None:
    """The key in a cursor. Raises a validation error on `cursor` if it is not one of ours."""
    return _decoded(cursor, _key)


def place_cursor(place: QueuePlace) -> str:
    """The cursor that continues after this place in a queue."""
    return _encoded(f"{place.minus_priority!r} {place.received_at.isoformat()} {place.inquiry_id}")


def place_of(cursor: str | None) -> QueuePlace | None:
    """The place in a cursor. Raises a validation error on `cursor` if it is not one of ours."""
    return _decoded(cursor, _place)


def _key(text: str) -> Key:
    moment, _, identifier = text.partition(" ")
    key = (datetime.fromisoformat(moment), UUID(identifier))
    if key[0].tzinfo is None:
        raise ValueError("naive")
    return key


def _place(text: str) -> QueuePlace:
    priority, _, key = text.partition(" ")
    if not math.isfinite(float(priority)):
        raise ValueError("no priority")
    return QueuePlace(float(priority), *_key(key))


def _encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decoded(cursor: str | None, read: Callable[[str], T]) -> T | None:
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return read(base64.urlsafe_b64decode(padded.encode()).decode())
    except (ValueError, binascii.Error) as error:
        what = {"type": "value_error", "loc": ("query", "cursor"), "msg": "is not a cursor from an earlier page"}
        raise RequestValidationError([what]) from error
