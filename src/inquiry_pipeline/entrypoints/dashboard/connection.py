"""The way to the API: one client for all viewers, and calm where it does not answer."""

import functools
import os
import time
from collections.abc import Callable
from typing import Final, ParamSpec

import streamlit as st

from inquiry_pipeline.client import ApiError, Client
from inquiry_pipeline.entrypoints.dashboard import blocks, formatting

P = ParamSpec("P")

API_URL: Final = "INQUIRY_API_URL"
DEFAULT_URL: Final = "http://127.0.0.1:8000"
_TIMEOUT_SECONDS: Final = 8.0
_AGAIN_SECONDS: Final = 3
_UNEXPECTED: Final = "Unexpected answer"
_BY_ITSELF: Final = "Nothing is lost, and this page goes on by itself."


def api() -> Client:
    """The client of the API that the environment names."""
    return _client(url())


def url() -> str:
    """Where the API is."""
    return os.environ.get(API_URL) or DEFAULT_URL


@st.cache_resource(show_spinner=False)
def _client(base: str) -> Client:
    return Client(base, timeout=_TIMEOUT_SECONDS)


def calm(function: Callable[P, None], *, quiet: bool = False) -> Callable[P, None]:
    """Make a function show a banner where the API refuses or does not answer, instead of failing.

    With `quiet` it shows nothing while the API is away: another part of the page says so.
    """

    @functools.wraps(function)
    def calmed(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except ApiError as error:
            if not (quiet and unreachable(error)):
                show(error)

    return calmed


def watched(*, seconds: float | None, quiet: bool = False) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Make a function a calm part of the page that renews itself; without `seconds`, one that does not.

    Where the API does not answer, the part shows a banner (with `quiet`, nothing), and is itself again when it can be.
    """

    def decorate(function: Callable[P, None]) -> Callable[P, None]:
        return st.fragment(run_every=seconds)(calm(function, quiet=quiet))

    return decorate


def calmly(function: Callable[[], None]) -> None:
    """Run a page; where the API refuses or does not answer, show a banner and try again every few seconds."""
    try:
        function()
    except ApiError as error:
        show(error)
        if unreachable(error):
            _wait_for_it(time.monotonic())


def unreachable(error: ApiError) -> bool:
    """Whether the API is away, rather than of another opinion."""
    return error.problem.status in {0, 502, 503, 504}


def in_words(error: ApiError) -> str:
    """What went wrong, in one sentence."""
    if unreachable(error) and error.problem.title != _UNEXPECTED:
        return "The pipeline does not answer. Look whether it was done before you try again."
    return formatting.sentence(error.problem.detail)


def show(error: ApiError) -> None:
    """What went wrong, and what to do about it."""
    problem = error.problem
    if problem.title == _UNEXPECTED:
        blocks.banner("The dashboard and the pipeline are of different versions.", problem.detail, icon="sync_problem")
    elif problem.status == 503:
        why = formatting.sentence(problem.detail)
        blocks.banner("The pipeline cannot answer yet.", f"{why} {_BY_ITSELF}", icon="hourglass_top")
    elif unreachable(error):
        blocks.banner(
            "The pipeline does not answer.",
            f"Start it with `inquiry up`, or look at its output; the API is expected at `{url()}`. {_BY_ITSELF}",
            icon="cloud_off",
        )
    else:
        blocks.banner(f"{problem.title}.", formatting.sentence(problem.detail), icon="error")


@st.fragment(run_every=_AGAIN_SECONDS)
def _wait_for_it(drawn: float) -> None:
    # Not with the banner itself: a page that is refused by an API that is well would be drawn again without end.
    if time.monotonic() - drawn < _AGAIN_SECONDS / 2:
        return
    try:
        api().health()
    except ApiError:
        return
    st.rerun()
