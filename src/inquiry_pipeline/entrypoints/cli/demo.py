"""`inquiry demo`: see the pipeline at work without mail of your own."""

import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Annotated

import typer

from inquiry_pipeline.core.errors import InquiryError
from inquiry_pipeline.settings import Settings, load_settings
from inquiry_pipeline.telemetry.logs import configure_logging


class DemoStopped(InquiryError):
    """The demo cannot go on: the API refuses, or does not answer."""


_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
_LONGEST = timedelta(days=366)
_REMOVED_AT_ONCE = 500


def length_of(value: str) -> timedelta:
    """`30d` and the like as a length of time; typer.BadParameter where it is none."""
    found = re.fullmatch(r"(\d{1,4})([hdw])", value.strip())
    if found is None:
        raise typer.BadParameter(f"{value!r} is no length of time: write 12h, 30d or 8w")
    length = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if not timedelta() < length <= _LONGEST:
        raise typer.BadParameter(f"{value!r} is not between an hour and {_LONGEST.days} days")
    return length


def demo(
    *,
    count: Annotated[int, typer.Option(min=0, max=100_000, help="How many inquiries to send.")] = 400,
    rate: Annotated[float, typer.Option(min=1, max=6000, help="How many a minute.")] = 100,
    history: Annotated[
        timedelta | None,
        typer.Option(parser=length_of, metavar="LENGTH", help="First fill the past, for the charts: 30d, 12h, 8w."),
    ] = None,
    per_day: Annotated[int, typer.Option(min=1, max=10_000, help="Inquiries on a working day of the past.")] = 130,
    clear: Annotated[bool, typer.Option("--clear", help="Remove every inquiry of every demo, and send none.")] = False,
    url: Annotated[str | None, typer.Option(help="The API; by default the one on this machine.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed plays the same demo.")] = 1,
) -> None:
    """Send realistic inquiries to a running pipeline for some minutes, with people who work, correct and go away.

    Start `inquiry up` (or `make run`) first. In the middle of the demo an outage is reported by many people at once.
    Everything that the demo sends is marked (`inquiry_demo` in its metadata) and can be removed with --clear. What the
    pipeline measures of itself while a past is filled is forgotten.
    """
    settings = load_settings()
    configure_logging(level="WARNING", log_format=settings.log_format)
    if clear:
        _clear(settings)
        return
    if history is not None:
        _fill(settings, history, per_day, seed)
    if count:
        _play(url or settings.api_origin, count, rate, seed)


@contextmanager
def _database(settings: Settings) -> Iterator[str]:
    """The URL of the pipeline's database, whether it runs or not, with its schema up to date."""
    from inquiry_pipeline.store.migrate import migrate
    from inquiry_pipeline.wiring import build_database, shared_database

    with shared_database(settings) as url:
        database = build_database(url, name="inquiry-demo", threads=1)
        migrate(database)
        database.close()
        yield url


def _clear(settings: Settings) -> None:
    from inquiry_pipeline.store.demo import marked, remove
    from inquiry_pipeline.wiring import build_database

    removed = 0
    with _database(settings) as url:
        database = build_database(url, name="inquiry-demo", threads=1)
        with database.transaction() as connection:
            ids = marked(connection)
        for start in range(0, len(ids), _REMOVED_AT_ONCE):
            with database.transaction() as connection:
                removed += remove(connection, ids[start : start + _REMOVED_AT_ONCE])
        database.close()
    typer.echo(f"Removed {removed:,} inquiries of demos." if removed else "There was no inquiry of a demo.")


def _fill(settings: Settings, length: timedelta, per_day: int, seed: int) -> None:
    from rich.progress import Progress

    from inquiry_pipeline.entrypoints.demo.past import PastOptions, fill
    from inquiry_pipeline.wiring import pipeline_for

    options = PastOptions(length=length, per_day=per_day, seed=seed)
    with (
        _database(settings) as url,
        pipeline_for(settings, url, name="inquiry-demo", threads=2) as pipeline,
        Progress() as progress,
    ):
        task = progress.add_task("Filling the past", total=None)
        filled = fill(
            pipeline,
            options,
            datetime.now(UTC),
            told=lambda done, of: progress.update(task, completed=done, total=of),
        )
    typer.echo(f"The past holds {filled:,} inquiries more.")


@contextmanager
def _orderly_end() -> Iterator[None]:
    """Let a closed terminal or SIGTERM end the demo as Ctrl-C does: whoever was sent away comes back."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _play(url: str, count: int, rate: float, seed: int) -> None:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    try:
        from inquiry_pipeline.client import ApiError, Client
        from inquiry_pipeline.entrypoints.demo.stream import Stream, StreamOptions, play

        client = Client(url)
    except ModuleNotFoundError as error:
        raise DemoStopped(str(error)) from error
    except ApiError as error:
        raise DemoStopped(str(error)) from error

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    typer.echo(f"Sending {count} inquiries to {url}, {rate:g} a minute. Ctrl-C stops; `inquiry demo --clear` removes.")
    started = time.monotonic()
    with _orderly_end(), client as api, Progress(*columns) as progress:
        task = progress.add_task("sent", total=count)

        def told(play: Stream) -> None:
            away = f", away: {', '.join(play.away)}" if play.away else ""
            staff = play.staff
            progress.update(
                task, completed=play.sent, description=f"resolved {staff.resolved}, corrected {staff.corrected}{away}"
            )

        try:
            ended = play(api, StreamOptions(count=count, per_minute=rate, seed=seed), told=told)
        except ApiError as error:
            hint = "" if error.problem.status else "; is it running? Start it with `make run` or `inquiry up`"
            raise DemoStopped(f"{error}{hint}") from error
    if ended.away:
        typer.echo(f"The API did not take back that these are away: {', '.join(ended.away)}", err=True)
    typer.echo(
        f"Sent {ended.sent} inquiries in {time.monotonic() - started:.0f} s; {ended.staff.resolved} are resolved, "
        f"{ended.staff.corrected} were corrected. Remove them with: inquiry demo --clear"
    )
