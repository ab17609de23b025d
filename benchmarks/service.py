"""The real program as processes: started, watched, and stopped whatever happens."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psutil

COMMAND: Final = (sys.executable, "-m", "inquiry_pipeline.entrypoints.cli")
_FOLDERS: Final[list[Path]] = []
"""The data folders in use: what tells this benchmark's database servers, which are no children, from others."""


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder that vanishes with everything in it, and whatever still runs on it is ended."""
    folder = Path(tempfile.mkdtemp(prefix="inquiry-bench-"))
    _FOLDERS.append(folder)
    try:
        yield folder
    finally:
        for process in _servers(folder):
            with suppress(psutil.Error):
                process.send_signal(signal.SIGQUIT)
                process.wait(5)
        shutil.rmtree(folder, ignore_errors=True)
        _FOLDERS.remove(folder)


def ours() -> set[int]:
    """The process ids of this benchmark and of all that it has started."""
    mine = {os.getpid()}
    roots = [psutil.Process(), *(server for folder in list(_FOLDERS) for server in _servers(folder))]
    for root in roots:
        with suppress(psutil.Error):
            mine |= {root.pid, *(child.pid for child in root.children(recursive=True))}
    return mine


@dataclass(slots=True)
class Program:
    """One `inquiry …` process; killed with its children if it does not stop by itself."""

    arguments: tuple[str, ...]
    environment: dict[str, str]
    log: Path
    process: "subprocess.Popen[bytes]" = field(init=False)
    started: float = field(init=False)

    def __post_init__(self) -> None:
        with self.log.open("ab") as output:
            self.started = time.monotonic()
            self.process = subprocess.Popen(
                [*COMMAND, *self.arguments],
                cwd=self.log.parent,
                env=_clean_environment() | self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def stop(self) -> None:
        """SIGTERM, and SIGKILL to all that is left of it after half a minute."""
        family = []
        with suppress(psutil.Error):
            family = psutil.Process(self.process.pid).children(recursive=True)
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            for one in family:
                with suppress(psutil.Error):
                    one.kill()
            self.process.kill()
            self.process.wait()

    def wait_until_ready(self, port: int) -> float:
        """Seconds from its start until /health/ready answers 200; RuntimeError with its log if it never does."""
        while time.monotonic() < self.started + 60 and self.process.poll() is None:
            with suppress(OSError, http.client.HTTPException):
                if get(port, "health/ready")[0] == 200:
                    return time.monotonic() - self.started
            time.sleep(0.01)
        raise RuntimeError(f"{' '.join(self.arguments)} did not become ready:\n{self.log.read_text()[-2000:]}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """`inquiry up` on a folder, ready. `ready_seconds`: from the command to the first ready answer."""

    program: Program
    folder: Path
    port: int
    ready_seconds: float

    @property
    def database_url(self) -> str:
        """The URL of its embedded server."""
        lines = (self.folder / "data" / "postgres" / "postmaster.pid").read_text().splitlines()
        return f"postgresql+psycopg://postgres@/postgres?host={lines[4]}"

    def child(self, command: str) -> psutil.Process:
        """Its API ("api") or worker ("worker") process."""
        for process in psutil.Process(self.program.process.pid).children(recursive=True):
            if command in process.cmdline()[3:5]:
                return process
        raise RuntimeError(f"There is no {command} process.")

    def servers(self) -> list[psutil.Process]:
        """PostgreSQL's processes."""
        return [one for root in _servers(self.folder) for one in (root, *root.children(recursive=True))]


@contextmanager
def service(folder: Path, **settings: str) -> Iterator[Service]:
    """`inquiry up` in a folder, with these settings (INQUIRY_<NAME>); stopped at the end."""
    port = free_port()
    environment = {
        "INQUIRY_DATA_DIR": str(folder / "data"),
        "INQUIRY_API_PORT": str(port),
        "INQUIRY_LOG_FORMAT": "json",
        **{f"INQUIRY_{name.upper()}": value for name, value in settings.items()},
    }
    with running(("up",), environment, folder / "up.log") as program:
        seconds = program.wait_until_ready(port)
        yield Service(program=program, folder=folder, port=port, ready_seconds=seconds)


@contextmanager
def running(arguments: tuple[str, ...], environment: dict[str, str], log: Path) -> Iterator[Program]:
    """A command that runs while the block lasts."""
    with ExitStack() as stack:
        program = Program(arguments, environment, log)
        stack.callback(program.stop)
        yield program


def get(port: int, path: str) -> tuple[int, Any]:
    """The status and JSON of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", f"/api/v1/{path}")
        answer = connection.getresponse()
        return answer.status, json.load(answer)
    finally:
        connection.close()


def free_port() -> int:
    """A port that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def memory_mb(pid: int) -> tuple[float, float]:
    """Resident memory now and at its highest (VmRSS, VmHWM), in MB of 1024² bytes."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return (int(fields["VmRSS"].split()[0]) / 1024, int(fields["VmHWM"].split()[0]) / 1024)


def _servers(folder: Path) -> list[psutil.Process]:
    """The database servers on a folder."""
    try:
        pids = [int((path).read_text().split()[0]) for path in folder.glob("data*/postgres/postmaster.pid")]
        return [psutil.Process(pid) for pid in pids]
    except (OSError, ValueError, IndexError, psutil.Error):
        return []


def _clean_environment() -> dict[str, str]:
    """The environment without anything that configures the pipeline."""
    ignored = ("DATABASE_URL", "REDIS_URL")
    return {
        name: value for name, value in os.environ.items() if not name.startswith("INQUIRY_") and name not in ignored
    }
