"""Commands that run the service: everything at once, or one program at a time."""

import errno
import socket
from typing import Annotated

import typer

from inquiry_pipeline.core.errors import InquiryError
from inquiry_pipeline.entrypoints import serve
from inquiry_pipeline.settings import Settings, load_settings
from inquiry_pipeline.telemetry.logs import configure_logging
from inquiry_pipeline.wiring import build_database, database_url


class PortInUse(InquiryError):
    """The port of the API is in use by another program."""


def up() -> None:
    """Run everything on this machine: database (embedded unless DATABASE_URL is set), API, worker."""
    from inquiry_pipeline.entrypoints.supervisor import supervise  # noqa: PLC0415

    settings = _settings()
    with _listener(settings) as listener:
        supervise(settings, listener)


def api(
    fd: Annotated[int | None, typer.Option(help="Serve on this open socket instead of host and port.")] = None,
) -> None:
    """Serve the HTTP API (one process; run as many as you like)."""
    settings = _settings()
    opened = socket.socket(fileno=fd) if fd is not None else _listener(settings)
    with opened as listener, database_url(settings) as url:
        serve.serve_api(settings, url, listener)


def worker() -> None:
    """Run a worker (as many as you like): it assesses what is due and hands out what waits."""
    settings = _settings()
    with database_url(settings) as url:
        serve.run_worker(settings, url)


def migrate() -> None:
    """Bring the database's schema up to date."""
    from inquiry_pipeline.store.migrate import migrate as apply  # noqa: PLC0415

    settings = _settings()
    with database_url(settings) as url:
        database = build_database(settings, url, name="inquiry-migrate")
        apply(database)
        database.close()
    typer.echo("The schema is up to date.")


def _settings() -> Settings:
    settings = load_settings()
    configure_logging(level=settings.log_level, log_format=settings.log_format)
    return settings


def _listener(settings: Settings) -> socket.socket:
    try:
        return serve.listen(settings.api_host, settings.api_port)
    except OSError as error:
        where = f"{settings.api_host}:{settings.api_port}"
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(f"Port {where} is in use: stop the program that has it, or set INQUIRY_API_PORT") from error
        raise PortInUse(f"The API cannot listen on {where}: {error.strerror}") from error
