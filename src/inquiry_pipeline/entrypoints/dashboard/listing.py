"""Rows that can be clicked: drawn in the browser row by row, so that what renews itself neither flickers nor jumps."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

import streamlit as st

OPEN: Final = "open"
"""The action of a click on a row beside its buttons."""

_SCRIPT: Final = Path(__file__).with_name("listing.js")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row. `id` tells it from others when the list is renewed; `html` is escaped where it shows others' text.

    An element with `data-action="name"` in it is a button; a click anywhere else opens the row.
    """

    id: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What the viewer clicked: the action, and the row's id."""

    action: str
    id: str


def rows(given: Sequence[Row], *, key: str, css: str, heading: str = "", epoch: str = "") -> Chosen | None:
    """Show rows below a heading (HTML), and tell what was clicked just now.

    `css` is the class that lays out heading and rows. Where `epoch` changes (another filter, another page), rows are
    not marked as newly arrived.
    """
    mount = st.components.v2.component(
        "inquiry_listing", html='<div class="ip-list"></div>', js=_script(), isolate_styles=False
    )
    data = {"rows": [asdict(one) for one in given], "heading": heading, "css": css, "epoch": epoch}
    mount(key=key, data=data, on_chosen_change=partial(_keep, key))
    return picked(key)


def picked(key: str) -> Chosen | None:
    """What was clicked just now in the list of this key, once; also where the list is not shown any more."""
    chosen: Chosen | None = st.session_state.pop(f"{key}-picked", None)
    return chosen


def _keep(key: str) -> None:
    chosen = st.session_state[key].chosen
    if chosen:
        st.session_state[f"{key}-picked"] = Chosen(action=str(chosen["action"]), id=str(chosen["id"]))


@st.cache_resource(show_spinner=False)
def _script() -> str:
    return _SCRIPT.read_text(encoding="utf-8")
