"""The real program as a process: started, asked, killed."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil


def free_port() -> int:
    """A port that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Service:
    """`inquiry up` in a folder of its own. `environment` adds to the settings."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[str] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v1"

    def start(self) -> "Service":
        """Start, and wait until it is ready and has said so: from then on it keeps its children running."""
        before = len(self.log()) if (self.folder / "output.log").exists() else 0
        self.process = self.spawn()
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up:
            if self.process.poll() is not None:
                raise AssertionError(f"it ended with {self.process.returncode}: {self.log()}")
            try:
                if self.get("health/ready")["status"] in {"ready", "degraded"} and "is ready" in self.log()[before:]:
                    return self
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"it did not become ready: {self.log()}")

    def spawn(self, *command: str) -> "subprocess.Popen[str]":
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "output.log").open("a") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "inquiry_pipeline.entrypoints.cli", *(command or ("up",))],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
            )

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end, with the service's settings."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return subprocess.run(
            [sys.executable, "-m", "inquiry_pipeline.entrypoints.cli", *command],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def _environment(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(("INQUIRY_", "OTEL_"))},
            "INQUIRY_DATA_DIR": str(self.folder / "data"),
            "INQUIRY_API_PORT": str(self.port),
            "INQUIRY_DASHBOARD_PORT": "0",
            "INQUIRY_LOG_FORMAT": "json",
            **self.environment,
        }

    def processes(self) -> list[psutil.Process]:
        """Every living process of this service, PostgreSQL among them."""
        mine = str(self.folder)
        found = []
        for process in psutil.process_iter():
            try:
                if process.status() != psutil.STATUS_ZOMBIE and (
                    mine in " ".join(process.cmdline())
                    or process.environ().get("INQUIRY_DATA_DIR", "").startswith(mine)
                ):
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def kill(self) -> None:
        """SIGKILL to everything but PostgreSQL, as if the machine's user had lost patience."""
        for process in self.processes():
            if "postgres" not in process.name():
                process.kill()
        assert self.process is not None
        self.process.wait(20)

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(40)

    def log(self) -> str:
        return (self.folder / "output.log").read_text()

    def database_url(self) -> str:
        lines = (self.folder / "data" / "postgres" / "postmaster.pid").read_text().splitlines()
        return f"postgresql+psycopg://postgres@/postgres?host={lines[4]}"

    def get(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/{path}", timeout=10) as answer:
            return dict(json.load(answer))

    def post(self, path: str, sent: object, **headers: str) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self.url}/{path}",
            data=json.dumps(sent).encode(),
            headers={"Content-Type": "application/json", **headers},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return {"status_code": answer.status, **json.load(answer)}
