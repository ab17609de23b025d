"""`inquiry up`: starts the database, migrates it, runs API, workers and dashboard as child processes, stops them all.

A child that dies is started again. If this process itself is killed, the children notice and end; PostgreSQL
stays for the next start, which takes it over.
"""

import errno
import logging
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

import typer

from inquiry_pipeline.core.errors import InquiryError, StoreUnavailable
from inquiry_pipeline.entrypoints.supervised import PROCESS_NAME, SUPERVISED
from inquiry_pipeline.settings import Settings, seen_from_here
from inquiry_pipeline.store.migrate import migrate
from inquiry_pipeline.telemetry.exposition import SHARED_FOLDER, count_restarts, forget_process
from inquiry_pipeline.wiring import (
    RunningDatabase,
    build_database,
    build_metrics,
    build_rulebook,
    fresh_metrics_folder,
    running_database,
    tracing_options,
)

log = logging.getLogger(__name__)

_READY_SECONDS = 60.0
_STOP_SECONDS = 15.0
_DASHBOARD_SECONDS = 6.0
_FASTEST_RESTART = 2.0
_SECRETS = ("DATABASE_URL", "INQUIRY_DATABASE_URL", "REDIS_URL", "INQUIRY_REDIS_URL")
_STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class StartFailed(InquiryError):
    """The service did not become ready."""


class _Stop(BaseException):
    """A signal asks to stop."""


@dataclass(slots=True)
class _Child:
    """One program that is kept running."""

    name: str
    command: list[str]
    inherit: tuple[int, ...]
    environment: dict[str, str]
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0

    def start(self) -> None:
        self.started = time.monotonic()
        # A session of its own: Ctrl-C reaches this process alone, which then stops the others in order.
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "inquiry_pipeline.entrypoints.cli", *self.command],
            stdin=subprocess.PIPE,
            pass_fds=self.inherit,
            env=self.environment | {PROCESS_NAME: self.name},
            start_new_session=True,
        )

    def restart_if_dead(self) -> None:
        if self.process is None or self.process.poll() is None:
            return
        if time.monotonic() - self.started < _FASTEST_RESTART:
            return  # it dies at once: do not spin
        log.error("a process died and is started again", extra={"child": self.name, "code": self.process.returncode})
        folder = Path(self.environment[SHARED_FOLDER])
        with suppress(OSError):  # a full disk must not end what keeps everything running
            forget_process(folder, self.process.pid)
            count_restarts(folder, self.command[0], more=1)
        self._let_go(self.process)
        self.start()

    def ask_to_stop(self) -> None:
        if self.process is not None:
            self.process.terminate()

    def wait_until_stopped(self) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._let_go(self.process)

    @staticmethod
    def _let_go(ended: "subprocess.Popen[bytes]") -> None:
        if ended.stdin is not None:
            ended.stdin.close()


def supervise(settings: Settings, listener: socket.socket) -> None:
    """Run everything until SIGTERM, SIGINT or SIGHUP. Raises an `InquiryError` if it cannot start."""
    with _signals():
        try:
            build_rulebook(settings, build_metrics())  # a mistake in the rules is found before anything starts
            tracing_options(settings)  # likewise
            with running_database(settings) as running:
                database = build_database(running.url, name="inquiry-up", threads=1)
                migrate(database)
                database.close()
                _run(settings, running, listener)
        except _Stop:
            typer.echo("Stopped.")


def _run(settings: Settings, running: RunningDatabase, listener: socket.socket) -> None:
    children = _children(settings, running.url, listener)
    try:
        for child in children:
            child.start()
        base = f"http://{_address(listener)}"
        _wait_until_ready(children, base)
        shown = _start_dashboard(settings, base, children)
        _say_hello(base, shown)
        while True:
            time.sleep(0.5)
            _restart_what_died(running, children)
    finally:
        # The API first, so that nothing new comes in; a second Ctrl-C must not leave anything running.
        for number in _STOPPING:
            signal.signal(number, signal.SIG_IGN)
        apis = [child for child in children if child.command[0] == "api"]
        for together in (apis, [child for child in children if child not in apis]):
            for child in together:
                child.ask_to_stop()
            for child in together:
                child.wait_until_stopped()


def _restart_what_died(running: RunningDatabase, children: list[_Child]) -> None:
    if running.embedded is not None and not running.embedded.is_running():
        log.error("PostgreSQL died and is started again")
        try:
            running.embedded.start()
        except StoreUnavailable as error:  # remains of the old one may hold on to its memory for a moment
            log.warning("PostgreSQL does not start yet", extra={"reason": str(error)})
            return
    for child in children:
        child.restart_if_dead()


def _children(settings: Settings, url: str, listener: socket.socket) -> list[_Child]:
    folder = fresh_metrics_folder(settings)
    for program in ("api", "worker", "dashboard"):
        count_restarts(folder, program, more=0)
    environment = os.environ | {
        "DATABASE_URL": url,
        SHARED_FOLDER: str(folder),
        SUPERVISED: "1",
        "INQUIRY_LOG_LEVEL": settings.log_level,
    }
    listener.set_inheritable(True)
    fd = listener.fileno()
    apis = [_Child(f"api-{n}", ["api", "--fd", str(fd)], (fd,), environment) for n in range(settings.api_processes)]
    workers = [_Child(f"worker-{n}", ["worker"], (), environment) for n in range(settings.worker_processes)]
    return apis + workers


def _wait_until_ready(children: list[_Child], base: str) -> None:
    give_up = time.monotonic() + _READY_SECONDS
    while time.monotonic() < give_up:
        dead = [child for child in children if child.process and child.process.poll() is not None]
        if dead:
            raise StartFailed(f"{dead[0].name} ended at its start; its messages are above")
        if _answers(f"{base}/api/v1/health/ready"):
            return
        time.sleep(0.05)
    raise StartFailed(f"The API did not become ready within {_READY_SECONDS:.0f} seconds; see {base}/api/v1/health")


def _start_dashboard(settings: Settings, base: str, children: list[_Child]) -> str | None:
    """Start the dashboard once the API serves, as one more child. Answers where it is, or None where there is none.

    Everything else works without it: what it lacks is said in one line, and it is not waited for longer than a moment.
    """
    host, port = settings.dashboard_host, settings.dashboard_port
    if not port:
        return None
    if find_spec("streamlit") is None:
        typer.echo("The dashboard is not installed: pip install 'inquiry-pipeline[dashboard]' brings it.")
        return None
    problem = _cannot_listen(host, port)
    if problem is not None:
        typer.echo(f"There is no dashboard: {problem}.")
        return None
    # What it shows it asks the API for: passwords of databases are no business of a program that browsers talk to.
    known = {name: value for name, value in children[0].environment.items() if name not in _SECRETS}
    environment = known | {"INQUIRY_API_URL": base}
    child = _Child("dashboard", ["dashboard"], (), environment)
    child.start()
    children.append(child)
    shown = f"http://{seen_from_here(host)}:{port}"
    _wait_a_moment_for(child, f"{shown}/_stcore/health")
    return shown


def _cannot_listen(host: str, port: int) -> str | None:
    """Why nothing can listen there, and what to set; None if something can."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return f"{host}:{port} is in use. Set INQUIRY_DASHBOARD_PORT, or 0 for none"
            setting = "INQUIRY_DASHBOARD_PORT" if error.errno == errno.EACCES else "INQUIRY_DASHBOARD_HOST"
            return f"nothing can listen on {host}:{port} ({error.strerror}). Set {setting}"
    return None


def _wait_a_moment_for(child: _Child, url: str) -> None:
    give_up = time.monotonic() + _DASHBOARD_SECONDS
    while time.monotonic() < give_up and child.process is not None and child.process.poll() is None:
        if _answers(url):
            return
        time.sleep(0.05)


def _answers(url: str) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # whatever http_proxy says: it is here
    try:
        with direct.open(url, timeout=2):
            return True
    except OSError:
        return False


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"{seen_from_here(host)}:{port}"


def _say_hello(base: str, dashboard: str | None) -> None:
    first = f"\n  dashboard      {dashboard}" if dashboard else ""
    typer.echo(
        f"""
Inquiry pipeline is ready.
{first}
  API            {base}/api/v1
  documentation  {base}/api/v1/docs
  health         {base}/api/v1/health
  metrics        {base}/api/v1/metrics

Try it:

  curl -s {base}/api/v1/inquiries/submit -H 'Content-Type: application/json' \\
    -d '{{"subject": "Charged twice", "body": "You took the October invoice twice. Please refund one of them."}}'

Or see it at work: `inquiry demo` (here: `make demo`) sends some hundred inquiries, `inquiry demo --clear` removes them.

Stop with Ctrl-C.
"""
    )


@contextmanager
def _signals() -> Iterator[None]:
    """Turn the signals that end a program into an orderly way out, from the first moment on."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _Stop

    before = {number: signal.signal(number, stop) for number in _STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
