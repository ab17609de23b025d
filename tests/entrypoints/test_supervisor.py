"""What `inquiry up` does around its children, without starting everything."""

import errno
import os
import socket
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector

from inquiry_pipeline.entrypoints import supervisor
from inquiry_pipeline.entrypoints.supervisor import _cannot_listen, _Child
from inquiry_pipeline.telemetry.exposition import SHARED_FOLDER, count_restarts


def restarts(folder: Path, program: str) -> float | None:
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(folder))
    return registry.get_sample_value("inquiry_process_restarts_total", {"program": program})


def test_a_child_that_dies_before_it_has_begun_is_counted_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_FASTEST_RESTART", 0.0)
    for program in ("api", "worker"):
        count_restarts(tmp_path, program, more=0)
    child = _Child("worker-0", ["worker", "--nonsense"], (), os.environ | {SHARED_FOLDER: str(tmp_path)})
    child.start()
    for _ in range(2):
        assert child.process is not None
        child.process.wait(30)
        child.restart_if_dead()
    child.wait_until_stopped()
    assert (restarts(tmp_path, "worker"), restarts(tmp_path, "api")) == (2, 0)


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("host.invalid", "INQUIRY_DASHBOARD_HOST"),
        ("192.0.2.1", f"({os.strerror(errno.EADDRNOTAVAIL)}). Set INQUIRY_DASHBOARD_HOST"),
    ],
)
def test_a_host_that_is_not_here_is_not_called_a_port_in_use(host: str, words: str) -> None:
    said = _cannot_listen(host, 8501)
    assert said is not None
    assert words in said
    assert "in use" not in said


def test_a_port_in_use_is_called_so() -> None:
    with socket.socket() as occupied:
        occupied.bind(("127.0.0.1", 0))
        occupied.listen()
        port = occupied.getsockname()[1]
        assert (
            _cannot_listen("127.0.0.1", port)
            == f"127.0.0.1:{port} is in use. Set INQUIRY_DASHBOARD_PORT, or 0 for none"
        )
    assert _cannot_listen("127.0.0.1", port) is None
