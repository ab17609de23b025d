"""Counts over time: where buckets begin in a time zone, and what falls into them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from inquiry_pipeline.store import inquiries, series
from inquiry_pipeline.store.series import MOST_BUCKETS, Bucket, Grouping, Series
from tests.support.builders import a_decision, a_prediction, an_inquiry
from tests.support.stored import assessed, make_known, say

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


def starts(since: str, until: str, bucket: Bucket, zone: str = "Europe/Berlin") -> list[str]:
    window = {"since": datetime.fromisoformat(since), "until": datetime.fromisoformat(until)}
    return [one.isoformat() for one in series.bucket_starts(**window, bucket=bucket, zone=ZoneInfo(zone))]


def test_days_begin_at_midnight_also_where_clocks_are_changed() -> None:
    assert starts("2026-10-24T10:00:00Z", "2026-10-26T10:00:00Z", Bucket.DAY) == [
        "2026-10-24T00:00:00+02:00",
        "2026-10-25T00:00:00+02:00",
        "2026-10-26T00:00:00+01:00",
    ]
    assert starts("2026-03-28T23:00:00Z", "2026-03-29T22:00:01Z", Bucket.DAY) == [
        "2026-03-29T00:00:00+01:00",
        "2026-03-30T00:00:00+02:00",
    ]
    assert starts("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", Bucket.DAY) == ["2026-03-29T00:00:00+01:00"]


def test_a_day_without_midnight_begins_with_its_first_moment() -> None:
    days = starts("2026-04-23T12:00:00Z", "2026-04-25T12:00:00Z", Bucket.DAY, "Africa/Cairo")
    assert days == ["2026-04-23T00:00:00+02:00", "2026-04-24T01:00:00+03:00", "2026-04-25T00:00:00+03:00"]


def test_an_hour_that_comes_twice_has_two_buckets_and_one_that_is_left_out_none() -> None:
    assert starts("2026-10-24T23:30:00Z", "2026-10-25T02:00:00Z", Bucket.HOUR) == [
        "2026-10-25T01:00:00+02:00",
        "2026-10-25T02:00:00+02:00",
        "2026-10-25T02:00:00+01:00",
    ]
    assert starts("2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z", Bucket.HOUR) == [
        "2026-03-29T01:00:00+01:00",
        "2026-03-29T03:00:00+02:00",
    ]


def test_an_hour_of_which_half_comes_twice_or_is_left_out_has_a_bucket_for_the_rest() -> None:
    zone = "Australia/Lord_Howe"
    assert starts("2026-04-04T14:00:00Z", "2026-04-04T17:00:00Z", Bucket.HOUR, zone) == [
        "2026-04-05T01:00:00+11:00",
        "2026-04-05T01:30:00+10:30",
        "2026-04-05T02:00:00+10:30",
        "2026-04-05T03:00:00+10:30",
    ]
    assert starts("2026-04-04T15:10:00Z", "2026-04-04T15:40:00Z", Bucket.HOUR, zone) == [
        "2026-04-05T01:30:00+10:30",
        "2026-04-05T02:00:00+10:30",
    ]
    assert starts("2026-10-03T14:40:00Z", "2026-10-03T17:00:00Z", Bucket.HOUR, zone) == [
        "2026-10-04T01:00:00+10:30",
        "2026-10-04T02:30:00+11:00",
        "2026-10-04T03:00:00+11:00",
    ]


def test_hours_begin_where_the_clocks_of_the_zone_say() -> None:
    assert starts("2026-11-20T10:10:00Z", "2026-11-20T11:40:00Z", Bucket.HOUR, "Asia/Kolkata") == [
        "2026-11-20T15:00:00+05:30",
        "2026-11-20T16:00:00+05:30",
        "2026-11-20T17:00:00+05:30",
    ]
    assert starts("2026-11-20T10:07:59Z", "2026-11-20T10:15:00Z", Bucket.FIVE_MINUTES, "UTC") == [
        "2026-11-20T10:05:00+00:00",
        "2026-11-20T10:10:00+00:00",
    ]
    assert len(starts("2026-11-20T10:00:30Z", "2026-11-20T11:00:30Z", Bucket.MINUTE)) == 61


def test_no_more_buckets_are_made_than_tell_that_there_are_too_many() -> None:
    assert len(starts("2026-01-01T00:00:00Z", "2026-01-02T09:20:00Z", Bucket.MINUTE)) == MOST_BUCKETS
    assert len(starts("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", Bucket.MINUTE)) == MOST_BUCKETS + 1


def counted(
    connection: Connection, since: datetime, until: datetime, by: Grouping, bucket: Bucket = Bucket.DAY
) -> Series:
    begins = series.bucket_starts(since=since, until=until, bucket=bucket, zone=BERLIN)
    return series.over(connection, begins, since=since, until=until, by=by)


def test_what_is_received_around_midnight_counts_on_its_own_day(connection: Connection) -> None:
    make_known(connection)
    for moment in ("2026-10-24T21:59:59Z", "2026-10-24T22:00:00Z", "2026-10-25T22:59:59Z", "2026-10-25T23:00:00Z"):
        assessed(connection, received_at=datetime.fromisoformat(moment))
    found = counted(
        connection, datetime(2026, 10, 23, 22, tzinfo=UTC), datetime(2026, 10, 27, 23, tzinfo=UTC), Grouping.TOTAL
    )
    assert [(point.at.isoformat()[:10], dict(point.counts)) for point in found.points] == [
        ("2026-10-24", {"total": 1}),
        ("2026-10-25", {"total": 2}),
        ("2026-10-26", {"total": 1}),
        ("2026-10-27", {}),
    ]
    assert found.labels == ("total",)


def test_a_window_cuts_its_first_and_last_bucket(connection: Connection) -> None:
    make_known(connection)
    noon = datetime(2026, 11, 20, 11, tzinfo=UTC)
    for hours in (-2, -1, 0, 1):
        assessed(connection, received_at=noon + hours * HOUR)
    [only] = counted(connection, noon - HOUR, noon + HOUR, Grouping.TOTAL).points
    assert (only.at, only.counts) == (datetime(2026, 11, 20, tzinfo=BERLIN), {"total": 2})


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (Grouping.CATEGORY, {"legal": 1, "sales": 1}),
        (Grouping.SENTIMENT, {"negative": 1, "neutral": 1}),
        (Grouping.URGENCY, {"low": 1, "medium": 1}),
        (Grouping.DEPARTMENT, {"billing": 1, "front": 1}),
        (Grouping.PRIORITY, {"high": 1, "normal": 1}),
        (Grouping.LANGUAGE, {"de": 1, "en": 1}),
        (Grouping.CHANNEL, {"api": 1, "email": 2}),
        (Grouping.STATUS, {"received": 1, "routed": 2}),
        (Grouping.TOTAL, {"total": 3}),
    ],
)
def test_every_label_counts_as_people_corrected_it(
    connection: Connection, by: Grouping, expected: dict[str, int]
) -> None:
    make_known(connection)
    moment = datetime(2026, 11, 20, 11, tzinfo=UTC)
    corrected = assessed(connection, received_at=moment, channel="email")
    say(connection, corrected, category="legal", sentiment="negative", urgency="low")
    german = a_prediction(category="sales", language="de")
    assessed(
        connection, received_at=moment, prediction=german, decision=a_decision(department="front", priority="high")
    )
    inquiries.insert_inquiry(connection, an_inquiry(received_at=moment, channel="email"))
    found = counted(connection, moment, moment + HOUR, by)
    assert [dict(point.counts) for point in found.points] == [expected]
    assert found.labels == tuple(sorted(expected))


def test_a_window_in_which_nothing_came_has_all_its_buckets(connection: Connection) -> None:
    found = counted(
        connection, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC), Grouping.CATEGORY, Bucket.HOUR
    )
    assert (found.labels, len(found.points)) == ((), 24)
    assert all(not point.counts for point in found.points)
