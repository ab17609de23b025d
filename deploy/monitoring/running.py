"""Prometheus and Alertmanager as processes beside a pipeline: started, watched, stopped together."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import IO, Final

import psutil
import typer

from deploy.monitoring.options import MonitoringOptions
from deploy.monitoring.rendering import render
from inquiry_pipeline.core.errors import InquiryError

INSTALL: Final = "apt-get install prometheus prometheus-alertmanager"
_READY_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 10.0
_STOPPING: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None)
"""Found before a new process needs it: between fork and exec nothing should be loaded."""


class MonitoringFailed(InquiryError):
    """Prometheus or Alertmanager cannot run here."""


class _Stop(BaseException):
    """A signal asks to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One of the two: how it is started, where it answers when it is ready, and where it writes its log."""

    name: str
    command: tuple[str, ...]
    port: int
    variable: str
    log: Path

    @property
    def url(self) -> str:
        """Its web pages."""
        return f"http://127.0.0.1:{self.port}"


def find(name: str, *others: str) -> str:
    """The path of a program under one of its names. Raises `MonitoringFailed` that says how to get it."""
    for candidate in (name, *others):
        if path := shutil.which(candidate):
            return path
    raise MonitoringFailed(f"The program {name} is not installed here: {INSTALL}")


def programs(options: MonitoringOptions) -> tuple[Program, Program]:
    """Prometheus and Alertmanager over the rendered configuration. Raises `MonitoringFailed` if one is missing."""
    folder = options.folder
    prometheus = Program(
        name="Prometheus",
        command=(
            find("prometheus"),
            f"--config.file={folder / 'prometheus' / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'prometheus' / 'data'}",
            f"--web.listen-address=127.0.0.1:{options.prometheus_port}",
        ),
        port=options.prometheus_port,
        variable="INQUIRY_PROMETHEUS_PORT",
        log=folder / "prometheus.log",
    )
    alertmanager = Program(
        name="Alertmanager",
        command=(
            find("prometheus-alertmanager", "alertmanager"),
            f"--config.file={folder / 'alertmanager' / 'alertmanager.yml'}",
            f"--storage.path={folder / 'alertmanager' / 'data'}",
            f"--web.listen-address=127.0.0.1:{options.alertmanager_port}",
            "--cluster.listen-address=",  # one is enough here; no other is looked for
        ),
        port=options.alertmanager_port,
        variable="INQUIRY_ALERTMANAGER_PORT",
        log=folder / "alertmanager.log",
    )
    return prometheus, alertmanager


def monitor(options: MonitoringOptions) -> None:
    """Run both until SIGTERM, SIGINT or SIGHUP. Raises `MonitoringFailed` in one sentence where that cannot be."""
    both = programs(options)
    _expect_pipeline(options)
    for program in both:
        _expect_free(program)
    render(options, options.folder)
    with _signals():
        try:
            with running(both) as processes:
                _say_hello(options, *both)
                _watch(both, processes)
        except _Stop:
            typer.echo("Stopped.")


@contextmanager
def running(both: Sequence[Program]) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """The programs, ready; stopped at the end of the block. Raises `MonitoringFailed` if one does not start."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for program in both:
            with program.log.open("wb") as log, _undisturbed():  # else a signal could come before it is noted
                processes.append(_started(program, log))
        for program, process in zip(both, processes, strict=True):
            _wait_until_ready(program, process)
        yield processes
    finally:
        for process in processes:
            _stop(process)


def _started(program: Program, log: IO[bytes]) -> "subprocess.Popen[bytes]":
    """The program as a process that ends when this one does, however that is."""
    return subprocess.Popen(  # noqa: S603 - a program of this machine, found by name
        program.command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        # A session of its own: Ctrl-C reaches this process alone, which then stops both in order.
        start_new_session=True,
        preexec_fn=partial(_end_with, os.getpid()),  # noqa: PLW1509 - this process has no other threads
    )


def _end_with(parent: int) -> None:
    """In the new process: let signals in again, and ask for one when the parent is killed (Linux alone, prctl(2))."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it was killed before this was asked for
            os._exit(1)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let the signals that end a program wait until the end of the block."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _watch(both: Sequence[Program], processes: "Sequence[subprocess.Popen[bytes]]") -> None:
    while True:
        for program, process in zip(both, processes, strict=True):
            if process.poll() is not None:
                raise MonitoringFailed(f"{program.name} ended with {process.returncode}: {_last_line(program.log)}")
        time.sleep(0.5)


def _wait_until_ready(program: Program, process: "subprocess.Popen[bytes]") -> None:
    give_up = time.monotonic() + _READY_SECONDS
    while time.monotonic() < give_up:
        if process.poll() is not None:
            raise MonitoringFailed(f"{program.name} did not start: {_last_line(program.log)}")
        if _answers(f"{program.url}/-/ready"):
            return
        time.sleep(0.05)
    raise MonitoringFailed(f"{program.name} did not become ready within {_READY_SECONDS:.0f} seconds: {program.log}")


def _expect_pipeline(options: MonitoringOptions) -> None:
    if not _answers(f"http://{options.api}/api/v1/health/live"):
        raise MonitoringFailed(
            f"No pipeline answers on http://{options.api}: start one with 'make run', or set INQUIRY_API_PORT"
        )


def _expect_free(program: Program) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", program.port))
        except OSError as error:
            raise MonitoringFailed(
                f"{program.name} cannot listen on 127.0.0.1:{program.port} ({error.strerror}):"
                f" stop {_who_has(program.port)}, or set {program.variable}"
            ) from error


def _who_has(port: int) -> str:
    """The process that listens on a port, where this user may know it."""
    with suppress(psutil.Error):
        for one in psutil.net_connections("tcp"):
            if one.status == psutil.CONN_LISTEN and one.pid and one.laddr and one.laddr.port == port:
                return f"process {one.pid} ({psutil.Process(one.pid).name()}), which has it"
    return "the program that has it"


def _answers(url: str) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # whatever http_proxy says: it is here
    try:
        with direct.open(url, timeout=3):
            return True
    except (urllib.error.URLError, OSError):
        return False


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return f"{lines[-1] if lines else 'it said nothing'} ({log})"


def _say_hello(options: MonitoringOptions, prometheus: Program, alertmanager: Program) -> None:
    ways = [way for way, given in (("mail", options.mail), ("webhook", options.alert_webhook_url)) if given]
    nobody = "nobody: neither INQUIRY_ALERT_EMAIL_TO nor INQUIRY_ALERT_WEBHOOK_URL is set"
    typer.echo(
        f"""
Monitoring of http://{options.api} is running.

  Prometheus     {prometheus.url}
  alerts         {prometheus.url}/alerts
  Alertmanager   {alertmanager.url}
  alerts go to   {" and ".join(ways) or nobody}
  data, logs     {options.folder}

Stop with Ctrl-C.
"""
    )


@contextmanager
def _signals() -> Iterator[None]:
    """Turn the signals that end a program into an orderly way out."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in _STOPPING:
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave anything running
        raise _Stop

    before = {number: signal.signal(number, stop) for number in _STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
