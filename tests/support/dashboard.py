"""The dashboard in tests: the real API on a real socket, and the real Streamlit server as a process of its own."""

import os
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import uvicorn

from inquiry_pipeline.entrypoints.api.app import ApiOptions, create_app
from inquiry_pipeline.pipeline import Pipeline
from inquiry_pipeline.wiring import metrics_source
from tests.support.service import free_port
from tests.support.waiting import wait_until


@contextmanager
def served(pipeline: Pipeline, *, port: int = 0) -> Iterator[str]:
    """The whole API over a pipeline, on a socket of this machine; its URL."""
    app = create_app(pipeline, ApiOptions(), exposition=metrics_source(pipeline))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=2))
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            wait_until(lambda: server.started)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)


@contextmanager
def dashboard(api_url: str, folder: Path) -> Iterator[str]:
    """`inquiry dashboard` as a process, showing the API at that URL; its own URL. Its output is in `dashboard.log`."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("INQUIRY_")}
    environment |= {"INQUIRY_API_URL": api_url, "INQUIRY_DASHBOARD_PORT": str(port)}
    with (folder / "dashboard.log").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "inquiry_pipeline.entrypoints.cli", "dashboard"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/_stcore/health"), seconds=60)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()


def answers(url: str) -> bool:
    """Whether somebody answers there, and well."""
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:
        return False
