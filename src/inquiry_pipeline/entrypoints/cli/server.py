"""Commands that run the service: everything at once, or one program at a time.

Commands import what they need when they run, so that each starts as quickly as it can.
"""

import errno
import os
import socket
from typing import Annotated

import typer

from inquiry_pipeline.core.errors import ConfigurationError, InquiryError
from inquiry_pipeline.settings import Settings, load_settings, seen_from_here
from inquiry_pipeline.telemetry.logs import configure_logging


class PortInUse(InquiryError):
    """The port is in use by another program."""


def up() -> None:
    """Run everything on this machine: database (embedded unless DATABASE_URL is set), API, worker."""
    from inquiry_pipeline.entrypoints.supervisor import supervise

    settings = _settings()
    with _listener(settings) as listener:
        supervise(settings, listener)


def api(
    fd: Annotated[int | None, typer.Option(help="Serve on this open socket instead of host and port.")] = None,
) -> None:
    """Serve the HTTP API (one process; run as many as you like)."""
    from inquiry_pipeline.entrypoints.serve import serve_api
    from inquiry_pipeline.wiring import running_database

    settings = _settings()
    opened = socket.socket(fileno=fd) if fd is not None else _listener(settings)
    with opened as listener, running_database(settings) as database:
        serve_api(settings, database.url, listener)


def worker() -> None:
    """Run a worker (as many as you like): it assesses what is due and hands out what waits."""
    from inquiry_pipeline.entrypoints.serve import run_worker
    from inquiry_pipeline.wiring import running_database

    settings = _settings()
    with running_database(settings) as database:
        run_worker(settings, database.url)


def dashboard() -> None:
    """Serve the dashboard alone (`inquiry up` does it besides): it shows the API that INQUIRY_API_URL names."""
    from inquiry_pipeline.entrypoints.supervised import SUPERVISED, die_with_parent

    settings = _settings()
    if not settings.dashboard_port:
        raise ConfigurationError("INQUIRY_DASHBOARD_PORT is 0: a dashboard needs a port")
    try:
        from inquiry_pipeline.entrypoints.dashboard.serving import serve
    except ModuleNotFoundError as error:
        hint = f"The dashboard needs {error.name}: pip install 'inquiry-pipeline[dashboard]'"
        raise ConfigurationError(hint) from error
    die_with_parent()
    _listen(settings.dashboard_host, settings.dashboard_port, setting="INQUIRY_DASHBOARD_PORT").close()
    if SUPERVISED not in os.environ:
        host = seen_from_here(settings.dashboard_host)
        typer.echo(f"Dashboard of {settings.api_origin}: http://{host}:{settings.dashboard_port}")
    serve(host=settings.dashboard_host, port=settings.dashboard_port, api_url=settings.api_origin)


def migrate() -> None:
    """Bring the database's schema up to date."""
    from inquiry_pipeline.store.migrate import migrate as apply
    from inquiry_pipeline.wiring import build_database, running_database

    settings = _settings()
    with running_database(settings) as running:
        database = build_database(running.url, name="inquiry-migrate", threads=1)
        apply(database)
        database.close()
    typer.echo("The schema is up to date.")


def _settings() -> Settings:
    settings = load_settings()
    configure_logging(level=settings.log_level, log_format=settings.log_format)
    return settings


def _listener(settings: Settings) -> socket.socket:
    return _listen(settings.api_host, settings.api_port, setting="INQUIRY_API_PORT")


def _listen(host: str, port: int, *, setting: str) -> socket.socket:
    """A socket that listens there. Raises `PortInUse`, naming the setting of the port."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        where = f"{host}:{port}"
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(f"Port {where} is in use: stop the program that has it, or set {setting}") from error
        raise PortInUse(f"Nothing can listen on {where}: {error.strerror}") from error
    return listener
