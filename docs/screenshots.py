"""`make screenshots`: pictures of the dashboard, of a pipeline with the demo's past and the demo under way.

Everything runs on loopback in a temporary folder, and is stopped at the end. `CHROMIUM` names the browser.
"""

import argparse
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from inquiry_pipeline.client import Client, Inquiry, Status

_OUT: Final = Path(__file__).parent / "images"
_COMMAND: Final = [sys.executable, "-m", "inquiry_pipeline.entrypoints.cli"]
_FLAGS: Final = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_START_SECONDS: Final = 120.0
_COLOURS: Final = 256
_EXACT: Final = 160
_MOST_BYTES: Final = 250_000
_SETTLED_MS: Final = 2_500
"""What a page needs after its script: charts are drawn, and rows that arrived have lost their colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture: of which address, how wide; `whole` ones are as high as the page, up to `height` otherwise."""

    name: str
    path: str
    width: int = 1440
    height: int = 900
    scheme: Literal["light", "dark"] = "light"
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A pipeline of its own, and what its programs are told."""

    api: str
    dashboard: str
    environment: dict[str, str]
    folder: Path


def main() -> None:
    """Start everything, fill it, take the pictures."""
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="inquiry-pictures-") as name, _site(Path(name), options.history) as site:
        _take_all(site, options)


def _take_all(site: Site, options: argparse.Namespace) -> None:
    """The pictures, while the demo's second half is under way: with its outage, and with people away."""
    with _streaming(site, options) as stream, Client(site.api) as api, _chromium() as browser:
        _wait_until(lambda: _is_under_way(stream, api, options.count // 2), seconds=600)
        for picture in pictures(api):
            if not options.only or picture.name in options.only:
                _take(browser, site, picture, options.out)


def pictures(api: Client) -> Iterator[Picture]:
    """All of them; which inquiry and whose desk are looked for when their turn comes."""
    live = Picture(name="live", path="")
    desk = Picture(name="my-queue", path=f"queue?me={_busiest(api)}")
    yield live
    yield replace(live, name="live-dark", scheme="dark")
    yield Picture(name="team", path="team?window=7+days", whole=True)
    yield desk
    yield Picture(name="story", path=f"story?inquiry={_told(api).id}", whole=True)
    yield Picture(name="system", path="system", whole=True)
    yield Picture(name="models", path="models?window=30+days", whole=True)
    yield replace(live, name="live-390", width=390, height=844)
    yield replace(desk, name="my-queue-390", width=390, height=844)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python docs/screenshots.py", description=__doc__)
    parser.add_argument("--out", type=Path, default=_OUT, help="where the pictures go")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="these pictures alone: live, team, ...")
    parser.add_argument("--history", default="30d", help="how much past the demo fills: 30d")
    parser.add_argument("--count", type=int, default=500, help="how many inquiries the demo sends")
    parser.add_argument("--rate", type=int, default=240, help="how many of them a minute")
    return parser.parse_args()


@contextmanager
def _site(folder: Path, history: str) -> Iterator[Site]:
    """`inquiry up` in a folder of its own, with a past."""
    api, dashboard = _free_port(), _free_port()
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("INQUIRY_", "DATABASE_URL"))}
    environment = outside | {
        "INQUIRY_DATA_DIR": str(folder / "data"),
        "INQUIRY_API_PORT": str(api),
        "INQUIRY_DASHBOARD_PORT": str(dashboard),
    }
    site = Site(
        api=f"http://127.0.0.1:{api}", dashboard=f"http://127.0.0.1:{dashboard}", environment=environment, folder=folder
    )
    past = [*_COMMAND, "demo", "--count", "0", "--history", history]
    subprocess.run(past, check=True, env=site.environment, cwd=site.folder)
    with _running("up", site=site):
        _wait_until(lambda: _answers(f"{site.dashboard}/_stcore/health"), seconds=_START_SECONDS)
        yield site


@contextmanager
def _streaming(site: Site, options: argparse.Namespace) -> "Iterator[subprocess.Popen[bytes]]":
    """The demo under way."""
    with _running("demo", "--count", str(options.count), "--rate", str(options.rate), site=site) as stream:
        yield stream


@contextmanager
def _running(*command: str, site: Site) -> "Iterator[subprocess.Popen[bytes]]":
    with (site.folder / f"{command[0]}.log").open("wb") as output:
        process = subprocess.Popen(
            [*_COMMAND, *command],
            env=site.environment,
            cwd=site.folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def _is_under_way(stream: "subprocess.Popen[bytes]", api: Client, sent: int) -> bool:
    if stream.poll() is not None:
        raise SystemExit(f"The demo ended too early, with {stream.returncode}")
    return api.stats(hours=0.1).total >= sent


def _busiest(api: Client) -> str:
    """Whoever has most to do."""
    return max(api.consultants(), key=lambda one: (one.available, one.open_inquiries)).id


def _told(api: Client) -> Inquiry:
    """An inquiry with a story: escalated, corrected and begun, if there is one."""

    def telling(one: Inquiry) -> tuple[bool, bool, int]:
        corrected = one.labels is not None and bool(one.labels.corrected)
        return (corrected, bool(one.routing and one.routing.consultant), min(len(one.body), 500))

    found = (
        api.page(limit=100, escalated=True, language="en", status=Status.IN_PROGRESS).items or api.page(limit=100).items
    )
    return max(found, key=telling)


def _take(browser: Browser, site: Site, picture: Picture, out: Path) -> None:
    """Open the page, wait until it is drawn, and store the picture."""
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height},
        color_scheme=picture.scheme,
        timezone_id="Europe/Berlin",
        locale="en-GB",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(f"{site.dashboard}/{picture.path}")
    page.wait_for_selector(".ip-head, .ip-story, .ip-figures", timeout=60_000)
    _settle(page)
    if picture.whole:
        height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        page.set_viewport_size({"width": picture.width, "height": max(int(height), picture.height)})
        _settle(page)
    path = out / f"{picture.name}.png"
    path.write_bytes(_small(page.screenshot()))
    context.close()
    size = path.stat().st_size
    print(f"{path} {size / 1000:.0f} kB", flush=True)
    if size > _MOST_BYTES:
        raise SystemExit(f"{path} is larger than {_MOST_BYTES / 1000:.0f} kB")


def _settle(page: Page) -> None:
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=60_000)
    page.wait_for_function("document.fonts.status === 'loaded'")
    page.wait_for_timeout(_SETTLED_MS)


def _small(picture: bytes) -> bytes:
    """The picture with a palette of its own: a third of the size, and to the eye the same.

    The colours that cover most stay exactly as they are; what is between, at the edges of letters, gets the nearest.
    """
    image = Image.open(BytesIO(picture)).convert("RGB")
    packed = np.asarray(image, dtype=np.int32) @ np.array([1 << 16, 1 << 8, 1], dtype=np.int32)
    codes, place, counts = np.unique(packed, return_inverse=True, return_counts=True)
    found = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1)
    between = image.quantize(_COLOURS - _EXACT, method=Image.Quantize.FASTOCTREE).getpalette() or []
    palette = np.concatenate([found[np.argsort(-counts)[:_EXACT]], np.asarray(between, dtype=np.int32).reshape(-1, 3)])
    nearest = np.array([np.argmin(((palette - colour) ** 2).sum(axis=1)) for colour in found], dtype=np.uint8)
    reduced = Image.fromarray(nearest[place.reshape(image.height, image.width)])
    reduced.putpalette(palette.astype(np.uint8).tobytes())
    written = BytesIO()
    reduced.save(written, "PNG", optimize=True)
    return written.getvalue()


@contextmanager
def _chromium() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM")
    if not path:
        raise SystemExit("Set CHROMIUM to the path of Chromium or Chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def _wait_until(holds: Callable[[], bool], *, seconds: float) -> None:
    give_up = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > give_up:
            raise SystemExit(f"Nothing to be seen within {seconds:.0f} seconds")
        time.sleep(0.2)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
