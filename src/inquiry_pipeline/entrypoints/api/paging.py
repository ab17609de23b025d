"""Cursors: the key of a page's last row, opaque to the caller."""

import base64
import binascii
from datetime import datetime
from uuid import UUID

from fastapi.exceptions import RequestValidationError

Key = tuple[datetime, UUID]


def cursor_of(key: Key) -> str:
    """The cursor that continues after this key."""
    return base64.urlsafe_b64encode(f"{key[0].isoformat()} {key[1]}".encode()).decode().rstrip("=")


def key_of(cursor: str | None) -> Key | None:
    """The key in a cursor. Raises a validation error on `cursor` if it is not one of ours."""
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        moment, _, identifier = base64.urlsafe_b64decode(padded.encode()).decode().partition(" ")
        key = (datetime.fromisoformat(moment), UUID(identifier))
        if key[0].tzinfo is None:
            raise ValueError("naive")
    except (ValueError, binascii.Error) as error:
        what = {"type": "value_error", "loc": ("query", "cursor"), "msg": "is not a cursor from an earlier page"}
        raise RequestValidationError([what]) from error
    return key
