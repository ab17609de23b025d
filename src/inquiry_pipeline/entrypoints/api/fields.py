"""The types of what comes in over HTTP: strict, bounded, and clear about what is wrong with a value."""

import json
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, StringConstraints

_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST_AHEAD = timedelta(days=1)
_METADATA_BYTES = 8 * 1024
_METADATA_DEPTH = 16
_LINE_BREAKS = "\t\n\r"


def _no_control_characters(value: str, *, allowed: str) -> str:
    for position, character in enumerate(value):
        if (character < " " and character not in allowed) or character == "\x7f":
            raise ValueError(f"must not contain the control character U+{ord(character):04X} (at position {position})")
        if "\ud800" <= character <= "\udfff":
            raise ValueError(f"must not contain the lone surrogate U+{ord(character):04X} (at position {position})")
    return value


def _text(value: str) -> str:
    """Text of several lines."""
    return _no_control_characters(value, allowed=_LINE_BREAKS)


def _line(value: str) -> str:
    """Text of one line: a line break in a header or a name is an injection, not a character."""
    return _no_control_characters(value, allowed="")


def _said(value: str) -> str:
    if not any(unicodedata.category(character)[0] not in "ZC" for character in value):
        raise ValueError("must contain something to read, not only white space")
    return value


def _moment(value: object) -> object:
    """A moment is an ISO 8601 string; in a query, the plus sign of its offset arrives as a space."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise ValueError("must be an ISO 8601 string with a time zone, such as 2026-11-22T10:00:00Z")  # noqa: TRY004
    return re.sub(r" (\d\d:?\d\d)$", r"+\1", value)


def _plausible(value: datetime) -> datetime:
    if value < _EARLIEST:
        raise ValueError("must not be before the year 2000")
    if value > datetime.now(UTC) + _LATEST_AHEAD:
        raise ValueError("must not be more than a day in the future")
    return value.astimezone(UTC)


def _flag(value: object) -> object:
    """A query's flag is `true` or `false`, as its schema says, and nothing else that may mean one of them."""
    if value not in {"true", "false", True, False}:
        raise ValueError("must be true or false")
    return value


def _storable(value: dict[str, Any]) -> dict[str, Any]:
    _refuse_unstorable(value, depth=_METADATA_DEPTH)
    try:
        encoded = json.dumps(value, allow_nan=False, ensure_ascii=False)
    except ValueError as error:
        raise ValueError("must not contain NaN or infinite numbers") from error
    if len(encoded.encode()) > _METADATA_BYTES:
        raise ValueError(f"must not take more than {_METADATA_BYTES} bytes as JSON")
    return value


def _refuse_unstorable(value: object, *, depth: int) -> None:
    """What JSON allows and PostgreSQL's jsonb does not, and nesting that no one writes by hand."""
    if depth == 0:
        raise ValueError(f"must not be nested deeper than {_METADATA_DEPTH} levels")
    if isinstance(value, str):
        _text(value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            _text(key)
            _refuse_unstorable(inner, depth=depth - 1)
    elif isinstance(value, list):
        for inner in value:
            _refuse_unstorable(inner, depth=depth - 1)


Body = Annotated[str, StringConstraints(min_length=1, max_length=50_000), AfterValidator(_text), AfterValidator(_said)]
Subject = Annotated[str, StringConstraints(max_length=500), AfterValidator(_line)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_line)]
Person = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_line), AfterValidator(_said)]
Comment = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_text), AfterValidator(_said)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_text)]
Address = Annotated[str, StringConstraints(max_length=320, pattern=r"^[^@\s<>]+@[^@\s<>]+$"), AfterValidator(_line)]
Channel = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]
Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
PastMoment = Annotated[Moment, AfterValidator(_plausible)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Metadata = Annotated[dict[str, Any], AfterValidator(_storable)]
IdempotencyKeyText = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,255}$")]
