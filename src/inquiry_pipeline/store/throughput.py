"""How the pipeline does: what it owes, how much goes through it, whether workers are there, and past measurements."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from inquiry_pipeline.store import work
from inquiry_pipeline.store.work import Backlog

MINUTES: Final = 60
_HISTORY: Final = timedelta(hours=24)
_THINNED_TO: Final = timedelta(minutes=5)
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Minute:
    """What was accepted and what was routed in the minute that begins at `at`."""

    at: datetime
    accepted: int
    routed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """Worker processes that are connected to the database, and the seconds since one of them last asked it anything.

    A worker at rest asks several times a second. The seconds are None where there is no worker.
    """

    alive: int
    last_round_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What was measured at a moment."""

    at: datetime
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineFigures:
    """What is owed and `leased` of it, the last minute, the last hour minute by minute, workers, past measurements."""

    backlog: Backlog
    leased: int
    accepted_last_minute: int
    routed_last_minute: int
    throughput: tuple[Minute, ...]
    workers: Workers
    measurements: Mapping[str, tuple[Measurement, ...]]


def at(connection: Connection, now: datetime) -> PipelineFigures:
    """How the pipeline does now. The last of the minutes is under way.

    Of measurements over the last 24 hours, those of five minutes are thinned to the greatest.
    """
    present = now.replace(second=0, microsecond=0)
    starts = [present - _MINUTE * n for n in reversed(range(MINUTES))]
    accepted, routed = _accepted(connection, [*starts, now]), _routed(connection, [*starts, now])
    last = [now - _MINUTE, now]
    return PipelineFigures(
        backlog=work.backlog(connection),
        leased=connection.execute(LEASED).scalar_one(),
        accepted_last_minute=sum(_accepted(connection, last).values()),
        routed_last_minute=sum(_routed(connection, last).values()),
        throughput=tuple(
            Minute(at=start, accepted=accepted.get(n, 0), routed=routed.get(n, 0)) for n, start in enumerate(starts)
        ),
        workers=_workers(connection),
        measurements=_measurements(connection, now),
    )


def _accepted(connection: Connection, ends: list[datetime]) -> dict[int, int]:
    """How many were accepted between each two of these moments: their ids sort by the time at which they were made."""
    found = connection.execute(ACCEPTED, {"ends": [_first_id(end) for end in ends]})
    return {place - 1: number for place, number in found}


def _routed(connection: Connection, ends: list[datetime]) -> dict[int, int]:
    found = connection.execute(ROUTED, {"ends": ends})
    return {place - 1: number for place, number in found}


def _first_id(moment: datetime) -> UUID:
    """The least UUIDv7 of a millisecond (RFC 9562, section 5.7)."""
    milliseconds = round(moment.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0x2 << 62)


def _workers(connection: Connection) -> Workers:
    row = connection.execute(WORKERS).one()
    return Workers(alive=row.alive, last_round_seconds=row.seconds)


def _measurements(connection: Connection, now: datetime) -> dict[str, tuple[Measurement, ...]]:
    found: dict[str, list[Measurement]] = {}
    values = {"since": now - _HISTORY, "until": now, "width": _THINNED_TO}
    for name, moment, value in connection.execute(MEASURED, values):
        found.setdefault(name, []).append(Measurement(at=moment, value=value))
    return {name: tuple(every) for name, every in found.items()}


LEASED = text("SELECT count(*) FROM work WHERE dead_at IS NULL AND leased_until > now()")

ACCEPTED = text(
    "SELECT width_bucket(id, CAST(:ends AS uuid[])) AS place, count(*) FROM inquiries"
    " WHERE id >= (CAST(:ends AS uuid[]))[1] AND id < (CAST(:ends AS uuid[]))[cardinality(CAST(:ends AS uuid[]))]"
    " GROUP BY 1"
)

ROUTED = text(
    "SELECT width_bucket(routed_at, CAST(:ends AS timestamptz[])) AS place, count(*) FROM inquiries"
    " WHERE routed_at >= (CAST(:ends AS timestamptz[]))[1]"
    " AND routed_at < (CAST(:ends AS timestamptz[]))[cardinality(CAST(:ends AS timestamptz[]))]"
    " GROUP BY 1"
)

# A worker's connections carry its name: `inquiry-worker`, and what tells its process from others.
WORKERS = text(
    "SELECT count(DISTINCT application_name)::integer AS alive,"
    " extract(epoch FROM clock_timestamp() - max(state_change))::double precision AS seconds"
    " FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'inquiry-worker%'"
)

MEASURED = text(
    "SELECT DISTINCT ON (name, date_bin(:width, measured_at, :until)) name, measured_at, value"
    " FROM performance_metrics WHERE measured_at >= :since AND measured_at <= :until"
    " ORDER BY name, date_bin(:width, measured_at, :until), value DESC, measured_at"
)
