"""How fast a worker pays off a backlog: inquiries that were accepted with `Prefer: respond-async`."""

import time
from pathlib import Path

from sqlalchemy import create_engine, text

from benchmarks.bench import Bench, Section
from benchmarks.service import Service, memory_mb, running, service
from benchmarks.submit import fresh, full_desks, rules

_LONGEST = 60.0


def measure(bench: Bench, folder: Path) -> None:
    """Accept everything while no worker runs, then start one and wait until all are routed; then full desks."""
    rules_file = str(rules(folder))
    with service(folder, rules_file=rules_file, worker_processes="0") as up:
        bench.fresh_starts.append(up.ready_seconds)
        with bench.section("Worker") as section:
            _pay_off(bench, section, up, rules_file)
        full_desks(bench, up, folder)


def _pay_off(bench: Bench, section: Section, up: Service, rules_file: str) -> None:
    count = bench.size.backlog
    accepted = fresh(bench, up, clients=8, count=count, asynchronous=True)
    section.add("accepting alone (202), 8 clients", "per s", [accepted.rate])
    environment = {
        "DATABASE_URL": up.database_url,
        "INQUIRY_DATA_DIR": str(up.folder / "data"),
        "INQUIRY_RULES_FILE": rules_file,
    }
    section.restart_watch()
    with running(("worker",), environment, up.folder / "worker.log") as program:
        _wait_until_routed(up.database_url, count)
        section.add(f"{count} routed, process start included", "s", [time.monotonic() - program.started])
        section.add("worker process at its highest", "MB", [memory_mb(program.process.pid)[1]])
    rate = _rate(up.database_url)
    section.add("one worker process", "per s", [rate])
    shares = [100 * rate / alone for alone in bench.encoder_rates]
    section.add("one worker process, share of the encoder alone", "%", shares)


def _wait_until_routed(url: str, count: int) -> None:
    engine = create_engine(url)
    give_up = time.monotonic() + _LONGEST
    try:
        while time.monotonic() < give_up:
            with engine.connect() as connection:
                routed = connection.scalar(text("SELECT count(*) FROM inquiries WHERE routed_at IS NOT NULL"))
            if routed == count:
                return
            time.sleep(0.1)
    finally:
        engine.dispose()
    raise RuntimeError(f"After {_LONGEST:.0f} s only {routed} of {count} were routed.")


def _rate(url: str) -> float:
    """Routed a second from the first batch's end to the last's, so without the start of the process."""
    engine = create_engine(url)
    query = text(
        "WITH batches AS (SELECT routed_at, count(*) AS size FROM inquiries GROUP BY routed_at)"
        " SELECT (sum(size) - (SELECT size FROM batches ORDER BY routed_at LIMIT 1))"
        "        / extract(epoch FROM max(routed_at) - min(routed_at)) FROM batches"
    )
    try:
        with engine.connect() as connection:
            return float(connection.scalar(query) or 0.0)
    finally:
        engine.dispose()
