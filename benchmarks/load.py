"""`python -m benchmarks.load`: submits inquiries over HTTP from a process of its own, and says how that went.

Takes a plan as JSON on standard input, writes an outcome as JSON on standard output. Request bodies are made
before the clock starts, each client has one connection that stays open, and the process tells how much of a
core it took itself, so that nobody mistakes the client's speed for the server's.
"""

import http.client
import json
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.corpus import texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to send: `count` inquiries from number `first` on, in turn over `distinct` texts if that is not 0.

    Ends early after `seconds`, if that is not 0. Each of the clients waits for its answer before it sends on.
    """

    port: int
    clients: int
    first: int
    count: int
    distinct: int = 0
    seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Latencies in seconds, how many answers had which status, seconds on the wall and of the client's own CPU."""

    latencies: list[float]
    statuses: dict[str, int]
    wall: float
    cpu: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.wall


def submit(plan: Plan) -> Outcome:
    """Carry out a plan in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=json.dumps(asdict(plan)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"The load could not be sent: {done.stderr[-1000:]}")
    return Outcome(**json.loads(done.stdout))


def main() -> None:
    """Read a plan, carry it out, write the outcome."""
    print(json.dumps(asdict(_carried_out(Plan(**json.load(sys.stdin))))))


def _carried_out(plan: Plan) -> Outcome:
    bodies = [json.dumps(one.fields()).encode() for one in texts(plan.first, plan.distinct or plan.count)]
    numbers = iter(range(plan.count))  # `next` on it is atomic
    answers: list[tuple[float, int]] = []
    failures: list[Exception] = []
    began = time.perf_counter()
    end = began + plan.seconds if plan.seconds else float("inf")

    def client() -> None:
        try:
            _send(plan, bodies, numbers, end, answers)
        except Exception as error:  # noqa: BLE001 - told by the main thread
            failures.append(error)

    threads = [threading.Thread(target=client) for _ in range(plan.clients)]
    cpu = time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    if failures:
        raise failures[0]
    statuses: dict[str, int] = {}
    for _, status in answers:
        statuses[str(status)] = statuses.get(str(status), 0) + 1
    return Outcome(latencies=[seconds for seconds, _ in answers], statuses=statuses, wall=wall, cpu=cpu)


def _send(plan: Plan, bodies: list[bytes], numbers: Any, end: float, answers: list[tuple[float, int]]) -> None:  # noqa: ANN401
    connection = http.client.HTTPConnection("127.0.0.1", plan.port, timeout=30)
    headers = {"Content-Type": "application/json", **plan.headers}
    connection.connect()
    for number in numbers:
        start = time.perf_counter()
        if start >= end:
            break
        connection.request("POST", "/api/v1/inquiries/submit", bodies[number % len(bodies)], headers)
        answer = connection.getresponse()
        answer.read()
        answers.append((time.perf_counter() - start, answer.status))
    connection.close()


if __name__ == "__main__":
    main()
