"""Submitting over HTTP to `inquiry up`: latency, throughput, what it costs, the memory after it, and full desks."""

import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Final

import psutil
import yaml

from benchmarks import bare_encoder
from benchmarks.bench import Bench, Section, at_most
from benchmarks.load import Outcome, Plan, submit
from benchmarks.service import Service, get, memory_mb, scratch_folder, service
from benchmarks.summary import percentile

_RULES: Final = Path(__file__).parent.parent / "config" / "routing_rules.yaml"
_ROOM: Final = 10_000
_WARM_UP: Final = 200
_REPEATED: Final = 50
_QUANTILES: Final = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
_GOAL_P50_MS: Final = 20.0


def measure(bench: Bench) -> None:
    """All of it on one service whose consultants never fill up."""
    with scratch_folder() as folder, service(folder, rules_file=str(rules(folder))) as up:
        bench.fresh_starts.append(up.ready_seconds)
        fresh(bench, up, clients=8, count=_WARM_UP)
        _latencies(bench, up)
        _sustained(bench, up)
        with bench.section("Memory") as section:
            for name in ("api", "worker"):
                now, peak = memory_mb(up.child(name).pid)
                section.add(f"{name} process after the load", "MB", [now], at_most(350) if name == "api" else None)
                section.add(f"{name} process at its highest", "MB", [peak], at_most(350) if name == "api" else None)


def rules(folder: Path, *, capacity: int = _ROOM) -> Path:
    """The default rules in a folder, with the same capacity for everybody: by default one that never fills up."""
    content = yaml.safe_load(_RULES.read_text())
    for consultant in content["consultants"].values():
        consultant["capacity"] = capacity
    path = folder / "rules.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
    return path


def fresh(
    bench: Bench, up: Service, *, clients: int, count: int, seconds: float = 0.0, asynchronous: bool = False
) -> Outcome:
    """Submit inquiries that nothing has seen before; RuntimeError if any was not answered as it should be."""
    headers = {"Prefer": "respond-async"} if asynchronous else {}
    plan = Plan(port=up.port, clients=clients, first=bench.fresh(count), count=count, seconds=seconds, headers=headers)
    return _checked(submit(plan), HTTPStatus.ACCEPTED if asynchronous else HTTPStatus.CREATED)


def _checked(outcome: Outcome, expected: HTTPStatus) -> Outcome:
    if set(outcome.statuses) != {str(expected.value)}:
        raise RuntimeError(f"All answers should have been {expected.value}, but they were {outcome.statuses}")
    return outcome


def _latencies(bench: Bench, up: Service) -> None:
    size = bench.size
    with bench.section("Submit over HTTP, database commit included") as section:
        repeat(section, "1 client", lambda: fresh(bench, up, clients=1, count=size.one_client), goal=_GOAL_P50_MS)
        repeat(section, "8 clients", lambda: fresh(bench, up, clients=8, count=size.eight_clients))
        again = Plan(port=up.port, clients=1, first=0, count=size.one_client, distinct=_REPEATED)
        submit(again)
        repeat(section, "1 client, texts seen before", lambda: _checked(submit(again), HTTPStatus.CREATED))


def repeat(section: Section, name: str, once: Callable[[], Outcome], *, goal: float | None = None) -> None:
    """The percentiles of some repetitions."""
    section.restart_watch()
    outcomes = [once() for _ in range(section.bench.size.repetitions)]
    for quantile, share in _QUANTILES:
        values = [1000 * percentile(outcome.latencies, share) for outcome in outcomes]
        reach = at_most(goal) if goal is not None and quantile == "p50" else None
        section.add(f"{name}, {quantile}", "ms", values, reach)


def _sustained(bench: Bench, up: Service) -> None:
    """A long load, what it is of the encoder alone, and whose processor time an inquiry takes."""
    seconds = bench.size.sustained_seconds
    with bench.section(f"Sustained submits over {seconds:.0f} s") as section:
        for clients in (8, 16):
            section.restart_watch()
            before = _cpu_seconds(up)
            outcome = fresh(bench, up, clients=clients, count=int(600 * seconds), seconds=seconds)
            after = _cpu_seconds(up)
            section.add(f"{clients} clients", "per s", [outcome.rate])
            section.add(f"{clients} clients, p95", "ms", [1000 * percentile(outcome.latencies, 0.95)])
            shares = [100 * outcome.rate / rate for rate in bench.encoder_rates]
            section.add(f"{clients} clients, share of the encoder alone", "%", shares)
        count = len(outcome.latencies)
        for name, used in after.items():
            section.add(f"processor time an inquiry, {name}", "ms", [1000 * (used - before[name]) / count])
        section.add("processor time an inquiry, the client's own", "ms", [1000 * outcome.cpu / count])
        section.add("the client's own share of one core", "%", [100 * outcome.cpu / outcome.wall])
        section.add("the encoder alone, right after", "per s", [_encoder_now(bench)])


def _encoder_now(bench: Bench) -> float:
    """Once more, to see whether the machine has become faster or slower."""
    return bare_encoder.measure(bench.size.records // 2, 0.3).corpus_all


def _cpu_seconds(up: Service) -> dict[str, float]:
    return {
        "API": _seconds([up.child("api")]),
        "PostgreSQL": _seconds(up.servers()),
        "worker": _seconds([up.child("worker")]),
    }


def _seconds(processes: Iterable[psutil.Process]) -> float:
    times = [process.cpu_times() for process in processes]
    return sum(one.user + one.system for one in times)


def full_desks(bench: Bench, up: Service, folder: Path) -> None:
    """Nobody has room any more, so every new inquiry joins a waiting queue. The service must have many already."""
    before = get(up.port, "rules")[1]["version"]
    rules(folder, capacity=1)
    give_up = time.monotonic() + 10
    while get(up.port, "rules")[1]["version"] == before:
        if time.monotonic() > give_up:
            raise RuntimeError("The changed rules were not taken over.")
        time.sleep(0.1)
    fresh(bench, up, clients=1, count=10)
    with bench.section("Submit while every desk is full") as section:
        repeat(section, "1 client", lambda: fresh(bench, up, clients=1, count=bench.size.one_client))
        repeat(section, "8 clients", lambda: fresh(bench, up, clients=8, count=bench.size.eight_clients))
