"""Figures that many viewers look at are asked for once every few seconds, not once for each of them."""

from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar, cast

import streamlit as st

from inquiry_pipeline.entrypoints.dashboard.connection import url

P = ParamSpec("P")
T = TypeVar("T")

_SECONDS: Final = 4
_MOST: Final = 500


def recent(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the client's method answers, or answered up to four seconds ago: `recent(api().stats, hours=24)`.

    Errors go up and are not kept.
    """
    return cast("T", _kept(url(), call.__name__, args, kwargs, call))


@st.cache_data(ttl=_SECONDS, max_entries=_MOST, show_spinner=False)
def _kept(
    base: str,  # noqa: ARG001 - part of what tells answers apart
    name: str,  # noqa: ARG001 - likewise
    args: tuple[object, ...],
    kwargs: dict[str, object],
    _call: Callable[..., Any],
) -> object:
    return _call(*args, **kwargs)


def forget() -> None:
    """Ask again at once: something was changed."""
    _kept.clear()
