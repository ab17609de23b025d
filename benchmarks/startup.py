"""How long it takes until the service is ready: everything on a new folder and on an old one, and the API alone."""

from pathlib import Path

from benchmarks.bench import Bench, at_most
from benchmarks.service import free_port, memory_mb, running, scratch_folder, service


def measure(bench: Bench) -> None:
    """Start and stop, again and again."""
    fresh, existing, alone, memory = [], [], [], []
    with bench.section("Start, from the command to the first ready answer") as section:
        for _ in range(bench.size.starts):
            with scratch_folder() as folder:
                with service(folder) as first:
                    fresh.append(first.ready_seconds)
                with service(folder, worker_processes="0") as second:
                    existing.append(second.ready_seconds)
                    seconds, resident = _api_alone(folder, second.database_url)
                    alone.append(seconds)
                    memory.append(resident)
        section.add("inquiry up on a new folder", "s", fresh, at_most(10))
        section.add("inquiry up on an existing folder", "s", existing, at_most(10))
        section.add("API process alone, database running", "s", alone, at_most(2))
    with bench.section("Memory") as section:
        section.add("API process when ready", "MB", memory, at_most(350))


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
