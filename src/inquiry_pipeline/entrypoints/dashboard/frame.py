"""What surrounds every page: the look, the navigation, the heading; and the way from one page to another."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final
from uuid import UUID

import streamlit as st

from inquiry_pipeline.entrypoints.dashboard import badges, formatting

_HERE: Final = Path(__file__).parent
_PAGES: Final = "pages"


def dress() -> None:
    """The window's title and width, and the style sheet."""
    st.set_page_config(page_title="Inquiries", page_icon=str(_HERE / "mark.svg"), layout="wide")
    st.logo(str(_HERE / "logo.svg"), size="large")
    st.html(_HERE / "style.css")


def register(pages: Mapping[str, st.Page]) -> None:
    """Remember the pages by name, for `open_page`."""
    st.session_state[_PAGES] = dict(pages)


def open_page(name: str, **parameters: str) -> None:
    """Go to a page, with these parameters in its address."""
    pages: Mapping[str, st.Page] = st.session_state.get(_PAGES, {})
    if name in pages:
        st.switch_page(pages[name], query_params=parameters)


def open_story(inquiry: UUID | str) -> None:
    """Go to the story of an inquiry."""
    open_page("story", inquiry=str(inquiry))


def head(title: str, explanation: str = "") -> None:
    """The heading of a page: what it is, and in one line what one sees and does here."""
    below = f"<p>{badges.escaped(explanation)}</p>" if explanation else ""
    zone = f"{badges.icon('schedule')}{badges.escaped(formatting.zone().key)}"
    st.html(
        f'<header class="ip-head"><h1>{badges.escaped(title)}</h1>{below}'
        f'<span class="ip-zone" title="The time zone of your browser">{zone}</span></header>'
    )
