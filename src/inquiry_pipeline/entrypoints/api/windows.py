"""The window of time that figures are asked for."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, Field

from inquiry_pipeline.entrypoints.api import fields
from inquiry_pipeline.entrypoints.api.schemas import StrictRequest

_LONGEST: Final = timedelta(days=366)
_USUAL: Final = timedelta(hours=24)
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)


def _in_reach(value: datetime) -> datetime:
    if not _EARLIEST <= value <= _LATEST:
        raise ValueError("must be between the years 2000 and 2100")
    return value.astimezone(UTC)


_Moment = Annotated[fields.Moment, AfterValidator(_in_reach)]


class WindowQuery(StrictRequest):
    """Either `hours`, which end now, or `since` and `until`."""

    hours: Annotated[
        float | None,
        Field(gt=0, le=_LONGEST / timedelta(hours=1), description="Length of a window that ends now; by default 24"),
    ] = None
    since: Annotated[
        _Moment | None, Field(description="Instead of `hours`: where the window begins, with a time zone")
    ] = None
    until: Annotated[
        _Moment | None, Field(description="Where a window with `since` ends, exclusive; by default now")
    ] = None


@dataclass(frozen=True, slots=True)
class Window:
    """[since, until), in UTC."""

    since: datetime
    until: datetime


def window_of(query: WindowQuery, now: datetime, *, ahead: timedelta = timedelta()) -> Window:
    """The window that is asked for. A window that ends now reaches `ahead` of the clock.

    Raises a validation error that names the parameter.
    """
    if query.since is None:
        if query.until is not None:
            raise refused("until", "needs a 'since'")
        length = _USUAL if query.hours is None else timedelta(hours=query.hours)
        return Window(now - length, now + ahead)
    if query.hours is not None:
        raise refused("hours", "is the length of a window that ends now: give either 'hours' or 'since'")
    window = Window(query.since, query.until or now + ahead)
    if window.since >= window.until:
        raise refused("since", "must be before 'until'" if query.until else "must be in the past, or have an 'until'")
    if window.until - window.since > _LONGEST:
        raise refused("since", f"must be at most {_LONGEST.days} days before the window's end")
    return window


def refused(parameter: str, message: str) -> RequestValidationError:
    """The error that says what is wrong with a parameter of the query."""
    return RequestValidationError([{"type": "value_error", "loc": ("query", parameter), "msg": message}])
