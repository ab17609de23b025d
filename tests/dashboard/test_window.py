"""The window of a page begins with a whole hour or day of the viewer's; it is compared with as much before it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from inquiry_pipeline.entrypoints.dashboard import formatting
from inquiry_pipeline.entrypoints.dashboard.window import Window, window

BERLIN = ZoneInfo("Europe/Berlin")


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0, *, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=zone)


@pytest.fixture
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formatting, "zone", lambda: BERLIN)


def before(one: Window) -> tuple[datetime, datetime]:
    during = one.during_before
    return during["since"], during["until"]


def test_days_begin_at_the_viewers_midnight(in_berlin: None) -> None:
    now = datetime(2026, 11, 22, 23, 30, 12, tzinfo=UTC)  # half past midnight in Berlin
    today, week = window("today", now), window("7d", now)
    assert today.since == at(2026, 11, 23)
    assert week.since == at(2026, 11, 17)
    assert today.until == week.until == at(2026, 11, 23, 0, 31)
    assert (today.bucket, week.bucket) == ("hour", "day")
    assert before(today) == (at(2026, 11, 22), at(2026, 11, 22, 0, 31))
    assert before(week) == (at(2026, 11, 10), at(2026, 11, 16, 0, 31))


def test_24_hours_begin_with_a_whole_hour_of_the_viewers(monkeypatch: pytest.MonkeyPatch) -> None:
    kolkata = ZoneInfo("Asia/Kolkata")  # half an hour beside the hours of UTC
    monkeypatch.setattr(formatting, "zone", lambda: kolkata)
    found = window("24h", at(2026, 11, 22, 14, 50, zone=kolkata))
    assert found.since == at(2026, 11, 21, 15, zone=kolkata)
    assert before(found) == (at(2026, 11, 20, 15, zone=kolkata), at(2026, 11, 21, 14, 51, zone=kolkata))


def test_days_that_are_longer_or_shorter_count_as_days(in_berlin: None) -> None:
    found = window("7d", at(2026, 10, 28, 12))  # on 25 October clocks went back
    assert found.since == at(2026, 10, 22)
    assert (found.until - found.since).total_seconds() == (6 * 24 + 12 + 1) * 3600 + 60
    assert before(found) == (at(2026, 10, 15), at(2026, 10, 21, 12, 1))


@pytest.mark.parametrize("name", ["today", "24h", "7d", "30d"])
def test_no_window_is_empty_in_the_first_moment_of_a_day(in_berlin: None, name: str) -> None:
    found = window(name, at(2026, 11, 22))
    since, until = before(found)
    assert found.since < found.until
    assert since < until
