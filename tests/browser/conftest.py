"""The dashboard in a real Chromium, over the real API. Left out where the variable CHROMIUM names no browser."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inquiry_pipeline.client import Client
from inquiry_pipeline.pipeline import Pipeline
from tests.support.dashboard import dashboard, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.support.browser import Watched

if not os.environ.get("CHROMIUM"):
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """One browser for all tests."""
    from tests.support.browser import chromium

    with chromium() as browser:
        yield browser


@pytest.fixture
def api(pipeline: Pipeline) -> Iterator[Client]:
    """The API on a socket, and a client of it."""
    with served(pipeline) as url, Client(url) as client:
        client.url = url  # type: ignore[attr-defined]
        yield client
