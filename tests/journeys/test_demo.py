"""The demo as a person runs it: beside the real program, and without it."""

from pathlib import Path

import pytest

from tests.support.service import Service, free_port

pytestmark = pytest.mark.journey


def test_demo_fills_plays_and_clears_beside_a_running_program(server_folder: Path) -> None:
    service = Service(server_folder).start()
    try:
        played = service.run("demo", "--history", "2h", "--count", "12", "--rate", "1200")
        assert played.returncode == 0, played.stderr
        assert "The past holds" in played.stdout
        assert "Sent 12 inquiries" in played.stdout
        assert service.get("stats")["total"] > 12
        cleared = service.run("demo", "--clear")
        assert cleared.returncode == 0, cleared.stderr
        assert "Removed" in cleared.stdout
        assert service.get("stats")["total"] == 0
        assert "There was no inquiry of a demo" in service.run("demo", "--clear").stdout
    finally:
        service.stop()


def test_demo_without_a_program_says_what_to_start(server_folder: Path) -> None:
    answer = Service(server_folder).run("demo", "--url", f"http://127.0.0.1:{free_port()}")
    assert answer.returncode == 1
    assert "is it running? Start it with `make run`" in answer.stderr
    assert "Traceback" not in answer.stderr
