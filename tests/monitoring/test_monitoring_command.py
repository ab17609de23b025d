"""`make monitoring` as its user meets it."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from deploy.monitoring.running import _signals, _Stop, _undisturbed
from tests.monitoring.binaries import needs_prometheus
from tests.support.service import free_port
from tests.support.waiting import wait_until


class _Pipeline(BaseHTTPRequestHandler):
    """As much of a pipeline as the command asks for: something that answers."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"inquiry_database_up 1\n")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def environment(tmp_path: Path, repository: Path) -> Iterator[dict[str, str]]:
    """Settings for a pipeline that answers, and ports that are free."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pipeline)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(repository),
        "INQUIRY_DATA_DIR": str(tmp_path / "data"),
        "INQUIRY_API_PORT": str(server.server_port),
        "INQUIRY_PROMETHEUS_PORT": str(free_port()),
        "INQUIRY_ALERTMANAGER_PORT": str(free_port()),
    }
    server.shutdown()
    server.server_close()
    thread.join()


def _run(environment: dict[str, str], folder: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "deploy.monitoring", *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _ends_clearly(ended: "subprocess.CompletedProcess[str]", words: str) -> None:
    assert ended.returncode == 1, ended.stdout
    assert words in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


def test_missing_programs_are_named_with_their_packages(environment: dict[str, str], tmp_path: Path) -> None:
    environment["PATH"] = str(tmp_path)
    _ends_clearly(_run(environment, tmp_path, "run"), "apt-get install prometheus prometheus-alertmanager")


@needs_prometheus
def test_without_a_pipeline_it_says_how_to_start_one(environment: dict[str, str], tmp_path: Path) -> None:
    environment["INQUIRY_API_PORT"] = str(free_port())
    _ends_clearly(_run(environment, tmp_path, "run"), "start one with 'make run', or set INQUIRY_API_PORT")


@needs_prometheus
@pytest.mark.parametrize("variable", ["INQUIRY_PROMETHEUS_PORT", "INQUIRY_ALERTMANAGER_PORT"])
def test_a_port_in_use_is_named_with_its_variable(variable: str, environment: dict[str, str], tmp_path: Path) -> None:
    with socket.socket() as occupied:
        occupied.bind(("127.0.0.1", 0))
        occupied.listen()
        environment[variable] = str(occupied.getsockname()[1])
        words = f"stop process {os.getpid()} ({psutil.Process().name()}), which has it, or set {variable}"
        _ends_clearly(_run(environment, tmp_path, "run"), words)


@needs_prometheus
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_both_run_until_they_are_stopped_together(
    how: signal.Signals, environment: dict[str, str], tmp_path: Path
) -> None:
    environment |= {"INQUIRY_ALERT_WEBHOOK_URL": "http://127.0.0.1:1/"}
    with _started(environment, tmp_path) as process:
        said = _said_until(process, "Stop with Ctrl-C.")
        assert "alerts go to   webhook" in said
        assert f"Prometheus     http://127.0.0.1:{environment['INQUIRY_PROMETHEUS_PORT']}" in said
        children = psutil.Process(process.pid).children()
        assert sorted(child.name()[:10] for child in children) == ["prometheus", "prometheus"]
        wait_until(lambda: _asked(environment["INQUIRY_PROMETHEUS_PORT"]) == {"inquiry-api", "alertmanager"})
        process.send_signal(how)
        assert process.wait(30) == 0
        assert [child for child in children if child.is_running()] == []


@needs_prometheus
def test_if_one_ends_the_other_is_stopped_and_it_is_said(environment: dict[str, str], tmp_path: Path) -> None:
    with _started(environment, tmp_path) as process:
        said = _said_until(process, "Stop with Ctrl-C.")
        assert "nobody: neither INQUIRY_ALERT_EMAIL_TO nor INQUIRY_ALERT_WEBHOOK_URL is set" in said
        children = psutil.Process(process.pid).children()
        next(child for child in children if "alertmanager" in child.name()).kill()
        assert process.wait(30) == 1
        assert process.stderr is not None
        assert "Alertmanager ended with -9" in process.stderr.read()
        assert [child for child in children if child.is_running()] == []


@needs_prometheus
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent was killed")
def test_if_the_command_is_killed_both_end(environment: dict[str, str], tmp_path: Path) -> None:
    with _started(environment, tmp_path) as process:
        _said_until(process, "Stop with Ctrl-C.")
        children = psutil.Process(process.pid).children()
        assert len(children) == 2
        process.kill()
        wait_until(lambda: not any(map(_lives, children)))


def test_a_signal_waits_until_a_new_process_is_noted() -> None:
    noted = []
    with pytest.raises(_Stop), _signals():
        with _undisturbed():
            signal.raise_signal(signal.SIGTERM)
            noted.append("process")
        noted.append("more")
    assert noted == ["process"]


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextmanager
def _started(environment: dict[str, str], folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """`python -m deploy.monitoring run` while the block lasts."""
    with subprocess.Popen(
        [sys.executable, "-m", "deploy.monitoring", "run"],
        cwd=folder,
        env=environment | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            with suppress(psutil.Error):
                for child in psutil.Process(process.pid).children():
                    child.kill()
            process.kill()


def _said_until(process: "subprocess.Popen[str]", words: str) -> str:
    assert process.stdout is not None
    said = ""
    while words not in said:
        line = process.stdout.readline()
        assert line, said + (process.stderr.read() if process.stderr else "")
        said += line
    return said


def _asked(port: str) -> set[str]:
    """The jobs whose targets Prometheus has found."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/targets", timeout=10) as answer:
        return {one["labels"]["job"] for one in json.load(answer)["data"]["activeTargets"]}
