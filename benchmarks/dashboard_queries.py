"""`python -m benchmarks.dashboard_queries`: what the dashboard asks for, over 100,000 inquiries in the window.

Fills an embedded database of its own with two days of as many inquiries each, asks the application every question of
the dashboard for the last one of them, and prints how long that takes and how PostgreSQL finds the answer. Two to three
minutes on an idle machine. The processor time of a query stays about the same on a busy machine, the rest does not.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, Engine, event
from starlette.testclient import TestClient

from benchmarks import past_days
from benchmarks.service import scratch_folder
from inquiry_pipeline.entrypoints.api.app import ApiOptions, create_app
from inquiry_pipeline.pipeline import Pipeline
from inquiry_pipeline.settings import Settings
from inquiry_pipeline.store.embedded import EmbeddedServer, locked
from inquiry_pipeline.store.migrate import migrate
from inquiry_pipeline.wiring import build_database, pipeline_for

_GOAL_MS: Final = 100.0
_QUESTIONS: Final = (
    "inquiries?limit=50",
    "inquiries?sentiment=negative&escalated=true",
    "inquiries?channel=none",
    "queue",
    "stats",
    "stats/series?by=category&bucket=minute",
    "stats/series?by=language&bucket=hour&timezone=Europe/Berlin",
    "stats/priority",
    "stats/consultants",
    "stats/models",
    "stats/pipeline",
    "models",
)


@dataclass(slots=True)
class Asked:
    """The queries of one request: text, parameters, and seconds of processor time that each took."""

    queries: list[tuple[str, Any, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Milliseconds, each the median of the repetitions: of the whole answer, and of each of its queries.

    `plans` are the ways in which each query reads tables.
    """

    question: str
    answer: float
    queries: tuple[float, ...]
    plans: tuple[tuple[str, ...], ...]

    @property
    def longest(self) -> float:
        """Milliseconds of the query that takes longest."""
        return max(self.queries)

    @property
    def found_by(self) -> tuple[str, ...]:
        """How that one reads tables."""
        return self.plans[self.queries.index(self.longest)]


def main() -> None:
    """Read the command line and do as it says."""
    options = _options()
    console = Console(width=max(Console().width, 130))
    if options.folder is None:
        with scratch_folder() as folder:
            measured = _run(folder, options, console)
    else:
        measured = _run(options.folder, options, console)
    console.print(_table(measured, options))
    for one in measured:
        if one.longest > _GOAL_MS:
            console.print(f"[bold]not met:[/bold] {one.question}, {one.longest:.0f} ms")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dashboard_queries", description=__doc__)
    parser.add_argument("--inquiries", type=int, default=100_000, help="how many a day there are")
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--folder", type=Path, help="keep the database there, and use it again if it is filled")
    return parser.parse_args()


def _run(folder: Path, options: argparse.Namespace, console: Console) -> list[Measured]:
    with locked(folder):
        server = EmbeddedServer(folder.resolve() / "postgres")
        settings = Settings.model_validate({"data_dir": folder})
        try:
            url = server.start()
            _fill(url, settings, options.inquiries, console)
            with pipeline_for(settings, url, name="inquiry-bench", threads=1) as pipeline:
                return measure(pipeline, options.repetitions)
        finally:
            server.stop()


def _fill(url: str, settings: Settings, number: int, console: Console) -> None:
    """Fill the database unless it is."""
    database = build_database(url, name="inquiry-bench", threads=1)
    migrate(database)
    if past_days.is_empty(database):
        console.print(f"[dim]filling it with {2 * number:,} inquiries …[/dim]")
        began = time.monotonic()
        with pipeline_for(settings, url, name="inquiry-bench", threads=1) as pipeline:
            pipeline.rules()
        past_days.fill(database, number=number)
        past_days.tidy(database)
        console.print(f"[dim]{time.monotonic() - began:.0f} s[/dim]")
    database.close()


def measure(pipeline: Pipeline, repetitions: int) -> list[Measured]:
    """Ask every question so often; the database must be filled."""
    app = create_app(pipeline, ApiOptions(threads=2), exposition=lambda: b"")
    with TestClient(app) as client, _listening(pipeline.database.engine) as asked:
        client.base_url = client.base_url.join("/api/v1/")
        for question in _QUESTIONS:  # once without looking: connections, caches, the model
            client.get(question).raise_for_status()
        return [_of(question, client, pipeline, asked, repetitions) for question in _QUESTIONS]


def _of(question: str, client: TestClient, pipeline: Pipeline, asked: Asked, repetitions: int) -> Measured:
    answers: list[float] = []
    queries: list[list[float]] = []
    for _ in range(repetitions):
        asked.queries.clear()
        began = time.perf_counter()
        client.get(question).raise_for_status()
        answers.append(1000 * (time.perf_counter() - began))
        queries.append([1000 * seconds for _, _, seconds in asked.queries])
    with pipeline.database.transaction() as connection:
        plans = [
            connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
            for statement, parameters, _ in tuple(asked.queries)  # asking for a plan is a query, too
        ]
    return Measured(
        question=question,
        answer=median(answers),
        queries=tuple(median(values) for values in zip(*queries, strict=True)),
        plans=tuple(tuple(dict.fromkeys(_scans(plan[0]["Plan"]))) for plan in plans),
    )


def _scans(plan: dict[str, Any]) -> Iterator[str]:
    """How a plan reads tables: the nodes at its ends, with their indexes."""
    if "Relation Name" in plan or "Index Name" in plan:
        yield f"{plan['Node Type']}, {plan.get('Index Name') or plan['Relation Name']}"
    for inner in plan.get("Plans", []):
        yield from _scans(inner)


@contextmanager
def _listening(engine: Engine) -> Iterator[Asked]:
    """Note every query of the engine, with the processor time that its server process took (Linux counts it in ns)."""
    asked = Asked()

    def before(connection: Connection, *_: object) -> None:
        connection.info["began"] = _processor_seconds(connection)

    def after(connection: Connection, _cursor: object, statement: str, parameters: Any, *_: object) -> None:  # noqa: ANN401
        asked.queries.append((statement, parameters, _processor_seconds(connection) - connection.info["began"]))

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)


def _processor_seconds(connection: Connection) -> float:
    driver = connection.connection.driver_connection
    pid = driver.info.backend_pid if driver is not None else 0
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def _table(measured: Sequence[Measured], options: argparse.Namespace) -> Table:
    table = Table(
        title=f"{options.inquiries:,} inquiries in the window, as many before it; median of {options.repetitions}"
    )
    table.add_column("GET /api/v1/")
    for heading in ("longest query, ms", "all queries, ms", "answer, ms"):
        table.add_column(heading, justify="right")
    table.add_column("the longest query reads")
    for one in measured:
        times = (f"{value:.1f}" for value in (one.longest, sum(one.queries), one.answer))
        table.add_row(one.question, *times, "\n".join(one.found_by))
    return table


if __name__ == "__main__":
    main()
