"""Figures that many viewers look at are asked for once every few seconds, not once for each of them."""

from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar, cast

import streamlit as st

from inquiry_pipeline.entrypoints.dashboard.connection import url

P = ParamSpec("P")
T = TypeVar("T")

_SECONDS: Final = 4
_MINUTE: Final = 60
_MOST: Final = 500


def recent(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the client's method answers, or answered up to four seconds ago: `recent(api().stats, hours=24)`.

    About a time that is over (with an `until`), up to a minute ago. Errors go up and are not kept.
    """
    kept = _kept_longer if kwargs.get("until") else _kept
    return cast("T", kept(url(), call.__name__, args, kwargs, call))


@st.cache_data(ttl=_SECONDS, max_entries=_MOST, show_spinner=False)
def _kept(
    base: str,  # noqa: ARG001 - part of what tells answers apart
    name: str,  # noqa: ARG001 - likewise
    args: tuple[object, ...],
    kwargs: dict[str, object],
    _call: Callable[..., Any],
) -> object:
    return _call(*args, **kwargs)


@st.cache_data(ttl=_MINUTE, max_entries=_MOST, show_spinner=False)
def _kept_longer(
    base: str,  # noqa: ARG001 - as above
    name: str,  # noqa: ARG001 - as above
    args: tuple[object, ...],
    kwargs: dict[str, object],
    _call: Callable[..., Any],
) -> object:
    return _call(*args, **kwargs)


def forget() -> None:
    """Ask again at once: something was changed."""
    _kept.clear()
    _kept_longer.clear()
