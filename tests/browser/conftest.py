"""The dashboard in a real Chromium, over the real API. `make test-browser` runs it; else it is left out."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inquiry_pipeline.client import Client
from inquiry_pipeline.pipeline import Pipeline
from tests.support.dashboard import dashboard, served
from tests.support.service import free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.support.browser import Watched

    Look = Callable[..., AbstractContextManager[Watched]]

if not os.environ.get("CHROMIUM") or find_spec("playwright") is None:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """One browser for all tests."""
    from tests.support.browser import chromium

    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def api_port() -> int:
    """Where the API of each test is: the dashboard outlives it."""
    return free_port()


@pytest.fixture(scope="session")
def site(api_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One dashboard for all tests; its URL."""
    folder: Path = tmp_path_factory.mktemp("dashboard")
    with dashboard(f"http://127.0.0.1:{api_port}", folder) as url:
        yield url
    assert "Traceback" not in (folder / "dashboard.log").read_text()


@pytest.fixture
def api(pipeline: Pipeline, api_port: int) -> Iterator[Client]:
    """The API of this test with a database of its own, and a client of it."""
    with served(pipeline, port=api_port) as url, Client(url) as client:
        yield client


@pytest.fixture
def look(browser: "Browser", site: str) -> "Look":
    """Opens a window on a page of the dashboard; nothing may go wrong on it until it is closed."""
    from contextlib import contextmanager

    from tests.support.browser import window

    @contextmanager
    def looking(path: str = "", *, width: int = 1440, height: int = 900) -> "Iterator[Watched]":
        with window(browser, width=width, height=height) as watched:
            watched.page.goto(f"{site}/{path}")
            yield watched
            watched.assert_clean()

    return looking
