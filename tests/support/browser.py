"""A real Chromium in tests and for pictures, and a page that remembers what went wrong on it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

CHROMIUM = "CHROMIUM"
"""Names the program; tests in a browser are left out without it."""

_PATIENCE_MS = 20_000
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_PROBES = ("/_stcore/health", "/_stcore/host-config")
"""A page that is opened by its own address asks for these below that address first: Streamlit looks for its root."""


@dataclass
class Watched:
    """A page, with what its console complained about and what it asked of other machines."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def assert_clean(self) -> None:
        """Fail if the console complained, or anything was asked of another machine."""
        assert self.complaints == []
        assert self.strangers == []


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser that the variable CHROMIUM names. What is expected of a page has time on a busy machine, too."""
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ[CHROMIUM], args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def window(
    browser: Browser, *, width: int = 1440, height: int = 900, scheme: Literal["light", "dark"] = "light"
) -> Iterator[Watched]:
    """A window of its own, in Berlin, in that size and colour scheme."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        timezone_id="Europe/Berlin",
        locale="en-GB",
        reduced_motion="reduce",
    )
    context.set_default_timeout(_PATIENCE_MS)
    watched = Watched(context.new_page())
    watched.page.on("console", lambda message: _note(watched, message))
    watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    watched.page.on("request", lambda request: _follow(watched, request))
    try:
        yield watched
    finally:
        context.close()


def settle(page: Page) -> None:
    """Wait until nothing is under way on the page: the script has run, and fonts are there."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.wait_for_function("document.fonts.status === 'loaded'")


def _note(watched: Watched, message: ConsoleMessage) -> None:
    if message.type == "error" and not message.location.get("url", "").endswith(_PROBES):
        watched.complaints.append(message.text)


def _follow(watched: Watched, request: Request) -> None:
    if not request.url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
        watched.strangers.append(request.url)
