"""Metrics as Prometheus reads them: one process, or all processes of this machine together."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest, start_http_server
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from inquiry_pipeline.core.errors import ConfigurationError
from inquiry_pipeline.telemetry.definitions import process
from inquiry_pipeline.telemetry.readings import ReadingsNow

SHARED_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that, set before Python starts, makes processes share their metrics through a folder."""


def exposition(own: CollectorRegistry, readings: ReadingsNow) -> bytes:
    """Everything in Prometheus's text format."""
    if SHARED_FOLDER not in os.environ:
        return generate_latest(own) + generate_latest(_registry_of(readings))
    everybody = CollectorRegistry()
    MultiProcessCollector(everybody)  # type: ignore[no-untyped-call]
    return generate_latest(everybody) + generate_latest(_registry_of(readings))


def forget_process(folder: Path, pid: int) -> None:
    """Let what only living processes have (memory, connections, requests under way) end with a process that died."""
    mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]


def count_restarts(folder: Path, program: str, *, more: int) -> None:
    """Add to what was counted of a program's restarts; nothing more shows it as 0.

    The supervisor has no metrics of its own: it writes into the processes' folder, as a process would. Who dies before
    it has begun can tell nobody.
    """
    [family] = process(CollectorRegistry()).restarts.describe()
    key = mmap_key(family.name, f"{family.name}_total", ["program"], [program], family.documentation)
    values = MmapedDict(str(folder / "counter_supervisor.db"))  # type: ignore[no-untyped-call]
    try:
        before, _ = values.read_value(key)  # type: ignore[no-untyped-call]
        values.write_value(key, before + more, 0.0)  # type: ignore[no-untyped-call]
    finally:
        values.close()  # type: ignore[no-untyped-call]


@contextmanager
def served(own: CollectorRegistry, host: str, port: int) -> Iterator[None]:
    """Serve one process's metrics on a port of this machine while the block lasts; on none if it is 0.

    Raises `ConfigurationError` if the port is taken, or the host is none of this machine's.
    """
    if port == 0:
        yield
        return
    try:
        server, thread = start_http_server(port, addr=host, registry=own)
    except OSError as error:
        hint = "set INQUIRY_METRICS_HOST to an address of this machine"
        if error.errno == errno.EADDRINUSE:
            hint = "give each worker of this machine an INQUIRY_METRICS_PORT of its own"
        raise ConfigurationError(f"Metrics cannot be served on {host}:{port} ({error.strerror}): {hint}") from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _registry_of(collector: Collector) -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    return registry
