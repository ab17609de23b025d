"""The window of time that a page looks at: whole hours or days of the viewer, and the same stretch before it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

import streamlit as st

from inquiry_pipeline.client import During
from inquiry_pipeline.entrypoints.dashboard import formatting

_LABELS: Final[Mapping[str, str]] = {"today": "Today", "24h": "24 hours", "7d": "7 days", "30d": "30 days"}
_BEFORE: Final[Mapping[str, str]] = {
    "today": "yesterday until this time",
    "24h": "the 24 hours before",
    "7d": "the 7 days before",
    "30d": "the 30 days before",
}
_DAYS: Final[Mapping[str, int]] = {"today": 1, "24h": 1, "7d": 7, "30d": 30}
_USUAL: Final = "24h"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From `since` to `until`, which is now. `bucket` is how finely it is drawn, `before` what it is compared with.

    It begins with a whole hour or day of the viewer's, so that no bucket but the last one is a part.
    """

    name: str
    since: datetime
    until: datetime
    bucket: str

    @property
    def label(self) -> str:
        """The window in words."""
        return _LABELS[self.name].lower()

    @property
    def before(self) -> str:
        """The stretch that it is compared with, in words."""
        return _BEFORE[self.name]

    @property
    def during(self) -> During:
        """The window for the API, up to now."""
        return During(since=self.since)

    @property
    def during_before(self) -> During:
        """The same stretch before it, by the clock: where clocks were changed between, it is as long as it was."""
        days = timedelta(days=_DAYS[self.name])
        return During(since=_utc(_local(self.since) - days), until=_utc(_local(self.until) - days))


def window(name: str, now: datetime) -> Window:
    """The window of that name, which ends with the minute that `now` is in."""
    here = now.astimezone(formatting.zone()).replace(second=0, microsecond=0)
    if name == "24h":
        since = _utc(here.replace(minute=0)) - timedelta(hours=23)
    else:
        first = here.date() - timedelta(days=_DAYS[name] - 1)
        since = datetime.combine(first, time(), here.tzinfo)
    bucket = "hour" if name in {"today", "24h"} else "day"
    return Window(name=name, since=_utc(since), until=_utc(here) + timedelta(minutes=1), bucket=bucket)


def choose() -> str:
    """Let the viewer choose; the name of the window. The address keeps it, and so do the other pages."""
    chosen = st.segmented_control(
        "Time",
        list(_LABELS),
        default=_USUAL,
        required=True,
        format_func=lambda name: _LABELS[name],
        key="window",
        label_visibility="collapsed",
        bind="query-params",
    )
    return chosen or _USUAL


def _local(moment: datetime) -> datetime:
    return moment.astimezone(formatting.zone())


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
