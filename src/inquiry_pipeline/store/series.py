"""How many inquiries were received over time, by label, in buckets that begin where they do in a time zone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, TextClause, text

MOST_BUCKETS: Final = 2000


class Bucket(StrEnum):
    """How long a bucket is. A day has 23 to 25 hours where clocks are changed."""

    MINUTE = "minute"
    FIVE_MINUTES = "5 minutes"
    HOUR = "hour"
    DAY = "day"


class Grouping(StrEnum):
    """What is counted apart; `total` counts all together. The others are columns of `inquiries`."""

    TOTAL = "total"
    CATEGORY = "category"
    DEPARTMENT = "department"
    SENTIMENT = "sentiment"
    URGENCY = "urgency"
    PRIORITY = "priority"
    STATUS = "status"
    LANGUAGE = "language"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What was received in the bucket that begins at `at`, by label; without what came under no label."""

    at: datetime
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A point for every bucket, also where nothing was received, and the labels that occur, in alphabetical order."""

    labels: tuple[str, ...]
    points: tuple[Point, ...]


_STEPS: Final[Mapping[Bucket, timedelta]] = {
    Bucket.MINUTE: timedelta(minutes=1),
    Bucket.FIVE_MINUTES: timedelta(minutes=5),
    Bucket.HOUR: timedelta(hours=1),
}


def bucket_starts(*, since: datetime, until: datetime, bucket: Bucket, zone: ZoneInfo) -> list[datetime]:
    """Where the buckets of [since, until) begin, as moments in that zone: the first at or before `since`.

    Gives at most one more than `MOST_BUCKETS`.
    """
    starts = _days(since.astimezone(zone)) if bucket is Bucket.DAY else _steps(since.astimezone(zone), _STEPS[bucket])
    found: list[datetime] = []
    for start in islice(starts, MOST_BUCKETS + 1):
        # Of two moments of one zone, Python compares what the clocks show: not when they are put back.
        if start.astimezone(UTC) >= until:
            break
        found.append(start)
    return found


def _days(local: datetime) -> Iterator[datetime]:
    day = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0, tzinfo=None)
    while True:
        # By way of UTC: where midnight is skipped, the day begins at the first moment that there is.
        yield day.replace(tzinfo=local.tzinfo).astimezone(UTC).astimezone(local.tzinfo)
        day += timedelta(days=1)


def _steps(local: datetime, step: timedelta) -> Iterator[datetime]:
    moment, zone = local.astimezone(UTC), local.tzinfo
    # Twice: where clocks were changed by half an hour since the bucket began, the first arrives in its middle.
    begun = moment - _into(moment, step, zone)
    begun -= _into(begun, step, zone)
    while True:
        # Of a bucket that a change cuts short, only the rest is left.
        following = begun + step - _into(begun, step, zone)
        if following > moment:
            yield begun.astimezone(zone)
        begun = following


def _into(moment: datetime, step: timedelta, zone: tzinfo | None) -> timedelta:
    """How long ago the clocks of that zone showed a full step."""
    local = moment.astimezone(zone)
    return timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond) % step


def over(
    connection: Connection, starts: Sequence[datetime], *, since: datetime, until: datetime, by: Grouping
) -> Series:
    """Count what was received in [since, until) in buckets that begin at `starts`. Labels are those that count now."""
    values = {"since": since, "until": until, "starts": [start.astimezone(UTC) for start in starts]}
    counts: list[dict[str, int]] = [{} for _ in starts]
    for place, label, number in connection.execute(query(by), values):
        if label is not None:
            counts[place - 1][label] = number
    points = tuple(Point(at=at, counts=known) for at, known in zip(starts, counts, strict=True))
    return Series(labels=tuple(sorted({label for known in counts for label in known})), points=points)


def query(by: Grouping) -> TextClause:
    """The query behind `over`, which must be answered from one index."""
    label = "'total'" if by is Grouping.TOTAL else by.value
    return text(
        f"SELECT width_bucket(received_at, CAST(:starts AS timestamptz[])) AS place, {label} AS label, count(*)"
        " FROM inquiries WHERE received_at >= :since AND received_at < :until GROUP BY 1, 2"
    )
