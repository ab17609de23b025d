"""The machine that is measured on: its facts, and who else uses it meanwhile."""

import os
import platform
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import psutil

from benchmarks.service import ours
from inquiry_pipeline.nlp.bundle import DEFAULT_BUNDLE
from inquiry_pipeline.nlp.manifest import read_manifest

_LIBRARIES: Final = ("onnxruntime", "tokenizers", "numpy", "fastapi", "uvicorn", "sqlalchemy", "psycopg")
_SAMPLE_SECONDS: Final = 0.5
_HYPERVISOR: Final = -1


def facts() -> dict[str, Any]:
    """What a reader must know to judge the figures."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count() or 1,
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "libraries": {name: metadata.version(name) for name in _LIBRARIES},
        "revision": _revision(),
        "model": read_manifest(DEFAULT_BUNDLE).model_version,
        "fsync_ms": round(_fsync_milliseconds(), 2),
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


class Company:
    """Watches in the background how much of the machine processes take that are not part of the benchmark."""

    def __init__(self) -> None:
        self._samples: list[tuple[float, float]] = []
        self._stop = threading.Event()

    @contextmanager
    def watched(self) -> Iterator["Company"]:
        """Watch while the block lasts."""
        thread = threading.Thread(target=self._watch, name="company", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join()

    def since(self, start: float) -> float:
        """The mean share of the machine (0 to 1) that others have had since `start` (time.monotonic)."""
        shares = [share for moment, share in self._samples if moment >= start]
        return statistics.fmean(shares) if shares else 0.0

    def _watch(self) -> None:
        cores = os.cpu_count() or 1
        before, at = _strangers(), time.monotonic()
        while not self._stop.wait(_SAMPLE_SECONDS):
            now, moment = _strangers(), time.monotonic()
            used = sum(max(seconds - before.get(pid, seconds), 0.0) for pid, seconds in now.items())
            used += sum(seconds for pid, seconds in now.items() if pid not in before)
            self._samples.append((moment, used / (moment - at) / cores))
            before, at = now, moment


def _strangers() -> dict[int, float]:
    """Processor seconds of every process that is not of this benchmark, and of the hypervisor's other guests."""
    mine = ours()
    stolen = {_HYPERVISOR: float(getattr(psutil.cpu_times(), "steal", 0.0))}
    return stolen | {pid: seconds for pid, seconds in _all_seconds().items() if pid not in mine}


def _all_seconds() -> dict[int, float]:
    found = {}
    for process in psutil.process_iter():
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        found[process.pid] = times.user + times.system
    return found


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _revision() -> str:
    """The commit, with a mark if the program differs from it."""
    try:
        commit = subprocess.run(
            ["git", "describe", "--always", "--abbrev=10", "--exclude=*"], capture_output=True, text=True, check=True
        )
        changed = subprocess.run(
            ["git", "status", "--porcelain", "--", "src", "benchmarks", "config"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return commit.stdout.strip() + ("+changes" if changed.stdout.strip() else "")


def _fsync_milliseconds() -> float:
    """The median time to make 8 KB durable where the benchmark's database is: no commit is faster."""
    took = []
    with tempfile.NamedTemporaryFile() as file:
        for _ in range(50):
            file.write(b"x" * 8192)
            file.flush()
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - start)
    return statistics.median(took) * 1000
