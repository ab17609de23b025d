"""What pages are built of: banners, empty states, figures in a row, cards with a heading."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

from inquiry_pipeline.entrypoints.dashboard.badges import escaped, icon


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One headline figure: what it is, how much, and what it means (shown below and on hover)."""

    label: str
    value: str
    note: str = ""
    help: str = ""


def figures(row: Sequence[Figure]) -> None:
    """Headline figures side by side; on a phone two in a row."""
    cells = "".join(
        f'<div class="ip-figure" title="{escaped(one.help)}"><span class="ip-label">{escaped(one.label)}</span>'
        f'<span class="ip-value">{escaped(one.value)}</span><span class="ip-note">{escaped(one.note)}</span></div>'
        for one in row
    )
    st.html(f'<div class="ip-figures">{cells}</div>')


def banner(title: str, text: str, *, icon: str = "info") -> None:
    """One calm notice over the whole width. `code` in backticks is set as code."""
    _notice("ip-banner", title, text, icon)


def empty(title: str, text: str, *, icon: str = "inbox") -> None:
    """What stands where there is nothing yet: what would be here, and what to do next."""
    _notice("ip-empty", title, text, icon)


def heading(text: str, note: str = "") -> None:
    """The heading of a part of a page."""
    after = f"<small>{escaped(note)}</small>" if note else ""
    st.html(f'<h2 class="ip-heading">{escaped(text)}{after}</h2>')


@contextmanager
def card(title: str = "", note: str = "", *, key: str | None = None) -> Iterator[None]:
    """A part of the page on its own ground. `key` tells it from another of the same title."""
    with st.container(border=True, key=f"card-{key or re.sub(r'[^a-z]+', '-', title.lower())}"):
        if title:
            heading(title, note)
        yield


def with_code(text: str) -> str:
    """Escaped text, in which what stands in backticks is set as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped(text))


def _notice(css: str, title: str, text: str, symbol: str) -> None:
    role = "alert" if css == "ip-banner" else "note"
    st.html(
        f'<div class="{css}" role="{role}">{icon(symbol)}<div><strong>{escaped(title)}</strong>'
        f"<p>{with_code(text)}</p></div></div>"
    )
