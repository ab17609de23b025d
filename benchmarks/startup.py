"""How long it takes until the service is ready: everything on a new folder and on an old one, and the API alone."""

from pathlib import Path

from benchmarks.bench import Bench, at_most
from benchmarks.service import free_port, memory_mb, running, scratch_folder, service


def measure(bench: Bench, folder: Path) -> None:
    """Start and stop, again and again, on a folder that has been used."""
    existing, alone, memory = [], [], []
    with bench.section("Start, from the command to the first ready answer") as section:
        if bench.size.repetitions > 1:
            with scratch_folder() as unused, service(unused) as first:
                bench.fresh_starts.append(first.ready_seconds)
        for _ in range(bench.size.starts):
            with service(folder, worker_processes="0") as up:
                existing.append(up.ready_seconds)
                seconds, resident = _api_alone(folder, up.database_url)
                alone.append(seconds)
                memory.append(resident)
        section.add("inquiry up on a new folder", "s", bench.fresh_starts, at_most(10))
        section.add("inquiry up on an existing folder", "s", existing, at_most(10))
        section.add("API process alone, database running", "s", alone, at_most(2))
    with bench.section("Memory") as section:
        section.add("api process when ready", "MB", memory, at_most(350))


def _api_alone(folder: Path, database_url: str) -> tuple[float, float]:
    """Seconds until ready, and the memory that it then has."""
    port = free_port()
    environment = {
        "DATABASE_URL": database_url,
        "INQUIRY_API_PORT": str(port),
        "INQUIRY_DATA_DIR": str(folder / "data"),
    }
    with running(("api",), environment, folder / "api.log") as program:
        seconds = program.wait_until_ready(port)
        return seconds, memory_mb(program.process.pid)[0]
