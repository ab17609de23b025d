"""`inquiry up` as its user meets it: it answers, survives being killed, and stops without a trace."""

import json
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from sqlalchemy import create_engine, text

from tests.support.desk import RULES
from tests.support.service import Service
from tests.support.waiting import wait_until

pytestmark = pytest.mark.journey

BODY = "I was charged twice for my October invoice. Please refund the second payment."


@pytest.fixture
def service(server_folder: Path, tiny_bundle: Path) -> Iterator[Service]:
    settings = {
        "INQUIRY_BUNDLE_DIR": str(tiny_bundle),
        "INQUIRY_RULES_FILE": str(RULES),
        "INQUIRY_WORKER_POLL_SECONDS": "0.05",
    }
    service = Service(server_folder / "s", settings)
    yield service
    for process in service.processes():
        with suppress(psutil.Error):
            process.kill()


@pytest.fixture
def ask(service: Service) -> Callable[[str], int]:
    def question(statement: str) -> int:
        engine = create_engine(service.database_url())
        with engine.connect() as connection:
            number = int(connection.execute(text(statement)).scalar_one())
        engine.dispose()
        return number

    return question


def test_it_starts_answers_stops_without_a_trace_and_finds_its_data_again(service: Service) -> None:
    service.start()
    answer = service.post("inquiries/submit", {"body": BODY})
    assert (answer["status_code"], answer["status"]) == (201, "routed")
    assert "curl" in service.log()
    assert service.stop() == 0
    assert service.processes() == []
    assert "Traceback" not in service.log()
    service.start()
    assert service.get(f"inquiries/{answer['id']}")["prediction"] == answer["prediction"]
    assert service.stop() == 0


def test_nothing_is_lost_or_doubled_when_it_is_killed_between_accept_and_record(
    service: Service, ask: Callable[[str], int]
) -> None:
    service.environment["INQUIRY_LEASE_SECONDS"] = "2"
    service.start()
    service.post("inquiries/submit", {"body": "A first one, so that the consultants are known."})
    engine = create_engine(service.database_url())
    with engine.begin() as blocker:
        # Recording needs the consultants' rows: it stands still here, between the two transactions.
        blocker.execute(text("SELECT FROM consultants FOR UPDATE"))
        request = threading.Thread(target=_submit_and_be_cut_off, args=(service,))
        request.start()
        wait_until(lambda: ask("SELECT count(*) FROM inquiries WHERE status = 'received'") == 1)
        wait_until(lambda: ask("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") >= 1)
        service.kill()
        request.join(20)
    engine.dispose()
    assert ask("SELECT count(*) FROM predictions") == 1
    service.start()
    wait_until(lambda: ask("SELECT count(*) FROM inquiries WHERE status = 'routed'") == 2)
    assert ask("SELECT count(*) FROM predictions") == 2
    assert ask("SELECT count(*) FROM routing_decisions") == 2
    assert ask("SELECT count(*) FROM work") == 0
    assert service.stop() == 0
    assert service.processes() == []


def _submit_and_be_cut_off(service: Service) -> None:
    with suppress(OSError):
        service.post("inquiries/submit", {"body": BODY})


def test_kills_at_any_moment_lose_and_double_nothing(service: Service, ask: Callable[[str], int]) -> None:
    service.environment["INQUIRY_LEASE_SECONDS"] = "2"
    acknowledged: set[str] = set()
    for round_number in range(3):
        service.start()
        stop = threading.Event()

        def submit(number: int, stop: threading.Event = stop, round_number: int = round_number) -> None:
            while not stop.is_set():
                with suppress(OSError, json.JSONDecodeError):
                    sent = {"body": f"{BODY} {number} {round_number}"}
                    acknowledged.add(service.post("inquiries/submit", sent)["id"])

        with ThreadPoolExecutor(6) as pool:
            for number in range(6):
                pool.submit(submit, number)
            before = len(acknowledged)
            wait_until(lambda before=before: len(acknowledged) > before + 20)  # type: ignore[misc]
            service.kill()
            stop.set()
    service.start()
    wait_until(lambda: ask("SELECT count(*) FROM work") == 0)
    stored = ask("SELECT count(*) FROM inquiries")
    assert stored >= len(acknowledged) >= 60
    assert ask("SELECT count(*) FROM inquiries WHERE status = 'routed'") == stored
    assert ask("SELECT count(*) FROM predictions WHERE is_current") == stored
    assert ask("SELECT count(*) FROM predictions") == stored
    assert ask("SELECT count(*) FROM routing_decisions WHERE is_current") == stored
    assert all(service.get(f"inquiries/{one}")["status"] == "routed" for one in sorted(acknowledged)[:20])
    assert service.stop() == 0


def test_several_processes_share_one_key_one_truth_and_their_metrics(
    service: Service, ask: Callable[[str], int]
) -> None:
    service.environment |= {"INQUIRY_API_PROCESSES": "2", "INQUIRY_WORKER_PROCESSES": "2"}
    service.start()

    def submit(_number: int) -> str:
        answer = service.post("inquiries/submit", {"body": BODY}, **{"Idempotency-Key": "one"})
        return json.dumps(answer, sort_keys=True)

    with ThreadPoolExecutor(32) as pool:
        assert len(set(pool.map(submit, range(64)))) == 1
    assert ask("SELECT count(*) FROM inquiries") == 1
    assert ask("SELECT count(*) FROM predictions") == 1
    assert ask("SELECT count(*) FROM routing_decisions") == 1
    with urllib.request.urlopen(f"{service.url}/metrics") as answer:
        metrics = answer.read().decode()
    line = 'inquiry_http_requests_total{method="POST",route="/api/v1/inquiries/submit",status="201"} 64.0'
    assert line in metrics
    assert "inquiry_worker_rounds_total" in metrics
    assert service.stop() == 0


def test_a_child_that_dies_is_started_again(service: Service) -> None:
    service.start()

    def api() -> psutil.Process | None:
        return next((one for one in service.processes() if "--fd" in one.cmdline()), None)

    first = api()
    assert first is not None
    wait_until(lambda: psutil.Process(first.pid).create_time() + 2.5 < time.time())
    first.kill()
    wait_until(lambda: (now := api()) is not None and now.pid != first.pid)
    wait_until(lambda: _ready(service))
    assert service.post("inquiries/submit", {"body": BODY})["status"] == "routed"
    assert service.stop() == 0


def _ready(service: Service) -> bool:
    try:
        return bool(service.get("health/ready"))
    except (OSError, urllib.error.URLError):
        return False


def test_killing_the_supervisor_leaves_no_child_behind(service: Service) -> None:
    service.start()
    assert service.process is not None
    service.process.send_signal(signal.SIGKILL)
    wait_until(lambda: all("postgres" in one.name() for one in service.processes()))
    service.process.wait()
    service.start()
    assert service.stop() == 0
    assert service.processes() == []


def test_a_database_that_dies_is_started_again(service: Service) -> None:
    service.start()
    answer = service.post("inquiries/submit", {"body": BODY})
    lines = (service.folder / "data" / "postgres" / "postmaster.pid").read_text().splitlines()
    psutil.Process(int(lines[0])).kill()
    wait_until(lambda: not _ready(service))
    wait_until(lambda: _ready(service))
    assert service.get(f"inquiries/{answer['id']}")["status"] == "routed"
    assert service.post("inquiries/submit", {"body": BODY})["status"] == "routed"
    assert service.stop() == 0
    assert service.processes() == []


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_first_start_leaves_a_folder_that_starts(service: Service, how: signal.Signals) -> None:
    service.process = service.spawn()
    wait_until((service.folder / "data" / "postgres").exists)
    service.process.send_signal(how)
    service.process.wait(30)
    service.start()
    assert service.post("inquiries/submit", {"body": BODY})["status"] == "routed"
    assert service.stop() == 0
    assert service.processes() == []


def test_a_wrong_start_ends_in_one_clear_sentence(service: Service, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("departments: [\n")
    with socket.socket() as occupied:
        occupied.bind(("127.0.0.1", 0))
        occupied.listen()
        cases = {
            6: ({"INQUIRY_API_PORT": str(occupied.getsockname()[1])}, "INQUIRY_API_PORT"),
            5: ({"DATABASE_URL": "postgresql://x:secret@127.0.0.1:1/x"}, "database cannot be reached"),
            3: ({"INQUIRY_RULES_FILE": str(broken)}, f"{broken}:"),
        }
        for code, (settings, words) in cases.items():
            wrong = Service(tmp_path / f"wrong-{code}", service.environment | settings)
            wrong.environment.setdefault("INQUIRY_API_PORT", str(wrong.port))
            _ends_clearly(wrong, code=code, words=words)
    for settings, words in (
        ({"INQUIRY_API_PORT": "many"}, "INQUIRY_API_PORT"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL"),
        ({"INQUIRY_RULES_FILE": str(tmp_path / "missing.yaml")}, "missing.yaml"),
    ):
        _ends_clearly(Service(tmp_path / "wrong", service.environment | settings), code=3, words=words)


def test_a_data_folder_in_use_is_named(service: Service) -> None:
    service.start()
    second = Service(service.folder, service.environment)
    _ends_clearly(second, code=4, words=str(service.folder / "data"))
    assert service.get("health/ready")["status"] == "ready"
    assert service.stop() == 0


def _ends_clearly(service: Service, *, code: int, words: str) -> None:
    ended = service.run("up")
    assert ended.returncode == code, ended.stderr
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "secret" not in ended.stderr
    assert len([line for line in ended.stderr.splitlines() if line.strip()]) <= 2, ended.stderr


def test_the_command_line_gives_the_same_answer_as_the_api(service: Service) -> None:
    service.start()
    answered = service.post("inquiries/classify", {"subject": "Charged twice", "body": BODY})
    del answered["status_code"]
    printed = service.run("classify", BODY, "--subject", "Charged twice", "--json")
    assert printed.returncode == 0, printed.stderr
    assert json.loads(printed.stdout) == answered
    assert service.stop() == 0
