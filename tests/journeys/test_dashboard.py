"""`inquiry up` with its dashboard: it is there when that is said, comes back when killed, and is gone at the end."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import psutil
import pytest

from tests.support.dashboard import answers
from tests.support.desk import RULES
from tests.support.service import Service, free_port
from tests.support.waiting import wait_until

pytestmark = pytest.mark.journey


@pytest.fixture
def service(server_folder: Path, tiny_bundle: Path) -> Iterator[Service]:
    settings = {
        "INQUIRY_BUNDLE_DIR": str(tiny_bundle),
        "INQUIRY_RULES_FILE": str(RULES),
        "INQUIRY_DASHBOARD_PORT": str(free_port()),
    }
    service = Service(server_folder / "s", settings)
    yield service
    for process in service.processes():
        with suppress(psutil.Error):
            process.kill()


def dashboards(service: Service) -> list[psutil.Process]:
    return [one for one in service.processes() if one.cmdline()[-1] == "dashboard"]


def handshake(url: str, *, host: str) -> int:
    """The answer to a browser that opens the dashboard's connection under that name."""
    asked = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    headers = {
        "Host": host,
        "Origin": f"http://{host}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    with closing(asked):
        asked.request("GET", "/_stcore/stream", headers=headers)
        return asked.getresponse().status


def test_the_dashboard_is_there_comes_back_and_leaves_nothing_behind(service: Service) -> None:
    url = f"http://127.0.0.1:{service.environment['INQUIRY_DASHBOARD_PORT']}"
    service.environment["REDIS_URL"] = "redis://:secret@127.0.0.1:1/0"
    service.start()
    hello = service.log().partition("is ready.")[2]
    assert hello.split()[:2] == ["dashboard", url]
    assert answers(f"{url}/_stcore/health")
    assert handshake(url, host="localhost") == 101
    assert handshake(url, host="rebound.example") == 403
    [first] = dashboards(service)
    assert not {"DATABASE_URL", "REDIS_URL"} & set(first.environ())
    first.kill()
    wait_until(lambda: [one.pid for one in dashboards(service)] not in ([], [first.pid]))
    wait_until(lambda: answers(f"{url}/_stcore/health"))
    assert service.stop() == 0
    assert service.processes() == []
    assert not answers(f"{url}/_stcore/health")
    assert "Traceback" not in service.log()


def test_a_port_in_use_costs_the_dashboard_alone(service: Service) -> None:
    with socket.socket() as occupied:
        occupied.bind(("127.0.0.1", 0))
        occupied.listen()
        service.environment["INQUIRY_DASHBOARD_PORT"] = str(occupied.getsockname()[1])
        service.start()
        assert service.get("health/ready")["status"] == "ready"
        assert "There is no dashboard: 127.0.0.1:" in service.log()
        assert "Set INQUIRY_DASHBOARD_PORT" in service.log()
        assert dashboards(service) == []
        assert service.stop() == 0
        alone = service.run("dashboard")
    assert alone.returncode == 6
    assert "set INQUIRY_DASHBOARD_PORT" in alone.stderr
