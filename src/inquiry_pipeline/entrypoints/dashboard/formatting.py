"""Numbers, shares, durations and times as people read them. Times are the viewer's own, and say so in full."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import streamlit as st

NONE: Final = "\u2013"
"""Stands where there is no figure."""

NOW: Final = "now"
"""An age of less than a second."""

_THIN: Final = "\u202f"
_MARKDOWN: Final = frozenset("\\`*_{}[]<>()#+-.!|~$:&")
_ACRONYMS: Final[Mapping[str, str]] = {
    "hr": "HR",
    "api": "API",
    "imap": "IMAP",
    "sla": "SLA",
    "s3": "S3",
    "vip": "VIP",
}


def zone() -> ZoneInfo:
    """The viewer's time zone, as the browser tells it; UTC where it does not."""
    name = st.context.timezone
    try:
        return ZoneInfo(name) if name else ZoneInfo("UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def moment(at: datetime, *, seconds: bool = True) -> str:
    """A time in full, in the viewer's zone: Sun 22 Nov 2026, 17:15:23 (Europe/Berlin)."""
    here = zone()
    return f"{at.astimezone(here):%a %d %b %Y, %H:%M{':%S' if seconds else ''}} ({here.key})"


def clock(at: datetime) -> str:
    """A time as short as it can be: 17:15 today, else 21 Nov 17:15, with the year where it is another."""
    here = zone()
    local, today = at.astimezone(here), now().astimezone(here)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    return f"{local:%d %b %H:%M}" if local.year == today.year else f"{local:%d %b %Y}"


def age(at: datetime, *, until: datetime | None = None) -> str:
    """How long ago: now, 40 s, 3 min, 2 h, 5 d."""
    return span(((until or now()) - at).total_seconds())


def span(seconds: float) -> str:
    """A length of time in its largest whole unit: 40 s, 3 min, 2 h, 5 d."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)}{_THIN}{unit}"
    return f"{int(seconds)}{_THIN}s" if seconds >= 1 else NOW


def duration(seconds: float | None) -> str:
    """How long something took: 8 ms, 1.2 s, 4 min."""
    if seconds is None:
        return NONE
    if seconds < 1:
        return f"{seconds * 1000:.0f}{_THIN}ms"
    return f"{seconds:.1f}{_THIN}s" if seconds < 60 else span(timedelta(seconds=seconds).total_seconds())


def number(value: float | None, *, digits: int = 0) -> str:
    """A figure with its thousands apart."""
    return NONE if value is None else f"{value:,.{digits}f}".replace(",", _THIN)


def share(value: float | None, *, digits: int = 0) -> str:
    """A share of one as per cent."""
    return NONE if value is None else f"{value * 100:.{digits}f}{_THIN}%"


def words(name: str) -> str:
    """An identifier in words: technical_support becomes Technical support."""
    parts = [_ACRONYMS.get(part.lower(), part) for part in name.replace("_", " ").replace("-", " ").split()]
    text = " ".join(parts)
    return text[:1].upper() + text[1:]


def plain(text: str) -> str:
    """Text for where Streamlit reads Markdown (labels, toasts, captions), shown as it is: no markup, no directives."""
    return "".join(f"\\{char}" if char in _MARKDOWN else char for char in " ".join(text.split()))


def sentence(text: str) -> str:
    """Text that ends with a full stop."""
    text = text.strip()
    return text if not text or text[-1] in ".!?" else f"{text}."


def clipped(text: str, length: int) -> str:
    """The first words of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1].rsplit(' ', 1)[0] or line[: length - 1]}…"
